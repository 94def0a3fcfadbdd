"""Brings one part into the shop: makes it, changes what differs, takes it away, or finds out what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed import kinds, policy
from exchange.connectors.lightspeed.gateway import NotFound, Refused, Uncertain
from exchange.connectors.lightspeed.policy import (
    ENDED,
    FIXED,
    HIDDEN,
    LATER,
    LINKED,
    NEW_FIRST,
    RECOGNISED,
    SINGLE,
    STEPPED,
)
from exchange.connectors.lightspeed.quotes import QUOTE, Locked, Quotes
from exchange.connectors.lightspeed.refs import Waits
from exchange.errors import TransientError
from exchange.finding import found

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.identify import Identify
    from exchange.connectors.lightspeed.limits import Limits
    from exchange.connectors.lightspeed.refs import Refs
    from exchange.connectors.lightspeed.store import Store
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.connectors.lightspeed.values import Plain
    from exchange.finding import Kind
    from exchange.settings import Settings
    from exchange.shop import Ref

#: So long after it was not found it is looked for again; people register when they like.
LOOK_AGAIN = timedelta(hours=1)


class Change:
    """The ways of a part into the shop.

    Args:
        store, gateway, refs, identify, limits: of this run.
        settings: section `shop`.
    """

    def __init__(
        self, store: Store, gateway: Gateway, refs: Refs, identify: Identify, limits: Limits, settings: Settings
    ) -> None:
        self.store = store
        self.gateway = gateway
        self.refs = refs
        self.identify = identify
        self.limits = limits
        self.quotes = Quotes(store, gateway, refs)
        self.settings = settings.shop

    def bring(self, thing: Thing) -> str:
        """Do what the thing needs; what was done: created, adopted, changed, replaced, removed, left, refused, same.

        Raises Waits, and what the gateway raises.
        """
        if thing.intent:
            return self.settle(thing)
        if not thing.wanted:
            return self._vanish(thing)
        if thing.language:
            return self._texts(thing)
        if not thing.shop_id:
            return self._create(thing)
        return self._change(thing)

    # Texts in other languages

    def _texts(self, thing: Thing) -> str:
        """One call per language, with its texts only (1.7)."""
        shop_id = self.refs.own_id(thing.ref)
        if thing.language not in self.gateway.languages():
            raise Waits(found(kinds.NO_LANGUAGE, language=thing.language))
        fields = policy.difference(thing.sent, thing.wish.fields)
        if fields:
            body = self.refs.wire(fields)
            try:
                self.gateway.update(thing.ref.resource, self._owner(thing), shop_id, body, language=thing.language)
            except NotFound:
                return self._deleted_by_hand(thing)
        self.store.confirm(thing, shop_id, {**thing.sent, **fields}, made=False)
        return "changed" if fields else "same"

    # New ones

    def _create(self, thing: Thing) -> str:
        try:
            candidates = self.identify.found(thing) if self._may_exist(thing) else []
        except NotFound:  # what it lives under
            return self._refuse(thing, kinds.DELETED_BY_HAND)
        if len(candidates) > 1:
            return self._refuse(thing, kinds.DUPLICATE, ids=", ".join(candidates))
        if candidates:
            made = thing.owner is not None and self.refs.knows(thing.owner) and self.refs.made(thing.owner)
            self.store.adopt(thing, candidates[0], made=made)
            self.refs.learn(thing.ref, candidates[0], made=made)
            self._change(replace(thing, shop_id=candidates[0], made=made))
            return "adopted"
        if not thing.wish.creates:
            missing = kinds.NOT_THERE
            if thing.ref.resource in RECOGNISED:  # a look that costs a call and is in vain: not in every pass
                self.store.later(thing, self.store.ledger.now() + LOOK_AGAIN)
                missing = kinds.NO_ACCOUNT
            raise Waits(found(missing, thing=thing.ref.resource, key=thing.ref.key))
        exceeded = self.limits.exceeded(thing)
        if exceeded is not None:
            name, limit = exceeded
            return self._refuse(thing, kinds.LIMIT, name=name, limit=limit)
        return self._make(thing)

    def _may_exist(self, thing: Thing) -> bool:
        """Below what we made ourselves there is nothing but ours; only a variant comes with its product (2.1)."""
        if thing.owner is None or thing.ref.resource in ("category", "variant") or not thing.wish.creates:
            return True
        self.refs.id(thing.owner)
        return not self.refs.made(thing.owner)

    def _make(self, thing: Thing) -> str:
        if thing.ref.resource in STEPPED:
            return self._make_by_steps(thing)
        later = LATER.get(thing.ref.resource, frozenset())
        fields = {name: value for name, value in thing.wish.fields.items() if name not in later}
        owner, body = self._owner(thing), self.refs.wire(fields)
        if thing.ref.resource == "variant" and thing.owner is not None:
            body["product"] = int(self.refs.id(thing.owner))
        self.gateway.ready()
        intent = self.store.intend(thing, fields)
        begun = replace(thing, sending=fields, intent=intent)
        try:
            answer = self.gateway.create(thing.ref.resource, owner, body)
        except Uncertain:
            return self.settle(begun)
        except (TransientError, Refused):
            self.store.forget(begun)
            raise
        except NotFound:  # what it was to live under
            return self._refuse(thing, kinds.DELETED_BY_HAND)
        given = {name: thing.wish.fields[name] for name in later & set(thing.wish.fields)}
        fields |= {name: value for name, value in given.items() if answer.get(name) == value}
        shop_id = owner if thing.ref.resource in SINGLE else str(answer["id"])
        self._confirm_new(begun, shop_id, fields)
        return "replaced" if thing.shop_id else "created"

    def _make_by_steps(self, thing: Thing) -> str:
        """Each step is an intent of its own; one that failed leaves it, so that the next attempt goes on from there."""
        try:
            shop_id = self.quotes.order(thing)
        except (Uncertain, Locked):
            self.store.later(thing, self._sure_at(self.store.ledger.now()))
            return "doubtful"
        except NotFound:  # its quote; whether there was an order of it, a person can see
            return self._refuse(thing, kinds.DELETED_BY_HAND)
        self._confirm_new(thing, shop_id, {})
        return "created"

    def _sure_at(self, since: datetime) -> datetime:
        """When the shop is surely no longer at a call that was made then."""
        return since + timedelta(seconds=self.settings.doubt_seconds)

    def _confirm_new(self, thing: Thing, shop_id: str, fields: Mapping[str, Plain]) -> None:
        """Enter what was made; what it takes the place of goes now."""
        old = thing.shop_id if thing.shop_id != shop_id else ""
        self.store.confirm(thing, shop_id, fields, made=True, intent=f"drop {old}" if old else "")
        self.refs.learn(thing.ref, shop_id, made=True)
        if old and thing.ref.resource not in LINKED:
            self._drop(thing, old)

    def settle(self, thing: Thing) -> str:
        """Find out what became of a write whose end is not known."""
        verb, _, rest = thing.intent.partition(" ")
        if verb == "drop":
            self._drop(thing, rest)
            return "removed"
        sure_at = self._sure_at(datetime.fromisoformat(rest))
        if self.store.ledger.now() < sure_at:  # the shop may still be at it
            self.store.later(thing, sure_at)
            return "doubtful"
        try:
            candidates = self.identify.found(thing)
        except Waits:  # what it was to live under is gone, and it with that
            candidates = []
        if len(candidates) > 1:
            return self._refuse(thing, kinds.DUPLICATE, ids=", ".join(candidates))
        stepped = thing.ref.resource in STEPPED
        if not candidates:
            if stepped:
                return self._make_by_steps(thing)
            self.store.forget(thing)
            return "lost"
        self._confirm_new(thing, candidates[0], {} if stepped else thing.sending)
        return "created"

    def _drop(self, thing: Thing, shop_id: str) -> None:
        self._delete(thing, shop_id)
        self.store.dropped(thing)

    # Known ones

    def _change(self, thing: Thing) -> str:
        resource = thing.ref.resource
        known = RECOGNISED.get(resource, frozenset())
        sent = {**thing.sent, **{name: value for name, value in thing.wish.fields.items() if name in known}}
        fields = policy.difference(sent, thing.wish.fields)
        if resource in STEPPED and QUOTE in thing.wish.fields:
            return self._change_made(thing, fields)
        emptied = policy.PERSONAL.get(resource, frozenset()) & fields.keys() - thing.wish.fields.keys()
        if emptied and self._changed_there(thing, emptied):
            fields = {name: value for name, value in fields.items() if name not in emptied}
            sent = {name: value for name, value in sent.items() if name not in emptied}
        if resource in SINGLE and fields:
            return self._make(thing)
        if fields.keys() & FIXED.get(resource, frozenset()) and thing.sent:
            return self._replace(thing)
        if fields:
            try:
                over = resource == "order" and "status" in fields and self._is_over(thing)
                body = self.refs.wire(
                    {name: value for name, value in fields.items() if not (over and name == "status")}
                )
                if body:
                    self.gateway.update(resource, self._owner(thing), thing.shop_id, body)
            except NotFound:
                return self._deleted_by_hand(thing)
        self.store.confirm(thing, thing.shop_id, {**sent, **fields}, made=thing.made)
        return "changed" if fields else "same"

    def _is_over(self, thing: Thing) -> bool:
        """Whether somebody has ended an order meanwhile: nobody opens it again, nor says twice how it ended."""
        status = str(self.gateway.one("order", thing.shop_id).get("status") or "")
        return status.startswith(ENDED)

    def _changed_there(self, thing: Thing, names: Set[str]) -> bool:
        """Whether somebody has changed any of these fields in the shop since we sent them."""
        try:
            row = self.gateway.one(thing.ref.resource, thing.shop_id)
        except NotFound:
            return False  # the change will find that out, too
        ours = self.refs.wire({name: thing.sent[name] for name in names})
        return any(_typed(row.get(name)) != _typed(value) for name, value in ours.items())

    def _change_made(self, thing: Thing, fields: dict[str, Plain]) -> str:
        """What follows is changed; where the shop's order is another one than agreed on, a person has to know.

        Sage alone says how such an order goes on, so its status is set whatever somebody made of it in the shop.
        """
        asked = fields.pop(QUOTE, None)
        try:
            differences = self.quotes.differs(thing) if asked is not None else ""
            if fields:
                self.gateway.update(thing.ref.resource, "", thing.shop_id, self.refs.wire(fields))
        except NotFound:
            return self._deleted_by_hand(thing)
        sent = {**thing.sent, **fields} | ({QUOTE: asked} if asked is not None and not differences else {})
        self.store.confirm(thing, thing.shop_id, sent, made=thing.made)
        if differences:
            return self._refuse(replace(thing, sent=sent), kinds.ORDER_DIFFERS, differences=differences)
        return "changed" if fields else "same"

    def _replace(self, thing: Thing) -> str:
        if thing.ref.resource in NEW_FIRST:
            return self._make(thing)
        self._delete(thing, thing.shop_id)
        self.store.anew(thing)
        self.refs.learn(thing.ref, "")
        return "again"

    def _deleted_by_hand(self, thing: Thing) -> str:
        if self.settings.deleted == "create":
            self.store.anew(thing)
            self.refs.learn(thing.ref, "")
            return "again"
        return self._refuse(thing, kinds.DELETED_BY_HAND)

    # Those that nobody wants

    def _vanish(self, thing: Thing) -> str:
        way = self._way_out(thing)
        if way == "hide":
            try:
                body = dict(HIDDEN[thing.ref.resource])
                self.gateway.update(thing.ref.resource, self._owner(thing), thing.shop_id, body)
            except NotFound:
                way = "gone"
        elif way == "delete":
            self._delete(thing, thing.shop_id)
            way = "gone"
        if way == "gone":
            self.store.gone(thing)
            self.refs.learn(thing.ref, "")
        else:
            self.store.let_go(thing, HIDDEN[thing.ref.resource] if way == "hide" else {})
        return "left" if way == "leave" else "removed"

    def _way_out(self, thing: Thing) -> str:
        if thing.language:
            return "leave"
        if not thing.shop_id:
            return "gone"
        way = policy.of(thing.ref.resource).vanished
        if way == "hide":
            return self.settings.vanished
        if thing.owner is not None:
            # What is below a hidden product stays with it: when it comes back, it is as it was.
            owner = self.store.thing(thing.owner)
            if owner is not None and not owner.wish.wanted:
                return "leave"
            if thing.ref.resource == "variant" and self._last_variant(thing, thing.owner):
                return "gone"  # a product has one at least (2.2): the next that comes takes its place
        return way

    def _last_variant(self, thing: Thing, product: Ref) -> bool:
        return all(each.id == thing.id for each in self.store.below(product, "variant"))

    def _delete(self, thing: Thing, shop_id: str) -> None:
        try:
            self.gateway.delete(thing.ref.resource, self._owner(thing), shop_id)
        except NotFound:
            return  # it is gone, and that was the aim

    # Common

    def _owner(self, thing: Thing) -> str:
        """The id that the path of the resource begins with, where it does."""
        nested = thing.owner is not None and self.gateway.nested(thing.ref.resource)
        return self.refs.id(thing.owner) if nested and thing.owner is not None else ""

    def _refuse(self, thing: Thing, kind: Kind, **values: Any) -> str:
        self.store.refuse(thing, found(kind, thing=thing.ref.resource, key=thing.ref.key, **values))
        return "refused"


def _typed(value: Any) -> str:
    """A field as a person typed it; a country is written as its code and read as an object (2.17)."""
    return str((value.get("code") if isinstance(value, dict) else value) or "").casefold()
