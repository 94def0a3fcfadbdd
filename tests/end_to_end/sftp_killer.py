"""As killer.py, for the steps of a channel: runs the command line and kills its own process at one point.

python sftp_killer.py POINT ARGUMENTS...
"""

from __future__ import annotations

import sys
from typing import Any

from exchange.channels.notes import Notes
from exchange.channels.receive import Receiver
from exchange.channels.send import Sender
from tests.end_to_end.killer import after, before

POINTS: dict[str, tuple[Any, str, Any]] = {
    "fetched, no note": (Receiver, "_read", after),
    "noted, not landed": (Receiver, "_land", before),
    "landed, not put away": (Receiver, "_put_away", before),
    "put away, noted": (Receiver, "_put_away", after),
    "sent, not published": (Sender, "_publish", before),
    "published, not put away": (Sender, "_publish", after),
    "delivered, noted": (Sender, "_put_away", after),
    "note written": (Notes, "write", after),
    "note removed": (Notes, "remove", after),
}


def main() -> None:
    """Arm the point and run."""
    holder, name, side = POINTS[sys.argv[1]]
    setattr(holder, name, side(getattr(holder, name)))
    from exchange.cli import cli  # noqa: PLC0415 - after arming

    cli(sys.argv[2:])


if __name__ == "__main__":
    main()
