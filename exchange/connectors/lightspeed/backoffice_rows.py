"""Parts of the shop → rows of the product CSV that its back office imports (`lightspeed-ecom.md` 3.1).

One row per variant. A product that stands in further categories has further rows, each with one path: whether one row
could hold several is not known [unsure]. Cells hold what the parts want; what nobody speaks of stays empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from exchange.connectors.lightspeed.values import thaw
from exchange.connectors.lightspeed.wishes import DIRTY
from exchange.shop import Ref, Upload, article_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from exchange.connectors.lightspeed.thing import Thing
    from exchange.settings import ShopSettings

Row = dict[str, str]

#: Column, behind the language → field of a product.
TEXTS: Mapping[str, str] = {
    "Title_Short": "title",
    "Title_Long": "fulltitle",
    "Description_Short": "description",
    "Description_Long": "content",
}
#: Column → field of a variant; prices and tax have their own way.
PLAIN: Mapping[str, str] = {
    "Price_Cost": "priceCost",
    "Price_Unit": "unitPrice",
    "Unit": "unitUnit",
    "Stock_Level": "stockLevel",
    "Stock_Min": "stockMinimum",
    "Stock_Alert": "stockAlert",
    "Article_Code": "articleCode",
    "HS_Code": "hs",
    "EAN": "ean",
    "SKU": "sku",
    "Weight": "weight",
    "Colli": "colli",
    "Size_X": "sizeX",
    "Size_Y": "sizeY",
    "Size_Z": "sizeZ",
    "Buy_Min": "stockBuyMinimum",
    "Buy_Max": "stockBuyMaximum",
}
META = ("Meta_Title", "Meta_Description", "Meta_Keywords")
VISIBLE: Mapping[str, str] = {"visible": "Y", "hidden": "N", "auto": "S"}
#: `Stock_Track`, `Stock_Disable_Sold_Out` (3.1, rows 19 and 20; derived).
TRACKING: Mapping[str, tuple[str, str]] = {"disabled": ("N", "N"), "indicator": ("Y", "N"), "enabled": ("Y", "Y")}
#: Levels of a category path that fit into a row.
LEVELS = 3
#: Fields without a column that the order of the rows and the path of a category stand for.
_IMPLIED = frozenset({"sortOrder", "product", "parent"})
CARRIED: Mapping[str, frozenset[str]] = {
    "product": frozenset({*TEXTS.values(), "visibility", "brand", "supplier"}),
    "variant": frozenset(
        {*PLAIN.values(), "title", "tax", "stockTracking", "priceIncl", "priceExcl", "oldPriceIncl", "oldPriceExcl"}
    ),
    "brand": frozenset({"title"}),
    "supplier": frozenset({"title"}),
    "category": frozenset({"title"}),
    "category_product": frozenset({"category"}),
    "product_image": frozenset({"attachment"}),
    "product_metafield": frozenset({"key", "value"}),
}


class Carried(NamedTuple):
    """A part that a row holds, and which of its fields.

    Attributes:
        thing: the part.
        fields: frozen, as they are in the file.
        complete: nothing that is wanted of it is missing in the file.
    """

    thing: Thing
    fields: Mapping[str, Any]
    complete: bool


@dataclass
class Article:
    """A product with all that is below it."""

    number: str
    product: Thing | None = None
    texts: list[Thing] = field(default_factory=list)
    variants: dict[str, Thing] = field(default_factory=dict)
    variant_texts: list[Thing] = field(default_factory=list)
    categories: list[Thing] = field(default_factory=list)
    images: list[Thing] = field(default_factory=list)
    metafields: list[Thing] = field(default_factory=list)

    def add(self, thing: Thing) -> None:
        """Put a thing where it belongs."""
        resource = thing.ref.resource
        if resource == "product" and not thing.language:
            self.product = thing
        elif resource == "variant" and not thing.language:
            self.variants[thing.ref.key] = thing
        else:
            lists = {"product": self.texts, "variant": self.variant_texts, "category_product": self.categories}
            lists |= {"product_image": self.images, "product_metafield": self.metafields}
            if resource in lists:
                lists[resource].append(thing)

    @property
    def things(self) -> list[Thing]:
        """All of them."""
        below = (*self.texts, *self.variants.values(), *self.variant_texts, *self.categories, *self.images)
        return [*([self.product] if self.product else []), *below, *self.metafields]


def header(languages: Sequence[str]) -> list[str]:
    """The titles of the template in their order, as far as we fill them; the shop's basic language goes first."""
    codes = [code.upper() for code in languages]
    stock = ("Tax", "Stock_Track", "Stock_Disable_Sold_Out", "Stock_Level", "Stock_Min", "Stock_Alert")
    return [
        *("Internal_ID", "Internal_Variant_ID", "Visible", "Brand", "Supplier"),
        *(f"{code}_{column}" for column in (*TEXTS, "Variant") for code in codes),
        *("Price", "Price_Old", "Price_Cost", "Price_Unit", "Unit", *stock),
        *("Article_Code", "HS_Code", "EAN", "SKU", "Weight", "Colli", "Size_X", "Size_Y", "Size_Z"),
        *("Buy_Min", "Buy_Max"),
        *(f"{code}_Category_{level}" for level in range(1, LEVELS + 1) for code in codes),
        *(f"{code}_{column}" for column in META for code in codes),
        "Images",
    ]


