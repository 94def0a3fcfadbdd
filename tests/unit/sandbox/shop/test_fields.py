"""The records of the stand-in shop against what is known of the real one (`lightspeed-ecom.md` 2, sample bodies)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.sandbox.shop.kinds import KINDS

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client

_HERE = Path(__file__).parent
FIELDS: dict[str, tuple[str, str]] = json.loads((_HERE / "fields.json").read_text("utf-8"))
#: What the sample bodies hold: fields by the shape of their value.
SHAPES: dict[str, dict[str, str]] = json.loads((_HERE / "shapes.json").read_text("utf-8"))
#: Nobody has seen their fields; and owners of metafields that have no path of their own.
UNKNOWN = {"redirects", "locations", "reviews", "brands/metafields", "categories/metafields"}


@pytest.mark.parametrize("path", FIELDS)
def test_the_fields_are_those_of_the_reference(path: str) -> None:
    """Lists out of the reference and its sample bodies, held apart from what the shop is made of."""
    one, names = FIELDS[path]
    kind = KINDS[path]
    shown = {"id", *(name for name, field in kind.fields.items() if field.role != "write")}
    assert kind.one == one
    assert shown | ({"createdAt", "updatedAt"} if kind.dated else set()) == set(names.split())


def test_no_resource_is_left_unchecked() -> None:
    assert set(KINDS) - set(FIELDS) == UNKNOWN


def test_every_link_leads_to_something_that_answers(client: Client) -> None:
    """Also the lists: what they filter by is a filter of that resource."""
    ids = {"products": client.product(priceIncl=10, articleCode="1")[0]}
    (variant,) = client.call("GET", f"variants.json?product={ids['products']}")["variants"]
    order = client.order(variant["id"])
    links = [*_links(variant), *_links(order), *_links(order["customer"]["resource"]["embedded"])]
    links += _links(client.call("GET", f"products/{ids['products']}.json")["product"])
    for name, link in links:
        if name in {"tickets", "login"}:  # what C-Series has beside the reference, and a call that is no list
            continue
        answer = client.http.request("GET", link, headers=client.headers)
        assert answer.status == 200, link


def _links(record: dict[str, Any]) -> list[tuple[str, str]]:
    found = ((name, each["resource"]) for name, each in record.items() if isinstance(each, dict) and "resource" in each)
    return [(name, resource["link"]) for name, resource in found]


def _shape(value: Any) -> str:
    """In the words of `shapes.json`."""
    if isinstance(value, dict):
        if "resource" in value:
            return "link" if value["resource"]["id"] else "list"
        kinds = {frozenset({"id", "code", "code3", "title"}): "country"}
        return {**kinds, frozenset({"id", "code", "locale", "title"}): "language"}.get(frozenset(value), "object")
    shapes = {True: "flag", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return shapes[value]
    return {str: "text", list: "rows"}.get(type(value), "number")


#: A flag may be either way; what is unset in one of two records may be set in the other.
_SAME = {("flag", "false"), ("false", "flag"), ("null", "text"), ("false", "text"), ("null", "number")}
_SAME |= {(shape, empty) for shape in ("link", "object", "text", "language") for empty in ("false", "null")}
_SAME |= {(empty, shape) for shape in ("link", "language") for empty in ("false", "null")}


@pytest.mark.parametrize("path", SHAPES)
def test_values_have_the_shapes_of_the_sample_bodies(client: Client, path: str) -> None:
    """Numbers that come as text, `false` for nothing, links, countries: as the samples have them."""
    record = _records(client)[path]
    wanted = {name: shape for shape, names in SHAPES[path].items() for name in names.split()}
    assert wanted.keys() - record.keys() == set()
    pairs = {name: (shape, _shape(record[name])) for name, shape in wanted.items()}
    assert {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and pair not in _SAME} == {}


def _records(client: Client) -> dict[str, Any]:
    """One of each of the sampled kinds."""
    choices = client.call("POST", "sets.json", {"set": {"name": "Farbe"}}, status=201)["set"]["id"]
    product, variant = client.product("Becher", priceIncl=10, articleCode="1")
    client.call("PUT", f"products/{product}.json", {"product": {"set": choices}})
    order = client.order(variant)
    (line,) = order["products"]["resource"]["embedded"]
    credit = {"credit": {"orderProducts": [{"id": line["id"], "quantity": 1}]}}
    note = client.call("POST", f"orders/{order['id']}/credit.json", credit, status=201)["invoice"]["id"]
    rule = {"discountRule": {"title": "Aktion", "type": "x", "startDate": "2026-08-21", "endDate": "2099-08-21"}}
    return {
        "products": client.call("GET", f"products/{product}.json")["product"],
        "variants": client.call("GET", f"variants/{variant}.json")["variant"],
        "customers": order["customer"]["resource"]["embedded"],
        "orders": order,
        "invoices": client.call("GET", f"invoices/{note}.json")["invoice"],
        "orders/products": line,
        "discountrules": client.call("POST", "discountrules.json", rule, status=201)["discountRule"],
    }
