"""What the shop refuses, and what it does by itself when records come, change and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import prices
from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.kind import OWNER, PICTURE
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.slugs import placed, slug, unused
from exchange.sandbox.shop.wire import new

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store

_LINKS = ("link", "whole", "plain")
#: Grams in a unit of weight; the shop keeps both figures (2.2).
_GRAMS = {"g": 1.0, "kg": 1000.0, "oz": 28.349523125, "lb": 453.59237}


class Rules:
    """The shop's own doings.

    Args:
        store, settings: of the shop.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._made: dict[str, Callable[[Row], None]] = {
            "products": self._product_made,
            "brands": lambda row: self._named("brands", row),
            "tags": lambda row: self._named("tags", row),
            "types/attributes": lambda row: self._typed_products(row["type"]),
        }
        self._changed: dict[str, Callable[[Row, Mapping[str, Any], Row | None], None]] = {
            "products": self._product,
            "variants": self._variant,
            "categories": self._category,
            "products/images": lambda row, *_: self._main_image(row[OWNER]),
            "taxes": self._tax,
            "discountrules": self._discount_rule,
        }

    # What is refused

    def check(self, kind: Kind, values: Mapping[str, Any], row: Row | None, owner: int) -> None:
        """Refuse what the shop refuses. Raises Wrong."""
        for name in kind.needs:
            if (row is None or name in values) and not values.get(name):
                raise Wrong(422, f"Invalid {kind.one} {name}")
        for name, field in kind.fields.items():
            if field.role in _LINKS and values.get(name) and self.store.get(field.to, values[name]) is None:
                raise Wrong(422, f"Invalid {name}")
        if row is None:
            self._room(kind, values, owner)

    def _room(self, kind: Kind, values: Mapping[str, Any], owner: int) -> None:
        """The plan's limits (2.24)."""
        most = (self.store.first("shop/limits") or {}).get(kind.limit)
        if most is None:
            return
        if kind.per:
            have = len(self.store.all(kind.path, **{kind.per: owner if kind.per == OWNER else values.get(kind.per)}))
        else:
            have = self.store.count(kind.path)
        if have >= most:
            raise Wrong(422, f"Limit reached: {kind.limit} is {most}")

    # What follows

    def add(self, kind: Kind, values: Mapping[str, Any], owner: int = 0) -> Row:
        """A new record, with what comes with it."""
        row = self.store.add(kind.path, new(kind) | dict(values), owner)
        if kind.path in self._made:
            self._made[kind.path](row)
        if kind.path in self._changed:
            self._changed[kind.path](row, values, None)
        return row

    def change(self, kind: Kind, row: Row, values: Mapping[str, Any]) -> None:
        """Change a record, and what follows from it."""
        before = dict(row)
        self.store.put(kind.path, row, **values)
        if kind.path in self._changed:
            self._changed[kind.path](row, values, before)

    def remove(self, kind: Kind, row: Row) -> None:
        """Delete a record and what cannot be without it. Raises Wrong."""
        if kind.path == "taxes" and row["isDefault"]:
            raise Wrong(422, "The default tax cannot be deleted.")
        if kind.path == "variants" and len(self.store.all("variants", product=row["product"])) == 1:
            raise Wrong(422, "The last variant cannot be deleted.")
        self._drop(kind, row)

    def _drop(self, kind: Kind, row: Row) -> None:
        self.store.delete(kind.path, row)
        for other in KINDS.values():
            if other.nested and other.above == kind.path:
                for below in self.store.all(other.path, row["id"]):
                    self._drop(other, below)
            for name, field in other.fields.items():
                if field.role in _LINKS and field.to == kind.path:
                    self._unlink(other, name, row["id"])
        self._gone(kind, row)

    def _unlink(self, kind: Kind, name: str, number: int) -> None:
        """What needs the record goes with it; the rest loses the link."""
        for row in self.store.all(kind.path, **{name: number}):
            if name not in kind.needs:
                self.store.put(kind.path, row, **{name: kind.fields[name].default})
                if kind.path == "categories":
                    placed(self.store, row)
            elif not (kind.path == "variants" and self.settings.orphan_variants):
                self._drop(kind, row)

    def _gone(self, kind: Kind, row: Row) -> None:
        if kind.path == "variants" and row["isDefault"]:
            rest = self.store.all("variants", product=row["product"])
            if rest:
                self.store.put("variants", rest[0], isDefault=True)
        elif kind.path == "products/images":
            self._main_image(row[OWNER])
            for variant in self.store.all("variants", product=row[OWNER]):
                if isinstance(variant["image"], dict) and variant["image"]["src"] == row["src"]:
                    self.store.put("variants", variant, image=False)
        elif kind.path == "types/attributes":
            self._typed_products(row["type"])
        elif kind.single:
            owner = self.store.get(kind.above, row[OWNER])
            if owner is not None:
                self.store.put(kind.above, owner, image=False)

    # Products

    def _product_made(self, row: Row) -> None:
        """A product comes with a variant (2.1)."""
        self.store.put(
            "products",
            row,
            url=unused(self.store, "products", row["url"] or slug(row["title"])),
            fulltitle=row["fulltitle"] or row["title"],
        )
        self.add(KINDS["variants"], {"product": row["id"], "title": "Default", "isDefault": True})

    def _product(self, row: Row, values: Mapping[str, Any], _before: Row | None) -> None:
        self._seen(row["id"])
        if "type" in values:
            self._specified(row)

    def _seen(self, product: Any) -> None:
        """Whether a product is visible follows from its visibility; `auto` is visible while there is stock."""
        row = self.store.get("products", product)
        if row is None:
            return
        variants = self.store.all("variants", product=row["id"])
        stocked = any(each["stockTracking"] == "disabled" or each["stockLevel"] > 0 for each in variants)
        visible = {"visible": True, "hidden": False}.get(row["visibility"], stocked)
        if row["isVisible"] != visible:
            self.store.put("products", row, isVisible=visible)

    def _main_image(self, product: int) -> None:
        """The first by sort order; it cannot be set (2.10)."""
        row = self.store.get("products", product)
        if row is not None:
            images = sorted(
                self.store.all("products/images", product), key=lambda each: (each["sortOrder"], each["id"])
            )
            self.store.put("products", row, image={name: images[0][name] for name in PICTURE} if images else False)

    def picture(self, kind: Kind, row: Row, owner: int) -> None:
        """The image of a category, brand or variant shows at its owner; a variant's also among the product's (2.2)."""
        owned = self.store.get(kind.above, owner)
        if owned is None:
            return
        shown = {name: row[name] for name in PICTURE}
        self.store.put(kind.above, owned, image=shown)
        if kind.above == "variants":
            images = KINDS["products/images"]
            order = len(self.store.all(images.path, owned["product"])) + 1
            self.add(images, shown | {"sortOrder": order}, owned["product"])

    def _specified(self, product: Row) -> None:
        """The attributes that a product can have are those of its type (2.4)."""
        kind = KINDS["products/attributes"]
        links = self.store.all("types/attributes", type=product["type"]) if product["type"] else []
        wanted = {link["attribute"] for link in links}
        for row in self.store.all(kind.path, product["id"]):
            if row["attribute"] in wanted:
                wanted.remove(row["attribute"])
            else:
                self.store.delete(kind.path, row)
        for number in sorted(wanted):
            default = (self.store.get("attributes", number) or {}).get("defaultValue", "")
            self.store.add(kind.path, {"attribute": number, "value": default}, product["id"])

    def _typed_products(self, number: int) -> None:
        for product in self.store.all("products", type=number):
            self._specified(product)

    # Variants

    def _variant(self, row: Row, values: Mapping[str, Any], before: Row | None) -> None:
        derived = prices.sides(self.store, row, values)
        if "stockBuyMinimum" in values:
            derived["stockBuyMininum"] = row["stockBuyMinimum"]
        if "weight" in values:
            derived["weightValue"] = f"{row['weight'] / _GRAMS[row['weightUnit']]:.3f}"
        elif "weightValue" in values:
            derived["weight"] = round(float(row["weightValue"] or 0) * _GRAMS[row["weightUnit"]])
        if derived:
            self.store.put("variants", row, **derived)
        self._default(row, values)
        if before is not None and row["stockLevel"] != before["stockLevel"]:
            self.moved(row, row["stockLevel"] - before["stockLevel"], "api")
        self._seen(row["product"])

    def _default(self, row: Row, values: Mapping[str, Any]) -> None:
        """There is exactly one default variant; another one takes its place (2.2)."""
        others = [each for each in self.store.all("variants", product=row["product"]) if each["id"] != row["id"]]
        if values.get("isDefault"):
            for other in others:
                if other["isDefault"]:
                    self.store.put("variants", other, isDefault=False)
        elif not row["isDefault"] and not any(each["isDefault"] for each in others):
            self.store.put("variants", row, isDefault=True)

    def moved(self, variant: Row, change: int, channel: str) -> None:
        """Note that stock came or went (2.2)."""
        kind = KINDS["variants/movements"]
        links = {"product": variant["product"], "variant": variant["id"]}
        what = {"createdAt": self.store.stamp(), "channel": channel, "stockLevelChange": change}
        self.store.add(kind.path, new(kind) | links | what)

    # The rest

    def _named(self, path: str, row: Row) -> None:
        self.store.put(path, row, url=unused(self.store, path, row["url"] or slug(row["title"])))

    def _category(self, row: Row, values: Mapping[str, Any], before: Row | None) -> None:
        if before is None or "parent" in values or "url" in values:
            placed(self.store, row)

    def _tax(self, row: Row, values: Mapping[str, Any], before: Row | None) -> None:
        """One tax is the default; a new rate holds for all that has it."""
        if values.get("isDefault"):
            for other in self.store.all("taxes"):
                if other["id"] != row["id"] and other["isDefault"]:
                    self.store.put("taxes", other, isDefault=False)
        if before is not None and row["rate"] != before["rate"]:
            for variant in self.store.all("variants", tax=row["id"]):
                self.store.put("variants", variant, **prices.sides(self.store, variant, {"tax": row["id"]}))

    def _discount_rule(self, row: Row, _values: Mapping[str, Any], _before: Row | None) -> None:
        """Its own dates have no time (2.16)."""
        today = self.store.stamp()[:10]
        self.store.put("discountrules", row, createdAt=row["createdAt"][:10], modifiedAt=today)
