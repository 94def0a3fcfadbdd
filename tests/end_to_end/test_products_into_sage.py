"""Shop → Sage: products and categories of a merchant who began with the shop, by API and by files, on three ways."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from exchange.sandbox.shop import Shop
from tests.end_to_end.conftest import install
from tests.end_to_end.test_backoffice import opened
from tests.end_to_end.test_shop_to_sage import call, connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running
    from tests.end_to_end.conftest import Installation

#: Category and the one above it; the first three Sage has already, under other codes than titles.
CATEGORIES = (("Zubehör", ""), ("Geschirr", "Zubehör"), ("Becher", "Geschirr"), ("Kannen & Krüge", "Geschirr"))
LONG = (
    "Bauchige Teekanne aus braunem Steingut mit Deckel, Sieb und Griff aus Bambus, fasst 1,2 Liter, spülmaschinenfest"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    """A shop with four categories, a mug, and a pot in two colours."""
    with Shop(tmp_path / "shop.sqlite").serve() as running:
        numbers: dict[str, int] = {}
        for title, parent in CATEGORIES:
            body = {"title": title, "parent": numbers[parent]} if parent else {"title": title}
            numbers[title] = call(running, "POST", "categories", {"category": body})["category"]["id"]
        brand = call(running, "POST", "brands", {"brand": {"title": "Musterwerk"}})["brand"]["id"]
        mug = made(running, {"title": "Kaffeebecher rot", "brand": brand, "content": "<p>Heiß &amp; fest</p>"})
        change(running, mug, 0, articleCode="NEU-1", priceIncl=11.9, weight=350, ean="4006381333931", sizeX=12)
        pot = made(running, {"title": LONG, "visibility": "hidden"})
        change(running, pot, 0, articleCode="NEU-2", priceIncl=39, title="braun")
        call(running, "POST", "variants", {"variant": {"product": pot, "title": "blau", "articleCode": "NEU-3"}})
        change(running, pot, 1, priceIncl=41.5)
        for product, category in ((mug, "Becher"), (pot, "Kannen & Krüge")):
            link = {"category": numbers[category], "product": product}
            call(running, "POST", "categories/products", {"categoriesProduct": link})
        yield running


def made(shop: Running, product: dict[str, Any]) -> int:
    answer = call(shop, "POST", "products", {"product": {"visibility": "visible", **product}})
    return int(answer["product"]["id"])


def change(shop: Running, product: int, place: int, **values: Any) -> None:
    variants = call(shop, "GET", f"variants.json?product={product}")["variants"]
    call(shop, "PUT", f"variants/{variants[place]['id']}", {"variant": values})


def download(shop: Running) -> bytes:
    with urllib.request.urlopen(f"{shop.url}/backoffice/products") as answer:
        content: bytes = answer.read()
        return content


def without_database(installation: Installation) -> Installation:
    """A Sage that is reached by files only."""
    path = installation.folder / "exchange.toml"
    text = path.read_text("utf-8").replace('way = "documents"', 'way = "files"')
    path.write_text(text.replace('url = "sqlite:///sage.sqlite"', ""), "utf-8")
    return installation


def articles(installation: Installation) -> list[tuple[Any, ...]]:
    """New articles in Sage, each with what stands in other tables."""
    return installation.sage(
        "SELECT a.Artikelnummer, a.Bezeichnung1, a.Bezeichnung2, a.Langtext, a.LangtextHTML, a.Hersteller,"
        " a.Hauptartikelgruppe, a.Vaterartikelgruppe, a.Artikelgruppe, a.Steuerklasse, a.Laenge, a.Aktiv,"
        " a.Verkaufsmengeneinheit, v.EANNummer, v.GewichtLME, p.ListeID, p.AbMenge, p.Einzelpreis"
        " FROM KHKArtikel a JOIN KHKArtikelVarianten v USING (Artikelnummer, Mandant)"
        " LEFT JOIN KHKPreislistenArtikel p ON p.Artikelnummer = a.Artikelnummer AND p.Mandant = a.Mandant"
        " WHERE a.Artikelnummer LIKE 'NEU-%' AND v.AuspraegungID = 0 ORDER BY 1"
    )


def groups(installation: Installation) -> list[tuple[Any, ...]]:
    return installation.sage("SELECT * FROM KHKArtikelgruppen ORDER BY 1, 2, 3")


def test_categories_and_products_come_by_the_api_and_once(tmp_path: Path, shop: Running) -> None:
    """Of the categories only the one is made that Sage lacks; every variant becomes an article."""
    installation = connected(tmp_path / "api", shop)
    before = groups(installation)
    rehearsed = installation.status("sync", "category_import", "--dry-run")
    assert (rehearsed["counts"]["created"], groups(installation)) == (1, before)
    with opened(installation) as app:
        batch = app.pull("category_import")
        assert batch is not None
        assert (batch.counts.created, batch.counts.unchanged) == (1, 3), app.ledger.findings(batch)
        new = [row[:3] for row in groups(installation) if row[:3] not in {each[:3] for each in before}]
        assert new == [("ZUBEHOER", "GESCHIRR", "KANNENKRUEGE")]

        batch = app.pull("product_import")
        assert batch is not None
        assert batch.counts.created == 3, app.ledger.findings(batch)
        assert {each.code for each in app.ledger.findings(batch)} == {"product_import.title_cut"}
        landed = articles(installation)
        again = app.pull("product_import")
        assert again is not None
        assert (again.counts.created, again.counts.unchanged) == (0, 3)
    assert articles(installation) == landed
    assert landed[0] == (
        "NEU-1", "Kaffeebecher rot", None, "Heiß & fest", "<p>Heiß &amp; fest</p>", "Musterwerk",
        "ZUBEHOER", "GESCHIRR", "BECHER", 1, 12, -1, "Stk", "4006381333931", 0.35, 1, 0, 11.9,
    )  # fmt: skip
    assert [(row[1], row[2], row[8], row[11], row[17]) for row in landed[1:]] == [
        (
            "Bauchige Teekanne aus braunem Steingut mit Deckel,",
            "Sieb und Griff aus Bambus, fasst 1,2 Liter,",
            "KANNENKRUEGE",
            0,
            price,
        )
        for price in (39, 41.5)
    ]


def test_by_files_alone_the_same_rows_come_into_sage(tmp_path: Path, shop: Running) -> None:
    """The back office's export of products; categories as a table of our own form."""
    by_api = connected(tmp_path / "api", shop)
    with opened(by_api) as app:
        assert app.pull("category_import") is not None
        assert app.pull("product_import") is not None

    (tmp_path / "files").mkdir()
    by_file = install(tmp_path / "files")
    by_file.drop("products_export.csv", download(shop))
    assert by_file.run_once().returncode == 1
    (held,) = by_file.receipts()
    assert (held["profile"], held["counts"]["created"], held["counts"]["held"]) == ("lightspeed_product_csv", 1, 2)
    assert {each["code"] for each in held["findings"]} >= {"product_import.unknown_group"}

    by_file.drop("category_import.csv", "number;name\nZubehör/Geschirr/Kannen & Krüge;Kannen & Krüge\n")
    assert by_file.run_once().returncode == 0
    by_file.drop("products_export.csv", download(shop))
    assert by_file.run_once().returncode == 0
    assert articles(by_file) == articles(by_api)
    assert groups(by_file) == groups(by_api)


