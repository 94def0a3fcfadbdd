"""The csv codec: what it reads, what it refuses and where, what it writes, and what it sends back."""

from __future__ import annotations

import csv
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.codec import Limits
from exchange.codecs.csv import CODEC
from exchange.convert import GERMAN, ConversionError, reader
from exchange.errors import BatchError, ConfigError
from exchange.record import schema
from exchange.records.category import Category
from exchange.records.order import Order
from exchange.records.product import Product, ProductCategory, ProductImage
from exchange.records.stock import Stock
from tests.unit.codecs.cases import faults, findings, own, partner, read, records, rejected, shipped, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STOCK = own(Stock, "csv")
CATEGORY = own(Category, "csv")
PRODUCT = own(Product, "csv")
HEADER = "article_number;variant_id;available;on_hand;on_order;unit"

PARTNER = """
name = "partner"
module = "stock"
format = "csv"
delimiter = ","
charset = "cp1252"
empty = ["-"]
[dialect]
decimal = ","
[fields]
article_number = { first = ["SKU", "ArtNr"] }
available = "Bestand"
unit = { path = "ME", value = "Stk" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """A file with this content; text as UTF-8 without a mark."""

    def make(content: str | bytes) -> Path:
        path = tmp_path / "x.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def values(path: Path, layout: Any = STOCK) -> list[tuple[int, list[Any]]]:
    """Line and values of every record."""
    return [(raw.line, list(raw.values)) for raw in read(path, layout)]


# --- the fault catalogue ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_v1_v2_mark_then_utf8_then_the_profile_decide_the_charset(file: Any, charset: str) -> None:
    """The first column keeps its name, whatever mark stands before it, and umlauts come out as they were."""
    path = file("number;name\r\nÄ1;Größe €\r\n".encode(charset))

    assert [list(raw.values)[0::3][:2] for raw in read(path, CATEGORY)] == [["Ä1", "Größe €"]]


def test_v1_a_byte_that_no_charset_has_is_told_with_its_place_and_the_old_charset_that_it_may_be(file: Any) -> None:
    """0x81 is ü in cp850 and nothing in cp1252."""
    content = "number;name\nÄ;Müller\n".encode("cp850")

    (fault,) = findings(file(content), CATEGORY)

    assert fault.code == "file.undecodable"
    assert fault.values["offset"] == str(content.index(b"\x81"))
    assert "cp850" in fault.message("de")


def test_v3_an_umlaut_after_row_100000_is_read_by_the_same_rule(file: Any) -> None:
    """The whole file decides, not a sample."""
    rows = "".join(f"{number};0;1;;;Stk\n" for number in range(100_000))

    assert values(file((HEADER + "\n" + rows + "Öl;0;1;;;Stk\n").encode("cp1252")))[-1][1][0] == "Öl"


def test_v4_an_open_quote_is_told_with_the_line_in_which_it_begins(file: Any) -> None:
    """The rows behind it are not swallowed without a word."""
    path = file(f'{HEADER}\nA;0;1;;;Stk\nB;0;1;;;"Stk\nC;0;1;;;Stk\n')

    assert faults(path, STOCK) == [("csv.open_quote", 3)]


def test_v4_text_behind_a_closing_quote_is_told(file: Any) -> None:
    """Strict: nothing is repaired."""
    assert faults(file(f'{HEADER}\n"A"B;0;1;;;Stk\n'), STOCK) == [("csv.bad_quote", 2)]


def test_v4_an_open_quote_in_the_titles_is_told(file: Any) -> None:
    """Or none at all."""
    assert faults(file(f'"{HEADER}\nA;0;1;;;Stk\n'), STOCK) == [("csv.open_quote", 1)]
    assert faults(file("\n;;\n"), STOCK)[0][0] == "csv.no_header"


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_v5_another_separator_than_the_declared_one_is_told(file: Any, delimiter: str) -> None:
    """It is declared, never sniffed."""
    layout = partner(PARTNER.replace('delimiter = ","', 'delimiter = ";"'), Stock)
    (fault,) = findings(file("SKU;Bestand;ME\nA;1;kg\n".replace(";", delimiter)), layout)

    assert (fault.code, fault.at.line) == ("csv.wrong_delimiter", 1)
    assert fault.values == {"actual": "Tab" if delimiter == "\t" else delimiter, "expected": ";"}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_v5_our_own_form_may_have_any_of_four_separators(file: Any, delimiter: str) -> None:
    """Spreadsheets write the one of their country; the line of the titles, which are known, tells which."""
    assert values(file(f"{HEADER}\nA;0;1;;;Stk\n".replace(";", delimiter))) == [(2, ["A", "0", "1", "", "", "Stk"])]


def test_v5_the_separator_line_of_excel_is_honoured(file: Any) -> None:
    """`sep=;` says what the profile says; line numbers go on counting from the first line."""
    assert values(file(f"sep=;\r\n{HEADER}\r\nA;0;1;;;Stk\r\n")) == [(3, ["A", "0", "1", "", "", "Stk"])]


def test_v5_a_separator_line_that_says_otherwise_is_told(file: Any) -> None:
    """File and profile contradict each other."""
    layout = partner(PARTNER.replace('delimiter = ","', 'delimiter = ";"'), Stock)
    assert faults(file("sep=,\r\nSKU;Bestand;ME\r\n"), layout) == [("csv.wrong_delimiter", 1)]


def test_v5_a_decimal_comma_within_a_comma_separated_file_must_be_quoted(file: Any) -> None:
    """Unquoted, it makes one column more."""
    layout = partner(PARTNER, Stock)

    assert records(file('SKU,Bestand,ME\nA,"1,5",kg\n'), layout)[0].available == Decimal("1.5")
    assert faults(file("SKU,Bestand,ME\nA,1,5,kg\n"), layout) == [("csv.long_row", 2)]


def test_v6_one_column_more_in_all_rows_shifts_nothing(file: Any) -> None:
    """Every such row is told."""
    path = file("number;name;code\nA;Name;1;2\nB;Name;1;2\n")

    assert faults(path, CATEGORY) == [("csv.long_row", 2), ("csv.long_row", 3)]


@pytest.mark.parametrize("again", ["number", " Number *", "Warengruppennummer", "Category number"])
def test_v7_a_column_that_stands_twice_is_told_in_whatever_spelling(file: Any, again: str) -> None:
    """Which of both counts cannot be known."""
    (fault,) = findings(file(f"number;name;{again}\nA;Name;B\n"), CATEGORY)

    assert (fault.code, fault.at.line, fault.values["column"]) == ("file.double_column", 1, again.strip())


@pytest.mark.parametrize(
    "header", ["NUMBER; Name ", "Warengruppennummer *;Bezeichnung*", "Category number;name", "name;number"]
)
def test_v7_titles_are_found_in_any_letter_case_language_and_order(file: Any, header: str) -> None:
    """Field names and labels, with blanks and the star of required columns."""
    row = "B;A" if header.startswith("name") else "A;B"

    (record,) = records(file(f"{header}\n{row}\n"), CATEGORY)

    assert (record.number, record.name) == ("A", "B")


def test_v7_all_missing_required_columns_are_told_at_once(file: Any) -> None:
    """Columns that are not required may be missing."""
    (fault,) = findings(file("number;code\nA;1\n"), CATEGORY)

    assert (fault.code, fault.values["column"]) == ("file.missing_column", "Bezeichnung“ / „name")
    assert "Die Spalte „Bezeichnung“ / „name“ fehlt." in fault.message("de")
    assert [each.code for each in findings(file("unit\nStk\n"), STOCK)] == ["file.missing_column"] * 2


def test_v7_a_file_without_titles_is_told_as_such(file: Any) -> None:
    """The first record is not taken for the titles."""
    assert faults(file("00200050;0;14;17;3;Stk\n"), STOCK) == [("csv.no_header", 1)]


def test_v8_all_short_and_long_rows_are_told_with_their_lines(file: Any) -> None:
    """A quoted line break before them does not shift the count."""
    path = file('number;name;long_text\nA;Name;"two\nlines"\nB;Name\nC;Name;x;y\nD;Name;x\n')

    assert faults(path, CATEGORY) == [("csv.short_row", 4), ("csv.long_row", 5)]


def test_v8_blank_rows_are_passed_over(file: Any) -> None:
    """Empty lines, and lines of nothing but separators and blanks."""
    path = file(f"\n{HEADER}\n\nA;0;1;;;Stk\n;;;;;\n ; ;;;;\nB;0;1;;;Stk\n\n")

    assert [line for line, _ in values(path)] == [4, 7]


def test_v8_a_total_row_is_told_when_it_is_shorter_and_is_a_faulty_record_otherwise(file: Any) -> None:
    """It never becomes an article."""
    assert faults(file(f"{HEADER}\nA;0;1;;;Stk\nSumme;1\n"), STOCK) == [("csv.short_row", 3)]
    assert values(file(f"{HEADER}\n;;Summe 1;;;\n"))[0][1][0] == ""


def test_v8_a_repeated_header_is_told(file: Any) -> None:
    """Two files were joined."""
    assert faults(file(f"{HEADER}\nA;0;1;;;Stk\n{HEADER}\nB;0;1;;;Stk\n"), STOCK) == [("csv.repeated_header", 3)]


def test_v8_no_more_than_a_thousand_faulty_rows_are_listed(file: Any) -> None:
    """A file of another kind does not fill the receipt."""
    assert len(findings(file(HEADER + "\n" + "A;1\n" * 5_000), STOCK)) == 1_000


def test_v9_a_nul_is_told_with_its_line(file: Any) -> None:
    """Also far behind the first piece that is looked at."""
    path = file(HEADER + "\n" + "A;0;1;;;Stk\n" * 50_000 + "B\0;0;1;;;Stk\n")

    assert faults(path, STOCK) == [("file.nul", 50_002)]


def test_v9_utf16_without_a_mark_is_told_as_nul(file: Any) -> None:
    """It would be read as text with gaps."""
    assert faults(file(HEADER.encode("utf-16-le")), STOCK) == [("file.nul", 1)]


def test_v9_a_lone_carriage_return_is_no_line_end(file: Any) -> None:
    """Old Mac line ends, or half a Windows one."""
    assert faults(file(f"{HEADER}\nA;0;1;;;Stk\rB;0;1;;;Stk\n"), STOCK) == [("file.lone_return", 2)]


def test_v9_line_breaks_of_any_kind_are_kept_within_quotes(file: Any) -> None:
    """The check makes one kind of them."""
    path = file('number;name;long_text\nA;Name;"a\rb\r\nc\nd"\nB;Name;x\n')

    assert [(raw.line, raw.values[-1]) for raw in read(path, CATEGORY)] == [(2, "a\rb\r\nc\nd"), (5, "x")]
    assert records(path, CATEGORY)[0].long_text == "a\nb\nc\nd"


def test_v9_the_last_line_needs_no_end(file: Any) -> None:
    """Many programs write none."""
    assert len(read(file(f"{HEADER}\nA;0;1;;;Stk"), STOCK)) == 1


@pytest.mark.parametrize("word", ["NA", "None", "NULL", "#N/A", "nan", "null", "-"])
def test_v10_words_that_mean_nothing_elsewhere_are_article_numbers(file: Any, word: str) -> None:
    """Only the empty text is empty."""
    assert records(file(f"{HEADER}\n{word};0;1;;;Stk\n"), STOCK)[0].article_number == word


@pytest.mark.parametrize("number", ["00123", "1e5", "4,00638E+12", "007.50"])
def test_v11_article_numbers_stay_text(file: Any, number: str) -> None:
    """Zeros and what looks like an exponent are kept."""
    assert records(file(f"{HEADER}\n{number};0;1;;;Stk\n"), STOCK)[0].article_number == number


@pytest.mark.parametrize("number", ["1,000", "1.000,0", "1e5", "1 000", "1.00000001"])
def test_v12_a_number_that_the_dialect_does_not_allow_is_refused(file: Any, number: str) -> None:
    """Without grouping declared, there is nothing to guess."""
    with pytest.raises(ConversionError):
        records(file(f"{HEADER}\nA;0;{number};;;Stk\n"), STOCK)


def test_v12_one_thousand_is_what_the_declared_dialect_says() -> None:
    """The same text, two meanings."""
    field = schema(Stock).field("available")

    assert reader(field, GERMAN)("1.000") == 1000


@pytest.mark.parametrize(("date", "good"), [("01.02.2026", True), ("02/01/26", False), ("45000", False)])
def test_v13_dates_have_the_declared_form(file: Any, date: str, good: bool) -> None:  # noqa: FBT001 - a case
    """Here that of the order file for Sage."""
    layout = shipped("sage_order_csv")
    (raw,) = read(file(f"D100001;{date};ORD1;\n1;A;2;10,00\n"), layout)
    convert = reader(layout.schema.field("ordered_at"), layout.profile.dialect)
    place = layout.schema.names.index("ordered_at")

    if good:
        assert convert(raw.values[place]).isoformat() == "2026-01-31T23:00:00+00:00"
    else:
        with pytest.raises(ConversionError):
            convert(raw.values[place])


def test_v14_a_field_over_the_limit_is_told_with_its_line(file: Any) -> None:
    """Up to the limit it is read, also beyond what Python's csv allows by itself."""
    limits = Limits(field_characters=200_000)

    assert len(read(file(f"number;name;long_text\nA;N;{'x' * 200_000}\n"), CATEGORY, limits)) == 1
    assert faults(file(f"number;name;long_text\nA;N;\nB;N;{'x' * 200_001}\n"), CATEGORY, limits) == [
        ("file.too_big", 3)
    ]


