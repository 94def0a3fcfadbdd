"""The reference page of a module, out of the declaration that everything else is made of.

`docs/modules/` holds the pages in German and English side by side; a test compares them with what this writes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from exchange.module import Side
from exchange.record import Field, Kind, Schema
from exchange.registry import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from exchange.module import Module
    from exchange.registry import Registry

_KINDS = {
    Kind.TEXT: "Text",
    Kind.NUMBER: "Zahl / number",
    Kind.WHOLE: "Ganzzahl / whole number",
    Kind.FLAG: "ja/nein / yes/no",
    Kind.DATE: "Datum / date",
    Kind.MOMENT: "Zeitpunkt / point in time",
}


def page(module: Module, profiles: Sequence[str]) -> str:
    """Markdown: what the module does and needs, its fields, its findings, its settings, its profiles."""
    lines = [
        f"# {module.de} / {module.en}",
        "",
        f"`{module.name}` · {direction(module)}",
        "",
        module.summary_de,
        "",
        f"*{module.summary_en}*",
        "",
        f"**Braucht / needs:** {', '.join(f'`{name}`' for name in needs(module)) or '–'}",
        "",
        *_fields(module.schema),
        *_findings(module),
        *_settings(module),
        "## Profile / profiles",
        "",
        ", ".join(f"`{name}`" for name in profiles),
    ]
    return "\n".join(lines) + "\n"


def pages(registry: Registry) -> dict[str, str]:
    """The page of every module, by its name."""
    return {
        module.name: page(module, [name for name, each in registry.profiles.items() if each.module == module.name])
        for module in registry.modules.values()
    }


def write(folder: Path) -> None:
    """Write all pages anew: `NAME.md`, and nothing else stays in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for name, content in pages(build()).items():
        (folder / f"{name}.md").write_text(content, "utf-8", newline="\n")


def direction(module: Module) -> str:
    """Where it comes from and goes to."""
    if module.lands is Side.MAIL:
        return "Sage → E-Mail"
    if module.lands is Side.SHOP:
        return "Sage → Shop" if module.collect else "Datei / file → Shop"
    return "Shop → Sage" if module.pull else "Datei / file → Sage"


def needs(module: Module) -> list[str]:
    """The settings without which it moves nothing by itself; files can always be dropped."""
    wanted = []
    if module.collect is not None:
        wanted.append("sage.url")
    if module.parts is not None or module.pull:
        wanted.append("shop.way")
    if module.lands is Side.MAIL:
        wanted.append("mail.host")
    return wanted


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|" + " --- |" * len(titles)
    for row in rows:
        yield f"| {' | '.join(_cell(each) for each in row)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def _fields(schema: Schema) -> Iterator[str]:
    yield from ("## Felder / fields", "", "Pflichtfelder sind **fett**. / Required fields are **bold**.", "")
    titles = ("Feld / field", "Spalte", "column", "Art / kind", "Beispiel / example", "Werte, Hinweis / values, note")
    yield from _table(titles, map(_field, schema.fields))
    for group in schema.groups:
        must = ", mindestens eine / at least one" if group.required else ""
        yield from (f"### {group.de} / {group.en} (`{group.name}`{must})", "")
        yield from _table(titles, map(_field, group.schema.fields))


def _field(field: Field) -> tuple[str, ...]:
    name = f"**`{field.name}`**" if field.required else f"`{field.name}`"
    size = f", {field.length}" if field.length else ""
    places = f",{field.places}" if field.kind is Kind.NUMBER else ""
    codes = "; ".join(f"`{each.code}` {each.de} / {each.en}" for each in field.codes)
    note = " / ".join(each for each in (field.note_de, field.note_en) if each)
    example = f"`{field.example}`" if field.example else ""
    return name, field.de, field.en, _KINDS[field.kind] + size + places, example, "; ".join(filter(None, (codes, note)))


def _findings(module: Module) -> Iterator[str]:
    kinds = [each for rule in module.rules for each in rule.kinds] + [each.kind for each in module.references]
    if not kinds:
        return
    yield from ("## Befunde / findings", "")
    rows = ((f"`{each.code}`", each.severity.value, each.remedy_de, each.remedy_en) for each in dict.fromkeys(kinds))
    yield from _table(("Code", "Schwere / severity", "Abhilfe", "Remedy"), rows)


def _settings(module: Module) -> Iterator[str]:
    yield from (f"## Einstellungen / settings `[modules.{module.name}]`", "")
    rows = ((f"`{name}`", _default(each), each.description or "") for name, each in module.options.model_fields.items())
    yield from _table(("Name", "Vorgabe / default", "Bedeutung / meaning"), rows)


def _default(field: Any) -> str:
    if field.is_required():
        return ""
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"
    return f"`{value}`"
