"""What is wanted comes into the shop: once, with as few calls as it takes, and whatever happens on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed.lease import Lease
from exchange.connectors.lightspeed.send import Sender
from exchange.connectors.lightspeed.wishes import CLEAN, DIRTY, GONE, REFUSED
from exchange.errors import TransientError
from exchange.settings import Settings
from exchange.shop import Part, Rank, Ref, Upload, joined, metafield, product
from tests.unit.connectors.lightspeed.fake_shop import FakeShop
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from exchange.shop import Delivered

MUG = product("M")


class Exchange:
    """A ledger, a shop, and what brings the one into the other."""

    def __init__(self, folder: Path, ledger_url: str = "", **shop: Any) -> None:
        self.book = Book(folder, ledger_url)
        self.settings = Settings(root=folder, shop={"doubt_seconds": 0, **shop})  # type: ignore[arg-type]
        self.shop = FakeShop(self.book.clock)
        self.folder = folder
        (folder / "images").mkdir(exist_ok=True)

    def say(self, *parts: Part, module: str = "products", key: str = "M") -> None:
        self.book.say(module, {key: parts})

    def deliver(self, owner: str = "here") -> Delivered:
        """A run of a process that has just started."""
        lease = Lease(self.book.ledger, owner, lambda _name: False)
        return Sender(self.book.ledger, self.settings, self.shop, lease).deliver()

    def sender(self) -> Sender:
        return Sender(self.book.ledger, self.settings, self.shop, Lease(self.book.ledger, "x", lambda _name: False))

    def states(self) -> dict[str, str]:
        return {name: row.state for name, row in self.book.parts().items()}

    def finding(self, name: str) -> str:
        return str(self.book.parts()[name].finding)

    def image(self, name: str, content: bytes) -> None:
        (self.folder / "images" / name).write_bytes(content)


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(tmp_path)


def mug(title: str = "Becher", price: str = "9.95", stock: int = 3) -> Sequence[Part]:
    """Product, default variant, brand and category."""
    return (
        Part("category", "K", {"title": "Kaffee", "isVisible": True}),
        Part("category", "K/B", {"title": "Becher", "parent": Ref("category", "K")}, Ref("category", "K")),
        Part("brand", "Muster", {"title": "Muster"}),
        Part("product", "M", {"title": title, "visibility": "visible", "brand": Ref("brand", "Muster")}),
        Part(
            "variant",
            "M|0",
            {
                "title": "Default",
                "articleCode": "M",
                "priceIncl": Decimal(price),
                "stockLevel": stock,
                "tax": Ref("tax", "19"),
            },
            MUG,
        ),
        Part("category_product", joined("M", "K/B"), {"category": Ref("category", "K/B"), "product": MUG}, MUG),
        metafield(MUG, "meta_title_de", "Blauer Becher"),
    )


def test_an_article_comes_into_the_shop_with_all_that_belongs_to_it(exchange: Exchange) -> None:
    """Brand and categories first; the variant that came with the product is used, not doubled."""
    exchange.say(*mug())

    done = exchange.deliver()

    shop = exchange.shop
    (made,) = shop.all("product")
    (variant,) = shop.all("variant")
    (brand,) = shop.all("brand")
    (parent, child) = shop.all("category")
    assert (made["title"], made["brand"], child["parent"]) == ("Becher", brand["id"], parent["id"])
    assert (variant["articleCode"], variant["priceIncl"], variant["tax"]) == ("M", Decimal("9.95"), 1)
    assert [(row["category"], row["product"]) for row in shop.all("category_product")] == [(child["id"], made["id"])]
    assert [row["value"] for row in shop.all("product_metafield")] == ["Blauer Becher"]
    assert set(exchange.states().values()) == {CLEAN}
    assert (done.waiting, done.refused, done.ended, done.calls) == (0, 0, "done", shop.calls)


def test_what_did_not_change_is_not_sent(exchange: Exchange) -> None:
    exchange.say(*mug())
    exchange.deliver()
    calls = exchange.shop.calls

    exchange.say(*mug())
    done = exchange.deliver()

    assert (exchange.shop.calls, done.calls) == (calls, 0)


def test_only_the_fields_that_differ_are_sent_in_one_call(exchange: Exchange) -> None:
    """The merged fields of a part, from several modules."""
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.writes()
    sent: list[dict[str, Any]] = []
    exchange.shop.refuse = lambda _resource, body: sent.append(dict(body)) or ""  # type: ignore[func-returns-value]

    exchange.say(*mug(price="8.95"))
    exchange.say(Part("variant", "M|0", {"stockLevel": 9}, MUG, creates=False, rank=Rank.STOCK), module="stock")
    exchange.deliver()

    assert sent == [{"priceIncl": Decimal("8.95"), "stockLevel": 9}]
    assert exchange.shop.writes() == {("update", "variant"): 1}


def test_texts_of_another_language_go_in_a_pass_of_their_own(exchange: Exchange) -> None:
    exchange.say(*mug())
    exchange.say(Part("product", "M", {"title": "Mug"}, language="en", creates=False), module="languages")
    exchange.say(Part("product", "M", {"title": "X"}, language="fr", creates=False), module="languages", key="fr")

    exchange.deliver()

    (made,) = exchange.shop.all("product")
    assert made["title"] == "Becher"
    assert exchange.shop.texts == {("en", "product", str(made["id"])): {"title": "Mug"}}
    assert "shop.no_language" in exchange.finding("product M fr")


def test_a_part_waits_for_what_it_refers_to_and_says_so(exchange: Exchange) -> None:
    """And goes by itself when that has come."""
    exchange.say(*mug())
    relation = Part("product_relation", "M|N", {"relatedProduct": product("N"), "sortOrder": 1}, MUG)
    exchange.say(relation, module="cross")

    first = exchange.deliver()
    assert (first.waiting, exchange.states()["product_relation M|N"]) == (1, DIRTY)
    assert '"code": "shop.waits_for"' in exchange.finding("product_relation M|N")
    assert '"key": "N"' in exchange.finding("product_relation M|N")

    exchange.say(Part("product", "N", {"title": "Neu"}), key="N")
    exchange.deliver()
    exchange.deliver()

    other = next(row for row in exchange.shop.all("product") if row["title"] == "Neu")
    assert [(row["relatedProduct"], row["sortOrder"]) for row in exchange.shop.all("product_relation")] == [
        (other["id"], 1)
    ]
    assert exchange.states()["product_relation M|N"] == CLEAN


def test_a_tax_rate_that_the_shop_does_not_have_is_told(exchange: Exchange) -> None:
    exchange.say(*mug())
    del exchange.shop.rows["tax"]["1"]

    exchange.deliver()

    assert "shop.no_tax" in exchange.finding("variant M|0")


def test_what_sage_no_longer_has_is_hidden_and_comes_back_as_it_was(exchange: Exchange) -> None:
    """Pictures and assignments stay with a hidden product: its return costs one call."""
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.writes()

    exchange.say()
    exchange.deliver()

    (made,) = exchange.shop.all("product")
    assert (made["visibility"], [row["isVisible"] for row in exchange.shop.all("category")]) == ("hidden", [False] * 2)
    assert exchange.shop.writes() == {("update", "product"): 1, ("update", "category"): 2}
    assert set(exchange.states().values()) == {GONE}

    exchange.say(*mug())
    exchange.deliver()
    assert exchange.shop.all("product")[0]["visibility"] == "visible"
    assert exchange.shop.writes()["update", "product"] == 1
    assert set(exchange.states().values()) == {CLEAN}


def test_single_things_that_nobody_wants_are_deleted(exchange: Exchange) -> None:
    """An assignment, a metafield; a brand is left."""
    parts = mug()
    exchange.say(*parts)
    exchange.deliver()
    exchange.shop.writes()

    exchange.say(*[part for part in parts if part.resource in ("category", "product", "variant")])
    exchange.deliver()

    assert exchange.shop.writes() == {("delete", "category_product"): 1, ("delete", "product_metafield"): 1}
    assert len(exchange.shop.all("brand")) == 1


def test_products_can_be_deleted_instead(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path, vanished="delete")
    exchange.say(*mug())
    exchange.deliver()

    exchange.say()
    exchange.deliver()

    assert (exchange.shop.all("product"), exchange.shop.all("category")) == ([], [])
    assert "product M" not in exchange.states()


def test_what_the_merchant_had_in_the_shop_before_us_is_taken_over(exchange: Exchange) -> None:
    """By its article number; categories by their title below the same parent, brands by their title."""
    theirs = exchange.shop.add("product", title="Alter Titel")
    variant = exchange.shop.add("variant", product=theirs["id"], isDefault=True, articleCode="M")
    root = exchange.shop.add("category", title="kaffee")
    exchange.shop.add("category", title="Becher", parent=None)  # the same title elsewhere is another category
    exchange.shop.add("brand", title="MUSTER")
    assigned = exchange.shop.add("product_metafield", owner=str(theirs["id"]), key="meta_title_de", value="alt")

    exchange.say(*mug())
    exchange.deliver()

    assert [(row["id"], row["title"]) for row in exchange.shop.all("product")] == [(theirs["id"], "Becher")]
    assert [row["id"] for row in exchange.shop.all("variant")] == [variant["id"]]
    assert [row["value"] for row in exchange.shop.all("product_metafield")] == ["Blauer Becher"]
    assert exchange.book.parts()["category K"].shop_id == str(root["id"])
    assert (len(exchange.shop.all("category")), len(exchange.shop.all("brand"))) == (3, 1)
    assert assigned["id"]


def test_an_article_number_that_stands_twice_in_the_shop_is_refused_not_guessed(exchange: Exchange) -> None:
    for _ in range(2):
        theirs = exchange.shop.add("product", title="Becher")
        exchange.shop.add("variant", product=theirs["id"], isDefault=True, articleCode="M")

    exchange.say(*mug())
    done = exchange.deliver()

    assert exchange.states()["product M"] == REFUSED
    assert "shop.duplicate_sku" in exchange.finding("product M")
    assert (done.refused, len(exchange.shop.all("product"))) == (1, 2)


def test_stock_of_articles_that_we_did_not_bring_is_kept_too(exchange: Exchange) -> None:
    """The merchant maintains the articles in the shop; only the stock comes from Sage."""
    theirs = exchange.shop.add("product", title="Becher")
    exchange.shop.add("variant", product=theirs["id"], isDefault=True, articleCode="M", stockLevel=1)
    exchange.say(Part("variant", "M|0", {"stockLevel": 9}, MUG, creates=False), module="stock")
    exchange.say(Part("variant", "N|0", {"stockLevel": 9}, product("N"), creates=False), module="stock", key="N")

    exchange.deliver()

    assert [row["stockLevel"] for row in exchange.shop.all("variant")] == [9]
    assert "shop.not_there" in exchange.finding("variant N|0")


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_lost_call_loses_and_doubles_nothing(tmp_path: Path, fault: str) -> None:
    """Whichever of the calls is lost, on the way there or on the way back."""
    creating = 7
    for number in range(creating):
        folder = tmp_path / str(number)
        folder.mkdir()
        exchange = Exchange(folder)
        exchange.shop.faults = [None] * number + [fault]
        exchange.say(*mug())

        exchange.deliver()
        exchange.book.clock.turn(hours=1)
        exchange.deliver()

        assert set(exchange.states().values()) == {CLEAN}, (number, exchange.book.parts())
        counts = [len(exchange.shop.all(each)) for each in ("product", "variant", "brand", "category")]
        assert counts == [1, 1, 1, 2], number
        assert len(exchange.shop.all("category_product")) == len(exchange.shop.all("product_metafield")) == 1
        exchange.book.ledger.close()


def test_a_shop_that_may_still_be_at_work_is_given_time(tmp_path: Path) -> None:
    """What a lost call made may appear after we looked; so we look later."""
    exchange = Exchange(tmp_path, doubt_seconds=30)
    exchange.shop.faults = ["after"]
    exchange.say(Part("brand", "Muster", {"title": "Muster"}))

    first = exchange.deliver()
    assert (first.waiting, first.next_at) == (1, exchange.book.clock.at.replace(second=30))
    assert exchange.deliver().calls == 0
    exchange.book.clock.turn(seconds=31)
    exchange.deliver()

    assert (len(exchange.shop.all("brand")), exchange.states()) == (1, {"brand Muster": CLEAN})


def test_what_the_shop_refuses_waits_for_a_change_and_holds_up_nobody(exchange: Exchange) -> None:
    exchange.shop.refuse = lambda _resource, body: "Invalid title" if body.get("title") == "Pfui" else ""
    exchange.say(*mug("Pfui"))
    exchange.say(Part("product", "N", {"title": "Neu"}), key="N")

    done = exchange.deliver()
    assert (done.refused, exchange.states()["product M"], exchange.states()["product N"]) == (1, REFUSED, CLEAN)
    assert "Invalid title" in exchange.finding("product M")
    exchange.shop.writes()
    exchange.deliver()
    assert exchange.shop.writes() == {}

    exchange.say(*mug("Gut"))
    exchange.deliver()
    assert set(exchange.states().values()) == {CLEAN}


def test_a_refused_part_can_be_tried_again_by_hand(exchange: Exchange) -> None:
    exchange.shop.refuse = lambda _resource, _body: "no"
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.refuse = lambda _resource, _body: ""

    assert exchange.sender().store.retry("GIBTESNICHT") == 0
    assert exchange.sender().store.retry() > 0
    exchange.deliver()

    assert set(exchange.states().values()) == {CLEAN}


def test_what_was_deleted_by_hand_is_reported_and_made_again_on_request(exchange: Exchange) -> None:
    """With all that was below it."""
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.rows["product"].clear()
    exchange.shop.rows["variant"].clear()
    exchange.shop.rows["product_metafield"].clear()
    exchange.shop.rows["category_product"].clear()

    exchange.say(*mug("Tasse"))
    exchange.deliver()
    assert (exchange.states()["product M"], exchange.shop.all("product")) == (REFUSED, [])
    assert "shop.deleted_by_hand" in exchange.finding("product M")

    exchange.sender().store.retry("M")
    exchange.deliver()
    assert [row["title"] for row in exchange.shop.all("product")] == ["Tasse"]
    assert len(exchange.shop.all("product_metafield")) == len(exchange.shop.all("category_product")) == 1
    assert set(exchange.states().values()) == {CLEAN}


def test_what_was_deleted_by_hand_can_be_made_again_by_itself(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path, deleted="create")
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.rows["product"].clear()
    exchange.shop.rows["variant"].clear()

    exchange.say(*mug("Tasse"))
    exchange.deliver()

    assert [row["title"] for row in exchange.shop.all("product")] == ["Tasse"]


def test_a_changed_picture_takes_the_place_of_the_old_one_without_a_gap(exchange: Exchange) -> None:
    exchange.image("m.jpg", b"blue")
    exchange.say(*mug(), Part("product_image", "M|m.jpg", {"attachment": Upload("m.jpg", "images", "")}, MUG))
    exchange.deliver()
    assert [row["content"] for row in exchange.shop.all("product_image")] == [b"blue"]
    exchange.shop.log.clear()

    exchange.image("m.jpg", b"green one")
    exchange.deliver()

    assert [row["content"] for row in exchange.shop.all("product_image")] == [b"green one"]
    assert [each for each in exchange.shop.log if each[0] in ("create", "delete")] == [
        ("create", "product_image"),
        ("delete", "product_image"),
    ]


def test_pictures_stand_in_their_order_and_a_missing_one_is_told(exchange: Exchange) -> None:
    exchange.image("b.jpg", b"b")
    images = [
        Part("product_image", f"M|{name}", {"attachment": Upload(name, "images", ""), "sortOrder": place}, MUG)
        for place, name in ((1, "a.jpg"), (2, "b.jpg"))
    ]
    exchange.say(*mug(), *images)
    exchange.deliver()
    assert "shop.no_file" in exchange.finding("product_image M|a.jpg")

    exchange.image("a.jpg", b"a")
    exchange.deliver()
    exchange.deliver()

    assert {row["content"]: row["sortOrder"] for row in exchange.shop.all("product_image")} == {b"a": 1, b"b": 2}
    assert set(exchange.states().values()) == {CLEAN}


def test_a_run_ends_when_the_calls_are_spent_and_the_next_goes_on(exchange: Exchange) -> None:
    """Nothing is sent twice for that."""
    exchange.say(*mug())
    exchange.shop.budget = 3
    runs = 0
    while exchange.deliver().ended != "done" or set(exchange.states().values()) != {CLEAN}:
        runs += 1
        exchange.shop.budget = 3
        assert runs < 20

    assert runs > 2
    assert [len(exchange.shop.all(each)) for each in ("product", "variant", "brand", "category")] == [1, 1, 1, 2]


def test_stock_goes_before_everything_else(exchange: Exchange) -> None:
    exchange.say(*mug())
    exchange.deliver()
    exchange.shop.log.clear()

    exchange.say(Part("product", "N", {"title": "Neu"}), key="N")
    exchange.say(*mug("Tasse"))
    exchange.say(Part("variant", "M|0", {"stockLevel": 9}, MUG, creates=False, rank=Rank.STOCK), module="stock")
    exchange.deliver()

    assert exchange.shop.log[0] == ("update", "variant")


def test_nothing_is_made_of_a_kind_that_would_exceed_the_plan(exchange: Exchange) -> None:
    """Half a catalogue is of no use; below an owner, the first ones go."""
    exchange.shop.plan = {"maxProducts": 1, "maxProductsRelations": 1}
    exchange.say(*mug())
    exchange.say(Part("product", "N", {"title": "Neu"}), key="N")
    exchange.deliver()
    assert exchange.shop.all("product") == []
    assert "shop.limit" in exchange.finding("product N")

    exchange.shop.plan["maxProducts"] = 10
    exchange.say(Part("product", "O", {"title": "O"}), key="O")
    for other in ("N", "O"):
        exchange.say(Part("product_relation", f"M|{other}", {"relatedProduct": product(other)}, MUG), module=other)
    exchange.sender().store.retry()
    exchange.deliver()

    assert len(exchange.shop.all("product")) == 3
    assert len(exchange.shop.all("product_relation")) == 1
    assert "shop.limit" in exchange.finding("product_relation M|O")


def test_a_shop_that_is_away_ends_the_run_and_nothing_is_lost(exchange: Exchange) -> None:
    exchange.shop.faults = ["before"] * 50
    exchange.say(*mug())
    exchange.say(*[Part("brand", str(number), {"title": str(number)}) for number in range(9)], key="B")

    done = exchange.deliver()
    assert (done.ended, exchange.shop.calls < 10) == ("unreachable", True)

    exchange.shop.faults = []
    exchange.book.clock.turn(days=2)
    exchange.deliver()
    assert set(exchange.states().values()) == {CLEAN}


def test_two_processes_do_not_send_at_the_same_time(exchange: Exchange) -> None:
    """Unless the first is dead, or has not been heard of for long."""
    first = Lease(exchange.book.ledger, "first", lambda _name: False)
    assert first.take()

    with pytest.raises(TransientError, match="another process"):
        exchange.deliver("second")

    assert Lease(exchange.book.ledger, "third", lambda name: name == "first").take()
    exchange.book.clock.turn(hours=1)
    with exchange.book.ledger.writing() as connection, pytest.raises(TransientError, match="taken over"):
        first.keep(connection)
    exchange.deliver("second")


def test_the_same_on_postgresql(tmp_path: Path, postgresql_database: str) -> None:
    """Made, lost on the way, refused, tried again, hidden."""
    exchange = Exchange(tmp_path, postgresql_database)
    exchange.shop.faults = [None, "after", "before", None, "after"]
    exchange.shop.refuse = lambda _resource, body: "no" if body.get("title") == "Default" else ""
    exchange.say(*mug())
    exchange.deliver()
    exchange.book.clock.turn(days=1)
    exchange.deliver()
    assert exchange.states()["variant M|0"] == REFUSED

    exchange.shop.refuse = lambda _resource, _body: ""
    assert exchange.sender().store.retry("M") == 1
    exchange.deliver()
    assert set(exchange.states().values()) == {CLEAN}
    assert [len(exchange.shop.all(each)) for each in ("product", "variant", "brand", "category")] == [1, 1, 1, 2]

    exchange.say()
    exchange.deliver()
    states = set(exchange.states().values())
    exchange.book.ledger.close()
    assert states == {GONE}
