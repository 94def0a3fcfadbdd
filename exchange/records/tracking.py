"""Parcel numbers that a carrier gave to a delivery."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from exchange.record import Rows, day, flag, text


class Parcel(NamedTuple):
    """One parcel of the delivery."""

    parcel_number: Annotated[
        str, text("Paketnummer", "Parcel number", 40, required=True, example="00340434161094042557")
    ]


class Tracking(NamedTuple):
    """The parcels of one delivery note; one parcel may hold several deliveries, one delivery several parcels."""

    reference: Annotated[
        str, text("Sendungsreferenz", "Reference", 50, required=True, example="ORD00018/VLL-2026-10001")
    ]
    order_number: Annotated[str, text("Bestellnummer Shop", "Order number of the shop", 50, example="ORD00018")]
    carrier: Annotated[str, text("Frachtführer", "Carrier", 20, example="dhl")]
    shipped_on: Annotated[date | None, day("Versanddatum", "Shipping date", example="2026-11-23")]
    email: Annotated[str, text("E-Mail", "E-mail", 255)]
    zip: Annotated[str, text("PLZ", "Postcode", 24)]
    language: Annotated[str, text("Sprache", "Language", 2, upper=True)]
    cancelled: Annotated[bool | None, flag("Storniert", "Cancelled", example="0")]
    complete: Annotated[
        bool | None,
        flag(
            "Vollständig",
            "Complete",
            example="0",
            note_de="1: das sind alle Pakete der Sendung; 0: sie kommen zu den bekannten dazu",
            note_en="1: these are all parcels of the consignment; 0: they are added to those known",
        ),
    ]
    parcels: Annotated[tuple[Parcel, ...], Rows("Pakete", "Parcels", "parcel", required=True)]
