"""Customers as accounts of Sage: found, updated with what is filled in, or created from a template customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from exchange import khk
from exchange.connector import Applied, Outcome, chunks
from exchange.connectors.sage import addresses, counters
from exchange.connectors.sage.account_rows import NewAccounts
from exchange.connectors.sage.accounts import CUSTOMER, Account, Accounts, Numbers
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.customer_columns import ACCOUNT, ADDRESS, BANK, CONTACT, completed, contact_key, filled
from exchange.connectors.sage.effects import refused
from exchange.connectors.sage.findings import NOT_A_CUSTOMER, TEMPLATE_MISSING
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.recognition import Wanted, match, maybe_double
from exchange.finding import Finding, Locator, found
from exchange.record import Kind, schema
from exchange.records.customer import Customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from sqlalchemy import Connection, Table

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.addresses import Place
    from exchange.connectors.sage.database import SageDatabase

FIELDS = ("number", "shop_customer_number", "email")
TEXTS = tuple(each.name for each in schema(Customer).fields if each.kind is Kind.TEXT)


def wanted(customer: Customer) -> Wanted:
    """How the customer can be recognised."""
    return Wanted(
        customer.number,
        customer.shop_customer_number,
        customer.email,
        FIELDS,
        (f"{customer.name1} {customer.name2}".strip(), customer.name1),
        customer.zip,
        customer.street,
        "name1",
    )


def recognise(accounts: Accounts, customer: Customer, rules: Sequence[str]) -> Account | Finding | None:
    """The customer's account; None for a new one. A number that is wished for need not exist yet."""
    if not customer.number:
        return match(accounts, wanted(customer), rules)
    account = accounts.get(customer.number)
    if account is not None and account["KtoArt"] != CUSTOMER:
        return found(NOT_A_CUSTOMER, Locator(field="number"), account=customer.number)
    return account


