"""What customers owe, out of Sage (`sage-100.md` 2.12 to 2.14): invoices less what was credited for them.

Sage's tables of open items are not known, so a column of the merchant's own tells what is paid.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from exchange import khk
from exchange.convert import canonical
from exchange.records.payment_request import PaymentRequest
from exchange.trade.documents import net_days

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping, Select

    from exchange.connector import SageSource

_NAMES = ("BelID", "Belegkennzeichen", "Belegjahr", "Belegnummer", "Belegdatum", "Bruttobetrag", "WKz", "Sprache")
_MORE = ("A0Empfaenger", "A0Name1", "Referenznummer", "VorID", "ReferenzBelID", "WSBestellNr", "WSEmail")


def owed(
    source: SageSource, kinds: Sequence[str], credit_kinds: Sequence[str], paid_column: str, past: timedelta
) -> Iterator[PaymentRequest]:
    """Invoices with their due date, and what is left of their amount.

    Args:
        source: Sage's database.
        kinds: documents that are to be paid (Belegkennzeichen).
        credit_kinds: documents that take something off them; their totals are positive too (2.13).
        paid_column: column of KHKVKBelege that is set once a document is paid.
        past: how long ago documents may be from.
    """
    since = (source.now() - past).astimezone(source.zone).replace(tzinfo=None)
    invoices = [
        row for row in _invoices(source, kinds, paid_column, since) if row["Belegdatum"] and row["Bruttobetrag"]
    ]
    credited = _credited(source, kinds, credit_kinds, invoices, since)
    days = _terms(source)
    for row in invoices:
        gross = Decimal(row["Bruttobetrag"])
        left = gross - credited.get(row["BelID"], Decimal(0))
        yield PaymentRequest(
            document=f"{row['Belegkennzeichen']}-{row['Belegjahr']}-{row['Belegnummer']}",
            order_number=_text(row["WSBestellNr"]) or _text(row["Referenznummer"]),
            customer_number=_text(row["A0Empfaenger"]),
            name=_text(row["A0Name1"]),
            email=_text(row["WSEmail"]) or _text(row["EMail"]),
            language="EN" if _text(row["Sprache"]).upper().startswith("E") else "DE",
            amount=canonical(left if left > 0 else gross, 4, 2),
            currency=_text(row["WKz"]) or source.settings.currency,
            due_on=row["Belegdatum"].date() + timedelta(days=days.get(row["BelID"], 0)),
            paid=_text(row["paid"]) not in ("", "0"),
            cancelled=left <= 0,
            link="",
        )


def _invoices(source: SageSource, kinds: Sequence[str], paid_column: str, since: datetime) -> Iterator[RowMapping]:
    table, person = khk.BELEGE, khk.ADRESSEN.c
    query = (
        select(
            *khk.available([table.c[name] for name in (*_NAMES, *_MORE)], source.columns(table.name)),
            khk.own(table, paid_column).label("paid"),
            person.EMail,
        )
        .join_from(
            table,
            khk.ADRESSEN,
            and_(person.Adresse == table.c.A0AdressNr, person.Mandant == table.c.Mandant),
            isouter=True,
        )
        .where(
            table.c.Mandant == source.settings.mandant,
            table.c.Belegkennzeichen.in_(kinds),
            table.c.Belegdatum >= since,
        )
        .order_by(table.c.BelID)
    )
    return source.rows(query)


def _credited(
    source: SageSource,
    kinds: Sequence[str],
    credit_kinds: Sequence[str],
    invoices: Sequence[RowMapping],
    since: datetime,
) -> Mapping[int, Decimal]:
    """What was credited, by the invoice: the one that a credit note refers to, otherwise those of its deal in order."""
    gross = {row["BelID"]: Decimal(row["Bruttobetrag"]) for row in invoices}
    deals: dict[int, list[int]] = {}
    for row in invoices:
        if row["VorID"]:
            deals.setdefault(row["VorID"], []).append(row["BelID"])
    taken = dict.fromkeys(gross, Decimal(0))
    for row in source.rows(_credits(source.settings.mandant, credit_kinds, since)):
        amount = abs(Decimal(row["Bruttobetrag"] or 0))
        refers = row["kind"] in kinds
        for invoice in [row["ReferenzBelID"]] if refers else deals.get(row["VorID"], []):
            part = min(amount, gross.get(invoice, amount) - taken.get(invoice, Decimal(0)))
            taken[invoice] = taken.get(invoice, Decimal(0)) + part
            amount -= part
    return taken


def _credits(mandant: int, kinds: Sequence[str], since: datetime) -> Select[Any]:
    """Credit notes, and the kind of the document that each comes from."""
    table, origin = khk.BELEGE.c, khk.BELEGE.alias()
    return (
        select(table.VorID, table.ReferenzBelID, table.Bruttobetrag, origin.c.Belegkennzeichen.label("kind"))
        .join_from(
            khk.BELEGE,
            origin,
            and_(origin.c.BelID == table.ReferenzBelID, origin.c.Mandant == table.Mandant),
            isouter=True,
        )
        .where(table.Mandant == mandant, table.Belegkennzeichen.in_(kinds), table.Belegdatum >= since)
        .order_by(table.BelID)
    )


def _terms(source: SageSource) -> Mapping[int, int]:
    """Days until payment, by the document; the terms with the highest id count (2.12)."""
    terms = khk.BELEGE_ZKD.c
    query = select(terms.BelID, terms.Nettobedingung).where(terms.Mandant == source.settings.mandant).order_by(terms.ID)
    return {row["BelID"]: net_days(row["Nettobedingung"]) for row in source.rows(query)}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
