"""New accounts: rows copied from a template customer (`sage-100.md` section 4, "Template customers")."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connectors.sage.accounts import READ, Account
from exchange.connectors.sage.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from exchange.connectors.sage.database import SageDatabase

#: What the template knows of itself and a new customer must not inherit. KtoTyp marks templates (inferred).
_OWN: Mapping[str, Any] = {
    "KtoArt": "D",
    "KtoTyp": 0,
    "IstGesperrt": khk.NO,
    "Aktiv": khk.YES,
    "EULand": "",
    "EUUStID": "",
    "Rechnungsempfaenger": "",
    "Referenznummer": "",
    "KundenSteuerNr": "",
    "LeitwegID": "",
    "WSKdNr": "",
    "WSEmail": "",
    "WSGuid": None,
    "WSName": None,
    "LetzterUmsatz": None,
    "LetzteMahnung": None,
    "AngefragteUStId": None,
    "PruefName": None,
    "PruefStrasse": None,
    "PruefPlz": None,
    "PruefOrt": None,
    "AntwortDatum": None,
    "AntwortCode": None,
    "AntwortUStId": None,
}
#: Kategorie of an ordinary address (`sage-100.md` 2.11).
_ORDINARY = 0


def writable(table: Table) -> list[str]:
    """Columns that take values: the server fills row versions, identities and computed columns itself."""
    return [
        column.name
        for column in table.c
        if column.name.lower() != "timestamp" and column.identity is None and column.computed is None
    ]


class NewAccounts:
    """Collects the accounts that a chunk creates and writes them at its end.

    Args:
        sage: the database.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.mandant = sage.settings.mandant
        self.templates = sage.settings.customers.templates
        self._table = sage.table(khk.KONTOKORRENT.name)
        self._columns = writable(self._table)
        self._known: dict[str, dict[str, Any] | None] = {}
        self._languages: dict[str, tuple[str, str]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget what was collected."""
        self.accounts: list[dict[str, Any]] = []
        self.addresses: list[dict[str, Any]] = []
        #: Each account and its address as one row, as `Accounts` reads them.
        self.joined: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        self.banks: list[dict[str, Any]] = []

    def template_of(self, country: str) -> str:
        """Number of the template customer for a country, or empty."""
        return self.templates.get(country, self.templates.get("*", ""))

    def has_template(self, connection: Connection, number: str) -> bool:
        """Whether the template exists."""
        if number not in self._known:
            query = select(*(self._table.c[name] for name in self._columns)).where(
                self._table.c.Mandant == self.mandant, self._table.c.Kto == number
            )
            row = connection.execute(query).mappings().first()
            own = () if row is None else [each for each in _OWN.items() if each[0] in row]
            self._known[number] = None if row is None else {**row, **dict(own)}
            self._languages[number] = self._address_of(connection, number)
        return self._known[number] is not None

    def _address_of(self, connection: Connection, number: str) -> tuple[str, str]:
        """Language and address group of the template."""
        account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
        query = (
            select(address.Sprache, address.Gruppe)
            .join_from(khk.ADRESSEN, khk.KONTOKORRENT, address.Adresse == account.Adresse)
            .where(account.Mandant == self.mandant, address.Mandant == self.mandant, account.Kto == number)
        )
        row = connection.execute(query).first()
        return ("", "") if row is None else (row.Sprache or "", row.Gruppe or "")

    def add(self, template: str, kto: str, account: Mapping[str, Any], address: Mapping[str, Any]) -> Account:
        """Collect a new account; `account` and `address` hold what is not the template's. Ids come later."""
        copied = self._known[template] or {}
        language, group = self._languages[template]
        place = {"Sprache": language, "Gruppe": group, "Kategorie": _ORDINARY, "Aktiv": khk.YES, **address}
        place["Mandant"] = self.mandant
        row = {**copied, "Kto": kto, "Mandant": self.mandant}
        row.update([each for each in account.items() if each[0] in copied])
        self.accounts.append(row)
        self.addresses.append(place)
        self.joined.append(_joined(row, place))
        return Account(self.joined[-1], created=True)

    def amend(self, kto: str, account: Mapping[str, Any], address: Mapping[str, Any]) -> None:
        """Overwrite parts of an account that has been collected."""
        index = next(index for index, row in enumerate(self.accounts) if row["Kto"] == kto)
        self.accounts[index].update({name: value for name, value in account.items() if name in self._columns})
        self.addresses[index].update(address)
        self.joined[index].update(_joined(self.accounts[index], self.addresses[index]))

    def wanted(self) -> dict[Table, int]:
        """How many ids are needed."""
        return {khk.ADRESSEN: len(self.addresses), khk.ANSPRECHPARTNER: len(self.contacts)}

    def number(self, first: Mapping[Table, int]) -> None:
        """Give addresses and contacts their ids; contacts of new accounts name their account in `Kto`."""
        by_account: dict[str, int] = {}
        rows = zip(self.accounts, self.addresses, self.joined, strict=True)
        for number, (account, address, joined) in enumerate(rows, first.get(khk.ADRESSEN, 0)):
            joined["Adresse"] = address["Adresse"] = account["Adresse"] = number
            if "StandardAdresse" in account:
                account["StandardAdresse"] = number
            by_account[account["Kto"]] = number
        for offset, contact in enumerate(self.contacts):
            contact["Nummer"] = first[khk.ANSPRECHPARTNER] + offset
        for dependent in (*self.contacts, *self.banks):
            kto = dependent.pop("Kto", None)
            if kto is not None:
                dependent["Adresse"] = by_account[kto]

    def write(self, connection: Connection) -> None:
        """Insert everything."""
        _insert(connection, khk.ADRESSEN, self.addresses)
        _insert(connection, self._table, self.accounts)
        _insert(connection, khk.ANSPRECHPARTNER, self.contacts)
        _insert(connection, khk.BANKVERBINDUNGEN, self.banks)


def _joined(account: Mapping[str, Any], address: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in {**_NOTHING, **address, **account}.items()}


_NOTHING = dict.fromkeys(READ, "")


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows of differing columns: a column that a row does not name becomes NULL."""
    named = set(chain.from_iterable(rows))
    names = tuple(column.name for column in table.c if column.name in named)
    insert_rows(connection, table, names, [tuple(map(row.get, names)) for row in rows])
