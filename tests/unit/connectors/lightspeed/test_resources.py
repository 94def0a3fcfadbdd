"""Every resource of the table, in every way that it offers, at the stand-in shop, whose own table was made apart."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from exchange.connectors.lightspeed.errors import NotFound
from exchange.connectors.lightspeed.resources import RESOURCES
from exchange.errors import FatalError
from exchange.sandbox.shop import Shop
from tests.unit.connectors.lightspeed.scripted import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from exchange.connectors.lightspeed.client import LightspeedClient

Body = dict[str, Any]
PERSON = {"email": "erika@muster.example", "firstname": "Erika", "lastname": "Muster"}
ADDRESS = {"name": "Erika Muster", "address1": "Weg", "number": "1", "zipcode": "01067", "city": "Dresden"}
#: A picture of one point.
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
IMAGE = {"attachment": GIF, "filename": "point.gif"}


class World:
    """A shop with one of each, made when it is first asked for."""

    def __init__(self, client: LightspeedClient) -> None:
        self.client = client
        self.ids: dict[str, str] = {}

    def id(self, resource: str) -> str:
        """Of the one thing of a resource."""
        if resource not in self.ids:
            made = _MADE_BY.get(resource, _made)
            self.ids[resource] = str(made(self, resource))
        return self.ids[resource]

    def owner(self, resource: str) -> str:
        """The id of what a resource lives under."""
        return self.id(resource.rpartition("_")[0]) if RESOURCES[resource].nested else ""

    def order(self) -> str:
        """Through the checkout, as a guest."""
        client = self.client
        begun = {"mode": "guest", "customer": PERSON, "billing_address": {**ADDRESS, "country": "de"}}
        number = str(client.create("checkout", begun)["id"])
        client.create("checkout_product", {"variant_id": int(self.id("variant")), "quantity": 2}, number)
        shipment = next(client.list("checkout_shipment_method", number))
        assert isinstance(shipment["price_incl"], Decimal)
        client.update("checkout", number, {"shipment_method": {"id": shipment["id"]}})
        payments = {row["id"] for row in client.list("checkout_payment_method", number)}
        assert "invoice" in payments
        client.update("checkout", number, {"payment_method": {"id": "invoice"}, "terms": 1})
        assert client.get("checkout_validation", owner=number)["validated"] is True
        return str(client.create("checkout_order", {}, number)["order_id"])


def _made(world: World, resource: str) -> Any:
    return world.client.create(resource, NEW[resource].body(world), world.owner(resource))["id"]


def _default_variant(world: World, _resource: str) -> Any:
    (variant,) = world.client.list("variant", product=world.id("product"))
    world.client.update("variant", str(variant["id"]), {"articleCode": "B-1", "title": "Rot", "priceIncl": "11.90"})
    world.client.update("variant", str(variant["id"]), {"stockTracking": "enabled", "stockLevel": 9})
    return variant["id"]


def _of_order(world: World, resource: str) -> Any:
    return next(world.client.list(resource, order=world.id("order")))["id"]


_MADE_BY: dict[str, Any] = {
    "variant": _default_variant,
    "order": lambda world, _: world.order(),
    "invoice": _of_order,
    "shipment": _of_order,
    "shippingmethod": lambda world, _: next(world.client.list("shippingmethod"))["id"],
}


class New(NamedTuple):
    """How a thing is made, and what is changed of it then."""

    body: Callable[[World], Body]
    change: Body


def _of(change: Body | None = None, **body: Any) -> New:
    return New(lambda _: body, change or {})


def _links(*names: str, change: Body | None = None, **body: Any) -> New:
    return New(lambda world: {name: world.id(name) for name in names} | body, change or {})


_METAFIELD = _of({"value": "D2"}, key="sage_number", value="D1")
NEW: Mapping[str, New] = {
    "product": _of({"title": "Krug"}, title="Becher"),
    "product_image": _of({"sortOrder": 7}, **IMAGE),
    "product_relation": New(lambda world: {"relatedProduct": other_product(world)}, {"sortOrder": 3}),
    "product_metafield": _METAFIELD,
    "product_filtervalue": New(
        lambda world: {"filter": world.id("filter"), "filtervalue": world.id("filter_value")}, {}
    ),
    "variant": _links("product", change={"title": "Grün"}, title="Blau"),
    "variant_image": _of(**IMAGE),
    "variant_metafield": _METAFIELD,
    "set": _of({"name": "Größen"}, name="Größe", options=[]),
    "type": _of({"title": "Gläser"}, title="Glas"),
    "attribute": _of({"title": "Inhalte"}, title="Inhalt", defaultValue="1 l"),
    "type_attribute": _links("type", "attribute"),
    "filter": _of({"title": "Farben"}, title="Farbe"),
    "filter_value": _of({"title": "blau"}, title="rot"),
    "brand": _of({"title": "Adler"}, title="Falke"),
    "brand_image": _of(**IMAGE),
    "supplier": _of({"title": "Nord"}, title="Süd"),
    "deliverydate": _of({"name": "zwei Tage"}, name="ein Tag"),
    "tag": _of({"title": "alt"}, title="neu"),
    "tag_product": _links("tag", "product"),
    "category": _of({"title": "Gläser"}, title="Glas"),
    "category_image": _of(**IMAGE),
    "category_product": _links("category", "product"),
    "file": _of(**IMAGE),
    "tax": _of({"title": "MwSt"}, rate=Decimal("0.07"), title="USt"),
    "tax_override": _of({"rate": Decimal("0.2")}, rate=Decimal("0.1"), country="at"),
    "quantity_discount": _links("product", change={"quantity": 20}, quantity=10, price=Decimal("9.99")),
    "discount": _of({"code": "B"}, code="A", type="percentage", discount=10, startDate="2026-11-01"),
    "discountrule": _of({"title": "B"}, title="A", type="get_x_discount_in_y_categories"),
    "group": _of({"title": "Handel"}, title="Händler"),
    "group_customer": _links("group", "customer"),
    "customer": _of({"lastname": "Meier"}, **PERSON),
    "customer_metafield": _METAFIELD,
    "order_metafield": _METAFIELD,
    "order_customstatus": _of({"title": "fertig"}, title="in Sage", color="#00ff00"),
    "invoice_metafield": _METAFIELD,
    "shipment_metafield": _METAFIELD,
    "redirect": _of({"target": "c"}, url="a", target="b"),
    "location": _of({"title": "Lager"}, title="Laden"),
    "webhook": _of(
        {"isActive": False},
        itemGroup="orders", itemAction="created", language="de", format="json", address="http://127.0.0.1:9/x",
    ),
}  # fmt: skip

#: Offered by the real shop for all we know, not by the stand-in.
ELSEWHERE = {
    "metafield", "shop_metafield", "product_attribute", "quote", "quote_product", "quote_shippingmethod",
    "quote_paymentmethod", "return",
}  # fmt: skip
#: Their own tests are below, or in `World.order`.
OTHERS = {
    "customer_token", "customer_login", "order_credit", "quote_convert", "checkout", "checkout_product",
    "checkout_shipment_method", "checkout_payment_method", "checkout_validation", "checkout_order", "catalog",
    "country", "account_permission",
}  # fmt: skip
SINGLE = {name for name, each in RESOURCES.items() if each.single and "P" not in each.verbs}
LISTED = sorted(
    name for name, each in RESOURCES.items() if "L" in each.verbs and name not in ELSEWHERE | OTHERS
)  # fmt: skip
CREATED = sorted(name for name, each in RESOURCES.items() if "P" in each.verbs and name not in ELSEWHERE | OTHERS)


def other_product(world: World) -> Any:
    return world.client.create("product", {"title": "Krug"})["id"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One shop for all of them: each makes what it needs."""
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop.db")
    shop.windows.limits = (100_000, 100_000, 100_000)
    with shop.serve() as running, client_of(running.url, key=running.key, secret=running.secret) as client:
        yield World(client)


