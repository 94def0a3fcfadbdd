"""Files in our own folders that records refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.assortment.attachments import is_pdf
from exchange.trade.papers import Papers

if TYPE_CHECKING:
    from collections.abc import Sequence, Set
    from pathlib import Path

    from exchange.connector import Lookup
    from exchange.settings import Settings


class LocalFiles:
    """A look-up (`exchange.connector.Lookup`) of PDFs; everything else is asked of another one.

    Args:
        settings: where the folders are, and how large a PDF may be.
        other: for everything that is no file.
    """

    def __init__(self, settings: Settings, other: Lookup) -> None:
        self.settings = settings
        self.other = other

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        """Names of attachments, and of papers, that are no whole PDF within their folder."""
        if name == "paper":
            papers = Papers(self.settings.folder("documents"), self.settings.limits.attachment_megabytes * 1_000_000)
            return {file for file in values if not papers.holds(file)}
        if name != "attachment":
            return self.other.missing(name, values)
        folder = self.settings.folder("attachments")
        most = self.settings.limits.attachment_megabytes * 1_000_000
        return {value for value in values if not self._fine(folder / value, folder, most)}

    def known(self, name: str) -> Sequence[str]:
        """What the other one knows."""
        return self.other.known(name)

    @staticmethod
    def _fine(path: Path, folder: Path, most: int) -> bool:
        return path.resolve().is_relative_to(folder) and is_pdf(path, most)
