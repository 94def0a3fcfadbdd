"""Orders of the shop that we bring: made out of a quote, step by step (`lightspeed-ecom.md` 2.22; ADR 13).

The shop offers no POST of an order. A quote with the customer's id gets lines and methods, and is converted. Each call
that makes something is an intent in the ledger first, together with the quote's id; the mark of our document stands in
the comment of the quote, and so of the order. What a lost answer has left is found by that, and gone on with: the shop
never gets two orders of one document.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.connectors.lightspeed.gateway import Refused
from exchange.connectors.lightspeed.values import thaw
from exchange.convert import canonical
from exchange.trade.marks import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.refs import Refs
    from exchange.connectors.lightspeed.store import Store
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.shop import Ref

#: The field of an order that says what it is made of; the shop knows no such field.
QUOTE = "quote"
#: Among the fields on their way: the id of the quote, and when the first of the steps began.
QUOTE_ID, BEGUN = "$quote", "$begun"
#: The clock of the shop and ours may differ by so much.
CLOCKS_DIFFER = timedelta(minutes=30)
#: The shop rounds the price of one piece to whole cents.
HALF_CENT = Decimal("0.005")


class Locked(Exception):  # noqa: N818 - it says what the quote is
    """The quote has become an order that the shop does not list yet."""


class Line(NamedTuple):
    """What is ordered of one variant.

    Attributes:
        variant: id of the shop.
        quantity: pieces.
        price: of one piece, net or gross.
    """

    variant: str
    quantity: int
    price: Decimal


class Quotes:
    """Makes orders out of quotes, and compares orders with what was agreed on.

    Args:
        store, gateway, refs: of this run.
    """

    def __init__(self, store: Store, gateway: Gateway, refs: Refs) -> None:
        self.store = store
        self.gateway = gateway
        self.refs = refs

    def order(self, thing: Thing) -> str:
        """Take all steps that are left; the shop's id of the order.

        Raises Waits before anything is made, Locked, and what the gateway raises.
        """
        asked = thaw(thing.asked[QUOTE])
        customer, lines = self.refs.id(asked["customer"]), self._lines(asked)
        thing = replace(thing, sending=self._begun(thing))
        quote = self._quote(thing, asked["comment"])
        have: set[str] = set()
        if quote:
            thing = self._note(thing, quote)
            if self.gateway.one("quote", quote).get("isLocked"):
                raise Locked
            have = {str(row["variant"]) for row in self.gateway.read("quote_product", quote)}
        else:
            quote = self._new(thing, customer, asked)
            thing = self._note(thing, quote)
        for line in lines:
            if line.variant not in have:
                body = {"variant": line.variant, "quantity": line.quantity, _side(asked, "price"): line.price}
                self._step(thing, "quote_product", quote, body)
        self.gateway.update("quote", "", quote, _methods(asked))
        return str(self._step(thing, "quote_convert", quote, {"memo": asked["comment"]})["id"])

    def _begun(self, thing: Thing) -> Mapping[str, Any]:
        if BEGUN in thing.sending:
            return thing.sending
        return {QUOTE: thing.asked[QUOTE], BEGUN: self.store.ledger.now().isoformat(timespec="seconds")}

    def _lines(self, asked: Mapping[str, Any]) -> list[Line]:
        return [Line(self.refs.id(each["variant"]), each["quantity"], each["price"]) for each in asked["lines"]]

    def _quote(self, thing: Thing, name: str) -> str:
        """The quote that an earlier attempt has made; empty when there was none."""
        if QUOTE_ID in thing.sending:
            return str(thing.sending[QUOTE_ID])
        if not thing.intent:
            return ""
        since = datetime.fromisoformat(thing.sending[BEGUN]) - CLOCKS_DIFFER
        rows = self.gateway.read("quote", created_at_min=since)
        return next((str(row["id"]) for row in rows if marked(str(row.get("comment") or "")) == name), "")

    def _new(self, thing: Thing, customer: str, asked: Mapping[str, Any]) -> str:
        given = {name: asked[name] for name in ("comment", "allowNotifications")}
        row = self._step(thing, "quote", "", {"customer": customer, **given})
        if row.get("comment") != asked["comment"]:
            raise Refused("the shop does not keep the comment of a quote, so that its order could not be recognised")
        kept = row.get("customer")
        if str(kept.get("id") if isinstance(kept, dict) else kept) != customer:
            raise Refused("the shop does not keep the customer of a quote, so that its order would be in no account")
        return str(row["id"])

    def _note(self, thing: Thing, quote: str) -> Thing:
        return replace(thing, sending={**thing.sending, QUOTE_ID: quote})

    def _step(self, thing: Thing, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call that makes something; the ledger knows of it before."""
        self.gateway.ready()
        self.store.intend(thing, thing.sending)
        return self.gateway.create(resource, owner, body)

    # Afterwards

    def differs(self, thing: Thing) -> str:
        """What the shop's order says otherwise than was agreed on, as text for people; empty when nothing."""
        asked = thaw(thing.wish.fields[QUOTE])
        rows, lines = self.gateway.read("order_product", thing.shop_id), self._lines(asked)
        told, agreed = _told(rows, _side(asked, "basePrice")), {line.variant: line for line in lines}
        names = {_variant(row): str(row.get("articleCode") or "") for row in rows}
        names |= {line.variant: _article(each["variant"]) for line, each in zip(lines, asked["lines"], strict=True)}
        texts = [
            f"{names[variant] or variant}: {_text(agreed.get(variant))} → {_text(told.get(variant))}"
            for variant in dict.fromkeys((*agreed, *told))
            if not _same(agreed.get(variant), told.get(variant))
        ]
        return "; ".join([*texts, *self._shipping(thing, asked)])

    def _shipping(self, thing: Thing, asked: Mapping[str, Any]) -> Sequence[str]:
        price = asked["shipping"]
        if not price:
            return []
        there = Decimal(self.gateway.one("order", thing.shop_id).get(_side(asked, "shipmentPrice")) or 0)
        if abs(there - price) <= HALF_CENT:
            return []
        return [f"{asked['shipmentTitle']}: {_amount(price)} → {_amount(there)}"]


