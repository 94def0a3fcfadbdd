"""The txt codec: types of lines, fixed places, texts in pieces, the trailer, partners' layouts, and what goes back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.codec import Limits
from exchange.codecs.txt import CODEC, layout_table
from exchange.errors import BatchError, ConfigError
from exchange.modules.order_import import example
from exchange.record import schema
from exchange.records.category import Category
from exchange.records.order import Order
from exchange.records.product import Product, ProductImage
from exchange.records.stock import Stock
from exchange.text.lines import group_codes
from tests.unit.codecs.cases import faults, findings, own, partner, read, records, rejected, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STOCK = own(Stock, "txt")
CATEGORY = own(Category, "txt")
PRODUCT = own(Product, "txt")
A = Stock("A", 0, Decimal("-14.5"), None, Decimal(3), "Stk")
LONG = Category("X", "", "", "Name", None, None, "", "", "", "  two\nlines \\n and a | \t" + "ä" * 500 + "\n ")

PARTNER = """
name = "partner"
module = "products"
format = "txt"
charset = "cp850"
write_charset = "cp850"
newline = "\\n"
rows = ["ART"]
empty = ["-"]
[fields]
number = "3:11"
name = { first = ["21:31", "11:21"] }
unit = { path = "31:34", value = "Stk" }
[groups.images]
path = "BILD"
[groups.images.fields]
file = "4:14"
[groups.prices]
path = "B"
[groups.prices.fields]
price = "1:6"
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """A file with this content; text as UTF-8."""

    def make(content: str | bytes) -> Path:
        path = tmp_path / "x.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def own_file(*lines: str, records: int | None = None, count: int | None = None) -> str:
    """A file in our own form; header and trailer are right unless told otherwise."""
    body = [line for line in lines if line[:2] != "E "]
    number = sum(line.startswith("D ") for line in body) if records is None else records
    total = len(body) if count is None else count
    return "\r\n".join(["H EXCHANGE01some_module", *lines, f"Z {number:012}{total:012}", ""])


# --- our own form ----------------------------------------------------------------------------------------------------


def test_the_layout_is_what_is_written() -> None:
    """Every field stands where the published table says."""
    data = written(STOCK, [A], full=True).decode()
    header, record, trailer, end = data.split("\r\n")
    places = {
        (code, name): slice(start, start + length) for code, name, start, length, _ in layout_table(schema(Stock))
    }

    assert header[places["H", "mark"]] == "EXCHANGE"
    assert header[places["H", "module"]].strip() == "some_module"
    assert datetime.fromisoformat(header[places["H", "created_at"]].strip()).tzinfo == UTC
    assert header[places["H", "full"]] == "1"
    for name, text in zip(Stock._fields, ("A", "0", "-14.5", "", "3", "Stk"), strict=True):
        assert record[places["D", name]].strip() == text
    assert (int(trailer[places["Z", "records"]]), int(trailer[places["Z", "lines"]]), end) == (1, 1, "")


@pytest.mark.parametrize("record", [Category, Order, Product, Stock])
def test_the_table_names_every_field_once_and_places_do_not_overlap(record: type[Any]) -> None:
    """As `exchange schema --format txt` publishes it."""
    of = schema(record)
    rows = layout_table(of)
    for code, part in (("D", of), *zip(group_codes(of), (group.schema for group in of.groups), strict=True)):
        own_rows = [row for row in rows if row[0] == code]
        texts = [row[1] for row in rows if row[0] == "T" and row[4].endswith(f"(unter {code})")]
        assert sorted([row[1] for row in own_rows] + texts) == sorted(part.names)
        end = 2
        for _, _, start, length, meaning in own_rows:
            assert start == end
            assert meaning
            end = start + length


def test_long_texts_come_back_to_the_last_blank(file: Any) -> None:
    """In pieces, with line breaks, backslashes and blanks at their ends."""
    data = written(CATEGORY, [LONG])

    assert data.count(b"\r\nT long_text") == 3
    assert read(file(data), CATEGORY)[0].values[-1] == LONG.long_text


def test_a_value_that_does_not_fit_its_place_is_written_as_a_text(file: Any) -> None:
    """Nothing is cut off: a number too large for its field, a text that grew when it was written in capitals."""
    wide = A._replace(unit="STRASSE", available=Decimal(10) ** 30)
    (raw,) = read(file(written(STOCK, [wide])), STOCK)

    assert raw.values == ["A", "0", "1" + "0" * 30, "", "3", "STRASSE"]


def test_children_stand_below_their_record(file: Any) -> None:
    """Each with its own line."""
    (raw,) = read(file(written(own(Order, "txt"), [example(), example()])), own(Order, "txt"))[1:]

    assert raw.line == 5
    assert [[child.line for child in group] for group in raw.groups] == [[6], [7]]


def test_group_codes_are_unique() -> None:
    """Made of the elements' names."""
    codes = group_codes(schema(Product))

    assert len(set(codes)) == len(codes) == len(schema(Product).groups)
    assert all(len(code) == 2 and not code.endswith(" ") for code in codes)


