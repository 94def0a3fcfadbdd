"""Amounts of an order as a document needs them: gross or net, and what is taken off or put on the whole of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from exchange.connectors.sage.totals import Position
from exchange.convert import half_up
from exchange.trade.amounts import CENT, HALF_CENT, HUNDRED, ZERO, cents, line_total, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.connectors.sage.articles import Article
    from exchange.records.order import Order
    from exchange.settings import SageOrders

ONE = Decimal(1)
#: A price in Sage has this many decimals.
PRICE_PLACES = 4
#: RabatttextN of KHKVKBelege.
SLOT_CHARACTERS = 40
#: So many discounts a document has (`sage-100.md` 2.13).
SLOTS = 3


class Slot(NamedTuple):
    """One of the discounts of a whole document; a surcharge is below zero."""

    amount: Decimal
    text: str


NOTHING = Slot(ZERO, "")


class Fee(NamedTuple):
    """Shipping or payment: the field of the record, the article that carries it, and what it comes to."""

    name: str
    article: str
    title: str
    incl: Decimal | None
    excl: Decimal | None
    rate: Decimal | None


def fees(order: Order, orders: SageOrders) -> Iterator[Fee]:
    """What the order costs besides its lines."""
    incl, excl = order.shipping_incl, order.shipping_excl
    if incl or excl:
        title = order.shipping_title or "Versand"
        yield Fee("shipping", orders.shipping_article, title, incl, excl, order.shipping_tax_rate)
    incl, excl = order.payment_incl, order.payment_excl
    if incl or excl:
        title = order.payment_title or "Zahlungsart"
        yield Fee("payment", orders.payment_article, title, incl, excl, order.payment_tax_rate)


def in_mode(incl: Decimal | None, excl: Decimal | None, rate: Decimal, *, gross: bool) -> Decimal | None:
    """The amount as the document needs it; worked out of the other one where it is missing."""
    if gross:
        return incl if incl is not None or excl is None else half_up(excl * (HUNDRED + rate) / HUNDRED, PRICE_PLACES)
    return excl if excl is not None or incl is None else half_up(incl * HUNDRED / (HUNDRED + rate), PRICE_PLACES)


def exact(quantity: Decimal, unit: Decimal, discount: Decimal, stated: Decimal) -> Decimal:
    """The unit price that gives the line total: a shop that shows cents may have lost half a cent a piece."""
    if abs(quantity * unit - discount - stated) > CENT + abs(quantity) * HALF_CENT or not quantity:
        return unit
    price = half_up((stated + discount) / quantity, PRICE_PLACES)
    return price if line_total(quantity, price, discount) == cents(stated) else unit


def dearest_rate(positions: Sequence[Position]) -> Decimal:
    """Of amounts that are given on one side only: they are converted by the rate of the dearest line."""
    return max(positions, key=lambda each: each.total).rate if positions else ZERO


def order_discount(order: Order, positions: Sequence[Position], *, gross: bool) -> Slot:
    """The discount of the order; one that is given on one side only is converted."""
    incl, excl = order.discount_incl, order.discount_excl
    if not (incl or excl):  # most orders have none
        return NOTHING
    text = f"Gutschein {order.coupon_code}" if order.coupon_code else "Rabatt"
    amount = incl if gross else excl
    if amount is None:
        amount = in_mode(incl, excl, dearest_rate(positions), gross=gross) or ZERO
    return Slot(cents(amount), text[:SLOT_CHARACTERS])


def discount_positions(article: Article, discount: Decimal, positions: Sequence[Position]) -> Iterator[Position]:
    """A discount as negative positions: one for each tax code, in proportion to the lines."""
    sums: dict[int, Decimal] = {}
    rates: dict[int, Decimal] = {}
    for each in positions:
        sums[each.code] = sums.get(each.code, ZERO) + each.total
        rates[each.code] = each.rate
    for code, share in zip(sums, spread(discount, list(sums.values())), strict=True):
        if share:
            yield Position(article, ONE, -share, ZERO, -share, code, rates[code])
