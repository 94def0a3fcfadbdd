"""What is bought, and what it costs (1.6: a line's prices are totals, its base price is that of one piece)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.prices import CENT, FOUR, exact, keeps_excl, loose, rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from exchange.sandbox.shop.store import Row, Store


class Line(NamedTuple):
    """One article that is bought.

    Attributes:
        variant: record of it.
        quantity: how many.
        rate: its tax, as a fraction.
        excl, incl: price of one piece.
    """

    variant: Row
    quantity: int
    rate: Decimal
    excl: Decimal
    incl: Decimal

    @property
    def total_excl(self) -> Decimal:
        """Of all pieces, in whole cents."""
        return (self.excl * self.quantity).quantize(CENT)

    @property
    def total_incl(self) -> Decimal:
        """The same with tax."""
        return (self.incl * self.quantity).quantize(CENT)


class Method(NamedTuple):
    """A way to ship or to pay.

    Attributes:
        id: `core|method|value`, the key of a payment method, or `external`.
        rate: tax, as a fraction.
        data: what the shop keeps of it.
    """

    id: str
    title: str
    excl: Decimal
    incl: Decimal
    rate: Decimal
    data: Any

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Method:
        """Out of what a checkout holds; a missing side of the price is computed."""
        tax, incl = exact(given.get("tax_rate")), given.get("price_incl")
        excl = exact(given["price_excl"]) if given.get("price_excl") is not None else exact(incl) / (1 + tax)
        whole = exact(incl) if incl is not None else excl * (1 + tax)
        title = str(given.get("title") or given["id"])
        return cls(str(given["id"]), title, excl.quantize(FOUR), whole.quantize(FOUR), tax, given.get("data") or [])

    @property
    def taxes(self) -> list[dict[str, Any]]:
        """Its tax, as an order has it."""
        return [{"name": "VAT", "rate": loose(self.rate, FOUR), "amount": loose(self.incl - self.excl, FOUR)}]


def line(store: Store, variant_id: Any, quantity: Any, own: Mapping[bool, Any]) -> Line:
    """An article that is bought, at the shop's price or at an own one.

    Args:
        store: of the shop.
        variant_id: which; quantity: how many.
        quantity: how many.
        own: price of one piece by whether it includes tax; None where there is none.

    Raises:
        Wrong: there is no such variant, or no such quantity.
    """
    variant = store.get("variants", variant_id)
    if variant is None:
        raise Wrong(422, "Invalid variant_id")
    if not str(quantity).isdigit() or int(quantity) < 1:
        raise Wrong(422, "Invalid quantity")
    tax = rate(store, variant["tax"])
    gross = not keeps_excl(store)
    price = exact(variant["priceIncl" if gross else "priceExcl"])
    for side, given in own.items():
        if given is not None:
            price, gross = exact(given), side
    excl = price / (1 + tax) if gross else price
    return Line(variant, int(quantity), tax, excl, price if gross else price * (1 + tax))


def taxes(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Tax of the goods, per rate; that of shipping and payment is told elsewhere (1.6)."""
    amounts: dict[Decimal, Decimal] = {}
    for each in lines:
        amounts[each.rate] = amounts.get(each.rate, Decimal(0)) + each.total_incl - each.total_excl
    return [{"name": "VAT", "rate": loose(tax, FOUR), "amount": loose(amount, FOUR)} for tax, amount in amounts.items()]


def total(values: Iterable[Decimal]) -> Decimal:
    """Their sum."""
    return sum(values, Decimal(0))
