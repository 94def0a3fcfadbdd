"""How the amounts of a document add up (`sage-100.md` 5.3): Decimal, commercial rounding, tax once per rate.

Gross documents: tax is taken out of the gross sum of a rate. Net documents: tax is put on the net sum.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")


def cents(value: Decimal) -> Decimal:
    """Commercial rounding to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


def line_total(quantity: Decimal, unit_price: Decimal, discount: Decimal) -> Decimal:
    """Quantity x price - discount, in cents."""
    return cents(quantity * unit_price - discount)


def net_of(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    """The net part of an amount of a gross or net document, in cents."""
    return cents(amount * HUNDRED / (HUNDRED + rate)) if gross else amount


def gross_of(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    """An amount of a gross or net document with tax, in cents."""
    return amount if gross else cents(amount * (HUNDRED + rate) / HUNDRED)


def tax_of(amount: Decimal, rate: Decimal, *, gross: bool) -> Decimal:
    """The tax in a gross amount or on a net amount, in cents."""
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


class RateSum(NamedTuple):
    """What a document comes to at one rate: percent, net base and tax."""

    rate: Decimal
    base: Decimal
    tax: Decimal


def by_rate(lines: Iterable[tuple[Decimal, Decimal]], discount: Decimal, *, gross: bool) -> list[RateSum]:
    """The taxes of a document, by rising rate.

    Args:
        lines: rate in percent and total of each line, net or gross as the document is.
        discount: of the whole document, spread over the rates in proportion.
        gross: which of the two the document is.
    """
    sums: dict[Decimal, Decimal] = {}
    for rate, total in lines:
        sums[rate] = sums.get(rate, ZERO) + total
    shares = spread(discount, list(sums.values()))
    made = []
    for (rate, total), share in zip(sums.items(), shares, strict=True):
        amount = total - share
        tax = tax_of(amount, rate, gross=gross)
        made.append(RateSum(rate, amount - tax if gross else amount, tax))
    return sorted(made)
