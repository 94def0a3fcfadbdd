"""What a delivery would do: which parts, how many calls, how long, and what holds it up. Reads the ledger only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from exchange.connector import chunks
from exchange.connectors.lightspeed import policy
from exchange.connectors.lightspeed.policy import FIXED, LATER, NEW_FIRST, RECOGNISED
from exchange.connectors.lightspeed.quotes import QUOTE, lines_of
from exchange.connectors.lightspeed.thing import things_of
from exchange.connectors.lightspeed.wishes import CHUNK, DIRTY
from exchange.ledger_tables import SHOP_PART
from exchange.shop import Step, article_key

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.thing import Thing

_PART = SHOP_PART.c
#: Rows of a list that one call brings (1.3).
PER_CALL = 250


class _Line(NamedTuple):
    priority: int
    resource: str
    action: str


def steps(connection: Connection, now: datetime) -> list[Step]:
    """All that is dirty, in the order in which it would go.

    Args:
        connection: may be one whose transaction is rolled back: then it is what would be dirty.
        now: the moment.
    """
    parts: Counter[_Line] = Counter()
    calls: Counter[_Line] = Counter()
    query = select(_PART.id, _PART.priority).where(_PART.state == DIRTY).order_by(_PART.id)
    for page in chunks(connection.execute(query).all(), CHUNK):
        priorities = {part_id: priority for part_id, priority in page}  # noqa: C416 - rows
        for thing in things_of(connection, now, _PART.id.in_(list(priorities))):
            action, number = _calls(thing)
            line = _Line(priorities[thing.id], thing.ref.resource, action)
            parts[line] += 1
            calls[line] += number
    made = [Step(line.resource, line.action, parts[line], calls[line]) for line in sorted(parts)]
    return [*_reading(connection, parts), *made]


def _reading(connection: Connection, parts: Counter[_Line]) -> list[Step]:
    """Before anything is made, the shop is asked what it has already: once per run."""
    if not any(line.resource in ("product", "variant") and line.action == "create" for line in parts):
        return []
    known = select(_PART.id).where(_PART.resource == "variant", _PART.shop_id != "")
    rows = len(connection.execute(known).all())
    return [Step("variant", "read", rows, rows // PER_CALL + 1)]


def _calls(thing: Thing) -> tuple[str, int]:
    """What would be done with a part, and the calls that takes."""
    if not thing.wanted:
        return "remove", _calls_to_remove(thing)
    fields = policy.difference(thing.sent, thing.wish.fields).keys() - RECOGNISED.get(thing.ref.resource, frozenset())
    if thing.language:
        return "translate", 1 if fields else 0
    if not thing.shop_id:
        return _calls_to_create(thing)
    if fields & FIXED.get(thing.ref.resource, frozenset()) and thing.sent:
        return "replace", 2
    return "change", (QUOTE in fields) + (1 if fields else 0)


def _calls_to_create(thing: Thing) -> tuple[str, int]:
    if QUOTE in thing.wish.fields:
        # It is looked for, made by a quote with its lines, methods and end, compared, and changed.
        return "create", 6 + lines_of(thing)
    if thing.ref.resource == "variant" and thing.owner is not None:
        # The list of the product's variants, then the one that came with the product is changed, or another made.
        return ("change" if thing.ref.key == article_key(thing.owner.key) else "create"), 2
    afterwards = LATER.get(thing.ref.resource, frozenset()) & thing.wish.fields.keys()
    return "create", 2 if afterwards and thing.ref.resource not in NEW_FIRST else 1


def _calls_to_remove(thing: Thing) -> int:
    leaves = thing.language or policy.of(thing.ref.resource).vanished == "leave"
    return 0 if leaves or not thing.shop_id else 1
