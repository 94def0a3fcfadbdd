"""Orders and customers out of the shop: all of them, each once, as the shop wrote them; whenever the pull ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed.catalog import catalog
from exchange.connectors.lightspeed.errors import Spent, Unavailable, Unreadable
from exchange.connectors.lightspeed.pull import Pulled, Watermark, pull
from exchange.pipeline.check import Checker
from exchange.registry import build
from exchange.sandbox.shop import Shop
from exchange.sandbox.shop.faults import Fault
from tests.unit.connectors.lightspeed.scripted import Time, client_of, rate, says, scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running

REGISTRY = build()
OVERLAP = timedelta(minutes=10)
PERSON = {"email": "erika@muster.example", "firstname": "Erika", "lastname": "Muster"}
ADDRESS = {"name": "Erika Muster", "address1": "Weg", "number": "1", "zipcode": "01067", "city": "Dresden"}


class Desk:
    """A shop that sells a cup, and who pulls its orders."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.shop = running.shop
        self.shop.windows.limits = (10_000, 10_000, 10_000)
        self.folder = folder
        self.time = Time(datetime.now(UTC))
        self.client = client_of(running.url, self.time, key=running.key, secret=running.secret)
        self.watermark = Watermark()
        self.files = 0
        product = self.client.create("product", {"title": "Becher"})["id"]
        (variant,) = self.client.list("variant", product=product)
        self.variant = variant["id"]
        self.client.update("variant", str(self.variant), {"articleCode": "B-1", "title": "Rot", "priceIncl": "11.90"})

    def order(self) -> str:
        """Somebody buys; the number of the order."""
        client = self.client
        begun = {"mode": "guest", "customer": PERSON, "billing_address": {**ADDRESS, "country": "de"}}
        number = str(client.create("checkout", begun)["id"])
        client.create("checkout_product", {"variant_id": self.variant, "quantity": 2}, number)
        method = next(client.list("checkout_shipment_method", number))["id"]
        client.update("checkout", number, {"shipment_method": {"id": method}})
        client.update("checkout", number, {"payment_method": {"id": "invoice"}, "terms": 1})
        placed = client.create("checkout_order", {}, number)["order_id"]
        return str(client.get("order", str(placed))["number"])

    def pull(self, what: Any = "orders") -> Pulled:
        """What came lies in the next file; the watermark goes through text, as in the ledger."""
        self.files += 1
        found = pull(self.client, what, self.watermark, self.file, overlap=OVERLAP)
        self.watermark = Watermark.from_text(found.watermark.as_text())
        return found

    @property
    def file(self) -> Path:
        return self.folder / f"pulled{self.files}.json"

    def orders(self) -> list[str]:
        """The numbers of the orders that the last pull brought, by the profile that the import reads with."""
        if not self.file.exists():
            return []
        return [each.number for each in self.records("lightspeed_order_json")]

    def records(self, profile: str) -> list[Any]:
        """What the last pull brought, as the pipeline reads and checks it."""
        declared = REGISTRY.profiles[profile]
        module, layout = REGISTRY.modules[declared.module], REGISTRY.layout(declared)
        job = SimpleNamespace(profile=declared, module=module, options=module.options(), layout=layout)
        checker = Checker(SimpleNamespace(**vars(job), report=None, lookup=None, progress=None))  # type: ignore[arg-type]
        raws = REGISTRY.codecs["json"].read(self.file, layout)
        return [checker.record(raw) for raw in raws]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Shop(tmp_path_factory.mktemp("shop") / "shop.db").serve() as served:
        yield served


@pytest.fixture
def desk(running: Running, tmp_path: Path) -> Iterator[Desk]:
    """The shop as new."""
    running.shop.clock.shift = timedelta()
    running.shop.reset()
    made = Desk(running, tmp_path)
    yield made
    made.client.close()


def test_an_order_stands_in_the_file_as_the_shop_wrote_it(desk: Desk) -> None:
    number = desk.order()
    assert desk.pull().number == 1
    assert desk.orders() == [number]
    (order,) = desk.client.list("order", number=number)
    text = desk.client.answer("order", str(order["id"])).text
    assert text in desk.file.read_bytes()
    (record,) = desk.records("lightspeed_order_json")
    assert (record.email, record.total_incl) == ("erika@muster.example", order["priceIncl"])
    assert [each.article_number for each in record.lines] == ["B-1"]


def test_nothing_comes_twice_and_what_changes_comes_again(desk: Desk) -> None:
    first, second = desk.order(), desk.order()
    assert desk.pull().number == 2
    assert (desk.pull().number, desk.file.exists()) == (0, False)
    desk.shop.clock.turn(60)
    (order,) = desk.client.list("order", number=second)
    desk.client.update("order", str(order["id"]), {"paymentStatus": "paid"})
    desk.pull()
    assert desk.orders() == [second]
    assert first not in desk.orders()


def test_without_orders_there_is_no_file_and_the_watermark_stays(desk: Desk) -> None:
    desk.watermark = Watermark(datetime(2026, 1, 1, tzinfo=UTC))
    assert desk.pull() == Pulled(0, Watermark(datetime(2026, 1, 1, tzinfo=UTC)))
    assert list(desk.folder.glob("pulled*")) == []


