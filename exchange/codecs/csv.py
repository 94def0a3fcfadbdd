"""CSV: declared separator, strict quotes, columns found by title. What is not as declared is a finding with its line.

A flat record is one row. Children stand beside their record (`nested = "columns"`): its columns repeat on every row,
and row n carries the n-th child of every group; `row` counts from 1 within each record. Partners without that column
keep rows together by equal values. `nested = "lines"` has one line for the record and then one per child of its only
group, without titles: paths are column numbers.

Titles are field names or labels (`Artikelnummer`, `Positionen: Menge`), see `exchange.text.columns`; columns that
nobody knows are passed over. `quoting = "none"` is for receivers that do not know quotes: separators and line breaks in
texts are written as blanks.

Source: fault catalogue V1 to V16.
"""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TextIO

from exchange.charset import charset_of, head_text, text_out
from exchange.codec import REJECT_COLUMNS, Limits, Raw, RawBlock, Signature, Texts, flatten
from exchange.connector import Blocks, blocks
from exchange.errors import BatchError, ConfigError
from exchange.finding import Locator, found
from exchange.profile import ROW_COLUMN, Layout
from exchange.text.columns import (
    DELIMITERS,
    NO_HEADER,
    WRONG_DELIMITER,
    Columns,
    block_picker,
    by_number,
    by_title,
    needed,
    picker,
    plain,
    shown_delimiter,
)
from exchange.text.rows import Nested, Rows, broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.codec import Meta
    from exchange.finding import Finding
    from exchange.profile import Profile, Source

_QUOTING = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL, "none": csv.QUOTE_NONE}
#: The hint that Excel writes and reads: the separator of the file.
_HINT = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
#: Longest title that a file is recognised by, and what never stands in one.
_TITLE_CHARACTERS = 100
_NO_TITLE = re.compile(r"[<>{}\[\]=]")
#: For a file that has passed the limits of the settings when it was read; more the csv reader cannot count.
_PASSED = Limits(field_characters=2**31 - 1)
#: Records that are written together.
CHUNK = 1_000
#: A line may be so many times longer than a field.
_FIELDS_OF_LINE = 8


