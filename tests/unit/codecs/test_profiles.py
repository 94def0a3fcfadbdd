"""The profiles that come with the program, against the real samples."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import exchange
from exchange.pipeline.check import Checker
from exchange.profile import Layout, load
from exchange.record import schema
from exchange.records.order import Order
from exchange.registry import build
from exchange.sandbox.orders import Buyer, Line, order
from tests.unit.codecs.cases import CODECS, SHIPPED, read, shipped

if TYPE_CHECKING:
    from collections.abc import Callable

LAYOUT = shipped("lightspeed_order_json")


class _Job:
    """As much of a job as the checker needs."""

    def __init__(self, profile: Any) -> None:
        registry = build()
        self.profile = profile
        self.module = registry.modules[profile.module]
        self.options = self.module.options()
        self.layout = registry.layout(profile)
        self.report = self.lookup = self.progress = None


@pytest.fixture
def orders(tmp_path: Path) -> Callable[[Any], list[Any]]:
    """The orders of a file with this content: as the shop's API answers, read and checked."""

    def make(content: Any) -> list[Any]:
        path = tmp_path / "orders.json"
        path.write_text(json.dumps(content), "utf-8")
        checker = Checker(_Job(SHIPPED["lightspeed_order_json"]))  # type: ignore[arg-type] # as much as is needed
        return [checker.record(raw) for raw in read(path, LAYOUT)]

    return make


def shop_order(number: str = "ORD00018") -> dict[str, Any]:
    """An order as the API gives it, with everything that the reference's sample has and this program reads."""
    made = order(
        number,
        Buyer(2026523, "Erika", "Muster", "erika@example.org", "Hauptstraße", "5", "01067", "Dresden", "Muster GmbH"),
        [
            Line("00200050", "Kaffeebecher blau", 2, Decimal("10.00")),
            Line("X1", "Buch", 1, Decimal("7.49"), Decimal(7)),
        ],
        at="2019-08-21T17:15:00+02:00",
    )
    return copy.deepcopy(made)


def test_every_shipped_profile_fits_its_module_and_a_codec() -> None:
    """Names of fields, formats, modules."""
    modules = build().modules
    profiles = load(Path(exchange.__file__).parent / "profiles")

    assert {"lightspeed_order_json", "sage_order_csv", "sage_order_xml"} <= {each.name for each in profiles}
    for profile in profiles:
        assert profile.format in CODECS
        assert profile.de
        assert profile.en
        Layout(profile, modules[profile.module].schema)


def test_an_order_of_the_shop_becomes_a_record(orders: Any) -> None:
    """Fractions become percent, `false` becomes nothing, addresses are joined."""
    body = shop_order()
    body["order"] |= {
        "gender": "female",
        "comment": "Bitte\nklingeln",
        "addressBillingExtension": "b",
        "discountCouponCode": "SOMMER",
    }
    (made,) = orders(body)

    assert isinstance(made, Order)
    assert made.number == "ORD00018"
    assert made.ordered_at == datetime(2019, 8, 21, 15, 15, tzinfo=UTC)
    assert (made.salutation, made.first_name, made.last_name) == ("Frau", "Erika", "Muster")
    assert (made.billing_street, made.billing_zip, made.billing_country) == ("Hauptstraße 5 b", "01067", "DE")
    assert (made.delivery_company, made.delivery_country) == ("Muster GmbH", "DE")
    assert (made.shipping_incl, made.shipping_tax_rate) == (Decimal("4.90"), Decimal(19))
    assert (made.coupon_code, made.comment) == ("SOMMER", "Bitte\nklingeln")
    assert [(line.article_number, line.quantity, line.tax_rate) for line in made.lines] == [
        ("00200050", Decimal(2), Decimal(19)),
        ("X1", Decimal(1), Decimal(7)),
    ]
    assert made.lines[0].unit_price_incl == Decimal("10.00")
    assert made.lines[0].total_incl == Decimal("20.00")
    assert {tax.rate for tax in made.taxes} == {Decimal(19), Decimal(7)}


def test_one_order_a_list_and_the_answer_of_the_list_are_the_same(orders: Any) -> None:
    """{"order": ...}, {"orders": [...]}, and lists with and without envelopes."""
    one, other = shop_order("A"), shop_order("B")

    assert [each.number for each in orders(one)] == ["A"]
    for content in ({"orders": [one["order"], other["order"]]}, [one, other], [one["order"], other["order"]]):
        assert [each.number for each in orders(content)] == ["A", "B"]
    assert orders({"orders": []}) == []


@pytest.mark.parametrize(
    ("codes", "expected"), [(("A", "S", "E"), "A"), (("", "S", "E"), "S"), ((None, False, "E"), "E")]
)
def test_the_article_number_is_the_first_that_the_shop_has(orders: Any, codes: tuple[Any, ...], expected: str) -> None:
    """Article code, then SKU, then EAN."""
    body = shop_order()
    line = body["order"]["products"]["resource"]["embedded"][0]
    line["articleCode"], line["sku"], line["ean"] = codes

    assert orders(body)[0].lines[0].article_number == expected


def test_what_the_shop_computes_with_floats_is_rounded(orders: Any) -> None:
    """Commercially, to the places of the field; residues such as 8.9e-16 are nothing."""
    body = shop_order()
    line = body["order"]["products"]["resource"]["embedded"][0]
    line["basePriceExcl"], line["discountExcl"] = 8.403361344537815, 8.8817841970013e-16

    made = orders(body)[0].lines[0]

    assert (made.unit_price_excl, made.discount_excl) == (Decimal("8.4034"), Decimal("0.00"))


@pytest.mark.parametrize(("kind", "guest"), [("guest", True), ("registered", False), (None, None)])
def test_who_ordered_as_a_guest_is_known_by_the_type_of_the_customer(orders: Any, kind: Any, guest: Any) -> None:
    """Where the shop embeds the customer."""
    body = shop_order()
    body["order"]["customer"] = {"resource": {"id": 7, "embedded": {"type": kind} if kind else False}}

    made = orders(body)[0]

    assert (made.guest, made.shop_customer_id) == (guest, "7")


def test_the_profiles_take_the_documented_fields_only() -> None:
    """A misspelt name stops the program, so every name here is one of the record."""
    assert set(SHIPPED["sage_order_csv"].fields) <= set(schema(Order).names)
    assert SHIPPED["sage_order_csv"].needs == ("customer_number", "lines.unit_price_incl")
    assert SHIPPED["sage_order_xml"].constants["ORDER_INFO.BRUTTO_KZ"] == "-1"
