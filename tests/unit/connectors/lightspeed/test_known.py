"""What a rule may ask of the shop: articles that are wished for there, whether they have come or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.lightspeed.known import ShopLookup
from exchange.shop import Part, Ref
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from pathlib import Path


def test_an_article_is_known_as_a_product_or_as_a_variant_of_one(tmp_path: Path) -> None:
    """Once somebody wants it made, and until nobody does; its stock alone makes nothing known."""
    book, parent = Book(tmp_path), Ref("product", "P")
    asked = ShopLookup(book.ledger)
    names = {"P", "C", "S"}
    assert asked.missing("article", names) == names
    book.say("stock", {"S": [Part("variant", "S|0", {"stockLevel": 1}, Ref("product", "S"), creates=False)]})
    book.say("products", {"P": [Part("product", "P", {"title": "Becher"})]})
    book.say("variants", {"C": [Part("variant", "C|0", {"title": "Blau"}, parent)]})
    assert asked.missing("article", names) == {"S"}
    book.say("products", {"P": []})
    assert asked.missing("article", names) == {"P", "S"}


def test_more_articles_than_fit_into_one_question(tmp_path: Path) -> None:
    book = Book(tmp_path)
    numbers = {str(number) for number in range(1000)}
    book.say("products", {each: [Part("product", each, {"title": each})] for each in numbers})
    assert ShopLookup(book.ledger).missing("article", {*numbers, "x"}) == {"x"}


def test_of_other_things_the_shop_is_not_asked(tmp_path: Path) -> None:
    assert ShopLookup(Book(tmp_path).ledger).missing("customer", {"D100001"}) == set()
