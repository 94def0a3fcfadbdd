"""What became of files: tables of batches, their findings, the life of a record, what would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from exchange.ledger import State
from exchange.screen.console import OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.finding import Finding, Language
    from exchange.ledger import Batch, Trace
    from exchange.pipeline.preview import Foretold


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
