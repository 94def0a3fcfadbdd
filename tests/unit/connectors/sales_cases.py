"""Sales documents for the tests of the Sage connector."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange.connector import Change, Outcome
from exchange.modules.sales_documents import MODULE
from exchange.record import fingerprint
from exchange.records.sales_document import DocumentLine, SalesDocument
from exchange.trade.amounts import by_rate, cents
from tests.unit.connectors.sage_cases import blank

if TYPE_CHECKING:
    from collections.abc import Iterable

CUPS, FILTERS = "00200050", "00200051"


def line(article: str = CUPS, quantity: str = "2", price: str = "10.00", **more: Any) -> DocumentLine:
    """A line at 19 %."""
    amounts = {"quantity": Decimal(quantity), "unit_price": Decimal(price)}
    total = cents(amounts["quantity"] * amounts["unit_price"] - (more.get("discount") or 0))
    own = {"article_number": article, "tax_rate": Decimal(19), "total": total, **amounts}
    return blank(DocumentLine, **(own | more))  # type: ignore[no-any-return]


def sale(
    kind: str, number: str, *lines: DocumentLine, before: tuple[str, str] = ("", ""), **more: Any
) -> SalesDocument:
    """A document with net prices, whose totals are those of its lines."""
    bought = lines or (line(),)
    discount = more.get("discount") or Decimal(0)
    gross = more.get("gross", False)
    priced = [(each.tax_rate, each.total) for each in bought if each.total is not None and each.tax_rate is not None]
    sums = by_rate(priced, discount, gross=gross)
    net, tax = sum((each.base for each in sums), Decimal(0)), sum((each.tax for each in sums), Decimal(0))
    own = {
        "dated_on": date(2026, 6, 1),
        "customer_number": "D100001",
        "predecessor_kind": before[0],
        "predecessor_number": before[1],
        "gross": gross,
        "total_net": net,
        "total_tax": tax,
        "total_gross": net + tax,
    }
    made = blank(SalesDocument, kind=kind, number=number, lines=tuple(bought), **(own | more))
    return MODULE.prepare(made, MODULE.options())  # type: ignore[misc, no-any-return]


def unpriced(kind: str, number: str, *lines: tuple[str, str], before: tuple[str, str]) -> SalesDocument:
    """A document of articles and quantities, and nothing said of any amount."""
    bought = tuple(blank(DocumentLine, article_number=article, quantity=Decimal(count)) for article, count in lines)
    nothing = dict.fromkeys(("total_net", "total_tax", "total_gross"))
    return sale(kind, number, *bought, before=before, **nothing)


def sales_changes(documents: Iterable[SalesDocument]) -> list[Change]:
    """Documents on their way into a target."""
    return [
        Change(seq, seq + 1, MODULE.key(each), Outcome.CREATED, fingerprint(each), each)
        for seq, each in enumerate(documents, 1)
    ]
