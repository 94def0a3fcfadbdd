"""The budget of calls: never over any window, and what is urgent does not wait for what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.lightspeed.budget import Budget
from exchange.connectors.lightspeed.errors import Spent
from tests.unit.connectors.lightspeed.scripted import Time, rate

LENGTHS = (300, 3_600, 86_400)
LIMITS = (300, 3_000, 12_000)


class Windows:
    """A shop that only counts. Its clock goes differently from ours."""

    def __init__(self, time: Time, limits: tuple[int, ...] = LIMITS, ahead: timedelta = timedelta()) -> None:
        self.time = time
        self.limits = limits
        self.ahead = ahead
        self.used = [0, 0, 0]
        self.begun = [0, 0, 0]
        self.refused = 0
        self.taken = 0

    def call(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer."""
        second = int((self.time.now() + self.ahead).timestamp())
        for index, length in enumerate(LENGTHS):
            if second // length != self.begun[index]:
                self.begun[index], self.used[index] = second // length, 0
        status = 200
        if any(used >= limit for used, limit in zip(self.used, self.limits, strict=True)):
            status, self.refused = 429, self.refused + 1
        else:
            self.used = [used + 1 for used in self.used]
            self.taken += 1
        left = [limit - used for limit, used in zip(self.limits, self.used, strict=True)]
        return status, rate(
            "/".join(str(each or -1) for each in left),
            "/".join(map(str, self.limits)),
            "/".join(str(length - second % length) for length in LENGTHS),
        )


def budget_of(time: Time, rest_percent: int = 10) -> Budget:
    return Budget(rest_percent, time.now, time.sleep)


def calls(budget: Budget, shop: Windows, *, urgent: bool = False, most: int = 10_000) -> int:
    """Call until the budget is spent; how often."""
    for number in range(most):
        try:
            budget.acquire(urgent=urgent)
        except Spent:
            return number
        status, headers = shop.call()
        budget.learn(headers, status)
    return most


def test_in_three_days_no_window_is_ever_exceeded_and_urgent_changes_wait_no_longer_than_one_window() -> None:
    """Texts and images take all they may, without a pause; a stock changes every 97 seconds."""
    time = Time()
    shop = Windows(time, ahead=timedelta(seconds=73))
    budget = budget_of(time)
    begun = urgent_at = time.now()
    longest = timedelta()
    while time.now() < begun + timedelta(hours=72):
        if time.now() >= urgent_at:
            asked = urgent_at
            budget.acquire(urgent=True, patience_seconds=600)
            longest = max(longest, time.now() - asked)
            status, headers = shop.call()
            budget.learn(headers, status)
            urgent_at += timedelta(seconds=97)
        else:
            try:
                budget.acquire()
                status, headers = shop.call()
                budget.learn(headers, status)
                time.at += timedelta(seconds=0.4)
            except Spent as spent:
                time.at = min(spent.until, urgent_at)
    assert shop.refused == 0
    assert longest <= timedelta(minutes=5)
    assert shop.taken >= 4 * 10_800  # the four days that it touches: each is used up but for its rest


@pytest.mark.parametrize("rest_percent", [0, 10, 50])
def test_a_share_of_each_window_is_kept_for_what_is_urgent(rest_percent: int) -> None:
    time = Time()
    shop, budget = Windows(time), budget_of(time, rest_percent)
    assert calls(budget, shop) == 300 - 3 * rest_percent
    assert calls(budget, shop, urgent=True) == 3 * rest_percent
    assert shop.refused == 0


def test_the_limits_are_those_that_the_shop_tells() -> None:
    time = Time()
    shop, budget = Windows(time, (1_000, 12_000, 288_000)), budget_of(time)
    assert calls(budget, shop) == 900
    assert list(budget.limits) == [1_000, 12_000, 288_000]
    assert list(budget.left()) == [100, 11_100, 287_100]


def test_a_window_that_has_ended_is_full_again() -> None:
    time = Time(datetime(2026, 11, 23, 8, 4, 0, tzinfo=UTC))
    shop, budget = Windows(time), budget_of(time)
    calls(budget, shop, urgent=True)
    with pytest.raises(Spent) as raised:
        budget.acquire(urgent=True)
    assert raised.value.until == datetime(2026, 11, 23, 8, 5, 1, tzinfo=UTC)
    time.at = raised.value.until
    assert calls(budget, shop, urgent=True) == 300
    assert shop.refused == 0


