"""Rows D of the fault catalogue that have no test of their own elsewhere: what is wrong with the business in a file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import ORDER
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.inside import with_sage, without_sage
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


#: A shop whose wishes are kept and that nobody calls.
NO_CALLS = {"shop.way": "api", "shop.url": "https://shop.invalid", "shop.key": "k", "shop.secret": "s"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def test_an_order_number_in_other_letters_or_with_blanks_is_the_same_order(tmp_path: Path) -> None:
    """D1: one document, whatever the form and however somebody typed the number."""
    with with_sage(tmp_path) as inside:
        assert inside.take("first.json", json.dumps(ORDER)).counts.created == 1
        query = "SELECT count(*) FROM KHKVKBelege WHERE Referenznummer LIKE '%rd1'"
        assert inside.installation.sage(query) == [(1,)]
        for number in ("ord1", " Ord 1 "):
            again = inside.take(f"{number.strip()}.json", json.dumps({**ORDER, "number": number}))
            assert (again.counts.created, again.counts.held + again.counts.unchanged) == (0, 1)
        assert inside.installation.sage(query) == [(1,)]


@pytest.mark.parametrize("text", ["article_number;on_hand\n10010;5\n", "article_number;available\n10010;\n"])
def test_a_stock_that_is_missing_or_empty_is_not_zero(tmp_path: Path, text: str) -> None:
    """D3: the stock that was told before stays."""
    with without_sage(tmp_path) as inside:
        assert inside.take("a.csv", "article_number;available\n10010;7\n").counts.created == 1
        batch = inside.take("stock_b.csv", text)
        assert (batch.counts.created, batch.counts.updated) == (0, 0)
        assert inside.codes(batch)


def articles(factor: str = "1", rows: int = 30, changed: int = 30) -> str:
    """Articles whose prices are so many times what they were."""
    lines = [
        f"A{number};Artikel {number};1;{Decimal(factor) * (100 + number) if number < changed else 100 + number};1;1"
        for number in range(rows)
    ]
    return "\n".join(["number;name;active;price_price;price_price_list;price_gross", *lines, ""])


PRICES_OF_CUSTOMERS = "customer_number;article_number;currency;gross;tax_rate;price\n"


@pytest.mark.parametrize(("factor", "stops"), [("100", True), ("0.01", True), ("5", True), ("4.9", False)])
def test_a_price_list_without_its_decimal_points_is_held(tmp_path: Path, factor: str, stops: bool) -> None:  # noqa: FBT001
    """D4: nothing of it is wished for; a person lets it pass who means it."""
    with without_sage(tmp_path, **NO_CALLS) as inside:
        assert inside.take("products_1.csv", articles()).counts.created == 30
        batch = inside.take("products_2.csv", articles(factor))
        if not stops:
            assert batch.counts.updated == 30
            return
        assert inside.codes(batch) == ["file.prices_jump"]
        assert (batch.counts.updated, batch.counts.rejected) == (0, 30)
        assert inside.app.replay(batch.uid).counts.updated == 30


def test_a_few_prices_may_jump(tmp_path: Path) -> None:
    """D4: an article may become a hundred times dearer, a tenth of the file may not."""
    with without_sage(tmp_path, **NO_CALLS) as inside:
        inside.take("products_1.csv", articles())
        assert inside.take("products_2.csv", articles("100", changed=3)).counts.updated == 3
        assert inside.codes(inside.take("products_3.csv", articles("1", changed=30))) == []
        assert inside.codes(inside.take("products_4.csv", articles("100", changed=4))) == ["file.prices_jump"]


@pytest.mark.parametrize("means", ["metafield", "group"])
def test_prices_of_customers_are_watched_too(tmp_path: Path, means: str) -> None:
    """D4: by whatever means they come into the shop."""
    with without_sage(tmp_path, **NO_CALLS, **{"modules.customer_prices.means": means}) as inside:
        for factor, codes in ((1, []), (100, ["file.prices_jump"])):
            rows = [f"D{number};A1;EUR;1;19;{factor * (10 + number)}\n" for number in range(30)]
            batch = inside.take(f"customer_prices_{factor}.csv", PRICES_OF_CUSTOMERS + "".join(rows))
            assert [code for code in inside.codes(batch) if code.startswith("file.")] == codes


VARIANTS = "article_number;variant_id;gross;tax_rate;price;dimension_name;dimension_value\n"


def test_a_variant_that_comes_before_its_article_waits_for_it(tmp_path: Path, shop: Reached) -> None:
    """D6: and it is told; when the article comes, both are in the shop."""
    installation = connected(tmp_path / "one", shop)
    installation.drop("variants.csv", VARIANTS + "NEU-1;1;1;19;29.90;Größe;M\n")
    assert installation.run_once().returncode == 0
    assert {each["code"] for each in installation.receipts()[0]["findings"]} == {"variants.unknown_parent"}
    with opened(installation) as app:
        assert app.deliver().waiting
    assert "NEU-1-1" not in shop.variants()
    installation.drop("products.csv", "number;name;active;type\nNEU-1;Schürze;1;variant_parent\n")
    assert installation.run_once().returncode == 0
    with opened(installation) as app:
        assert app.deliver().waiting == 0
    (variant,) = [row for row in shop.rows("variant") if row["articleCode"].startswith("NEU-1")]
    assert "M" in variant["title"]


def test_two_variants_with_the_same_options_are_held(tmp_path: Path) -> None:
    """D6: nobody could choose between them; those that differ go on."""
    rows = [f"32010;{number};1;19;29.90;Größe;{size}\n" for number, size in enumerate(("M", " m", "L"), 1)]
    with without_sage(tmp_path, **NO_CALLS) as inside:
        batch = inside.take("variants.csv", VARIANTS + "".join(rows))
        assert (batch.counts.created, batch.counts.held) == (1, 2)
        assert inside.codes(batch).count("file.alike") == 2


def test_a_group_that_was_renamed_in_the_shop_keeps_its_prices(tmp_path: Path, shop: Reached) -> None:
    """D9: a price list goes to its group by the group's id, not by its title."""
    lists = {"sage.price_lists": [1, 2]}
    installation = connected(tmp_path / "one", shop, **lists)
    with opened(installation) as app:
        synced(app, "products", "tier_prices")
        (group,) = [row for row in shop.rows("group") if row["title"] == "Geschäftskunden"]
        before = [row["customerGroup"] for row in shop.rows("quantity_discount")].count(group["id"])
        Client(shop.running).call("PUT", f"groups/{group['id']}.json", {"group": {"title": "Händler"}})
        change(installation, "UPDATE KHKPreislistenArtikel SET Einzelpreis = 5 WHERE Artikelnummer = '10010'")
        synced(app, "tier_prices")
    assert [row["title"] for row in shop.rows("group")] == ["Händler"]
    prices = [row for row in shop.rows("quantity_discount") if row["customerGroup"] == group["id"]]
    assert len(prices) == before
    assert "5.35" in {f"{row['price']:.2f}" for row in prices}  # net 5, and 7 %


