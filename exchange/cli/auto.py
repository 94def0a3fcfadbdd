"""Auto mode: what is due when, pause and resume modules, the service of the system."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from exchange.cli.common import EXIT_OK, config_option, example, json_option, opened

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.app import App
    from exchange.service import Place
    from exchange.timetable import Timetable


@click.command(epilog=example("exchange pause stock", 'exchange pause order_import --reason "stock-taking"'))
@click.argument("module")
@click.option("--reason", default="", help="Why; `exchange schedule` shows it.")
@config_option
def pause(module: str, reason: str, config: Path) -> None:
    """Let a module rest: its schedules do not run and its files wait. Transfers by hand go on."""
    with opened(config) as app:
        name = app.registry.module(module).name
        begun = app.pauses.begin(name, reason)
        german = app.settings.language == "de"
        if begun:
            click.echo(f"{name} ruht ab jetzt." if german else f"{name} rests from now on.")
        else:
            click.echo(f"{name} ruht schon." if german else f"{name} rests already.")


@click.command(epilog=example("exchange resume stock"))
@click.argument("module")
@config_option
def resume(module: str, config: Path) -> None:
    """Let a module run again. What came due meanwhile is caught up by one run."""
    with opened(config) as app:
        name = app.registry.module(module).name
        ended = app.pauses.end(name)
        german = app.settings.language == "de"
        if ended:
            click.echo(f"{name} läuft wieder." if german else f"{name} runs again.")
        else:
            click.echo(f"{name} ruhte nicht." if german else f"{name} was not resting.")


@click.command(epilog=example("exchange schedule", "exchange schedule --runs 20", "exchange schedule --actions"))
@click.option("--runs", type=click.IntRange(min=0), default=0, help="Also the last runs, so many.")
@click.option("--actions", is_flag=True, help="Only list what a schedule can do.")
@config_option
@json_option
def schedule(runs: int, config: Path, *, actions: bool, as_json: bool) -> None:
    """What runs by itself: when it ran last, what came of it, when it is due next."""
    from exchange import screen  # noqa: PLC0415
    from exchange.jobs import ACTIONS  # noqa: PLC0415
    from exchange.timetable import Timetable  # noqa: PLC0415

    if actions:
        rows = [{"action": name, "de": each.de, "en": each.en} for name, each in ACTIONS.items()]
        if as_json:
            screen.as_json(rows)
        else:
            for row in rows:
                click.echo(f"{row['action']:10} {row['de']}")
        sys.exit(EXIT_OK)
    with opened(config) as app:
        timetable = Timetable(app)
        listed = _entries(app, timetable)
        last = [dict(row) for row in timetable.runs(limit=runs)] if runs else []
        if as_json:
            screen.as_json({"schedules": listed, "runs": last})
        else:
            _show(listed, last, app)


def _entries(app: App, timetable: Timetable) -> list[dict[str, Any]]:
    pauses = app.pauses.all()
    rows = []
    for entry in timetable.entries():
        state = entry.state
        resting = pauses.get(app.registry.module(entry.module).name) if entry.paused else None
        rows.append(
            {
                "schedule": entry.name,
                "action": entry.schedule.action,
                "module": entry.module,
                "when": entry.schedule.cron or entry.schedule.at or entry.schedule.every,
                "days": entry.schedule.days,
                "paused_since": _json(resting.since_at if resting else None),
                "reason": resting.reason if resting else "",
                "last_due_at": _json(state.due_at),
                "started_at": _json(state.started_at),
                "ended_at": _json(state.ended_at),
                "result": "running" if state.begun else state.result,
                "message": state.message,
                "next_at": _json(timetable.next_at(entry)),
            }
        )
    return rows


_RESULTS = {
    "de": {
        "": "–",
        "running": "läuft",
        "done": "fertig",
        "findings": "mit Befunden",
        "waits": "wartet",
        "failed": "gescheitert",
    },
    "en": {"": "–", "findings": "with findings"},
}


def _show(listed: list[dict[str, Any]], last: list[dict[str, Any]], app: App) -> None:
    """Tables of the schedules and of their last runs, in the merchant's own time."""
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from exchange import screen  # noqa: PLC0415

    german = app.settings.language == "de"
    words = _RESULTS[app.settings.language]

    def table(*titles: str) -> Table:
        made = Table(*titles, header_style="bold", box=None, pad_edge=False)
        for column in made.columns:
            column.overflow = "fold"
        return made

    if not listed:
        click.echo("Es gibt keine Zeitpläne ([schedules.NAME])." if german else "No schedules ([schedules.NAME]).")
    else:
        titles = ("Zeitplan", "was", "wann", "zuletzt", "Ergebnis", "als Nächstes")
        shown = table(*(titles if german else ("schedule", "what", "when", "last", "result", "next")))
        for row in listed:
            resting = ("ruht: " if german else "paused: ") + row["reason"] if row["paused_since"] else ""
            shown.add_row(
                row["schedule"],
                f"{row['action']} {row['module']}".strip(),
                row["when"] if row["days"] == "every day" else f"{row['when']} ({_days(row['days'])})",
                _local(row["last_due_at"], app),
                escape(f"{words.get(row['result'], row['result'])} {row['message']}".strip()),
                resting.rstrip(": ") or _local(row["next_at"], app),
            )
        screen.OUT.print(shown)
    if last:
        german_titles = ("Lauf", "fällig", "begonnen", "beendet", "Ergebnis")
        runs = table(*(german_titles if german else ("run", "due", "began", "ended", "result")))
        for row in last:
            moments = (_local(row[name].isoformat(), app) for name in ("due_at", "started_at", "ended_at"))
            runs.add_row(row["name"], *moments, escape(f"{words.get(row['result'], row['result'])} {row['message']}"))
        screen.OUT.print(runs)


def _days(days: Any) -> str:
    return days if isinstance(days, str) else ", ".join(days)


def _local(moment: str | None, app: App) -> str:
    if moment is None:
        return "–"
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(app.settings.zone))
    return local.strftime("%d.%m.%Y %H:%M:%S" if app.settings.language == "de" else "%Y-%m-%d %H:%M:%S")


def _json(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@click.group()
def service() -> None:
    """`exchange run` as a service that starts with the machine."""


_name = click.option("--name", default="exchange", help="Name of the service; each installation needs its own.")
_user = click.option("--user", default="", help="Account that it runs under (default: yours; on Windows LocalService).")


@service.command("print", epilog=example("exchange service print", "exchange service print --user sage"))
@_name
@_user
@config_option
def service_print(name: str, user: str, config: Path) -> None:
    """Only show the systemd unit, or on Windows the scheduled task."""
    from exchange.service import text  # noqa: PLC0415

    click.echo(text(_place(name, user, config)), nl=False)


@service.command("install", epilog=example("exchange service install", "exchange service install --name exchange-test"))
@_name
@_user
@config_option
def service_install(name: str, user: str, config: Path) -> None:
    """Install the service and start it. Needs the rights of an administrator."""
    from exchange.service import install  # noqa: PLC0415

    click.echo(install(_place(name, user, config)))


@service.command("remove", epilog=example("exchange service remove"))
@_name
@config_option
def service_remove(name: str, config: Path) -> None:
    """Stop the service and remove it. Settings, folders and ledger stay."""
    from exchange.service import remove  # noqa: PLC0415

    click.echo(remove(_place(name, "", config)))


def _place(name: str, user: str, config: Path) -> Place:
    from exchange.service import Place  # noqa: PLC0415
    from exchange.settings import load  # noqa: PLC0415

    return Place.here(config, name, user, load(config).service.stop_seconds)
