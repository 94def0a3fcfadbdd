"""Which account of Sage a customer has: by number, then by the shop's number for him, then by his e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from exchange import khk
from exchange.connector import chunks
from exchange.connectors.sage.findings import CUSTOMER_AMBIGUOUS, CUSTOMER_UNKNOWN, NOT_A_CUSTOMER
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.recognition import plain
from exchange.finding import Finding, Locator, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection, CursorResult

    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.recognition import Wanted

#: KtoArt of customers.
CUSTOMER = "D"
#: So many candidates are named.
SHOWN_ACCOUNTS = 10

_ACCOUNT = ("Kto", "KtoArt", "Adresse", "WSKdNr", "IstGesperrt", "Aktiv", "Gruppe", "Vertreter", "Tour", "Versand")
_TERMS = ("Lieferbedingung", "Zahlungskond", "Inkassoart", "Nettobedingung", "Rechnungsempfaenger")
_ADDRESS = (
    "EMail",
    "Sprache",
    "Anrede",
    "Name1",
    "Name2",
    "LieferZusatz",
    "LieferStrasse",
    "LieferLand",
    "LieferPLZ",
    "LieferOrt",
)
#: Every column of an `Account`.
READ = (*_ACCOUNT, *_TERMS, *_ADDRESS)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its address: the columns of KHKKontokorrent and KHKAdressen that are used.

    Attributes:
        row: by column name; texts are never None.
        created: made by us in this transaction.
    """

    row: Mapping[str, Any]
    created: bool = False

    @property
    def kto(self) -> str:
        return str(self.row["Kto"])

    @property
    def open(self) -> bool:
        """Neither blocked nor inactive."""
        return not self.row["IstGesperrt"] and self.row["Aktiv"] != 0

    def __getitem__(self, column: str) -> Any:
        return self.row[column]

    @property
    def names(self) -> set[str]:
        """What he is called, as `plain` texts."""
        name1, name2 = self.text("Name1"), self.text("Name2")
        return {plain(each) for each in (name1, name2, f"{name1} {name2}")} - {""}

    def text(self, column: str) -> str:
        """Of a column that the row of a new account need not have."""
        return self.row.get(column) or ""


