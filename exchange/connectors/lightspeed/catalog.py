"""The whole assortment of the shop at few calls: products with their variants (`lightspeed-ecom.md` 2.24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.connectors.lightspeed.client import LightspeedClient


class CatalogVariant(NamedTuple):
    """A variant as the shop has it; codes are empty where there are none."""

    id: str
    article_code: str
    sku: str
    ean: str
    title: str
    is_default: bool


class CatalogProduct(NamedTuple):
    """A product as the shop has it, with its variants."""

    id: str
    title: str
    variants: Sequence[CatalogVariant]


def catalog(client: LightspeedClient, language: str = "") -> Iterator[CatalogProduct]:
    """All products with their variants: one call for 250 products, as they are asked for.

    Variants of products that are gone stand only in the list of variants (pitfall 7).
    """
    for row in client.list("catalog", language=language):
        variants = [_variant(each) for each in row.get("variants") or ()]
        yield CatalogProduct(str(row["id"]), row.get("title") or "", variants)


def _variant(row: dict[str, Any]) -> CatalogVariant:
    code, sku, ean, title = (str(row.get(name) or "").strip() for name in ("articleCode", "sku", "ean", "title"))
    return CatalogVariant(str(row["id"]), code, sku, ean, title, is_default=bool(row.get("isDefault")))
