"""A customer of Sage: account (Kontokorrent), address, contact person and bank account on one line.

Columns and lengths: reference `sage-100.md` section 4 and 2.11.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Code, day, flag, money, number, text, whole
from exchange.records.countries import country_code

TAXATIONS = (
    Code("0", "steuerfrei", "exempt"),
    Code("1", "Inland", "domestic"),
    Code("2", "EU mit USt-IdNr", "EU with VAT number"),
    Code("3", "EU ohne USt-IdNr", "EU without VAT number"),
    Code("4", "Verbundene Unternehmen", "affiliated companies"),
    Code("5", "Export/Import", "export/import"),
)
LANGUAGES = (Code("D", "Deutsch", "German"), Code("E", "Englisch", "English"))
SALUTATIONS = (Code("Herr", "Herr", "Mr"), Code("Frau", "Frau", "Ms"), Code("Firma", "Firma", "Company"))

_ZEROS = {"note_de": "Text: führende Nullen bleiben stehen", "note_en": "Text: leading zeros are kept"}


class Customer(NamedTuple):
    """One customer with everything that a first take-over brings."""

    number: Annotated[str, text("Kundennummer", "Customer number", 20, example="D100001", note_de="leer: die nächste freie Nummer wird vergeben", note_en="empty: the next free number is assigned")]
    template: Annotated[str, text("Vorlagekunde", "Template customer", 20, example="D99999", note_de="Kunde in Sage, von dem Zahlungsbedingung, Währung usw. kopiert werden", note_en="Customer in Sage whose terms are copied")]
    matchcode: Annotated[str, text("Matchcode", "Search name", 50, note_de="leer: Name1, Ort", note_en="empty: name 1, city")]
    salutation: Annotated[str, text("Anrede", "Salutation", 50, codes=SALUTATIONS, example="Firma")]
    name1: Annotated[str, text("Name1", "Name 1", 50, required=True, example="Muster GmbH")]
    name2: Annotated[str, text("Name2", "Name 2", 50)]
    addition: Annotated[str, text("Zusatz", "Addition", 64)]
    street: Annotated[str, text("Strasse", "Street", 64, example="Hauptstraße 5")]
    country: Annotated[str, country_code("Land", "Country", required=True, example="DE", note_de="ISO, zwei Buchstaben", note_en="ISO, two letters")]
    zip: Annotated[str, text("PLZ", "Postcode", 24, example="01067", **_ZEROS)]
    city: Annotated[str, text("Ort", "City", 40, required=True, example="Dresden")]
    post_addition: Annotated[str, text("PostZusatz", "Postal addition", 64)]
    post_street: Annotated[str, text("PostStrasse", "Postal street", 64)]
    post_country: Annotated[str, country_code("PostLand", "Postal country")]
    post_zip: Annotated[str, text("PostPLZ", "Postal postcode", 24, **_ZEROS)]
    post_city: Annotated[str, text("PostOrt", "Postal city", 40)]
    greeting: Annotated[str, text("Ansprache", "Greeting", 50, example="Sehr geehrte Damen und Herren")]
    phone: Annotated[str, text("Telefon", "Phone", 32, example="+49 351 123456", **_ZEROS)]
    fax: Annotated[str, text("Telefax", "Fax", 32, **_ZEROS)]
    mobile: Annotated[str, text("Mobilfunk", "Mobile", 32, **_ZEROS)]
    email: Annotated[str, text("EMail", "E-mail", 255, example="einkauf@example.org")]
    homepage: Annotated[str, text("Homepage", "Homepage", 130)]
    language: Annotated[str, text("Sprache", "Language", 3, upper=True, codes=LANGUAGES, example="D")]
    address_group: Annotated[str, text("Adressgruppe", "Address group", 10)]
    reference: Annotated[str, text("Referenz", "Reference", 20)]
    memo: Annotated[str, text("Memo", "Memo", 4000, long=True)]
    first_contact: Annotated[date | None, day("Erstkontakt", "First contact", example="2026-01-31")]
    active: Annotated[bool | None, flag("Aktiv", "Active", example="1")]
    currency: Annotated[str, text("Waehrung", "Currency", 3, upper=True, example="EUR")]
    taxation: Annotated[str, text("Besteuerung", "Taxation", 1, codes=TAXATIONS, example="1")]
    eu_country: Annotated[str, country_code("EULand", "EU country")]
    vat_number: Annotated[str, text("UStIdNr", "VAT number", 15, example="DE136695976", note_de="mit Länderkürzel", note_en="with country prefix")]
    tax_number: Annotated[str, text("Steuernummer", "Tax number", 20, **_ZEROS)]
    payment_terms: Annotated[str, text("Zahlungskondition", "Payment terms", 10, **_ZEROS)]
    collection: Annotated[str, text("Inkassoart", "Collection", 10)]
    price_list: Annotated[int | None, whole("Preisliste", "Price list", 9, example="1")]
    discount_list: Annotated[int | None, whole("Rabattliste", "Discount list", 9)]
    discount_percent: Annotated[Decimal | None, number("Rabattsatz", "Discount percent", 4, length=3, example="5", note_de="Prozent: 5 heißt 5 %", note_en="Percent: 5 means 5 %")]
    discount_group: Annotated[str, text("Rabattgruppe", "Discount group", 10)]
    gross_prices: Annotated[bool | None, flag("Preiskennzeichen", "Gross prices", note_de="J: Preise brutto (B2C), N: netto", note_en="Y: gross (B2C), N: net")]
    shipping: Annotated[str, text("Versand", "Shipping", 10)]
    delivery_terms: Annotated[str, text("Lieferbedingung", "Delivery terms", 10)]
    tour: Annotated[str, text("Tour", "Tour", 10)]
    group: Annotated[str, text("Kundengruppe", "Customer group", 10, example="B2B")]
    representative: Annotated[str, text("Vertreter", "Representative", 10)]
    invoice_customer: Annotated[str, text("Rechnungsempfaenger", "Invoice customer", 20)]
    credit_limit: Annotated[Decimal | None, money("Kreditlimit", "Credit limit", example="5000")]
    partial_delivery: Annotated[bool | None, flag("Teillieferungen", "Partial deliveries")]
    blocked: Annotated[bool | None, flag("IstGesperrt", "Blocked", example="0")]
    buyer_reference: Annotated[str, text("LeitwegID", "Buyer reference", 46)]
    contact_salutation: Annotated[str, text("AP_Anrede", "Contact salutation", 50)]
    contact_title: Annotated[str, text("AP_Titel", "Contact title", 50)]
    contact_first_name: Annotated[str, text("AP_Vorname", "Contact first name", 50)]
    contact_last_name: Annotated[str, text("AP_Nachname", "Contact last name", 50)]
    contact_department: Annotated[str, text("AP_Abteilung", "Contact department", 50)]
    contact_position: Annotated[str, text("AP_Position", "Contact position", 64)]
    contact_phone: Annotated[str, text("AP_Telefon", "Contact phone", 32)]
    contact_mobile: Annotated[str, text("AP_Mobilfunk", "Contact mobile", 32)]
    contact_email: Annotated[str, text("AP_EMail", "Contact e-mail", 255)]
    iban: Annotated[str, text("IBAN", "IBAN", 34, upper=True, example="DE89370400440532013000")]
    bic: Annotated[str, text("BIC", "BIC", 11, upper=True)]
    account_holder: Annotated[str, text("Kontoinhaber", "Account holder", 27)]
    bank: Annotated[str, text("Institut", "Bank", 40)]
    shop_customer_number: Annotated[str, text("Shop_Kundennummer", "Shop customer number", 255)]