def test_a_relation_that_sage_no_longer_has_leaves_the_shop(tmp_path: Path, shop: Reached) -> None:
    """D10: many importers only add."""
    installation = connected(tmp_path / "one", shop)
    with opened(installation) as app:
        synced(app, "products", "accessories")
        before = len(shop.below("product_relation"))
        assert before
        change(installation, "DELETE FROM KHKArtikelZubehoer")
        synced(app, "accessories")
        assert shop.below("product_relation") == []


@pytest.mark.parametrize("language", ["de-DE", "DE", "de_AT", "", "de"])
def test_a_language_with_its_country_is_the_shops_language(tmp_path: Path, shop: Reached, language: str) -> None:
    """D11: the texts stand in the basic language, and no text waits for one that the shop does not have."""
    installation = connected(tmp_path / "one", shop)
    row = f"NEU-1;{language};Becher;1;Zweimal gebrannt\n"
    installation.drop("products.csv", f"number;language;name;active;long_text\n{row}")
    assert installation.run_once().returncode == 0
    with opened(installation) as app:
        assert app.deliver().waiting == 0
    (product,) = shop.rows("product")
    assert (product["title"], product["content"]) == ("Becher", "Zweimal gebrannt")


def test_parcels_of_part_deliveries_and_of_an_unknown_carrier_are_all_kept(tmp_path: Path) -> None:
    """D13: two deliveries of one order, the second in two parcels that a bicycle brings."""
    head = "reference;order_number;carrier;parcel_parcel_number\n"
    rows = ["ORD1/VLL-1;ORD1;dhl;00340434161094042557\n", *(f"ORD1/VLL-2;ORD1;rad;B{each}\n" for each in (1, 2))]
    with without_sage(tmp_path, **NO_CALLS) as inside:
        batch = inside.take("tracking_codes.csv", head + "".join(rows))
        assert (batch.counts.created, batch.counts.rejected, batch.counts.held) == (2, 0, 0)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        said = ledger.execute("SELECT fields FROM shop_facet WHERE fields LIKE '%trackingCode%'").fetchall()
    kept = {each for (fields,) in said for each in json.loads(fields)["trackingCode"]["$gathered"]}
    assert kept == {"00340434161094042557", "B1", "B2"}


def test_what_a_dry_run_foretold_binds_nobody(tmp_path: Path, shop: Reached) -> None:
    """D18: it keeps nothing that could grow old; the run reckons anew what differs."""
    installation = connected(tmp_path / "one", shop)
    with opened(installation) as app:
        app.rehearse("products")
        assert shop.rows("product") == []
        change(installation, "UPDATE KHKArtikel SET Bezeichnung1 = 'Später' WHERE Artikelnummer = '10010'")
        synced(app, "products")
        titles = {row["title"] for row in shop.rows("product")}
        assert any(title.startswith("Später") for title in titles)
        assert not any(title.startswith("Espresso Napoli 1 kg") for title in titles)