def test_v14_an_endless_line_is_told_before_it_fills_the_memory(file: Any) -> None:
    """A line is refused as soon as it is longer than eight fields."""
    path = file("x;" * 15_000_000)
    tracemalloc.start()
    try:
        seen = faults(path, STOCK, Limits(field_characters=10_000))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert seen == [("file.too_big", 1)]
    assert most < 5_000_000


@pytest.mark.parametrize(("blank", "good"), [("\u00a0", True), ("\u2009", True), ("\u00ad", False), ("\u200b", False)])
def test_v15_odd_blanks_in_a_sku_become_blanks_and_invisible_characters_are_refused(
    file: Any,
    blank: str,
    good: bool,  # noqa: FBT001 - a case
) -> None:
    """Two equal looking numbers are the same number, or an error."""
    path = file(f"{HEADER}\nA{blank}1;0;1;;;Stk\n")

    if good:
        assert records(path, STOCK)[0].article_number == "A 1"
    else:
        with pytest.raises(ConversionError):
            records(path, STOCK)


def test_v16_a_file_that_was_cut_off_within_a_row_is_told(file: Any) -> None:
    """Csv has no trailer: only a whole last row cannot be told from a whole file."""
    whole = f"{HEADER}\r\nA;0;1;;;Stk\r\nB;0;1;2;3;Stk\r\n"

    for cut in range(whole.index("B;"), len(whole) - len("Stk\r\n")):
        if whole[cut - 1] != "\n":
            assert faults(file(whole[:cut]), STOCK) == [("csv.short_row", 3)], whole[:cut]


