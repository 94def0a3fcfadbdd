"""What people see on the terminal: tables, colours, progress; plain and quiet in a pipe, json where a program asks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from exchange.ledger import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.app import App
    from exchange.connectors.lightspeed.state import PartState
    from exchange.finding import Finding, Language
    from exchange.ledger import Batch, Trace
    from exchange.pipeline.preview import Foretold
    from exchange.setup import Check
    from exchange.shop import Delivered, Plan

#: Columns of a table in a pipe, where there is no terminal to ask.
PIPE_COLUMNS = 150

OUT = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
ERR = Console(stderr=True, highlight=False)

_STATES = {
    "de": {
        "done": "fertig",
        "quarantined": "Quarantäne",
        "claimed": "wartet",
        "applied": "fast fertig",
        "refused": "abgelehnt",
    },
    "en": {
        "done": "done",
        "quarantined": "quarantined",
        "claimed": "waiting",
        "applied": "nearly done",
        "refused": "refused",
    },
}
_COLOURS = {State.DONE: "green", State.QUARANTINED: "red"}
_TITLES = {
    "de": ("Zeit", "Datei", "Modul", "Stand", "gelesen", "neu", "geändert", "gleich", "abgelehnt", "vorgelegt"),
    "en": ("time", "file", "module", "state", "read", "new", "changed", "same", "rejected", "held"),
}
#: So many batches of one command are shown one by one; of more, those with something to say, and a sum of the others.
MOST_ROWS = 40


def as_json(value: Any) -> None:
    """Write a report for a program."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS  # a database's column names are no plain texts
    sys.stdout.write(orjson.dumps(value, option=option, default=str).decode() + "\n")


def batch_json(batch: Batch) -> dict[str, Any]:
    """A batch as reports show it."""
    counts = batch.counts
    return {
        "batch": batch.uid,
        "state": batch.state.value,
        "origin": batch.origin.value,
        "module": batch.module,
        "profile": batch.profile,
        "target": batch.target,
        "file": batch.file_name,
        "sha256": batch.content_hash,
        "received_at": batch.received_at.isoformat(),
        "finished_at": batch.finished_at.isoformat() if batch.finished_at else None,
        "duplicate_of": batch.duplicate_of or None,
        "replay_of": batch.replay_of or None,
        "kept_at": batch.kept_at,
        "counts": {name: getattr(counts, name) for name in counts.__slots__},
        "balanced": counts.balanced,
    }


def _state(batch: Batch, language: Language) -> str:
    """How a batch ended, in its colour."""
    counts = batch.counts
    state = _STATES[language][batch.state]
    if batch.duplicate_of:
        state = "Dublette" if language == "de" else "duplicate"
    colour = "yellow" if counts.rejected or counts.held or batch.duplicate_of else _COLOURS.get(batch.state, "cyan")
    if batch.state is State.QUARANTINED:
        colour = "red"
    return f"[{colour}]{state}[/]"


def _numbers(batch: Batch) -> tuple[int, ...]:
    """Of the columns from "read" on."""
    counts = batch.counts
    return (counts.rows_in, counts.created, counts.updated, counts.unchanged, counts.rejected, counts.held)


