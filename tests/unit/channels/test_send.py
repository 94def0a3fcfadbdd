"""Sending to servers that take away, append, refuse and cut off: delivered once, or held (fault catalogue S12-S17)."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest

from exchange.channels.outgoing import Routes
from exchange.channels.session import BLOCK
from exchange.settings import ChannelSettings
from tests.sftp import Exchange, Sftp, exchanging, files, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = os.urandom(70 * BLOCK + 17)  # more blocks than may be on their way at once


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


def there(exchange: Exchange) -> dict[str, bytes]:
    """What the partner sees."""
    return files(exchange.root / "there" / "out")


# What every type of channel does


def test_files_arrive_whole_and_go_to_sent(exchange: Exchange) -> None:
    """Empty, small, and with more blocks than may be on their way at once; what is not complete stays."""
    content = {"leer.xml": b"", "Müller.xml": b"x", "groß.xml": LARGE}
    for name, data in content.items():
        exchange.write(name, data)
    exchange.write("halb.xml.part", b"x")
    exchange.write(".hidden", b"x")

    assert exchange.round() == []

    assert there(exchange) == content
    assert exchange.sent() == content
    assert exchange.outbox() == [".hidden", "halb.xml.part"]
    assert exchange.line.report.sent == 3
    assert exchange.line.sender.notes.names() == []


def test_a_file_replaces_an_older_one_of_its_name(exchange: Exchange) -> None:
    """And nothing that was sent before is lost here."""
    for content in (b"alt", b"neu"):
        exchange.write("x.xml", content)
        assert exchange.round() == []
    assert there(exchange) == {"x.xml": b"neu"}
    assert sorted(exchange.sent().values()) == [b"alt", b"neu"]


def test_s16_what_an_earlier_try_left_is_replaced(exchange: Exchange) -> None:
    """It is longer than the new one."""
    (exchange.root / "there" / "out" / "x.xml.part").write_bytes(b"very much longer")
    exchange.write("x.xml", b"neu")
    assert exchange.round() == []
    assert there(exchange) == {"x.xml": b"neu"}


class _Died(BaseException):
    """The process ends here: nothing catches it but the test."""


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", ["_upload", "_write", "_publish", "_put_away", "write", "remove"])
def test_wherever_the_process_dies_the_file_is_delivered_once(
    exchange: Exchange, step: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partner takes each file away when he sees it, so a second delivery would show."""
    exchange.write("x.xml", LARGE)
    holder: Any = exchange.line.sender.notes if step in ("write", "remove") else exchange.line.sender
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
        for name, content in there(exchange).items():
            if not name.endswith(".part"):
                taken.append(content)
                (exchange.root / "there" / "out" / name).unlink()
        exchange.restart()
        assert set(exchange.round()) <= {"channel.taken_at_once"}
        exchange.close()

    assert taken == [LARGE]
    assert exchange.sent() == {"x.xml": LARGE}


