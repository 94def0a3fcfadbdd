"""A changed setting reaches what is in the shop already, although Sage has not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.shop_cases import Reached, connected, opened, synced
from tests.end_to_end.test_prices_in_shop import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def test_another_meaning_of_the_same_records_is_sent_once(tmp_path: Path, shop: Reached) -> None:
    """Tiers as prices, then as reductions: they are sent anew, and not once more after that."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "tier_prices")
        assert Visitor(shop).tiers("31010") == {"3": "8.4", "10": "7.9"}
    config = installation.folder / "exchange.toml"
    header = "[modules.tier_prices]\n"
    config.write_text(config.read_text("utf-8").replace(header, header + "price_means = 'reduction'\n"), "utf-8")
    with opened(installation) as app:
        assert app.rehearse("tier_prices")[1].parts == 2
        synced(app, "tier_prices")
        prices = sorted(str(row["price"]) for row in shop.rows("quantity_discount"))
        assert prices == ["0.5", "1"]
        shop.writes()
        synced(app, "tier_prices")
        assert shop.called() == 0
