"""The contract of a file type: bytes ⇄ raw values, streaming.

A codec knows nothing of modules. It reads a file into `Raw` records whose values stand in the order of the schema, as
the
file has them (text, or what the file type knows itself), and writes records back. The check step turns raw values into
records.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from exchange.convert import column_writer, writer
from exchange.finding import kind
from exchange.record import THAW, Block, Kind, maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from exchange.convert import Dialect
    from exchange.finding import Finding
    from exchange.profile import Layout, Source
    from exchange.record import Field, Schema


class Raw(NamedTuple):
    """One record as it stands in the file.

    Attributes:
        line: its place, different for every record (csv and txt: line; xlsx: row; xml and json: number of the record),
            from 1.
        values: one per field of the schema; `""` where the file has none.
        groups: one tuple of child records per group of the schema.
    """

    line: int
    values: Sequence[Any]
    groups: Sequence[Sequence[Raw]] = ()


_raw = maker(Raw)


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Many records as they stand in the file, column by column; who goes through them gets them one by one.

    Attributes:
        lines: see `Raw`.
        columns: per field of the schema its values.
        groups: per group of the schema the children of all records.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[Any]]
    groups: Sequence[Families] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Raw]:
        groups = (
            zip(*[each.apart() for each in self.groups], strict=True) if self.groups else repeat((), len(self.lines))
        )
        return map(_raw, zip(self.lines, zip(*self.columns, strict=True), groups, strict=True))


class Families(NamedTuple):
    """The children of many records.

    Attributes:
        sizes: how many of them each record has.
        children: one after the other.
    """

    sizes: Sequence[int]
    children: RawBlock

    def apart(self) -> Iterator[Sequence[Raw]]:
        """Those of each record."""
        children = iter(self.children)
        return (list(islice(children, size)) for size in self.sizes)


def joined(blocks: Sequence[RawBlock]) -> RawBlock:
    """All their records in one block; they come from one layout."""
    columns = zip(*[block.columns for block in blocks], strict=True)
    groups = zip(*[block.groups for block in blocks], strict=True)
    return RawBlock(
        list(chain.from_iterable(block.lines for block in blocks)),
        [list(chain.from_iterable(parts)) for parts in columns],
        [
            Families(list(chain.from_iterable(part.sizes for part in parts)), joined([part.children for part in parts]))
            for parts in groups
        ],
    )


def families(raws: Sequence[Raw] | RawBlock, group: int) -> tuple[Sequence[int], Sequence[Raw] | RawBlock]:
    """The children in one group of all these records: how many each has, and all of them."""
    if isinstance(raws, RawBlock):
        return raws.groups[group]
    each = [raw.groups[group] for raw in raws]
    return list(map(len, each)), list(chain.from_iterable(each))


@dataclass(frozen=True, slots=True)
class Meta:
    """What a file says about itself, as far as its type can carry it.

    Attributes:
        module: module that the file is for.
        created_at: when it was written.
        full: the file holds all records there are, so a missing one is a deleted one.
    """

    module: str
    created_at: datetime | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What can be seen of a file without reading it all.

    Attributes:
        format: which codec recognised it.
        module: the module mark of our own files, or empty.
        names: column titles, element names or keys, in their order.
        full: see `Meta`.
        version: version mark of a template, or 0.
    """

    format: str
    module: str = ""
    names: tuple[str, ...] = ()
    full: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be at most; more is a finding, never a crash.

    Attributes:
        file_bytes: size of the file.
        field_characters: length of one value.
        unpacked_bytes: size of the parts of an xlsx when unpacked.
        pack_ratio: how much smaller than its content an xlsx part may be.
        rows: rows of a worksheet.
    """

    file_bytes: int = 2 * 1024**3
    field_characters: int = 1_000_000
    unpacked_bytes: int = 512 * 1024**2
    pack_ratio: int = 200
    rows: int = 1_048_576


class Codec(Protocol):
    """A file type. Every method closes what it opens, also when it fails; reading fails with BatchError only."""

    format: str
    suffixes: tuple[str, ...]

    def recognise(self, path: Path) -> Signature | None:
        """What the file is, or None when it is not of this type. Reads no more than the beginning."""
        ...

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:
        """The records of the file, one after the other, in bounded memory. Raises BatchError.

        A codec that has many at once gives `exchange.connector.Blocks` of `RawBlock`.
        """
        ...

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Write records, streaming; the number of records written. The caller closes `out`."""
        ...

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """Write the records at these lines as the sender wrote them, each with its findings, in the same form.

        When the records are repaired, the file can be dropped again as it is.
        """
        ...


