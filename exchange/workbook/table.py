"""Which sheet holds the table, which row its titles, and which column which field. By title, never by position.

Source: fault catalogue X11; template recipe in formats.md section 5.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.utils import get_column_letter

from exchange.codec import DOUBLE_COLUMN, MISSING_COLUMN
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found
from exchange.profile import ROW_COLUMN
from exchange.workbook.book import HEADER_ROWS
from exchange.workbook.findings import NO_HEADER, NO_SHEET, OTHER_VERSION, SEVERAL_SHEETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from exchange.profile import Layout, Source
    from exchange.record import Field, Schema
    from exchange.workbook.book import Book


#: Version of the templates and workbooks that this program writes and reads.
VERSION = 1
#: The sheet with the entries of the drop-downs.
LISTS_SHEET = "_Listen"
GUIDE_SHEETS = {"de": "Anleitung", "en": "Instructions"}
#: Begins the first text of the row that shows how to fill the template; it is passed over.
EXAMPLE_PREFIXES = {"de": "BEISPIEL-", "en": "EXAMPLE-"}
#: Title of the column in which the findings stand when a workbook goes back.
FAULT_TITLES = {"de": "Importfehler", "en": "Import errors"}

_MARK = re.compile(r"exchange:([\w.-]+):v(\d+):([a-z]+)")


class Mark(NamedTuple):
    """The mark of a sheet of our own, in its hidden first cell.

    Attributes:
        module: module that the sheet is for.
        version: see `VERSION`.
        kind: language of a template, or `data` or `full` where the program wrote the sheet (see `exchange.codec.Meta`).
    """

    module: str
    version: int
    kind: str

    def __str__(self) -> str:
        return f"exchange:{self.module}:v{self.version}:{self.kind}"

    @property
    def template(self) -> bool:
        """People fill the sheet."""
        return self.kind in GUIDE_SHEETS

    @property
    def language(self) -> str:
        """Language in which to speak to whoever filled the sheet."""
        return "en" if self.kind == "en" else "de"


def read_mark(value: object) -> Mark | None:
    """The mark in the value of a cell, or None."""
    match = _MARK.fullmatch(value.strip()) if isinstance(value, str) else None
    return Mark(match[1], int(match[2]), match[3]) if match else None


def plain(title: object) -> str:
    """A title as it is compared: without `*`, outer and double blanks, and letter case."""
    return " ".join(str("" if title is None else title).replace("*", " ").split()).casefold()


@dataclass(frozen=True)
class Table:
    """Where everything stands.

    Attributes:
        sheet: the sheet of the opened book; use only while the book is open.
        title: its name.
        mark: its mark, if it has one.
        header_row: row of the titles, from 1.
        titles: the titles, as they stand there.
        fields: columns (from 0) per field of the schema; none where the sheet does not have the field.
        groups: the same per group.
        row_column: column of `exchange.profile.ROW_COLUMN`.
    """

    sheet: Any
    title: str
    mark: Mark | None
    header_row: int
    titles: tuple[str, ...]
    fields: tuple[tuple[int, ...], ...]
    groups: tuple[tuple[tuple[int, ...], ...], ...]
    row_column: int | None

    @property
    def used(self) -> list[int]:
        """All columns that mean something, in order."""
        every = {column for columns in self.fields for column in columns}
        every |= {column for group in self.groups for columns in group for column in columns}
        return sorted(every)

    def column(self, layout: Layout, name: str) -> int | None:
        """Column of a field, named as findings name it (`zip`, `lines[2].quantity`, or the title)."""
        child = re.fullmatch(r"(\w+)(?:\[\d+\])?\.(\w+)", name)
        schema = layout.schema
        columns: tuple[int, ...] = ()
        if child:
            for group, mapped in zip(schema.groups, self.groups, strict=True):
                if group.name == child[1] and child[2] in group.schema.names:
                    columns = mapped[group.schema.names.index(child[2])]
        elif name in schema.names:
            columns = self.fields[schema.names.index(name)]
        elif name in self.titles:
            columns = (self.titles.index(name),)
        return columns[0] if columns else None

    def locator(self, layout: Layout, line: int, name: str) -> Locator:
        """Sheet and cell of a finding, with the title of the column as its field."""
        column = self.column(layout, name) if name else None
        if column is None:
            return Locator(line, name, self.title)
        return Locator(line, self.titles[column], self.title, f"{get_column_letter(column + 1)}{line}")


def choose(book: Book) -> tuple[Any, Mark | None]:
    """The sheet with the mark, or else the only visible one that holds something. Raises BatchError."""
    marked, filled = [], []
    guides = {LISTS_SHEET, *GUIDE_SHEETS.values()}
    for sheet in book.sheets:
        head = book.head(sheet)
        mark = read_mark(head[0][0].value) if head and head[0] else None
        if mark:
            marked.append((sheet, mark))
        elif sheet.sheet_state == "visible" and sheet.title not in guides and any(map(_filled, head)):
            filled.append((sheet, None))
    candidates: Sequence[tuple[Any, Mark | None]] = marked or filled
    if not candidates:
        raise BatchError(found(NO_SHEET))
    if len(candidates) > 1:
        raise BatchError(found(SEVERAL_SHEETS, sheets=", ".join(sheet.title for sheet, _ in candidates)))
    return candidates[0]


def _filled(row: Iterable[Any]) -> bool:
    return any(cell.value is not None for cell in row)


def guess_titles(book: Book) -> tuple[Mark | None, tuple[str, ...]]:
    """Mark and titles without knowing the record: the first row below the mark with more than one filled cell."""
    sheet, mark = choose(book)
    rows = [row for row in book.head(sheet, 2 if mark else 1) if _filled(row)]
    wide = [row for row in rows if sum(cell.value is not None for cell in row) > 1]
    chosen = (wide or rows or [()])[0]
    return mark, tuple(" ".join(str(cell.value).replace("*", " ").split()) for cell in chosen if cell.value is not None)


def find_table(book: Book, layout: Layout) -> Table:
    """The table of the book. Raises BatchError with every fault of sheet, version and columns."""
    sheet, mark = choose(book)
    if mark and mark.version != VERSION:
        raise BatchError(found(OTHER_VERSION, found=mark.version, expected=VERSION, module=mark.module))
    known = _known_titles(layout)
    head = book.head(sheet)
    hits = [sum(plain(cell.value) in known for cell in row) for row in head]
    if not any(hits):
        title = next(iter(known.values()), "")
        raise BatchError(found(NO_HEADER, Locator(sheet=sheet.title), rows=HEADER_ROWS, title=title))
    row = hits.index(max(hits))
    columns: dict[str, list[int]] = defaultdict(list)
    for index, cell in enumerate(head[row]):
        path = known.get(plain(cell.value))
        if path is not None:
            columns[path].append(index)
    faults = [*_double(columns, sheet.title, row + 1), *_missing(columns, layout, mark, sheet.title)]
    if faults:
        raise BatchError(*faults)
    return Table(
        sheet,
        sheet.title,
        mark,
        row + 1,
        tuple("" if cell.value is None else str(cell.value).strip() for cell in head[row]),
        tuple(_columns_of(source, columns) for source in layout.sources),
        tuple(tuple(_columns_of(source, columns) for source in sources) for _, sources in layout.groups),
        columns[ROW_COLUMN][0] if columns.get(ROW_COLUMN) else None,
    )


def _columns_of(source: Source, columns: Mapping[str, list[int]]) -> tuple[int, ...]:
    return tuple(columns[path][0] for path in source.paths if columns.get(path))


def _known_titles(layout: Layout) -> dict[str, str]:
    """Plain title → path. Our own form also knows the labels; a label that two fields have names neither."""
    schema = layout.schema
    sources = [*layout.sources, *(source for _, each in layout.groups for source in each)]
    known = {plain(path): path for source in sources for path in source.paths}
    if schema.groups:
        known[ROW_COLUMN] = ROW_COLUMN
    if not layout.profile.canonical:
        return known
    labels: dict[str, set[str]] = defaultdict(set)
    for title, source in _labels(layout):
        labels[plain(title)].update(source.paths[:1])
    return {label: min(paths) for label, paths in labels.items() if len(paths) == 1} | known


def _labels(layout: Layout) -> Iterator[tuple[str, Source]]:
    for each, source in zip(layout.schema.fields, layout.sources, strict=True):
        yield each.de, source
        yield each.en, source
    for group, (_, sources) in zip(layout.schema.groups, layout.groups, strict=True):
        for each, source in zip(group.schema.fields, sources, strict=True):
            yield from ((each.de, source), (each.en, source))
            yield from ((f"{group.de}: {each.de}", source), (f"{group.en}: {each.en}", source))


def _double(columns: Mapping[str, list[int]], sheet: str, row: int) -> Iterator[Finding]:
    for path, places in columns.items():
        for place in places[1:]:
            at = Locator(row, path, sheet, f"{get_column_letter(place + 1)}{row}")
            yield found(DOUBLE_COLUMN, at, column=path)


def _missing(columns: Mapping[str, list[int]], layout: Layout, mark: Mark | None, sheet: str) -> Iterator[Finding]:
    """Required fields without a column; those of a group only where the group is required or begun."""
    yield from _missing_of(layout.schema, layout.sources, columns, mark, sheet)
    for group, (_, sources) in zip(layout.schema.groups, layout.groups, strict=True):
        if group.required or any(columns.get(path) for source in sources for path in source.paths):
            yield from _missing_of(group.schema, sources, columns, mark, sheet)


def _missing_of(
    schema: Schema, sources: Sequence[Source], columns: Mapping[str, list[int]], mark: Mark | None, sheet: str
) -> Iterator[Finding]:
    for field, source in zip(schema.fields, sources, strict=True):
        if field.required and source.paths and not source.value and not _columns_of(source, columns):
            yield found(MISSING_COLUMN, Locator(sheet=sheet), column=_title(field, source, mark))


def _title(field: Field, source: Source, mark: Mark | None) -> str:
    """The title as the sender knows it."""
    if mark and mark.template:
        return field.en if mark.kind == "en" else field.de
    return source.paths[0]