# --- partners' forms -------------------------------------------------------------------------------------------------


def test_sources_take_the_first_filled_column_a_constant_and_the_words_for_nothing(file: Any) -> None:
    """See `exchange.profile.Source`."""
    layout = partner(PARTNER, Stock)

    (first, second, third) = values(file("SKU,ArtNr,Bestand,ME\nA,B,1,kg\n,B,1,\n-,B,-,-\n"), layout)

    assert [each[1][0] for each in (first, second, third)] == ["A", "B", "B"]
    assert [each[1][-1] for each in (first, second, third)] == ["kg", "Stk", "Stk"]


def test_columns_without_titles_are_numbers(file: Any) -> None:
    """The first row is the measure for the others."""
    layout = partner(
        'name="p"\nmodule="stock"\nformat="csv"\nheader=false\n[fields]\narticle_number="3"\navailable="1"\n', Stock
    )

    assert [each.article_number for each in records(file("5;x;A;y\n6;x;B;y\n"), layout)] == ["A", "B"]
    assert faults(file("5;x;A\n6;x\n"), layout) == [("csv.short_row", 2)]
    assert faults(file("5;x;A\n6;x;B;y\n"), layout) == [("csv.long_row", 2)]
    assert written(layout, [Stock("A", None, Decimal(5), None, None, "")]) == b"5;;A\r\n"


