"""What only one may do at a time: threads, processes, dead holders, slow ones."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from exchange.errors import TransientError
from exchange.leases import Leases
from exchange.ledger import Ledger
from exchange.ledger_tables import LEASE
from exchange.ledgers import engine
from exchange.ledgers.migrations import migrate
from exchange.owner import Owner
from tests.auto import Clock, dead_owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def leases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Leases]:
    """On both kinds of ledger, with leases of a minute."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'l.sqlite'}" if sqlite else request.getfixturevalue("postgresql_database")
    made = engine(url)
    migrate(made)
    ledger, owner = Ledger(made, Clock()), Owner(tmp_path)
    yield Leases(ledger, owner, 60)
    owner.close()
    ledger.close()


def test_a_second_holder_is_told(leases: Leases) -> None:
    """Also in the same process: two lanes are two."""
    with leases.held("stock>shop"):
        assert leases.taken("stock>shop")
        with pytest.raises(TransientError, match="stock>shop is at work elsewhere since 2026-11-23"):
            leases.held("stock>shop").__enter__()
        with leases.held("stock>sage"):
            pass
    assert not leases.taken("stock>shop")
    with leases.held("stock>shop"):
        pass


def test_a_patient_one_gets_it_when_the_first_has_finished(leases: Leases) -> None:
    """It waits for the end of the first, then its turn has come."""
    order, first_has_it, first_may_end = [], threading.Event(), threading.Event()

    def first() -> None:
        with leases.held("stock>shop"):
            first_has_it.set()
            first_may_end.wait(30)
            order.append("first")

    def second() -> None:
        with leases.held("stock>shop", patience_seconds=60):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert first_has_it.wait(30)
    threads[1].start()
    first_may_end.set()
    for thread in threads:
        thread.join(30)
    assert order == ["first", "second"]


def test_an_error_gives_the_lease_back(leases: Leases) -> None:
    with pytest.raises(ZeroDivisionError), leases.held("stock>shop"):
        raise ZeroDivisionError

    assert not leases.taken("stock>shop")


def test_c7_the_lease_of_a_dead_process_is_free_at_once(leases: Leases, tmp_path: Path) -> None:
    """Its lock tells that it is gone; nobody waits for the lease to run out."""
    owner = dead_owner(tmp_path)
    with leases.held("stock>shop"):
        with leases.ledger.writing() as connection:
            connection.execute(update(LEASE).values(owner=owner))
        assert not leases.taken("stock>shop")
        with leases.held("stock>shop"):
            assert leases.taken("stock>shop")


def test_the_lease_of_another_machine_has_to_run_out(leases: Leases) -> None:
    """Of another machine nothing is known; a minute without a sign of life is enough."""
    clock = leases.ledger.now
    with leases.held("stock>shop"):
        with leases.ledger.writing() as connection:
            connection.execute(update(LEASE).values(owner="anderer-rechner:abc"))
        assert leases.taken("stock>shop")
        clock.turn(seconds=61)  # type: ignore[attr-defined]
        assert not leases.taken("stock>shop")
        with leases.held("stock>shop"):
            pass


def test_a_long_transfer_keeps_its_lease(tmp_path: Path) -> None:
    """It is lengthened from a thread of its own while the work goes on."""
    made = engine(f"sqlite:///{tmp_path / 'l.sqlite'}")
    migrate(made)
    ledger, owner = Ledger(made), Owner(tmp_path)
    lengthened = threading.Event()
    writing = ledger.writing

    def watched() -> object:
        if threading.current_thread().name.startswith("lease"):
            lengthened.set()
        return writing()

    ledger.writing = watched  # type: ignore[method-assign, assignment]
    with Leases(ledger, owner, 0.03).held("stock>shop"):
        assert lengthened.wait(30)
    owner.close()
    ledger.close()
