"""`exchange init` and `exchange doctor`: a settings file that explains itself, and a look at what is not in order."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr
from sqlalchemy.exc import SQLAlchemyError

from exchange.errors import ConfigError, ExchangeError
from exchange.files import MOST_PATH_BELOW
from exchange.settings import ChannelSettings, FolderRules, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from exchange.module import Module

WIDTH = 112


def _toml(value: Any) -> str:
    """A default value as TOML."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(each)}' for key, each in value.items()) + " }" if value else "{}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wrapped(text: str) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH:
            yield line
            line = "#"
        line += " " + word
    yield line


def _table(model: type[BaseModel], path: str, given: dict[str, Any]) -> Iterator[str]:
    """The lines of one table: plain values first, then the tables below it."""
    below: list[tuple[str, type[BaseModel]]] = []
    if path:
        yield f"[{path}]"
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        if isinstance(field.default, BaseModel):
            below.append((name, type(field.default)))
            continue
        yield from _wrapped(field.description or "")
        full = f"{path}.{name}".removeprefix(".")
        if full in given:
            yield f"{name} = {_toml(given[full])}"
        else:
            yield f"# {name} = {'...' if field.default is None else _toml(field.default)}"
        yield ""
    for name, section in below:
        yield from _table(section, f"{path}.{name}".removeprefix("."), given)


def _example(model: type[BaseModel], path: str) -> Iterator[str]:
    """A table that there may be several of, as a comment: what could stand in it."""
    yield f"# [{path}]"
    for name, field in model.model_fields.items():
        yield from _wrapped(field.description or "")
        yield f"#   {name} = {'...' if field.default is None else _toml(field.default)}"
    yield ""


def settings_text(given: dict[str, Any] | None = None, modules: tuple[Module, ...] = ()) -> str:
    """A settings file with every setting, its meaning and default; `given` (dotted names) stand as values."""
    lines = [
        "# Settings of exchange. A line that begins with # is a comment; without it, the value counts.",
        "# Every value can also come from the environment: EXCHANGE_SAGE__URL sets url in the table [sage].",
        "",
        *_table(Settings, "", given or {}),
    ]
    for module in modules:
        if module.options.model_fields:
            lines.extend([f"# {module.de}", *_table(module.options, f"modules.{module.name}", given or {})])
    lines.extend([*_example(ChannelSettings, "channels.NAME"), *_example(FolderRules, "watching.folders.FOLDER")])
    text = "\n".join(lines)
    return text.replace("# modules = {}\n", "").rstrip() + "\n"


