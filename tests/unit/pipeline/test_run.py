"""The order of the steps: where a batch stands after each, what makes it wait, and what makes it end."""

from __future__ import annotations

import errno
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from exchange.codec import NOT_READABLE
from exchange.errors import BatchError, ConfigError, FatalError, TransientError
from exchange.finding import found
from exchange.ledger import Batch, Ledger, State
from exchange.pipeline import claim, run
from tests.end_to_end.conftest import order, orders_file
from tests.inside import STOCK, Inside, opened, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def claimed(inside: Inside, name: str = "bestand.csv", content: str = STOCK) -> Batch:
    """A file in the work folder, entered and not leased."""
    batch = claim.claim(inside.installation.drop(name, content), "", inside.folder / "work", inside.app.ledger)
    assert batch is not None
    return batch


ERRORS = [
    TransientError("Sage is away"),
    ConfigError("sage.url is not set"),
    OSError(errno.ENOSPC, "No space left on device"),
    OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
]


@pytest.mark.parametrize("error", ERRORS, ids=["away", "settings", "disk", "ledger"])
def test_what_is_not_the_fault_of_the_file_costs_no_try(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """However often: the file waits, nobody holds it, and when the reason is gone it is taken over."""
    batch = claimed(inside)

    def fails(*_arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(run, "check", fails)
        for _ in range(5):
            with pytest.raises(type(error) if isinstance(error, ConfigError) else TransientError):
                inside.app.process(batch)
    waiting = inside.app.ledger.batch(batch.uid)
    assert waiting is not None
    assert (waiting.state, waiting.owner, waiting.tries) == (State.CLAIMED, "", 0)

    (done,) = inside.round()
    assert (done.state, done.counts.created, done.tries) == (State.DONE, 2, 1)


def test_a_ledger_that_is_away_altogether_leaves_the_batch_to_its_lease(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the release can be written then."""
    batch = claimed(inside)

    def away(*_arguments: Any, **_named: Any) -> None:
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(run, "check", away)
        patch.setattr(Ledger, "release", away)
        with pytest.raises(TransientError, match="disk I/O error"):
            inside.app.process(batch)
    held = inside.app.ledger.batch(batch.uid)
    assert held is not None
    assert held.owner == inside.app.owner.name
    assert [each.state for each in inside.round()] == [State.DONE]


def test_an_error_of_the_program_counts_as_a_try(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A doubt about itself stops the program; the file is not taken for ever again."""
    batch = claimed(inside)

    def doubt(*_arguments: Any) -> None:
        raise FatalError("two and two make five")

    with monkeypatch.context() as patch:
        patch.setattr(run, "apply", doubt)
        for _ in range(3):
            with pytest.raises(FatalError):
                inside.app.process(batch)
    (ended,) = inside.round()
    assert inside.codes(ended) == ["file.tried_too_often"]
    assert inside.app.ledger.findings(ended)[0].values == {"tries": "3"}


def test_a_file_that_has_gone_from_the_work_folder_is_said(inside: Inside) -> None:
    """Somebody has cleared up: the batch ends, and the answer says why; there is no original to keep."""
    batch = claimed(inside)
    for path in (inside.folder / "work" / batch.uid).iterdir():
        path.unlink()

    (ended,) = inside.round()

    assert (ended.state, ended.kept_at) == (State.QUARANTINED, "")
    assert inside.codes(ended) == ["file.gone"]
    with pytest.raises(ConfigError, match="still at work"):
        inside.app.replay(batch.uid)


def test_what_was_taken_over_and_what_is_no_file_ends_at_once(inside: Inside, tmp_path: Path) -> None:
    """The same content is a duplicate unless it is forced; an empty file and a link are refused unread."""
    first = inside.take("bestand.csv", STOCK)
    assert inside.take("kopie.csv", STOCK).duplicate_of == first.uid
    path = tmp_path / "x.csv"
    path.write_bytes(STOCK.encode())
    assert inside.app.import_file(path).duplicate_of == first.uid
    assert inside.app.import_file(path, "Bestand", "stock_csv", forced=True).counts.unchanged == 2
    assert inside.codes(inside.take("leer.csv", b"")) == ["file.empty"]
    (inside.inbox / "link.csv").symlink_to(path)
    (refused,) = inside.settled()
    assert inside.codes(refused) == ["file.not_regular"]


def test_a_batch_whose_lease_another_holds_is_left_alone(inside: Inside) -> None:
    """`process` has nothing to do; a command by hand says that it is at work elsewhere."""
    with opened(inside.installation) as other:
        batch = claimed(inside)
        assert other.app.ledger.take(batch.uid, other.app.owner.name, 60) is not None
        assert inside.app.process(batch) is None
        with pytest.raises(TransientError, match="at work in another process"):
            inside.app.processed(batch)
    # Now the other is dead, and its lock tells so.
    assert [each.state for each in inside.round()] == [State.DONE]


def test_a_restart_between_applied_and_done_answers_from_the_ledger(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings, written files and rejects are those of the first run; nothing is read or applied again."""
    content = orders_file(order("ORD1"), order("ORD2", currency="USD"))
    batch = claimed(inside, "o.json", content)

    class Died(BaseException):
        """As if the process had ended here."""

    def dies(*_arguments: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(run, "publish", dies)
        with pytest.raises(Died):
            inside.app.process(batch)
    applied = inside.app.ledger.batch(batch.uid)
    assert applied is not None
    assert applied.state is State.APPLIED

    monkeypatch.setattr(run, "check", dies)
    (done,) = inside.round()

    assert (done.counts.created, done.counts.rejected) == (1, 1)
    assert inside.codes(done) == ["order_import.foreign_currency"]
    assert len(inside.written(done)) == len(list(inside.outbox.glob("*.rejects.json"))) == 1
    assert not (inside.folder / "work" / done.uid).exists()


def test_a_restart_after_the_original_was_put_away_ends_the_batch(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt is written once more, over itself, and names the same place."""
    batch = claimed(inside)

    def dies(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run, "answer", dies)
        with pytest.raises(KeyboardInterrupt):
            inside.app.process(batch)
    (done,) = inside.round()

    assert (inside.folder / done.kept_at).read_text("utf-8").replace("\r\n", "\n") == STOCK.replace("\r\n", "\n")
    assert inside.receipt(done)["kept_at"] == done.kept_at


def test_an_archive_outside_of_the_root_is_named_in_full(tmp_path: Path) -> None:
    """A path below the root is told relative to it, any other one absolute."""
    with without_sage(tmp_path / "at", **{"folders.archive": (tmp_path / "archiv").as_posix()}) as inside:
        batch = inside.take("bestand.csv", STOCK)

        assert batch.kept_at.startswith(str(tmp_path / "archiv"))
        assert inside.app.replay(batch.uid).counts.unchanged == 2


def test_a_file_too_broken_to_be_taken_apart_is_kept_whole(inside: Inside) -> None:
    """A cut-off file with faults before the cut: findings are told, rejects cannot be made, the original is kept."""
    content = orders_file(order("ORD1"), order("ORD2", currency="USD"))[:-40]

    batch = inside.take("o.json", content)

    assert batch.state is State.QUARANTINED
    assert batch.counts.created == 0
    assert (inside.folder / batch.kept_at).read_text("utf-8") == content
    assert list((inside.outbox).glob("sage/*")) == []


def test_a_broken_workbook_is_told_by_lines(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even its columns can be found, the place is the line."""

    def broken(*_arguments: Any) -> None:
        raise BatchError(found(NOT_READABLE, reason="cut off"))

    monkeypatch.setattr("exchange.pipeline.work.Job.located", broken)
    batch = inside.take("s.csv", "article_number;available\r\n1;viele\r\n")

    assert batch.state is State.QUARANTINED
    assert inside.codes(batch) == ["file.whole_or_nothing", "value.no_number"]


def test_a_dry_run_has_no_effect(inside: Inside) -> None:
    """Not in the outbox, not in the ledger, not on the file; what is a duplicate there is counted as it would be."""
    path = inside.folder / "x.csv"
    path.write_text(STOCK, "utf-8")
    inside.take("bestand.csv", STOCK)
    files, batches = sorted(inside.outbox.iterdir()), inside.app.ledger.recent()

    job = inside.app.dry_run(path, module="Bestand")

    assert (job.report.counts().unchanged, job.report.counts().rows_in) == (2, 2)
    assert sorted(inside.outbox.iterdir()) == files
    assert inside.app.ledger.recent() == batches
    assert path.read_text("utf-8").splitlines() == STOCK.splitlines()


def test_a_file_that_is_empty_or_too_large_is_not_read(tmp_path: Path) -> None:
    """The limit is a setting; an empty file is empty also where nothing has looked before."""
    path = tmp_path / "x.csv"
    with without_sage(tmp_path / "at", **{"limits.file_megabytes": 1}) as inside:
        path.write_bytes(STOCK.encode() + b"\r\n" * 600_000)
        with pytest.raises(BatchError, match=r"file\.too_big"):
            inside.app.dry_run(path)
        path.write_bytes(b"")
        with pytest.raises(BatchError, match=r"file\.empty"):
            inside.app.dry_run(path, profile="stock_csv")
