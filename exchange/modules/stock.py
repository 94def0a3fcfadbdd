"""Bestand: what can be sold of each article, over the chosen warehouses and minus open orders (`sage-100.md` 2.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import Field

from exchange import khk
from exchange.assortment.available import UNITS, ZERO, ordered, sellable, stored
from exchange.assortment.catalogue import stock_fields
from exchange.assortment.sold import sold, warehouses
from exchange.connector import chunks
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.stock import Stock
from exchange.shop import Part, Rank, article_key, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.connector import SageSource
    from exchange.shop import ShopView

IMPLAUSIBLE = kind(
    "stock.implausible",
    de="Der Bestand {value} ist größer als {limit}.",
    en="The stock {value} is larger than {limit}.",
    remedy_de="Prüfen Sie Bestand und Mengeneinheit in Sage; sonst erhöhen Sie modules.stock.largest.",
    remedy_en="Check stock and unit in Sage; otherwise raise modules.stock.largest.",
)
DOES_NOT_ADD_UP = kind(
    "stock.does_not_add_up",
    de="Lagerbestand {on_hand} minus offene Aufträge {on_order} ist nicht {available}.",
    en="Stock on hand {on_hand} minus open orders {on_order} is not {available}.",
    remedy_de="Nennen Sie den verkaufbaren Bestand richtig, oder lassen Sie die beiden anderen Felder leer.",
    remedy_en="Give the sellable stock correctly, or leave the two other fields empty.",
)

#: Articles that are completed together; also the length of an IN list.
CHUNK = 500


class StockOptions(Options):
    """Settings of the stock export."""

    largest: Decimal = Field(
        Decimal(1_000_000), gt=0, description="A stock above this is refused: it is a wrong unit or a slip."
    )


def collect(source: SageSource, _options: StockOptions) -> Iterator[Stock]:
    """Sellable stock of all active articles for sale, in sales units, rounded down.

    An article without any stock row is sold out (0) where it is stock-kept, and is left out where it is not: missing is
    never zero.
    """
    places = warehouses(source)
    table = khk.ARTIKEL.c
    query = sold(source, *(table[name] for name in (*UNITS, "Lagerfuehrung")))
    for articles in chunks(source.rows(query), CHUNK):
        yield from _stocks(source, articles, places)


def _stocks(source: SageSource, articles: Sequence[Mapping[str, Any]], places: Sequence[str]) -> Iterator[Stock]:
    numbers = [row["Artikelnummer"] for row in articles]
    on_hand = stored(source, numbers, places)
    on_order = ordered(source, numbers)
    variants: dict[str, set[int]] = {}
    for number, variant in (*on_hand, *on_order):
        variants.setdefault(number, set()).add(variant)
    for row in articles:
        number = row["Artikelnummer"]
        kept = {variant for variant in variants.get(number, ()) if (number, variant) in on_hand}
        if row["Lagerfuehrung"]:
            kept |= variants.get(number, {0})
        for variant in sorted(kept):
            yield _stock(row, variant, on_hand.get((number, variant), ZERO), on_order.get((number, variant), ZERO))


def _stock(row: Mapping[str, Any], variant: int, on_hand: Decimal, on_order: Decimal) -> Stock:
    unit = row["Verkaufsmengeneinheit"] or row["Basismengeneinheit"] or ""
    return Stock(row["Artikelnummer"], variant, *sellable(row, on_hand, on_order), unit.strip())


def parts(stock: Stock, view: ShopView) -> Iterator[Part]:
    """The stock of the variant; stock alone makes none."""
    if stock.available is None:
        return
    yield Part(
        "variant",
        article_key(stock.article_number, stock.variant_id or 0),
        stock_fields(stock.available, view),
        product(stock.article_number),
        creates=False,
        rank=Rank.STOCK,
    )


def _key(stock: Stock) -> str:
    return f"{stock.article_number}|{stock.variant_id}" if stock.variant_id else stock.article_number


def _plausible(stock: Stock, options: StockOptions) -> Sequence[Finding]:
    if stock.available is None or abs(stock.available) <= options.largest:
        return ()
    return [found(IMPLAUSIBLE, Locator(field="available"), value=stock.available, limit=options.largest)]


def _adds_up(stock: Stock, _options: StockOptions) -> Sequence[Finding]:
    available, on_hand, on_order = stock[2:5]
    if available is None or on_hand is None or on_order is None or on_hand - on_order == available:
        return ()
    at = Locator(field="available")
    return [found(DOES_NOT_ADD_UP, at, on_hand=on_hand, on_order=on_order, available=available)]


def example() -> Stock:
    """Seventeen lie there, three are sold already."""
    return Stock("00200050", 0, Decimal(14), Decimal(17), Decimal(3), "Stk")


MODULE = Module(
    name="stock",
    de="Bestand",
    en="Stock export",
    summary_de="Der verkaufbare Bestand über mehrere Lager, abzüglich offener Aufträge, kommt in den Shop.",
    summary_en="The sellable stock over several warehouses, minus open orders, goes to the shop.",
    record=Stock,
    key=_key,
    lands=Side.SHOP,
    example=example,
    options=StockOptions,
    rules=(
        Rule((IMPLAUSIBLE,), _plausible, lambda: Stock("00200050", 0, Decimal(9_999_999), None, None, "Stk")),
        Rule((DOES_NOT_ADD_UP,), _adds_up, lambda: example()._replace(available=Decimal(15))),
    ),
    collect=collect,
    parts=parts,
    emptied=lambda stock: stock.available is not None and stock.available <= 0,
    whole_file=True,
    aliases=("stocks", "bestaende", "lagerbestand"),
)