class CustomerLander:
    """Lands customers as accounts (`exchange.connectors.sage.effects.Lander`)."""

    final = False

    def __init__(self, sage: SageDatabase) -> None:
        self.mandant = sage.settings.mandant
        self.charset = Charset(sage.settings.charset)
        self.rules = sage.settings.customers.match
        self.accounts = Accounts(sage)
        self.numbers = Numbers(sage)
        self.new = NewAccounts(sage)
        self.present = sage.columns(khk.KONTOKORRENT.name)
        self.updates: list[tuple[Table, int | str, dict[str, Any]]] = []

    def begin(self, connection: Connection) -> None:
        """Lock the counters."""
        counters.lock(connection, self.mandant)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, TEXTS))

    def as_customers(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes with customers as Sage has them."""
        return changes

    def place(self, change: Change) -> Place | None:  # noqa: ARG002 - others
        """The delivery address that a customer brings along."""
        return None

    def known_places(self, connection: Connection, ktos: Set[str]) -> set[tuple[str, Place]]:  # noqa: ARG002 - others
        """The delivery addresses that accounts have."""
        return set()

    def load(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> None:  # noqa: ARG002 - others
        """Read every account that these customers could have."""
        self.accounts.load(connection, [wanted(change.record) for change in changes])

    def recognise(self, change: Change) -> Account | Finding | None:
        """The customer's account; None for a new one."""
        return recognise(self.accounts, change.record, self.rules)

    def remarks(self, customer: Customer, account: Account, outcome: Outcome) -> Iterable[Finding]:
        """What somebody should look at, though the customer lands."""
        if outcome is not Outcome.CREATED or not customer.number:
            return ()
        return maybe_double(self.accounts, wanted(customer), account.kto)

    def overwriting(self, customer: Customer, account: Account) -> Customer:  # noqa: ARG002 - others
        """What of a customer replaces what an account has."""
        return customer

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Create or update an account for each customer."""
        changes = self.as_customers(changes)
        self.load(connection, landing, changes)
        self.numbers.reserve(connection, len(changes))
        self.new.clear()
        self.updates = []
        done: list[Applied] = []
        touched: list[tuple[Customer, Account]] = []
        for change in changes:
            customer = change.record
            account = self.recognise(change)
            outcome = Outcome.CREATED if account is None else Outcome.UPDATED
            if account is None:
                account = self._create(connection, customer)
            if isinstance(account, Finding):
                done.append(refused(change, [account]))
                continue
            if outcome is Outcome.UPDATED:
                customer = self.overwriting(customer, account)
                self._overwrite(account, customer)
            touched.append((customer, account))
            done.append(Applied(change.seq, outcome, account.kto, tuple(self.remarks(change.record, account, outcome))))
        self._dependents(connection, touched)
        self.new.number(counters.take(connection, self.mandant, self.new.wanted()))
        self.new.write(connection)
        self._update(connection)
        return done

    def _overwrite(self, account: Account, customer: Customer) -> None:
        """What is filled in replaces what was there."""
        of_account, of_address = filled(customer, ACCOUNT), filled(customer, ADDRESS)
        if account.created:  # a moment ago, by another record of this chunk
            self.new.amend(account.kto, of_account, of_address)
            return
        self.updates.append((khk.KONTOKORRENT, account.kto, of_account))
        self.updates.append((khk.ADRESSEN, account["Adresse"], of_address))

    def _create(self, connection: Connection, customer: Customer) -> Account | Finding:
        template = customer.template or self.new.template_of(customer.country)
        if not template or not self.new.has_template(connection, template):
            at = Locator(field="template" if customer.template else "country")
            return found(TEMPLATE_MISSING, at, country=customer.country, template=template)
        kto, customer = customer.number or self.numbers.take(), completed(customer)
        account, address = filled(customer, ACCOUNT), filled(customer, ADDRESS)
        created = self.new.add(template, kto, account, address)
        self.accounts.add(created)
        return created

    # Contact persons and bank accounts

    def _dependents(self, connection: Connection, touched: Sequence[tuple[Customer, Account]]) -> None:
        known = [account["Adresse"] for _, account in touched if not account.created]
        contacts = self._contacts(connection, known)
        banks = self._banks(connection, known)
        for customer, account in touched:
            where = {"Kto": account.kto} if account.created else {"Adresse": account["Adresse"]}
            row = where | {"Mandant": self.mandant}
            contact = filled(customer, CONTACT)
            if contact.get("Nachname") or contact.get("EMail"):
                name = " ".join(part for part in (contact.get("Vorname"), contact.get("Nachname")) if part)
                contact["Ansprechpartner"] = name[: addresses.NAME_CHARACTERS]
                number = None if account.created else contacts.get((account["Adresse"], contact_key(contact)))
                if number is None:
                    self.new.contacts.append(row | contact)
                else:
                    self.updates.append((khk.ANSPRECHPARTNER, number, contact))
            bank = filled(customer, BANK)
            if "IBAN" in bank and (account.created or (account["Adresse"], bank["IBAN"]) not in banks):
                self.new.banks.append(row | bank)

    def _contacts(self, connection: Connection, known: Iterable[int]) -> dict[tuple[int, str], int]:
        """Contacts of addresses: people are told apart by e-mail (2.11), else by name."""
        contact = khk.ANSPRECHPARTNER.c
        found: dict[tuple[int, str], int] = {}
        for batch in chunks(sorted(set(known)), IN_VALUES):
            query = select(contact.Nummer, contact.Adresse, contact.EMail, contact.Nachname).where(
                contact.Mandant == self.mandant, contact.Adresse.in_(batch)
            )
            for row in connection.execute(query).mappings():
                found[row["Adresse"], contact_key(row)] = row["Nummer"]
        return found

    def _banks(self, connection: Connection, known: Iterable[int]) -> set[tuple[int, str]]:
        bank = khk.BANKVERBINDUNGEN.c
        found: set[tuple[int, str]] = set()
        for batch in chunks(sorted(set(known)), IN_VALUES):
            query = select(bank.Adresse, bank.IBAN).where(bank.Mandant == self.mandant, bank.Adresse.in_(batch))
            found.update((row.Adresse, row.IBAN) for row in connection.execute(query))
        return found

    def _update(self, connection: Connection) -> None:
        """Overwrite what is filled in; rows with the same columns share a statement."""
        grouped: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
        for table, number, values in self.updates:
            names = tuple(name for name in values if table is not khk.KONTOKORRENT or name.lower() in self.present)
            if names:
                row = {f"v_{name}": values[name] for name in names} | {"b_key": number}
                grouped.setdefault((table, names), []).append(row)
        for (table, names), rows in grouped.items():
            key = next(column for column in table.primary_key if column.name != "Mandant")
            statement = (
                update(table)
                .where(key == bindparam("b_key"), table.c.Mandant == self.mandant)
                .values({name: bindparam(f"v_{name}") for name in names})
            )
            connection.execute(statement, rows)
