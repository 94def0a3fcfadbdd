"""Sales documents out of Sage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update

from exchange import khk
from exchange.connectors.sage import SageDatabase
from exchange.records.sales_document import DocumentTax, SalesDocument
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings
from exchange.trade import documents
from exchange.trade.amounts import RateSum, by_rate

if TYPE_CHECKING:
    from pathlib import Path

HEAD, LINE = khk.BELEGE, khk.BELEGE_POSITIONEN


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def read(path: Path, *kinds: str, since: date = date(2000, 1, 1)) -> list[SalesDocument]:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage:
        return list(documents.read(sage, kinds, since))


def execute(path: Path, *statements: Any) -> None:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        for statement in statements:
            connection.execute(statement)


def test_a_document_adds_up(path: Path) -> None:
    """Lines make the net sum, and the taxes per rate make the tax."""
    invoices = read(path, "VFR")
    assert invoices
    for invoice in invoices:
        assert sum(line.total or 0 for line in invoice.lines) == invoice.total_net
        assert invoice.total_net + sum(tax.amount or 0 for tax in invoice.taxes) == invoice.total_gross


def test_only_the_kinds_and_days_asked_for(path: Path) -> None:
    kinds = {each.kind for each in read(path, "VVA", "VLL")}
    assert kinds == {"VVA", "VLL"}
    newest = max(each.dated_on for each in read(path, "VFR") if each.dated_on)
    assert {each.dated_on for each in read(path, "VFR", since=newest)} == {newest}


def test_a_document_without_lines_is_read_too(path: Path) -> None:
    """And the lines of the others stay with them."""
    before = read(path, "VFR")
    gone = before[1]
    year, number = gone.number.split("-")
    of_gone = HEAD.c.Belegjahr == int(year), HEAD.c.Belegnummer == int(number), HEAD.c.Belegkennzeichen == "VFR"
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        own = connection.execute(HEAD.select().where(*of_gone)).one().BelID
        connection.execute(LINE.delete().where(LINE.c.BelID == own))
    after = read(path, "VFR")
    assert [each.lines for each in after] == [() if each is gone else each.lines for each in before]


def test_terms_predecessor_discount_and_text_lines(path: Path) -> None:
    """Of several terms the last counts; a percentage becomes an amount; a line without article is a text."""
    execute(
        path,
        update(HEAD).where(HEAD.c.BelID == 2).values(ReferenzBelID=1, Rabattbetrag1=Decimal(1), Rabatttext1="Treue"),
        update(LINE)
        .where(LINE.c.BelID == 2, LINE.c.Index == 1)
        .values(Menge=2, Einzelpreis=Decimal("125.5"), Preiseinheit=100, Rabatt=10, Gesamtpreis=Decimal("2.26")),
        insert(LINE).values(BelPosID=9001, Mandant=1, BelID=2, Index=99, PosType=2, Bezeichnung1="Danke!"),
        insert(khk.BELEGE_ZKD).values(ID=1, Mandant=1, BelID=2, Zahlungskond="ALT", Nettobedingung="1;90"),
        insert(khk.BELEGE_ZKD).values(ID=2, Mandant=1, BelID=2, Zahlungskond="NEU", Nettobedingung="1;10"),
    )
    first, second = read(path, "VFR")[:2]
    assert (second.predecessor_kind, second.predecessor_number) == ("VFR", first.number)
    assert (second.discount, second.discount_text) == (Decimal("1.00"), "Treue")
    assert second.payment_terms == "NEU"
    assert second.dated_on is not None
    assert second.due_on is not None
    assert (second.due_on - second.dated_on).days == 10
    reduced, text = second.lines[0], second.lines[-1]
    assert (reduced.unit_price, reduced.discount, reduced.total) == (Decimal("1.255"), Decimal("0.25"), Decimal("2.26"))
    assert (text.article_number, text.title, text.quantity, text.total) == ("", "Danke!", None, None)


def test_taxes_of_a_gross_document_come_out_of_the_sums() -> None:
    """119 at 19 % and 107 at 7 %, minus 22.60 spread in proportion (11.90 and 10.70)."""
    lines = [(Decimal(19), Decimal(119)), (Decimal(7), Decimal(107))]
    assert by_rate(lines, Decimal("22.60"), gross=True) == [
        RateSum(Decimal(7), Decimal("90.00"), Decimal("6.30")),
        RateSum(Decimal(19), Decimal("90.00"), Decimal("17.10")),
    ]


def test_a_document_in_other_peoples_company_is_not_seen(path: Path) -> None:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}", mandant=2)) as sage:
        assert list(documents.read(sage, ("VFR",), date(2000, 1, 1))) == []


def test_taxes_name_their_base(path: Path) -> None:
    document = read(path, "VLL")[0]
    assert document.taxes
    assert all(isinstance(tax, DocumentTax) and tax.base is not None for tax in document.taxes)
    assert sum(tax.base or 0 for tax in document.taxes) == document.total_net
