"""Orders and customers in tables of our own beside Sage's: the way `staging`.

The safe way to write into a real Sage's database: a Sage-side importer takes the rows and sets `IstImportiert`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from exchange import khk
from exchange.connector import Applied, Outcome
from exchange.connectors.sage import article_staging, sales_staging, shop_customers, tables, taxes
from exchange.connectors.sage import draft as drafts
from exchange.connectors.sage.accounts import Account, Accounts
from exchange.connectors.sage.articles import Articles
from exchange.connectors.sage.bulk import insert_many, insert_rows
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.customers import TEXTS, recognise, wanted
from exchange.connectors.sage.draft import Drafter, Unfit
from exchange.connectors.sage.effects import LANDED, EffectTarget, refused
from exchange.connectors.sage.order_customers import OrderCustomers
from exchange.connectors.sage.order_fields import WRITTEN
from exchange.connectors.sage.recognition import match
from exchange.finding import Finding
from exchange.record import schema
from exchange.records.category import Category
from exchange.records.customer import Customer
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.sales_document import SalesDocument
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.draft import Draft


class StagingTarget(EffectTarget):
    """Writes orders and customers into ExchangeOrder, ExchangeOrderLine, ExchangeCustomer and ExchangeCustomerAddress.

    Articles and categories of the shop: see `article_staging`; sales documents: see `sales_staging`.

    Args:
        sage: the database; the tables are created when they do not exist.
    """

    def __init__(self, sage: SageDatabase) -> None:
        super().__init__(
            sage,
            {
                Order: lambda: _Orders(sage),
                Customer: lambda: _Customers(sage),
                ShopCustomer: lambda: _ShopCustomers(sage),
                Product: lambda: article_staging.WaitingArticles(sage),
                Category: lambda: article_staging.WaitingGroups(sage),
                SalesDocument: lambda: sales_staging.WaitingDocuments(sage),
            },
            *(tables.EFFECT, tables.ORDER, tables.ORDER_LINE, tables.CUSTOMER, tables.CUSTOMER_ADDRESS),
            *(article_staging.ARTICLE, article_staging.ARTICLE_PRICE, article_staging.GROUP),
            *(sales_staging.DOCUMENT, sales_staging.DOCUMENT_LINE),
        )


def _waiting(sage: SageDatabase, landing: Landing, change: Change) -> dict[str, Any]:
    return {
        "Mandant": sage.settings.mandant,
        "Schluessel": change.key,
        "IstImportiert": khk.NO,
        "Fehlertext": "",
        "Batch": landing.batch,
        "At": datetime.now(UTC).replace(tzinfo=None),
    }


def _template(sage: SageDatabase, country: str, account: Account | None) -> str:
    templates = sage.settings.customers.templates
    return "" if account is not None else templates.get(country, templates.get("*", ""))


class _Orders:
    """Lands orders as waiting rows (`exchange.connectors.sage.effects.Lander`)."""

    final = True

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.settings = sage.settings
        self.charset = Charset(sage.settings.charset)
        self.articles = Articles(sage.settings.mandant)
        self.customers = OrderCustomers(sage)
        self.drafter: Drafter | None = None

    def begin(self, connection: Connection) -> None:
        """Read the small tables at the first time; the keys of our tables keep two writers apart."""
        if self.drafter is None:
            self.drafter = Drafter(self.settings, self.articles, taxes.load(connection), self.sage.zone)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, WRITTEN))

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Write a row and its lines for each order that is fit for it."""
        orders = [change.record for change in changes]
        setup = self.settings.orders
        kind = setup.document_kind
        self.articles.load(
            connection, setup.articles | {line.article_number for order in orders for line in order.lines}
        )
        self.customers.load(connection, orders)
        mandant, now = self.settings.mandant, datetime.now(UTC).replace(tzinfo=None)
        rows: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        done: list[Applied] = []
        for change in changes:
            try:
                draft, account = self._accept(change.record)
            except Unfit as unfit:
                done.append(refused(change, [unfit.finding]))
                continue
            waiting = (mandant, change.key, khk.NO, "", landing.batch, now)
            rows.append(waiting + self._order(draft, account) + drafts.header(draft, kind))
            lines.extend(_lines(draft, mandant, change.key))
            done.append(Applied(change.seq, Outcome.CREATED, f"ExchangeOrder {change.record.number}"))
        insert_rows(connection, tables.ORDER, _ORDER, rows)
        insert_rows(connection, tables.ORDER_LINE, _LINE, lines)
        return done

    def _accept(self, order: Order) -> tuple[Draft, Account | None]:
        assert self.drafter is not None  # noqa: S101 - made in `begin`
        return self.drafter.draft(order), self.customers.find(order)

    def _order(self, draft: Draft, account: Account | None) -> tuple[Any, ...]:
        """The values of a waiting row that are neither its own nor in the header."""
        order, payment, shipping = draft.order, draft.payment, draft.shipping
        kto, language, terms, collection, way, delivery = (
            ("", "", "", "", "", "") if account is None else tuple(account[name] for name in _OF_ACCOUNT)
        )
        return (
            kto,
            _template(self.sage, order.billing_country, account),
            order.number,
            order.shop_order_id,
            order.shop_customer_id,
            order.email,
            order.phone or order.mobile,
            order.payment_code,
            order.payment_status,
            order.shipping_code,
            order.currency or self.settings.currency,
            language,
            payment.terms or terms,
            payment.collection or collection,
            shipping.shipping or way,
            shipping.delivery_terms or delivery,
        )


