"""The memory of the exchange: what became of this file, of this order, of this article; from which file, line and run.

One batch is one file on its way. Its state only moves forward:

    claimed → applied → done            the effect is there; then everything was answered and archived
    claimed → refused → quarantined     the file is unusable; then the sender was told and the original put aside

The same SQL runs on SQLite and PostgreSQL. Reports read, the pipeline writes.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from exchange.finding import CATALOGUE, Finding, Kind, Locator
from exchange.ledger_tables import BATCH, FINDING, OUTPUT, RECORD, RECORD_HISTORY, SCOPE, WATERMARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Dialect, Engine, RowMapping


class State(StrEnum):
    """How far a batch has come; see the module docstring."""

    CLAIMED = "claimed"
    APPLIED = "applied"
    REFUSED = "refused"
    DONE = "done"
    QUARANTINED = "quarantined"


#: States that still need work.
OPEN = (State.CLAIMED, State.APPLIED, State.REFUSED)


class Origin(StrEnum):
    """How a batch came about."""

    DROP = "drop"  # a file in a watched inbox
    HAND = "hand"  # `exchange import`
    COLLECT = "collect"  # read out of Sage
    REPLAY = "replay"  # an archived file, again


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records of a batch. `rows_in` is the sum of the others but `deleted` and `warnings`."""

    rows_in: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    held: int = 0
    warnings: int = 0

    @property
    def balanced(self) -> bool:
        return self.rows_in == self.created + self.updated + self.unchanged + self.rejected + self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file on its way; see the table `batch`.

    Attributes:
        uid: public id, sorts by time, also the name of its work folder.
        folder: path below the inbox that it was dropped into, a hint which module is meant.
        module, profile: what the file is, once recognised (or as the sender or the command said).
        target: where it lands, as a scope of the ledger names it.
        whole: apply everything, not only what changed.
        snapshot: the file holds all records there are, so a missing one has been deleted.
        forced: import although the same content came before.
        kept_at: where the original lies now, relative to the root.
    """

    uid: str
    file_name: str
    received_at: datetime
    id: int = 0
    state: State = State.CLAIMED
    origin: Origin = Origin.DROP
    module: str = ""
    profile: str = ""
    target: str = ""
    folder: str = ""
    content_hash: str = ""
    size: int = 0
    whole: bool = False
    snapshot: bool = False
    forced: bool = False
    replay_of: str = ""
    duplicate_of: str = ""
    tries: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    kept_at: str = ""
    counts: Counts = Counts()


_COUNTS = tuple(each.name for each in fields(Counts))
_PLAIN = tuple(each.name for each in fields(Batch) if each.name not in ("id", "counts"))


def _batch(row: RowMapping) -> Batch:
    values = {name: row[name] for name in ("id", *_PLAIN)}
    values["state"], values["origin"] = State(row["state"]), Origin(row["origin"])
    return Batch(**values, counts=Counts(**{name: row[name] for name in _COUNTS}))


# What every file asks is made once: making a statement costs as much as running it.
_BY_UID = select(BATCH).where(BATCH.c.uid == bindparam("uid"))
_OPEN = select(BATCH).where(BATCH.c.state.in_(OPEN)).order_by(BATCH.c.id)
_TAKE = (
    update(BATCH)
    .where(BATCH.c.uid == bindparam("taken"), BATCH.c.state.in_(OPEN))
    .where(
        or_(
            BATCH.c.owner.in_(["", bindparam("by"), bindparam("dead")]),
            BATCH.c.lease_until < bindparam("now", type_=BATCH.c.lease_until.type),
        )
    )
    .values(owner=bindparam("by"), lease_until=bindparam("until"), tries=BATCH.c.tries + 1)
    .returning(*BATCH.c)
)
_LATEST = (
    select(BATCH)
    .where(
        BATCH.c.state == State.DONE,
        BATCH.c.module == bindparam("module"),
        BATCH.c.target == bindparam("target"),
        BATCH.c.duplicate_of == "",
        BATCH.c.uid != bindparam("uid"),
    )
    .order_by(BATCH.c.id.desc())
    .limit(1)
)
_LATEST_SAME = _LATEST.where(
    BATCH.c.content_hash == bindparam("content_hash"), BATCH.c.rejected == 0, BATCH.c.held == 0
)
_SCOPE = select(SCOPE.c.id).where(SCOPE.c.module == bindparam("module"), SCOPE.c.target == bindparam("target"))
_FILES = select(OUTPUT).where(OUTPUT.c.batch_id == bindparam("batch")).order_by(OUTPUT.c.id)
_FORGET_FILES = delete(OUTPUT).where(OUTPUT.c.batch_id == bindparam("batch"))
_FINDINGS = select(FINDING).where(FINDING.c.batch_id == bindparam("batch")).order_by(FINDING.c.id)
_FORGET_FINDINGS = delete(FINDING).where(FINDING.c.batch_id == bindparam("batch"))


class WrittenFile(NamedTuple):
    """A file that a batch wrote. Paths are text, as they stand in the ledger."""

    part: str
    final: str
    content_hash: str
    size: int


class Trace(NamedTuple):
    """One entry in the life of a record: what a batch did with it."""

    module: str
    target: str
    key: str
    outcome: str
    line: int
    foreign_id: str
    batch: str
    file_name: str
    received_at: datetime
    codes: tuple[str, ...] = ()


def execute_many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Execute for plain tuples, past the layers that cost a microsecond a row."""
    connection.exec_driver_sql(sql, list(rows))


