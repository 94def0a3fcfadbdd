"""Whether the sums of an order are right, as the shop computes them (`lightspeed-ecom.md` 1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from exchange.finding import Finding, Locator, found, kind
from exchange.trade.amounts import CENT, HALF_CENT, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from exchange.records.order import Order

LINE_SUM = kind(
    "order_import.line_sum",
    de="Menge x Preis - Rabatt ist {expected}, die Zeilensumme aber {actual} ({side}).",
    en="Quantity x price - discount is {expected}, but the line total is {actual} ({side}).",
    remedy_de="Prüfen Sie die Zeile im Shop; die Bestellung wurde nicht übernommen.",
    remedy_en="Check the line in the shop; the order was not taken over.",
)
ORDER_SUM = kind(
    "order_import.order_sum",
    de="Zeilen, Versand und Gebühr ergeben {expected}, die Bestellung nennt {actual} ({side}).",
    en="Lines, shipping and fee make {expected}, but the order says {actual} ({side}).",
    remedy_de="Prüfen Sie die Bestellung im Shop; sie wurde nicht übernommen.",
    remedy_en="Check the order in the shop; it was not taken over.",
)
TAX_SUM = kind(
    "order_import.tax_sum",
    de="Die Steuer zu {rate} % ist nach den Zeilen {expected}, nach der Steuersumme {actual}.",
    en="The tax at {rate} % is {expected} by the lines and {actual} by the tax totals.",
    remedy_de="Prüfen Sie die Steuersätze der Zeilen im Shop.",
    remedy_en="Check the tax rates of the lines in the shop.",
)
NO_PRICE = kind(
    "order_import.no_price",
    de="Die Zeile nennt weder Preis noch Summe ({side}).",
    en="The line has neither price nor total ({side}).",
    remedy_de="Ergänzen Sie Einzelpreis oder Zeilensumme; ein fehlender Preis ist nicht null.",
    remedy_en="Add the unit price or the line total; a missing price is not zero.",
)
NO_TOTAL = kind(
    "order_import.no_total",
    de="Die Bestellung nennt keine Summe, weder netto noch brutto.",
    en="The order names no total, neither without nor with tax.",
    remedy_de="Ergänzen Sie die Summe; ohne sie lässt sich nicht prüfen, ob die Bestellung vollständig ist.",
    remedy_en="Add the total; without it nobody can tell whether the order is complete.",
)
NO_QUANTITY = kind(
    "order_import.no_quantity",
    de="Die Menge ist null.",
    en="The quantity is zero.",
    remedy_de="Entfernen Sie die Zeile oder nennen Sie die Menge.",
    remedy_en="Remove the line or give the quantity.",
)


class Tolerant(Protocol):
    """The settings that the checks need: how far a sum may be off."""

    @property
    def tolerance(self) -> Decimal: ...


def check_lines(order: Order, options: Tolerant) -> Iterator[Finding]:
    """Quantity x unit price - discount = line total, on each side that lines have; the unit price may be rounded."""
    with_excl = any(line.total_excl is not None for line in order.lines)
    with_incl = any(line.total_incl is not None for line in order.lines)
    neither = not (with_excl or with_incl)
    for index, line in enumerate(order.lines):
        quantity = line.quantity
        if not quantity:
            yield found(NO_QUANTITY, Locator(field=f"lines[{index}].quantity"))
            continue
        # A shop shows unit prices with two decimals: half a cent a piece may be lost.
        allowed = options.tolerance + abs(quantity) * HALF_CENT
        for side, asked, unit, discount, total in (
            ("excl", with_excl or neither, line.unit_price_excl, line.discount_excl, line.total_excl),
            ("incl", with_incl or neither, line.unit_price_incl, line.discount_incl, line.total_incl),
        ):
            if total is None:
                if asked:
                    yield found(NO_PRICE, Locator(field=f"lines[{index}].total_{side}"), side=_side(side))
                continue
            if unit is None:
                continue
            expected = quantity * unit - discount if discount else quantity * unit
            if expected != total and abs(expected - total) > allowed:
                yield found(
                    LINE_SUM,
                    Locator(field=f"lines[{index}].total_{side}"),
                    expected=expected.quantize(CENT),
                    actual=total,
                    side=_side(side),
                )


def _side(side: str) -> str:
    return "netto / excl. tax" if side == "excl" else "brutto / incl. tax"


def check_sums(order: Order, options: Tolerant) -> Iterator[Finding]:
    """Lines + shipping + payment fee - discount = total, on each side that has one; one of them must have."""
    if order.total_excl is None and order.total_incl is None:
        yield found(NO_TOTAL, Locator(field="total_incl"))
    for side, lines, shipping, payment, discount, total in (
        (
            "excl",
            [line.total_excl for line in order.lines],
            order.shipping_excl,
            order.payment_excl,
            order.discount_excl,
            order.total_excl,
        ),
        (
            "incl",
            [line.total_incl for line in order.lines],
            order.shipping_incl,
            order.payment_incl,
            order.discount_incl,
            order.total_incl,
        ),
    ):
        amounts = [amount for amount in lines if amount is not None]
        if total is None or len(amounts) < len(lines):
            if total is not None and not amounts:
                yield found(NO_PRICE, Locator(field=f"lines[0].total_{side}"), side=_side(side))
            continue  # of a single line it is told there
        expected = sum(amounts, ZERO) + (shipping or ZERO) + (payment or ZERO) - (discount or ZERO)
        if abs(expected - total) > options.tolerance:
            yield found(ORDER_SUM, Locator(field=f"total_{side}"), expected=expected, actual=total, side=_side(side))


def check_taxes(order: Order, options: Tolerant) -> Iterator[Finding]:
    """Where the shop gives tax totals per rate, they must be those of the lines."""
    if not order.taxes:
        return
    by_lines: dict[Decimal, Decimal] = {}
    for line in order.lines:
        if line.total_excl is None or line.total_incl is None or line.tax_rate is None:
            return
        by_lines[line.tax_rate] = by_lines.get(line.tax_rate, ZERO) + line.total_incl - line.total_excl
    by_shop: dict[Decimal, Decimal] = {}
    for tax in order.taxes:
        rate = tax.rate or ZERO
        by_shop[rate] = by_shop.get(rate, ZERO) + (tax.amount or ZERO)
    # Each line rounds both of its totals to the cent.
    tolerance = options.tolerance + CENT * len(order.lines)
    for rate in sorted(by_lines.keys() | by_shop.keys()):
        expected, actual = by_lines.get(rate, ZERO), by_shop.get(rate, ZERO)
        if abs(expected - actual) > tolerance:
            yield found(TAX_SUM, Locator(field="taxes"), rate=rate, expected=expected, actual=actual)
