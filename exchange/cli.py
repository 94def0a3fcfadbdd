"""The command line. Every command is a thin shell around `exchange.app`.

Exit codes: 0 done, 1 findings rejected something, 2 usage, 65 file quarantined, 70 internal, 75 try later, 78
configuration.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exchange import __version__
from exchange.errors import BatchError, ConfigError, ExchangeError, FatalError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from exchange.app import App
    from exchange.ledger import Batch

EXIT_OK, EXIT_FINDINGS, EXIT_QUARANTINED = 0, 1, 65

_config = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("EXCHANGE_CONFIG", "exchange.toml"),
    help="Settings file (default: ./exchange.toml).",
)
_json = click.option("--json", "as_json", is_flag=True, help="Report as json.")


def _example(*lines: str) -> str:
    """The end of a help text: examples, left as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class _Group(click.Group):
    """Turns our exceptions into their exit codes, and never shows a stack to a merchant."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BatchError as error:
            from exchange import screen  # noqa: PLC0415

            screen.findings(error.findings, "de")
            ctx.exit(error.exit_code)
        except ExchangeError as error:
            click.echo(f"exchange: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # the last resort; with -v the log tells where
            logging.getLogger(__name__).info("internal error", exc_info=error)
            click.echo(f"exchange: interner Fehler / internal error: {type(error).__name__}: {error}", err=True)
            ctx.exit(FatalError.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="exchange")
@click.option("-v", "--verbose", is_flag=True, help="More of the log on the screen.")
def cli(*, verbose: bool) -> None:
    """Exchange of files between Sage 100 (Office Line) and a Lightspeed eCom shop.

    Begin with `exchange demo`, then `exchange init` in a folder of your own.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )


@contextlib.contextmanager
def _opened(config: Path) -> Iterator[App]:
    from exchange.app import App  # noqa: PLC0415 - `--help` must answer at once
    from exchange.settings import load  # noqa: PLC0415

    with App(load(Path(config))) as app:
        yield app


def _report(app: App, batches: Iterable[Batch], *, as_json: bool) -> int:
    """Show how batches ended; the exit code."""
    from exchange import screen  # noqa: PLC0415
    from exchange.ledger import State  # noqa: PLC0415

    code = EXIT_OK
    shown = []
    for batch in batches:
        found = app.ledger.findings(batch, limit=1_000)
        if as_json:
            shown.append(screen.batch_json(batch) | {"findings": [each.as_json() for each in found]})
        else:
            screen.batch(batch, found, app.settings.language)
        if batch.state is State.QUARANTINED:
            code = EXIT_QUARANTINED
        elif (batch.counts.rejected or batch.counts.held) and code == EXIT_OK:
            code = EXIT_FINDINGS
    if as_json:
        screen.as_json(shown)
    return code


@cli.command(epilog=_example("exchange init", "exchange init C:\\exchange"))
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Write exchange.toml (every setting explained) and the folders."""
    from exchange.setup import init as make  # noqa: PLC0415

    click.echo(f"{make(folder)} geschrieben. Weiter: anpassen, dann `exchange doctor`.")


@cli.command(epilog=_example("exchange demo", "exchange demo C:\\demo"))
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def demo(folder: Path | None) -> None:
    """Sandbox Sage and sandbox orders, the main job once, and a summary that can be read."""
    from exchange.demo import demo as play  # noqa: PLC0415

    play(folder)


@cli.command(epilog=_example("exchange run", "exchange run --once"))
@click.option("--once", is_flag=True, help="Handle everything that is due, then end.")
@_config
@_json
def run(config: Path, *, once: bool, as_json: bool) -> None:
    """The service: watch the inbox and process what comes. Ctrl-C ends it cleanly."""
    from exchange import screen  # noqa: PLC0415
    from exchange.worker import Worker  # noqa: PLC0415

    ended: list[Batch] = []
    with _opened(config) as app:

        def show(batch: Batch) -> None:
            if once:
                ended.append(batch)
            elif as_json:
                screen.as_json(screen.batch_json(batch))
            else:
                screen.batch(batch, app.ledger.findings(batch, limit=20), app.settings.language)

        worker = Worker(app, show)
        worker.stop_on_signals()
        if not once:
            click.echo(f"{app.settings.folder('inbox')} wird überwacht; Strg-C beendet.", err=True)
            worker.run()
            return
        with screen.progress(app, "exchange"):
            worker.once()
        code = _report(app, ended, as_json=as_json)
        if code == EXIT_OK and (worker.inbox.waiting or app.ledger.open_batches()):
            code = TransientError.exit_code
    sys.exit(code)


@cli.command("import", epilog=_example("exchange import orders.json", "exchange import kunden.xlsx --dry-run"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--module", default="", help="Module, where the content does not tell.")
@click.option("--profile", default="", help="Profile, where the content does not tell.")
@click.option("--dry-run", is_flag=True, help="Only check and say what would happen.")
@click.option("--again", is_flag=True, help="Also when the same content was imported before.")
@_config
@_json
def import_(file: Path, module: str, profile: str, config: Path, *, dry_run: bool, again: bool, as_json: bool) -> None:
    """Import one file by hand. The file stays where it is."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app, screen.progress(app, file.name):
        if dry_run:
            code = _dry_run(app, file, module, profile, as_json=as_json)
        else:
            code = _report(app, [app.import_file(file, module, profile, forced=again)], as_json=as_json)
    sys.exit(code)


