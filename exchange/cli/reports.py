"""What was done and what is known: modules, status, log, show, explain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from exchange.cli.common import EXIT_FINDINGS, EXIT_OK, config_option, example, json_option, opened
from exchange.errors import TransientError

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=example("exchange modules", "exchange modules --json"))
@config_option
@json_option
def modules(config: Path, *, as_json: bool) -> None:
    """List the modules: direction, what they need, and whether they are switched on."""
    from exchange import screen  # noqa: PLC0415
    from exchange.reference import direction, needs  # noqa: PLC0415
    from exchange.registry import build  # noqa: PLC0415
    from exchange.settings import load  # noqa: PLC0415

    settings = load(config) if config.exists() else None
    registry = build(settings.folder("profiles") if settings else None)
    rows: list[dict[str, Any]] = [
        {
            "module": each.name,
            "german": each.de,
            "english": each.en,
            "lands": each.lands.value,
            "direction": direction(each),
            "needs": needs(each),
            "lacks": [name for name in needs(each) if settings is None or not settings.has(name)],
            "enabled": bool((settings.modules.get(each.name, {}) if settings else {}).get("enabled", True)),
            "exports": each.collect is not None,
            "template": each.entered_by_hand,
            "summary": each.summary_de,
            "profiles": [name for name, profile in registry.profiles.items() if profile.module == each.name],
        }
        for each in registry.modules.values()
    ]
    if as_json:
        screen.as_json(rows)
    else:
        screen.modules(rows, settings.language if settings else "de")


@click.command(epilog=example("exchange status", "exchange status --json"))
@config_option
@json_option
def status(config: Path, *, as_json: bool) -> None:
    """What waits, what was done lately, what needs a person.

    Exit code 1 when something was refused or waits for a decision, 75 when the exchange as a whole is held up.
    """
    from exchange import screen  # noqa: PLC0415
    from exchange.alerts import present  # noqa: PLC0415
    from exchange.channels.report import states  # noqa: PLC0415
    from exchange.connectors.lightspeed import state as shop_state  # noqa: PLC0415

    with opened(config) as app:
        waiting, recent, totals = app.ledger.open_batches(), app.ledger.recent(10), app.ledger.totals()
        in_shop, troubled = shop_state.totals(app.ledger), shop_state.troubled(app.ledger, 20)
        health, causes = present(app)
        channels = states(app.settings)
        if as_json:
            screen.as_json(
                {
                    "health": health,
                    "causes": [each.as_json() for each in causes],
                    "open": [screen.batch_json(each) for each in waiting],
                    "recent": [screen.batch_json(each) for each in recent],
                    "totals": totals,
                    "shop": {"parts": in_shop, "troubled": [each.as_json() for each in troubled]},
                    "channels": channels,
                }
            )
        else:
            german = app.settings.language == "de"
            click.echo(f"{len(waiting)} {'in Arbeit oder wartend' if german else 'at work or waiting'}")
            screen.findings([each.finding for each in causes], app.settings.language)
            screen.batches(recent, app.settings.language)
            screen.shop(shop_state.summed(in_shop), troubled, app.settings.language)
            screen.channels(channels, app.settings.language)
    bad = any(each.state.value == "quarantined" or each.counts.held or each.counts.rejected for each in recent)
    bad = bad or bool(in_shop.get("refused"))
    if health == "critical":
        sys.exit(TransientError.exit_code)
    sys.exit(EXIT_FINDINGS if bad or causes else EXIT_OK)


@click.command(epilog=example("exchange log", "exchange log --module order_import -n 100"))
@click.option("--module", default="", help="Only this module.")
@click.option("-n", "number", type=int, default=50, help="How many.")
@config_option
@json_option
def log(module: str, number: int, config: Path, *, as_json: bool) -> None:
    """The batches, newest first."""
    from exchange import screen  # noqa: PLC0415

    with opened(config) as app:
        rows = app.ledger.recent(number, app.registry.module(module).name if module else "")
        if as_json:
            screen.as_json([screen.batch_json(each) for each in rows])
        else:
            screen.batches(rows, app.settings.language)


@click.command(epilog=example("exchange show 20261123T081500-1a2b3c4d", "exchange show ORD00018"))
@click.argument("identity")
@config_option
@json_option
def show(identity: str, config: Path, *, as_json: bool) -> None:
    """What became of a file (its batch id), an order, an article, a customer (its number)."""
    from exchange import screen  # noqa: PLC0415
    from exchange.connectors.lightspeed.state import of_article  # noqa: PLC0415

    with opened(config) as app:
        # A record that could not be made is known by what its file says, one that could by its key.
        spellings = dict.fromkeys((identity, "".join(identity.split()).casefold()))
        traces = sorted((each for key in spellings for each in app.ledger.life(key)), key=lambda each: each.received_at)
        in_shop = of_article(app.ledger, identity)
        found = [] if traces else app.ledger.find(identity)
        if not traces and not found and not in_shop:
            click.echo(
                f"exchange: {identity}: weder Lauf noch Datensatz bekannt / neither batch nor record is known", err=True
            )
            sys.exit(EXIT_FINDINGS)
        if as_json:
            screen.as_json(
                {
                    "records": [each._asdict() for each in traces],
                    "shop": [each.as_json() for each in in_shop],
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
        if in_shop:
            screen.parts(in_shop, app.settings.language)
        for each in found:
            screen.batch(each, app.ledger.findings(each), app.settings.language)
            click.echo(f"  {each.uid}  sha256 {each.content_hash}")
            click.echo(f"  Original: {each.kept_at or '-'}")
            for one in app.ledger.files(each):
                click.echo(f"  → {one.final}")


@click.command(epilog=example("exchange explain order_import.unknown_article", "exchange explain value.missing --json"))
@click.argument("code")
@json_option
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
