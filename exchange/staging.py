"""The records of one batch between check and apply: keys in a temporary table beside the ledger, contents in a spool.

Comparing happens in SQL, where a million keys are one join; contents are written once and read once, in the same order,
which a plain file does best. The memory stays flat. Both go away with the connection: after a crash the file is read
again, which gives the same records.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, compress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import delete, insert, literal_column, select, update

from exchange import staged
from exchange.connector import Outcome
from exchange.ledger import driver_sql, execute_many
from exchange.ledger_tables import RECORD, RECORD_HISTORY
from exchange.staged import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Dialect

    from exchange.connector import Applied
    from exchange.ledger import Batch, Ledger

#: Records per round trip to the database.
CHUNK = 5_000


#: Records per statement when filling; more would save little, and 999 values is what old SQLites take.
ROWS = 100
#: So many are put in with their index; of more, the index is made when all are in.
FEW = 1_000


class Page(NamedTuple):
    """Staged records, column by column; see `exchange.connector.Change`.

    Attributes:
        chosen: which records of the block these are; None for all of them.
        block: as it was given to `Staging.add`.
    """

    seqs: Sequence[int]
    lines: Sequence[int]
    keys: Sequence[str]
    fingerprints: Sequence[bytes]
    outcomes: Sequence[str]
    chosen: Sequence[bool] | None
    block: bytes


class Staging:
    """The staged records of one batch, compared with what the ledger knows of their scope.

    Attributes:
        number: of the last staged record; whoever adds records counts on.
    """

    def __init__(self, connection: Connection, scope_id: int, spool: IO[bytes]) -> None:
        self.connection = connection
        self._spool = spool
        self.scope_id = scope_id
        self.number = 0
        self._sizes: list[int] = []
        self._indexed = True
        # What most records will turn out to be; so `compare` has little to change.
        self._presumed = Outcome.UNCHANGED if self.known_at_all() else Outcome.CREATED
        self._insert_one, self._insert_many = _inserts(connection.dialect, self._presumed)

    # Filling

    def add(self, lines: Sequence[int], keys: Sequence[str], fingerprints: Sequence[bytes], block: bytes) -> None:
        """Stage records, and what they hold in one block without line breaks; they are numbered one after the other."""
        size = len(lines)
        if self._indexed and self.number + size > FEW:
            staged.BY_KEY.drop(self.connection)
            self._indexed = False
        rows = list(zip(range(self.number + 1, self.number + 1 + size), lines, keys, fingerprints, strict=True))
        self.number += size
        full = size - size % ROWS
        for start in range(0, full, ROWS):  # a statement for many rows takes a third less than one for each
            self.connection.exec_driver_sql(self._insert_many, tuple(chain.from_iterable(rows[start : start + ROWS])))
        if rows[full:]:
            execute_many(self.connection, self._insert_one, rows[full:])
        told = orjson.dumps([list(lines), list(keys), b"".join(fingerprints).hex()])
        self._spool.write(b"%b\n%b\n" % (told, block))
        self._sizes.append(size)

    def close_filling(self) -> None:
        """After the last record: make keys quick to find."""
        if self._indexed:
            return
        staged.BY_KEY.create(self.connection)
        self._indexed = True
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql("ANALYZE staged")

    def doubles(self) -> dict[str, list[tuple[int, bytes]]]:
        """Keys that stand more than once in the file, with lines and fingerprints in the order of the file."""
        result: dict[str, list[tuple[int, bytes]]] = {}
        for key, line, fingerprint in self.connection.execute(staged.DOUBLES):
            result.setdefault(key, []).append((line, fingerprint))
        return result

    def remove_lines(self, lines: Iterable[int]) -> None:
        """Take records out again, by line."""
        all_lines = list(lines)
        for start in range(0, len(all_lines), 500):
            self.connection.execute(delete(STAGED).where(STAGED.c.line.in_(all_lines[start : start + 500])))

    # Comparing

    def known(self) -> int:
        """How many records the ledger knows in this scope."""
        return int(self.connection.execute(staged.COUNT_KNOWN, self._scope).scalar_one())

    def compare(self) -> dict[str, int]:
        """Set the expected outcome of every staged record; the number per outcome."""
        if self.known_at_all():
            presumed = self._presumed is Outcome.UNCHANGED
            self.connection.execute(staged.CORRECT_OUTCOMES if presumed else staged.SET_OUTCOMES, self._scope)
        return {outcome: number for outcome, number in self.connection.execute(staged.COUNT_OUTCOMES).all()}  # noqa: C416 - rows

    def known_at_all(self) -> bool:
        """Whether the scope has any record."""
        return self.connection.execute(staged.ANY_KNOWN, self._scope).first() is not None

    def vanished(self) -> list[str]:
        """Keys that the ledger knows and the file does not have."""
        return [key for (key,) in self.connection.execute(staged.VANISHED, self._scope)]

    def hold_updated(self) -> list[tuple[int, str, str]]:
        """Take out the records that would change a known one; their lines, keys and what the target calls them."""
        held = [tuple(row) for row in self.connection.execute(staged.UPDATED, self._scope)]
        if held:
            self.connection.execute(delete(STAGED).where(STAGED.c.outcome == Outcome.UPDATED.value))
        return held

    def changes(self, *, whole: bool = False) -> Iterator[Page]:
        """The records to apply, in the order of the file; with `whole` also those that did not change."""
        self._spool.seek(0)
        first = 1
        for size in self._sizes:  # block by block: no cursor stays open while the target works
            told, block = self._spool.readline(), self._spool.readline()
            seqs, outcomes = self._outcomes(first, size, whole=whole)
            if seqs:
                yield _page(range(first, first + size), seqs, outcomes, told, block)
            first += size

    def _outcomes(self, first: int, size: int, *, whole: bool) -> tuple[Sequence[int], Sequence[str]]:
        """Numbers and outcomes of those records of a block that are to be applied."""
        bounds = {"first": first, "last": first + size - 1}
        number, outcome, other = self.connection.execute(staged.SUMMARY, bounds).one()
        if number == size and outcome == other:  # all the same, as nearly always
            return (range(first, first + size), [outcome] * size) if whole or outcome != Outcome.UNCHANGED else ((), ())
        there = self.connection.execute(staged.OUTCOMES if whole else staged.NEWS, bounds).all()
        return [seq for seq, _ in there], [outcome for _, outcome in there]

    # After applying

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that writes the ledger and still sees the staged records."""
        self.connection.commit()
        self.connection.execution_options(writes=True)
        with self.connection.begin():
            yield self.connection

    def lines(self, seqs: Sequence[int]) -> dict[int, tuple[int, str, str]]:
        """Line, key and expected outcome of records, by number."""
        result: dict[int, tuple[int, str, str]] = {}
        for start in range(0, len(seqs), 500):
            query = select(STAGED.c.seq, STAGED.c.line, STAGED.c.key, STAGED.c.outcome)
            for seq, *rest in self.connection.execute(query.where(STAGED.c.seq.in_(seqs[start : start + 500]))):
                result[seq] = (rest[0], rest[1], rest[2])
        return result

    def record(self, applied: Sequence[Applied]) -> None:
        """Keep what a target said of single records; rejected and held ones leave the table."""
        refused = (Outcome.REJECTED, Outcome.HELD)
        gone = [(each.seq,) for each in applied if each.outcome in refused]
        kept = [(each.outcome.value, each.foreign_id, each.seq) for each in applied if each.outcome not in refused]
        mark = "%s" if self.connection.dialect.paramstyle == "format" else "?"
        if gone:
            execute_many(self.connection, f"DELETE FROM staged WHERE seq = {mark}", gone)  # noqa: S608 - no data
        if kept:
            sql = f"UPDATE staged SET outcome = {mark}, foreign_id = {mark} WHERE seq = {mark}"  # noqa: S608 - no data
            execute_many(self.connection, sql, kept)

    def store(self, connection: Connection, batch: Batch, vanished: Sequence[str]) -> None:
        """Within a transaction on the same connection: the ledger learns what was applied.

        A record that changes leaves its former state in the history.
        """
        here = {**self._scope, "batch": batch.id}
        if self.known_at_all():
            connection.execute(staged.KEEP_FORMER, self._scope)
            connection.execute(staged.STORE_CHANGED, here)
            self._delete(connection, batch, vanished)
        connection.execute(staged.STORE_NEW, here)

    def _delete(self, connection: Connection, batch: Batch, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), 500):
            some = [RECORD.c.scope_id == self.scope_id, RECORD.c.key.in_(keys[start : start + 500])]
            former = select(*[RECORD.c[name] for name in staged.COLUMNS]).where(*some)
            connection.execute(insert(RECORD_HISTORY).from_select(staged.COLUMNS, former))
            connection.execute(
                update(RECORD).where(*some).values(outcome=Outcome.DELETED.value, batch_id=batch.id, line=0)
            )

    @property
    def _scope(self) -> dict[str, int]:
        return {"scope": self.scope_id}


