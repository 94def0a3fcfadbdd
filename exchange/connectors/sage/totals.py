"""What a document adds up to (`sage-100.md` 5.3): Decimal, commercial rounding, tax once per tax code.

Gross documents: tax is taken out of the gross sum of a code. Net documents: tax is put on the net sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exchange.connectors.sage.articles import Article

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")


def cents(value: Decimal) -> Decimal:
    """Commercial rounding to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Position:
    """One line of a document; amounts are gross or net as the document is.

    Attributes:
        article: which article.
        quantity: in the article's sales unit.
        unit_price: before discount.
        discount: amount, for the whole line.
        total: after discount, two decimals.
        code, rate: tax code and its percent.
        discountable: the discount of the order is spread over this line too.
    """

    article: Article
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    total: Decimal
    code: int
    rate: Decimal
    discountable: bool = False


class Totals(NamedTuple):
    """Sums of a document.

    Attributes:
        subtotal: all lines, before the order's discount, gross or net as the document is.
        discount: of the order.
        discount_base: sum of the lines that it is spread over.
        net, tax, gross: after it.
    """

    subtotal: Decimal
    discount: Decimal
    discount_base: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


def line_total(quantity: Decimal, unit_price: Decimal, discount: Decimal) -> Decimal:
    """Quantity x price - discount, in cents."""
    return cents(quantity * unit_price - discount)


def net_of(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    """The net part of an amount of a gross or net document, in cents."""
    return cents(amount * HUNDRED / (HUNDRED + rate)) if gross else amount


def gross_of(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    """An amount of a gross or net document with tax, in cents."""
    return amount if gross else cents(amount * (HUNDRED + rate) / HUNDRED)


def _tax(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    return cents(amount * rate / (HUNDRED + rate if gross else HUNDRED))


def spread(amount: Decimal, sums: Sequence[Decimal]) -> list[Decimal]:
    """Shares of an amount in proportion to sums, in cents; what rounding leaves goes to the largest."""
    whole = sum(sums, ZERO)
    if not whole:
        return [ZERO] * len(sums)
    shares = [cents(amount * each / whole) for each in sums]
    largest = max(range(len(sums)), key=lambda index: abs(sums[index]))
    shares[largest] += amount - sum(shares, ZERO)
    return shares


def add_up(positions: Iterable[Position], discount: Decimal, *, gross: bool) -> Totals:
    """The sums of a document with these lines and this discount on the whole order."""
    sums: dict[int, Decimal] = {}
    bases: dict[int, Decimal] = {}
    rates: dict[int, Decimal] = {}
    for each in positions:
        sums[each.code] = sums.get(each.code, ZERO) + each.total
        rates[each.code] = each.rate
        if each.discountable:
            bases[each.code] = bases.get(each.code, ZERO) + each.total
    base = sum(bases.values(), ZERO)
    subtotal = sum(sums.values(), ZERO)
    if discount and not base:  # nothing to discount but fees
        bases, base = dict(sums), subtotal
    if discount:
        for code, share in zip(bases, spread(discount, list(bases.values())), strict=True):
            sums[code] -= share
    tax = sum((_tax(each, rates[code], gross=gross) for code, each in sums.items()), ZERO)
    total = sum(sums.values(), ZERO)
    net, with_tax = (total - tax, total) if gross else (total, total + tax)
    return Totals(subtotal, discount, base, net, tax, with_tax)