def driver_sql(dialect: Dialect, statement: Any) -> str:
    """The statement as text with positional parameters, for `execute_many`."""
    return str(statement.compile(dialect=dialect))


class Ledger:
    """The ledger on an engine. Thread-safe: every call uses a connection of its own.

    Args:
        engine: from `exchange.ledgers.engine`.
        now: the clock; tests turn it.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.engine = engine
        self.now = now

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; committed at the end, rolled back by an exception."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give back all connections; on Windows the file could not be moved before."""
        self.engine.dispose()

    # Batches

    def add(self, batch: Batch) -> Batch | None:
        """Enter a new batch; None when another process has entered it already."""
        values = {name: getattr(batch, name) for name in _PLAIN} | {
            name: getattr(batch.counts, name) for name in _COUNTS
        }
        try:
            with self.writing() as connection:
                number = connection.execute(insert(BATCH).returning(BATCH.c.id), values).scalar_one()
        except IntegrityError:
            return None
        return replace(batch, id=number)

    def batch(self, uid: str) -> Batch | None:
        """The batch of that id, or None."""
        with self.engine.connect() as connection:
            row = connection.execute(_BY_UID, {"uid": uid}).mappings().first()
        return None if row is None else _batch(row)

    def find(self, beginning: str) -> list[Batch]:
        """Batches whose id begins or whose random part begins so: what a person types from a report."""
        pattern = beginning.replace("%", "").replace("_", "")
        with self.engine.connect() as connection:
            query = select(BATCH).where(or_(BATCH.c.uid.startswith(pattern), BATCH.c.uid.endswith("-" + pattern)))
            return [_batch(row) for row in connection.execute(query.order_by(BATCH.c.id)).mappings()]

    def open_batches(self) -> list[Batch]:
        """All batches that need work, oldest first."""
        with self.engine.connect() as connection:
            return [_batch(row) for row in connection.execute(_OPEN).mappings()]

    def recent(self, limit: int = 50, module: str = "") -> list[Batch]:
        """The newest batches, newest first."""
        query = select(BATCH).order_by(BATCH.c.id.desc()).limit(limit)
        if module:
            query = query.where(BATCH.c.module == module)
        with self.engine.connect() as connection:
            return [_batch(row) for row in connection.execute(query).mappings()]

    def take(self, uid: str, owner: str, lease_seconds: float, *, from_owner: str = "") -> Batch | None:
        """Lease an open batch and count the try; None when somebody else holds it.

        A lease is free when nobody holds it, when it has run out, or when its holder `from_owner` is known to be dead.
        The try is counted before anything is read, so a file that crashes the program cannot do it for ever.
        """
        now = self.now()
        until = now + timedelta(seconds=lease_seconds)
        whose = {"taken": uid, "by": owner, "dead": from_owner, "now": now, "until": until}
        with self.writing() as connection:
            row = connection.execute(_TAKE, whose).mappings().first()
        return None if row is None else _batch(row)

    def keep(self, uid: str, owner: str, lease_seconds: float) -> None:
        """Heartbeat: lengthen a lease that is held."""
        until = self.now() + timedelta(seconds=lease_seconds)
        with self.writing() as connection:
            connection.execute(
                update(BATCH).where(BATCH.c.uid == uid, BATCH.c.owner == owner).values(lease_until=until)
            )

    def release(self, uid: str) -> None:
        """Give a batch back undone: it will be tried again, and this try does not count."""
        with self.writing() as connection:
            connection.execute(
                update(BATCH)
                .where(BATCH.c.uid == uid)
                .values(owner="", lease_until=None, tries=case((BATCH.c.tries > 0, BATCH.c.tries - 1), else_=0))
            )

    def change(self, batch: Batch, **values: Any) -> Batch:
        """Store new values of a batch; the batch with them."""
        with self.writing() as connection:
            connection.execute(update(BATCH).where(BATCH.c.uid == batch.uid).values(values))
        return replace(batch, **values)

    def same_content(self, batch: Batch, *, ever: bool) -> Batch | None:
        """The batch that has already applied this content in full, or None.

        With `ever` any earlier one counts. Without, only the latest of the same module and target: stock goes 5, 8, 5,
        and the third file is news although its content is that of the first.
        """
        alike = {name: getattr(batch, name) for name in ("module", "target", "uid")}
        if ever:
            alike["content_hash"] = batch.content_hash
        with self.engine.connect() as connection:
            row = connection.execute(_LATEST_SAME if ever else _LATEST, alike).mappings().first()
        if row is None:
            return None
        last = _batch(row)
        clean = last.content_hash == batch.content_hash and not last.counts.rejected and not last.counts.held
        return last if clean else None

    # Watermarks

    def watermark(self, name: str) -> str:
        """How far something has come; empty at first."""
        query = select(WATERMARK.c.value).where(WATERMARK.c.name == name)
        with self.engine.connect() as connection:
            return str(connection.execute(query).scalar() or "")

    def mark(self, connection: Connection, name: str, value: str) -> None:
        """Within a transaction: it has come so far."""
        row = {"value": value, "changed_at": self.now()}
        if not connection.execute(update(WATERMARK).where(WATERMARK.c.name == name).values(row)).rowcount:
            connection.execute(insert(WATERMARK).values(name=name, **row))

    # Results

    def scope(self, module: str, target: str) -> int:
        """The id of a key space, made at first use."""
        scope = {"module": module, "target": target}
        with self.engine.connect() as connection:
            known = connection.execute(_SCOPE, scope).scalar()
        if known is not None:
            return int(known)
        try:
            with self.writing() as connection:
                connection.execute(insert(SCOPE), scope)
        except IntegrityError:  # another process was quicker
            pass
        with self.engine.connect() as connection:
            return int(connection.execute(_SCOPE, scope).scalar_one())

    def settle(
        self, connection: Connection, batch: Batch, state: State, counts: Counts, findings: Sequence[Finding]
    ) -> None:
        """Within a transaction: the batch has come to `state` with these counts and findings."""
        values = {name: getattr(counts, name) for name in _COUNTS}
        connection.execute(
            update(BATCH)
            .where(BATCH.c.uid == batch.uid)
            .values(
                state=state,
                module=batch.module,
                profile=batch.profile,
                target=batch.target,
                duplicate_of=batch.duplicate_of,
                **values,
            )
        )
        connection.execute(_FORGET_FINDINGS, {"batch": batch.id})
        if findings:
            connection.execute(insert(FINDING), [_finding_row(batch.id, each) for each in findings])

    def wrote(self, connection: Connection, batch: Batch, files: Sequence[WrittenFile]) -> None:
        """Within a transaction: the batch wrote these files, to be published next."""
        connection.execute(_FORGET_FILES, {"batch": batch.id})
        if files:
            connection.execute(insert(OUTPUT), [{"batch_id": batch.id, **each._asdict()} for each in files])

    def files(self, batch: Batch) -> list[WrittenFile]:
        """The files that a batch wrote."""
        with self.engine.connect() as connection:
            rows = connection.execute(_FILES, {"batch": batch.id}).mappings().all()
        return [WrittenFile(row["part"], row["final"], row["content_hash"], row["size"]) for row in rows]

    def findings(self, batch: Batch, limit: int | None = None) -> list[Finding]:
        """What was found in a batch, in the order of the file."""
        query = _FINDINGS if limit is None else _FINDINGS.limit(limit)
        with self.engine.connect() as connection:
            return [_finding(row) for row in connection.execute(query, {"batch": batch.id}).mappings()]

    def foreign_id(self, module: str, target: str, key: str) -> str:
        """What the target calls a record, or empty."""
        query = (
            select(RECORD.c.foreign_id)
            .join(SCOPE, SCOPE.c.id == RECORD.c.scope_id)
            .where(SCOPE.c.module == module, SCOPE.c.target == target, RECORD.c.key == key)
        )
        with self.engine.connect() as connection:
            return str(connection.execute(query).scalar() or "")

    def life(self, key: str) -> list[Trace]:
        """Everything that happened to a business key, oldest first: also where it was rejected or held."""
        with self.engine.connect() as connection:
            traces = [*_traces(connection, RECORD, key), *_traces(connection, RECORD_HISTORY, key)]
            traces.extend(_refusals(connection, key))
        return sorted(traces, key=lambda trace: (trace.received_at, trace.batch))

    def totals(self) -> dict[str, dict[str, int]]:
        """Per module and state, the number of batches."""
        query = select(BATCH.c.module, BATCH.c.state, func.count()).group_by(BATCH.c.module, BATCH.c.state)
        result: dict[str, dict[str, int]] = {}
        with self.engine.connect() as connection:
            for module, state, number in connection.execute(query):
                result.setdefault(module, {})[state] = number
        return result


