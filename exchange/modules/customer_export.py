"""Kundenexport: new and changed customers of the shop become customers in Sage (`lightspeed-ecom.md` 2.17)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import Field
from sqlalchemy import or_, select
from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat

from exchange import khk
from exchange.connector import chunks
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.record import Kind, schema
from exchange.records.shop_customer import SALUTATIONS, ShopCustomer, ShopCustomerGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import RowMapping

    from exchange.connector import SageSource
    from exchange.settings import SageSettings

BAD_EMAIL = kind(
    "customer_export.bad_email",
    de="„{value}“ ist keine E-Mail-Adresse.",
    en="“{value}” is no e-mail address.",
    remedy_de="Berichtigen Sie die Adresse beim Kunden im Shop.",
    remedy_en="Correct the address of the customer in the shop.",
)
NO_NAME = kind(
    "customer_export.no_name",
    de="Der Kunde hat weder Firma noch Namen.",
    en="The customer has neither company nor name.",
    remedy_de="Ergänzen Sie den Namen beim Kunden im Shop.",
    remedy_en="Add the name of the customer in the shop.",
)
NO_COUNTRY = kind(
    "customer_export.no_country",
    de="Das Land der Rechnungsadresse fehlt oder ist kein Code aus zwei Buchstaben („{value}“).",
    en="The country of the billing address is missing or no code of two letters (“{value}”).",
    remedy_de="Ergänzen Sie die Adresse im Shop, oder setzen Sie modules.customer_export.default_country.",
    remedy_en="Add the address in the shop, or set modules.customer_export.default_country.",
    severity=Severity.HOLD,
)
BAD_VAT = kind(
    "customer_export.bad_vat_number",
    de="Die USt-IdNr „{value}“ ist falsch (Form oder Prüfziffer).",
    en="The VAT number “{value}” is wrong (form or check digit).",
    remedy_de="Klären Sie sie mit dem Kunden: sie entscheidet über die Besteuerung. Berichtigen Sie sie im Shop.",
    remedy_en="Ask the customer: it decides on the taxation. Correct it in the shop.",
    severity=Severity.HOLD,
)
VAT_COUNTRY = kind(
    "customer_export.vat_of_other_country",
    de="Die USt-IdNr „{value}“ ist nicht die des Landes der Rechnungsadresse ({country}).",
    en="The VAT number “{value}” is not of the country of the billing address ({country}).",
    remedy_de="Klären Sie, welche Angabe stimmt, und berichtigen Sie die andere im Shop.",
    remedy_en="Find out which one is right, and correct the other one in the shop.",
    severity=Severity.HOLD,
)

#: Accounts that are read together; also the length of an IN list.
CHUNK = 500
#: Category of a customer's delivery address (`sage-100.md` 2.11) [unsure].
DELIVERY_ADDRESS = 41
_ENGLISH = "E"
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
#: Countries whose VAT numbers begin otherwise: Greece, and Northern Ireland within the United Kingdom.
_PREFIXES = {"GR": ("EL",), "GB": ("GB", "XI")}
_EU = frozenset(code.upper() for code in eu_vat.MEMBER_STATES)


class CustomerExportOptions(Options):
    """Settings of the customer export."""

    default_country: str = Field(
        "",
        pattern="^([A-Z]{2})?$",
        description="Country of customers who gave no address yet; empty: they are held until they have one.",
    )
    groups: tuple[str, ...] = Field(
        (), description="Out of Sage for the shop (exchange export): customers of these groups (Gruppe); empty: of all."
    )


# --- out of Sage, for the customer import of the shop's back office --------------------------------------------------


def collect(source: SageSource, options: CustomerExportOptions) -> Iterator[ShopCustomer]:
    """Customers with an e-mail address as the shop would have them, in the order of their numbers (2.11).

    Without those that are blocked, inactive, or nobody (templates, one-off).
    """
    account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
    mandant, customers = source.settings.mandant, source.settings.customers
    nobody = {*customers.templates.values(), *customers.group_templates.values(), customers.one_off}
    shop_id = khk.available([account.WSKdNr], source.columns(khk.KONTOKORRENT.name))
    query = (
        select(account.Kto, account.EULand, account.EUUStID, *shop_id, *(address[name] for name in _ADDRESS))
        .join_from(khk.KONTOKORRENT, khk.ADRESSEN, account.Adresse == address.Adresse)
        .where(account.Mandant == mandant, address.Mandant == mandant, account.KtoArt == "D")
        .where(account.Aktiv != 0, or_(account.IstGesperrt == 0, account.IstGesperrt.is_(None)))
        .where(address.EMail != "", account.Kto.not_in(nobody))
        .order_by(account.Kto)
    )
    if options.groups:
        query = query.where(account.Gruppe.in_(options.groups))
    for rows in chunks(source.rows(query), CHUNK):
        contacts = _contacts(source, [row["Adresse"] for row in rows])
        places = _delivery(source, [row["Kto"] for row in rows])
        for row in rows:
            yield _customer(row, contacts.get(row["Adresse"]), places.get(row["Kto"]), source.settings)


_ADDRESS = (
    *("Adresse", "Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ", "LieferOrt"),
    *("Telefon", "Mobilfunk", "EMail", "Sprache"),
)


def _contacts(source: SageSource, addresses: Sequence[int]) -> dict[int, RowMapping]:
    """The first contact person of each address."""
    table = khk.ANSPRECHPARTNER.c
    query = select(table.Adresse, table.Anrede, table.Vorname, table.Nachname).where(
        table.Mandant == source.settings.mandant, table.Adresse.in_(addresses), table.Nachname != ""
    )
    found: dict[int, RowMapping] = {}
    for row in source.rows(query.order_by(table.Nummer)):
        found.setdefault(row["Adresse"], row)
    return found


def _delivery(source: SageSource, accounts: Sequence[str]) -> dict[str, RowMapping]:
    """The latest delivery address of each account."""
    reference, address = khk.ADRESSENVERWEISE.c, khk.ADRESSEN.c
    mandant = source.settings.mandant
    query = (
        select(reference.Verweis, *(address[name] for name in _ADDRESS))
        .join_from(khk.ADRESSENVERWEISE, khk.ADRESSEN, reference.Adresse == address.Adresse)
        .where(reference.Mandant == mandant, address.Mandant == mandant, reference.Kategorie == DELIVERY_ADDRESS)
        .where(reference.Verweis.in_(accounts))
        .order_by(address.Adresse)
    )
    return {row["Verweis"]: row for row in source.rows(query)}


def _customer(
    row: RowMapping, contact: RowMapping | None, place: RowMapping | None, settings: SageSettings
) -> ShopCustomer:
    def said(name: str, of: RowMapping | None = row) -> str:
        return "" if of is None or of[name] is None else str(of[name]).strip()

    name = " ".join(part for part in (said("Name1"), said("Name2")) if part)
    company = "" if said("Anrede") in _PERSONS else name
    first, _, last = ("", "", "") if company else name.rpartition(" ")
    languages = {settings.language: settings.shop_language, _ENGLISH: "en"}
    salutation = said("Anrede", contact) or said("Anrede")
    return _EMPTY._replace(
        shop_customer_id=said("WSKdNr"),
        customer_number=said("Kto"),
        language=languages.get(said("Sprache"), ""),
        email=said("EMail"),
        phone=said("Telefon"),
        mobile=said("Mobilfunk"),
        salutation=salutation if salutation in _PERSONS else "",
        first_name=said("Vorname", contact) or first,
        last_name=said("Nachname", contact) or last,
        company=company,
        vat_number=said("EULand") + said("EUUStID") if said("EUUStID") else "",
        billing_name=name,
        billing_addition=said("LieferZusatz"),
        billing_street=said("LieferStrasse"),
        billing_zip=said("LieferPLZ"),
        billing_city=said("LieferOrt"),
        billing_country=said("LieferLand"),
        delivery_name=said("Name1", place),
        delivery_addition=said("LieferZusatz", place),
        delivery_street=said("LieferStrasse", place),
        delivery_zip=said("LieferPLZ", place),
        delivery_city=said("LieferOrt", place),
        delivery_country=said("LieferLand", place),
    )


#: A customer of whom nothing is known.
_EMPTY: ShopCustomer = ShopCustomer._make(
    [*("" if each.kind is Kind.TEXT else None for each in schema(ShopCustomer).fields), ()]
)
#: How Sage addresses people; whoever is addressed otherwise is a company.
_PERSONS = frozenset(each.code for each in SALUTATIONS)


# --- into Sage -------------------------------------------------------------------------------------------------------


def customer_key(customer: ShopCustomer) -> str:
    """The shop's id, else the e-mail address: a guest in a file may have no id."""
    return customer.shop_customer_id or f"mail:{customer.email.strip().casefold()}"


