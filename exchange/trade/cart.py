"""An order of Sage as the cart of a shop holds it: whole pieces, one price per variant, costs of shipping apart."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from exchange.convert import canonical, half_up
from exchange.trade.amounts import ZERO, line_total, spread
from exchange.trade.deals import OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from exchange.records.sales_document import DocumentLine, SalesDocument


def is_shipping(line: DocumentLine, patterns: Sequence[str]) -> bool:
    """Whether the article of a line is a cost of shipping; patterns as in file names."""
    return any(fnmatchcase(line.article_number, pattern) for pattern in patterns)


def _total(line: DocumentLine) -> Decimal:
    """Of a line that has passed the rules."""
    if line.total is not None:
        return line.total
    return line_total(line.quantity or ZERO, line.unit_price or ZERO, line.discount or ZERO)


def _reduced(record: SalesDocument) -> list[tuple[DocumentLine, Decimal]]:
    """The lines with an article and what each costs, its share of the document's discount taken off."""
    lines = [each for each in record.lines if each.article_number]
    totals = [_total(each) for each in lines]
    shares = spread(record.discount or ZERO, totals)
    return [(each, total - share) for each, total, share in zip(lines, totals, shares, strict=True)]


def agreed(record: SalesDocument, patterns: Sequence[str]) -> dict[tuple[str, int], tuple[int, Decimal]]:
    """Article and variant → pieces and price of one, with all discounts: a cart has one line per variant.

    The price has four decimals and is net or gross as the document is.
    """
    sums: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
    for line, total in _reduced(record):
        if not is_shipping(line, patterns):
            one = line.article_number, line.variant_id or 0
            pieces, amount = sums.get(one, (ZERO, ZERO))
            sums[one] = pieces + (line.quantity or ZERO), amount + total
    return {one: (int(pieces), canonical(half_up(amount / pieces, 4), 4, 2)) for one, (pieces, amount) in sums.items()}


def shipping(record: SalesDocument, patterns: Sequence[str]) -> Decimal:
    """Shipping costs, net or gross as the document is."""
    costs = (total for line, total in _reduced(record) if is_shipping(line, patterns))
    return canonical(sum(costs, ZERO), 4, 2)


def memo(record: SalesDocument, name: str) -> str:
    """For the people of the shop: the mark, and what was agreed on."""
    sold = (each for each in record.lines if each.article_number)
    lines = [f"{each.quantity} x {each.article_number} {_total(each)}" for each in sold]
    side = "brutto" if record.gross else "netto"
    total = record.total_gross if record.gross else record.total_net
    return "\n".join((name, *lines, f"= {total} {record.currency} {side}"))


def document(record: SalesDocument) -> dict[str, Any]:
    """The document for a theme: JSON with dates as 2026-11-23 and amounts as text, in the document's own mode."""
    return {
        "date": record.dated_on.isoformat() if record.dated_on else "",
        "number": record.number,
        "kind": record.kind,
        "status": record.status or OPEN,
        "order_number": record.order_number,
        "currency": record.currency,
        "gross": bool(record.gross),
        "total_net": _amount(record.total_net),
        "total": _amount(record.total_gross),
        "lines": [
            {
                "article": each.article_number,
                "title": each.title,
                "quantity": _amount(each.quantity),
                "unit": each.unit,
                "price": _amount(each.unit_price),
                "total": _amount(each.total),
            }
            for each in record.lines
            if each.article_number
        ],
    }


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
