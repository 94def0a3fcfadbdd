"""Kundenimport: the first take-over of customers, by Excel template or by file, into Sage."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from stdnum import iban as stdnum_iban

from exchange.finding import Finding, Locator, found, kind
from exchange.module import Mark, Module, Reference, Rule, Side
from exchange.records.customer import Customer
from exchange.trade import vat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.module import Options

BAD_EMAIL = kind(
    "customer_import.bad_email",
    de="„{value}“ ist keine E-Mail-Adresse.",
    en="“{value}” is no e-mail address.",
    remedy_de="Schreiben Sie eine Adresse der Form name@example.org; mehrere Adressen gehören zu Ansprechpartnern.",
    remedy_en="Write an address like name@example.org; further addresses belong to contact persons.",
)
BAD_IBAN = kind(
    "customer_import.bad_iban",
    de="Die IBAN „{value}“ ist falsch (Prüfziffer oder Länge).",
    en="The IBAN “{value}” is wrong (check digits or length).",
    remedy_de="Tippen Sie die IBAN neu ab.",
    remedy_en="Type the IBAN again.",
)
BAD_VAT = kind(
    "customer_import.bad_vat_number",
    de="Die USt-IdNr „{value}“ ist keine der EU (Form oder Prüfziffer).",
    en="The VAT number “{value}” is none of the EU (form or check digit).",
    remedy_de="Schreiben Sie sie mit Länderkürzel, etwa DE136695976.",
    remedy_en="Write it with the country prefix, such as DE136695976.",
)
SHORT_ZIP = kind(
    "customer_import.bad_postcode",
    de="„{value}“ ist keine deutsche Postleitzahl (fünf Ziffern){hint}.",
    en="“{value}” is no German postcode (five digits){hint}.",
    remedy_de="Formatieren Sie die Spalte als Text und tippen Sie die führende Null: {suggestion}.",
    remedy_en="Format the column as text and type the leading zero: {suggestion}.",
)
NO_COUNTRY = kind(
    "customer_import.bad_country",
    de="„{value}“ ist kein Ländercode aus zwei Buchstaben.",
    en="“{value}” is no country code of two letters.",
    remedy_de="Schreiben Sie den ISO-Code, etwa DE, AT, CH.",
    remedy_en="Write the ISO code, such as DE, AT, CH.",
)
BAD_PERCENT = kind(
    "customer_import.bad_percent",
    de="{value} ist als Prozentsatz zweifelhaft (erlaubt 0 oder 1 bis 100).",
    en="{value} is doubtful as a percentage (allowed: 0, or 1 to 100).",
    remedy_de="Schreiben Sie 5 für 5 %; 0,05 wäre ein Zwanzigstel Prozent.",
    remedy_en="Write 5 for 5 %; 0.05 would be a twentieth of a percent.",
)
VAT_NEEDED = kind(
    "customer_import.vat_number_needed",
    de="Besteuerung „EU mit USt-IdNr“, aber keine USt-IdNr.",
    en="Taxation “EU with VAT number”, but there is no VAT number.",
    remedy_de="Tragen Sie die USt-IdNr ein oder wählen Sie „EU ohne USt-IdNr“.",
    remedy_en="Enter the VAT number or choose “EU without VAT number”.",
)
UNKNOWN_GROUP = kind(
    "customer_import.unknown_group",
    de="Die Kundengruppe „{value}“ gibt es in Sage nicht.",
    en="Sage has no customer group “{value}”.",
    remedy_de="Wählen Sie eine von diesen oder legen Sie sie in Sage an: {known}.",
    remedy_en="Choose one of these or create it in Sage: {known}.",
)
UNKNOWN_TERMS = kind(
    "customer_import.unknown_payment_terms",
    de="Die Zahlungskondition „{value}“ gibt es in Sage nicht.",
    en="Sage has no payment terms “{value}”.",
    remedy_de="Wählen Sie eine von diesen: {known}.",
    remedy_en="Choose one of these: {known}.",
)
UNKNOWN_LIST = kind(
    "customer_import.unknown_price_list",
    de="Die Preisliste {value} gibt es in Sage nicht.",
    en="Sage has no price list {value}.",
    remedy_de="Wählen Sie eine von diesen: {known}.",
    remedy_en="Choose one of these: {known}.",
)
UNKNOWN_TEMPLATE = kind(
    "customer_import.unknown_template",
    de="Den Vorlagekunden „{value}“ gibt es in Sage nicht.",
    en="Sage has no template customer “{value}”.",
    remedy_de="Lassen Sie das Feld leer (dann gilt die Einstellung) oder nennen Sie ein Konto in Sage.",
    remedy_en="Leave the field empty (the setting applies) or name an account of Sage.",
)

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
EU_WITH_VAT = "2"


def customer_key(customer: Customer) -> str:
    """The number, else the shop's number, else the e-mail, else name with place: what the file itself knows best."""
    if customer.number:
        return customer.number.casefold()
    if customer.shop_customer_number:
        return f"shop:{customer.shop_customer_number.casefold()}"
    if customer.email:
        return f"mail:{customer.email.casefold()}"
    return f"name:{_person(customer)}"


def _person(customer: Customer) -> str:
    """Name and place without letter case and superfluous blanks."""
    parts = (customer.name1, customer.name2, customer.zip, customer.street)
    return "|".join(re.sub(r"\s+", " ", part).strip().casefold() for part in parts)


