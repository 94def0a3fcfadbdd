"""Which texts of an order reach Sage."""

from __future__ import annotations

from exchange.record import Kind, schema
from exchange.records.order import Order

#: Texts that stay with the shop, so that a smiley in the name of a payment method stops nobody.
_STAY = frozenset(
    {"status", "channel", "language", "billing_region", "delivery_region", "payment_title", "shipping_title"}
)
#: All others are written, and must fit into the database's code page.
WRITTEN = tuple(each.name for each in schema(Order).fields if each.kind is Kind.TEXT and each.name not in _STAY)
