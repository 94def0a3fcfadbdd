"""A consignment whose number does not come is told of, once, until it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from exchange.alerts import present
from exchange.errors import ConfigError
from exchange.schedule import WORKING_DAYS, counted
from tests.auto import automatic
from tests.smtp import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.auto import Clock
    from tests.inside import Inside

BERLIN = ZoneInfo("Europe/Berlin")
HEADER = "reference;order_number;carrier;name1;street;house_number;zip;city;country;weight_kg"
NUMBER = "00340434161094042557"


def handed_over(inside: Inside, *references: str) -> None:
    """Delivery notes that lie with the carrier, read out of a file."""
    rows = [f"{each};;dhl;Anna Becker;Alaunstr.;36;01099;Dresden;DE;1.5" for each in references]
    path = inside.folder / "notes.csv"
    path.write_text("\r\n".join([HEADER, *rows, ""]), "utf-8")
    assert inside.app.import_file(path, module="shipping").counts.created == len(references)


def numbered(inside: Inside, reference: str, cancelled: int = 0) -> None:
    path = inside.folder / "back.csv"
    path.write_text(f"Sendungsreferenz;Sendungsnummer;Storniert\r\n{reference};{NUMBER};{cancelled}\r\n", "utf-8")
    inside.app.import_file(path, profile="dhl_return_csv", forced=True)


def late(inside: Inside) -> list[str]:
    """What an alert names."""
    causes = inside.worker.alerts.look()
    inside.app.post.send()
    return [str(dict(each.finding.values)["reference"]) for each in causes]


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[Inside, Clock]]:
    with automatic(tmp_path, "", **{"modules.tracking_codes.alarm_hours": 6}) as opened:
        yield opened


def test_a_late_number_is_told_once_and_called_off_when_it_comes(tmp_path: Path) -> None:
    """To the owner of the module; of two consignments only the late one."""
    with server() as box:
        given: dict[str, Any] = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "x@example.org"}
        mail = {f"mail.{name}": each for name, each in given.items()}
        owner = '[alerts.owners]\ntracking_codes = ["versand@example.org"]\n'
        with automatic(tmp_path, owner, **mail, **{"modules.tracking_codes.alarm_hours": 6}) as (inside, clock):
            handed_over(inside, "VLL-2026-1")
            clock.turn(hours=5)
            handed_over(inside, "VLL-2026-2")
            assert late(inside) == []
            clock.turn(hours=1)
            assert late(inside) == ["VLL-2026-1"]
            clock.turn(hours=1)
            assert late(inside) == ["VLL-2026-1"]
            numbered(inside, "VLL-2026-1")
            assert late(inside) == []
    texts = [message.get_content() for _, message in box.taken]
    assert [people for people, _ in box.taken] == [["versand@example.org"]] * 2
    assert "VLL-2026-1 ist seit 23.11.2026 09:00 bei DHL" in texts[0]
    assert "VLL-2026-2" not in texts[0]
    assert "Das ist erledigt" in texts[1]


def test_status_shows_it_and_a_cancelled_label_is_no_number(at_work: tuple[Inside, Clock]) -> None:
    """What `exchange status` and monitoring see; it waits for a new label again."""
    inside, clock = at_work
    handed_over(inside, "VLL-2026-1")
    numbered(inside, "VLL-2026-1")
    clock.turn(hours=7)
    assert present(inside.app)[1] == []
    numbered(inside, "VLL-2026-1", cancelled=1)
    health, causes = present(inside.app)
    assert (health, [each.finding.code for each in causes]) == ("warning", ["alert.no_parcel_number"])


def test_the_weekend_does_not_count(at_work: tuple[Inside, Clock]) -> None:
    """Handed over on Friday afternoon: the hours go on on Monday."""
    inside, clock = at_work
    clock.turn(days=4, hours=11)  # Friday, 20:00
    handed_over(inside, "VLL-2026-1")
    clock.turn(days=2, hours=5)  # Monday, 01:00
    assert late(inside) == []
    clock.turn(hours=1)
    assert late(inside) == ["VLL-2026-1"]


def test_no_alarm_where_none_is_wanted(tmp_path: Path) -> None:
    """Hours of zero; and what was handed over too long ago is not looked for."""
    with automatic(tmp_path / "a", "", **{"modules.tracking_codes.alarm_hours": 0}) as (inside, clock):
        handed_over(inside, "VLL-2026-1")
        clock.turn(days=9)
        assert late(inside) == []
    with automatic(tmp_path / "b", "", **{"modules.tracking_codes.days": 5}) as (inside, clock):
        handed_over(inside, "VLL-2026-1")
        clock.turn(days=6)
        assert late(inside) == []


def test_unknown_holidays_are_refused_at_the_start(tmp_path: Path) -> None:
    """Not when the first consignment is late."""
    with (
        pytest.raises(ConfigError, match="alarm_holidays"),
        automatic(tmp_path, "", **{"modules.tracking_codes.alarm_holidays": "XX"}),
    ):
        pass


@pytest.mark.parametrize(
    ("since", "until", "days", "holidays", "hours"),
    [
        (datetime(2026, 11, 27, 20, tzinfo=UTC), datetime(2026, 11, 30, 1, tzinfo=UTC), WORKING_DAYS, "", 5),
        (datetime(2026, 11, 27, 20, tzinfo=UTC), datetime(2026, 11, 30, 1, tzinfo=UTC), frozenset(range(7)), "", 53),
        (datetime(2026, 12, 24, 12, tzinfo=UTC), datetime(2026, 12, 28, 12, tzinfo=UTC), WORKING_DAYS, "DE", 24),
        (datetime(2026, 10, 25, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 11, tzinfo=BERLIN), WORKING_DAYS, "", 0),
        # the night of 25 hours
        (datetime(2026, 10, 25, 0, tzinfo=BERLIN), datetime(2026, 10, 26, 0, tzinfo=BERLIN), frozenset({6}), "", 25),
    ],
)
def test_only_hours_of_the_days_meant_count(
    since: datetime, until: datetime, days: frozenset[int], holidays: str, hours: float
) -> None:
    """In the merchant's calendar, not in UTC's."""
    assert counted(since, until, BERLIN, days, holidays) == timedelta(hours=hours)