def test_an_hour_that_is_spent_counts_more_than_five_minutes_that_are_not() -> None:
    time = Time(datetime(2026, 11, 23, 8, 4, 0, tzinfo=UTC))
    budget = budget_of(time)
    budget.acquire()
    budget.learn(rate("200/-1/5000", reset="60/3360/57360"), 200)
    with pytest.raises(Spent) as raised:
        budget.acquire(urgent=True)
    assert raised.value.until == datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)


def test_what_others_with_the_same_key_take_is_seen_in_the_answers() -> None:
    time = Time()
    shop, ours = Windows(time), budget_of(time)
    theirs = budget_of(time)
    calls(ours, shop, most=5)
    calls(theirs, shop, most=200)
    assert calls(ours, shop) <= 300 - 30 - 205
    assert shop.refused == 0


def test_calls_under_way_count_before_their_answers_come() -> None:
    """Four at once, with three calls left: the shop's answer to one does not know of the others yet."""
    time = Time()
    budget = budget_of(time, 0)
    budget.told({name: {"limit": 10, "remaining": 3, "reset": 60} for name in ("limit5Min", "limitHour", "limitDay")})
    for _ in range(3):
        budget.acquire()
    budget.learn(rate("2/2/2", "10/10/10"), 200)  # the first answer; two are still under way
    with pytest.raises(Spent):
        budget.acquire()
    budget.learn(rate("2/2/2", "10/10/10"), 200)
    budget.acquire()
    with pytest.raises(Spent):
        budget.acquire()


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("42", 42),
        (format_datetime(datetime(2026, 11, 23, 8, 2, 0, tzinfo=UTC), usegmt=True), 120),
        ("", 60),
        ("soon", 60),
        ("0", 1),
        ("999999999", 86_400),
    ],
)
def test_a_429_says_in_seconds_or_as_a_date_when_it_ends(retry_after: str, seconds: int) -> None:
    time = Time(datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC))
    budget = budget_of(time)
    budget.acquire()
    budget.learn({"Retry-After": retry_after} if retry_after else {}, 429)
    with pytest.raises(Spent) as raised:
        budget.acquire(urgent=True)
    assert (raised.value.until - time.now()).total_seconds() == seconds


def test_a_429_that_says_nothing_ends_with_the_window_that_is_empty() -> None:
    time = Time(datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC))
    budget = budget_of(time)
    budget.acquire()
    budget.learn(rate("120/-1/5000", reset="300/3600/57600"), 429)
    with pytest.raises(Spent) as raised:
        budget.acquire(urgent=True)
    assert raised.value.until == datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)


def test_who_is_patient_waits_and_who_is_not_is_told_until_when() -> None:
    time = Time(datetime(2026, 11, 23, 8, 3, 0, tzinfo=UTC))
    shop, budget = Windows(time), budget_of(time, 0)
    calls(budget, shop)
    with pytest.raises(Spent):
        budget.acquire(patience_seconds=100)
    assert time.slept == []
    budget.acquire(patience_seconds=130)
    assert time.slept == [121]


def test_a_clock_that_is_put_back_locks_nobody_out() -> None:
    time = Time(datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC))
    shop, budget = Windows(time), budget_of(time, 0)
    calls(budget, shop)
    time.at -= timedelta(days=30)
    budget.acquire()


def test_answers_without_headers_and_with_odd_ones_change_nothing() -> None:
    time = Time()
    budget = budget_of(time)
    for headers in ({}, {"X-RateLimit-Limit": "many"}, rate("1/2"), rate("")):
        budget.acquire()
        budget.learn(headers, 200)
        assert list(budget.limits) == []


def test_a_forecast_keeps_the_rest_out_for_what_is_not_urgent() -> None:
    time = Time(datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC))
    shop, budget = Windows(time), budget_of(time)
    assert budget.forecast(12_000).days == [10_800, 1_200]  # by the usual limits
    calls(budget, shop, most=100)
    slow, urgent = budget.forecast(11_000), budget.forecast(11_000, urgent=True)
    assert (slow.window, list(slow.days)) == ("day", [10_700, 300])
    assert list(urgent.days) == [11_000]


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 4_000)), max_size=200),
    st.integers(0, 90),
    st.floats(-7_200, 7_200),
)
def test_whatever_is_asked_for_and_when_the_shop_never_has_to_refuse(
    asked: list[tuple[bool, float]], rest_percent: int, ahead: float
) -> None:
    time = Time()
    shop = Windows(time, (5, 20, 60), timedelta(seconds=ahead))
    budget = budget_of(time, rest_percent)
    for urgent, pause in asked:
        calls(budget, shop, urgent=urgent, most=7)
        time.at += timedelta(seconds=pause)
    assert shop.refused == 0
