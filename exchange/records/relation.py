"""Articles that belong to an article: accessories, what others also bought, better alternatives."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Code, Rows, money, number, text, whole

ORIGINS = (
    Code("maintained", "gepflegt", "Maintained"),
    Code("group", "aus Gruppe", "From a group"),
    Code("computed", "berechnet", "Computed"),
    Code("successor", "Nachfolger", "Successor"),
)


class Accessory(NamedTuple):
    """One accessory."""

    position: Annotated[int | None, whole("Zubehör Position", "Accessory position", 4, example="1")]
    article_number: Annotated[str, text("Zubehör Artikelnummer", "Accessory article number", 31, required=True, example="33020")]
    origin: Annotated[str, text("Zubehör Herkunft", "Accessory origin", 12, codes=ORIGINS, example="maintained")]


class Accessories(NamedTuple):
    """What is bought along with an article."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="33010")]
    accessories: Annotated[tuple[Accessory, ...], Rows("Zubehör", "Accessories", "accessory", required=True)]


class AlsoBought(NamedTuple):
    """One article that others bought too; the figures tell how sure that is."""

    position: Annotated[int | None, whole("Cross-Selling Position", "Cross-selling position", 4, example="1")]
    article_number: Annotated[str, text("Cross-Selling Artikelnummer", "Cross-selling article number", 31, required=True, example="31010")]
    origin: Annotated[str, text("Cross-Selling Herkunft", "Cross-selling origin", 12, codes=ORIGINS, example="computed")]
    deals: Annotated[int | None, whole("Gemeinsame Käufe", "Bought together", 9, example="3")]
    support: Annotated[Decimal | None, number("Support", "Support", 6, length=1, example="0.06")]
    confidence: Annotated[Decimal | None, number("Konfidenz", "Confidence", 6, length=1, example="0.75")]
    lift: Annotated[Decimal | None, number("Lift", "Lift", 6, length=9, example="2.75")]


class CrossSelling(NamedTuple):
    """What others bought along with an article, best first."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="10010")]
    also_bought: Annotated[tuple[AlsoBought, ...], Rows("Cross-Selling", "Also bought", "also_bought", required=True)]


class Alternative(NamedTuple):
    """One better article."""

    position: Annotated[int | None, whole("Up-Selling Position", "Up-selling position", 4, example="1")]
    article_number: Annotated[str, text("Up-Selling Artikelnummer", "Up-selling article number", 31, required=True, example="30020")]
    origin: Annotated[str, text("Up-Selling Herkunft", "Up-selling origin", 12, codes=ORIGINS, example="group")]
    price: Annotated[Decimal | None, money("Up-Selling Preis", "Up-selling price", example="129.00")]


class UpSelling(NamedTuple):
    """Better alternatives to an article, never cheaper ones."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="30010")]
    price: Annotated[Decimal | None, money("Preis", "Price", example="49.90")]
    alternatives: Annotated[tuple[Alternative, ...], Rows("Alternativen", "Alternatives", "alternative", required=True)]
