"""Which schedule runs when, and what the ledger knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from exchange import timetable as timetables
from exchange.errors import ConfigError, FatalError
from exchange.jobs import ACTIONS, Action
from exchange.leases import transfer
from exchange.ledger import State
from exchange.ledger_tables import SCHEDULE_STATE
from exchange.timetable import Timetable
from tests.auto import automatic, dead_owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.settings import Schedule
    from tests.auto import Clock
    from tests.inside import Inside

STOCK = '[schedules.stock]\nmodule = "stock"\nevery = "5m"\n'


@pytest.fixture
def auto(tmp_path: Path) -> Iterator[tuple[Inside, Clock]]:
    """Stock every five minutes."""
    with automatic(tmp_path, STOCK) as both:
        yield both


def run_due(inside: Inside) -> list[tuple[str, list[str]]]:
    """Run what is due; the results with the states of the batches."""
    timetable, results = inside.worker.timetable, []
    for turn in timetable.turns():
        batches: list[Batch] = []
        results.append((timetable.run(turn, batches.append), [batch.state.value for batch in batches]))
    return results


def test_a_schedule_runs_when_it_is_due_and_only_then(auto: tuple[Inside, Clock]) -> None:
    """What was due before it was first seen does not run; then each moment runs once."""
    inside, clock = auto
    clock.turn(minutes=2)
    assert run_due(inside) == []

    clock.turn(minutes=3)
    assert run_due(inside) == [("done", [State.DONE.value])]
    assert run_due(inside) == []
    clock.turn(minutes=4, seconds=59)
    assert run_due(inside) == []
    clock.turn(seconds=1)
    assert run_due(inside) == [("done", [State.DONE.value])]
    assert len(list(inside.outbox.glob("stock*.xml"))) == 1  # the second time nothing had changed


def test_after_downtime_it_catches_up_once(auto: tuple[Inside, Clock]) -> None:
    """Hundreds of moments were missed; one run makes good for all."""
    inside, clock = auto
    run_due(inside)
    clock.turn(days=2, minutes=3)

    assert run_due(inside) == [("done", [State.DONE.value])]
    assert run_due(inside) == []
    (entry,) = inside.worker.timetable.entries()
    assert inside.worker.timetable.next_at(entry) == clock().replace(minute=5)


def test_a_paused_module_does_not_run_and_catches_up_once_when_resumed(auto: tuple[Inside, Clock]) -> None:
    inside, clock = auto
    run_due(inside)
    assert inside.app.pauses.begin("stock", "Inventur")
    assert not inside.app.pauses.begin("stock")
    clock.turn(hours=1)
    (entry,) = inside.worker.timetable.entries()

    assert (run_due(inside), inside.worker.timetable.next_at(entry)) == ([], None)
    assert inside.app.pauses.end("stock")
    assert not inside.app.pauses.end("stock")
    assert [result for result, _ in run_due(inside)] == ["done"]
    assert run_due(inside) == []


def test_a_transfer_at_work_makes_a_schedule_wait_and_try_again(auto: tuple[Inside, Clock]) -> None:
    """Somebody exports stock by hand: the schedule is told, and comes back after its pause, for the same moment."""
    inside, clock = auto
    run_due(inside)
    clock.turn(minutes=5)
    with inside.app.leases.held(transfer("stock", "shop")):
        assert run_due(inside) == [("waits", [])]
        clock.turn(seconds=29)
        assert run_due(inside) == []
    clock.turn(seconds=1)

    assert run_due(inside) == [("done", [State.DONE.value])]
    runs = inside.worker.timetable.runs("stock")
    assert [run["result"] for run in runs] == ["done", "waits"]
    assert "stock>shop is at work elsewhere" in runs[1]["message"]
    assert runs[0]["due_at"] == runs[1]["due_at"]


def test_a_run_that_a_dead_process_left_is_begun_again_but_not_for_ever(auto: tuple[Inside, Clock]) -> None:
    """It serves the same moment; when the process dies over it again and again, it waits for the next one."""
    inside, clock = auto
    run_due(inside)
    clock.turn(minutes=5)
    due_at = clock()
    left = {"started_at": clock(), "ended_at": None, "due_at": due_at, "tries": 1}
    for deaths, results in ((0, ["done"]), (1, ["failed"])):
        with inside.app.ledger.writing() as connection:
            owner = dead_owner(inside.folder / "work")
            connection.execute(update(SCHEDULE_STATE).values(**left, deaths=deaths, owner=owner))
        clock.turn(minutes=7)

        (turn,) = inside.worker.timetable.turns()
        assert (turn.due_at, turn.deaths) == (due_at, deaths + 1)
        assert [result for result, _ in run_due(inside)] == results

    (entry,) = inside.worker.timetable.entries()
    assert "2 times in mid-run" in entry.state.message
    assert [result for result, _ in run_due(inside)] == ["done"]  # what came due meanwhile


def test_a_run_of_a_living_process_is_left_alone(auto: tuple[Inside, Clock]) -> None:
    """Also when it takes long."""
    inside, clock = auto
    run_due(inside)
    with inside.app.ledger.writing() as connection:
        left = {"started_at": clock(), "ended_at": None, "due_at": clock(), "owner": "another-machine:abc"}
        connection.execute(update(SCHEDULE_STATE).values(**left))
    clock.turn(hours=3)

    assert inside.worker.timetable.turns() == []


def test_two_workers_run_a_moment_once(auto: tuple[Inside, Clock]) -> None:
    """Both see it due; the one that enters it first runs it."""
    inside, clock = auto
    run_due(inside)
    clock.turn(minutes=5)
    first, second = inside.worker.timetable, Timetable(inside.app)
    (one,), (other,) = first.turns(), second.turns()

    assert first.run(one, lambda _: None) == "done"
    assert second.run(other, lambda _: None) == ""


def test_rejected_records_and_errors_are_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting, a bug: the schedule has failed, the others run; the next moment is tried again."""

    def broken(_app: App, _schedule: Schedule) -> Iterator[Batch]:
        raise KeyError("Fehler im Programm")

    monkeypatch.setitem(ACTIONS, "broken", Action("sage", "", "", broken))
    more = STOCK + '[schedules.bug]\naction = "broken"\nmodule = "stock"\nevery = "5m"\n'
    more += '[schedules.orders]\nmodule = "order_import"\nevery = "5m"\n'
    with automatic(tmp_path, more) as (inside, clock):
        run_due(inside)
        clock.turn(minutes=5)

        assert [result for result, _ in run_due(inside)] == ["failed", "failed", "done"]
        by_name = {entry.name: entry.state for entry in inside.worker.timetable.entries()}
        assert "is not read out of Sage" in by_name["orders"].message
        assert by_name["bug"].message == "KeyError: 'Fehler im Programm'"
        clock.turn(minutes=5)
        assert len(run_due(inside)) == 3


