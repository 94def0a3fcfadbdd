"""How many calls may still go: learnt from every answer, never from constants (`lightspeed-ecom.md` 1.4).

Three windows count at once: five minutes, an hour, a day; they begin at full marks of the shop's clock, the day at
midnight UTC. A part of each is kept for work by hand and for what is urgent.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from exchange.connectors.lightspeed.errors import Spent
from exchange.connectors.lightspeed.forecast import USUAL, WINDOWS, Forecast, forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Status of a call that was turned away because there were too many.
TOO_MANY = 429
#: Where a 429 does not say how long to wait, and no window is empty.
FALLBACK = timedelta(seconds=60)
#: The shop tells the end of a window in whole seconds; so much later it has surely ended.
MARGIN = timedelta(seconds=1)
_LENGTHS = [timedelta(seconds=each) for each in WINDOWS.values()]


class _Window(NamedTuple):
    """One window: calls in it, those left of them, and when it ends."""

    limit: int
    remaining: int
    until: datetime


class Budget:
    """The calls of one key. Thread-safe; several processes with the same key meet in what the shop answers.

    Args:
        rest_percent: share of each window that only urgent calls may use.
        now: the clock; aware.
        sleep: waits so many seconds.

    Attributes:
        blocked_until: when the last 429 ends.
    """

    def __init__(
        self, rest_percent: int, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.rest_percent = rest_percent
        self.now = now
        self.sleep = sleep
        self._windows: list[_Window] = []
        self.blocked_until = datetime.min.replace(tzinfo=UTC)
        self._flying = 0
        self._lock = Lock()

    def acquire(self, *, urgent: bool = False, patience_seconds: float = 0) -> None:
        """Take one call, waiting for it if need be; the caller tells by `learn` or `lost` how it ended.

        Args:
            urgent: stock, orders and work by hand, which may use the rest of a window too.
            patience_seconds: how long is waited at most.

        Raises:
            Spent: when that is not long enough; nothing was taken.
        """
        waited = 0.0
        while (free_at := self._take(urgent=urgent)) is not None:
            seconds = max((free_at - self.now()).total_seconds(), 0.001)
            waited += seconds
            if waited > patience_seconds:
                raise Spent(free_at)
            self.sleep(seconds)

    def _take(self, *, urgent: bool) -> datetime | None:
        """Take a call; when there will be one, if there is none now."""
        with self._lock:
            now = self.now()
            if now < self.blocked_until:
                return self.blocked_until
            self._roll(now)
            full = [each.until for each in self._windows if each.remaining <= self._kept(each, urgent=urgent)]
            if full:
                return max(full)
            self._windows = [each._replace(remaining=each.remaining - 1) for each in self._windows]
            self._flying += 1
            return None

    def _kept(self, window: _Window, *, urgent: bool) -> int:
        """The calls of a window that are not for this kind of work."""
        return 0 if urgent else -(-window.limit * self.rest_percent // 100)

    def _roll(self, now: datetime) -> None:
        """Windows that have ended are full again; so is one that ends later than it can: the clock was put back."""
        for index, window in enumerate(self._windows):
            length = _LENGTHS[index]
            if not now < window.until <= now + length + MARGIN:
                full = window.limit - self._flying
                self._windows[index] = _Window(window.limit, full, window_end(now, int(length.total_seconds())))

    def learn(self, headers: Mapping[str, str], status: int) -> None:
        """Take over what the answer to an acquired call says of the windows."""
        limits, remaining, resets = (
            _numbers(headers.get(f"X-RateLimit-{name}", "")) for name in ("Limit", "Remaining", "Reset")
        )
        with self._lock:
            self._landed()
            now = self.now()
            if len(limits) == len(remaining) == len(resets) == len(WINDOWS):
                self._told(now, limits, remaining, resets)
            if status == TOO_MANY:
                self.blocked_until = self._retry_at(headers.get("Retry-After", "").strip(), now)

    def lost(self) -> None:
        """No answer came to an acquired call."""
        with self._lock:
            self._landed()

    def told(self, ratelimit: Mapping[str, Mapping[str, int]]) -> None:
        """Take over what `account/ratelimit` says."""
        windows = [ratelimit[name] for name in ("limit5Min", "limitHour", "limitDay")]
        with self._lock:
            self._told(self.now(), *([int(each[name]) for each in windows] for name in ("limit", "remaining", "reset")))

    def _landed(self) -> None:
        self._flying = max(self._flying - 1, 0)

    def _told(self, now: datetime, limits: Sequence[int], remaining: Sequence[int], resets: Sequence[int]) -> None:
        """What the shop says, less the calls under way: it may have counted them or not."""
        self._windows = [
            _Window(limit, max(left, 0) - self._flying, now + timedelta(seconds=max(seconds, 0)) + MARGIN)
            for limit, left, seconds in zip(limits, remaining, resets, strict=True)
        ]

    def _retry_at(self, retry_after: str, now: datetime) -> datetime:
        """When a 429 ends: as it says, in seconds or as a date; else at the end of the windows that are empty."""
        empty = max((window.until for window in self._windows if window.remaining <= 0), default=now + FALLBACK)
        if retry_after.isdigit():
            when = now + timedelta(seconds=min(int(retry_after), WINDOWS["day"]))
        else:
            when = _date(retry_after) or empty
        return min(max(when, now + MARGIN), now + _LENGTHS[-1] + MARGIN)

    # What is known of it

    @property
    def limits(self) -> Sequence[int]:
        """Calls per window, as the shop said; empty before the first answer."""
        return [window.limit for window in self._windows]

    def left(self) -> Sequence[int]:
        """Calls that remain in each window; empty before the first answer."""
        with self._lock:
            self._roll(self.now())
            return [max(window.remaining, 0) for window in self._windows]

    def forecast(self, calls: int, *, urgent: bool = False) -> Forecast:
        """How long so many calls take from now; by the usual limits (1.4) before the first answer."""
        left = self.left() or USUAL
        limits = self.limits or USUAL
        kept = [self._kept(_Window(limit, limit, self.now()), urgent=urgent) for limit in limits]
        return forecast(
            calls,
            self.now(),
            [max(limit - rest, 1) for limit, rest in zip(limits, kept, strict=True)],
            [max(each - rest, 0) for each, rest in zip(left, kept, strict=True)],
        )


def window_end(now: datetime, seconds: int) -> datetime:
    """The next full mark of a window of so many seconds; midnight UTC for a day."""
    return datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, UTC) + MARGIN


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _numbers(text: str) -> list[int]:
    """`300/3000/12000`; an empty window shows -1. Empty where it is no such thing."""
    try:
        return [int(part) for part in text.split("/")]
    except ValueError:
        return []
