"""What a customer sees of the shop: products, prices, relations, account; read out of the store for the pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.sandbox.shop.kind import OWNER, TEXTS
from exchange.sandbox.shop.listing import moment
from exchange.sandbox.shop.prices import CENT, exact, keeps_excl
from exchange.sandbox.shop.wire import text
from exchange.shop import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store

#: Metafields that list article numbers, as sections of the product page; `upsell` as the reference calls it (5).
SECTIONS = ("accessories", "cross_selling", "up_selling", "upsell")


class Step(NamedTuple):
    """A price from a quantity on."""

    quantity: int
    price: Decimal


class Window:
    """The shop as one visitor sees it.

    Args:
        store, settings: of the shop.
        language: of the page.
        customer: who is logged in.
    """

    def __init__(self, store: Store, settings: Settings, language: str, customer: Row | None = None) -> None:
        self.store, self.settings, self.language, self.customer = store, settings, language, customer
        self.gross = not keeps_excl(store)
        rows = store.all("groups/customers", customer=customer["id"]) if customer else []
        self.groups = {0, *(row["group"] for row in rows)}

    def text(self, row: Row, name: str) -> str:
        """A text in the visitor's language."""
        return str(text(row, name, self.language) or "")

    # Catalogue

    def categories(self, parent: int = 0) -> list[dict[str, Any]]:
        """The visible tree below a category."""
        rows = [row for row in self.store.all("categories", parent=parent) if row["isVisible"]]
        rows.sort(key=_place)
        return [{"row": row, "title": self.text(row, "title"), "children": self.categories(row["id"])} for row in rows]

    def category(self, url: str) -> Row | None:
        """A visible category by its address."""
        row = self._at("categories", url)
        return row if row and row["isVisible"] else None

    def path(self, category: Row | None) -> list[Row]:
        """A category with those above it, the highest first."""
        numbers = reversed(category["path"]) if category else ()
        return [row for row in (self.store.get("categories", number) for number in numbers) if row]

    def home(self, product: Row) -> Row | None:
        """The category that a product's page belongs to: the deepest of its own."""
        links = self.store.all("categories/products", product=product["id"])
        rows = [row for row in (self.store.get("categories", link["category"]) for link in links) if row]
        return max(rows, key=lambda row: int(row["depth"]), default=None)

    def products(self, category: Row | None = None) -> list[Row]:
        """Visible products, of a category and those below it where one is given."""
        if category is None:
            return [row for row in self.store.all("products") if row["isVisible"]]
        links = sorted(self.store.all("categories/products", category=category["id"]), key=_place)
        numbers = dict.fromkeys(link["product"] for link in links)
        for below in self.store.all("categories", parent=category["id"]):
            numbers |= dict.fromkeys(row["id"] for row in self.products(below))
        return self._visible(numbers)

    def product(self, url: str) -> Row | None:
        """A visible product by its address."""
        row = self._at("products", url)
        return row if row and row["isVisible"] else None

    def _at(self, kind: str, url: str) -> Row | None:
        """By its address in any language."""
        row = self.store.first(kind, url=url)
        if row is not None:
            return row
        texts = ((row, row.get(TEXTS, {})) for row in self.store.all(kind))
        return next((row for row, own in texts if any(each.get("url") == url for each in own.values())), None)

    def _visible(self, numbers: Iterable[Any]) -> list[Row]:
        rows = (self.store.get("products", number) for number in numbers)
        return [row for row in rows if row and row["isVisible"]]

    def variants(self, product: Row) -> list[Row]:
        """In the order that the shop shows."""
        return sorted(self.store.all("variants", product=product["id"]), key=_place)

    def images(self, product: Row) -> list[Row]:
        """In their order."""
        return sorted(self.store.all("products/images", product["id"]), key=_place)

    # Prices

    def price(self, variant: Row) -> Decimal:
        """What everybody pays."""
        return exact(variant["priceIncl" if self.gross else "priceExcl"])

    def old_price(self, variant: Row) -> Decimal | None:
        """What is struck through; only where it is higher."""
        old = exact(variant["oldPriceIncl" if self.gross else "oldPriceExcl"])
        return old if old > self.price(variant) else None

    def tiers(self, variant: Row) -> list[Step]:
        """Prices by quantity for this visitor: for everybody, for the customer's groups, and for the customer alone."""
        steps: dict[int, Decimal] = {}
        now = self.store.now()
        for row in self.store.all("quantity_discounts", product=variant["product"]):
            begins, ends = row["startDate"], row["endDate"]
            if (begins and moment(begins) > now) or (ends and moment(ends) <= now):
                continue
            if row["variant"] in (0, variant["id"]) and row["customerGroup"] in self.groups:
                price, least = self._tier(variant, row), int(row["quantity"])
                steps[least] = min(price, steps.get(least, price))
        steps |= {step.quantity: step.price for step in self._own(variant)}
        return [Step(least, steps[least]) for least in sorted(steps)]

    def _tier(self, variant: Row, row: Row) -> Decimal:
        if row["isPercentage"]:
            return self._reduced(variant, row["percentage"])
        price = exact(row["price"])
        return self.price(variant) - price if self.settings.tier_reduces else price

    def _reduced(self, variant: Row, percentage: Any) -> Decimal:
        return (self.price(variant) * (100 - exact(percentage)) / 100).quantize(CENT)

    def _own(self, variant: Row) -> list[Step]:
        """The customer's own prices, out of the metafields that the exchange writes."""
        if self.customer is None:
            return []
        others = self.store.all("variants", product=variant["product"])
        default = next((each for each in others if each["isDefault"]), variant)
        for code in (variant["articleCode"], default["articleCode"]):
            steps = self.metafield("customers", self.customer["id"], joined("price", code, 0))
            if isinstance(steps, list):
                return [Step(int(each["quantity"]), self._step(variant, each)) for each in steps]
        return []

    def _step(self, variant: Row, step: dict[str, Any]) -> Decimal:
        price = step.get("priceIncl" if self.gross else "priceExcl")
        return exact(price) if price is not None else self._reduced(variant, step.get("percentage"))

    # What belongs to a product

    def metafield(self, owner: str, number: int, key: str) -> Any:
        """Value of a metafield, read as JSON where it is some."""
        row = self.store.first(f"{owner}/metafields", key=key, **{OWNER: number})
        if row is None or not row["value"]:
            return None
        try:
            return json.loads(row["value"])
        except (TypeError, ValueError):
            return row["value"]

    def listed(self, owner: str, number: int, key: str) -> list[Any]:
        """A list in a metafield; nothing where there is something else."""
        value = self.metafield(owner, number, key)
        return value if isinstance(value, list) else []

    def related(self, product: Row) -> list[Row]:
        """The shop's own relations, in their order."""
        rows = sorted(self.store.all("products/relations", product["id"]), key=_place)
        return self._visible(row["relatedProduct"] for row in rows)

    def sections(self, product: Row) -> list[tuple[str, list[Row]]]:
        """Accessories and the like, out of the metafields: article numbers, or ids of products."""
        found = []
        for name in SECTIONS:
            rows = [self._meant(each) for each in self.listed("products", product["id"], name)]
            visible = [row for row in rows if row and row["isVisible"]]
            if visible:
                found.append((name, visible))
        return found

    def _meant(self, code: Any) -> Row | None:
        variant = self.store.first("variants", articleCode=str(code))
        return self.store.get("products", variant["product"] if variant else code)

    def specifications(self, product: Row) -> list[tuple[str, str]]:
        """Titles and values of the attributes that are filled (2.4)."""
        rows = self.store.all("products/attributes", product["id"])
        named = [(self.store.get("attributes", row["attribute"]), row["value"]) for row in rows]
        return [(attribute["title"], value) for attribute, value in named if attribute and value]

    def attachments(self, product: Row) -> list[dict[str, str]]:
        """Documents in the visitor's language, and those without one."""
        rows = self.listed("products", product["id"], "attachments")
        return [each for each in rows if each.get("language", "") in ("", self.language)]

    # The customer's account

    def account(self, kind: str) -> Sequence[Row]:
        """Orders, invoices or shipments of the customer, newest first."""
        return self.store.all(kind, customer=self.customer["id"])[::-1] if self.customer else ()

    def own(self, key: str) -> list[Any]:
        """A list in a metafield of the customer."""
        return self.listed("customers", self.customer["id"], key) if self.customer else []


def _place(row: Row) -> tuple[int, int]:
    return row["sortOrder"], row["id"]
