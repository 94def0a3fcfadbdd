"""Cross-Selling: what others also bought, computed from the sales documents, and pairs that are maintained.

Two articles belong together when they stand in the same deals often enough, and more often than by chance:

    support      share of all deals in which both stand
    confidence   share of the deals with the one in which the other stands too
    lift         confidence, divided by the share of all deals in which the other stands; 1 is chance
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field
from sqlalchemy import and_, select

from exchange import khk
from exchange.assortment.relations import FAULTS, Assigned, RelationOptions, Shown, in_column, relation_parts, sound
from exchange.assortment.sold import in_stock
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Rule, Side
from exchange.records.relation import AlsoBought, CrossSelling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from exchange.connector import SageSource
    from exchange.shop import Part, ShopView

NO_SHARE = kind(
    "cross_selling.no_share",
    de="{name} ist ein Anteil und liegt zwischen 0 und 1, nicht {value}.",
    en="{name} is a share, between 0 and 1, not {value}.",
    remedy_de="Geben Sie den Anteil als Dezimalzahl an, 75 % sind 0,75.",
    remedy_en="Give the share as a decimal number, 75 % is 0.75.",
)

#: Decimals of the figures.
PLACES = Decimal("0.000001")


class CrossSellingOptions(RelationOptions):
    """Settings of the cross-selling."""

    places: int = Field(
        2,
        ge=0,
        description="Places among the shop's related products of an article; the rest stands in the metafield only.",
    )
    first: int = Field(
        200, ge=1, description="Order number of the first of them: the kind with the lowest stands first."
    )
    kinds: tuple[str, ...] = Field(
        (),
        description="Kinds of sales documents (Belegkennzeichen) that are counted; one stage only, or a deal counts twice."
        " Empty: all that KHKVKBelegarten counts as turnover.",
    )
    days: int = Field(730, ge=1, description="Only documents of so many days are counted.")
    least_count: int = Field(2, ge=1, description="So many deals must hold both articles.")
    least_support: Decimal = Field(Decimal(0), ge=0, le=1, description="Least share of all deals that hold both.")
    least_confidence: Decimal = Field(
        Decimal("0.1"), ge=0, le=1, description="Least share of the deals with the article that hold the other too."
    )
    least_lift: Decimal = Field(
        Decimal(1), ge=0, description="Least lift; at 1 two articles meet as often as by chance."
    )
    most: int = Field(10, ge=1, description="So many are kept per article, the best ones.")
    largest_deal: int = Field(100, ge=2, description="Deals with more different articles say little and are left out.")


def collect(source: SageSource, options: CrossSellingOptions) -> Iterator[CrossSelling]:
    """Maintained pairs first, then computed ones, best first; none that is inactive or out of stock."""
    shown = Shown(source)
    fit = shown.products(shown.sold & in_stock(source))
    assigned, listed = Assigned(source), in_column(source, options.column)
    computed = _pairs(_deals(source, options, shown), options, fit)
    for number in sorted(shown.numbers):
        named = [*listed.get(number, ()), *assigned.by_group(number, options.groups.__contains__)]
        kept = shown.chosen(number, named, fit)
        rows = [AlsoBought(place, each, "maintained", None, None, None, None) for place, each in enumerate(kept, 1)]
        others = [each for each in computed.get(number, ()) if each.article_number not in kept]
        rows += [each._replace(position=place) for place, each in enumerate(others, len(rows) + 1)]
        if rows:
            yield CrossSelling(number, tuple(rows[: max(options.most, len(kept))]))


def _deals(source: SageSource, options: CrossSellingOptions, shown: Shown) -> pd.DataFrame:
    """Columns `deal` and `article`, each pair once: what the documents of the time window hold."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and needed by nobody else

    position, document = khk.BELEGE_POSITIONEN.c, khk.BELEGE.c
    since = (source.now() - timedelta(days=options.days)).astimezone(source.zone).replace(tzinfo=None)
    query = (
        select(document.BelID, position.Artikelnummer)
        .join_from(
            khk.BELEGE,
            khk.BELEGE_POSITIONEN,
            and_(document.BelID == position.BelID, document.Mandant == position.Mandant),
        )
        .where(
            document.Mandant == source.settings.mandant,
            document.Belegkennzeichen.in_(options.kinds or _turnover(source)),
            document.Belegdatum >= since,
        )
    )
    lines = (row for row in source.rows(query) if row["Artikelnummer"] in shown.sold)
    rows = ((row["BelID"], shown.product(row["Artikelnummer"])) for row in lines)
    return pd.DataFrame(rows, columns=["deal", "article"]).drop_duplicates()