class CsvCodec:
    """See the module docstring."""

    format = "csv"
    suffixes = (".csv", ".tsv")

    def recognise(self, path: Path) -> Signature | None:
        """The titles of the first line, by the separator that makes the most of them; None where it has no titles."""
        lines = [line for line in head_text(path).lstrip("\ufeff").split("\n", 20) if line.strip()]
        if lines and _HINT.fullmatch(lines[0]):
            del lines[0]
        best: list[str] = []
        for delimiter in DELIMITERS:
            titles = _cells(lines[0], delimiter) if lines else []
            if len(titles) > max(len(best), 1) and any(titles) and all(_is_title(each) for each in titles if each):
                best = titles
        return Signature(self.format, names=tuple(each for each in best if each)) if best else None

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records; `Raw.line` is the line that a record begins in. Raises BatchError.

        Rows of a wrong width, all of them, are told at the end of the file.
        """
        layout = _settled(layout, path)
        _check(layout.profile)
        if layout.profile.nested == "lines" or layout.schema.groups:
            return self._records(path, layout, limits)
        return Blocks(self._blocks(path, layout, limits))

    def _records(self, path: Path, layout: Layout, limits: Limits) -> Iterator[Raw]:
        with _open(path, layout.profile, limits) as reader:
            if layout.profile.nested == "lines":
                yield from _by_lines(reader, layout)
            else:
                columns = _columns(reader, layout)
                yield from Nested(layout, columns).records(Rows(reader, columns).numbered())

    def _blocks(self, path: Path, layout: Layout, limits: Limits) -> Iterator[RawBlock]:
        with _open(path, layout.profile, limits) as reader:
            columns = _columns(reader, layout)
            yield from Rows(reader, columns).flat(block_picker(columns.fields, layout.sources, layout.profile.empty))

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:  # noqa: ARG002 - contract
        """Titles and rows. Raises BatchError for a character that the charset does not have."""
        layout = _settled(layout)
        profile = layout.profile
        _check(profile)
        with text_out(out, profile.write_charset) as text:
            if profile.nested == "lines":
                return _write_lines(_put(text, profile), layout, records)
            return _write_rows(_put_many(text, profile), layout, records)

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """Titles and all rows of the rejected records as they stood there; two more columns say what is wrong."""
        layout = _settled(layout, path)
        profile = layout.profile
        charset = charset_of(path, profile.charset)
        wanted = self._lines(path, layout, rejects)
        csv.field_size_limit(_PASSED.field_characters)
        with path.open(encoding=charset, newline="\n") as file, text_out(out, charset) as text:
            put = _put(text, profile)
            reader = csv.reader(file, **_dialect(profile), strict=True)
            old: set[int] = set()
            if profile.header:
                header, _ = _header(reader, profile)
                old = {index for index, title in enumerate(header) if plain(title) in REJECT_COLUMNS}
                put([*_without(header, old), *REJECT_COLUMNS])
            line = reader.line_num + 1
            for row in reader:
                if line in wanted:
                    put([*_without(row, old), *_told(rejects.get(line, ()), charset)])
                line = reader.line_num + 1

    def _lines(self, path: Path, layout: Layout, rejects: Mapping[int, Sequence[Finding]]) -> set[int]:
        """The lines of all rows of the records that have findings."""
        if not layout.schema.groups:
            return set(rejects)
        lines: set[int] = set()
        for raw in self.read(path, layout, _PASSED):
            own = {raw.line, *(child.line for children in raw.groups for child in children)}
            if not own.isdisjoint(rejects):
                lines |= own
        return lines


# --- recognition -----------------------------------------------------------------------------------------------------


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [each.strip() for each in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def _is_title(text: str) -> bool:
    """Whether a cell of the first line may be a title: with a letter, not too long, and no piece of xml or json."""
    short = len(text) <= _TITLE_CHARACTERS and text.isprintable()
    return short and any(map(str.isalpha, text)) and not _NO_TITLE.search(text)


# --- reading ---------------------------------------------------------------------------------------------------------


def _settled(layout: Layout, path: Path | None = None) -> Layout:
    """The layout with one separator: of several that are declared, the one that the first line has most of."""
    declared = layout.profile.delimiter
    if len(declared) <= 1 or not set(declared) <= set(DELIMITERS):
        return layout
    lines = [] if path is None else [line for line in head_text(path).split("\n", 20) if line.strip()]
    most = max(declared, key=lines[0].count) if lines else declared[0]
    return Layout(replace(layout.profile, delimiter=most), layout.schema)


def _check(profile: Profile) -> None:
    """Raises ConfigError for a profile that cannot be meant."""
    problem, groups = "", profile.groups.values()
    if len(profile.delimiter) != 1:
        problem = f"delimiter {profile.delimiter!r} is not one character"
    elif profile.nested == "lines" and profile.header:
        problem = 'nested = "lines" needs header = false: its lines have no titles in common'
    elif profile.nested == "lines" and len(profile.groups) != 1:
        problem = 'nested = "lines" needs exactly one group'
    elif any(each.split and sum(bool(one.paths) for one in each.fields.values()) != 1 for each in groups):
        problem = "a group with split has exactly one column"
    if problem:
        message = f"profile {profile.name}: {problem}"
        raise ConfigError(message)


def _dialect(profile: Profile) -> dict[str, Any]:
    return {"delimiter": profile.delimiter, "quoting": _QUOTING[profile.quoting]}


@contextmanager
def _open(path: Path, profile: Profile, limits: Limits) -> Iterator[Any]:
    """The rows of a file. Raises BatchError."""
    charset = charset_of(path, profile.charset, limits.field_characters * _FIELDS_OF_LINE)
    csv.field_size_limit(limits.field_characters)
    # A line ends with LF only: so a lone CR outside of quotes is seen by the csv reader, and one inside is kept.
    with path.open(encoding=charset, newline="\n") as file:
        yield csv.reader(file, **_dialect(profile), strict=True)


def _header(reader: Any, profile: Profile) -> tuple[list[str], int]:
    """The first row that is not blank, and its line. Raises BatchError."""
    line = 1
    try:
        for row in reader:
            hint = _HINT.fullmatch(profile.delimiter.join(row)) if line == 1 else None
            if hint and hint[1] != profile.delimiter:
                expected, actual = shown_delimiter(profile.delimiter), shown_delimiter(hint[1])
                raise BatchError(found(WRONG_DELIMITER, Locator(line), expected=expected, actual=actual))
            if not hint and any(map(str.strip, row)):
                return row, line
            line = reader.line_num + 1
    except csv.Error as error:
        raise BatchError(broken(error, line)) from None
    return [], line


def _columns(reader: Any, layout: Layout) -> Columns:
    if not layout.profile.header:
        return by_number(layout)
    header, line = _header(reader, layout.profile)
    if not header:
        first = next((path for source in layout.sources for path in source.paths), "")
        raise BatchError(found(NO_HEADER, Locator(line), title=first))
    return by_title(header, line, layout)


def _by_lines(reader: Any, layout: Layout) -> Iterator[Raw]:
    """The only record of the file: its own line, then a line per child."""
    columns = by_number(layout)
    chosen = _only_group(layout)
    rows = Rows(reader, columns)
    lines = rows.numbered()
    line, row = next(lines, (0, []))
    if not line:
        return
    pick = picker(columns.groups[chosen], layout.groups[chosen][1], layout.profile.empty)
    record = Raw(line, picker(columns.fields, layout.sources, layout.profile.empty)(row), [[] for _ in layout.groups])
    rows.width, rows.least = 0, needed(columns.groups[chosen])  # the lines of children have a width of their own
    record.groups[chosen].extend(Raw(line, pick(row)) for line, row in lines)  # type: ignore[attr-defined] # a list
    yield record


def _only_group(layout: Layout) -> int:
    return next(index for index, group in enumerate(layout.schema.groups) if group.name in layout.profile.groups)


# --- writing ---------------------------------------------------------------------------------------------------------


def _put_many(text: TextIO, profile: Profile) -> Callable[[Iterable[Sequence[str]]], object]:
    """The function that writes rows."""
    if profile.quoting != "none":
        return csv.writer(text, lineterminator=profile.newline, **_dialect(profile)).writerows
    unsafe = re.compile(f" *[{re.escape(profile.delimiter)}\r\n]+ *")

    def put_bare(rows: Iterable[Sequence[str]]) -> None:
        text.writelines(
            profile.delimiter.join([unsafe.sub(" ", cell) for cell in row]) + profile.newline for row in rows
        )

    return put_bare


def _put(text: TextIO, profile: Profile) -> Callable[[Sequence[str]], object]:
    """The function that writes a row."""
    put_many = _put_many(text, profile)
    return lambda row: put_many([row])


def _write_rows(put_many: Callable[[Iterable[Sequence[str]]], object], layout: Layout, records: Iterable[Any]) -> int:
    profile, schema, texts = layout.profile, layout.schema, Texts(layout)
    declared = list(_declared(profile.fields, schema.names, 1))
    start = 1 + len(schema.names)
    for group in schema.groups:
        if group.name in profile.groups:
            declared += _declared(profile.groups[group.name].fields, group.schema.names, start)
        start += len(group.schema.names)
    order = _order(declared, profile)
    first = 0 if schema.groups and profile.canonical else 1  # partners have no column for the row's number
    if profile.header:
        put_many([[ROW_COLUMN, *(place.title for place in order)][first:]])
    count = 0
    if not schema.groups and [place.cell for place in order] == list(range(1, start)):
        for chunk in blocks(records, CHUNK):
            put_many(zip(*texts.columns(chunk), strict=True))
            count += len(chunk)
        return count
    widths = [len(sources) for _, sources in layout.groups]
    splits = [profile.groups[group.name].split if group.name in profile.groups else "" for group in schema.groups]
    for record in records:
        groups = [
            _in_one(children, split) if split else children
            for children, split in zip(texts.groups(record), splits, strict=True)
        ]
        rows = flatten(texts.fields(record), groups, widths)
        put_many([cells[0], *(place.of(cells) for place in order)][first:] for cells in rows)
        count += 1
    return count


def _in_one(children: Sequence[Sequence[str]], split: str) -> list[list[str]]:
    """All children as one, whose cells hold all values."""
    return [[split.join(values) for values in zip(*children, strict=True)]] if children else []


def _write_lines(put: Callable[[Sequence[str]], object], layout: Layout, records: Iterable[Any]) -> int:
    profile, texts = layout.profile, Texts(layout)
    chosen = _only_group(layout)
    group = layout.schema.groups[chosen]
    own = _order(_declared(profile.fields, layout.schema.names, 1), profile)
    of_child = _order(_declared(profile.groups[group.name].fields, group.schema.names, 1), profile)
    count = 0
    for count, record in enumerate(records, 1):
        if count > 1:
            message = f"profile {profile.name}: a file holds one record, so it needs one_per_file = true"
            raise ConfigError(message)
        put([place.of(["", *texts.fields(record)]) for place in own])
        for child in texts.groups(record)[chosen]:
            put([place.of(["", *child]) for place in of_child])
    return count


class _Place(NamedTuple):
    """One column that is written: its title, its cell (-1: none), and what stands there when that is empty."""

    title: str
    cell: int
    constant: str = ""

    def of(self, cells: Sequence[str]) -> str:
        return (cells[self.cell] if self.cell >= 0 else "") or self.constant


def _declared(sources: Mapping[str, Source], names: Sequence[str], start: int) -> Iterator[_Place]:
    """The columns of the profile in their order; cells are counted in the order of the schema."""
    for name, source in sources.items():
        if source.written:
            yield _Place(source.written, start + names.index(name), source.value)


def _order(declared: Iterable[_Place], profile: Profile) -> list[_Place]:
    """One place per title, the first one; without titles, numbers say where a column stands."""
    places: dict[str, _Place] = {}
    constants = profile.constants
    for place in declared:
        places.setdefault(place.title, place)
    if profile.columns:
        return [places.get(title) or _Place(title, -1, constants.get(title, "")) for title in profile.columns]
    if profile.header:
        return list(places.values())
    last = max((int(title) for title in (*places, *constants)), default=0)
    return [places.get(str(number)) or _Place("", -1, constants.get(str(number), "")) for number in range(1, last + 1)]


def _without(row: Sequence[str], columns: set[int]) -> list[str]:
    return [cell for index, cell in enumerate(row) if index not in columns]


def _told(findings: Sequence[Finding], charset: str) -> tuple[str, str]:
    """Codes and reasons; a charset that lacks a character of them shows `?`."""
    reasons = " | ".join(f"{each.message('de')} {each.remedy('de')}" for each in findings)
    return " ".join(each.code for each in findings), reasons.encode(charset, "replace").decode(charset)


CODEC = CsvCodec()
