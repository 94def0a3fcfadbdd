"""Sage → shop: an installation with the sandbox Sage, a shop at its own address, and what comes between them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.app import App
from exchange.settings import load
from tests.end_to_end.conftest import Installation, _environment, install
from tests.end_to_end.shop_killer import POINTS
from tests.unit.connectors.lightspeed.fake_server import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.shop import Delivered

SECRET = "verysecretverysecretverysecret00"


@pytest.fixture
def shop() -> Iterator[Served]:
    with served() as running:
        yield running


def connected(folder: Path, shop: Served, **given: Any) -> Installation:
    """An installation that reaches the shop."""
    reach = {"shop.way": "api", "shop.url": shop.url, "shop.key": "key", "shop.secret": SECRET}
    return install(folder, **{**reach, "shop.doubt_seconds": 0, **given})


@contextmanager
def opened(installation: Installation) -> Iterator[App]:
    with App(load(installation.folder / "exchange.toml")) as app:
        yield app


def synced(app: App, *modules: str) -> Delivered:
    """Bring modules into the ledger, then all that waits into the shop."""
    for module in modules:
        batch = app.export(module)
        assert (batch.target, batch.counts.rejected) == ("shop", 0)
    return app.deliver()


def by_code(shop: Served) -> dict[str, dict[str, Any]]:
    return {row["articleCode"]: row for row in shop.shop.all("variant")}


def test_a_catalogue_comes_into_the_shop_and_only_changes_follow(tmp_path: Path, shop: Served) -> None:
    """Articles with categories, prices, stock and pictures; the second time there is nothing to send."""
    installation = connected(tmp_path, shop)
    (tmp_path / "images" / "10010.jpg").write_bytes(b"picture")
    with opened(installation) as app:
        for module in ("categories", "products", "variants", "stock"):
            app.export(module)
        planned = app.delivery().plan().calls
        done = app.deliver()
        assert (done.ended, done.waiting, done.refused) == ("done", 0, 0)
        assert abs(planned - done.calls) <= 12  # taxes, limits and counts are read beside

        articles = installation.sage(
            "SELECT count(*) FROM KHKArtikel WHERE Mandant = 1 AND Aktiv <> 0 AND IstVerkaufsartikel <> 0"
        )
        assert [(len(shop.shop.all("product")),)] == articles
        assert len(by_code(shop)) == len(shop.shop.all("variant"))
        assert by_code(shop)["10010"]["stockLevel"] == 158
        assert [row["content"] for row in shop.shop.all("product_image")] == [b"picture"]
        assert all(row.get("title") for row in shop.shop.all("category"))
        assert len(shop.shop.all("category_product")) >= len(articles)

        again = synced(app, "categories", "products", "variants", "stock")
        assert (again.calls, again.done) == (0, {})


def test_a_price_a_deactivated_article_and_a_stock_change(tmp_path: Path, shop: Served) -> None:
    """Three changes, three calls."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "stock")
        before = dict(by_code(shop)["11010"])
        shop.shop.writes()

        change(installation, "UPDATE KHKPreislistenArtikel SET Einzelpreis = 77 WHERE Artikelnummer = '11010'")
        change(installation, "UPDATE KHKArtikel SET Aktiv = 0 WHERE Artikelnummer = '20010'")
        change(installation, "UPDATE KHKLagerplatzbestaende SET Bestand = 1 WHERE Artikelnummer = '10010'")
        synced(app, "products", "stock")

    writes = shop.shop.writes()
    assert by_code(shop)["11010"]["priceIncl"] != before["priceIncl"]
    assert by_code(shop)["10010"]["stockLevel"] < 158
    hidden = by_code(shop)["20010"]["product"]
    assert shop.shop.rows["product"][str(hidden)]["visibility"] == "hidden"
    assert writes == {("update", "variant"): 2, ("update", "product"): 1}


