"""compare and apply: what is new, what changed, what comes twice; and how what the target says is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exchange import staging
from exchange.connector import Applied, Outcome
from exchange.connectors.outbox import FIELD_NEEDED, OutboxTarget
from exchange.errors import FatalError
from exchange.finding import Severity, found, kind
from exchange.ledger import State
from exchange.pipeline.compare import CHANGED_LATER
from tests.end_to_end.conftest import order, orders_file
from tests.inside import Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.connector import Change, Landing


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def categories(*rows: tuple[str, str], full: bool = False) -> str:
    """Categories with number and name, in our own json form."""
    records = [{"number": number, "name": name} for number, name in rows]
    return json.dumps({"exchange": {"module": "categories", "full": full}, "records": records})


def test_a_key_that_comes_twice_counts_once_or_not_at_all(inside: Inside) -> None:
    """With the same content it is taken once; with other content nobody knows which is right. Many lines are cut."""
    rows = [("A", "eins"), ("B", "zwei"), ("A", "eins"), ("C", "drei"), ("C", "anders"), *[("D", "vier")] * 8]

    batch = inside.take("w.json", categories(*rows))

    counts = batch.counts
    assert (counts.rows_in, counts.created, counts.unchanged, counts.rejected) == (13, 3, 8, 2)
    assert counts.balanced
    shown = {each.key: each.values["lines"] for each in inside.app.ledger.findings(batch)}
    assert shown == {"A": "1, 3", "C": "4, 5", "D": "6, 7, 8, 9, 10 …"}
    assert inside.app.ledger.life("C")[0].outcome == "rejected"


def test_stock_with_one_fault_is_not_applied_at_all(inside: Inside) -> None:
    """A double counts as a fault too."""
    batch = inside.take("s.csv", "article_number;available\r\n1;1\r\n2;2\r\n2;3\r\n")

    assert (batch.state, batch.counts.rejected) == (State.QUARANTINED, 3)
    assert inside.codes(batch) == ["file.whole_or_nothing", "file.double_key", "file.double_key"]


def test_below_the_least_number_the_brake_does_not_act(tmp_path: Path) -> None:
    """With three categories, two that go are no disaster; the limits are settings."""
    with without_sage(tmp_path, **{"brake.least_records": 4, "brake.deleted_percent": 50}) as inside:
        inside.take("a.json", categories(("A", "x"), ("B", "x"), ("C", "x"), full=True))
        assert inside.take("b.json", categories(("A", "x"), full=True)).counts.deleted == 2
        inside.take("c.json", categories(*((each, "x") for each in "ABCDEF"), full=True))
        assert inside.take("d.json", categories(*((each, "x") for each in "ABC"), full=True)).counts.deleted == 3
        inside.take("e.json", categories(*((each, "x") for each in "ABCDEF"), full=True))
        assert inside.codes(inside.take("f.json", categories(("A", "x"), ("B", "x"), full=True))) == ["file.brake"]
        # Nothing was forgotten: the next complete file knows all six.
        assert inside.take("g.json", categories(*((each, "x") for each in "FEDCBA"), full=True)).counts.unchanged == 6


def test_a_changed_order_is_held_and_named_as_sage_calls_it(inside: Inside) -> None:
    """Where Sage has given no number yet, a question mark stands."""
    inside.take("a.json", orders_file(order("ORD1")))
    batch = inside.take("b.json", orders_file(order("ORD1", last_name="Alt")))

    assert (batch.counts.held, batch.counts.updated) == (1, 0)
    (finding,) = inside.app.ledger.findings(batch)
    assert (finding.kind, finding.values["known"]) == (CHANGED_LATER, "?")


REMARK = kind(
    "test.remark", de="Hinweis", en="remark", remedy_de="nichts", remedy_en="nothing", severity=Severity.WARNING
)


def saying(monkeypatch: pytest.MonkeyPatch, *said: Applied) -> None:
    """A target that says this of its changes."""

    def apply(_self: OutboxTarget, _landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        list(changes)
        yield from said

    monkeypatch.setattr(OutboxTarget, "apply", apply)


def test_the_target_has_the_last_word(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It rejects, holds, remarks, finds that it had it already, or has nothing to add: the counts follow."""
    saying(
        monkeypatch,
        Applied(1, Outcome.CREATED, "VVA 2026-1"),
        Applied(2, Outcome.REJECTED, "", (found(FIELD_NEEDED, field="x", profile="y"),)),
        Applied(3, Outcome.HELD, "", (found(CHANGED_LATER, key="ord3", known="VVA 2026-3"),)),
        Applied(4, Outcome.UNCHANGED, "VVA 2026-4"),
        Applied(5, Outcome.CREATED, "VVA 2026-5", (found(REMARK),)),
    )
    batch = inside.take("o.json", orders_file(*(order(f"ORD{number}") for number in range(1, 7))))

    counts = batch.counts
    assert (counts.rows_in, counts.created, counts.unchanged, counts.rejected, counts.held) == (6, 3, 1, 1, 1)
    assert (counts.balanced, counts.warnings) == (True, 1)
    placed = [(each.code, each.at.line, each.key) for each in inside.app.ledger.findings(batch)]
    assert placed == [
        ("outbox.field_needed", 2, "ord2"),
        ("record.changed_later", 3, "ord3"),
        ("test.remark", 5, "ord5"),
    ]
    scope = ("order_import", "sage")
    assert inside.app.ledger.foreign_id(*scope, "ord1") == "VVA 2026-1"
    assert inside.app.ledger.foreign_id(*scope, "ord2") == ""
    assert [trace.outcome for trace in inside.app.ledger.life("ord6")] == ["created"]


def test_a_target_that_loses_a_record_stops_the_program(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected without a reason is neither in nor out: numbers that do not add up are never reported."""
    saying(monkeypatch, Applied(1, Outcome.REJECTED))
    inside.installation.drop("o.json", orders_file(order("ORD1")))

    with pytest.raises(FatalError, match="1 records in, but"):
        inside.settled()


def test_many_records_are_applied_in_their_order(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, with gaps where records were refused or did not change."""
    monkeypatch.setattr(staging, "CHUNK", 3)
    inside.take("a.json", categories(*((f"K{number}", "alt") for number in range(0, 20, 2))))

    rows = [(f"K{number}", "alt" if number % 4 == 0 else "neu") for number in range(20)]
    batch = inside.take("b.json", categories(*rows, ("X", ""), ("Y", "neu")))

    assert (batch.counts.unchanged, batch.counts.updated, batch.counts.rejected) == (5, 5, 1)
    records: list[Any] = []
    inside.app.read_records(inside.written(batch)[0], "categories_xml", records.append)
    assert [each.number for each in records] == [*(name for name, text in rows if text == "neu"), "Y"]
