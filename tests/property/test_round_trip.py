"""Whatever a record holds, it comes back the same out of every format; whatever a file holds, it is read or refused."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange import codecs
from exchange.codec import Meta
from exchange.convert import MISSING, canonical, clean, reader
from exchange.errors import BatchError
from exchange.finding import Locator, found
from exchange.profile import Layout
from exchange.profile import canonical as profile_of
from exchange.record import Field, Kind, Schema, schema
from exchange.records.category import Category
from exchange.records.customer import Customer
from exchange.records.deletion import Deletion
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.stock import Stock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.finding import Finding

RECORDS = (Category, Customer, Deletion, Order, Product, Stock)
CODECS = codecs.registry()

LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Cf", "Co"))


def texts(field: Field) -> st.SearchStrategy[str]:
    """Texts as they stand in a record: cleaned, within the limit."""
    if field.codes:
        chosen = st.sampled_from([code.code for code in field.codes])
        return chosen if field.required else st.one_of(st.just(""), chosen)
    alphabet = (
        st.one_of(LETTERS, st.sampled_from("\n\t\\|;\"'<>&=,{}[]"))
        if field.long
        else st.one_of(LETTERS, st.sampled_from(';"\\|,<>&=+-@'))
    )
    made = st.text(alphabet, max_size=min(field.length or 600, 600), min_size=1 if field.required else 0)
    cleaned = made.map(lambda text: clean(text, long=field.long))
    fitting = cleaned.filter(lambda text: len(text) <= (field.length or 600) and bool(text or not field.required))
    return (
        fitting.map(str.upper).filter(lambda text: len(text) <= field.length and clean(text) == text)
        if field.upper
        else fitting
    )


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values of a field in their canonical form."""
    if field.kind is Kind.TEXT:
        return texts(field)
    if field.kind is Kind.NUMBER:
        low = -(10**6) if field.negative else 0
        made = st.decimals(
            low, 10 ** min(field.length, 9) - 1, places=field.places, allow_nan=False, allow_infinity=False
        )
        value = made.map(lambda number: canonical(number, field.places, field.least_places))
    elif field.kind is Kind.WHOLE:
        value = st.integers(0, 10 ** min(field.length, 9) - 1)
    elif field.kind is Kind.FLAG:
        value = st.booleans()
    elif field.kind is Kind.DATE:
        value = st.dates(min_value=datetime(1900, 1, 1).date())  # noqa: DTZ001
    else:
        value = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    return value if field.required else st.one_of(st.none(), value)


def records(of: Schema) -> st.SearchStrategy[Any]:
    """Records with any children; a child without any value cannot be told from none in a flat file."""
    parts: list[st.SearchStrategy[Any]] = [values(field) for field in of.fields]
    for group in of.groups:
        child = st.tuples(*[values(field) for field in group.schema.fields]).filter(
            lambda cells: any(cell not in ("", None) for cell in cells)
        )
        children = st.lists(child.map(group.schema.record._make), min_size=int(group.required), max_size=3)  # type: ignore[attr-defined]
        parts.append(children.map(tuple))
    return st.tuples(*parts).map(of.record._make)  # type: ignore[attr-defined]


