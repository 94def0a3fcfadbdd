"""A workbook with faults comes back as the user's own workbook, and can be dropped again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from exchange.codec import Meta
from exchange.codecs.xlsx import CODEC
from exchange.convert import MISSING, NO_DATE, TOO_LONG
from exchange.finding import Finding, Locator, found
from exchange.profile import Layout, canonical
from exchange.record import schema
from exchange.records.customer import Customer
from exchange.records.order import Order
from exchange.workbook.findings import MERGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

CUSTOMERS = schema(Customer)
LAYOUT = Layout(canonical("customers", CUSTOMERS, "xlsx"), CUSTOMERS)
RED = "FFFFC7CE"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A user's workbook with all that must survive: drop-down, note, colour, formula, hidden row, second sheet."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Kunden"
    sheet.append(["exchange:customers:v1:de"])
    sheet.row_dimensions[1].hidden = True
    sheet.append(["Kundennummer", "Name1 *", "Land *", "PLZ", "Ort *", "Erstkontakt", "intern"])
    sheet.append(["D1", "Alpha", "DE", "01067", "Dresden", date(2026, 1, 31), 1])
    sheet.append(["D2", "=HYPERLINK", "DE", 1067, None, "bald", "=G3+1"])
    sheet["B4"].data_type = "s"
    sheet.append(["D3", "Gamma", "DE", "89073", "Ulm", None, None])
    sheet["E2"].comment = Comment("Hinweis der Vorlage", "template")
    sheet["D4"].comment = Comment("meine Notiz", "Erika")
    sheet["A3"].fill = PatternFill("solid", start_color="FF00FF00")
    sheet.freeze_panes = "A3"
    dropdown = DataValidation(type="list", formula1="=Liste")
    dropdown.add("C3:C50002")
    sheet.add_data_validation(dropdown)
    sheet.protection.sheet = True
    hidden = workbook.create_sheet("_Listen")
    hidden.sheet_state = "veryHidden"
    hidden.append(["country"])
    workbook.save(tmp_path / "k.xlsx")
    return tmp_path / "k.xlsx"


FAULTS: Mapping[int, Sequence[Finding]] = {
    4: [
        found(MISSING, Locator(4, "city")),
        found(NO_DATE, Locator(4, "first_contact"), value="bald", form="TT.MM.JJJJ"),
        found(TOO_LONG, Locator(4, "zip"), value="1067", length=4, limit=3),
        found(MISSING, Locator(4, "street")),
    ]
}


def rejected(path: Path, out: Path, faults: Mapping[int, Sequence[Finding]] = FAULTS, layout: Layout = LAYOUT) -> Any:
    with out.open("wb") as file:
        CODEC.reject(path, layout, file, faults)
    return load_workbook(out)


def test_the_faulty_cells_are_red_and_say_what_to_do(source: Path, tmp_path: Path) -> None:
    """Each with a note of code, reason and remedy in German; the last column has all findings of the row."""
    sheet = rejected(source, tmp_path / "r.xlsx")["Kunden"]
    marked = {cell.coordinate for row in sheet.iter_rows(min_row=3) for cell in row if cell.fill.start_color.rgb == RED}
    assert marked == {"D4", "E4", "F4"}
    assert "Füllen Sie das Feld aus." in sheet["E4"].comment.text
    assert "[value.missing]" in sheet["E4"].comment.text
    assert sheet["H2"].value == "Importfehler"
    for part in ("Ort: ", "Erstkontakt: ", "PLZ: ", "[value.no_date]"):
        assert part in sheet["H4"].value
    assert sheet["H4"].value.count("[value.missing]") == 2
    assert sheet["H3"].value is None


def test_all_else_in_the_workbook_is_as_the_user_left_it(source: Path, tmp_path: Path) -> None:
    """All rows, texts that look like formulas, formulas, colours, notes, drop-downs, protection, hidden parts."""
    workbook = rejected(source, tmp_path / "r.xlsx")
    sheet, before = workbook["Kunden"], load_workbook(source)["Kunden"]
    for row in before.iter_rows():
        for cell in row:
            same = sheet[cell.coordinate]
            assert (same.value, same.data_type, same.number_format) == (cell.value, cell.data_type, cell.number_format)
    assert sheet["A3"].fill.start_color.rgb == "FF00FF00"
    assert sheet["E2"].comment.text == "Hinweis der Vorlage"
    assert sheet["D4"].comment.text.endswith("meine Notiz")
    assert sheet.freeze_panes == "A3"
    assert str(sheet.data_validations.dataValidation[0].sqref) == "C3:C50002"
    assert sheet.protection.sheet
    assert sheet.row_dimensions[1].hidden
    assert workbook["_Listen"].sheet_state == "veryHidden"


def test_the_second_round_shows_only_what_is_still_wrong(source: Path, tmp_path: Path) -> None:
    """Old marks and texts go, the user's own note stays, the column is not added again, and the rows read the same."""
    rejected(source, tmp_path / "r1.xlsx")
    again = {
        5: [found(MISSING, Locator(5, "street")), found(TOO_LONG, Locator(5, "zip"), value="8", length=1, limit=0)]
    }
    sheet = rejected(tmp_path / "r1.xlsx", tmp_path / "r2.xlsx", again)["Kunden"]
    marked = {cell.coordinate for row in sheet.iter_rows(min_row=3) for cell in row if cell.fill.start_color.rgb == RED}
    assert marked == {"D5"}
    assert sheet["D4"].comment.text == "meine Notiz"
    assert sheet["E4"].comment is None
    assert [cell.value for cell in sheet[2]].count("Importfehler") == 1
    assert sheet["H4"].value is None
    assert "value.missing" in sheet["H5"].value
    first, second = (list(CODEC.read(each, LAYOUT)) for each in (source, tmp_path / "r2.xlsx"))
    assert [(raw.line, raw.values[0]) for raw in first] == [(raw.line, raw.values[0]) for raw in second]


