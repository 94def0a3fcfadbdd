"""A document of the sale: quote, order confirmation, delivery note, invoice, credit note.

All amounts of a document are in one mode, net or gross, as `gross` says; Sage reads all line prices of a document by one
flag too (reference `sage-100.md` 1.6 `Preiskennzeichen`, 5.2). Amounts are positive in every kind: the kind gives the sign
(2.13). Tax rates are percent: 19 means 19 %. Shipping costs and fees are lines like any other.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Rows, day, flag, money, number, text, whole
from exchange.records.countries import country_code


class DocumentLine(NamedTuple):
    """One article of a document, or a line of text only (no article, no quantity)."""

    position: Annotated[int | None, whole("Position", "Position", 5, example="1")]
    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, example="00200050")]
    variant_id: Annotated[int | None, whole("Ausprägung", "Variant id")]
    ean: Annotated[str, text("EAN", "EAN", 14)]
    title: Annotated[str, text("Bezeichnung", "Title", 255, example="Kaffeebecher blau")]
    description: Annotated[str, text("Langtext", "Description", 4000, long=True)]
    quantity: Annotated[Decimal | None, number("Menge", "Quantity", example="2")]
    unit: Annotated[str, text("Mengeneinheit", "Unit", 5, example="Stk")]
    unit_price: Annotated[Decimal | None, money("Einzelpreis", "Unit price", example="8.4034")]
    discount: Annotated[
        Decimal | None,
        money("Zeilenrabatt", "Line discount", note_de="Betrag für die Zeile", note_en="Amount for the line"),
    ]
    total: Annotated[Decimal | None, money("Zeilensumme", "Line total", example="16.81")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, example="19")]
    predecessor_position: Annotated[int | None, whole("Position im Vorgänger", "Position in predecessor", 5)]


class DocumentTax(NamedTuple):
    """Tax of the document at one rate."""

    rate: Annotated[Decimal | None, number("Steuersatz Summe", "Tax total rate", 3, length=3, required=True)]
    base: Annotated[Decimal | None, money("Bemessungsgrundlage", "Taxable amount", negative=True)]
    amount: Annotated[Decimal | None, money("Steuerbetrag", "Tax amount", negative=True, required=True)]


class SalesDocument(NamedTuple):
    """A document with its parties, terms, lines and totals."""

    kind: Annotated[
        str,
        text(
            "Belegkennzeichen",
            "Document kind",
            3,
            upper=True,
            required=True,
            example="VFR",
            note_de="wie in Sage, z. B. VPA Angebot, VVA Auftragsbestätigung, VLL Lieferschein, VFR Rechnung, VFG Gutschrift",
            note_en="as in Sage, e.g. VPA quote, VVA order confirmation, VLL delivery note, VFR invoice, VFG credit note",
        ),
    ]
    number: Annotated[
        str, text("Belegnummer", "Document number", 50, required=True, volatile=True, example="2026-10001")
    ]
    dated_on: Annotated[date | None, day("Belegdatum", "Document date", required=True, example="23.11.2026")]
    predecessor_kind: Annotated[str, text("Vorgänger Kennzeichen", "Predecessor kind", 3, upper=True)]
    predecessor_number: Annotated[str, text("Vorgänger Nummer", "Predecessor number", 50)]
    order_number: Annotated[
        str,
        text(
            "Bestellnummer",
            "Order number",
            50,
            note_de="des Kunden oder des Shops",
            note_en="of the customer or the shop",
        ),
    ]
    status: Annotated[str, text("Status", "Status", 30)]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, required=True, example="D100001")]
    email: Annotated[str, text("E-Mail", "E-mail", 255)]
    phone: Annotated[str, text("Telefon", "Phone", 32)]
    vat_number: Annotated[str, text("USt-IdNr", "VAT number", 20)]
    billing_salutation: Annotated[str, text("Rechnung Anrede", "Billing salutation", 50)]
    billing_name1: Annotated[str, text("Rechnung Name 1", "Billing name 1", 50)]
    billing_name2: Annotated[str, text("Rechnung Name 2", "Billing name 2", 50)]
    billing_addition: Annotated[str, text("Rechnung Zusatz", "Billing addition", 64)]
    billing_street: Annotated[str, text("Rechnung Straße", "Billing street", 64)]
    billing_zip: Annotated[str, text("Rechnung PLZ", "Billing postcode", 24)]
    billing_city: Annotated[str, text("Rechnung Ort", "Billing city", 40)]
    billing_country: Annotated[str, country_code("Rechnung Land", "Billing country")]
    delivery_name1: Annotated[str, text("Lieferung Name 1", "Delivery name 1", 50)]
    delivery_name2: Annotated[str, text("Lieferung Name 2", "Delivery name 2", 50)]
    delivery_addition: Annotated[str, text("Lieferung Zusatz", "Delivery addition", 64)]
    delivery_street: Annotated[str, text("Lieferung Straße", "Delivery street", 64)]
    delivery_zip: Annotated[str, text("Lieferung PLZ", "Delivery postcode", 24)]
    delivery_city: Annotated[str, text("Lieferung Ort", "Delivery city", 40)]
    delivery_country: Annotated[str, country_code("Lieferung Land", "Delivery country")]
    delivery_on: Annotated[date | None, day("Liefertermin", "Delivery date")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, example="EUR")]
    language: Annotated[str, text("Sprache", "Language", 3, upper=True)]
    gross: Annotated[bool | None, flag("Bruttopreise", "Gross prices", required=True, example="N")]
    payment_terms: Annotated[str, text("Zahlungskondition", "Payment terms", 10)]
    due_on: Annotated[date | None, day("Fällig am", "Due on")]
    shipping_code: Annotated[str, text("Versandart", "Shipping method", 10)]
    delivery_terms: Annotated[str, text("Lieferbedingung", "Delivery terms", 10)]
    discount: Annotated[Decimal | None, money("Gesamtrabatt", "Document discount")]
    discount_text: Annotated[str, text("Rabatttext", "Discount text", 40)]
    total_net: Annotated[Decimal | None, money("Summe netto", "Total net")]
    total_tax: Annotated[Decimal | None, money("Summe Steuer", "Total tax")]
    total_gross: Annotated[Decimal | None, money("Summe brutto", "Total gross")]
    head_text: Annotated[str, text("Kopftext", "Head text", 4000, long=True)]
    foot_text: Annotated[str, text("Fußtext", "Foot text", 4000, long=True)]
    lines: Annotated[tuple[DocumentLine, ...], Rows("Positionen", "Lines", "line", required=True)]
    taxes: Annotated[tuple[DocumentTax, ...], Rows("Steuern", "Taxes", "tax")]
