"""What reports tell of the shop: in which state the parts of an article are, and how many wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, or_, select

from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.wishes import CHUNK, CLEAN, DIRTY, GONE, REFUSED
from exchange.ledger_tables import SHOP_PART

if TYPE_CHECKING:
    from datetime import datetime

    from exchange.finding import Finding
    from exchange.ledger import Ledger

_PART = SHOP_PART.c


class PartState(NamedTuple):
    """One part, as reports show it.

    Attributes:
        state: in_shop, waiting, refused, or gone (nobody wants it any more; a product is hidden then).
        since: when it got into that state, where it waits.
        finding: why it waits or is refused.
    """

    resource: str
    key: str
    language: str
    shop_id: str
    state: str
    since: datetime
    finding: Finding | None

    def as_json(self) -> dict[str, Any]:
        """For `--json` reports."""
        found = None if self.finding is None else self.finding.as_json()
        return self._asdict() | {"since": self.since.isoformat(), "finding": found}


_STATES = {CLEAN: "in_shop", DIRTY: "waiting", REFUSED: "refused", GONE: "gone"}


def of_article(ledger: Ledger, key: str) -> list[PartState]:
    """The parts that have this key, and what is below them."""
    refs = [("", key)]
    found: dict[int, PartState] = {}
    with ledger.engine.connect() as connection:
        while refs:
            resource, name = refs.pop()
            below = (_PART.owner_key == name) & (_PART.owner_resource == resource)
            where = or_(_PART.key == name, _PART.owner_key == name) if not resource else below
            for row in connection.execute(select(SHOP_PART).where(where).order_by(_PART.id)):
                if row.id not in found:
                    found[row.id] = _state(row)
                    refs.append((row.resource, row.key))
    return list(found.values())


def troubled(ledger: Ledger, limit: int = CHUNK) -> list[PartState]:
    """Parts that the shop refused, and those that wait for something, oldest first."""
    query = select(SHOP_PART).where(_PART.state.in_((DIRTY, REFUSED)), _PART.finding != "").order_by(_PART.since)
    with ledger.engine.connect() as connection:
        return [_state(row) for row in connection.execute(query.limit(limit))]


def totals(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Number of parts by state and resource; empty where nothing was ever meant for the shop."""
    query = select(_PART.state, _PART.resource, func.count()).group_by(_PART.state, _PART.resource)
    numbers: dict[str, dict[str, int]] = {}
    with ledger.engine.connect() as connection:
        for state, resource, number in connection.execute(query.order_by(_PART.resource)):
            numbers.setdefault(_STATES[state], {})[resource] = number
    return numbers


def summed(numbers: dict[str, dict[str, int]]) -> dict[str, int]:
    """Number of parts by state."""
    return {state: sum(by_resource.values()) for state, by_resource in numbers.items()}


def _state(row: Any) -> PartState:
    finding = kinds.from_text(row.finding)
    return PartState(row.resource, row.key, row.language, row.shop_id, _STATES[row.state], row.since, finding)