def test_a_repaired_workbook_differs_only_in_what_was_repaired(source: Path, tmp_path: Path) -> None:
    """Rows that were in order give equal values before and after, so the ledger sees them as unchanged."""
    workbook = rejected(source, tmp_path / "r.xlsx")
    sheet = workbook["Kunden"]
    sheet["D4"], sheet["E4"], sheet["F4"] = "01067", "Dresden", date(2026, 2, 1)
    workbook.save(tmp_path / "repaired.xlsx")
    before, after = (list(CODEC.read(each, LAYOUT)) for each in (source, tmp_path / "repaired.xlsx"))
    assert [list(raw.values) == list(new.values) for raw, new in zip(before, after, strict=True)] == [True, False, True]


def test_a_finding_may_name_its_cell(source: Path, tmp_path: Path) -> None:
    """What the receipt says (title and cell) marks the same cell as the field of the schema."""
    faults = {4: [found(MISSING, Locator(4, "Ort *", "Kunden", "E4"))]}
    assert rejected(source, tmp_path / "r.xlsx", faults)["Kunden"]["E4"].fill.start_color.rgb == RED


def test_merged_cells_are_marked_where_excel_shows_them(tmp_path: Path) -> None:
    """A note on a covered cell would be lost, so the visible one of the range gets it."""
    workbook = Workbook()
    for row in (["name1", "country", "city"], ["A", "DE", "Ulm"], ["B", "DE", None]):
        workbook.active.append(row)
    workbook.active.merge_cells("C2:C3")
    workbook.save(tmp_path / "k.xlsx")
    faults = {3: [found(MERGED, Locator(3, "city"), range="C2:C3")]}
    sheet = rejected(tmp_path / "k.xlsx", tmp_path / "r.xlsx", faults).active
    assert "C2:C3" in sheet["C2"].comment.text


