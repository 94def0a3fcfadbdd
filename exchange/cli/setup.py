"""Setting up and trying out: init, doctor, template, schema, demo, sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from exchange.cli.common import EXIT_OK, config_option, example, json_option, opened
from exchange.errors import ConfigError


@click.command(epilog=example("exchange init", "exchange init C:\\exchange"))
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Write exchange.toml (every setting explained) and the folders."""
    from exchange.setup import init as make  # noqa: PLC0415

    click.echo(f"{make(folder)} geschrieben. Weiter: anpassen, dann `exchange doctor`.")


@click.command(epilog=example("exchange doctor", "exchange doctor --json"))
@config_option
@json_option
def doctor(config: Path, *, as_json: bool) -> None:
    """Look whether folders, ledger, Sage and mappings are in order, and name what is not."""
    from exchange import screen  # noqa: PLC0415
    from exchange.setup import examine  # noqa: PLC0415

    with opened(config) as app:
        done = list(examine(app))
        if as_json:
            screen.as_json(
                [
                    {"check": each.name, "ok": not each.problem, "problem": each.problem, "remedy": each.remedy}
                    for each in done
                ]
            )
        else:
            screen.checks(done, app.settings.language)
    sys.exit(78 if any(each.problem for each in done) else EXIT_OK)


@click.command(
    epilog=example("exchange template customer_import", "exchange template customer_import -o kunden.xlsx --lang en")
)
@click.argument("module")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write (default: MODULE.xlsx).")
@click.option("--lang", type=click.Choice(["de", "en"]), default="de", help="Language of titles and notes.")
@config_option
def template(module: str, output: Path | None, lang: str, config: Path) -> None:
    """Write the Excel template of a module."""
    from exchange.registry import build  # noqa: PLC0415
    from exchange.template import write_template  # noqa: PLC0415

    lists: dict[str, list[tuple[str, str]]] = {}
    if Path(config).exists():  # with an installation at hand, the code lists of its Sage become drop-downs
        with opened(config) as app:
            declared = app.registry.module(module)
            lists = app.code_lists()
    else:
        declared = build().module(module)
    path = output or Path(f"{declared.name}.xlsx")
    with path.open("wb") as out:
        write_template(declared, out, "de" if lang == "de" else "en", lists)
    click.echo(str(path))


@click.command(epilog=example("exchange schema order_import", "exchange schema products --format csv"))
@click.argument("module")
@click.option(
    "--format",
    "form",
    type=click.Choice(["xsd", "json", "csv", "txt", "md"]),
    default="xsd",
    help="md: the reference page.",
)
def schema(module: str, form: str) -> None:
    """Print the published schema of a module's files, or its reference page."""
    from exchange.reference import pages  # noqa: PLC0415
    from exchange.registry import build  # noqa: PLC0415
    from exchange.schemas import published  # noqa: PLC0415

    registry = build()
    declared = registry.module(module)
    click.echo(pages(registry)[declared.name] if form == "md" else published(declared, form), nl=False)


@click.command(epilog=example("exchange demo", "exchange demo --day", "exchange demo C:\\demo"))
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--day", "whole_day", is_flag=True, help="A whole day with all modules, and the same day again.")
def demo(folder: Path | None, *, whole_day: bool) -> None:
    """Sandbox Sage and sandbox orders, the main job once, and a summary that can be read."""
    from exchange.day import day  # noqa: PLC0415
    from exchange.demo import demo as play  # noqa: PLC0415

    if whole_day:
        sys.exit(EXIT_OK if day(folder) else 70)
    play(folder)


@click.group()
def sandbox() -> None:
    """Stand-ins to try things out."""


@sandbox.command("sage", epilog=example("exchange sandbox sage sage.sqlite"))
@click.argument("file", type=click.Path(path_type=Path))
def sandbox_sage(file: Path) -> None:
    """Make a stand-in Sage database (same KHK tables) with invented data."""
    from exchange.sandbox.sage import create  # noqa: PLC0415

    try:
        create(file)
    except FileExistsError as error:
        message = f"{file} exists already; nothing was changed"
        raise ConfigError(message) from error
    click.echo(str(file))


@sandbox.command(
    "shop", epilog=example("exchange sandbox shop shop.sqlite", "exchange sandbox shop s.sqlite --port 9000")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=int, default=8765, help="Port to listen on.")
def sandbox_shop(file: Path, host: str, port: int) -> None:
    """Serve a stand-in shop: the same API, a small shop front; what it holds is kept in the file."""
    from exchange.sandbox.shop import run  # noqa: PLC0415

    running = run(file, host, port)
    click.echo(f'[shop]\nway = "api"\nurl = "{running.url}"\nkey = "{running.key}"\nsecret = "{running.secret}"')
    try:
        running.wait()
    except KeyboardInterrupt:
        running.close()