def test_lines_may_lack_the_blanks_at_their_end_and_may_have_them(file: Any) -> None:
    """Editors do as they like; so does the end of the file in DOS."""
    data = written(STOCK, [A._replace(unit="")]).decode()
    padded = "\n".join(line + " " * 3 if line[:1] == "D" else line for line in data.split("\r\n")) + "\x1a"

    assert read(file(padded), STOCK)[0].values == read(file(data), STOCK)[0].values


# --- the fault catalogue ---------------------------------------------------------------------------------------------


def test_v16_a_file_that_was_cut_off_is_told_wherever_it_ends(file: Any) -> None:
    """Every beginning of a file but the whole one."""
    whole = written(own(Order, "txt"), [example()]).rstrip()

    for cut in range(1, len(whole), 7):
        codes = [code for code, _ in faults(file(whole[:cut]), own(Order, "txt"))]
        assert codes[0] in ("txt.cut_off", "txt.no_header", "txt.wrong_count"), whole[:cut]


def test_v16_a_lost_line_is_told_by_the_trailer(file: Any) -> None:
    """Of a record, or of a child."""
    lines = written(own(Order, "txt"), [example(), example()]).decode().split("\r\n")

    for lost in (1, 2, 3, 4, 5):
        content = "\r\n".join(lines[:lost] + lines[lost + 1 :])
        assert [code for code, _ in faults(file(content), own(Order, "txt"))] in (
            ["txt.wrong_count"],
            ["txt.stray_line"],
        )
    (fault,) = findings(file(own_file("D A", records=2)), STOCK)
    assert fault.values == {"expected": "2 / 1", "actual": "1 / 1"}


def test_v8_two_files_in_one_are_told(file: Any) -> None:
    """What follows the trailer is not passed over."""
    assert faults(file(own_file("D A") * 2), STOCK) == [("txt.stray_line", 4)]


@pytest.mark.parametrize("line", ["X A", "LI A", "T unit", "H EXCHANGE01"])
def test_a_line_of_unknown_type_or_in_the_wrong_place_is_told(file: Any, line: str) -> None:
    """With its line."""
    assert faults(file(own_file(line)), STOCK) == [("txt.stray_line", 2)]


def test_a_line_that_is_too_long_is_told(file: Any) -> None:
    """The file is of another module."""
    assert faults(file(own_file("D " + "x" * 150)), STOCK) == [("txt.long_line", 2)]


@pytest.mark.parametrize("first", ["D A", "H EXCHANGE99stock", "HEXCHANGE01"])
def test_a_file_without_our_header_is_told(file: Any, first: str) -> None:
    """Or with that of a later version."""
    assert faults(file(first + "\r\n"), STOCK) == [("txt.no_header", 1)]


@pytest.mark.parametrize(
    "pieces",
    [
        ["000001abc"],
        ["000002abc|"],
        ["000001abc|", "000003abc|"],
        ["000001abc|", "000001abc|"],
        ["xabc|"],
    ],
)
def test_a_text_that_lacks_a_piece_or_its_end_is_told(file: Any, pieces: list[str]) -> None:
    """A piece that was lost, doubled, or cut."""
    lines = [f"T {'long_text':<40}{piece}" for piece in pieces]

    assert [code for code, _ in faults(file(own_file("D A", *lines)), CATEGORY)] == ["txt.torn_text"]


def test_a_text_of_an_unknown_field_is_told(file: Any) -> None:
    """Another version, or another module."""
    assert faults(file(own_file("D A", f"T {'nonsense':<40}000001x|")), CATEGORY) == [("txt.torn_text", 3)]


def test_v14_texts_and_lines_over_the_limit_are_told(file: Any) -> None:
    """Before they fill the memory."""
    assert faults(file(written(CATEGORY, [LONG])), CATEGORY, Limits(field_characters=450)) == [("file.too_big", 5)]
    assert faults(file("H " + "x" * 500_000), CATEGORY, Limits(field_characters=450)) == [("file.too_big", 1)]


def test_v9_nul_and_lone_carriage_return_are_told(file: Any) -> None:
    """With their line."""
    assert faults(file(own_file("D A\0")), STOCK) == [("file.nul", 2)]
    assert faults(file(own_file("D A\rD B")), STOCK) == [("file.lone_return", 2)]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1252"])
def test_v1_the_charset_is_that_of_the_mark_utf8_or_the_profile(file: Any, charset: str) -> None:
    """As in csv."""
    data = written(CATEGORY, [LONG]).decode().encode(charset)

    assert records(file(data), CATEGORY)[0].long_text.strip() == LONG.long_text.strip()


# --- partners' forms -------------------------------------------------------------------------------------------------