def test_raw_quotes_are_text_where_the_profile_knows_no_quotes(file: Any) -> None:
    """A pipe of 5 inches."""
    layout = partner(PARTNER.replace("[dialect]", 'quoting = "none"\n[dialect]').replace('"SKU", ', ""), Stock)
    path = file('ArtNr,Bestand,ME\n"Rohr 5",1,x\n')

    assert records(path, layout)[0].article_number == '"Rohr 5"'
    assert (
        written(layout, [Stock("a,b\nc", None, Decimal("1.5"), None, None, "")])
        == b"ArtNr,Bestand,ME\r\na b c,1 5,Stk\r\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        ('delimiter = ","', 'delimiter = "::"'),
        ('delimiter = ","', 'nested = "lines"'),
        ('delimiter = ","', 'header = false\nnested = "lines"'),
        ('delimiter = ","', "header = false"),
        ('charset = "cp1252"', 'charset = "klingon"'),
    ],
)
def test_a_profile_that_cannot_be_meant_stops_before_the_first_file(file: Any, change: tuple[str, str]) -> None:
    """The set-up is wrong, not the file."""
    with pytest.raises(ConfigError):
        read(file("SKU,Bestand\nA,1\n"), partner(PARTNER.replace(*change), Stock))


# --- children --------------------------------------------------------------------------------------------------------

