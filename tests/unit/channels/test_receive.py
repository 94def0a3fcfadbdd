"""Fetching from servers that lie, stall, cut off and list hostile names (fault catalogue S, W, C)."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest

from exchange.channels import receive, session
from exchange.channels.session import BLOCK
from exchange.files import replace
from tests.sftp import Exchange, Sftp, exchanging, files, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
#: Several blocks, and no whole number of them.
LARGE = os.urandom(3 * BLOCK + 17)


@pytest.fixture(params=["sftp", "folder"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Exchange]:
    """A channel of either type to the folders `there/in` and `there/out`."""
    there = tmp_path / "there"
    if request.param == "sftp":
        with serving(there) as server, exchanging(tmp_path, server.settings) as exchange:
            yield exchange
        return
    for name in ("in", "out"):
        (there / name).mkdir(parents=True)
    channel = {"type": "folder", "inbox": "there/in", "outbox": "there/out", "send": ["*"], "settle_seconds": 0.0}
    with exchanging(tmp_path, channel) as exchange:
        yield exchange


def put(exchange: Exchange, name: str | bytes, content: bytes = b"x") -> None:
    """A file of the partner's."""
    (exchange.root / "there" / "in" / os.fsdecode(name)).write_bytes(content)


def left(exchange: Exchange) -> list[str]:
    """Names of the plain files that are still in the partner's folder."""
    return sorted(files(exchange.root / "there" / "in"))


def put_away(exchange: Exchange) -> list[str]:
    """Names in the partner's folder of processed files, without time and hash."""
    return sorted(name.split("_", 2)[2] for name in files(exchange.root / "there" / "in" / "processed"))


# What every type of channel does


def test_files_land_as_if_they_were_dropped_and_are_put_away_there(exchange: Exchange) -> None:
    """Empty, small and large; subfolders are nobody's business."""
    content = {"leer.csv": b"", "Müller.csv": b"x", "groß.csv": LARGE}
    for name, data in content.items():
        put(exchange, name, data)
    (exchange.root / "there" / "in" / "sub").mkdir()

    assert exchange.round() == []

    assert exchange.inbox() == content
    assert (left(exchange), put_away(exchange)) == ([], sorted(content))
    assert exchange.line.report.received == 3
    assert exchange.line.receiver.notes.names() == []


def test_a_file_is_waited_for_until_it_stands_still(exchange: Exchange) -> None:
    """By our own clock, over two listings."""
    exchange.line.settings.__dict__["settle_seconds"] = 10.0
    put(exchange, "a.csv", b"hal")
    assert exchange.round() == []
    assert exchange.line.receiver.waiting
    exchange.seconds = 9
    put(exchange, "a.csv", b"halb und")
    exchange.round()
    exchange.seconds = 18
    exchange.round()
    assert exchange.inbox() == {}
    exchange.seconds = 19
    put(exchange, "b.csv")
    exchange.round()

    assert exchange.inbox() == {"a.csv": b"halb und"}
    assert exchange.line.receiver.waiting


def test_only_what_fits_the_patterns_is_fetched(exchange: Exchange) -> None:
    """And never what is passed over in the inbox."""
    exchange.line.settings.__dict__["patterns"] = ("*.csv", "*.part")
    for name in ("a.csv", "b.xml", "c.part", ".d.csv"):
        put(exchange, name)

    assert exchange.round() == []
    assert sorted(exchange.inbox()) == ["a.csv"]


def test_p18_the_same_name_every_day_is_a_new_file(exchange: Exchange) -> None:
    """Also with the same content: whether that is news is not for the channel to say."""
    for content in (b"1", b"2", b"2"):
        put(exchange, "a.csv", content)
        assert exchange.round() == []
        assert exchange.inbox() == {"a.csv": content}
        (exchange.root / "inbox" / "agency" / "a.csv").unlink()
    assert put_away(exchange) == ["a.csv"] * 3


def test_a_file_whose_name_waits_in_the_inbox_is_not_written_over_it(exchange: Exchange) -> None:
    """It is kept, and lands when the first has gone, also after a new start."""
    put(exchange, "a.csv", b"1")
    exchange.round()
    put(exchange, "a.csv", b"2")
    assert exchange.round() == ["channel.name_waits"]
    assert exchange.inbox() == {"a.csv": b"1"}
    exchange.restart()
    assert "channel.name_waits" in exchange.round()
    (exchange.root / "inbox" / "agency" / "a.csv").unlink()

    assert exchange.round() == []
    assert exchange.inbox() == {"a.csv": b"2"}
    assert left(exchange) == []


