"""Documents of files that wait for a Sage-side importer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from exchange import khk
from exchange.connector import Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase, StagingTarget
from exchange.connectors.sage.sales_staging import DOCUMENT, DOCUMENT_LINE
from exchange.modules.sales_documents import MODULE
from tests.unit.connectors.sage_cases import codes, rows, sandbox, values
from tests.unit.connectors.sales_cases import line, sale, sales_changes, unpriced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.connector import Applied
    from exchange.records.sales_document import SalesDocument


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def land(sage: SageDatabase, *documents: SalesDocument, batch: str = "b1") -> list[Applied]:
    return list(StagingTarget(sage).apply(Landing(batch, MODULE.name), iter(sales_changes(documents))))


def test_a_document_waits_with_its_lines_and_the_name_of_its_predecessor(sage: SageDatabase) -> None:
    """Priced and added up as on the way documents; Sage's own tables stay as they are."""
    before = len(rows(sage, khk.BELEGE))
    given = sale("VLL", "L1", line(predecessor_position=3), line("00200051", "1", "5.00"), before=("VVA", "2026-10001"))
    (applied,) = land(sage, given)
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "ExchangeDocument vll:l1")
    (head,) = rows(sage, DOCUMENT)
    assert values(head, "Belegkennzeichen", "Referenznummer", "Kto", "IstImportiert") == ("VLL", "L1", "D100001", 0)
    assert values(head, "VorgaengerKennzeichen", "VorgaengerNummer") == ("VVA", "2026-10001")
    assert values(head, "Nettobetrag", "Bruttobetrag") == (Decimal("25.00"), Decimal("29.75"))
    lines = rows(sage, DOCUMENT_LINE)
    assert [values(each, "Artikelnummer", "Gesamtpreis", "VorgaengerPosition") for each in lines] == [
        ("00200050", 20, 3),
        ("00200051", 5, None),
    ]
    assert len(rows(sage, khk.BELEGE)) == before


def test_the_same_again_changes_nothing_and_other_content_is_held(sage: SageDatabase) -> None:
    land(sage, sale("VFR", "R1"))
    same, other = land(sage, sale("VFR", "R1"), batch="b2") + land(sage, sale("VFR", "R1", line(quantity="3")))
    assert (same.outcome, other.outcome, codes(other)) == (Outcome.UNCHANGED, Outcome.HELD, ["sage.order_changed"])
    assert len(rows(sage, DOCUMENT)) == 1


def test_what_does_not_fit_is_rejected_and_does_not_wait(sage: SageDatabase) -> None:
    done = land(sage, sale("VFR", "R1", total_gross=Decimal("24.80")), sale("VFR", "R2", customer_number="D1"))
    assert [codes(each) for each in done] == [["sage.total_differs"], ["sage.customer_unknown"]]
    assert rows(sage, DOCUMENT) == rows(sage, DOCUMENT_LINE) == []


def test_a_delivery_note_without_prices_waits_with_those_of_its_predecessor_in_sage(sage: SageDatabase) -> None:
    """One that waits itself has no number in Sage yet: its followers come later."""
    given = sale("VVA", "O1", line(price="11.90"))
    list(DocumentsTarget(sage).apply(Landing("b0", MODULE.name), iter(sales_changes([given]))))
    (applied,) = land(sage, unpriced("VLL", "L1", ("00200050", "1"), before=("VVA", "O1")))
    assert applied.outcome is Outcome.CREATED
    assert rows(sage, DOCUMENT)[0]["Nettobetrag"] == Decimal("11.90")
    (lost,) = land(sage, unpriced("VLL", "L2", ("00200050", "1"), before=("VLL", "L1")))
    assert codes(lost) == ["sage.unknown_predecessor"]
