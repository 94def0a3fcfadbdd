"""PDFs of documents: whose they are by their name, and nothing on a guess."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from exchange.modules.documents import KINDS
from exchange.trade.links import Pass, last_day, opened, token
from exchange.trade.papers import MADE, Papers

if TYPE_CHECKING:
    from pathlib import Path

PDF = b"%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF\n"
INVOICE, OTHERS = KINDS["VFR"], frozenset(("lieferschein", "ls", "auftragsbestätigung"))
KEY = "k" * 40


def papers(folder: Path, *names: str) -> Papers:
    """A folder with these files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)
    return Papers(folder, 1_000)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Rechnung 10001.pdf"], ["Rechnung 10001.pdf"]),
        (["RE-2026-10001.PDF"], ["RE-2026-10001.PDF"]),
        (["rechnung_2026_10001_kopie.pdf"], ["rechnung_2026_10001_kopie.pdf"]),
        (["Rechnungen/10001.pdf"], ["Rechnungen/10001.pdf"]),
        (["Rechnungskorrektur 10001.pdf"], []),
        (["Rechnung/2026/10001.pdf"], ["Rechnung/2026/10001.pdf"]),
        (["Rechnung 2025 10001.pdf"], []),  # another year
        (["Lieferschein 10001.pdf"], []),
        (["10001.pdf"], []),  # of which kind?
        (["Rechnung 110001.pdf", "Rechnung 100010.pdf"], []),
        (["Rechnung 10001.pdf", "Rechnung 2026-10001.pdf"], ["Rechnung 2026-10001.pdf"]),  # the year tells it
        (["Rechnung 10001 a.pdf", "Rechnung 10001 b.pdf"], ["Rechnung 10001 a.pdf", "Rechnung 10001 b.pdf"]),
        (["Rechnung 10001.txt"], []),
        (["Rechnung 10001 zu Lieferschein 20005.pdf"], []),  # of two kinds
        (["Rechnung 20005 Kunde 10001.pdf"], []),  # somebody's number, but not the invoice's
        (["Rechnung 10001 Kunde 20005.pdf"], ["Rechnung 10001 Kunde 20005.pdf"]),
        (["RE2026-10001_20005.pdf"], ["RE2026-10001_20005.pdf"]),
        (["Kunde 10001 vom 2026-11-23/Rechnung.pdf"], []),
        ([f"{MADE}/Rechnung 10001.pdf"], []),
        (["Rechnung Kunde 10001.pdf"], []),  # the number is the customer's
        (["Rechnung_D10001.pdf"], []),
        (["Kunde 10001 Rechnung.pdf"], []),
        (["Rechnungen/Kd-Nr 10001.pdf"], []),
        (["Rechnung Nr. 10001.pdf"], ["Rechnung Nr. 10001.pdf"]),
        (["10001_Rechnung_20005.pdf"], []),  # again a customer's, in front
        (["RG10001.pdf"], ["RG10001.pdf"]),
        (["Müller GmbH Rechnung 10001.pdf"], ["Müller GmbH Rechnung 10001.pdf"]),
        (["10001 Rechnung.pdf"], ["10001 Rechnung.pdf"]),
        (["2026-10001 Rechnung.pdf"], ["2026-10001 Rechnung.pdf"]),
        (["Rechnungen/2026_10001_Kunde 20005.pdf"], ["Rechnungen/2026_10001_Kunde 20005.pdf"]),
        (["Rechnung 10001 vom 23.11.2026.pdf"], ["Rechnung 10001 vom 23.11.2026.pdf"]),
        (["Rechnung 10001 Auftragsbesta\u0308tigung 20005.pdf"], []),  # as a Mac writes its umlauts
    ],
)
def test_a_file_is_found_by_its_name(tmp_path: Path, names: list[str], found: list[str]) -> None:
    """Number, kind and year; several that fit equally well are all told."""
    assert papers(tmp_path, *names).find("2026-10001", INVOICE, OTHERS, year_needed=False) == found


