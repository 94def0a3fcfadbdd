"""Customers of the shop as accounts of Sage: recognised by declared rules, made from a template customer, kept current.

What Sage knows better than the shop (terms, groups, taxation) stays as it is; the setting `sage.customers.shop_owns`
lists what the shop may overwrite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connector import Applied, chunks
from exchange.connectors.sage import addresses, counters
from exchange.connectors.sage.accounts import Account, Accounts, Wanted
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.customers import CustomerLander
from exchange.connectors.sage.effects import LANDED
from exchange.connectors.sage.findings import CUSTOMER_AMBIGUOUS
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.tables import EFFECT
from exchange.connectors.sage.taxes import vat
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.record import Kind, schema
from exchange.records.customer import Customer
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.connectors.sage.addresses import Place
    from exchange.connectors.sage.database import SageDatabase
    from exchange.settings import SageCustomers, SageSettings

CUSTOMER_DOUBTFUL = kind(
    "sage.customer_doubtful",
    de="Die E-Mail „{value}“ haben in Sage schon: {accounts}; der Name „{name}“ ist ein anderer.",
    en="In Sage the e-mail “{value}” belongs to {accounts}; the name “{name}” is another one.",
    remedy_de="Ist es derselbe, tragen Sie dort die Shop-Kundennummer {shop_id} ein (WSKdNr); sonst legen Sie ihn an.",
    remedy_en="If it is the same person, enter the shop's number {shop_id} there (WSKdNr). Otherwise create him.",
    severity=Severity.HOLD,
)
DELIVERY_LEFT_OUT = kind(
    "sage.delivery_address_left_out",
    de="Die Kundendatei für Sage hat keine Spalten für die abweichende Lieferanschrift „{address}“.",
    en="The customer file for Sage has no columns for the other delivery address “{address}”.",
    remedy_de="Tragen Sie sie in Sage nach, oder stellen Sie sage.customers.file_profile auf customer_export_csv.",
    remedy_en="Enter it in Sage, or set sage.customers.file_profile to customer_export_csv.",
    severity=Severity.WARNING,
)

#: Names of the three ways to know a customer, in our record.
FIELDS = ("customer_number", "shop_customer_id", "email")
#: Texts that stay with the shop.
_STAY = frozenset({"billing_region", "delivery_region", "company_number", "language"})
TEXTS = tuple(each.name for each in schema(ShopCustomer).fields if each.kind is Kind.TEXT and each.name not in _STAY)
#: Category of a customer's delivery address and of what refers to it (`sage-100.md` 2.11) [unsure].
DELIVERY_ADDRESS = 41
#: Sage's code of English; the shop's codes for it.
_ENGLISH = "E"
_ENGLISH_SHOPS = frozenset({"en", "us", "gb", "uk"})
_NOTHING = Customer._make("" if each.kind is Kind.TEXT else None for each in schema(Customer).fields)
_CONTACT = ("contact_salutation", "contact_first_name", "contact_last_name", "contact_email", "contact_phone")
SHOWN_ACCOUNTS = 10


def person(customer: ShopCustomer) -> str:
    """His own name, else the one of the billing address."""
    return " ".join(part for part in (customer.first_name, customer.last_name) if part) or customer.billing_name


def as_customer(customer: ShopCustomer, settings: SageSettings) -> Customer:
    """The customer as Sage has customers: name, address, contact person, VAT number, template; without any terms."""
    name1, name2 = addresses.split_name(customer.company or person(customer))
    made = _NOTHING._replace(
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


# --- the way documents -----------------------------------------------------------------------------------------------


class ShopCustomerLander(CustomerLander):
    """Lands customers of the shop as accounts (`exchange.connectors.sage.effects.Lander`)."""

    def __init__(self, sage: SageDatabase) -> None:
        super().__init__(sage)
        self.settings = sage.settings
        self._customers: dict[str, ShopCustomer] = {}
        self._mapped: dict[str, str] = {}

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, TEXTS))

    def load(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> None:
        """Read the accounts that could be meant, and those that these customers became before."""
        self._mapped = self._landed(connection, landing, [change.key for change in changes])
        people = [wanted(self._customers[change.key]) for change in changes]
        self.accounts.load(connection, people, self._mapped.values())

    def _landed(self, connection: Connection, landing: Landing, keys: Sequence[str]) -> dict[str, str]:
        effect = EFFECT.c
        known: dict[str, str] = {}
        for some in chunks(keys, IN_VALUES):
            query = select(effect.Schluessel, effect.FremdId).where(
                effect.Mandant == self.mandant, effect.Modul == landing.module, effect.Schluessel.in_(some)
            )
            known.update((row.Schluessel, row.FremdId) for row in connection.execute(query))
        return known

    def recognise(self, change: Change) -> Account | Finding | None:
        """The account that he became before, else by the declared rules."""
        before = self.accounts.get(self._mapped.get(change.key, ""))
        return before or match(self.accounts, self._customers[change.key], self.settings.customers)

    def overwriting(self, customer: Customer, account: Account) -> Customer:
        """Only what the shop owns; and its number for him where the account has none yet."""
        owned: set[str] = set(self.settings.customers.shop_owns)
        if "contact" in owned:
            owned |= set(_CONTACT)
        if "vat_number" in owned:
            owned.add("eu_country")
        if not account["WSKdNr"]:
            owned.add("shop_customer_number")
        kept = {name: getattr(customer, name) for name in owned & set(Customer._fields)}
        return _NOTHING._replace(**kept)

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Create or update an account and its delivery address for each customer."""
        self._customers = {change.key: change.record for change in changes}
        plain = [change._replace(record=as_customer(change.record, self.settings)) for change in changes]
        done = super().land(connection, landing, plain)
        landed = {each.seq: each.foreign_id for each in done if each.outcome in LANDED}
        places = [(landed[change.seq], delivery(change.record)) for change in changes if change.seq in landed]
        self._write_places(connection, [(kto, place) for kto, place in places if place is not None])
        return done

    def _write_places(self, connection: Connection, places: Sequence[tuple[str, Place]]) -> None:
        """Delivery addresses that an account does not have yet; older ones stay, documents may name them."""
        known = self._known_places(connection, {kto for kto, _ in places})
        new = [each for each in dict.fromkeys(places) if each not in known]
        if not new:
            return
        first = counters.take(connection, self.mandant, {khk.ADRESSEN: len(new)})[khk.ADRESSEN]
        rows = [_address(place) | {"Adresse": first + index} for index, (_, place) in enumerate(new)]
        insert_many(connection, khk.ADRESSEN, [row | {"Mandant": self.mandant} for row in rows])
        insert_many(
            connection,
            khk.ADRESSENVERWEISE,
            [
                {"Mandant": self.mandant, "Adresse": first + index, "Kategorie": DELIVERY_ADDRESS, "Verweis": kto}
                for index, (kto, _) in enumerate(new)
            ],
        )

    def _known_places(self, connection: Connection, ktos: set[str]) -> set[tuple[str, Place]]:
        reference, address = khk.ADRESSENVERWEISE.c, khk.ADRESSEN.c
        known: set[tuple[str, Place]] = set()
        for some in chunks(sorted(ktos), IN_VALUES):
            query = (
                select(reference.Verweis, *(address[column] for column in _PLACE))
                .join_from(khk.ADRESSENVERWEISE, khk.ADRESSEN, reference.Adresse == address.Adresse)
                .where(reference.Mandant == self.mandant, address.Mandant == self.mandant, reference.Verweis.in_(some))
                .where(reference.Kategorie == DELIVERY_ADDRESS)
            )
            for kto, *values in connection.execute(query):
                salutation, name1, name2, *rest = (value or "" for value in values)
                known.add((kto, addresses.Place(salutation, name1, name2, rest[0], "", *rest[1:])))
        return known


