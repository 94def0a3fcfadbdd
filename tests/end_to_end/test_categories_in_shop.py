"""An article in several categories, and what a unit of it costs, as a visitor of the shop sees it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from lxml import html

from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FURTHER = {"modules.products.category_columns": ["USER_Shopkategorie"], "modules.products.category_separator": "|"}
MUG, NAME = "00200050", "Kaffeebecher blau Steingut, 300 ml"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def shown(shop: Reached, *titles: str) -> list[str]:
    """Numbers of the articles that the page of a category lists; the category is told by its path of titles."""
    rows = {str(row["id"]): row for row in shop.rows("category")}
    named = {tuple(rows[each]["title"] for each in reversed(row["path"])): row["url"] for row in rows.values()}
    page = html.fromstring(Client(shop.running).page(f"/de/c/{named[titles]}/").data)
    return sorted(str(each) for each in page.xpath("//@data-product"))


def own_column(folder: Path) -> None:
    with sqlite3.connect(folder / "sage.sqlite") as connection:
        connection.execute("ALTER TABLE KHKArtikel ADD COLUMN USER_Shopkategorie TEXT")
    connection.close()


def test_an_article_stands_in_the_categories_of_a_column_and_leaves_them(tmp_path: Path, shop: Reached) -> None:
    """By a path of codes, or a code that one group has; its own group stays."""
    installation = connected(tmp_path / "one", shop, **FURTHER)
    own_column(installation.folder)
    further = "UPDATE KHKArtikel SET USER_Shopkategorie = '{}' WHERE Artikelnummer = '00200050'"
    change(installation, further.format("geschenke | KAFFEE/BOHNEN"))
    with opened(installation) as app:
        synced(app, "categories", "products")
        for path in (("Geschenke",), ("Kaffee", "Ganze Bohnen"), ("Zubehör", "Geschirr", "Becher")):
            assert MUG in shown(shop, *path)

        change(installation, further.format("GESCHENKE"))
        synced(app, "products")
        assert MUG not in shown(shop, "Kaffee", "Ganze Bohnen")
        for path in (("Geschenke",), ("Zubehör", "Geschirr", "Becher")):
            assert MUG in shown(shop, *path)

        change(installation, further.format(""))
        assert synced(app, "products").done
        assert MUG not in shown(shop, "Geschenke")
        assert MUG in shown(shop, "Zubehör", "Geschirr", "Becher")


def test_a_file_names_several_categories_of_an_article(tmp_path: Path, shop: Reached) -> None:
    """One row for each; the next file has one less."""
    installation = connected(tmp_path / "one", shop)
    head = "number;name;active;category_number\n"
    rows = [f"{MUG};{NAME};1;{category}\n" for category in ("GESCHENKE", "KAFFEE")]
    with opened(installation) as app:
        synced(app, "categories")
    for text, there in ((head + "".join(rows), True), (head + rows[0], False)):
        installation.drop("products.csv", text)
        assert installation.run_once().returncode == 0
        with opened(installation) as app:
            app.deliver()
        assert MUG in shown(shop, "Geschenke")
        assert (MUG in shown(shop, "Kaffee")) is there


def test_a_category_that_nobody_knows_waits_and_holds_up_nothing(tmp_path: Path, shop: Reached) -> None:
    """The article itself is in the shop, in its own group."""
    installation = connected(tmp_path / "one", shop, **FURTHER)
    own_column(installation.folder)
    change(installation, "UPDATE KHKArtikel SET USER_Shopkategorie = 'Bio|GIBTSNICHT' WHERE Artikelnummer = '00200050'")
    with opened(installation) as app:
        done = synced(app, "categories", "products")
        assert done.waiting == 2
    assert MUG in shown(shop, "Zubehör", "Geschirr", "Becher")


def test_the_price_of_a_kilogram_is_shown_beside_the_price(tmp_path: Path, shop: Reached) -> None:
    """250 g at 6,99 € are 27,96 € a kilogram; it follows the price, and goes where Sage has no base price unit."""
    installation = connected(tmp_path / "one", shop)

    def base_price() -> list[str]:
        variant = shop.variants()["10011"]
        slug = next(row["url"] for row in shop.rows("product") if row["id"] == variant["product"])
        page = html.fromstring(Client(shop.running).page(f"/de/p/{slug}.html").data)
        return [str(each.text) for each in page.xpath("//*[@data-unit-price]")]

    with opened(installation) as app:
        synced(app, "products")
        assert base_price() == ["Grundpreis 27,96 € / kilogram"]
        change(installation, "UPDATE KHKPreislistenArtikel SET Einzelpreis = 5 WHERE Artikelnummer = '10011'")
        synced(app, "products")
        assert base_price() == ["Grundpreis 20,00 € / kilogram"]
        change(installation, "UPDATE KHKArtikel SET Grundpreiseinheit = '' WHERE Artikelnummer = '10011'")
        synced(app, "products")
        assert base_price() == []
