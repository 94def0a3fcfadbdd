"""The installation: its modules, its channels, what doctor saw."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from exchange.screen.console import OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exchange.finding import Language
    from exchange.setup import Check


_CHANNELS = {
    "ok": ("in Ordnung", "ok", "green"),
    "waiting": ("nicht nutzbar, wird versucht", "cannot be used, is tried", "red"),
    "new": ("noch nie benutzt", "never used yet", "yellow"),
    "off": ("abgeschaltet", "switched off", "dim"),
}


def channels(states: Sequence[Mapping[str, Any]], language: Language) -> None:
    """Each channel: how it stands, when it could be used last, what is wrong; nothing where there are none."""
    if not states:
        return
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    for title in ("Kanal", "Stand", "letzter Kontakt", "was nicht stimmt") if german else (
        "channel", "state", "last contact", "what is wrong"
    ):  # fmt: skip
        table.add_column(title, overflow="fold")
    for each in states:
        *stands, colour = _CHANNELS[each["state"]]
        at = each["last_good_at"] and datetime.fromisoformat(each["last_good_at"]).astimezone()
        contact = f"{at:{'%d.%m. %H:%M:%S' if german else '%Y-%m-%d %H:%M:%S'}}" if at else "–"
        wrong = "\n".join(f"{one['message'][language]} ({one['code']})" for one in each["findings"])
        table.add_row(escape(each["channel"]), f"[{colour}]{stands[not german]}[/]", contact, escape(wrong))
    OUT.print(table)


def checks(done: Sequence[Check], language: Language) -> None:
    """What doctor saw."""
    for each in done:
        if each.problem:
            OUT.print(f"[red]✗[/] {escape(each.name)}: {escape(each.problem)}")
            OUT.print(f"    → {escape(each.remedy)}")
        else:
            OUT.print(f"[green]✓[/] {escape(each.name)}")
    bad = sum(bool(each.problem) for each in done)
    if language == "de":
        OUT.print("alles in Ordnung" if not bad else f"{bad} Punkt(e) zu beheben")
    else:
        OUT.print("everything in order" if not bad else f"{bad} thing(s) to mend")


def modules(rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """All modules: what they are called, where they go, what they need (in red: what is not set), on or off."""
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    titles = (
        ("Modul", "Name", "Richtung", "Braucht", "An") if german else ("Module", "Name", "Direction", "Needs", "On")
    )
    for title in titles:
        table.add_column(title)
    for row in rows:
        wanted = ", ".join(f"[red]{name}[/]" if name in row["lacks"] else name for name in row["needs"])
        on = (
            ("[green]ja[/]" if german else "[green]yes[/]")
            if row["enabled"]
            else ("[dim]nein[/]" if german else "[dim]no[/]")
        )
        name = row["german"] if german else row["english"]
        table.add_row(f"[bold]{row['module']}[/]", name, row["direction"], wanted or "–", on)
    OUT.print(table)
