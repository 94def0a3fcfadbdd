"""Orders as real documents of Sage, customers as real accounts: the way `documents`.

By plain SQL, and so only for the sandbox or behind a switch: Sage's own program also posts stock, statistics and
disposition (`sage-100.md` 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from exchange import khk
from exchange.connector import Applied, Outcome, chunks
from exchange.connectors.sage import counters, document_rows, tables, taxes
from exchange.connectors.sage.account_rows import NewAccounts
from exchange.connectors.sage.accounts import Account, Numbers
from exchange.connectors.sage.article_lander import ArticleLander
from exchange.connectors.sage.articles import Articles
from exchange.connectors.sage.bulk import insert_rows
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.customers import CustomerLander
from exchange.connectors.sage.document_rows import Buyer
from exchange.connectors.sage.draft import Draft, Drafter, Unfit
from exchange.connectors.sage.effects import EffectTarget, refused
from exchange.connectors.sage.findings import ORDER_EXISTS
from exchange.connectors.sage.group_lander import GroupLander
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.order_customers import OrderCustomers
from exchange.connectors.sage.order_fields import WRITTEN
from exchange.connectors.sage.sales_documents import SalesDocumentLander, in_order
from exchange.connectors.sage.shop_customer_lander import ShopCustomerLander
from exchange.errors import ConfigError
from exchange.finding import Locator, found
from exchange.records.category import Category
from exchange.records.customer import Customer
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.sales_document import SalesDocument
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Table

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.finding import Finding


class DocumentsTarget(EffectTarget):
    """Writes orders and customers into Sage's own tables.

    Args:
        sage: the database.

    Raises:
        ConfigError: neither `sage.allow_documents` is set nor is the database a sandbox, or it lacks tables.
    """

    def __init__(self, sage: SageDatabase) -> None:
        if not sage.settings.allow_documents and not sage.is_sandbox:
            raise ConfigError(
                "sage.way is documents, which writes Sage's own tables past Sage's own program; this database is no "
                "sandbox, so it needs sage.allow_documents = true. The ways files and staging are safe"
            )
        super().__init__(
            sage,
            {
                Order: lambda: OrderLander(sage),
                Customer: lambda: CustomerLander(sage),
                ShopCustomer: lambda: ShopCustomerLander(sage),
                Product: lambda: ArticleLander(sage),
                Category: lambda: GroupLander(sage),
                SalesDocument: lambda: SalesDocumentLander(sage),
            },
            tables.EFFECT,
        )

    def arranged(self, changes: Iterator[Change]) -> Iterator[Change]:
        """A sales document lands after the one of its file that it follows from."""
        return in_order(changes)


@dataclass(slots=True)
class _Accepted:
    """An order that becomes a document."""

    change: Change
    draft: Draft
    account: Account
    invoice: Account | None = None


class OrderLander:
    """Lands orders as documents (`exchange.connectors.sage.effects.Lander`)."""

    final = True

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.settings = sage.settings
        self.mandant = sage.settings.mandant
        self.charset = Charset(sage.settings.charset)
        self.articles = Articles(self.mandant)
        self.customers = OrderCustomers(sage)
        self.numbers = Numbers(sage)
        self.new = NewAccounts(sage)
        self.drafter: Drafter | None = None
        self.kind = (self.settings.orders.document_kind, "")

    def begin(self, connection: Connection) -> None:
        """Lock the counters; at the first time, read the small tables."""
        counters.lock(connection, self.mandant)
        if self.drafter is None:
            self.kind = self._kind(connection)
            self.drafter = Drafter(self.settings, self.articles, taxes.load(connection), self.sage.zone)

    def _kind(self, connection: Connection) -> tuple[str, str]:
        kind = self.settings.orders.document_kind
        query = select(khk.BELEGARTEN.c.Bezeichnung).where(khk.BELEGARTEN.c.Kennzeichen == kind)
        row = connection.execute(query).first()
        if row is None:
            raise ConfigError(f"sage.orders.document_kind: Sage has no document kind {kind!r}")
        return kind, row.Bezeichnung or ""

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, WRITTEN))

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:  # noqa: ARG002
        """Write a document for each order that is fit for it."""
        orders = [change.record for change in changes]
        self._load(connection, orders)
        existing = self._existing(connection, [order.number for order in orders])
        done: dict[int, Applied] = {}
        accepted: list[_Accepted] = []
        for change in changes:
            number = change.record.number
            if number in existing:
                finding = found(ORDER_EXISTS, Locator(field="number"), number=number, known=existing[number])
                done[change.seq] = refused(change, [finding])
                continue
            try:
                accepted.append(self._accept(connection, change))
            except Unfit as unfit:
                done[change.seq] = refused(change, [unfit.finding])
        done.update(self._write(connection, accepted))
        return [done[change.seq] for change in changes]

    def _load(self, connection: Connection, orders: Sequence[Order]) -> None:
        setup = self.settings.orders
        self.articles.load(
            connection, setup.articles | {line.article_number for order in orders for line in order.lines}
        )
        self.customers.load(connection, orders)
        self.new.clear()
        self.numbers.reserve(connection, len(orders))

    def _existing(self, connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
        """Documents that carry these order numbers already; ours have been recognised by their effects before."""
        table = khk.BELEGE.c
        present = self.sage.columns(khk.BELEGE.name)
        references = [table.Referenznummer, *([table.WSBestellNr] if "wsbestellnr" in present else [])]
        found: dict[str, str] = {}
        for batch in chunks(sorted(set(numbers)), IN_VALUES):
            query = select(*references, table.Belegkennzeichen, table.Belegjahr, table.Belegnummer).where(
                table.Mandant == self.mandant, or_(*(column.in_(batch) for column in references))
            )
            for *named, kind, year, number in connection.execute(query):
                found |= {name: f"{kind} {year}-{number}" for name in named if name}
        return found

    def _accept(self, connection: Connection, change: Change) -> _Accepted:
        """Price the order and find or create its customer. Raises Unfit, and has created nobody then."""
        order: Order = change.record
        assert self.drafter is not None  # noqa: S101 - made in `begin`
        draft = self.drafter.draft(order)
        account = self.customers.find(order)
        if account is None:
            template = self.customers.template(connection, order, self.new)
            account = self.customers.create(draft, template, self.numbers.take(), self.new)
        return _Accepted(change, draft, account)

    # Writing

    def _write(self, connection: Connection, accepted: Sequence[_Accepted]) -> dict[int, Applied]:
        if not accepted:
            return {}
        self._add_invoice_accounts(connection, accepted)
        positions = sum(len(each.draft.positions) for each in accepted)
        first = counters.take(
            connection,
            self.mandant,
            self.new.wanted()
            | dict.fromkeys((khk.BELEGE, khk.VORGAENGE, khk.BELEGE_ZKD), len(accepted))
            | dict.fromkeys((khk.BELEGE_POSITIONEN, khk.VORGAENGE_POSITIONEN), positions),
        )
        self.new.number(first)
        self.new.write(connection)
        years = {each.draft.dated.year for each in accepted}
        next_number = counters.next_documents(connection, self.mandant, self.kind[0], years)
        rows = _Rows(self.mandant, first)
        done: dict[int, Applied] = {}
        for each in accepted:
            year = each.draft.dated.year
            number = next_number[year]
            next_number[year] += 1
            draft, buyer = each.draft, Buyer(each.account, each.invoice, self.customers.one_off)
            lines = document_rows.positions(draft)
            numbered = number, draft.order.currency or self.settings.currency
            header = document_rows.header(draft, buyer, self.kind, numbered, lines)
            rows.add(header, lines, document_rows.terms(draft, each.account))
            done[each.change.seq] = Applied(each.change.seq, Outcome.CREATED, f"{self.kind[0]} {year}-{number}")
        rows.write(connection, self.sage.columns(khk.BELEGE.name))
        return done

    def _add_invoice_accounts(self, connection: Connection, accepted: Sequence[_Accepted]) -> None:
        """Read the accounts that get the invoices of others."""
        others = {document_rows.invoice_account(each.account) for each in accepted} - {""}
        if not others:
            return
        accounts = self.customers.accounts.of_numbers(connection, others)
        for each in accepted:
            each.invoice = accounts.get(document_rows.invoice_account(each.account))


_IDS = ("BelID", "VorID", "Mandant")
_HEADER = (*_IDS, *document_rows.HEADER)
_POSITION = ("VorPosID", "Mandant", "BelPosID", "BelID", *document_rows.POSITION)
_TERMS = ("ID", "BelID", "Mandant", *document_rows.TERMS)
_CONSTANTS = tuple(document_rows.POSITION_CONSTANTS.items())


class _Rows:
    """The rows of a chunk of documents, with their ids.

    Args:
        mandant: whose.
        first: first id for each table.
    """

    def __init__(self, mandant: int, first: dict[Table, int]) -> None:
        self.mandant = mandant
        self.ids = {table: count(number) for table, number in first.items()}
        self.headers: list[tuple[Any, ...]] = []
        self.parts: list[tuple[int, int, int]] = []
        self.positions: list[tuple[Any, ...]] = []
        self.terms: list[tuple[Any, ...]] = []

    def add(self, header: tuple[Any, ...], positions: Iterable[tuple[Any, ...]], terms: tuple[Any, ...]) -> None:
        """One document: the values of HEADER, POSITION and TERMS of `document_rows`."""
        ids, mandant = self.ids, self.mandant
        document, deal = next(ids[khk.BELEGE]), next(ids[khk.VORGAENGE])
        self.headers.append((document, deal, mandant, *header))
        for position in positions:
            part = next(ids[khk.VORGAENGE_POSITIONEN])
            self.parts.append((part, deal, mandant))
            self.positions.append((part, mandant, next(ids[khk.BELEGE_POSITIONEN]), document, *position))
        self.terms.append((next(ids[khk.BELEGE_ZKD]), document, mandant, *terms))

    def write(self, connection: Connection, present: Container[str]) -> None:
        """Insert everything, in the order in which the tables refer to each other; only columns that are present."""
        places = [place for place, name in enumerate(_HEADER) if name.lower() in present]
        names = tuple(_HEADER[place] for place in places)
        headers = self.headers if names == _HEADER else list(map(itemgetter(*places), self.headers))
        fixed = tuple(
            (name, value) for name, value in document_rows.HEADER_CONSTANTS.items() if name.lower() in present
        )
        deals = [header[: len(_IDS)] for header in self.headers]
        insert_rows(connection, khk.VORGAENGE, _IDS[1:], [deal[1:] for deal in deals])
        insert_rows(connection, khk.VORGAENGE_POSITIONEN, ("VorPosID", "VorID", "Mandant"), self.parts)
        insert_rows(connection, khk.BELEGE, names, headers, fixed)
        insert_rows(connection, khk.BELEGE_VORGAENGE, _IDS, deals)
        insert_rows(connection, khk.BELEGE_POSITIONEN, _POSITION, self.positions, _CONSTANTS)
        insert_rows(connection, khk.BELEGE_ZKD, _TERMS, self.terms)
