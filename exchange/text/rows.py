"""Csv: rows → raw records, and what is wrong with single rows.

A row of another width than the header cannot be trusted: a separator or a quote is missing, and what stands where is a
guess. All such rows are told at once, at the end of the file.

Source: fault catalogue V4, V6, V8, V9, V14.
"""

from __future__ import annotations

import csv
from itertools import islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from exchange.charset import LONE_RETURN
from exchange.codec import TOO_BIG, Raw
from exchange.convert import ConversionError
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found, kind
from exchange.text.columns import needed, picker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.profile import Layout
    from exchange.text.columns import Columns, Pick

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
    de="Zeile {line} gehört nach ihrer laufenden Nummer zum Datensatz darüber, hat aber „{value}“ statt „{first}“.",
    en="By its number row {line} belongs to the record above, but has “{value}” instead of “{first}”.",
    remedy_de="Tragen Sie in allen Zeilen eines Datensatzes dasselbe ein, oder beginnen Sie mit 1 einen neuen.",
    remedy_en="Enter the same in all rows of a record, or begin a new one with 1.",
)

#: Rows that are looked at together; many more would wake the garbage collector up.
CHUNK = 64
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

    def flat(self, pick: Pick) -> Iterator[Raw]:
        """One record a row. Raises BatchError with all faulty rows, at the end of the file."""
        line = self._reader.line_num + 1
        for rows in self._chunks():
            if self._simple(rows, line):  # as nearly all are: no step of Python per row
                lines = range(line, line + len(rows))
                yield from map(tuple.__new__, repeat(Raw), zip(lines, map(pick, rows), repeat(())))
                line += len(rows)
                continue
            for row in rows:
                if self._sound(row, line):
                    yield Raw(line, pick(row))
                line += _lines(row)
        self._tell(line)

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
    values of the record do.
    """

    def __init__(self, layout: Layout, columns: Columns) -> None:
        empty = layout.profile.empty
        self.pick = picker(columns.fields, layout.sources, empty)
        self.children = [
            picker(each, sources, empty) for each, (_, sources) in zip(columns.groups, layout.groups, strict=True)
        ]
        self.used = [sorted({index for each in group for index in each}) for group in columns.groups]
        self.column = columns.row

    def records(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Raw]:
        """All records, in order."""
        record: Raw | None = None
        expected = 1
        for line, row in rows:
            values = list(self.pick(row))
            number = self._number(row)
            if record is None or number == 1 or (self.column is None and values != record.values):
                if record is not None:
                    yield record
                record = Raw(line, values, [[] for _ in self.children])
            elif self.column is not None:
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
        for used, pick, children in zip(self.used, self.children, record.groups, strict=True):
            if any(row[index].strip() for index in used):
                children.append(Raw(line, pick(row)))  # type: ignore[attr-defined] # a list, made in `records`


def _same(values: list[Any], again: Sequence[str], line: int) -> None:
    """A further row of a record repeats its values, or leaves them out."""
    for index, (first, value) in enumerate(zip(values, again, strict=True)):
        if value != first and value.strip() and not isinstance(first, ConversionError):
            values[index] = ConversionError(ROW_DIFFERS, line=line, value=value, first=first)
