"""Many rows into the ledger at once: one statement to the driver, values converted column by column.

The usual way through SQLAlchemy spends several times longer on the parameters of a row than SQLite on storing it.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from exchange.ledger import driver_sql, execute_many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    names = tuple(column.name for column in table.c if column.name in rows[0])
    columns = list(zip(*map(itemgetter(*names), rows), strict=True))
    for place, convert in _converters(table, connection.dialect, names):
        once = {value: convert(value) for value in set(columns[place])}
        columns[place] = tuple(map(once.__getitem__, columns[place]))
    sql = driver_sql(connection, insert(table).values(dict.fromkeys(names, "")))
    execute_many(connection, sql, list(zip(*columns, strict=True)))


@lru_cache(maxsize=16)
def _converters(table: Table, dialect: Dialect, names: tuple[str, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Place of a column and what the driver needs done to its values."""
    return tuple(
        (place, convert)
        for place, name in enumerate(names)
        if (convert := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
    )
