"""Writing workbooks: what is written is read back exactly, and texts stay texts."""

from __future__ import annotations

import tempfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from exchange.codec import Meta
from exchange.codecs.xlsx import CODEC
from exchange.convert import PLAIN, ConversionError, reader
from exchange.errors import BatchError
from exchange.profile import Layout, Profile, Source, canonical
from exchange.record import Kind, schema
from exchange.records.category import Category
from exchange.records.customer import Customer
from exchange.records.deletion import Deletion
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.stock import Stock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from exchange.codec import Raw
    from exchange.record import Field, Record, Schema

RECORDS = (Category, Customer, Deletion, Order, Product, Stock)


def layout_of(record: type[Record]) -> Layout:
    return Layout(canonical("some_module", schema(record), "xlsx"), schema(record))


def made(raw: Raw, layout: Layout) -> Any:
    """The record out of raw values, by the readers that the check uses."""

    def flat(of: Schema, values: Sequence[Any]) -> list[Any]:
        return [reader(each, layout.profile.dialect)(value) for each, value in zip(of.fields, values, strict=True)]

    groups = [
        tuple(group.schema.make(flat(group.schema, child.values)) for child in children)
        for group, children in zip(layout.schema.groups, raw.groups, strict=False)
    ]
    return layout.schema.make(flat(layout.schema, raw.values), groups)


def written(tmp_path: Path, layout: Layout, records: Sequence[Any], *, full: bool = False) -> Path:
    path = tmp_path / "k.xlsx"
    with path.open("wb") as out:
        assert CODEC.write(out, layout, records, Meta("some_module", full=full)) == len(records)
    return path


def back(path: Path, layout: Layout) -> list[Any]:
    return [made(raw, layout) for raw in CODEC.read(path, layout)]


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"))


def texts(field: Field) -> st.SearchStrategy[str]:
    if field.codes:
        return st.sampled_from([code.code for code in field.codes])
    read = reader(field, PLAIN)

    def holds(raw: str) -> bool:
        """Whether it is a value of the field: some letters grow when they are cleaned or made capital."""
        try:
            return bool(raw) and read(read(raw)) == read(raw)
        except ConversionError:
            return False

    return st.text(LETTERS, min_size=1, max_size=min(field.length or 50, 30)).filter(holds).map(read)


def numbers(field: Field) -> st.SearchStrategy[Decimal]:
    number = st.integers(0, 10 ** min(field.length, 9) - 1)
    return number.map(lambda each: reader(field, PLAIN)(str(Decimal(each).scaleb(-field.places))))


def values(field: Field) -> st.SearchStrategy[Any]:
    """Canonical values of a field, never empty."""
    by_kind = {
        Kind.TEXT: lambda: texts(field),
        Kind.NUMBER: lambda: numbers(field),
        Kind.WHOLE: lambda: st.integers(0, 10 ** min(field.length, 9) - 1),
        Kind.FLAG: st.booleans,
        Kind.DATE: lambda: st.dates(date(1900, 1, 1)),
        Kind.MOMENT: lambda: st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    }
    return by_kind[field.kind]()


def record_of(of: Schema) -> st.SearchStrategy[Any]:
    groups = [st.lists(record_of(group.schema), max_size=3).map(tuple) for group in of.groups]
    return st.builds(lambda *all_values: of.record._make(all_values), *map(values, of.fields), *groups)


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_type_comes_back_as_it_was(record: type[Record], tmp_path: Path) -> None:
    """For any records, also nested ones: write and read are inverse."""
    layout = layout_of(record)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(record_of(layout.schema), max_size=3))
    def round_trip(records: list[Any]) -> None:
        assert back(written(tmp_path, layout, records), layout) == records

    round_trip()


HOSTILE = (
    "=cmd|' /C calc'!A0",
    "=1+1",
    "+49 89 1234",
    "-5,00",
    "@name",
    "#N/A",
    "#REF!",
    "'quoted",
    "1e5",
    "00123",
    "TRUE",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_x12_x13_no_text_becomes_a_formula_and_none_is_changed(tmp_path: Path, text: str) -> None:
    """The cell is of type text, holds exactly the text, and comes back as it was."""
    layout = layout_of(Deletion)
    path = written(tmp_path, layout, [Deletion("products", text)])
    cell = load_workbook(path).worksheets[0]["B3"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert b"<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert back(path, layout) == [Deletion("products", text)]


def test_x13_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    """Nothing is put before a minus sign."""
    stock = Stock("4711", None, Decimal(-5), None, Decimal("-0.5"), "")
    layout = layout_of(Stock)
    assert back(written(tmp_path, layout, [stock]), layout) == [stock]


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe"])
def test_x10_a_character_that_no_cell_can_hold_does_not_end_the_export(tmp_path: Path, character: str) -> None:
    """It is visibly replaced."""
    layout = layout_of(Deletion)
    path = written(tmp_path, layout, [Deletion("products", f"a{character}b")])
    assert next(iter(CODEC.read(path, layout))).values[1] == "a\N{REPLACEMENT CHARACTER}b"


def test_a_text_too_long_for_a_cell_is_refused_instead_of_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel holds 32,767 characters; one more is a finding, and no temporary file is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(BatchError) as error:
        CODEC.write(BytesIO(), layout_of(Deletion), [Deletion("products", "x" * 32_768)], Meta("deletions"))
    assert list(tmp_path.iterdir()) == []
    assert [finding.code for finding in error.value.findings] == ["xlsx.cell_full"]


def test_our_own_sheet_carries_module_and_completeness(tmp_path: Path) -> None:
    """The hidden first row holds the mark; the titles are the names of the fields; nested data has a row column."""
    path = written(tmp_path, layout_of(Order), [], full=True)
    signature = CODEC.recognise(path)
    assert signature is not None
    assert (signature.format, signature.module, signature.full) == ("xlsx", "some_module", True)
    assert signature.names[:2] == ("row", "number")
    assert load_workbook(path).worksheets[0].row_dimensions[1].hidden
    flat = CODEC.recognise(written(tmp_path, layout_of(Stock), []))
    assert flat is not None
    assert (flat.full, flat.names[0]) == (False, "article_number")


def test_a_partners_sheet_has_his_titles_and_no_mark(tmp_path: Path) -> None:
    """Only the columns that the profile names, from the first row on."""
    fields = {"key": Source(("Schluessel", "Key")), "module": Source(value="products")}
    layout = Layout(Profile(name="p", module="d", format="xlsx", fields=fields), schema(Deletion))
    path = written(tmp_path, layout, [Deletion("products", "4711")])
    assert list(load_workbook(path).worksheets[0].values) == [("Schluessel",), ("4711",)]
    assert back(path, layout) == [Deletion("products", "4711")]


def test_no_record_still_gives_a_workbook_that_can_be_read(tmp_path: Path) -> None:
    """Titles only."""
    assert back(written(tmp_path, layout_of(Product), []), layout_of(Product)) == []