def test_no_resource_is_forgotten() -> None:
    assert {*LISTED, *CREATED} | SINGLE | OTHERS | ELSEWHERE == set(RESOURCES)
    assert NEW.keys() == set(CREATED)


@pytest.mark.parametrize("resource", CREATED)
def test_a_thing_is_made_read_changed_and_taken_away(world: World, resource: str) -> None:
    where, client, owner = RESOURCES[resource], world.client, world.owner(resource)
    body = NEW[resource].body(world)
    made = client.create(resource, body, owner)
    shop_id = "" if where.single else str(made["id"])
    for name in where.links & body.keys():
        assert str(made[name]) == str(body[name])
    for name in body.keys() - where.links - {"attachment", "filename", "rate", "country", "options", "language"}:
        assert made[name] == body[name]
    if "G" in where.verbs:
        assert client.get(resource, shop_id, owner)["id"] == made["id"]
    change = NEW[resource].change
    assert bool(change) == ("U" in where.verbs and resource != "file")  # nothing of a file can be changed
    if change:
        changed = client.update(resource, shop_id, change, owner)
        assert {name: changed[name] for name in change} == change
        assert {name: client.get(resource, shop_id, owner)[name] for name in change} == change
    if "D" in where.verbs:
        client.delete(resource, shop_id, owner)
        if "G" in where.verbs:
            with pytest.raises(NotFound):
                client.get(resource, shop_id, owner)


