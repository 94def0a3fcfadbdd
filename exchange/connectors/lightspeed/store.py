"""The parts on their way into the shop, in the ledger: what is due, what was begun, what the shop has confirmed.

A write that makes something new is entered as an intent before it is sent, and its end with all that it changes in one
transaction. So whatever dies in between, the next run knows what it has to look for in the shop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, func, literal, or_, select, update

from exchange.connector import chunks
from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.policy import difference
from exchange.connectors.lightspeed.thing import MADE, SENDING, kept, things_of
from exchange.connectors.lightspeed.values import dumps, loads, mentioned
from exchange.connectors.lightspeed.wishes import CHUNK, CLEAN, DIRTY, GONE, REFUSED
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.shop import Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.lease import Lease
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.connectors.lightspeed.values import Plain
    from exchange.finding import Finding
    from exchange.ledger import Ledger

_PART = SHOP_PART.c


class Store:
    """The rows of parts.

    Args:
        ledger: where they are.
        lease: kept with every write.
    """

    def __init__(self, ledger: Ledger, lease: Lease) -> None:
        self.ledger = ledger
        self.lease = lease

    # Reading

    def due(self) -> list[tuple[int, int]]:
        """Id and priority of every part that is to be sent now, the most urgent and oldest first."""
        now = self.ledger.now()
        query = (
            select(_PART.id, _PART.priority)
            .where(_PART.state == DIRTY, or_(_PART.next_try_at.is_(None), _PART.next_try_at <= now))
            .order_by(_PART.priority, _PART.since, _PART.id)
        )
        with self.ledger.engine.connect() as connection:
            return [(part_id, priority) for part_id, priority in connection.execute(query)]

    def more_urgent(self, priority: int, since: datetime) -> bool:
        """Whether something has become dirty since then that should go before things of this priority."""
        query = select(literal(1)).where(_PART.state == DIRTY, _PART.priority < priority, _PART.since > since).limit(1)
        with self.ledger.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def things(self, ids: Sequence[int]) -> list[Thing]:
        """These parts, in this order; without those that are gone meanwhile."""
        with self.ledger.engine.connect() as connection:
            found = {thing.id: thing for thing in self._things(connection, _PART.id.in_(ids))}
        return [found[each] for each in ids if each in found]

    def begun(self) -> list[Thing]:
        """Parts with a write whose end is not known."""
        with self.ledger.engine.connect() as connection:
            return self._things(connection, _PART.intent != "")

    def thing(self, ref: Ref) -> Thing | None:
        """The thing itself, not its texts in other languages."""
        with self.ledger.engine.connect() as connection:
            query = (_PART.resource == ref.resource, _PART.key == ref.key, _PART.language == "")
            return next(iter(self._things(connection, *query)), None)

    def shop_ids(self, refs: Sequence[Ref]) -> dict[Ref, tuple[str, bool]]:
        """The shop's ids of these things, and whether we made them; without those that the shop does not have."""
        ids: dict[Ref, tuple[str, bool]] = {}
        by_resource: dict[str, list[str]] = {}
        for ref in refs:
            by_resource.setdefault(ref.resource, []).append(ref.key)
        there = (_PART.shop_id != "", _PART.language == "")
        with self.ledger.engine.connect() as connection:
            for resource, keys in by_resource.items():
                for some in chunks(keys, CHUNK):
                    made = _PART.sent.contains(f'"{MADE}":true', autoescape=True)
                    query = select(_PART.key, _PART.shop_id, made).where(
                        _PART.resource == resource, _PART.key.in_(some), *there
                    )
                    for key, shop_id, by_us in connection.execute(query):
                        ids[Ref(resource, key)] = (shop_id, bool(by_us))
        return ids

    def below(self, owner: Ref, resource: str) -> list[Thing]:
        """What the shop has of one resource under an owner, as far as we brought it."""
        with self.ledger.engine.connect() as connection:
            return self._things(connection, *_under(owner), _PART.resource == resource, _PART.shop_id != "")

    def mapped(self, resource: str, shop_ids: Iterable[str]) -> set[str]:
        """Those of the shop's ids that belong to a part of ours."""
        mapped: set[str] = set()
        wanted = list(shop_ids)
        with self.ledger.engine.connect() as connection:
            for start in range(0, len(wanted), CHUNK):
                some = wanted[start : start + CHUNK]
                query = select(_PART.shop_id).where(_PART.resource == resource, _PART.shop_id.in_(some))
                mapped |= {shop_id for (shop_id,) in connection.execute(query)}
        return mapped

    def waiting(self) -> tuple[int, int]:
        """How many parts are still to go, and how many were refused."""
        query = select(_PART.state, func.count()).where(_PART.state.in_((DIRTY, REFUSED))).group_by(_PART.state)
        with self.ledger.engine.connect() as connection:
            numbers = {state: int(number) for state, number in connection.execute(query)}
        return numbers.get(DIRTY, 0), numbers.get(REFUSED, 0)

    def next_at(self) -> datetime | None:
        """When the first of the parts that were put off is to be tried again."""
        query = select(func.min(_PART.next_try_at)).where(_PART.state == DIRTY)
        with self.ledger.engine.connect() as connection:
            at: datetime | None = connection.execute(query).scalar()
        return at

    def coming(self, resource: str) -> list[Thing]:
        """The things of a resource that are to come into the shop."""
        query = (_PART.resource == resource, _PART.shop_id == "", _PART.language == "", _PART.state == DIRTY)
        with self.ledger.engine.connect() as connection:
            return [thing for thing in self._things(connection, *query) if thing.wish.creates]

    def _things(self, connection: Connection, *where: Any) -> list[Thing]:
        return things_of(connection, self.ledger.now(), *where)

    # Writing

    def intend(self, thing: Thing, fields: Mapping[str, Plain]) -> str:
        """Before the thing is made with these fields, which must not happen twice; the intent as it was entered."""
        intent = f"create {self.ledger.now().isoformat(timespec='seconds')}"
        sent = {**loads(kept(thing.sent, made=thing.made)), SENDING: dict(fields)}
        self._set(thing, intent=intent, sent=dumps(sent))
        return intent

    def forget(self, thing: Thing) -> None:
        """The write surely did not happen, or what it made is settled."""
        self._set(thing, intent="", sent=kept(thing.sent, made=thing.made))

    def dropped(self, thing: Thing) -> None:
        """What the thing took the place of is no longer in the shop."""
        self._set(thing, intent="")

    def confirm(self, thing: Thing, shop_id: str, fields: Mapping[str, Plain], *, made: bool, intent: str = "") -> None:
        """The shop has the thing with these fields. What it has not yet, and what changed meanwhile, stays dirty."""
        complete = not difference(fields, thing.wish.fields)
        clean = and_(_PART.wanted_hash == thing.wish.hash, literal(complete))
        values = {
            "shop_id": shop_id,
            "sent": kept(fields, made=made),
            "sent_hash": thing.wish.hash if complete else b"",
            "state": case((clean, CLEAN), else_=DIRTY),
            "intent": intent,
            **_UNTROUBLED,
        }
        with self.ledger.writing() as connection:
            self.lease.keep(connection)
            connection.execute(update(SHOP_PART).where(_PART.id == thing.id).values(**values))
            if thing.ref.resource == "file" and shop_id != thing.shop_id:
                _link_anew(connection, thing.ref)

    def adopt(self, thing: Thing, shop_id: str, *, made: bool) -> None:
        """The thing is in the shop already; all its fields are still to be sent."""
        self._set(thing, shop_id=shop_id, sent=kept({}, made=made), sent_hash=b"", intent="", **_UNTROUBLED)

    def let_go(self, thing: Thing, fields: Mapping[str, Plain]) -> None:
        """Nobody wants the thing any more, but it stays in the shop with these fields."""
        sent = kept({**thing.sent, **fields}, made=thing.made)
        gone = case((_PART.wanted_hash == b"", GONE), else_=DIRTY)
        self._set(thing, sent=sent, sent_hash=b"", state=gone, intent="", **_UNTROUBLED)

    def gone(self, thing: Thing) -> None:
        """The thing is no longer in the shop, and so is nothing below it. Rows that nobody wants go too."""
        with self.ledger.writing() as connection:
            self.lease.keep(connection)
            family = _family(connection, thing.ref)
            self._reset(connection, family)
            for some in chunks(family, CHUNK):
                unwanted = (_PART.id.in_(some), _PART.wanted_hash == b"", _PART.due_at.is_(None))
                ids = [each for (each,) in connection.execute(select(_PART.id).where(*unwanted))]
                connection.execute(delete(SHOP_FACET).where(SHOP_FACET.c.part_id.in_(ids)))
                connection.execute(delete(SHOP_PART).where(_PART.id.in_(ids)))

    def wait(self, thing: Thing, finding: Finding) -> None:
        """The part cannot go yet; it is looked at again in the next pass."""
        text = kinds.as_text(finding)
        if thing.finding != text:
            self._set(thing, finding=text)

    def later(self, thing: Thing, until: datetime) -> None:
        """The part is not to be touched before that moment."""
        self._set(thing, next_try_at=until, tries=thing.tries + 1)

    def refuse(self, thing: Thing, finding: Finding) -> None:
        """The part is not tried again before its wish changes or somebody asks for it."""
        refused = case((_PART.wanted_hash == thing.wish.hash, REFUSED), else_=DIRTY)
        back = {"intent": "", "sent": kept(thing.sent, made=thing.made)}
        self._set(thing, **back, state=refused, finding=kinds.as_text(finding), tries=thing.tries + 1)

    def retry(self, key: str = "") -> int:
        """Try refused parts again: all, or those of one key and what is below it; how many there are."""
        whose = or_(_PART.key == key, _PART.owner_key == key) if key else literal(1) == literal(1)
        refused = (_PART.state == REFUSED, whose)
        deleted = select(_PART.resource, _PART.key).where(*refused, _PART.finding.contains(kinds.DELETED_BY_HAND.code))
        with self.ledger.writing() as connection:
            for row in connection.execute(deleted).all():
                self._reset(connection, _family(connection, Ref(*row)))
            again = update(SHOP_PART).where(*refused).values(state=DIRTY, **_UNTROUBLED)
            return int(connection.execute(again).rowcount)

    def anew(self, thing: Thing) -> None:
        """The thing is to be made again, with all that is below it."""
        with self.ledger.writing() as connection:
            self.lease.keep(connection)
            self._reset(connection, _family(connection, thing.ref))

    def _reset(self, connection: Connection, ids: Sequence[int]) -> None:
        """As if the shop had never had these."""
        state = case((_PART.state == REFUSED, REFUSED), (_PART.wanted_hash == b"", GONE), else_=DIRTY)
        values = {"shop_id": "", "sent": "", "sent_hash": b"", "intent": ""}
        for some in chunks(ids, CHUNK):
            connection.execute(update(SHOP_PART).where(_PART.id.in_(some)).values(**values, state=state))

    def _set(self, thing: Thing, **values: Any) -> None:
        with self.ledger.writing() as connection:
            self.lease.keep(connection)
            connection.execute(update(SHOP_PART).where(_PART.id == thing.id).values(**values))


