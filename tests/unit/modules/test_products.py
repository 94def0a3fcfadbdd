"""Articles out of Sage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, update

from exchange import khk
from exchange.connectors.sage import SageDatabase
from exchange.errors import ConfigError
from exchange.modules.products import MODULE
from exchange.record import fingerprint
from exchange.records.product import Product, ProductCategory, ProductImage, ProductPrice, ProductStock
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def collected(
    path: Path, *, pictures: Path | None = None, options: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Product]:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}", **settings), pictures=pictures) as sage:
        assert sage.check() == []
        assert MODULE.collect is not None
        return {product.number: product for product in MODULE.collect(sage, MODULE.options(**options or {}))}


def alter(path: Path, table: Table, number: str, **values: Any) -> None:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.execute(update(table).where(table.c.Artikelnummer == number).values(values))


def test_an_article_comes_with_everything(path: Path, tmp_path: Path) -> None:
    """Texts, tax, EAN and weight of variant 0, category, pictures, prices with tiers, stock per warehouse."""
    (tmp_path / "images").mkdir()
    for name in ("00200050.jpg", "00200050_1.png"):
        (tmp_path / "images" / name).touch()
    columns = {"products.meta_title": "USER_MetaTitel", "products.supplier": "USER_Lieferant"}
    products = collected(path, pictures=tmp_path / "images", price_lists=(1, 2), columns=columns)
    mug = products["00200050"]
    assert (mug.name, mug.language, mug.type, mug.active) == (
        "Kaffeebecher blau Steingut, 300 ml",
        "de",
        "article",
        True,
    )
    assert (mug.tax_class, mug.tax_rate, mug.weight_kg, mug.unit) == ("1", Decimal(19), Decimal("0.35"), "Stk")
    assert (mug.brand, mug.supplier, mug.manufacturer_number) == ("Musterwerk", "Rösterei Muster", "M-00200050")
    assert (mug.meta_title, mug.short_text) == ("Blauer Kaffeebecher aus Steingut", "Steingut, 300 ml")
    assert len(mug.ean) == 13
    assert mug.categories == (ProductCategory("ZUBEHOER/GESCHIRR/BECHER"),)
    assert mug.images == (ProductImage(1, "00200050.jpg"), ProductImage(2, "00200050_1.png"))
    assert mug.prices == (
        ProductPrice("1", "EUR", gross=True, from_quantity=Decimal(0), price=Decimal("9.95")),
        ProductPrice("2", "EUR", gross=False, from_quantity=Decimal(0), price=Decimal("7.36")),
        ProductPrice("2", "EUR", gross=False, from_quantity=Decimal(12), price=Decimal("6.90")),
        ProductPrice("2", "EUR", gross=False, from_quantity=Decimal(48), price=Decimal("6.20")),
    )
    assert mug.stocks == (ProductStock("HAUPT", Decimal(140)), ProductStock("LADEN", Decimal(24)))
    coffee = products["10010"]
    assert (coffee.base_price_unit, coffee.base_price_quantity, coffee.base_price_factor) == ("kg", 1, 1)
    assert (coffee.tax_rate, coffee.length_cm) == (Decimal(7), None)


@pytest.mark.parametrize(("reading", "factor"), [("pieces", "0.25"), ("share", "4")])
def test_the_base_price_factor_is_read_as_the_setting_says(path: Path, reading: str, factor: str) -> None:
    """A pack of 250 g has the factor 4 in the stand-in Sage."""
    coffee = collected(path, options={"base_price_factor": reading})["10011"]
    assert (coffee.base_price_unit, coffee.base_price_factor) == ("kg", Decimal(factor))


def test_the_base_price_is_for_a_sales_unit(path: Path) -> None:
    """Sold by the dozen: twelve packs of 250 g."""
    alter(path, khk.ARTIKEL, "10011", UmrechnungsfaktorVK=Decimal(12))
    assert collected(path)["10011"].base_price_factor == 3


def test_further_categories_come_from_own_columns(path: Path) -> None:
    """Paths or codes in any letters; what is not clear is passed on as it stands, and none is told twice."""
    named = "ESPRESSO; zubehoer/geschirr;ZUBEHOER/GESCHIRR/BECHER;BIO;FEHLT;;"
    alter(path, khk.ARTIKEL, "00200050", Dimensionstext=named, Matchcode="tee")
    mug = collected(path, options={"category_columns": ["Dimensionstext", "Matchcode"]})["00200050"]
    own, *further = [each.number for each in mug.categories]
    assert own == "ZUBEHOER/GESCHIRR/BECHER"
    assert further == ["KAFFEE/BOHNEN/ESPRESSO", "ZUBEHOER/GESCHIRR", "BIO", "FEHLT", "TEE"]


def test_a_column_that_sage_does_not_have_is_a_matter_of_the_settings(path: Path) -> None:
    with pytest.raises(ConfigError, match="USER_Fehlt"):
        collected(path, options={"category_columns": ["Matchcode", "USER_Fehlt"]})


def test_only_what_is_sold_comes(path: Path) -> None:
    """Not what is inactive, not for sale, of another company, or not flagged for the shop."""
    numbers = set(collected(path))
    assert len(numbers) == 41
    assert not numbers & {"VERSAND", "ZAHLUNG", "RUNDUNG"}
    alter(path, khk.ARTIKEL, "10011", Aktiv=0)
    assert numbers - set(collected(path)) == {"10011"}
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.exec_driver_sql('UPDATE "KHKArtikel" SET "USER_WebShop" = 0 WHERE "Artikelnummer" = \'10010\'')
    assert numbers - set(collected(path, shop_flag="USER_WebShop")) == {"10010", "10011"}


def test_types_are_told_by_sage(path: Path) -> None:
    """A set, an article with variants, an ordinary one."""
    products = collected(path)
    assert [products[number].type for number in ("SET-BARISTA", "32010", "10010")] == [
        "bundle",
        "variant_parent",
        "article",
    ]


def test_several_rows_of_one_bin_are_summed_and_inactive_warehouses_left_out(path: Path) -> None:
    """Unless the settings name the warehouses."""
    assert collected(path)["10010"].stocks == (ProductStock("HAUPT", Decimal(150)), ProductStock("LADEN", Decimal(14)))
    chosen = collected(path, warehouses=("ALT", "LADEN"))["10010"].stocks
    assert chosen == (ProductStock("ALT", Decimal(500)), ProductStock("LADEN", Decimal(14)))


def test_stock_is_told_in_sales_units(path: Path) -> None:
    """150 boxes of 12 pieces, sold by 6."""
    alter(path, khk.ARTIKEL, "10010", UmrechnungsFaktorLME=12, UmrechnungsfaktorVK=6)
    assert collected(path)["10010"].stocks[0] == ProductStock("HAUPT", Decimal(300))


@pytest.mark.parametrize(
    ("weights", "unit", "expected"),
    [
        (("500", "700", "900"), "g", "0.5"),
        (("0", "700", "900"), "g", "0.7"),
        ((None, None, "0.9"), "kg", "0.9"),
        (("0", "0", "0"), "kg", None),
        (("5", None, None), "lb", None),
    ],
)
def test_weights_have_an_order(
    path: Path, weights: tuple[str | None, str | None, str | None], unit: str, expected: str | None
) -> None:
    """Per stock unit, of the variant, own mass; zero is none, and a unit that is not known gives none."""
    lme, variant, own = (None if weight is None else Decimal(weight) for weight in weights)
    alter(path, khk.ARTIKEL_VARIANTEN, "10010", GewichtLME=lme, Gewicht=variant)
    alter(path, khk.ARTIKEL, "10010", Eigenmasse=own, Gewichtseinheit=unit)
    assert collected(path)["10010"].weight_kg == (None if expected is None else Decimal(expected))


def test_a_price_list_that_is_switched_off_or_missing_gives_no_prices(path: Path) -> None:
    """And an article without any price still comes."""
    alter(path, khk.PREISLISTEN_ARTIKEL, "10011", Einzelpreis=None)
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.execute(update(khk.PREISLISTEN).where(khk.PREISLISTEN.c.ID == 2).values(Aktiv=0))
    products = collected(path, price_lists=(2, 1, 99))
    assert {price.price_list for product in products.values() for price in product.prices} == {"1"}
    assert products["10011"].prices == ()


def test_databases_without_late_columns_can_be_read(path: Path) -> None:
    """A price list without Aktiv is active."""
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.exec_driver_sql('ALTER TABLE "KHKPreislisten" DROP COLUMN "Aktiv"')
    assert collected(path)["10010"].prices


def test_an_article_of_a_group_that_is_gone_has_no_category(path: Path) -> None:
    """And one whose main group is out of date is found by its code."""
    alter(path, khk.ARTIKEL, "10010", Artikelgruppe="WEG")
    alter(path, khk.ARTIKEL, "10020", Hauptartikelgruppe="ALT", Vaterartikelgruppe="ALT")
    products = collected(path)
    assert products["10010"].categories == ()
    assert products["10020"].categories == (ProductCategory("KAFFEE/BOHNEN/ESPRESSO"),)


def test_the_next_export_differs_where_sage_was_changed(path: Path) -> None:
    """A price, a stock, an article that is gone: nothing else."""
    before = collected(path)
    sandbox.change(path)
    after = collected(path)
    assert before.keys() - after.keys() == {"20020"}
    changed = {number for number in after if _mark(after[number]) != _mark(before[number])}
    assert changed == {"00200050", "10010"}
    assert after["00200050"].prices[0].price == Decimal("10.95")


def _mark(product: Product) -> bytes:
    return fingerprint(product)


def test_many_articles_come_in_portions(path: Path) -> None:
    """More than one chunk: every article once, in order, with its own price."""
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.execute(delete(khk.ARTIKEL))
        rows = [
            {
                "Artikelnummer": f"{number:05}",
                "Mandant": 1,
                "Bezeichnung1": f"Nr. {number}",
                "Aktiv": -1,
                "IstVerkaufsartikel": -1,
            }
            for number in range(1203)
        ]
        prices = [
            {
                "Mandant": 1,
                "ListeID": 1,
                "Artikelnummer": row["Artikelnummer"],
                "AuspraegungID": 0,
                "AbMenge": 0,
                "Einzelpreis": number,
            }
            for number, row in enumerate(rows)
        ]
        connection.execute(insert(khk.ARTIKEL), rows)
        connection.execute(delete(khk.PREISLISTEN_ARTIKEL))
        connection.execute(insert(khk.PREISLISTEN_ARTIKEL), prices)
    products = collected(path)
    assert list(products) == [f"{number:05}" for number in range(1203)]
    assert all(product.prices[0].price == int(number) for number, product in products.items())
    assert products["00007"].tax_rate is None


@pytest.mark.parametrize("rule", MODULE.rules, ids=lambda rule: rule.kinds[0].code)
def test_every_rule_finds_its_counterexample(rule: Any) -> None:
    """And the example passes."""
    options = MODULE.options()
    assert {finding.kind for finding in rule.check(rule.counterexample(), options)} == set(rule.kinds)
    assert list(rule.check(MODULE.example(), options)) == []
