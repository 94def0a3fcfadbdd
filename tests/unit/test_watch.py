"""Folders → files that are ready: the scan is the truth, events only ring a bell."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemMovedEvent
from watchdog.observers import Observer

from exchange import gates, worker
from exchange.ledger import State
from exchange.settings import FolderRules, Watching
from exchange.watch import Bell, Inbox
from tests.inside import STOCK, Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


def test_w2_a_share_that_comes_back_gives_each_file_once(tmp_path: Path, clock: Clock) -> None:
    """All its files seem to be new: they settle anew, and those that were taken before it went do not come again."""
    share, away = tmp_path / "share", tmp_path / "away"
    drop(share, "a.csv", "b.csv", "c.csv")
    inbox = Inbox(share, 2.0, Watching().ignore, clock)
    assert after(inbox, clock, 0) == []
    assert after(inbox, clock, 2) == ["a.csv", "b.csv", "c.csv"]
    (share / "a.csv").unlink()  # claimed
    share.rename(away)
    assert (after(inbox, clock, 1), inbox.waiting) == ([], False)
    away.rename(share)

    assert after(inbox, clock, 1) == []
    assert after(inbox, clock, 2) == ["b.csv", "c.csv"]


def failing_on(broken: str, real: Callable[[str], Any]) -> Callable[[str], Any]:
    """A look that a share does not answer for one name."""

    def look(path: str) -> Any:
        if os.path.basename(path) == broken:  # noqa: PTH119 - text
            raise OSError(errno.EIO, "Input/output error", path)
        return real(path)

    return look


@pytest.mark.parametrize("broken", ["kaputt", "b.csv"])
def test_w3_what_cannot_be_looked_at_is_told_of_and_hides_no_other(
    tmp_path: Path, inbox: Inbox, clock: Clock, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subfolder or a file of a share that breaks off; when it is back, all of it is taken."""
    drop(tmp_path, "a.csv", "b.csv")
    drop(tmp_path / "kaputt", "c.csv")
    with monkeypatch.context() as patch:
        for name in ("scandir", "lstat"):
            patch.setattr(os, name, failing_on(broken, getattr(os, name)))
        after(inbox, clock, 0)
        assert after(inbox, clock, 2) == {"kaputt": ["a.csv", "b.csv"], "b.csv": ["a.csv", "kaputt/c.csv"]}[broken]
        assert {place: each.code for place, each in inbox.held.items()} == {broken: "watch.unseen"}

    after(inbox, clock, 0)
    assert sorted(after(inbox, clock, 2)) == ["a.csv", "b.csv", "kaputt/c.csv"]
    assert inbox.held == {}


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


