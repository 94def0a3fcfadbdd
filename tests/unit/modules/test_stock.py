"""Sellable stock out of Sage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update

from exchange import khk
from exchange.connectors.sage import SageDatabase
from exchange.modules.stock import MODULE
from exchange.records.stock import Stock
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def collected(path: Path, **settings: Any) -> dict[str, Stock]:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}", **settings)) as sage:
        assert MODULE.collect is not None
        return {MODULE.key(stock): stock for stock in MODULE.collect(sage, MODULE.options())}


def execute(path: Path, statement: Any) -> None:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        connection.execute(statement)


def test_open_orders_are_taken_off(path: Path) -> None:
    """150 in the main warehouse and 14 in the shop, 6 of them sold; a delivered line does not count."""
    stocks = collected(path)
    assert stocks["10010"] == Stock("10010", 0, Decimal(158), Decimal(164), Decimal(6), "Stk")
    assert stocks["11010"] == Stock("11010", 0, Decimal(109), Decimal(109), Decimal(0), "Stk")


def test_only_open_orders_are_taken_off(path: Path) -> None:
    """A quote or an invoice of the same article reserves nothing."""
    execute(path, update(khk.BELEGE).where(khk.BELEGE.c.Belegkennzeichen == "VVA").values(Belegkennzeichen="VPA"))
    execute(path, update(khk.BELEGE_POSITIONEN).values(IstErledigt=0))
    assert collected(path)["10010"].on_order == 0


def test_warehouses_can_be_chosen(path: Path) -> None:
    """An article that lies elsewhere only is sold out there."""
    stocks = collected(path, warehouses=("LADEN",))
    assert stocks["10010"].on_hand == 14
    assert stocks["99010"].available == 0


def test_native_variants_have_stocks_of_their_own(path: Path) -> None:
    """Each with a key of its own."""
    stocks = collected(path)
    assert {key: stock.available for key, stock in stocks.items() if stock.article_number == "32010"} == {
        "32010|1": 6,
        "32010|2": 14,
        "32010|3": 9,
    }


def test_missing_is_zero_only_for_articles_that_are_kept_in_stock(path: Path) -> None:
    """Without any row, a stock-kept article is sold out; another one is left out."""
    execute(path, delete(khk.LAGERPLATZBESTAENDE))
    execute(path, update(khk.ARTIKEL).where(khk.ARTIKEL.c.Artikelnummer == "11010").values(Lagerfuehrung=0))
    stocks = collected(path)
    assert stocks["11011"] == Stock("11011", 0, Decimal(0), Decimal(0), Decimal(0), "Stk")
    assert stocks["10010"].available == -6
    assert "11010" not in stocks
    assert "SET-BARISTA" not in stocks


def test_units_are_converted_and_rounded_down(path: Path) -> None:
    """164 boxes of 12 pieces are sold by 7; the open 6 pieces are not a whole sales unit."""
    values = {"UmrechnungsFaktorLME": 12, "UmrechnungsfaktorVK": 7, "Verkaufsmengeneinheit": "Pack"}
    execute(path, update(khk.ARTIKEL).where(khk.ARTIKEL.c.Artikelnummer == "10010").values(values))
    stock = collected(path)["10010"]
    assert stock.on_hand == Decimal("281.1428")
    assert stock.on_order == Decimal("0.8571")
    assert stock.available == Decimal("280.2857")
    assert stock.unit == "Pack"
    assert not [finding for rule in MODULE.rules for finding in rule.check(stock, MODULE.options())]


def test_a_change_of_stock_shows(path: Path) -> None:
    """Only the article that was touched."""
    before = collected(path)
    sandbox.change(path)
    after = collected(path)
    assert {key for key in after if after[key] != before[key]} == {"10010"}
    assert after["10010"].on_hand == Decimal(164) - 2 * 10  # both rows of the bin were altered


def test_what_is_implausible_is_refused(path: Path) -> None:
    """The limit is a setting."""
    stock = collected(path)["10010"]
    options = MODULE.options(largest=100)  # type: ignore[call-arg]
    codes = [finding.code for rule in MODULE.rules for finding in rule.check(stock, options)]
    assert codes == ["stock.implausible"]


@pytest.mark.parametrize("rule", MODULE.rules, ids=lambda rule: rule.kinds[0].code)
def test_every_rule_finds_its_counterexample(rule: Any) -> None:
    """And the example passes."""
    options = MODULE.options()
    assert {finding.kind for finding in rule.check(rule.counterexample(), options)} == set(rule.kinds)
    assert list(rule.check(MODULE.example(), options)) == []