def _dry_run(app: App, file: Path, module: str, profile: str, *, as_json: bool) -> int:
    from exchange import screen  # noqa: PLC0415

    try:
        job = app.dry_run(file, module, profile)
    except BatchError as error:
        if as_json:
            screen.as_json({"dry_run": True, "findings": [each.as_json() for each in error.findings]})
        else:
            screen.findings(error.findings, app.settings.language)
        return error.exit_code
    counts = job.report.counts()
    if as_json:
        counted = {name: getattr(counts, name) for name in counts.__slots__}
        listed = [each.as_json() for each in job.report.findings]
        screen.as_json(
            {
                "dry_run": True,
                "module": job.module.name,
                "profile": job.profile.name,
                "counts": counted,
                "findings": listed,
            }
        )
    else:
        german = app.settings.language == "de"
        click.echo(f"{job.module.de if german else job.module.en} ({job.profile.name})")
        click.echo(
            f"Probelauf: {counts.rows_in} gelesen, {counts.created} neu, {counts.updated} geändert, "
            f"{counts.unchanged} unverändert, {counts.rejected} abgelehnt, {counts.held} vorgelegt. "
            "Nichts wurde übernommen."
            if german
            else f"Dry run: {counts.rows_in} read, {counts.created} new, {counts.updated} changed, {counts.unchanged} "
            f"unchanged, {counts.rejected} rejected, {counts.held} held. Nothing was applied."
        )
        screen.findings(job.report.findings, app.settings.language)
    return EXIT_FINDINGS if counts.rejected or counts.held else EXIT_OK


def _exported(app: App, module: str, formats: Iterable[str], profile: str, *, full: bool) -> Iterator[Batch]:
    if profile:
        yield app.export(module, profile, full=full)
        return
    name = app.registry.module(module).name
    for each in formats or app.settings.export_formats:
        yield app.export(name, f"{name}_{each}", full=full)


@cli.command(epilog=_example("exchange export products", "exchange export stock --format csv --full"))
@click.argument("module")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["xml", "csv", "txt", "json"]),
    help="File type; may be repeated.",
)
@click.option("--profile", default="", help="Partner's form instead of our own.")
@click.option("--full", is_flag=True, help="Everything, not only what changed since the last time.")
@_config
@_json
def export(module: str, formats: tuple[str, ...], profile: str, config: Path, *, full: bool, as_json: bool) -> None:
    """Read a module's records out of Sage and write them into the outbox."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app, screen.progress(app, module):
        code = _report(app, list(_exported(app, module, formats, profile, full=full)), as_json=as_json)
    sys.exit(code)


@cli.command(epilog=_example("exchange sync stock", "exchange sync products --dry-run"))
@click.argument("module")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@_config
@_json
def sync(module: str, config: Path, *, dry_run: bool, as_json: bool) -> None:
    """Bring a module from its source to its target now."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app, screen.progress(app, module):
        if dry_run:
            spool = app.collect(app.registry.module(module))
            try:
                code = _dry_run(app, spool, module, "", as_json=as_json)
            finally:
                spool.unlink()
        else:
            code = _report(app, list(_exported(app, module, (), "", full=False)), as_json=as_json)
    sys.exit(code)


