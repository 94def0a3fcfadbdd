"""The shop reached by files only: what Sage has comes into the shop by the imports of its back office, and back."""

from __future__ import annotations

import csv
import io
import urllib.request
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

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
def opened(installation: Installation, **environ: str) -> Iterator[App]:
    with App(load(installation.folder / "exchange.toml", environ)) as app:
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
    address, header = f"{shop.url}/backoffice/{what}", {"Content-Type": "text/csv"}
    request = urllib.request.Request(address, data=path.read_bytes(), headers=header, method="POST")
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def download(shop: Running, what: str) -> bytes:
    with urllib.request.urlopen(f"{shop.url}/backoffice/{what}") as answer:
        return bytes(answer.read())


_IDS = frozenset({"Internal_ID", "Internal_Variant_ID", "Images"})


def shown(shop: Running) -> dict[str, dict[str, str]]:
    """What the shop has, by article code, as its export tells it; without ids, and the one category that it tells."""
    text = io.StringIO(download(shop, "products").decode("utf-8"), newline="")
    left_out = ("URL", "Category")
    return {
        row["Article_Code"]: {
            name: _number(value) if name.startswith("Price") else value
            for name, value in row.items()
            if name not in _IDS and not any(each in name for each in left_out)
        }
        for row in csv.DictReader(text, delimiter=";")
    }


def _number(text: str) -> str:
    return f"{Decimal(text or 0):.4f}"


def assigned(shop: Running) -> set[tuple[str, str]]:
    """Titles of products, each with the titles of a category and those above it."""
    store = shop.shop.store
    with store.change():
        titles = {
            row["id"]: "/".join(store.get("categories", each)["title"] for each in reversed(row["path"]))
            for row in store.all("categories")
        }
        return {
            (store.get("products", row["product"])["title"], titles[row["category"]])
            for row in store.all("categories/products")
        }


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
        by_api, by_api_assigned = shown(other), assigned(other)
    by_file = shown(shop)
    assert by_file.keys() == by_api.keys()
    assert len(by_file) > 40
    assert {code: row.items() - by_api[code].items() for code, row in by_file.items() if row != by_api[code]} == {}
    assert assigned(shop) == by_api_assigned


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
    paths = [(row["DE_Title_Short"], [row[f"DE_Category_{level}"] for level in (1, 2, 3)]) for row in rows(path)]
    assert assigned(shop) == {(title, "/".join(filter(None, each))) for title, each in paths if each[0]}
    assert len(assigned(shop)) > len(shown(shop)) - 3


def test_what_no_file_can_carry_waits_and_is_told(tmp_path: Path) -> None:
    """One finding per kind of thing; pictures go as soon as there is an address for them."""
    installation = by_files(tmp_path / "files")
    (tmp_path / "files" / "images" / "10010.jpg").write_bytes(b"picture")
    with opened(installation) as app:
        assert len(delivered(app, *MODULES, "accessories")) == 1
        codes = {(each.resource, each.finding.code) for each in troubled(app.ledger) if each.finding}
        assert ("product_relation", "shop.no_column") in codes
        assert ("product_image", "shop.no_picture_address") in codes
        assert totals(app.ledger)["waiting"]["product_image"] == 1
        assert [step.resource for step in app.systems.delivery().plan().steps if step.action == "write"] == []
    with opened(installation, EXCHANGE_SHOP__IMAGES_URL="https://pictures.example.org") as app:
        (path,) = delivered(app)
        (row,) = rows(path)
        assert row["Images"] == "https://pictures.example.org/10010.jpg"
        assert "product_image" not in totals(app.ledger).get("waiting", {})


def test_a_shop_that_was_there_first_brings_its_products_as_a_file_for_sage(tmp_path: Path, shop: Running) -> None:
    """Its export is recognised, and lands neither in the shop again nor among what is wanted of it."""
    with opened(by_files(tmp_path / "first")) as app:
        (path,) = delivered(app, "categories", "products")
    upload(shop, "products", path)

    second = by_files(tmp_path / "second", **{"sage.way": "files"})
    second.drop("products_export.csv", download(shop, "products"))
    assert second.run_once().returncode == 0
    (receipt,) = second.receipts()
    assert (receipt["profile"], receipt["counts"]["rejected"]) == ("lightspeed_product_csv", 0)
    (name,) = (second.outbox / "sage").glob("product_import_*.xml")
    taken = {product.findtext("number"): product for product in etree.parse(str(name)).getroot()}
    there = shown(shop)
    assert taken.keys() == there.keys()
    mug = taken["00200050"]
    assert (mug.findtext("name"), mug.findtext("tax_rate")) == (there["00200050"]["DE_Title_Short"], "19")
    assert f"{Decimal(mug.findtext('prices/price/price') or 0):.4f}" == there["00200050"]["Price"]
    assert mug.findtext("categories/category/number") == "Zubehör/Geschirr/Becher"
    with opened(second) as app:
        assert totals(app.ledger) == {}


def test_the_commands_tell_what_files_would_hold(tmp_path: Path) -> None:
    """sync --dry-run and sync; the plan needs no calls."""
    installation = by_files(tmp_path / "files")
    plan = installation.status("sync", "products", "--dry-run")["plan"]
    assert ("product", "write", "outbox") in {
        (each["resource"], each["action"], each["where"]) for each in plan["steps"]
    }
    assert plan["calls"] == 0
    assert not list(installation.outbox.glob("lightspeed_*"))
    done = installation.exchange("sync", "products")
    assert "in Importdateien geschrieben" in done.stdout, done.stdout + done.stderr
    assert len(list(installation.outbox.glob("lightspeed_*"))) == 1


def change(installation: Installation, statement: str) -> None:
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(installation.folder / "sage.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()
