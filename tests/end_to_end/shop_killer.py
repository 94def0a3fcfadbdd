"""Runs the command line and kills its own process (SIGKILL) in the middle of sending to the shop.

    python shop_killer.py POINT NUMBER ARGUMENTS...

It dies when the point is reached for the so-manieth time.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.api import Api
from exchange.connectors.lightspeed.store import Store
from tests.end_to_end.killer import die

if TYPE_CHECKING:
    from collections.abc import Callable

#: Point → (holder, name, whether the work is done first).
POINTS: dict[str, tuple[Any, str, bool]] = {
    "intent entered, nothing sent": (Api, "create", False),
    "made, answer not entered": (Api, "create", True),
    "adopted, not changed": (Store, "adopt", True),
    "changed, answer not entered": (Api, "update", True),
}


def at(number: int, function: Callable[..., Any], *, work_first: bool) -> Callable[..., Any]:
    """The function, and at the so-manieth call the end."""
    called = 0

    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal called
        called += 1
        if called == number:
            if work_first:
                function(*arguments, **named)
            die()
        return function(*arguments, **named)

    return wrapped


def main() -> None:
    """Arm the point and run."""
    holder, name, work_first = POINTS[sys.argv[1]]
    setattr(holder, name, at(int(sys.argv[2]), getattr(holder, name), work_first=work_first))
    from exchange.cli import cli  # noqa: PLC0415 - after arming

    cli(sys.argv[3:])


if __name__ == "__main__":
    main()
