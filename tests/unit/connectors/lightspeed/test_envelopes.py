"""What the shop writes in many ways means one thing to us (`lightspeed-ecom.md` 1.2, 1.6)."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.lightspeed.envelopes import asked, decoded, is_flag, moment, normal, one, told_error, wrapped
from exchange.connectors.lightspeed.errors import Unreadable
from exchange.connectors.lightspeed.resources import RESOURCES, is_money
from exchange.sandbox.shop.kinds import KINDS

#: All fields that were ever seen in a body of the real shop.
SEEN = json.loads((Path(__file__).parents[2] / "sandbox" / "shop" / "fields.json").read_text("utf-8"))
FIELDS = {name for _, names in SEEN.values() for name in names.split()}


@pytest.mark.parametrize(
    ("name", "given_", "meant"),
    [
        ("brand", False, None),
        ("title", "", None),
        ("hs", None, None),
        ("isVisible", False, False),
        ("hasMatrix", True, True),
        ("doNotifyNew", False, False),
        ("paymentIsPost", False, False),
        ("newsletterSubscribed", False, False),
        ("domain", False, None),
        ("island", False, None),
        ("priceIncl", 12, Decimal(12)),
        ("priceIncl", "29.00", Decimal("29.00")),
        ("weightValue", "0.000", Decimal("0.000")),
        ("weight", 250, 250),
        ("articleCode", "0012", "0012"),
        ("zipcode", "01067", "01067"),
        ("quantity", 0, 0),
        ("createdAt", "2026-06-02T10:24:43+02:00", datetime(2026, 6, 2, 8, 24, 43, tzinfo=UTC)),
        ("startDate", "2026-06-02", "2026-06-02"),
        ("product", {"resource": {"id": 123, "url": "products/123", "link": "x"}}, 123),
        ("variants", {"resource": {"id": False, "url": "variants?product=1", "link": "x"}}, None),
        ("customer", {"resource": {"id": 1, "embedded": {"id": 1, "memo": ""}}}, {"id": 1, "memo": None}),
        ("products", {"resource": {"id": False, "embedded": [{"id": 1, "ean": ""}]}}, [{"id": 1, "ean": None}]),
        ("products", {"resource": False}, None),
        ("language", {"id": 4, "code": "de"}, {"id": 4, "code": "de"}),
        ("taxRates", [{"rate": Decimal("0.19"), "amount": 1}], [{"rate": Decimal("0.19"), "amount": Decimal(1)}]),
        ("path", ["12", "7"], ["12", "7"]),
    ],
)
def test_a_value_means_one_thing_however_it_is_written(name: str, given_: Any, meant: Any) -> None:
    value = normal({name: given_})[name]
    assert value == meant
    assert type(value) is type(meant)


def test_all_money_that_was_ever_seen_is_known_as_money() -> None:
    sums = {name for name in FIELDS if re.search("price|cost|amount|Excl$|Incl$|Above$", name, re.IGNORECASE)}
    assert {name for name in sums if not is_money(name)} == {"additionalcost"}  # a link
    assert {name for name in FIELDS - sums if is_money(name)} == set()


def test_what_is_false_is_either_a_flag_or_empty() -> None:
    """As the stand-in shop has it, whose own table was made apart."""
    defaults = [(name, field.default) for kind in KINDS.values() for name, field in kind.fields.items()]
    assert {name for name, default in defaults if default is True and not is_flag(name)} == set()
    false = {name for name, default in defaults if default is False}
    assert {"image", "set", "gender", "birthDate", "matrix", "brand", "referralId"} <= {
        name for name in false if not is_flag(name)
    }
    assert {name for name in FIELDS if is_flag(name) and is_money(name)} == set()


@pytest.mark.parametrize("text", ["2026-06-02T10:24:43", "2026-06-02", "yesterday"])
def test_a_moment_that_could_be_any_hour_is_not_believed(text: str) -> None:
    with pytest.raises(Unreadable):
        moment(text)


def test_money_that_is_no_number_is_not_believed() -> None:
    with pytest.raises(Unreadable, match="priceIncl"):
        normal({"priceIncl": "free"})


def test_numbers_are_read_exactly() -> None:
    assert decoded(b'{"a": 0.1, "b": 11.9000, "c": 12, "d": 1e-3}') == {
        "a": Decimal("0.1"), "b": Decimal("11.9000"), "c": 12, "d": Decimal("0.001"),
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decoded(body)


@given(st.binary(max_size=60))
def test_no_bytes_do_harm(body: bytes) -> None:
    try:
        content = decoded(body)
        told_error(content)
        one(RESOURCES["product"], content)
    except Unreadable:
        pass


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"error": {"code": 404, "message": "Not found."}}, (404, "Not found.")),
        ({"error": {"code": "422", "message": "No", "errors": {"sku": "too long"}}}, (422, "No: sku: too long")),
        ({"error": "No"}, (0, "No")),
        ({"error": {}}, None),
        ({"error": {"code": 500}}, (500, "no message")),
        ({"product": {}}, None),
        ([], None),
    ],
)  # fmt: skip
def test_an_error_is_told_in_many_ways(content: Any, error: Any) -> None:
    assert told_error(content) == error


def test_a_body_is_wrapped_links_are_numbers_and_codes_stay_text() -> None:
    body = {"product": "34", "tax": 5, "sku": "0012", "ean": "4012345678901", "title": "Tür"}
    assert json.loads(wrapped(RESOURCES["variant"], body, new=True)) == {
        "variant": {"product": 34, "tax": 5, "sku": "0012", "ean": "4012345678901", "title": "Tür"}
    }
    assert json.loads(wrapped(RESOURCES["checkout"], {"mode": "guest"}, new=True)) == {"mode": "guest"}
    assert json.loads(wrapped(RESOURCES["location"], {}, new=True)) == {"locations": {}}
    assert json.loads(wrapped(RESOURCES["location"], {})) == {"location": {}}


def test_only_what_json_can_say_is_sent() -> None:
    assert json.loads(wrapped(RESOURCES["order"], {"at": datetime(2026, 1, 2, tzinfo=UTC)})) == {
        "order": {"at": "2026-01-02T00:00:00+00:00"}
    }
    with pytest.raises(TypeError):
        wrapped(RESOURCES["order"], {"x": {1, 2}})


@given(st.decimals(-(10**20), 10**20, places=4))
def test_money_is_sent_to_the_last_digit(amount: Decimal) -> None:
    body = json.loads(wrapped(RESOURCES["variant"], {"priceIncl": amount}), parse_float=Decimal, parse_int=Decimal)
    assert Decimal(body["variant"]["priceIncl"]) == amount


def test_filters_are_in_utc() -> None:
    assert asked(datetime.fromisoformat("2026-06-02T10:24:43+02:00")) == "2026-06-02 08:24:43"
    assert asked(12) == "12"
    assert asked(date(2026, 6, 2)) == "2026-06-02"
