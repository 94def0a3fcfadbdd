"""Customers come by Excel template: faults come back in the clerk's own workbook, repaired rows are taken over."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from exchange.ledger import State
from tests.end_to_end.conftest import install
from tests.inside import Inside, with_sage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

GOOD = {"Kundennummer": "D200001", "Name1": "Rösterei Süd GmbH", "Land": "DE", "PLZ": "01067", "Ort": "Dresden"}
TITLES, FIRST = 2, 4
RED = "FFFFC7CE"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with with_sage(tmp_path) as inside:
        yield inside


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The template in both languages, as the command line writes it with the code lists of a Sage at hand."""
    installation = install(tmp_path_factory.mktemp("templates"))
    for language in ("de", "en"):
        done = installation.exchange("template", "customer_import", "-o", f"{language}.xlsx", "--lang", language)
        assert done.returncode == 0, done.stderr
    return {language: (installation.folder / f"{language}.xlsx").read_bytes() for language in ("de", "en")}


@cache
def columns(content: bytes) -> dict[str, int]:
    """Title → column."""
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return {str(cell.value).strip("* "): cell.column for cell in sheet[TITLES] if cell.value}


def filled(content: bytes, rows: Sequence[dict[str, Any]]) -> bytes:
    """The workbook with values typed in below the example, by title; `{}` leaves a row as it is."""
    workbook, column = load_workbook(io.BytesIO(content)), columns(content)
    for number, row in enumerate(rows, FIRST):
        for title, value in row.items():
            workbook.worksheets[0].cell(number, column[title]).value = value
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def accounts(inside: Inside, like: str = "D2000%") -> dict[str, str]:
    """Customers in Sage: number → matchcode."""
    return dict(inside.installation.sage("SELECT Kto, Matchcode FROM KHKKontokorrent WHERE Kto LIKE ?", like))


def test_faults_come_back_in_the_own_workbook_and_repaired_rows_are_taken_over(
    inside: Inside, templates: dict[str, bytes]
) -> None:
    """All faults at once, by sheet and cell, red and with a note; then only what was repaired lands."""
    content = filled(
        templates["de"],
        [
            GOOD,
            GOOD | {"Kundennummer": "D200002", "PLZ": "1067", "EMail": "cafe@nord", "Preisliste": "99"},
            GOOD | {"Kundennummer": "D200003", "Name1": "", "Erstkontakt": "31.02.2026", "Rabattsatz": "0,05"},
            GOOD | {"Kundennummer": "D200004", "IBAN": "DE89370400440532013001", "Kundengruppe": "FEHLT"},
        ],
    )
    batch = inside.take("kunden.xlsx", content)

    assert (batch.counts.rows_in, batch.counts.created, batch.counts.rejected) == (4, 1, 3)
    assert list(accounts(inside)) == ["D200001"]
    column = columns(content)
    found = {(each["cell"], each["code"]) for each in inside.receipt(batch)["findings"]}
    assert {each["sheet"] for each in inside.receipt(batch)["findings"]} == {"Kundenimport"}
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]

    def cell(title: str, row: int) -> str:
        return str(sheet.cell(row, column[title]).coordinate)

    assert found == {
        (cell("PLZ", 5), "customer_import.bad_postcode"),
        (cell("EMail", 5), "customer_import.bad_email"),
        (cell("Preisliste", 5), "customer_import.unknown_price_list"),
        (cell("Name1", 6), "value.missing"),
        (cell("Erstkontakt", 6), "value.no_date"),
        (cell("Rabattsatz", 6), "customer_import.bad_percent"),
        (cell("IBAN", 7), "customer_import.bad_iban"),
        (cell("Kundengruppe", 7), "customer_import.unknown_group"),
    }

    (returned,) = inside.outbox.glob(f"kunden.{batch.uid}.rejects.xlsx")
    marked = load_workbook(returned).worksheets[0]
    for place, code in found:
        assert marked[place].fill.start_color.rgb == RED
        assert code in marked[place].comment.text
    assert "01067" in marked[cell("PLZ", 5)].comment.text  # the suggestion
    assert marked[cell("PLZ", 4)].fill.start_color.rgb != RED
    assert marked[cell("Name1", 4)].value == "Rösterei Süd GmbH"

    repaired = filled(
        returned.read_bytes(), [{}, {"PLZ": "01067", "EMail": "cafe@example.org", "Preisliste": "1"}, {}, {}]
    )
    again = inside.take("kunden-repariert.xlsx", repaired)
    assert (again.counts.created, again.counts.unchanged, again.counts.rejected) == (1, 1, 2)
    assert sorted(accounts(inside)) == ["D200001", "D200002"]

    same = inside.take("noch-einmal.xlsx", content)
    assert (same.counts.created, same.counts.unchanged, same.counts.rejected) == (0, 1, 3)
    assert len(accounts(inside)) == 2