class Accounts:
    """The accounts that matter for one chunk of records.

    Args:
        sage: the database.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.mandant = sage.settings.mandant
        customers = sage.settings.customers
        #: Never recognised by e-mail or shop number: nobody's accounts.
        self.nobody = frozenset({*customers.templates.values(), customers.one_off}) - {""}
        present = sage.columns(khk.KONTOKORRENT.name)
        self.has_shop_id = "wskdnr" in present
        account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
        joined = khk.KONTOKORRENT.outerjoin(
            khk.ADRESSEN, and_(address.Mandant == account.Mandant, address.Adresse == account.Adresse)
        )
        chosen = khk.available([account[name] for name in (*_ACCOUNT, *_TERMS)], present)
        self._query = (
            select(*chosen, *(address[name] for name in _ADDRESS))
            .select_from(joined)
            .where(account.Mandant == self.mandant)
        )
        self._by_number: dict[str, Account] = {}
        self._by_shop_id: dict[str, list[Account]] = {}
        self._by_email: dict[str, list[Account]] = {}
        self._by_place: dict[tuple[str, str], list[Account]] = {}
        self._placed = False

    def load(self, connection: Connection, wanted: Iterable[Wanted], more: Iterable[str] = ()) -> None:
        """Forget what was known, and read every account that could be wanted; `more` are further numbers."""
        for index in (self._by_number, self._by_shop_id, self._by_email, self._by_place):
            index.clear()
        people = list(wanted)
        account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
        numbers = {each.number for each in people} | set(more)
        shop_ids = {each.shop_id for each in people} if self.has_shop_id else set()
        emails = {spelling for each in people for spelling in (each.email.lower(), each.email.casefold())}
        accounts: dict[str, Account] = {}
        for column, values in (
            (account.Kto, numbers),
            (account.WSKdNr, shop_ids),
            (func.lower(address.EMail), emails),
        ):
            for batch in chunks(sorted(values - {""}), IN_VALUES):
                accounts.update(_accounts(connection.execute(self._query.where(column.in_(batch)))))
        self._placed = any(each.zip and each.street for each in people)
        accounts.update(self._at_places(connection, people))
        for each in accounts.values():
            self.add(each)

    def _at_places(self, connection: Connection, people: Iterable[Wanted]) -> dict[str, Account]:
        """Accounts that are called like one of these people and live where one of them does."""
        zips = {each.zip for each in people if each.zip and each.street}
        names = {plain(name) for each in people for name in each.names}
        found: dict[str, Account] = {}
        for some in chunks(sorted(zips), IN_VALUES):
            query = self._query.where(khk.ADRESSEN.c.LieferPLZ.in_(some))
            there = _accounts(connection.execute(query))
            found.update((number, account) for number, account in there if not names.isdisjoint(account.names))
        return found

    def of_numbers(self, connection: Connection, numbers: Iterable[str]) -> dict[str, Account]:
        """The accounts of these numbers, whatever is known already."""
        found: dict[str, Account] = {}
        for batch in chunks(sorted(numbers), IN_VALUES):
            found.update(_accounts(connection.execute(self._query.where(khk.KONTOKORRENT.c.Kto.in_(batch)))))
        return found

    def add(self, account: Account) -> None:
        """Let an account be found from now on."""
        self._by_number[account.kto] = account
        if account["KtoArt"] != CUSTOMER or account.kto in self.nobody:
            return
        if account["WSKdNr"]:
            self._by_shop_id.setdefault(account["WSKdNr"], []).append(account)
        if account["EMail"]:
            self._by_email.setdefault(account["EMail"].strip().casefold(), []).append(account)
        if self._placed:
            place = account.text("LieferPLZ"), plain(account.text("LieferStrasse"))
            self._by_place.setdefault(place, []).append(account)

    def get(self, number: str) -> Account | None:
        """The account of that number, of whatever kind."""
        return self._by_number.get(number)

    def of_shop_id(self, shop_id: str) -> list[Account]:
        """The accounts that carry the shop's number for a customer."""
        return self._by_shop_id.get(shop_id, []) if shop_id else []

    def of_email(self, email: str) -> list[Account]:
        """The accounts with this address, in any letter case."""
        plain = email.strip().casefold()
        return self._by_email.get(plain, []) if plain else []

    def of_place(self, wanted: Wanted) -> list[Account]:
        """The accounts that have his name and live where he does."""
        there = self._by_place.get((wanted.zip, plain(wanted.street)), []) if wanted.zip and wanted.street else []
        return [each for each in there if wanted.is_named_like(each)]

    def by_number(self, number: str, field: str) -> Account | Finding:
        """The customer of that number."""
        account = self._by_number.get(number)
        if account is None:
            return found(CUSTOMER_UNKNOWN, Locator(field=field), account=number)
        if account["KtoArt"] != CUSTOMER:
            return found(NOT_A_CUSTOMER, Locator(field=field), account=number)
        return account

    def match(self, wanted: Wanted) -> Account | Finding | None:
        """Whose account it is: None for somebody new, a finding where that cannot be told."""
        of_number, of_shop_id, of_email = wanted.fields
        if wanted.number:
            return self.by_number(wanted.number, of_number)
        for value, field, index in (
            (wanted.shop_id, of_shop_id, self._by_shop_id),
            (wanted.email.strip().casefold(), of_email, self._by_email),
        ):
            candidates = index.get(value, []) if value else []
            if len(candidates) > 1:
                names = ", ".join(sorted(each.kto for each in candidates)[:SHOWN_ACCOUNTS])
                return found(CUSTOMER_AMBIGUOUS, Locator(field=field), value=value, accounts=names)
            if candidates:
                return candidates[0]
        return None


def _accounts(rows: CursorResult[Any]) -> Iterator[tuple[str, Account]]:
    """Number and account of each row."""
    names = tuple(rows.keys())
    for row in rows.all():
        values = dict(zip(names, row, strict=True))
        if None in row:
            values.update((name, "") for name in _TEXTS if values.get(name, "") is None)
        yield values["Kto"], Account(values)


_TEXTS = frozenset(READ) - {"Adresse", "IstGesperrt", "Aktiv"}


class Numbers:
    """Free account numbers: the prefix and the next number (`sage-100.md` 1.2).

    Args:
        sage: the database.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.mandant = sage.settings.mandant
        self.prefix = sage.settings.customers.prefix
        self._next = sage.settings.customers.first_number
        self._scanned = False
        self._free: list[str] = []

    def reserve(self, connection: Connection, count: int) -> None:
        """Find so many free numbers, after other writers have been locked out."""
        if not self._scanned:
            self._scan(connection)
        self._free = self._candidates(count)
        while self._taken(connection):
            self._scan(connection)
            self._free = self._candidates(count)
        self._free.reverse()

    def take(self) -> str:
        """The next of the reserved numbers."""
        self._next += 1
        return self._free.pop()

    def _candidates(self, count: int) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(self._next, self._next + count)]

    def _taken(self, connection: Connection) -> bool:
        account = khk.KONTOKORRENT.c
        for batch in chunks(self._free, IN_VALUES):
            query = select(account.Kto).where(account.Mandant == self.mandant, account.Kto.in_(batch))
            if connection.execute(query).first() is not None:
                return True
        return False

    def _scan(self, connection: Connection) -> None:
        account = khk.KONTOKORRENT.c
        query = select(account.Kto).where(account.Mandant == self.mandant)
        if self.prefix:
            query = query.where(account.Kto.startswith(self.prefix, autoescape=True))
        for (kto,) in connection.execute(query):
            digits = kto[len(self.prefix) :]
            if digits.isascii() and digits.isdecimal():
                self._next = max(self._next, int(digits) + 1)
        self._scanned = True
