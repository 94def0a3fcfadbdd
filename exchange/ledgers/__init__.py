"""Where a ledger can live, one file per database. Each declares `BACKEND`, a function URL → engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from exchange.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

BACKENDS = ("sqlite", "postgresql")


def engine(url: str) -> Engine:
    """The engine for a ledger URL. Raises ConfigError, without the URL: it may hold a password."""
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError:
        message = "ledger.url is no database URL; an example is sqlite:///ledger.sqlite"
        raise ConfigError(message) from None
    if name not in BACKENDS:
        message = f"ledger.url: {name} is not supported; use one of {', '.join(BACKENDS)}"
        raise ConfigError(message)
    made: Engine = import_module(f"exchange.ledgers.{name}").BACKEND(url)
    return made
