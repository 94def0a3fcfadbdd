"""An open workbook: its sheets and rows, read once through, and one cheap look over a sheet's xml beforehand."""

from __future__ import annotations

import re
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple

from exchange.codec import TOO_BIG
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found
from exchange.workbook.container import damage_reported, examine, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from exchange.codec import Limits

#: The titles stand in one of the first rows.
HEADER_ROWS = 30

_CHUNK = 1024**2
#: No tag that `scan` looks for is longer.
_LONGEST_TAG = 8192
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+[0-9]+):([A-Z]+[0-9]+)[\"']")
#: What begins the content of a cell; `:v>` is also met at its end, which does no harm.
_CONTENT = (b"<v>", b"<v ", b"<is>", b"<f>", b"<f ", b":v>", b":is>", b":f>", b":f ")
_CELLS_END = re.compile(rb"</(?:\w+:)?sheetData>")
_PLACE = re.compile(rb' r="[A-Z]*(\d+)"')


class Area(NamedTuple):
    """A merged range; rows and columns from 1, both ends included."""

    ref: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Scan(NamedTuple):
    """What read-only openpyxl does not tell.

    Attributes:
        last_row: last row with a cell that holds something; None where the file does not number its rows. Formatted
            empty cells below it, often down to row 1,048,576, need not be visited.
        formulas: a cell holds a formula.
        merged: merged ranges.
    """

    last_row: int | None
    formulas: bool
    merged: tuple[Area, ...]


class Book:
    """A workbook, open for reading. To be used in a `with` statement; it closes all that it opened.

    Raises BatchError on entry when the file is no workbook or a harmful one.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self._stack = ExitStack()
        self._formulas: Any = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            file = stack.enter_context(self.path.open("rb"))
            examine(file, self.limits)
            with damage_reported():
                self._archive = stack.enter_context(ZipFile(file))
            self._workbook = self._load(stack, data_only=True)
            self.sheets: Sequence[Any] = self._workbook.worksheets
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _load(self, stack: ExitStack, *, data_only: bool) -> Any:
        file = stack.enter_context(self.path.open("rb"))
        with damage_reported():
            workbook = load_workbook(file, read_only=True, data_only=data_only, keep_links=False)
            stack.callback(workbook.close)
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # writers lie about them, and openpyxl would believe it (X4)
        return workbook

    def rows(self, sheet: Any, first: int = 1, last: int | None = None, width: int | None = None) -> Iterator[Any]:
        """Rows of a sheet as tuples of cells, gaps filled. Raises BatchError for more rows than the limits allow."""
        if last is not None and last > self.limits.rows:
            raise BatchError(self._too_many(sheet))
        end = self.limits.rows + 1 if last is None else last
        cells = sheet.iter_rows(min_row=first, max_row=end, max_col=width)
        for number, row in enumerate(islice(guarded(cells), end - first + 1), first):
            if number > self.limits.rows:
                raise BatchError(self._too_many(sheet))
            yield row

    def head(self, sheet: Any, first: int = 1) -> list[Any]:
        """The first rows of a sheet, among which are the titles."""
        return list(self.rows(sheet, first, min(HEADER_ROWS, self.limits.rows)))

    def _too_many(self, sheet: Any) -> Finding:
        return found(TOO_BIG, Locator(sheet=sheet.title), what="Das Blatt / The sheet", limit=self.limits.rows)

    def formula_rows(self, sheet: Any, first: int, last: int | None, width: int) -> Iterator[Any]:
        """The same rows with formulas instead of their cached values."""
        if self._formulas is None:
            self._formulas = self._load(self._stack, data_only=False)
        return self.rows(self._formulas[sheet.title], first, last, width)

    def scan(self, sheet: Any) -> Scan:
        """Look over the xml of the sheet without building anything of it."""
        last_row: str | None = None
        newest: str | None = None
        formulas, in_cells, merged = False, True, []
        for piece in self._pieces(sheet._worksheet_path):  # noqa: SLF001 - openpyxl offers no other way to the part
            merged.extend(_MERGED.findall(piece))
            if not in_cells:
                continue
            end = _CELLS_END.search(piece)
            cells, in_cells = piece[: end.start()] if end else piece, end is None
            formulas = formulas or _FORMULA.search(cells) is not None
            content = max(map(cells.rfind, _CONTENT))
            if content >= 0:
                last_row = _row_before(cells, content) or newest
            newest = _row_before(cells, len(cells)) or newest
        return Scan(int(last_row) if last_row else None, formulas, tuple(_area(*each) for each in merged))

    def _pieces(self, part: str) -> Iterator[bytes]:
        """The part in pieces that cut no tag."""
        with damage_reported():
            file = self._archive.open(part)
        rest = b""
        with file:
            while True:
                with damage_reported():
                    chunk = file.read(_CHUNK)
                piece = rest + chunk
                if not chunk:
                    yield piece
                    return
                cut = piece.rfind(b">") + 1
                yield piece[:cut]
                rest = piece[max(cut, len(piece) - _LONGEST_TAG) :]


def _row_before(cells: bytes, position: int) -> str | None:
    """Number of the row whose cell (or own tag) was the last to begin before a position."""
    start = cells.rfind(b' r="', 0, position)
    match = _PLACE.match(cells, start) if start >= 0 else None
    return match[1].decode() if match else None


def _area(first: bytes, last: bytes) -> Area:
    with damage_reported():
        return Area(
            f"{first.decode()}:{last.decode()}",
            *coordinate_to_tuple(first.decode()),
            *coordinate_to_tuple(last.decode()),
        )
