"""Codes of Sage with their meaning, for people who fill in the customer template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connectors.sage.lookup import CUSTOMER_GROUPS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from exchange.connectors.sage.database import SageDatabase


def code_lists(sage: SageDatabase) -> dict[str, list[tuple[str, str]]]:
    """Pairs of code and meaning, by field of `exchange.records.customer.Customer`. Raises TransientError."""
    terms, group, prices = khk.ZAHLUNGSKONDITIONEN.c, khk.GRUPPEN.c, khk.PREISLISTEN.c
    return {
        "payment_terms": _pairs(sage, terms.Zahlungskond, terms.Bezeichnung, terms.Mandant),
        "group": _pairs(sage, group.Gruppe, group.Bezeichnung, group.Mandant, group.Typ == CUSTOMER_GROUPS),
        "price_list": _pairs(sage, prices.ID, prices.Bezeichnung, prices.Mandant, prices.IstAktion == 0),
        "template": _templates(sage),
    }


def _pairs(
    sage: SageDatabase,
    code: ColumnElement[Any],
    meaning: ColumnElement[Any],
    mandant: ColumnElement[Any],
    *more: ColumnElement[bool],
) -> list[tuple[str, str]]:
    query: Select[Any] = select(code.label("code"), meaning.label("meaning")).where(
        mandant == sage.settings.mandant, *more
    )
    return [(str(row["code"]).strip(), (row["meaning"] or "").strip()) for row in sage.rows(query.order_by(code))]


def _templates(sage: SageDatabase) -> list[tuple[str, str]]:
    """The template customers that the settings name."""
    account = khk.KONTOKORRENT.c
    named = account.Kto.in_(sorted(set(sage.settings.customers.templates.values())))
    return _pairs(sage, account.Kto, account.Matchcode, account.Mandant, named)