@pytest.mark.parametrize(
    "name", ["Rechnung 7.11.2026.pdf", "Rechnung 7-11-2026.pdf", "Rechnung 7.11.pdf", "7.11.2026 Rechnung.pdf"]
)
def test_a_day_is_no_number(tmp_path: Path, name: str) -> None:
    assert papers(tmp_path, name).find("2026-7", INVOICE, OTHERS, year_needed=False) == []


def test_a_number_of_several_years_needs_the_year(tmp_path: Path) -> None:
    there = papers(tmp_path, "Rechnung 10001.pdf", "Rechnung 2026 10001.pdf")
    assert there.find("2026-10001", INVOICE, OTHERS, year_needed=True) == ["Rechnung 2026 10001.pdf"]
    assert there.find("2025-10001", INVOICE, OTHERS, year_needed=True) == []


def test_what_is_no_whole_pdf_or_lies_outside_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    there = papers(folder, "Rechnung 10001.pdf")
    (tmp_path / "geheim.pdf").write_bytes(PDF)
    (folder / "Rechnung 10002.pdf").write_bytes(b"%PDF-1.4 cut off")
    assert there.holds("Rechnung 10001.pdf")
    bad = ("../geheim.pdf", "Rechnung 10002.pdf", "fehlt.pdf", "", "/etc/passwd", "a\0.pdf", "\ud800.pdf", "x" * 5000)
    assert not any(map(there.holds, bad))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_of_the_folder_lead_nowhere_else_and_stop_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    papers(folder, "Rechnung 10001.pdf")
    (tmp_path / "geheim.pdf").write_bytes(PDF)
    (folder / "Rechnung 10002.pdf").symlink_to(tmp_path / "geheim.pdf")
    (folder / "Rechnung 10003.pdf").symlink_to("Rechnung 10003.pdf")
    there = Papers(folder, 1_000)
    assert [there.find(f"2026-{each}", INVOICE, OTHERS, year_needed=False) for each in (10001, 10002, 10003)] == [
        ["Rechnung 10001.pdf"],
        [],
        [],
    ]
    assert not there.holds("Rechnung 10002.pdf")
    assert not there.holds("Rechnung 10003.pdf")
    assert there.content("Rechnung 10003.pdf") is None


def test_what_we_make_is_kept_until_it_says_something_else(tmp_path: Path) -> None:
    """One file per document; an old version goes."""
    there, made = Papers(tmp_path, 1_000), []

    def make() -> bytes:
        made.append(1)
        return PDF

    first = there.keep("VFR-2026-1", "a", make)
    assert there.keep("VFR-2026-1", "a", make) == first
    second = there.keep("VFR-2026-1", "b", make)
    assert len(made) == 2
    assert [path.name for path in (tmp_path / MADE).iterdir()] == [second.rpartition("/")[2]]


def test_what_we_made_and_the_disk_lost_is_made_again(tmp_path: Path) -> None:
    """A power cut may leave a name without content."""
    there = Papers(tmp_path, 1_000)
    file = there.keep("VFR-2026-1", "a", lambda: PDF)
    (tmp_path / file).write_bytes(b"")
    assert there.content(there.keep("VFR-2026-1", "a", lambda: PDF)) == PDF


def test_a_link_is_good_for_what_it_says_and_no_longer() -> None:
    until = date(2026, 12, 1)
    allowed = Pass("D1", "VFR|2026-1", "a.pdf", until)
    text = token(KEY, allowed)
    assert opened(KEY, text, until) == allowed
    assert opened(KEY, text, until + timedelta(days=1)) is None
    assert opened("x" * 40, text, until) is None
    for changed in (text[:-1], text + "A", "", "a.b", text.replace(".", "")):
        assert opened(KEY, changed, until) is None


def test_a_link_stays_as_it_is_for_a_period_and_never_ends_early() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(60)]
    ends = [last_day(day, 14) for day in days]
    assert all(14 <= (end - day).days <= 28 for day, end in zip(days, ends, strict=True))
    assert len(set(ends)) <= 6
