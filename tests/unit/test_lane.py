"""Lanes: one that hangs or fails holds up nobody, and a stop has an end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from exchange import lane as lanes
from exchange.errors import ConfigError, FatalError, TransientError
from exchange.lane import Lane, join
from exchange.watch import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    yield stop
    stop.set()


def lane(work: Callable[[], float], stop: threading.Event, fatal: Callable[[Exception], None] = print) -> Lane:
    made = Lane("test", work, Bell(), stop, fatal)
    made.start()
    return made


def test_a_ring_wakes_a_sleeping_lane_and_the_stop_ends_it(stop: threading.Event) -> None:
    """It would sleep for an hour; it looks at once, and it ends at once."""
    looks = threading.Semaphore(0)

    def work() -> float:
        looks.release()
        return 3600

    made = lane(work, stop)
    assert looks.acquire(timeout=30)
    made.bell.ring()
    assert looks.acquire(timeout=30)
    stop.set()
    made.bell.ring()

    assert join([made], 30) == []
    assert made.as_json() == {"lane": "test", "busy_since": None, "problem": None}


@pytest.mark.parametrize("error", [TransientError("weg"), ConfigError("falsch"), OSError("voll"), KeyError("Fehler")])
def test_a_lane_survives_its_errors_and_tells_them(
    stop: threading.Event, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again after a pause, and what it said is forgotten when it goes well."""
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    failed, well = threading.Event(), threading.Event()
    problems: list[str] = []
    errors = iter([error, error])

    def work() -> float:
        problems.append(made.problem)
        for each in errors:
            raise each
        (well if failed.is_set() else failed).set()
        return 0.0 if not well.is_set() else 3600

    made = Lane("test", work, Bell(), stop, print)
    made.start()

    assert well.wait(30)
    assert str(error.args[0]) in problems[1]
    assert (problems[2] == problems[1], problems[-1]) == (True, "")


def test_a_fatal_error_is_handed_on(stop: threading.Event) -> None:
    """Whoever runs the lanes ends them all."""
    handed: list[Exception] = []

    def work() -> float:
        raise FatalError("Zweifel")

    def fatal(error: Exception) -> None:
        handed.append(error)
        stop.set()
        made.bell.ring()

    made = Lane("test", work, Bell(), stop, fatal)
    made.start()

    assert join([made], 30) == []
    assert [str(each) for each in handed] == ["Zweifel"]


def test_a_lane_that_hangs_is_left_behind_at_the_deadline(stop: threading.Event) -> None:
    """The others have ended; the one that hangs is named."""
    begun, free = threading.Event(), threading.Event()

    def hang() -> float:
        begun.set()
        free.wait(60)
        return 0

    hanging, other = lane(hang, stop), lane(lambda: 3600, stop)
    assert begun.wait(30)
    stop.set()
    other.bell.ring()

    other.join(30)
    assert join([hanging, other], 0.05) == [hanging]
    assert hanging.as_json()["busy_since"] is not None
    free.set()
    assert join([hanging], 30) == []
