"""The floor: the fastest correct reader in plain Python, the least type conversion and plain inserts into SQLite.

No checks, no ledger, no charset, no answer: nothing that does the same job can be much faster. As a program
(`python -m tests.bench.floor stock FILE DATABASE`) it prints seconds and records as json.
"""

from __future__ import annotations

import csv
import gc
import json
import os
import sqlite3
import sys
import time
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Records that are inserted at once.
BATCH = 1_000


class Result(NamedTuple):
    """What the work took, without the start of Python.

    Attributes:
        seconds: by the clock on the wall.
        records: that were read.
        user_seconds: the processor's time for our own code.
    """

    seconds: float
    records: int
    user_seconds: float


class Watch:
    """Runs from the moment in which it is made."""

    def __init__(self) -> None:
        self.began, self.user = time.perf_counter(), os.times().user

    def stopped(self, records: int) -> Result:
        """What it took until now."""
        return Result(time.perf_counter() - self.began, records, os.times().user - self.user)


class Table(NamedTuple):
    """A table as the program fills it.

    Attributes:
        name: as in the stand-in Sage.
        width: columns that get a value.
        key: so many of the first columns are the primary key.
        indexes: so many columns each further index has, after the primary key's.
    """

    name: str
    width: int
    key: int
    indexes: tuple[int, ...] = ()


class Shape(NamedTuple):
    """The tables that get a row for each order, for each line (the shipping is one), for each new customer."""

    order: tuple[Table, ...]
    line: tuple[Table, ...]
    customer: tuple[Table, ...] = ()


@contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database as durable as ours: one transaction, on disk when it ends."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


def _insert(
    connection: sqlite3.Connection, table: str, width: int, key: int = 0
) -> Callable[[Iterable[Sequence[Any]]], object]:
    """Make a table of so many columns, the first `key` of them its primary key; gives the function that fills it."""
    columns = [f"c{number}" for number in range(width)]
    primary = [f"PRIMARY KEY ({', '.join(columns[:key])})"] if key else []
    connection.execute(f"CREATE TABLE {table} ({', '.join([*columns, *primary])})")
    statement = f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"
    return lambda rows: connection.executemany(statement, rows)


def _number(text: str | None) -> str | None:
    """A number proved to be one; SQLite keeps the exact text."""
    return None if text is None else str(Decimal(text))


# --- stock -----------------------------------------------------------------------------------------------------------


def stock(file: Path, database: Path) -> Result:
    """Csv with six columns into one table."""
    watch = Watch()
    with file.open(encoding="utf-8", newline="") as source, _database(database) as connection:
        reader = csv.reader(source, delimiter=";")
        next(reader)
        rows = (
            (number, int(variant), _number(available), _number(on_hand), _number(on_order), unit)
            for number, variant, available, on_hand, on_order, unit in reader
        )
        _insert(connection, "stock", 6)(rows)
        [(records,)] = connection.execute("SELECT count(*) FROM stock")
    return watch.stopped(records)


# --- articles --------------------------------------------------------------------------------------------------------

PRODUCT = (
    "number", "language", "name", "matchcode", "type", "active", "brand", "manufacturer_number", "supplier", "ean",
    "unit", "price_unit", "tax_class", "tax_rate", "weight_kg", "short_text", "long_text", "meta_title",
    "meta_description", "meta_keywords",
)  # fmt: skip
ACTIVE, PRICE_UNIT, TAX_RATE, WEIGHT = (
    PRODUCT.index(name) for name in ("active", "price_unit", "tax_rate", "weight_kg")
)
GROUPS = {"categories": 2, "images": 3, "prices": 6, "stocks": 3}


def _child(group: str, number: str, texts: list[Any]) -> list[Any]:
    """One row of a group's table, its numbers converted."""
    if group == "images":
        texts[0] = int(texts[0])
    elif group == "prices":
        texts[2:] = [texts[2] == "1", _number(texts[3]), _number(texts[4])]
    elif group == "stocks":
        texts[1] = _number(texts[1])
    return [number, *texts]


