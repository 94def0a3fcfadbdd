"""Csv: rows → raw records, and what is wrong with single rows.

A row of another width than the header cannot be trusted: a separator or a quote is missing, and what stands where is a
guess. All such rows are told at once, at the end of the file.

Source: fault catalogue V4, V6, V8, V9, V14.
"""

from __future__ import annotations

import csv
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from exchange.charset import LONE_RETURN
from exchange.codec import TOO_BIG, Raw, RawBlock
from exchange.convert import ConversionError
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found, kind
from exchange.text.columns import needed, picker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from exchange.profile import Layout, Source
    from exchange.text.columns import Columns, PickMany

SHORT_ROW = kind(
    "csv.short_row",
    de="Die Zeile hat {actual} Spalten, erwartet werden {expected}: sie ist zu kurz.",
    en="The row has {actual} columns, {expected} are expected: it is too short.",
    remedy_de="Ergänzen Sie die fehlenden Werte oder Trennzeichen; vielleicht ist die Datei abgeschnitten.",
    remedy_en="Add the missing values or separators; perhaps the file was cut off.",
)
LONG_ROW = kind(
    "csv.long_row",
    de="Die Zeile hat {actual} Spalten, erwartet werden {expected}: sie ist zu lang.",
    en="The row has {actual} columns, {expected} are expected: it is too long.",
    remedy_de="Ein Wert mit Trennzeichen muss in Anführungszeichen stehen; oder der Kopfzeile fehlt ein Titel.",
    remedy_en="A value with a separator must stand in quotes; or the header lacks a title.",
)
REPEATED_HEADER = kind(
    "csv.repeated_header",
    de="Die Zeile wiederholt die Spaltentitel.",
    en="The row repeats the column titles.",
    remedy_de="Löschen Sie die Zeile; vermutlich wurden zwei Dateien aneinandergehängt.",
    remedy_en="Delete the row; two files were probably joined.",
)
OPEN_QUOTE = kind(
    "csv.open_quote",
    de="Das Anführungszeichen, das in dieser Zeile beginnt, wird nicht geschlossen.",
    en="The quote that begins in this line is never closed.",
    remedy_de='Schließen Sie es; ein " im Text wird als "" geschrieben.',
    remedy_en='Close it; a " inside a text is written as "".',
)
BAD_QUOTE = kind(
    "csv.bad_quote",
    de="Nach einem schließenden Anführungszeichen folgt weiterer Text ({reason}).",
    en="A closing quote is followed by more text ({reason}).",
    remedy_de='Ein " im Text wird als "" geschrieben.',
    remedy_en='A " inside a text is written as "".',
)
ROW_NUMBER = kind(
    "csv.row_number",
    de="In Zeile {line} steht als laufende Nummer „{value}“; sie setzt die Zeile darüber nicht fort.",
    en="Row {line} is numbered “{value}”, which does not continue the row above.",
    remedy_de="Jeder Datensatz beginnt mit 1 und zählt lückenlos weiter; ergänzen Sie die fehlende Zeile.",
    remedy_en="Every record begins with 1 and counts on without gaps; add the missing row.",
)
ROW_DIFFERS = kind(
    "csv.row_differs",
    de="Zeile {line} gehört nach ihrer Nummer zum Datensatz darüber, hat aber „{value}“ statt „{first}“.",
    en="By its number row {line} belongs to the record above, but has “{value}” instead of “{first}”.",
    remedy_de="Tragen Sie in allen Zeilen eines Datensatzes dasselbe ein, oder geben Sie der Zeile eine eigene Nummer.",
    remedy_en="Enter the same in all rows of a record, or give the row a number of its own.",
)

#: A constant that stands for the number of a child among those of one cell.
COUNT = "#"
#: Rows that are looked at together.
CHUNK = 1_000
#: More structural faults than this are not listed.
MOST_FAULTS = 1_000


