"""Numbers of new rows: Sage's counters (KHKTan) and document numbers (`sage-100.md` 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from exchange import khk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

#: The counter whose row every writer of ours updates first: on SQL Server its lock keeps others waiting until the
#: commit, so that numbers, customers and effects read after it are up to date.
LOCK = khk.BELEGE
#: The first document of a kind in a year.
FIRST_DOCUMENT = 10_001


def lock(connection: Connection, mandant: int) -> None:
    """Wait for every other writer of ours, until the end of the transaction."""
    tan = khk.TAN.c
    connection.execute(update(khk.TAN).where(tan.Tabelle == LOCK.name, tan.Mandant == mandant).values(Tan=tan.Tan))


def take(connection: Connection, mandant: int, wanted: Mapping[Table, int]) -> dict[Table, int]:
    """Take ids from the counters of tables; the first id for each.

    One more than wanted is taken: whether a counter holds the last id or the next one is not documented, and so both
    readings are safe.
    """
    wanted = {table: count for table, count in wanted.items() if count}
    if not wanted:
        return {}
    tan = khk.TAN.c
    rows = [{"name": table.name, "more": count + 1} for table, count in wanted.items()]
    raised = (
        update(khk.TAN)
        .where(tan.Tabelle == bindparam("name"), tan.Mandant == mandant)
        .values(Tan=tan.Tan + bindparam("more"))
    )
    connection.execute(raised, rows)
    names = [table.name for table in wanted]
    query = select(tan.Tabelle, tan.Tan).where(tan.Mandant == mandant, tan.Tabelle.in_(names))
    reached = {row.Tabelle: row.Tan for row in connection.execute(query)}
    first: dict[Table, int] = {}
    for table, count in wanted.items():
        if table.name not in reached:  # nothing of this kind was ever written
            start = _highest(connection, mandant, table)
            connection.execute(insert(khk.TAN), {"Tabelle": table.name, "Mandant": mandant, "Tan": start + count + 1})
            reached[table.name] = start + count + 1
        first[table] = reached[table.name] - count
    return first


def _highest(connection: Connection, mandant: int, table: Table) -> int:
    key = next(column for column in table.primary_key if column.name != "Mandant")
    highest = connection.execute(select(func.max(key)).where(table.c.Mandant == mandant)).scalar()
    return int(highest or 0)


def next_documents(connection: Connection, mandant: int, kind: str, years: set[int]) -> dict[int, int]:
    """The next Belegnummer of a kind, for each year: they restart every year."""
    table = khk.BELEGE.c
    highest = select(func.max(table.Belegnummer)).where(table.Mandant == mandant, table.Belegkennzeichen == kind)
    next_ones = {}
    for year in sorted(years):  # each by itself: so the index answers, instead of a look at all documents
        number = connection.execute(highest.where(table.Belegjahr == year)).scalar()
        next_ones[year] = max((number or 0) + 1, FIRST_DOCUMENT)
    return next_ones
