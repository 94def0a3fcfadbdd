"""The state of the stand-in shop: records by kind and id, in memory for speed and in SQLite so that it survives.

A record is a plain dict of what was written; `wire` makes of it what the API shows. What one request changes is
written in one transaction, at its end; a request that fails has changed nothing.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.kind import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

Row = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS thing (kind TEXT, id INTEGER, data TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (id INTEGER PRIMARY KEY, name TEXT NOT NULL, data BLOB NOT NULL);
"""
#: Ids begin behind it.
_FIRST = 1000


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
        self._depth = 0
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)
        self._rows: dict[str, dict[int, Row]] = {}
        self._indexes: dict[str, dict[str, dict[Any, dict[int, Row]]]] = {}
        self._before: dict[tuple[str, int], Row | None] = {}
        self._uploads: dict[int, tuple[str, bytes]] = {}
        self._later: list[Callable[[], None]] = []
        for kind, number, data in self._database.execute("SELECT kind, id, data FROM thing ORDER BY kind, id"):
            self._rows.setdefault(kind, {})[number] = json.loads(data)
        self._counters: dict[str, int] = dict(self._database.execute("SELECT name, last FROM counter"))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One request: what it changes is durable when it ends, and undone when it fails."""
        with self._lock:
            counters = dict(self._counters)
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._save()
            except BaseException:
                if self._depth == 1:
                    self._undo(counters)
                raise
            finally:
                self._depth -= 1
            later, self._later = ([], self._later) if self._depth else (self._later, [])
        for call in later:
            call()

    def afterwards(self, call: Callable[[], None]) -> None:
        """Do something when the request has succeeded."""
        self._later.append(call)

    def _save(self) -> None:
        if not self._before and not self._uploads:
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for kind, number in self._before:
                row = self._rows.get(kind, {}).get(number)
                if row is None:
                    self._database.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, number))
                else:
                    data = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                    self._database.execute("INSERT OR REPLACE INTO thing VALUES (?, ?, ?)", (kind, number, data))
            uploads = [(number, name, data) for number, (name, data) in self._uploads.items()]
            self._database.executemany("INSERT INTO upload VALUES (?, ?, ?)", uploads)
            self._database.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", list(self._counters.items()))
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._before.clear()
        self._uploads.clear()

    def _undo(self, counters: dict[str, int]) -> None:
        for (kind, number), before in self._before.items():
            rows = self._rows.setdefault(kind, {})
            rows.pop(number, None)
            if before is not None:
                rows[number] = before
            self._indexes.pop(kind, None)
        self._counters = counters
        self._before.clear()
        self._uploads.clear()
        self._later.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for table in ("thing", "counter", "upload"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            for each in (self._rows, self._indexes, self._counters, self._before, self._uploads):
                each.clear()

    # Reading

    def all(self, kind: str, owner: int | None = None, **fields: Any) -> list[Row]:
        """Records in the order of their ids; below an owner, or with these values, where they are given."""
        wanted = fields if owner is None else {OWNER: owner, **fields}
        if not wanted:
            return sorted(self._rows.get(kind, {}).values(), key=_number)
        (name, value), *more = wanted.items()
        rows = list(self._index(kind, name).get(value, {}).values())
        for other, wish in more:
            rows = [row for row in rows if row.get(other) == wish]
        return sorted(rows, key=_number)

    def count(self, kind: str) -> int:
        """How many there are."""
        return len(self._rows.get(kind, {}))

    def get(self, kind: str, number: Any) -> Row | None:
        """One record, or None."""
        text = str(number)
        return self._rows.get(kind, {}).get(int(text)) if text.isascii() and text.isdigit() else None

    def first(self, kind: str, **fields: Any) -> Row | None:
        """The first record with these values, or None."""
        return next(iter(self.all(kind, **fields)), None)

    def _index(self, kind: str, name: str) -> dict[Any, dict[int, Row]]:
        """The records of a kind by one of their fields; made when somebody asks for the first time."""
        indexes = self._indexes.setdefault(kind, {})
        if name not in indexes:
            made: dict[Any, dict[int, Row]] = {}
            for row in self._rows.get(kind, {}).values():
                made.setdefault(_plain(row.get(name)), {})[row["id"]] = row
            indexes[name] = made
        return indexes[name]

    # Changing

    def add(self, kind: str, row: Row, owner: int = 0, number: int = 0) -> Row:
        """A new record; it gets its id, unless it brings one that nobody has."""
        number = number or self.next("metafields" if kind.endswith("/metafields") else kind)
        stamp = self.stamp()
        made = {"id": number} | row | {"createdAt": row.get("createdAt") or stamp, "updatedAt": stamp, OWNER: owner}
        self._before.setdefault((kind, number), None)
        self._rows.setdefault(kind, {})[number] = made
        for name, index in self._indexes.get(kind, {}).items():
            index.setdefault(_plain(made.get(name)), {})[number] = made
        return made

    def put(self, kind: str, row: Row, **values: Any) -> None:
        """Change a record."""
        number = row["id"]
        self._before.setdefault((kind, number), dict(row))
        for name, index in self._indexes.get(kind, {}).items():
            if name in values:
                index.get(_plain(row.get(name)), {}).pop(number, None)
                index.setdefault(_plain(values[name]), {})[number] = row
        row.update(values)
        row["updatedAt"] = self.stamp()

    def delete(self, kind: str, row: Row) -> None:
        """Take a record away."""
        number = row["id"]
        self._before.setdefault((kind, number), dict(row))
        for name, index in self._indexes.get(kind, {}).items():
            index.get(_plain(row.get(name)), {}).pop(number, None)
        self._rows[kind].pop(number)

    def next(self, counter: str) -> int:
        """A number that was never used before."""
        self._counters[counter] = self._counters.get(counter, _FIRST) + 1
        return self._counters[counter]

    def serial(self, counter: str) -> int:
        """The same, counted from 1."""
        return self.next(counter) - _FIRST

    def stamp(self) -> str:
        """Now, as the API writes it."""
        return self.now().isoformat(timespec="seconds")

    # Files

    def keep(self, name: str, data: bytes) -> int:
        """Keep an uploaded file; its number."""
        number = self.next("upload")
        self._uploads[number] = (name, data)
        return number

    def file(self, number: int) -> tuple[str, bytes] | None:
        """Name and content of an uploaded file."""
        with self._lock:
            row = self._database.execute("SELECT name, data FROM upload WHERE id = ?", (number,)).fetchone()
        return None if row is None else (row[0], row[1])


def _number(row: Row) -> int:
    number: int = row["id"]
    return number


def _plain(value: Any) -> Any:
    """A value to look for; lists and objects are never looked for."""
    return None if isinstance(value, dict | list) else value
