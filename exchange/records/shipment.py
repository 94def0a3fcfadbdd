"""What a carrier needs to know of a delivery note."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import day, money, number, text, whole
from exchange.records.countries import country_code


class Shipment(NamedTuple):
    """One delivery note on its way: recipient, sender, parcels, product and services of one carrier."""

    reference: Annotated[str, text("Sendungsreferenz", "Reference", 35, required=True, example="VLL-2026-10001")]
    shipped_on: Annotated[date | None, day("Sendungsdatum", "Shipping date", example="2026-11-23")]
    order_number: Annotated[str, text("Bestellnummer Shop", "Order number of the shop", 50, example="ORD00018")]
    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, example="D100001")]
    carrier: Annotated[str, text("Frachtführer", "Carrier", 20, required=True, example="dhl")]
    product: Annotated[str, text("Produkt", "Product", 50, example="V01PAK")]
    account: Annotated[str, text("Abrechnungsnummer", "Billing number", 20, example="33333333330101")]
    name1: Annotated[str, text("Name 1", "Name 1", 100, required=True, example="Käufer & Söhne KG")]
    name2: Annotated[str, text("Name 2", "Name 2", 100)]
    name3: Annotated[str, text("Name 3", "Name 3", 100)]
    contact: Annotated[str, text("Ansprechpartner", "Contact", 64)]
    street: Annotated[str, text("Straße", "Street", 100, required=True, example="Übergasse")]
    house_number: Annotated[str, text("Hausnummer", "House number", 20, example="7")]
    address_extra: Annotated[str, text("Adresszusatz", "Address extra", 64)]
    post_number: Annotated[str, text("Postnummer", "Post number", 10)]
    zip: Annotated[str, text("PLZ", "Postcode", 24, required=True, example="01067")]
    city: Annotated[str, text("Ort", "City", 50, required=True, example="Dresden")]
    region: Annotated[str, text("Provinz", "Region", 50)]
    country: Annotated[str, country_code("Land", "Country", required=True, example="DE")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, example="ap@kaeufer.example")]
    phone: Annotated[str, text("Telefon", "Phone", 32)]
    language: Annotated[str, text("Sprache", "Language", 2, upper=True, example="DE")]
    weight_kg: Annotated[Decimal | None, number("Gewicht kg", "Weight kg", example="2.35")]
    parcels: Annotated[int | None, whole("Pakete", "Parcels", 4, example="1")]
    cod_amount: Annotated[Decimal | None, money("Nachnahme", "Cash on delivery")]
    cod_purpose: Annotated[str, text("Nachnahme Zweck", "Purpose of cash on delivery", 35)]
    sender_name1: Annotated[str, text("Absender Name 1", "Sender name 1", 50, example="Muster Werkzeuge GmbH")]
    sender_name2: Annotated[str, text("Absender Name 2", "Sender name 2", 50)]
    sender_street: Annotated[str, text("Absender Straße", "Sender street", 50, example="Werkstr.")]
    sender_house_number: Annotated[str, text("Absender Hausnummer", "Sender house number", 10, example="1")]
    sender_zip: Annotated[str, text("Absender PLZ", "Sender postcode", 10, example="70173")]
    sender_city: Annotated[str, text("Absender Ort", "Sender city", 50, example="Stuttgart")]
    sender_country: Annotated[str, country_code("Absender Land", "Sender country", example="DE")]
    sender_email: Annotated[str, text("Absender E-Mail", "Sender e-mail", 80)]
    sender_phone: Annotated[str, text("Absender Telefon", "Sender phone", 20)]
