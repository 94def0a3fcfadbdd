"""Customers of the shop as accounts of Sage: recognised by declared rules, made from a template customer, kept current.

What Sage knows better than the shop (terms, groups, taxation) stays as it is; the setting `sage.customers.shop_owns`
lists what the shop may overwrite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.connectors.sage import addresses
from exchange.connectors.sage.accounts import Account, Accounts, Wanted
from exchange.connectors.sage.findings import CUSTOMER_AMBIGUOUS
from exchange.connectors.sage.taxes import vat
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.record import Kind, schema
from exchange.records.customer import Customer
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connectors.sage.addresses import Place
    from exchange.settings import SageCustomers, SageSettings

CUSTOMER_DOUBTFUL = kind(
    "sage.customer_doubtful",
    de="Die E-Mail „{value}“ haben in Sage schon: {accounts}; der Name „{name}“ ist ein anderer.",
    en="In Sage the e-mail “{value}” belongs to {accounts}; the name “{name}” is another one.",
    remedy_de="Ist es derselbe, tragen Sie dort die Shop-Kundennummer {shop_id} ein (WSKdNr); sonst legen Sie ihn an.",
    remedy_en="If it is the same person, enter the shop's number {shop_id} there (WSKdNr). Otherwise create him.",
    severity=Severity.HOLD,
)
#: Names of the three ways to know a customer, in our record.
FIELDS = ("customer_number", "shop_customer_id", "email")
#: Texts that stay with the shop.
_STAY = frozenset({"billing_region", "delivery_region", "company_number", "language"})
TEXTS = tuple(each.name for each in schema(ShopCustomer).fields if each.kind is Kind.TEXT and each.name not in _STAY)
#: Sage's code of English; the shop's codes for it.
_ENGLISH = "E"
_ENGLISH_SHOPS = frozenset({"en", "us", "gb", "uk"})
NOTHING = Customer._make("" if each.kind is Kind.TEXT else None for each in schema(Customer).fields)
SHOWN_ACCOUNTS = 10


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


# --- recognition -----------------------------------------------------------------------------------------------------


def match(accounts: Accounts, customer: ShopCustomer, settings: SageCustomers) -> Account | Finding | None:
    """Whose account it is, by the rules of `sage.customers.match`: None for somebody new, a finding in doubt."""
    for rule in settings.match:
        if rule == "number":
            known: Account | Finding | None = None
            if customer.customer_number:
                known = accounts.by_number(customer.customer_number, FIELDS[0])
        elif rule == "shop_id":
            known = _only(accounts.of_shop_id(customer.shop_customer_id), customer.shop_customer_id, FIELDS[1])
        else:
            known = _of_email(accounts, customer, named=rule == "email_name")
        if known is not None:
            return known
    return None


def _of_email(accounts: Accounts, customer: ShopCustomer, *, named: bool) -> Account | Finding | None:
    candidates = accounts.of_email(customer.email)
    if not named or not candidates:
        return _only(candidates, customer.email, FIELDS[2])
    names = {_plain(each) for each in (customer.company, person(customer), customer.billing_name)} - {""}
    fitting = [each for each in candidates if names & _names(each)]
    if fitting:
        return _only(fitting, customer.email, FIELDS[2])
    shown = {"name": customer.company or person(customer), "shop_id": customer.shop_customer_id}
    at = Locator(field=FIELDS[2])
    return found(CUSTOMER_DOUBTFUL, at, value=customer.email, accounts=_shown(candidates), **shown)


def _only(candidates: Sequence[Account], value: str, field: str) -> Account | Finding | None:
    if len(candidates) > 1:
        return found(CUSTOMER_AMBIGUOUS, Locator(field=field), value=value, accounts=_shown(candidates))
    return candidates[0] if candidates else None


def _shown(candidates: Sequence[Account]) -> str:
    names = sorted(f"{each.kto} ({each['Name1']}, {each['LieferOrt']})" for each in candidates)
    return "; ".join(names[:SHOWN_ACCOUNTS])


def _names(account: Account) -> set[str]:
    both = f"{account['Name1']} {account['Name2']}"
    return {_plain(each) for each in (account["Name1"], account["Name2"], both)} - {""}


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def wanted(customer: ShopCustomer) -> Wanted:
    """How the customer can be recognised."""
    return Wanted(customer.customer_number, customer.shop_customer_id, customer.email, FIELDS)


#: Columns of KHKAdressen in the order of `Place`, without the contact person.
PLACE_COLUMNS = ("Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ", "LieferOrt")


def address_row(place: Place) -> dict[str, Any]:
    """A delivery address in columns of KHKAdressen."""
    values = [value for name, value in zip(place._fields, place, strict=True) if name != "contact"]
    return dict(zip(PLACE_COLUMNS, values, strict=True))
