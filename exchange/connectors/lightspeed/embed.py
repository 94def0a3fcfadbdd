"""What belongs to an order or a customer and does not stand in it: asked for, and put where the shop would put it.

A single order has its products and its customer in it; whether a single customer has his groups and metafields in it
is not known [unsure] (`lightspeed-ecom.md` 1.2, 2.17).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.client import PAGE
from exchange.connectors.lightspeed.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exchange.connectors.lightspeed.client import LightspeedClient

_Row = dict[str, Any]


class Embed:
    """Completes the records of one pull.

    Args:
        client: of the shop.
        records: how many will come; where they are many, the groups of all customers are read at once.
    """

    def __init__(self, client: LightspeedClient, records: int) -> None:
        self.client = client
        self.records = records

    def complete(self, resource: str, shop_id: str, record: _Row) -> bool:
        """Put into a record what is not in it; whether there was anything to put."""
        changed = False
        for name, find in _PARTS[resource].items():
            link = record.get(name)
            resource_of = link.get("resource") if isinstance(link, dict) else None
            if isinstance(resource_of, dict) and not resource_of.get("embedded"):
                embedded = find(self, shop_id, resource_of)
                if embedded is not None:
                    resource_of["embedded"] = embedded
                    changed = True
        return changed

    def _products(self, order: str, _link: Mapping[str, Any]) -> list[_Row]:
        return list(self.client.rows("order_product", order))

    def _customer(self, _order: str, link: Mapping[str, Any]) -> _Row | None:
        """The customer of an order; None when he was deleted since."""
        if not link.get("id"):
            return None
        try:
            content = self.client.answer("customer", str(link["id"])).content
        except NotFound:
            return None
        customer: _Row = content["customer"]
        return customer

    def _metafields(self, customer: str, _link: Mapping[str, Any]) -> list[_Row]:
        return list(self.client.rows("customer_metafield", customer))

    def _groups(self, customer: str, _link: Mapping[str, Any]) -> list[_Row]:
        if not self._titles:
            return []
        if self._members is not None:
            rows = self._members.get(customer, [])
        else:
            rows = list(self.client.rows("group_customer", customer=customer))
        rows = [row for row in rows if row.get("group")]
        for row in rows:
            row["group"]["resource"]["embedded"] = self._titles.get(_id(row["group"]))
        return rows

    @cached_property
    def _titles(self) -> dict[str, _Row]:
        """The groups by id."""
        return {str(row["id"]): row for row in self.client.rows("group")}

    @cached_property
    def _members(self) -> dict[str, list[_Row]] | None:
        """The groups of all customers; None where it is cheaper to ask for each customer."""
        if self.client.count("group_customer") > self.records * PAGE:
            return None
        members: dict[str, list[_Row]] = {}
        for row in self.client.rows("group_customer"):
            members.setdefault(_id(row["customer"]), []).append(row)
        return members


def _id(link: Any) -> str:
    return str(link["resource"]["id"]) if link else ""


_PARTS: Mapping[str, Mapping[str, Callable[[Embed, str, Mapping[str, Any]], Any]]] = {
    "order": {"products": Embed._products, "customer": Embed._customer},  # noqa: SLF001 - a table of its own methods
    "customer": {"metafields": Embed._metafields, "groups": Embed._groups},  # noqa: SLF001
}
