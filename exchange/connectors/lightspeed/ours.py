"""Which orders of the shop came from Sage: they are not brought back there.

The mark in comment or memo says so wherever the shop kept it. Beside it stands what the ledger knows: the orders that
we made, and the quotes that are just being made into one, so that an order is known as ours from its first second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange.connectors.lightspeed.quotes import QUOTE_ID
from exchange.connectors.lightspeed.thing import SENDING
from exchange.connectors.lightspeed.values import loads
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.trade.marks import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exchange.ledger import Ledger

_PART = SHOP_PART.c
#: Length of an IN list.
CHUNK = 400


def ours(ledger: Ledger, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The ids of those orders that we made.

    Args:
        ledger: what we brought to the shop.
        rows: orders as the shop lists them, with `id`, `comment`, `memo` and `quote`.
    """
    mine: set[str] = set()
    others: dict[str, str] = {}
    for row in rows:
        if marked(*(str(row.get(name) or "") for name in ("comment", "memo"))):
            mine.add(str(row["id"]))
        else:
            others[str(row["id"])] = str(row.get("quote") or "")
    if others:
        quotes, made = _on_their_way(ledger), _made(ledger, list(others))
        mine |= {name for name, quote in others.items() if name in made or quote in quotes}
    return mine


def _made(ledger: Ledger, shop_ids: list[str]) -> set[str]:
    """An order that we only change, such as one whose number in Sage we told the shop, is not ours."""
    made: set[str] = set()
    with ledger.engine.connect() as connection:
        for start in range(0, len(shop_ids), CHUNK):
            query = (
                select(_PART.shop_id)
                .join(SHOP_FACET, SHOP_FACET.c.part_id == _PART.id)
                .where(_PART.resource == "order", _PART.shop_id.in_(shop_ids[start : start + CHUNK]))
                .where(SHOP_FACET.c.creates)
            )
            made |= {shop_id for (shop_id,) in connection.execute(query)}
    return made


def _on_their_way(ledger: Ledger) -> set[str]:
    query = select(_PART.sent).where(_PART.resource == "order", _PART.intent != "")
    with ledger.engine.connect() as connection:
        sending = [loads(sent).get(SENDING, {}) for (sent,) in connection.execute(query)]
    return {str(each[QUOTE_ID]) for each in sending if QUOTE_ID in each}
