"""What is asked of a sales document by everyone who takes one over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exchange.records.sales_document import SalesDocument


def document_key(kind: str, number: str) -> str:
    """Kind and number without blanks and letter case, as people retype them (fault-catalogue D1); or nothing."""
    plain = "".join(number.split())
    return f"{kind}:{plain}".casefold() if plain else ""


def is_unpriced(document: SalesDocument) -> bool:
    """Whether nothing is said of any amount, as on delivery notes."""
    amounts = [document.total_net, document.total_tax, document.total_gross]
    for line in document.lines:
        amounts += (line.unit_price, line.total)
    return all(each is None for each in amounts)
