"""Sage → shop: an installation with the sandbox Sage, the stand-in shop, and what comes between them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from exchange.cli import cli
from tests.end_to_end.conftest import _environment
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.end_to_end.shop_killer import POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

RENAME = "UPDATE KHKArtikel SET Bezeichnung1 = 'Neuer Name' WHERE Artikelnummer = '11010'"
RESTOCK = "UPDATE KHKLagerplatzbestaende SET Bestand = 1 WHERE Artikelnummer = '10010'"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def came_once(shop: Reached) -> None:
    """No thing of the shop stands there twice, and no article is missing."""
    codes = [row["articleCode"] for row in shop.rows("variant")]
    assert len(codes) == len(set(codes)) == len(shop.rows("product")) > 15
    for resource, key in (
        ("category", ("title", "parent")),
        ("category_product", ("category", "product")),
        ("brand", ("title",)),
    ):
        keys = [tuple(row.get(name) for name in key) for row in shop.rows(resource)]
        assert len(keys) == len(set(keys)) > 0, resource


def test_a_catalogue_comes_into_the_shop_and_only_changes_follow(tmp_path: Path, shop: Reached) -> None:
    """Categories, articles, variants, stock, texts, pictures, relations; the second time there is nothing to send."""
    modules = ("categories", "products", "variants", "stock", "languages", "cross_selling")
    installation = connected(tmp_path, shop)
    (tmp_path / "images" / "10010.jpg").write_bytes(b"picture")
    with opened(installation) as app:
        for module in modules:
            app.export(module)
        planned = app.systems.delivery().plan().calls
        done = app.deliver()
        assert (done.ended, done.waiting, done.refused) == ("done", 0, 0)
        assert abs(planned - done.calls) <= 15  # taxes, languages, limits and counts are read beside

        sold = "SELECT count(*) FROM KHKArtikel WHERE Mandant = 1 AND Aktiv <> 0 AND IstVerkaufsartikel <> 0"
        assert installation.sage(sold) == [(len(shop.rows("product")),)]
        assert shop.variants()["10010"]["stockLevel"] == 158
        assert len(shop.below("product_image")) == 1
        german, english = ({row["title"] for row in shop.in_language(code, "product")} for code in ("de", "en"))
        assert len(german - english) >= 3
        assert app.audit() == []

        shop.writes()
        again = synced(app, *modules)
        assert (again.calls, again.done, shop.called()) == (0, {}, 0)


def test_a_price_a_deactivated_article_and_a_stock_change(tmp_path: Path, shop: Reached) -> None:
    """Three changes, three calls."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "variants", "stock")
        before = shop.variants()["11010"]["priceIncl"]
        shop.writes()

        change(
            installation,
            "UPDATE KHKPreislistenArtikel SET Einzelpreis = 77 WHERE Artikelnummer = '11010'",
            "UPDATE KHKArtikel SET Aktiv = 0 WHERE Artikelnummer = '20010'",
            RESTOCK,
        )
        synced(app, "products", "stock")

    assert shop.writes() == {"PUT variants/#": 2, "PUT products/#": 1}
    variants = shop.variants()
    assert variants["11010"]["priceIncl"] != before
    assert variants["10010"]["stockLevel"] < 158
    hidden = next(row for row in shop.rows("product") if row["id"] == variants["20010"]["product"])
    assert hidden["visibility"] == "hidden"


def test_a_changed_picture_is_noticed_and_replaced(tmp_path: Path, shop: Reached) -> None:
    """Nobody changed the article; the file in the folder is another one."""
    installation = connected(tmp_path, shop)
    picture = tmp_path / "images" / "10010.jpg"
    picture.write_bytes(b"picture")
    with opened(installation) as app:
        synced(app, "categories", "products")
        (before,) = shop.below("product_image")
        shop.writes()

        picture.write_bytes(b"a better picture")
        app.deliver()

    (after,) = shop.below("product_image")
    assert shop.writes() == {
        "POST products/#/images": 1,
        "DELETE products/#/images/#": 1,
        "PUT products/#/images/#": 1,  # it came last, and stands first again
    }
    assert (after["id"] != before["id"], after["sortOrder"]) == (True, before["sortOrder"])


