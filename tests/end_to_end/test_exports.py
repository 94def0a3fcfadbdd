"""Articles, categories and stock go out of Sage as files: all of it, only what changed, or nothing at all."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.errors import ConfigError
from exchange.ledger import State
from exchange.sandbox.sage import change
from tests.inside import Inside, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.ledger import Batch

FORMATS = ("xml", "csv", "txt", "json")
MODULES = ("categories", "products", "stock")
OWN_COLUMNS = {
    "products.meta_title": "USER_MetaTitel",
    "products.meta_description": "USER_MetaBeschreibung",
    "products.supplier": "USER_Lieferant",
    "categories.meta_title": "USER_MetaTitel",
    "categories.long_text": "USER_Langtext",
}


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    """A Sage with the merchant's own columns, two price lists and a few pictures."""
    given = {"sage.columns": OWN_COLUMNS, "sage.price_lists": (1, 2), "sage.shop_flag": "USER_WebShop"}
    with with_sage(tmp_path, **given) as inside:
        for name in ("00200050.jpg", "00200050_2.png", "10010_1.jpg"):
            (tmp_path / "images" / name).write_bytes(b"picture")
        sage(
            inside,
            "ALTER TABLE KHKArtikelgruppen ADD COLUMN USER_MetaTitel VARCHAR(255)",
            "ALTER TABLE KHKArtikelgruppen ADD COLUMN USER_Langtext TEXT",
            "UPDATE KHKArtikelgruppen SET USER_MetaTitel = 'Feine Becher', USER_Langtext = 'Zeile 1\r\nZeile 2' "
            "WHERE Artikelgruppe = 'BECHER'",
            "UPDATE KHKArtikel SET USER_MetaBeschreibung = 'Becher; \"blau\" & <groß>' "
            "WHERE Artikelnummer = '00200050'",
        )
        yield inside


def sage(inside: Inside, *statements: str) -> None:
    """Change Sage from outside."""
    connection = sqlite3.connect(inside.folder / "sage.sqlite")
    for each in statements:
        connection.execute(each)
    connection.commit()
    connection.close()


def records(inside: Inside, path: Path, profile: str) -> dict[str, Any]:
    """The records of a written file, by key."""
    found: list[Any] = []
    inside.app.read_records(path, profile, found.append)
    key = inside.app.registry.modules[inside.app.registry.profile(profile).module].key
    return {key(each): each for each in found}


def written(inside: Inside, module: str, form: str, *, full: bool = False) -> tuple[Batch, dict[str, Any], list[str]]:
    """Export: the batch, the records in its file, the keys in its deletions file."""
    batch = inside.app.export(module, f"{module}_{form}", full=full)
    assert batch.state is State.DONE
    assert batch.counts.balanced
    files = inside.written(batch)
    assert all(path.suffix == f".{form}" and path.parent == inside.outbox for path in files)
    changed: dict[str, Any] = {}
    deleted: list[str] = []
    for path in files:
        if "_deleted_" in path.name:
            deleted = [key for key in ("20020", "99010") if key in path.read_text("utf-8")]
        else:
            changed = records(inside, path, f"{module}_{form}")
    return batch, changed, deleted


def test_everything_goes_out_in_every_format_and_then_only_what_changed(inside: Inside) -> None:
    """All formats hold the same; each has its own memory; a vanished article stands in a file of its own."""
    first = {(module, form): written(inside, module, form) for module in MODULES for form in FORMATS}
    for module in MODULES:
        contents = [first[module, form][1] for form in FORMATS]
        assert all(each == contents[0] for each in contents)
        assert len(contents[0]) == first[module, "xml"][0].counts.created > 15

    for module in MODULES:
        batch, changed, deleted = written(inside, module, "csv")
        assert (batch.counts.unchanged, changed, deleted) == (batch.counts.rows_in, {}, [])
        assert inside.written(batch) == []

    change(inside.folder / "sage.sqlite")
    for form in FORMATS:
        _, changed, deleted = written(inside, "products", form)
        assert (set(changed), deleted) == ({"00200050", "10010"}, ["20020"])
        assert changed["00200050"].prices[0].price == Decimal("10.95")
        _, changed, deleted = written(inside, "stock", form)
        assert (set(changed), deleted) == ({"10010"}, ["20020"])
        assert changed["10010"].on_hand == 144
        assert written(inside, "categories", form)[1] == {}

    batch, everything, deleted = written(inside, "products", "xml", full=True)
    assert (len(everything), deleted, batch.counts.unchanged) == (batch.counts.rows_in, [], batch.counts.rows_in)
    assert "20020" not in everything


