"""What a schedule can have done: one entry per action. `exchange schedule --actions` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.errors import ConfigError
from exchange.targets import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.settings import Schedule


@dataclass(frozen=True, slots=True)
class Action:
    """One way to use the exchange.

    Attributes:
        connection: the system that is waited for; work for one connection is done in order, by one thread.
        de, en: what it does, one sentence.
        run: does it; gives the batches that ended. Raises TransientError, ConfigError.
    """

    connection: str
    de: str
    en: str
    run: Callable[[App, Schedule], Iterator[Batch]]


def export(app: App, schedule: Schedule) -> Iterator[Batch]:
    """Sage → outbox, in every form that is set."""
    module = app.registry.module(schedule.module).name
    forms = (f"{module}_{each}" for each in app.settings.export_formats)
    for profile in [schedule.profile] if schedule.profile else forms:
        yield app.export(module, profile, full=schedule.full, patience_seconds=0)


def sync(app: App, schedule: Schedule) -> Iterator[Batch]:
    """Sage → shop; where the shop is reached by files only, that is an export. Modules of the other way are pulled.

    What the shop is to have is in the ledger then; the lane of the shop delivers it (`Worker`).
    """
    module = app.registry.module(schedule.module)
    if app.targets.name(module) != SHOP:
        yield from export(app, schedule)
        return
    yield app.export(module.name, full=schedule.full, patience_seconds=0)


def pull(app: App, schedule: Schedule) -> Iterator[Batch]:
    """Shop → Sage: what is new in the shop."""
    batch = app.pull(schedule.module, patience_seconds=0)
    if batch is not None:
        yield batch


ACTIONS: dict[str, Action] = {
    "export": Action("sage", "Liest Sage und schreibt Dateien.", "Reads Sage and writes files.", export),
    "pull": Action("shop", "Holt Neues aus dem Shop nach Sage.", "Brings what is new in the shop to Sage.", pull),
    "sync": Action("sage", "Bringt ein Modul von Sage zum Shop.", "Brings a module from Sage to the shop.", sync),
}


def action(app: App, name: str, schedule: Schedule) -> Action:
    """The action of a schedule. Raises ConfigError for one, or for a module, that does not exist."""
    if schedule.action not in ACTIONS:
        raise ConfigError(f"schedules.{name}: there is no action {schedule.action!r}; there are {', '.join(ACTIONS)}")
    try:
        module = app.registry.module(schedule.module)
        if schedule.profile:
            app.registry.profile(schedule.profile)
    except ConfigError as error:
        raise ConfigError(f"schedules.{name}: {error}") from None
    if schedule.action == "sync" and module.pull and app.settings.shop.way == "api":
        return ACTIONS["pull"]  # on the lane of the shop: what hangs there must not hold up Sage
    return ACTIONS[schedule.action]
