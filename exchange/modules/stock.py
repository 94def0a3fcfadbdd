"""Bestand: what can be sold of each article, over the chosen warehouses and minus open orders (`sage-100.md` 2.7)."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, select

from exchange import khk
from exchange.assortment.catalogue import stock_fields
from exchange.connector import chunks
from exchange.convert import canonical
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
#: Orders that are not delivered yet are of this kind (2.14), and of the kind that this program itself writes.
ORDER_KIND = "VVA"
#: Decimals of numbers in our records, as Sage's `money` has them.
PLACES = 4
_PLACE = Decimal("0.0001")
ZERO = Decimal(0)


class StockOptions(Options):
    """Settings of the stock export."""

    largest: Decimal = Field(
        Decimal(1_000_000), gt=0, description="A stock above this is refused: it is a wrong unit or a slip."
    )


#: Article and variant.
Key = tuple[str, int]


def collect(source: SageSource, _options: StockOptions) -> Iterator[Stock]:
    """Sellable stock of all active articles for sale, in sales units, rounded down.

    An article without any stock row is sold out (0) where it is stock-kept, and is left out where it is not: missing is
    never zero.
    """
    warehouses = _warehouses(source)
    table = khk.ARTIKEL
    names = (
        "Artikelnummer",
        "Verkaufsmengeneinheit",
        "Basismengeneinheit",
        "UmrechnungsfaktorVK",
        "UmrechnungsFaktorLME",
    )
    query = (
        select(*(table.c[name] for name in (*names, "Lagerfuehrung")))
        .where(table.c.Mandant == source.settings.mandant, table.c.Aktiv != 0, table.c.IstVerkaufsartikel != 0)
        .order_by(table.c.Artikelnummer)
    )
    if source.settings.shop_flag:
        query = query.where(khk.own(table, source.settings.shop_flag) != 0)
    for articles in chunks(source.rows(query), CHUNK):
        yield from _stocks(source, articles, warehouses)


def _warehouses(source: SageSource) -> list[str]:
    table = khk.LAGERORTE.c
    chosen = source.settings.warehouses
    query = select(table.Lagerkennung).where(
        table.Mandant == source.settings.mandant, table.Lagerkennung.in_(chosen) if chosen else table.Aktiv != 0
    )
    return [row["Lagerkennung"] for row in source.rows(query)]


def _stocks(source: SageSource, articles: Sequence[Mapping[str, Any]], warehouses: Sequence[str]) -> Iterator[Stock]:
    numbers = [row["Artikelnummer"] for row in articles]
    on_hand = _on_hand(source, numbers, warehouses)
    on_order = _on_order(source, numbers)
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


def _stock(row: Mapping[str, Any], variant: int, stored: Decimal, ordered: Decimal) -> Stock:
    """`stored` counts stock units, `ordered` base units; the shop counts sales units."""
    per_sales_unit = Decimal(row["UmrechnungsfaktorVK"] or 1)
    on_hand = stored * Decimal(row["UmrechnungsFaktorLME"] or 1) / per_sales_unit
    on_order = ordered / per_sales_unit
    hand, order = canonical(on_hand.quantize(_PLACE, ROUND_FLOOR), PLACES), canonical(on_order, PLACES)
    unit = row["Verkaufsmengeneinheit"] or row["Basismengeneinheit"] or ""
    return Stock(row["Artikelnummer"], variant, canonical(hand - order, PLACES), hand, order, unit.strip())


def _on_hand(source: SageSource, numbers: Sequence[str], warehouses: Sequence[str]) -> dict[Key, Decimal]:
    """Sums over all bins: several rows for one article and bin are normal."""
    table = khk.LAGERPLATZBESTAENDE.c
    total: ColumnElement[Any] = func.sum(table.Bestand)
    query = (
        select(table.Artikelnummer, table.AuspraegungID, total.label("total"))
        .where(
            table.Mandant == source.settings.mandant,
            table.Artikelnummer.in_(numbers),
            table.Lagerkennung.in_(warehouses),
        )
        .group_by(table.Artikelnummer, table.AuspraegungID)
    )
    return {(row["Artikelnummer"], row["AuspraegungID"] or 0): row["total"] or ZERO for row in source.rows(query)}


def _on_order(source: SageSource, numbers: Sequence[str]) -> dict[Key, Decimal]:
    """Quantities of positions that are still open."""
    position, document = khk.BELEGE_POSITIONEN.c, khk.BELEGE.c
    total: ColumnElement[Any] = func.sum(position.MengeBasis)
    kinds = sorted({ORDER_KIND, source.settings.orders.document_kind})
    query = (
        select(position.Artikelnummer, position.AuspraegungID, total.label("total"))
        .join_from(
            khk.BELEGE_POSITIONEN,
            khk.BELEGE,
            and_(document.BelID == position.BelID, document.Mandant == position.Mandant),
        )
        .where(
            position.Mandant == source.settings.mandant,
            position.Artikelnummer.in_(numbers),
            position.IstErledigt == 0,
            document.Belegkennzeichen.in_(kinds),
        )
        .group_by(position.Artikelnummer, position.AuspraegungID)
    )
    return {(row["Artikelnummer"], row["AuspraegungID"] or 0): row["total"] or ZERO for row in source.rows(query)}


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
    whole_file=True,
    aliases=("stocks", "bestaende", "lagerbestand"),
)
