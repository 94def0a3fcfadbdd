"""A sales order as the shop knows it.

Unit prices are before discount, line totals after it; both are given without (`_excl`) and with tax (`_incl`)
(reference `lightspeed-ecom.md` section 1.6). Tax rates are percent: 19 means 19 %.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Rows, flag, moment, money, number, text, whole
from exchange.records.countries import country_code


class OrderLine(NamedTuple):
    """One article of an order."""

    position: Annotated[int | None, whole("Position", "Position", 5, example="1")]
    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="00200050")]
    ean: Annotated[str, text("EAN", "EAN", 14)]
    title: Annotated[str, text("Bezeichnung", "Title", 255, example="Kaffeebecher blau")]
    variant_title: Annotated[str, text("Variante", "Variant", 255)]
    quantity: Annotated[Decimal | None, number("Menge", "Quantity", required=True, example="2")]
    unit: Annotated[str, text("Mengeneinheit", "Unit", 5)]
    unit_price_excl: Annotated[Decimal | None, money("Einzelpreis netto", "Unit price excl. tax", example="8.4034")]
    unit_price_incl: Annotated[Decimal | None, money("Einzelpreis brutto", "Unit price incl. tax", example="10.00")]
    discount_excl: Annotated[Decimal | None, money("Rabatt netto", "Line discount excl. tax")]
    discount_incl: Annotated[Decimal | None, money("Rabatt brutto", "Line discount incl. tax")]
    total_excl: Annotated[Decimal | None, money("Zeilensumme netto", "Line total excl. tax", example="16.81")]
    total_incl: Annotated[Decimal | None, money("Zeilensumme brutto", "Line total incl. tax", example="20.00")]
    tax_rate: Annotated[
        Decimal | None,
        number(
            "Steuersatz",
            "Tax rate",
            3,
            length=3,
            example="19",
            note_de="leer: nach der Steuerklasse des Artikels",
            note_en="empty: by the tax class of the article",
        ),
    ]


class OrderTax(NamedTuple):
    """Tax of the article lines at one rate, as the shop summed it."""

    name: Annotated[str, text("Steuername", "Tax name", 50, example="MwSt")]
    rate: Annotated[Decimal | None, number("Steuersatz Summe", "Tax total rate", 3, length=3, required=True)]
    amount: Annotated[Decimal | None, money("Steuerbetrag", "Tax amount", negative=True, required=True)]


class Order(NamedTuple):
    """An order with its customer, terms, lines and taxes."""

    number: Annotated[
        str, text("Bestellnummer", "Order number", 50, required=True, volatile=True, example="ORD00018")
    ]  # the key knows it, however it is spelt
    shop_order_id: Annotated[str, text("Shop-Bestell-Id", "Shop order id", 50)]
    ordered_at: Annotated[datetime | None, moment("Bestelldatum", "Ordered at", required=True)]
    status: Annotated[str, text("Status", "Status", 50, volatile=True)]
    payment_status: Annotated[str, text("Zahlungsstatus", "Payment status", 30, volatile=True)]
    channel: Annotated[str, text("Kanal", "Channel", 30)]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, example="EUR")]
    language: Annotated[str, text("Sprache", "Language", 5)]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20)]
    shop_customer_id: Annotated[str, text("Shop-Kunden-Id", "Shop customer id", 50)]
    guest: Annotated[bool | None, flag("Gastbestellung", "Guest order")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, example="erika@example.org")]
    phone: Annotated[str, text("Telefon", "Phone", 32)]
    mobile: Annotated[str, text("Mobiltelefon", "Mobile", 32)]
    salutation: Annotated[str, text("Anrede", "Salutation", 50)]
    first_name: Annotated[str, text("Vorname", "First name", 50)]
    last_name: Annotated[str, text("Nachname", "Last name", 50, example="Muster")]
    company: Annotated[str, text("Firma", "Company", 100)]
    vat_number: Annotated[str, text("USt-IdNr", "VAT number", 20)]
    billing_name: Annotated[str, text("Rechnung Name", "Billing name", 100, example="Erika Muster")]
    billing_addition: Annotated[str, text("Rechnung Zusatz", "Billing addition", 64)]
    billing_street: Annotated[str, text("Rechnung Straße", "Billing street", 64, example="Hauptstraße 5")]
    billing_zip: Annotated[str, text("Rechnung PLZ", "Billing postcode", 24, example="01067")]
    billing_city: Annotated[str, text("Rechnung Ort", "Billing city", 40, example="Dresden")]
    billing_region: Annotated[str, text("Rechnung Region", "Billing region", 50)]
    billing_country: Annotated[
        str, country_code("Rechnung Land", "Billing country", required=True, example="DE")
    ]
    delivery_company: Annotated[str, text("Lieferung Firma", "Delivery company", 100)]
    delivery_name: Annotated[str, text("Lieferung Name", "Delivery name", 100)]
    delivery_addition: Annotated[str, text("Lieferung Zusatz", "Delivery addition", 64)]
    delivery_street: Annotated[str, text("Lieferung Straße", "Delivery street", 64)]
    delivery_zip: Annotated[str, text("Lieferung PLZ", "Delivery postcode", 24)]
    delivery_city: Annotated[str, text("Lieferung Ort", "Delivery city", 40)]
    delivery_region: Annotated[str, text("Lieferung Region", "Delivery region", 50)]
    delivery_country: Annotated[str, country_code("Lieferung Land", "Delivery country")]
    payment_code: Annotated[str, text("Zahlungsart", "Payment method", 100, example="invoice")]
    payment_title: Annotated[str, text("Zahlungsart Text", "Payment title", 100)]
    payment_excl: Annotated[Decimal | None, money("Zahlungsgebühr netto", "Payment fee excl. tax", negative=True)]
    payment_incl: Annotated[Decimal | None, money("Zahlungsgebühr brutto", "Payment fee incl. tax", negative=True)]
    payment_tax_rate: Annotated[Decimal | None, number("Steuersatz Zahlungsgebühr", "Payment tax rate", 3, length=3)]
    shipping_code: Annotated[str, text("Versandart", "Shipping method", 100, example="core|33265|55707")]
    shipping_title: Annotated[str, text("Versandart Text", "Shipping title", 100)]
    shipping_excl: Annotated[Decimal | None, money("Versandkosten netto", "Shipping excl. tax")]
    shipping_incl: Annotated[Decimal | None, money("Versandkosten brutto", "Shipping incl. tax")]
    shipping_tax_rate: Annotated[Decimal | None, number("Steuersatz Versand", "Shipping tax rate", 3, length=3)]
    discount_excl: Annotated[Decimal | None, money("Gesamtrabatt netto", "Order discount excl. tax")]
    discount_incl: Annotated[Decimal | None, money("Gesamtrabatt brutto", "Order discount incl. tax")]
    coupon_code: Annotated[str, text("Gutscheincode", "Coupon code", 50)]
    gift_card: Annotated[
        Decimal | None,
        money(
            "Geschenkkarte",
            "Gift card",
            note_de="so viel der Summe ist mit Geschenkkarten bezahlt",
            note_en="so much of the total is paid with gift cards",
        ),
    ]
    total_excl: Annotated[Decimal | None, money("Summe netto", "Total excl. tax")]
    total_incl: Annotated[Decimal | None, money("Summe brutto", "Total incl. tax")]
    comment: Annotated[str, text("Kommentar", "Comment", 4000, long=True)]
    lines: Annotated[tuple[OrderLine, ...], Rows("Positionen", "Lines", "line", required=True)]
    taxes: Annotated[tuple[OrderTax, ...], Rows("Steuern", "Taxes", "tax")]
