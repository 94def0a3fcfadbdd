"""Orders that are made out of quotes: one each, whatever happens on the way."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed.gateway import Refused
from exchange.connectors.lightspeed.lease import Lease
from exchange.connectors.lightspeed.ours import ours
from exchange.connectors.lightspeed.send import Sender
from exchange.connectors.lightspeed.wishes import CLEAN, DIRTY, REFUSED
from exchange.settings import Settings
from exchange.shop import Part, Ref, variant
from exchange.trade.marks import mark
from tests.unit.connectors.lightspeed.fake_shop import FakeShop
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from exchange.shop import Delivered
    from tests.unit.connectors.lightspeed.wish_cases import Clock

NUMBER = "2026-10001"
NAME, ORDER = mark("VVA", NUMBER), f"order VVA-{NUMBER}"
LINES = {"A": (2, Decimal("6.90")), "B": (1, Decimal("21.00"))}


class QuotingShop(FakeShop):
    """A shop that makes orders out of quotes.

    Attributes:
        forgets: fields of a quote that it does not keep.
        price: what it takes for a piece instead of the price of a quote; None: that price.
        hidden: whether it does not list its orders yet.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.forgets: tuple[str, ...] = ()
        self.price: Decimal | None = None
        self.hidden = False

    def nested(self, resource: str) -> bool:
        return resource in ("quote_product", "quote_convert", "order_product") or super().nested(resource)

    def read(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Mapping[str, Any]]:
        rows = super().read(resource, owner, **filters)
        return [] if resource == "order" and self.hidden else rows

    def create(self, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if resource == "quote":
            body = {**body, **dict.fromkeys(self.forgets)}
        made = super().create(resource, owner, body)
        return self._order(owner) if resource == "quote_convert" else made

    def _order(self, quote: str) -> Mapping[str, Any]:
        return next(row for row in self.all("order") if str(row["quote"]) == quote)

    def add(self, resource: str, **fields: Any) -> dict[str, Any]:
        if resource != "quote_convert":
            return super().add(resource, **fields)
        quote = self.table("quote")[fields["owner"]]
        if quote.get("isLocked"):
            raise Refused("Quote is locked")
        quote["isLocked"] = True
        order = super().add("order", quote=quote["id"], comment=quote["comment"], memo=None)
        for row in [each for each in self.all("quote_product") if each["owner"] == fields["owner"]]:
            price = row["priceExcl"] if self.price is None else self.price
            told = {"variant": row["variant"], "quantityOrdered": row["quantity"], "basePriceExcl": price}
            told["articleCode"] = self.table("variant")[str(row["variant"])]["articleCode"]
            super().add("order_product", owner=str(order["id"]), **told)
        return order


class Exchange:
    """A ledger, a shop with a customer and two articles, and what brings the one into the other."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder)
        self.settings = Settings(root=folder, shop={"doubt_seconds": 0})  # type: ignore[arg-type]
        self.shop = QuotingShop(self.book.clock)
        self.shop.add("customer", email="einkauf@morgenrot.example", type="registered")
        for code in LINES:
            item = self.shop.add("product", title=code)
            self.shop.add("variant", product=item["id"], isDefault=True, articleCode=code)
            parts = (
                Part("product", code, {"title": code}),
                Part("variant", variant(code).key, {"articleCode": code}, Ref("product", code)),
            )
            self.book.say("products", {code: parts})
        assert self.deliver().waiting == 0
        self.shop.writes()

    def say(
        self, *, status: str = "processing_awaiting_shipment", lines: Mapping[str, Any] = LINES, number: str = NUMBER
    ) -> None:
        key, name = f"VVA-{number}", mark("VVA", number)
        quote = {
            "customer": Ref("customer", "D100001"),
            "comment": name,
            "allowNotifications": False,
            "shipmentTitle": "Versand",
            "paymentTitle": "Zahlung",
            "lines": [
                {"variant": variant(code), "quantity": pieces, "price": price}
                for code, (pieces, price) in lines.items()
            ],
            "shipping": Decimal(0),
            "gross": False,
        }
        customer = Part("customer", "D100001", {"email": "einkauf@morgenrot.example"}, creates=False)
        order = Part("order", key, {"quote": quote, "memo": name, "status": status})
        self.book.say("order_export", {key: (customer, order)})

    def sender(self) -> Sender:
        """Of a process that has just started."""
        return Sender(self.book.ledger, self.settings, self.shop, Lease(self.book.ledger, "here", lambda _name: False))

    def deliver(self) -> Delivered:
        """A run of it."""
        return self.sender().deliver()

    def deliver_all(self) -> None:
        """Runs, until nothing is left; the pauses in between are over."""
        for _ in range(12):
            if self.deliver().waiting == 0:
                return
            self.book.clock.turn(minutes=20)

    def state(self) -> tuple[str, str]:
        row = self.book.parts()[ORDER]
        return row.state, str(row.finding)

    def made(self) -> tuple[int, int, dict[str, tuple[int, Decimal]]]:
        """Number of quotes and of orders, and the lines of all orders by article."""
        codes = {row["id"]: row["articleCode"] for row in self.shop.all("variant")}
        lines = {
            codes[int(row["variant"])]: (row["quantityOrdered"], row["basePriceExcl"])
            for row in self.shop.all("order_product")
        }
        return len(self.shop.all("quote")), len(self.shop.all("order")), lines


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(tmp_path)


#: Up to two of the four calls that make something fail, before or after the shop has done it.
FAULTS = [each for each in product([None, "before", "after"], repeat=4) if sum(map(bool, each)) <= 2]


def test_whatever_fails_on_the_way_there_is_one_quote_and_one_order(exchange: Exchange) -> None:
    for number, faults in enumerate(FAULTS, 1):
        exchange.say(number=str(number))
        exchange.shop.faults = list(faults)
        exchange.deliver_all()
        assert exchange.made() == (number, number, LINES), faults
        assert exchange.book.parts()[f"order VVA-{number}"].state == CLEAN, faults
        assert exchange.shop.all("order")[-1]["memo"] == mark("VVA", str(number))
        assert len(exchange.shop.all("order_product")) == 2 * number


def test_when_the_calls_are_spent_it_goes_on_where_it_was(exchange: Exchange) -> None:
    """The budget of a day may end between any two steps."""
    for calls in range(1, 11):
        exchange.say(number=str(calls))
        exchange.shop.budget = calls
        exchange.deliver()
        exchange.shop.budget = None
        exchange.deliver_all()
        assert exchange.made() == (calls, calls, LINES)
        assert exchange.book.parts()[f"order VVA-{calls}"].state == CLEAN


def test_an_order_that_the_shop_does_not_list_yet_is_waited_for(exchange: Exchange) -> None:
    """Its quote is locked: converting it again would be another order."""
    exchange.say()
    exchange.shop.faults = [None, None, None, "after"]
    exchange.shop.hidden = True
    exchange.deliver()
    for _ in range(3):
        exchange.book.clock.turn(minutes=5)
        exchange.deliver()
        assert exchange.state()[0] == DIRTY
    exchange.shop.hidden = False
    exchange.book.clock.turn(minutes=5)
    exchange.deliver_all()
    assert (exchange.made(), exchange.state()) == ((1, 1, LINES), (CLEAN, ""))


@pytest.mark.parametrize("field", ["comment", "customer"])
def test_a_shop_that_forgets_what_a_quote_says_gets_no_order(exchange: Exchange, field: str) -> None:
    """Nothing would tell it from others, or it would be in no account; a person hears of it before it is made."""
    exchange.shop.forgets = (field,)
    exchange.say()
    exchange.deliver_all()
    assert exchange.made() == (1, 0, {})
    assert exchange.state()[0] == REFUSED
    assert f"does not keep the {field}" in exchange.state()[1]


def test_a_quote_that_somebody_deleted_is_told_and_made_again_when_asked_for(exchange: Exchange) -> None:
    exchange.say()
    exchange.shop.budget = 4
    exchange.deliver()
    exchange.shop.budget = None
    assert exchange.made() == (1, 0, {})
    exchange.shop.table("quote").clear()
    exchange.book.clock.turn(minutes=5)
    exchange.deliver()
    assert (exchange.state()[0], "deleted_by_hand" in exchange.state()[1]) == (REFUSED, True)
    exchange.sender().store.retry()
    exchange.deliver_all()
    assert (exchange.made(), exchange.state()) == ((1, 1, LINES), (CLEAN, ""))


def test_an_order_that_is_there_already_is_taken_over(exchange: Exchange) -> None:
    """As after a restore of the ledger: it is compared, and nothing is made."""
    exchange.say()
    exchange.deliver_all()
    with exchange.book.ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE shop_part SET shop_id = '', sent = '', sent_hash = '', state = 'dirty'"
                                   " WHERE resource = 'order'")  # fmt: skip
    exchange.deliver_all()
    assert (exchange.made(), exchange.state()) == ((1, 1, LINES), (CLEAN, ""))


def test_other_prices_are_told_and_the_status_goes_on(exchange: Exchange) -> None:
    """The finding says what was agreed on and what the shop made of it."""
    exchange.shop.price = Decimal("9.99")
    exchange.say()
    exchange.deliver_all()
    state, finding = exchange.state()
    assert (state, "A: 2 x 6.90 → 2 x 9.99; B: 1 x 21.00 → 1 x 9.99" in finding) == (REFUSED, True)
    exchange.say(status="cancelled")
    exchange.deliver_all()
    assert [row["status"] for row in exchange.shop.all("order")] == ["cancelled"]
    assert exchange.state() == (REFUSED, finding)
    assert exchange.made()[:2] == (1, 1)


def test_a_line_that_comes_or_goes_later_is_told(exchange: Exchange) -> None:
    exchange.say()
    exchange.deliver_all()
    exchange.say(lines={"A": LINES["A"]})
    exchange.deliver_all()
    assert "B: — → 1 x 21.00" in exchange.state()[1]
    exchange.say()
    exchange.deliver_all()
    assert exchange.state() == (CLEAN, "")


def test_an_order_is_ours_from_its_first_second(exchange: Exchange) -> None:
    """By its mark, by the quote that is just being converted, and by its id; orders of the shop are not."""
    exchange.say()
    exchange.shop.faults = [None, None, None, "after"]
    exchange.deliver()
    (order,) = exchange.shop.all("order")
    foreign = exchange.shop.add("order", quote=4711, comment="Bitte klingeln", memo=None)
    ledger = exchange.book.ledger
    assert ours(ledger, [order, foreign]) == {str(order["id"])}
    assert ours(ledger, [{**order, "comment": None}, foreign]) == {str(order["id"])}
    exchange.deliver_all()
    assert ours(ledger, [{**order, "comment": None, "memo": None, "quote": None}, foreign]) == {str(order["id"])}


def test_an_order_whose_number_in_sage_we_told_is_not_ours(exchange: Exchange) -> None:
    """What the import says of an order does not make it one of Sage."""
    order = exchange.shop.add("order", quote=None, comment=None, memo=None, number="ORD00018")
    exchange.book.say("order_import", {"ord00018": (Part("order", "ORD00018", {"status": "x"}, creates=False),)})
    exchange.deliver_all()
    assert order["status"] == "x"
    assert ours(exchange.book.ledger, [order]) == set()
