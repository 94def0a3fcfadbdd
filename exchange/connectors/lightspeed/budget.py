"""How many calls may still go: learnt from every answer, never from constants (`lightspeed-ecom.md` 1.4).

Three windows count at once: five minutes, an hour, a day; they begin at full marks of the clock, the day at midnight
UTC. A part of each is kept for work by hand and for what is urgent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from exchange.connectors.lightspeed.forecast import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Where a 429 does not say how long to wait.
FALLBACK = timedelta(seconds=60)


class _Window(NamedTuple):
    limit: int
    remaining: int
    until: datetime


class Budget:
    """The calls of one key. Thread-safe; several processes with the same key meet in what the shop answers.

    Args:
        rest_percent: share of each window that only urgent calls may use.
        now: the clock.
    """

    def __init__(self, rest_percent: int, now: Callable[[], datetime]) -> None:
        self.rest_percent = rest_percent
        self.now = now
        self._windows: list[_Window] = []
        self._blocked_until = datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()

    @property
    def limits(self) -> Sequence[int]:
        """Calls per window, as the shop said; empty before the first answer."""
        return [window.limit for window in self._windows]

    def left(self) -> Sequence[int]:
        """Calls that remain in each window; empty before the first answer."""
        now = self.now()
        return [window.limit if now >= window.until else max(window.remaining, 0) for window in self._windows]

    def free_at(self, *, urgent: bool) -> datetime | None:
        """When the next call may go; None when it may go now. Counts that call against the windows."""
        with self._lock:
            now = self.now()
            if now < self._blocked_until:
                return self._blocked_until
            self._roll(now)
            for window in reversed(self._windows):
                keep = 0 if urgent else -(-window.limit * self.rest_percent // 100)
                if window.remaining <= keep:
                    return window.until
            self._windows = [each._replace(remaining=each.remaining - 1) for each in self._windows]
            return None

    def _roll(self, now: datetime) -> None:
        """Windows that have ended are full again."""
        for index, (window, length) in enumerate(zip(self._windows, WINDOWS.values(), strict=True)):
            if now >= window.until:
                self._windows[index] = window._replace(remaining=window.limit, until=window_end(now, length))

    def learn(self, headers: Mapping[str, str], status: int) -> None:
        """Take over what an answer says of the windows."""
        with self._lock:
            now = self.now()
            limits, remaining, resets = (
                _numbers(headers.get(f"X-RateLimit-{name}", "")) for name in ("Limit", "Remaining", "Reset")
            )
            if len(limits) == len(remaining) == len(resets) == len(WINDOWS):
                self._windows = [
                    _Window(limit, left, now + timedelta(seconds=max(seconds, 0)))
                    for limit, left, seconds in zip(limits, remaining, resets, strict=True)
                ]
            if status == 429:  # noqa: PLR2004 - too many requests
                self._blocked_until = self._told(headers.get("Retry-After", ""), now)

    def _told(self, retry_after: str, now: datetime) -> datetime:
        """When a 429 ends: as it says, in seconds or as a date; else at the end of the windows that are empty."""
        if retry_after.strip().isdigit():
            return now + timedelta(seconds=int(retry_after))
        if retry_after:
            try:
                when = parsedate_to_datetime(retry_after)
            except ValueError:
                return now + FALLBACK
            return when if when.tzinfo else when.replace(tzinfo=UTC)
        empty = [window.until for window in self._windows if window.remaining <= 0]
        return max(empty, default=now + FALLBACK)


def window_end(now: datetime, seconds: int) -> datetime:
    """The next full mark of a window of so many seconds; midnight UTC for a day."""
    return datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, UTC)


def _numbers(text: str) -> list[int]:
    """`300/3000/12000`; an empty window shows -1."""
    parts = text.split("/")
    try:
        return [int(part) for part in parts]
    except ValueError:
        return []
