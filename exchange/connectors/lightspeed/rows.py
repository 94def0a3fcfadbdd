"""Rows of parts and facets in the ledger, and how many of them come in at once.

One statement goes to the driver, values are converted column by column: the usual way through SQLAlchemy spends several
times longer on the parameters of a row than SQLite on storing it.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select

from exchange.connectors.lightspeed import policy
from exchange.ledger import driver_sql, execute_many
from exchange.ledger_tables import SHOP_FACET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Dialect, Table

    from exchange.connectors.lightspeed.merge import Wish
    from exchange.connectors.lightspeed.wishes import Name
    from exchange.shop import Part


def part_row(name: Name, part: Part, wish: Wish, state: str) -> dict[str, Any]:
    """A part that the shop does not have yet; since when, and by which batch, is for the caller."""
    wanted = policy.priority(name.resource, name.language, wish.fields, exists=False)
    return {
        **name._asdict(),
        "owner_resource": part.owner.resource if part.owner else "",
        "owner_key": part.owner.key if part.owner else "",
        "shop_id": "",
        "state": state,
        "priority": int(wanted if wish.wanted else policy.of(part.resource).priority),
        "wanted_hash": wish.hash,
        "sent_hash": b"",
        "sent": "",
        "due_at": wish.due_at,
        "intent": "",
        "tries": 0,
        "next_try_at": None,
        "finding": "",
    }


@lru_cache(maxsize=256)
def same_facet(from_at: datetime | None, until_at: datetime | None) -> Any:
    """Records of a module that say the same of a part."""
    facet = SHOP_FACET.c
    return (
        select(facet.record_key)
        .where(facet.part_id == bindparam("part"), facet.module == bindparam("of"))
        .where(facet.fields == bindparam("fields"), facet.creates == bindparam("creates"))
        .where(facet.rank == bindparam("rank"))
        .where(facet.from_at.is_(None) if from_at is None else facet.from_at == from_at)
        .where(facet.until_at.is_(None) if until_at is None else facet.until_at == until_at)
        .limit(bindparam("most"))
    )


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    names = tuple(column.name for column in table.c if column.name in rows[0])
    columns = list(zip(*map(itemgetter(*names), rows), strict=True))
    for place, convert in _converters(table, connection.dialect, names):
        once = {value: convert(value) for value in set(columns[place])}
        columns[place] = tuple(map(once.__getitem__, columns[place]))
    sql = driver_sql(connection.dialect, insert(table).values(dict.fromkeys(names, "")))
    execute_many(connection, sql, list(zip(*columns, strict=True)))


@lru_cache(maxsize=16)
def _converters(table: Table, dialect: Dialect, names: tuple[str, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Place of a column and what the driver needs done to its values."""
    return tuple(
        (place, convert)
        for place, name in enumerate(names)
        if (convert := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
    )