_UNTROUBLED: dict[str, Any] = {"finding": "", "tries": 0, "next_try_at": None}


def _link_anew(connection: Connection, file: Ref) -> None:
    """Send again what links a file: it has another address now."""
    query = select(_PART.id, _PART.sent).where(
        _PART.resource == "product_metafield", _PART.sent.contains(dumps({"$ref": list(file)}), autoescape=True)
    )
    for part_id, sent in connection.execute(query).all():
        others = {name: value for name, value in loads(sent).items() if name == SENDING or file not in mentioned(value)}
        again = update(SHOP_PART).where(_PART.id == part_id)
        connection.execute(again.values(sent=dumps(others), sent_hash=b"", state=DIRTY))


def _under(owner: Ref) -> tuple[Any, ...]:
    return (_PART.owner_resource == owner.resource, _PART.owner_key == owner.key)


def _family(connection: Connection, ref: Ref) -> list[int]:
    """Ids of a thing, its texts, and all that is below it."""
    ids: dict[int, None] = {}
    refs = [ref]
    while refs:
        one = refs.pop()
        itself = and_(_PART.resource == one.resource, _PART.key == one.key)
        below = select(_PART.id, _PART.resource, _PART.key).where(or_(itself, and_(*_under(one))))
        for part_id, resource, key in connection.execute(below):
            if part_id not in ids and Ref(resource, key) != one:
                refs.append(Ref(resource, key))
            ids[part_id] = None
    return list(ids)
