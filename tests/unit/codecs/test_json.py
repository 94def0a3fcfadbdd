"""The json codec: every form that a sender may choose, exact numbers, what is refused, and what goes back."""

from __future__ import annotations

import json
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from exchange.codec import Limits
from exchange.codecs.json import CODEC
from exchange.convert import ConversionError
from exchange.records.category import Category
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.stock import Stock
from tests.unit.codecs.cases import NOW, faults, findings, own, partner, read, records, rejected, shipped, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STOCK = own(Stock, "json")
CATEGORY = own(Category, "json")
ONE = '{"article_number": "A", "available": 1}'

PARTNER = """
name = "partner"
module = "stock"
format = "json"
rows = ["item", "items"]
empty = ["false", "n/a"]
[fields]
article_number = { first = ["codes.sku", "codes.ean", "number"] }
available = { path = "levels.0.free", scale = 10 }
unit = { join = ["unit", "size"], value = "Stk" }
on_hand = "total.value"
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """A file with this content; text as UTF-8 without a mark."""

    def make(content: str | bytes) -> Path:
        path = tmp_path / "x.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def numbers(path: Path, layout: Any = STOCK) -> list[tuple[int, Any]]:
    """Number and first value of every record."""
    return [(raw.line, raw.values[0]) for raw in read(path, layout)]


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        '{"exchange": {"module": "stock"}, "records": [%s, %s], "count": 2}',
        '{"count": 2, "records": [%s, %s], "exchange": {"module": "stock"}}',
        "[%s, %s]",
        "\n [\n%s\n,\n%s\n]\n\n",
        "%s\n%s",
        "%s\r\n%s\r\n",
        "%s%s",
        '[{"records": %s}, {"records": %s}]',
        '{"records": %s}\n{"records": %s}\n',
    ],
)
def test_every_form_gives_the_same_records(file: Any, content: str) -> None:
    """Our own, a list, lines of objects, and objects in envelopes."""
    path = file(content % (ONE, ONE.replace("A", "B")))

    assert numbers(path) == [(1, "A"), (2, "B")]


@pytest.mark.parametrize(
    ("content", "count"), [("[]", 0), ('{"records": []}', 0), (ONE, 1), ('{"records": ' + ONE + "}", 1)]
)
def test_a_file_may_hold_one_record_or_none(file: Any, content: str, count: int) -> None:
    """An empty list is an answer."""
    assert len(read(file(content), STOCK)) == count


def test_a_file_that_is_larger_than_the_piece_that_is_read_gives_the_same(file: Any) -> None:
    """Records across the seams, and one that is larger than a piece."""
    given = [
        {"number": str(at), "name": "ä" * (at % 977), "long_text": "x" * (3_000_000 if at == 900 else 5)}
        for at in range(3_000)
    ]
    path = file(json.dumps(given, ensure_ascii=False))

    assert [(raw.values[0], len(raw.values[-1])) for raw in read(path, CATEGORY)] == [
        (each["number"], len(each["long_text"])) for each in given
    ]


def test_memory_stays_flat(file: Any) -> None:
    """A thousand records at a time: a file of 40 MB in less than 15."""
    path = file(orjson.dumps([{"number": str(at), "name": "x" * 4_000} for at in range(10_000)]))
    tracemalloc.start()
    try:
        count = sum(1 for _ in CODEC.read(path, CATEGORY))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 10_000
    assert most < 15_000_000


# --- values ----------------------------------------------------------------------------------------------------------


def test_numbers_keep_the_digits_that_stand_in_the_file(file: Any) -> None:
    """0.1 + 0.2 never becomes 0.30000000000000004."""
    path = file(
        '[{"article_number": 1623550, "available": 12.50, "on_hand": 123456789012345.6789, "on_order": -0.0001}]'
    )

    assert list(read(path, STOCK)[0].values) == ["1623550", "", "12.50", "123456789012345.6789", "-0.0001", ""]
    assert records(path, STOCK)[0].on_hand == Decimal("123456789012345.6789")


def test_null_is_empty_and_flags_are_flags(file: Any) -> None:
    """`false` is an answer where one is asked for."""
    path = file('[{"number": "A", "name": null, "active": false, "code": false}]')
    (raw,) = read(path, CATEGORY)

    assert list(raw.values[:6]) == ["A", False, "", "", "", False]


def test_sources_join_choose_and_fill_in(file: Any) -> None:
    """See `exchange.profile.Source`; a number in a path is the place in a list, `false` the shop's word for nothing."""
    layout = partner(PARTNER, Stock)
    content = [
        {
            "codes": {"sku": False, "ean": "4006"},
            "levels": [{"free": 15}],
            "unit": "kg",
            "size": 1,
            "total": {"value": 2},
        },
        {"codes": [], "number": "n/a", "levels": {}, "unit": None, "size": False, "total": False},
        {"item": {"number": "C"}},
    ]

    first, second, third = (list(raw.values) for raw in read(file(json.dumps(content)), layout))

    assert first == ["4006", "", "15", "2", "", "kg 1"]
    assert second == ["", "", "", "", "", "Stk"]
    assert third == ["C", "", "", "", "", "Stk"]


