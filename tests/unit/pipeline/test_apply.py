"""A target has the last word, and what it says is counted and told; a count that does not add up stops everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from exchange.connector import Applied, Change, Landing, Outcome
from exchange.errors import BatchError, FatalError
from exchange.finding import Severity, found, kind
from tests.inside import without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REMARK = kind(
    "test_apply.remark", de="Hinweis", en="Remark", remedy_de="Nichts", remedy_en="Nothing", severity=Severity.WARNING
)
ASK = kind("test_apply.ask", de="Frage", en="Question", remedy_de="Antwort", remedy_en="Answer", severity=Severity.HOLD)
NO = kind("test_apply.no", de="Nein", en="No", remedy_de="Ändern", remedy_en="Change")

STOCK = "article_number;available\r\nA;1\r\nB;2\r\nC;3\r\nD;4\r\nE;5\r\n"


class Fake:
    """A target that says of every record what it is told to say."""

    def __init__(self, says: dict[str, tuple[Outcome, tuple[Any, ...]]]) -> None:
        self.says = says
        self.removed: list[str] = []

    def apply(self, _landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        for change in changes:
            if change.key in self.says:
                outcome, kinds = self.says[change.key]
                yield Applied(change.seq, outcome, f"id-{change.key}", tuple(found(each) for each in kinds))

    def remove(self, _landing: Landing, keys: Sequence[str]) -> None:
        self.removed.extend(keys)


def test_what_a_target_says_is_counted_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unchanged, rejected, held, with a remark, and silently applied: every record in one place."""
    target = Fake(
        {
            "A": (Outcome.UNCHANGED, ()),
            "B": (Outcome.REJECTED, (NO,)),
            "C": (Outcome.HELD, (ASK,)),
            "D": (Outcome.CREATED, (REMARK,)),
        }
    )
    with without_sage(tmp_path) as inside:
        monkeypatch.setattr(inside.app.targets, "made", lambda *_: target)
        batch = inside.take("stock.csv", STOCK)

        counts = batch.counts
        assert (counts.created, counts.unchanged, counts.rejected, counts.held, counts.warnings) == (2, 1, 1, 1, 1)
        assert counts.balanced
        assert inside.codes(batch) == ["test_apply.no", "test_apply.ask", "test_apply.remark"]
        assert inside.app.ledger.foreign_id("stock", batch.target, "D") == "id-D"
        assert inside.app.ledger.life("B")[0].outcome == "rejected"


def test_a_target_that_rejects_without_a_reason_stops_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is nowhere is a fault of the program: nothing is entered, the file waits."""
    with without_sage(tmp_path) as inside:
        monkeypatch.setattr(inside.app.targets, "made", lambda *_: Fake({"B": (Outcome.REJECTED, ())}))
        with pytest.raises(FatalError, match="5 records in"):
            inside.take("stock.csv", STOCK)
        assert [each.state for each in inside.app.ledger.open_batches()] == ["claimed"]


def test_an_empty_or_oversized_file_is_no_file(tmp_path: Path) -> None:
    """Also for a dry run, which claims nothing."""
    with without_sage(tmp_path, **{"limits.file_megabytes": 1}) as inside:
        for name, content, code in (("leer.csv", b"", "file.empty"), ("gross.csv", b"x" * 1_100_000, "file.too_big")):
            path = tmp_path / name
            path.write_bytes(content)
            with pytest.raises(BatchError) as error:
                inside.app.dry_run(path, "stock", "stock_csv")
            assert error.value.findings[0].code == code
