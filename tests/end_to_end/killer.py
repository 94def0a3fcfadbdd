"""Runs the command line and kills its own process (SIGKILL) at one point of the pipeline.

    python killer.py POINT ARGUMENTS...

The program itself knows nothing of this: the functions that `run` calls are wrapped from outside.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from exchange import ledger
from exchange.pipeline import apply as apply_step
from exchange.pipeline import claim as claim_step
from exchange.pipeline import run
from exchange.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable


def die() -> None:
    """As kill -9 does it: no handler, no clean-up."""
    if sys.platform == "win32":
        os._exit(137)
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and then the end."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        function(*arguments, **named)
        die()

    return wrapped


def before(function: Callable[..., Any]) -> Callable[..., Any]:
    """The end, instead of the function."""

    def wrapped(*_arguments: Any, **_named: Any) -> Any:
        die()
        return function

    return wrapped


#: Point → (holder, name, which side).
POINTS: dict[str, tuple[Any, str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "claim: renamed, not entered": (claim_step, "_enter", before),
    "claim: entered": (claim_step, "_enter", after),
    "leased": (ledger.Ledger, "take", after),
    "recognise": (run, "recognise", after),
    "check": (run, "check", after),
    "compare": (run, "compare", after),
    "apply: effect durable, not counted": (apply_step, "_take_in", before),
    "apply: effect counted, files not known": (apply_step, "_written", before),
    "apply: stored, not committed": (Staging, "store", after),
    "apply: committed": (run, "apply", after),
    "publish": (run, "publish", after),
    "rejects": (run, "return_rejects", after),
    "archive: original put away": (run, "keep", after),
    "archive: answered": (run, "answer", after),
    "done, not cleared up": (ledger.Ledger, "change", after),
}


def main() -> None:
    """Arm the point and run."""
    holder, name, side = POINTS[sys.argv[1]]
    setattr(holder, name, side(getattr(holder, name)))
    from exchange.cli import cli  # noqa: PLC0415 - after arming

    cli(sys.argv[2:])


if __name__ == "__main__":
    main()
