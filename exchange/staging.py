"""The records of one batch between check and apply: keys in a temporary table beside the ledger, contents in a spool.

Comparing happens in SQL, where a million keys are one join; contents are written once and read once, in the same
order, which
a plain file does best. The memory stays flat. Both go away with the connection: after a crash the file is read again,
which
gives the same records.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, compress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from exchange.connector import Outcome
from exchange.ledger import driver_sql, execute_many
from exchange.ledger_tables import RECORD, RECORD_HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from exchange.connector import Applied
    from exchange.ledger import Batch, Ledger

STAGED = Table(
    "staged",
    MetaData(),
    Column("seq", Integer, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("key", String(255), nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("outcome", String(10), nullable=False, server_default=Outcome.CREATED.value),
    Column("foreign_id", String(120), nullable=False, server_default=""),
    prefixes=["TEMPORARY"],
)

#: Records per round trip to the database.
CHUNK = 5_000


#: Records per statement when filling; more would save little, and 999 values is what old SQLites take.
ROWS = 100


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
        # What most records will turn out to be; so `compare` has little to change.
        self._presumed = Outcome.UNCHANGED if self.known_at_all() else Outcome.CREATED
        one: dict[str, Any] = dict.fromkeys(("seq", "line", "key", "fingerprint"), "")
        one["outcome"] = literal_column(f"'{self._presumed.value}'")
        self._insert_one = driver_sql(connection, insert(STAGED).values(one))
        head, values, mark = self._insert_one.partition(" VALUES ")
        self._insert_many = head + values + ", ".join([mark] * ROWS)

    # Filling

    def add(self, lines: Sequence[int], keys: Sequence[str], fingerprints: Sequence[bytes], block: bytes) -> None:
        """Stage records, and what they hold in one block without line breaks; they are numbered one after the other."""
        size = len(lines)
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
        self.connection.exec_driver_sql("CREATE INDEX staged_key ON staged (key)")
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql("ANALYZE staged")

    def doubles(self) -> dict[str, list[tuple[int, bytes]]]:
        """Keys that stand more than once in the file, with lines and fingerprints in the order of the file."""
        twice = select(STAGED.c.key).group_by(STAGED.c.key).having(func.count() > 1)
        query = select(STAGED.c.key, STAGED.c.line, STAGED.c.fingerprint).where(STAGED.c.key.in_(twice))
        result: dict[str, list[tuple[int, bytes]]] = {}
        for key, line, fingerprint in self.connection.execute(query.order_by(STAGED.c.seq)):
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
        query = select(func.count()).select_from(RECORD).where(*self._alive())
        return int(self.connection.execute(query).scalar_one())

    def compare(self) -> dict[str, int]:
        """Set the expected outcome of every staged record; the number per outcome."""
        if self.known_at_all():
            same_key = and_(*self._alive(), RECORD.c.key == STAGED.c.key)
            known = (
                select(case((RECORD.c.fingerprint == STAGED.c.fingerprint, Outcome.UNCHANGED), else_=Outcome.UPDATED))
                .where(same_key)
                .scalar_subquery()
            )
            setting = update(STAGED).values(outcome=func.coalesce(known, Outcome.CREATED.value))
            if self._presumed is Outcome.UNCHANGED:
                setting = setting.where(~exists().where(same_key, RECORD.c.fingerprint == STAGED.c.fingerprint))
            self.connection.execute(setting)
        query = select(STAGED.c.outcome, func.count()).group_by(STAGED.c.outcome)
        return {outcome: number for outcome, number in self.connection.execute(query).all()}  # noqa: C416 - rows

    def known_at_all(self) -> bool:
        """Whether the scope has any record."""
        query = select(literal(1)).select_from(RECORD).where(RECORD.c.scope_id == self.scope_id).limit(1)
        return self.connection.execute(query).first() is not None

    def vanished(self) -> list[str]:
        """Keys that the ledger knows and the file does not have."""
        here = exists().where(STAGED.c.key == RECORD.c.key)
        query = select(RECORD.c.key).where(*self._alive(), ~here).order_by(RECORD.c.key)
        return [key for (key,) in self.connection.execute(query)]

    def hold_updated(self) -> list[tuple[int, str, str]]:
        """Take out the records that would change a known one; their lines, keys and what the target calls them."""
        updated = STAGED.c.outcome == Outcome.UPDATED.value
        query = (
            select(STAGED.c.line, STAGED.c.key, RECORD.c.foreign_id)
            .join(RECORD, and_(RECORD.c.scope_id == self.scope_id, RECORD.c.key == STAGED.c.key))
            .where(updated)
            .order_by(STAGED.c.seq)
        )
        held = [(line, key, foreign_id) for line, key, foreign_id in self.connection.execute(query)]
        if held:
            self.connection.execute(delete(STAGED).where(updated))
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
        here = STAGED.c.seq.between(bindparam("first"), bindparam("last"))
        bounds = {"first": first, "last": first + size - 1}
        summary = select(func.count(), func.min(STAGED.c.outcome), func.max(STAGED.c.outcome)).where(here)
        number, outcome, other = self.connection.execute(summary, bounds).one()
        if number == size and outcome == other:  # all the same, as nearly always
            return (range(first, first + size), [outcome] * size) if whole or outcome != Outcome.UNCHANGED else ((), ())
        query = select(STAGED.c.seq, STAGED.c.outcome).where(here).order_by(STAGED.c.seq)
        if not whole:
            query = query.where(STAGED.c.outcome != Outcome.UNCHANGED.value)
        there = self.connection.execute(query, bounds).all()
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
        same_key = and_(RECORD.c.scope_id == self.scope_id, RECORD.c.key == STAGED.c.key)
        history = RECORD_HISTORY.c
        columns = ("scope_id", "key", "fingerprint", "outcome", "batch_id", "line", "foreign_id")
        if self.known_at_all():
            news = STAGED.c.outcome != Outcome.UNCHANGED.value
            former = select(*[RECORD.c[name] for name in columns]).join(STAGED, same_key).where(news)
            connection.execute(insert(RECORD_HISTORY).from_select([history[name] for name in columns], former))
            connection.execute(
                update(RECORD)
                .where(same_key, news)
                .values(
                    fingerprint=STAGED.c.fingerprint,
                    outcome=STAGED.c.outcome,
                    batch_id=batch.id,
                    line=STAGED.c.line,
                    foreign_id=case((STAGED.c.foreign_id == "", RECORD.c.foreign_id), else_=STAGED.c.foreign_id),
                )
            )
            self._delete(connection, batch, vanished)
        fresh = (
            select(
                literal(self.scope_id),
                STAGED.c.key,
                STAGED.c.fingerprint,
                STAGED.c.outcome,
                literal(batch.id),
                STAGED.c.line,
                STAGED.c.foreign_id,
            )
            .where(~exists().where(same_key).correlate(STAGED))
            .order_by(STAGED.c.key)  # in the order of the primary key, pages fill one after the other
        )
        connection.execute(insert(RECORD).from_select([RECORD.c[name] for name in columns], fresh))

    def _delete(self, connection: Connection, batch: Batch, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), 500):
            some = [RECORD.c.scope_id == self.scope_id, RECORD.c.key.in_(keys[start : start + 500])]
            former = select(
                RECORD.c.scope_id,
                RECORD.c.key,
                RECORD.c.fingerprint,
                RECORD.c.outcome,
                RECORD.c.batch_id,
                RECORD.c.line,
            ).add_columns(RECORD.c.foreign_id)
            columns = ["scope_id", "key", "fingerprint", "outcome", "batch_id", "line", "foreign_id"]
            connection.execute(insert(RECORD_HISTORY).from_select(columns, former.where(*some)))
            connection.execute(
                update(RECORD).where(*some).values(outcome=Outcome.DELETED.value, batch_id=batch.id, line=0)
            )

    def _alive(self) -> tuple[Any, ...]:
        return (RECORD.c.scope_id == self.scope_id, RECORD.c.outcome != Outcome.DELETED.value)


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
        STAGED.create(connection)
        made = Staging(connection, scope_id, spool)
        connection.commit()  # what it has looked at may change until it compares
        try:
            yield made
        finally:
            connection.rollback()
            STAGED.drop(connection)
            connection.commit()
