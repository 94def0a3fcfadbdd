"""Customers of the shop as accounts of Sage: recognised by declared rules, made from a template customer, kept current.

What Sage knows better than the shop (terms, groups, taxation) stays as it is; the setting `sage.customers.shop_owns`
lists what the shop may overwrite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.connectors.sage import addresses
from exchange.connectors.sage.recognition import Wanted
from exchange.connectors.sage.taxes import vat
from exchange.record import Kind, schema
from exchange.records.customer import Customer
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from exchange.connectors.sage.addresses import Place
    from exchange.settings import SageCustomers, SageSettings

#: Names of the three ways to know a customer, in our record.
FIELDS = ("customer_number", "shop_customer_id", "email")
#: Texts that stay with the shop.
_STAY = frozenset({"billing_region", "delivery_region", "company_number", "language"})
TEXTS = tuple(each.name for each in schema(ShopCustomer).fields if each.kind is Kind.TEXT and each.name not in _STAY)
#: Sage's code of English; the shop's codes for it.
_ENGLISH = "E"
_ENGLISH_SHOPS = frozenset({"en", "us", "gb", "uk"})
NOTHING = Customer._make("" if each.kind is Kind.TEXT else None for each in schema(Customer).fields)


def person(customer: ShopCustomer) -> str:
    """His own name, else the one of the billing address."""
    return " ".join(part for part in (customer.first_name, customer.last_name) if part) or customer.billing_name


def as_customer(customer: ShopCustomer, settings: SageSettings) -> Customer:
    """The customer as Sage has customers: name, address, contact person, VAT number, template; without any terms."""
    name1, name2 = addresses.split_name(customer.company or person(customer))
    made = NOTHING._replace(
        number=customer.customer_number,
        template=template(customer, settings.customers),
        salutation="Firma" if customer.company else customer.salutation,
        name1=name1,
        name2=name2,
        addition=customer.billing_addition,
        street=customer.billing_street,
        country=customer.billing_country,
        zip=customer.billing_zip,
        city=customer.billing_city,
        phone=customer.phone,
        mobile=customer.mobile,
        email=customer.email,
        language=_language(customer.language, settings),
        eu_country=vat(customer.vat_number)[0],
        vat_number=customer.vat_number,
        shop_customer_number=customer.shop_customer_id,
    )
    if not customer.company or not customer.last_name:
        return made
    return made._replace(
        contact_salutation=customer.salutation,
        contact_first_name=customer.first_name,
        contact_last_name=customer.last_name,
        contact_email=customer.email,
        contact_phone=customer.phone,
    )


def template(customer: ShopCustomer, settings: SageCustomers) -> str:
    """The template customer of his group; empty where his country decides."""
    named = (settings.group_templates.get(group.title, "") for group in customer.groups)
    return next((each for each in named if each), "")


def _language(code: str, settings: SageSettings) -> str:
    if code == settings.shop_language:
        return settings.language
    return _ENGLISH if code in _ENGLISH_SHOPS else ""


def delivery(customer: ShopCustomer) -> Place | None:
    """The delivery address; None where it is the billing address."""
    theirs = (customer.delivery_street, customer.delivery_zip, customer.delivery_city)
    ours = (customer.billing_street, customer.billing_zip, customer.billing_city)
    known = {"", customer.billing_name, person(customer), customer.company}
    same = theirs == ours and customer.delivery_addition == customer.billing_addition
    if not any(theirs) or (same and {customer.delivery_name, customer.delivery_company} <= known):
        return None
    name = customer.delivery_name or person(customer)
    name1, name2 = addresses.split_name(customer.delivery_company or name)
    return addresses.Place(
        "Firma" if customer.delivery_company else "",
        name1,
        name2 or (name[: addresses.NAME_CHARACTERS] if customer.delivery_company else ""),
        customer.delivery_addition,
        "",
        customer.delivery_street,
        customer.delivery_country or customer.billing_country,
        customer.delivery_zip,
        customer.delivery_city,
    )


def wanted(customer: ShopCustomer) -> Wanted:
    """How the customer can be recognised."""
    return Wanted(
        customer.customer_number,
        customer.shop_customer_id,
        customer.email,
        FIELDS,
        (customer.company, person(customer), customer.billing_name),
        customer.billing_zip,
        customer.billing_street,
        "company" if customer.company else "last_name",
        from_shop=True,
    )


#: Columns of KHKAdressen in the order of `Place`, without the contact person.
PLACE_COLUMNS = ("Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ", "LieferOrt")


def address_row(place: Place) -> dict[str, Any]:
    """A delivery address in columns of KHKAdressen."""
    values = [value for name, value in zip(place._fields, place, strict=True) if name != "contact"]
    return dict(zip(PLACE_COLUMNS, values, strict=True))
