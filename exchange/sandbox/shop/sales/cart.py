"""The lines of a checkout (2.23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong, body, missing
from exchange.sandbox.shop.prices import FOUR, loose
from exchange.sandbox.shop.sales.lines import Line, line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from exchange.sandbox.shop.api import Answer
    from exchange.sandbox.shop.store import Row, Store


def checkout(store: Store, number: int) -> Row:
    """A checkout by its id. Raises Wrong."""
    row = store.get("checkouts", number)
    if row is None:
        raise missing()
    return row


class Cart:
    """What lies in checkouts.

    Args:
        store: of the shop.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def _line(self, given: Mapping[str, Any]) -> Line:
        own = {False: given.get("special_price_excl"), True: given.get("special_price_incl")}
        return line(self.store, given["variant_id"], given["quantity"], own)

    def shown(self, row: Row, given: Mapping[str, Any], *, added: bool = False) -> dict[str, Any]:
        """A line; its money is text in the answer to a POST, and numbers later."""
        bought = self._line(given)
        variant = bought.variant
        product = self.store.get("products", variant["product"]) or {"title": "", "fulltitle": "", "url": ""}
        brand = self.store.get("brands", product.get("brand"))
        money = {
            "base_price_excl": bought.excl,
            "base_price_incl": bought.incl,
            "price_excl": bought.total_excl,
            "price_incl": bought.total_incl,
            "discount_excl": bought.excl * 0,
            "discount_incl": bought.excl * 0,
        }
        return {
            "id": given["id"],
            "cart_id": row["id"],
            "product_id": variant["product"],
            "variant_id": variant["id"],
            "is_custom": False,
            "custom_data": [],
            "quantity": bought.quantity,
            "has_discount": False,
            "discount_percentage": 0,
            "tax_rate": loose(bought.rate, FOUR),
            **{name: f"{value:.4f}" if added else loose(value, FOUR) for name, value in money.items()},
            "title": product["title"],
            "fulltitle": product["fulltitle"],
            "variant": variant["title"],
            "brand_name": brand["title"] if brand else "",
            "article_code": variant["articleCode"],
            "ean": variant["ean"],
            "sku": variant["sku"],
            "url": product["url"],
            "stock_available": _available(bought),
            "stock_on_stock": variant["stockLevel"] > 0,
            "stock_level": variant["stockLevel"],
        }

    def _place(self, number: int, place: int) -> tuple[Row, dict[str, Any]]:
        row = checkout(self.store, number)
        for each in row["_lines"]:
            if each["id"] == place:
                return row, each
        raise missing()

    def many(self, _request: Request, _language: str, number: int) -> Answer:
        """The lines."""
        row = checkout(self.store, number)
        return 200, [self.shown(row, each) for each in row["_lines"]]

    def count(self, _request: Request, _language: str, number: int) -> Answer:
        """How many lines."""
        return 200, {"count": len(checkout(self.store, number)["_lines"])}

    def one(self, _request: Request, _language: str, number: int, place: int) -> Answer:
        """One line."""
        row, given = self._place(number, place)
        return 200, self.shown(row, given)

    def add(self, request: Request, _language: str, number: int) -> Answer:
        """`{variant_id, quantity}`, and `special_price_excl` or `special_price_incl` for an own price."""
        row, given = checkout(self.store, number), body(request, "")
        made = {
            "id": self.store.next("checkout line"),
            "variant_id": given.get("variant_id"),
            "quantity": given.get("quantity", 1),
            "special_price_excl": given.get("special_price_excl"),
            "special_price_incl": given.get("special_price_incl"),
        }
        self.stocked(made)
        self.store.put("checkouts", row, _lines=[*row["_lines"], made])
        return 201, self.shown(row, made, added=True)

    def change(self, request: Request, _language: str, number: int, place: int) -> Answer:
        """Another quantity."""
        row, old = self._place(number, place)
        made = old | {"quantity": body(request, "").get("quantity", old["quantity"])}
        self.stocked(made)
        self.store.put("checkouts", row, _lines=[made if each is old else each for each in row["_lines"]])
        return 200, self.shown(row, made)

    def drop(self, _request: Request, _language: str, number: int, place: int) -> Answer:
        """Take a line out."""
        row, old = self._place(number, place)
        self.store.put("checkouts", row, _lines=[each for each in row["_lines"] if each is not old])
        return 204, None

    def stocked(self, given: Mapping[str, Any]) -> Line:
        """A line that can be sold: stock that is tracked strictly does not go below zero (2.2). Raises Wrong."""
        bought = self._line(given)
        if not _available(bought):
            raise Wrong(422, "Product is not in stock")
        return bought


def _available(bought: Line) -> bool:
    variant = bought.variant
    return bool(variant["stockTracking"] != "enabled" or variant["stockLevel"] >= bought.quantity)
