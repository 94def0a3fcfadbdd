"""What the shop does by itself when records come and go: default variants, prices, visibility, paths, pictures."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.store import OWNER, Row
from exchange.sandbox.shop.wire import Wrong, new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.kinds import Kind
    from exchange.sandbox.shop.store import Store

#: Fields that must not be empty.
_REQUIRED = {
    "products": ("title",),
    "categories": ("title",),
    "brands": ("title",),
    "groups": ("title",),
    "customers": ("email", "firstname", "lastname"),
    "variants": ("product", "title"),
    "quantity_discounts": ("product",),
    "products/relations": ("relatedProduct",),
    "categories/products": ("category", "product"),
    "groups/customers": ("group", "customer"),
}
#: What goes with a record: kind → kinds whose owner or field it is.
_BELOW = {
    "products": (
        "products/images",
        "products/relations",
        "products/metafields",
        "categories/products:product",
        "quantity_discounts:product",
        "tags/products:product",
    ),
    "variants": ("variants/metafields", "variants/image"),
    "categories": ("categories/products:category", "categories/image"),
    "customers": ("customers/metafields", "groups/customers:customer"),
    "groups": ("groups/customers:group",),
    "brands": ("brands/image",),
}
_FOUR = Decimal("0.0001")


def slug(title: str) -> str:
    """Part of an address."""
    plain = title.casefold()
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(letter, written)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"


def checked(store: Store, kind: Kind, values: Mapping[str, Any], row: Row | None, owner: int) -> None:
    """Refuse what the shop refuses. Raises Wrong."""
    for name in _REQUIRED.get(kind.path, ()):
        if (row is None or name in values) and not values.get(name):
            raise Wrong(422, f"Invalid {kind.one} {name}")
    for name, field in kind.fields.items():
        if field.role == "link" and values.get(name) and store.get(field.to, values[name]) is None:
            raise Wrong(422, f"Invalid {name}")
    if kind.path == "quantity_discounts" and values.get("product") and store.get("products", values["product"]) is None:
        raise Wrong(422, "Invalid product")
    if row is None:
        _room(store, kind, values, owner)


def _room(store: Store, kind: Kind, values: Mapping[str, Any], owner: int) -> None:
    """The plan's limits (2.24)."""
    limits = store.first("shop/limits") or {}
    limit, have = limits.get(kind.limit), 0
    if kind.path == "variants":
        limit, have = limits.get("maxProductsVariants"), len(store.all("variants", product=values.get("product")))
    elif kind.nested:
        have = len(store.all(kind.path, owner))
    elif kind.path == "categories/products":
        have = len(store.all(kind.path, product=values.get("product")))
    elif kind.path == "groups/customers":
        have = len(store.all(kind.path, group=values.get("group")))
    elif limit:
        have = len(store.all(kind.path))
    if limit is not None and have >= limit:
        raise Wrong(422, f"Limit reached: {kind.limit or 'maxProductsVariants'} is {limit}")


def made(store: Store, kind: Kind, row: Row) -> None:
    """After a record was created."""
    if kind.path == "products":
        store.put(
            "products",
            row,
            url=row.get("url") or _free(store, slug(row["title"])),
            fulltitle=row.get("fulltitle") or row["title"],
        )
        store.add("variants", new(KINDS["variants"]) | {"product": row["id"], "title": "Default", "isDefault": True})
    elif kind.path == "categories":
        _place(store, row)
    elif kind.path == "brands":
        store.put("brands", row, url=slug(row["title"]))
    changed(store, kind, row, row)


def _free(store: Store, wanted: str) -> str:
    taken = {row["url"] for row in store.all("products")}
    number = 1
    free = wanted
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    return free


