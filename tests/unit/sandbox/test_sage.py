"""The stand-in Sage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from stdnum import ean

from exchange import khk
from exchange.connector import Change, Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase
from exchange.record import Kind, fingerprint, schema
from exchange.records.order import Order, OrderLine
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 7, 1)


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    sandbox.create(tmp_path / "new folder" / "sage.db", today=TODAY)
    url = f"sqlite:///{tmp_path / 'new folder' / 'sage.db'}"
    with SageDatabase(SageSettings(url=url, way="documents")) as database:  # type: ignore[arg-type]
        yield database


def test_a_sandbox_is_marked_and_complete(sage: SageDatabase) -> None:
    """Everything that the program needs is there."""
    assert sage.is_sandbox
    assert sage.check() == []


def test_a_sandbox_is_never_written_over(tmp_path: Path) -> None:
    """Whatever the file is: somebody may need it."""
    path = tmp_path / "sage.db"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        sandbox.create(path)
    assert path.read_bytes() == b"precious"


def test_the_data_are_lively(sage: SageDatabase) -> None:
    """Enough of each kind that every module has something to show."""
    rows = {
        table.name: sum(row["Mandant"] == 1 for row in sage.rows(select(table.c.Mandant)))
        for table in khk.METADATA.sorted_tables
        if "Mandant" in table.c
    }
    assert rows["KHKArtikel"] == 44
    assert rows["KHKArtikelgruppen"] == 19
    assert rows["KHKPreislisten"] == 3
    assert rows["KHKArtikelKunden"] == 3
    assert rows["KHKArtikelStueckliste"] == 3
    assert rows["KHKArtikelBezeichnung"] == 3
    assert rows["KHKKontokorrent"] == 9
    assert rows["KHKVKBelege"] == 17


def test_the_promotion_runs_today(sage: SageDatabase) -> None:
    """Whenever the sandbox is made."""
    (row,) = sage.rows(select(khk.PREISLISTEN).where(khk.PREISLISTEN.c.IstAktion != 0))
    assert row["GueltigVon"].date() < TODAY < row["GueltigBis"].date()


def test_every_ean_is_one(sage: SageDatabase) -> None:
    """Of the range that companies may use inside, so that no real article is meant."""
    found = [row["EANNummer"] for row in sage.rows(select(khk.ARTIKEL_VARIANTEN.c.EANNummer)) if row["EANNummer"]]
    assert len(found) == len(set(found)) == 44
    assert all(ean.is_valid(number) and number.startswith("20") for number in found)


def test_totals_of_the_history_fit(sage: SageDatabase) -> None:
    """The invented documents add up like real ones."""
    for row in sage.rows(select(khk.BELEGE)):
        assert row["Nettobetrag"] + row["Steuerbetrag"] == row["Bruttobetrag"]
        lines = sage.rows(
            select(khk.BELEGE_POSITIONEN.c.Gesamtpreis).where(khk.BELEGE_POSITIONEN.c.BelID == row["BelID"])
        )
        assert sum(line["Gesamtpreis"] for line in lines) == row["Nettobetrag"]


def test_the_sample_order_of_the_shop_can_be_posted(sage: SageDatabase) -> None:
    """Six anacampseros to Montreal, 5 % tax, 50.35 in all."""
    blank = {each.name: "" if each.kind is Kind.TEXT else None for each in schema(Order).fields}
    empty = {each.name: "" if each.kind is Kind.TEXT else None for each in schema(OrderLine).fields}
    bought = {
        "article_number": "anacampseros",
        "quantity": Decimal(6),
        "unit_price_incl": Decimal("7.35"),
        "total_incl": Decimal("44.10"),
        "tax_rate": Decimal(5),
    }
    values = {
        "number": "ORD00018",
        "ordered_at": datetime(2019, 8, 21, 17, 15, tzinfo=UTC),
        "email": "info@example.org",
        "billing_name": "Lightspeed Test",
        "billing_city": "montreal",
        "billing_country": "CA",
        "shipping_incl": Decimal("6.25"),
        "shipping_tax_rate": Decimal(5),
        "total_incl": Decimal("50.35"),
    }
    record = Order(**blank | values, lines=(OrderLine(**empty | bought),), taxes=())  # type: ignore[arg-type]
    change = Change(1, 1, "ord00018", Outcome.CREATED, fingerprint(record), record)
    (applied,) = DocumentsTarget(sage).apply(Landing("b", "order_import"), iter([change]))
    assert applied.foreign_id == "VVA 2019-10001"
    (row,) = sage.rows(select(khk.BELEGE).where(khk.BELEGE.c.Referenznummer == "ORD00018"))
    assert (row["Bruttobetrag"], row["Steuerbetrag"], row["Besteuerung"]) == (Decimal("50.35"), Decimal("2.40"), 5)
