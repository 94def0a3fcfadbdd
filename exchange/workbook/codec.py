"""Excel workbooks: the template that people fill, and our own data as a sheet.

What is read is what the sheet's cells hold, found by column titles. Hidden and filtered rows and columns are read like
any other: hiding is for the eye. Rows without a value in any known column are passed over, and so is the example row
of a template. A cell that cannot be trusted (error value, formula without result, merged, a number that may have lost
its zeros) stands in the record as a `CellError`, which the check turns into the finding of that field.

Of a template (hidden mark `exchange:MODULE:v1:de`), an entry chosen from a drop-down (`30T – 30 Tage netto`) is read as
its code, and texts in number, date and flag columns are read as the template's language writes them.

Source: fault catalogue X1 to X13; formats.md 4.2 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from openpyxl.utils.cell import coordinate_to_tuple

from exchange.codec import Limits, Raw, Signature, Texts, flatten
from exchange.errors import BatchError
from exchange.profile import ROW_COLUMN
from exchange.workbook.book import Book
from exchange.workbook.marking import Fault, load_whole, mark, new_sheet, rejected_rows, text_cell
from exchange.workbook.reading import Reading
from exchange.workbook.table import VERSION, Mark, Table, choose, find_table, guess_titles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.codec import Meta
    from exchange.finding import Finding, Locator
    from exchange.profile import Layout

#: For a file that has passed the limits of the settings when it was read.
PASSED = Limits(unpacked_bytes=2**63, pack_ratio=2**31)


class WorkbookCodec:
    """See the module docstring; `exchange.codecs.xlsx` hands out what is here."""

    format = "xlsx"

    def recognise(self, path: Path) -> Signature | None:
        """What the workbook is for: the mark of its sheet and its column titles; None when it is no workbook."""
        try:
            with Book(path, Limits()) as book:
                try:
                    marked, titles = guess_titles(book)
                except BatchError:  # a workbook, but which sheet is meant cannot be told
                    return Signature(self.format)
        except BatchError:
            return None
        if marked is None:
            return Signature(self.format, names=titles)
        return Signature(self.format, marked.module, titles, marked.kind == "full", marked.version)

    def why_not(self, path: Path, limits: Limits = Limits()) -> Finding | None:  # noqa: B008 - frozen
        """Why a file that is named like a workbook cannot be used as one; None when it can."""
        try:
            with Book(path, limits) as book:
                choose(book)
        except BatchError as error:
            return error.findings[0]
        return None

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records of the sheet; `Raw.line` is the row. Raises BatchError."""
        with Book(path, limits) as book:
            table = find_table(book, layout)
            yield from Reading(book, table, layout).records()

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """One sheet, every value as text, so that it comes back exactly. Raises BatchError for a text over 32,767."""
        texts = Texts(layout)
        sources = [*layout.sources, *(source for _, each in layout.groups for source in each)]
        widths = [len(each) for _, each in layout.groups]
        titles = [ROW_COLUMN if layout.groups else "", *(source.paths[0] if source.paths else "" for source in sources)]
        chosen = [index for index, title in enumerate(titles) if title]
        count = 0
        with new_sheet(meta.module[:31] or "data", out) as sheet:
            top = []
            if layout.profile.canonical:
                top.append([str(Mark(meta.module, VERSION, "full" if meta.full else "data"))])
                sheet.row_dimensions[1].hidden = True
            sheet.freeze_panes = f"A{len(top) + 2}"
            for line in (*top, [titles[index] for index in chosen]):
                sheet.append(line)
            for record in records:
                for cells in flatten(texts.fields(record), texts.groups(record), widths):
                    sheet.append([text_cell(sheet, cells[index]) for index in chosen])
                count += 1
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """Write the user's own workbook, all rows kept, with the faulty cells marked.

        A row that was in order is unchanged when the workbook is dropped again, so only repaired rows take effect.
        A workbook that cannot be kept whole (macros, pictures, damage beside the cells, over 20 MB) gives a new one
        with the rejected rows.
        """
        with Book(path, PASSED) as book:
            table = find_table(book, layout)
            faults = _faults(table, layout, rejects)
            workbook = load_whole(path)
            if workbook is None:
                rejected_rows(book, table, self._rows(path, layout, rejects), faults, out)
            else:
                mark(workbook, table, faults, out)

    def locate(self, path: Path, layout: Layout) -> Callable[[int, str], Locator]:
        """How a row and a field of the schema are told to the sender: by sheet and cell. Raises BatchError."""
        with Book(path, PASSED) as book:
            table = find_table(book, layout)
        return lambda line, field: table.locator(layout, line, field)

    def _rows(self, path: Path, layout: Layout, rejects: Mapping[int, Sequence[Finding]]) -> set[int]:
        """All rows of the records that have findings."""
        if not layout.groups:
            return set(rejects)
        rows: set[int] = set()
        for raw in self.read(path, layout, PASSED):
            own = {raw.line, *(child.line for children in raw.groups for child in children)}
            if own & rejects.keys():
                rows |= own
        return rows


def _faults(table: Table, layout: Layout, rejects: Mapping[int, Sequence[Finding]]) -> dict[int, list[Fault]]:
    """Row → its findings with their columns."""
    faults: dict[int, list[Fault]] = {}
    for line, findings in rejects.items():
        for finding in findings:
            row, column = finding.at.line or line, table.column(layout, finding.at.field)
            if finding.at.cell:
                row, column = coordinate_to_tuple(finding.at.cell)[0], coordinate_to_tuple(finding.at.cell)[1] - 1
            faults.setdefault(row, []).append(Fault(column, finding))
    return faults