class Rows:
    """The rows of a file: one pass.

    Attributes:
        width: columns that a row must have; 0: as many as the first row has, and no less than `least`.
        least: columns that mean something.
    """

    def __init__(self, reader: Any, columns: Columns) -> None:
        self.width = columns.width
        self.least = needed(columns.fields)
        self._reader = reader
        self._header = columns.header
        self._doubtful = {"", *columns.header[:1]}  # first cells of rows that may be blank, or the header once more
        self._faults: list[Finding] = []
        self._broken: csv.Error | None = None

    def flat(self, pick_many: PickMany) -> Iterator[RawBlock]:
        """One record a row. Raises BatchError with all faulty rows, at the end of the file."""
        line = self._reader.line_num + 1
        for rows in self._chunks():
            lines: Sequence[int] = range(line, line + len(rows))
            if self._simple(rows, line):  # as nearly all are: no step of Python per row
                line += len(rows)
            else:
                rows, lines, line = self._sorted_out(rows, line)  # noqa: PLW2901 - what is left of them
            if rows and not (self._faults and len(rows) < CHUNK):  # the end of a faulty file is of no use
                yield RawBlock(lines, pick_many(rows))
        self._tell(line)

    def _sorted_out(self, rows: list[list[str]], line: int) -> tuple[list[list[str]], list[int], int]:
        """The sound rows and their lines, and the line behind all of them."""
        sound, lines = [], []
        for row in rows:
            if self._sound(row, line):
                sound.append(row)
                lines.append(line)
            line += _lines(row)
        return sound, lines, line

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Sound rows, each with the line that it begins in. Raises as `flat`."""
        line = self._reader.line_num + 1
        for rows in self._chunks():
            for row in rows:
                if self._sound(row, line):
                    yield line, row
                line += _lines(row)
        self._tell(line)

    def _chunks(self) -> Iterator[list[list[str]]]:
        full = True
        while full:
            rows: list[list[str]] = []
            try:
                rows.extend(islice(self._reader, CHUNK))
            except csv.Error as error:  # the rows before the broken one have been added
                self._broken = error
            full = len(rows) == CHUNK
            yield rows

    def _simple(self, rows: list[list[str]], line: int) -> bool:
        """Whether all rows are sound and have one line each."""
        return (
            self._reader.line_num == line + len(rows) - 1
            and set(map(len, rows)) == {self.width}
            and self._doubtful.isdisjoint(map(itemgetter(0), rows))
        )

    def _sound(self, row: list[str], line: int) -> bool:
        """Whether the row is a record; blank ones are passed over, others that are none are kept as faults."""
        if not any(map(str.strip, row)):
            return False
        if not self.width and len(row) >= self.least:
            self.width = len(row)  # without titles, the first row is the measure
        expected = self.width or self.least
        if row == self._header:
            self._add(found(REPEATED_HEADER, Locator(line)))
        elif len(row) < expected:
            self._add(found(SHORT_ROW, Locator(line), actual=len(row), expected=expected))
        elif len(row) > expected:
            self._add(found(LONG_ROW, Locator(line), actual=len(row), expected=expected))
        else:
            return True
        return False

    def _add(self, finding: Finding) -> None:
        self._faults.append(finding)
        if len(self._faults) >= MOST_FAULTS:
            raise BatchError(*self._faults)

    def _tell(self, line: int) -> None:
        if self._broken is not None:
            self._faults.append(broken(self._broken, line))
        if self._faults:
            raise BatchError(*self._faults)


def _lines(row: list[str]) -> int:
    """Lines of the file that a row takes."""
    return 1 + sum(cell.count("\n") for cell in row)


def broken(error: csv.Error, line: int) -> Finding:
    """What the csv reader says, in our words. `line` is where the row begins."""
    reason = str(error)
    if "field limit" in reason:
        return found(TOO_BIG, Locator(line), what="Ein Feld / A field", limit=csv.field_size_limit())
    if "unexpected end" in reason:
        return found(OPEN_QUOTE, Locator(line))
    if "new-line character" in reason:
        return found(LONE_RETURN, Locator(line))
    return found(BAD_QUOTE, Locator(line), reason=reason)


class Nested:
    """Rows that belong together → records with children; see `exchange.codec.flatten`.

    The number in the column `row` tells which do. Where a partner has no such column, consecutive rows with the same
    values of the record do, or with the same values in the columns that the profile names (`by`).
    """

    def __init__(self, layout: Layout, columns: Columns) -> None:
        empty = layout.profile.empty
        self.pick = picker(columns.fields, layout.sources, empty)
        declared = layout.profile.groups
        splits = [declared[group.name].split if group.name in declared else "" for group in layout.schema.groups]
        self.children = [
            _children(each, sources, empty, split)
            for each, (_, sources), split in zip(columns.groups, layout.groups, splits, strict=True)
        ]
        self.used = [sorted({index for each in group for index in each}) for group in columns.groups]
        self.column = columns.row
        self.by = columns.by

    def records(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Raw]:
        """All records, in order."""
        record: Raw | None = None
        expected = 1
        name: list[str] = []
        for line, row in rows:
            values = list(self.pick(row))
            number = self._number(row)
            before, name = name, [row[index].strip() for index in self.by]
            if self.by:
                begins = name != before or not any(name)
            else:
                begins = self.column is None and record is not None and values != record.values
            if record is None or number == 1 or begins:
                if record is not None:
                    yield record
                record = Raw(line, values, [[] for _ in self.children])
            elif self.column is not None or self.by:
                _same(record.values, values, line)  # type: ignore[arg-type] # a list, made above
            if self.column is not None and number not in (1, expected):
                fault = ConversionError(ROW_NUMBER, line=line, value=row[self.column])
                record.values[0] = fault  # type: ignore[index]
            self._add(record, line, row)
            expected = (number or 0) + 1
        if record is not None:
            yield record

    def _number(self, row: list[str]) -> int | None:
        """The number of the row within its record, if the file says it."""
        text = row[self.column].strip() if self.column is not None else ""
        return int(text) if text.isascii() and text.isdigit() else None

    def _add(self, record: Raw, line: int, row: list[str]) -> None:
        """The children that stand in this row; a group without any value has none here."""
        for used, picks, children in zip(self.used, self.children, record.groups, strict=True):
            if any(row[index].strip() for index in used):
                for values in picks(row):
                    if not self.by or all(list(each.values) != list(values) for each in children):
                        children.append(Raw(line, values))  # type: ignore[attr-defined] # a list, made in `records`


def _children(
    columns: Sequence[tuple[int, ...]], sources: Sequence[Source], empty: Sequence[str], split: str
) -> Callable[[list[str]], Iterator[Sequence[str]]]:
    """The function row → values of each child in it: one, or as many as a cell holds (`GroupSource.split`)."""
    pick = picker(columns, sources, empty)
    if not split:
        return lambda row: iter((pick(row),))
    (place,) = {index for each in columns for index in each} or {0}

    def picks(row: list[str]) -> Iterator[Sequence[str]]:
        pieces = [piece.strip() for piece in row[place].split(split) if piece.strip()]
        for number, piece in enumerate(pieces, 1):
            row = [*row[:place], piece, *row[place + 1 :]]
            yield [str(number) if value == COUNT else value for value in pick(row)]

    return picks


def _same(values: list[Any], again: Sequence[str], line: int) -> None:
    """A further row of a record repeats its values, or leaves them out."""
    for index, (first, value) in enumerate(zip(values, again, strict=True)):
        if value != first and value.strip() and not isinstance(first, ConversionError):
            values[index] = ConversionError(ROW_DIFFERS, line=line, value=value, first=first)