def test_an_order_that_shows_up_late_is_found_within_the_overlap(desk: Desk) -> None:
    desk.order()
    desk.pull()
    desk.shop.clock.turn(-540)
    late = desk.order()
    desk.shop.clock.turn(-120)
    desk.order()  # eleven minutes before: nobody looks there any more
    desk.pull()
    assert desk.orders() == [late]


def test_the_oldest_change_comes_first(desk: Desk) -> None:
    first, second, third = desk.order(), desk.order(), desk.order()
    for number in (second, first):
        desk.shop.clock.turn(60)
        (order,) = desk.client.list("order", number=number)
        desk.client.update("order", str(order["id"]), {"memo": "x"})
    desk.pull()
    assert desk.orders() == [third, second, first]


def test_a_pull_that_runs_out_of_calls_goes_on_where_it_ended(desk: Desk) -> None:
    numbers = [desk.order() for _ in range(4)]
    desk.shop.clock.turn(-(desk.shop.clock.now().timestamp() % 300) + 1)
    desk.time.at = desk.shop.clock.now().astimezone(UTC)
    desk.shop.windows.limits = (4, 10_000, 10_000)  # two of them are for the list and the first order
    desk.shop.windows.reset()
    desk.client.count("product")
    found = desk.pull()
    assert (found.number, found.left) == (2, 2)
    assert found.next_at is not None
    assert desk.time.now() < found.next_at <= desk.time.now() + timedelta(seconds=300)
    came = desk.orders()
    desk.shop.windows.limits = (10_000, 10_000, 10_000)
    desk.time.at = found.next_at
    assert desk.pull().number == 2
    assert came + desk.orders() == numbers


def test_a_shop_that_goes_away_keeps_nothing_of_what_came(desk: Desk) -> None:
    numbers = [desk.order() for _ in range(3)]
    desk.shop.faults.add(Fault("502", "GET", r"orders/\d+", times=9, skip=1))
    found = desk.pull()
    assert (found.number, found.left, found.next_at) == (1, 2, None)
    assert "status 502" in found.reason
    came = desk.orders()
    desk.shop.faults.clear()
    desk.pull()
    assert came + desk.orders() == numbers


@pytest.mark.parametrize("where", ["orders", r"orders/\d+"])
def test_where_nothing_came_there_is_an_error_and_no_file(desk: Desk, where: str) -> None:
    desk.order()
    desk.shop.faults.add(Fault("502", "GET", where, times=9))
    with pytest.raises(Unavailable):
        desk.pull()
    assert list(desk.folder.glob("pulled*")) == []
    assert desk.client.calls.urgent is False


def test_an_order_that_is_only_in_the_list_comes_when_it_is_there(desk: Desk) -> None:
    desk.order()
    missing, last = desk.order(), desk.order()
    (order,) = desk.client.list("order", number=missing)
    desk.shop.faults.add(Fault("late", "GET", f"orders/{order['id']}", times=20))
    found = desk.pull()
    assert (found.number, found.left) == (2, 0)
    assert desk.orders()[-1] == last
    desk.shop.faults.clear()
    assert desk.pull().number == 1
    assert desk.orders() == [missing]
    assert desk.pull().number == 0


def test_an_order_that_never_comes_is_given_up_after_a_day(desk: Desk) -> None:
    (gone,) = desk.client.list("order", number=desk.order())
    desk.shop.faults.add(Fault("late", "GET", f"orders/{gone['id']}", times=10_000))
    desk.pull()
    assert desk.watermark.missed.keys() == {str(gone["id"])}
    desk.shop.clock.turn(90_000)
    desk.order()
    assert desk.pull().number == 1
    assert desk.watermark.missed == {}


