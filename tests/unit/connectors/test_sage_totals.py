"""The arithmetic of documents."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.sage.addresses import split_name
from exchange.connectors.sage.articles import Article
from exchange.connectors.sage.taxes import TaxCodes, taxation, vat
from exchange.connectors.sage.totals import Position, add_up
from exchange.trade.amounts import line_total, spread

ARTICLE = Article("X", "", "", "", "", "", 0, 1, 0, "Stk", "Stk", Decimal(1), -1, Decimal(0))
CENTS = st.integers(0, 1_000_000).map(lambda cents: Decimal(cents) / 100)


def position(total: str, rate: str) -> Position:
    amount, percent = Decimal(total), Decimal(rate)
    return Position(ARTICLE, Decimal(1), amount, Decimal(0), amount, int(percent), percent, discountable=True)


def test_half_a_cent_is_rounded_up() -> None:
    """Commercially, not to the even cent."""
    assert line_total(Decimal(1), Decimal("0.125"), Decimal(0)) == Decimal("0.13")
    assert line_total(Decimal("0.5"), Decimal("0.25"), Decimal(0)) == Decimal("0.13")
    assert line_total(Decimal(-1), Decimal("0.125"), Decimal(0)) == Decimal("-0.13")


@pytest.mark.parametrize(
    ("gross", "net", "tax", "total"),
    [(True, "109.72", "17.28", "127"), (False, "127", "20.51", "147.51")],
)
def test_tax_is_taken_once_for_each_code(*, gross: bool, net: str, tax: str, total: str) -> None:
    """105 at 19 % and 8 at 7 %: out of the gross sum, or on top of the net one."""
    lines = [position("100", "19"), position("5", "19"), position("8", "7"), position("14", "0")]
    sums = add_up(lines, Decimal(0), gross=gross)
    assert (sums.net, sums.tax, sums.gross) == (Decimal(net), Decimal(tax), Decimal(total))


@given(st.lists(st.tuples(CENTS, st.sampled_from(["0", "7", "19"])), min_size=1, max_size=8), CENTS, st.booleans())
def test_net_and_tax_always_make_gross(lines: list[tuple[Decimal, str]], discount: Decimal, gross: bool) -> None:  # noqa: FBT001
    """Whatever the lines, the rates and the discount are."""
    sums = add_up([position(str(total), rate) for total, rate in lines], discount, gross=gross)
    assert sums.net + sums.tax == sums.gross
    subtotal = sum((total for total, _ in lines), Decimal(0))
    if subtotal:
        assert (sums.gross if gross else sums.net) == subtotal - discount


@given(CENTS, st.lists(CENTS, min_size=1, max_size=6))
def test_shares_add_up(amount: Decimal, parts: list[Decimal]) -> None:
    """What rounding leaves over goes to somebody."""
    assert sum(spread(amount, parts)) == (amount if sum(parts) else 0)


def test_the_own_code_of_a_country_goes_first() -> None:
    """Then the one of the article's tax class, then the lowest that fits."""
    table = [(3, "19.0000", "*"), (9, "19.0000", "*"), (31, "20.0000", "AT"), (5, "19.0000", None)]
    codes = TaxCodes([{"Steuercode": code, "Steuersatz": Decimal(rate), "Land": land} for code, rate, land in table])
    assert codes.code("DE", Decimal(19)) == 3
    assert codes.code("DE", Decimal(19), preferred=9) == 9
    assert codes.code("DE", Decimal(19), preferred=31) == 3
    assert codes.code("at", Decimal("20.0")) == 31
    assert codes.code("DE", Decimal(20)) is None


def test_vat_numbers_are_parted() -> None:
    """The country stands apart in Sage."""
    assert vat("FR 83 404833048") == ("FR", "83404833048")
    assert vat("136695976") == ("", "136695976")
    assert [taxation(country, "") for country in ("DE", "GR", "CH", "GB")] == [1, 3, 5, 5]
    assert taxation("NL", "004495445B01") == 2


@given(st.text("abcdefg ", max_size=100))
def test_a_long_name_loses_nothing_but_blanks(name: str) -> None:
    """Two lines of fifty characters hold a hundred."""
    first, second = split_name(name)
    assert len(first) <= 50
    assert len(second) <= 50
    assert (first + second).replace(" ", "") == name.replace(" ", "")
