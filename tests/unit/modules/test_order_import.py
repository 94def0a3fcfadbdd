"""Orders of the shop: what their tax says about where they go, and what is paid by gift card."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.finding import Severity
from exchange.modules.order_import import MODULE, OrderOptions, example

if TYPE_CHECKING:
    from exchange.records.order import Order

FREE = Decimal(0)


def going(country: str, vat_number: str, rate: str) -> Order:
    """The example, going elsewhere, at another rate of tax on everything."""
    order, factor = example(), 1 + Decimal(rate) / 100
    (line,) = order.lines
    net = line.total_excl or FREE
    values: dict[str, Any] = {
        "shipping_incl": (order.shipping_excl or FREE) * factor,
        "shipping_tax_rate": Decimal(rate),
        "total_incl": (order.total_excl or FREE) * factor,
        "delivery_country": country,
        "vat_number": vat_number,
        "taxes": (),
    }
    return order._replace(lines=(line._replace(total_incl=net * factor, tax_rate=Decimal(rate)),), **values)


def told(order: Order, **options: Any) -> list[tuple[str, Severity]]:
    """What the rule about taxation says."""
    (check,) = {rule.check for rule in MODULE.rules if rule.kinds[0].code == "order_import.bad_vat_number"}
    return [(each.code, each.severity) for each in check(order, OrderOptions(**options))]


@pytest.mark.parametrize(
    ("country", "vat_number", "rate", "code"),
    [
        ("DE", "", "19", ""),
        ("DE", "", "0", ""),
        ("AT", "ATU13585627", "0", ""),
        ("AT", "U13585627", "0", ""),
        ("AT", "ATU13585628", "0", "bad_vat_number"),
        ("AT", "", "0", "tax_free_without_vat_number"),
        ("AT", "DE136695976", "0", "tax_free_without_vat_number"),
        ("AT", "", "20", ""),
        ("AT", "", "19", ""),
        ("AT", "ATU13585627", "20", "taxed_delivery"),
        ("CH", "", "0", ""),
        ("CH", "", "8.1", ""),
        ("CH", "", "19", "taxed_delivery"),
        ("GB", "XI110305878", "0", ""),
        ("GB", "XI110305878", "19", "taxed_delivery"),
    ],
)
def test_tax_and_destination_have_to_fit(country: str, vat_number: str, rate: str, code: str) -> None:
    """What is free of tax without a reason is held; what is taxed without need is booked as paid, and told."""
    severity = Severity.WARNING if code == "taxed_delivery" else Severity.HOLD
    assert told(going(country, vat_number, rate)) == ([(f"order_import.{code}", severity)] if code else [])


def test_where_neither_rates_nor_sums_tell_nothing_is_said() -> None:
    """An order by a file may know net amounts only; with both sums, they tell."""
    order = going("AT", "ATU13585627", "20")
    bare = order._replace(lines=tuple(line._replace(tax_rate=None) for line in order.lines))
    assert told(bare) == [("order_import.taxed_delivery", Severity.WARNING)]
    assert told(bare._replace(total_incl=None)) == []


def test_a_small_business_charges_no_tax_at_all() -> None:
    """Where the setting says so, deliveries within the EU need no VAT number; a wrong one is told all the same."""
    assert told(going("AT", "", "0"), tax_free=True) == []
    assert told(going("AT", "ATU13585628", "0"), tax_free=True) == [("order_import.bad_vat_number", Severity.HOLD)]


def test_a_gift_card_is_told_with_what_it_pays() -> None:
    (check,) = {rule.check for rule in MODULE.rules if rule.kinds[0].code == "order_import.gift_card"}
    (finding,) = check(example()._replace(gift_card=Decimal("10.00")), OrderOptions())
    assert finding.severity is Severity.WARNING
    assert "10.00 der Summe 24.90" in finding.message("de")
    assert list(check(example(), OrderOptions())) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("", ""),
        ("processing_awaiting_shipment", ""),
        ("Cancelled", "order_import.cancelled"),
        (" storniert ", "order_import.cancelled"),
        ("on_hold", "order_import.waiting"),
    ],
)
def test_cancelled_orders_are_held_and_those_that_are_to_wait(status: str, code: str) -> None:
    (check,) = {rule.check for rule in MODULE.rules if rule.kinds[0].code == "order_import.cancelled"}
    found = [*check(example()._replace(status=status), OrderOptions(waiting_statuses=("On_Hold",)))]
    assert [(each.code, each.severity) for each in found] == ([(code, Severity.HOLD)] if code else [])
    if code != "order_import.cancelled":
        assert list(check(example()._replace(status=status), OrderOptions())) == []
