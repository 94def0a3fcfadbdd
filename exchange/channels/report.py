"""The state of one channel, for the log, `exchange status` and the monitor."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from exchange.errors import TransientError
from exchange.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.settings import Settings

LOG = logging.getLogger(__name__)
#: When nothing else changes, the time of the last contact is written this often.
REFRESH = timedelta(minutes=1)


@dataclass
class Report:
    """Collects what is wrong in a round. A fault is logged when it comes, not every minute while it lasts.

    Attributes:
        channel: its name.
        path: the file that other processes read the state from.
        now: the clock.
        received, sent: files since the start.
    """

    channel: str
    path: Path
    now: Callable[[], datetime]
    received: int = 0
    sent: int = 0
    _found: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _before: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _written: dict[str, Any] = field(default_factory=dict)
    _good_at: datetime | None = None
    _told_at: datetime | None = None

    def __post_init__(self) -> None:
        before = (self.read(self.path) or {}).get("last_good_at")  # as another process left it
        self._good_at = self._told_at = datetime.fromisoformat(before) if before else None

    def begin(self) -> None:
        """A new round."""
        self._before, self._found = self._found, {}

    def say(self, finding: Finding) -> None:
        """Something is wrong."""
        key = (finding.code, finding.message())
        if key not in self._before and key not in self._found:
            LOG.warning("[%s] %s", self.channel, finding, extra={"action": finding.code})
        self._found[key] = finding

    def end(self, *, reached: bool) -> None:
        """The round is over; `reached`: the channel could be used. Writes the state when it has changed, or is old."""
        if reached:
            self._good_at = self.now()
        state = {
            "channel": self.channel,
            "state": "ok" if reached else "waiting",
            "received": self.received,
            "sent": self.sent,
            "findings": [each.as_json() for each in self._found.values()],
        }
        if state != self._written or self._is_old():
            good_at = self._good_at.isoformat() if self._good_at else None
            try:
                write_atomically(self.path, json.dumps(state | {"last_good_at": good_at}, ensure_ascii=False).encode())
            except (OSError, TransientError) as error:  # a full disk, a reader on Windows: tried again next round
                LOG.warning("[%s] the state cannot be written: %s", self.channel, error, extra={"action": "no_state"})
                return
            self._written, self._told_at = state, self._good_at

    def _is_old(self) -> bool:
        return self._good_at is not None and (self._told_at is None or self._good_at - self._told_at >= REFRESH)

    @property
    def findings(self) -> list[Finding]:
        """What is wrong now."""
        return list(self._found.values())

    @staticmethod
    def read(path: Path) -> dict[str, Any] | None:
        """The state as another process wrote it, or None: there is none, or (Windows) it is just being replaced."""
        try:
            state: dict[str, Any] = json.loads(path.read_bytes())
        except (FileNotFoundError, PermissionError):
            return None
        return state


def states(settings: Settings) -> list[dict[str, Any]]:
    """What each channel told last, for other processes.

    `state` is `ok`, `waiting` (it cannot be used now), `new` (it has told nothing yet) or `off`; `last_good_at` is when
    it could be used last, ISO 8601 in UTC, or None; `received` and `sent` count files since the program was started.
    """
    unknown = {"state": "new", "received": 0, "sent": 0, "findings": [], "last_good_at": None}
    found = []
    for name, given in settings.channels.items():
        told = Report.read(settings.folder("work") / ".channels" / name / "state.json") or {}
        off = {} if given.active else {"state": "off", "findings": []}
        found.append(unknown | told | {"channel": name, "type": given.type} | off)
    return found
