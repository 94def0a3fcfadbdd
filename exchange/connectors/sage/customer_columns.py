"""Customers in columns of Sage: which field stands where, and how Sage writes it (`sage-100.md` section 4)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from exchange import khk
from exchange.connectors.sage import addresses
from exchange.connectors.sage.taxes import taxation, vat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.records.customer import Customer

#: Field of the record → column of KHKAdressen (`sage-100.md` section 4).
ADDRESS: Mapping[str, str] = {
    "matchcode": "Matchcode",
    "salutation": "Anrede",
    "name1": "Name1",
    "name2": "Name2",
    "addition": "LieferZusatz",
    "street": "LieferStrasse",
    "country": "LieferLand",
    "zip": "LieferPLZ",
    "city": "LieferOrt",
    "post_addition": "PostZusatz",
    "post_street": "PostStrasse",
    "post_country": "PostLand",
    "post_zip": "PostPLZ",
    "post_city": "PostOrt",
    "greeting": "Ansprache",
    "phone": "Telefon",
    "fax": "Telefax",
    "mobile": "Mobilfunk",
    "email": "EMail",
    "homepage": "Homepage",
    "language": "Sprache",
    "address_group": "Gruppe",
    "reference": "Referenz",
    "memo": "Memo",
    "first_contact": "Erstkontakt",
    "active": "Aktiv",
}
#: Field of the record → column of KHKKontokorrent.
ACCOUNT: Mapping[str, str] = {
    "matchcode": "Matchcode",
    "active": "Aktiv",
    "currency": "WKz",
    "taxation": "Besteuerung",
    "eu_country": "EULand",
    "vat_number": "EUUStID",
    "tax_number": "KundenSteuerNr",
    "payment_terms": "Zahlungskond",
    "collection": "Inkassoart",
    "price_list": "Preisliste",
    "discount_list": "Rabattliste",
    "discount_percent": "Rabattsatz",
    "discount_group": "Rabattgruppe",
    "gross_prices": "Preiskennzeichen",
    "shipping": "Versand",
    "delivery_terms": "Lieferbedingung",
    "tour": "Tour",
    "group": "Gruppe",
    "representative": "Vertreter",
    "invoice_customer": "Rechnungsempfaenger",
    "credit_limit": "Kreditlimit",
    "partial_delivery": "Teillieferungen",
    "blocked": "IstGesperrt",
    "buyer_reference": "LeitwegID",
    "shop_customer_number": "WSKdNr",
}
#: Field of the record → column of KHKAnsprechpartner.
CONTACT: Mapping[str, str] = {
    "contact_salutation": "Anrede",
    "contact_title": "Titel",
    "contact_first_name": "Vorname",
    "contact_last_name": "Nachname",
    "contact_department": "Abteilung",
    "contact_position": "Position",
    "contact_phone": "Telefon",
    "contact_mobile": "Mobilfunk",
    "contact_email": "EMail",
}
#: Field of the record → column of KHKBankverbindungenD.
BANK: Mapping[str, str] = {"iban": "IBAN", "bic": "Swift", "account_holder": "Kontoinhaber", "bank": "Institut"}


def filled(customer: Customer, fields: Mapping[str, str]) -> dict[str, Any]:
    """The columns whose fields are filled in, as Sage writes values."""
    values = ((column, getattr(customer, field)) for field, column in fields.items())
    columns = {column: _plain(value) for column, value in values if value is not None and value != ""}
    if "EUUStID" in columns:
        country, columns["EUUStID"] = vat(columns["EUUStID"])
        if country:
            columns.setdefault("EULand", country)
    if "Besteuerung" in columns:
        columns["Besteuerung"] = int(columns["Besteuerung"])
    return columns


def completed(customer: Customer) -> Customer:
    """A new customer with what follows from the rest: search name and taxation (`sage-100.md` 1.6)."""
    return customer._replace(
        matchcode=customer.matchcode or addresses.matchcode(customer.name1, customer.city),
        taxation=customer.taxation or str(taxation(customer.country, customer.vat_number)),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return khk.YES if value else khk.NO
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value


def contact_key(contact: Mapping[Any, Any]) -> str:
    """People of one address are told apart by e-mail (`sage-100.md` 2.11), else by name."""
    return str(contact.get("EMail") or contact.get("Nachname") or "").strip().casefold()
