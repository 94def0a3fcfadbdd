"""Events ring the bell for as long as they come, and a canary proves that they do."""

from __future__ import annotations

import errno
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from watchdog.observers import Observer

from exchange import events
from exchange.events import CANARY, CANARY_SECONDS, PATIENCE_SECONDS, RETRY_SECONDS, Watcher, is_network
from exchange.watch import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Clock:
    """Monotonic seconds that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher(tmp_path: Path, clock: Clock) -> Iterator[Watcher]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    watcher = Watcher(folder, Bell(), clock=clock)
    yield watcher
    watcher.close()


def until(true: Callable[[], bool]) -> None:
    """Wait for another thread; fails only when it never comes."""
    for _ in range(6_000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def heard(watcher: Watcher, clock: Clock) -> None:
    """A canary is sent, and its event comes."""
    clock.now += CANARY_SECONDS
    watcher.tend()
    assert (watcher.folder / CANARY).exists()
    until(watcher._ear.heard.is_set)
    watcher.tend()


def test_a_change_rings_the_bell(watcher: Watcher) -> None:
    """The events of the operating system come through."""
    watcher.tend()
    (watcher.folder / "x.csv").write_bytes(b"x")
    assert watcher.bell.wait(60)


def test_a_canary_proves_that_events_come_and_goes_at_the_end(watcher: Watcher, clock: Clock) -> None:
    """It rings nobody."""
    watcher.tend()
    heard(watcher, clock)
    assert (watcher.awake, watcher.finding) == (True, None)
    watcher.close()
    assert list(watcher.folder.iterdir()) == []


def test_p10_a_folder_that_was_deleted_and_made_again_is_watched_again(watcher: Watcher, clock: Clock) -> None:
    """The observer itself would stay deaf and say that it is alive."""
    watcher.tend()
    watcher.folder.rename(watcher.folder.with_name("weg"))
    watcher.tend()
    assert not watcher.awake
    watcher.folder.mkdir()
    watcher.tend()
    assert watcher.awake
    while watcher.bell.wait(0):
        pass
    (watcher.folder / "x.csv").write_bytes(b"x")
    assert watcher.bell.wait(60)
    heard(watcher, clock)
    assert watcher.awake


def test_a_deaf_observer_is_replaced_and_then_given_up_for_a_while(watcher: Watcher, clock: Clock) -> None:
    """Two canaries in silence; it is told, and tried again later."""
    watcher.tend()
    deaf = threading.Event()  # nobody ever sets it
    ear, watcher._ear.heard = watcher._ear.heard, deaf
    watcher._ear.on_any_event = lambda _event: None  # type: ignore[method-assign]
    first = watcher._observer
    clock.now += CANARY_SECONDS
    watcher.tend()
    clock.now += PATIENCE_SECONDS
    watcher.tend()
    assert watcher._observer is not first
    assert watcher.finding is None
    clock.now += PATIENCE_SECONDS
    watcher.tend()

    assert not watcher.awake
    assert watcher.finding is not None
    assert watcher.finding.code == "watch.no_events"

    del watcher._ear.on_any_event
    watcher._ear.heard = ear
    clock.now += RETRY_SECONDS
    watcher.tend()
    assert not watcher.awake  # only the canary proves it
    heard(watcher, clock)
    assert (watcher.awake, watcher.finding) == (True, None)


def test_p11_an_observer_whose_thread_has_ended_is_replaced(
    watcher: Watcher, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in what an event calls ends watchdog's thread; it is seen by the canary, and events come again."""
    ended: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda what: ended.append(what.exc_value))
    watcher.tend()
    first = watcher._observer
    with monkeypatch.context() as patch:
        patch.setattr(watcher._ear, "on_any_event", lambda _event: 1 / 0)
        (watcher.folder / "x.csv").write_bytes(b"x")
        until(lambda: bool(ended))
    assert isinstance(ended[0], ZeroDivisionError)

    clock.now += CANARY_SECONDS
    watcher.tend()
    clock.now += PATIENCE_SECONDS
    watcher.tend()
    assert watcher._observer is not first
    until(watcher._ear.heard.is_set)
    watcher.tend()
    assert (watcher.awake, watcher.finding) == (True, None)


def test_p13_without_watches_left_the_folder_is_searched(
    watcher: Watcher, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told with the reason, and tried again later."""

    def none_left(_self: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    with monkeypatch.context() as patched:
        patched.setattr(Observer, "start", none_left)
        watcher.tend()
    assert watcher.finding is not None
    assert "inotify watch limit" in watcher.finding.message()
    watcher.tend()
    assert watcher._observer is None
    clock.now += RETRY_SECONDS
    watcher.tend()
    heard(watcher, clock)
    assert watcher.finding is None


def test_a_folder_that_cannot_be_written_has_no_proof(watcher: Watcher, clock: Clock) -> None:
    """The canary's place is taken by a folder."""
    watcher.tend()
    (watcher.folder / CANARY).mkdir()
    clock.now += CANARY_SECONDS
    watcher.tend()
    assert watcher.finding is not None
    (watcher.folder / CANARY).rmdir()


def test_nothing_is_watched_where_it_is_not_wanted(tmp_path: Path) -> None:
    """`watching.events = "off"`."""
    watcher = Watcher(tmp_path, Bell(), wanted=False)
    watcher.tend()
    assert (watcher._observer, watcher.finding) == (None, None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks the drive instead")
@pytest.mark.parametrize(
    ("kind", "network"), [("cifs", True), ("nfs4", True), ("fuse.sshfs", True), ("ext4", False), ("tmpfs", False)]
)
def test_w1_a_network_share_is_known_by_its_mount(tmp_path: Path, kind: str, network: bool) -> None:  # noqa: FBT001
    """The nearest mount above decides; blanks in its name are written in octal."""
    share = tmp_path / "mit Leerzeichen"
    (share / "inbox").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    point = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\n//server/x {point} {kind} rw 0 0\nbroken\n", "utf-8")

    assert is_network(share / "inbox", mounts) is network
    assert not is_network(tmp_path, mounts)
    assert not is_network(tmp_path, tmp_path / "none")


def test_w1_a_network_share_is_only_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of this machine's own writing would come, and those of others not: none are asked for."""
    monkeypatch.setattr(events, "is_network", lambda folder: folder == tmp_path)
    watcher = Watcher(tmp_path, Bell())
    watcher.tend()
    assert (watcher.wanted, watcher._observer, watcher.finding) == (False, None, None)
