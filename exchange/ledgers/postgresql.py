"""The shared ledger: many workers, one PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine


def open_engine(url: str) -> Engine:
    """The engine of a PostgreSQL ledger. Needs the extra `exchange[postgresql]`; raises ConfigError without it."""
    from exchange.errors import ConfigError  # noqa: PLC0415 - beside its only use

    try:
        return create_engine(url, pool_pre_ping=True, paramstyle="format")
    except ModuleNotFoundError as error:
        message = "a PostgreSQL ledger needs the package psycopg: pip install exchange[postgresql]"
        raise ConfigError(message) from error


BACKEND = open_engine