def languages(titles: Iterable[str]) -> set[str]:
    """The languages of some titles: `DE_Title_Short` is German, `HS_Code` is in none."""
    stems = {*TEXTS, *META, "Variant", *(f"Category_{level}" for level in range(1, LEVELS + 1))}
    parted = (title.partition("_") for title in titles)
    return {code.lower() for code, _, stem in parted if stem in stems}


class Renderer:
    """Rows of articles.

    Args:
        settings: section `shop`.
        categories: every category that could be named, by key.
        texts: their texts in other languages, by key.
    """

    def __init__(
        self, settings: ShopSettings, categories: Mapping[str, Thing], texts: Mapping[str, Sequence[Thing]]
    ) -> None:
        self.settings = settings
        self.categories = categories
        self.texts = texts

    def rows(self, article: Article) -> list[Row]:
        """The rows of an article that is new or has changed: one per variant that has, at least the first one.

        Then one per further category. None where there is no variant: a row is one.
        """
        shared = self._shared(article)
        variants = self.variants(article)
        dirty = [each for each in variants if each.state == DIRTY]
        lines = [self._variant(each, article) for each in dirty or variants[:1]]
        paths = [path for each in self.assigned(article) if (path := self.path(_ref(each, "category").key))]
        cells = [self._category_cells(path) for path in paths] or [{}]
        made = [shared | line | cells[0] for line in lines]
        made += [shared | lines[0] | more for more in cells[1:] if lines]
        return made

    def variants(self, article: Article) -> list[Thing]:
        """The variants that are to be in the shop, the default one first."""
        wanted = (each for each in article.variants.values() if each.wanted and (each.wish.creates or each.shop_id))
        default = article_key(article.number)
        return sorted(
            wanted, key=lambda each: (each.ref.key != default, each.wish.fields.get("sortOrder") or 0, each.id)
        )

    def removal(self, article: Article) -> list[Row]:
        """The row that hides a product that nobody wants any more."""
        thing = article.variants.get(article_key(article.number)) or next(iter(article.variants.values()), None)
        sent = thing.sent if thing is not None else {}
        title = article.product.sent.get("title", "") if article.product is not None else ""
        basic = self.settings.default_language.upper()
        code = str(sent.get("articleCode", article.number))
        return [{**self._ids(article, thing), "Visible": "N", f"{basic}_Title_Short": str(title), "Article_Code": code}]

    def assigned(self, article: Article) -> list[Thing]:
        """The categories that the article stands in, those whose path is known."""
        wanted = (each for each in article.categories if each.wish.wanted)
        return sorted((each for each in wanted if self.path(_ref(each, "category").key)), key=lambda each: each.ref.key)

    def path(self, key: str) -> list[Thing]:
        """A category with those above it, the root first; empty where one is not known, or there are too many."""
        path: list[Thing] = []
        while key and len(path) <= LEVELS:
            thing = self.categories.get(key)
            if thing is None or not thing.wish.wanted:
                return []
            path.insert(0, thing)
            parent = thaw(thing.wish.fields.get("parent"))
            key = parent.key if isinstance(parent, Ref) else ""
        return path if len(path) <= LEVELS else []

    def addresses(self, article: Article) -> Iterator[tuple[Thing, str]]:
        """The pictures of an article that can be fetched, in their order, each with its address."""
        base = self.settings.images_url.rstrip("/")
        images = (each for each in article.images if each.wish.wanted)
        for each in sorted(images, key=lambda each: (each.wish.fields.get("sortOrder") or 0, each.ref.key)):
            upload = thaw(each.wish.fields.get("attachment"))
            if base and isinstance(upload, Upload) and upload.sha256:
                before = thaw(each.sent.get("attachment"))
                changed = isinstance(before, Upload) and before.sha256 != upload.sha256
                version = f"?v={upload.sha256[:8]}" if changed else ""  # the shop has kept what lay at the old address
                yield each, f"{base}/{quote(upload.name)}{version}"

    # Cells

    def _ids(self, article: Article, variant: Thing | None) -> Row:
        product = article.product
        ids = {"Internal_ID": product, "Internal_Variant_ID": variant}
        return {title: each.shop_id for title, each in ids.items() if each is not None and each.shop_id.isdecimal()}

    def _shared(self, article: Article) -> Row:
        product = article.product
        fields = product.wish.fields if product is not None else {}
        cells: Row = {"Images": ",".join(address for _, address in self.addresses(article))}
        if "visibility" in fields:
            cells["Visible"] = VISIBLE[str(fields["visibility"])]
        for column, name in (("Brand", "brand"), ("Supplier", "supplier")):
            named = thaw(fields.get(name))
            if isinstance(named, Ref):
                cells[column] = named.key
        for thing in (product, *article.texts):
            if thing is not None and thing.wish.wanted:
                code = (thing.language or self.settings.default_language).upper()
                for column, name in TEXTS.items():
                    cells[f"{code}_{column}"] = _shown(thing.wish.fields.get(name))
        for thing in article.metafields:
            title = meta_column(str(thing.wish.fields.get("key", "")))
            if title and thing.wish.wanted:
                cells[title] = _shown(thing.wish.fields.get("value"))
        return cells

    def _variant(self, thing: Thing, article: Article) -> Row:
        fields = thing.wish.fields
        side = "Excl" if self.settings.prices == "excl" else "Incl"
        basic = self.settings.default_language.upper()
        cells: Row = {**self._ids(article, thing), f"{basic}_Variant": _shown(fields.get("title")) or "Default"}
        for text in article.variant_texts:
            if text.ref.key == thing.ref.key and text.wish.wanted:
                cells[f"{text.language.upper()}_Variant"] = _shown(text.wish.fields.get("title"))
        cells |= {column: _shown(fields[name]) for column, name in PLAIN.items() if name in fields}
        for column, name in (("Price", f"price{side}"), ("Price_Old", f"oldPrice{side}")):
            cells[column] = _shown(fields.get(name))
        tax = thaw(fields.get("tax"))
        if isinstance(tax, Ref):
            cells["Tax"] = f"{Decimal(tax.key) / 100:.4f}"
        if "stockTracking" in fields:
            cells["Stock_Track"], cells["Stock_Disable_Sold_Out"] = TRACKING[str(fields["stockTracking"])]
        return cells

    def _category_cells(self, path: Sequence[Thing]) -> Row:
        cells: Row = {}
        basic = self.settings.default_language
        for level, thing in enumerate(path, 1):
            cells[f"{basic.upper()}_Category_{level}"] = _shown(thing.wish.fields.get("title"))
            for text in self.texts.get(thing.ref.key, ()):
                if text.wish.wanted:
                    cells[f"{text.language.upper()}_Category_{level}"] = _shown(text.wish.fields.get("title"))
        return cells


