"""The command line. Every command is a thin shell around `exchange.app`; a command is added in `COMMANDS`.

Exit codes: 0 done, 1 findings rejected something, 2 usage, 65 file quarantined, 70 internal, 75 try later, 78
configuration.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click

from exchange import __version__
from exchange.cli import auto, files, reports, service, setup
from exchange.cli.common import Group

if TYPE_CHECKING:
    from collections.abc import Callable

#: In the order of the help text.
COMMANDS: tuple[click.Command, ...] = (
    setup.init,
    setup.doctor,
    setup.demo,
    service.run,
    service.portal,
    auto.schedule,
    auto.pause,
    auto.resume,
    auto.service,
    files.import_,
    files.export,
    files.sync,
    files.deliver,
    files.retry,
    files.replay,
    setup.template,
    setup.schema,
    reports.modules,
    reports.status,
    reports.log,
    reports.show,
    reports.explain,
    setup.sandbox,
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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


for _command in COMMANDS:
    cli.add_command(_command)


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