def test_an_article_carries_every_field_that_the_shop_needs(inside: Inside) -> None:
    """Language, tax, type, categories, maker, supplier, unit, meta data, texts, images, weight, stocks, prices."""
    _, articles, _ = written(inside, "products", "csv")
    cup, beans, sized = articles["00200050"], articles["10010"], articles["32010"]

    assert (cup.language, cup.tax_class, cup.tax_rate) == ("de", "1", Decimal(19))
    assert (beans.tax_class, beans.tax_rate, beans.base_price_unit) == ("2", Decimal(7), "kg")
    assert (cup.type, articles["SET-BARISTA"].type, sized.type) == ("article", "bundle", "variant_parent")
    assert (cup.active, cup.unit, cup.weight_kg) == (True, "Stk", Decimal("0.35"))
    assert (cup.brand, cup.supplier, cup.manufacturer_number) == ("Musterwerk", "Rösterei Muster", "M-00200050")
    assert [each.number for each in cup.categories] == ["ZUBEHOER/GESCHIRR/BECHER"]
    assert cup.meta_title == "Blauer Kaffeebecher aus Steingut"
    assert cup.meta_description == 'Becher; "blau" & <groß>'
    assert (cup.short_text, cup.long_text[:17]) == ("Steingut, 300 ml", "Kaffeebecher blau")
    assert [(each.position, each.file) for each in cup.images] == [(1, "00200050.jpg"), (2, "00200050_2.png")]
    assert [(each.warehouse, each.quantity) for each in cup.stocks] == [("HAUPT", 140), ("LADEN", 24)]
    prices = [(each.price_list, each.gross, each.from_quantity, each.price) for each in cup.prices]
    assert prices[0] == ("1", True, 0, Decimal("9.95"))
    assert ("2", False, 12, Decimal("6.90")) in prices
    assert articles["99010"].successor == "33040"
    assert all(each.ean and each.name for each in articles.values())


def test_a_category_carries_number_name_level_meta_data_and_texts(inside: Inside) -> None:
    """One group under two parents is two categories; a text of two lines stays one value."""
    _, categories, _ = written(inside, "categories", "xml")

    cups = categories["ZUBEHOER/GESCHIRR/BECHER"]
    assert (cups.code, cups.parent_number, cups.level, cups.active) == ("BECHER", "ZUBEHOER/GESCHIRR", 3, True)
    assert (cups.name, cups.meta_title) == ("Becher", "Feine Becher")
    assert cups.long_text.split() == ["Zeile", "1", "Zeile", "2"]
    assert {"KAFFEE/BOHNEN/BIO", "TEE/BIO"} <= set(categories)


def test_stock_is_what_can_be_sold(inside: Inside) -> None:
    """Over the active warehouses, minus open orders; a size has a row of its own, what is not stock-kept has none."""
    _, stocks, _ = written(inside, "stock", "json")

    assert (stocks["10010"].on_hand, stocks["10010"].on_order, stocks["10010"].available) == (164, 6, 158)
    assert stocks["00200050"].available == 152
    assert [stocks[f"32010|{size}"].available for size in (1, 2, 3)] == [6, 14, 9]
    assert "SET-BARISTA" not in stocks


def test_the_brake_stops_an_export_in_which_most_articles_are_missing(inside: Inside) -> None:
    """A slip in Sage must not empty the shop: nothing is written, nothing forgotten, and the receipt says why."""
    written(inside, "products", "xml")
    sage(inside, "UPDATE KHKArtikel SET Aktiv = 0 WHERE Artikelnummer > '2' AND Artikelnummer < '9'")

    batch = inside.app.export("products", "products_xml")

    assert batch.state is State.QUARANTINED
    assert inside.codes(batch) == ["file.brake"]
    assert inside.written(batch) == []
    assert "erlaubt sind 20 %" in inside.receipt(batch)["findings"][0]["message"]["de"]
    sage(inside, "UPDATE KHKArtikel SET Aktiv = -1 WHERE IstVerkaufsartikel <> 0")
    assert written(inside, "products", "xml")[0].counts.unchanged == 41


