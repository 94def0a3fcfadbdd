"""The shop's products as a file (3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.sandbox.shop.backoffice.table import DATA, LEVELS, META, TEXTS, TRACKING, VARIANT, VISIBLE, header, said
from exchange.sandbox.shop.backoffice.table import written as file_of
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.prices import keeps_excl, rate
from exchange.sandbox.shop.wire import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire

_CODES = {visibility: code for code, visibility in VISIBLE.items()}


def exported(store: Store, wire: Wire) -> bytes:
    """One row per variant, with all columns of the template. Of several categories the first one is told [unsure]."""
    languages = wire.languages
    rows = []
    for product in store.all("products"):
        shared = _product(store, product, languages)
        rows += [shared | _variant(store, each, languages) for each in store.all("variants", product=product["id"])]
    return file_of(header(languages), rows)


def _product(store: Store, product: Row, languages: Sequence[str]) -> dict[str, str]:
    number = product["id"]
    cells = {"Internal_ID": str(number), "Visible": _CODES[product["visibility"]]}
    cells |= {column: said(product[name]) for column, name in DATA.items()}
    for column, path in (("Brand", "brands"), ("Supplier", "suppliers")):
        cells[column] = said((store.get(path, product[column.lower()]) or {}).get("title"))
    for code in languages:
        cells |= {f"{code.upper()}_{column}": said(text(product, name, code)) for column, name in TEXTS.items()}
        for column, name in META.items():
            row = store.first("products/metafields", key=f"{name}_{code}", **{OWNER: number})
            cells[f"{code.upper()}_{column}"] = said(row["value"]) if row else ""
    images = sorted(store.all("products/images", number), key=lambda row: (row["sortOrder"], row["id"]))
    cells["Images"] = ",".join(row["src"] for row in images)
    tags = [store.get("tags", link["tag"]) for link in store.all("tags/products", product=number)]
    cells["Tags"] = ",".join(tag["title"] for tag in tags if tag)
    return cells | _categories(store, number, languages)


def _categories(store: Store, number: int, languages: Sequence[str]) -> dict[str, str]:
    link = store.first("categories/products", product=number)
    category = store.get("categories", link["category"]) if link else None
    above = [store.get("categories", each) for each in reversed(category["path"])] if category else []
    return {
        f"{code.upper()}_Category_{level}": said(text(each, "title", code))
        for level, each in zip(LEVELS, above, strict=False)
        if each
        for code in languages
    }


def _variant(store: Store, variant: Row, languages: Sequence[str]) -> dict[str, str]:
    side = "Excl" if keeps_excl(store) else "Incl"
    cells = {"Internal_Variant_ID": str(variant["id"]), "Tax": f"{rate(store, variant['tax']):.4f}"}
    cells |= {column: said(variant[name]) for column, name in VARIANT.items()}
    cells |= {"Price": said(variant[f"price{side}"]), "Price_Old": said(variant[f"oldPrice{side}"])}
    cells |= {f"{code.upper()}_Variant": said(text(variant, "title", code)) for code in languages}
    cells["Matrix"] = "N"
    cells["Stock_Track"], cells["Stock_Disable_Sold_Out"] = TRACKING[variant["stockTracking"]]
    return cells
