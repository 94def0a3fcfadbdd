"""The Excel template: made from the declaration, filled by people, read by the codec."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from exchange.codecs.xlsx import CODEC
from exchange.convert import ConversionError, reader
from exchange.module import Module, Side
from exchange.profile import Layout, canonical
from exchange.record import Kind, schema
from exchange.records.customer import Customer
from exchange.records.order import Order, OrderLine
from exchange.template import write_template

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.finding import Language

CUSTOMERS = schema(Customer)


def example() -> Customer:
    empty = CUSTOMERS.make(["" if each.kind is Kind.TEXT else None for each in CUSTOMERS.fields])
    filled: Customer = empty._replace(
        number="D100001", name1="Muster GmbH", country="DE", zip="01067", city="Dresden", language="D", active=True,
        first_contact=date(2026, 1, 31), credit_limit=Decimal("5000.50"), price_list=1, payment_terms="30T",
    )  # fmt: skip
    return filled


MODULE = Module(
    name="test_customers",
    de="Kunden",
    en="Customers",
    summary_de="Kunden zum Prüfen.",
    summary_en="Customers to test with.",
    record=Customer,
    key=lambda customer: customer.number,
    lands=Side.SAGE,
    example=example,
    entered_by_hand=True,
)
LAYOUT = Layout(canonical(MODULE.name, CUSTOMERS, "xlsx"), CUSTOMERS)
LISTS = {
    "payment_terms": [("30T", "30 Tage netto"), ("00T", "sofort")],
    "price_list": [("1", "Endkunden"), ("2", "Händler")],
    "country": [("DE", "Deutschland"), ("AT", "Österreich")],
}


@cache
def content(language: Language) -> bytes:
    """Written once: the tests only read it, or change a copy."""
    out = BytesIO()
    write_template(MODULE, out, language, LISTS)
    return out.getvalue()


def template(path: Path, language: Language = "de") -> Any:
    """In the file, and opened as a person would."""
    path.write_bytes(content(language))
    return load_workbook(path)


def column(sheet: Any, title: str) -> int:
    return next(cell.column for cell in sheet[2] if str(cell.value).removesuffix(" *") == title)


def customer(path: Path) -> list[Customer]:
    """The records of a filled template, by the readers that the check uses."""
    readers = [reader(each, LAYOUT.profile.dialect) for each in CUSTOMERS.fields]
    raws = list(CODEC.read(path, LAYOUT))
    return [CUSTOMERS.make([read(value) for read, value in zip(readers, raw.values, strict=True)]) for raw in raws]


@pytest.mark.parametrize(("language", "sheet"), [("de", "Kunden"), ("en", "Customers")])
def test_the_template_is_recognised_and_gives_no_record_yet(tmp_path: Path, language: Language, sheet: str) -> None:
    """Mark, version and sheet are right, and the example row is passed over."""
    workbook = template(tmp_path / "t.xlsx", language)
    assert workbook.sheetnames[0] == sheet
    signature = CODEC.recognise(tmp_path / "t.xlsx")
    assert signature is not None
    assert (signature.module, signature.version, len(signature.names)) == ("test_customers", 1, len(CUSTOMERS.fields))
    assert customer(tmp_path / "t.xlsx") == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_example_row_is_a_record_that_would_be_read(tmp_path: Path, language: Language) -> None:
    """With a number of its own it gives exactly the module's example: every form of value is one that comes back."""
    workbook = template(tmp_path / "t.xlsx", language)
    sheet = workbook.worksheets[0]
    assert sheet["A3"].value in ("BEISPIEL-D100001", "EXAMPLE-D100001")
    sheet["A3"] = "D100001"
    workbook.save(tmp_path / "t.xlsx")
    assert customer(tmp_path / "t.xlsx") == [example()]


def test_required_columns_are_starred_and_coloured_and_every_column_is_explained(tmp_path: Path) -> None:
    """The note says whether it is needed, what kind, how long, and gives an example."""
    sheet = template(tmp_path / "t.xlsx").worksheets[0]
    for cell, field in zip(sheet[2], CUSTOMERS.fields, strict=True):
        assert cell.value == field.de + (" *" if field.required else "")
        assert (cell.fill.start_color.rgb == "FFFFC000") is field.required
        assert ("Pflichtfeld" in cell.comment.text) is field.required
        assert field.note_de in cell.comment.text
    assert "höchstens 24 Zeichen" in sheet.cell(2, column(sheet, "PLZ")).comment.text
    assert "31.01.2026" in sheet.cell(2, column(sheet, "Erstkontakt")).comment.text


def test_mark_is_hidden_header_frozen_and_filtered(tmp_path: Path) -> None:
    """Row 1 cannot be seen, titles stay in sight."""
    sheet = template(tmp_path / "t.xlsx").worksheets[0]
    assert sheet["A1"].value == "exchange:test_customers:v1:de"
    assert sheet.row_dimensions[1].hidden
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref.startswith("A2:")


def test_text_columns_are_text_all_the_way_down(tmp_path: Path) -> None:
    """Column format and single cells, so that zeros stay in every program; numbers and dates have their own."""
    sheet = template(tmp_path / "t.xlsx").worksheets[0]
    postcode = column(sheet, "PLZ")
    assert {sheet.cell(row, postcode).number_format for row in range(3, 2_001)} == {"@"}
    letter = sheet.cell(2, postcode).column_letter
    assert sheet.column_dimensions[letter].number_format == "@"
    assert sheet.cell(3, column(sheet, "Erstkontakt")).number_format == "dd.mm.yyyy"
    assert sheet.cell(3, column(sheet, "Kreditlimit")).number_format == "0.00"


