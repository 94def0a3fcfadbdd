"""What the shop is to have, asked of our own ledger: a rule may refer to it before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from exchange.connector import chunks
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.shop import article_key

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from exchange.ledger import Ledger

#: Length of an IN list.
CHUNK = 400


class ShopLookup:
    """A look-up (`exchange.connector.Lookup`): an article is known when something makes its product or its variant."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        """Articles that no module has brought; nothing else is asked for."""
        if name != "article":
            return frozenset()
        return values - self._there("product", values) - self._variants(values)

    def known(self, name: str) -> Sequence[str]:  # noqa: ARG002 - contract
        """No short lists here."""
        return ()

    def _variants(self, values: Set[str]) -> set[str]:
        numbers = {article_key(value): value for value in values}
        return {numbers[key] for key in self._there("variant", numbers.keys())}

    def _there(self, resource: str, keys: Set[str]) -> set[str]:
        part, found = SHOP_PART.c, set()
        with self.ledger.engine.connect() as connection:
            for some in chunks(sorted(keys), CHUNK):
                query = select(part.key).join(SHOP_FACET, SHOP_FACET.c.part_id == part.id)
                made = query.where(part.resource == resource, part.key.in_(some), SHOP_FACET.c.creates)
                found |= {row.key for row in connection.execute(made)}
        return found
