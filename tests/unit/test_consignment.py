"""What the ledger remembers of goods in the hands of a carrier."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exchange.consignment import Consignment, Consignments
from exchange.ledger import Ledger
from exchange.ledgers import engine
from exchange.ledgers.migrations import migrate
from tests.auto import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HANDED = Consignment("ORD1/VLL-1", "ORD1", "dhl", "Anna", "anna@becker.example", "DE", "01099")
OTHER = HANDED._replace(reference="ORD2/VLL-2", order_number="ORD2")


class Book:
    """Consignments in a ledger whose clock a test turns."""

    def __init__(self, url: str) -> None:
        made = engine(url)
        migrate(made)
        self.clock = Clock()
        self.ledger = Ledger(made, self.clock)
        self.consignments = Consignments(self.ledger)

    def note(self, *told: Consignment) -> None:
        with self.ledger.writing() as connection:
            for each in told:
                self.consignments.note(connection, each)

    def numbered(self, of: Consignment, *numbers: str, complete: bool = False, cancelled: bool = False) -> None:
        self.note(of._replace(parcels=numbers, complete=complete, cancelled=cancelled))

    def waiting(self) -> list[str]:
        return [each.reference for each in self.consignments.numberless(self.clock() - timedelta(days=30))]

    def elsewhere(self, of: Consignment, *numbers: str) -> dict[str, str]:
        with self.ledger.engine.connect() as connection:
            return self.consignments.elsewhere(connection, of._replace(parcels=numbers))


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    """On both databases that a ledger can live in."""
    local = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}" if local else request.getfixturevalue("postgresql_database")
    book = Book(url)
    yield book
    book.ledger.close()


def test_a_consignment_waits_until_its_first_number(book: Book) -> None:
    """Noting it again makes it neither new nor later."""
    book.note(HANDED, OTHER)
    book.clock.turn(hours=1)
    book.note(HANDED)
    (first, _) = book.consignments.numberless(book.clock() - timedelta(days=1))
    assert (first.reference, first.carrier, book.clock() - first.handed_at) == ("ORD1/VLL-1", "dhl", timedelta(hours=1))
    book.numbered(HANDED, "1", "2", "1")
    book.numbered(HANDED, "1", "2")
    assert book.waiting() == ["ORD2/VLL-2"]


def test_it_waits_again_when_all_its_numbers_are_taken_back(book: Book) -> None:
    """Not when one of two is."""
    book.note(HANDED)
    book.numbered(HANDED, "1", "2")
    book.numbered(HANDED, "1", cancelled=True)
    assert book.waiting() == []
    book.numbered(HANDED, "2", cancelled=True)
    assert book.waiting() == ["ORD1/VLL-1"]


def test_the_recipient_is_the_one_of_the_last_handing_over(book: Book) -> None:
    """A corrected address is the one that is written to."""
    book.note(HANDED, HANDED._replace(email="neu@becker.example"))
    assert book.consignments.recipient_of("ORD1/VLL-1") == HANDED._replace(email="neu@becker.example")
    assert book.consignments.recipient_of("VLL-9") is None


def test_a_number_of_another_order_is_found(book: Book) -> None:
    """Two deliveries of one order in one parcel are nothing to tell of; a complete list forgets the others."""
    book.numbered(HANDED, "1", "2")
    assert book.elsewhere(HANDED._replace(reference="ORD1/VLL-3"), "1") == {}
    assert book.elsewhere(OTHER, "1", "3") == {"1": "ORD1/VLL-1"}
    book.numbered(HANDED, "2", complete=True)
    assert book.elsewhere(OTHER, "1") == {}


def test_what_was_handed_over_long_ago_is_not_looked_for(book: Book) -> None:
    """A consignment that never gets a number is not asked for for ever."""
    book.note(HANDED)
    book.clock.turn(days=31)
    assert book.waiting() == []
