"""The engine for Sage's database: SQL Server, or SQLite for the sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

from exchange.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

#: How long one writer waits for another (SQLite), in seconds.
BUSY_SECONDS = 30
#: SQL Server chose this transaction to end a deadlock.
_DEADLOCK = "40001"


def _pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, see `_begin`
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A transaction that writes takes the lock at once: a later upgrade could only fail, never wait."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_engine(url: str) -> Engine:
    """The engine. Raises ConfigError for a URL that cannot be understood; nothing is connected yet."""
    try:
        made = create_engine(make_url(url))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        # Without the URL: it may hold a password.
        raise ConfigError(
            f"sage.url: {type(error).__name__}; expected a SQLAlchemy URL whose driver is installed"
        ) from None
    if made.dialect.name == "sqlite":
        if made.url.database not in (None, "", ":memory:") and not Path(str(made.url.database)).is_file():
            raise ConfigError(f"sage.url: the sandbox {made.url.database} does not exist")
        event.listen(made, "connect", _pragmas)
        event.listen(made, "begin", _begin)
    return made


def _passes(error: DBAPIError) -> bool:
    """Whether trying again later may help."""
    states = [str(each) for each in getattr(error.orig, "args", ())[:1]]
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated or _DEADLOCK in states


@contextmanager
def translated() -> Iterator[None]:
    """A database that is away or busy becomes a TransientError."""
    try:
        yield
    except DBAPIError as error:
        if not _passes(error):
            raise
        reason = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        raise TransientError(f"Sage's database: {reason}") from error
