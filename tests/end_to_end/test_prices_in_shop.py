"""Prices of Sage as a customer of the shop sees them: tiers, groups, promotions, prices of one customer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App

BOTH_LISTS = {"sage.price_lists": [1, 2]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


class Visitor:
    """Somebody who looks at the storefront."""

    def __init__(self, shop: Reached, email: str = "") -> None:
        self.client = Client(shop.running)
        self.shop = shop
        self.headers: dict[str, str] = {}
        if email:
            fields = {"email": email, "password": "geheim"}
            url = f"{shop.url}/de/account/login"
            entered = self.client.http.request("POST", url, fields=fields, redirect=False)
            self.headers = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}

    def page(self, code: str) -> Any:
        """The product page of an article."""
        product = self.shop.variants()[code]["product"]
        slug = next(row["url"] for row in self.shop.rows("product") if row["id"] == product)
        url = f"{self.shop.url}/de/p/{slug}.html"
        return html.fromstring(self.client.http.request("GET", url, headers=self.headers).data)

    def tiers(self, code: str) -> dict[str, str]:
        page = self.page(code)
        return dict(zip(page.xpath("//@data-tier"), page.xpath("//@data-tier-price"), strict=True))

    def price(self, code: str) -> tuple[list[str], list[str]]:
        page = self.page(code)
        own = f"//tr[@data-variant='{code}']"
        return page.xpath(f"{own}//@data-price"), page.xpath(f"{own}//@data-old-price")


def member(shop: Reached, group: str) -> str:
    """A customer of the shop who belongs to a group; the address to log in with."""
    client = Client(shop.running)
    made = client.call("POST", "customers.json", {"customer": {**PERSON, "password": "geheim"}}, status=201)["customer"]
    (found,) = [row["id"] for row in shop.rows("group") if row["title"] == group]
    body = {"groupsCustomer": {"group": found, "customer": made["id"]}}
    client.call("POST", "groups/customers.json", body, status=201)
    return PERSON["email"]


def dropped(app: App, folder: Path, module: str, record: Any, form: str) -> Any:
    """A file of one record in one of the four formats, imported."""
    from exchange.codec import Meta  # noqa: PLC0415

    profile = app.registry.profile(f"{module}_{form}")
    path = folder / f"{module}.{form}"
    with path.open("wb") as out:
        meta = Meta(module, datetime.now(UTC), full=False)
        app.registry.codecs[form].write(out, app.registry.layout(profile), [record], meta)
    return app.import_file(path, forced=True)


def test_tiers_are_for_everybody_and_lists_for_their_group(tmp_path: Path, shop: Reached) -> None:
    """Changed, withdrawn; unchanged is not sent."""
    installation = connected(tmp_path, shop, **BOTH_LISTS)
    with opened(installation) as app:
        synced(app, "categories", "products", "tier_prices")
        dealer = Visitor(shop, member(shop, "Geschäftskunden"))
        everybody = Visitor(shop)
        assert everybody.tiers("31010") == {"3": "8.4", "10": "7.9"}
        assert dealer.tiers("10010") == {"1": "19.27", "6": "18.73", "24": "17.33"}  # net 18.01, 17.50, 16.20 and 7 %
        assert everybody.tiers("10010") == {}

        shop.writes()
        synced(app, "tier_prices")
        assert shop.called() == 0
        change(
            installation,
            "UPDATE KHKPreislistenArtikel SET Einzelpreis = 8.1 "
            "WHERE ListeID = 1 AND Artikelnummer = '31010' AND AbMenge = 3",
            "DELETE FROM KHKPreislistenArtikel WHERE ListeID = 1 AND Artikelnummer = '31010' AND AbMenge = 10",
        )
        synced(app, "tier_prices")
        assert everybody.tiers("31010") == {"3": "8.1"}
        assert sum(shop.writes().values()) == 2
        change(installation, "DELETE FROM KHKPreislistenArtikel WHERE Artikelnummer = '31010' AND AbMenge > 0")
        synced(app, "tier_prices")
        assert everybody.tiers("31010") == {}


def test_a_promotion_starts_and_ends_by_itself(tmp_path: Path, shop: Reached) -> None:
    """Nothing changes in Sage on those days; the service may have slept at midnight."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        start = datetime.now(UTC) + timedelta(days=3)
        end = start + timedelta(days=2)
        change(
            installation,
            f"UPDATE KHKPreislisten SET GueltigVon = '{start:%Y-%m-%d} 00:00:00', "
            f"GueltigBis = '{end:%Y-%m-%d} 00:00:00' WHERE ID = 3",
        )
        synced(app, "categories", "products", "promotions")
        everybody, now = Visitor(shop), app.ledger.now
        assert everybody.price("10020") == (["24.9"], [])
        for days, expected in ((2, (["24.9"], [])), (4, (["21.99"], ["24.9"])), (30, (["24.9"], []))):
            at = datetime.now(UTC) + timedelta(days=days)
            app.ledger.now = lambda at=at: at
            app.deliver()
            assert everybody.price("10020") == expected, days
        app.ledger.now = now


