"""Calls that are no plain records: the whole catalogue, the shop and its plan, the account, passwords (2.17, 2.24)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.wire import COUNTRIES, Wrong, body, country, new, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from exchange.sandbox.shop.api import Answer
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.windows import Windows

SCOPES = ("content", "products", "customers", "orders", "settings", "tracking")


def catalogue_calls(
    store: Store, windows: Windows, site: Callable[[], str]
) -> dict[tuple[str, str], Callable[..., Answer]]:
    """The handlers by method and path."""
    views = _Views(store, windows, site)
    return {
        ("GET", "catalog"): views.catalog,
        ("GET", "catalog/count"): lambda *_: (200, {"count": len(store.all("products"))}),
        ("GET", "shop"): views.shop,
        ("GET", "shop/limits"): lambda *_: (200, {"shopLimits": _plain(store.first("shop/limits") or {})}),
        ("GET", "account/ratelimit"): lambda *_: (200, {"accountRatelimit": windows.told()}),
        ("GET", "account/permissions"): views.permissions,
        ("GET", "countries"): views.countries,
        ("GET", "time"): lambda *_: (200, {"time": store.stamp()}),
        ("POST", "customers/login"): views.login,
        ("POST", "customers/tokens"): views.token,
        ("PUT", "variants/bulk"): views.bulk_variants,
        ("POST", "categories/products/bulk"): views.bulk_categories,
    }


def _plain(row: Row) -> dict[str, Any]:
    return {
        name: value
        for name, value in row.items()
        if not name.startswith("_") and name not in ("id", "createdAt", "updatedAt")
    }


class _Views:
    def __init__(self, store: Store, windows: Windows, site: Callable[[], str]) -> None:
        self.store, self.windows, self.site = store, windows, site

    def shop(self, _request: Request, _language: str) -> Answer:
        row = self.store.first("shop") or {}
        return 200, {"shop": {"id": row["id"], "createdAt": row["createdAt"], **_plain(row)}}

    @staticmethod
    def permissions(_request: Request, _language: str) -> Answer:
        return 200, {"accountPermissions": [{"resource": each, "read": True, "write": True} for each in SCOPES]}

    @staticmethod
    def countries(_request: Request, _language: str) -> Answer:
        return 200, {"countries": [country(code) for code in COUNTRIES]}

    def _customer(self, number: int) -> Row:
        row = self.store.get("customers", number)
        if row is None:
            raise Wrong(404, "Not found.")
        return row

    def login(self, request: Request, _language: str, number: int) -> Answer:
        row, given = self._customer(number), body(request, "customerLogin")
        matches = bool(row.get("password")) and row["password"] == given.get("password")
        return 200, {"customerLogin": {"loggedin": matches}}

    def token(self, request: Request, language: str, number: int) -> Answer:
        self._customer(number)
        given = body(request, "customerToken")
        token = secrets.token_urlsafe(24)
        seconds = min(int(given.get("expiresIn") or 60), 600)
        until = self.store.now().timestamp() + seconds
        row = self.store.add("tokens", {"customer": number, "token": token, "until": until})
        url = f"{self.site()}/{language}/account/token/?token={token}"
        return 201, {
            "customerToken": {
                "id": row["id"],
                "redirectUrl": url,
                "returnUrl": given.get("returnUrl", ""),
                "expiresIn": seconds,
            }
        }

    def catalog(self, request: Request, language: str, number: int = 0) -> Answer:
        """Products with everything that belongs to them."""
        if number:
            row = self.store.get("products", number)
            if row is None:
                raise Wrong(404, "Not found.")
            return 200, {"product": self._whole(row, language)}
        size = min(int(request.args.get("limit", 50)), 250)
        begin = (int(request.args.get("page", 1)) - 1) * size
        rows = self.store.all("products")
        if "since_id" in request.args:
            rows = [row for row in rows if row["id"] > int(request.args["since_id"])]
        return 200, {"products": [self._whole(row, language) for row in rows[begin : begin + size]]}

    def _whole(self, row: Row, language: str) -> dict[str, Any]:
        store, base = self.store, f"{self.site()}/{language}"
        made = {
            name: value
            for name, value in shown(KINDS["products"], row, language, base).items()
            if not (isinstance(value, dict) and "resource" in value)
        }
        for name, path in (("brand", "brands"), ("supplier", "suppliers"), ("deliverydate", "deliverydates")):
            linked = store.get(path, row[name])
            made[name] = _plain(linked) | {"id": linked["id"]} if linked else False
        made["images"] = [
            shown(KINDS["products/images"], each, language, base) for each in store.all("products/images", row["id"])
        ]
        made["relations"] = [each["relatedProduct"] for each in store.all("products/relations", row["id"])]
        assigned = [
            store.get("categories", each["category"]) for each in store.all("categories/products", product=row["id"])
        ]
        made["categories"] = [
            {"id": each["id"], "title": each["title"], "url": each["url"]} for each in assigned if each
        ]
        made["variants"] = [self._variant(each, language, base) for each in store.all("variants", product=row["id"])]
        made["specifications"] = []
        discounts = KINDS["quantity_discounts"]
        made["discounts"] = [
            shown(discounts, each, language, base) for each in store.all("quantity_discounts", product=row["id"])
        ]
        return made

    def _variant(self, row: Row, language: str, base: str) -> dict[str, Any]:
        made = shown(KINDS["variants"], row, language, base)
        tax = self.store.get("taxes", row["tax"]) or self.store.first("taxes", isDefault=True)
        kept = {name: value for name, value in made.items() if not (isinstance(value, dict) and "resource" in value)}
        return kept | {"tax": tax["rate"] if tax else 0}

    def bulk_variants(self, request: Request, _language: str) -> Answer:
        """Stock of many at once."""
        given = request.get_json(silent=True) or {}
        rows = given.get("variant")
        if not isinstance(rows, list):
            raise Wrong(400, "Missing variant")
        for each in rows:
            row = self.store.get("variants", each.get("id"))
            if row is None:
                raise Wrong(422, f"Invalid variant {each.get('id')}")
            self.store.put(
                "variants",
                row,
                **{
                    name: value
                    for name, value in each.items()
                    if name in ("stockLevel", "stockTracking", "priceExcl", "priceIncl")
                },
            )
        return 200, {"variant": [{"id": each["id"]} for each in rows]}

    def bulk_categories(self, request: Request, _language: str) -> Answer:
        """Adds the categories that are missing."""
        given = body(request, "categoriesProduct")
        kind = KINDS["categories/products"]
        product = self.store.get("products", given.get("product"))
        if product is None:
            raise Wrong(422, "Invalid product")
        have = {row["category"] for row in self.store.all(kind.path, product=product["id"])}
        for number in given.get("categories", []):
            if self.store.get("categories", number) is None:
                raise Wrong(422, "Invalid category")
            if number not in have:
                self.store.add(kind.path, new(kind) | {"category": number, "product": product["id"]})
        rows = self.store.all(kind.path, product=product["id"])
        return 201, {kind.many: [shown(kind, row, "de", self.site()) for row in rows]}