@POSIX
@pytest.mark.parametrize(
    "name",
    [b"M\xfcller.csv", b"a\nb.csv", b"=cmd.csv", b"-rf.csv", b"a.csv ", b"a.", b"CON.csv", b"nul", b"a:b.csv"],
)
def test_s7_s8_w8_a_bad_name_is_told_of_and_hides_no_other(exchange: Exchange, name: bytes) -> None:
    """It stays where it is; the message is one line."""
    put(exchange, name)
    put(exchange, "gut.csv")

    assert exchange.round() == ["channel.bad_name"]
    assert list(exchange.inbox()) == ["gut.csv"]
    assert exchange.said.count("\n") == 1
    assert [os.fsencode(each) for each in left(exchange)] == [name]


@POSIX
def test_w9_w10_names_that_are_one_to_the_eye_are_told_of_and_both_fetched(exchange: Exchange) -> None:
    """Letter case, and umlauts in two codings; the second waits where the inbox takes them for one."""
    for name in ("Preis.csv", "preis.csv", "Müller.csv", "Mu\u0308ller.csv"):
        put(exchange, name, name.encode())
    codes = exchange.round()
    assert codes.count("channel.twins") == 2
    got = list(exchange.inbox().values())
    for path in (exchange.root / "inbox" / "agency").iterdir():
        path.unlink()
    exchange.round()

    assert len([*got, *exchange.inbox().values()]) == 4


@POSIX
def test_s11_links_and_pipes_are_not_fetched(exchange: Exchange) -> None:
    """Not even a link to a plain file."""
    place = exchange.root / "there" / "in"
    (exchange.root / "geheim").write_bytes(b"x")
    (place / "link.csv").symlink_to(exchange.root / "geheim")
    os.mkfifo(place / "pipe.csv")

    assert exchange.round() == ["channel.not_a_file"] * 2
    assert exchange.inbox() == {}


def test_a_file_beyond_the_limit_is_not_begun(tmp_path: Path) -> None:
    """Its size is known before."""
    with serving(tmp_path / "there") as server:
        limits = {"file_megabytes": 1}
        with exchanging(tmp_path, server.settings, limits=limits) as exchange:
            put(exchange, "a.csv", b"x" * (2**20 + 1))
            assert exchange.round() == ["channel.too_large"]
            assert (exchange.inbox(), left(exchange)) == ({}, ["a.csv"])


def test_a_missing_folder_is_told_of_and_the_other_direction_goes_on(exchange: Exchange) -> None:
    """The partner has removed his outbox for us."""
    (exchange.root / "there" / "in").rmdir()
    exchange.write("x.xml", b"x")
    assert exchange.round() == ["channel.missing"]
    assert list(exchange.sent()) == ["x.xml"]


def test_after_delete_the_file_is_gone_there(tmp_path: Path) -> None:
    """No folder of processed files is made."""
    with (
        serving(tmp_path / "there") as server,
        exchanging(tmp_path, {**server.settings, "after": "delete"}) as exchange,
    ):
        put(exchange, "a.csv")
        assert exchange.round() == []
        assert list((tmp_path / "there" / "in").iterdir()) == []


# Broken off at any step


class _Died(BaseException):
    """The process ends here: nothing catches it but the test."""