@pytest.mark.parametrize("value", ['["A"]', '{"x": 1}', "[]", "{}"])
def test_a_list_or_object_in_the_place_of_a_value_is_a_faulty_value(file: Any, value: str) -> None:
    """The record is told, not the file."""
    (raw,) = read(file(f'[{{"article_number": {value}}}]'), STOCK)

    assert isinstance(raw.values[0], ConversionError)
    assert raw.values[0].kind.code == "value.not_a_text"


@pytest.mark.parametrize(
    ("value", "count"),
    [("[]", 0), ("null", 0), ("false", 0), ('""', 0), ('{"number": "X"}', 1), ('[{"number": "X"}]', 1)],
)
def test_a_group_may_be_a_list_one_object_or_nothing(file: Any, value: str, count: int) -> None:
    """As the shop embeds it."""
    (raw,) = read(file(f'[{{"number": "A", "categories": {value}}}]'), own(Product, "json"))

    assert [list(child.values) for child in raw.groups[0]] == [["X"]] * count


@pytest.mark.parametrize("value", ['["X"]', '"X"', "[[]]", "5"])
def test_children_that_are_no_objects_are_faulty_values(file: Any, value: str) -> None:
    """They are not dropped in silence."""
    (raw,) = read(file(f'[{{"number": "A", "categories": {value}}}]'), own(Product, "json"))

    assert isinstance(raw.groups[0][0].values[0], ConversionError)


# --- the fault catalogue ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        '[{"number": "A", "name": "x", "number": "B"}]',
        '{"number": "A", "number": "B"}',
        '[{"x": [{"number": 1, "number": 2}]}]',
    ],
)
def test_m10_a_name_that_stands_twice_is_told(file: Any, content: str) -> None:
    """In every form, at every depth."""
    (fault,) = findings(file(content), CATEGORY)

    assert (fault.code, fault.at.line, fault.values["name"]) == ("json.double_name", 1, "number")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_m10_what_is_no_number_is_told(file: Any, value: str) -> None:
    """Python would take it."""
    (fault,) = findings(file(f'[{ONE}, {{"article_number": "A", "available": {value}}}]'), STOCK)

    assert (fault.code, fault.at.line, fault.values["value"]) == ("json.not_a_number", 2, value)


@pytest.mark.parametrize("value", ["1e400", "-1E400", "1e999999999999", "9" * 100, "0." + "1" * 100])
def test_m10_numbers_out_of_this_world_are_faulty_values(file: Any, value: str) -> None:
    """Not infinity; and where a text is expected, not a gigabyte of zeros."""
    with pytest.raises(ConversionError):
        records(file(f'[{{"article_number": "A", "available": {value}}}]'), STOCK)
    assert read(file(f'[{{"article_number": {value}}}]'), STOCK)[0].values[0] == value


@pytest.mark.parametrize(("value", "meant"), [("1e3", 1000), ("2.5E-1", Decimal("0.25")), ("1.0e+0", 1)])
def test_m10_an_exponent_is_fine_in_a_number_and_stays_text_in_a_text(file: Any, value: str, meant: Decimal) -> None:
    """PHP writes 0.00005 as 5.0e-5; an article number 1e3 is no thousand."""
    assert records(file(f'[{{"article_number": "{value}", "available": {value}}}]'), STOCK)[0][:3] == (
        value,
        None,
        meant,
    )


def test_m10_a_mark_at_the_beginning_is_no_part_of_the_text(file: Any) -> None:
    """Windows programs write one."""
    assert numbers(file(b"\xef\xbb\xbf[" + ONE.encode() + b"]")) == [(1, "A")]


def test_m10_lines_of_objects_in_place_of_a_list_are_read(file: Any) -> None:
    """A blank line does no harm."""
    assert len(read(file(f"{ONE}\n\n{ONE}\n" * 50_000), STOCK)) == 100_000


@pytest.mark.parametrize("content", ["[" * 100_000, '[{"a":' * 100_000, '{"a":' * 100_000])
def test_m10_deep_nesting_is_told(file: Any, content: str) -> None:
    """It does not end the program."""
    assert [code for code, _ in faults(file(content), STOCK)] == ["json.too_deep"]


