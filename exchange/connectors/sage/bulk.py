"""Inserting many rows quickly: one statement by hand to the driver, values converted column by column.

SQLAlchemy's own way through `execute` spends several times longer on the parameters of a row than SQLite on storing it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, insert, literal_column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Dialect, Table


def insert_many(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows that all have the same columns.

    Args:
        connection: in a transaction.
        table: where to.
        rows: by column name; others than `names` are passed over.
        names: columns to write, as far as the rows have them; all of the table's by default.
        constants: columns that are the same for all rows; numbers and plain texts of ours, they stand in the statement.
    """
    if not rows:
        return
    allowed = [column.name for column in table.c] if names is None else names
    fixed = tuple((name, value) for name, value in (constants or {}).items() if name in allowed)
    left_out = {name for name, _ in fixed}
    bound = tuple(name for name in allowed if name in rows[0] and name not in left_out)
    chosen = itemgetter(*bound) if len(bound) > 1 else lambda row: (row[bound[0]],)
    insert_rows(connection, table, bound, list(map(chosen, rows)), fixed)


def insert_rows(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    fixed: tuple[tuple[str, Any], ...] = (),
) -> None:
    """Insert rows whose values stand in the order of `names`; columns that are the same for all rows are `fixed`."""
    if not rows:
        return
    if not connection.dialect.positional:  # a driver with named parameters: the usual way
        statement = insert(table).values({name: literal_column(repr(value)) for name, value in fixed})
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])
        return
    prepared = _prepared(table, connection.dialect, names, fixed)
    given = list(zip(*rows, strict=True))
    columns = [given[place] for place in prepared.order]
    for place, convert in prepared.converters:
        columns[place] = convert(columns[place])
    connection.exec_driver_sql(prepared.text, list(zip(*columns, strict=True)))


class _Prepared(NamedTuple):
    """A compiled insert.

    Attributes:
        text: for the driver.
        order: places of the columns in the order of its parameters.
        converters: place of a parameter and what the driver needs done to its column.
    """

    text: str
    order: tuple[int, ...]
    converters: tuple[tuple[int, Callable[[tuple[Any, ...]], tuple[Any, ...]]], ...]


@lru_cache(maxsize=64)
def _prepared(table: Table, dialect: Dialect, bound: tuple[str, ...], fixed: tuple[tuple[str, Any], ...]) -> _Prepared:
    values: dict[str, ColumnElement[Any]] = {name: bindparam(f"v{place}") for place, name in enumerate(bound)}
    values |= {name: literal_column(repr(value)) for name, value in fixed}
    compiled = insert(table).values(values).compile(dialect=dialect)
    order = tuple(int(parameter[1:]) for parameter in compiled.positiontup or ())
    converters = (
        (place, partial(_converted, convert))
        for place, name in enumerate(bound[each] for each in order)
        if (convert := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
    )
    return _Prepared(str(compiled), order, tuple(converters))


#: So many values of a column tell whether it repeats itself.
_SAMPLE = 64


def _converted(convert: Callable[[Any], Any], column: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values as the driver needs them; in a column that repeats itself, each different one is converted once."""
    if len(column) >= _SAMPLE > 2 * len(set(column[:_SAMPLE])):
        return tuple(map({value: convert(value) for value in set(column)}.__getitem__, column))
    return tuple(map(convert, column))
