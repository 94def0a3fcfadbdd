"""Code lists of Sage with their meaning, for the drop-downs of the customer template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from exchange.khk import GRUPPEN, KONTOKORRENT, PREISLISTEN, ZAHLUNGSKONDITIONEN

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from exchange.connectors.sage.database import SageDatabase

#: KHKGruppen.Typ of customer groups (sage-100.md 2.11).
CUSTOMER_GROUPS = 11


def code_lists(database: SageDatabase) -> dict[str, list[tuple[str, str]]]:
    """Pairs of code and meaning, per field of `exchange.records.customer.Customer`."""
    return {
        "group": _pairs(database, GRUPPEN, GRUPPEN.c.Gruppe, GRUPPEN.c.Bezeichnung, GRUPPEN.c.Typ == CUSTOMER_GROUPS),
        "payment_terms": _pairs(
            database, ZAHLUNGSKONDITIONEN, ZAHLUNGSKONDITIONEN.c.Zahlungskond, ZAHLUNGSKONDITIONEN.c.Bezeichnung
        ),
        "price_list": _pairs(database, PREISLISTEN, PREISLISTEN.c.ID, PREISLISTEN.c.Bezeichnung),
        "template": _pairs(
            database, KONTOKORRENT, KONTOKORRENT.c.Kto, KONTOKORRENT.c.Matchcode, KONTOKORRENT.c.Kto.in_(_templates(database))
        ),
    }


def _templates(database: SageDatabase) -> list[str]:
    return sorted(set(database.settings.customers.templates.values()))


def _pairs(database: SageDatabase, table: Table, code: Column[object], name: Column[object], *where: object) -> list[tuple[str, str]]:
    query = select(code, name).where(table.c.Mandant == database.settings.mandant, *where).order_by(code)  # type: ignore[arg-type]
    return [(str(row[code.name]), str(row[name.name] or "")) for row in database.rows(query)]