def _turnover(source: SageSource) -> list[str]:
    """The kinds that raise the turnover: invoices, not what led to them nor what took them back (`sage-100.md` 3.1)."""
    table = khk.BELEGARTEN.c
    query = select(table.Kennzeichen).where(table.StatistikWirkungUmsatz == 1).order_by(table.Kennzeichen)
    return [row["Kennzeichen"] for row in source.rows(query)]


def _pairs(deals: pd.DataFrame, options: CrossSellingOptions, fit: frozenset[str]) -> dict[str, list[AlsoBought]]:
    """The best other articles per article; ties are broken by article number, so the order is stable."""
    if deals.empty:
        return {}
    total = deals["deal"].nunique()
    bought = deals["article"].value_counts()
    sizes = deals.groupby("deal")["article"].transform("size")
    small = deals[sizes <= options.largest_deal]
    both = small.merge(small, on="deal", suffixes=("", "_other"))
    both = both[(both["article"] != both["article_other"]) & both["article_other"].isin(fit)]
    counted = both.groupby(["article", "article_other"]).size().reset_index(name="count")
    counted = counted[counted["count"] >= options.least_count]
    pairs: dict[str, list[AlsoBought]] = {}
    for article, other, number in counted.itertuples(index=False, name=None):
        each = _figures(str(other), int(number), int(bought[article]), int(bought[other]), total)
        if _good_enough(each, options):
            pairs.setdefault(str(article), []).append(each)
    for found_pairs in pairs.values():
        found_pairs.sort(key=_best_first)
    return pairs


def _figures(other: str, both: int, of_article: int, of_other: int, total: int) -> AlsoBought:
    """Support, confidence and lift, exactly rounded."""
    support, confidence = Decimal(both) / total, Decimal(both) / of_article
    lift = confidence * total / of_other
    figures = [each.quantize(PLACES).normalize() + Decimal(0) for each in (support, confidence, lift)]
    return AlsoBought(None, other, "computed", both, *figures)


def _good_enough(pair: AlsoBought, options: CrossSellingOptions) -> bool:
    least = (options.least_support, options.least_confidence, options.least_lift)
    figures = (pair.support, pair.confidence, pair.lift)
    return all(figure is not None and figure >= limit for figure, limit in zip(figures, least, strict=True))


def _best_first(pair: AlsoBought) -> tuple[Decimal, Decimal, str]:
    return -(pair.confidence or Decimal(0)), -(pair.lift or Decimal(0)), pair.article_number


def parts(record: CrossSelling, view: ShopView) -> Iterator[Part]:
    """Relations and the metafield `cross_selling`."""
    numbers = [each.article_number for each in record.also_bought]
    return relation_parts("cross_selling", record.article_number, numbers, view.options)


def _sound(record: CrossSelling, _options: CrossSellingOptions) -> Iterator[Finding]:
    return sound(record.article_number, record.also_bought, "also_bought")


def _shares(record: CrossSelling, _options: CrossSellingOptions) -> Sequence[Finding]:
    return [
        found(NO_SHARE, Locator(field=f"also_bought[{index}].{name}"), name=name, value=value)
        for index, each in enumerate(record.also_bought)
        for name, value in (("support", each.support), ("confidence", each.confidence))
        if value is not None and not 0 <= value <= 1
    ]


def example() -> CrossSelling:
    """Whoever buys espresso often buys descaler too."""
    figures = (Decimal("0.25"), Decimal("0.75"), Decimal("2.75"))
    return CrossSelling("10010", (AlsoBought(1, "31010", "computed", 3, *figures),))


def _with(**values: object) -> CrossSelling:
    record = example()
    return record._replace(also_bought=(record.also_bought[0]._replace(**values),))  # type: ignore[arg-type]


MODULE = Module(
    name="cross_selling",
    de="Cross-Selling",
    en="Cross-selling",
    summary_de="Was andere dazu kauften, aus den Verkaufsbelegen berechnet, und gepflegte Paare stehen beim Artikel.",
    summary_en="What others also bought, computed from the sales documents, and maintained pairs stand beside the article.",
    record=CrossSelling,
    key=lambda record: str(record.article_number),
    lands=Side.SHOP,
    example=example,
    options=CrossSellingOptions,
    rules=(
        Rule(FAULTS, _sound, lambda: _with(article_number="10010")),
        Rule((NO_SHARE,), _shares, lambda: _with(confidence=Decimal(75))),
    ),
    collect=collect,
    parts=parts,
    aliases=("cross-selling", "crossselling", "auch_gekauft"),
)
