"""Fetching: a file of a channel → the local inbox, as if it had been dropped there. Once, whatever breaks off.

    KEY.part      the content; without a note that has its SHA-256 it is of no worth
    note          this content of this name goes into the inbox
    inbox/NAME/   the file, by one rename of KEY.part: with a note and without KEY.part it has landed
    there         moved or deleted, then the note goes

A file that is there no more has no note. One that is there and has a note has landed already: it is read again only to
see whether the content is still the same, and then put away there without a second effect. So nothing depends on time
stamps of others, and a server on which nothing can be put away is not read for ever.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.channel import ChannelError, FileError, Missing, Stopping
from exchange.channels import faults
from exchange.channels.names import accepted, alike, shown_name
from exchange.errors import TransientError
from exchange.files import content_hash, replace
from exchange.finding import found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from exchange.channel import Channel, Entry
    from exchange.channels.notes import Notes
    from exchange.channels.report import Report
    from exchange.finding import Finding
    from exchange.settings import ChannelSettings

#: A file that cannot be put away there is tried again so often.
PUT_AWAY_SECONDS = 600.0


class _Seen(NamedTuple):
    """What a remote file looked like, and since when it looks so by our clock."""

    size: int
    modified: int
    since: float


@dataclass
class Receiver:
    """Fetches the files of one channel.

    Args:
        settings: of the channel.
        notes: its memory.
        inbox: local folder that fetched files land in.
        ignore: name patterns that are never taken.
        most_bytes: largest file.
        report: told what is wrong.
        now: the time, for names in the folder of processed files.
        clock: monotonic seconds; tests turn it.
        stopping: asked before each file.
    """

    settings: ChannelSettings
    notes: Notes
    inbox: Path
    ignore: tuple[str, ...]
    most_bytes: int
    report: Report
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    stopping: Callable[[], bool] = lambda: False
    waiting: bool = False
    _seen: dict[bytes, _Seen] = field(default_factory=dict)
    _put_away_at: dict[bytes, float] = field(default_factory=dict)

    def recover(self) -> None:
        """Finish what a dead process had fetched whole, or what had to wait for its name."""
        self.notes.load()
        for name in self.notes.names():
            part, note = self.notes.path(name, ".part"), self.notes.read(name)
            if note is not None and part.exists():
                if content_hash(part) == note["sha256"]:
                    self._land(name)
                else:
                    part.unlink()  # it was to replace what the note speaks of; it is still there

    def receive(self, channel: Channel) -> int:
        """Fetch what stands still; the number of files that landed. Raises ChannelError."""
        with self._here(b""):
            self.recover()
        entries = channel.entries(self.settings.inbox)
        self._forget({each.name for each in entries})
        landed = 0
        for entry in self._settled(self._usable(entries)):
            if self.stopping():
                break
            with self._here(entry.name):
                landed += self._take(channel, entry)
        self.report.received += landed
        return landed

    @contextmanager
    def _here(self, name: bytes) -> Iterator[None]:
        """What goes wrong with one file is told, and the next one gets its turn. Raises ChannelError."""
        try:
            yield
        except Missing:  # somebody was quicker
            pass
        except FileError as error:
            self.report.say(error.finding)
        except (ChannelError, Stopping):
            raise
        except (OSError, TransientError) as error:  # here: a full disk, a right that is missing
            self.report.say(found(faults.LOCAL, file=shown_name(name), reason=error))

    def _forget(self, present: set[bytes]) -> None:
        """What is no longer there has been put away: the next file of that name is a new one."""
        for name in self.notes.names():
            if name not in present and not self.notes.path(name, ".part").exists():
                self.notes.remove(name)
                self._put_away_at.pop(name, None)

    def _usable(self, entries: list[Entry]) -> list[Entry]:
        usable: list[Entry] = []
        known: dict[str, str] = {}
        for entry in sorted(entries):
            name = entry.name.decode("utf-8", "replace")
            if {"/", "\\"} & set(name):  # no server has a reason to list that
                self.report.say(found(faults.BAD_NAME, file=shown_name(entry.name)))
                continue
            if entry.folder or any(fnmatch(name, each) for each in self.ignore):
                continue
            if not any(fnmatch(name, each) for each in self.settings.patterns):
                continue
            finding = self._objection(entry)
            if finding is not None:
                self.report.say(finding)
                continue
            twin = known.setdefault(alike(name), name)
            if twin != name:
                self.report.say(found(faults.TWINS, file=ascii(name), other=ascii(twin)))
            usable.append(entry)
        return usable

    def _objection(self, entry: Entry) -> Finding | None:
        name = shown_name(entry.name)
        if not accepted(entry.name):
            return found(faults.BAD_NAME, file=name)
        if not entry.regular:
            return found(faults.NOT_A_FILE, file=name)
        if entry.size > self.most_bytes:
            sizes = {"megabytes": entry.size // 2**20, "limit": self.most_bytes // 2**20}
            return found(faults.TOO_LARGE, file=name, **sizes)
        return None

    def _settled(self, entries: list[Entry]) -> list[Entry]:
        """Entries that have stood still for long enough, the oldest first."""
        now = self.clock()
        seen: dict[bytes, _Seen] = {}
        for entry in entries:
            before = self._seen.get(entry.name)
            same = before is not None and (before.size, before.modified) == (entry.size, entry.modified)
            seen[entry.name] = before if before and same else _Seen(entry.size, entry.modified, now)
        self._seen = seen
        ready = [each for each in entries if now - seen[each.name].since >= self.settings.settle_seconds]
        self.waiting = len(ready) < len(entries)
        return sorted(ready, key=lambda each: (seen[each.name].since, each.name))

    # One file

    def _take(self, channel: Channel, entry: Entry) -> bool:
        """Fetch a file and put it away there; whether it landed."""
        if self.clock() < self._put_away_at.get(entry.name, 0.0):
            note = self.notes.read(entry.name) or {}
            self.report.say(found(faults.STILL_THERE, file=shown_name(entry.name), reason=note.get("reason", "")))
            if (note.get("size"), note.get("modified")) == (entry.size, entry.modified):
                return False
        if self.notes.read(entry.name) is not None and self.notes.path(entry.name, ".part").exists():
            self._name_waits(entry.name)
            return False
        now = channel.look(self.settings.inbox, entry.name)  # a listing may follow links, this does not
        if not self._same(now, entry):
            return False  # it has changed meanwhile and settles anew
        fresh, landed = self._fetch(channel, entry)
        if landed is not None:
            self._put_away(channel, entry, landed)
        return fresh and landed is not None

    @staticmethod
    def _same(now: Entry, before: Entry) -> bool:
        return (now.size, now.modified, now.regular) == (before.size, before.modified, True)

    def _fetch(self, channel: Channel, entry: Entry) -> tuple[bool, dict[str, Any] | None]:
        """Bring new content into the inbox. Whether it is new, and the note on it; None when it has to wait."""
        known = self.notes.read(entry.name)
        part, again = self.notes.path(entry.name, ".part"), self.notes.path(entry.name, ".again")
        digest = self._read(channel, entry, part if known is None else again)
        if known is not None and known["sha256"] == digest:
            again.unlink()
            return False, known
        if not self._same(channel.look(self.settings.inbox, entry.name), entry):
            return False, None
        if known is not None:
            replace(again, part)
        note: dict[str, Any] = {
            "sha256": digest,
            "size": entry.size,
            "modified": entry.modified,
            "at": self.now().isoformat(),
        }
        self.notes.write(entry.name, **note)
        return True, note if self._land(entry.name) else None

    def _read(self, channel: Channel, entry: Entry, path: Path) -> str:
        """Bring the content to the disk; its SHA-256."""
        digest = hashlib.sha256()
        with (
            path.open("wb") as out,
            closing(channel.fetch(self.settings.inbox, entry.name, entry.size)) as blocks,
        ):
            for data in blocks:
                if self.stopping():
                    raise Stopping
                digest.update(data)
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()

    def _land(self, name: bytes) -> bool:
        """Into the inbox, by one rename; not over a file that waits there under this name."""
        place = self.inbox / accepted(name)
        if place.exists():
            self._name_waits(name)
            return False
        replace(self.notes.path(name, ".part"), place)
        return True

    def _name_waits(self, name: bytes) -> None:
        self.report.say(found(faults.NAME_WAITS, file=accepted(name)))
        self.waiting = True

    def _put_away(self, channel: Channel, entry: Entry, note: dict[str, Any]) -> None:
        """Out of the folder there. When that fails, the note stays, and the file is not taken over again."""
        try:
            if self.settings.after == "delete":
                channel.delete(self.settings.inbox, entry.name)
            else:
                self._move(channel, entry, note)
        except FileError as error:
            if isinstance(error, Missing) and self._gone(channel, entry.name):  # somebody has done it
                self.notes.remove(entry.name)
                return
            reason = error.finding.values.get("reason", error.finding.message())
            self._put_away_at[entry.name] = self.clock() + PUT_AWAY_SECONDS
            now: dict[str, Any] = {"size": entry.size, "modified": entry.modified, "reason": reason}
            self.notes.write(entry.name, sha256=note["sha256"], at=note["at"], **now)
            self.report.say(found(faults.STILL_THERE, file=shown_name(entry.name), reason=reason))
            return
        self.notes.remove(entry.name)

    def _gone(self, channel: Channel, name: bytes) -> bool:
        try:
            channel.look(self.settings.inbox, name)
        except Missing:
            return True
        return False

    def _move(self, channel: Channel, entry: Entry, note: dict[str, Any]) -> None:
        """Into the folder of processed files, under a name that no other content has."""
        moment = datetime.fromisoformat(note["at"])
        name = f"{moment:%Y%m%dT%H%M%S%f}_{note['sha256'][:8]}_".encode() + entry.name
        folder = self.settings.processed
        if not folder.startswith("/"):
            folder = f"{self.settings.inbox.rstrip('/') or '.'}/{folder}"
        try:
            channel.rename(self.settings.inbox, entry.name, folder, name, over=False)
        except Missing:  # at the first file the folder is not there; or the file is gone
            channel.make_folder(folder)
            channel.rename(self.settings.inbox, entry.name, folder, name, over=False)
