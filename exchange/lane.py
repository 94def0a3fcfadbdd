"""Lanes: one thread for each connection, so that one that hangs does not hold up the others.

What belongs to one connection is done by its lane alone, in order. A lane looks at its work, does it, and sleeps until
it is rung or its time has come. Errors are told and slept over; only a `FatalError` ends the whole service.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from exchange.errors import ConfigError, FatalError, TransientError
from exchange.finding import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.watch import Bell

LOG = logging.getLogger(__name__)

#: After an error a lane sleeps at least so long, doubled each time up to the longest, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class Lane(threading.Thread):
    """One thread that does one kind of work again and again.

    Args:
        name: of the connection.
        work: does what is due; gives the seconds until it wants to look again.
        bell: wakes it.
        stop: set when the service ends.
        fatal: called with an error that must end the service.

    Attributes:
        busy_since: when the work in hand began; None while it sleeps.
        problem: what the last look said, empty when it went well.
        failures: how many looks in a row went wrong.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float],
        bell: Bell,
        stop: threading.Event,
        fatal: Callable[[Exception], None],
    ) -> None:
        super().__init__(name=f"lane {name}", daemon=True)
        self.lane = name
        self.busy_since: datetime | None = None
        self.problem = ""
        self.failures = 0
        self.bell = bell
        self._work, self._stop_event, self._fatal = work, stop, fatal

    def run(self) -> None:
        """Until the service ends."""
        while not self._stop_event.is_set():
            self.busy_since = datetime.now(UTC)
            pause = self._look()
            self.busy_since = None
            self.failures = self.failures + 1 if self.problem else 0
            if self.problem:
                pause = min(FIRST_PAUSE * 2 ** min(self.failures - 1, 10), LONGEST_PAUSE)
                self._stop_event.wait(pause)  # no ring makes a broken lane spin
            else:
                self.bell.wait(max(pause, 0.02))

    def _look(self) -> float:
        try:
            pause = self._work()
        except (TransientError, OSError, OperationalError, ConfigError) as error:
            self._tell(shown(error))
        except FatalError as error:
            self._fatal(error)
        except Exception as error:
            LOG.exception("lane %s", self.lane, extra={"action": "lane_failed"})
            self.problem = f"{type(error).__name__}: {shown(error)}"
        else:
            self.problem = ""
            return pause
        return 0

    def _tell(self, problem: str) -> None:
        if problem != self.problem:  # once, not at every look
            LOG.warning("lane %s waits: %s", self.lane, problem, extra={"action": "lane_waits"})
        self.problem = problem

    def as_json(self) -> dict[str, str | None]:
        """For the heartbeat."""
        since = self.busy_since
        return {
            "lane": self.lane,
            "busy_since": since.isoformat(timespec="seconds") if since else None,
            "problem": self.problem or None,
        }


def join(lanes: list[Lane], seconds: float) -> list[Lane]:
    """Wait for lanes to end, so long all together; those that have not."""
    until = time.monotonic() + seconds
    for lane in lanes:
        lane.join(max(until - time.monotonic(), 0))
    return [lane for lane in lanes if lane.is_alive()]
