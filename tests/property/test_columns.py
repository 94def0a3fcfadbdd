"""Whole columns give what single values give: when reading, storing, comparing and writing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codec import Meta
from exchange.connector import Blocks
from exchange.convert import PLAIN, ConversionError, column_reader, reader
from exchange.profile import Layout
from exchange.profile import canonical as profile_of
from exchange.record import Block, fingerprint, packer, payload, restore, schema, text, unpacker
from tests.property.test_round_trip import CODECS, RECORDS, records

if TYPE_CHECKING:
    from collections.abc import Callable

#: Everything that reading a text looks for: blanks and line breaks of all kinds, the invisible, what NFC puts together.
ODD = " \n\t\r\u00a0\u00ad\u0301aeÄß\u200b\ufeff\u212b\x7f\x85\u1100\u1161"


def told(read: Callable[[], Any]) -> Any:
    """What is read, or what is found wrong with it."""
    try:
        return list(read())
    except ConversionError as error:
        return error.kind.code, error.values


@settings(max_examples=300)
@given(
    st.lists(st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=6), max_size=4),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 3, 31]),
)
def test_a_column_of_texts_is_read_as_its_values_are(column: list[str], long: bool, upper: bool, length: int) -> None:  # noqa: FBT001
    """With the same fault where there is one."""
    field = text("Feld", "Field", length, long=long, upper=upper)
    read = reader(field, PLAIN)
    assert told(lambda: column_reader(field, read)(column)) == told(lambda: [read(value) for value in column])


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_stored_records_come_back_as_they_were(record: type[Any], data: st.DataObject) -> None:
    """All at once or one by one, in the same bytes; and some of them, chosen."""
    given_records = data.draw(st.lists(records(schema(record)), max_size=4))
    chosen = data.draw(st.lists(st.booleans(), min_size=len(given_records), max_size=len(given_records)))
    packed = packer(record)(given_records)

    block = unpacker(record)(packed.block)
    assert len(block) == len(given_records)
    assert list(block) == given_records
    assert list(block.chosen(chosen)) == [each for each, taken in zip(given_records, chosen, strict=True) if taken]
    assert b"\n" not in packed.block
    assert packed.fingerprints == [fingerprint(each) for each in given_records]
    assert [restore(record, payload(each)) for each in given_records] == given_records


@pytest.mark.parametrize("format_", sorted(CODECS))
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_stored_records_are_written_as_records_are(format_: str, record: type[Any], data: st.DataObject) -> None:
    """In every file type, whether it can do with columns or not."""
    of = schema(record)
    layout = Layout(profile_of("some_module", of, format_), of)  # type: ignore[arg-type]
    given_records = data.draw(st.lists(records(of), min_size=1, max_size=4))
    blocks = [unpacker(record)(packer(record)(some).block) for some in (given_records[:1], given_records[1:])]

    plainly, stored = io.BytesIO(), io.BytesIO()
    CODECS[format_].write(plainly, layout, given_records, Meta("some_module"))
    number = CODECS[format_].write(stored, layout, Blocks(blocks), Meta("some_module"))

    assert number == len(given_records)
    if format_ != "xlsx":  # a workbook carries the moment it was made
        assert stored.getvalue() == plainly.getvalue()
    assert all(isinstance(block, Block) for block in blocks)