def init(folder: Path, given: dict[str, Any] | None = None) -> Path:
    """Make the settings file and the folders; the path of the file. Raises ConfigError when there is one already."""
    from exchange.registry import build  # noqa: PLC0415

    path = folder / "exchange.toml"
    if path.exists():
        message = f"{path} exists already; nothing was changed"
        raise ConfigError(message)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(settings_text(given, tuple(build().modules.values())), "utf-8")
    for name in ("inbox", "outbox", "archive", "quarantine", "profiles", "images", "attachments"):
        (folder / name).mkdir(exist_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at.

    Attributes:
        name: what.
        problem: what is wrong, or empty.
        remedy: what to do about it.
    """

    name: str
    problem: str = ""
    remedy: str = ""


#: Less free space than this on the work volume is worth a word.
LEAST_FREE_BYTES = 1024**3
#: So many things that differ in the shop are told.
SHOWN = 20


def examine(app: App) -> Iterator[Check]:
    """Look at folders, ledger, Sage, mappings and profiles."""
    yield from (_folder(app, name) for name in ("inbox", "outbox", "work", "archive", "quarantine"))
    yield _same_volume(app)
    free = shutil.disk_usage(app.settings.folder("work")).free
    yield Check(
        "free space",
        f"only {free // 1024**2} MB free" if free < LEAST_FREE_BYTES else "",
        "make room; with a full disk, files stay in the inbox",
    )
    yield _ledger(app)
    yield from _sage(app)
    yield from _shop(app)
    yield _profiles(app)
    yield from _channels(app)


def _folder(app: App, name: str) -> Check:
    """Whether files can be written there, and with names as long as they may get (fault catalogue W8)."""
    folder = app.settings.folder(name)
    remedies = {
        ".doctor-": "give the service account the right to write there",
        ".doctor-".ljust(
            MOST_PATH_BELOW - 8, "-"
        ): "choose a folder with a shorter path, or let Windows take long ones (LongPathsEnabled in its registry)",
    }
    for prefix, remedy in remedies.items():
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=prefix):
                pass
        except OSError as error:
            return Check(f"folder {name}", f"{folder}: {error.strerror}", remedy)
    return Check(f"folder {name} ({folder})")


def _same_volume(app: App) -> Check:
    inbox, work = app.settings.folder("inbox"), app.settings.folder("work")
    apart = inbox.stat().st_dev != work.stat().st_dev
    return Check(
        "inbox and work on one volume",
        "they are on different volumes" if apart else "",
        "put folders.work beside the inbox: then a claim is one rename",
    )


def _ledger(app: App) -> Check:
    try:
        waiting = len(app.ledger.open_batches())
    except SQLAlchemyError as error:
        return Check("ledger", type(error).__name__, "check ledger.url and the rights of the file or user")
    return Check(f"ledger ({app.ledger.engine.dialect.name}, {waiting} open)")


def _sage(app: App) -> Iterator[Check]:
    sage = app.settings.sage
    if sage.url is None:
        way = f"Sage by files ({sage.way})"
        problem = "way needs sage.url" if sage.way != "files" else ""
        yield Check(way, problem, 'set sage.url, or sage.way = "files"')
        return
    try:
        missing = app.systems.sage.check()
    except (SQLAlchemyError, ExchangeError) as error:
        reason = str(error) if isinstance(error, ExchangeError) else type(error).__name__
        yield Check("Sage database", reason, "check sage.url, the network and the rights of the user")
        return
    yield Check(
        "Sage database",
        f"missing: {', '.join(missing)}" if missing else "",
        "this Sage version lacks these; without them the modules that need them cannot run",
    )
    if not missing:
        named = "; ".join(app.systems.sage.dangling())
        yield Check("Sage: what the settings name", named, "create these in Sage, or correct exchange.toml")


def _shop(app: App) -> Iterator[Check]:
    """The shop's API, where it is used, and what people changed in the shop."""
    if app.settings.shop.way != "api":
        return
    try:
        differing = app.audit()
    except ExchangeError as error:
        yield Check("shop", str(error), "check shop.url, shop.key, shop.secret and the network")
        return
    yield Check("shop")
    for each in differing[:SHOWN]:
        yield Check(f"shop: {each.code}", each.message(app.settings.language), each.remedy(app.settings.language))
    if len(differing) > SHOWN:
        rest = f"{len(differing) - SHOWN} more of {len(differing)}"
        yield Check("shop: what differs", rest, "mend the first ones and look again")


def _profiles(app: App) -> Check:
    sage = app.settings.sage
    wanted = {sage.orders.file_profile, sage.customers.file_profile, sage.documents.file_profile}
    unknown = sorted(wanted - set(app.registry.profiles))
    return Check(
        f"profiles ({len(app.registry.profiles)})",
        f"unknown: {', '.join(unknown)}" if unknown else "",
        "correct file_profile in the settings, or put the profile into the folder profiles",
    )


def _channels(app: App) -> Iterator[Check]:
    from exchange.channels.service import examine as examine_channel  # noqa: PLC0415 - paramiko is slow to load

    for name, settings in app.settings.channels.items():
        if settings.active:
            finding = examine_channel(name, app.settings, app.registry)
            language = app.settings.language
            problem, remedy = (finding.message(language), finding.remedy(language)) if finding else ("", "")
            yield Check(f"channel {name} ({settings.type})", problem, remedy)