def test_w5_a_sent_file_that_is_held_open_here_is_sent_once(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be put away. Nothing is said against the partner; what he takes meanwhile does not come again."""
    exchange.write("x.xml", b"x")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", held_open(exchange.root / "outbox"))
        assert exchange.round() == ["channel.local"]
        (exchange.root / "there" / "out" / "x.xml").unlink()
        assert exchange.round() == ["channel.local"]
        exchange.close()
        exchange.restart()
        assert exchange.round() == ["channel.local"]

    assert exchange.round() == []
    assert (there(exchange), exchange.sent(), exchange.outbox()) == ({}, {"x.xml": b"x"}, [])


def held_open(folder: Path) -> Any:
    """A rename that does not move the files of a folder: another program has them open."""
    real = Path.replace

    def rename(self: Path, target: Path) -> Path:
        if self.parent == folder:
            raise PermissionError(errno.EACCES, "in use")
        return real(self, target)

    return rename


def test_another_file_under_a_name_in_hand_is_sent_as_a_new_one(exchange: Exchange) -> None:
    """The process died after the bytes had arrived; then the file was written anew."""
    exchange.write("x.xml", b"alt")
    exchange.line.sender._publish = lambda *_: (_ for _ in ()).throw(_Died)  # type: ignore[method-assign]
    with pytest.raises(_Died):
        exchange.round()
    exchange.close()
    exchange.restart()
    exchange.write("x.xml", b"neuer")
    assert exchange.round() == []
    assert there(exchange) == {"x.xml": b"neuer"}


# What single servers do


def test_s12_a_server_that_takes_the_closed_file_away_has_it(tmp_path: Path) -> None:
    """It is delivered, told of, and not sent again."""

    class Takes(Sftp):
        taken: list[bytes] = []  # noqa: RUF012

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            self.last = self.map_path(path)
            return super().open(path, pflags, attrs)

        def close(self, file_obj: Any) -> None:
            super().close(file_obj)
            Takes.taken.append(Path(os.fsdecode(self.last)).read_bytes())
            Path(os.fsdecode(self.last)).unlink()

    with serving(tmp_path / "there", Takes) as server, exchanging(tmp_path, server.settings) as exchange:
        exchange.write("x.xml", b"x")
        assert exchange.round() == ["channel.taken_at_once"]
        assert exchange.round() == []
        assert (Takes.taken, list(exchange.sent())) == ([b"x"], ["x.xml"])


class NoPosixRename(Sftp):
    """As servers that are not OpenSSH."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        raise asyncssh.SFTPOpUnsupported("no such extension")

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        if os.path.lexists(self.map_path(newpath)):
            raise asyncssh.SFTPFailure("exists")
        return super().rename(oldpath, newpath)


def test_s13_a_name_that_cannot_be_replaced_is_left_and_told_of(tmp_path: Path) -> None:
    """Nothing is deleted first; when the partner has cleared the name, the waiting file gets it, sent once."""
    with serving(tmp_path / "there", NoPosixRename) as server, exchanging(tmp_path, server.settings) as exchange:
        exchange.write("x.xml", b"alt")
        assert exchange.round() == []
        exchange.write("x.xml", b"neu")
        assert exchange.round() == ["channel.name_taken"]
        assert there(exchange) == {"x.xml": b"alt", "x.xml.part": b"neu"}
        assert exchange.round() == ["channel.name_taken"]
        (tmp_path / "there" / "out" / "x.xml").unlink()
        assert exchange.round() == []
        assert there(exchange) == {"x.xml": b"neu"}


def test_s15_a_server_that_appends_does_not_double_the_file(tmp_path: Path) -> None:
    """What an earlier try left is removed, and the file sent anew."""

    class Appends(Sftp):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            file = super().open(path, pflags & ~asyncssh.FXF_TRUNC, attrs)
            self.start = os.fstat(file.fileno()).st_size
            return file

        def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            return super().write(file_obj, self.start + offset, data)

    with serving(tmp_path / "there", Appends) as server, exchanging(tmp_path, server.settings) as exchange:
        (tmp_path / "there" / "out" / "x.xml.part").write_bytes(b"rest")
        exchange.write("x.xml", LARGE)
        assert exchange.round() == []
        assert there(exchange) == {"x.xml": LARGE}


@pytest.mark.parametrize("when", ["write", "close"])
def test_s17_a_full_server_keeps_nothing_and_the_file_stays(tmp_path: Path, when: str) -> None:
    """The quota shows at a block or only at the end; later there is room again."""

    class Full(Sftp):
        full = True

        def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            if Full.full and when == "write" and offset > BLOCK:
                raise asyncssh.SFTPFailure("quota exceeded")
            return super().write(file_obj, offset, data)

        def close(self, file_obj: Any) -> None:
            super().close(file_obj)
            if Full.full and when == "close":
                raise asyncssh.SFTPFailure("quota exceeded")

    with serving(tmp_path / "there", Full) as server, exchanging(tmp_path, server.settings) as exchange:
        exchange.write("x.xml", LARGE)
        assert exchange.round() == ["channel.refused"]
        assert "quota exceeded" in exchange.said
        assert (there(exchange), exchange.outbox()) == ({}, ["x.xml"])
        assert exchange.line.reached
        Full.full = False
        assert exchange.round() == []
        assert there(exchange) == {"x.xml": LARGE}


@pytest.mark.parametrize("at", ["write", "close", "after close", "rename", "after rename"])
def test_a_lost_answer_leads_to_no_second_delivery(tmp_path: Path, at: str) -> None:
    """The connection is cut before or after what was asked was done; the next round looks before it sends."""

    class Cuts(Sftp):
        armed = True
        opened_for_writing = 0

        def _cut(self, here: str) -> None:
            if here == at and Cuts.armed:
                Cuts.armed = False
                self.cut()

        def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            if offset:
                self._cut("write")
            return super().write(file_obj, offset, data)

        def close(self, file_obj: Any) -> None:
            if "close" in at and Cuts.armed:
                os.fsync(file_obj.fileno()) if not file_obj.closed else None
            self._cut("close")
            super().close(file_obj)
            self._cut("after close")

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
            if at == "rename" and Cuts.armed:
                self._cut("rename")
                raise asyncssh.SFTPConnectionLost("cut")
            super().posix_rename(oldpath, newpath)
            Cuts.opened_for_writing += 1
            self._cut("after rename")

    with serving(tmp_path / "there", Cuts) as server, exchanging(tmp_path, server.settings) as exchange:
        exchange.write("x.xml", LARGE)
        assert exchange.round() == ["channel.lost"]
        taken = [content for name, content in there(exchange).items() if name == "x.xml"]
        (tmp_path / "there" / "out" / "x.xml").unlink(missing_ok=True)  # the partner is quick
        exchange.restart()
        assert set(exchange.round()) <= {"channel.taken_at_once"}

        taken += there(exchange).values()
        assert taken == [LARGE]
        assert exchange.sent() == {"x.xml": LARGE}


def test_what_nobody_can_know_is_held_for_a_person(tmp_path: Path) -> None:
    """The last byte was confirmed, the end was not, and the file cannot be seen: neither sent nor forgotten."""

    class Gone(Sftp):
        armed = True

        def close(self, file_obj: Any) -> None:
            super().close(file_obj)
            if Gone.armed:
                Gone.armed = False
                (tmp_path / "there" / "out" / "x.xml.part").unlink()
                self.cut()

    with serving(tmp_path / "there", Gone) as server, exchanging(tmp_path, server.settings) as exchange:
        path = exchange.write("x.xml", b"x")
        assert exchange.round() == ["channel.lost"]
        for _ in range(2):
            assert exchange.round() == ["channel.unsure"]
            assert exchange.channels.troubled
        assert (there(exchange), exchange.outbox()) == ({}, ["x.xml"])

        path.rename(path.with_name("x2.xml"))  # the partner has not got it
        assert exchange.round() == []
        assert there(exchange) == {"x2.xml": b"x"}


def test_c5_a_newer_file_does_not_overtake_one_that_is_refused(tmp_path: Path) -> None:
    """Of the same module; other files go on."""

    class Refuses(Sftp):
        refused = b"stock_20261123T080000"

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            if Refuses.refused and Refuses.refused in path:
                raise asyncssh.SFTPPermissionDenied("not now")
            return super().open(path, pflags, attrs)

    names = [f"stock_20261123T08000{second}-0000000{second}.xml" for second in (0, 1)]
    with serving(tmp_path / "there", Refuses) as server, exchanging(tmp_path, server.settings) as exchange:
        for number, name in enumerate([*names, "anderes.xml"]):
            os.utime(exchange.write(name, b"x"), (number, number))
        Refuses.refused = b"stock_20261123T080000"
        assert exchange.round() == ["channel.refused"]
        assert list(there(exchange)) == ["anderes.xml"]
        Refuses.refused = b""
        assert exchange.round() == []
        assert list(there(exchange)) == ["anderes.xml", *names]


def test_a_server_that_falls_silent_is_given_up_while_sending(tmp_path: Path) -> None:
    """The file stays and goes with a new connection."""

    class Stalls(Sftp):
        silent = True

        async def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            if Stalls.silent and offset:
                await asyncio.sleep(3600)
            return super().write(file_obj, offset, data)

    with (
        serving(tmp_path / "there", Stalls) as server,
        exchanging(tmp_path, {**server.settings, "timeout_seconds": 0.4}) as exchange,
    ):
        exchange.write("x.xml", LARGE)
        assert exchange.round() == ["channel.too_slow"]
        Stalls.silent = False
        exchange.line.settings.__dict__["timeout_seconds"] = 20.0
        assert exchange.round() == []
        assert there(exchange) == {"x.xml": LARGE}


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
def test_a_file_that_changes_while_it_is_sent_is_not_put_away(exchange: Exchange) -> None:
    """What was written meanwhile is sent too."""
    path = exchange.write("x.xml", b"alt")
    sender = exchange.line.sender
    real = sender._publish

    def meanwhile(*arguments: Any) -> None:
        real(*arguments)
        path.write_bytes(b"neuer")
        sender._publish = real  # type: ignore[method-assign]

    sender._publish = meanwhile  # type: ignore[method-assign]
    exchange.round()
    assert exchange.outbox() == ["x.xml"]
    exchange.round()
    assert (there(exchange), exchange.sent()) == ({"x.xml": b"neuer"}, {"x.xml": b"neuer"})


# Which file goes where


UID = "20261123T080000-0a1b2c3d"


def routes(**channels: Any) -> Routes:
    """Channels by their settings."""
    made = {name: ChannelSettings.model_validate(given) for name, given in channels.items()}
    return Routes(made, ("stock", "products", "customer_prices"), lambda uid: "b/heute" if uid == UID else "")


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        (f"stock_{UID}.xml", "a"),
        (f"stock_deleted_{UID}.xml", "a"),
        (f"products_{UID}.csv", "b"),
        (f"customer_prices_{UID}.csv", "b"),
        ("stock_liste.pdf", ""),
        (f"stock_{UID}.xml.part", ""),
        (f"bestand.csv.{UID}.receipt.json", "b"),
        (f"bestand.csv.{UID}.rejects.csv", "b"),
        ("bestand.csv.20261123T080000-ffffffff.receipt.json", ""),
    ],
)
def test_each_file_has_one_channel_or_none(name: str, channel: str) -> None:
    """Modules by their name, other files by patterns, answers to where their file came from; the first one has it."""
    made = routes(a={"outbox": "o", "send": ["stock"]}, b={"outbox": "o", "send": ["*.csv", "*.xml"]})
    assert made.channel_of(name) == channel


def test_answers_stay_here_where_they_are_not_wanted() -> None:
    """Or where nothing can be sent."""
    name = f"bestand.csv.{UID}.receipt.txt"
    assert routes(b={"outbox": "o", "receipts": False, "send": ["*"]}).channel_of(name) == ""
    assert routes(b={"send": ["*"]}).channel_of(name) == ""
