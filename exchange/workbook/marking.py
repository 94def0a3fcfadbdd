"""Writing workbooks: texts that stay texts, and the user's own workbook with its faulty cells marked.

Source: fault catalogue X10, X12, X13; formats.md 5.2 and 5.3.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from exchange.errors import BatchError
from exchange.finding import Finding, Language, Locator, found
from exchange.workbook.container import damage_reported
from exchange.workbook.findings import CELL_FULL
from exchange.workbook.table import FAULT_TITLES, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.workbook.book import Book
    from exchange.workbook.table import Table


#: Characters that a cell holds; openpyxl would cut the rest off without a word.
CELL_CHARACTERS = 32_767
#: A larger workbook, or one with parts that openpyxl drops, does not go back as itself: its rejected rows do.
MOST_BYTES = 20 * 1024**2
MOST_UNPACKED_BYTES = 200 * 1024**2
DROPPED_PARTS = (
    "xl/vbaProject.bin", "xl/media/", "xl/charts/", "xl/drawings/drawing", "xl/embeddings/", "xl/ctrlProps/",
    "xl/slicers/", "xl/threadedComments/", "xl/pivotTables/",
)  # fmt: skip

RED = "FFFFC7CE"
AUTHOR = "exchange"
_OWN_NOTE = "\n\n– – –\n"
_MARKED = PatternFill("solid", start_color=RED)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOTE_WIDTH = 340
_NOTE_LINE_HEIGHT = 20
_FAULTS_WIDTH = 70
_NOTE_LINE_CHARACTERS = 45


class Fault(NamedTuple):
    """A finding and the column (from 0) of its cell, if it has one."""

    column: int | None
    finding: Finding


def cell_text(text: str) -> str:
    """The text without the few characters that no xml can hold; they become the replacement character."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def text_cell(sheet: Any, text: str) -> Any:
    """What to append for a text, so that it stays one whatever it begins with. Raises BatchError for a too long one."""
    if len(text) > CELL_CHARACTERS:
        raise BatchError(found(CELL_FULL, Locator(sheet=sheet.title), length=len(text), limit=CELL_CHARACTERS))
    text = cell_text(text)
    if text and (text[0] in "=+-@" or text in ERROR_CODES):
        cell: Any = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # openpyxl took it for a formula or an error value
        cell.number_format = "@"  # and Excel would take it for one as soon as somebody edits the cell
        return cell
    return text or None


@contextmanager
def new_sheet(title: str, out: BinaryIO) -> Iterator[Any]:
    """A sheet to append rows to; saved as a workbook when the block ends well, thrown away when it does not."""
    workbook = Workbook(write_only=True)
    sheet: Any = workbook.create_sheet(title)
    try:
        yield sheet
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # noqa: SLF001 - openpyxl keeps its temporary file otherwise
        raise
    workbook.save(out)


def load_whole(path: Path) -> Any:
    """The workbook as openpyxl can write it again, or None when parts of it would be lost or the memory filled."""
    with damage_reported(), path.open("rb") as file, ZipFile(file) as archive:
        parts = archive.infolist()
    if path.stat().st_size > MOST_BYTES or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        return None
    if any(part.filename.startswith(DROPPED_PARTS) for part in parts):
        return None
    try:
        with damage_reported(), path.open("rb") as file:
            return load_workbook(file)
    except BatchError:  # a part beside the cells is damaged: the rows could be read, the whole cannot
        return None


def mark(workbook: Any, table: Table, faults: Mapping[int, Sequence[Fault]], out: BinaryIO) -> None:
    """Write the user's own workbook: faulty cells red with a note, all findings of a row in its last column.

    Marks of an earlier round are taken away first; rows without findings stay as they are.
    """
    language = _language(table)
    sheet = workbook[table.title]
    known = [index for index, title in enumerate(table.titles, 1) if plain(title) in _fault_titles()]
    if known:
        _clean(sheet, table.header_row, known[0])
    last = max(index for index, title in enumerate(table.titles, 1) if title)
    column = known[0] if known else last + 1
    header = sheet.cell(table.header_row, column, FAULT_TITLES[language])
    header.font, header.fill = Font(name="Calibri", size=11, bold=True), _MARKED
    sheet.column_dimensions[get_column_letter(column)].width = _FAULTS_WIDTH
    for row, found_here in faults.items():
        place = sheet.cell(row, column)
        place.value, place.data_type = _summary(found_here, table, language), "s"
        for index in sorted({fault.column for fault in found_here if fault.column is not None}):
            cell = _top_left(sheet, row, index + 1)
            cell.fill = _MARKED
            own = cell.comment.text if cell.comment else ""
            cell.comment = _note([each.finding for each in found_here if each.column == index], language, own)
    workbook.save(out)


