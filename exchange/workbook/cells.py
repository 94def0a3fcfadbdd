"""One cell → raw value, or what is wrong with the cell.

A cell knows whether it is text, number, flag or date, and that knowledge is used, not guessed: what people see in the
cell must be what is read. Source: fault catalogue X5 to X9, V10 to V13; formats.md 4.2.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from exchange.convert import GERMAN, TOO_LONG, ConversionError, Dialect, reader
from exchange.record import Field, Kind
from exchange.workbook.findings import DIGITS_LOST, ERROR_VALUE, NUMBER_IN_TEXT, PERCENT
from exchange.workbook.table import LISTS_SHEET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exchange.codec import Limits
    from exchange.workbook.book import Book
    from exchange.workbook.table import Mark


#: Excel keeps so many digits of a number.
EXACT_BELOW = 10**15
#: Digits of a postcode; a number with so many cannot have lost a zero.
POSTCODE_DIGITS = {"DE": 5, "AT": 4, "CH": 4}
#: How texts are read in a template of our own: its language is declared, so this is no guess.
DIALECTS: Mapping[str, Dialect] = {
    "de": GERMAN,
    "en": replace(GERMAN, decimal=".", thousands=",", date="%Y-%m-%d", true=("Y", "yes", "1", "-1", "true", "x")),
}
#: Between code and meaning in a drop-down.
DASH = " – "

_ZEROS = re.compile(r"0{2,}")
_LITERAL = re.compile(r'"[^"]*"|\\.')


class CellError(ConversionError):
    """Stands in the place of a value that the cell cannot give; the check makes it the finding of that field."""


def loses_zeros(field: Field) -> bool:
    """The field holds digits that may begin with 0, as its declaration shows: by the example, or by the note."""
    digits = field.example.isdigit() and field.example.startswith("0")
    return field.kind is Kind.TEXT and (digits or "Nullen" in field.note_de)


def read_lists(book: Book) -> dict[str, dict[str, str]]:
    """Field → entry of its drop-down → code, out of the hidden sheet of a template.

    An entry that is chosen is exactly the entry, so a name that happens to hold a dash is never cut.
    """
    for sheet in book.sheets:
        if sheet.title == LISTS_SHEET:
            rows = list(book.rows(sheet))
            titles = [cell.value for cell in rows[0]] if rows else []
            lists: dict[str, dict[str, str]] = {str(title): {} for title in titles if title}
            for row in rows[1:]:
                for title, cell in zip(titles, row, strict=False):
                    if title and isinstance(cell.value, str):
                        lists[str(title)][cell.value.casefold()] = cell.value.partition(DASH)[0]
            return lists
    return {}


class CellReader:
    """Reads the cells of one field.

    Args:
        field: what the cells are to hold.
        limits: longest text.
        mark: mark of the sheet; in a template, texts in number, date and flag columns are read in its language.
        entries: drop-down of the column.
        country: for a postcode: the country in a given row.
    """

    def __init__(
        self,
        field: Field,
        limits: Limits,
        mark: Mark | None,
        entries: Mapping[str, str],
        country: Callable[[Sequence[Any]], str] | None = None,
    ) -> None:
        self.field = field
        self.longest = limits.field_characters
        self.entries = entries
        self.country = country
        self.zeros = loses_zeros(field)
        typed = mark is not None and mark.template and field.kind not in (Kind.TEXT, Kind.MOMENT)
        self.read_text = reader(field, DIALECTS[mark.kind]) if mark is not None and typed else None

    def __call__(self, cell: Any, row: Sequence[Any]) -> Any:
        """The raw value of a cell, `""` for an empty one, or a CellError."""
        value = cell.value
        if value is None:
            return ""
        if cell.data_type == "e":
            return CellError(ERROR_VALUE, value=value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._text_of(value, cell, row) if self.field.kind is Kind.TEXT else self._number(value, cell)
        return value

    def _text(self, value: str) -> Any:
        if len(value) > self.longest:
            return CellError(TOO_LONG, value=value, length=len(value), limit=self.longest)
        if self.entries:
            value = self.entries.get(value.strip().casefold(), value)
        if self.read_text is None:
            return value
        try:
            read = self.read_text(value)
        except ConversionError as error:
            return CellError(error.kind, **error.values)
        return "" if read is None else read

    def _text_of(self, value: float, cell: Any, row: Sequence[Any]) -> Any:
        """A number where a text belongs. A format such as 00000 shows the zeros, so they are meant."""
        if abs(value) >= EXACT_BELOW:
            return CellError(DIGITS_LOST, value=value)
        if value != int(value):
            return value
        digits = str(int(value))
        if _ZEROS.fullmatch(cell.number_format):
            return digits.zfill(len(cell.number_format))
        if not self.zeros:
            return int(value)
        length = POSTCODE_DIGITS.get(self.country(row), 0) if self.country else 0
        if len(digits) == length:
            return digits
        return CellError(NUMBER_IN_TEXT, value=digits, suggestion=digits.zfill(length))

    def _number(self, value: float, cell: Any) -> Any:
        if "%" in _LITERAL.sub("", cell.number_format):
            return CellError(PERCENT, value=value, shown=format(round(value * 100, 8), "g"))
        return value
