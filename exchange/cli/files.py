"""Files and transfers by hand: import, export, sync, deliver, retry, replay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exchange.cli.common import EXIT_FINDINGS, EXIT_OK, config_option, example, json_option, opened, report
from exchange.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.pipeline.work import Job


@click.command("import", epilog=example("exchange import orders.json", "exchange import kunden.xlsx --dry-run"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--module", default="", help="Module, where the content does not tell.")
@click.option("--profile", default="", help="Profile, where the content does not tell.")
@click.option("--dry-run", is_flag=True, help="Only check and say what would happen.")
@click.option("--again", is_flag=True, help="Also when the same content was imported before.")
@config_option
@json_option
def import_(file: Path, module: str, profile: str, config: Path, *, dry_run: bool, again: bool, as_json: bool) -> None:
    """Import one file by hand. The file stays where it is."""
    from exchange import screen  # noqa: PLC0415

    with opened(config) as app, screen.progress(app, file.name):
        if dry_run:
            code = _dry_run(app, file, module, profile, as_json=as_json)
        else:
            code = report(app, [app.import_file(file, module, profile, forced=again)], as_json=as_json)
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
    if as_json:
        screen.as_json(_dry_run_json(job))
    else:
        _show_dry_run(app, job)
    counts = job.report.counts()
    return EXIT_FINDINGS if counts.rejected or counts.held else EXIT_OK


def _dry_run_json(job: Job) -> dict[str, Any]:
    counts = job.report.counts()
    return {
        "dry_run": True,
        "module": job.module.name,
        "profile": job.profile.name,
        "counts": {name: getattr(counts, name) for name in counts.__slots__},
        "records": [each.as_json() for each in job.foretold],
        "findings": [each.as_json() for each in job.report.findings],
    }


def _show_dry_run(app: App, job: Job) -> None:
    from exchange import screen  # noqa: PLC0415

    counts, german = job.report.counts(), app.settings.language == "de"
    click.echo(f"{job.module.de if german else job.module.en} ({job.profile.name})")
    click.echo(
        f"Probelauf: {counts.rows_in} gelesen, {counts.created} neu, {counts.updated} geändert, "
        f"{counts.unchanged} unverändert, {counts.rejected} abgelehnt, {counts.held} vorgelegt. "
        "Nichts wurde übernommen."
        if german
        else f"Dry run: {counts.rows_in} read, {counts.created} new, {counts.updated} changed, {counts.unchanged} "
        f"unchanged, {counts.rejected} rejected, {counts.held} held. Nothing was applied."
    )
    screen.foretold(job.foretold, app.settings.language)
    screen.findings(job.report.findings, app.settings.language)


def _exported(app: App, module: str, formats: Iterable[str], profile: str, *, full: bool) -> Iterator[Batch]:
    if profile:
        yield app.export(module, profile, full=full)
        return
    name = app.registry.module(module).name
    for each in formats or app.settings.export_formats:
        yield app.export(name, f"{name}_{each}", full=full)


@click.command(epilog=example("exchange export products", "exchange export stock --format csv --full"))
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
@config_option
@json_option
def export(module: str, formats: tuple[str, ...], profile: str, config: Path, *, full: bool, as_json: bool) -> None:
    """Read a module's records out of Sage and write them into the outbox."""
    from exchange import screen  # noqa: PLC0415

    with opened(config) as app, screen.progress(app, module):
        code = report(app, list(_exported(app, module, formats, profile, full=full)), as_json=as_json)
    sys.exit(code)


@click.command(epilog=example("exchange sync stock", "exchange sync products --dry-run"))
@click.argument("module")
@click.option("--dry-run", is_flag=True, help="Only say what would happen: records, and calls to the shop.")
@config_option
@json_option
def sync(module: str, config: Path, *, dry_run: bool, as_json: bool) -> None:
    """Bring a module from its source to its target now."""
    from exchange import screen, transfers  # noqa: PLC0415
    from exchange.targets import SHOP  # noqa: PLC0415

    with opened(config) as app, screen.progress(app, module):
        declared = app.registry.module(module)
        to_shop = app.targets.name(declared) == SHOP
        from_shop = declared.pull != "" and app.settings.shop.way == "api"
        if from_shop:
            code = _pull(app, module, dry_run=dry_run, as_json=as_json)
        elif dry_run and to_shop:
            code = _rehearse(app, module, as_json=as_json)
        elif dry_run:
            spool = transfers.collect(app, declared)
            try:
                code = _dry_run(app, spool, module, "", as_json=as_json)
            finally:
                spool.unlink()
        elif to_shop:
            batch = app.export(declared.name)
            code = report(app, [batch], as_json=as_json, delivered=app.deliver())
        else:
            code = report(app, list(_exported(app, module, (), "", full=False)), as_json=as_json)
    sys.exit(code)


def _pull(app: App, module: str, *, dry_run: bool, as_json: bool) -> int:
    """Ask the shop for what is new, bring it into Sage, and tell the shop of it."""
    from exchange import transfers  # noqa: PLC0415

    if not dry_run:
        batch = app.pull(module)
        return report(app, [batch] if batch else [], as_json=as_json, delivered=app.deliver() if batch else None)
    declared = app.registry.module(module)
    with transfers.pulled(app, declared) as (spool, _):
        if spool.exists():
            return _dry_run(app, spool, module, transfers.pull_profile(declared), as_json=as_json)
    return report(app, [], as_json=as_json)


def _rehearse(app: App, module: str, *, as_json: bool) -> int:
    """What would happen to the records of a module, and which calls to the shop that takes."""
    from exchange import screen  # noqa: PLC0415

    job, plan = app.rehearse(module)
    if as_json:
        screen.as_json(_dry_run_json(job) | {"plan": screen.plan_json(plan)})
    else:
        _show_dry_run(app, job)
        screen.plan(plan, app.settings.language)
    counts = job.report.counts()
    return EXIT_FINDINGS if counts.rejected or counts.held else EXIT_OK


@click.command(epilog=example("exchange deliver", "exchange deliver --dry-run"))
@click.option(
    "--dry-run", is_flag=True, help="Only say what would be sent, with how many calls, and how long it takes."
)
@config_option
@json_option
def deliver(config: Path, *, dry_run: bool, as_json: bool) -> None:
    """Bring what waits into the shop now."""
    from exchange import screen  # noqa: PLC0415

    with opened(config) as app, screen.progress(app, "shop"):
        if dry_run:
            found = app.systems.delivery().plan()
            if as_json:
                screen.as_json(screen.plan_json(found))
            else:
                screen.plan(found, app.settings.language)
            sys.exit(EXIT_OK)
        code = report(app, [], as_json=as_json, delivered=app.deliver())
    sys.exit(code)


@click.command(epilog=example("exchange retry", "exchange retry 00200050"))
@click.argument("key", default="")
@config_option
def retry(key: str, config: Path) -> None:
    """Try again what the shop refused: all of it, or what belongs to one article."""
    with opened(config) as app:
        number = app.systems.delivery().retry(key)
        german = app.settings.language == "de"
        click.echo(f"{number} {'werden erneut versucht' if german else 'will be tried again'}")


@click.command(epilog=example("exchange replay 1a2b3c4d"))
@click.argument("identity")
@config_option
@json_option
def replay(identity: str, config: Path, *, as_json: bool) -> None:
    """Process the kept original of a batch again. What was taken over before has no second effect."""
    with opened(config) as app:
        code = report(app, [app.replay(identity)], as_json=as_json)
    sys.exit(code)
