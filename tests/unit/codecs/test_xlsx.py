"""Reading workbooks: the rows X and V10 to V13 of the fault catalogue, each by its id."""

from __future__ import annotations

import random
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from exchange.codec import Limits
from exchange.codecs.xlsx import CODEC
from exchange.convert import ConversionError, reader
from exchange.errors import BatchError
from exchange.finding import CATALOGUE
from exchange.profile import GroupSource, Layout, Profile, Source, canonical
from exchange.record import schema
from exchange.records.customer import Customer
from exchange.records.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from exchange.codec import Raw

CUSTOMERS = schema(Customer)
LAYOUT = Layout(canonical("customers", CUSTOMERS, "xlsx"), CUSTOMERS)
HEADER = ("Kundennummer", "Name1 *", "Land *", "PLZ", "Ort *", "Rabattsatz", "Erstkontakt", "Preisliste", "Aktiv")
NAMES = ("number", "name1", "country", "zip", "city", "discount_percent", "first_contact", "price_list", "active")
GOOD = ("D1", "Muster GmbH", "DE", "01067", "Dresden", 5, date(2026, 1, 31), 1, True)


def changed(**values: Any) -> list[Any]:
    """The good row with other values."""
    return [values.get(name, good) for name, good in zip(NAMES, GOOD, strict=True)]


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Makes a workbook of rows; `touch` may do to the sheet what it likes."""

    def make(*rows: Sequence[Any], touch: Callable[[Any], object] = lambda _sheet: None, name: str = "k.xlsx") -> Path:
        workbook = Workbook()
        for row in rows:
            workbook.active.append(list(row))
        touch(workbook.active)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return make


def read(path: Path, layout: Layout = LAYOUT, limits: Limits = Limits()) -> list[Raw]:  # noqa: B008 - frozen
    return list(CODEC.read(path, layout, limits))


def value(raw: Raw, name: str) -> Any:
    return raw.values[CUSTOMERS.names.index(name)]


def code(raw: Raw, name: str) -> str:
    """Code of the finding that the check would make of the value."""
    with pytest.raises(ConversionError) as error:
        reader(CUSTOMERS.field(name), LAYOUT.profile.dialect)(value(raw, name))
    return error.value.kind.code


def refused(path: Path, layout: Layout = LAYOUT, limits: Limits = Limits()) -> list[str]:  # noqa: B008 - frozen
    """Codes of the findings with which the whole file is refused."""
    with pytest.raises(BatchError) as error:
        read(path, layout, limits)
    return [finding.code for finding in error.value.findings]


def repack(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change the xml of one part of a workbook."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_native_values_come_as_the_cells_hold_them(book: Callable[..., Path]) -> None:
    """Text, number, date and flag keep their type; the place is the row; absent columns are empty."""
    (raw,) = read(book(HEADER, GOOD))
    assert raw.line == 2
    assert [value(raw, name) for name in NAMES[:6]] == list(GOOD[:6])
    assert value(raw, "first_contact") == datetime(2026, 1, 31)  # noqa: DTZ001 - a cell has no zone
    assert value(raw, "active") is True
    assert value(raw, "street") == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html><table><tr><td>x</td></tr></table></html>", "xlsx.not_a_workbook"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "xlsx.not_a_workbook"),
        (b"Kundennummer;Name1\r\nD1;Muster\r\n", "xlsx.not_a_workbook"),
        (b"", "xlsx.not_a_workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "Workbook".encode("utf-16-le"), "xlsx.old_format"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "xlsx.password"),
        (b"PK\x03\x04 and nothing more", "file.not_readable"),
    ],
)
def test_x1_what_only_looks_like_a_workbook_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    """An old .xls, html, csv, an encrypted or a broken file each get the finding that says what to do."""
    path = tmp_path / "k.xlsx"
    path.write_bytes(content)
    assert refused(path) == [expected]
    assert CODEC.recognise(path) is None
    finding = CODEC.why_not(path)
    assert finding is not None
    assert finding.code == expected
    assert finding.remedy("de")


def test_x1_a_workbook_cut_anywhere_is_a_finding(book: Callable[..., Path], tmp_path: Path) -> None:
    """However much of the end is missing, the answer is a BatchError and nothing else."""
    whole = book(HEADER, GOOD).read_bytes()
    path = tmp_path / "cut.xlsx"
    for size in range(1, len(whole), 97):
        path.write_bytes(whole[:size])
        assert refused(path)
        assert CODEC.recognise(path) is None


def test_x1_no_damage_makes_reading_or_recognising_crash(book: Callable[..., Path], tmp_path: Path) -> None:
    """Bytes changed at random inside the parts: the file is read, or refused with findings."""
    chance = random.Random(4)
    source = book(HEADER, *[GOOD] * 5)
    with ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    path = tmp_path / "damaged.xlsx"
    outcomes = set()
    for _ in range(150):
        name = chance.choice(sorted(parts))
        data = bytearray(parts[name])
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with ZipFile(path, "w") as archive:
            for each, content in parts.items():
                archive.writestr(each, bytes(data) if each == name else content)
        CODEC.recognise(path)
        try:
            read(path)
            outcomes.add("read")
        except BatchError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_x1_other_zip_files_are_no_workbooks(tmp_path: Path) -> None:
    """A zip without a workbook in it, and a binary workbook (.xlsb)."""
    for name in ("any.txt", "xl/workbook.bin"):
        with ZipFile(tmp_path / "k.xlsx", "w") as archive:
            archive.writestr(name, "x")
        assert refused(tmp_path / "k.xlsx") == ["xlsx.not_a_workbook"]


def test_x2_more_rows_than_allowed_are_refused(book: Callable[..., Path]) -> None:
    """The row limit holds although the file is tiny, also where the rows carry no numbers."""
    path = book(HEADER, GOOD)
    far = b'<row r="900"><c r="A900"><v>1</v></c></row>'
    repack(path, SHEET, lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"))
    assert refused(path, limits=Limits(rows=500)) == ["file.too_big"]
    repack(path, SHEET, lambda xml: xml.replace(far, b"<row/>" * 600))
    repack(path, SHEET, lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml))
    assert refused(path, limits=Limits(rows=500)) == ["file.too_big"]


def test_x2_formatted_empty_rows_to_the_end_of_the_sheet_cost_nothing(book: Callable[..., Path]) -> None:
    """Rows that are only formatted are not visited, and a value far below a gap is not lost."""
    path = book(HEADER, GOOD, touch=lambda sheet: sheet.cell(5_000, 1, "D2"))
    empty = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (row, row) for row in range(5_001, 200_000))
    repack(path, SHEET, lambda xml: xml.replace(b"</sheetData>", empty + b"</sheetData>"))
    assert [raw.line for raw in read(path, limits=Limits(rows=5_000))] == [2, 5_000]


def test_x3_a_part_that_explodes_is_refused_before_it_is_unpacked(book: Callable[..., Path]) -> None:
    """Both by its ratio and by the sum of the unpacked sizes."""
    path = book(HEADER, GOOD)
    with ZipFile(path, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings2.xml", b"<sst>" + b"A" * 30_000_000)
    assert refused(path) == ["xlsx.suspicious"]
    assert refused(path, limits=Limits(unpacked_bytes=1_000_000, pack_ratio=100_000)) == ["file.too_big"]


def test_x3_entities_in_a_workbook_are_refused(book: Callable[..., Path]) -> None:
    """Billion laughs inside a sheet or inside the strings: no document type is accepted in any part."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>'
    path = book(HEADER, GOOD)
    repack(path, SHEET, lambda xml: bomb + re.sub(rb"<\?xml[^>]*\?>", b"", xml))
    assert refused(path) == ["xlsx.suspicious"]
    path = book(HEADER, GOOD)
    repack(path, SHEET, lambda xml: b"<!--" + b" " * 5_000 + b"-->" + bomb + re.sub(rb"<\?xml[^>]*\?>", b"", xml))
    assert refused(path) == ["file.not_readable"]