@pytest.mark.parametrize("fault", ["429", "500", "502", "html", "html_ok", "error_ok", "cut", "timeout_after", "array"])
def test_whatever_happens_to_a_call_nothing_is_lost_or_doubled(tmp_path: Path, shop: Reached, fault: str) -> None:
    """Every seventh call that makes something goes wrong: not done, done with a lost answer, or oddly answered."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        real, turned = app.ledger.now, timedelta()
        app.ledger.now = lambda: real() + turned
        shop.spoil(fault, every=7, times=4)
        done = synced(app, "categories", "products")
        for _ in range(40):
            if done.ended == "done" and not done.waiting:
                break
            turned += timedelta(days=1)
            shop.shop.clock.turn(86_400)
            done = app.deliver()

        assert (done.ended, done.waiting, done.refused) == ("done", 0, 0)
    came_once(shop)


def test_a_spent_budget_leaves_the_rest_for_later_but_lets_stock_through(tmp_path: Path, shop: Reached) -> None:
    """Ten percent are kept for stock and orders."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "variants", "stock")
        shop.writes()
        change(installation, RENAME, RESTOCK)
        shop.limit(1, 10, 10)

        done = synced(app, "products", "stock")

    assert (done.ended, done.next_at is not None, done.waiting) == ("budget", True, 1)
    assert shop.writes() == {"PUT variants/#": 1}


@pytest.mark.parametrize("point", list(POINTS))
def test_a_process_killed_while_sending_leaves_nothing_lost_or_doubled(
    tmp_path: Path, shop: Reached, point: str
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


class Commands:
    """The command line in this process; all that it said."""

    def __init__(self, folder: Path) -> None:
        self.config = str(folder / "exchange.toml")
        self.said = ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        ended = CliRunner().invoke(cli, [*arguments, "--config", self.config])
        self.said += ended.output
        assert ended.exit_code == code, ended.output
        return ended.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


def test_the_commands_tell_what_was_and_what_would_be_done(tmp_path: Path, shop: Reached) -> None:
    """sync --dry-run, sync, deliver, show, status, retry, doctor; the secret stands in none of them."""
    exchange = Commands(connected(tmp_path, shop).folder)

    plan = exchange.json("sync", "products", "--dry-run")
    assert plan["counts"]["created"] == plan["counts"]["rows_in"] > 15
    assert plan["plan"]["calls"] > 50
    assert shop.called() == 0

    done = exchange.json("sync", "categories")
    assert done["shop"]["done"]["created"] == len(shop.rows("category"))
    assert "Aufrufe" in exchange("sync", "products", "--dry-run")
    assert "neu angelegt" in exchange("sync", "products")
    assert exchange.json("deliver", "--dry-run")["calls"] == 0
    assert "0 Aufrufe" in exchange("deliver")

    assert {each["state"] for each in exchange.json("show", "10010")["shop"]} == {"in_shop"}
    assert "im Shop" in exchange("show", "10010")
    assert exchange.json("status")["shop"]["parts"]["in_shop"]["product"] == len(shop.rows("product"))
    assert "im Shop" in exchange("status")
    assert "0 werden erneut versucht" in exchange("retry", "10010")

    shop.api.update("product", "", str(shop.rows("product")[0]["id"]), {"title": "Von Hand"})
    assert "shop.changed_by_hand" in exchange("doctor", code=78)
    assert shop.secret not in exchange.said


def test_a_shop_that_cannot_be_reached_is_told(tmp_path: Path, shop: Reached) -> None:
    """Nothing is lost: everything still waits."""
    installation = connected(tmp_path, shop, **{"shop.url": "http://127.0.0.1:9"})
    with opened(installation) as app:
        done = synced(app, "categories")
        assert (done.ended, done.calls > 0) == ("unreachable", True)
        assert done.waiting > 0