NESTED = "row;number;name;active;category_number;image_position;image_file\n"


def test_children_stand_beside_their_record(file: Any) -> None:
    """Row n carries the n-th child of every group; a group without a value has none there."""
    path = file(NESTED + "1;A;Becher;1;X;1;a.jpg\n2;A;Becher;1;Y;;\n1;B;Kanne;0;;;\n")

    first, second = records(path, PRODUCT)

    assert first.categories == (ProductCategory("X"), ProductCategory("Y"))
    assert first.images == (ProductImage(1, "a.jpg"),)
    assert (second.number, second.categories, second.images) == ("B", (), ())
    assert [[child.line for child in group] for group in read(path, PRODUCT)[0].groups[:2]] == [[2, 3], [2]]


def test_a_further_row_may_leave_the_record_out_but_not_contradict_it(file: Any) -> None:
    """Which of both counts cannot be known."""
    good = file(NESTED + "1;A;Becher;1;X;;\n2;;;;Y;;\n")
    assert len(records(good, PRODUCT)[0].categories) == 2

    bad = file(NESTED + "1;A;Becher;1;X;;\n2;A;Kanne;1;Y;;\n")
    with pytest.raises(ConversionError) as caught:
        records(bad, PRODUCT)
    assert caught.value.kind.code == "csv.row_differs"


@pytest.mark.parametrize("rows", ["2;A;N;1;X;;\n", "1;A;N;1;X;;\n3;A;N;1;Y;;\n", "x;A;N;1;X;;\n"])
def test_a_gap_in_the_row_numbers_is_a_faulty_record(file: Any, rows: str) -> None:
    """A row was lost."""
    with pytest.raises(ConversionError) as caught:
        records(file(NESTED + rows), PRODUCT)

    assert caught.value.kind.code == "csv.row_number"


