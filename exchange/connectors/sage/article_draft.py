"""An article of the shop as the columns of Sage (`sage-100.md` 2.1, 2.2, 2.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange import khk
from exchange.assortment.titles import split_title
from exchange.connectors.sage import article_findings as kinds
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.groups import WITHOUT
from exchange.convert import half_up
from exchange.finding import Locator, found
from exchange.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.assortment.prices import PriceList
    from exchange.connectors.sage.article_codes import TaxClasses
    from exchange.connectors.sage.groups import Groups, Place
    from exchange.finding import Finding
    from exchange.records.product import Product, ProductPrice
    from exchange.settings import SageSettings

#: Sage's `money`.
PLACES = 4
#: What `sage.columns` may call columns of an article's own fields: `products.meta_title`.
OWN = "products."


class Price(NamedTuple):
    """A row of KHKPreislistenArtikel."""

    price_list: int
    least: Decimal
    price: Decimal


class ArticleDraft(NamedTuple):
    """What the shop knows of an article.

    Attributes:
        article: columns of KHKArtikel, and own ones; only those that the shop fills in.
        variant: columns of KHKArtikelVarianten, likewise.
        prices: of the price lists.
        findings: what a person should know.
    """

    article: dict[str, Any]
    variant: dict[str, Any]
    prices: tuple[Price, ...]
    findings: tuple[Finding, ...]


class ArticleDrafter:
    """Makes drafts.

    Args:
        settings: of Sage.
        groups: the article groups.
        classes: the tax classes.
        lists: the price lists by id.
    """

    def __init__(
        self, settings: SageSettings, groups: Groups, classes: TaxClasses, lists: Mapping[int, PriceList]
    ) -> None:
        self.settings = settings
        self.groups = groups
        self.classes = classes
        self.lists = lists

    def draft(self, product: Product) -> ArticleDraft:
        """The article's columns. Raises Unfit."""
        findings: list[Finding] = []
        place = self._place(product, findings)
        tax_class = self._tax_class(product)
        prices = tuple(self._price(each, product, tax_class) for each in product.prices if each.price is not None)
        article = self._article(product, findings)
        article["Steuerklasse"] = tax_class
        article |= group_columns(place.group)
        variant: dict[str, Any] = {"EANNummer": product.ean}
        if product.weight_kg is not None:
            article["Gewichtseinheit"] = "kg"
            variant["GewichtLME"] = product.weight_kg
        return ArticleDraft(_filled(article), _filled(variant), prices, tuple(findings))

    def _place(self, product: Product, findings: list[Finding]) -> Place:
        """The group of the first category."""
        named = [each.number for each in product.categories] or [WITHOUT]
        place = self.groups.find(named[0])
        if place is None:
            raise Unfit(found(kinds.ARTICLE_GROUP, Locator(field="categories[0].number"), category=named[0]))
        if named[1:]:
            at = Locator(field="categories[1].number")
            findings.append(found(kinds.FURTHER_CATEGORIES, at, categories=", ".join(named[1:])))
        return place

    def _tax_class(self, product: Product) -> int:
        rate, given = product.tax_rate, product.tax_class
        if given:
            number = int(given) if given.isdecimal() and given.isascii() else -1
            known = number if self.classes.rate(number) is not None else None
        else:
            known = None if rate is None else self.classes.find(rate)
        if known is None:
            shown = "" if rate is None else f"{rate.normalize():f} %"
            raise Unfit(found(kinds.ARTICLE_TAX, Locator(field="tax_rate"), rate=shown, tax_class=given))
        return known

    def _price(self, price: ProductPrice, product: Product, tax_class: int) -> Price:
        """A price as its list has them: with tax or without it."""
        name, at = price.price_list, Locator(field="prices")
        known = self.lists.get(int(name)) if name.isdecimal() and name.isascii() else None
        currency = price.currency or self.settings.currency
        if known is None or known.currency != currency:
            raise Unfit(
                found(
                    kinds.ARTICLE_PRICE_LIST,
                    at,
                    currency=currency,
                    price_list=name,
                    known="" if known is None else known.currency,
                )
            )
        amount = price.price or Decimal(0)
        if bool(price.gross) != known.gross:
            rate = product.tax_rate if product.tax_rate is not None else self.classes.rate(tax_class)
            if rate is None:
                raise Unfit(found(kinds.ARTICLE_PRICE_TAX, at, price_list=name))
            factor = 1 + rate / 100
            amount = amount * factor if known.gross else amount / factor
        return Price(int(name), price.from_quantity or Decimal(0), half_up(amount, PLACES))

    def _article(self, product: Product, findings: list[Finding]) -> dict[str, Any]:
        first, second, _ = split_title(product.name)
        columns: dict[str, Any] = {
            "Bezeichnung1": first,
            "Bezeichnung2": second,
            "Matchcode": product.matchcode or first,
            "Hersteller": product.brand,
            "HArtikelnummer": product.manufacturer_number,
            "Ersatzartikelnummer": product.successor,
            "Laenge": product.length_cm,
            "Breite": product.width_cm,
            "Hoehe": product.height_cm,
            "PreiseinheitVK": product.price_unit,
            "Aktiv": khk.YES if product.active else khk.NO,
        }
        if product.unit:
            columns |= units(product.unit)
        columns |= _texts(self.settings.short_text, product.short_text)
        columns |= _texts(self.settings.long_text, product.long_text)
        for name, column in self.settings.columns.items():
            if name.startswith(OWN) and isinstance(value := getattr(product, name.removeprefix(OWN), None), str):
                columns[column] = value
        for column in ("Hersteller", "HArtikelnummer", "Matchcode"):
            columns[column] = _cut(column, columns[column], findings)
        return columns


def group_columns(group: khk.Group) -> dict[str, str]:
    """How an article names its group; Sage writes EMPTY where there is no parent."""
    return {
        "Artikelgruppe": group.code,
        "Vaterartikelgruppe": group.parent or khk.NO_PARENT,
        "Hauptartikelgruppe": group.main,
    }


def units(unit: str) -> dict[str, str]:
    """One unit for everything."""
    return dict.fromkeys(("Basismengeneinheit", "Lagermengeneinheit", "Verkaufsmengeneinheit"), unit)


def _texts(column: str, text: str) -> dict[str, str]:
    """A text that Sage has twice, plain and as HTML, in step (2.1)."""
    base = column.removesuffix("HTML")
    if base in ("Langtext", "Dimensionstext"):
        return {base: plain(text), f"{base}HTML": text}
    return {column: text}


def _cut(column: str, value: str, findings: list[Finding]) -> str:
    limit = getattr(khk.ARTIKEL.c[column].type, "length", None)
    if limit is None or len(value) <= limit:
        return value
    findings.append(found(kinds.TEXT_CUT, value=value, column=column, limit=limit))
    return value[:limit].rstrip()


def _filled(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value is not None and value != ""}
