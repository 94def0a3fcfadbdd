"""What a customer sees of the shop: products, prices, relations, account; read out of the store for the pages."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.sandbox.shop.store import TEXTS

if TYPE_CHECKING:
    from exchange.sandbox.shop.store import Row, Store

#: Metafields that list article numbers, as sections of the product page.
SECTIONS = ("accessories", "cross_selling", "up_selling")


class Step(NamedTuple):
    """A price from a quantity on."""

    quantity: int
    price: Decimal


class Window:
    """The shop as one visitor sees it.

    Args:
        store: of the shop.
        language: of the page.
        customer: who is logged in.
    """

    def __init__(self, store: Store, language: str, customer: Row | None = None) -> None:
        self.store, self.language, self.customer = store, language, customer
        self.gross = not (store.first("shop") or {}).get("isB2b")
        rows = store.all("groups/customers", customer=customer["id"]) if customer else []
        self.groups = {0, *(row["group"] for row in rows)}

    def text(self, row: Row, name: str) -> str:
        """A text in the visitor's language."""
        return str(row.get(TEXTS, {}).get(self.language, {}).get(name) or row.get(name) or "")

    # Catalogue

    def categories(self, parent: int = 0) -> list[dict[str, Any]]:
        """The visible tree below a category."""
        rows = [row for row in self.store.all("categories") if (row["parent"] or 0) == parent and row["isVisible"]]
        rows.sort(key=lambda row: (row["sortOrder"], row["id"]))
        return [{"row": row, "title": self.text(row, "title"), "children": self.categories(row["id"])} for row in rows]

    def products(self, category: Row | None = None) -> list[Row]:
        """Visible products, of a category where one is given."""
        if category is None:
            rows = self.store.all("products")
        else:
            links = self.store.all("categories/products", category=category["id"])
            links.sort(key=lambda row: (row["sortOrder"], row["id"]))
            rows = [row for row in (self.store.get("products", link["product"]) for link in links) if row]
        return [row for row in rows if row["isVisible"]]

    def variants(self, product: Row) -> list[Row]:
        """In the order that the shop shows."""
        rows = self.store.all("variants", product=product["id"])
        return sorted(rows, key=lambda row: (row["sortOrder"], row["id"]))

    def by_code(self, code: str) -> Row | None:
        """The visible product of an article number."""
        variant = self.store.first("variants", articleCode=code)
        product = self.store.get("products", variant["product"]) if variant else None
        return product if product and product["isVisible"] else None

    # Prices

    def price(self, variant: Row) -> Decimal:
        """What everybody pays."""
        return Decimal(str(variant["priceIncl" if self.gross else "priceExcl"]))

    def old_price(self, variant: Row) -> Decimal | None:
        """What is struck through; only where it is higher."""
        old = Decimal(str(variant["oldPriceIncl" if self.gross else "oldPriceExcl"]))
        return old if old > self.price(variant) else None

    def tiers(self, variant: Row) -> list[Step]:
        """Prices by quantity for this visitor: for everybody, for the customer's groups, and for the customer alone."""
        steps: dict[int, Decimal] = {}
        now = self.store.now()
        for row in self.store.all("quantity_discounts", product=variant["product"]):
            if row["variant"] not in (0, variant["id"]) or int(row["customerGroup"] or 0) not in self.groups:
                continue
            if (row["startDate"] and _moment(row["startDate"]) > now) or (
                row["endDate"] and _moment(row["endDate"]) <= now
            ):
                continue
            price = Decimal(str(row["price"]))
            if row["isPercentage"]:
                price = (self.price(variant) * (100 - Decimal(str(row["percentage"]))) / 100).quantize(Decimal("0.01"))
            least = int(row["quantity"])
            steps[least] = min(price, steps.get(least, price))
        steps |= {step.quantity: step.price for step in self._own(variant)}
        return [Step(least, steps[least]) for least in sorted(steps)]

    def _own(self, variant: Row) -> list[Step]:
        """The customer's own prices, out of the metafields that the exchange writes."""
        if self.customer is None:
            return []
        product = self.store.get("products", variant["product"])
        basic = next((each for each in self.variants(product or {"id": 0}) if each["isDefault"]), variant)
        for code, number in ((variant["articleCode"], 0), (basic["articleCode"], 0)):
            name = f"price|{code.replace('%', '%25').replace('|', '%7C')}|{number}"
            row = self.store.first("customers/metafields", key=name, _owner=self.customer["id"])
            if row is not None:
                return [Step(int(each["quantity"]), self._step(variant, each)) for each in json.loads(row["value"])]
        return []

    def _step(self, variant: Row, step: dict[str, Any]) -> Decimal:
        price = step.get("priceIncl" if self.gross else "priceExcl")
        if price is not None:
            return Decimal(price)
        return (self.price(variant) * (100 - Decimal(step["percentage"])) / 100).quantize(Decimal("0.01"))

    # What belongs to a product

    def metafield(self, owner: str, number: int, key: str) -> Any:
        """Value of a metafield, read as JSON where it is some."""
        row = self.store.first(f"{owner}/metafields", key=key, _owner=number)
        if row is None or not row["value"]:
            return None
        try:
            return json.loads(row["value"])
        except ValueError:
            return row["value"]

    def related(self, product: Row) -> list[Row]:
        """The shop's own relations, in their order."""
        rows = sorted(
            self.store.all("products/relations", product["id"]), key=lambda row: (row["sortOrder"], row["id"])
        )
        found = [self.store.get("products", row["relatedProduct"]) for row in rows]
        return [row for row in found if row and row["isVisible"]]

    def sections(self, product: Row) -> list[tuple[str, list[Row]]]:
        """Accessories and the like, out of the metafields."""
        result = []
        for name in SECTIONS:
            codes = self.metafield("products", product["id"], name) or []
            rows = [row for row in map(self.by_code, codes) if row]
            if rows:
                result.append((name, rows))
        return result

    def attachments(self, product: Row) -> list[dict[str, str]]:
        """Documents in the visitor's language, and those without one."""
        rows = self.metafield("products", product["id"], "attachments") or []
        return [each for each in rows if each.get("language", "") in ("", self.language)]

    def images(self, product: Row) -> list[Row]:
        """In their order."""
        return sorted(self.store.all("products/images", product["id"]), key=lambda row: (row["sortOrder"], row["id"]))

    # The customer's account

    def account(self, kind: str) -> list[Row]:
        """Orders, invoices or shipments of the customer, newest first."""
        assert self.customer is not None  # noqa: S101 - the page asks for a login before
        return self.store.all(kind, customer=self.customer["id"])[::-1]

    def own(self, key: str) -> list[Any]:
        """A list in a metafield of the customer."""
        assert self.customer is not None  # noqa: S101 - as above
        return self.metafield("customers", self.customer["id"], key) or []


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.astimezone()
