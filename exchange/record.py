"""What a record is: an immutable named tuple whose attributes declare what they mean.

A record has flat fields and, one level down, groups: tuples of flat child records (the lines of an order). The
declaration is the annotation; checks, templates, schemas and reference pages all read it:

    class Line(NamedTuple):
        article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True)]

Values: text is `str` and empty where absent; every other kind is `None` where absent (missing is never zero). Numbers
are
`Decimal`, moments are aware. `payload` and `restore` turn a record into bytes and back without loss; `fingerprint`
tells
whether two records mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property, partial
from hashlib import blake2b
from itertools import compress, islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Any record; the concrete type is a NamedTuple out of `exchange.records`.
Record = tuple[Any, ...]


Made = TypeVar("Made")


class Kind(StrEnum):
    """The kinds of value a field can hold."""

    TEXT = "text"
    NUMBER = "number"  # Decimal
    WHOLE = "whole"  # int
    FLAG = "flag"  # bool
    DATE = "date"
    MOMENT = "moment"  # aware datetime


class Code(NamedTuple):
    """One allowed value of a text field, with its meaning."""

    code: str
    de: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One attribute of a record.

    Attributes:
        kind: what kind of value.
        de, en: label for people; `de` is also accepted as column name.
        length: most characters (text) or digits before the point (number); 0 is unlimited text.
        places: most digits after the point (number); `least_places` are always written.
        required: absent is a fault.
        codes: the only allowed values, where there is such a list.
        spelled: names that are longer than the code that they stand for, and the code; other codes are allowed too.
        upper: letter case does not matter; stored in capitals (country, currency).
        long: may hold line breaks and much text.
        negative: a number below zero is allowed.
        volatile: may change without the record counting as changed (a status, a time stamp).
        note_de, note_en: help for whoever fills the field.
        example: a value as it may stand in a file.
    """

    kind: Kind
    de: str
    en: str
    length: int = 0
    places: int = 0
    least_places: int = 0
    required: bool = False
    codes: tuple[Code, ...] = ()
    spelled: tuple[tuple[str, str], ...] = ()
    upper: bool = False
    long: bool = False
    negative: bool = False
    volatile: bool = False
    note_de: str = ""
    note_en: str = ""
    example: str = ""
    name: str = ""


def text(de: str, en: str, length: int = 0, **more: Any) -> Field:
    """A text of at most `length` characters; numbers that name things (article, postcode, EAN) are texts."""
    return Field(kind=Kind.TEXT, de=de, en=en, length=length, **more)


def number(de: str, en: str, places: int = 4, *, length: int = 15, least_places: int = 0, **more: Any) -> Field:
    """A Decimal with at most `places` digits after the point."""
    return Field(kind=Kind.NUMBER, de=de, en=en, length=length, places=places, least_places=least_places, **more)


def money(de: str, en: str, **more: Any) -> Field:
    """An amount: four places as Sage's `money` column has them, two are always written."""
    return number(de, en, 4, least_places=2, **more)


def whole(de: str, en: str, length: int = 9, **more: Any) -> Field:
    """An int of at most `length` digits."""
    return Field(kind=Kind.WHOLE, de=de, en=en, length=length, **more)


def flag(de: str, en: str, **more: Any) -> Field:
    """Yes or no."""
    return Field(kind=Kind.FLAG, de=de, en=en, **more)


def day(de: str, en: str, **more: Any) -> Field:
    """A date without time."""
    return Field(kind=Kind.DATE, de=de, en=en, **more)


def moment(de: str, en: str, **more: Any) -> Field:
    """A point in time; it always carries its offset."""
    return Field(kind=Kind.MOMENT, de=de, en=en, **more)


@dataclass(frozen=True, slots=True)
class Rows:
    """Marks a group: a tuple of child records. `element` names one of them in xml."""

    de: str
    en: str
    element: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the schema of the parent knows it."""

    name: str
    de: str
    en: str
    element: str
    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything that is declared about one record type. In the tuple, fields come before groups."""

    record: type[Record]
    fields: tuple[Field, ...]
    groups: tuple[Group, ...]

    @property
    def name(self) -> str:
        return self.record.__name__

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields)

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)

    def group(self, name: str) -> Group:
        """The group of that name. Raises KeyError."""
        for each in self.groups:
            if each.name == name:
                return each
        raise KeyError(name)

    def make(self, values: Sequence[Any], groups: Sequence[Any] = ()) -> Any:
        """The record with these values, in the order of the schema."""
        return self.record._make([*values, *groups])  # type: ignore[attr-defined]


def _once(make: Callable[[type[Any]], Made]) -> Callable[[type[Any]], Made]:
    """Call once per record type; `functools.cache` with its argument typed."""
    return cast("Callable[[type[Any]], Made]", cache(make))


_PYTHON: Mapping[Kind, type] = {
    Kind.TEXT: str,
    Kind.NUMBER: Decimal,
    Kind.WHOLE: int,
    Kind.FLAG: bool,
    Kind.DATE: date,
    Kind.MOMENT: datetime,
}


