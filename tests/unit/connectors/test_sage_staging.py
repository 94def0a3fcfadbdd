"""Orders and customers in our own tables beside Sage's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from exchange import khk
from exchange.connector import Outcome
from exchange.connectors.sage import SageDatabase, StagingTarget
from exchange.connectors.sage.tables import CUSTOMER, ORDER, ORDER_LINE
from exchange.settings import PaymentTerms, SageOrders
from tests.unit.connectors.sage_cases import codes, customer, land, line, order, rows, sandbox, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path, orders=SageOrders(payment={"*": PaymentTerms(terms="14")})) as database:
        yield database


def test_an_order_waits_for_the_importer(sage: SageDatabase) -> None:
    """With addresses, mapped terms, totals and lines; nothing of Sage's own tables is touched."""
    before = len(rows(sage, khk.BELEGE)), len(rows(sage, khk.KONTOKORRENT))
    (applied,) = land(StagingTarget(sage), order("ORD1", payment_code="invoice", comment="Eilt"))
    assert applied.outcome is Outcome.CREATED
    (row,) = rows(sage, ORDER)
    assert values(row, "IstImportiert", "Fehlertext", "Batch", "Bestellnummer") == (0, "", "b1", "ORD1")
    assert values(row, "Kto", "Vorlagekunde", "Zahlungskond") == ("", "D99999", "14")
    assert values(row, "A0Name1", "A1Ort", "Memo") == ("Erika Beispiel", "Dresden", "Eilt")
    assert values(row, "Bruttobetrag", "Steuerbetrag") == (Decimal("25.80"), Decimal("4.12"))
    mug, shipping = rows(sage, ORDER_LINE)
    assert values(mug, "Artikelnummer", "Menge", "Gesamtpreis", "Steuersatz") == ("00200050", 2, Decimal("19.90"), 19)
    assert shipping["Artikelnummer"] == "VERSAND"
    assert before == (len(rows(sage, khk.BELEGE)), len(rows(sage, khk.KONTOKORRENT)))


def test_a_known_customer_is_named(sage: SageDatabase) -> None:
    """With his own terms where none are mapped."""
    land(StagingTarget(sage), order("ORD1", shop_customer_id="9001"))
    (row,) = rows(sage, ORDER)
    assert values(row, "Kto", "Vorlagekunde", "Versand", "Inkassoart") == ("D100001", "", "DHL", "RE")


def test_the_same_batch_again_has_no_second_effect(sage: SageDatabase) -> None:
    """Also when the importer has taken the row meanwhile."""
    first = land(StagingTarget(sage), order("ORD1"), order("ORD2"))
    with sage.transaction() as connection:
        connection.execute(update(ORDER).values(IstImportiert=-1))
    assert land(StagingTarget(sage), order("ORD1"), order("ORD2")) == first
    assert [row["IstImportiert"] for row in rows(sage, ORDER)] == [-1, -1]


def test_bad_orders_are_told_like_those_of_documents(sage: SageDatabase) -> None:
    """Rejected, held, and the good one still waits for the importer."""
    wrong, ambiguous, good = land(
        StagingTarget(sage),
        order("ORD1", line("nix")),
        order("ORD2", shop_customer_id="", email="familie@muster.example"),
        order("ORD3"),
    )
    assert (wrong.outcome, codes(wrong)) == (Outcome.REJECTED, ["sage.unknown_article"])
    assert (ambiguous.outcome, codes(ambiguous)) == (Outcome.HELD, ["sage.customer_ambiguous"])
    assert [row["Bestellnummer"] for row in rows(sage, ORDER)] == ["ORD3"]
    assert good.outcome is Outcome.CREATED
    (changed,) = land(StagingTarget(sage), order("ORD3", comment="anders"), batch="b2")
    assert codes(changed) == ["sage.order_changed"]


def test_a_customer_waits_and_waits_again_when_he_changes(sage: SageDatabase) -> None:
    """One row for each; the importer sees the newest."""
    target, given = StagingTarget(sage), customer(email="neu@example.org", gross_prices=True, number="")
    (first,) = land(target, given, module="customer_import")
    with sage.transaction() as connection:
        connection.execute(update(CUSTOMER).values(IstImportiert=-1))
    (row,) = rows(sage, CUSTOMER)
    assert values(row, "Name1", "Vorlagekunde", "Preiskennzeichen", "Kto") == ("Teestube am Markt", "D99999", -1, "")
    land(target, given._replace(phone="1"), batch="b2", module="customer_import")
    (row,) = rows(sage, CUSTOMER)
    assert values(row, "IstImportiert", "Telefon", "Batch") == (0, "1", "b2")
    assert first.outcome is Outcome.CREATED


def test_a_known_account_of_a_customer_is_named(sage: SageDatabase) -> None:
    """The importer updates it then."""
    (applied,) = land(StagingTarget(sage), customer(shop_customer_number="9001"), module="customer_import")
    assert applied.outcome is Outcome.UPDATED
    (row,) = rows(sage, CUSTOMER)
    assert values(row, "Kto", "Vorlagekunde", "Shop_Kundennummer") == ("D100001", "", "9001")