def test_without_events_the_folder_is_searched(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No watches left (fault catalogue P13): the log says so, and a dropped file is taken all the same."""

    def none_left(_self: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(Observer, "start", none_left)
    inside.installation.drop("bestand.csv", STOCK)
    run_until_done(inside)

    assert [batch.state for batch in inside.ended] == [State.DONE]
    assert "no file events here" in caplog.text
    assert [each.key for each in inside.app.troubles.all()] == ["inbox events"]


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


def test_our_own_files_are_no_data_whatever_the_patterns_say(tmp_path: Path, clock: Clock) -> None:
    """The canary, the signs of sets, and what is not complete yet."""
    inbox = Inbox(tmp_path, 0.0, (), clock)
    for name in (".exchange-canary", ".m.json.taken", "x.csv.part", "x.csv"):
        (tmp_path / name).write_bytes(b"x")
    assert names(inbox) == ["x.csv"]


# Rules of single folders


def drop(folder: Path, *names: str, content: bytes = b"x") -> None:
    """Files that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(content)


def after(inbox: Inbox, clock: Clock, seconds: float) -> list[str]:
    """What is ready so much later, with its folder."""
    clock.now += seconds
    return [f"{folder}/{path.name}".lstrip("/") for path, folder in inbox.ready()]


def test_a_folder_has_its_own_settle_time_patterns_order_and_priority(
    tmp_path: Path, inbox: Inbox, clock: Clock
) -> None:
    """Rules hold for the folders below too; what a rule does not give is as everywhere."""
    inbox.folders = {
        "bestellungen": FolderRules(priority=5, order="name"),
        "bilder": FolderRules(settle_seconds=10, ignore=("*.txt",)),
    }
    drop(tmp_path / "bestellungen" / "heute", "z.csv")
    drop(tmp_path, "a.csv")
    drop(tmp_path / "bilder", "b.csv", "x.txt", "y.tmp")
    after(inbox, clock, 0)
    drop(tmp_path / "bestellungen" / "heute", "c.csv")
    after(inbox, clock, 1)

    assert after(inbox, clock, 2) == ["bestellungen/heute/c.csv", "bestellungen/heute/z.csv", "a.csv"]
    assert after(inbox, clock, 7)[-2:] == ["bilder/b.csv", "bilder/y.tmp"]


@pytest.mark.parametrize(("pattern", "done"), [("{name}.done", "X.csv.done"), ("{stem}.done", "X.done")])
def test_p14_a_file_waits_for_its_done_file(
    tmp_path: Path, inbox: Inbox, clock: Clock, pattern: str, done: str
) -> None:
    """Whichever comes first; one that is alone for too long is told of, and the done file is never data."""
    inbox.folders, inbox.hold_seconds = {"in": FolderRules(done=pattern)}, 60
    drop(tmp_path / "in", "X.csv")
    after(inbox, clock, 0)
    assert after(inbox, clock, 5) == []
    assert not inbox.held
    assert after(inbox, clock, 60) == []
    assert [each.code for each in inbox.held.values()] == ["watch.not_released"]

    drop(tmp_path / "in", done)
    assert after(inbox, clock, 1) == ["in/X.csv"]
    assert not inbox.held
    (tmp_path / "in" / "X.csv").unlink()  # claimed
    assert after(inbox, clock, 1) == []
    assert list((tmp_path / "in").iterdir()) == []  # no sign is left for the next file of that name

    drop(tmp_path / "in", done)
    after(inbox, clock, 61)
    after(inbox, clock, 61)
    assert [each.code for each in inbox.held.values()] == ["watch.incomplete_set"]
    drop(tmp_path / "in", "X.csv")
    assert after(inbox, clock, 1) == []  # still settling
    assert after(inbox, clock, 2) == ["in/X.csv"]


def test_an_old_sign_lets_no_new_file_of_the_same_name_pass(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """The first one was taken and the next came before the folder was looked at again; it is still being written."""
    inbox.folders = {"in": FolderRules(done="{name}.done")}
    drop(tmp_path / "in", "X.csv", "X.csv.done")
    after(inbox, clock, 0)
    assert after(inbox, clock, 2) == ["in/X.csv"]
    drop(tmp_path / "in", "X.csv", content=b"half of the next")

    after(inbox, clock, 1)
    assert after(inbox, clock, 5) == []


def test_p15_a_done_file_in_other_case_starts_one_file_once(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """The exact name goes before one that is only alike; two that are only alike wait for a person."""
    inbox.folders = {"in": FolderRules(done="{name}.done"), "on": FolderRules(done="{name}.done")}
    drop(tmp_path / "in", "Preis.csv", "PREIS.CSV.done")
    drop(tmp_path / "on", "bestand.csv", "bestand.csv.done")
    if not (tmp_path / "on" / "BESTAND.csv").exists():  # a file system that tells the two apart
        drop(tmp_path / "on", "BESTAND.csv")
    after(inbox, clock, 0)

    assert after(inbox, clock, 2) == ["in/Preis.csv", "on/bestand.csv"]


def test_p15_two_files_that_share_a_done_file_are_taken_once_each(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """Both are complete; neither waits for ever, and what is left starts nothing again."""
    inbox.folders = {"in": FolderRules(done="{stem}.done")}
    drop(tmp_path / "in", "X.csv", "X.xml", "X.done")
    after(inbox, clock, 0)
    assert after(inbox, clock, 2) == ["in/X.csv", "in/X.xml"]
    (tmp_path / "in" / "X.csv").unlink()  # claimed; the other one is held open
    assert after(inbox, clock, 2) == ["in/X.xml"]
    (tmp_path / "in" / "X.xml").unlink()
    drop(tmp_path / "in", "X.csv")
    after(inbox, clock, 0)
    assert after(inbox, clock, 5) == []


def test_a_folder_whose_gates_fail_does_not_hold_up_the_others(
    tmp_path: Path, inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room for the sign, or the done file is held open by another program: told of, and done later."""
    inbox.folders = {"in": FolderRules(done="{name}.done")}
    drop(tmp_path / "in", "X.csv", "X.csv.done")
    drop(tmp_path, "a.csv")
    after(inbox, clock, 0)
    for call, error in (("unlink", PermissionError(13, "in use")), ("replace", OSError(errno.ENOSPC, "no room"))):
        with monkeypatch.context() as patch:
            patch.setattr(Path, call, failing(error))
            assert after(inbox, clock, 2) == ["a.csv"]
            assert [str(each.values["reason"]) for each in inbox.held.values()] == [error.strerror]

    assert after(inbox, clock, 2) == ["in/X.csv", "a.csv"]
    assert inbox.held == {}


def failing(error: OSError) -> Callable[..., None]:
    """A call of the system that fails."""

    def call(*_arguments: Any, **_named: Any) -> None:
        raise error

    return call


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"X.csv": 1}', b'{"X.csv": [1, 2, 3]}'])
def test_a_sign_that_is_not_ours_is_removed_and_lets_nothing_through(
    tmp_path: Path, inbox: Inbox, clock: Clock, content: bytes
) -> None:
    """Whoever can write there could stop the search with it."""
    inbox.folders = {"in": FolderRules(done="{name}.done")}
    drop(tmp_path / "in", ".X.csv.done.taken", content=content)
    drop(tmp_path / "in", "X.csv")
    after(inbox, clock, 0)
    assert after(inbox, clock, 2) == []
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["X.csv"]


def manifest(files: dict[str, bytes], form: str) -> bytes:
    """A manifest of these contents."""
    rows = [(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()]
    if form == "json":
        return json.dumps({"files": [dict(zip(("name", "size", "sha256"), row, strict=True)) for row in rows]}).encode()
    return "\n".join(["name;size;sha256", *(f"{name};{size};{sha}" for name, size, sha in rows)]).encode()


@pytest.mark.parametrize("form", ["json", "csv"])
def test_p16_a_set_is_taken_when_all_of_it_is_there(tmp_path: Path, inbox: Inbox, clock: Clock, form: str) -> None:
    """Two of three, then a wrong one, then all: only then any is taken. What still lacks is told after the limit."""
    inbox.folders, inbox.hold_seconds = {"in": FolderRules(manifest=f"*.manifest.{form}")}, 60
    files = {"1.csv": b"eins", "2.csv": b"zwei", "3.csv": b"drei"}
    folder = tmp_path / "in"
    drop(folder, f"m.manifest.{form}", content=manifest(files, form))
    for name in ("1.csv", "2.csv"):
        drop(folder, name, content=files[name])
    after(inbox, clock, 0)
    assert after(inbox, clock, 61) == []
    assert "3.csv (fehlt / missing)" in inbox.held[f"in/m.manifest.{form}"].message()

    drop(folder, "3.csv", content=b"dreu")
    after(inbox, clock, 1)
    assert after(inbox, clock, 61) == []
    assert "3.csv (SHA-256)" in inbox.held[f"in/m.manifest.{form}"].message()

    drop(folder, "3.csv", content=b"drei")
    os.utime(folder / "3.csv", (2, 2))
    after(inbox, clock, 1)
    assert after(inbox, clock, 2) == ["in/1.csv", "in/2.csv", "in/3.csv"]
    (folder / "1.csv").unlink()  # claimed; then the process died
    again = Inbox(tmp_path, 2.0, inbox.ignore, clock, folders=inbox.folders)
    after(again, clock, 0)
    assert after(again, clock, 2) == ["in/2.csv", "in/3.csv"]


def test_w5_a_set_waits_while_a_file_of_it_is_held_open(
    tmp_path: Path, inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner has it: that is no wrong content, and nothing has to change for it to go on."""
    inbox.folders = {"in": FolderRules(manifest="*.json")}
    drop(tmp_path / "in", "1.csv", content=b"eins")
    drop(tmp_path / "in", "m.json", content=manifest({"1.csv": b"eins"}, "json"))
    after(inbox, clock, 0)
    with monkeypatch.context() as patch:
        patch.setattr(gates, "content_hash", failing(PermissionError(errno.EACCES, "in use")))
        assert after(inbox, clock, 2) == []

    assert after(inbox, clock, 2) == ["in/1.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="a service there makes no links")
@pytest.mark.parametrize(("size", "told"), [(4, "1.csv (Too many levels of symbolic links)"), (5, "4 ≠ 5 Byte")])
def test_p16_what_a_manifest_lists_and_is_another_size_or_no_plain_file_holds_the_set(
    tmp_path: Path, inbox: Inbox, clock: Clock, size: int, told: str
) -> None:
    """A link is never followed, so it has no hash; and the search of the other folders goes on."""
    inbox.folders, inbox.hold_seconds = {"in": FolderRules(manifest="*.json")}, 60
    drop(tmp_path, "eins", "a.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.csv").symlink_to("eins")  # as long as its target's name
    line = {"name": "1.csv", "size": size, "sha256": hashlib.sha256(b"x").hexdigest()}
    drop(tmp_path / "in", "m.json", content=json.dumps([line]).encode())
    after(inbox, clock, 0)

    assert after(inbox, clock, 61) == ["a.csv", "eins"]
    assert told in inbox.held["in/m.json"].message()


def test_p8_a_set_is_hashed_again_before_it_goes(tmp_path: Path, inbox: Inbox, clock: Clock) -> None:
    """A file was as listed, and was rewritten with its size and time while the other one was still missing."""
    inbox.folders, inbox.hold_seconds = {"in": FolderRules(manifest="*.manifest.json")}, 60
    folder = tmp_path / "in"
    drop(folder, "1.csv", content=b"eins")
    os.utime(folder / "1.csv", (1, 1))
    drop(folder, "m.manifest.json", content=manifest({"1.csv": b"eins", "2.csv": b"zwei"}, "json"))
    after(inbox, clock, 0)
    after(inbox, clock, 61)
    assert "2.csv (fehlt / missing)" in inbox.held["in/m.manifest.json"].message()
    drop(folder, "1.csv", content=b"EINS")
    os.utime(folder / "1.csv", (1, 1))
    drop(folder, "2.csv", content=b"zwei")
    after(inbox, clock, 0)
    assert after(inbox, clock, 2) == []

    drop(folder, "1.csv", content=b"eins")
    after(inbox, clock, 0)
    assert sorted(after(inbox, clock, 2)) == ["in/1.csv", "in/2.csv"]


@pytest.mark.parametrize(
    "content",
    [b"{", b'{"files": []}', b'{"files": [{"name": "../x"}]}', b'[{"name": "1.csv"}, {"name": "1.csv"}]', b"[1]"],
)
def test_a_manifest_that_cannot_be_used_holds_its_files(
    tmp_path: Path, inbox: Inbox, clock: Clock, content: bytes
) -> None:
    """And says so after the limit; nothing outside of the folder is ever looked at."""
    inbox.folders, inbox.hold_seconds = {"in": FolderRules(manifest="*.json")}, 60
    drop(tmp_path / "in", "1.csv")
    drop(tmp_path / "in", "m.json", content=content)
    after(inbox, clock, 0)

    assert after(inbox, clock, 61) == []
    assert {each.code for each in inbox.held.values()} == {"watch.not_released", "watch.incomplete_set"}


def test_ten_thousand_files_at_once_and_one_a_second_are_all_taken_once(
    tmp_path: Path, inbox: Inbox, clock: Clock
) -> None:
    """P12: whatever events get lost, the scan sees every file."""
    for number in range(10_000):
        (tmp_path / f"{number:05}.csv").touch()
    taken: Counter[str] = Counter()
    for second in range(20):
        (tmp_path / f"s{second:02}.csv").touch()
        for path, _ in inbox.ready():
            taken[path.name] += 1
            path.unlink()
        clock.now += 1
    clock.now += 2
    inbox.ready()
    taken.update(path.name for path, _ in inbox.ready())

    assert len(taken) == 10_020
    assert set(taken.values()) == {1}