def test_a_file_that_is_not_finished_is_not_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses Ctrl-C within the second order."""
    desk.order(), desk.order()
    answer, calls = desk.client.answer, []

    def pressed(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return answer(*arguments)

    monkeypatch.setattr(desk.client, "answer", pressed)
    with pytest.raises(KeyboardInterrupt):
        desk.pull()
    assert list(desk.folder.glob("pulled*")) == []


def test_customers_come_with_their_groups_and_metafields(desk: Desk) -> None:
    client = desk.client
    erika = client.create("customer", {**PERSON, "companyName": "Muster GmbH", "isCompany": True})["id"]
    client.create("customer", {**PERSON, "email": "max@muster.example", "firstname": "Max"})
    group = client.create("group", {"title": "Händler"})["id"]
    client.create("group_customer", {"group": group, "customer": erika})
    client.create("customer_metafield", {"key": "sage_customer_number", "value": "D100001"}, str(erika))
    assert desk.pull("customers").number == 2
    first, second = desk.records("lightspeed_customer_json")
    assert (first.customer_number, [each.title for each in first.groups]) == ("D100001", ["Händler"])
    assert (second.first_name, second.customer_number, second.groups) == ("Max", "", ())


def test_many_memberships_are_asked_for_customer_by_customer(desk: Desk) -> None:
    """One customer changed, 300 are in groups: one call for him is less than two for all."""
    client, store = desk.client, desk.shop.store
    group = client.create("group", {"title": "Händler"})["id"]
    with store.change():
        for number in range(300):
            store.add("groups/customers", {"group": group, "customer": 5_000_000 + number})
    customer = client.create("customer", PERSON)["id"]
    client.create("group_customer", {"group": group, "customer": customer})
    desk.shop.calls.clear()
    desk.pull("customers")
    (record,) = desk.records("lightspeed_customer_json")
    assert [each.title for each in record.groups] == ["Händler"]
    asked = [each["query"] for each in desk.shop.calls if each["path"] == "groups/customers"]
    assert asked == [{"limit": "250", "customer": str(customer), "page": "1"}]


def test_a_customer_who_was_deleted_meanwhile_is_left_out(desk: Desk) -> None:
    gone = desk.client.create("customer", PERSON)["id"]
    desk.client.create("customer", {**PERSON, "email": "max@muster.example"})
    desk.shop.faults.add(Fault("late", "GET", f"customers/{gone}", times=5))
    assert desk.pull("customers").number == 1
    assert desk.watermark.missed == {}


def link(**resource: Any) -> dict[str, Any]:
    return {"resource": {"url": "x", "link": "x", "id": False, **resource}}


def listed(*ids: int) -> Any:
    rows = [{"id": number, "updatedAt": "2026-11-23T09:00:00+01:00"} for number in ids]
    return says({"orders": rows})


def test_what_is_not_in_an_order_is_put_into_it_and_no_number_changes(tmp_path: Path) -> None:
    links = json.dumps({"products": link(), "customer": link(id=3)})
    order = '{"order": {"id": 7, "priceIncl": 50.350, ' + links[1:] + "}"
    with scripted() as server, client_of(server.url) as client:
        server.then(
            listed(7),
            says(order),
            says('{"orderProducts": [{"id": 1, "priceIncl": 11.9000, "taxRate": 1.9e-1}]}'),
            says({"customer": {"id": 3, "type": "guest"}}),
        )
        pull(client, "orders", Watermark(), tmp_path / "orders.json", overlap=OVERLAP)
        assert [each.path.partition("?")[0] for each in server.requests] == [
            "/de/orders.json",
            "/de/orders/7.json",
            "/de/orders/7/products.json",
            "/de/customers/3.json",
        ]
    text = (tmp_path / "orders.json").read_text("utf-8")
    (envelope,) = json.loads(text, parse_float=Decimal)["orders"]
    assert envelope["order"]["products"]["resource"]["embedded"] == [
        {"id": 1, "priceIncl": Decimal("11.9000"), "taxRate": Decimal("0.19")}
    ]
    assert envelope["order"]["customer"]["resource"]["embedded"]["type"] == "guest"
    assert "50.350" in text
    assert "11.9000" in text


def test_an_order_in_an_array_is_taken_out_of_it(tmp_path: Path) -> None:
    inner = {"order": {"id": 7, "number": "ORD1", "products": link(embedded=[{"id": 1}]), "customer": False}}
    with scripted() as server, client_of(server.url) as client:
        server.then(listed(7), says([inner]))
        pull(client, "orders", Watermark(), tmp_path / "orders.json", overlap=OVERLAP)
    assert json.loads((tmp_path / "orders.json").read_text("utf-8")) == {"orders": [inner]}


def test_moments_are_asked_for_in_utc_and_taken_from_the_shop(tmp_path: Path) -> None:
    since = Watermark(datetime.fromisoformat("2026-11-23T10:00:00+01:00"))
    with scripted() as server, client_of(server.url) as client:
        server.then(listed())
        pull(client, "orders", since, tmp_path / "orders.json", overlap=OVERLAP)
        assert "updated_at_min=2026-11-23+08%3A50%3A00" in server.requests[0].path


def test_a_list_that_does_not_say_when_is_of_no_use(tmp_path: Path) -> None:
    with scripted() as server, client_of(server.url) as client:
        server.then(says({"orders": [{"id": 7, "updatedAt": None}]}))
        with pytest.raises(Unreadable):
            pull(client, "orders", Watermark(), tmp_path / "orders.json", overlap=OVERLAP)


def test_a_pull_may_use_the_rest_of_the_budget(tmp_path: Path) -> None:
    with scripted() as server, client_of(server.url) as client:
        server.then(says({"count": 0}, headers=rate("20/2000/9000")), listed())
        client.count("product")
        with pytest.raises(Spent):
            client.count("product")
        assert pull(client, "orders", Watermark(), tmp_path / "orders.json", overlap=OVERLAP).number == 0


def test_the_catalog_tells_products_with_their_variants(desk: Desk) -> None:
    desk.client.create("variant", {"product": int(next(desk.client.list("product"))["id"]), "title": "Blau"})
    (product,) = catalog(desk.client)
    assert product.title == "Becher"
    assert [(each.article_code, each.title, each.is_default) for each in product.variants] == [
        ("B-1", "Rot", True),
        ("", "Blau", False),
    ]
