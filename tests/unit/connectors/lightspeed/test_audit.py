"""What people did in the shop by hand comes to light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.connectors.lightspeed.audit import audit
from tests.unit.connectors.lightspeed.test_send import Exchange, mug

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    made = Exchange(tmp_path)
    made.say(*mug())
    made.deliver()
    return made


def codes(exchange: Exchange) -> list[tuple[str, str]]:
    """Code and the field or key in question."""
    findings = audit(exchange.book.ledger, exchange.shop, "articleCode")
    return [(each.code, each.values.get("field") or each.values.get("key", "")) for each in findings]


def test_a_shop_as_we_left_it_has_nothing_to_tell(exchange: Exchange) -> None:
    """Although it writes numbers in its own way."""
    (variant,) = exchange.shop.all("variant")
    variant["priceIncl"] = "9.9500"
    variant["stockLevel"] = 3
    variant["ean"] = False

    assert codes(exchange) == []


def test_a_field_that_was_changed_by_hand_is_told(exchange: Exchange) -> None:
    exchange.shop.all("product")[0]["title"] = "Tolle Tasse"
    exchange.shop.all("category")[0]["isVisible"] = False

    assert codes(exchange) == [("shop.changed_by_hand", "isVisible"), ("shop.changed_by_hand", "title")]


def test_what_was_deleted_by_hand_and_its_orphans_are_told(exchange: Exchange) -> None:
    exchange.shop.rows["product"].clear()

    assert codes(exchange) == [("shop.orphan_variant", ""), ("shop.deleted_by_hand", "M")]


def test_an_article_number_that_stands_twice_is_told(exchange: Exchange) -> None:
    other = exchange.shop.add("product", title="Kopie")
    exchange.shop.add("variant", product=other["id"], articleCode=" M ")

    assert codes(exchange) == [("shop.duplicate_sku", "M")]
