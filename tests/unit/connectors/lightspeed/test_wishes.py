"""Facets of several modules become one wish per part, whatever the order in which they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from exchange.connectors.lightspeed.merge import Facet, merged
from exchange.connectors.lightspeed.policy import Priority
from exchange.connectors.lightspeed.values import dumps, freeze, loads, thaw
from exchange.connectors.lightspeed.wishes import CLEAN, DIRTY, GONE
from exchange.errors import FatalError
from exchange.shop import Gathered, Listed, Part, Rank, Ref, Upload, Withdrawn
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from pathlib import Path

MUG = Part("product", "M", {"title": "Becher"})
PRICE = Part("variant", "M|0", {"priceIncl": Decimal("9.95"), "stockLevel": 3}, Ref("product", "M"))
STOCK = Part("variant", "M|0", {"stockLevel": 5}, Ref("product", "M"), creates=False, rank=Rank.STOCK)
DAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_values_come_back_as_they_were() -> None:
    """Money, refs, files and moments survive the ledger; equal numbers look equal."""
    for value in (
        None,
        "x",
        3,
        True,
        Decimal("9.95"),
        Ref("tax", "19"),
        Upload("a", "images", "f" * 64),
        DAY,
        [Ref("a", "b")],
    ):
        assert thaw(loads(dumps({"field": freeze(value)}))["field"]) == value
    assert dumps({"a": freeze(Decimal("9.950"))}) == dumps({"a": freeze(Decimal("9.95"))})
    with pytest.raises(TypeError, match="float"):
        freeze(9.95)


def test_what_is_wanted_for_the_first_time_is_dirty(book: Book) -> None:
    book.say("products", {"M": [MUG, PRICE]})

    parts = book.parts()
    assert {name: row.state for name, row in parts.items()} == {"product M": DIRTY, "variant M|0": DIRTY}
    assert (parts["variant M|0"].owner_resource, parts["variant M|0"].owner_key) == ("product", "M")


def test_the_same_again_changes_nothing(book: Book) -> None:
    """Applying a batch a second time leaves every row as it was, also the time since when it waits."""
    book.say("products", {"M": [MUG, PRICE]})
    before = book.parts()
    book.clock.turn(hours=1)

    book.say("products", {"M": [MUG, PRICE]})

    assert book.parts() == before


def test_the_higher_rank_wins_whoever_comes_first(tmp_path: Path) -> None:
    hashes = set()
    for number, order in enumerate((("products", "stock"), ("stock", "products"))):
        (tmp_path / str(number)).mkdir()
        book = Book(tmp_path / str(number))
        for module in order:
            book.say(module, {"M": [PRICE if module == "products" else STOCK]})
        hashes.add(book.parts()["variant M|0"].wanted_hash)
    assert len(hashes) == 1


def test_a_stock_that_changes_is_more_urgent_than_a_price(book: Book) -> None:
    """Of a thing that is there already; one that is not comes when its kind is due."""
    book.say("products", {"M": [PRICE]})
    assert book.parts()["variant M|0"].priority == Priority.VARIANT
    book.sent(sent=dumps({name: freeze(value) for name, value in PRICE.fields.items()}))

    book.say("stock", {"M": [STOCK]})

    row = book.parts()["variant M|0"]
    assert (row.state, row.priority) == (DIRTY, Priority.STOCK)


def test_a_change_that_is_taken_back_is_none(book: Book) -> None:
    """Repeated changes melt into one, and none remains where all is as it was sent."""
    book.say("products", {"M": [MUG]})
    book.sent()
    book.say("products", {"M": [MUG._replace(fields={"title": "Tasse"})]})
    assert book.parts()["product M"].state == DIRTY

    book.say("products", {"M": [MUG]})

    assert book.parts()["product M"].state == CLEAN


def test_what_never_came_into_the_shop_leaves_no_trace(book: Book) -> None:
    book.say("products", {"M": [MUG, PRICE]})

    book.say("products", {"M": []})

    assert (book.parts(), book.facets()) == ({}, 0)


def test_what_is_in_the_shop_and_nobody_wants_is_dirty_until_it_is_gone(book: Book) -> None:
    book.say("products", {"M": [MUG]})
    book.sent()

    book.say("products", {"M": []})

    row = book.parts()["product M"]
    assert (row.state, row.wanted_hash, book.facets()) == (DIRTY, b"", 0)


def test_a_promotion_covers_the_price_for_its_days_and_gives_it_back(book: Book) -> None:
    """Also when nobody was awake at midnight."""
    promotion = Part(
        *("variant", "M|0", {"priceIncl": Decimal(5)}, Ref("product", "M")),
        creates=False,
        rank=Rank.PROMOTION,
        from_at=DAY,
        until_at=DAY + timedelta(days=2),
    )
    book.say("products", {"M": [PRICE]})
    plain = book.parts()["variant M|0"].wanted_hash
    book.sent()

    book.say("promotions", {"M": [promotion]})
    row = book.parts()["variant M|0"]
    assert (row.state, row.due_at, row.wanted_hash) == (CLEAN, DAY, plain)

    book.clock.turn(hours=15)
    assert book.awaken() == 0
    book.clock.turn(hours=3)
    assert book.awaken() == 1
    row = book.parts()["variant M|0"]
    assert (row.state, row.due_at) == (DIRTY, DAY + timedelta(days=2))

    book.clock.turn(days=9)
    assert book.awaken() == 1
    row = book.parts()["variant M|0"]
    assert (row.state, row.due_at, row.wanted_hash) == (CLEAN, None, plain)


def test_a_part_that_begins_later_only_waits_for_its_day(book: Book) -> None:
    book.say("x", {"M": [MUG._replace(from_at=DAY)]})
    assert book.parts()["product M"].state == GONE

    book.clock.turn(days=2)
    book.awaken()

    assert book.parts()["product M"].state == DIRTY


def test_texts_in_the_basic_language_belong_to_the_part_without_one(book: Book) -> None:
    book.say("languages", {"de": [MUG._replace(language="de")], "en": [MUG._replace(language="en")]})

    assert set(book.parts()) == {"product M", "product M en"}


def test_two_records_may_speak_of_the_same_shared_part(book: Book) -> None:
    """A brand is wanted as long as one article has it, and articles that say the same do not make it dirty."""
    brand = Part("brand", "Muster", {"title": "Muster"})
    book.say("products", {"A": [brand], "B": [brand]})
    book.sent()
    book.say("products", {"C": [brand]})
    book.say("products", {"A": [], "B": []})
    assert book.parts()["brand Muster"].state == CLEAN

    book.say("products", {"C": []})

    assert book.parts()["brand Muster"].state == DIRTY


def test_a_record_cannot_say_two_things_of_one_part(book: Book) -> None:
    with pytest.raises(FatalError, match="speaks twice of product M"):
        book.say("products", {"M": [MUG, MUG]})


def test_a_picture_that_changed_is_noticed_without_its_record(book: Book, tmp_path: Path) -> None:
    """The record names the file only; what lies in it may change later, or come late."""
    image = Part("product_image", "M|m.jpg", {"attachment": Upload("m.jpg", "images", "")}, Ref("product", "M"))
    book.say("products", {"M": [image]})
    without = book.parts()["product_image M|m.jpg"].wanted_hash
    assert book.look_at_files() == 0

    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "m.jpg").write_bytes(b"blue")
    assert book.look_at_files() == 1
    first = book.parts()["product_image M|m.jpg"].wanted_hash
    (tmp_path / "images" / "m.jpg").write_bytes(b"green mug")
    assert book.look_at_files() == 1

    assert len({without, first, book.parts()["product_image M|m.jpg"].wanted_hash}) == 3


def test_a_file_outside_of_its_folder_is_none(book: Book, tmp_path: Path) -> None:
    """A name out of a record cannot reach another file of the machine."""
    (tmp_path / "secret.txt").write_text("x")
    image = Part("product_image", "M|x", {"attachment": Upload("../secret.txt", "images", "")}, Ref("product", "M"))

    book.say("products", {"M": [image]})

    with book.ledger.engine.connect() as connection:
        (fields,) = connection.exec_driver_sql("SELECT fields FROM shop_facet").one()
    assert loads(fields)["attachment"] == {"$upload": ["../secret.txt", "images", ""]}


def test_the_same_on_postgresql(tmp_path: Path, postgresql_database: str) -> None:
    """New, changed, unwanted and shared parts."""
    book = Book(tmp_path, postgresql_database)
    brand = Part("brand", "Muster", {"title": "Muster"})
    book.say("products", {"A": [MUG, brand], "B": [PRICE, brand]})
    book.say("stock", {"M": [STOCK]})
    book.sent()
    book.say("products", {"A": [MUG._replace(fields={"title": "Tasse"}), brand], "B": []})
    book.say("stock", {"M": []})

    states = {name: row.state for name, row in book.parts().items()}
    book.ledger.close()
    assert states == {"product M": DIRTY, "brand Muster": CLEAN, "variant M|0": DIRTY}


def test_what_several_records_list_stands_in_one_list() -> None:
    """Each item once, in an order that does not depend on who spoke first; what nobody lists any more goes."""
    first = Facet("m", "1", {"value": freeze(Listed(({"number": 2},)))}, True, 0, None, None)
    second = first._replace(record_key="2", fields={"value": freeze(Listed(({"number": 1}, {"number": 2})))})
    both = merged([first, second], DAY)
    assert thaw(both.fields["value"]) == Listed(({"number": 1}, {"number": 2}))
    assert both == merged([second, first], DAY)
    assert thaw(merged([first], DAY).fields["value"]) == Listed(({"number": 2},))


def test_what_one_record_takes_back_goes_out_of_the_text_of_all() -> None:
    """Whatever comes first; a text that nothing is left of is not wanted, and what nobody gathers stays untouched."""
    first = Facet("m", "1", {"trackingCode": freeze(Gathered(("A", "B")))}, False, 0, None, None)
    second = first._replace(record_key="2", fields={"trackingCode": freeze(Gathered(("B", "C")))})
    back = first._replace(record_key="0", fields={"trackingCode": freeze(Withdrawn(("B", "X")))})
    assert thaw(merged([first, second, back], DAY).fields["trackingCode"]) == Gathered(("A", "C"))
    last = back._replace(record_key="9")
    assert merged([first, second, last], DAY) == merged([first, second, back], DAY)
    none = merged([first, back._replace(fields={"trackingCode": freeze(Withdrawn(("A", "B")))})], DAY)
    assert (dict(none.fields), none.wanted) == ({}, True)
    assert merged([back], DAY).fields == {}
    assert thaw(back.fields["trackingCode"]) == Withdrawn(("B", "X"))
