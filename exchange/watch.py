"""Folders → files that are ready. The scan is the truth, events only make it come sooner.

A file is ready when its size and time stamp have stood still for the settle time by our own monotonic clock; its own
time
stamp may be old (copied) or in the future (another clock).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


LOG = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What a file looked like, and since when it looks so."""

    size: int
    modified_ns: int
    since: float


@dataclass
class Inbox:
    """One watched folder with its subfolders.

    Attributes:
        folder: the inbox.
        settle_seconds: how long a file must stand still.
        ignore: name patterns that are never taken.
        ignored: how often each pattern was met, per file name once.
        clock: monotonic seconds; tests turn it.
    """

    folder: Path
    settle_seconds: float
    ignore: tuple[str, ...]
    clock: Callable[[], float] = time.monotonic
    ignored: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, Seen] = field(default_factory=dict)
    _passed: set[str] = field(default_factory=set)

    def ready(self) -> list[tuple[Path, str]]:
        """Files that stand still, oldest first, each with its path below the inbox."""
        now = self.clock()
        met: dict[str, Seen] = {}
        ready: list[tuple[float, str, Path, str]] = []
        for entry, relative in self._entries():
            try:
                status = os.lstat(entry)
            except FileNotFoundError:
                continue
            key = os.fspath(entry)
            before = self._seen.get(key)
            same = before is not None and (before.size, before.modified_ns) == (status.st_size, status.st_mtime_ns)
            seen = before if before is not None and same else Seen(status.st_size, status.st_mtime_ns, now)
            met[key] = seen
            if now - seen.since >= self.settle_seconds:
                ready.append((seen.since, entry.name, entry, relative))
        self._seen = met  # what has gone is forgotten, so a new file of the same name settles anew
        return [(path, relative) for _, _, path, relative in sorted(ready, key=lambda each: each[:2])]

    @property
    def waiting(self) -> bool:
        """Whether files were seen that are not ready yet."""
        return bool(self._seen)

    def _entries(self) -> Iterator[tuple[Path, str]]:
        for folder, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            place = self.folder.__class__(folder)
            relative = place.relative_to(self.folder).as_posix().removeprefix(".")
            for name in sorted(names):
                pattern = next((each for each in self.ignore if fnmatch(name, each)), None)
                if pattern is None:
                    yield place / name, relative
                elif os.path.join(folder, name) not in self._passed:  # noqa: PTH118 - a key, not a path
                    self._passed.add(os.path.join(folder, name))  # noqa: PTH118
                    self.ignored[pattern] += 1
                    LOG.info("%s is passed over (%s)", place / name, pattern, extra={"action": "ignored"})


class Bell(FileSystemEventHandler):
    """Rings when something happens in a folder; what happened, the scan will see. Nothing may escape from here."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in ("opened", "closed_no_write"):  # our own reading must not wake us
            self._rung.set()

    def ring(self) -> None:
        """Wake whoever waits."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long; whether there was one."""
        rung = self._rung.wait(seconds)
        self._rung.clear()
        return rung


def observe(folder: Path, bell: Bell) -> Callable[[], None] | None:
    """Ring the bell on every change below a folder. Gives the function that ends it, or None where it is not possible.

    Without events (no inotify watches left, a network share) the periodic scan does the work alone.
    """
    observer = Observer()
    try:
        observer.schedule(bell, os.fspath(folder), recursive=True)
        observer.start()
    except OSError:
        return None

    def stop() -> None:
        observer.stop()
        observer.join(timeout=5)

    return stop
