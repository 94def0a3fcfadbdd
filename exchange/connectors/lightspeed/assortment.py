"""The shop's products and categories as records of a pull (`lightspeed-ecom.md` 2.1, 2.2, 2.8, 2.24).

A category comes with those above it, each in the link of the one below, as the shop embeds other things too (1.2). A
product comes once with each of its variants: in Sage each of them is an article.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exchange.connectors.lightspeed.client import LightspeedClient

    _Row = dict[str, Any]

#: Type of a category that holds products; the others are pages of the shop (2.8).
CATEGORY = "category"


def assortment(client: LightspeedClient, what: str) -> Iterator[_Row]:
    """All products, or all categories from the root on, each record in its envelope. Raises TransientError."""
    categories = {str(row["id"]): row for row in client.rows("category")}
    if what == "categories":
        below = (
            {"category": _above(row, categories)}
            for row in categories.values()
            if row.get("type", CATEGORY) == CATEGORY
        )
        return iter(sorted(below, key=lambda each: len(_path(each["category"]))))
    return _articles(client.rows("catalog"), categories)


def _articles(products: Iterable[_Row], categories: Mapping[str, _Row]) -> Iterator[_Row]:
    for product in products:
        shared = {name: value for name, value in product.items() if name != "variants"}
        named = [categories.get(str(each["id"]), each) for each in product.get("categories") or ()]
        shared["categories"] = [_above(each, categories) for each in named]
        for variant in product.get("variants") or ():
            yield {"product": shared | {"variant": variant}}


def _path(category: _Row) -> list[str]:
    """Ids from the category itself up to its root."""
    return [str(each) for each in category.get("path") or (category["id"],)]


def _above(category: _Row, categories: Mapping[str, _Row]) -> _Row:
    """The category with those above it embedded."""
    parent: Any = False
    for number in reversed(_path(category)[1:]):
        above = categories.get(number)
        if above is not None:
            parent = {"resource": {"id": above["id"], "embedded": _plain(above) | {"parent": parent}}}
    return _plain(category) | {"parent": parent}


def _plain(category: _Row) -> _Row:
    """What of a category counts, without its links."""
    return {name: value for name, value in category.items() if not (isinstance(value, dict) and "resource" in value)}
