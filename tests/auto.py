"""An installation with schedules, its clock in the hand of the test."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from exchange.owner import Owner
from tests.end_to_end.conftest import Installation, install
from tests.inside import Inside, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A Monday, 09:00 in Berlin.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that a test turns."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **step: float) -> None:
        self.at += timedelta(**step)


def arranged(folder: Path, more: str, **given: Any) -> Installation:
    """An installation with a sandbox Sage and these tables at the end of its settings."""
    installation = install(folder, **given)
    with (folder / "exchange.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n" + more)
    return installation


@contextmanager
def automatic(folder: Path, more: str, **given: Any) -> Iterator[tuple[Inside, Clock]]:
    """Such an installation, opened in this process."""
    with opened(arranged(folder, more, **given)) as inside:
        clock = Clock()
        inside.app.ledger.now = clock  # type: ignore[method-assign]
        yield inside, clock


def dead_owner(work: Path) -> str:
    """The name of a process of this machine that has ended."""
    owner = Owner(work)
    owner.close()
    return owner.name
