"""Accessories, cross-selling and up-selling out of Sage, and how they share the shop's places."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest
from sqlalchemy import column, delete, insert, update
from sqlalchemy import table as light

from exchange import khk
from exchange.connectors.lightspeed.merge import Facet, merged
from exchange.connectors.lightspeed.values import freeze
from exchange.modules import accessories, cross_selling, up_selling
from exchange.records.relation import Accessory, AlsoBought, Alternative
from exchange.sandbox import sage as sandbox
from exchange.settings import Settings
from exchange.shop import Ref, ShopView
from tests.unit.modules.sage_cases import alter, collected, execute

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def assign(path: Path, of: str, to: str, kinds: tuple[int, int], place: int) -> None:
    """A row of KHKArtikelZubehoer; kinds: 1 article, 2 group."""
    row = {"ZubehoerID": place, "Mandant": 1, "UrsprungsArt": kinds[0], "ZubehoerArt": kinds[1]}
    execute(path, insert(khk.ARTIKEL_ZUBEHOER).values(row | {"Ursprungsnummer": of, "Zubehoernummer": to}))


# --- accessories -----------------------------------------------------------------------------------------------------


def test_accessories_are_assigned_directly_and_by_group(path: Path) -> None:
    """Direct ones come first; the group's members follow, each article once, never the article itself."""
    assign(path, "33010", "PUTZEN", (1, 2), 101)
    for place, member in enumerate(("31010", "33020", "33010"), 102):
        assign(path, "PUTZEN", member, (2, 1), place)
    assert collected(path, accessories.MODULE)["33010"].accessories == (
        Accessory(1, "33020", "maintained"),
        Accessory(2, "31010", "group"),
    )


def test_groups_that_mean_something_else_are_left_out(path: Path) -> None:
    """Cross- and up-selling may be kept in groups of the same table."""
    assign(path, "33010", "BESSER", (1, 2), 101)
    assign(path, "BESSER", "31010", (2, 1), 102)
    only_direct = (Accessory(1, "33020", "maintained"),)
    assert collected(path, accessories.MODULE, {"leave_out": ["BESSER"]})["33010"].accessories == only_direct
    assert collected(path, accessories.MODULE, {"groups": ["ANDERE"]})["33010"].accessories == only_direct


def test_what_is_no_longer_sold_is_no_accessory(path: Path) -> None:
    """An article whose only accessory is inactive has none, and so no record."""
    alter(path, khk.ARTIKEL, "33020", Aktiv=khk.NO)
    assert "33010" not in collected(path, accessories.MODULE)


def test_a_merchants_own_column_lists_accessories(path: Path) -> None:
    """In the order in which they stand there, whatever separates them."""
    article = light(khk.ARTIKEL.name, column("Artikelnummer"), column("USER_MetaTitel"))
    execute(path, update(article).where(article.c.Artikelnummer == "10010").values(USER_MetaTitel="33040; 31010,33040"))
    found = collected(path, accessories.MODULE, {"column": "USER_MetaTitel"})["10010"].accessories
    assert [each.article_number for each in found] == ["33040", "31010"]


def test_the_first_ones_get_the_shops_places_and_all_stand_in_the_metafield() -> None:
    """Two of three become related products, in their order."""
    rows = tuple(Accessory(place, number, "") for place, number in enumerate(("A", "B", "C"), 1))
    record = accessories.example()._replace(accessories=rows)
    view = ShopView(Settings(), accessories.AccessoryOptions())
    *relations, metafield = accessories.parts(record, view)
    assert [(each.fields["relatedProduct"], each.fields["sortOrder"]) for each in relations] == [
        (Ref("product", "A"), 100),
        (Ref("product", "B"), 101),
    ]
    assert orjson.loads(metafield.fields["value"]) == ["A", "B", "C"]


def test_two_kinds_that_want_the_same_article_share_its_place() -> None:
    """The one that stands first says where, whatever the modules are called; no article stands twice."""
    accessory = accessories.example()._replace(accessories=(Accessory(1, "A", ""), Accessory(2, "B", "")))
    better = up_selling.example()._replace(article_number="33010", alternatives=(Alternative(1, "B", "", None),))
    settings, now = Settings(), datetime(2026, 11, 23, tzinfo=UTC)
    wanted: dict[str, list[Facet]] = {}
    for module, record in ((accessories.MODULE, accessory), (up_selling.MODULE, better)):
        assert module.parts is not None
        for part in module.parts(record, ShopView(settings, module.options())):
            if part.resource == "product_relation":
                fields = {name: freeze(value) for name, value in part.fields.items()}
                facet = Facet(module.name, "33010", fields, part.creates, part.rank, None, None)
                wanted.setdefault(part.key, []).append(facet)
    orders = {key: merged(facets, now).fields["sortOrder"] for key, facets in wanted.items()}
    assert orders == {"33010|A": 100, "33010|B": 101}