def _product(element: etree._Element, rows: dict[str, list[Any]]) -> None:
    values: list[Any] = []
    for field in element:
        if field.tag in GROUPS:
            rows[field.tag].extend(_child(field.tag, values[0], [each.text for each in child]) for child in field)
        else:
            values.append(field.text)
    values[ACTIVE] = values[ACTIVE] == "1"
    values[PRICE_UNIT] = int(values[PRICE_UNIT])
    values[TAX_RATE], values[WEIGHT] = _number(values[TAX_RATE]), _number(values[WEIGHT])
    rows["products"].append(values)


def articles(file: Path, database: Path) -> Result:
    """Xml into five tables, a batch at a time."""
    watch = Watch()
    records = 0
    with _database(database) as connection:
        widths = {"products": len(PRODUCT), **GROUPS}
        inserts = {table: _insert(connection, table, width) for table, width in widths.items()}
        rows: dict[str, list[Any]] = {table: [] for table in widths}

        def flush() -> None:
            for table, insert in inserts.items():
                insert(rows[table])
                rows[table].clear()

        for _, element in etree.iterparse(str(file), tag="product", resolve_entities=False, no_network=True):
            _product(element, rows)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
            records += 1
            if records % BATCH == 0:
                flush()
        flush()
    return watch.stopped(records)


# --- orders ----------------------------------------------------------------------------------------------------------


def _amount(value: float) -> str:
    """An amount out of a json number, by its shortest text, which is what the sender wrote."""
    return str(Decimal(str(value)))


def _header(number: int, order: dict[str, Any]) -> tuple[Any, ...]:
    """The values that an order gives its header (49), the key first; wider tables repeat them."""
    billing = [order[f"addressBilling{name}"] for name in ("Name", "Street", "Number", "Zipcode", "City")]
    shipping = [order[f"addressShipping{name}"] for name in ("Name", "Street", "Number", "Zipcode", "City")]
    ordered_at = datetime.fromisoformat(order["createdAt"])
    countries = order["addressBillingCountry"]["code"].upper(), order["addressShippingCountry"]["code"].upper()
    net, gross = Decimal(str(order["priceExcl"])), Decimal(str(order["priceIncl"]))
    return (
        1, number, order["number"], order["customer"]["resource"]["id"], "VVA", ordered_at.year, number,
        ordered_at.isoformat(), f"{order['lastname']}, {billing[4]}",
        order["customer"]["resource"]["id"], order["gender"], billing[0], "", "", f"{billing[1]} {billing[2]}",
        countries[0], billing[3], billing[4], order["lastname"], order["gender"], shipping[0], "", "",
        f"{shipping[1]} {shipping[2]}", countries[1], shipping[3], shipping[4],
        order["customer"]["resource"]["id"], billing[0], f"{billing[1]} {billing[2]}", countries[0], billing[3],
        billing[4], order["shipmentId"], order["shipmentTitle"], 1, "D", "EUR", order["number"], order["paymentId"],
        order["comment"], str(net), str(gross - net), str(gross), order["number"],
        order["customer"]["resource"]["id"], order["email"], 0, "",
    )  # fmt: skip


def _line(number: int, position: int, line: dict[str, Any]) -> tuple[Any, ...]:
    """The values that a line of an order gives (24), the key first."""
    quantity, excl, incl = _amount(line["quantityOrdered"]), _amount(line["priceExcl"]), _amount(line["priceIncl"])
    return (
        1, number, position, line["articleCode"], number, str(position), 1, 0, line["productTitle"],
        line["variantTitle"], 1, _amount(line["taxRate"]), _amount(line["basePriceIncl"]), 1, 1, "0",
        _amount(line["discountIncl"]), incl, excl, incl, quantity, "Stk", quantity, "Stk",
    )  # fmt: skip


