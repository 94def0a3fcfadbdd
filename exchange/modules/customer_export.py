"""Kundenexport: new and changed customers of the shop become customers in Sage (`lightspeed-ecom.md` 2.17)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from exchange.assortment.customers import EMPTY, customers
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.shop_customer import ShopCustomer, ShopCustomerGroup
from exchange.shop import Answer, Ref, metafield
from exchange.trade import vat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.connector import SageSource
    from exchange.shop import ShopView

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

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")


class CustomerExportOptions(Options):
    """Settings of the customer export."""

    default_country: str = Field(
        "",
        pattern="^([A-Z]{2})?$",
        description="Country of customers who gave no address yet; empty: they are held until they have one.",
    )
    since: date | None = Field(
        None, description="The shop is asked for customers that were changed from this day on; empty: for all."
    )
    number_metafield: str = Field(
        "sage_customer_number",
        description="Metafield of the shop's customer that gets his number in Sage; empty: none.",
    )
    groups: tuple[str, ...] = Field(
        (), description="Out of Sage for the shop (exchange export): customers of these groups (Gruppe); empty: of all."
    )


def collect(source: SageSource, options: CustomerExportOptions) -> Iterator[ShopCustomer]:
    """The other way, for files only: customers of Sage as the shop would have them."""
    return customers(source, options.groups)


# --- into Sage -------------------------------------------------------------------------------------------------------


def customer_key(customer: ShopCustomer) -> str:
    """The shop's id, else the e-mail address: a guest in a file may have no id."""
    return customer.shop_customer_id or f"mail:{customer.email.strip().casefold()}"


def prepare(customer: ShopCustomer, options: CustomerExportOptions) -> ShopCustomer:
    """Fill the country, and write the VAT number without blanks and with its prefix where the check digits prove it."""
    country = customer.billing_country or options.default_country
    number = vat.prefixed(vat.plain(customer.vat_number), country)
    return customer._replace(billing_country=country, vat_number=number)


def check_email(customer: ShopCustomer, _options: CustomerExportOptions) -> Iterator[Finding]:
    """An address that can be written to; it is also what a customer without id is known by."""
    if not _EMAIL.fullmatch(customer.email):
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
    if not vat.is_valid(number):
        yield found(BAD_VAT, Locator(field="vat_number"), value=number)
    elif vat.prefix(number) not in vat.prefixes(country):
        yield found(VAT_COUNTRY, Locator(field="vat_number"), value=number, country=country)


def answer(customer: ShopCustomer, account: str, view: ShopView) -> Answer | None:
    """His number in Sage as a metafield of the shop's customer."""
    name = view.options.number_metafield
    if not (name and account and customer.shop_customer_id and view.settings.sage.way == "documents"):
        return None
    thing = Ref("customer", account)
    return Answer(thing, customer.shop_customer_id, [metafield(thing, name, account)])


def example() -> ShopCustomer:
    """A company that is registered in the shop."""
    return EMPTY._replace(
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
    pull="customers",
    answer=answer,
    aliases=("shop_customers", "shopkunden"),
)
