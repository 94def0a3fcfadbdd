"""Raw values → values of one schema in one profile: whole columns at once while all is well, else value by value."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from exchange.codec import RawBlock
from exchange.convert import MISSING, ConversionError, canonical, column_reader, reader, remembering
from exchange.finding import Finding, Locator, found
from exchange.record import Field, Kind, Schema, maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from exchange.codec import Raw
    from exchange.profile import Profile, Source

    #: Records of a file, in one form or the other.
    Raws = Sequence[Raw] | RawBlock


class Shape:
    """Readers and required fields of one schema (of the record, or of a group) in one profile."""

    def __init__(self, schema: Schema, sources: Sequence[Source], profile: Profile) -> None:
        self.schema = schema
        self.make = maker(schema.record)
        self.readers = [_reader(each, source, profile) for each, source in zip(schema.fields, sources, strict=True)]
        self._required = [
            (index, "" if each.kind is Kind.TEXT else None) for index, each in enumerate(schema.fields) if each.required
        ]
        self._column_readers = [
            # What a source does around the plain reader must be done for every value.
            (lambda column, read=read: list(map(read, column)))
            if source.codes or source.scale is not None or _empty_words(profile)
            else column_reader(each, read)
            for each, read, source in zip(schema.fields, self.readers, sources, strict=True)
        ]

    def columns(self, raws: Raws) -> list[Sequence[Any]]:
        """The values of many records, column by column. Raises ConversionError at the first fault of any."""
        if not raws:
            return [[] for _ in self.readers]
        given = raws.columns if isinstance(raws, RawBlock) else zip(*[raw[1] for raw in raws], strict=True)
        columns = [read(column) for read, column in zip(self._column_readers, given, strict=True)]
        for index, absent in self._required:
            if absent in columns[index]:
                raise ConversionError(MISSING)
        return columns

    def values(self, raw: Raw) -> list[Any]:
        """The values of one record. Raises ConversionError at the first fault."""
        values = [read(value) for read, value in zip(self.readers, raw.values, strict=True)]
        for index, absent in self._required:
            if values[index] == absent:
                raise ConversionError(MISSING)
        return values

    def readable(self, raw: Raw) -> tuple[list[Any], set[str]]:
        """The values that can be read, None in place of the others; and the names of those."""
        values: list[Any] = []
        unreadable = set()
        for field, read, given in zip(self.schema.fields, self.readers, raw.values, strict=True):
            try:
                value = read(given)
            except ConversionError:
                value = None
                unreadable.add(field.name)
            if field.required and (value is None or value == ""):
                unreadable.add(field.name)
            values.append(value)
        return values, unreadable

    def faults(self, raw: Raw, prefix: str) -> Iterable[Finding]:
        """Every fault of the record, the slow way."""
        for index, (field, read) in enumerate(zip(self.schema.fields, self.readers, strict=True)):
            at = Locator(raw.line, prefix + field.name)
            try:
                value = read(raw.values[index])
            except ConversionError as error:
                yield found(error.kind, at, **error.values)
                continue
            if field.required and (value is None or value == ""):
                yield found(MISSING, at)


def _reader(field: Field, source: Source, profile: Profile) -> Callable[[Any], Any]:
    """The reader of one field in one profile: empty words, codes and scale around the plain one."""
    read = reader(field, profile.dialect)
    if source.scale is not None and field.kind is Kind.NUMBER:
        finer = reader(replace(field, places=field.places + 6), profile.dialect)
        scale = source.scale

        def scaled(raw: Any) -> Any:
            value = finer(raw)
            return None if value is None else canonical(value * scale, field.places, field.least_places)

        read = remembering(scaled)
    words = dict.fromkeys(_empty_words(profile), "") | dict(source.codes)
    if words:
        inner = read

        def translated(raw: Any) -> Any:
            return inner(words.get(raw, raw) if isinstance(raw, str) else raw)

        read = translated
    return read


def related(shape: Shape, sizes: Sequence[int], children: Raws) -> list[tuple[Any, ...]]:
    """The children of many records, converted all at once and given back to their parents."""
    made = iter(map(shape.make, zip(*shape.columns(children), strict=True)))
    return [tuple(islice(made, size)) for size in sizes]


def _empty_words(profile: Profile) -> tuple[str, ...]:
    """Words that mean "no value" and are still there when the codec is done; that of json has seen to it."""
    return () if profile.format == "json" else profile.empty
