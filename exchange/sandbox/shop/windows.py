"""The shop's clock and its three windows of calls, which begin at full marks of that clock (1.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from exchange.sandbox.shop.settings import Settings

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

    def set(self, moment: datetime) -> None:
        """To an aware moment, from which it goes on."""
        self.shift = moment - datetime.now(UTC)


class Windows:
    """Counts calls of the key. Thread-safe.

    Args:
        clock, settings: of the shop.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock, self.settings = clock, settings
        self.limits: tuple[int, ...] = LIMITS
        self._used: list[tuple[int, int]] = [(0, 0)] * len(LENGTHS)
        self._lock = Lock()

    def reset(self) -> None:
        """As if no call had been made."""
        with self._lock:
            self._used = [(0, 0)] * len(LENGTHS)

    def take(self) -> bool:
        """Count a call; False when a window is spent."""
        with self._lock:
            self._roll(self._second())
            if any(used >= limit for (_, used), limit in zip(self._used, self.limits, strict=True)):
                return False
            self._used = [(begun, used + 1) for begun, used in self._used]
            return True

    def _second(self) -> int:
        return int(self.clock.now().timestamp())

    def _roll(self, second: int) -> None:
        begins = [second // length for length in LENGTHS]
        self._used = [
            (begin, used if begun == begin else 0) for begin, (begun, used) in zip(begins, self._used, strict=True)
        ]

    def _left(self, second: int) -> list[tuple[int, int]]:
        """Calls left and seconds until the window ends, for each."""
        with self._lock:
            self._roll(second)
            return [
                (limit - used, length - second % length)
                for (_, used), limit, length in zip(self._used, self.limits, LENGTHS, strict=True)
            ]

    def headers(self) -> dict[str, str]:
        """Of every answer; an empty window shows -1."""
        left = self._left(self._second())
        return {
            "X-RateLimit-Limit": "/".join(map(str, self.limits)),
            "X-RateLimit-Remaining": "/".join(str(each if each > 0 else -1) for each, _ in left),
            "X-RateLimit-Reset": "/".join(str(seconds) for _, seconds in left),
        }

    def retry(self) -> dict[str, str]:
        """Of a 429: when the last of the spent windows ends."""
        second = self._second()
        seconds = max((reset for left, reset in self._left(second) if left <= 0), default=60)
        if self.settings.retry_after == "seconds":
            return {"Retry-After": str(seconds)}
        if self.settings.retry_after == "date":
            return {"Retry-After": format_datetime(datetime.fromtimestamp(second + seconds, UTC), usegmt=True)}
        return {}

    def told(self) -> dict[str, Any]:
        """Body of `account/ratelimit`."""
        second = self._second()
        return {
            name: {
                "limit": limit,
                "remaining": left,
                "reset": seconds,
                "resetTime": datetime.fromtimestamp(second + seconds, UTC).isoformat(timespec="seconds"),
            }
            for name, limit, (left, seconds) in zip(NAMES, self.limits, self._left(second), strict=True)
        }
