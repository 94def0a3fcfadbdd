"""Folders → files that are ready. The scan is the truth, events (`exchange.events`) only make it come sooner.

A file is ready when its size and time stamp have stood still for the settle time by our own monotonic clock; its own
time stamp may be old (copied) or in the future (another clock). Folders may have rules of their own: what is passed
over, which order, and which done file or manifest has to be there first (`exchange.gates`).
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatch, translate
from typing import TYPE_CHECKING, NamedTuple

from exchange.errors import TransientError
from exchange.events import CANARY
from exchange.files import PART
from exchange.finding import Severity, found, kind
from exchange.gates import Gates, Look, is_sign, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from watchdog.events import FileSystemEvent

    from exchange.finding import Finding
    from exchange.settings import FolderRules

LOG = logging.getLogger(__name__)

UNSEEN = kind(
    "watch.unseen",
    de="{file} im Eingang ist nicht zugänglich ({reason}); was dort liegt, wird noch nicht übernommen.",
    en="{file} in the inbox is not accessible ({reason}); what lies there is not taken yet.",
    remedy_de="Rechte und Verbindung zum Laufwerk prüfen. Sobald es wieder geht, wird alles von selbst übernommen.",
    remedy_en="Check the rights and the connection to the drive. When it works again, all is taken by itself.",
    severity=Severity.WARNING,
)

UNTAKEN = kind(
    "watch.not_taken",
    de="{file} liegt seit über {minutes} Minuten im Eingang und kann nicht übernommen werden: {reason}",
    en="{file} has been in the inbox for over {minutes} minutes and cannot be taken: {reason}",
    remedy_de="Das Programm schließen, das sie offen hält, oder dem Dienstkonto das Recht geben, sie zu verschieben.",
    remedy_en="Close the program that holds the file open, or give the service account the right to move it.",
    severity=Severity.WARNING,
)


class Seen(NamedTuple):
    """What a file looked like, and since when it looks so."""

    size: int
    modified_ns: int
    since: float


class Rules(NamedTuple):
    """How the files of one folder are taken; see `exchange.settings.FolderRules`."""

    settle_seconds: float
    ignore: tuple[str, ...]
    by_name: bool
    priority: int
    gates: Gates | None


class Ready(NamedTuple):
    """A file that may be taken, with what decides on the order."""

    priority: int
    since: float
    name: str
    path: Path
    folder: str


@dataclass
class Inbox:
    """One watched folder with its subfolders.

    Attributes:
        folder: the inbox.
        settle_seconds: how long a file must stand still.
        ignore: name patterns that are never taken.
        clock: monotonic seconds; tests turn it.
        order: within a folder, `arrival` or `name`.
        hold_seconds: after so long, a file whose done file or manifest is missing, or that cannot be taken, is told of.
        folders: rules of single folders, by their path below the inbox; they hold for the folders below too.
        ignored: how often each pattern was met, per file name once.
        held: what waits for too long, by path below the inbox.
    """

    folder: Path
    settle_seconds: float
    ignore: tuple[str, ...]
    clock: Callable[[], float] = time.monotonic
    order: str = "arrival"
    hold_seconds: float = 3600.0
    folders: Mapping[str, FolderRules] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    held: dict[str, Finding] = field(default_factory=dict)
    _seen: dict[str, Seen] = field(default_factory=dict)
    _untaken: dict[str, tuple[float, str]] = field(default_factory=dict)
    _passed: set[str] = field(default_factory=set)
    _gates: dict[str, Gates] = field(default_factory=dict)

    def ready(self) -> list[tuple[Path, str]]:
        """Files that may be taken, in the order in which to take them, each with its path below the inbox.

        Folders of higher priority go first; then what was seen first; of those seen together, the names decide.
        """
        now = self.clock()
        met: dict[str, Seen] = {}
        ready: list[Ready] = []
        held: dict[str, Finding] = {}
        for place, relative, names in self._folders(held):
            rules = self._rules(place, relative)
            seen = self._look(place, self._wanted(place, names, rules.ignore), now, held)
            met.update({os.fspath(place / name): each for name, each in seen.items()})
            settled = {name: each for name, each in seen.items() if now - each.since >= rules.settle_seconds}
            if rules.gates is not None:
                settled = self._released(rules.gates, relative, seen, settled, held)
            first = min((each.since for each in settled.values()), default=now)
            ready.extend(
                Ready(-rules.priority, first if rules.by_name else each.since, name, place / name, relative)
                for name, each in settled.items()
            )
        self._seen = met  # what has gone is forgotten, so a new file of the same name settles anew
        held |= self._stuck(now)
        self._tell(held)
        return [(each.path, each.folder) for each in sorted(ready, key=lambda each: each[:3])]

    def not_taken(self, path: Path, reason: str) -> None:
        """A file was ready and could not be taken: on Windows another program may hold it open."""
        since, _ = self._untaken.get(os.fspath(path), (self.clock(), ""))
        self._untaken[os.fspath(path)] = (since, reason)

    def _stuck(self, now: float) -> dict[str, Finding]:
        """What could not be taken for too long."""
        self._untaken = {path: each for path, each in self._untaken.items() if path in self._seen}
        minutes = round(self.hold_seconds / 60)
        return {
            os.path.relpath(path, self.folder).replace(os.sep, "/"): found(
                UNTAKEN, file=path, minutes=minutes, reason=reason
            )
            for path, (since, reason) in self._untaken.items()
            if now - since > self.hold_seconds
        }

    @property
    def waiting(self) -> bool:
        """Whether files were seen that are not ready yet."""
        return bool(self._seen)

    def _folders(self, held: dict[str, Finding]) -> Iterator[tuple[Path, str, list[str]]]:
        for folder, folders, names in os.walk(
            self.folder, onerror=lambda error: self._unseen(error.filename, error, held)
        ):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            place = self.folder.__class__(folder)
            yield place, place.relative_to(self.folder).as_posix().removeprefix("."), sorted(names)

    def _rules(self, place: Path, relative: str) -> Rules:
        """The rules of the nearest folder above that has some."""
        parts = relative.split("/")
        above = ("/".join(parts[:number]) for number in range(len(parts), 0, -1))
        own = next((self.folders[each] for each in above if each in self.folders), None)
        if own is None:
            return Rules(self.settle_seconds, self.ignore, self.order == "name", 0, None)
        if (own.done or own.manifest) and relative not in self._gates:
            manifest = re.compile(translate(own.manifest)) if own.manifest else None
            self._gates[relative] = Gates(place, own.done, manifest)
        return Rules(
            self.settle_seconds if own.settle_seconds is None else own.settle_seconds,
            self.ignore if own.ignore is None else own.ignore,
            (own.order or self.order) == "name",
            own.priority,
            self._gates.get(relative),
        )

    def _unseen(self, path: str, error: OSError, held: dict[str, Finding]) -> None:
        """A folder or file that cannot be looked at is told of, and hides no other; one that has gone is no trouble.

        The inbox itself must be there: a share that is away looks as if it were empty.
        """
        place = os.path.relpath(path, self.folder).replace(os.sep, "/")
        if place == "." or not isinstance(error, FileNotFoundError):
            held[place] = found(UNSEEN, file=path, reason=error.strerror)

    def _look(self, place: Path, names: Iterator[str], now: float, held: dict[str, Finding]) -> dict[str, Seen]:
        """What the files look like now, and since when."""
        seen: dict[str, Seen] = {}
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - a key, made often
            try:
                status = os.lstat(path)
            except OSError as error:  # a share that breaks off, a file that Windows is about to delete
                self._unseen(path, error, held)
                continue
            before = self._seen.get(path)
            same = before is not None and (before.size, before.modified_ns) == (status.st_size, status.st_mtime_ns)
            seen[name] = before if before and same else Seen(status.st_size, status.st_mtime_ns, now)
        return seen

    def _wanted(self, place: Path, names: list[str], ignore: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            pattern = next((each for each in ignore if fnmatch(name, each)), None)
            if pattern is None:
                if not _is_ours(name):
                    yield name
                continue
            path = os.path.join(place, name)  # noqa: PTH118
            if path not in self._passed:
                self._passed.add(path)
                self.ignored[pattern] += 1
                LOG.info("%s is passed over (%s)", path, pattern, extra={"action": "ignored"})

    def _released(
        self, gates: Gates, relative: str, seen: dict[str, Seen], settled: dict[str, Seen], held: dict[str, Finding]
    ) -> dict[str, Seen]:
        """Those of the settled files that their done file or manifest lets through; what waits too long is held."""
        there = {name: Look(each.size, each.modified_ns) for name, each in seen.items()}
        try:
            released = gates.released(there, {name: there[name] for name in settled})
        except (OSError, TransientError) as error:  # a full disk, a gate that is held open: the other folders go on
            held[relative or "."] = found(UNSEEN, file=gates.folder, reason=getattr(error, "strerror", None) or error)
            return {}
        now = self.clock()
        for name, each in settled.items():
            if name not in released and now - each.since > self.hold_seconds:
                if gates.is_gate(name) and not (gates.folder / name).exists():
                    continue  # it has just let its files through
                reason = gates.missing(name, there) if gates.is_gate(name) else ""
                held[f"{relative}/{name}".lstrip("/")] = told(name, self.hold_seconds, reason)
        return {name: settled[name] for name in settled if name in released}

    def _tell(self, held: dict[str, Finding]) -> None:
        for place in held.keys() - self.held.keys():
            LOG.warning("%s: %s", place, held[place], extra={"action": "held"})
        self.held = held


def _is_ours(name: str) -> bool:
    """Our own signs and incomplete files, which are no data whatever the patterns say."""
    return is_sign(name) or name == CANARY or name.endswith(PART)


class Bell:
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
