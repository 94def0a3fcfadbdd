"""Which articles of Sage are for the shop, what of them can be delivered, and what they weigh."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, text

from exchange import khk
from exchange.assortment.available import Sellable, sellable
from exchange.assortment.relations import Shown
from exchange.assortment.sold import basic_prices, in_stock, sold_numbers, warehouses
from exchange.assortment.weights import kilograms
from exchange.connectors.sage import SageDatabase
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings
from tests.unit.modules.sage_cases import alter, execute

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def opened(path: Path, **settings: Any) -> SageDatabase:
    return SageDatabase(SageSettings(url=f"sqlite:///{path}", **settings))


def test_only_active_articles_for_sale_are_sold(path: Path) -> None:
    """And where the merchant marks what is for the shop, only what is marked."""
    alter(path, khk.ARTIKEL, "10010", Aktiv=khk.NO)
    alter(path, khk.ARTIKEL, "10020", IstVerkaufsartikel=khk.NO)
    mark = (
        "ALTER TABLE KHKArtikel ADD USER_Web SMALLINT",
        "UPDATE KHKArtikel SET USER_Web = -1 WHERE Artikelnummer > '3'",
    )
    execute(path, *map(text, mark))
    with opened(path) as sage:
        assert {"10010", "10020", "11010"} & sold_numbers(sage) == {"11010"}
    with opened(path, shop_flag="USER_Web") as sage:
        assert "30010" in sold_numbers(sage)
        assert "11010" not in sold_numbers(sage)


def test_what_is_not_kept_in_stock_can_always_be_delivered(path: Path) -> None:
    """Of the rest only what lies in a warehouse that counts."""
    places = khk.LAGERPLATZBESTAENDE
    execute(path, delete(places).where(places.c.Artikelnummer.in_(["10010", "10020"])))
    alter(path, khk.ARTIKEL, "10020", Lagerfuehrung=khk.NO)
    with opened(path) as sage:
        assert {"10010", "10020", "11010"} & in_stock(sage) == {"10020", "11010"}
    with opened(path, warehouses=["LADEN", "unknown"]) as sage:
        assert warehouses(sage) == ["LADEN"]
    with opened(path, warehouses=["unknown"]) as sage:
        assert {"10010", "10020", "11010"} & in_stock(sage) == {"10020"}


def test_basic_prices_are_those_of_the_first_exported_list(path: Path) -> None:
    """Without a list there are none: nothing is guessed."""
    with opened(path, price_lists=[1]) as sage:
        assert basic_prices(sage)["30010"] == Decimal("49.90")
    with opened(path, price_lists=[]) as sage:
        assert basic_prices(sage) == {}


def test_a_variant_article_stands_on_the_product_of_its_parent(path: Path) -> None:
    with opened(path, parent_column="USER_Vaterartikel") as sage:
        shown = Shown(sage)
    assert (shown.product("00200051"), shown.product("00200050"), shown.product("10010")) == (
        "00200050",
        "00200050",
        "10010",
    )
    assert shown.sold - shown.numbers == {"00200051", "00200052"}
    assert shown.products({"00200052", "10010", "unknown"}) == {"00200050", "10010"}


def test_stock_is_counted_in_sales_units() -> None:
    """Boxes of six: two and a half lie there, four pieces are sold; rounded down, never up."""
    article = {"UmrechnungsfaktorVK": Decimal(1), "UmrechnungsFaktorLME": Decimal(6)}
    assert sellable(article, Decimal("2.5"), Decimal(4)) == Sellable(Decimal(11), Decimal(15), Decimal(4))
    third = {"UmrechnungsfaktorVK": Decimal(3), "UmrechnungsFaktorLME": None}
    assert sellable(third, Decimal(1), Decimal(0)).on_hand == Decimal("0.3333")


def test_a_weight_in_an_unknown_unit_is_left_out() -> None:
    """The one per stock unit counts before that of the variant, and that before the article's own."""
    assert kilograms({"GewichtLME": 500, "Gewicht": 400}, 300, "g") == Decimal("0.5")
    assert kilograms({"GewichtLME": None, "Gewicht": 2}, 300, " KG ") == Decimal(2)
    assert kilograms({}, Decimal("1.5"), None) == Decimal("1.5")
    assert kilograms({}, 3, "lb") is None
    assert kilograms({}, 0, "kg") is None