def prepare(customer: ShopCustomer, options: CustomerExportOptions) -> ShopCustomer:
    """Fill the country, and write the VAT number without blanks and with its prefix where the check digits prove it."""
    country = customer.billing_country or options.default_country
    number = re.sub(r"[^0-9A-Za-z+*]", "", customer.vat_number).upper()
    prefixed = _prefixes(country)[0] + number
    if number and not _begins_with_letters(number) and _valid(prefixed):
        number = prefixed
    return customer._replace(billing_country=country, vat_number=number)


def _begins_with_letters(number: str) -> bool:
    return len(number) > 1 and number[:2].isalpha()


def _prefixes(country: str) -> tuple[str, ...]:
    return _PREFIXES.get(country, (country,))


def _valid(number: str) -> bool:
    """Form and check digits, where the rules of the country are known; whether it is registered no file can tell."""
    if number[:2] in _EU or number[:2] in ("EL", "XI"):
        return bool(eu_vat.is_valid(number))
    rules = get_cc_module(number[:2].lower(), "vat") if _begins_with_letters(number) else None
    return bool(rules.is_valid(number)) if rules is not None else _begins_with_letters(number)


def check_email(customer: ShopCustomer, _options: CustomerExportOptions) -> Iterator[Finding]:
    """An address that can be written to; it is also what a customer without id is known by."""
    if not _EMAIL.fullmatch(customer.email) and (customer.email or not customer.shop_customer_id):
        yield found(BAD_EMAIL, Locator(field="email"), value=customer.email)


