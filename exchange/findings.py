"""The whole catalogue of finding kinds: imports every place that defines one."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import exchange


def load_all() -> None:
    """Import all of the program, so that `exchange.finding.CATALOGUE` is complete."""
    for info in walk_packages(exchange.__path__, "exchange."):
        if ".migrations" not in info.name and not info.name.endswith("__main__"):
            import_module(info.name)