def changed(store: Store, kind: Kind, row: Row, values: Mapping[str, Any]) -> None:
    """After a record was created or changed."""
    if kind.path == "variants":
        _prices(store, row, values)
        if values.get("isDefault"):
            for other in store.all("variants", product=row["product"]):
                if other["id"] != row["id"] and other["isDefault"]:
                    store.put("variants", other, isDefault=False)
        if row["isDefault"] is False and not any(
            each["isDefault"] for each in store.all("variants", product=row["product"])
        ):
            store.put("variants", row, isDefault=True)
        _seen(store, row["product"])
    elif kind.path == "products":
        _seen(store, row["id"])
    elif kind.path == "categories" and "parent" in values:
        _place(store, row)
    elif kind.path == "products/images":
        _main_image(store, row[OWNER])


def gone(store: Store, kind: Kind, row: Row) -> None:
    """After a record was deleted: what was below it goes too; variants of a product stay as orphans now and then."""
    for each in _BELOW.get(kind.path, ()):
        path, _, field = each.partition(":")
        rows = store.all(path, **{field: row["id"]}) if field else store.all(path, row["id"])
        for below in rows:
            store.delete(path, below)
    if kind.path == "products":
        for variant in store.all("variants", product=row["id"]):
            store.delete("variants", variant)
    elif kind.path == "variants" and row["isDefault"]:
        rest = store.all("variants", product=row["product"])
        if rest:
            store.put("variants", rest[0], isDefault=True)
    elif kind.path == "products/images":
        _main_image(store, row[OWNER])
        for variant in store.all("variants", product=row[OWNER]):
            if isinstance(variant.get("image"), dict) and variant["image"]["src"] == row["src"]:
                store.put("variants", variant, image=False)


def rate(store: Store, variant: Row) -> Decimal:
    """Tax of a variant, as a fraction."""
    tax = store.get("taxes", variant.get("tax")) or store.first("taxes", isDefault=True)
    return Decimal(str(tax["rate"])) if tax else Decimal(0)


def _prices(store: Store, row: Row, values: Mapping[str, Any]) -> None:
    """The shop keeps one side of a price and computes the other with four places (1.6)."""
    factor = 1 + rate(store, row)
    keeps_excl = bool((store.first("shop") or {}).get("isB2b"))
    for name in ("price", "oldPrice"):
        excl, incl = f"{name}Excl", f"{name}Incl"
        from_excl = excl in values if (excl in values) != (incl in values) else keeps_excl
        if excl not in values and incl not in values and "tax" not in values:
            continue
        given = Decimal(str(row[excl if from_excl else incl]))
        computed = given * factor if from_excl else given / factor
        store.put("variants", row, **{incl if from_excl else excl: float(computed.quantize(_FOUR, ROUND_HALF_UP))})


def _seen(store: Store, product: Any) -> None:
    """Whether a product is visible follows from its visibility; `auto` is visible while there is stock."""
    row = store.get("products", product)
    if row is None:
        return
    stocked = any(
        each["stockTracking"] == "disabled" or each["stockLevel"] > 0 for each in store.all("variants", product=product)
    )
    visible = {"visible": True, "hidden": False}.get(row["visibility"], stocked)
    if row["isVisible"] != visible:
        store.put("products", row, isVisible=visible)


def _main_image(store: Store, product: int) -> None:
    """The first by sort order; it cannot be set."""
    row = store.get("products", product)
    if row is None:
        return
    images = sorted(store.all("products/images", product), key=lambda each: (each["sortOrder"], each["id"]))
    names = ("createdAt", "updatedAt", "extension", "size", "title", "thumb", "src")
    store.put("products", row, image={name: images[0][name] for name in names} if images else False)


def _place(store: Store, row: Row) -> None:
    """Depth, path and address of a category follow from its parents; and those of its children."""
    above = store.get("categories", row.get("parent"))
    path = [str(row["id"]), *(above["path"] if above else [])]
    if len(path) != len(set(path)):
        raise Wrong(422, "Invalid parent")
    url = "/".join(filter(None, (above["url"] if above else "", slug(row["title"]))))
    store.put("categories", row, depth=len(path), path=path, url=url)
    for child in store.all("categories", parent=row["id"]):
        _place(store, child)