@_once
def schema(record: type[Any]) -> Schema:
    """Read the declaration of a record type. Raises TypeError where annotation and declaration disagree."""
    fields: list[Field] = []
    groups: list[Group] = []
    for name, hint in get_type_hints(record, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            msg = f"{record.__name__}.{name} is not declared"
            raise TypeError(msg)
        python, declared = get_args(hint)
        if isinstance(declared, Rows):
            child = schema(get_args(python)[0])
            groups.append(Group(name, declared.de, declared.en, declared.element, declared.required, child))
            continue
        if groups:
            msg = f"{record.__name__}.{name}: fields come before groups"
            raise TypeError(msg)
        wanted = _PYTHON[declared.kind]
        if python is not wanted and wanted not in get_args(python):
            msg = f"{record.__name__}.{name}: {declared.kind} needs {wanted.__name__}"
            raise TypeError(msg)
        fields.append(replace(declared, name=name))
    return Schema(record, tuple(fields), tuple(groups))


def maker(of: type[Any]) -> Callable[[Iterable[Any]], Any]:
    """The function values → record, at C speed; that the values are complete is for the caller to know."""
    return partial(tuple.__new__, of)


class Block(Sequence[Any]):
    """Records of one type in the form in which they are stored: column by column, of values that json knows.

    Who goes through them gets records; who can do with columns is spared making them.

    Attributes:
        of: type of the records.
        columns: per field its values, then per group a list of children (rows) per record. Decimals are texts.
    """

    def __init__(self, of: type[Any], columns: Sequence[Sequence[Any]]) -> None:
        self.of = of
        self.columns = columns

    @cached_property
    def _records(self) -> list[Any]:
        return _restorer(self.of)(self.columns)

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records)

    def __getitem__(self, place: Any) -> Any:
        return self._records[place]

    def chosen(self, selectors: Sequence[bool]) -> Block:
        """Some of the records."""
        return Block(self.of, [list(compress(column, selectors)) for column in self.columns])


class Packed(NamedTuple):
    """Records as bytes, and what tells whether they mean the same as others.

    Attributes:
        block: all of them; see `unpacker`. Without line breaks.
        fingerprints: 16 bytes each; volatile fields do not count.
    """

    block: bytes
    fingerprints: list[bytes]


@_once
def packer(of: type[Any]) -> Callable[[Sequence[Record]], Packed]:
    """The function records → bytes and fingerprints, for one record type."""
    plain = _plainer(of)
    volatile = tuple(
        (index, "" if each.kind is Kind.TEXT else None) for index, each in enumerate(schema(of).fields) if each.volatile
    )

    def pack(records: Sequence[Record]) -> Packed:
        columns = plain(records)
        block = orjson.dumps(columns)
        for index, blank in volatile:
            columns[index] = [blank] * len(records)
        steady = map(orjson.dumps, zip(*columns, strict=True))
        return Packed(block, [blake2b(each, digest_size=16).digest() for each in steady])

    return pack


@_once
def _plainer(of: type[Any]) -> Callable[[Sequence[Record]], list[Sequence[Any]]]:
    """The function records → columns of what json knows: Decimals become text (never float), children become lists."""
    shape = schema(of)
    width = len(shape.fields)
    numbers = tuple(index for index, each in enumerate(shape.fields) if each.kind is Kind.NUMBER)
    groups = tuple((index, _plainer(group.schema.record)) for index, group in enumerate(shape.groups, width))

    def plain(records: Sequence[Record]) -> list[Sequence[Any]]:
        if not records:
            return [()] * (width + len(groups))
        columns: list[Sequence[Any]] = list(zip(*records, strict=True))
        for index in numbers:
            columns[index] = [None if value is None else str(value) for value in columns[index]]
        for index, children in groups:
            columns[index] = _regrouped(children, columns[index])
        return columns

    return plain


def _regrouped(columns_of: Callable[[Sequence[Any]], Sequence[Sequence[Any]]], families: Sequence[Any]) -> list[Any]:
    """The children of all records, converted together and given back to their records, in lists."""
    rows = zip(*columns_of([child for family in families for child in family]), strict=True)
    return [list(islice(rows, len(family))) for family in families]


#: What makes a stored value again what it was; the other kinds are stored as they are.
THAW: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat,
}


@_once
def _restorer(of: type[Any]) -> Callable[[Sequence[Sequence[Any]]], list[Any]]:
    """The function stored columns → records."""
    shape = schema(of)
    thaws = tuple((index, THAW[each.kind]) for index, each in enumerate(shape.fields) if each.kind in THAW)
    groups = tuple(
        (index, _restorer(group.schema.record)) for index, group in enumerate(shape.groups, len(shape.fields))
    )
    make = maker(of)

    def restored(stored: Sequence[Sequence[Any]]) -> list[Any]:
        columns = list(stored)
        for index, thaw in thaws:
            columns[index] = _thawed(columns[index], thaw)
        for index, children in groups:
            families = columns[index]
            rows = [child for family in families for child in family]
            made = iter(children(list(zip(*rows, strict=True))) if rows else ())
            columns[index] = [tuple(islice(made, len(family))) for family in families]
        return list(map(make, zip(*columns, strict=True)))

    return restored


#: So many values of a column tell whether it repeats itself.
_SAMPLE = 32


def _thawed(column: Sequence[Any], thaw: Callable[[Any], Any]) -> Sequence[Any]:
    """The values as they were; in a column that repeats itself, each different one is made once."""
    if len(column) >= _SAMPLE > 2 * len(set(column[:_SAMPLE])):
        return list(map({value: None if value is None else thaw(value) for value in set(column)}.get, column))
    return [None if value is None else thaw(value) for value in column]


def unpacker(of: type[Any]) -> Callable[[bytes], Block]:
    """The function bytes of a block → the block."""
    return lambda data: Block(of, orjson.loads(data))


def payload(record: Record) -> bytes:
    """The record as bytes, canonical: equal records give equal bytes."""
    (values,) = zip(*_plainer(type(record))([record]), strict=True)
    return orjson.dumps(values)


def restore(of: type[Any], data: bytes) -> Any:
    """The inverse of `payload`."""
    (record,) = Block(of, [[value] for value in orjson.loads(data)])
    return record


def fingerprint(record: Record) -> bytes:
    """16 bytes that are equal when two records mean the same."""
    return packer(type(record))([record]).fingerprints[0]
