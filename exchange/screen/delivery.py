"""The shop: what was delivered, what a delivery would cost, in which state parts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from exchange.screen.console import OUT
from exchange.screen.outcomes import findings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exchange.connectors.lightspeed.state import PartState
    from exchange.finding import Language
    from exchange.shop import Delivered, Plan


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
