"""Up-Selling: better alternatives to an article. Maintained, its successor, or a better one of the same group."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.relations import FAULTS, Assigned, RelationOptions, Shown, in_column, relation_parts, sound
from exchange.assortment.sold import basic_prices, in_stock, sold
from exchange.convert import canonical
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Rule, Side
from exchange.records.relation import Alternative, UpSelling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.connector import SageSource
    from exchange.shop import Part, ShopView

CHEAPER = kind(
    "up_selling.cheaper",
    de="„{value}“ kostet {price} und ist damit billiger als der Artikel selbst ({own}).",
    en="“{value}” costs {price}, which is cheaper than the article itself ({own}).",
    remedy_de="Nehmen Sie die Zuordnung heraus: eine Alternative darf nicht billiger sein.",
    remedy_en="Remove the assignment: an alternative must not be cheaper.",
)


class UpSellingOptions(RelationOptions):
    """Settings of the up-selling."""

    places: int = Field(
        1,
        ge=0,
        description="Places among the shop's related products of an article; the rest stands in the metafield only.",
    )
    first: int = Field(
        300, ge=1, description="Order number of the first of them: the kind with the lowest stands first."
    )
    most: int = Field(3, ge=1, description="So many alternatives per article.")
    from_group: bool = Field(True, description="Also take better articles of the same article group.")
    least_factor: Decimal = Field(
        Decimal("1.05"),
        gt=1,
        description="An article of the same group is better when it costs at least so many times as much.",
    )
    most_factor: Decimal = Field(
        Decimal(3), gt=1, description="And at most so many times as much: nobody buys a machine instead of a mill."
    )


class _Article(NamedTuple):
    number: str
    group: khk.Group


class _Finder:
    """Finds alternatives among the articles of a Sage."""

    def __init__(self, source: SageSource, options: UpSellingOptions) -> None:
        table = khk.ARTIKEL.c
        columns = (table.Hauptartikelgruppe, table.Vaterartikelgruppe, table.Artikelgruppe)
        self.options, self.shown = options, Shown(source)
        self.articles: dict[str, _Article] = {
            row["Artikelnummer"]: _Article(
                row["Artikelnummer"],
                khk.group(row["Hauptartikelgruppe"], row["Vaterartikelgruppe"], row["Artikelgruppe"]),
            )
            for row in source.rows(sold(source, *columns))
            if row["Artikelnummer"] in self.shown.numbers
        }
        # Also of articles that are not sold any more: a chain goes on behind them.
        chain = select(table.Artikelnummer, table.Ersatzartikelnummer).where(
            table.Mandant == source.settings.mandant, table.Ersatzartikelnummer.is_not(None)
        )
        self._successors: dict[str, str] = {
            row["Artikelnummer"]: row["Ersatzartikelnummer"].strip() for row in source.rows(chain)
        }
        self.prices: Mapping[str, Decimal] = basic_prices(source)
        self._fit = self.shown.products(self.shown.sold & in_stock(source))
        self._assigned, self._listed = Assigned(source), in_column(source, options.column)
        self._of_group: dict[khk.Group, list[tuple[Decimal, str]]] = {}
        for each in self.articles.values():
            price = self.prices.get(each.number)
            if price and each.number in self._fit:
                self._of_group.setdefault(each.group, []).append((price, each.number))

    def alternatives(self, article: _Article) -> list[tuple[str, str]]:
        """Numbers with their origin: maintained ones, the successor, better ones of the group from the next price on.

        Maintained ones are taken as they are, so that a rule can tell when one is cheaper.
        """
        number = article.number
        groups = self._assigned.by_group(number, self.options.groups.__contains__)
        named = self.shown.chosen(number, [*self._listed.get(number, ()), *groups], self._fit)
        result = dict.fromkeys(named, "maintained")
        successor = self._successor(number)
        if successor and self._not_cheaper(successor, number):
            result.setdefault(successor, "successor")
        for better in self._better(article) if self.options.from_group else ():
            result.setdefault(better, "group")
        return list(result.items())[: max(self.options.most, len(named))]

    def _successor(self, number: str) -> str:
        """The first of its chain of successors that can be bought; chains occur, and circles too (2.1)."""
        seen = {number}
        following = self._successors.get(number, "")
        while following and following not in seen:
            shown = self.shown.product(following)
            if shown in self._fit and shown != number:
                return shown
            seen.add(following)
            following = self._successors.get(following, "")
        return ""

    def _better(self, article: _Article) -> list[str]:
        own = self.prices.get(article.number)
        if not own:
            return []
        low, high = own * self.options.least_factor, own * self.options.most_factor
        group = self._of_group.get(article.group, ())
        return [number for price, number in sorted(group) if low <= price <= high and number != article.number]

    def _not_cheaper(self, other: str, number: str) -> bool:
        own, price = self.prices.get(number), self.prices.get(other)
        return own is not None and price is not None and price >= own


def collect(source: SageSource, options: UpSellingOptions) -> Iterator[UpSelling]:
    """Alternatives of every sold article that has some; none that is inactive or out of stock."""
    finder = _Finder(source, options)
    for number, article in finder.articles.items():
        rows = tuple(
            Alternative(place, other, origin, _money(finder.prices.get(other)))
            for place, (other, origin) in enumerate(finder.alternatives(article), 1)
        )
        if rows:
            yield UpSelling(number, _money(finder.prices.get(number)), rows)


def _money(price: Decimal | None) -> Decimal | None:
    return None if price is None else canonical(price, 4, 2)


def parts(record: UpSelling, view: ShopView) -> Iterator[Part]:
    """Relations and the metafield `up_selling`."""
    numbers = [each.article_number for each in record.alternatives]
    return relation_parts("up_selling", record.article_number, numbers, view.options)


def _sound(record: UpSelling, _options: UpSellingOptions) -> Iterator[Finding]:
    return sound(record.article_number, record.alternatives, "alternatives")


def _cheaper(record: UpSelling, _options: UpSellingOptions) -> Iterator[Finding]:
    for index, each in enumerate(record.alternatives):
        if record.price is not None and each.price is not None and each.price < record.price:
            at = Locator(field=f"alternatives[{index}].price")
            yield found(CHEAPER, at, value=each.article_number, price=each.price, own=record.price)


def example() -> UpSelling:
    """An electric mill instead of one for the hand."""
    return UpSelling("30010", Decimal("49.90"), (Alternative(1, "30020", "group", Decimal("129.00")),))


def _with(number: str, price: str) -> UpSelling:
    return example()._replace(alternatives=(Alternative(1, number, "maintained", Decimal(price)),))


MODULE = Module(
    name="up_selling",
    de="Up-Selling",
    en="Up-selling",
    summary_de="Bessere Alternativen: gepflegte, Nachfolger und höherwertige Artikel derselben Gruppe, nie billigere.",
    summary_en="Better alternatives: maintained ones, successors and better articles of the same group, never cheaper.",
    record=UpSelling,
    key=lambda record: str(record.article_number),
    lands=Side.SHOP,
    example=example,
    options=UpSellingOptions,
    rules=(
        Rule(FAULTS, _sound, lambda: _with("30010", "129.00")),
        Rule((CHEAPER,), _cheaper, lambda: _with("30030", "34.90")),
    ),
    collect=collect,
    parts=parts,
    aliases=("up-selling", "upselling", "alternativen"),
)