@pytest.mark.parametrize("resource", LISTED)
def test_a_list_has_what_one_has_and_is_counted(world: World, resource: str) -> None:
    where, client, owner = RESOURCES[resource], world.client, world.owner(resource)
    if "P" in where.verbs:
        client.create(resource, NEW[resource].body(world), owner)
    else:
        world.id("order")
    rows = list(client.list(resource, owner))
    assert rows or resource == "review"  # customers write them
    assert len({row["id"] for row in rows}) == len(rows)
    if "C" in where.verbs:
        assert client.count(resource, owner) == len(rows)
    for row in rows[:1] if "G" in where.verbs else []:
        single = client.get(resource, str(row["id"]), owner)
        plain = {name: value for name, value in row.items() if not isinstance(single[name], dict | list)}
        assert {name: single[name] for name in plain} == plain


@pytest.mark.parametrize("resource", sorted({*LISTED, *CREATED}))
def test_every_value_is_of_its_kind(world: World, resource: str) -> None:
    """Money is Decimal, moments are aware, what is empty is None, links are numbers."""
    where, client, owner = RESOURCES[resource], world.client, world.owner(resource)
    rows = list(client.list(resource, owner)) if "L" in where.verbs else []
    for row in rows:
        for name, value in row.items():
            assert not isinstance(value, float)
            assert value != ""
            if name.endswith("At") and value is not None and resource != "discountrule":  # that one has plain days
                assert isinstance(value, datetime)
                assert value.utcoffset() is not None
            if name.endswith(("Excl", "Incl")):
                assert value is None or isinstance(value, Decimal)
            if name in where.links and value is not None:
                assert isinstance(value, int)


@pytest.mark.parametrize("resource", sorted(SINGLE - {"checkout_validation"}))
def test_what_there_is_one_of_is_read_without_an_id(world: World, resource: str) -> None:
    assert world.client.get(resource)


def test_the_rest_of_the_calls(world: World) -> None:
    client, customer = world.client, world.id("customer")
    assert client.create("customer_token", {"returnUrl": "/x"}, customer)["redirectUrl"]
    assert client.create("customer_login", {"password": "wrong"}, customer)["loggedin"] is False
    line = next(client.list("order_product", world.id("order")))
    credit = {"creditShipment": False, "orderProducts": [{"id": line["id"], "quantity": 1}]}
    number = client.create("order_credit", credit, world.id("order"))["id"]
    assert client.get("invoice", str(number))["isCreditNote"] is True
    assert {row["resource"] for row in client.list("account_permission")} >= {"products", "orders"}
    assert {row["code"] for row in client.list("country")} >= {"de", "at"}
    assert client.languages() == {"de", "en", "nl"}
    assert client.count("checkout") == len(list(client.list("checkout")))
    client.ratelimit()
    assert list(client.calls.budget.limits) == [100_000, 100_000, 100_000]


@pytest.mark.parametrize("resource", sorted(name for name, each in RESOURCES.items() if each.texts - {"url"}))
def test_texts_are_written_per_language(world: World, resource: str) -> None:
    if resource in ELSEWHERE:
        return
    where, client, owner = RESOURCES[resource], world.client, world.owner(resource)
    shop_id = str(client.create(resource, NEW[resource].body(world), owner)["id"])
    for field in where.texts - {"url"}:
        client.update(resource, shop_id, {field: "deutsch"}, owner)
        client.update(resource, shop_id, {field: "english"}, owner, language="en")
        assert client.get(resource, shop_id, owner)[field] == "deutsch"
        assert client.get(resource, shop_id, owner, language="en")[field] == "english"


@pytest.mark.parametrize("resource", sorted(name for name, each in RESOURCES.items() if each.filters))
def test_a_filter_leaves_out_what_it_should(world: World, resource: str) -> None:
    for name in RESOURCES[resource].filters - {"sku", "ean", "hs", "email", "number"}:
        assert list(world.client.list(resource, **{name: "99999999"})) == []


def test_ids_that_are_missing_or_too_much_are_a_mistake_of_ours(world: World) -> None:
    for act in (
        lambda: world.client.get("product_image", "1"),
        lambda: world.client.get("product", "1", owner="2"),
        lambda: world.client.get("shop", "1"),
    ):
        with pytest.raises((ValueError, FatalError)):
            act()


def test_an_id_cannot_lead_to_another_path(world: World) -> None:
    with pytest.raises(NotFound):
        world.client.get("product", "../shop")
