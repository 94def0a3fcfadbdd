"""An article as the shop shows and sells it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Code, Rows, flag, money, number, text, whole

ARTICLE_TYPES = (
    Code("article", "Artikel", "Article"),
    Code("variant_parent", "Variantenartikel", "Article with variants"),
    Code("bundle", "Handelsstückliste", "Trade bundle"),
    Code("service", "Leistung", "Service"),
)


class ProductCategory(NamedTuple):
    """A category that the article stands in."""

    number: Annotated[str, text("Warengruppe", "Category", 100, required=True, example="KAFFEE/BECHER")]


class ProductImage(NamedTuple):
    """A picture; the first position is the main one."""

    position: Annotated[int | None, whole("Bildposition", "Image position", 4, required=True, example="1")]
    file: Annotated[str, text("Bilddatei", "Image file", 255, required=True, example="00200050_1.jpg")]


class ProductPrice(NamedTuple):
    """A sales price of one price list (price group) from one quantity on."""

    price_list: Annotated[str, text("Preisliste", "Price list", 20, required=True, example="1")]
    currency: Annotated[str, text("Preiswährung", "Price currency", 3, upper=True, example="EUR")]
    gross: Annotated[bool | None, flag("Bruttopreis", "Includes tax", example="1")]
    from_quantity: Annotated[Decimal | None, number("Ab Menge", "From quantity", example="0")]
    price: Annotated[Decimal | None, money("Preis", "Price", required=True, example="9.95")]


class ProductStock(NamedTuple):
    """What lies in one warehouse."""

    warehouse: Annotated[str, text("Lager", "Warehouse", 20, required=True, example="HAUPT")]
    quantity: Annotated[Decimal | None, number("Lagerbestand", "Stock", negative=True, required=True, example="17")]


class Product(NamedTuple):
    """An article with categories, images, prices and stocks."""

    number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="00200050")]
    language: Annotated[str, text("Sprache", "Language", 5, example="de")]
    name: Annotated[str, text("Bezeichnung", "Name", 255, required=True, example="Kaffeebecher blau")]
    matchcode: Annotated[str, text("Matchcode", "Search name", 50)]
    type: Annotated[str, text("Artikeltyp", "Article type", 20, codes=ARTICLE_TYPES, example="article")]
    active: Annotated[bool | None, flag("Aktiv", "Active", required=True, example="1")]
    brand: Annotated[str, text("Hersteller", "Manufacturer", 50, example="Musterwerk")]
    manufacturer_number: Annotated[str, text("Herstellernummer", "Manufacturer's number", 50)]
    supplier: Annotated[str, text("Lieferant", "Supplier", 50)]
    ean: Annotated[str, text("EAN", "EAN", 14, example="4006381333931")]
    unit: Annotated[str, text("Mengeneinheit", "Unit", 5, example="Stk")]
    base_price_unit: Annotated[str, text("Grundpreiseinheit", "Base price unit", 5)]
    base_price_quantity: Annotated[Decimal | None, number("Grundpreisbasis", "Base price quantity")]
    base_price_factor: Annotated[Decimal | None, number("Grundpreisfaktor", "Base price factor")]
    price_unit: Annotated[int | None, whole("Preiseinheit", "Price is per", 6, example="1")]
    tax_class: Annotated[str, text("Steuerklasse", "Tax class", 5, example="1")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, example="19")]
    weight_kg: Annotated[Decimal | None, number("Gewicht kg", "Weight kg", example="0.35")]
    length_cm: Annotated[Decimal | None, number("Länge cm", "Length cm")]
    width_cm: Annotated[Decimal | None, number("Breite cm", "Width cm")]
    height_cm: Annotated[Decimal | None, number("Höhe cm", "Height cm")]
    successor: Annotated[str, text("Ersatzartikelnummer", "Successor article", 31)]
    short_text: Annotated[str, text("Kurztext", "Short text", long=True)]
    long_text: Annotated[str, text("Langtext", "Long text", long=True)]
    meta_title: Annotated[str, text("Meta-Titel", "Meta title", 255)]
    meta_description: Annotated[str, text("Meta-Beschreibung", "Meta description", 1000)]
    meta_keywords: Annotated[str, text("Meta-Schlagworte", "Meta keywords", 1000)]
    categories: Annotated[tuple[ProductCategory, ...], Rows("Warengruppen", "Categories", "category")]
    images: Annotated[tuple[ProductImage, ...], Rows("Bilder", "Images", "image")]
    prices: Annotated[tuple[ProductPrice, ...], Rows("Preise", "Prices", "price")]
    stocks: Annotated[tuple[ProductStock, ...], Rows("Bestände", "Stocks", "stock")]