def test_variants_of_one_product_relate_as_one(path: Path) -> None:
    """Where variants are articles of their own, their product is the parent's: it relates, and is related to."""
    parents = {"parent_column": "USER_Vaterartikel"}
    assign(path, "33010", "00200051", (1, 1), 101)
    assign(path, "33010", "00200052", (1, 1), 102)
    assign(path, "00200051", "33020", (1, 1), 103)
    assign(path, "00200050", "00200052", (1, 1), 104)
    apart = collected(path, accessories.MODULE)
    assert [each.article_number for each in apart["33010"].accessories] == ["33020", "00200051", "00200052"]
    assert {"00200050", "00200051"} <= apart.keys()
    together = collected(path, accessories.MODULE, None, **parents)
    assert [each.article_number for each in together["33010"].accessories] == ["33020", "00200050"]
    assert not {"00200050", "00200051", "00200052"} & together.keys()
    for module in (cross_selling.MODULE, up_selling.MODULE):
        options = {"least_count": 1, "least_lift": 0} if module is cross_selling.MODULE else {}
        found = collected(path, module, options, **parents)
        group = "also_bought" if module is cross_selling.MODULE else "alternatives"
        numbers = {each.article_number for record in found.values() for each in getattr(record, group)}
        assert not {"00200051", "00200052"} & (numbers | found.keys())
        assert found


# --- cross-selling ---------------------------------------------------------------------------------------------------


def test_figures_of_what_is_bought_together_are_exact(path: Path) -> None:
    """Three of eleven deals hold both, every deal with espresso holds descaler too: 1 / (3 / 11) times chance."""
    (pair,) = collected(path, cross_selling.MODULE)["10010"].also_bought
    figures = Decimal("0.272727"), Decimal(1), Decimal("3.666667")
    assert pair == AlsoBought(1, "31010", "computed", 3, *figures)


def test_pairs_below_the_limits_are_none(path: Path) -> None:
    """Of count, support, confidence and lift each can rule a pair out."""
    for name, limit in (("least_count", 4), ("least_support", "0.3"), ("least_lift", "4")):
        assert "10010" not in collected(path, cross_selling.MODULE, {name: limit}), name
    assert "31010" in collected(path, cross_selling.MODULE)
    assert "10010" in collected(path, cross_selling.MODULE, {"least_confidence": 1})


def test_old_deals_do_not_count(path: Path) -> None:
    """The window ends today; what lies before it says nothing."""
    assert collected(path, cross_selling.MODULE, {"days": 1}) == {}


def test_what_is_sold_out_or_inactive_is_not_shown(path: Path) -> None:
    """Although it was bought often; it may still show others itself."""
    execute(path, delete(khk.LAGERPLATZBESTAENDE).where(khk.LAGERPLATZBESTAENDE.c.Artikelnummer == "31010"))
    found = collected(path, cross_selling.MODULE)
    assert "10010" not in found
    assert [each.article_number for each in found["31010"].also_bought] == ["10010"]
    alter(path, khk.ARTIKEL, "10010", Aktiv=khk.NO)
    assert "31010" not in collected(path, cross_selling.MODULE)


def test_maintained_pairs_come_before_computed_ones(path: Path) -> None:
    """By accessory group; one that is computed too stands once, as maintained."""
    assign(path, "10010", "DAZU", (1, 2), 101)
    for place, member in enumerate(("33040", "31010"), 102):
        assign(path, "DAZU", member, (2, 1), place)
    rows = collected(path, cross_selling.MODULE, {"groups": ["DAZU"]})["10010"].also_bought
    assert [(each.article_number, each.origin) for each in rows] == [("33040", "maintained"), ("31010", "maintained")]


def test_the_order_of_equals_is_always_the_same(path: Path) -> None:
    """By article number, however the database returns its rows."""
    every = collected(path, cross_selling.MODULE, {"least_count": 1, "least_lift": 0, "least_confidence": 0})
    again = collected(path, cross_selling.MODULE, {"least_count": 1, "least_lift": 0, "least_confidence": 0})
    assert every == again
    for record in every.values():
        ranks = [(-each.confidence, -each.lift, each.article_number) for each in record.also_bought]
        assert ranks == sorted(ranks)


# --- up-selling ------------------------------------------------------------------------------------------------------


def test_better_articles_of_the_group_are_dearer_but_not_too_dear(path: Path) -> None:
    """Between 1.05 and 3 times the price, the cheapest first."""
    for record in collected(path, up_selling.MODULE).values():
        for each in record.alternatives:
            assert record.price * Decimal("1.05") <= each.price <= record.price * 3
        prices = [each.price for each in record.alternatives]
        assert prices == sorted(prices)


def test_the_successor_stands_first_unless_it_is_cheaper(path: Path) -> None:
    """Chains are followed to the first that can be bought; circles end."""
    options = {"from_group": False}
    assert "30010" not in collected(path, up_selling.MODULE, options)
    alter(path, khk.ARTIKEL, "30010", Ersatzartikelnummer="33040")
    alter(path, khk.ARTIKEL, "33040", Ersatzartikelnummer="30020", Aktiv=khk.NO)
    (found,) = collected(path, up_selling.MODULE, options)["30010"].alternatives
    assert (found.article_number, found.origin) == ("30020", "successor")
    alter(path, khk.ARTIKEL, "30020", Ersatzartikelnummer="30010")
    assert "30020" not in collected(path, up_selling.MODULE, options)


def test_a_maintained_alternative_that_is_cheaper_is_refused(path: Path) -> None:
    """It is told to whoever maintains it, and not silently dropped."""
    assign(path, "30020", "BESSER", (1, 2), 101)
    assign(path, "BESSER", "30010", (2, 1), 102)
    record = collected(path, up_selling.MODULE, {"groups": ["BESSER"], "from_group": False})["30020"]
    assert record.alternatives == (Alternative(1, "30010", "maintained", Decimal("49.90")),)
    options = up_selling.UpSellingOptions()
    found = [finding.kind.code for rule in up_selling.MODULE.rules for finding in rule.check(record, options)]
    assert found == ["up_selling.cheaper"]
