"""A customer as the shop knows him (reference `lightspeed-ecom.md` 2.17, 3.2): one billing and one delivery address."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, NamedTuple

from exchange.record import Code, Rows, day, flag, moment, text
from exchange.records.countries import country_code

SALUTATIONS = (Code("Herr", "Herr", "Mr"), Code("Frau", "Frau", "Ms"))


class ShopCustomerGroup(NamedTuple):
    """A customer group of the shop that he belongs to."""

    title: Annotated[str, text("Gruppe", "Group", 100, required=True, example="B2B")]


class ShopCustomer(NamedTuple):
    """A customer of the shop, registered or guest."""

    shop_customer_id: Annotated[str, text("Shop-Kunden-Id", "Shop customer id", 50, example="2178882")]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, example="D100001", note_de="Konto in Sage, wo der Shop es kennt", note_en="account in Sage, where the shop knows it")]
    registered: Annotated[bool | None, flag("Registriert", "Registered", example="1", note_de="N: Gast", note_en="N: guest")]
    confirmed: Annotated[bool | None, flag("Bestätigt", "Confirmed", volatile=True)]
    changed_at: Annotated[datetime | None, moment("Geändert am", "Changed at", volatile=True)]
    language: Annotated[str, text("Sprache", "Language", 5, example="de")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, required=True, example="erika@example.org")]
    phone: Annotated[str, text("Telefon", "Phone", 32, example="+49 351 123456")]
    mobile: Annotated[str, text("Mobiltelefon", "Mobile", 32)]
    salutation: Annotated[str, text("Anrede", "Salutation", 50, codes=SALUTATIONS, example="Frau")]
    first_name: Annotated[str, text("Vorname", "First name", 50, example="Erika")]
    last_name: Annotated[str, text("Nachname", "Last name", 50, example="Muster")]
    birth_date: Annotated[date | None, day("Geburtsdatum", "Date of birth")]
    company: Annotated[str, text("Firma", "Company", 100, example="Muster GmbH")]
    company_number: Annotated[str, text("Handelsregisternummer", "Company registration number", 50)]
    vat_number: Annotated[str, text("USt-IdNr", "VAT number", 20, example="DE136695976")]
    billing_name: Annotated[str, text("Rechnung Name", "Billing name", 100)]
    billing_addition: Annotated[str, text("Rechnung Zusatz", "Billing addition", 64)]
    billing_street: Annotated[str, text("Rechnung Straße", "Billing street", 64, example="Hauptstraße 5")]
    billing_zip: Annotated[str, text("Rechnung PLZ", "Billing postcode", 24, example="01067")]
    billing_city: Annotated[str, text("Rechnung Ort", "Billing city", 40, example="Dresden")]
    billing_region: Annotated[str, text("Rechnung Region", "Billing region", 50)]
    billing_country: Annotated[str, country_code("Rechnung Land", "Billing country", example="DE")]
    delivery_company: Annotated[str, text("Lieferung Firma", "Delivery company", 100)]
    delivery_name: Annotated[str, text("Lieferung Name", "Delivery name", 100)]
    delivery_addition: Annotated[str, text("Lieferung Zusatz", "Delivery addition", 64)]
    delivery_street: Annotated[str, text("Lieferung Straße", "Delivery street", 64)]
    delivery_zip: Annotated[str, text("Lieferung PLZ", "Delivery postcode", 24)]
    delivery_city: Annotated[str, text("Lieferung Ort", "Delivery city", 40)]
    delivery_region: Annotated[str, text("Lieferung Region", "Delivery region", 50)]
    delivery_country: Annotated[str, country_code("Lieferung Land", "Delivery country")]
    groups: Annotated[tuple[ShopCustomerGroup, ...], Rows("Kundengruppen", "Customer groups", "group")]
