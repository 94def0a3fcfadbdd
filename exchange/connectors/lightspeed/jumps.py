"""Prices that jump: what a record said of a price before, and what it says now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select

from exchange.connectors.lightspeed.values import loads, thaw
from exchange.ledger_tables import SHOP_FACET, SHOP_PART

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from exchange.shop import Part

#: Fields of parts that are sales prices; old prices and base prices follow them.
PRICES = ("priceIncl", "priceExcl", "price")

#: Resource, key and field of a price.
Prices = dict[tuple[str, str, str], Decimal]


def prices_of(connection: Connection, module: str, keys: Sequence[str]) -> dict[str, Prices]:
    """The prices that these records of a module want by now, by record key."""
    facet, part = SHOP_FACET.c, SHOP_PART.c
    query = (
        select(facet.record_key, part.resource, part.key, facet.fields)
        .join_from(SHOP_FACET, SHOP_PART, facet.part_id == part.id)
        .where(facet.module == module, facet.record_key.in_(keys))
    )
    found: dict[str, Prices] = {}
    for key, resource, name, fields in connection.execute(query):
        said = {field: thaw(value) for field, value in loads(fields).items() if field in (*PRICES, "value")}
        found.setdefault(key, {}).update(_numbers(resource, name, said))
    return found


def prices_in(parts: Iterable[Part]) -> Prices:
    """The prices that parts say."""
    return {
        name: price for part in parts for name, price in _numbers(part.resource, part.key, dict(part.fields)).items()
    }


def _numbers(resource: str, key: str, fields: Mapping[str, Any]) -> Prices:
    """The prices among the fields, also those in a metafield that holds steps (`modules.customer_prices.means`)."""
    prices = {
        (resource, key, field): Decimal(value)
        for field, value in fields.items()
        if field in PRICES and isinstance(value, Decimal | int)
    }
    text = fields.get("value")
    if resource.endswith("_metafield") and isinstance(text, str) and text.startswith("[{"):
        for step in orjson.loads(text):
            told = {field: price for field, price in step.items() if field in PRICES}
            prices |= {(resource, key, f"{step['quantity']} {field}"): Decimal(told[field]) for field in told}
    return prices


def jumped(before: Prices, now: Prices, factor: Decimal) -> bool:
    """Whether a price is so many times what it was, or the other way round; zero is no price."""
    both = ((before[name], price) for name, price in now.items() if before.get(name, 0) > 0 and price > 0)
    return any(price >= old * factor or old >= price * factor for old, price in both)