def test_faulty_stock_holds_back_the_whole_export(inside: Inside) -> None:
    """Half a stock list is worse than none; articles with a wrong EAN go out with a remark."""
    sage(
        inside,
        "UPDATE KHKLagerplatzbestaende SET Bestand = 99999999 WHERE Artikelnummer = '20010'",
        "UPDATE KHKArtikelVarianten SET EANNummer = '123' WHERE Artikelnummer = '20010'",
    )

    batch = inside.app.export("stock", "stock_csv")
    assert (batch.state, batch.counts.rejected, batch.counts.rows_in) == (State.QUARANTINED, 42, 42)
    assert inside.codes(batch) == ["file.whole_or_nothing", "stock.implausible"]

    batch, articles, _ = written(inside, "products", "csv")
    assert (batch.counts.warnings, inside.codes(batch), articles["20010"].ean) == (1, ["products.bad_ean"], "123")


@pytest.mark.parametrize("form", FORMATS)
def test_an_exported_file_comes_in_again_where_sage_is_reached_by_files(
    inside: Inside, tmp_path: Path, form: str
) -> None:
    """The same file dropped elsewhere is recognised by its mark and goes on into that outbox, in its format."""
    with without_sage(tmp_path / "other", export_formats=(form,)) as other:
        for module in MODULES:
            _, exported, _ = written(inside, module, form)
            (path,) = [each for each in inside.outbox.glob(f"{module}_*.{form}") if "receipt" not in each.name]

            batch = other.take(f"{module}-von-drueben.{form}", path.read_bytes())

            assert (batch.state, batch.module, batch.profile) == (State.DONE, module, f"{module}_{form}")
            assert batch.counts.created == batch.counts.rows_in == len(exported)
            (landed,) = other.written(batch)
            assert records(other, landed, f"{module}_{form}") == exported


def test_a_full_file_from_elsewhere_deletes_what_it_lacks_and_the_brake_looks_on(tmp_path: Path) -> None:
    """A file that says it is complete deletes; one that does not, never."""
    head = '{{"exchange": {{"module": "stock", "full": {}}}, "records": [{}]}}'
    some = [f'{{"article_number": "{number}", "available": "1"}}' for number in range(30)]
    with without_sage(tmp_path) as inside:
        assert inside.take("a.json", head.format("true", ",".join(some))).counts.created == 30

        part = inside.take("b.json", head.format("false", some[0]))
        assert (part.counts.unchanged, part.counts.deleted) == (1, 0)
        less = inside.take("c.json", head.format("true", ",".join(some[2:])))
        assert (less.counts.unchanged, less.counts.deleted) == (28, 2)
        (deletions,) = inside.written(less)
        assert [each.key for each in records_of_deletions(deletions)] == ["0", "1"]
        stopped = inside.take("d.json", head.format("true", ",".join(some[20:])))
        assert inside.codes(stopped) == ["file.brake"]


def records_of_deletions(path: Path) -> list[Any]:
    """The records of a deletions file in xml."""
    from lxml import etree  # noqa: PLC0415

    from exchange.records.deletion import Deletion  # noqa: PLC0415

    found = etree.parse(path).getroot().findall("deletion")
    return [Deletion(str(each.findtext("module")), str(each.findtext("key"))) for each in found]


def test_what_cannot_be_exported_is_named(inside: Inside) -> None:
    """A module that Sage is not the source of, a profile of another module, an installation without a database."""
    with pytest.raises(ConfigError, match=r"not read out of Sage; these are: .*categories, .*products, .*stock"):
        inside.app.export("order_import", "order_import_xml")
    with pytest.raises(ConfigError, match="profile stock_xml is for stock, not for products"):
        inside.app.export("products", "stock_xml")
    with pytest.raises(ConfigError, match="there is no profile 'x'"):
        inside.app.export("products", "x")


def test_an_export_without_a_database_is_refused(tmp_path: Path) -> None:
    """Reached by files only, Sage cannot be read."""
    with without_sage(tmp_path) as inside:
        with pytest.raises(ConfigError, match=r"sage\.url is not set"):
            inside.app.export("stock", "stock_csv")
        assert not [path for path in (tmp_path / "work").iterdir() if path.is_file()]