def test_x3_a_text_longer_than_allowed_is_a_finding_of_its_cell(book: Callable[..., Path]) -> None:
    """The limit of the settings holds for single values."""
    (raw,) = read(book(HEADER, changed(name1="x" * 5_000)), limits=Limits(field_characters=4_000))
    assert code(raw, "name1") == "value.too_long"


def test_x4_a_wrong_dimension_hides_nothing(book: Callable[..., Path]) -> None:
    """All columns and rows are read although the sheet claims to be one cell."""
    path = book(HEADER, GOOD, GOOD)
    repack(path, SHEET, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert [value(raw, "city") for raw in read(path)] == ["Dresden", "Dresden"]


def test_x5_error_values_and_formulas_without_result_are_findings(book: Callable[..., Path]) -> None:
    """A formula that was never calculated, and #REF!, are no data; the row is there with its place."""
    (raw,) = read(book(HEADER, changed(name1="=A1&B1", city="#REF!")))
    assert code(raw, "name1") == "xlsx.formula_without_value"
    assert code(raw, "city") == "xlsx.error_value"
    assert (raw.line, value(raw, "number")) == (2, "D1")


def test_x5_a_formula_gives_its_stored_result(book: Callable[..., Path]) -> None:
    """The cached value is read, also an empty text and an error."""
    path = book(HEADER, changed(name1="=A1", number="=A2", city="=A3", zip="=A4"))
    results = {
        b"B2": b'str"><f>A1</f><v>Aus Formel</v>',
        b"A2": b'str"><f>A2</f><v></v>',
        b"E2": b'e"><f>A3</f><v>#REF!</v>',
    }

    def calculate(xml: bytes) -> bytes:
        for cell, result in results.items():
            xml = re.sub(rb'<c r="%s"[^>]*>.*?</c>' % cell, b'<c r="%s" t="%s</c>' % (cell, result), xml)
        return xml

    repack(path, SHEET, calculate)
    (raw,) = read(path)
    assert value(raw, "name1") == "Aus Formel"
    assert value(raw, "number") == ""
    assert code(raw, "city") == "xlsx.error_value"
    assert code(raw, "zip") == "xlsx.formula_without_value"


def test_x6_merged_cells_are_findings_of_the_rows_they_touch(book: Callable[..., Path]) -> None:
    """Rows outside the merged range are read as ever; a merged title above the table does not matter."""

    def merge(sheet: Any) -> None:
        sheet.merge_cells("E3:E4")
        sheet.merge_cells("A1:C1")

    raws = read(book(["Kundenliste"], HEADER, GOOD, changed(city=None, number="D2"), changed(number="D3"), touch=merge))
    assert [code(raw, "city") for raw in raws[:2]] == ["xlsx.merged_cell"] * 2
    assert value(raws[2], "city") == "Dresden"


def test_x6_hidden_and_filtered_rows_are_read(book: Callable[..., Path]) -> None:
    """Hiding is for the eye: rows and columns count as any other."""

    def hide(sheet: Any) -> None:
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["E"].hidden = True

    assert [value(raw, "city") for raw in read(book(HEADER, GOOD, GOOD, touch=hide))] == ["Dresden", "Dresden"]


def test_x6_a_second_header_row_is_a_finding(book: Callable[..., Path]) -> None:
    """Titles repeated between the rows never become a customer."""
    raws = read(book(HEADER, GOOD, HEADER, GOOD))
    assert [raw.line for raw in raws] == [2, 3, 4]
    assert code(raws[1], "number") == "xlsx.repeated_header"


def test_x6_notes_below_the_table_are_rows_that_will_be_rejected(book: Callable[..., Path]) -> None:
    """A note in a known column comes as a row of its own; one beside the table does not."""
    raws = read(book((*HEADER, "intern"), GOOD, [], ["Stand: 1. Mai"], [*[None] * 9, "nur für uns"]))
    assert [raw.line for raw in raws] == [2, 4]
    assert value(raws[1], "city") == ""


def test_x7_text_with_leading_zeros_stays_text(book: Callable[..., Path]) -> None:
    """00123 typed as text is 00123, whatever stands around it."""
    raws = read(book(HEADER, changed(number="00123"), changed(number=124)))
    read_number = reader(CUSTOMERS.field("number"), LAYOUT.profile.dialect)
    assert [read_number(value(raw, "number")) for raw in raws] == ["00123", "124"]


@pytest.mark.parametrize(
    ("country", "number", "form", "expected"),
    [
        ("DE", 1067, "General", None),
        ("DE", 80331, "General", "80331"),
        ("AT", 1010, "General", "1010"),
        ("FR", 1000, "General", None),
        ("DE", 1067, "00000", "01067"),
    ],
)
def test_x7_a_number_where_zeros_count_is_refused_unless_none_can_be_lost(
    book: Callable[..., Path], country: str, number: int, form: str, expected: str | None
) -> None:
    """A full postcode cannot have lost a zero, and a format 00000 shows it; anything else is a finding."""

    def touch(sheet: Any) -> None:
        sheet["D2"].number_format = form

    (raw,) = read(book(HEADER, changed(country=country, zip=number), touch=touch))
    if expected is None:
        assert code(raw, "zip") == "xlsx.number_in_text_cell"
    else:
        assert value(raw, "zip") == expected


def test_x7_the_finding_proposes_the_german_postcode_with_its_zero(book: Callable[..., Path]) -> None:
    """Four digits in Germany: the text says which five were probably meant."""
    (raw,) = read(book(HEADER, changed(zip=1067)))
    fault = value(raw, "zip")
    assert "„01067“" in CATALOGUE[fault.kind.code].remedy_de.format(**fault.values)


def test_x7_more_than_15_digits_as_a_number_are_lost_digits(book: Callable[..., Path]) -> None:
    """Excel has replaced the last digits by zeros, so the number is not what was typed."""
    (raw,) = read(book(HEADER, changed(number=4006381333931000000)))
    assert code(raw, "number") == "xlsx.digits_lost"


def test_x8_a_date_as_text_beside_date_cells_is_a_finding(book: Callable[..., Path]) -> None:
    """The plain form knows no 03.04.2026; only the date cell passes."""
    raws = read(book(HEADER, GOOD, changed(first_contact="03.04.2026")))
    day = reader(CUSTOMERS.field("first_contact"), LAYOUT.profile.dialect)
    assert day(value(raws[0], "first_contact")) == date(2026, 1, 31)
    assert code(raws[1], "first_contact") == "value.no_date"


def test_x8_a_date_outside_of_the_calendar_is_a_finding(book: Callable[..., Path]) -> None:
    """A number that Excel cannot show as a date is an error value."""

    def touch(sheet: Any) -> None:
        sheet["G2"] = 99_999_999
        sheet["G2"].number_format = "dd.mm.yyyy"

    (raw,) = read(book(HEADER, GOOD, touch=touch))
    assert code(raw, "first_contact") == "xlsx.error_value"


def test_x9_a_percent_cell_is_a_finding_because_it_shows_what_it_does_not_hold(book: Callable[..., Path]) -> None:
    """19 % is stored as 0.19; a % in quotes is mere decoration."""

    def touch(sheet: Any) -> None:
        sheet["F2"].number_format = "0%"
        sheet["F3"].number_format = '0" %"'

    raws = read(book(HEADER, changed(discount_percent=0.19), changed(discount_percent=19), touch=touch))
    fault = value(raws[0], "discount_percent")
    assert (fault.kind.code, fault.values["shown"]) == ("xlsx.percent_cell", "19")
    assert value(raws[1], "discount_percent") == 19


def test_x11_sheet_renamed_and_columns_swapped(book: Callable[..., Path]) -> None:
    """Titles decide: German or English label or field name, any case, stars and blanks; others are passed over."""

    def touch(sheet: Any) -> None:
        sheet.title = "Tabelle1"

    header = ("CITY", "intern", " plz ", "Country*", "name1", "customer  number")
    (raw,) = read(book(["Unsere Kunden"], [], header, ("Ulm", "x", "89073", "DE", "Muster", "D7"), touch=touch))
    assert raw.line == 4
    names = ("city", "zip", "country", "name1", "number")
    assert [value(raw, name) for name in names] == ["Ulm", "89073", "DE", "Muster", "D7"]


def test_x11_missing_and_double_columns_are_all_told_at_once(book: Callable[..., Path]) -> None:
    """Every fault of the header in one answer, with its cell."""
    path = book(("Kundennummer", "PLZ", "zip", "Name1"), ("D1", "01067", "01067", "Muster"))
    with pytest.raises(BatchError) as error:
        read(path)
    found = [(each.code, each.at.cell, each.values["column"]) for each in error.value.findings]
    assert found == [
        ("file.double_column", "C1", "zip"),
        ("file.missing_column", "", "country"),
        ("file.missing_column", "", "city"),
    ]


def test_x11_a_template_of_another_version_is_refused_with_both_versions(book: Callable[..., Path]) -> None:
    """The text names what came and what is expected."""
    path = book(["exchange:customers:v9:de"], HEADER, GOOD)
    with pytest.raises(BatchError) as error:
        read(path)
    (finding,) = error.value.findings
    assert finding.code == "xlsx.template_version"
    assert "9" in finding.message("de")
    assert "1" in finding.message("de")


def test_x11_the_sheet_is_the_marked_one_or_the_only_one(tmp_path: Path) -> None:
    """Hidden, empty, list and guide sheets do not count; two candidates are a finding, a mark decides."""
    workbook = Workbook()
    first, second = workbook.active, workbook.create_sheet("B")
    for sheet in (first, second):
        sheet.append(HEADER)
        sheet.append(GOOD)
    workbook.create_sheet("leer")
    workbook.create_sheet("Anleitung").append(["Text"])
    path = tmp_path / "k.xlsx"
    workbook.save(path)
    assert refused(path) == ["xlsx.several_sheets"]
    second.insert_rows(1)
    second["A1"] = "exchange:customers:v1:de"
    workbook.save(path)
    assert [raw.line for raw in read(path)] == [3]
    second["A1"] = None
    second.sheet_state = "hidden"
    workbook.save(path)
    assert [raw.line for raw in read(path)] == [2]


def test_x11_no_known_title_or_no_content_is_a_finding(book: Callable[..., Path]) -> None:
    """A sheet of something else, and an empty one."""
    assert refused(book(("Artikel", "Preis"), ("1", "2"))) == ["xlsx.no_header"]
    assert refused(book()) == ["xlsx.no_sheet"]


@pytest.mark.parametrize("word", ["NA", "None", "NULL", "nan", "TRUE"])
def test_v10_words_that_other_readers_take_for_nothing_stay(book: Callable[..., Path], word: str) -> None:
    """An article may be called NA."""
    (raw,) = read(book(HEADER, changed(name1=word)))
    assert value(raw, "name1") == word


def test_v11_numbers_keep_all_their_digits(book: Callable[..., Path]) -> None:
    """An EAN in a number cell is not turned into 4.00638E+12."""
    (raw,) = read(book(HEADER, changed(number=4006381333931)))
    assert reader(CUSTOMERS.field("number"), LAYOUT.profile.dialect)(value(raw, "number")) == "4006381333931"


@pytest.mark.parametrize("text", ["1.000,00", "1,5"])
def test_v12_numbers_as_text_of_an_undeclared_locale_are_findings(book: Callable[..., Path], text: str) -> None:
    """Without a template, whose language is declared, only the plain form is a number."""
    (raw,) = read(book(HEADER, changed(discount_percent=text)))
    assert code(raw, "discount_percent") == "value.no_number"


def test_v12_in_a_template_texts_are_read_in_its_language(book: Callable[..., Path]) -> None:
    """The German template reads 1,5 and 03.04.2026 and J as the German writes them; the message shows that form."""
    rows = [
        changed(discount_percent="1,5", first_contact="03.04.2026", active="N"),
        changed(first_contact="2026-04-03"),
    ]
    good, bad = read(book(["exchange:customers:v1:de"], HEADER, *rows))
    assert value(good, "discount_percent") == Decimal("1.5")
    assert value(good, "first_contact") == date(2026, 4, 3)
    assert value(good, "active") is False
    assert value(bad, "first_contact").values["form"] == "TT.MM.JJJJ"
    english = changed(discount_percent="1.5", first_contact="2026-04-03", active="Y")
    (good,) = read(book(["exchange:customers:v1:en"], HEADER, english))
    assert (value(good, "discount_percent"), value(good, "active")) == (Decimal("1.5"), True)


def test_v13_a_serial_number_in_a_date_column_is_no_date(book: Callable[..., Path]) -> None:
    """45000 may be anything; only a cell that is formatted as a date is one."""
    (raw,) = read(book(HEADER, changed(first_contact=45_000)))
    assert code(raw, "first_contact") == "value.no_date"


def test_v13_books_that_count_from_1904_give_the_date_they_show(tmp_path: Path) -> None:
    """The epoch of the workbook is respected."""
    workbook = Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    workbook.active.append(HEADER)
    workbook.active.append(GOOD)
    workbook.save(tmp_path / "k.xlsx")
    (raw,) = read(tmp_path / "k.xlsx")
    assert value(raw, "first_contact") == datetime(2026, 1, 31)  # noqa: DTZ001 - a cell has no zone


def test_a_partners_titles_are_mapped_by_his_profile(book: Callable[..., Path]) -> None:
    """First that is filled, several joined, and a constant; labels of our own mean nothing there."""
    fields = {
        "number": Source(("Nr", "Alt-Nr")),
        "name1": Source(("Firma",)),
        "street": Source(("Str", "Hausnr"), join=True),
        "country": Source(value="DE"),
        "city": Source(("Ort",)),
    }
    layout = Layout(Profile(name="p", module="customers", format="xlsx", fields=fields), CUSTOMERS)
    header = ("Nr", "Alt-Nr", "Firma", "Str", "Hausnr", "Ort", "PLZ")
    (raw,) = read(book(header, (None, "A7", "Muster", "Weg", 5, "Ulm", "89073")), layout)
    assert [value(raw, name) for name in ("number", "street", "country", "zip")] == ["A7", "Weg 5", "DE", ""]


def test_recognise_tells_mark_and_titles(book: Callable[..., Path]) -> None:
    """Of a marked sheet the module and version too; of any workbook the titles, without stars."""
    plain = CODEC.recognise(book(["Liste"], HEADER, GOOD))
    assert plain is not None
    assert (plain.module, plain.names[:3]) == ("", ("Kundennummer", "Name1", "Land"))
    marked = CODEC.recognise(book(["exchange:customers:v3:full"], HEADER, GOOD))
    assert marked is not None
    assert (marked.module, marked.version, marked.full, marked.names[1]) == ("customers", 3, True, "Name1")


def test_locate_names_sheet_and_cell(book: Callable[..., Path]) -> None:
    """By field, by child field and without a column."""
    locate = CODEC.locate(book(["x"], HEADER, GOOD), LAYOUT)
    assert str(locate(7, "zip")) == "Sheet!D7"
    assert locate(7, "zip").field == "PLZ"
    assert (locate(7, "iban").cell, locate(7, "iban").line, locate(7, "iban").sheet) == ("", 7, "Sheet")


ORDERS = schema(Order)
ORDER_LAYOUT = Layout(canonical("orders", ORDERS, "xlsx"), ORDERS)
ORDER_HEADER = (
    "row", "number", "ordered_at", "billing_country", "total_excl", "total_incl", "line_article_number",
    "line_quantity",
    "line_tax_rate",
)  # fmt: skip


def order(row: object, number: str, article: str) -> list[object]:
    return [row, number, "2026-01-31T10:00:00+01:00", "DE", 1, 2, article, 1, 19]


def test_rows_of_one_record_are_put_together_by_their_number(book: Callable[..., Path]) -> None:
    """1 begins a record; each child has the row in which it stands."""
    path = book(ORDER_HEADER, order(1, "A", "a1"), order(2, "A", "a2"), order(1, "B", "b1"))
    raws = read(path, ORDER_LAYOUT)
    assert [(raw.values[0], [child.line for child in raw.groups[0]]) for raw in raws] == [("A", [2, 3]), ("B", [4])]
    assert str(CODEC.locate(path, ORDER_LAYOUT)(3, "lines[1].quantity")) == "Sheet!H3"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([order(1, "A", "a"), order(3, "A", "a")], ["xlsx.row_number"]),
        ([order(1, "A", "a"), order("x", "A", "a"), order(1, "B", "b")], ["xlsx.row_number", "B"]),
        ([order(2, "A", "a"), order(3, "A", "a")], ["xlsx.row_number"]),
        ([order("x", "A", "a"), order(1, "B", "a")], ["xlsx.row_number", "B"]),
        ([order(1, "A", "a"), order(2, "B", "b")], ["xlsx.row_differs"]),
        ([order(1, "A", "a"), [2, None, None, None, None, None, "b", 1, 19]], ["A"]),
    ],
)
def test_a_lost_row_never_hangs_lines_on_the_order_before(
    book: Callable[..., Path], rows: list[list[object]], expected: list[str]
) -> None:
    """Gaps in the numbers and rows that do not agree are findings; repeated values may be left out."""
    raws = read(book(ORDER_HEADER, *rows), ORDER_LAYOUT)
    firsts = [raw.values[0] for raw in raws]
    assert [first.kind.code if isinstance(first, ConversionError) else first for first in firsts] == expected


def test_a_partner_without_row_numbers_repeats_the_values_of_the_order(book: Callable[..., Path]) -> None:
    """Rows with equal values are one order."""
    fields = {"number": Source(("Bestellung",)), "billing_country": Source(("Land",))}
    lines = {"article_number": Source(("Artikel",)), "quantity": Source(("Menge",))}
    profile = Profile(
        name="p", module="orders", format="xlsx", fields=fields, groups={"lines": GroupSource("lines", lines)}
    )
    rows = [("A", "DE", "a1", 1), ("A", "DE", "a2", 2), ("B", "DE", "b1", 1)]
    raws = read(book(("Bestellung", "Land", "Artikel", "Menge"), *rows), Layout(profile, ORDERS))
    assert [(raw.values[0], len(raw.groups[0])) for raw in raws] == [("A", 2), ("B", 1)]
