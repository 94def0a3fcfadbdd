"""Weights of articles (`sage-100.md` 2.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange.convert import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a weight unit of Sage is in kilograms; a weight in another one is left out.
KILOGRAMS: Mapping[str, int | Decimal] = {
    "": 1,
    "kg": 1,
    "g": Decimal("0.001"),
    "gr": Decimal("0.001"),
    "mg": Decimal("0.000001"),
    "t": 1000,
    "to": 1000,
}


def kilograms(variant: Any, own: Any, unit: str | None) -> Decimal | None:
    """The first weight that there is: per stock unit, of the variant, own mass of the article."""
    weight = variant.get("GewichtLME") or variant.get("Gewicht") or own
    factor = KILOGRAMS.get((unit or "").strip().casefold())
    return canonical(Decimal(weight) * factor, 4) if weight and factor else None
