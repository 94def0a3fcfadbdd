"""When something is due: pure functions over a plan and a clock, without memory of their own.

A plan names moments: every so many seconds, by a cron line, or at a time of day on certain days. `due` tells which of
them is to be served now. It looks at the last moment that was served and at the clock, so

- several moments missed (the machine was off) are caught up by one run, not by many;
- a time of day that the clock skips in spring (02:30) is served at the next minute that exists, and one that comes
  twice in autumn is served the first time only;
- a clock that is set back does not serve a moment twice, unless it is so far back that it must have been wrong before.

Moments follow from the clock alone, never from how long a run took: nothing drifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

#: In the order of `date.weekday`.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING_DAYS = frozenset(range(5))
ALL_DAYS = frozenset(range(7))

_UNITS = {"s": 1, "m": 60, "h": 3600}
#: A plan without a day among so many that it names (Saturdays that are working days) has none at all.
_MOST_JUMPS = 4_000
#: A clock that goes back for the winter goes back by so much at most.
_REPEATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which moments are meant; exactly one of `every_seconds` and `cron` is given.

    Attributes:
        zone: whose clock and calendar.
        every_seconds: distance of the moments, counted from midnight UTC of 1970-01-01.
        cron: five fields (minute hour day month weekday), or six with seconds first.
        days: weekdays, 0 is Monday.
        holidays: days off, as `holiday_calendar` spells them; empty: none.
    """

    zone: ZoneInfo
    every_seconds: int = 0
    cron: str = ""
    days: frozenset[int] = ALL_DAYS
    holidays: str = ""

    def __post_init__(self) -> None:
        if self.holidays:
            holiday_calendar(self.holidays)
        if self.cron:
            try:
                CronSim(self.cron, datetime(2026, 1, 1, tzinfo=self.zone))
            except CronSimError as error:
                raise ValueError(f"cron {self.cron!r}: {error}") from None

    def holds(self, day: date) -> bool:
        """Whether the day is one of the plan's."""
        return day.weekday() in self.days and not (self.holidays and day in holiday_calendar(self.holidays))


def seconds(text: str) -> int:
    """`30s`, `5m` or `2h` as seconds. Raises ValueError."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and int(number) and unit in _UNITS):
        raise ValueError(f"{text!r} is no interval; examples are 30s, 5m, 2h")
    return int(number) * _UNITS[unit]


def daily(text: str) -> str:
    """A time of day such as `06:30` as a cron line. Raises ValueError."""
    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise ValueError(f"{text!r} is no time of day; an example is 06:30") from None
    return f"{moment.minute} {moment.hour} * * *"


@lru_cache
def holiday_calendar(code: str) -> Any:
    """The public holidays of a country or one of its states (`DE`, `DE-BY`). Raises ValueError for an unknown code."""
    from holidays import country_holidays  # noqa: PLC0415 - large, and only for who uses it

    country, _, part = code.partition("-")
    try:
        return country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        raise ValueError(f"no holidays are known for {code!r}; examples are DE, DE-BY, AT") from None


def counted(
    since: datetime, until: datetime, zone: ZoneInfo, days: frozenset[int] = ALL_DAYS, holidays: str = ""
) -> timedelta:
    """How much of the time between two moments (aware) lies on certain days; see `Plan` for these."""
    plan = Plan(zone, every_seconds=1, days=days, holidays=holidays)
    total, begin = timedelta(), since.astimezone(UTC)
    while begin < until:
        day = begin.astimezone(zone).date()
        end = min(datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC), until)
        total += end - begin if plan.holds(day) else timedelta()
        begin = end
    return total


def upcoming(plan: Plan, after: datetime) -> datetime | None:
    """The first moment after `after` (aware), in UTC; None when the plan never comes due again."""
    return next((each for each in _moments(plan, after, back=False) if each > after), None)


def latest(plan: Plan, now: datetime) -> datetime | None:
    """The last moment that is not after `now` (aware), in UTC; None when there was none."""
    # Going back, a time of day that comes twice is met under the name of its first coming: begin far enough ahead.
    start = now.astimezone(UTC) + timedelta(seconds=1)
    if start.astimezone(plan.zone).fold:
        start += _REPEATED
    return next((each for each in _moments(plan, start, back=True) if each <= now), None)


def _moments(plan: Plan, start: datetime, *, back: bool) -> Iterator[datetime]:
    """The moments of a plan in UTC, one after the other; days that are not the plan's are jumped over as a whole."""
    for _ in range(_MOST_JUMPS):
        for each in (_grid if plan.every_seconds else _cron)(plan, start, back=back):
            day = each.astimezone(plan.zone).date()
            if not plan.holds(day):
                start = _edge(plan, day, back=back)
                break
            yield each
        else:
            return


def _edge(plan: Plan, day: date, *, back: bool) -> datetime:
    """Where to go on when a day is jumped over: just before it begins, or just before the next one begins."""
    beginning = datetime.combine(day if back else day + timedelta(days=1), time(), plan.zone)
    return beginning.astimezone(UTC) - timedelta(microseconds=1)


def _grid(plan: Plan, start: datetime, *, back: bool) -> Iterator[datetime]:
    step = plan.every_seconds
    number = int(start.timestamp()) // step + (0 if back else 1)
    while True:
        yield datetime.fromtimestamp(number * step, UTC)
        number += -1 if back else 1


def _cron(plan: Plan, start: datetime, *, back: bool) -> Iterator[datetime]:
    for each in CronSim(plan.cron, start.astimezone(plan.zone), reverse=back):
        yield each.astimezone(UTC)


def due(plan: Plan, last: datetime, now: datetime) -> datetime | None:
    """The moment that is to be served now, or None.

    Args:
        plan: which moments there are.
        last: the moment that was served last, or when the plan was first seen.
        now: the clock.

    A `last` ahead of the clock was served before the clock was set back. It stays served, unless it lies ahead by more
    than one step of the plan: then the clock had been wrong, and waiting for it could take years.
    """
    moment = latest(plan, now)
    if moment is None:
        return None
    if last <= now:
        return moment if moment > last else None
    following = upcoming(plan, last)
    far = following is not None and last - now > following - last
    return moment if far else None
