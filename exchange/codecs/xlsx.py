"""Excel workbooks; how they are read and written stands in `exchange.workbook`.

That needs openpyxl, which takes a fifth of a second to import, so it waits until there is a workbook.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

import exchange.workbook.findings  # noqa: F401 - what can be wrong is known from the start
from exchange.codec import Limits, Raw, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.codec import Meta
    from exchange.finding import Finding, Locator
    from exchange.profile import Layout
    from exchange.workbook.codec import WorkbookCodec

#: How a packed workbook begins.
_PACKED = b"PK"


class XlsxCodec:
    """See `exchange.workbook.codec`."""

    format = "xlsx"
    suffixes = (".xlsx", ".xlsm", ".xls")

    @cached_property
    def _workbooks(self) -> WorkbookCodec:
        from exchange.workbook.codec import WorkbookCodec  # noqa: PLC0415 - see above

        return WorkbookCodec()

    def recognise(self, path: Path) -> Signature | None:
        """See `exchange.codec.Codec`; None when the file is no workbook."""
        with path.open("rb") as file:
            if file.read(len(_PACKED)) != _PACKED:
                return None
        return self._workbooks.recognise(path)

    def why_not(self, path: Path, limits: Limits = Limits()) -> Finding | None:  # noqa: B008 - frozen
        """Why a file that is named like a workbook cannot be used as one; None when it can."""
        return self._workbooks.why_not(path, limits)

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """See `exchange.codec.Codec`."""
        return self._workbooks.read(path, layout, limits)

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """See `exchange.codec.Codec`."""
        return self._workbooks.write(out, layout, records, meta)

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """See `exchange.codec.Codec`."""
        self._workbooks.reject(path, layout, out, rejects)

    def locate(self, path: Path, layout: Layout) -> Callable[[int, str], Locator]:
        """How a row and a field of the schema are told to the sender: by sheet and cell. Raises BatchError."""
        return self._workbooks.locate(path, layout)


CODEC = XlsxCodec()
