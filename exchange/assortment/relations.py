"""Relations between articles: how they are maintained in Sage, and how they share the few places of the shop.

The shop has one pool of related products, in some plans five per product, without any kind (`lightspeed-ecom.md` 2.11).
The rule is visible and needs no knowledge of each other: every kind of relation has a number of places of its own
(setting `places` of its module) and an order (`first`). What has no place, and the kind itself, stand in a metafield
of the product, named after the module: a list of article numbers in their order, for the theme.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.sold import sold, sold_numbers
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Options
from exchange.shop import Part, joined, metafield, product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from exchange.connector import SageSource
    from exchange.finding import Kind

TO_ITSELF = kind(
    "relation.to_itself",
    de="Der Artikel „{value}“ verweist auf sich selbst.",
    en="The article “{value}” refers to itself.",
    remedy_de="Entfernen Sie den Verweis.",
    remedy_en="Remove the reference.",
)
TWICE = kind(
    "relation.twice",
    de="Der Artikel „{value}“ ist zweimal zugeordnet.",
    en="The article “{value}” is assigned twice.",
    remedy_de="Lassen Sie nur eine der beiden Zuordnungen stehen.",
    remedy_en="Keep only one of the two.",
)
#: The findings that `sound` gives.
FAULTS: tuple[Kind, ...] = (TO_ITSELF, TWICE)

#: UrsprungsArt and ZubehoerArt.
ARTICLE, GROUP = 1, 2
#: What separates article numbers in a merchant's own column.
_SEPARATORS = re.compile(r"[;,|\s]+")


class RelationOptions(Options):
    """What all kinds of relations can be set to."""

    places: int = Field(
        0,
        ge=0,
        description="Places among the shop's related products of an article; the rest stands in the metafield only.",
    )
    first: int = Field(
        100, ge=1, description="Order number of the first of them: the kind with the lowest stands first."
    )
    column: str = Field(
        "", description="Own column of KHKArtikel that lists article numbers, separated by ; , | or blanks."
    )
    groups: tuple[str, ...] = Field((), description="Accessory groups (Zubehoergruppe) whose articles are meant.")


def relation_parts(name: str, number: str, related: Sequence[str], options: RelationOptions) -> Iterator[Part]:
    """What the shop is to have: the first ones as relations, all of them in the metafield `name`."""
    owner = product(number)
    for place, other in enumerate(related[: options.places]):
        fields = {"relatedProduct": product(other), "sortOrder": options.first + place}
        # Of two kinds that want the same article the one that stands first gives it its place.
        yield Part("product_relation", joined(number, other), fields, owner, rank=-(options.first + place))
    yield metafield(owner, name, orjson.dumps(list(related)).decode())


def sound(number: str, related: Sequence[Any], group: str) -> Iterator[Finding]:
    """Faults of the related articles of one article; `group` is the field that holds them."""
    seen: set[str] = set()
    for index, each in enumerate(related):
        at = Locator(field=f"{group}[{index}].article_number")
        if each.article_number == number:
            yield found(TO_ITSELF, at, value=number)
        elif each.article_number in seen:
            yield found(TWICE, at, value=each.article_number)
        seen.add(each.article_number)


def in_column(source: SageSource, column: str) -> dict[str, list[str]]:
    """The article numbers that a merchant's own column lists, per article, in the order in which they stand there."""
    if not column:
        return {}
    table = khk.ARTIKEL
    query = sold(source, khk.own(table, column).label("listed"))
    listed: dict[str, list[str]] = {}
    for row in source.rows(query):
        numbers = [each for each in _SEPARATORS.split(row["listed"] or "") if each]
        if numbers:
            listed[row["Artikelnummer"]] = numbers
    return listed


class Assigned:
    """What KHKArtikelZubehoer assigns to articles: articles, and groups of articles (`sage-100.md` 2.9)."""

    def __init__(self, source: SageSource) -> None:
        self._direct: dict[str, list[str]] = {}
        self._groups: dict[str, list[str]] = {}
        self._members: dict[str, list[str]] = {}
        kinds = {(ARTICLE, ARTICLE): self._direct, (ARTICLE, GROUP): self._groups, (GROUP, ARTICLE): self._members}
        table = khk.ARTIKEL_ZUBEHOER.c
        query = (
            select(table.UrsprungsArt, table.Ursprungsnummer, table.ZubehoerArt, table.Zubehoernummer)
            .where(table.Mandant == source.settings.mandant)
            .order_by(table.ZubehoerID)
        )
        for row in source.rows(query):
            kind_of = kinds.get((abs(row["UrsprungsArt"] or 0), abs(row["ZubehoerArt"] or 0)))
            if kind_of is not None:
                kind_of.setdefault(_number(row["Ursprungsnummer"]), []).append(_number(row["Zubehoernummer"]))

    def directly(self, number: str) -> Sequence[str]:
        """Articles that are assigned to an article itself."""
        return self._direct.get(number, ())

    def by_group(self, number: str, wanted: Callable[[str], bool]) -> list[str]:
        """Articles of those wanted groups that are assigned to an article."""
        groups = filter(wanted, self._groups.get(number, ()))
        return [member for group in groups for member in self._members.get(group, ())]


def _number(value: str | None) -> str:
    return (value or "").strip()


class Shown:
    """Which articles have a product of their own in the shop; a variant article stands with its parent (2.2).

    Attributes:
        numbers: those articles; they are the ones that relate, and that are related to.
    """

    def __init__(self, source: SageSource) -> None:
        self.sold = sold_numbers(source)
        self._parents = _parents(source)
        self.numbers = frozenset(self.sold - self._parents.keys())

    def product(self, number: str) -> str:
        """The article on whose product an article stands."""
        return self._parents.get(number, number)

    def products(self, numbers: Iterable[str]) -> frozenset[str]:
        """The articles on whose products these stand; of each there is one at least."""
        return frozenset(map(self.product, numbers)) & self.numbers

    def chosen(self, number: str, candidates: Iterable[str], allowed: frozenset[str]) -> list[str]:
        """The candidates that may be shown beside an article: allowed, not itself, each once."""
        each_once = dict.fromkeys(map(self.product, candidates))
        return [each for each in each_once if each != number and each in allowed]


def _parents(source: SageSource) -> dict[str, str]:
    """The parent per variant article, where merchants keep variants like that; one that names itself is a parent."""
    column = source.settings.parent_column
    if not column:
        return {}
    rows = source.rows(sold(source, khk.own(khk.ARTIKEL, column).label("parent")))
    named = ((row["Artikelnummer"], _number(row["parent"])) for row in rows)
    return {number: parent for number, parent in named if parent not in ("", number)}