@lru_cache(maxsize=16)
def _inserts(dialect: Dialect, presumed: Outcome) -> tuple[str, str]:
    """As text for the driver: put in one record, put in `ROWS` records."""
    one: dict[str, Any] = dict.fromkeys(("seq", "line", "key", "fingerprint"), "")
    one["outcome"] = literal_column(f"'{presumed.value}'")
    text = driver_sql(dialect, insert(STAGED).values(one))
    head, values, mark = text.partition(" VALUES ")
    return text, head + values + ", ".join([mark] * ROWS)


def _page(numbers: range, seqs: Sequence[int], outcomes: Sequence[str], told: bytes, block: bytes) -> Page:
    """What is known of those records of a block that have these numbers."""
    lines, keys, digits = orjson.loads(told)
    together = bytes.fromhex(digits)
    fingerprints = [together[at : at + 16] for at in range(0, len(together), 16)]
    if len(seqs) == len(numbers):
        return Page(seqs, lines, keys, fingerprints, outcomes, None, block)
    chosen = list(map(set(seqs).__contains__, numbers))
    lines, keys, fingerprints = (list(compress(each, chosen)) for each in (lines, keys, fingerprints))
    return Page(seqs, lines, keys, fingerprints, outcomes, chosen, block)


@contextmanager
def staging(ledger: Ledger, scope_id: int, folder: Path | None = None) -> Iterator[Staging]:
    """An empty staging area on a connection of its own, its spool in `folder`; gone at the end."""
    with ledger.engine.connect() as connection, TemporaryFile(dir=folder, buffering=1024 * 1024) as spool:
        staged.prepare(connection)
        made = Staging(connection, scope_id, spool)
        connection.commit()  # what it has looked at may change until it compares
        try:
            yield made
        finally:
            connection.rollback()
            connection.execution_options(writes=False)  # nobody has to wait for what is only ours
            staged.clear(connection)
