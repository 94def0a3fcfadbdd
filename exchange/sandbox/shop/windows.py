"""The shop's clock and its three windows of calls, which begin at full marks of that clock (1.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

#: 5 minutes, an hour, a day (UTC), in seconds.
LENGTHS = (300, 3_600, 86_400)
NAMES = ("limit5Min", "limitHour", "limitDay")
#: What a private key usually has.
LIMITS = (300, 3_000, 12_000)


class Clock:
    """The time of the shop; it can be turned."""

    def __init__(self) -> None:
        self.shift = timedelta()
        self.zone = ZoneInfo("Europe/Berlin")

    def now(self) -> datetime:
        """Aware, in the shop's zone."""
        return (datetime.now(UTC) + self.shift).astimezone(self.zone)

    def turn(self, seconds: float) -> None:
        """Forward; or back, with a negative number."""
        self.shift += timedelta(seconds=seconds)


class Windows:
    """Counts calls of the key. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.limits: tuple[int, ...] = LIMITS
        self.retry_after = "seconds"  # or `date`, or `none`
        self._used: list[tuple[int, int]] = [(0, 0)] * len(LENGTHS)
        self._lock = Lock()

    def reset(self) -> None:
        """As if no call had been made."""
        with self._lock:
            self._used = [(0, 0)] * len(LENGTHS)

    def take(self) -> bool:
        """Count a call; False when a window is spent."""
        with self._lock:
            self._roll()
            if any(used >= limit for (_, used), limit in zip(self._used, self.limits, strict=True)):
                return False
            self._used = [(begun, used + 1) for begun, used in self._used]
            return True

    def _roll(self) -> None:
        second = int(self.clock.now().timestamp())
        begins = [second // length for length in LENGTHS]
        self._used = [
            (begin, used if begun == begin else 0) for begin, (begun, used) in zip(begins, self._used, strict=True)
        ]

    def _left(self) -> list[tuple[int, int]]:
        """Calls left and seconds until the window ends, for each."""
        second = int(self.clock.now().timestamp())
        with self._lock:
            self._roll()
            return [
                (limit - used, length - second % length)
                for (_, used), limit, length in zip(self._used, self.limits, LENGTHS, strict=True)
            ]

    def headers(self) -> dict[str, str]:
        """Of every answer; an empty window shows -1."""
        left = self._left()
        return {
            "X-RateLimit-Limit": "/".join(map(str, self.limits)),
            "X-RateLimit-Remaining": "/".join(str(each if each > 0 else -1) for each, _ in left),
            "X-RateLimit-Reset": "/".join(str(seconds) for _, seconds in left),
        }

    def retry(self) -> dict[str, str]:
        """Of a 429: when the longest spent window ends."""
        seconds = max((reset for left, reset in self._left() if left <= 0), default=60)
        if self.retry_after == "seconds":
            return {"Retry-After": str(seconds)}
        if self.retry_after == "date":
            when = self.clock.now().astimezone(UTC) + timedelta(seconds=seconds)
            return {"Retry-After": format_datetime(when, usegmt=True)}
        return {}

    def told(self) -> dict[str, Any]:
        """Body of `account/ratelimit`."""
        now = self.clock.now().astimezone(UTC)
        return {
            name: {
                "limit": limit,
                "remaining": left,
                "reset": seconds,
                "resetTime": (now + timedelta(seconds=seconds)).isoformat(timespec="seconds"),
            }
            for name, limit, (left, seconds) in zip(NAMES, self.limits, self._left(), strict=True)
        }
