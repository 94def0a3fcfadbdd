"""What a document adds up to (`sage-100.md` 5.3): Decimal, commercial rounding, tax once per tax code.

Gross documents: tax is taken out of the gross sum of a code. Net documents: tax is put on the net sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exchange.trade.amounts import ZERO, spread, tax_of

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    tax = sum((tax_of(each, rates[code], gross=gross) for code, each in sums.items()), ZERO)
    total = sum(sums.values(), ZERO)
    net, with_tax = (total - tax, total) if gross else (total, total + tax)
    return Totals(subtotal, discount, base, net, tax, with_tax)