#: Columns of KHKAdressen in the order of `Place`, without the contact person.
_PLACE = ("Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ", "LieferOrt")


def address_row(place: Place) -> dict[str, Any]:
    """A delivery address in columns of KHKAdressen."""
    values = [value for name, value in zip(place._fields, place, strict=True) if name != "contact"]
    return dict(zip(_PLACE, values, strict=True))


def _address(place: Place) -> dict[str, Any]:
    more = {"Matchcode": addresses.matchcode(place.name1, place.city), "Kategorie": DELIVERY_ADDRESS, "Aktiv": khk.YES}
    return address_row(place) | more


# --- the way files ---------------------------------------------------------------------------------------------------


class CustomerFiles:
    """Writes customers of the shop in the form that Sage's customers have (`exchange.connector.Target`).

    Args:
        files: target that writes records of type Customer.
        settings: of Sage.
    """

    def __init__(self, files: Target, settings: SageSettings) -> None:
        self.files = files
        self.settings = settings

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """See `exchange.connector.Target`; a delivery address that has no column is told."""
        told: list[Applied] = []
        yield from self.files.apply(landing, (self._plain(change, told) for change in changes))
        yield from told

    def _plain(self, change: Change, told: list[Applied]) -> Change:
        place = delivery(change.record)
        if place is not None:
            shown = ", ".join(part for part in (place.name1, place.street, f"{place.zip} {place.city}") if part)
            finding = found(DELIVERY_LEFT_OUT, Locator(field="delivery_street"), address=shown)
            told.append(Applied(change.seq, change.outcome, "", (finding,)))
        customer = as_customer(change.record, self.settings)
        country_template = self.settings.customers.templates
        known = customer.template or country_template.get(customer.country, country_template.get("*", ""))
        return change._replace(record=customer._replace(template=known))

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """Nothing to do: what the shop has forgotten stays in the books of the ERP."""