def change(installation: Installation, statement: str) -> None:
    connection = sqlite3.connect(installation.folder / "sage.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("fault", ["429", "500", "html", "cut", "drop"])
def test_whatever_happens_to_a_call_nothing_is_lost_or_doubled(tmp_path: Path, shop: Served, fault: str) -> None:
    """Every fifth call of those that write goes wrong."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        turned = [0.0]
        real = app.ledger.now
        app.ledger.now = lambda: real() + timedelta(hours=turned[0])
        shop.faults = [fault if number % 5 == 4 else None for number in range(60)]
        synced(app, "categories", "products")
        for _ in range(60):
            turned[0] += 24
            done = app.deliver()
            if done.ended == "done" and not done.waiting:
                break

        assert (done.waiting, done.refused) == (0, 0)
    came_once(shop)


def test_a_spent_budget_leaves_the_rest_for_later_but_lets_stock_through(tmp_path: Path, shop: Served) -> None:
    """Ten percent are kept for stock and orders."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "variants", "stock")
        shop.shop.writes()
        change(installation, "UPDATE KHKArtikel SET Bezeichnung1 = 'Neuer Name' WHERE Artikelnummer = '11010'")
        change(installation, "UPDATE KHKLagerplatzbestaende SET Bestand = 1 WHERE Artikelnummer = '10010'")
        shop.left = [20, 2_000, 9_000]

        done = synced(app, "products", "stock")

    assert (done.ended, done.next_at is not None, done.waiting) == ("budget", True, 1)
    assert shop.shop.writes() == {("update", "variant"): 1}


@pytest.mark.parametrize("point", list(POINTS))
def test_a_process_killed_while_sending_leaves_nothing_lost_or_doubled(
    tmp_path: Path, shop: Served, point: str
) -> None:
    """Kill -9 at the second such call and, in the next process, at the third; the one after that finishes."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        for module in ("categories", "products"):
            app.export(module)

    for number in ("2", "3"):
        program = [sys.executable, str(Path(__file__).parent / "shop_killer.py"), point, number, "deliver"]
        died = subprocess.run(
            program, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, env=_environment()
        )
        assert died.returncode == (137 if sys.platform == "win32" else -9), died.stdout + died.stderr

    with opened(installation) as app:
        done = app.deliver()
        assert (done.ended, done.waiting, done.refused) == ("done", 0, 0)
    came_once(shop)


def came_once(shop: Served) -> None:
    """No thing of the shop stands there twice, and no article is missing."""
    codes = [row["articleCode"] for row in shop.shop.all("variant")]
    assert len(codes) == len(set(codes)) == len(shop.shop.all("product")) > 15
    for resource, key in (
        ("category", ("title", "parent")),
        ("category_product", ("category", "product")),
        ("brand", ("title",)),
    ):
        keys = [tuple(row.get(name) for name in key) for row in shop.shop.all(resource)]
        assert len(keys) == len(set(keys)) > 0, resource


def test_the_commands_tell_what_was_and_what_would_be_done(tmp_path: Path, shop: Served) -> None:
    """sync --dry-run, sync, show, status; the secret stands in none of them."""
    installation = connected(tmp_path, shop)
    said = []

    plan = json.loads(saying(said, installation.exchange("sync", "products", "--dry-run", "--json")))
    assert plan["counts"]["created"] == plan["counts"]["rows_in"] > 15
    assert plan["plan"]["calls"] > 50
    assert shop.shop.calls == 0
    assert "Aufrufe" in saying(said, installation.exchange("sync", "products", "--dry-run"))

    done = json.loads(saying(said, installation.exchange("sync", "categories", "--json")))
    assert done["shop"]["done"]["created"] == len(shop.shop.all("category"))
    assert "neu angelegt" in saying(said, installation.exchange("sync", "products"))

    shown = json.loads(saying(said, installation.exchange("show", "10010", "--json")))
    assert {each["state"] for each in shown["shop"]} == {"in_shop"}
    assert {"product", "variant"} <= {each["resource"] for each in shown["shop"]}
    status = installation.status("status")
    assert status["shop"]["parts"]["in_shop"]["product"] == len(shop.shop.all("product"))
    assert "[32m" not in saying(said, installation.exchange("doctor"))
    shop.shop.all("product")[0]["title"] = "Von Hand"
    examined = installation.exchange("doctor")
    said.append(examined.stdout + examined.stderr)
    assert (examined.returncode, "shop.changed_by_hand" in examined.stdout) == (78, True)
    assert not any(SECRET in text for text in said)


def saying(said: list[str], ended: Any) -> str:
    """What a command said; it went well."""
    said.append(ended.stdout + ended.stderr)
    assert ended.returncode == 0, said[-1]
    return str(ended.stdout)


def test_a_shop_that_cannot_be_reached_is_told(tmp_path: Path, shop: Served) -> None:
    """Nothing is lost: everything still waits."""
    installation = connected(tmp_path, shop, **{"shop.url": "http://127.0.0.1:9"})
    with opened(installation) as app:
        done = synced(app, "categories")
        assert (done.ended, done.calls > 0) == ("unreachable", True)
        assert done.waiting > 0