def test_drop_downs_take_their_entries_from_the_very_hidden_sheet(tmp_path: Path) -> None:
    """Codes of the declaration and lists from Sage, by defined name, far beyond 255 characters, as a warning."""
    workbook = template(tmp_path / "t.xlsx")
    sheet, lists = workbook.worksheets[0], workbook["_Listen"]
    assert lists.sheet_state == "veryHidden"
    dropdowns = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    letter = sheet.cell(2, column(sheet, "Zahlungskondition")).column_letter
    dropdown = dropdowns[f"{letter}3:{letter}50002"]
    assert (dropdown.type, dropdown.errorStyle) == ("list", "warning")
    ((title, area),) = workbook.defined_names[dropdown.formula1.lstrip("=")].destinations
    assert title == "_Listen"
    assert [cell.value for (cell,) in lists[area]] == ["30T – 30 Tage netto", "00T – sofort"]
    flags = sheet.cell(2, column(sheet, "Aktiv")).column_letter
    ((_, area),) = workbook.defined_names[dropdowns[f"{flags}3:{flags}50002"].formula1.lstrip("=")].destinations
    assert [cell.value for (cell,) in lists[area]] == ["J", "N"]
    coded = [each for each in CUSTOMERS.fields if each.codes or each.kind is Kind.FLAG or each.name in LISTS]
    assert len(dropdowns) == len(coded)


def test_chosen_entries_are_read_as_their_codes_and_names_with_dashes_are_left_alone(tmp_path: Path) -> None:
    """What was chosen is exactly an entry; a company with a dash in its name is none."""
    workbook = template(tmp_path / "t.xlsx")
    sheet = workbook.worksheets[0]
    row = {
        "Kundennummer": "D7", "Name1": "DE – Handels GmbH", "Land": "AT – Österreich", "PLZ": "1010", "Ort": "Wien",
        "Zahlungskondition": "00T – sofort", "Preisliste": "2 – Händler", "Sprache": "D – Deutsch", "Aktiv": "N",
        "Erstkontakt": "03.04.2026", "Kreditlimit": "1.234,50",
    }  # fmt: skip
    for title, value in row.items():
        sheet.cell(4, column(sheet, title), value)
    workbook.save(tmp_path / "t.xlsx")
    (read,) = customer(tmp_path / "t.xlsx")
    assert (read.name1, read.country, read.payment_terms, read.price_list) == ("DE – Handels GmbH", "AT", "00T", 2)
    assert (read.language, read.active, read.first_contact) == ("D", False, date(2026, 4, 3))
    assert read.credit_limit == Decimal("1234.50")


def test_a_fault_is_told_in_the_words_of_the_template(tmp_path: Path) -> None:
    """The form in the message is the German one, because the template is German."""
    workbook = template(tmp_path / "t.xlsx")
    sheet = workbook.worksheets[0]
    sheet.cell(4, column(sheet, "Name1"), "Muster")
    sheet.cell(4, column(sheet, "Kreditlimit"), "viel")
    workbook.save(tmp_path / "t.xlsx")
    (raw,) = CODEC.read(tmp_path / "t.xlsx", LAYOUT)
    fault = raw.values[CUSTOMERS.names.index("credit_limit")]
    assert isinstance(fault, ConversionError)
    assert fault.values["form"] == "1.234,50"


def test_the_guide_lists_every_column(tmp_path: Path) -> None:
    """One line per column, behind the data where it does not get in the way."""
    workbook = template(tmp_path / "t.xlsx")
    guide = workbook["Anleitung"]
    assert workbook.sheetnames.index("Anleitung") > 0
    assert [row[0] for row in guide.iter_rows(min_row=3, values_only=True)] == [each.de for each in CUSTOMERS.fields]
    assert "BEISPIEL-" in guide["A1"].value


def test_records_with_lines_get_a_row_column_and_titles_of_both_levels(tmp_path: Path) -> None:
    """The template of a nested record is read back by its German titles."""
    orders = schema(Order)
    line = schema(OrderLine)

    def nested() -> Order:
        first = line.make(["" if each.kind is Kind.TEXT else None for each in line.fields])
        lines = (first._replace(article_number="00200050", quantity=Decimal(2), tax_rate=Decimal(19)),)
        empty = ["" if each.kind is Kind.TEXT else None for each in orders.fields]
        made: Order = orders.make(empty, [lines, ()])
        return made._replace(number="A1", billing_country="DE", total_excl=Decimal("1.00"), total_incl=Decimal("1.19"))

    module = Module(
        name="test_orders", de="Aufträge", en="Orders", summary_de="", summary_en="", record=Order,
        key=lambda order: order.number, lands=Side.SAGE, example=nested,
    )  # fmt: skip
    path = tmp_path / "t.xlsx"
    with path.open("wb") as out:
        write_template(module, out, "de")
    workbook = load_workbook(path)
    workbook.worksheets[0]["B3"] = "A1"
    workbook.save(path)
    (raw,) = CODEC.read(path, Layout(canonical("test_orders", orders, "xlsx"), orders))
    assert raw.values[orders.names.index("number")] == "A1"
    ((child,), taxes) = raw.groups
    assert child.values[line.names.index("article_number")] == "00200050"
    assert taxes == []


def test_the_template_can_be_written_to_any_binary_stream() -> None:
    """Nothing but `write` is asked of it, and it stays open."""
    out = BytesIO()
    write_template(MODULE, out, "en")
    assert out.getvalue().startswith(b"PK")
