"""Folders → files that are ready: the scan is the truth, events only ring a bell."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemMovedEvent
from watchdog.observers import Observer

from exchange import worker
from exchange.ledger import State
from exchange.settings import Watching
from exchange.watch import Bell, Inbox, observe
from tests.inside import STOCK, Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


class Clock:
    """Monotonic seconds that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Inbox:
    return Inbox(tmp_path, 2.0, Watching().ignore, clock)


def names(inbox: Inbox) -> list[str]:
    return [path.name for path, _ in inbox.ready()]


def test_files_are_ready_when_they_stand_still_and_the_oldest_first(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """Oldest is what was seen first; of those seen together, the names decide."""
    for name in ("c.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"x")
    assert names(inbox) == []
    clock.now = 1
    (tmp_path / "a.csv").write_bytes(b"x")
    assert names(inbox) == []
    clock.now = 2
    assert names(inbox) == ["b.csv", "c.csv"]
    clock.now = 3
    assert names(inbox) == ["b.csv", "c.csv", "a.csv"]
    assert inbox.waiting


def test_subfolders_are_named_and_hidden_ones_passed_over(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """The path below the inbox comes with the file."""
    for folder in ("stock/heute", ".versteckt"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.csv").write_bytes(b"x")
    (tmp_path / "y.csv").write_bytes(b"x")
    inbox.ready()
    clock.now = 2

    assert [(path.name, folder) for path, folder in inbox.ready()] == [("x.csv", "stock/heute"), ("y.csv", "")]


def test_a_file_that_comes_back_settles_anew(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """What has gone is forgotten."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"x")
    os.utime(path, (1, 1))
    inbox.ready()
    path.unlink()
    clock.now = 1
    assert (names(inbox), inbox.waiting) == ([], False)
    path.write_bytes(b"x")
    os.utime(path, (1, 1))
    clock.now = 2
    assert names(inbox) == []
    clock.now = 4
    assert names(inbox) == ["x.csv"]


def test_a_file_that_goes_while_it_is_looked_at_is_no_error(
    tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the list and the look, another process may have taken it."""
    (tmp_path / "x.csv").write_bytes(b"x")

    def gone(path: Path) -> os.stat_result:
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "lstat", gone)
    assert names(inbox) == []


def test_leftovers_are_counted_by_pattern(tmp_path: Path, inbox: Inbox) -> None:
    """Each name once, however often the folder is searched."""
    for name in ("~$a.xlsx", "~$b.xlsx", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    inbox.ready()
    inbox.ready()

    assert inbox.ignored == {"~$*": 2, "Thumbs.db": 1}
    assert not inbox.waiting


def test_the_bell_rings_for_changes_and_not_for_our_own_reading() -> None:
    """A ring is heard once; without one, waiting ends by itself."""
    bell = Bell()
    bell.on_any_event(FileOpenedEvent("x"))
    assert not bell.wait(0)
    bell.on_any_event(FileSystemMovedEvent("x", "y"))
    assert bell.wait(0)
    assert not bell.wait(0)
    bell.on_any_event(FileSystemEvent(""))
    assert bell.wait(0)


def test_a_change_in_a_folder_rings_the_bell(tmp_path: Path) -> None:
    """The events of the operating system come through, and end when told so."""
    bell = Bell()
    end = observe(tmp_path, bell)
    assert end is not None
    (tmp_path / "x.csv").write_bytes(b"x")
    assert bell.wait(10)
    end()


def test_without_events_the_folder_is_searched(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No watches left (fault catalogue P13): the log says so, and a dropped file is taken all the same."""

    def none_left(_self: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(Observer, "start", none_left)
    assert observe(inside.inbox, Bell()) is None

    inside.installation.drop("bestand.csv", STOCK)
    run_until_done(inside)

    assert [batch.state for batch in inside.ended] == [State.DONE]
    assert "no file events here" in caplog.text


def run_until_done(inside: Inside) -> None:
    """The service's own loop, on the real clock, stopped after the first batch."""
    own = inside.worker
    own.inbox.clock = time.monotonic
    own.inbox.settle_seconds = 0.05
    own.done = lambda batch: (inside.ended.append(batch), own.stop())[0]
    guard = threading.Timer(20, own.stop)
    guard.start()
    own.run()
    guard.cancel()


def test_the_service_takes_what_comes_and_stops_when_told(inside: Inside) -> None:
    """With events; the loop ends after the batch at work."""
    inside.installation.drop("bestand.csv", STOCK)
    run_until_done(inside)

    assert [batch.state for batch in inside.ended] == [State.DONE]


def test_a_stop_is_heard_between_two_batches(inside: Inside) -> None:
    """What was claimed and not processed waits for the next start."""
    for number in (1, 2):
        inside.installation.drop(f"{number}.csv", STOCK.replace("14", str(number)))
    own = inside.worker
    own.done = lambda batch: (inside.ended.append(batch), own.stop())[0]
    inside.settled()

    assert len(inside.ended) == 1
    assert len(inside.app.ledger.open_batches()) == 1


def test_once_waits_for_files_to_stand_still_and_gives_up_on_those_that_do_not(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run --once` handles all that is there; a file that keeps changing is left for the next run."""
    own = inside.worker
    own.inbox.settle_seconds = 2.0
    restless = inside.inbox / "waechst.csv"
    restless.write_bytes(b"")
    inside.installation.drop("bestand.csv", STOCK)
    moments = iter(range(10_000))

    def sleep(seconds: float) -> None:
        inside.seconds += seconds
        restless.write_bytes(b"x" * next(moments))

    monkeypatch.setattr(worker.time, "sleep", sleep)
    monkeypatch.setattr(worker.time, "monotonic", lambda: inside.seconds)

    assert own.once() == 1
    assert own.inbox.waiting
    assert inside.waiting() == ["waechst.csv"]
