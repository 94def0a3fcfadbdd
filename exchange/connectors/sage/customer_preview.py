"""What landing customers would change in Sage, field by field, before anything is written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connector import FieldChange, Outcome, Preview, chunks
from exchange.connectors.sage.accounts import CUSTOMER, READ, Account
from exchange.connectors.sage.customer_columns import ACCOUNT, ADDRESS, BANK, CONTACT, completed, contact_key, filled
from exchange.connectors.sage.effects import refused
from exchange.connectors.sage.findings import TEMPLATE_MISSING
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.finding import Finding, Locator, found
from exchange.record import Kind, schema
from exchange.records.customer import Customer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.addresses import Place
    from exchange.connectors.sage.customers import CustomerLander
    from exchange.connectors.sage.database import SageDatabase

_LABELS = {each.name: (each.de, each.en) for each in schema(Customer).fields}
_FLAGS = frozenset(each.name for each in schema(Customer).fields if each.kind is Kind.FLAG)
#: Values that an account has under the names of the record.
Present = dict[str, Any]


class CustomerPreview:
    """Says what customers would change (`exchange.connectors.sage.preview.Foreteller`).

    Args:
        sage: the database.
        lander: how these customers land; it is only asked, nothing is landed.
    """

    def __init__(self, sage: SageDatabase, lander: CustomerLander) -> None:
        self.settings = sage.settings
        self.mandant = sage.settings.mandant
        self.lander = lander
        self.columns = khk.available([khk.KONTOKORRENT.c[name] for name in ACCOUNT.values()], lander.present)
        self._present: dict[str, Present] = {}
        self._made: list[Account] = []
        self._places: set[tuple[str, Place]] = set()

    def preview(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> Iterator[Preview]:
        """What each of these changes would do; a customer that the file makes is known to those below him."""
        lander = self.lander
        plain = lander.as_customers(changes)
        lander.load(connection, landing, plain)
        for made in self._made:
            lander.accounts.add(made)
        recognised = [lander.recognise(change) for change in plain]
        ktos = {each.kto for each in recognised if isinstance(each, Account)}
        self._load(connection, ktos - self._present.keys())
        self._places |= lander.known_places(connection, ktos)
        for given, change in zip(changes, plain, strict=True):
            account = lander.recognise(change)  # once more: a customer above may be the same
            if faults := lander.fault(given):
                yield _refused(change, *faults)
            elif isinstance(account, Finding):
                yield _refused(change, account)
            elif account is None:
                yield self._created(connection, change)
            else:
                customer = lander.overwriting(change.record, account)
                yield self._compared(change, account, _values(customer))

    def _created(self, connection: Connection, change: Change) -> Preview:
        customer: Customer = change.record
        template = customer.template or self.lander.new.template_of(customer.country)
        # Of the other ways, whoever takes the rows or the file over decides what a customer is made from.
        direct = self.settings.way == "documents"
        if direct and (not template or not self.lander.new.has_template(connection, template)):
            at = Locator(field="template" if customer.template else "country")
            return _refused(change, found(TEMPLATE_MISSING, at, country=customer.country, template=template))
        values = _values(completed(customer)) | ({} if customer.template or not template else {"template": template})
        name = customer.number or f"#{change.line}"  # where he stands in the file, should he be named
        made = _stand_in(name, customer)
        self._made.append(made)
        self.lander.accounts.add(made)
        self._present[name] = {}
        remarks = self.lander.remarks(customer, made, Outcome.CREATED)
        fields = self._differences(name, values) + self._place(name, change)
        return Preview(change.seq, Outcome.CREATED, "", fields, tuple(remarks))

    def _compared(self, change: Change, account: Account, values: Present) -> Preview:
        fields = self._differences(account.kto, values) + self._place(account.kto, change)
        outcome = Outcome.UPDATED if fields else Outcome.UNCHANGED
        return Preview(change.seq, outcome, account.kto, fields)

    def _differences(self, kto: str, values: Present) -> tuple[FieldChange, ...]:
        """What of these values the account does not have; it has them from now on."""
        before, contact = self._present.setdefault(kto, {}), _columns(values, CONTACT)
        compared: list[tuple[Present, Present]] = []
        if contact.get("Nachname") or contact.get("EMail"):
            person: Present = before.setdefault("contacts", {}).setdefault(contact_key(contact), {})
            compared.append((person, {name: values[name] for name in CONTACT if name in values}))
        banks: set[str] = before.setdefault("ibans", set())
        if values.get("iban", "") not in {"", *banks}:
            banks.add(values["iban"])
            compared.append(({}, {name: values[name] for name in BANK if name in values}))
        rest = {name: value for name, value in values.items() if name not in CONTACT and name not in BANK}
        compared.append((before, rest))
        fields = []
        for old, new in compared:
            fields += [
                FieldChange(name, *_LABELS[name], shown(old.get(name)), shown(value))
                for name, value in new.items()
                if shown(old.get(name)) != shown(value)
            ]
            old.update(new)
        return tuple(sorted(fields, key=lambda each: _ORDER[each.name]))

    def _place(self, kto: str, change: Change) -> tuple[FieldChange, ...]:
        """A delivery address that the account does not have yet; it is entered beside the others."""
        place = self.lander.place(change)
        if place is None or (kto, place) in self._places:
            return ()
        self._places.add((kto, place))
        parts = (place.name1, place.name2, place.addition, place.street, f"{place.zip} {place.city}", place.country)
        told = ", ".join(part for part in parts if part)
        return (FieldChange("delivery_address", "Lieferanschrift", "Delivery address", "", told),)

    # What is there

    def _load(self, connection: Connection, accounts: set[str]) -> None:
        account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
        joined = khk.KONTOKORRENT.outerjoin(
            khk.ADRESSEN, (address.Mandant == account.Mandant) & (address.Adresse == account.Adresse)
        )
        columns = [column.label(f"a_{column.name}") for column in self.columns]
        columns += [address[name].label(f"b_{name}") for name in ADDRESS.values()]
        by_address: dict[int, Present] = {}
        for batch in chunks(sorted(accounts), IN_VALUES):
            query = select(account.Kto, account.Adresse, *columns).select_from(joined)
            query = query.where(account.Mandant == self.mandant, account.Kto.in_(batch))
            for row in connection.execute(query).mappings():
                present = {name: row[f"b_{column}"] for name, column in ADDRESS.items()}
                present |= {name: row[f"a_{column}"] for name, column in ACCOUNT.items() if f"a_{column}" in row}
                self._present[row["Kto"]] = by_address[row["Adresse"]] = _read(present)
        self._load_dependents(connection, by_address)

    def _load_dependents(self, connection: Connection, by_address: Mapping[int, Present]) -> None:
        contact, bank = khk.ANSPRECHPARTNER.c, khk.BANKVERBINDUNGEN.c
        for batch in chunks(sorted(by_address), IN_VALUES):
            people = select(contact.Adresse, *(contact[name] for name in CONTACT.values()))
            for row in connection.execute(
                people.where(contact.Mandant == self.mandant, contact.Adresse.in_(batch))
            ).mappings():
                person = {name: row[column] for name, column in CONTACT.items()}
                by_address[row["Adresse"]].setdefault("contacts", {})[contact_key(row)] = person
            ibans = select(bank.Adresse, bank.IBAN).where(bank.Mandant == self.mandant, bank.Adresse.in_(batch))
            for number, iban in connection.execute(ibans):
                by_address[number].setdefault("ibans", set()).add(iban)


_ORDER = {name: index for index, name in enumerate(Customer._fields)}


def _refused(change: Change, *findings: Finding) -> Preview:
    return Preview(change.seq, refused(change, findings).outcome, findings=findings)


def _values(customer: Customer) -> Present:
    """What is filled in, as Sage will have it, under the names of the record."""
    values: Present = {"template": customer.template} if customer.template else {}
    for fields in (ADDRESS, ACCOUNT, CONTACT, BANK):
        columns = filled(customer, fields)
        values |= {name: columns[column] for name, column in fields.items() if column in columns}
    return _read(values)


def _columns(values: Present, fields: Mapping[str, str]) -> Present:
    return {column: values[name] for name, column in fields.items() if name in values}


def _read(values: Present) -> Present:
    """Flags as flags: Sage writes them as numbers."""
    return {name: bool(value) if name in _FLAGS and value is not None else value for name, value in values.items()}


def _stand_in(number: str, customer: Customer) -> Account:
    """The account that a customer of the file would get, so that he is recognised further down."""
    row = dict.fromkeys(READ, "") | filled(customer, ADDRESS) | filled(customer, ACCOUNT)
    return Account(row | {"Kto": number, "KtoArt": CUSTOMER, "IstGesperrt": khk.NO, "Aktiv": khk.YES}, created=True)


def shown(value: Any) -> str:
    """A value as a person reads it; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        number = Decimal(str(value)).normalize()
        return f"{number:f}"
    return str(value)
