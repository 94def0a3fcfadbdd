"""Artikelübernahme aus dem Shop: products of the shop become articles in Sage (`sage-100.md` 2.1, 2.2, 2.5).

For merchants who began with the shop. Every variant of the shop is an article. Stock is none of it: Sage's own program
posts it (2.7); nor are pictures.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stdnum import ean as stdnum_ean

from exchange.assortment.ean import suggested
from exchange.assortment.titles import split_title
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.record import Kind, schema
from exchange.records.product import Product, ProductCategory, ProductImage, ProductPrice, ProductStock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BAD_EAN = kind(
    "product_import.bad_ean",
    de="„{value}“ ist keine EAN (Prüfziffer oder Länge); Vorschlag: {suggested}.",
    en="“{value}” is no EAN (check digit or length); suggestion: {suggested}.",
    remedy_de="Berichtigen Sie die EAN im Shop; der Artikel wird trotzdem übernommen.",
    remedy_en="Correct the EAN in the shop; the article is taken over all the same.",
    severity=Severity.WARNING,
)
TITLE_CUT = kind(
    "product_import.title_cut",
    de="Der Titel ist zu lang für die beiden Bezeichnungen in Sage; es fehlt: „{rest}“.",
    en="The title is too long for the two title lines of Sage; this is left out: “{rest}”.",
    remedy_de="Kürzen Sie den Titel im Shop, oder ergänzen Sie die Bezeichnung in Sage.",
    remedy_en="Shorten the title in the shop, or complete it in Sage.",
    severity=Severity.WARNING,
)
NEGATIVE_PRICE = kind(
    "product_import.negative_price",
    de="Der Preis {value} ist kleiner als null.",
    en="The price {value} is below zero.",
    remedy_de="Berichtigen Sie den Preis im Shop.",
    remedy_en="Correct the price in the shop.",
)
UNKNOWN_TAX = kind(
    "product_import.unknown_tax_class",
    de="Zu {value} % gibt es in Sage keine Steuerklasse, oder mehrere.",
    en="Sage has no tax class for {value} %, or several.",
    remedy_de='Tragen Sie die Steuerklasse unter sage.articles.tax_classes ein, etwa "19" = 1.',
    remedy_en='Enter the tax class at sage.articles.tax_classes, such as "19" = 1.',
    severity=Severity.HOLD,
)
UNKNOWN_GROUP = kind(
    "product_import.unknown_group",
    de="Die Artikelgruppe „{value}“ gibt es in Sage nicht, oder mehrmals.",
    en="Sage has no article group “{value}”, or several.",
    remedy_de="Übernehmen Sie zuerst die Kategorien (category_import), oder setzen Sie sage.articles.groups.",
    remedy_en="Take the categories over first (category_import), or set sage.articles.groups.",
    severity=Severity.HOLD,
)


def _ean(product: Product, _options: Options) -> Iterator[Finding]:
    if product.ean and not stdnum_ean.is_valid(product.ean):
        yield found(BAD_EAN, Locator(field="ean"), value=product.ean, suggested=suggested(product.ean))


def _title(product: Product, _options: Options) -> Iterator[Finding]:
    rest = split_title(product.name)[2]
    if rest:
        yield found(TITLE_CUT, Locator(field="name"), rest=rest)


def _negative(product: Product, _options: Options) -> Iterator[Finding]:
    for index, each in enumerate(product.prices):
        if each.price is not None and each.price < 0:
            yield found(NEGATIVE_PRICE, Locator(field=f"prices[{index}].price"), value=each.price)


def _rates(product: Product) -> Iterable[tuple[str, str]]:
    """A tax class that is named goes before the rate."""
    if product.tax_rate is None or product.tax_class:
        return []
    return [("tax_rate", f"{product.tax_rate.normalize():f}")]


def _groups(product: Product) -> Iterable[tuple[str, str]]:
    """An article stands in one group; the first category is its own."""
    return [("categories[0].number", each.number) for each in product.categories[:1]]


#: An article of which nothing is known.
EMPTY = Product._make(
    [
        *("" if each.kind is Kind.TEXT else None for each in schema(Product).fields),
        *(() for _ in schema(Product).groups),
    ]
)


def example() -> Product:
    """A mug as the shop has it: with a tax rate instead of a tax class, and the titles of its category."""
    return EMPTY._replace(
        number="00200099",
        language="de",
        name="Kaffeebecher grün",
        type="article",
        active=True,
        brand="Musterwerk",
        ean="4006381333931",
        tax_rate=Decimal(19),
        weight_kg=Decimal("0.35"),
        short_text="Steingut, 300 ml",
        long_text="<p>Zweimal gebrannt</p>",
        categories=(ProductCategory("Zubehör/Geschirr/Becher"),),
        images=(ProductImage(1, "https://cdn.example.org/becher.jpg"),),
        prices=(ProductPrice("1", "EUR", gross=True, from_quantity=None, price=Decimal("9.95")),),
        stocks=(ProductStock("SHOP", Decimal(17)),),
    )


MODULE = Module(
    name="product_import",
    de="Artikelübernahme aus dem Shop",
    en="Product import",
    summary_de="Artikel des Shops, die Sage noch nicht hat, werden Artikel in Sage, mit Texten, Preis und Artikelgruppe.",
    summary_en="Articles of the shop that Sage does not have yet become articles in Sage: texts, price, article group.",
    record=Product,
    key=lambda product: str(product.number),
    lands=Side.SAGE,
    example=example,
    rules=(
        Rule((BAD_EAN,), _ean, lambda: example()._replace(ean="4006381333932")),
        Rule((TITLE_CUT,), _title, lambda: example()._replace(name="Kaffeebecher " * 12)),
        Rule(
            (NEGATIVE_PRICE,),
            _negative,
            lambda: example()._replace(prices=(example().prices[0]._replace(price=Decimal(-1)),)),
        ),
    ),
    references=(
        Reference("tax_class", UNKNOWN_TAX, _rates),
        Reference("article_group", UNKNOWN_GROUP, _groups),
    ),
    pull="products",
    aliases=("shop_products", "shopartikel", "artikeluebernahme"),
)