def batches(rows: Sequence[Batch], language: Language) -> None:
    """A table of batches."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for index, title in enumerate(_TITLES[language]):
        table.add_column(title, justify="left" if index < 4 else "right", overflow="fold")  # noqa: PLR2004 - texts first
    for batch in rows:
        table.add_row(
            batch.received_at.astimezone().strftime("%d.%m. %H:%M:%S" if language == "de" else "%Y-%m-%d %H:%M:%S"),
            escape(batch.file_name),
            batch.module or "?",
            _state(batch, language),
            *(str(number) if number else "·" for number in _numbers(batch)),
        )
    OUT.print(table)


def line(batch: Batch, found: Sequence[Finding], language: Language) -> None:
    """One batch of a service that goes on: a line, and what was found in it."""
    numbers = zip(_numbers(batch), _TITLES[language][4:], strict=True)
    told = ", ".join(f"{number} {title}" for number, title in numbers if number)
    time = batch.received_at.astimezone().strftime("%H:%M:%S")
    module = batch.module or "?"
    OUT.print(f"{time}  {escape(batch.file_name)}  [dim]{module}[/]  {_state(batch, language)}  {told}", soft_wrap=True)
    findings(found, language)


def ended(rows: Sequence[tuple[Batch, Sequence[Finding]]], language: Language) -> None:
    """What became of all batches of a command: those that went well in one table, then each with something to say."""
    smooth = [batch for batch, found in rows if not found and not batch.duplicate_of]
    if len(smooth) > MOST_ROWS:
        _sums(smooth, language)
    elif smooth:
        batches(smooth, language)
    for each, found in rows:
        if found or each.duplicate_of:
            batch(each, found, language)


def _sums(rows: Sequence[Batch], language: Language) -> None:
    """A line for each module and state, with the sums of its batches."""
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("Dateien" if german else "files", justify="right")
    for index, title in enumerate(_TITLES[language][2:]):
        table.add_column(title, justify="left" if index < 2 else "right", overflow="fold")  # noqa: PLR2004 - texts first
    groups: dict[tuple[str, str], list[Batch]] = {}
    for each in rows:
        groups.setdefault((each.module or "?", _state(each, language)), []).append(each)
    for (module, state), some in groups.items():
        sums = (sum(column) for column in zip(*map(_numbers, some), strict=True))
        table.add_row(str(len(some)), module, state, *(str(number) if number else "·" for number in sums))
    OUT.print(table)
    OUT.print("  [dim]Einzeln: exchange log[/]" if german else "  [dim]One by one: exchange log[/]")


def findings(found: Sequence[Finding], language: Language, most: int = 20) -> None:
    """Findings with place and remedy."""
    for each in found[:most]:
        colour = "yellow" if each.severity != "error" else "red"
        place = " ".join(part for part in (str(each.at), each.key) if part)
        OUT.print(f"  [{colour}]●[/] {escape(f'{place}: ' if place else '')}{escape(each.message(language))}")
        OUT.print(f"    → {escape(each.remedy(language))} [dim]({each.code})[/]")
    if len(found) > most:
        rest = len(found) - most
        OUT.print(f"    … und {rest} weitere" if language == "de" else f"    … and {rest} more")


def batch(result: Batch, found: Sequence[Finding], language: Language) -> None:
    """One batch with what was found in it."""
    batches([result], language)
    if result.duplicate_of:
        same = "Dieser Inhalt wurde schon übernommen" if language == "de" else "This content was taken over before"
        OUT.print(f"  {same}: {result.duplicate_of}")
    findings(found, language)


def life(traces: Sequence[Trace], language: Language) -> None:
    """What happened to one business key."""
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    for title in ("Zeit", "was", "Modul", "dort", "Datei", "Zeile", "Lauf") if german else (
        "time", "what", "module", "there", "file", "line", "batch"
    ):  # fmt: skip
        table.add_column(title, overflow="fold")
    for trace in traces:
        table.add_row(
            trace.received_at.astimezone().strftime("%d.%m.%Y %H:%M:%S"),
            trace.outcome + (f" ({', '.join(trace.codes)})" if trace.codes else ""),
            trace.module,
            trace.foreign_id,
            escape(trace.file_name),
            str(trace.line or ""),
            trace.batch,
        )
    OUT.print(table)


_WOULD = {
    "created": ("neu", "new", "green"),
    "updated": ("ändern", "change", "yellow"),
    "unchanged": ("gleich", "same", "dim"),
}


def foretold(records: Sequence[Foretold], language: Language, most: int = 50) -> None:
    """What would become of each record, field by field; nothing where that cannot be told."""
    if not any(each.fields for each in records):
        return
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    for title in ("Stelle", "was", "Schlüssel", "dort", "Feld", "bisher", "künftig") if german else (
        "place", "what", "key", "there", "field", "now", "then"
    ):  # fmt: skip
        table.add_column(title, overflow="fold")
    for each in records[:most]:
        colour = _WOULD[each.outcome][2]
        what = f"[{colour}]{_WOULD[each.outcome][0 if german else 1]}[/]"
        head = (f"#{each.line}", what, escape(each.key), escape(each.foreign_id))
        rows = [(one.de if german else one.en, one.old or "–", one.new or "–") for one in each.fields]
        for index, row in enumerate(rows or [("", "", "")]):
            table.add_row(*(head if index == 0 else ("", "", "", "")), *map(escape, row))
    OUT.print(table)
    if len(records) > most:
        rest = len(records) - most
        OUT.print(
            f"    … und {rest} weitere (--json zeigt alle)" if german else f"    … and {rest} more (--json has all)"
        )


_DONE = {
    "written": ("in Importdateien geschrieben", "written into import files"),
    "created": ("neu angelegt", "created"),
    "adopted": ("im Shop gefunden", "found in the shop"),
    "changed": ("geändert", "changed"),
    "replaced": ("ersetzt", "replaced"),
    "removed": ("entfernt oder ausgeblendet", "removed or hidden"),
    "refused": ("vom Shop abgelehnt", "refused by the shop"),
    "lost": ("verloren, wird wiederholt", "lost, to be repeated"),
    "doubtful": ("ungewiss, wird nachgesehen", "doubtful, to be looked up"),
}
_ENDS = {
    "budget": ("das Aufrufkontingent des Shops ist verbraucht", "the shop's calls are spent"),
    "unreachable": ("der Shop ist nicht erreichbar", "the shop cannot be reached"),
    "stopped": ("angehalten", "stopped"),
}
_ACTIONS = {
    "read": "lesen",
    "create": "anlegen",
    "change": "ändern",
    "translate": "übersetzen",
    "replace": "ersetzen",
    "remove": "entfernen",
    "write": "in Importdatei schreiben nach",
    "leave": "liegen lassen (passt in keine Importdatei)",
}


def delivered(result: Delivered, language: Language) -> None:
    """What came into the shop."""
    place = 0 if language == "de" else 1
    numbers = [f"{result.done[name]} {texts[place]}" for name, texts in _DONE.items() if result.done.get(name)]
    numbers.append(f"{result.waiting} {('warten noch', 'still wait')[place]}")
    numbers.append(f"{result.refused} {('insgesamt abgelehnt', 'refused in all')[place]}")
    OUT.print(f"Shop: {', '.join(numbers)}; {result.calls} {('Aufrufe', 'calls')[place]}")
    if result.ended in _ENDS:
        OUT.print(f"  [yellow]{_ENDS[result.ended][place]}[/]: {escape(result.reason)}")
    if result.next_at is not None:
        OUT.print(f"  {('weiter ab', 'goes on at')[place]} {result.next_at.astimezone():%d.%m.%Y %H:%M:%S}")


def plan_json(found: Plan) -> dict[str, Any]:
    """A plan as reports show it."""
    return {
        "parts": found.parts,
        "calls": found.calls,
        "seconds": found.seconds,
        "window": found.window,
        "days": list(found.days),
        "steps": [step._asdict() for step in found.steps],
    }


def plan(found: Plan, language: Language) -> None:
    """What a delivery would do: parts, calls, time."""
    german = language == "de"
    table = Table(header_style="bold", box=None, pad_edge=False)
    for title in ("was", "wie", "Anzahl", "Aufrufe") if german else ("what", "how", "number", "calls"):
        table.add_column(title, justify="right" if title in ("Anzahl", "Aufrufe", "number", "calls") else "left")
    for step in found.steps:
        action = _ACTIONS.get(step.action, step.action) if german else step.action
        table.add_row(step.resource, f"{action} {step.where}".strip(), f"{step.parts:,}", f"{step.calls:,}")
    OUT.print(table)
    hours, minutes = divmod(round(found.seconds / 60), 60)
    OUT.print(
        f"{found.calls} Aufrufe, etwa {hours} h {minutes:02} min"
        if german
        else f"{found.calls} calls, about {hours} h {minutes:02} min"
    )
    if found.window:
        OUT.print(f"  {'es bremst' if german else 'held up by'}: {found.window}")
    if len(found.days) > 1:
        OUT.print(f"  {'je Tag' if german else 'per day'}: {', '.join(map(str, found.days))}")


_STANDS = {
    "in_shop": ("im Shop", "in the shop"),
    "waiting": ("wartet", "waits"),
    "refused": ("abgelehnt", "refused"),
    "gone": ("nicht mehr gewünscht", "no longer wanted"),
}


def shop(numbers: Mapping[str, int], troubled: Sequence[PartState], language: Language) -> None:
    """How many parts are in the shop, wait or were refused, and why; nothing where there are none."""
    if not numbers:
        return
    place = 0 if language == "de" else 1
    stands = (f"{numbers[name]} {texts[place]}" for name, texts in _STANDS.items() if numbers.get(name))
    OUT.print(f"Shop: {', '.join(stands)}")
    findings([each.finding for each in troubled if each.finding is not None], language)


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


def parts(states: Sequence[PartState], language: Language) -> None:
    """In which state the parts of an article are in the shop."""
    german = ("Shop", "Schlüssel", "Sprache", "Id", "Stand")
    table = Table(header_style="bold", box=None, pad_edge=False)
    for title in german if language == "de" else ("shop", "key", "language", "id", "state"):
        table.add_column(title, overflow="fold")
    for each in states:
        stands = _STANDS[each.state][0 if language == "de" else 1]
        table.add_row(each.resource, escape(each.key), each.language, each.shop_id, stands)
    OUT.print(table)
    findings([each.finding for each in states if each.finding is not None], language)


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


@contextmanager
def progress(app: App, what: str) -> Iterator[None]:
    """A line with the number of records done, on a terminal only."""
    if not ERR.is_terminal:
        yield
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(what, total=None)
        app.progress = lambda number: bar.update(task, completed=number)
        try:
            yield
        finally:
            app.progress = lambda _number: None


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
