"""A document with its PDF, as a customer of the shop may see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import day, money, text


class CustomerDocument(NamedTuple):
    """One document for one customer."""

    kind: Annotated[str, text("Belegkennzeichen", "Document kind", 3, upper=True, required=True, example="VFR")]
    number: Annotated[str, text("Belegnummer", "Document number", 50, required=True, example="2026-10001")]
    title: Annotated[str, text("Bezeichnung", "Title", 50, example="Rechnung")]
    dated_on: Annotated[date | None, day("Belegdatum", "Document date", required=True, example="2026-11-23")]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, required=True, example="D100001")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, example="a.becker@morgenrot.example")]
    order_number: Annotated[str, text("Bestellnummer", "Order number", 50)]
    total_gross: Annotated[Decimal | None, money("Summe brutto", "Total gross", example="59.50")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, example="EUR")]
    file: Annotated[str, text("PDF-Datei", "PDF file", 255, required=True, example="Rechnung_2026_10001.pdf")]
    others: Annotated[str, text("Weitere passende Dateien", "Other files that fit", 1000)]
    sha256: Annotated[str, text("Prüfsumme", "Checksum", 64)]
    link_until: Annotated[date | None, day("Link gültig bis", "Link valid until")]