def test_m10_a_list_around_lists_is_no_record(file: Any) -> None:
    """The number of the record is told."""
    assert faults(file(f"[{ONE}, [1], 5]"), STOCK) == [("json.no_object", 2)]


def test_m10_half_a_character_is_a_faulty_value(file: Any) -> None:
    """Whole ones, written in two halves, are read; a half one would stop everything that comes after."""
    path = file(
        r'[{"article_number": "\ud83d\ude00"}, {"article_number": "\uD83D", "unit": "Stk"}, {"article_number": "x"}]'
    )

    good, bad, after = (raw.values for raw in read(path, STOCK))

    assert (good[0], after[0]) == ("\N{GRINNING FACE}", "x")
    assert isinstance(bad[0], ConversionError)
    assert bad[0].values == {"name": "U+D83D"}
    assert bad[5] == "Stk"
    assert isinstance(read(file(r'{"article_number": "\udc00"}'), STOCK)[0].values[0], ConversionError)


def test_a_cut_off_file_is_told_wherever_it_ends(file: Any) -> None:
    """Every beginning of a file but the whole one."""
    other = '{"article_number": "\\u00e4", "on_hand": -1.5e1}'
    whole = f'{{"exchange": {{"module": "stock"}}, "records": [{ONE}, {other}], "count": 2}}'

    for cut in range(1, len(whole)):
        (fault,) = findings(file(whole[:cut]), STOCK)
        assert fault.code in ("json.cut_off", "json.not_readable"), whole[:cut]
    assert len(read(file(whole), STOCK)) == 2


def test_a_file_that_lacks_records_is_told(file: Any) -> None:
    """Our own form says how many there are; a partner may count otherwise."""
    assert faults(file(f'{{"exchange": {{}}, "records": [{ONE}], "count": 2}}'), STOCK) == [("json.wrong_count", None)]
    assert len(read(file('{"count": 250, "items": [{"number": "A"}]}'), partner(PARTNER, Stock))) == 1


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('[{"article_number": "A"} {"article_number": "B"}]', 26),
        ('[{"article_number": "A",}]', 25),
        ('[{"article_number": A}]', 21),
        ("[" + ONE + "] x", len(ONE) + 4),
        ("hello", 1),
        ('[{"article_number": "A\nB"}]', 23),
    ],
)
def test_what_is_no_json_is_told_with_its_place(file: Any, content: str, place: int) -> None:
    """Counted in characters from 1."""
    (fault,) = findings(file(content), STOCK)

    assert (fault.code, fault.values["place"]) == ("json.not_readable", str(place))


def test_a_fault_early_in_a_big_file_is_told_as_what_it_is(file: Any) -> None:
    """The rest is not read in the hope that it helps."""
    path = file("[" + ONE + ", {bad}" + f", {ONE}" * 200_000 + "]")

    (fault,) = findings(path, STOCK)
    assert (fault.code, fault.values["place"]) == ("json.not_readable", str(len(ONE) + 5))


def test_a_giant_record_is_told(file: Any) -> None:
    """It does not fill the memory."""
    path = file('[{"article_number": "' + "x" * 3_000_000)

    assert faults(path, STOCK, Limits(field_characters=10_000)) == [("file.too_big", 1)]


def test_bytes_that_are_no_text_are_told(file: Any) -> None:
    """UTF-8, or else the charset of the profile."""
    assert numbers(file('[{"article_number": "Ä"}]'.encode("cp1252"))) == [(1, "Ä")]
    assert faults(file(b'[{"article_number": "\x81"}]'), STOCK) == [("file.undecodable", None)]


# --- writing ---------------------------------------------------------------------------------------------------------


def test_our_own_form_says_what_it_is() -> None:
    """Numbers as exact text, flags and whole numbers as such, null for what is absent, the count at the end."""
    data = written(own(Category, "json"), [Category("Ä", "", "", "N", 2, True, "", "", "", "")], full=True)

    assert json.loads(data)["exchange"] == {
        "module": "some_module",
        "version": 1,
        "full": True,
        "created_at": NOW.isoformat(),
    }
    record = json.loads(data)["records"][0]
    assert (record["number"], record["level"], record["active"], record["code"]) == ("Ä", 2, True, None)
    assert data.rstrip().endswith(b'"count": 1}')
    assert (
        json.loads(written(STOCK, [Stock("A", None, Decimal("1.50"), None, None, "")]))["records"][0]["available"]
        == "1.50"
    )


