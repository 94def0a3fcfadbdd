"""When a plan is due: over both changes of the clock, after downtime, with a clock that is turned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.schedule import WORKING_DAYS, Plan, daily, due, holiday_calendar, latest, seconds, upcoming

BERLIN = ZoneInfo("Europe/Berlin")
#: In 2026 Berlin goes forward on 29 March at 01:00 UTC and back on 25 October at 01:00 UTC.
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)


def plan(cron: str = "", **values: object) -> Plan:
    return Plan(BERLIN, cron=cron, **values)  # type: ignore[arg-type]


def served(what: Plan, start: datetime, end: datetime, tick: timedelta = timedelta(minutes=1)) -> list[datetime]:
    """The moments that a service which looks at every tick serves."""
    last, moments, now = start, [], start
    while now <= end:
        moment = due(what, last, now)
        if moment is not None:
            moments.append(moment)
            last = moment
        now += tick
    return moments


def local(moments: list[datetime]) -> list[str]:
    return [each.astimezone(BERLIN).strftime("%d. %H:%M") for each in moments]


@pytest.mark.parametrize("cron", ["30 2 * * *", daily("02:30")])
def test_c9_half_past_two_is_served_once_in_the_night_that_skips_it(cron: str) -> None:
    """There is no 02:30: it is served at 03:00, the next minute that exists."""
    moments = served(plan(cron), SPRING - timedelta(hours=12), SPRING + timedelta(hours=36))

    assert local(moments) == ["29. 03:00", "30. 02:30"]


def test_c9_half_past_two_is_served_once_in_the_night_that_has_it_twice() -> None:
    """The first time counts: 00:30 UTC, which is summer time."""
    moments = served(plan("30 2 * * *"), AUTUMN - timedelta(hours=12), AUTUMN + timedelta(hours=36))

    assert moments == [AUTUMN + timedelta(minutes=30), AUTUMN + timedelta(days=1, hours=1, minutes=30)]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("what", [plan("*/30 * * * *"), plan(every_seconds=1800)])
def test_c9_what_comes_every_half_hour_goes_on_through_both_nights(what: Plan, day: datetime) -> None:
    moments = served(what, day - timedelta(hours=3), day + timedelta(hours=6))

    assert len(moments) == 18
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=30)}


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize(
    "cron", ["30 2 * * *", "15,45 1-3 * * *", "*/20 * * * *", "0 */2 * * *", "0 2 * * *", "59 2 * * SUN", "0 3 * * *"]
)
def test_the_latest_moment_is_the_last_of_those_that_came(cron: str, day: datetime) -> None:
    """Looking back and looking ahead agree, at every minute around the change."""
    what, start = plan(cron), day - timedelta(days=8)
    ahead = [start]
    while ahead[-1] < day + timedelta(days=2):
        following = upcoming(what, ahead[-1])
        assert following is not None
        ahead.append(following)
    for minute in range(0, 10 * 60, 1):
        now = day - timedelta(hours=3) + timedelta(minutes=minute)
        before = [each for each in ahead[1:] if each <= now]
        assert latest(what, now) == before[-1]


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    cron=st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 6 * * 1-5", "30 2 29 2 *", "15 3 * * SUN", "*/20 * * * * *"]),
)
def test_between_the_latest_and_the_next_moment_lies_no_other(start: datetime, cron: str) -> None:
    """What is latest at the next moment is that moment; a second before it, it is the one before."""
    what = plan(cron)
    following, before = upcoming(what, start), latest(what, start)
    assert following is not None
    assert before is not None
    assert before <= start < following
    assert latest(what, following) == following
    assert latest(what, following - timedelta(microseconds=1)) == before
    assert upcoming(what, before) == following


def test_a_machine_that_was_off_for_days_catches_up_with_one_run() -> None:
    """The last missed moment is served, those before it are not."""
    what, monday = plan("*/5 * * * *"), datetime(2026, 11, 23, 8, 2, tzinfo=UTC)

    assert due(what, monday - timedelta(days=5), monday) == monday.replace(minute=0)
    assert due(what, monday.replace(minute=0), monday) is None


def test_what_was_due_before_the_plan_was_first_seen_is_not_caught_up() -> None:
    now = datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC)

    assert due(plan(daily("06:00")), now, now) is None


def test_c9_a_clock_set_back_an_hour_serves_no_moment_twice() -> None:
    """06:00 was served, the clock shows 05:30 again, then 06:00 again: nothing. The day after it is served."""
    what = plan(daily("06:00"))
    six = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

    assert due(what, six, six - timedelta(minutes=30)) is None
    assert due(what, six, six + timedelta(minutes=1)) is None
    assert due(what, six, six + timedelta(days=1)) == six + timedelta(days=1)


def test_c9_a_clock_set_back_does_not_stop_what_comes_often() -> None:
    """What comes every five minutes does not wait an hour for the clock to come round again."""
    ten = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    back = ten - timedelta(minutes=58)

    assert due(plan(every_seconds=300), ten, back) == ten - timedelta(hours=1)


def test_a_clock_that_had_been_years_ahead_stops_nothing() -> None:
    wrong, now = datetime(2036, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    assert due(plan(daily("06:00")), wrong, now) == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def test_moments_do_not_drift_with_the_runs() -> None:
    """Looked at 17 seconds late each time, the moments stay on the grid."""
    start = datetime(2026, 11, 23, 8, 0, 17, tzinfo=UTC)
    moments = served(plan(every_seconds=300), start, start + timedelta(hours=1), timedelta(seconds=317))

    assert all(each.second == 0 and each.minute % 5 == 0 for each in moments)


def test_working_days_leave_out_weekends_and_the_holidays_of_the_state() -> None:
    """Epiphany is a holiday in Bavaria, not in Hamburg."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 13, tzinfo=UTC)
    days = {
        state: [
            each.astimezone(BERLIN).day
            for each in served(
                plan(daily("06:00"), days=WORKING_DAYS, holidays=state), start, end, timedelta(minutes=30)
            )
        ]
        for state in ("DE-BY", "DE-HH")
    }

    assert days == {"DE-BY": [2, 5, 7, 8, 9, 12], "DE-HH": [2, 5, 6, 7, 8, 9, 12]}


