"""The rows of a table → raw records.

Source: fault catalogue X5 to X8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.codec import TOO_BIG, Raw
from exchange.errors import BatchError
from exchange.finding import found
from exchange.record import Kind
from exchange.workbook.cells import CellError, CellReader, read_lists
from exchange.workbook.findings import MERGED, NOT_CALCULATED, REPEATED_HEADER, ROW_DIFFERS, ROW_NUMBER
from exchange.workbook.table import EXAMPLE_PREFIXES, Table, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from exchange.profile import Layout, Source
    from exchange.record import Schema
    from exchange.workbook.book import Area, Book

#: More merged ranges than this are no table.
MOST_MERGED = 10_000


class _Field(NamedTuple):
    """How one field is taken out of a row."""

    columns: tuple[int, ...]
    source: Source
    read: CellReader

    def take(self, row: Sequence[Any], faults: Mapping[int, CellError]) -> Any:
        """The raw value; a faulty cell gives its fault."""
        values = []
        for column in self.columns:
            value = faults.get(column) or self.read(row[column], row)
            if isinstance(value, CellError) or (value != "" and not self.source.join):
                return value
            if value != "":
                values.append(str(value))
        return self.source.separator.join(values) or self.source.value


class Reading:
    """One pass over the rows of a table."""

    def __init__(self, book: Book, table: Table, layout: Layout) -> None:
        self.book = book
        self.table = table
        self.used = table.used
        self.lists = read_lists(book) if table.mark and table.mark.template else {}
        self.fields = self._fields(layout.schema, layout.sources, table.fields, "")
        self.groups = [
            self._fields(group.schema, sources, columns, f"{group.name}.")
            for group, (_, sources), columns in zip(layout.schema.groups, layout.groups, table.groups, strict=True)
        ]
        texts = [
            columns[0]
            for each, columns in zip(layout.schema.fields, table.fields, strict=True)
            if columns and each.kind is Kind.TEXT
        ]
        self.example_column = texts[0] if texts and table.mark and table.mark.template else None
        self.examples = tuple(prefix.casefold() for prefix in EXAMPLE_PREFIXES.values())

    def _fields(
        self, schema: Schema, sources: Sequence[Source], columns: Sequence[tuple[int, ...]], prefix: str
    ) -> list[_Field]:
        place = dict(zip(schema.names, columns, strict=True))
        made = []
        for each, source in zip(schema.fields, sources, strict=True):
            entries = self.lists.get(prefix + each.name, {})
            country = _country(place.get(each.name.removesuffix("zip") + "country", ())) if "zip" in each.name else None
            reader = CellReader(each, self.book.limits, self.table.mark, entries, country)
            made.append(_Field(place[each.name], source, reader))
        return made

    def records(self) -> Iterator[Raw]:
        """All records, in order."""
        rows = self._rows()
        if not self.groups:
            for line, row, faults in rows:
                yield Raw(line, self._values(row, faults))
            return
        record: Raw | None = None
        expected = 1
        for line, row, faults in rows:
            values = self._values(row, faults)
            number = self._number(row)
            if record is None or number == 1 or (self.table.row_column is None and values != record.values):
                if record is not None:
                    yield record
                record = Raw(line, values, [[] for _ in self.groups])
            else:
                _same(record, values, line)
            if self.table.row_column is not None and number not in (1, expected):
                shown = row[self.table.row_column].value
                record.values[0] = CellError(ROW_NUMBER, line=line, value=shown)  # type: ignore[index]
            self._add(record, line, row, faults)
            expected = (number or 0) + 1
        if record is not None:
            yield record

    def _number(self, row: Sequence[Any]) -> int | None:
        """The number of the row within its record, if the sheet says it."""
        if self.table.row_column is None:
            return None
        value = str(row[self.table.row_column].value).removesuffix(".0")
        return int(value) if value.isascii() and value.isdigit() else None

    def _add(self, record: Raw, line: int, row: Sequence[Any], faults: Mapping[int, CellError]) -> None:
        for fields, children in zip(self.groups, record.groups, strict=True):
            values = [field.take(row, faults) for field in fields]
            if any(not _blank(value) for value in values):
                children.append(Raw(line, values))  # type: ignore[attr-defined]

    def _values(self, row: Sequence[Any], faults: Mapping[int, CellError]) -> list[Any]:
        values = [field.take(row, faults) for field in self.fields]
        if self._is_header(row):
            values[0] = CellError(REPEATED_HEADER)
        return values

    def _is_header(self, row: Sequence[Any]) -> bool:
        titles = self.table.titles
        first = self.used[0]
        if plain(row[first].value) != plain(titles[first]):
            return False
        shown = [column for column in self.used if row[column].value is not None]
        return all(plain(row[column].value) == plain(titles[column]) for column in shown)

    def _rows(self) -> Iterator[tuple[int, Sequence[Any], Mapping[int, CellError]]]:
        """Rows that hold something: number, cells, and the faults of cells by column."""
        scan = self.book.scan(self.table.sheet)
        first, last = self.table.header_row + 1, scan.last_row
        if last is not None and last < first:
            return
        width = max([*self.used, self.table.row_column or 0]) + 1
        rows = self.book.rows(self.table.sheet, first, last, width)
        formulas = self.book.formula_rows(self.table.sheet, first, last, width) if scan.formulas else None
        merged = _Merged([area for area in scan.merged if area.last_row >= first])
        for number, row in enumerate(rows, first):
            faults = self._uncalculated(row, next(formulas)) if formulas else {}
            if not faults and all(_blank(row[column].value) for column in self.used):
                continue
            if self._is_example(row):
                continue
            yield number, row, faults | merged.faults(number, self.used)

    def _uncalculated(self, row: Sequence[Any], formulas: Sequence[Any]) -> dict[int, CellError]:
        """Formulas without a result. One whose result is the empty text is of type `str` and in order."""
        return {
            column: CellError(NOT_CALCULATED)
            for column in self.used
            if formulas[column].data_type == "f" and row[column].value is None and row[column].data_type != "str"
        }

    def _is_example(self, row: Sequence[Any]) -> bool:
        if self.example_column is None:
            return False
        return str(row[self.example_column].value or "").strip().casefold().startswith(self.examples)


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _country(columns: Sequence[int]) -> Callable[[Sequence[Any]], str] | None:
    """The country that stands in the same row, be it a code or the entry of a drop-down."""
    return (lambda row: str(row[columns[0]].value or "")[:2].upper()) if columns else None


def _same(record: Raw, values: Sequence[Any], line: int) -> None:
    """A further row of a record repeats its values, or leaves them out."""
    pairs = zip(values, record.values, strict=True)
    if any(not _blank(new) and new != old and not isinstance(old, CellError) for new, old in pairs):
        record.values[0] = CellError(ROW_DIFFERS, line=line)  # type: ignore[index]


class _Merged:
    """The merged ranges, in step with the rows."""

    def __init__(self, areas: Sequence[Area]) -> None:
        if len(areas) > MOST_MERGED:
            what = "Die Zahl verbundener Zellen / The number of merged cells"
            raise BatchError(found(TOO_BIG, what=what, limit=MOST_MERGED))
        self.waiting = sorted(areas, key=lambda area: area.first_row, reverse=True)
        self.open: list[Area] = []

    def faults(self, row: int, used: Sequence[int]) -> dict[int, CellError]:
        """The cells of a row that are merged with others, by column."""
        while self.waiting and self.waiting[-1].first_row <= row:
            self.open.append(self.waiting.pop())
        self.open = [area for area in self.open if area.last_row >= row]
        return {
            column: CellError(MERGED, range=area.ref)
            for area in self.open
            for column in used
            if area.first_column <= column + 1 <= area.last_column
        }