def meta_column(key: str) -> str:
    """The column of a metafield, such as `DE_Meta_Title`; empty for one that has none."""
    stem, _, language = key.rpartition("_")
    known = {each.lower(): each for each in META}
    return f"{language.upper()}_{known[stem]}" if stem in known else ""


def carried(thing: Thing) -> Carried:
    """What a row that was written for a thing holds of it; an empty text is as good as written."""
    wanted, known = thing.wish.fields, CARRIED[thing.ref.resource] | _IMPLIED
    fields = {name: value for name, value in wanted.items() if name in known or value in ("", None)}
    if thing.ref.resource == "category":  # the shop makes it visible, its long title like the short one
        made = {"isVisible": True, "fulltitle": wanted.get("title")}
        fields |= {name: value for name, value in made.items() if wanted.get(name) == value}
    return Carried(thing, fields, complete=fields.keys() == wanted.keys())


def _ref(thing: Thing, name: str) -> Ref:
    value = thaw(thing.wish.fields.get(name))
    return value if isinstance(value, Ref) else Ref("", "")


def _shown(value: Any) -> str:
    """A value as the file has it: plain numbers with a point."""
    plain = thaw(value)
    if isinstance(plain, Decimal):
        return f"{plain:f}"
    return "" if plain is None else str(plain)
