"""What the commands share: options, exit codes, an open installation, the report on batches."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exchange.errors import BatchError, ExchangeError, FatalError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.shop import Delivered

EXIT_OK, EXIT_FINDINGS, EXIT_QUARANTINED = 0, 1, 65

config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("EXCHANGE_CONFIG", "exchange.toml"),
    help="Settings file (default: ./exchange.toml).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Report as json.")


def example(*lines: str) -> str:
    """The end of a help text: examples, left as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class Group(click.Group):
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


@contextlib.contextmanager
def opened(config: Path) -> Iterator[App]:
    """The installation of a settings file."""
    from exchange.app import App  # noqa: PLC0415 - `--help` must answer at once
    from exchange.settings import load  # noqa: PLC0415

    with App(load(Path(config))) as app:
        yield app


def report(app: App, batches: Iterable[Batch], *, as_json: bool, delivered: Delivered | None = None) -> int:
    """Show how batches ended, and what then came into the shop; the exit code."""
    from exchange import screen  # noqa: PLC0415
    from exchange.ledger import State  # noqa: PLC0415

    code = EXIT_OK
    rows = [(batch, app.ledger.findings(batch, limit=1_000)) for batch in batches]
    shown = [
        screen.batch_json(batch) | {"findings": [each.as_json() for each in found]} for batch, found in rows if as_json
    ]
    if not as_json:
        screen.ended(rows, app.settings.language)
    for batch, _ in rows:
        if batch.state is State.QUARANTINED:
            code = EXIT_QUARANTINED
        elif (batch.counts.rejected or batch.counts.held) and code == EXIT_OK:
            code = EXIT_FINDINGS
    if delivered is not None:
        if not as_json:
            screen.delivered(delivered, app.settings.language)
        if delivered.refused and code == EXIT_OK:
            code = EXIT_FINDINGS
        if delivered.ended in ("budget", "unreachable"):
            code = TransientError.exit_code
    if as_json:
        screen.as_json(shown if delivered is None else {"batches": shown, "shop": delivered._asdict()})
    return code