def test_a_plan_of_every_second_on_working_days_finds_friday_from_sunday_and_monday_ahead() -> None:
    """Days that are not the plan's are jumped over as a whole, also where they hold many thousand moments."""
    what = plan(every_seconds=1, days=WORKING_DAYS)
    sunday = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    assert latest(what, sunday) == datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
    assert upcoming(what, sunday) == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    seconds_by_cron = plan("* * * * * *", days=WORKING_DAYS)
    assert latest(seconds_by_cron, sunday) == latest(what, sunday)
    assert upcoming(seconds_by_cron, sunday) == upcoming(what, sunday)


def test_a_plan_that_never_comes_due_says_so() -> None:
    """Saturdays that are working days do not exist, nor does 31 February."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    never = plan("0 6 * * SAT", days=WORKING_DAYS)

    assert (upcoming(never, now), latest(never, now), due(never, now, now)) == (None, None, None)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: seconds("5 minutes"), "30s, 5m, 2h"),
        (lambda: seconds("0m"), "30s, 5m, 2h"),
        (lambda: seconds("m"), "30s, 5m, 2h"),
        (lambda: daily("25:00"), "06:30"),
        (lambda: plan("61 * * * *"), "Bad minute"),
        (lambda: plan("0 0 31 2 *"), "Bad day"),
        (lambda: plan("* * *"), "Wrong number of fields"),
        (lambda: plan("0 6 * * *", holidays="DE-XX"), "DE-BY"),
    ],
)
def test_a_wrong_plan_is_named(wrong: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()  # type: ignore[operator]


def test_intervals_and_times_of_day_are_read() -> None:
    assert [seconds(each) for each in ("30s", "5m", "2h")] == [30, 300, 7200]
    assert daily("06:05") == "5 6 * * *"
    assert date(2026, 10, 3) in holiday_calendar("DE")
