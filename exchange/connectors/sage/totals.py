"""What a document adds up to (`sage-100.md` 5.3): Decimal, commercial rounding, tax once per tax code.

Gross documents: tax is taken out of the gross sum of a code. Net documents: tax is put on the net sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exchange.trade.amounts import ZERO, spread, tax_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from exchange.connectors.sage.articles import Article


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


def add_up(positions: Sequence[Position], discount: Decimal, *, gross: bool) -> Totals:
    """The sums of a document with these lines and this discount on the whole order."""
    sums: dict[int, Decimal] = {}
    rates: dict[int, Decimal] = {}
    subtotal = base = ZERO
    for each in positions:
        code, total = each.code, each.total
        sums[code] = sums.get(code, ZERO) + total
        rates[code] = each.rate
        subtotal += total
        if each.discountable:
            base += total
    total = subtotal
    if discount:
        bases = _bases(positions) if base else dict(sums)  # where there is nothing but fees, they bear it
        base = base or subtotal
        for code, share in zip(bases, spread(discount, list(bases.values())), strict=True):
            sums[code] -= share
        total = sum(sums.values(), ZERO)
    tax = sum([tax_of(each, rates[code], gross=gross) for code, each in sums.items()], ZERO)
    net, with_tax = (total - tax, total) if gross else (total, total + tax)
    return Totals(subtotal, discount, base, net, tax, with_tax)


def _bases(positions: Iterable[Position]) -> dict[int, Decimal]:
    """What the discount of an order is spread over, by tax code."""
    bases: dict[int, Decimal] = {}
    for each in positions:
        if each.discountable:
            bases[each.code] = bases.get(each.code, ZERO) + each.total
    return bases
