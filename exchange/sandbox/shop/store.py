"""The state of the stand-in shop: records by kind and id, in memory for speed and in SQLite so that it survives.

A record is a plain dict of what was written; `wire` makes of it what the API shows. Every change of one request is
written in one transaction, at its end.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

#: Fields of a record that the API does not know: its owner, its texts per language.
OWNER, TEXTS = "_owner", "_texts"

Row = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS thing (kind TEXT, id INTEGER, data TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (id INTEGER PRIMARY KEY, name TEXT NOT NULL, data BLOB NOT NULL);
"""


class Store:
    """Records of the shop. All access happens inside `change`, one request at a time.

    Args:
        path: of the database; made when it does not exist.
        now: the clock of the shop.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.now = now
        self._lock = RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)
        self._rows: dict[str, dict[int, Row]] = {}
        self._dirty: set[tuple[str, int]] = set()
        for kind, number, data in self._database.execute("SELECT kind, id, data FROM thing ORDER BY kind, id"):
            self._rows.setdefault(kind, {})[number] = json.loads(data)
        self._counters: dict[str, int] = dict(self._database.execute("SELECT name, last FROM counter"))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One request: what it changes is durable when it ends."""
        with self._lock:
            yield
            self._save()

    def _save(self) -> None:
        if not self._dirty:
            return
        self._database.execute("BEGIN IMMEDIATE")
        for kind, number in self._dirty:
            row = self._rows.get(kind, {}).get(number)
            if row is None:
                self._database.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, number))
            else:
                data = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                self._database.execute("INSERT OR REPLACE INTO thing VALUES (?, ?, ?)", (kind, number, data))
        self._database.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", list(self._counters.items()))
        self._database.execute("COMMIT")
        self._dirty.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for table in ("thing", "counter", "upload"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            self._rows.clear()
            self._counters.clear()
            self._dirty.clear()

    # Reading

    def all(self, kind: str, owner: int | None = None, **fields: Any) -> list[Row]:
        """Records in the order of their ids; below an owner, or with these values, where they are given."""
        rows: Iterable[Row] = self._rows.get(kind, {}).values()
        if owner is not None:
            rows = [row for row in rows if row[OWNER] == owner]
        for name, value in fields.items():
            rows = [row for row in rows if row.get(name) == value]
        return sorted(rows, key=lambda row: row["id"])

    def get(self, kind: str, number: Any) -> Row | None:
        """One record, or None."""
        return self._rows.get(kind, {}).get(int(number)) if number else None

    def first(self, kind: str, **fields: Any) -> Row | None:
        """The first record with these values, or None."""
        return next(iter(self.all(kind, **fields)), None)

    # Changing

    def add(self, kind: str, row: Row, owner: int = 0) -> Row:
        """A new record; it gets its id."""
        number = self.next(kind)
        stamp = self.stamp()
        made = {"id": number, "createdAt": stamp, "updatedAt": stamp} | row | {OWNER: owner}
        self._rows.setdefault(kind, {})[number] = made
        self._dirty.add((kind, number))
        return made

    def put(self, kind: str, row: Row, **values: Any) -> None:
        """Change a record."""
        row.update(values)
        row["updatedAt"] = self.stamp()
        self._dirty.add((kind, row["id"]))

    def delete(self, kind: str, row: Row) -> None:
        """Take a record away."""
        self._rows[kind].pop(row["id"])
        self._dirty.add((kind, row["id"]))

    def next(self, counter: str) -> int:
        """A number that was never used before."""
        self._counters[counter] = self._counters.get(counter, 1000) + 1
        return self._counters[counter]

    def stamp(self) -> str:
        """Now, as the API writes it."""
        return self.now().isoformat(timespec="seconds")

    # Files

    def keep(self, name: str, data: bytes) -> int:
        """Keep an uploaded file; its number."""
        number = self.next("upload")
        self._database.execute("INSERT INTO upload VALUES (?, ?, ?)", (number, name, data))
        return number

    def file(self, number: int) -> tuple[str, bytes] | None:
        """Name and content of an uploaded file."""
        with self._lock:
            row = self._database.execute("SELECT name, data FROM upload WHERE id = ?", (number,)).fetchone()
        return None if row is None else (row[0], row[1])
