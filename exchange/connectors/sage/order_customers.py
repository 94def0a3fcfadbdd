"""The customer of an order: found, or created from the template customer of his country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.connectors.sage import addresses
from exchange.connectors.sage.accounts import Account, Accounts
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.findings import CUSTOMER_BLOCKED, TEMPLATE_MISSING
from exchange.connectors.sage.recognition import Wanted
from exchange.errors import ConfigError
from exchange.finding import Finding, Locator, found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from exchange.connectors.sage.account_rows import NewAccounts
    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.draft import Draft
    from exchange.records.order import Order

FIELDS = ("customer_number", "shop_customer_id", "email")
#: Sage's code of English; the shop's codes for it.
_ENGLISH = "E"
_ENGLISH_SHOPS = frozenset({"en", "us", "gb", "uk"})


def wanted(order: Order) -> Wanted:
    """How the order's customer can be recognised."""
    return Wanted(order.customer_number, order.shop_customer_id, order.email, FIELDS)


class OrderCustomers:
    """Finds the accounts for a chunk of orders.

    Args:
        sage: the database.

    Raises:
        ConfigError: guests are to be booked on an account that is not set.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.settings = sage.settings
        self.accounts = Accounts(sage)
        customers = self.settings.customers
        self.guests = customers.guests == "one_off"
        self.unknown = customers.unknown == "one_off"
        self.one_off = customers.one_off if self.guests or self.unknown else ""
        if (self.guests or self.unknown) and not self.one_off:
            name = "guests" if self.guests else "unknown"
            raise ConfigError(f"sage.customers.{name} is one_off, but sage.customers.one_off names no account")

    def load(self, connection: Connection, orders: Iterable[Order]) -> None:
        """Read the accounts that could be wanted, and those that get their invoices."""
        people = [wanted(order) for order in orders]
        self.accounts.load(connection, people, [self.one_off])

    def find(self, order: Order) -> Account | None:
        """The account; None for somebody new. Raises Unfit."""
        account: Account | Finding | None = None
        guest = order.guest and self.guests and not order.customer_number
        if not guest:
            account = self.accounts.match(wanted(order))
        if guest or (account is None and self.unknown):
            account = self.accounts.by_number(self.one_off, FIELDS[0])
        if isinstance(account, Finding):
            raise Unfit(account)
        if account is not None and not account.open:
            raise Unfit(found(CUSTOMER_BLOCKED, Locator(field=FIELDS[0]), account=account.kto))
        return account

    def template(self, connection: Connection, order: Order, new: NewAccounts) -> str:
        """The template customer for somebody new. Raises Unfit."""
        template = new.template_of(order.billing_country)
        if not template or not new.has_template(connection, template):
            at = Locator(field="billing_country")
            raise Unfit(found(TEMPLATE_MISSING, at, country=order.billing_country, template=template))
        return template

    def create(self, draft: Draft, template: str, kto: str, new: NewAccounts) -> Account:
        """Collect the rows of a new customer, who is found from now on."""
        order, place = draft.order, draft.billing
        code = addresses.matchcode(place.name1, place.city)
        account: dict[str, Any] = {
            "Matchcode": code,
            "Preiskennzeichen": -1 if draft.gross else 0,
            "Besteuerung": draft.taxation,
            "EULand": draft.eu_country,
            "EUUStID": draft.vat_number,
            "WSKdNr": order.shop_customer_id,
            "WSEmail": order.email,
        }
        address: dict[str, Any] = {
            "Matchcode": code,
            "Anrede": place.salutation,
            "Name1": place.name1,
            "Name2": place.name2,
            "LieferZusatz": place.addition,
            "LieferStrasse": place.street,
            "LieferLand": place.country,
            "LieferPLZ": place.zip,
            "LieferOrt": place.city,
            "Telefon": order.phone,
            "Mobilfunk": order.mobile,
            "EMail": order.email,
            "Erstkontakt": draft.dated,
        }
        language = self._language(order.language)
        if language:
            address["Sprache"] = language
        created = new.add(template, kto, account, address)
        if place.contact:
            new.contacts.append(_contact(order, place.contact, kto, self.settings.mandant))
        self.accounts.add(created)
        return created

    def _language(self, code: str) -> str:
        if code == self.settings.shop_language:
            return self.settings.language
        return _ENGLISH if code in _ENGLISH_SHOPS else ""


def _contact(order: Order, name: str, kto: str, mandant: int) -> dict[str, Any]:
    return {
        "Mandant": mandant,
        "Kto": kto,
        "Ansprechpartner": name[: addresses.NAME_CHARACTERS],
        "Vorname": order.first_name,
        "Nachname": order.last_name,
        "Anrede": order.salutation,
        "Telefon": order.phone,
        "Mobilfunk": order.mobile,
        "EMail": order.email,
    }
