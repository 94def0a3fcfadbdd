"""The sign of life of a running service: a small file that monitoring reads."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from exchange import __version__
from exchange.alerts import health
from exchange.causes import HEARTBEAT
from exchange.errors import TransientError
from exchange.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.app import App
    from exchange.causes import Cause
    from exchange.lane import Lane


def beat(app: App, causes: Sequence[Cause], lanes: Sequence[Lane], state: str) -> None:
    """Renew `work/heartbeat.json`. The ledger is not asked: the heart has to beat also when that hangs.

    `state` is `running` or `stopped`; `causes` are those of the last look.
    """
    content = {
        "at": app.ledger.now().isoformat(timespec="seconds"),
        "state": state,
        "version": __version__,
        "process": os.getpid(),
        "health": health(causes),
        "causes": [each.as_json() for each in causes],
        "lanes": [lane.as_json() for lane in lanes],
    }
    with suppress(TransientError):  # on Windows, while a reader holds it open; the next beat replaces it
        path = app.settings.folder("work") / HEARTBEAT
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2).encode())