def _traces(connection: Connection, table: Any, key: str) -> list[Trace]:
    query = (
        select(
            SCOPE.c.module,
            SCOPE.c.target,
            table.c.key,
            table.c.outcome,
            table.c.line,
            table.c.foreign_id,
            BATCH.c.uid,
            BATCH.c.file_name,
            BATCH.c.received_at,
        )
        .join(SCOPE, SCOPE.c.id == table.c.scope_id)
        .join(BATCH, BATCH.c.id == table.c.batch_id)
        .where(table.c.key == key)
    )
    return [Trace(*row) for row in connection.execute(query)]


def _refusals(connection: Connection, key: str) -> list[Trace]:
    query = (
        select(BATCH.c.module, BATCH.c.target, FINDING.c.key, FINDING.c.code, FINDING.c.line, BATCH.c.uid)
        .add_columns(BATCH.c.file_name, BATCH.c.received_at)
        .join(BATCH, BATCH.c.id == FINDING.c.batch_id)
        .where(FINDING.c.key == key)
        .order_by(FINDING.c.id)
    )
    found: dict[str, Trace] = {}
    for module, target, its_key, code, line, uid, name, at in connection.execute(query):
        kind = CATALOGUE.get(code)
        outcome = {"hold": "held", "warning": "remark"}.get(str(kind.severity) if kind else "", "rejected")
        known = found.get(uid)
        codes = (*known.codes, code) if known else (code,)
        found[uid] = Trace(module, target, its_key, outcome, line or 0, "", uid, name, at, codes)
    return list(found.values())


def _finding_row(batch_id: int, finding: Finding) -> dict[str, Any]:
    at = finding.at
    return {
        "batch_id": batch_id,
        "code": finding.code,
        "line": at.line,
        "field": at.field[:120],
        "sheet": at.sheet[:120],
        "cell": at.cell,
        "key": finding.key[:255],
        "details": json.dumps(dict(finding.values), ensure_ascii=False),
    }


def _finding(row: RowMapping) -> Finding:
    code = row["code"]
    kind = CATALOGUE.get(code) or Kind(code, code, code, "", "")  # written by a newer version of the program
    at = Locator(row["line"], row["field"], row["sheet"], row["cell"])
    return Finding(kind, at, json.loads(row["details"]), row["key"])
