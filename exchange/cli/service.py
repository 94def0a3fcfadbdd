"""The service: run, and the portal beside it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from exchange.cli.common import EXIT_OK, config_option, example, json_option, opened, report
from exchange.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from exchange.ledger import Batch


@contextmanager
def _portal(app: App) -> Iterator[None]:
    """The customers' documents beside the service, where that is switched on."""
    if not app.settings.portal.enabled:
        yield
        return
    from exchange.portal import serve  # noqa: PLC0415 - only who has one pays for it

    with serve(app):
        yield


@click.command(epilog=example("exchange portal"))
@config_option
def portal(config: Path) -> None:
    """Hand customers their documents: serve the signed links (see docs/documents.md). Ctrl-C ends it."""
    from exchange.portal import serve  # noqa: PLC0415

    with opened(config) as app, serve(app) as served:
        settings = app.settings.portal
        click.echo(f"http://{settings.host}:{served.port} – {settings.url}", err=True)
        with suppress(KeyboardInterrupt):
            served.wait()


@click.command(epilog=example("exchange run", "exchange run --once"))
@click.option("--once", is_flag=True, help="Handle everything that is due, then end.")
@config_option
@json_option
def run(config: Path, *, once: bool, as_json: bool) -> None:
    """The service: watch the inbox and process what comes. Ctrl-C ends it cleanly."""
    from exchange import screen  # noqa: PLC0415
    from exchange.worker import Worker  # noqa: PLC0415

    ended: list[Batch] = []
    with opened(config) as app:

        def show(batch: Batch) -> None:
            if once:
                ended.append(batch)
            elif as_json:
                screen.as_json(screen.batch_json(batch))
            else:
                screen.line(batch, app.ledger.findings(batch, limit=20), app.settings.language)

        worker = Worker(app, show)
        worker.stop_on_signals()
        if not once:
            watched = (
                "wird überwacht; Strg-C beendet." if app.settings.language == "de" else "is watched; Ctrl-C ends it."
            )
            click.echo(f"{app.settings.folder('inbox')} {watched}", err=True)
            with _portal(app):
                worker.run()
            if worker.unfinished:  # a lane that hangs would hold up the end; its work is taken up again
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(EXIT_OK)
            return
        with screen.progress(app, "exchange"):
            worker.once()
        code = report(app, ended, as_json=as_json)
        left = worker.inbox.waiting or worker.inbox.held or worker.channels.troubled or app.ledger.open_batches()
        if code == EXIT_OK and left:
            code = TransientError.exit_code
    sys.exit(code)
