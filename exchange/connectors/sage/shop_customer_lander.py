"""How customers of the shop land: as accounts and addresses of Sage, or in files that a Sage-side importer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connector import Applied, chunks
from exchange.connectors.sage import addresses, counters
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.customers import CustomerLander
from exchange.connectors.sage.effects import LANDED, effects
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.recognition import match
from exchange.connectors.sage.shop_customers import (
    NOTHING,
    PLACE_COLUMNS,
    TEXTS,
    address_row,
    as_customer,
    delivery,
    wanted,
)
from exchange.connectors.sage.tables import EFFECT
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.records.customer import Customer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.connectors.sage.accounts import Account
    from exchange.connectors.sage.addresses import Place
    from exchange.connectors.sage.database import SageDatabase
    from exchange.records.shop_customer import ShopCustomer
    from exchange.settings import SageSettings

DELIVERY_LEFT_OUT = kind(
    "sage.delivery_address_left_out",
    de="Die Kundendatei für Sage hat keine Spalten für die abweichende Lieferanschrift „{address}“.",
    en="The customer file for Sage has no columns for the other delivery address “{address}”.",
    remedy_de="Tragen Sie sie in Sage nach, oder stellen Sie sage.customers.shop_file_profile auf customer_export_csv.",
    remedy_en="Enter it in Sage, or set sage.customers.shop_file_profile to customer_export_csv.",
    severity=Severity.WARNING,
)

#: Category of a customer's delivery address and of what refers to it (`sage-100.md` 2.11) [unsure].
DELIVERY_ADDRESS = 41
_CONTACT = ("contact_salutation", "contact_first_name", "contact_last_name", "contact_email", "contact_phone")


class ShopCustomerLander(CustomerLander):
    """Lands customers of the shop as accounts (`exchange.connectors.sage.effects.Lander`)."""

    def __init__(self, sage: SageDatabase) -> None:
        super().__init__(sage)
        self.sage = sage
        self.settings = sage.settings
        self._customers: dict[str, ShopCustomer] = {}
        self._mapped: dict[str, str] = {}

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, TEXTS))

    def as_customers(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes with customers as Sage has them."""
        self._customers = {change.key: change.record for change in changes}
        return [change._replace(record=as_customer(change.record, self.settings)) for change in changes]

    def load(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> None:
        """Read the accounts that could be meant, and those that these customers became before."""
        self._mapped = self._landed(connection, landing, [change.key for change in changes])
        people = [wanted(self._customers[change.key]) for change in changes]
        self.accounts.load(connection, people, self._mapped.values())

    def _landed(self, connection: Connection, landing: Landing, keys: Sequence[str]) -> dict[str, str]:
        if not self.sage.columns(EFFECT.name):  # nothing has landed ever
            return {}
        known = effects(connection, self.mandant, landing, keys)
        return {key: effect.foreign_id for key, effect in known.items()}

    def recognise(self, change: Change) -> Account | Finding | None:
        """The account that he became before, else by the declared rules."""
        before = self.accounts.get(self._mapped.get(change.key, ""))
        return before or match(self.accounts, wanted(self._customers[change.key]), self.settings.customers.match)

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
        return NOTHING._replace(**kept)

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Create or update an account and its delivery address for each customer."""
        done = super().land(connection, landing, changes)
        landed = {each.seq: each.foreign_id for each in done if each.outcome in LANDED}
        places = [(landed[change.seq], delivery(change.record)) for change in changes if change.seq in landed]
        self._write_places(connection, [(kto, place) for kto, place in places if place is not None])
        return done

    def _write_places(self, connection: Connection, places: Sequence[tuple[str, Place]]) -> None:
        """Delivery addresses that an account does not have yet; older ones stay, documents may name them."""
        known = self.known_places(connection, {kto for kto, _ in places})
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

    def place(self, change: Change) -> Place | None:
        """The delivery address, where it is another one than the billing address."""
        return delivery(self._customers[change.key])

    def known_places(self, connection: Connection, ktos: Set[str]) -> set[tuple[str, Place]]:
        """The delivery addresses that accounts have."""
        reference, address = khk.ADRESSENVERWEISE.c, khk.ADRESSEN.c
        known: set[tuple[str, Place]] = set()
        for some in chunks(sorted(ktos), IN_VALUES):
            query = (
                select(reference.Verweis, *(address[column] for column in PLACE_COLUMNS))
                .join_from(khk.ADRESSENVERWEISE, khk.ADRESSEN, reference.Adresse == address.Adresse)
                .where(reference.Mandant == self.mandant, address.Mandant == self.mandant, reference.Verweis.in_(some))
                .where(reference.Kategorie == DELIVERY_ADDRESS)
            )
            for kto, *values in connection.execute(query):
                salutation, name1, name2, *rest = (value or "" for value in values)
                known.add((kto, addresses.Place(salutation, name1, name2, rest[0], "", *rest[1:])))
        return known


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