def marks(customer: Customer) -> Iterator[Mark]:
    """Who has the same e-mail, bank account, VAT number, or name and place may be the same customer."""
    sure = customer.number != ""
    yield Mark("email", customer.email.casefold(), customer.email, sure)
    yield Mark("iban", "".join(customer.iban.split()).upper(), customer.iban, sure)
    yield Mark("vat_number", "".join(customer.vat_number.split()).upper(), customer.vat_number, sure)
    placed = customer.zip or customer.street
    name = ", ".join(part for part in (customer.name1, customer.name2, customer.zip, customer.city) if part)
    yield Mark("name1", _person(customer) if placed else "", name, sure)


def check_emails(customer: Customer, _options: Options) -> Iterator[Finding]:
    """An address that can be written to."""
    for name in ("email", "contact_email"):
        value = getattr(customer, name)
        if value and not _EMAIL.fullmatch(value):
            yield found(BAD_EMAIL, Locator(field=name), value=value)


def check_iban(customer: Customer, _options: Options) -> Iterator[Finding]:
    """The check digits of the IBAN."""
    if customer.iban and not stdnum_iban.is_valid(customer.iban):
        yield found(BAD_IBAN, Locator(field="iban"), value=customer.iban)


def check_vat(customer: Customer, _options: Options) -> Iterator[Finding]:
    """The form of an EU VAT number; whether it is registered cannot be told from a file."""
    if not customer.vat_number:
        if customer.taxation == EU_WITH_VAT:
            yield found(VAT_NEEDED, Locator(field="vat_number"))
        return
    number = vat.plain(customer.vat_number)
    expected = vat.is_of_eu(number) or customer.country in vat.MEMBERS
    if expected and not (vat.is_of_eu(number) and vat.is_valid(number)):
        yield found(BAD_VAT, Locator(field="vat_number"), value=customer.vat_number)


def check_places(customer: Customer, _options: Options) -> Iterator[Finding]:
    """Country codes, and German postcodes whose zero Excel has eaten."""
    for country_field, zip_field in (("country", "zip"), ("post_country", "post_zip")):
        country, postcode = getattr(customer, country_field), getattr(customer, zip_field)
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 - ISO 3166-1
            yield found(NO_COUNTRY, Locator(field=country_field), value=country)
        if country == "DE" and postcode and not re.fullmatch(r"\d{5}", postcode):
            lost = re.fullmatch(r"\d{4}", postcode)
            suggestion = f"0{postcode}" if lost else "01067"
            hint = f" – {suggestion}?" if lost else ""
            yield found(SHORT_ZIP, Locator(field=zip_field), value=postcode, hint=hint, suggestion=suggestion)


def check_percent(customer: Customer, _options: Options) -> Iterator[Finding]:
    """0.05 typed for 5 %: nobody gives a discount below one percent."""
    value = customer.discount_percent
    if value is not None and value != 0 and not 1 <= value <= 100:  # noqa: PLR2004 - percent
        yield found(BAD_PERCENT, Locator(field="discount_percent"), value=value)


def example() -> Customer:
    """A customer that passes every rule."""
    empty = Customer._make([""] * len(Customer._fields))
    return empty._replace(
        number="D100001",
        salutation="Firma",
        name1="Muster GmbH",
        street="Hauptstraße 5",
        country="DE",
        zip="01067",
        city="Dresden",
        phone="+49 351 123456",
        email="einkauf@example.org",
        language="D",
        first_contact=None,
        active=True,
        currency="EUR",
        taxation="1",
        vat_number="DE136695976",
        price_list=1,
        discount_list=None,
        discount_percent=Decimal(5),
        gross_prices=False,
        credit_limit=Decimal("5000.00"),
        partial_delivery=None,
        blocked=False,
        iban="DE89370400440532013000",
    )


def _price_list(customer: Customer) -> list[tuple[str, str]]:
    return [] if customer.price_list is None else [("price_list", str(customer.price_list))]


MODULE = Module(
    name="customer_import",
    de="Kundenimport",
    en="Customer import",
    summary_de="Kunden kommen aus der Excel-Vorlage oder einer Datei nach Sage, mit Anschrift, Konditionen und Bankverbindung.",
    summary_en="Customers come from the Excel template or a file into Sage, with address, terms and bank account.",
    record=Customer,
    key=customer_key,
    lands=Side.SAGE,
    example=example,
    rules=(
        Rule((BAD_EMAIL,), check_emails, lambda: example()._replace(email="erika@")),
        Rule((BAD_IBAN,), check_iban, lambda: example()._replace(iban="DE89370400440532013001")),
        Rule((BAD_VAT, VAT_NEEDED), check_vat, lambda: example()._replace(vat_number="DE136695977")),
        Rule((SHORT_ZIP, NO_COUNTRY), check_places, lambda: example()._replace(zip="1067")),
        Rule((BAD_PERCENT,), check_percent, lambda: example()._replace(discount_percent=Decimal("0.05"))),
    ),
    references=(
        Reference("customer_group", UNKNOWN_GROUP, lambda customer: [("group", customer.group)]),
        Reference("payment_terms", UNKNOWN_TERMS, lambda customer: [("payment_terms", customer.payment_terms)]),
        Reference("price_list", UNKNOWN_LIST, _price_list),
        Reference("template", UNKNOWN_TEMPLATE, lambda customer: [("template", customer.template)]),
    ),
    marks=marks,
    entered_by_hand=True,
    aliases=("customers", "kunden", "customer"),
)
