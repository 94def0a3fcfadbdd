"""What is sent to the database is SQL that SQL Server understands too."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, select
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateTable

from exchange.connector import Landing
from exchange.connectors.sage import DocumentsTarget, SageDatabase, SagePreview, StagingTarget, code_lists
from exchange.connectors.sage.bulk import _prepared, insert_many
from exchange.connectors.sage.tables import CUSTOMER, EFFECT, ORDER, ORDER_LINE
from exchange.khk import KONTOKORRENT
from exchange.registry import build
from exchange.settings import SageCustomers
from tests.unit.connectors.sage_cases import changes, customer, land, order, sandbox
from tests.unit.connectors.sales_cases import sale, sales_changes

DIALECT: Any = mssql.dialect()


def everything(sage: SageDatabase) -> None:
    """Each way through the connector at least once."""
    sage.papers = Path(sage.engine.url.database or "").parent / "documents"
    for module in build().modules.values():
        if module.collect is not None:
            # Attachments lie in a folder; some things stand in columns of the merchant's own.
            own = {"tracking_codes": {"column": "Matchcode"}, "payment_requests": {"paid_column": "Matchcode"}}
            options = module.options(**own.get(module.name, {}))
            assert list(module.collect(sage, options)) or module.name == "attachments", module.name
    for name in (
        "article",
        "tax",
        "customer",
        "template",
        "customer_group",
        "payment_terms",
        "price_list",
        "document_kind",
    ):
        sage.missing(name, {"1"})
        sage.known(name)
    code_lists(sage)
    for target in (DocumentsTarget(sage), StagingTarget(sage)):
        batch = type(target).__name__
        land(target, order(batch), order(f"{batch}2", customer_number="D100001"), batch=batch, module=batch)
        sales = (
            sale("VVA", batch),
            sale("VLL", batch, before=("VVA", batch)),
            sale("VLL", "L1", before=("VVA", "2026-1")),
        )
        list(target.apply(Landing(batch, f"s{batch}"), iter(sales_changes(sales))))
        for phone in ("1", "2"):
            known = customer(number="D100001", phone=phone, contact_last_name="A", iban="DE89370400440532013000")
            new = customer(email=f"{batch}@example.org", street=f"{batch} 1")
            list(SagePreview(sage).preview(Landing(batch, f"c{batch}"), iter(changes([known, new]))))
            land(target, known, new, batch=batch + phone, module=f"c{batch}")


def test_every_statement_compiles_for_sql_server(tmp_path: Path) -> None:
    """Names that are reserved words are quoted, and nothing of SQLite's own is used."""
    compiled: set[str] = set()
    with sandbox(tmp_path, shop_flag="USER_WebShop", customers=SageCustomers(guests="create")) as sage:

        def remember(_connection: Any, statement: Any, *_: Any) -> None:
            if hasattr(statement, "compile"):
                compiled.add(str(statement.compile(dialect=DIALECT)))

        event.listen(sage.engine, "before_execute", remember)
        everything(sage)
    assert len(compiled) > 30
    for statement in compiled:
        assert not re.search(r"\bLIMIT\b|\bPRAGMA\b|\bifnull\b|\browid\b|\|\|", statement, re.IGNORECASE), statement
        if re.search(r"\bFROM \[?KHK|UPDATE \[KHK", statement) and not re.search("Steuer|KHKVKBelegarten", statement):
            assert "[Mandant] =" in statement, statement


def test_every_bulk_insert_compiles_for_sql_server(tmp_path: Path) -> None:
    """Those go to the driver as text: the same statements are made for its dialect."""
    seen: list[tuple[Any, ...]] = []
    with sandbox(tmp_path) as sage:

        def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("INSERT"):
                seen.append((statement, parameters))

        event.listen(sage.engine, "before_cursor_execute", remember)
        everything(sage)
    tables = {re.match(r'INSERT INTO "?(\w+)', statement)[1] for statement, _ in seen}  # type: ignore[index]
    assert {"KHKVKBelege", "KHKVKBelegePositionen", "KHKKontokorrent", "ExchangeEffect", "ExchangeOrderLine"} <= tables
    names = tuple(column.name for column in EFFECT.c if column.name != "Ergebnis")
    text = _prepared(EFFECT, mssql.dialect(paramstyle="qmark"), names, (("Ergebnis", "x"),)).text
    assert text.startswith("INSERT INTO [ExchangeEffect] ([Mandant], [Modul], [Schluessel]")
    assert text.count("?") == len(names)
    assert "'x'" in text


def test_a_driver_with_named_parameters_inserts_the_same() -> None:
    """Not every driver for SQL Server counts its parameters."""
    rows = [{"Mandant": 1, "Kto": f"D{number}", "Kreditlimit": Decimal("1.5"), "unknown": 0} for number in range(3)]
    stored = []
    for style in ("qmark", "named"):
        made = create_engine("sqlite://", paramstyle=style)
        with made.begin() as connection:
            KONTOKORRENT.create(connection)
            insert_many(connection, KONTOKORRENT, rows, constants={"KtoArt": "D"})
            stored.append(connection.execute(select(KONTOKORRENT)).all())
        made.dispose()
    assert stored[0] == stored[1]
    assert [(row.Kto, row.KtoArt, row.Kreditlimit) for row in stored[0]][-1] == ("D2", "D", Decimal("1.5"))


def test_our_own_tables_can_be_created_there() -> None:
    """With keys that SQL Server can index (900 bytes)."""
    for table in (EFFECT, ORDER, ORDER_LINE, CUSTOMER):
        text = str(CreateTable(table).compile(dialect=DIALECT))
        assert "PRIMARY KEY" in text
        assert "Numeric" not in text
        widths = [column.type.length or 0 for column in table.primary_key if hasattr(column.type, "length")]
        assert sum(widths) < 900
