"""The state of one channel, for the log, `exchange status` and the monitor."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exchange.errors import TransientError
from exchange.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from exchange.finding import Finding

LOG = logging.getLogger(__name__)


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
        """The round is over; `reached`: the channel could be used. Writes the state when it has changed."""
        if reached:
            self._good_at = self.now()
        state = {
            "channel": self.channel,
            "state": "ok" if reached else "waiting",
            "received": self.received,
            "sent": self.sent,
            "findings": [each.as_json() for each in self._found.values()],
        }
        if state != self._written:
            good_at = self._good_at.isoformat() if self._good_at else None
            try:
                write_atomically(self.path, json.dumps(state | {"last_good_at": good_at}, ensure_ascii=False).encode())
            except (OSError, TransientError) as error:  # a full disk, a reader on Windows: tried again next round
                LOG.warning("[%s] the state cannot be written: %s", self.channel, error, extra={"action": "no_state"})
                return
            self._written = state

    @property
    def findings(self) -> list[Finding]:
        """What is wrong now."""
        return list(self._found.values())

    @staticmethod
    def read(path: Path) -> dict[str, Any] | None:
        """The state as another process wrote it, or None."""
        try:
            state: dict[str, Any] = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        return state
