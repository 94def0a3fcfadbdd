"""The embedded ledger: one file, no server."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from exchange.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: How long one writer waits for another, in seconds.
BUSY_SECONDS = 60
#: What the ledger's statements need (RETURNING); that of Python 3.11 for Windows is newer.
OLDEST = (3, 35)


def _on_share(path: Path) -> bool:
    """Whether the file is named by a network path; locks there fail or damage the file (fault-catalogue W11)."""
    return sys.platform == "win32" and str(path.resolve()).startswith("\\\\")


def _pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, see `_begin`
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _write_ahead(connection)
    for pragma in (
        # FULL, not NORMAL: else a file already archived could come before a commit that a power cut took back.
        "synchronous=FULL",
        "temp_store=FILE",  # the staged records of a large batch must not fill the memory
        "cache_size=-32000",
        "temp.cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Turn on the write-ahead log. Of two that do so at once SQLite refuses one without waiting: it asks again."""
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    """A transaction that writes takes the lock at once: a later upgrade could only fail, never wait."""
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # can neither wait nor fail, so it goes past the layers that cost more than the statement
        connection.connection.cursor().execute("BEGIN")


def open_engine(url: str) -> Engine:
    """The engine of a ledger file. Raises ConfigError for a file on a network share, and where SQLite is too old."""
    if sqlite3.sqlite_version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise ConfigError(f"SQLite {sqlite3.sqlite_version} is too old for the ledger; it needs {needed} or newer")
    database = make_url(url).database
    if database and database != ":memory:":
        if _on_share(Path(database)):
            message = f"the ledger {database} lies on a network share, where SQLite is not safe; use a local folder"
            raise ConfigError(message)
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(url)
    event.listen(made, "connect", _pragmas)
    event.listen(made, "begin", _begin)
    return made


BACKEND = open_engine
