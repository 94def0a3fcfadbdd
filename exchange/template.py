"""The Excel template of a module: what people fill in, made from the declaration of its record.

Recipe: formats.md section 5.3. The hidden first row holds the mark by which the importer knows the sheet; the
drop-downs take their entries from a very hidden sheet; columns that hold digits are text, so that zeros stay.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from exchange.convert import PLAIN, writer
from exchange.record import Field, Kind
from exchange.workbook.cells import DASH, DIALECTS
from exchange.workbook.marking import cell_text
from exchange.workbook.table import EXAMPLE_PREFIXES, GUIDE_SHEETS, LISTS_SHEET, VERSION, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.finding import Language
    from exchange.module import Module

#: The drop-downs reach so far.
LAST_ROW = 50_002
#: Cells down to here are formatted one by one, for programs that pass over the format of a column.
LAST_FORMATTED_ROW = 2_000
HEADER_ROW = 2
FIRST_ROW = 3

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "de": {
        "row": "Zeile", "yes": "J", "no": "N", "needed": "Pflichtfeld", "optional": "freiwillig", "column": "Spalte",
        "need": "Pflicht", "kind": "Art", "length": "Länge", "note": "Hinweis", "example": "Beispiel",
        "at_most": "höchstens {length} Zeichen", "chosen": "Auswahl", "date": "TT.MM.JJJJ",
        "text": "Text", "number": "Zahl", "whole": "ganze Zahl", "flag": "J oder N", "day": "Datum",
        "moment": "Zeitpunkt",
        "list_title": "Nicht in der Liste",
        "list_text": "Dieser Wert steht nicht in der Auswahl. Er wird beim Einlesen geprüft. Trotzdem übernehmen?",
        "guide": "Tragen Sie die Daten im Blatt „{sheet}“ ab Zeile {row} ein. Die Zeile, die mit {prefix} beginnt, ist "
        "ein Beispiel und wird nicht eingelesen. Spalten dürfen umgestellt oder weggelassen werden, farbige (*) nicht. "
        "Fehler kommen in Ihrer eigenen Mappe zurück, rot und mit Notiz: berichtigen und noch einmal senden.",
    },
    "en": {
        "row": "Row", "yes": "Y", "no": "N", "needed": "required", "optional": "optional", "column": "Column",
        "need": "Required", "kind": "Kind", "length": "Length", "note": "Note", "example": "Example",
        "at_most": "at most {length} characters", "chosen": "list", "date": "YYYY-MM-DD",
        "text": "text", "number": "number", "whole": "whole number", "flag": "Y or N", "day": "date",
        "moment": "moment",
        "list_title": "Not in the list",
        "list_text": "This value is not in the list. It is checked when the file is read. Keep it?",
        "guide": "Enter the data in the sheet “{sheet}” from row {row} on. The row that begins with {prefix} is an "
        "example and is not read. Columns may be moved or left out, except the coloured ones (*). Errors come back in "
        "your own workbook, red and with a note: correct them and send it again.",
    },
}  # fmt: skip

_KIND_WORDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.WHOLE: "whole",
    Kind.FLAG: "flag",
    Kind.DATE: "day",
    Kind.MOMENT: "moment",
}
_REQUIRED = PatternFill("solid", start_color="FFFFC000")
_OPTIONAL = PatternFill("solid", start_color="FFD9E2F3")
_BELOW = Border(bottom=Side("thin", color="FF7F7F7F"))
_BOLD = Font(name="Calibri", size=11, bold=True)
_EXAMPLE = Font(name="Calibri", size=11, italic=True, color="FF7F7F7F")
_LEAST_WIDTH, _MOST_WIDTH = 11, 34
_NOTE_SIZE = {"width": 260, "height": 150}
_SHEET_NAME_CHARACTERS = 31


class _Column(NamedTuple):
    """One column of the data sheet; `key` is what drop-down and importer call it."""

    key: str
    title: str
    field: Field
    example: Any
    entries: tuple[str, ...]


def write_template(
    module: Module,
    out: BinaryIO,
    language: Language,
    lists: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> None:
    """Write the template of a module as an xlsx workbook.

    Args:
        module: the module whose record people fill in.
        out: where to; the caller closes it.
        language: of titles, notes and drop-downs.
        lists: further drop-downs, such as the payment terms in Sage: field name → pairs of code and meaning.
    """
    columns = list(_columns(module, language, lists or {}))
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", module.de if language == "de" else module.en)[:_SHEET_NAME_CHARACTERS]
    _lists(workbook, columns)
    _heads(sheet, columns, language)
    for index, column in enumerate(columns, 1):
        _format(sheet, index, column, language)
    _dropdowns(sheet, columns, language)
    sheet.cell(1, 1, str(Mark(module.name, VERSION, language)))
    sheet.row_dimensions[1].hidden = True
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 2)
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{get_column_letter(len(columns))}{LAST_ROW}"
    _guide(workbook, sheet.title, columns, language)
    workbook.save(out)


def _columns(module: Module, language: Language, lists: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[_Column]:
    schema, example = module.schema, module.example()
    words = _WORDS[language]
    first_text = next((each.name for each in schema.fields if each.kind is Kind.TEXT), "")
    if schema.groups:
        counter = Field(kind=Kind.WHOLE, de=words["row"], en=words["row"], required=True, name="row")
        yield _Column("row", words["row"], counter, 1, ())
    for field, value in zip(schema.fields, example, strict=False):
        prefix = EXAMPLE_PREFIXES[language] if field.name == first_text else ""
        yield _column(field, "", "", value, language, lists, prefix)
    for group, children in zip(schema.groups, example[len(schema.fields) :], strict=True):
        values = children[0] if children else [None] * len(group.schema.fields)
        label = (group.de if language == "de" else group.en) + ": "
        for field, value in zip(group.schema.fields, values, strict=True):
            yield _column(field, f"{group.name}.", label, value, language, lists, "")


def _column(
    field: Field,
    path: str,
    label: str,
    value: Any,
    language: Language,
    lists: Mapping[str, Sequence[tuple[str, str]]],
    prefix: str,
) -> _Column:
    pairs = [(each.code, each.de if language == "de" else each.en) for each in field.codes]
    pairs = pairs or list(lists.get(path + field.name, ()))
    entries = {code: code if meaning in ("", code) else f"{code}{DASH}{meaning}" for code, meaning in pairs}
    if field.kind is Kind.FLAG:
        words = _WORDS[language]
        entries = {"1": words["yes"], "0": words["no"]}
    shown = _shown(field, value, entries)
    if prefix:
        shown = f"{prefix}{shown or field.example}"[: field.length or None]
    title = label + (field.de if language == "de" else field.en)
    chosen = tuple(cell_text(entry) for entry in entries.values())
    return _Column(path + field.name, title + (" *" if field.required else ""), field, shown, chosen)


def _shown(field: Field, value: Any, entries: Mapping[str, str]) -> Any:
    """The value of the example as it stands in a cell: numbers and dates as such, codes with their meaning."""
    if value is None or value == "":
        return None
    text = writer(field, PLAIN)(value)
    if text in entries:
        return entries[text]
    return value if field.kind in (Kind.NUMBER, Kind.WHOLE, Kind.DATE) else text


def _lists(workbook: Workbook, columns: Sequence[_Column]) -> None:
    """The entries of the drop-downs, one column each under the name of its field, and a defined name for each."""
    sheet: Any = workbook.create_sheet(LISTS_SHEET)
    sheet.sheet_state = "veryHidden"
    for index, column in enumerate([column for column in columns if column.entries], 1):
        letter = get_column_letter(index)
        sheet.cell(1, index, column.key)
        for row, entry in enumerate(column.entries, 2):
            cell = sheet.cell(row, index, entry)
            cell.data_type, cell.number_format = "s", "@"
        reference = f"{quote_sheetname(LISTS_SHEET)}!${letter}$2:${letter}${len(column.entries) + 1}"
        workbook.defined_names[_list_name(column)] = DefinedName(_list_name(column), attr_text=reference)


def _list_name(column: _Column) -> str:
    return "Liste_" + column.key.replace(".", "_")


def _heads(sheet: Any, columns: Sequence[_Column], language: Language) -> None:
    for index, column in enumerate(columns, 1):
        cell = sheet.cell(HEADER_ROW, index, column.title)
        cell.font, cell.border = _BOLD, _BELOW
        cell.fill = _REQUIRED if column.field.required else _OPTIONAL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        cell.comment = Comment(_note(column, language), "template", **_NOTE_SIZE)
    sheet.row_dimensions[HEADER_ROW].height = 30


def _note(column: _Column, language: Language) -> str:
    field, words = column.field, _WORDS[language]
    lines = [column.title.removesuffix(" *") + ": " + words["needed" if field.required else "optional"]]
    lines.append(_kind(column, language) + (f", {_length(field, language)}" if _length(field, language) else ""))
    lines.append(field.note_de if language == "de" else field.note_en)
    example = _example(column, language)
    lines.append(f"{words['example']}: {example}" if example else "")
    return "\n".join(line for line in lines if line)


def _kind(column: _Column, language: Language) -> str:
    words = _WORDS[language]
    word = words[_KIND_WORDS[column.field.kind]]
    if column.field.kind is Kind.DATE:
        return f"{word} {words['date']}"
    return f"{word} ({words['chosen']})" if column.entries and column.field.kind is not Kind.FLAG else word


def _length(field: Field, language: Language) -> str:
    if field.kind is not Kind.TEXT or not field.length:
        return ""
    return _WORDS[language]["at_most"].format(length=field.length)


def _example(column: _Column, language: Language) -> str:
    """An example for reading: the declared one, as people write it in this language."""
    example = column.field.example
    if column.field.kind is Kind.FLAG or not example:
        return ""
    if column.field.kind is Kind.DATE:
        return writer(column.field, DIALECTS[language])(date.fromisoformat(example))
    return next((entry for entry in column.entries if entry.partition(DASH)[0] == example), example)


def _format(sheet: Any, index: int, column: _Column, language: Language) -> None:
    """Number format, width and example of a column."""
    form = _number_format(column.field, language)
    dimension = sheet.column_dimensions[get_column_letter(index)]
    dimension.number_format = form
    longest = max(len(column.title), len(str(column.example or "")), *map(len, column.entries), 0, 0)
    dimension.width = min(max(longest + 3, _LEAST_WIDTH), _MOST_WIDTH)
    if form == "@":
        for row in range(FIRST_ROW, LAST_FORMATTED_ROW + 1):
            sheet.cell(row, index).number_format = form
    cell = sheet.cell(FIRST_ROW, index)
    cell.value = column.example
    if isinstance(column.example, str):
        cell.data_type = "s"
    cell.font, cell.number_format = _EXAMPLE, form


def _number_format(field: Field, language: Language) -> str:
    if field.kind is Kind.NUMBER:
        return "0." + "0" * field.least_places if field.least_places else "General"
    if field.kind is Kind.WHOLE:
        return "0"
    if field.kind is Kind.DATE:
        return "dd.mm.yyyy" if language == "de" else "yyyy-mm-dd"
    return "@"


def _dropdowns(sheet: Any, columns: Sequence[_Column], language: Language) -> None:
    words = _WORDS[language]
    for index, column in enumerate(columns, 1):
        if not column.entries:
            continue
        dropdown = DataValidation(
            type="list",
            formula1=f"={_list_name(column)}",
            allow_blank=True,
            showErrorMessage=True,
            errorStyle="warning",
            errorTitle=words["list_title"],
            error=words["list_text"],
        )
        letter = get_column_letter(index)
        dropdown.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
        sheet.add_data_validation(dropdown)


def _guide(workbook: Workbook, data_sheet: str, columns: Sequence[_Column], language: Language) -> None:
    """The short table of all columns."""
    words = _WORDS[language]
    sheet: Any = workbook.create_sheet(GUIDE_SHEETS[language])
    text = words["guide"].format(sheet=data_sheet, row=FIRST_ROW + 1, prefix=EXAMPLE_PREFIXES[language])
    sheet.append([text])
    sheet.merge_cells("A1:F1")
    sheet["A1"].alignment = Alignment(wrap_text=True, vertical="top")
    sheet.row_dimensions[1].height = 64
    sheet.append([words[name] for name in ("column", "need", "kind", "length", "note", "example")])
    for cell in sheet[2]:
        cell.font, cell.fill, cell.border = _BOLD, _OPTIONAL, _BELOW
    for column in columns:
        note = column.field.note_de if language == "de" else column.field.note_en
        need = words["needed"] if column.field.required else ""
        length = str(column.field.length) if _length(column.field, language) else ""
        name, example = column.title.removesuffix(" *"), _example(column, language)
        sheet.append([name, need, _kind(column, language), length, note, example])
    for letter, width in zip("ABCDEF", (26, 13, 24, 8, 76, 34), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A3"
