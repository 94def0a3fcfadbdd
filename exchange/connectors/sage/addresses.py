"""The addresses of an order as columns of Sage (`sage-100.md` 2.11, 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from exchange.records.order import Order

NAME_CHARACTERS = 50
CONTACT_CHARACTERS = 64
MATCHCODE_CHARACTERS = 50


class Place(NamedTuple):
    """An address as a document has it three times."""

    salutation: str
    name1: str
    name2: str
    addition: str
    contact: str
    street: str
    country: str
    zip: str
    city: str


#: What the attributes of a place are called in KHKVKBelege, behind A0, A1 or A2.
COLUMNS = ("Anrede", "Name1", "Name2", "Zusatz", "Ansprechpartner", "Strasse", "Land", "PLZ", "Ort")
ROLES = {role: tuple(role + column for column in COLUMNS) for role in ("A0", "A1", "A2")}


def split_name(text: str, length: int = NAME_CHARACTERS) -> tuple[str, str]:
    """A long name in two lines, parted at a blank where that lets both parts fit."""
    if len(text) <= length:
        return text, ""
    cut = text.rfind(" ", 0, length + 1)
    if cut < 1 or len(text) - cut - 1 > length:
        return text[:length].strip(), text[length : 2 * length].strip()
    return text[:cut].strip(), text[cut + 1 :].strip()


def person(order: Order) -> str:
    """Who ordered."""
    return order.billing_name or " ".join(part for part in (order.first_name, order.last_name) if part)


def matchcode(name: str, city: str) -> str:
    """The search name that Sage itself would propose: "Name, Ort"."""
    return ", ".join(part for part in (name, city) if part)[:MATCHCODE_CHARACTERS]


def _names(company: str, name: str) -> tuple[str, str, str]:
    """Name1, Name2 and contact person."""
    if not company:
        return (*split_name(name), "")
    name1, name2 = split_name(company)
    contact = "" if name == company else name[:CONTACT_CHARACTERS]
    return name1, name2 or contact[:NAME_CHARACTERS], contact


def billing(order: Order) -> Place:
    """Whom the order is billed to: A0, and A2."""
    name1, name2, contact = _names(order.company, person(order) or order.email)
    return Place(
        "Firma" if order.company else order.salutation,
        name1,
        name2,
        order.billing_addition,
        contact,
        order.billing_street,
        order.billing_country,
        order.billing_zip,
        order.billing_city,
    )


def delivery(order: Order, same: Place) -> Place:
    """Where the order goes: A1; one that is meant to be `same`, the billing address, is so to the letter (5.2)."""
    theirs = (order.delivery_street, order.delivery_zip, order.delivery_city, order.delivery_name)
    ours = (order.billing_street, order.billing_zip, order.billing_city, order.billing_name)
    country = order.delivery_country or order.billing_country
    company = order.delivery_company
    if (theirs == ours and company in ("", order.company) and order.delivery_addition == order.billing_addition) or (
        not any((company, order.delivery_addition, *theirs))
    ):
        return same if country == same.country else same._replace(country=country)
    name1, name2, contact = _names(company, order.delivery_name or person(order))
    return Place(
        "Firma" if company else "",
        name1,
        name2,
        order.delivery_addition,
        contact,
        order.delivery_street,
        country,
        order.delivery_zip,
        order.delivery_city,
    )
