"""Ways to ship and to pay, as checkouts and quotes offer them (2.21 to 2.23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.prices import FOUR, loose, rate
from exchange.sandbox.shop.sales.lines import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.sandbox.shop.store import Store


class Methods:
    """What the shop offers."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def shipping(self) -> list[dict[str, Any]]:
        """One for each of the values of the shipping methods."""
        return [
            {
                "id": f"core|{method['id']}|{value['id']}",
                "title": method["title"],
                "price_excl": value["priceExcl"],
                "price_incl": value["priceIncl"],
                "tax_rate": loose(rate(self.store, method["tax"]), FOUR),
                "is_service_point": False,
                "discount": 0,
                "data": {"method": "default", "shipment_id": method["id"], "shipping_value_id": value["id"]},
            }
            for method in self.store.all("shippingmethods")
            for value in self.store.all("shippingmethods/values", method["id"])
        ]

    def payment(self) -> list[dict[str, Any]]:
        """All of them; none costs anything."""
        free = {"price_incl": 0, "price_excl": 0, "tax_rate": 0}
        return [
            {"id": each["key"], "title": each["title"], **free, "data": {"method": each["key"]}}
            for each in self.store.all("paymentmethods")
        ]

    def chosen_shipping(self, given: Any, name: str) -> Method:
        """A way to ship by its id. Raises Wrong."""
        return Method.of(chosen(given, self.shipping(), name))

    def chosen_payment(self, given: Any, name: str) -> Method:
        """A way to pay by its id. Raises Wrong."""
        return Method.of(chosen(given, self.payment(), name))


def chosen(given: Any, known: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """A method by its id, alone or in an object; an external one brings its own title and price. Raises Wrong."""
    wanted = given if isinstance(given, dict) else {"id": given}
    if wanted.get("id") == "external":
        return {"title": "external", "price_incl": 0, "tax_rate": 0, "data": []} | wanted
    for each in known:
        if each["id"] == wanted.get("id"):
            return each
    raise Wrong(422, f"Invalid {name}")
