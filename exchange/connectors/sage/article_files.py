"""Articles of the shop in files that a Sage-side importer takes: only what is new, unless a setting says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connector import Applied, Outcome
from exchange.connectors.sage import article_findings as kinds
from exchange.connectors.sage.effects import refused
from exchange.finding import Locator, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.connector import Change, Landing, Target


class ArticleFiles:
    """Holds articles that were handed over before (`exchange.connector.Target`).

    Args:
        files: target that writes articles.
        existing: setting `sage.articles.existing`.
    """

    def __init__(self, files: Target, existing: str) -> None:
        self.files = files
        self.existing = existing

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """See `exchange.connector.Target`."""
        held: list[Applied] = []
        yield from self.files.apply(landing, (each for each in changes if not self._holds(each, held)))
        yield from held

    def _holds(self, change: Change, held: list[Applied]) -> bool:
        if self.existing != "hold" or change.outcome is not Outcome.UPDATED:
            return False
        finding = found(kinds.ARTICLE_EXISTS, Locator(field="number"), number=change.record.number)
        held.append(refused(change, [finding]))
        return True

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """Nothing to do: an article that the shop has no more stays in the ERP."""
