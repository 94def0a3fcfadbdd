"""Compares what the settings need with what the database has, before anything runs (`sage-100.md` section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import khk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from exchange.connectors.sage.database import SageDatabase

#: What the exports and look-ups of this program read.
READ = (
    khk.ARTIKEL,
    khk.ARTIKEL_VARIANTEN,
    khk.ARTIKELGRUPPEN,
    khk.PREISLISTEN,
    khk.PREISLISTEN_ARTIKEL,
    khk.LAGERORTE,
    khk.LAGERPLATZBESTAENDE,
    khk.STEUERKLASSEN,
    khk.STEUERTABELLE,
    khk.ADRESSEN,
    khk.KONTOKORRENT,
    khk.GRUPPEN,
    khk.ZAHLUNGSKONDITIONEN,
    khk.BELEGE,
    khk.BELEGE_POSITIONEN,
)
#: What the way `documents` writes in addition.
WRITTEN = (
    khk.TAN,
    khk.BELEGARTEN,
    khk.ANSPRECHPARTNER,
    khk.BANKVERBINDUNGEN,
    khk.VORGAENGE,
    khk.VORGAENGE_POSITIONEN,
    khk.BELEGE_VORGAENGE,
    khk.BELEGE_ZKD,
)
#: Which table the own columns of a module belong to; those of other modules may stand in any that is read.
_TABLES = {"categories": (khk.ARTIKELGRUPPEN,), "products": (khk.ARTIKEL,)}


def check(sage: SageDatabase) -> list[str]:
    """One line for each table or column that is missing."""
    tables = (*READ, *WRITTEN) if sage.settings.way == "documents" else READ
    return [line for table in tables for line in _lacking(sage, table)] + list(_lacking_own(sage))


def _lacking(sage: SageDatabase, table: Table) -> Iterator[str]:
    present = sage.columns(table.name)
    if not present:
        yield f"{table.name}: the table is missing"
        return
    for column in table.c:
        if not khk.optional(column) and column.name.lower() not in present:
            yield f"{table.name}.{column.name}: the column is missing"


def _lacking_own(sage: SageDatabase) -> Iterator[str]:
    settings = sage.settings
    named: list[tuple[str, tuple[Table, ...], str]] = [
        ("sage.short_text", (khk.ARTIKEL,), settings.short_text),
        ("sage.long_text", (khk.ARTIKEL,), settings.long_text),
        ("sage.shop_flag", (khk.ARTIKEL,), settings.shop_flag),
    ]
    for field, column in settings.columns.items():
        named.append((f"sage.columns.{field}", _TABLES.get(field.partition(".")[0], READ), column))
    for setting, tables, column in named:
        if column and not any(column.lower() in sage.columns(table.name) for table in tables):
            table = tables[0].name if len(tables) == 1 else "KHK…"
            yield f"{table}.{column}: the column is missing (setting {setting})"