def test_a_partner_gets_his_own_keys() -> None:
    """Nested along the paths; scale undone, constants added."""
    layout = partner(PARTNER.replace("[fields]", '[constants]\n"total.unit" = "Stk"\n[fields]'), Stock)
    data = json.loads(written(layout, [Stock("A", None, Decimal(15), Decimal(3), None, "")]))

    assert data[0]["codes"] == {"sku": "A"}
    assert data[0]["total"] == {"unit": "Stk", "value": "3"}
    assert data[0]["unit"] == "Stk"


# --- rejects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        '{"exchange": {"module": "stock", "full": true}, "records": [%s, %s], "count": 2}',
        "[%s, %s]",
        "%s\n%s\n",
        '[{"records": %s}, {"records": %s}]',
    ],
)
def test_rejected_objects_go_back_as_they_stood_there_and_can_be_dropped_again(file: Any, content: str) -> None:
    """With their findings, which do not pile up; never as a full file."""
    text = '{"article_number": "B",  "available": 1.50, "extra": {"x": 1e1}}'
    back = rejected(file(content % (ONE, text)), STOCK, 2)
    again = rejected(file(back), STOCK, 1)

    assert text[1:].encode() in back
    assert back.count(b"_findings") == again.count(b"_findings") == 1
    (finding,) = json.loads(back)["records"][0]["_findings"]
    assert finding["code"] == "value.too_long"
    assert "x -- y" in finding["message"]
    assert json.loads(back)["exchange"]["full"] is False
    assert [each.article_number for each in records(file(again), STOCK)] == ["B"]


def test_one_object_goes_back_as_well(file: Any) -> None:
    """A file that is the record, also a large one."""
    back = rejected(file(f'{{"number": "A", "name": "{"x" * 2_000_000}"}}'), CATEGORY, 1)

    assert len(records(file(back.replace(b"xxxxx", b"")), CATEGORY)) == 1


def test_a_partner_gets_his_envelope_back(file: Any) -> None:
    """The last of the keys that wrap."""
    layout = partner(PARTNER, Stock)
    back = rejected(file('{"item": {"number": "A"}}'), layout, 1)

    assert list(json.loads(back)) == ["items"]
    assert numbers(file(back), layout) == [(1, "A")]
    assert json.loads(rejected(file('[{"number": "A"}]'), partner(PARTNER.replace("rows =", "needs = [] #"), Stock), 1))


# --- recognition -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "module", "names"),
    [
        ('{"exchange": {"module": "stock"}, "records": []}', "stock", ("exchange", "exchange.module", "records")),
        (
            '{"order": {"number": "1", "country": {"code": "de"}}}',
            "",
            ("order", "order.number", "order.country", "order.country.code"),
        ),
        ('[{"number": "1"}, {"other": 1}]', "", ("number",)),
        ('{"a": 1}\n{"b": 2}', "", ("a",)),
        ('{"orders": [{"number": "1", "x": "cut o', "", ("orders", "orders.number")),
    ],
)
def test_a_file_is_recognised_by_its_mark_and_the_names_of_its_first_record(
    file: Any, content: str, module: str, names: tuple[str, ...]
) -> None:
    """Also where only its beginning is looked at."""
    signature = CODEC.recognise(file(content))

    assert signature is not None
    assert (signature.module, signature.names) == (module, names)


@pytest.mark.parametrize("content", ["", "x", "5", '{"a', "[" * 60_000, "{]", '{"a": 1, ]', "[,,,,"])
def test_what_is_no_json_is_not_recognised(file: Any, content: str) -> None:
    """And looking at it does no harm."""
    assert CODEC.recognise(file(content)) is None


def test_a_large_file_is_recognised_by_its_beginning(file: Any) -> None:
    """64 KB are read."""
    signature = CODEC.recognise(file(json.dumps({"orders": [{"number": "1", "lines": [{"a": "x" * 50}] * 5_000}]})))

    assert signature is not None
    assert signature.names == ("orders", "orders.number", "orders.lines", "orders.lines.a"[:12] + ".a")


def test_the_sample_of_the_shop_is_recognised(file: Any) -> None:
    """By the names that its profile asks for."""
    from exchange.sandbox.orders import Buyer, Line, order  # noqa: PLC0415 - the only test that needs it

    made = order("ORD1", Buyer(1, "E", "M", "e@example.org", "Str", "1", "01067", "D"), [Line("A", "T", 1, Decimal(1))])
    signature = CODEC.recognise(file(json.dumps(made)))

    assert signature is not None
    wanted = shipped("lightspeed_order_json", Order).profile.recognise
    assert {f"order.{name}" for name in wanted} <= set(signature.names)
