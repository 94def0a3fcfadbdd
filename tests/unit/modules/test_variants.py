"""Variants out of Sage, by either way of keeping them, and what the shop is to have of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import column, delete, update
from sqlalchemy import table as light

from exchange import khk
from exchange.modules import variants
from exchange.records.variant import Dimension
from exchange.sandbox import sage as sandbox
from exchange.settings import Settings
from exchange.shop import Rank, Ref, ShopView, Upload
from tests.unit.modules.sage_cases import alter, collected, execute, told

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"dimensions": {"Größe": "USER_Groesse", "Farbe": "USER_Farbe"}}
COLOURS = {"dimensions": {"Farbe": "USER_Farbe"}}
PARENT = {"parent_column": "USER_Vaterartikel"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def parts(record: Any, settings: Settings | None = None, **options: Any) -> dict[str, Any]:
    """By resource."""
    view = ShopView(settings or Settings(), variants.VariantOptions(**options))
    return {each.resource: each for each in variants.parts(record, view)}


def test_native_variants_have_their_dimensions_in_the_order_of_the_settings(path: Path) -> None:
    """And stand in the order of their numbers in Sage."""
    found = list(collected(path, variants.MODULE, SIZES).values())
    assert [(each.article_number, each.variant_id, each.position) for each in found] == [
        ("32010", 1, 1),
        ("32010", 2, 2),
        ("32010", 3, 3),
    ]
    assert found[1].dimensions == (Dimension("Größe", "M"), Dimension("Farbe", "Schwarz"))
    other = {"dimensions": dict(reversed(SIZES["dimensions"].items()))}
    turned = list(collected(path, variants.MODULE, other).values())
    assert turned[1].dimensions == (Dimension("Farbe", "Schwarz"), Dimension("Größe", "M"))


def test_a_variant_without_any_dimension_is_told_by_its_number(path: Path) -> None:
    found = collected(path, variants.MODULE)
    assert found["32010||2"].dimensions == (Dimension("Ausprägung", "2"),)


def test_variants_of_an_article_that_is_not_sold_are_none(path: Path) -> None:
    alter(path, khk.ARTIKEL, "32010", Aktiv=khk.NO)
    assert collected(path, variants.MODULE, SIZES) == {}


def test_a_variant_has_its_own_price_or_that_of_its_article(path: Path) -> None:
    """Of the first exported list, without tiers."""
    prices = khk.PREISLISTEN_ARTIKEL
    own = prices.insert().values(
        ListeID=1, Artikelnummer="32010", AuspraegungID=3, AbMenge=0, Mandant=1, Einzelpreis=Decimal("34.90")
    )
    execute(path, delete(prices).where(prices.c.Artikelnummer == "32010", prices.c.AuspraegungID == 3), own)
    found = collected(path, variants.MODULE, SIZES, price_lists=[1])
    assert [each.price for each in found.values()] == [Decimal("29.90"), Decimal("29.90"), Decimal("34.90")]
    assert {(each.gross, each.tax_rate) for each in found.values()} == {(True, Decimal(19))}


def test_articles_that_name_a_parent_are_its_variants(path: Path) -> None:
    """The parent may be one of them; each keeps its own number."""
    found = collected(path, variants.MODULE, COLOURS, **PARENT)
    assert [(each.article_number, each.own_number, each.position) for each in found.values()] == [
        ("00200050", "00200050", 1),
        ("00200050", "00200051", 2),
        ("00200050", "00200052", 3),
    ]
    assert [each.dimensions[0].value for each in found.values()] == ["Blau", "Grün", "Weiß"]


def test_blanks_around_a_parents_number_do_not_count(path: Path) -> None:
    article = light(khk.ARTIKEL.name, column("Artikelnummer"), column("USER_Vaterartikel"))
    one = update(article).where(article.c.Artikelnummer == "00200060").values(USER_Vaterartikel=" 00200050 ")
    none = update(article).where(article.c.Artikelnummer == "00200070").values(USER_Vaterartikel="  ")
    execute(path, one, none)
    found = collected(path, variants.MODULE, COLOURS, **PARENT)
    assert [each.own_number for each in found.values()] == ["00200050", "00200051", "00200052", "00200060"]


def test_the_shop_gets_title_code_order_price_and_picture() -> None:
    """And the product is shown, since it can be bought now."""
    made = parts(variants.example())
    assert made["variant"].key == "32010|2"
    assert made["variant"].owner == Ref("product", "32010")
    assert made["variant"].rank == Rank.VARIANT
    assert made["variant"].fields == {
        "title": "Größe: M, Farbe: Schwarz",
        "articleCode": "32010-2",
        "sku": "32010-2",
        "ean": "4006381333931",
        "sortOrder": 2,
        "weight": 380,
        "tax": Ref("tax", "19"),
        "priceIncl": Decimal("29.90"),
    }
    assert made["variant_image"].owner == Ref("variant", "32010|2")
    assert made["variant_image"].fields == {"attachment": Upload("32010-M.jpg", "images", "")}
    assert (made["product"].fields, made["product"].creates) == ({"visibility": "visible"}, False)


def test_a_variant_that_is_an_article_goes_by_its_own_number() -> None:
    record = variants.example()._replace(article_number="P", own_number="C", variant_id=None, image="")
    made = parts(record)
    assert (made["variant"].key, made["variant"].fields["articleCode"]) == ("C|0", "C")
    assert made["variant"].owner == Ref("product", "P")
    assert "variant_image" not in made


def test_codes_of_native_variants_follow_the_setting() -> None:
    assert parts(variants.example(), code="{article}.{variant}")["variant"].fields["articleCode"] == "32010.2"


def test_a_net_shop_gets_net_prices() -> None:
    settings = Settings(shop={"prices": "excl"})  # type: ignore[arg-type]
    assert parts(variants.example(), settings)["variant"].fields["priceExcl"] == Decimal("25.1261")


def test_what_is_not_known_is_not_sent() -> None:
    """A missing price, weight or tax rate is not zero."""
    record = variants.example()._replace(price=None, weight_kg=None, tax_rate=None)
    assert not {"priceIncl", "weight", "tax"} & parts(record)["variant"].fields.keys()


def test_an_article_shown_by_its_parent_needs_no_number_of_a_variant() -> None:
    """Either number is enough; none of them is a fault."""
    assert told(variants.MODULE, variants.example()._replace(variant_id=None, own_number="32011")) == []
    codes = [each.code for each in told(variants.MODULE, variants.example()._replace(variant_id=None))]
    assert codes == ["variants.no_variant"]
