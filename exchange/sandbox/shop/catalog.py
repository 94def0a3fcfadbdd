"""The whole catalogue in one list, and writes of many records at once (2.2, 2.4, 2.9, 2.24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import listing
from exchange.sandbox.shop.body import Wrong, body, listed, missing
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.prices import FOUR, loose, rate
from exchange.sandbox.shop.wire import taken, typed

if TYPE_CHECKING:
    from flask import Request

    from exchange.sandbox.shop.api import Answer, Calls
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire


class Catalog:
    """Calls about many products or variants.

    Args:
        store, wire, rules, settings: of the shop.
    """

    def __init__(self, store: Store, wire: Wire, rules: Rules, settings: Settings) -> None:
        self.store, self.wire, self.rules, self.settings = store, wire, rules, settings

    def calls(self) -> Calls:
        """Calls that are no plain records."""
        return {
            "catalog": {"GET": self.many},
            "catalog/count": {"GET": self.count},
            "catalog/#": {"GET": self.one},
            "variants/bulk": {"PUT": self.variants},
            "categories/products/bulk": {"POST": self.categories},
            "products/#/attributes": {"PUT": self.attributes},
        }

    def many(self, request: Request, language: str) -> Answer:
        """Products with everything that belongs to them."""
        rows = listing.found(self.store, KINDS["products"], 0, request.args, self.settings)
        page = [self._whole(row, language) for row in listing.page(rows, request.args, self.settings)]
        return 200, {"products": listing.columns(page, request.args)}

    def count(self, request: Request, _language: str) -> Answer:
        """How many products."""
        return 200, {"count": len(listing.found(self.store, KINDS["products"], 0, request.args, self.settings))}

    def one(self, _request: Request, language: str, number: int) -> Answer:
        """One product with everything."""
        row = self.store.get("products", number)
        if row is None:
            raise missing()
        return 200, {"product": self._whole(row, language)}

    def _whole(self, row: Row, language: str) -> dict[str, Any]:
        store, number = self.store, row["id"]
        made = self._plain("products", row, language)
        for name, path in (("brand", "brands"), ("supplier", "suppliers"), ("deliverydate", "deliverydates")):
            linked = store.get(path, row[name])
            made[name] = self._plain(path, linked, language) if linked else False
        made["images"] = self.wire.rows("products/images", store.all("products/images", number), language)
        made["relations"] = [each["relatedProduct"] for each in store.all("products/relations", number)]
        links = store.all("categories/products", product=number)
        categories = [row for row in (store.get("categories", each["category"]) for each in links) if row]
        made["categories"] = [self._plain("categories", each, language) for each in categories]
        made["variants"] = [self._variant(each, language) for each in store.all("variants", product=number)]
        made["filters"] = self._filters(number, language)
        reviews = store.all("reviews", product=number)
        made["reviews"] = [self._plain("reviews", each, language) for each in reviews]
        made["specifications"] = [
            {"id": each["attribute"], "name": attribute["title"], "value": each["value"]}
            for each in store.all("products/attributes", number)
            if (attribute := store.get("attributes", each["attribute"]))
        ]
        discounts = store.all("quantity_discounts", product=number)
        made["discounts"] = self.wire.rows("quantity_discounts", discounts, language)
        return made

    def _plain(self, path: str, row: Row, language: str) -> dict[str, Any]:
        """A record without its links."""
        shown = self.wire.shown(KINDS[path], row, language)
        return {name: each for name, each in shown.items() if not (isinstance(each, dict) and "resource" in each)}

    def _variant(self, row: Row, language: str) -> dict[str, Any]:
        """The tax of a variant is its rate here."""
        return self._plain("variants", row, language) | {"tax": loose(rate(self.store, row["tax"]), FOUR)}

    def _filters(self, number: int, language: str) -> list[dict[str, Any]]:
        values: dict[int, list[Row]] = {}
        for each in self.store.all("products/filtervalues", number):
            value = self.store.get("filters/values", each["filtervalue"])
            if value is not None:
                values.setdefault(each["filter"], []).append(value)
        return [
            self._plain("filters", row, language) | {"values": self.wire.rows("filters/values", rows, language)}
            for filter_id, rows in values.items()
            if (row := self.store.get("filters", filter_id))
        ]

    # Many at once; how their bodies look inside is not known [unsure]

    def variants(self, request: Request, language: str) -> Answer:
        """Rows of `{id, …}` as single PUTs would take them; all of them or none."""
        kind = KINDS["variants"]
        given = listed(request, "variant")
        if len(given) > self.settings.bulk_rows:
            raise Wrong(422, f"At most {self.settings.bulk_rows} variants")
        for each in given:
            row = self.store.get("variants", each.get("id"))
            if row is None:
                raise Wrong(422, f"Invalid variant {each.get('id')}")
            values = taken(kind, each, language, self.wire.languages, row)
            self.rules.check(kind, values, row, 0)
            self.rules.change(kind, row, values)
        return 200, {"variant": [{"id": each["id"]} for each in given]}

    def categories(self, request: Request, language: str) -> Answer:
        """`{product, categories: […]}` adds what is missing; what is not named goes when the settings say so."""
        given, kind = body(request, "categoriesProduct"), KINDS["categories/products"]
        product = self.store.get("products", given.get("product"))
        numbers = given.get("categories")
        if product is None or not isinstance(numbers, list):
            raise Wrong(422, "Invalid product" if product is None else "Invalid categories")
        have = {row["category"]: row for row in self.store.all(kind.path, product=product["id"])}
        wanted = {int(each) if str(each).isdigit() else each for each in numbers}
        if self.settings.bulk_replaces:
            for number, row in have.items():
                if number not in wanted:
                    self.rules.remove(kind, row)
        for number in sorted(wanted - have.keys(), key=str):
            values = {"category": number, "product": product["id"]}
            self.rules.check(kind, values, None, 0)
            self.rules.add(kind, values)
        rows = self.store.all(kind.path, product=product["id"])
        return 201, {kind.many: self.wire.rows(kind.path, rows, language)}

    def attributes(self, request: Request, language: str, number: int) -> Answer:
        """Rows of `{id, value}`: several specifications of a product."""
        kind = KINDS["products/attributes"]
        if self.store.get("products", number) is None:
            raise missing()
        for each in listed(request, kind.many):
            row = self.store.first(kind.path, attribute=each.get("id"), **{OWNER: number})
            if row is None:
                raise Wrong(422, f"Invalid attribute {each.get('id')}")
            self.store.put(kind.path, row, value=typed("value", each.get("value"), kind.fields["value"]))
        return 200, {kind.many: self.wire.rows(kind.path, self.store.all(kind.path, number), language)}