def test_without_row_numbers_equal_values_keep_rows_together(file: Any) -> None:
    """As partners write nested data."""
    path = file("number;name;active;Warengruppen: Warengruppe\nA;N;1;X\nA;N;1;Y\nB;N;1;X\n")

    assert [len(each.categories) for each in records(path, PRODUCT)] == [2, 1]


def test_a_required_column_of_a_group_is_missed_only_where_the_group_is_begun(file: Any) -> None:
    """A product file without image columns is fine, one with half of them is not."""
    (fault,) = findings(file("row;number;name;active;image_position\n1;A;N;1;1\n"), PRODUCT)

    assert (fault.code, fault.values["column"]) == ("file.missing_column", "image_file")


def test_one_order_per_file_as_lines(file: Any) -> None:
    """A head line, then a line per article, each with a width of its own."""
    layout = shipped("sage_order_csv")
    path = file("D100001;23.11.2026;ORD1;Bitte klingeln - Größe\n1;00200050;2;10,00\n2;X;1,5;3,5\n".encode("latin-1"))

    (raw,) = read(path, layout)

    assert raw.values[layout.schema.names.index("comment")] == "Bitte klingeln - Größe"
    assert [(child.line, child.values[1]) for child in raw.groups[0]] == [(2, "00200050"), (3, "X")]
    assert raw.groups[1] == []
    assert faults(file("D1;23.11.2026;ORD1;\n1;A;2;10,00\n2;X\n"), layout) == [("csv.short_row", 3)]
    assert read(file("\n"), layout) == []


# --- writing ---------------------------------------------------------------------------------------------------------


def test_our_own_form_has_the_names_of_the_fields() -> None:
    """Quotes only where they are needed; empty is empty."""
    record = Stock('5" Rohr; lang', None, Decimal("1.50"), None, None, "Stk")

    assert written(STOCK, [record]).decode() == f'{HEADER}\r\n"5"" Rohr; lang";;1.50;;;Stk\r\n'


def test_columns_are_written_in_the_order_of_the_profile() -> None:
    """Not in that of the record."""
    layout = partner(
        'name="p"\nmodule="stock"\nformat="csv"\n[fields]\n'
        'unit="ME"\navailable={path="B", scale=100}\narticle_number="A"\n',
        Stock,
    )

    assert written(layout, [Stock("a;b", None, Decimal(150), None, None, "")]) == b'ME;B;A\r\n;1.5;"a;b"\r\n'


def test_the_order_file_for_sage_has_commas_german_dates_and_gross_prices() -> None:
    """The sample of sage-100.md section 3."""
    from exchange.modules.order_import import example  # noqa: PLC0415 - the only test that needs it

    order = example()._replace(customer_number="D100001", comment="Klingel; defekt\nBitte klopfen")

    assert written(shipped("sage_order_csv"), [order]).decode("iso-8859-1") == (
        "D100001;23.11.2026;ORD00018;Klingel defekt Bitte klopfen\r\n1;00200050;2;10,00\r\n"
    )
    with pytest.raises(ConfigError):
        written(shipped("sage_order_csv"), [order, order])


def test_a_character_that_the_charset_lacks_is_told_not_lost() -> None:
    """A question mark would be a lie."""
    layout = partner(PARTNER.replace("[dialect]", 'write_charset = "iso-8859-1"\n[dialect]'), Stock)

    with pytest.raises(BatchError) as caught:
        written(layout, [Stock("€", None, None, None, None, "")])
    assert caught.value.findings[0].code == "file.unencodable"


# --- rejects ---------------------------------------------------------------------------------------------------------


