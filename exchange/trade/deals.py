"""What has become of an order in Sage, and what tells its customer from others (`sage-100.md` 6, join recipes)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select

from exchange import khk
from exchange.trade.documents import name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connector import SageSource

OPEN, DELIVERED, CANCELLED = "open", "delivered", "cancelled"


class Follows(NamedTuple):
    """Kinds of later documents of the same deal that say what has become of an order.

    Attributes:
        delivered: such as the delivery note and the invoice.
        cancelled: such as the cancellation.
    """

    delivered: Sequence[str]
    cancelled: Sequence[str]


def states(source: SageSource, kinds: Sequence[str], since: date, follows: Follows) -> dict[tuple[str, str], str]:
    """Kind and number → status, of those documents that are not open any more.

    Delivered is a document whose lines are all done, or that a later one of the deal delivers; the latest decides.

    Args:
        source: Sage.
        kinds: of the documents (Belegkennzeichen).
        since: local date of the oldest.
        follows: what decides.
    """
    line, head = khk.BELEGE_POSITIONEN.c, khk.BELEGE.c
    wanted = (
        head.Mandant == source.settings.mandant,
        head.Belegkennzeichen.in_(kinds),
        head.Belegdatum >= datetime.combine(since, time()),
    )
    names = (head.Belegkennzeichen, head.Belegjahr, head.Belegnummer)
    done = (
        select(*names)
        .join(khk.BELEGE_POSITIONEN, and_(line.BelID == head.BelID, line.Mandant == head.Mandant))
        .where(*wanted, line.Artikelnummer != "")
        .group_by(*names)
        .having(func.min(func.abs(func.coalesce(line.IstErledigt, 0))) > 0)
    )
    known = {_named(row): DELIVERED for row in source.rows(done)}
    mine, theirs = khk.BELEGE_VORGAENGE.alias("mine"), khk.BELEGE_VORGAENGE.alias("theirs")
    later = khk.BELEGE.alias("later")
    follow = (
        select(*names, later.c.Belegkennzeichen.label("became"))
        .join(mine, and_(mine.c.BelID == head.BelID, mine.c.Mandant == head.Mandant))
        .join(theirs, and_(theirs.c.VorID == mine.c.VorID, theirs.c.Mandant == mine.c.Mandant))
        .join(later, and_(later.c.BelID == theirs.c.BelID, later.c.Mandant == theirs.c.Mandant))
        .where(*wanted, later.c.Belegkennzeichen.in_((*follows.delivered, *follows.cancelled)))
        .order_by(later.c.BelID)
    )
    for row in source.rows(follow):  # the latest document decides
        known[_named(row)] = CANCELLED if row["became"] in follows.cancelled else DELIVERED
    return known


def _named(row: Any) -> tuple[str, str]:
    return row["Belegkennzeichen"].strip(), name(row)


def shared_emails(source: SageSource) -> set[str]:
    """E-mail addresses of more than one customer, in small letters."""
    account, person = khk.KONTOKORRENT.c, khk.ADRESSEN.c
    email = func.lower(func.ltrim(func.rtrim(person.EMail)))
    query = (
        select(email.label("email"))
        .join(khk.KONTOKORRENT, and_(account.Adresse == person.Adresse, account.Mandant == person.Mandant))
        .where(account.Mandant == source.settings.mandant, account.KtoArt == "D", person.EMail != "")
        .group_by(email)
        .having(func.count() > 1)
    )
    return {row["email"].casefold() for row in source.rows(query)}
