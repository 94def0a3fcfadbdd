"""Sending: a file of the local outbox → a channel. Delivered once, also when an answer gets lost.

    there: NAME.part   all bytes, confirmed and closed, size compared
    there: NAME        by one rename, in place of an older one; nothing is deleted first
    sent/CHANNEL/      where the local file goes then

The note says how far it came: `sent` before the file is closed there, `closed` when that was confirmed, `published`
when it has its name. After `closed` NAME.part is either still there, or it was renamed or taken away: delivered. After
`sent` without an answer and without NAME.part nobody can know; such a file is held, because a second delivery may do
harm and a lost one too.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.channel import BLOCK, ChannelError, FileError, Missing, Stopping
from exchange.channels import faults
from exchange.channels.outgoing import kind_of
from exchange.errors import TransientError
from exchange.files import PART, content_hash, is_regular, open_plainly, replace
from exchange.finding import found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from exchange.channel import Channel
    from exchange.channels.notes import Notes
    from exchange.channels.report import Report
    from exchange.settings import ChannelSettings


@dataclass
class Sender:
    """Sends the files of one channel.

    Args:
        name, settings: of the channel.
        notes: its memory.
        outbox: the local one.
        wanted: whether this channel has a file of that name.
        report: told what is wrong.
        stopping: asked before each file.
    """

    name: str
    settings: ChannelSettings
    notes: Notes
    outbox: Path
    wanted: Callable[[str], bool]
    report: Report
    stopping: Callable[[], bool] = lambda: False

    def send(self, channel: Channel) -> int:
        """Send what lies there, as it was written; the number of delivered files. Raises ChannelError."""
        self.notes.load()
        paths = self._paths()
        self._forget({os.fsencode(path.name) for path in paths})
        delivered = 0
        blocked: set[str] = set()
        for path in paths:
            if self.stopping():
                break
            if kind_of(path.name) in blocked:  # a newer one must not overtake it
                continue
            blocked.add(kind_of(path.name))
            with self._here(path.name):
                self._deliver(channel, path)
                blocked.discard(kind_of(path.name))
                delivered += 1
                self.report.sent += 1
        return delivered

    def _paths(self) -> list[Path]:
        with suppress(FileNotFoundError):
            paths = [path for path in self.outbox.iterdir() if self.wanted(path.name) and is_regular(path)]
            return sorted(paths, key=lambda path: (path.lstat().st_mtime_ns, path.name))
        return []

    def _forget(self, present: set[bytes]) -> None:
        for name in self.notes.names():
            if name not in present:  # moved away: by us as sent, or by a person who decided
                self.notes.remove(name)

    @contextmanager
    def _here(self, name: str) -> Iterator[None]:
        """What goes wrong with one file is told, and the next one gets its turn. Raises ChannelError."""
        try:
            yield
        except FileError as error:
            self.report.say(error.finding)
        except (ChannelError, Stopping):
            raise
        except (OSError, TransientError) as error:
            self.report.say(found(faults.LOCAL, file=name, reason=error))

    # One file

    def _deliver(self, channel: Channel, path: Path) -> None:
        name = os.fsencode(path.name)
        before = path.lstat()
        note = self.notes.read(name)
        if note is not None and note["sha256"] != content_hash(path):  # another file under the same name
            note = None
        if note is None or note["state"] != "published":
            if note is None or not self._is_whole(channel, path, note["state"], note["size"]):
                self._upload(channel, path, before.st_size)
            self._publish(channel, path)
        after = path.lstat()
        if (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size):  # else it is a new file
            self._put_away(path)
        self.notes.remove(name)

    def _is_whole(self, channel: Channel, path: Path, state: str, size: int) -> bool:
        """Whether an earlier try brought all of it there, or even further. Raises FileError when nobody can know."""
        try:
            there = channel.look(self.settings.outbox, os.fsencode(path.name + PART))
        except Missing as error:
            if state == "sent":
                raise FileError(found(faults.UNSURE, file=path.name, place=self.name)) from error
            return True
        return there.size == size

    def _upload(self, channel: Channel, path: Path, size: int) -> None:
        """All bytes under the name of a file that is not complete. Raises FileError when not all have arrived."""
        part = os.fsencode(path.name + PART)
        for last in (False, True):
            self._write(channel, path, size)
            try:
                there = channel.look(self.settings.outbox, part).size
            except Missing:  # taken at once; publishing will see
                return
            if there == size:
                return
            # A server that opens for appending has put it behind the rest of an earlier try.
            self.notes.remove(os.fsencode(path.name))
            channel.delete(self.settings.outbox, part)
            if last:
                raise FileError(found(faults.SIZE_DIFFERS, file=path.name, place=self.name))

    def _write(self, channel: Channel, path: Path, size: int) -> None:
        name, part = os.fsencode(path.name), os.fsencode(path.name + PART)
        digest = hashlib.sha256()

        def blocks() -> Iterator[bytes]:
            with _local(path), open_plainly(path) as file:
                while data := file.read(BLOCK):
                    if self.stopping():
                        raise Stopping
                    digest.update(data)
                    yield data

        def complete() -> None:
            with _local(path):
                self.notes.write(name, state="sent", sha256=digest.hexdigest(), size=size)

        try:
            channel.write(self.settings.outbox, part, size, blocks(), complete)
        except FileError:  # the server says so itself: nothing has arrived (a full disk, a quota)
            self.notes.remove(name)
            with suppress(FileError):
                channel.delete(self.settings.outbox, part)
            raise
        self.notes.write(name, durable=False, state="closed", sha256=digest.hexdigest(), size=size)

    def _publish(self, channel: Channel, path: Path) -> None:
        """Give the complete file its name there. One that has gone was taken by the partner."""
        name, part = os.fsencode(path.name), os.fsencode(path.name + PART)
        try:
            channel.rename(self.settings.outbox, part, self.settings.outbox, name, over=True)
        except Missing:
            self.report.say(found(faults.TAKEN_AT_ONCE, file=path.name, place=self.name))
        except FileError as error:
            with suppress(Missing):
                channel.look(self.settings.outbox, name)
                taken = found(faults.NAME_TAKEN, file=path.name, part=path.name + PART, place=self.name)
                raise FileError(taken) from error
            raise
        note = self.notes.read(name)
        if note is not None:
            self.notes.write(name, durable=False, **{**note, "state": "published"})

    def _put_away(self, path: Path) -> None:
        kept = self.outbox / "sent" / self.name / path.name
        if kept.exists():
            kept = kept.with_name(f"{kept.name}.{content_hash(path)[:12]}")
        replace(path, kept)


@contextmanager
def _local(path: Path) -> Iterator[None]:
    """A fault of our own disk must not pass for one of the connection."""
    try:
        yield
    except OSError as error:
        raise FileError(found(faults.LOCAL, file=path.name, reason=error.strerror or error)) from error