def test_a_fatal_error_ends_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program doubts itself: the run counts as failed, and nothing goes on."""

    def doubtful(_app: App, _schedule: Schedule) -> Iterator[Batch]:
        raise FatalError("das kann nicht sein")

    monkeypatch.setitem(ACTIONS, "doubtful", Action("sage", "", "", doubtful))
    with automatic(tmp_path, STOCK + 'action = "doubtful"\n') as (inside, clock):
        run_due(inside)
        clock.turn(minutes=5)

        with pytest.raises(FatalError, match="das kann nicht sein"):
            run_due(inside)
        (entry,) = inside.worker.timetable.entries()
        assert entry.state.result == "failed"


def test_the_ledger_keeps_the_last_runs_only(auto: tuple[Inside, Clock], monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule of every second must not fill the disk."""
    inside, clock = auto
    monkeypatch.setattr(timetables, "KEPT_RUNS", 3)
    run_due(inside)
    for _ in range(6):
        clock.turn(minutes=5)
        run_due(inside)

    runs = inside.worker.timetable.runs(limit=100)
    assert len(runs) == 3
    assert runs[0]["due_at"] == clock()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            '[schedules.x]\nmodule = "stock"\naction = "tanzen"\nevery = "5m"\n',
            "schedules.x: there is no action 'tanzen'",
        ),
        ('[schedules.x]\nmodule = "stok"\nevery = "5m"\n', "schedules.x: there is no module 'stok'"),
        (
            '[schedules.x]\nmodule = "stock"\nprofile = "gibtesnicht"\nevery = "5m"\n',
            "schedules.x: there is no profile",
        ),
        ('[schedules.x]\nmodule = "stock"\n', "exactly one of every, cron, at"),
        ('[schedules.x]\nmodule = "stock"\nevery = "5m"\nat = "06:00"\n', "exactly one of every, cron, at"),
        ('[schedules.x]\nmodule = "stock"\ncron = "0 25 * * *"\n', "schedules.x: cron '0 25 * * *': Bad hour"),
        ('[expected.x]\nby = "8 Uhr"\n', "expected.x: '8 Uhr' is no time of day"),
        ('[expected.x]\nby = "08:00"\nsince = "früh"\n', "expected.x: 'früh' is no time of day"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_the_start(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(ConfigError) as error, automatic(tmp_path, more):
        pass
    assert says in str(error.value)


def test_what_is_pulled_from_the_shop_runs_on_the_lane_of_the_shop(tmp_path: Path) -> None:
    """`sync` of a module that comes from there: a shop that hangs does not hold up what Sage has."""
    more = STOCK + '[schedules.orders]\nmodule = "order_import"\naction = "sync"\nevery = "5m"\n'
    shop = {"shop.way": "api", "shop.url": "http://127.0.0.1:1", "shop.key": "k", "shop.secret": "s"}
    with automatic(tmp_path, more, **shop) as (inside, _):
        assert inside.worker.timetable.connections == ["sage", "shop"]
        assert inside.worker.timetable.actions["orders"].connection == "shop"