#: What a waiting order takes over from the account that was recognised.
_OF_ACCOUNT = ("Kto", "Sprache", "Zahlungskond", "Inkassoart", "Versand", "Lieferbedingung")
#: The columns of a waiting order, in the order of the values above.
_ORDER = (
    *("Mandant", "Schluessel", "IstImportiert", "Fehlertext", "Batch", "At"),
    *("Kto", "Vorlagekunde", "Bestellnummer", "ShopBestellId", "ShopKundenId", "EMail", "Telefon", "Zahlungsart"),
    *("Zahlungsstatus", "Versandart", "WKz", "Sprache", "Zahlungskond", "Inkassoart", "Versand", "Lieferbedingung"),
    *drafts.HEADER,
)
_LINE = (
    *("Mandant", "Schluessel", "Index", "Artikelnummer", "Bezeichnung1", "Bezeichnung2", "Menge", "Mengeneinheit"),
    *("Einzelpreis", "Rabattbetrag", "Gesamtpreis", "Steuercode", "Steuersatz"),
)


def _lines(draft: Draft, mandant: int, key: str) -> list[tuple[Any, ...]]:
    return [
        (
            mandant,
            key,
            number,
            each.article.number,
            each.article.title1,
            each.article.title2,
            each.quantity,
            each.article.sales_unit,
            each.unit_price,
            each.discount,
            each.total,
            each.code,
            each.rate,
        )
        for number, each in enumerate(draft.positions, 1)
    ]


class _Customers:
    """Lands customers as waiting rows (`exchange.connectors.sage.effects.Lander`)."""

    final = False

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.charset = Charset(sage.settings.charset)
        self.accounts = Accounts(sage)

    def begin(self, connection: Connection) -> None:
        """Nothing is to be locked: the keys of our tables keep two writers apart."""

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, TEXTS))

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Write a row for each customer; one that waits or was imported before waits again with what is new."""
        self.load(connection, changes)
        rows: list[dict[str, Any]] = []
        done: list[Applied] = []
        for change in changes:
            account = self.recognise(change)
            if isinstance(account, Finding):
                done.append(refused(change, [account]))
                continue
            rows.append(_waiting(self.sage, landing, change) | self.customer(change.record, account))
            known = account is not None or change.outcome is Outcome.UPDATED
            outcome = Outcome.UPDATED if known else Outcome.CREATED
            done.append(Applied(change.seq, outcome, f"ExchangeCustomer {change.key}"[:120]))
        self.replace(connection, tables.CUSTOMER, [row["Schluessel"] for row in rows], rows)
        return done

    def load(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Read every account that these customers could have."""
        self.accounts.load(connection, [wanted(change.record) for change in changes])

    def recognise(self, change: Change) -> Account | Finding | None:
        """The customer's account; None for a new one."""
        return recognise(self.accounts, change.record, self.sage.settings.customers.match)

    def replace(
        self, connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """The rows of these keys are these from now on."""
        connection.execute(
            delete(table).where(table.c.Mandant == self.sage.settings.mandant, table.c.Schluessel.in_(keys))
        )
        insert_many(connection, table, rows)

    def customer(self, customer: Customer, account: Account | None) -> dict[str, Any]:
        """The columns of a waiting row."""
        columns = {each.de: getattr(customer, each.name) for each in schema(Customer).fields}
        flags = {name: khk.YES if value else khk.NO for name, value in columns.items() if isinstance(value, bool)}
        template = customer.template or _template(self.sage, customer.country, account)
        return columns | flags | {"Kto": "" if account is None else account.kto, "Vorlagekunde": template}


class _ShopCustomers(_Customers):
    """Lands customers of the shop as waiting rows, each with its delivery address."""

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, shop_customers.TEXTS))

    def load(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Read every account that these customers could have."""
        self.accounts.load(connection, [shop_customers.wanted(change.record) for change in changes])

    def recognise(self, change: Change) -> Account | Finding | None:
        """The account by the declared rules; None for a new one."""
        return match(self.accounts, shop_customers.wanted(change.record), self.sage.settings.customers.match)

    def customer(self, customer: Any, account: Account | None) -> dict[str, Any]:
        """The columns of a waiting row."""
        return super().customer(shop_customers.as_customer(customer, self.sage.settings), account)

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """A row for each customer, and one for each delivery address that is another one."""
        done = super().land(connection, landing, changes)
        landed = {each.seq for each in done if each.outcome in LANDED}
        kept = [change for change in changes if change.seq in landed]
        rows = [
            {"Mandant": self.sage.settings.mandant, "Schluessel": change.key} | shop_customers.address_row(place)
            for change in kept
            if (place := shop_customers.delivery(change.record)) is not None
        ]
        self.replace(connection, tables.CUSTOMER_ADDRESS, [change.key for change in kept], rows)
        return done
