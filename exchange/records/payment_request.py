"""Money that a customer owes for one document or order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import day, flag, money, text


class PaymentRequest(NamedTuple):
    """What is to be paid, until when, and by whom; paid or cancelled ends it."""

    document: Annotated[str, text("Beleg", "Document", 50, required=True, example="VFR-2026-10001")]
    order_number: Annotated[str, text("Bestellnummer Shop", "Order number of the shop", 50, example="ORD00018")]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, example="D100001")]
    name: Annotated[str, text("Name", "Name", 100, example="Anna Becker")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, required=True, example="a.becker@morgenrot.example")]
    language: Annotated[str, text("Sprache", "Language", 2, upper=True, example="DE")]
    amount: Annotated[Decimal | None, money("Offener Betrag", "Amount due", required=True, example="59.50")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, required=True, example="EUR")]
    due_on: Annotated[date | None, day("Fällig am", "Due on", required=True, example="2026-11-23")]
    paid: Annotated[bool | None, flag("Bezahlt", "Paid", example="0")]
    cancelled: Annotated[bool | None, flag("Storniert", "Cancelled", example="0")]
    link: Annotated[str, text("Zahlungslink", "Pay link", 500, example="https://shop.example/de/pay/1001")]
