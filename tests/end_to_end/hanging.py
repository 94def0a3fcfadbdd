"""Runs the command line with a Sage that never answers: reading it leaves the file `hangs` and waits for ever.

python hanging.py ARGUMENTS...
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from exchange import transfers


def hang(*_arguments: Any) -> None:
    """As a connection without a time-out does."""
    Path("hangs").touch()
    threading.Event().wait()


def main() -> None:
    """Replace the reading, then run."""
    transfers.collect = hang  # type: ignore[assignment]
    from exchange.cli import cli  # noqa: PLC0415 - after the replacement

    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
