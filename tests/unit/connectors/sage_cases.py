"""Orders, customers and a sandbox for the tests of the Sage connector."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connector import Applied, Change, Landing, Outcome
from exchange.connectors.sage import SageDatabase
from exchange.convert import half_up
from exchange.record import Kind, fingerprint, schema
from exchange.records.customer import Customer
from exchange.records.order import Order, OrderLine
from exchange.sandbox import sage
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import RowMapping, Table

    from exchange.connector import Target

TODAY = date(2026, 7, 1)
HUNDRED = Decimal(100)


@contextmanager
def sandbox(folder: Path, *, name: str = "sage.db", today: date = TODAY, **settings: Any) -> Iterator[SageDatabase]:
    """A Sage database on a fresh sandbox, or on the one that the folder already has."""
    path = folder / name
    if not path.exists():
        sage.create(path, today=today)
    clock = datetime.combine(today, time(12), UTC)
    with SageDatabase(SageSettings(url=f"sqlite:///{path}", **settings), now=lambda: clock) as database:
        yield database


def blank(of: type[Any], **values: Any) -> Any:
    """A record with nothing in it but these values."""
    fields = {each.name: "" if each.kind is Kind.TEXT else None for each in schema(of).fields}
    groups: dict[str, Any] = {group.name: () for group in schema(of).groups}
    return of(**(fields | groups | values))


def line(article: str, quantity: str = "1", gross: str = "9.95", rate: str = "19", discount: str = "0") -> OrderLine:
    """A line as a shop with gross prices writes it."""
    percent, net = Decimal(rate), HUNDRED / (HUNDRED + Decimal(rate))
    total = half_up(Decimal(quantity) * Decimal(gross) - Decimal(discount))
    return blank(  # type: ignore[no-any-return]
        OrderLine,
        article_number=article,
        quantity=Decimal(quantity),
        unit_price_incl=Decimal(gross),
        unit_price_excl=half_up(Decimal(gross) * net, 4),
        discount_incl=Decimal(discount),
        discount_excl=half_up(Decimal(discount) * net, 4),
        total_incl=total,
        total_excl=half_up(total * net),
        tax_rate=percent,
    )


def order(number: str = "ORD1", *lines: OrderLine, shipping: str = "5.90", discount: str = "0", **values: Any) -> Order:
    """An order of Erika Muster in Dresden, with gross prices and shipping at 19 %."""
    bought = lines or (line("00200050", "2"),)
    gross = sum((each.total_incl or 0 for each in bought), Decimal(shipping) - Decimal(discount))
    person = {
        "ordered_at": datetime(2026, 6, 1, 10, tzinfo=UTC),
        "currency": "EUR",
        "language": "de",
        "shop_customer_id": "77001",
        "email": "erika@neu.example",
        "first_name": "Erika",
        "last_name": "Beispiel",
        "billing_name": "Erika Beispiel",
        "billing_street": "Ringstraße 5",
        "billing_zip": "01067",
        "billing_city": "Dresden",
        "billing_country": "DE",
        "shipping_incl": Decimal(shipping),
        "shipping_tax_rate": Decimal(19),
        "discount_incl": Decimal(discount),
        "total_incl": gross,
        "total_excl": half_up(gross / Decimal("1.19")),
    }
    return blank(Order, number=number, lines=tuple(bought), **(person | values))  # type: ignore[no-any-return]


def customer(**values: Any) -> Customer:
    """A new customer in Leipzig."""
    person = {"name1": "Teestube am Markt", "country": "DE", "zip": "04109", "city": "Leipzig"}
    return blank(Customer, **(person | values))  # type: ignore[no-any-return]


def changes(records: Iterable[Any], outcome: Outcome = Outcome.CREATED) -> list[Change]:
    """Records on their way into a target."""
    result = []
    for seq, record in enumerate(records, 1):
        key = record.number or record.shop_customer_number or record.email
        result.append(Change(seq, seq + 1, key.casefold(), outcome, fingerprint(record), record))
    return result


def land(target: Target, *records: Any, batch: str = "b1", module: str = "order_import") -> list[Applied]:
    """What a target says about a batch of these records."""
    return list(target.apply(Landing(batch, module), iter(changes(records))))


def rows(database: SageDatabase, table: Table, **where: Any) -> list[RowMapping]:
    """Rows of a table, of the sandbox's Mandant, ordered by their key."""
    query = select(table).order_by(*table.primary_key)
    if "Mandant" in table.c:
        where["Mandant"] = database.settings.mandant
    for name, value in where.items():
        query = query.where(table.c[name] == value)
    return list(database.rows(query))


def document(database: SageDatabase, applied: Applied) -> RowMapping:
    """The document that an order became."""
    kind, year, number = re.split("[ -]", applied.foreign_id)
    (row,) = rows(database, khk.BELEGE, Belegkennzeichen=kind, Belegjahr=int(year), Belegnummer=int(number))
    return row


def positions(database: SageDatabase, header: RowMapping) -> list[RowMapping]:
    """The positions of a document."""
    return rows(database, khk.BELEGE_POSITIONEN, BelID=header["BelID"])


def values(row: RowMapping, *names: str) -> tuple[Any, ...]:
    """Some columns of a row."""
    return tuple(row[name] for name in names)


def codes(applied: Applied) -> list[str]:
    """Codes of what was found."""
    return [finding.code for finding in applied.findings]