def test_a_code_that_sage_does_not_have_is_answered_with_those_it_has(inside: Inside) -> None:
    """Nobody has to look them up elsewhere."""
    content = "Kundennummer;Name1;Land;Ort;Kundengruppe;Preisliste;Zahlungskondition\r\nD200001;S;DE;D;FEHLT;99;0\r\n"
    batch = inside.take("kunden.csv", content)
    remedies = {each["code"]: each["remedy"]["de"] for each in inside.receipt(batch)["findings"]}
    assert "B2B, B2C" in remedies["customer_import.unknown_group"]
    assert "1, 2" in remedies["customer_import.unknown_price_list"]
    assert "14, 30" in remedies["customer_import.unknown_payment_terms"]


def test_the_english_template_lands_the_same(inside: Inside, templates: dict[str, bytes]) -> None:
    """Titles and drop-downs are English, what lands in Sage is not."""
    row = {"Customer number": "D200009", "Name 1": "Tea Ltd", "Country": "DE", "Postcode": "01067", "City": "Dresden"}
    content = filled(templates["en"], [row | {"Salutation": "Firma – Company", "Blocked": "Y"}])

    batch = inside.take("customers.xlsx", content)

    assert (batch.state, batch.counts.created) == (State.DONE, 1), inside.codes(batch)
    landed = inside.installation.sage(
        "SELECT a.Anrede, a.LieferPLZ, k.IstGesperrt FROM KHKKontokorrent k "
        "JOIN KHKAdressen a ON a.Adresse = k.Adresse WHERE k.Kto = 'D200009'"
    )
    assert landed == [("Firma", "01067", -1)]


def test_two_rows_of_one_customer_are_shown_and_never_merged(inside: Inside, templates: dict[str, bytes]) -> None:
    """The same number twice, one e-mail twice: nobody knows which is right; equal rows count once."""
    content = filled(
        templates["de"],
        [
            GOOD,
            GOOD | {"Ort": "Leipzig"},
            {name: value for name, value in GOOD.items() if name != "Kundennummer"} | {"EMail": "a@example.org"},
            {name: value for name, value in GOOD.items() if name != "Kundennummer"}
            | {"EMail": "A@example.org", "Name1": "Andere"},
            GOOD | {"Kundennummer": "D200005"},
            GOOD | {"Kundennummer": "D200005"},
        ],
    )

    batch = inside.take("kunden.xlsx", content)

    assert (batch.counts.rejected, batch.counts.created, batch.counts.unchanged) == (4, 1, 1)
    assert batch.counts.balanced
    assert sorted(inside.codes(batch)) == ["file.double_key"] * 4 + ["file.repeated_record"]
    lines = {each["values"]["lines"] for each in inside.receipt(batch)["findings"]}
    assert lines == {"4, 5", "6, 7", "8, 9"}
    assert list(accounts(inside)) == ["D200005"]


def test_a_changed_customer_is_changed_and_an_empty_template_says_so(
    inside: Inside, templates: dict[str, bytes]
) -> None:
    """The clerk corrects a name and sends the list again; a template without rows is no error, and no effect."""
    empty = templates["de"]
    inside.take("a.xlsx", filled(empty, [GOOD]))

    batch = inside.take("b.xlsx", filled(empty, [GOOD | {"Ort": "Leipzig"}]))
    assert batch.counts.updated == 1
    city = inside.installation.sage(
        "SELECT a.LieferOrt FROM KHKKontokorrent k JOIN KHKAdressen a ON a.Adresse = k.Adresse WHERE k.Kto = 'D200001'"
    )
    assert city == [("Leipzig",)]

    nothing = inside.take("leer.xlsx", empty)
    assert (nothing.state, nothing.counts.rows_in) == (State.DONE, 0)


def test_a_workbook_that_is_none_is_answered(inside: Inside, templates: dict[str, bytes]) -> None:
    """HTML named .xls, a broken archive: what is wrong stands in the answer, not that it is unknown."""
    html = inside.take("kunden.xls", b"<html><table><tr><td>Name1</td></tr></table></html>")
    broken = inside.take("kunden.xlsx", templates["de"][:5000])

    for batch in (html, broken):
        assert batch.state is State.QUARANTINED
        assert inside.codes(batch)[0] != "file.not_recognised"
        assert (inside.folder / batch.kept_at).is_file()


def test_customers_in_plain_files_land_too(inside: Inside) -> None:
    """German titles in a csv are enough; what is wrong comes back as csv."""
    content = "Kundennummer;Name1;Land;PLZ;Ort\r\nD200001;Süd;DE;01067;Dresden\r\nD200002;Nord;DE;1067;Dresden\r\n"

    batch = inside.take("kunden.csv", content.encode("cp1252"))

    assert (batch.module, batch.counts.created, batch.counts.rejected) == ("customer_import", 1, 1)
    assert accounts(inside) == {"D200001": "Süd, Dresden"}
    (rejects,) = inside.outbox.glob("kunden.*.rejects.csv")
    repaired = rejects.read_bytes().replace(b";1067;", b";01067;")
    again = inside.take("kunden2.csv", repaired)
    assert (again.counts.created, again.counts.rejected) == (1, 0)


