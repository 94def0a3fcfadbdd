"""What a delivery would do is known before: how many calls, how long, and which window holds it up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from exchange.connectors.lightspeed.delivery import ApiDelivery
from exchange.connectors.lightspeed.forecast import USUAL, WINDOWS, forecast
from exchange.connectors.lightspeed.gateway import Spent
from exchange.connectors.lightspeed.lease import Lease
from exchange.connectors.lightspeed.wishes import CLEAN
from exchange.settings import Settings
from exchange.shop import Part, joined, product
from tests.unit.connectors.lightspeed.fake_shop import FakeShop
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.unit.connectors.lightspeed.wish_cases import Clock

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def article(number: str, title: str = "Becher") -> list[Part]:
    """An article in three languages: five calls."""
    owner = product(number)
    return [
        Part("product", number, {"title": f"{title} {number}"}),
        Part("variant", joined(number, 0), {"articleCode": number, "priceIncl": Decimal("9.95")}, owner),
        *(Part("product", number, {"title": f"{title} {code}"}, language=code) for code in ("en", "nl")),
    ]


def delivery(book: Book, shop: FakeShop) -> ApiDelivery:
    settings = Settings(root=book.settings.root, shop={"doubt_seconds": 0})  # type: ignore[arg-type]
    return ApiDelivery(book.ledger, settings, lambda: shop, Lease(book.ledger, "here", lambda _name: False))


def test_five_thousand_articles_in_three_languages_take_three_days(tmp_path: Path) -> None:
    """25,000 calls and the look at what is there; the window of the day binds."""
    book = Book(tmp_path)
    numbers = [f"A{number:05}" for number in range(5_000)]
    for start in range(0, len(numbers), 500):
        book.say("products", {number: article(number) for number in numbers[start : start + 500]})

    plan = delivery(book, FakeShop(book.clock)).plan()

    assert {(step.resource, step.action): (step.parts, step.calls) for step in plan.steps} == {
        ("variant", "read"): (0, 1),
        ("product", "create"): (5_000, 5_000),
        ("variant", "change"): (5_000, 10_000),
        ("product", "translate"): (10_000, 10_000),
    }
    assert (plan.calls, plan.window, list(plan.days)) == (25_001, "day", [12_000, 12_000, 1_001])


def test_a_plan_has_no_effect_and_an_empty_one_needs_no_time(tmp_path: Path) -> None:
    book = Book(tmp_path)
    shop = FakeShop(book.clock)
    empty = delivery(book, shop).plan()
    assert (empty.calls, empty.seconds, empty.window) == (0, 0, "")

    book.say("products", {"M": article("M")})
    before = book.parts()
    delivery(book, shop).plan()

    assert (book.parts(), shop.calls) == (before, 0)


@pytest.mark.parametrize(
    ("calls", "window", "days"),
    [
        (300, "", [300]),
        (301, "5 minutes", [301]),
        (12_000, "5 minutes", [12_000]),
        (12_001, "day", [12_000, 1]),
    ],
)
def test_the_window_that_binds_is_named(calls: int, window: str, days: Sequence[int]) -> None:
    seen = forecast(calls, MORNING)
    assert (seen.window, list(seen.days)) == (window, days)


def test_a_forecast_never_goes_over_a_window() -> None:
    """The last call of a day's worth cannot come before the windows have let the others through."""
    for calls in (1, 299, 2_999, 9_000, 12_000):
        spans = [length * ((calls - 1) // limit) for limit, length in zip(USUAL, WINDOWS.values(), strict=True)]
        assert forecast(calls, MORNING).seconds >= max(spans)


class Windowed(FakeShop):
    """A shop that counts calls in three windows, as the real one does; smaller, so that days go by quickly."""

    limits_of_windows = (20, 60, 100)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.counted: dict[tuple[str, int], int] = {}

    def ready(self) -> None:
        at = int(self.clock().timestamp())
        for (name, length), limit in zip(WINDOWS.items(), self.limits_of_windows, strict=True):
            if self.counted.get((name, at // length), 0) >= limit:
                raise Spent(datetime.fromtimestamp((at // length + 1) * length, UTC))

    def _call(self, verb: str, resource: str) -> None:
        super()._call(verb, resource)
        at = int(self.clock().timestamp())
        for name, length in WINDOWS.items():
            key = name, at // length
            self.counted[key] = self.counted.get(key, 0) + 1


def test_a_load_of_days_goes_on_where_it_stopped_and_ends_when_it_was_said(tmp_path: Path) -> None:
    """A simulation against a turned clock: never over a window, nothing twice, and the forecast holds."""
    book = Book(tmp_path)
    shop = Windowed(book.clock)
    book.say("products", {f"A{number}": article(f"A{number}") for number in range(45)})
    way = delivery(book, shop)
    said = forecast(way.plan().calls, book.clock(), shop.limits_of_windows)
    begun = book.clock()

    done = way.deliver()
    while done.ended == "budget":
        assert done.next_at is not None
        book.clock.at = max(done.next_at, book.clock.at + timedelta(seconds=1))
        done = way.deliver()

    assert (done.ended, done.waiting) == ("done", 0)
    assert {row.state for row in book.parts().values()} == {CLEAN}
    assert (len(shop.all("product")), len(shop.all("variant")), len(shop.texts)) == (45, 45, 90)
    assert len(said.days) == 1 + (book.clock() - begun).days + (book.clock().time() < begun.time())
    assert all(shop.counted[key] <= shop.limits_of_windows[list(WINDOWS).index(key[0])] for key in shop.counted)
