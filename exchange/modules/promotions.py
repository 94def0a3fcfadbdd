"""Aktionspreise: a lower price for some days, the regular one struck through beside it (`sage-100.md` 2.5).

The price switches on its first day and back after its last, by the merchant's calendar. Nothing needs to change in Sage
for that, and nothing is lost when the service slept at midnight: what is valid is decided whenever the shop is served.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.assortment.prices import (
    amount,
    end_moment,
    first_moment,
    price_lists,
    price_name,
    priced,
    shop_price,
)
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.price import Promotion
from exchange.shop import Part, Rank, article_key, joined, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.assortment.prices import PriceList
    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "promotions.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; die Aktion wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the promotion waits for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
ENDS_FIRST = kind(
    "promotions.ends_first",
    de="Die Aktion endet am {until} und beginnt erst am {value}.",
    en="The promotion ends on {until} and begins on {value} only.",
    remedy_de="Vertauschen Sie die beiden Tage.",
    remedy_en="Swap the two days.",
)
NO_PRICE = kind(
    "promotions.no_price",
    de="Der Aktionspreis {value} ist nicht größer als null.",
    en="The promotion price {value} is not above zero.",
    remedy_de="Berichtigen Sie den Preis.",
    remedy_en="Correct the price.",
)
NOT_LOWER = kind(
    "promotions.not_lower",
    de="Der Aktionspreis {value} ist nicht niedriger als der Normalpreis {regular}.",
    en="The promotion price {value} is not lower than the regular price {regular}.",
    remedy_de="Prüfen Sie beide Preise: ein durchgestrichener Preis muss der höhere sein.",
    remedy_en="Check both prices: a price that is struck through must be the higher one.",
)


def collect(source: SageSource, _options: Options) -> Iterator[Promotion]:
    """All prices of promotions that lower the basic list; also those to come, so that they start by themselves."""
    lists, articles = price_lists(source), priced(source)
    basic = source.settings.price_lists[0] if source.settings.price_lists else 0
    wanted = {number: each for number, each in lists.items() if each.promotion and basic in each.of}
    table = khk.PREISLISTEN_ARTIKEL.c
    query = (
        select(table.Artikelnummer, table.AuspraegungID, table.ListeID, table.Einzelpreis)
        .where(
            table.Mandant == source.settings.mandant,
            table.ListeID.in_([basic, *wanted]),
            table.AbMenge == 0,
            table.Einzelpreis.is_not(None),
        )
        .order_by(table.Artikelnummer, table.AuspraegungID, table.ListeID)
    )
    regular = {
        (row["Artikelnummer"], row["AuspraegungID"] or 0): amount(row["Einzelpreis"])
        for row in source.rows(query)
        if row["ListeID"] == basic
    }
    for row in source.rows(query):
        number, variant_id = row["Artikelnummer"], row["AuspraegungID"] or 0
        if row["ListeID"] in wanted and number in articles:
            listed, article = wanted[row["ListeID"]], articles[number]
            yield Promotion(
                number,
                variant_id,
                str(listed.number),
                listed.name,
                listed.currency,
                listed.gross,
                article.tax_rate,
                article.price_unit,
                amount(row["Einzelpreis"]),
                _comparable(regular.get((number, variant_id), regular.get((number, 0))), lists.get(basic), listed),
                listed.from_day,
                listed.until_day,
            )


def _comparable(regular: Decimal | None, basic: PriceList | None, promotion: PriceList) -> Decimal | None:
    """The regular price, if both lists keep their prices the same way; otherwise the shop's own price is struck out."""
    same = basic is not None and (basic.gross, basic.currency) == (promotion.gross, promotion.currency)
    return regular if same else None


def parts(record: Promotion, view: ShopView) -> Iterator[Part]:
    """The price of the variant, and the regular one struck through, for those days."""
    if record.price is None:
        return
    name = price_name(view)
    fields: dict[str, Any] = {f"price{name}": shop_price(view, record.price, record)}
    if record.regular_price is not None:
        fields[f"oldPrice{name}"] = shop_price(view, record.regular_price, record)
    yield Part(
        "variant",
        article_key(record.article_number, record.variant_id or 0),
        fields,
        product(record.article_number),
        creates=False,
        rank=Rank.PROMOTION,
        from_at=first_moment(view, record.from_day),
        until_at=end_moment(view, record.until_day),
    )


def _days(record: Promotion, _options: Options) -> Iterator[Finding]:
    if record.from_day is not None and record.until_day is not None and record.until_day < record.from_day:
        yield found(ENDS_FIRST, Locator(field="until_day"), until=record.until_day, value=record.from_day)


def _lower(record: Promotion, _options: Options) -> Sequence[Finding]:
    if record.price is None:
        return ()
    at = Locator(field="price")
    if record.price <= 0:
        return [found(NO_PRICE, at, value=record.price)]
    if record.regular_price is not None and record.price >= record.regular_price:
        return [found(NOT_LOWER, at, value=record.price, regular=record.regular_price)]
    return ()


def example() -> Promotion:
    """Three weeks at a lower price."""
    return Promotion(
        article_number="10020",
        variant_id=0,
        promotion="3",
        promotion_name="Aktion der Woche",
        currency="EUR",
        gross=True,
        tax_rate=Decimal(7),
        price_unit=1,
        price=Decimal("21.99"),
        regular_price=Decimal("24.90"),
        from_day=date(2026, 11, 16),
        until_day=date(2026, 12, 6),
    )


def _key(record: Promotion) -> str:
    return joined(record.article_number, record.variant_id or 0, record.promotion)


MODULE = Module(
    name="promotions",
    de="Aktionspreise",
    en="Promotions",
    summary_de="Aktionspreise gelten im Shop an ihren Tagen, mit dem durchgestrichenen Normalpreis, und enden von selbst.",
    summary_en="Promotion prices hold in the shop on their days, beside the regular price struck through, and end by themselves.",
    record=Promotion,
    key=_key,
    lands=Side.SHOP,
    example=example,
    rules=(
        Rule((ENDS_FIRST,), _days, lambda: example()._replace(until_day=date(2026, 11, 1))),
        Rule((NO_PRICE,), _lower, lambda: example()._replace(price=Decimal(0))),
        Rule((NOT_LOWER,), _lower, lambda: example()._replace(price=Decimal("24.90"))),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, lambda record: [("article_number", record.article_number)]),),
    collect=collect,
    parts=parts,
    aliases=("promotion", "aktionspreise", "aktionen"),
)
