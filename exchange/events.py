"""File events of the operating system, and proof that they still come.

An observer can be deaf without knowing: its folder was deleted and made anew, a queue overflowed, a thread died (fault
catalogue P10-P13). So a canary file is written from time to time; when its event does not come, the observer is
replaced, and when that does not help, the folder is only searched, which it is in any case.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from exchange.finding import Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver

    from exchange.finding import Finding
    from exchange.watch import Bell

LOG = logging.getLogger(__name__)

DEAF = kind(
    "watch.no_events",
    de="Das Betriebssystem meldet keine Änderungen in {folder} ({reason}); der Ordner wird regelmäßig durchsucht.",
    en="The operating system tells of no changes in {folder} ({reason}); the folder is searched regularly.",
    remedy_de="Dateien werden nur etwas später bemerkt. Auf Linux hilft oft ein höheres fs.inotify.max_user_watches.",
    remedy_en="Files are only noticed a little later. On Linux a higher fs.inotify.max_user_watches often helps.",
    severity=Severity.WARNING,
)

#: A hidden file, which the default patterns never take.
CANARY = ".exchange-canary"
#: Between two canaries; so long its event may take; after two silent ones, events are tried again so late.
CANARY_SECONDS, PATIENCE_SECONDS, RETRY_SECONDS = 60.0, 10.0, 300.0
#: File systems whose other writers cause no events here (fault catalogue W1).
NETWORK = frozenset({"9p", "cifs", "smb3", "smbfs", "nfs", "nfs4", "fuse.sshfs", "fuse.rclone", "vboxsf", "prl_fs"})


class _Ear(FileSystemEventHandler):
    """Rings the bell, and notes the canary. Nothing may escape from here: watchdog's thread would end."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self.heard = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if os.path.basename(os.fsdecode(event.src_path)) == CANARY:  # noqa: PTH119 - text, no path to use
            self.heard.set()
        else:
            self._bell.on_any_event(event)


@dataclass
class Watcher:
    """Rings a bell on changes below a folder, for as long as that is possible.

    Attributes:
        folder: the watched one.
        bell: rung on changes.
        wanted: False: no events are asked for (`watching.events = "off"`).
        clock: monotonic seconds; tests turn it.
        awake: whether events come.
        finding: why not, when they should.
    """

    folder: Path
    bell: Bell
    wanted: bool = True
    clock: Callable[[], float] = time.monotonic
    awake: bool = False
    finding: Finding | None = None
    _observer: BaseObserver | None = None
    _ear: _Ear = field(init=False)
    _root: tuple[int, int] | None = None
    _next: float = 0.0
    _sent: float | None = None
    _silent: int = 0

    def __post_init__(self) -> None:
        self._ear = _Ear(self.bell)
        if self.wanted and is_network(self.folder):
            self.wanted = False
            LOG.info("%s is a network share; it is searched", self.folder, extra={"action": "polling"})

    def tend(self) -> None:
        """See that events come; to be called again and again."""
        if not self.wanted:
            return
        now = self.clock()
        if self._observer is not None and self._root != _identity(self.folder):
            self._restart(now, "the folder was replaced")
        elif self._observer is None:
            if now >= self._next:
                self._start(now)
        elif self._sent is not None:
            self._listen(now)
        elif now >= self._next:
            self._send(now)

    def close(self) -> None:
        """End it; the canary goes."""
        self._end()
        with suppress(OSError):
            (self.folder / CANARY).unlink()

    def _listen(self, now: float) -> None:
        assert self._sent is not None  # noqa: S101 - the caller has looked
        if self._ear.heard.is_set():
            self._sent, self._silent, self._next = None, 0, now + CANARY_SECONDS
            self._well()
        elif now - self._sent >= PATIENCE_SECONDS:
            self._silent += 1
            if self._silent == 1:
                self._restart(now, "no event of the canary")
                self._send(now)
            else:
                self._give_up(now, "no event of the canary")

    def _send(self, now: float) -> None:
        self._ear.heard.clear()
        try:
            (self.folder / CANARY).write_text(str(time.time_ns()), "ascii")
        except OSError as error:
            self._give_up(now, error.strerror or str(error))
            return
        self._sent = now

    def _start(self, now: float) -> None:
        root = _identity(self.folder)
        if root is None:  # the scan tells of that
            return
        observer = Observer()
        try:
            observer.schedule(self._ear, os.fspath(self.folder), recursive=True)
            observer.start()
        except (OSError, RuntimeError) as error:
            with suppress(RuntimeError):
                observer.stop()
            self._give_up(now, getattr(error, "strerror", None) or str(error))
            return
        self._observer, self._root = observer, root
        self._sent, self._next = None, now + CANARY_SECONDS
        self._well()

    def _restart(self, now: float, reason: str) -> None:
        LOG.warning("events of %s start anew: %s", self.folder, reason, extra={"action": "events_restarted"})
        self._end()
        self._next = now  # when the folder is not there yet, as soon as it is
        self._start(now)
        self.bell.ring()  # what came meanwhile caused no event

    def _well(self) -> None:
        if not self.awake:
            LOG.info("%s is watched", self.folder, extra={"action": "events"})
        if not self._silent:
            self.awake, self.finding = True, None

    def _give_up(self, now: float, reason: str) -> None:
        self._end()
        self._next, self._silent = now + RETRY_SECONDS, 1
        self.finding = found(DEAF, folder=self.folder, reason=reason)
        LOG.warning("no file events here; the folder is searched instead: %s", reason, extra={"action": "polling"})

    def _end(self) -> None:
        observer, self._observer, self._sent, self.awake = self._observer, None, None, False
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder it is, whatever its name; None when it is not there."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


if sys.platform == "win32":

    def is_network(folder: Path) -> bool:
        """Whether a folder lies on another machine."""
        import ctypes  # noqa: PLC0415

        remote = 4  # DRIVE_REMOTE
        drive = folder.resolve().drive
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == remote

else:

    def is_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
        """Whether a folder lies on another machine, as the table of mounts tells; without one, it does not."""
        try:
            table = mounts.read_text("utf-8", "surrogateescape").splitlines()
        except OSError:
            return False
        place = folder.resolve()
        points = [(Path(_unescaped(fields[1])), fields[2]) for line in table if len(fields := line.split(" ")) > 2]  # noqa: PLR2004
        above = [each for each in points if place.is_relative_to(each[0])]
        return bool(above) and max(above, key=lambda each: len(each[0].parts))[1] in NETWORK

    def _unescaped(text: str) -> str:
        """A mount point as the table writes it: blanks and the like in octal."""
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