def _shipping(order: dict[str, Any]) -> dict[str, Any]:
    """The shipping as the line that it becomes in a document."""
    return {
        "articleCode": order["shipmentId"], "productTitle": order["shipmentTitle"], "variantTitle": "",
        "quantityOrdered": 1, "priceExcl": order["shipmentPriceExcl"], "priceIncl": order["shipmentPriceIncl"],
        "basePriceIncl": order["shipmentPriceIncl"], "discountIncl": 0, "taxRate": order["shipmentTaxRate"],
    }  # fmt: skip


#: What the program fills, counted in a stand-in Sage after a run: a floor that wrote less would be no measure.
EFFECT = Table("ExchangeEffect", 8, 3)
STAGING = Shape((Table("ExchangeOrder", 64, 2), EFFECT), (Table("ExchangeOrderLine", 13, 3),))
DOCUMENTS = Shape(
    (
        Table("KHKVKBelege", 92, 2, (2, 2, 4)),
        Table("KHKVKVorgaenge", 2, 2),
        Table("KHKVKBelegeVorgaenge", 3, 3),
        Table("KHKVKBelegeZKD", 7, 2),
        EFFECT,
    ),
    (Table("KHKVKBelegePositionen", 41, 3, (2, 2)), Table("KHKVKVorgaengePositionen", 3, 3)),
    (Table("KHKAdressen", 19, 2, (2,)), Table("KHKKontokorrent", 33, 2, (2, 2))),
)


def _filler(connection: sqlite3.Connection, table: Table) -> Callable[[list[tuple[Any, ...]]], object]:
    """Make a table with its keys; gives the function that fills it with rows of at least its width."""
    insert = _insert(connection, table.name, table.width, table.key)
    for place, columns in enumerate(table.indexes):
        first = table.key + place  # each index on other columns
        names = ", ".join(f"c{number}" for number in (0, *range(first, first + columns - 1)))
        connection.execute(f"CREATE INDEX {table.name}_{place} ON {table.name} ({names})")
    return lambda rows: insert([values[: table.width] for values in rows])


def orders(file: Path, database: Path, shape: Shape = STAGING) -> Result:
    """A json array into as many rows, columns and keys as the program writes.

    The generator writes one order a line, which this reader knows: loading the array as a whole takes 1.5 GB and, on a
    virtual machine, four times as long.
    """
    watch = Watch()
    gc.disable()  # nothing here is cyclic
    records = 0
    seen: set[int] = set()
    with file.open("rb") as source, _database(database) as connection:
        tables, below, now_and_then = ([_filler(connection, table) for table in tables] for tables in shape)
        rows = (orjson.loads(text.rstrip(b",\n")) for text in source if text.startswith(b"{"))
        while batch := list(islice(rows, BATCH)):
            headers = [_header(number, order) * 2 for number, order in enumerate(batch, records)]
            lines = [
                _line(number, position, line) * 2
                for number, order in enumerate(batch, records)
                for position, line in enumerate(_lines(order), 1)
            ]
            customers = []
            for order, header in zip(batch, headers, strict=True):
                customer = order["customer"]["resource"]["id"]
                if customer not in seen:
                    seen.add(customer)
                    customers.append(header)
            for fillers, values in ((tables, headers), (below, lines), (now_and_then, customers)):
                for fill in fillers:
                    fill(values)
            records += len(batch)
    return watch.stopped(records)


def _lines(order: dict[str, Any]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = order["products"]["resource"]["embedded"]
    return [*lines, _shipping(order)] if order["shipmentPriceIncl"] else lines


def documents(file: Path, database: Path) -> Result:
    """The same into the shape of Sage's own tables."""
    return orders(file, database, DOCUMENTS)


FLOORS: dict[str, Callable[[Path, Path], Result]] = {
    "stock": stock,
    "orders": orders,
    "documents": documents,
    "articles": articles,
}

if __name__ == "__main__":
    print(json.dumps(FLOORS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))._asdict()))