def test_rejected_rows_go_back_as_they_stood_there_and_can_be_dropped_again(file: Any) -> None:
    """Two more columns say what is wrong; they are passed over when the file comes back, and do not pile up."""
    path = file(f"Note;{HEADER}\r\nx;A;0;1;;;Stk\r\n\r\ny;00B;0;1,000;;;Stk\r\nz;C;0;1;;;Stk\r\n".encode("utf-8-sig"))
    back = rejected(path, STOCK, 4)
    again = rejected(file(back), STOCK, 2)

    header, row = list(csv.reader(back.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert header == ["Note", *HEADER.split(";"), "finding_code", "finding"]
    assert row[:7] == ["y", "00B", "0", "1,000", "", "", "Stk"]
    assert row[7] == "value.too_long"
    assert "x -- y" in row[8]
    assert again == back
    repaired = file(back.replace(b"1,000", b"1.000"))
    assert [each.article_number for each in records(repaired, STOCK)] == ["00B"]


def test_a_nested_record_goes_back_with_all_its_rows(file: Any) -> None:
    """Also when only a child is faulty."""
    path = file(NESTED + "1;A;N;1;X;;\n1;B;N;1;X;;\n2;B;N;1;Y;;\n1;C;N;1;X;;\n")
    back = file(rejected(path, PRODUCT, 4))

    (record,) = records(back, PRODUCT)
    assert (record.number, len(record.categories)) == ("B", 2)


def test_a_rejected_order_of_one_file_goes_back_whole(file: Any) -> None:
    """In the charset that it came in, which lacks German quotes."""
    layout = shipped("sage_order_csv")
    path = file("D1;23.11.2026;ORD1;Größe\n1;A;2;10,00\n".encode("latin-1"))
    back = file(rejected(path, layout, 1))

    assert "value.too_long;?x -- y?" in back.read_text("latin-1")
    assert [list(child.values[1:2]) for child in read(back, layout)[0].groups[0]] == [["A"]]


# --- recognition -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("article_number;available\nA;1\n", ("article_number", "available")),
        ("\ufeffArtikelnummer,Bestand\n", ("Artikelnummer", "Bestand")),
        ("sep=|\r\nA|B|C\r\n", ("A", "B", "C")),
        ('"Preis; alt"\tMenge\n', ("Preis; alt", "Menge")),
        ("A;B;;\n", ("A", "B")),
    ],
)
def test_a_file_is_recognised_by_its_titles(file: Any, content: str, names: tuple[str, ...]) -> None:
    """By the separator that makes the most of them."""
    signature = CODEC.recognise(file(content))

    assert signature is not None
    assert (signature.format, signature.names) == ("csv", names)


@pytest.mark.parametrize(
    "content", ["", "\n\n", "1;2;3\n", "only one\n", '{"a": 1, "b": 2}', "<a b='1;2'/>", "a\0;b\n"]
)
def test_what_has_no_titles_is_not_recognised(file: Any, content: str) -> None:
    """The profile decides then."""
    assert CODEC.recognise(file(content)) is None


def test_nothing_is_held_open_when_reading_stops_early(file: Any) -> None:
    """Windows will not rename an open file; a warning of an unclosed file fails this test."""
    path = file(HEADER + "\n" + "A;0;1;;;Stk\n" * 1_000)
    rows = CODEC.read(path, STOCK)
    next(rows)
    rows.close()

    path.rename(path.with_suffix(".done"))


def test_orders_can_be_read_with_german_titles(file: Any) -> None:
    """Labels of the record and, behind the group's, of its children."""
    titles = "row;Bestellnummer;Bestelldatum;Rechnung Land;Summe netto;Summe brutto"
    of_lines = "Positionen: Artikelnummer;Positionen: Menge;Positionen: Steuersatz"
    path = file(f"{titles};{of_lines}\n1;O1;2026-01-01T00:00:00Z;de;1;1.19;A;2;19\n2;;;;;;B;1;7\n")

    (order,) = records(path, own(Order, "csv"))
    assert [(line.article_number, line.tax_rate) for line in order.lines] == [("A", Decimal(19)), ("B", Decimal(7))]
