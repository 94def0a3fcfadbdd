"""Parcel numbers that people or other programs wrote into Sage's documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from exchange import khk
from exchange.records.tracking import Parcel, Tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from exchange.connector import SageSource

_SEPARATORS = re.compile(r"[;,|\s]+")


def written_in_sage(
    source: SageSource, own: Mapping[str, str], kinds: Sequence[str], past: timedelta
) -> Iterator[Tracking]:
    """Documents that hold parcel numbers in a column of the merchant's own.

    Args:
        source: Sage's database.
        own: columns of KHKVKBelege: `numbers`, several in one text, and `carrier`, which may be empty.
        kinds: documents that are read (Belegkennzeichen).
        past: how long ago they may be from.
    """
    table, person = khk.BELEGE, khk.ADRESSEN.c
    since = (source.now() - past).astimezone(source.zone).replace(tzinfo=None)
    names = ("Belegkennzeichen", "Belegjahr", "Belegnummer", "Belegdatum", "Referenznummer", "Sprache", "A1PLZ")
    columns = [table.c[name] for name in (*names, "WSBestellNr", "WSEmail")]
    query = (
        select(
            *khk.available(columns, source.columns(table.name)),
            *(khk.own(table, column).label(name) for name, column in own.items() if column),
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
    for row in source.rows(query):
        numbers = [each for each in _SEPARATORS.split(_text(row["numbers"])) if each]
        if numbers:
            order = _text(row["WSBestellNr"]) or _text(row["Referenznummer"])
            document = f"{row['Belegkennzeichen']}-{row['Belegjahr']}-{row['Belegnummer']}"
            yield Tracking(
                reference=f"{order}/{document}" if order else document,
                order_number=order,
                carrier=_text(row["carrier"]).casefold() if own["carrier"] else "",
                shipped_on=row["Belegdatum"].date() if row["Belegdatum"] else None,
                email=_text(row["WSEmail"]) or _text(row["EMail"]),
                zip=_text(row["A1PLZ"]),
                language="EN" if _text(row["Sprache"]).upper().startswith("E") else "DE",
                cancelled=False,
                complete=True,
                parcels=tuple(map(Parcel, dict.fromkeys(numbers))),
            )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
