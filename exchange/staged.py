"""The table of staged records, and what is asked of it.

The statements are made once: making one costs as much as running it, and a file of one record asks them all. Parameters
are `scope` and `batch`, their ids in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from exchange.connector import Outcome
from exchange.ledger_tables import RECORD, RECORD_HISTORY

if TYPE_CHECKING:
    from sqlalchemy import Connection

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

#: Many records are put in quicker without it: it is made again when all are in.
BY_KEY = Index("staged_key", STAGED.c.key)

#: Of a record in the ledger and in its history.
COLUMNS = ("scope_id", "key", "fingerprint", "outcome", "batch_id", "line", "foreign_id")

_SCOPE = RECORD.c.scope_id == bindparam("scope")
_ALIVE = and_(_SCOPE, RECORD.c.outcome != Outcome.DELETED.value)
_SAME_KEY = and_(_SCOPE, RECORD.c.key == STAGED.c.key)
_SAME_LIVING_KEY = and_(_ALIVE, RECORD.c.key == STAGED.c.key)
_NEWS = STAGED.c.outcome != Outcome.UNCHANGED.value

ANY_KNOWN = select(literal(1)).select_from(RECORD).where(_SCOPE).limit(1)
COUNT_KNOWN = select(func.count()).select_from(RECORD).where(_ALIVE)
VANISHED = select(RECORD.c.key).where(_ALIVE, ~exists().where(STAGED.c.key == RECORD.c.key)).order_by(RECORD.c.key)

#: Keys that stand more than once.
DOUBLES = (
    select(STAGED.c.key, STAGED.c.line, STAGED.c.fingerprint)
    .where(STAGED.c.key.in_(select(STAGED.c.key).group_by(STAGED.c.key).having(func.count() > 1)))
    .order_by(STAGED.c.seq)
)

#: The outcome of every record, or, where all are presumed to be unchanged, only of those that are not.
SET_OUTCOMES = update(STAGED).values(
    outcome=func.coalesce(
        select(case((RECORD.c.fingerprint == STAGED.c.fingerprint, Outcome.UNCHANGED), else_=Outcome.UPDATED))
        .where(_SAME_LIVING_KEY)
        .scalar_subquery(),
        Outcome.CREATED.value,
    )
)
CORRECT_OUTCOMES = SET_OUTCOMES.where(~exists().where(_SAME_LIVING_KEY, RECORD.c.fingerprint == STAGED.c.fingerprint))
COUNT_OUTCOMES = select(STAGED.c.outcome, func.count()).group_by(STAGED.c.outcome)

_HERE = STAGED.c.seq.between(bindparam("first"), bindparam("last"))
SUMMARY = select(func.count(), func.min(STAGED.c.outcome), func.max(STAGED.c.outcome)).where(_HERE)
OUTCOMES = select(STAGED.c.seq, STAGED.c.outcome).where(_HERE).order_by(STAGED.c.seq)
NEWS = OUTCOMES.where(_NEWS)

#: Records that would change a known one.
UPDATED = (
    select(STAGED.c.line, STAGED.c.key, RECORD.c.foreign_id)
    .join(RECORD, _SAME_KEY)
    .where(STAGED.c.outcome == Outcome.UPDATED.value)
    .order_by(STAGED.c.seq)
)

KEEP_FORMER = insert(RECORD_HISTORY).from_select(
    COLUMNS, select(*[RECORD.c[name] for name in COLUMNS]).join(STAGED, _SAME_KEY).where(_NEWS)
)
STORE_CHANGED = (
    update(RECORD)
    .where(_SAME_KEY, _NEWS)
    .values(
        fingerprint=STAGED.c.fingerprint,
        outcome=STAGED.c.outcome,
        batch_id=bindparam("batch"),
        line=STAGED.c.line,
        foreign_id=case((STAGED.c.foreign_id == "", RECORD.c.foreign_id), else_=STAGED.c.foreign_id),
    )
)
STORE_NEW = insert(RECORD).from_select(
    COLUMNS,
    select(
        bindparam("scope", type_=Integer),
        STAGED.c.key,
        STAGED.c.fingerprint,
        STAGED.c.outcome,
        bindparam("batch", type_=Integer),
        STAGED.c.line,
        STAGED.c.foreign_id,
    )
    .where(~exists().where(_SAME_KEY).correlate(STAGED))
    .order_by(STAGED.c.key),  # in the order of the primary key, pages fill one after the other
)

#: Where a connection remembers that it has the table, and whether somebody's records may be in it.
_STATE = "exchange.staged"


def prepare(connection: Connection) -> None:
    """An empty table on this connection. It stays there: making one anew has SQLite prepare every statement again."""
    state = connection.info.get(_STATE)
    if state is None:
        STAGED.create(connection)
        connection.commit()
    elif state == "used":
        clear(connection)
    connection.info[_STATE] = "used"


def clear(connection: Connection) -> None:
    """Let go of the records, for the next who gets the connection."""
    if _STATE not in connection.info:  # the connection was lost, and the table with it
        return
    word = "TRUNCATE" if connection.dialect.name == "postgresql" else "DELETE FROM"
    connection.exec_driver_sql(f"{word} staged")
    connection.commit()
    connection.info[_STATE] = "empty"
