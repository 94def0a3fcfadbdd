"""What can be sold of an article."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import number, text, whole


class Stock(NamedTuple):
    """Sellable quantity of one article (or one native variant of it) over the chosen warehouses."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="00200050")]
    variant_id: Annotated[int | None, whole("AuspraegungID", "Variant id", 9, example="0")]
    available: Annotated[Decimal | None, number("Bestand", "Available", negative=True, required=True, example="14")]
    on_hand: Annotated[Decimal | None, number("Lagerbestand", "On hand", negative=True, example="17")]
    on_order: Annotated[Decimal | None, number("Offene Aufträge", "In open orders", negative=True, example="3")]
    unit: Annotated[str, text("Mengeneinheit", "Unit", 5, example="Stk")]
