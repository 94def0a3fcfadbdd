"""A stand-in for a hosted Lightspeed eCom (C-Series) shop: the same API, and pages that show what a customer sees.

with Shop(path).serve() as running:
    ... running.url, running.key, running.secret
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.sandbox.shop.seed import FirstDay
from exchange.sandbox.shop.server import Running
from exchange.sandbox.shop.settings import Settings
from exchange.sandbox.shop.shop import Shop

if TYPE_CHECKING:
    from pathlib import Path


def run(database: Path, host: str = "127.0.0.1", port: int = 8765, *, key: str = "", secret: str = "") -> Running:
    """Serve a shop; `wait` on what comes back."""
    return Shop(database, key=key, secret=secret).serve(host, port)


__all__ = ["FirstDay", "Running", "Settings", "Shop", "run"]