def test_a_partners_places_are_counted_in_characters(file: Any) -> None:
    """First, constants, words for nothing; lines of other types are passed over; short lines end in blanks."""
    layout = partner(PARTNER, Product)
    content = (
        "KOPF 2026\nART00012345Größe     Größe neu kg\nBILDa.jpg\nB 9,95\nB10,00\n\nART2       Öl        -\nENDE 2\n"
    )

    first, second = read(file(content.encode("cp850")), layout)
    names = layout.schema.names

    assert [first.values[names.index(name)] for name in ("number", "name", "unit")] == ["00012345", "Größe neu", "kg"]
    assert [second.values[names.index(name)] for name in ("number", "name", "unit")] == ["2", "Öl", "Stk"]
    assert (first.line, second.line) == (2, 7)
    assert [child.values[1] for child in first.groups[1]] == ["a.jpg"]
    assert [child.values[-1] for child in first.groups[2]] == ["9,95", "10,00"]


def test_without_a_code_every_line_is_a_record(file: Any) -> None:
    """A bare fixed-width list."""
    layout = partner('name="p"\nmodule="stock"\nformat="txt"\n[fields]\narticle_number="0:3"\navailable="3:6"\n', Stock)

    assert [(each.article_number, each.available) for each in records(file("A  1.5\nB    2\n"), layout)] == [
        ("A", Decimal("1.5")),
        ("B", 2),
    ]


def test_a_partners_file_is_written_at_its_places(file: Any) -> None:
    """Constants where the value is empty; a line break becomes a blank."""
    layout = partner(PARTNER, Product)
    product = Product._make([""] * 27 + [(), (ProductImage(1, "a.jpg"),), (), ()])._replace(number="1", name="Öl\nneu")

    data = written(layout, [product])

    assert data.decode("cp850") == "ART1                 Öl neu    Stk\nBILDa.jpg     \n"
    assert len(read(file(data), layout)[0].groups[1]) == 1


def test_a_value_that_is_wider_than_its_place_is_told_not_cut(file: Any) -> None:  # noqa: ARG001 - as the others
    """The partner would get another article number."""
    product = Product._make([""] * 27 + [(), (), (), ()])._replace(number="123456789")

    with pytest.raises(BatchError) as caught:
        written(partner(PARTNER, Product), [product])
    (fault,) = caught.value.findings
    assert (fault.code, fault.at.field, fault.values["limit"]) == ("txt.too_wide", "number", "8")


@pytest.mark.parametrize("path", ["3", "a:b", "5:3", "3:"])
def test_a_path_that_is_no_place_stops_before_the_first_file(file: Any, path: str) -> None:
    """The set-up is wrong, not the file."""
    with pytest.raises(ConfigError):
        read(file("x"), partner(PARTNER.replace("3:11", path), Product))


def test_a_group_line_before_any_record_is_told(file: Any) -> None:
    """It belongs to nothing."""
    assert faults(file("BILDa.jpg\nART1\n"), partner(PARTNER, Product)) == [("txt.stray_line", 1)]


# --- rejects ---------------------------------------------------------------------------------------------------------


def test_rejected_records_go_back_whole_and_can_be_dropped_again(file: Any) -> None:
    """Behind lines that say why, with a trailer that is right; the reasons do not pile up."""
    layout = own(Order, "txt")
    orders = [example()._replace(number=number, comment="a\nb") for number in "ABC"]
    path = file(written(layout, orders, full=True))
    back = rejected(path, layout, read(path, layout)[1].groups[0][0].line)
    again = rejected(file(back), layout, 3)

    assert again.count(b"\r\nE >>> value.too_long") == back.count(b"\r\nE >>> value.too_long") == 1
    assert records(file(again), layout) == [orders[1]]
    signature = CODEC.recognise(file(again))
    assert signature is not None
    assert not signature.full


def test_a_partner_gets_his_lines_back(file: Any) -> None:
    """In the charset that they came in; a character that it lacks in the reason becomes a question mark."""
    layout = partner(PARTNER, Product)
    path = file("ART1       Größe\nBILDa.jpg\nART2       Öl\nENDE\n".encode("cp850"))
    back = rejected(path, layout, 2)

    assert back.decode("cp850").endswith("\nART1       Größe\nBILDa.jpg\n")
    assert "value.too_long number: ?x -- y?" in back.decode("cp850")
    assert [raw.values[0] for raw in read(file(back), layout)] == ["1"]


# --- recognition -----------------------------------------------------------------------------------------------------


def test_a_file_is_recognised_by_its_header(file: Any) -> None:
    """Module, version, and whether it is everything there is."""
    signature = CODEC.recognise(file(written(STOCK, [A], full=True)))

    assert signature is not None
    assert (signature.format, signature.module, signature.full, signature.version) == ("txt", "some_module", True, 1)


@pytest.mark.parametrize("content", ["", "HEXCHANGE", "H EXCHANG", "D A", "ART1"])
def test_a_partners_file_cannot_be_told_by_its_content(file: Any, content: str) -> None:
    """The folder or the profile says what it is."""
    assert CODEC.recognise(file(content)) is None
