"""What a printed document says, in German and English."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose document it is.

    Attributes:
        name, street, place: as they stand above the recipient.
        foot: lines at the foot of each page: register, VAT number, bank.
    """

    name: str
    street: str = ""
    place: str = ""
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    number: str
    dated: str
    customer: str
    order: str
    due: str
    position: str
    article: str
    title: str
    quantity: str
    price: str
    total: str
    discount: str
    net: str
    tax: str
    gross: str
    included: str
    copy: str
    page: str
    vat_number: str
    delivery: str
    german: bool

    def amount(self, value: Decimal, places: int = 2) -> str:
        """A number as people write it: 1.234,50 or 1,234.50."""
        text = f"{value:,.{places}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.german else text

    def price_of(self, value: Decimal) -> str:
        """Of a piece: in cents, or with the parts of a cent that it has."""
        exact = value == value.quantize(Decimal("0.01"))
        return self.amount(value) if exact else self.amount(value, 4)

    def quantity_of(self, value: Decimal) -> str:
        """Without decimals that say nothing."""
        whole = value == value.to_integral_value()
        return self.amount(value, 0) if whole else self.amount(value, 4).rstrip("0")

    def day(self, value: date) -> str:
        return value.strftime("%d.%m.%Y") if self.german else value.isoformat()


GERMAN = Words(
    number="Belegnummer",
    dated="Datum",
    customer="Kundennummer",
    order="Ihre Bestellung",
    due="Zahlbar bis",
    position="Pos.",
    article="Artikel",
    title="Bezeichnung",
    quantity="Menge",
    price="Einzelpreis",
    total="Gesamt",
    discount="Rabatt",
    net="Summe netto",
    tax="{rate} % MwSt. auf {base}",
    gross="Gesamtbetrag",
    included="darin {rate} % MwSt. auf {base}",
    copy="Kopie",
    page="Seite {page} von {pages}",
    vat_number="Ihre USt-IdNr.",
    delivery="Lieferung an",
    german=True,
)
ENGLISH = Words(
    number="Document number",
    dated="Date",
    customer="Customer number",
    order="Your order",
    due="Payable until",
    position="No.",
    article="Article",
    title="Description",
    quantity="Quantity",
    price="Unit price",
    total="Total",
    discount="Discount",
    net="Total excl. tax",
    tax="{rate} % VAT on {base}",
    gross="Total amount",
    included="included {rate} % VAT on {base}",
    copy="Copy",
    page="Page {page} of {pages}",
    vat_number="Your VAT number",
    delivery="Delivered to",
    german=False,
)


def of(language: str) -> Words:
    """The words for a language of Sage (`D`, `E`, ...); German for all that is not known."""
    return ENGLISH if language.upper().startswith("E") else GERMAN
