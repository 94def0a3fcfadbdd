"""archive: every file gets an answer for programs and one for people, and its original is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from exchange.codec import Meta
from exchange.finding import Finding, Locator, found
from exchange.ledger import Batch, Counts, State, WrittenFile
from exchange.pipeline.archive import MOST_IN_LETTER, answer, keep, return_rejects
from exchange.pipeline.compare import CHANGED_LATER, DOUBLE, REPEATED
from exchange.pipeline.read import EMPTY
from exchange.registry import build

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = build()
BATCH = Batch(
    uid="20261123T080000-aaaaaaaa",
    file_name="bestand.csv",
    received_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    id=1,
    state=State.APPLIED,
    module="stock",
    profile="stock_csv",
    counts=Counts(rows_in=3, created=1, rejected=1, held=1),
)
FINDINGS = [
    found(DOUBLE, Locator(3, "", "Blatt", "B3"), "20010", key="20010", lines="3, 4"),
    found(EMPTY),
    found(CHANGED_LATER, Locator(5), "x", key="x", known="VVA 2026-1"),
]


def answered(tmp_path: Path, batch: Batch, findings: list[Finding], language: Any = "de") -> tuple[dict[str, Any], str]:
    """Receipt and letter."""
    files = [WrittenFile("p", str(tmp_path / "stock_x.xml"), "00", 12), WrittenFile("p", "C:\\out\\a.xml", "01", 1)]
    path = answer(batch, tmp_path, findings, files, language)
    letter = path.with_suffix(".txt").read_bytes()
    assert letter.startswith(b"\xef\xbb\xbf")  # an old editor on Windows knows then what it is
    assert letter.count(b"\n") == letter.count(b"\r\n")
    return json.loads(path.read_bytes()), letter.decode("utf-8-sig")


def test_the_receipt_says_everything_for_programs(tmp_path: Path) -> None:
    """Counts that add up, findings in both languages, files by name and hash."""
    receipt, _ = answered(tmp_path, BATCH, FINDINGS)

    counts = receipt["counts"]
    assert counts["rows_in"] == counts["applied"] + counts["unchanged"] + counts["rejected"] + counts["held"] == 3
    assert (receipt["state"], receipt["balanced"], receipt["findings_total"]) == ("done", True, 3)
    assert [each["name"] for each in receipt["files"]] == ["stock_x.xml", "a.xml"]
    assert [each["code"] for each in receipt["findings"]] == ["file.double_key", "file.empty", "record.changed_later"]
    assert set(receipt["findings"][0]["message"]) == {"de", "en"}
    assert (receipt["duplicate_of"], receipt["replay_of"]) == (None, None)


@pytest.mark.parametrize(
    ("changed", "language", "expected"),
    [
        ({}, "de", "Die Datei wurde verarbeitet."),
        ({}, "en", "The file was processed."),
        ({"state": State.REFUSED}, "de", "es wurde nichts übernommen"),
        ({"state": State.QUARANTINED}, "en", "nothing was taken over"),
        ({"duplicate_of": "20261122T080000-bbbbbbbb"}, "de", "schon übernommen (20261122T080000-bbbbbbbb)"),
    ],
)
def test_the_letter_says_it_for_people(tmp_path: Path, changed: dict[str, Any], language: str, expected: str) -> None:
    """What happened, the numbers that are not zero, and per finding the place, the reason and what to do."""
    _, letter = answered(tmp_path, replace(BATCH, **changed), FINDINGS, language)

    assert expected in letter
    assert letter.splitlines()[0].endswith("bestand.csv")
    assert "Blatt!B3 20010: " in letter
    assert "(file.double_key)" in letter
    assert "\n         0" not in letter
    assert letter.rstrip().endswith(BATCH.uid)


def test_a_letter_without_findings_is_short_and_one_with_many_is_cut(tmp_path: Path) -> None:
    """Nobody reads two thousand lines; the rest is counted and its place is told."""
    _, letter = answered(tmp_path, replace(BATCH, counts=Counts()), [])
    assert "Was zu tun ist" not in letter
    assert "0  Datensätze gelesen" in letter

    receipt, letter = answered(tmp_path, BATCH, FINDINGS * 500)
    assert letter.count("(file.empty)") <= MOST_IN_LETTER
    assert f"und {1500 - MOST_IN_LETTER} weitere" in letter
    assert (len(receipt["findings"]), receipt["findings_total"]) == (1_000, 1_500)


def test_only_records_with_errors_go_back(tmp_path: Path) -> None:
    """Remarks and findings of the whole file are no reason; a file without suffix gets that of its type."""
    codec, layout = REGISTRY.codecs["csv"], REGISTRY.layout(REGISTRY.profile("stock_csv"))
    path = tmp_path / "bestand"
    with path.open("wb") as out:
        codec.write(out, layout, [REGISTRY.modules["stock"].example()] * 2, Meta("stock"))
    batch = replace(BATCH, file_name="bestand")
    remarks = [found(EMPTY), found(REPEATED, Locator(2), key="x", lines="2, 3")]
    assert return_rejects(batch, path, tmp_path, codec, layout, remarks) is None

    returned = return_rejects(batch, path, tmp_path, codec, layout, [*remarks, found(DOUBLE, Locator(3), key="x")])

    assert returned == tmp_path / f"bestand.{BATCH.uid}.rejects.csv"
    assert "file.double_key" in returned.read_text("utf-8-sig")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bestand", returned.name]


def test_an_original_is_never_written_over(tmp_path: Path) -> None:
    """Other content at the same place gets its hash into the name."""
    for content in (b"x", b"y"):
        source = tmp_path / "bestand.csv"
        source.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        kept = keep(replace(BATCH, content_hash=digest), source, tmp_path / "archive")
    assert kept.name == f"{BATCH.uid}_bestand.csv.{digest[:12]}"
    assert kept.with_name(f"{BATCH.uid}_bestand.csv").read_bytes() == b"x"


def test_an_original_is_kept_by_day_once(tmp_path: Path) -> None:
    """Done twice, it lies there once; the same content at the same place is no conflict."""
    archive = tmp_path / "archive"
    for _ in range(2):
        source = tmp_path / "bestand.csv"
        source.write_bytes(b"x")
        kept = keep(replace(BATCH, content_hash=hashlib.sha256(b"x").hexdigest()), source, archive)
        assert not source.exists()
        assert keep(BATCH, source, archive) == kept

    assert kept == archive / "2026" / "11" / "23" / f"{BATCH.uid}_bestand.csv"
    assert [path for path in archive.rglob("*") if path.is_file()] == [kept]