@cli.command(
    epilog=_example("exchange template customer_import", "exchange template customer_import -o kunden.xlsx --lang en")
)
@click.argument("module")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write (default: MODULE.xlsx).")
@click.option("--lang", type=click.Choice(["de", "en"]), default="de", help="Language of titles and notes.")
@_config
def template(module: str, output: Path | None, lang: str, config: Path) -> None:
    """Write the Excel template of a module."""
    from exchange.registry import build  # noqa: PLC0415
    from exchange.template import write_template  # noqa: PLC0415

    lists: dict[str, list[tuple[str, str]]] = {}
    if Path(config).exists():  # with an installation at hand, the code lists of its Sage become drop-downs
        with _opened(config) as app:
            declared = app.registry.module(module)
            lists = app.code_lists()
    else:
        declared = build().module(module)
    path = output or Path(f"{declared.name}.xlsx")
    with path.open("wb") as out:
        write_template(declared, out, "de" if lang == "de" else "en", lists)
    click.echo(str(path))


@cli.command(epilog=_example("exchange schema order_import", "exchange schema products --format csv"))
@click.argument("module")
@click.option("--format", "form", type=click.Choice(["xsd", "json", "csv", "txt"]), default="xsd", help="Which schema.")
def schema(module: str, form: str) -> None:
    """Print the published schema of a module's files."""
    from exchange.registry import build  # noqa: PLC0415
    from exchange.schemas import published  # noqa: PLC0415

    click.echo(published(build().module(module), form), nl=False)


@cli.command(epilog=_example("exchange modules", "exchange modules --json"))
@_config
@_json
def modules(config: Path, *, as_json: bool) -> None:
    """List the modules: what they move, and where it lands."""
    from exchange import screen  # noqa: PLC0415
    from exchange.registry import build  # noqa: PLC0415
    from exchange.settings import load  # noqa: PLC0415

    registry = build(load(config).folder("profiles") if config.exists() else None)
    rows: list[dict[str, Any]] = [
        {
            "module": each.name,
            "german": each.de,
            "english": each.en,
            "lands": each.lands.value,
            "exports": each.collect is not None,
            "template": each.entered_by_hand,
            "summary": each.summary_de,
            "profiles": [name for name, profile in registry.profiles.items() if profile.module == each.name],
        }
        for each in registry.modules.values()
    ]
    if as_json:
        screen.as_json(rows)
        return
    for row in rows:
        way = "Sage → Shop" if row["lands"] == "shop" else "→ Sage"
        screen.OUT.print(f"[bold]{row['module']}[/]  {row['german']}  [dim]{way}[/]")
        screen.OUT.print(f"    {row['summary']}")
        screen.OUT.print(f"    [dim]{', '.join(row['profiles'])}[/]")


@cli.command(epilog=_example("exchange status", "exchange status --json"))
@_config
@_json
def status(config: Path, *, as_json: bool) -> None:
    """What waits, what was done lately. Exit code 1 when something lies in quarantine or waits for a decision."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app:
        waiting, recent, totals = app.ledger.open_batches(), app.ledger.recent(10), app.ledger.totals()
        if as_json:
            screen.as_json(
                {
                    "open": [screen.batch_json(each) for each in waiting],
                    "recent": [screen.batch_json(each) for each in recent],
                    "totals": totals,
                }
            )
        else:
            german = app.settings.language == "de"
            click.echo(f"{len(waiting)} {'in Arbeit oder wartend' if german else 'at work or waiting'}")
            screen.batches(recent, app.settings.language)
    bad = any(each.state.value == "quarantined" or each.counts.held or each.counts.rejected for each in recent)
    sys.exit(EXIT_FINDINGS if bad else EXIT_OK)


@cli.command(epilog=_example("exchange log", "exchange log --module order_import -n 100"))
@click.option("--module", default="", help="Only this module.")
@click.option("-n", "number", type=int, default=50, help="How many.")
@_config
@_json
def log(module: str, number: int, config: Path, *, as_json: bool) -> None:
    """The batches, newest first."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app:
        rows = app.ledger.recent(number, app.registry.module(module).name if module else "")
        if as_json:
            screen.as_json([screen.batch_json(each) for each in rows])
        else:
            screen.batches(rows, app.settings.language)