def test_pages_are_no_categories_and_a_path_that_is_none_is_told(tmp_path: Path, shop: Running) -> None:
    """A slash within a title would look like a level of its own; more than six levels are not read."""
    call(shop, "POST", "categories", {"category": {"title": "Impressum", "type": "textpage"}})
    call(shop, "POST", "categories", {"category": {"title": "Tee/Kaffee"}})
    parent = 0
    for level in range(1, 8):
        body = {"title": f"Ebene {level}", **({"parent": parent} if parent else {})}
        parent = call(shop, "POST", "categories", {"category": body})["category"]["id"]
    installation = connected(tmp_path / "api", shop)
    with opened(installation) as app:
        batch = app.pull("category_import")
        assert batch is not None
        assert (batch.counts.created, batch.counts.unchanged, batch.counts.rejected) == (7, 3, 2)
        assert {each.code for each in app.ledger.findings(batch)} == {"category_import.not_its_path"}
    names = {row[4] for row in groups(installation)}
    assert "Ebene 6" in names
    assert names.isdisjoint({"Impressum", "Ebene 7", "Tee/Kaffee", "Kaffee/Tee"})


def test_what_sage_leads_is_not_overwritten_unless_a_setting_says_so(tmp_path: Path, shop: Running) -> None:
    """An article that Sage had before, and one that changed in the shop since."""
    installation = connected(tmp_path / "api", shop)
    other = made(shop, {"title": "Espresso aus dem Shop"})
    change(shop, other, 0, articleCode="10010", priceIncl=1)
    link = {"category": call(shop, "GET", "categories")["categories"][0]["id"], "product": other}
    call(shop, "POST", "categories/products", {"categoriesProduct": link})
    with opened(installation) as app:
        app.pull("category_import")
        first = app.pull("product_import")
        assert first is not None
        assert (first.counts.created, first.counts.unchanged) == (3, 1)
        espresso = "SELECT * FROM KHKArtikel WHERE Artikelnummer = '10010'"
        before = articles(installation), installation.sage(espresso)
        change(shop, 1001, 0, priceIncl=12.5)
        change(shop, other, 0, priceIncl=2)
        second = app.pull("product_import")
        assert second is not None
        assert (second.counts.updated, second.counts.held) == (0, 2)
        assert {each.code for each in app.ledger.findings(second)} >= {"sage.article_exists"}
    assert (articles(installation), installation.sage(espresso)) == before

    with opened(installation, EXCHANGE_SAGE__ARTICLES__EXISTING="update") as app:
        third = app.pull("product_import")
        assert third is not None
        assert third.counts.updated == 2, app.ledger.findings(third)
    assert articles(installation)[0][17] == 12.5
    columns = "Bezeichnung1, Steuerklasse, Verkaufsmengeneinheit"
    title = f"SELECT {columns} FROM KHKArtikel WHERE Artikelnummer = '10010' AND Mandant = 1"
    assert installation.sage(title) == [("Espresso aus dem Shop", 1, "Stk")]