def read_back(path: Path, layout: Layout, codec: Any) -> list[Any]:
    """Read a file and convert it, as the check step does."""
    dialect = layout.profile.dialect
    readers = [reader(field, dialect) for field in layout.schema.fields]
    group_readers = [[reader(field, dialect) for field in group.schema.fields] for group in layout.schema.groups]
    result = []
    for raw in codec.read(path, layout):
        flat = [read(value) for read, value in zip(readers, raw.values, strict=True)]
        groups = [
            tuple(
                group.schema.record._make([read(value) for read, value in zip(each, child.values, strict=True)])
                for child in children
            )  # type: ignore[attr-defined]
            for group, each, children in zip(layout.schema.groups, group_readers, raw.groups, strict=True)
        ]
        result.append(layout.schema.record._make([*flat, *groups]))  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize("format_", sorted(CODECS))
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_records_come_back_as_they_were(format_: str, record: type[Any], data: st.DataObject) -> None:
    """Written and read, every record is equal; the module mark is recognised where the format can carry it."""
    of = schema(record)
    layout = Layout(profile_of("some_module", of, format_), of)  # type: ignore[arg-type]
    given_records = data.draw(st.lists(records(of), max_size=4))
    out = io.BytesIO()
    written = CODECS[format_].write(out, layout, given_records, Meta("some_module", datetime(2026, 1, 1, tzinfo=UTC)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format_}"
        path.write_bytes(out.getvalue())

        assert written == len(given_records)
        assert read_back(path, layout, CODECS[format_]) == given_records
        signature = CODECS[format_].recognise(path)
        if format_ != "csv" and given_records:
            assert signature is not None
            assert signature.module == "some_module"


@pytest.mark.parametrize("format_", sorted(CODECS))
@given(content=st.binary(max_size=300))
def test_recognition_survives_any_bytes(format_: str, content: bytes) -> None:
    """Whatever falls into the inbox, looking at it never fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(content)
        CODECS[format_].recognise(path)


def written(record: type[Any], format_: str, of: list[Any]) -> tuple[bytes, Layout]:
    """A file in our own form, and its layout."""
    layout = Layout(profile_of("some_module", schema(record), format_), schema(record))  # type: ignore[arg-type]
    out = io.BytesIO()
    CODECS[format_].write(out, layout, of, Meta("some_module"))
    return out.getvalue(), layout


@pytest.mark.parametrize("format_", sorted(set(CODECS) - {"xlsx"}))
@pytest.mark.parametrize("record", [Category, Order], ids=lambda record: record.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_rejects_can_be_dropped_again(format_: str, record: type[Any], data: st.DataObject) -> None:
    """The rejected records, and only those, come back as they were, also when they are rejected twice."""
    given_records = data.draw(st.lists(records(schema(record)), min_size=1, max_size=4))
    content, layout = written(record, format_, given_records)
    codec = CODECS[format_]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format_}"
        path.write_bytes(content)
        chosen = data.draw(st.sets(st.integers(0, len(given_records) - 1), min_size=1))
        for expected in ([given_records[index] for index in sorted(chosen)],) * 2:
            lines = [raw.line for raw in codec.read(path, layout)]
            wanted = [lines[index] for index in sorted(chosen)]
            out = io.BytesIO()
            codec.reject(path, layout, out, {line: [found(MISSING, Locator(line, "number"))] for line in wanted})
            path.write_bytes(out.getvalue())

            assert read_back(path, layout, codec) == expected
            chosen = set(range(len(expected)))


def read_or_refused(path: Path, layout: Layout, codec: Any) -> tuple[list[Any], Sequence[Finding]]:
    """The records of a file, or else why there are none."""
    try:
        return list(codec.read(path, layout)), ()
    except BatchError as error:
        return [], error.findings


@pytest.mark.parametrize("format_", sorted(set(CODECS) - {"xlsx"}))
@settings(max_examples=200)
@given(data=st.data())
def test_reading_whatever_it_is_fails_with_findings_only(format_: str, data: st.DataObject) -> None:
    """Bytes of any kind, and good files with some bytes cut out, put in or cut off."""
    content, layout = written(
        Stock, format_, [Stock("A", 1, None, None, None, "ä"), Stock("B", 2, None, None, None, "")]
    )
    at = data.draw(st.integers(0, len(content)))
    content = content[:at] + data.draw(st.binary(max_size=8)) + content[at + data.draw(st.integers(0, 8)) :]
    if data.draw(st.booleans()):
        content = data.draw(st.binary(max_size=300))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format_}"
        path.write_bytes(content)
        raws, findings = read_or_refused(path, layout, CODECS[format_])

    assert all(each.message(language) and each.remedy(language) for each in findings for language in ("de", "en"))
    assert len({raw.line for raw in raws}) == len(raws)
    assert all(len(raw.values) == len(layout.schema.fields) for raw in raws)


@pytest.mark.parametrize("format_", ["json", "txt", "xml"])
@settings(max_examples=100)
@given(data=st.data())
def test_a_file_that_was_cut_off_is_never_taken_for_whole(format_: str, data: st.DataObject) -> None:
    """These formats have an end that can be missed."""
    of = data.draw(st.lists(records(schema(Category)), min_size=1, max_size=3))
    content, layout = written(Category, format_, of)
    content = content.rstrip()
    cut = data.draw(st.integers(1, len(content) - 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format_}"
        path.write_bytes(content[:cut])
        with pytest.raises(BatchError):
            list(CODECS[format_].read(path, layout))
