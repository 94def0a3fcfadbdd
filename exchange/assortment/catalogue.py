"""What an article is in the shop: product, default variant, brand, pictures, categories, search texts, stock.

`lightspeed-ecom.md` 2.1, 2.2, 2.6 to 2.10.
"""

from __future__ import annotations

import html
import re
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from exchange.assortment.prices import price_name, shop_price
from exchange.shop import Part, Rank, Ref, Upload, article_key, joined, metafield, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.records.product import Product, ProductPrice
    from exchange.shop import ShopView

#: Below everything else: a text that stands in only until the right language comes.
STAND_IN = -10
#: An article that is not active is hidden, whatever its variants say.
INACTIVE = Rank.VARIANT + 1
#: Title of the one variant of an article without variants, as the shop itself calls it; it must not be empty (2.2).
DEFAULT_VARIANT = "Default"
#: Units of Sage, without their point and in small letters, as the shop's list has them (2.2).
UNITS: Mapping[str, str] = {
    "cm": "centimeter",
    "m": "meter",
    "mg": "milligram",
    "g": "gram",
    "gr": "gram",
    "kg": "kilogram",
    "l": "liter",
    "ltr": "liter",
    "ml": "milliliter",
    "st": "piece",
    "stk": "piece",
    "stck": "piece",
    "paar": "pair",
}
#: Base prices are shown for these (Preisangabenverordnung § 5), also where Sage counts in smaller units.
LARGE: Mapping[str, tuple[str, int]] = {
    "milligram": ("kilogram", 1_000_000),
    "gram": ("kilogram", 1000),
    "milliliter": ("liter", 1000),
    "centimeter": ("meter", 100),
}
_LOOKS_LIKE_HTML = re.compile(r"</?[a-zA-Z][^>]*>")


def product_parts(record: Product, view: ShopView) -> Iterator[Part]:
    """Everything that the product export says of an article."""
    owner = product(record.number)
    yield from _shared(record)
    yield from _product(record, view)
    if not _sold_by_variants(record, view):
        yield Part("variant", article_key(record.number), _variant(record, view), owner)
    for category in record.categories:
        fields: dict[str, Any] = {"category": Ref("category", category.number), "product": owner}
        yield Part("category_product", joined(record.number, category.number), fields, owner)
    for image in record.images:
        fields = {"attachment": Upload(image.file, "images", ""), "sortOrder": image.position}
        yield Part("product_image", joined(record.number, image.file), fields, owner)
    yield from _search_texts(record, view, owner)


def _sold_by_variants(record: Product, view: ShopView) -> bool:
    """Whether only its variants can be bought: the shop's default variant then becomes the first of them."""
    return record.type == "variant_parent" and view.settings.modules.get("variants", {}).get("enabled", True)


def shown_by_variant(number: str, view: ShopView) -> Part:
    """What a variant says of its product: it can be sold now."""
    visibility = view.settings.modules.get("products", {}).get("visibility", "visible")
    return Part("product", number, {"visibility": visibility}, creates=False, rank=Rank.VARIANT)


def _shared(record: Product) -> Iterator[Part]:
    for resource, title in (("brand", record.brand), ("supplier", record.supplier)):
        if title:
            yield Part(resource, title, {"title": title})


def _product(record: Product, view: ShopView) -> Iterator[Part]:
    """The product; its texts are a part of their own where they are not in the shop's basic language."""
    # One that is sold by its variants is shown by them: until the first comes, the shop would sell it for nothing.
    shown = record.active and not _sold_by_variants(record, view)
    fields: dict[str, Any] = {"visibility": view.options.visibility if shown else "hidden"}
    rank = Rank.BASE if record.active else INACTIVE
    for name, title in (("brand", record.brand), ("supplier", record.supplier)):
        if title:
            fields[name] = Ref(name, title)
    texts = {
        "title": record.name,
        "fulltitle": record.name,
        "description": record.short_text,
        "content": as_html(record.long_text),
    }
    if not record.language or record.language == view.settings.shop.default_language:
        yield Part("product", record.number, fields | texts, rank=rank)
        return
    yield Part("product", record.number, fields | {"title": record.name}, rank=STAND_IN if record.active else rank)
    yield Part("product", record.number, texts, language=record.language)