def test_a_promotion_that_is_withdrawn_gives_the_price_back(tmp_path: Path, shop: Reached) -> None:
    """Although its days are not over."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "promotions")
        assert Visitor(shop).price("30010") == (["44.9"], ["49.9"])
        change(installation, "DELETE FROM KHKPreislistenArtikel WHERE ListeID = 3 AND Artikelnummer = '30010'")
        synced(app, "promotions")
        assert Visitor(shop).price("30010") == (["49.9"], [])


@pytest.mark.parametrize("form", ["csv", "txt", "xml", "json"])
def test_a_dropped_file_has_the_same_effect(tmp_path: Path, shop: Reached, form: str) -> None:
    """Tiers and a promotion for the Sage that nobody may read."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products")
        modules = app.registry.modules
        tiers = modules["tier_prices"].example()._replace(price_list="1")
        promotion = modules["promotions"].example()._replace(from_day=None, until_day=None)
        for module, record in (("tier_prices", tiers), ("promotions", promotion)):
            batch = dropped(app, tmp_path, module, record, form)
            assert (batch.module, batch.counts.rejected, batch.counts.created) == (module, 0, 1)
        app.deliver()
        assert list(Visitor(shop).tiers("10010")) == ["6", "24"]
        assert Visitor(shop).price("10020") == (["21.99"], ["24.9"])


def test_a_customers_own_price_by_group(tmp_path: Path, shop: Reached) -> None:
    """The means that needs no theme: a group of the customer's own with quantity discounts."""
    means = {"modules.customer_prices.means": "group"}
    installation = connected(tmp_path, shop, **means)
    with opened(installation) as app:
        synced(app, "categories", "products")
        app.export("customer_prices")
        app.deliver()
        titles = {row["title"] for row in shop.rows("group")}
        assert {"Kunde D100001", "Kunde D100002"} <= titles
        buyer = Visitor(shop, member(shop, "Kunde D100001"))
        assert buyer.tiers("10010") == {"1": "18.08"}  # 16.90 net and 7 %
        assert buyer.tiers("00200050") == {"1": "8.71"}  # 12.5 % off 9.95
        assert Visitor(shop).tiers("10010") == {}


def test_customer_prices_wait_for_a_customer_that_the_shop_does_not_have(tmp_path: Path, shop: Reached) -> None:
    """By metafield: visible as waiting, not refused, and nothing else is held up."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products")
        app.export("customer_prices")
        done = app.deliver()
        assert (done.ended, done.refused) == ("done", 0)
        assert done.waiting == 3


def test_a_dry_run_tells_and_sends_nothing(tmp_path: Path, shop: Reached) -> None:
    """Calls and steps, as the real run then makes them."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products")
        shop.writes()
        _, plan = app.rehearse("tier_prices")
        assert (plan.calls, shop.called()) == (2, 0)
        synced(app, "tier_prices")
        assert shop.writes() == {"POST quantity_discounts": 2}
        assert json.loads(json.dumps([step.resource for step in plan.steps])) == ["quantity_discount"]
