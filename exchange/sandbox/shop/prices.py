"""Prices and taxes (1.6)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.store import Row, Store

CENT, FOUR = Decimal("0.01"), Decimal("0.0001")


def exact(value: Any) -> Decimal:
    """A loose number as it was meant."""
    return Decimal(str(value or 0))


def loose(value: Decimal, unit: Decimal = CENT) -> float | int:
    """A number as the API has them: whole ones without a point."""
    number = float(value.quantize(unit, ROUND_HALF_UP))
    return int(number) if number.is_integer() else number


def rate(store: Store, tax: Any) -> Decimal:
    """Of a tax by its id, as a fraction; the default one where there is none."""
    row = store.get("taxes", tax) or store.first("taxes", isDefault=True)
    return exact(row["rate"]) if row else Decimal(0)


def keeps_excl(store: Store) -> bool:
    """Whether the shop keeps prices without tax."""
    return bool((store.first("shop") or {}).get("isB2b"))


def sides(store: Store, row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    """The other sides of a variant's prices, with four places.

    Where both are sent, that of the shop's own mode counts; it also stays when the tax changes [unsure].
    """
    factor = 1 + rate(store, row["tax"])
    mode, made = keeps_excl(store), {}
    for name in ("price", "oldPrice"):
        excl, incl = f"{name}Excl", f"{name}Incl"
        sent = {excl, incl} & values.keys()
        if sent or "tax" in values:
            from_excl = sent == {excl} or (mode and len(sent) != 1)
            given = exact(row[excl if from_excl else incl])
            made[incl if from_excl else excl] = loose(given * factor if from_excl else given / factor, FOUR)
    return made
