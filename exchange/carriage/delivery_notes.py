"""Delivery notes out of Sage's own tables (`sage-100.md` 2.13, 2.15), as a carrier needs them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, select

from exchange import khk
from exchange.convert import canonical
from exchange.records.shipment import Shipment
from exchange.trade.documents import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from sqlalchemy import RowMapping

    from exchange.connector import SageSource

#: A shipment of which nothing is known.
BLANK = Shipment._make(
    [None if each in ("shipped_on", "weight_kg", "parcels", "cod_amount") else "" for each in Shipment._fields]
)


class Chosen(NamedTuple):
    """Which documents are shipped here.

    Attributes:
        kinds: of documents (Belegkennzeichen).
        past: how long ago they may be from.
        methods: carrier per shipping code of Sage (Versand).
    """

    kinds: Sequence[str]
    past: timedelta
    methods: Mapping[str, str]


def delivery_notes(
    source: SageSource, chosen: Chosen, cash_on_delivery: Sequence[str], parcels_column: str
) -> Iterator[Shipment]:
    """Delivery notes and the like, by id.

    Args:
        source: Sage's database.
        chosen: which of them.
        cash_on_delivery: shipping codes that mean it.
        parcels_column: column of KHKVKBelege with the number of parcels; empty: it is 1.
    """
    table, person = khk.BELEGE, khk.ADRESSEN.c
    since = (source.now() - chosen.past).astimezone(source.zone).replace(tzinfo=None)
    names = (
        "BelID",
        "Belegkennzeichen",
        "Belegjahr",
        "Belegnummer",
        "Belegdatum",
        "A0Empfaenger",
        "Versand",
        "WSBestellNr",
    )
    places = [f"{role}{name}" for role in ("A0", "A1") for name in _PLACE]
    more = ("Referenznummer", "Sprache", "Gewicht", "Bruttobetrag", "WSEmail")
    query = (
        select(
            *khk.available([table.c[name] for name in (*names, *places, *more)], source.columns(table.name)),
            person.EMail,
            person.Telefon,
            *([khk.own(table, parcels_column).label("parcels")] if parcels_column else []),
        )
        .join_from(
            table,
            khk.ADRESSEN,
            and_(person.Adresse == table.c.A0AdressNr, person.Mandant == table.c.Mandant),
            isouter=True,
        )
        .where(
            table.c.Mandant == source.settings.mandant,
            table.c.Belegkennzeichen.in_(chosen.kinds),
            table.c.Versand.in_(list(chosen.methods)),
            table.c.Belegdatum >= since,
        )
        .order_by(table.c.BelID)
    )
    for row in source.rows(query):
        yield _shipment(row, chosen.methods, cash_on_delivery)


_PLACE = ("Name1", "Name2", "Zusatz", "Ansprechpartner", "Strasse", "Land", "PLZ", "Ort")


def _shipment(row: RowMapping, methods: Mapping[str, str], cash_on_delivery: Sequence[str]) -> Shipment:
    role = "A1" if _text(row["A1Name1"]) or _text(row["A1Strasse"]) else "A0"
    country = _text(row[f"{role}Land"]).upper()
    method = _text(row["Versand"])
    weight = row["Gewicht"]
    cod = method in cash_on_delivery
    document = f"{row['Belegkennzeichen']}-{row['Belegjahr']}-{row['Belegnummer']}"
    order = _text(row["WSBestellNr"]) or _text(row["Referenznummer"])
    return BLANK._replace(
        reference=f"{order}/{document}" if order else document,
        shipped_on=row["Belegdatum"].date() if row["Belegdatum"] else None,
        order_number=order,
        customer_number=_text(row["A0Empfaenger"]),
        carrier=methods[method],
        name1=_text(row[f"{role}Name1"]),
        name2=_text(row[f"{role}Name2"]),
        contact=_text(row[f"{role}Ansprechpartner"]),
        street=_text(row[f"{role}Strasse"]),
        address_extra=_text(row[f"{role}Zusatz"]),
        zip=_text(row[f"{role}PLZ"]),
        city=_text(row[f"{role}Ort"]),
        country=COUNTRIES.get(country, country),
        email=_text(row["WSEmail"]) or _text(row["EMail"]),
        phone=_text(row["Telefon"]),
        language="EN" if _text(row["Sprache"]).upper().startswith("E") else "DE",
        weight_kg=canonical(Decimal(weight), 4) if weight else None,
        parcels=int(row.get("parcels") or 1),
        cod_amount=canonical(Decimal(row["Bruttobetrag"] or 0), 4, 2) if cod else None,
        cod_purpose=f"{_text(row['A0Empfaenger'])} {row['Belegnummer']}" if cod else "",
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
