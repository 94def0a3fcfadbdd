"""Who of Sage's customers is who in the shop (`sage-100.md` 2.11, 5.2): by the account, never by a single document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from exchange import khk
from exchange.trade.deals import shared_emails

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

    from exchange.connector import SageSource


def emails(source: SageSource, *, linked: bool) -> Mapping[str, str]:
    """The e-mail address of each customer, by number; empty where he has none, or shares it with another.

    Without those that are nobody, or anybody: templates, and the collective account of one-off customers.

    Args:
        source: Sage.
        linked: only customers with a number of the shop (WSKdNr); without that column all.
    """
    account, person = khk.KONTOKORRENT.c, khk.ADRESSEN.c
    mandant, given = source.settings.mandant, source.settings.customers
    nobody = {*given.templates.values(), *given.group_templates.values(), given.one_off}
    query = (
        select(account.Kto, person.EMail)
        .join_from(khk.KONTOKORRENT, khk.ADRESSEN, account.Adresse == person.Adresse)
        .where(account.Mandant == mandant, person.Mandant == mandant, account.KtoArt == "D")
        .where(account.Kto.not_in(nobody))
    )
    if linked and account.WSKdNr.name.lower() in source.columns(khk.KONTOKORRENT.name):
        query = query.where(account.WSKdNr != "")
    shared = shared_emails(source)
    own = ((row["Kto"].strip(), (row["EMail"] or "").strip()) for row in source.rows(query))
    return {kto: "" if email.casefold() in shared else email for kto, email in own}


def not_one_off(source: SageSource) -> Iterator[ColumnElement[bool]]:
    """Documents of a customer of their own; those of one-off customers stand on an account that many share (5.2)."""
    flag = khk.BELEGE.c.A0Einmalkunde
    if flag.name.lower() in source.columns(khk.BELEGE.name):
        yield or_(flag.is_(None), func.abs(flag) == 0)