@cli.command(epilog=_example("exchange show 20261123T081500-1a2b3c4d", "exchange show ORD00018"))
@click.argument("identity")
@_config
@_json
def show(identity: str, config: Path, *, as_json: bool) -> None:
    """What became of a file (its batch id), an order, an article, a customer (its number)."""
    from exchange import screen  # noqa: PLC0415

    with _opened(config) as app:
        # A record that could not be made is known by what its file says, one that could by its key.
        spellings = dict.fromkeys((identity, "".join(identity.split()).casefold()))
        traces = sorted((each for key in spellings for each in app.ledger.life(key)), key=lambda each: each.received_at)
        found = [] if traces else app.ledger.find(identity)
        if not traces and not found:
            click.echo(
                f"exchange: {identity}: weder Lauf noch Datensatz bekannt / neither batch nor record is known", err=True
            )
            sys.exit(EXIT_FINDINGS)
        if as_json:
            screen.as_json(
                {
                    "records": [each._asdict() for each in traces],
                    "batches": [
                        screen.batch_json(each)
                        | {
                            "findings": [one.as_json() for one in app.ledger.findings(each, 1_000)],
                            "files": [one._asdict() for one in app.ledger.files(each)],
                        }
                        for each in found
                    ],
                }
            )
            return
        if traces:
            screen.life(traces, app.settings.language)
        for each in found:
            screen.batch(each, app.ledger.findings(each), app.settings.language)
            click.echo(f"  {each.uid}  sha256 {each.content_hash}")
            click.echo(f"  Original: {each.kept_at or '-'}")
            for one in app.ledger.files(each):
                click.echo(f"  → {one.final}")


@cli.command(epilog=_example("exchange replay 1a2b3c4d"))
@click.argument("identity")
@_config
@_json
def replay(identity: str, config: Path, *, as_json: bool) -> None:
    """Process the kept original of a batch again. What was taken over before has no second effect."""
    with _opened(config) as app:
        code = _report(app, [app.replay(identity)], as_json=as_json)
    sys.exit(code)


@cli.command(epilog=_example("exchange explain order_import.unknown_article", "exchange explain value.missing --json"))
@click.argument("code")
@_json
def explain(code: str, *, as_json: bool) -> None:
    """What a finding code means and what to do about it."""
    from exchange import screen  # noqa: PLC0415
    from exchange.finding import CATALOGUE  # noqa: PLC0415
    from exchange.findings import load_all  # noqa: PLC0415

    load_all()
    known = CATALOGUE.get(code)
    if known is None:
        near = [each for each in sorted(CATALOGUE) if code.rsplit(".", maxsplit=1)[-1] in each or code in each]
        click.echo(
            f"exchange: {code} ist unbekannt. Ähnlich: {', '.join(near) or ', '.join(sorted(CATALOGUE))}", err=True
        )
        sys.exit(2)
    if as_json:
        texts = {name: getattr(known, name) for name in ("code", "de", "en", "remedy_de", "remedy_en")}
        screen.as_json(texts | {"severity": known.severity.value})
        return
    click.echo(f"{known.code} ({known.severity})")
    click.echo(f"  {known.de}\n  → {known.remedy_de}\n\n  {known.en}\n  → {known.remedy_en}")


@cli.command(epilog=_example("exchange doctor", "exchange doctor --json"))
@_config
@_json
def doctor(config: Path, *, as_json: bool) -> None:
    """Look whether folders, ledger, Sage and mappings are in order, and name what is not."""
    from exchange import screen  # noqa: PLC0415
    from exchange.setup import examine  # noqa: PLC0415

    with _opened(config) as app:
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


@cli.group()
def sandbox() -> None:
    """Stand-ins to try things out."""


@sandbox.command("sage", epilog=_example("exchange sandbox sage sage.sqlite"))
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


def main() -> None:
    """Entry point."""
    _utf8()
    command: Callable[[], Any] = cli
    command()


def _utf8() -> None:
    """A Windows console of the old kind would fail on the first arrow; better a question mark than a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