#: Columns that a reject file has in addition; they are passed over when it comes back.
REJECT_COLUMNS = ("finding_code", "finding")


class Texts:
    """Records as texts, in the order of their schema; made once per file and used for every record.

    Args:
        layout: whose dialect, codes and scales are used.
    """

    def __init__(self, layout: Layout) -> None:
        self._width = len(layout.schema.fields)
        self._fields = _writers(layout.schema, layout.sources, layout)
        self._groups = tuple(
            (index, len(group.schema.fields), _writers(group.schema, sources, layout))
            for index, (group, (_, sources)) in enumerate(
                zip(layout.schema.groups, layout.groups, strict=True), self._width
            )
        )

    def fields(self, record: Sequence[Any]) -> list[str]:
        """The flat values."""
        return _texts(record[: self._width], self._fields)

    def groups(self, record: Sequence[Any]) -> list[list[list[str]]]:
        """Per group, per child, its values."""
        return [[_texts(child, writers) for child in record[index]] for index, _, writers in self._groups]

    def columns(self, records: Sequence[Sequence[Any]]) -> list[Sequence[str]]:
        """The flat values of many records, column by column. A `Block` is not made into records for it."""
        stored = isinstance(records, Block)
        columns = records.columns if isinstance(records, Block) else list(zip(*records, strict=True))
        return _columns(list(columns[: self._width]), self._fields, stored=stored)

    def families(self, records: Sequence[Sequence[Any]]) -> list[tuple[list[Sequence[str]], list[int]]]:
        """Per group, the children of all records together, column by column; and how many of them each record has."""
        stored, result = isinstance(records, Block), []
        for index, width, writers in self._groups:
            families = records.columns[index] if isinstance(records, Block) else [record[index] for record in records]
            children = [child for family in families for child in family]
            columns: list[Sequence[Any]] = list(zip(*children, strict=True)) if children else [()] * width
            result.append((_columns(columns, writers, stored=stored), list(map(len, families))))
        return result


class _Writer(NamedTuple):
    """How the values of a field are written; texts that stand as they are have none.

    Attributes:
        at: number of the field.
        one: value → text.
        many: column of values → column of texts.
        stored: column as it lies in a `Block` → column of texts.
    """

    at: int
    one: Callable[[Any], str]
    many: Callable[[Sequence[Any]], Sequence[str]]
    stored: Callable[[Sequence[Any]], Sequence[str]]


def _texts(record: Sequence[Any], writers: Sequence[_Writer]) -> list[str]:
    values = list(record)
    for each in writers:
        values[each.at] = each.one(values[each.at])
    return values


def _columns(columns: list[Sequence[Any]], writers: Sequence[_Writer], *, stored: bool) -> list[Sequence[str]]:
    for each in writers:
        columns[each.at] = (each.stored if stored else each.many)(columns[each.at])
    return columns


def _writers(schema: Schema, sources: Sequence[Source], layout: Layout) -> tuple[_Writer, ...]:
    return tuple(
        _writer(index, each, source, layout.profile.dialect)
        for index, (each, source) in enumerate(zip(schema.fields, sources, strict=True))
        if each.kind is not Kind.TEXT or source.codes or source.length
    )