def test_where_sage_takes_files_new_articles_come_as_files(tmp_path: Path, shop: Running) -> None:
    """In our own form, or with the names of Sage's columns; what changed since is held."""
    installation = without_database(connected(tmp_path / "api", shop))
    with opened(installation) as app:
        app.pull("category_import")
        app.pull("product_import")
        (path,) = (app.settings.folder("outbox") / "sage").glob("product_import_*.xml")
        taken = [each.findtext("number") for each in etree.parse(str(path)).getroot().iter("product")]
        assert taken == ["NEU-1", "NEU-2", "NEU-3"]
        assert len(list((app.settings.folder("outbox") / "sage").glob("category_import_*.xml"))) == 1
        change(shop, 1001, 0, priceIncl=12.5)
        again = app.pull("product_import")
        assert again is not None
        assert (again.counts.held, again.counts.unchanged) == (1, 2)

    own = {"sage.articles.file_profile": "sage_article_csv"}
    installation = without_database(connected(tmp_path / "csv", shop, **own))
    with opened(installation) as app:
        app.pull("product_import")
        (path,) = (app.settings.folder("outbox") / "sage").glob("*.csv")
    cells = next(csv.DictReader(io.StringIO(path.read_text("cp1252")), delimiter=";"))
    assert (cells["Artikelnummer"], cells["Einzelpreis"], cells["Steuersatz"]) == ("NEU-1", "12,50", "19")
    assert (cells["Artikelgruppen"], cells["Aktiv"], cells["Gewicht"]) == ("Zubehör/Geschirr/Becher", "-1", "0,35")


def test_where_sage_takes_rows_articles_and_groups_wait_in_tables_of_ours(tmp_path: Path, shop: Running) -> None:
    """Products wait for their groups: once the importer has made them, the next pull brings the rest."""
    installation = connected(tmp_path / "api", shop, **{"sage.way": "staging"})
    before = groups(installation), articles(installation)
    with opened(installation) as app:
        app.pull("category_import")
        batch = app.pull("product_import")
        assert batch is not None
        assert (batch.counts.created, batch.counts.held) == (1, 2)
        waiting = "SELECT Hauptartikelgruppe, VaterArtikelgruppe, Artikelgruppe, Bezeichnung, IstImportiert"
        rows = installation.sage(f"{waiting} FROM ExchangeArticleGroup")
        assert rows == [("ZUBEHOER", "GESCHIRR", "KANNENKRUEGE", "Kannen & Krüge", 0)]
        assert (groups(installation), articles(installation)) == before
        with app.systems.sage.transaction() as connection:
            connection.exec_driver_sql(
                "INSERT INTO KHKArtikelgruppen (Mandant, Hauptartikelgruppe, VaterArtikelgruppe, Artikelgruppe,"
                " Bezeichnung) VALUES (1, 'ZUBEHOER', 'GESCHIRR', 'KANNENKRUEGE', 'Kannen & Krüge')"
            )
        batch = app.pull("product_import")
        assert batch is not None
        assert (batch.counts.created, batch.counts.unchanged) == (2, 1)
    rows = installation.sage(
        "SELECT a.Artikelnummer, a.Artikelgruppe, a.IstImportiert, p.ListeID, p.Einzelpreis FROM ExchangeArticle a"
        " JOIN ExchangeArticlePrice p USING (Mandant, Schluessel) ORDER BY 1"
    )
    assert rows == [
        ("NEU-1", "BECHER", 0, 1, 11.9),
        ("NEU-2", "KANNENKRUEGE", 0, 1, 39),
        ("NEU-3", "KANNENKRUEGE", 0, 1, 41.5),
    ]


def test_the_articles_taken_over_are_found_again_in_the_shop_and_made_by_nobody_twice(
    tmp_path: Path, shop: Running
) -> None:
    """From then on Sage leads: the product export recognises the shop's own products, and keeps formats of texts."""
    installation = connected(tmp_path / "api", shop, **{"sage.long_text": "LangtextHTML"})
    with opened(installation) as app:
        app.pull("category_import")
        app.pull("product_import")
    numbers = sorted(row["articleCode"] for row in call(shop, "GET", "variants")["variants"])
    done = installation.exchange("sync", "products", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    after = [row["articleCode"] for row in call(shop, "GET", "variants.json?limit=250")["variants"]]
    assert [number for number in sorted(after) if number.startswith("NEU")] == numbers
    assert json.loads(done.stdout)["batches"][0]["counts"]["rejected"] == 0
    assert call(shop, "GET", "products/1001")["product"]["content"] == "<p>Heiß &amp; fest</p>"