def _variant(record: Product, view: ShopView) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": DEFAULT_VARIANT,
        "articleCode": record.number,
        "sku": record.number,
        "ean": record.ean,
    }
    if record.weight_kg is not None:
        fields["weight"] = _whole(record.weight_kg * 1000)
    sizes = (("sizeX", record.length_cm), ("sizeY", record.width_cm), ("sizeZ", record.height_cm))
    fields |= {name: _whole(size) for name, size in sizes if size is not None}
    if record.tax_rate is not None:
        fields["tax"] = Ref("tax", str(record.tax_rate))
    return fields | _price(record, view) | _stock(record, view)


def _price(record: Product, view: ShopView) -> dict[str, Any]:
    """The basic list's price of one piece, and what that is per kilogram, litre, metre or piece.

    The shop shows a base price for one unit, so the quantity that Sage shows it for (GrundpreisBasis) does not count.
    """
    basic = basic_price(record, view)
    if basic is None:
        return {}
    price = shop_price(view, basic.price or Decimal(0), _Priced(record, basic))
    fields: dict[str, Any] = {f"price{price_name(view)}": price, f"oldPrice{price_name(view)}": 0}
    unit = UNITS.get(record.base_price_unit.rstrip(".").casefold())
    if unit and record.base_price_factor:
        unit, times = LARGE.get(unit, (unit, 1))
        per_unit = price / record.base_price_factor * times
        fields |= {"unitPrice": per_unit.quantize(Decimal("0.01"), ROUND_HALF_UP), "unitUnit": unit}
    return fields


class _Priced:
    """A price with what `shop_price` needs to know of its article."""

    def __init__(self, record: Product, price: ProductPrice) -> None:
        self.gross = price.gross
        self.tax_rate = record.tax_rate
        self.price_unit = record.price_unit


def basic_price(record: Product, view: ShopView) -> ProductPrice | None:
    """The price without tier in the first of the exported lists; None too when tax cannot be reckoned in or out."""
    lists = [str(each) for each in view.settings.sage.price_lists[:1]]
    for each in record.prices:
        if each.price_list in lists and not each.from_quantity and each.price is not None:
            same = bool(each.gross) == (view.settings.shop.prices == "incl")
            return each if same or record.tax_rate is not None else None
    return None


def _stock(record: Product, view: ShopView) -> dict[str, Any]:
    """The sum over the warehouses; the stock module, which knows of open orders, covers it."""
    if not record.stocks:
        return {}
    total = sum((each.quantity or Decimal(0) for each in record.stocks), Decimal(0))
    return stock_fields(total, view)


def stock_fields(available: Decimal, view: ShopView) -> dict[str, Any]:
    """A stock as the shop counts it: whole pieces, rounded down."""
    level = int(available.to_integral_value(ROUND_FLOOR))
    return {"stockLevel": level, "stockTracking": view.settings.shop.stock_tracking}


def _search_texts(record: Product, view: ShopView, owner: Ref) -> Iterator[Part]:
    """Texts for search engines are metafields with the language at the end of their key (2.7)."""
    language = record.language or view.settings.shop.default_language
    texts = (("title", record.meta_title), ("description", record.meta_description), ("keywords", record.meta_keywords))
    for name, value in texts:
        if value:
            yield metafield(owner, f"meta_{name}_{language}", value)


def as_html(text: str) -> str:
    """A long text as the shop shows it: plain text keeps its line breaks, html stays what it is."""
    if _LOOKS_LIKE_HTML.search(text):
        return text
    return "<br>\n".join(html.escape(line, quote=False) for line in text.splitlines())


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))
