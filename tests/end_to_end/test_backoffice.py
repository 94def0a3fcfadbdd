"""The shop reached by files only: what Sage has comes into the shop by the imports of its back office, and back."""

from __future__ import annotations

import csv
import io
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from exchange.app import App
from exchange.connectors.lightspeed.state import totals, troubled
from exchange.sandbox.shop import Shop
from exchange.settings import load
from tests.end_to_end.conftest import Installation, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running

MODULES = ("categories", "products", "stock")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    with Shop(tmp_path / "shop.sqlite").serve() as running:
        yield running


@contextmanager
def opened(installation: Installation) -> Iterator[App]:
    with App(load(installation.folder / "exchange.toml")) as app:
        yield app


def by_files(folder: Path, **given: Any) -> Installation:
    folder.mkdir(exist_ok=True)
    return install(folder, **{"shop.way": "files", **given})


def delivered(app: App, *modules: str) -> list[Path]:
    """Bring modules into the ledger, then into files; the new files."""
    outbox = app.settings.folder("outbox")
    before = set(outbox.glob("lightspeed_products_*.csv"))
    for module in modules:
        assert app.export(module).counts.rejected == 0
    app.deliver()
    return sorted(set(outbox.glob("lightspeed_products_*.csv")) - before)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""), delimiter=";"))


def upload(shop: Running, what: str, path: Path) -> str:
    """Import a file in the back office, as the merchant does by hand."""
    request = urllib.request.Request(f"{shop.url}/backoffice/{what}", data=path.read_bytes(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def download(shop: Running, what: str) -> bytes:
    with urllib.request.urlopen(f"{shop.url}/backoffice/{what}") as answer:
        return bytes(answer.read())


_IDS = frozenset({"Internal_ID", "Internal_Variant_ID", "Images"})


def shown(shop: Running) -> dict[str, dict[str, str]]:
    """What the shop has, by article code, as its export tells it; without ids and the addresses of pictures."""
    text = io.StringIO(download(shop, "products").decode("utf-8"), newline="")
    found = csv.DictReader(text, delimiter=";")
    return {row["Article_Code"]: {name: row[name] for name in row if name not in _IDS and "URL" not in name} for row in found}


def test_the_same_content_comes_by_files_as_by_the_api(tmp_path: Path, shop: Running) -> None:
    """Products, variants, prices, stocks, texts in two languages, brands, categories."""
    modules = (*MODULES, "variants", "languages")
    with opened(by_files(tmp_path / "files")) as app:
        (path,) = delivered(app, *modules)
    assert "created" in upload(shop, "products", path)

    with Shop(tmp_path / "other.sqlite").serve() as other:
        reach = {"shop.way": "api", "shop.url": other.url, "shop.key": other.key, "shop.secret": other.secret}
        (tmp_path / "api").mkdir()
        with opened(install(tmp_path / "api", **reach)) as app:
            for module in modules:
                app.export(module)
            done = app.deliver()
            assert (done.ended, done.refused) == ("done", 0)
        by_api = shown(other)
    by_file = shown(shop)
    assert by_file.keys() == by_api.keys()
    assert by_file == by_api


def test_only_what_changed_is_written(tmp_path: Path, shop: Running) -> None:
    """Without a change there is no file; a price and a vanished article make two rows."""
    installation = by_files(tmp_path / "files")
    with opened(installation) as app:
        (first,) = delivered(app, *MODULES)
        upload(shop, "products", first)
        assert delivered(app, *MODULES) == []

        change(installation, "UPDATE KHKPreislistenArtikel SET Einzelpreis = 77 WHERE Artikelnummer = '11010'")
        change(installation, "UPDATE KHKArtikel SET Aktiv = 0 WHERE Artikelnummer = '20010'")
        (second,) = delivered(app, *MODULES)
        upload(shop, "products", second)

    found = {row["Article_Code"]: row for row in rows(second)}
    assert found.keys() == {"11010", "20010"}
    assert (found["11010"]["Price"], found["20010"]["Visible"]) == ("77", "N")
    there = shown(shop)
    assert len(there) == len(rows(first)) == len({row["Article_Code"] for row in rows(first)})
    assert (float(there["11010"]["Price"]), there["20010"]["Visible"]) == (77, "N")


def test_a_product_in_several_categories_has_a_row_for_each(tmp_path: Path, shop: Running) -> None:
    installation = by_files(tmp_path / "files")
    with opened(installation) as app:
        (path,) = delivered(app, *MODULES)
    upload(shop, "products", path)
    with shop.shop.store.change():
        links = shop.shop.store.all("categories/products")
    assigned = {(row["Article_Code"], row["DE_Category_1"], row["DE_Category_2"], row["DE_Category_3"]) for row in rows(path)}
    assert len(links) == len([each for each in assigned if each[1]])


def test_what_no_file_can_carry_waits_and_is_told(tmp_path: Path) -> None:
    """One finding per kind of thing; pictures go as soon as there is an address for them."""
    installation = by_files(tmp_path / "files")
    (tmp_path / "files" / "images" / "10010.jpg").write_bytes(b"picture")
    with opened(installation) as app:
        delivered(app, *MODULES, "accessories")
        codes = {(each.resource, each.finding.code) for each in troubled(app.ledger) if each.finding}
        assert ("product_relation", "shop.no_column") in codes
        assert ("product_image", "shop.no_picture_address") in codes
        assert totals(app.ledger)["waiting"]["product_image"] == 1
        assert [step.resource for step in app.delivery().plan().steps if step.action == "write"] == []
    text = (tmp_path / "files" / "exchange.toml").read_text("utf-8")
    (tmp_path / "files" / "exchange.toml").write_text(
        text.replace('way = "files"', 'way = "files"\nimages_url = "https://pictures.example.org"', 1)
        if 'images_url = "https' not in text
        else text,
        "utf-8",
    )
    with opened(installation) as app:
        (path,) = delivered(app)
        (row,) = rows(path)
        assert row["Images"] == "https://pictures.example.org/10010.jpg"
        assert "product_image" not in totals(app.ledger).get("waiting", {})


def change(installation: Installation, statement: str) -> None:
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(installation.folder / "sage.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()