def lines_of(thing: Thing) -> int:
    """How many lines its quote has: so many calls more than the steps that every order takes."""
    return len(thaw(thing.wish.fields[QUOTE])["lines"])


def _side(asked: Mapping[str, Any], name: str) -> str:
    """A field for prices of the side that the document is in."""
    return f"{name}{'Incl' if asked['gross'] else 'Excl'}"


def _methods(asked: Mapping[str, Any]) -> dict[str, Any]:
    """How it is shipped and paid is agreed on elsewhere: external methods with own titles, as in 2.23."""
    body = {
        "shipmentId": "external",
        "shipmentTitle": asked["shipmentTitle"],
        "paymentId": "external",
        "paymentTitle": asked["paymentTitle"],
    }
    return body | ({_side(asked, "shipmentPrice"): asked["shipping"]} if asked["shipping"] else {})


def _told(rows: Sequence[Mapping[str, Any]], price: str) -> dict[str, Line]:
    """The lines of an order, one per variant; of one that is gone from the shop, by the article number it had."""
    lines: dict[str, Line] = {}
    for row in rows:
        variant = _variant(row)
        quantity, amount = int(row["quantityOrdered"]), Decimal(row.get(price) or 0)
        if variant in lines:
            before = lines[variant]
            whole = before.price * before.quantity + amount * quantity
            quantity += before.quantity
            amount = whole / quantity if quantity else amount
        lines[variant] = Line(variant, quantity, amount)
    return lines


def _same(agreed: Line | None, told: Line | None) -> bool:
    if agreed is None or told is None:
        return agreed is told
    return agreed.quantity == told.quantity and abs(agreed.price - told.price) <= HALF_CENT


def _variant(row: Mapping[str, Any]) -> str:
    return str(row.get("variant") or row.get("articleCode"))


def _article(ref: Ref) -> str:
    return ref.key.removesuffix("|0")


def _text(line: Line | None) -> str:
    return "—" if line is None else f"{line.quantity} x {_amount(line.price)}"


def _amount(value: Decimal) -> str:
    return f"{canonical(value, 4, 2):f}"
