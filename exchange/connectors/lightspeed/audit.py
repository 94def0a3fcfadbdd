"""Compares what the shop has with what we know of it: doubles, orphans, and what people changed there by hand.

Nothing is mended here: a finding says what differs, and the person decides.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.thing import things_of
from exchange.connectors.lightspeed.values import thaw
from exchange.finding import found
from exchange.ledger_tables import SHOP_PART
from exchange.shop import Json, Ref, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.finding import Finding
    from exchange.ledger import Ledger

_PART = SHOP_PART.c
_Rows = dict[str, "Mapping[str, Any]"]
#: The resources that are compared field by field: lists of them are cheap (1.3).
AUDITED = ("category", "product", "variant")


def audit(ledger: Ledger, gateway: Gateway, article_field: str) -> Iterator[Finding]:
    """Everything that differs, one finding each. Takes a call per 250 categories, products and variants."""
    there = {resource: _by_id(gateway.read(resource)) for resource in AUDITED}
    yield from _doubles(there["variant"], article_field)
    yield from _orphans(there["variant"], there["product"], article_field)
    now = ledger.now()
    with ledger.engine.connect() as connection:
        for resource in AUDITED:
            where = (_PART.resource == resource, _PART.shop_id != "", _PART.language == "")
            for thing in things_of(connection, now, *where):
                row = there[resource].get(thing.shop_id)
                if row is None:
                    yield found(kinds.DELETED_BY_HAND, thing=resource, key=thing.ref.key)
                else:
                    yield from _changed(thing, row)


def _by_id(rows: Sequence[Mapping[str, Any]]) -> _Rows:
    return {str(row["id"]): row for row in rows}


def _doubles(variants: _Rows, article_field: str) -> Iterator[Finding]:
    by_code: dict[str, list[str]] = {}
    for shop_id, row in variants.items():
        code = str(row.get(article_field) or "").strip()
        if code:
            by_code.setdefault(code, []).append(shop_id)
    for code, ids in by_code.items():
        if len(ids) > 1:
            yield found(kinds.DUPLICATE, thing="variant", key=code, ids=", ".join(ids))


def _orphans(variants: _Rows, products: _Rows, article_field: str) -> Iterator[Finding]:
    """Variants of a product that is gone stay behind in lists (pitfall 7)."""
    for shop_id, row in variants.items():
        if str(row.get("product") or "") not in products:
            yield found(kinds.ORPHAN, id=shop_id, code=row.get(article_field) or "")


def _changed(thing: Thing, row: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in thing.sent.items():
        ours = thaw(value)
        if name not in row or isinstance(ours, Ref | Upload | Json):
            continue
        if _normal(row[name]) != _normal(ours):
            what = {"thing": thing.ref.resource, "key": thing.ref.key, "field": name}
            yield found(kinds.CHANGED_BY_HAND, **what, there=row[name], ours=ours)


def _normal(value: Any) -> Any:
    """A value as two systems may write it: 9.95, "9.9500"; nothing, false and an empty text (1.2)."""
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return True
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return " ".join(str(value).split())
