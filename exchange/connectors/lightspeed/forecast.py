"""How long so many calls take: the shop counts them in windows that begin at full 5 minutes, hours and days (1.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a private key has (`lightspeed-ecom.md` 1.4); the shop's own answers say what it really is.
USUAL = (300, 3_000, 12_000)
#: The windows in the order of those numbers, in seconds.
WINDOWS = {"5 minutes": 300, "hour": 3_600, "day": 86_400}
#: A call and its answer take about as long, one after the other.
SECONDS_PER_CALL = 0.25

_SLOT = timedelta(minutes=5)


class Forecast(NamedTuple):
    """How so many calls would go.

    Attributes:
        seconds: from now until the last answer.
        window: the one that holds them up most; empty when none does.
        days: calls per day (UTC), the first of them today.
    """

    seconds: float
    window: str
    days: Sequence[int]


def forecast(calls: int, now: datetime, limits: Sequence[int] = USUAL, left: Sequence[int] = ()) -> Forecast:
    """Let the calls go as early as the windows allow, from now on.

    Args:
        calls: how many.
        now: aware; in UTC the windows begin.
        limits: calls per 5 minutes, hour and day.
        left: how many of them are left now; all by default.
    """
    names, lengths = list(WINDOWS), list(WINDOWS.values())
    room = list(left or limits)
    held = dict.fromkeys(names, 0)
    days = [0]
    at, begun = now.timestamp(), now.timestamp()
    slot_calls = 0
    while calls > 0:
        slot_calls = min(calls, *room)
        calls -= slot_calls
        days[-1] += slot_calls
        room = [each - slot_calls for each in room]
        if calls <= 0:
            break
        held[max((name for name, each in zip(names, room, strict=True) if each <= 0), key=names.index)] += 1
        at = (at // _SLOT.total_seconds() + 1) * _SLOT.total_seconds()
        for index, length in enumerate(lengths):
            if at % length == 0:
                room[index] = limits[index]
        if at % lengths[-1] == 0:
            days.append(0)
    window = max(names, key=lambda name: held[name]) if any(held.values()) else ""
    return Forecast(at - begun + slot_calls * SECONDS_PER_CALL, window, days)