def test_an_english_template_is_answered_in_english(tmp_path: Path) -> None:
    """The mark tells the language of whoever filled it."""
    workbook = Workbook()
    for row in (["exchange:customers:v1:en"], ["Name 1 *", "Country *", "City *"], ["A", "DE", None]):
        workbook.active.append(row)
    workbook.save(tmp_path / "k.xlsx")
    sheet = rejected(tmp_path / "k.xlsx", tmp_path / "r.xlsx", {3: [found(MISSING, Locator(3, "city"))]}).active
    assert sheet["D2"].value == "Import errors"
    assert "Fill the field." in sheet["C3"].comment.text


def add_part(path: Path, name: str) -> None:
    with ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/media/image1.png", "xl/charts/chart1.xml"])
def test_a_workbook_that_cannot_be_kept_whole_gives_its_rejected_rows(source: Path, tmp_path: Path, part: str) -> None:
    """Macros, pictures, charts: a new sheet with mark, titles and the rejected rows; it can be dropped again."""
    add_part(source, part)
    workbook = rejected(source, tmp_path / "r.xlsx")
    sheet = workbook.worksheets[0]
    assert [cell.value for cell in sheet[1]][:1] == ["exchange:customers:v1:de"]
    assert sheet.max_row == 3
    assert (sheet["A3"].value, sheet["B3"].value, sheet["B3"].data_type) == ("D2", "=HYPERLINK", "s")
    assert sheet["E3"].fill.start_color.rgb == RED
    assert "[value.missing]" in sheet["E3"].comment.text
    assert "[value.no_date]" in sheet["H3"].value
    (raw,) = CODEC.read(tmp_path / "r.xlsx", LAYOUT)
    assert raw.values[0] == "D2"


def test_a_workbook_with_a_damaged_part_beside_the_cells_still_gives_its_rejected_rows(
    source: Path, tmp_path: Path
) -> None:
    """Damaged notes do not hinder reading, so they must not hinder the answer."""
    with ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(source, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, b"<broken" if "comment" in name else content)
    sheet = rejected(source, tmp_path / "r.xlsx").worksheets[0]
    assert [sheet["A3"].value, sheet.max_row] == ["D2", 3]


def test_nested_records_come_back_with_all_their_rows(tmp_path: Path, order: Callable[[str], Order]) -> None:
    """One faulty line: whole order in the new workbook, and the cell of that very line is marked."""
    orders = schema(Order)
    layout = Layout(canonical("orders", orders, "xlsx"), orders)
    path = tmp_path / "o.xlsx"
    with path.open("wb") as out:
        CODEC.write(out, layout, [order("A"), order("B")], Meta("orders"))
    faults = {5: [found(MISSING, Locator(6, "lines[1].quantity"))]}
    column = CODEC.locate(path, layout)(6, "lines[1].quantity").cell.rstrip("6")
    kept = rejected(path, tmp_path / "r.xlsx", faults, layout).worksheets[0]
    assert kept[f"{column}6"].fill.start_color.rgb == RED
    add_part(path, "xl/vbaProject.bin")
    sheet = rejected(path, tmp_path / "r2.xlsx", faults, layout).worksheets[0]
    assert sheet.max_row == 4
    assert sheet[f"{column}4"].fill.start_color.rgb == RED
    assert [raw.values[0] for raw in CODEC.read(tmp_path / "r2.xlsx", layout)] == ["B"]


@pytest.fixture
def order() -> Callable[[str], Order]:
    """Makes an order with two lines."""
    orders = schema(Order)
    line = orders.group("lines").schema

    def make(number: str) -> Order:
        empty = ["" if each.kind == "text" else None for each in orders.fields]
        lines = [
            line.make(["" if each.kind == "text" else None for each in line.fields])._replace(article_number=article)
            for article in ("a1", "a2")
        ]
        made: Order = orders.make(empty, [tuple(lines), ()])
        return made._replace(number=number)

    return make