TITLES_CSV = "Kundennummer;Name1;Land;PLZ;Ort;Strasse;EMail;UStIdNr;Kreditlimit\r\n"


def csv(*rows: str) -> bytes:
    return (TITLES_CSV + "".join(f"{row}\r\n" for row in rows)).encode()


def test_rows_that_could_be_one_customer_are_shown_with_both_places_and_decided_by_a_number(inside: Inside) -> None:
    """Same VAT number, same name and address: none is taken until each says who it is; then each is, and is told."""
    same_number = (
        ";Süd GmbH;DE;01067;Dresden;;a@x.example;DE136695976;",
        ";Süd Nord;DE;01067;Dresden;;b@x.example;DE136695976;",
    )
    same_place = ";Café Ost;DE;01067;Dresden;Ring 1;c@x.example;;", ";CAFÉ  Ost;DE;01067;Dresden;ring 1;d@x.example;;"
    batch = inside.take("kunden.csv", csv(*same_number, *same_place, ";West;DE;01067;Dresden;;e@x.example;;"))

    assert (batch.counts.created, batch.counts.held) == (1, 4)
    findings = inside.receipt(batch)["findings"]
    assert [(each["code"], each["line"], each["field"]) for each in findings] == [
        ("file.alike", 2, "vat_number"),
        ("file.alike", 3, "vat_number"),
        ("file.alike", 4, "name1"),
        ("file.alike", 5, "name1"),
    ]
    assert [each["values"]["others"] for each in findings[:2]] == ["#3 mail:b@x.example", "#2 mail:a@x.example"]

    decided = inside.take("kunden2.csv", csv("D200001" + same_number[0], "D200002" + same_number[1]))
    assert (decided.counts.created, decided.counts.held, decided.counts.warnings) == (2, 0, 2)
    assert inside.codes(decided) == ["file.alike_numbered"] * 2
    assert len(accounts(inside)) == 2


def test_a_row_that_could_be_a_customer_of_sage_is_shown_with_his_account(inside: Inside) -> None:
    """The same e-mail under another name: with the number that Sage has, it is he; with a new one, another."""
    inside.take("kunden.csv", csv("D200001;Café Ost;DE;01067;Dresden;Ring 1;c@x.example;;"))
    row = ";Rösterei;DE;04109;Leipzig;Weg 2;C@x.example;;"
    held = inside.take("kunden2.csv", csv(row))
    assert (held.counts.held, inside.codes(held)) == (1, ["sage.customer_row_doubtful"])
    assert "D200001 (Café Ost, Dresden)" in inside.receipt(held)["findings"][0]["message"]["de"]

    other = inside.take("kunden3.csv", csv("D200002" + row))
    assert (other.counts.created, inside.codes(other)) == (1, ["sage.customer_maybe_double"])
    same = inside.take("kunden4.csv", csv("D200001" + row))
    assert (same.counts.created, same.counts.updated) == (0, 1)
    assert accounts(inside)["D200001"] == "Café Ost, Dresden"  # a search name that somebody knows by heart stays


def test_a_dry_run_shows_what_would_be_created_and_changed_and_touches_nothing(tmp_path: Path) -> None:
    """As a table in the language of the installation, and as json; file, Sage and ledger are as they were."""
    installation = install(tmp_path)
    (tmp_path / "first.csv").write_bytes(csv("D200001;Süd;DE;01067;Dresden;;a@x.example;;500"))
    assert installation.exchange("import", "first.csv").returncode == 0
    file = tmp_path / "second.csv"
    file.write_bytes(
        csv("D200001;Südwest;DE;01067;Dresden;;a@x.example;;600", ";Neu AG;AT;1010;Wien;;n@x.example;ATU13585627;")
    )
    before = {path: path.read_bytes() for path in (file, tmp_path / "sage.sqlite")}, installation.status("log")

    report = installation.status("import", "second.csv", "--dry-run")
    assert (report["counts"]["created"], report["counts"]["updated"]) == (1, 1)
    change, creation = report["records"]
    assert (change["line"], change["key"], change["outcome"], change["id"]) == (2, "d200001", "updated", "D200001")
    assert change["fields"] == [
        {"name": "name1", "old": "Süd", "new": "Südwest"},
        {"name": "credit_limit", "old": "500", "new": "600"},
    ]
    assert (creation["outcome"], creation["id"]) == ("created", "")
    assert {"name": "template", "old": "", "new": "D99999"} in creation["fields"]

    text = installation.exchange("import", "second.csv", "--dry-run").stdout
    lines = [line.split() for line in text.splitlines()]
    assert ["#2", "ändern", "d200001", "D200001", "Name1", "Süd", "Südwest"] in lines
    assert ["Kreditlimit", "500", "600"] in lines
    assert "Nichts wurde übernommen." in text
    assert ({path: path.read_bytes() for path in before[0]}, installation.status("log")) == before

    assert installation.exchange("import", "second.csv").returncode == 0
    assert installation.status("import", "second.csv", "--dry-run")["records"] == []
