"""A part as the sender sees it: its row in the ledger together with what is wanted of it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange.connector import chunks
from exchange.connectors.lightspeed.merge import merged
from exchange.connectors.lightspeed.values import dumps, loads
from exchange.connectors.lightspeed.wishes import CHUNK, facets_of
from exchange.ledger_tables import SHOP_PART
from exchange.shop import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.merge import Facet, Wish
    from exchange.connectors.lightspeed.values import Plain

_PART = SHOP_PART.c
#: Mark among the confirmed fields of a thing that we made ourselves, so that nothing of ours can be below it yet.
MADE = "$made"
#: The field of a variant that only those give it who bring it.
NUMBER = "articleCode"
#: Before a thing is there, the fields that are on their way.
SENDING = "$sending"


@dataclass(frozen=True, slots=True)
class Thing:
    """A part as the sender sees it.

    Attributes:
        id: of its row.
        ref: what it is.
        language: of its texts; empty for the thing itself.
        owner: what it lives under.
        shop_id: empty while the shop does not have it.
        sent: the frozen fields that the shop has confirmed.
        made: whether we made it; otherwise it was there before us.
        intent: a write whose end is not known.
        sending: the frozen fields of that write.
        tries: how often it failed.
        priority: how urgent what is to be sent of it is; see `policy.Priority`.
        finding: why it has not gone yet, as text.
        wish: what the shop is to have now.
    """

    id: int
    ref: Ref
    language: str
    owner: Ref | None
    shop_id: str
    state: str
    sent: Mapping[str, Plain]
    made: bool
    intent: str
    sending: Mapping[str, Plain]
    tries: int
    priority: int
    finding: str
    wish: Wish

    @property
    def wanted(self) -> bool:
        """Whether the shop is to have it. A variant that is no longer brought is not kept by its stock or tiers."""
        brought = self.ref.resource == "variant" and not self.language and NUMBER in self.sent
        return self.wish.creates if brought else self.wish.wanted

    @property
    def asked(self) -> Mapping[str, Plain]:
        """The fields by which the thing is to be recognised in the shop: as they were sent, or would be."""
        return self.sending or self.wish.fields


def things_of(connection: Connection, now: datetime, *where: Any) -> list[Thing]:
    """The parts that meet all conditions, with what is wanted of them at that moment."""
    rows = connection.execute(select(SHOP_PART).where(*where).order_by(_PART.id)).all()
    facets: dict[int, list[Facet]] = {}
    for some in chunks([row.id for row in rows], CHUNK):
        facets |= facets_of(connection, some)
    return [_thing(row, merged(facets.get(row.id, ()), now)) for row in rows]


def kept(fields: Mapping[str, Plain], *, made: bool) -> str:
    """Confirmed fields as the row keeps them."""
    return dumps({**fields, MADE: True} if made else fields)


def _thing(row: Any, wish: Wish) -> Thing:
    sent = loads(row.sent)
    made, sending = bool(sent.pop(MADE, False)), sent.pop(SENDING, {})
    owner = Ref(row.owner_resource, row.owner_key) if row.owner_resource else None
    ref = Ref(row.resource, row.key)
    return Thing(
        row.id,
        ref,
        row.language,
        owner,
        row.shop_id,
        row.state,
        sent,
        made,
        row.intent,
        sending,
        row.tries,
        row.priority,
        row.finding,
        wish,
    )