def _writer(at: int, field: Field, source: Source, dialect: Dialect) -> _Writer:
    one = _scaled(writer(field, dialect), source)
    plain = source.scale is None and not source.codes and not source.length and source.places < 0
    many = column_writer(field, dialect) if plain else lambda column: list(map(one, column))
    thaw = THAW.get(field.kind)
    if thaw is None or (plain and field.kind is Kind.NUMBER):  # a number is stored as the text that is written
        return _Writer(at, one, many, many)
    return _Writer(at, one, many, lambda column: many([None if value is None else thaw(value) for value in column]))


def _scaled(write: Callable[[Any], str], source: Source) -> Callable[[Any], str]:
    """The writer with the source's scale and codes undone, with fixed places, cut to length."""
    scale = source.scale
    if source.places >= 0:
        exact, unit = write, Decimal(1).scaleb(-source.places)

        def write_fixed(value: Any) -> str:
            return exact(None if value is None else value.quantize(unit, ROUND_HALF_UP))

        write = write_fixed
    if scale is not None:
        plain = write

        def write_scaled(value: Any) -> str:
            return plain(None if value is None else (value / scale).normalize())

        write = write_scaled
    if source.codes:
        theirs: dict[str, str] = {}
        for code, ours in source.codes.items():
            theirs.setdefault(ours, code)  # of two words for one thing, the first is written
        inner = write

        def write_coded(value: Any) -> str:
            text: str = inner(value)
            return theirs.get(text, text)

        write = write_coded
    if source.length:
        whole = write

        def write_cut(value: Any) -> str:
            return whole(value)[: source.length]

        write = write_cut
    return write


# --- flat files: csv and xlsx ----------------------------------------------------------------------------------------


def flatten(
    values: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], widths: Sequence[int]
) -> Iterator[list[str]]:
    """The rows of one record in a flat file: header columns repeat, row n carries the n-th child of every group.

    `widths` is the number of columns per group. Each row begins with its number within the record.
    """
    for row in range(max([1, *map(len, groups)])):
        cells = [str(row + 1), *values]
        for children, width in zip(groups, widths, strict=True):
            cells.extend(children[row] if row < len(children) else [""] * width)
        yield cells


NOT_READABLE = kind(
    "file.not_readable",
    de="Die Datei lässt sich nicht lesen: {reason}",
    en="The file cannot be read: {reason}",
    remedy_de="Erzeugen Sie die Datei neu; vermutlich ist sie beschädigt oder abgeschnitten.",
    remedy_en="Produce the file again; it is probably damaged or cut off.",
)
TOO_BIG = kind(
    "file.too_big",
    de="{what} ist größer als erlaubt ({limit}).",
    en="{what} is larger than allowed ({limit}).",
    remedy_de="Teilen Sie die Datei auf oder erhöhen Sie die Grenze in der Einstellung limits.",
    remedy_en="Split the file or raise the limit in the setting limits.",
)
MISSING_COLUMN = kind(
    "file.missing_column",
    de="Die Spalte „{column}“ fehlt.",
    en="The column “{column}” is missing.",
    remedy_de="Ergänzen Sie die Spalte, oder wählen Sie das passende Profil.",
    remedy_en="Add the column, or choose the profile that fits.",
)
DOUBLE_COLUMN = kind(
    "file.double_column",
    de="Die Spalte „{column}“ kommt mehrmals vor.",
    en="The column “{column}” occurs more than once.",
    remedy_de="Behalten Sie nur eine der Spalten.",
    remedy_en="Keep only one of the columns.",
)
UNDECODABLE = kind(
    "file.undecodable",
    de="Byte {offset} ist in {charset} kein Zeichen{hint}.",
    en="Byte {offset} is no character in {charset}{hint}.",
    remedy_de="Speichern Sie die Datei als UTF-8, oder stellen Sie den Zeichensatz im Profil ein.",
    remedy_en="Save the file as UTF-8, or set the charset in the profile.",
)