def rejected_rows(
    book: Book, table: Table, rows: Collection[int], faults: Mapping[int, Sequence[Fault]], out: BinaryIO
) -> None:
    """Write a new workbook with the title row and only these rows, marked in the same way."""
    language = _language(table)
    titles = [title for title in table.titles if plain(title) not in _fault_titles()]
    places = [index for index, title in enumerate(table.titles) if plain(title) not in _fault_titles()]
    with new_sheet(table.title, out) as sheet:
        sheet.column_dimensions[get_column_letter(len(titles) + 1)].width = _FAULTS_WIDTH
        if table.mark:
            sheet.row_dimensions[1].hidden = True
            sheet.append([str(table.mark)])
        sheet.append([*(text_cell(sheet, title) for title in titles), FAULT_TITLES[language]])
        for number, row in enumerate(book.rows(table.sheet, table.header_row + 1), table.header_row + 1):
            if number not in rows:
                continue
            found_here = faults.get(number, ())
            cells = [_copy(sheet, row[index] if index < len(row) else None) for index in places]
            for index in {fault.column for fault in found_here if fault.column is not None}:
                cell = cells[places.index(index)]
                cell.fill = _MARKED
                cell.comment = _note([each.finding for each in found_here if each.column == index], language, "")
            sheet.append([*cells, text_cell(sheet, _summary(found_here, table, language))])


def _copy(sheet: Any, cell: Any) -> Any:
    copied: Any = WriteOnlyCell(sheet)
    if cell is None or cell.value is None:
        return copied
    if isinstance(cell.value, str):
        copied.value = cell_text(cell.value)
        copied.data_type = "s"
    else:
        copied.value = cell.value
    copied.number_format = cell.number_format
    return copied


def _language(table: Table) -> Language:
    return "en" if table.mark and table.mark.kind == "en" else "de"


def _fault_titles() -> set[str]:
    return {plain(title) for title in FAULT_TITLES.values()}


def _summary(faults: Sequence[Fault], table: Table, language: Language) -> str:
    lines = []
    for column, finding in faults:
        title = "" if column is None else f"{plain_title(table.titles[column])}: "
        lines.append(f"{title}{finding.message(language)} {finding.remedy(language)} [{finding.code}]")
    return cell_text(" | ".join(lines))[:CELL_CHARACTERS]


def plain_title(title: str) -> str:
    """The title without the star of a required column."""
    return title.replace("*", "").strip()


def _note(findings: Sequence[Finding], language: Language, own: str) -> Comment:
    text = "\n\n".join(f"{each.message(language)}\n→ {each.remedy(language)}\n[{each.code}]" for each in findings)
    lines = sum(1 + len(line) // _NOTE_LINE_CHARACTERS for line in text.splitlines())
    whole = cell_text(text) + (_OWN_NOTE + own if own else "")
    return Comment(whole, AUTHOR, height=_NOTE_LINE_HEIGHT * (lines + 1), width=_NOTE_WIDTH)


def _top_left(sheet: Any, row: int, column: int) -> Any:
    """The cell, or the one that stands for it in a merged range."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        for area in sheet.merged_cells.ranges:
            if cell.coordinate in area:
                return sheet.cell(area.min_row, area.min_col)
    return cell


def _clean(sheet: Any, header_row: int, column: int) -> None:
    """Take away what an earlier round has marked; a note of the user's own comes back."""
    for row in sheet.iter_rows(min_row=header_row + 1):
        for cell in row:
            if cell.column == column and not isinstance(cell, MergedCell):
                cell.value = None
            if cell.has_style and cell.fill.start_color.rgb == RED:
                cell.fill = PatternFill()
            if cell.comment is not None and cell.comment.author == AUTHOR:
                own = cell.comment.text.partition(_OWN_NOTE)[2]
                cell.comment = Comment(own, "") if own else None