STEPS = ("_read", "write", "_land", "_put_away", "remove")


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_wherever_the_process_dies_the_file_lands_once(
    exchange: Exchange, step: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox is emptied as the worker does it, so that a second landing would show."""
    put(exchange, "a.csv", LARGE)
    holder: Any = exchange.line.receiver.notes if step in ("write", "remove") else exchange.line.receiver
    real = getattr(holder, step)

    def dying(*arguments: Any, **named: Any) -> Any:
        if side == "after":
            real(*arguments, **named)
        raise _Died

    monkeypatch.setattr(holder, step, dying)
    with pytest.raises(_Died):
        exchange.round()
    exchange.close()
    taken = []
    for _ in range(3):
        exchange.restart()
        taken.extend(exchange.inbox().values())
        for path in (exchange.root / "inbox" / "agency").glob("*"):
            path.unlink()
        assert exchange.round() == []
        exchange.close()

    assert [*taken, *exchange.inbox().values()] == [LARGE]
    assert left(exchange) == []


def test_new_content_under_a_known_name_is_fetched_after_a_crash(exchange: Exchange) -> None:
    """It landed; before it was put away the process died, and the partner wrote another one."""
    put(exchange, "a.csv", b"alt")
    receiver = exchange.line.receiver
    receiver._put_away = lambda *_: None  # type: ignore[method-assign]
    exchange.round()
    (exchange.root / "inbox" / "agency" / "a.csv").unlink()
    exchange.restart()
    put(exchange, "a.csv", b"neu")

    assert exchange.round() == []
    assert exchange.inbox() == {"a.csv": b"neu"}


def test_a_torn_replacement_is_fetched_again(exchange: Exchange) -> None:
    """The process died between the new content and the note on it."""
    put(exchange, "a.csv", b"alt")
    receiver = exchange.line.receiver
    receiver._put_away = lambda *_: None  # type: ignore[method-assign]
    exchange.round()
    (exchange.root / "inbox" / "agency" / "a.csv").unlink()
    torn = exchange.root / "torn"
    torn.write_bytes(b"ne")
    replace(torn, receiver.notes.path(b"a.csv", ".part"))
    exchange.restart()
    put(exchange, "a.csv", b"neu")

    assert exchange.round() == []
    assert exchange.inbox() == {"a.csv": b"neu"}


# What single servers do


def test_c4_a_file_that_cannot_be_put_away_is_taken_once_and_not_read_for_ever(tmp_path: Path) -> None:
    """Told each round; new content under the name is news; when the right comes back, it is put away."""

    class ReadOnly(Sftp):
        allowed = False
        reads = 0

        def rename(self, oldpath: bytes, newpath: bytes) -> Any:
            if not ReadOnly.allowed:
                raise asyncssh.SFTPPermissionDenied("read only")
            return super().rename(oldpath, newpath)

        def read(self, file_obj: object, offset: int, size: int) -> Any:
            ReadOnly.reads += 1
            return super().read(file_obj, offset, size)

    with serving(tmp_path / "there", ReadOnly) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", b"1")
        assert exchange.round() == ["channel.still_there"]
        (tmp_path / "inbox" / "agency" / "a.csv").unlink()
        read_once = ReadOnly.reads
        for _ in range(3):
            assert exchange.round() == ["channel.still_there"]
        assert ReadOnly.reads == read_once
        exchange.restart()
        exchange.round()
        assert exchange.inbox() == {}

        put(exchange, "a.csv", b"22")
        exchange.round()
        assert exchange.inbox() == {"a.csv": b"22"}
        ReadOnly.allowed = True
        exchange.seconds += receive.PUT_AWAY_SECONDS
        assert exchange.round() == []
        assert left(exchange) == []


def test_s14_fewer_bytes_than_announced_are_not_taken_over(tmp_path: Path) -> None:
    """The server lies about the size, or the disk there is broken."""

    class Short(Sftp):
        def read(self, file_obj: object, offset: int, size: int) -> Any:
            return b"" if offset >= BLOCK else super().read(file_obj, offset, size)

    with serving(tmp_path / "there", Short) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", LARGE)
        assert exchange.round() == ["channel.size_differs"]
        assert (exchange.inbox(), left(exchange)) == ({}, ["a.csv"])
        assert exchange.line.reached


def test_s18_a_file_that_grows_while_it_is_read_is_not_taken_over(tmp_path: Path) -> None:
    """Behind the announced end there is more."""

    class Grows(Sftp):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            with (tmp_path / "there" / "in" / "a.csv").open("ab") as more:
                more.write(b"more")
            return super().open(path, pflags, attrs)

    with serving(tmp_path / "there", Grows) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", LARGE)
        assert exchange.round() == ["channel.size_differs"]
        assert exchange.inbox() == {}


def test_a_server_that_sends_less_at_a_time_is_asked_again(tmp_path: Path) -> None:
    """The protocol allows it; the content is whole."""

    class Sips(Sftp):
        def read(self, file_obj: object, offset: int, size: int) -> Any:
            return super().read(file_obj, offset, min(size, 10_000))

    with serving(tmp_path / "there", Sips) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", LARGE)
        assert exchange.round() == []
        assert exchange.inbox() == {"a.csv": LARGE}


@pytest.mark.parametrize(
    "name", [b"../../escape.csv", b"/etc/cron.d/x", b"..\\..\\win.csv", b"in/../x.csv", b"CON", b"x\x00y"]
)
def test_s9_a_hostile_listing_leads_nowhere(tmp_path: Path, name: bytes) -> None:
    """Only a base name is taken, so nothing outside of the folder is ever asked for or written."""

    class Hostile(Sftp):
        async def scandir(self, path: bytes) -> Any:  # noqa: ARG002
            attrs = asyncssh.SFTPAttrs(size=1, permissions=stat.S_IFREG | 0o644, mtime=1, atime=1)
            yield asyncssh.SFTPName(name, b"", attrs)

    with serving(tmp_path / "there", Hostile) as server, exchanging(tmp_path / "ours", server.settings) as exchange:
        assert exchange.round() == ["channel.bad_name"]
        assert exchange.inbox() == {}
        assert not (tmp_path / "escape.csv").exists()


@pytest.mark.parametrize("name", [b"../in-evil/x.csv", b"-evil/x.csv", b"/in-evil/x.csv", b"x.csv/../../in-evil/x.csv"])
def test_s10_a_neighbour_with_a_longer_name_is_not_ours(tmp_path: Path, name: bytes) -> None:
    """`/in-evil` begins as `/in` does. Nothing of it is opened or moved, nor written beside our own inbox here."""

    class Hostile(Sftp):
        touched: list[bytes] = []  # noqa: RUF012

        async def scandir(self, path: bytes) -> Any:  # noqa: ARG002
            attrs = asyncssh.SFTPAttrs(size=1, permissions=stat.S_IFREG | 0o644, mtime=1, atime=1)
            yield asyncssh.SFTPName(name, b"", attrs)

        def map_path(self, path: bytes) -> bytes:
            Hostile.touched.append(path)
            return super().map_path(path)

    with serving(tmp_path / "there", Hostile) as server, exchanging(tmp_path / "ours", server.settings) as exchange:
        (tmp_path / "there" / "in-evil").mkdir()
        (tmp_path / "there" / "in-evil" / "x.csv").write_bytes(b"x")
        assert exchange.round() == ["channel.bad_name"]

        assert [path for path in Hostile.touched if b"evil" in path] == []
        assert list(exchange.root.rglob("*evil*")) == []
        assert (tmp_path / "there" / "in-evil" / "x.csv").read_bytes() == b"x"


def test_s4_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    """In the middle of a file; nothing has landed, and the next round begins with a new connection."""

    class Stalls(Sftp):
        silent = True

        async def read(self, file_obj: object, offset: int, size: int) -> Any:
            if offset and Stalls.silent:
                await asyncio.sleep(3600)
            return super().read(file_obj, offset, size)

    with serving(tmp_path / "there", Stalls) as server:
        channel = {**server.settings, "timeout_seconds": 0.4}
        with exchanging(tmp_path, channel) as exchange:
            put(exchange, "a.csv", LARGE)
            assert exchange.round() == ["channel.too_slow"]
            assert not exchange.line.reached
            assert exchange.inbox() == {}
            Stalls.silent = False
            exchange.line.settings.__dict__["timeout_seconds"] = 20.0
            assert exchange.round() == []
            assert exchange.inbox() == {"a.csv": LARGE}


def test_s4_a_server_that_drips_is_given_up(tmp_path: Path) -> None:
    """It answers in time, each time; but by bytes per second the file would take for ever."""

    class Drips(Sftp):
        async def read(self, file_obj: object, offset: int, size: int) -> Any:  # noqa: ARG002
            await asyncio.sleep(0.02)
            return super().read(file_obj, offset, 1)

    with serving(tmp_path / "there", Drips) as server:
        channel = {**server.settings, "timeout_seconds": 0.5, "least_bytes_per_second": 10**9}
        with exchanging(tmp_path, channel) as exchange:
            put(exchange, "a.csv", LARGE)
            assert exchange.round() == ["channel.too_slow"]
            assert exchange.inbox() == {}


def test_a_connection_that_is_cut_in_mid_file_is_made_again(tmp_path: Path) -> None:
    """By the next round; nothing of the torn file lands."""

    class Cuts(Sftp):
        cuts = 1

        def read(self, file_obj: object, offset: int, size: int) -> Any:
            if offset and Cuts.cuts:
                Cuts.cuts -= 1
                self.cut()
            return super().read(file_obj, offset, size)

    with serving(tmp_path / "there", Cuts) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", LARGE)
        assert exchange.round() == ["channel.lost"]
        assert exchange.inbox() == {}
        assert exchange.line.look() > 0
        assert exchange.inbox() == {"a.csv": LARGE}


def test_a_connection_that_was_ended_between_two_rounds_costs_nothing(tmp_path: Path) -> None:
    """Servers end idle sessions: that is no fault, and no pause."""

    class Idle(Sftp):
        here: list[Sftp] = []  # noqa: RUF012

        def __init__(self, chan: Any) -> None:
            super().__init__(chan)
            Idle.here.append(self)

    with serving(tmp_path / "there", Idle) as server, exchanging(tmp_path, server.settings) as exchange:
        assert exchange.round() == []
        assert exchange.round() == []
        assert len(Idle.here) == 1  # one connection for all rounds
        Idle.here[0].cut()
        put(exchange, "a.csv")
        assert exchange.round() == []
        assert list(exchange.inbox()) == ["a.csv"]
        assert len(Idle.here) == 2


def test_a_stop_breaks_off_a_download_and_nothing_is_told(tmp_path: Path) -> None:
    """What was on its way is done again next time."""

    class Asks(Sftp):
        exchange: Exchange

        def read(self, file_obj: object, offset: int, size: int) -> Any:
            if offset:
                Asks.exchange.channels.stop()
            return super().read(file_obj, offset, size)

    with serving(tmp_path / "there", Asks) as server, exchanging(tmp_path, server.settings) as exchange:
        Asks.exchange = exchange
        put(exchange, "a.csv", LARGE * 50)
        assert exchange.round() == []
        assert exchange.inbox() == {}
        exchange.restart()
        exchange.channels.stop = lambda: None  # type: ignore[method-assign]
        exchange.round()
        assert exchange.inbox() == {"a.csv": LARGE * 50}


def test_a_full_disk_here_leaves_the_file_there(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """C10; the next file gets its turn, and the connection is kept."""
    put(exchange, "a.csv")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(receive.os, "fsync", full)
        assert exchange.round() == ["channel.local"]
    assert (exchange.inbox(), left(exchange)) == ({}, ["a.csv"])
    assert exchange.line.reached
    exchange.round()
    assert list(exchange.inbox()) == ["a.csv"]


def test_a_file_that_the_partner_takes_back_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    """It has landed; that it is no longer there to be put away is as good."""

    class TakesBack(Sftp):
        def rename(self, oldpath: bytes, newpath: bytes) -> Any:  # noqa: ARG002
            (tmp_path / "there" / "in" / "a.csv").unlink(missing_ok=True)
            raise asyncssh.SFTPNoSuchFile("gone")

    with serving(tmp_path / "there", TakesBack) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv")
        assert exchange.round() == []
        assert list(exchange.inbox()) == ["a.csv"]
        assert exchange.line.receiver.notes.names() == []


def test_without_a_folder_for_processed_files_nothing_is_taken_twice(tmp_path: Path) -> None:
    """The server answers a rename into a missing folder as it answers one of a missing file."""

    class NoFolder(Sftp):
        def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> Any:  # noqa: ARG002
            raise asyncssh.SFTPPermissionDenied("no folders")

    with serving(tmp_path / "there", NoFolder) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv")
        assert exchange.round() == ["channel.still_there"]
        (tmp_path / "inbox" / "agency" / "a.csv").unlink()
        for _ in range(2):
            exchange.seconds += receive.PUT_AWAY_SECONDS
            assert exchange.round() == ["channel.still_there"]
        assert exchange.inbox() == {}


def test_a_name_that_comes_and_goes_between_list_and_look_is_no_trouble(tmp_path: Path) -> None:
    """Another reader was quicker."""

    class Vanishes(Sftp):
        def lstat(self, path: bytes) -> Any:
            if path.endswith(b"a.csv"):
                raise asyncssh.SFTPNoSuchFile("gone")
            return super().lstat(path)

    with serving(tmp_path / "there", Vanishes) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv")
        put(exchange, "b.csv")
        assert exchange.round() == []
        assert list(exchange.inbox()) == ["b.csv"]


def test_a_file_that_changes_while_it_is_read_settles_anew(tmp_path: Path) -> None:
    """The same size, other content: its time stamp tells; the torn mixture does not land."""

    class Rewrites(Sftp):
        armed = True

        def read(self, file_obj: object, offset: int, size: int) -> Any:
            data = super().read(file_obj, offset, size)
            if Rewrites.armed:
                Rewrites.armed = False
                path = tmp_path / "there" / "in" / "a.csv"
                path.write_bytes(b"neu")
                os.utime(path, (2, 2))
            return data

    with serving(tmp_path / "there", Rewrites) as server, exchanging(tmp_path, server.settings) as exchange:
        put(exchange, "a.csv", b"alt")
        assert exchange.round() == []
        assert exchange.inbox() == {}
        assert exchange.round() == []
        assert exchange.inbox() == {"a.csv": b"neu"}


def test_an_endless_listing_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is fetched leaves the folder, so the rest comes next time."""
    monkeypatch.setattr(session, "MOST_ENTRIES", 3)
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        for number in range(5):
            put(exchange, f"{number}.csv")
        exchange.line.settings.__dict__["processed"] = "/done"
        assert exchange.round() == []
        assert len(exchange.inbox()) == 3
        assert exchange.round() == []
        assert len(exchange.inbox()) == 5
