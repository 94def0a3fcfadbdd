"""A trade bundle: several articles that are sold as one (`sage-100.md` 2.9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Code, Rows, number, text, whole

STATES = (
    Code("stocked", "lagergeführt", "Kept in stock"),
    Code("unlimited", "ohne Bestandsführung", "Not kept in stock"),
    Code("bundle", "selbst ein Set", "A bundle itself"),
    Code("missing", "fehlt", "Missing"),
)


class BundlePart(NamedTuple):
    """One part. A part that is a bundle itself is followed by its own parts, one level deeper."""

    position: Annotated[int | None, whole("Teil Position", "Part position", 4, example="1")]
    level: Annotated[int | None, whole("Ebene", "Level", 2, required=True, example="1")]
    part_number: Annotated[str, text("Teil Artikelnummer", "Part number", 31, required=True, example="10011")]
    variant_id: Annotated[int | None, whole("Teil Ausprägung", "Part variant", 9)]
    quantity: Annotated[Decimal | None, number("Menge", "Quantity", required=True, example="2")]
    unit: Annotated[str, text("Mengeneinheit", "Unit", 5, example="Stk")]
    name: Annotated[str, text("Teil Bezeichnung", "Part name", 255, example="Espresso Milano 500 g")]
    state: Annotated[str, text("Teil Zustand", "Part state", 10, codes=STATES, example="stocked")]
    available: Annotated[Decimal | None, number("Teil verkaufbar", "Part available", negative=True, example="40")]


class Bundle(NamedTuple):
    """A bundle with its parts, top down; quantities are per one of what they are part of."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="SET-BARISTA")]
    name: Annotated[str, text("Bezeichnung", "Name", 255, example="Barista-Set")]
    available: Annotated[Decimal | None, number("Verkaufbar", "Available", negative=True, example="20")]
    parts: Annotated[tuple[BundlePart, ...], Rows("Teile", "Parts", "part", required=True)]