def check_name(customer: ShopCustomer, _options: CustomerExportOptions) -> Iterator[Finding]:
    """Somebody to write on an invoice."""
    if not any((customer.company, customer.first_name, customer.last_name, customer.billing_name)):
        yield found(NO_NAME, Locator(field="last_name"))


def check_country(customer: ShopCustomer, _options: CustomerExportOptions) -> Iterator[Finding]:
    """Template customer and taxation hang on it."""
    country = customer.billing_country
    if not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 - ISO 3166-1
        yield found(NO_COUNTRY, Locator(field="billing_country"), value=country)


def check_vat(customer: ShopCustomer, _options: CustomerExportOptions) -> Iterator[Finding]:
    """The number itself, and that it belongs to the country."""
    number, country = customer.vat_number, customer.billing_country
    if not number:
        return
    if not _valid(number):
        yield found(BAD_VAT, Locator(field="vat_number"), value=number)
    elif number[:2] not in _prefixes(country):
        yield found(VAT_COUNTRY, Locator(field="vat_number"), value=number, country=country)


def example() -> ShopCustomer:
    """A company that is registered in the shop."""
    return _EMPTY._replace(
        shop_customer_id="2178882",
        registered=True,
        language="de",
        email="einkauf@example.org",
        phone="+49 351 123456",
        salutation="Frau",
        first_name="Erika",
        last_name="Muster",
        company="Muster GmbH",
        vat_number="DE136695976",
        billing_name="Erika Muster",
        billing_street="Hauptstraße 5",
        billing_zip="01067",
        billing_city="Dresden",
        billing_country="DE",
        delivery_company="Muster GmbH",
        delivery_name="Lager",
        delivery_street="Hafenstraße 1",
        delivery_zip="01097",
        delivery_city="Dresden",
        delivery_country="DE",
        groups=(ShopCustomerGroup("B2B"),),
    )


MODULE = Module(
    name="customer_export",
    de="Kundenexport",
    en="Customer export",
    summary_de="Neue und geänderte Kunden des Shops werden Kunden in Sage, angelegt nach einem Vorlagekunden.",
    summary_en="New and changed customers of the shop become customers in Sage, made from a template customer.",
    record=ShopCustomer,
    key=customer_key,
    lands=Side.SAGE,
    example=example,
    options=CustomerExportOptions,
    collect=collect,
    prepare=prepare,
    rules=(
        Rule((BAD_EMAIL,), check_email, lambda: example()._replace(email="erika@")),
        Rule(
            (NO_NAME,),
            check_name,
            lambda: example()._replace(company="", first_name="", last_name="", billing_name=""),
        ),
        Rule((NO_COUNTRY,), check_country, lambda: example()._replace(billing_country="")),
        Rule((BAD_VAT, VAT_COUNTRY), check_vat, lambda: example()._replace(vat_number="DE136695977")),
    ),
    aliases=("shop_customers", "shopkunden"),
)
