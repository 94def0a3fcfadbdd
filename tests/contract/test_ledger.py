"""What every ledger must do, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from exchange.connector import Applied, Outcome
from exchange.errors import ConfigError
from exchange.finding import Finding, Locator, found
from exchange.ledger import Batch, Counts, Ledger, State, WrittenFile
from exchange.ledger_tables import METADATA
from exchange.ledgers import engine, migrations
from exchange.ledgers.migrations import HEAD, migrate, version
from exchange.pipeline.compare import DOUBLE
from exchange.pipeline.read import EMPTY
from exchange.staging import staging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contract.conftest import Clock


def batch(ledger: Ledger, uid: str = "20261123T080000-aaaaaaaa", **values: object) -> Batch:
    """A batch, entered."""
    entered = ledger.add(
        Batch(uid=uid, file_name="o.json", received_at=ledger.now(), module="stock", target="outbox:x", **values)  # type: ignore[arg-type]
    )
    assert entered is not None
    return entered


def applied(
    ledger: Ledger,
    of: Batch,
    records: Sequence[tuple[str, bytes]],
    *,
    said: Sequence[Applied] = (),
    vanished: Sequence[str] = (),
    findings: Sequence[Finding] = (),
) -> dict[str, int]:
    """Stage, compare and store records of one batch, as the pipeline does; the outcomes."""
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        if records:
            keys, prints = zip(*records, strict=True)
            staged.add(range(2, 2 + len(keys)), keys, [(each * 16)[:16] for each in prints], b"block")
        staged.close_filling()
        outcomes = staged.compare()
        list(staged.changes())
        staged.record(said)
        with staged.transaction() as connection:
            staged.store(connection, of, vanished)
            ledger.settle(connection, of, State.DONE, Counts(rows_in=len(records)), findings)
    return outcomes


def test_tables_and_migrations_are_equal(ledger: Ledger) -> None:
    """What the migrations make is what the program declares."""
    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_newest_revision_is_the_declared_one() -> None:
    """HEAD is not forgotten when a revision is added."""
    assert ScriptDirectory(migrations.__path__[0]).get_current_head() == HEAD


def test_opening_twice_changes_nothing(ledger: Ledger) -> None:
    """Migrating an up to date ledger is a look, no more."""
    migrate(ledger.engine)
    assert version(ledger.engine) == HEAD


def test_two_processes_may_open_a_new_ledger_at_once(ledger_url: str) -> None:
    """The second waits for the first instead of failing."""
    failed: list[BaseException] = []

    def open_it() -> None:
        made = engine(ledger_url)
        try:
            migrate(made)
        except BaseException as error:  # noqa: BLE001 - shown by the assert
            failed.append(error)
        finally:
            made.dispose()

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert failed == []


def test_a_batch_is_entered_once(ledger: Ledger) -> None:
    """Who comes second learns that somebody else has it."""
    first = batch(ledger)

    assert ledger.add(replace(first, id=0)) is None
    assert ledger.batch(first.uid) == first
    assert ledger.batch("nothing") is None


def test_a_lease_has_one_holder(ledger: Ledger, clock: Clock) -> None:
    """Nobody else gets it, until it runs out, is given back, or its holder is known to be dead."""
    uid = batch(ledger).uid

    taken = ledger.take(uid, "host:a", 60)
    assert taken is not None
    assert taken.tries == 1
    assert ledger.take(uid, "host:b", 60) is None

    clock.turn(59)
    ledger.keep(uid, "host:a", 60)
    clock.turn(59)
    assert ledger.take(uid, "host:b", 60) is None
    clock.turn(2)
    assert ledger.take(uid, "host:b", 60) is not None
    assert ledger.take(uid, "host:c", 60, from_owner="host:b") is not None

    ledger.release(uid)
    freed = ledger.take(uid, "host:d", 60)
    assert freed is not None
    assert freed.tries == 3  # the released try does not count


def test_a_closed_batch_cannot_be_taken(ledger: Ledger) -> None:
    """Done is done."""
    entered = batch(ledger)
    ledger.change(entered, state=State.DONE)

    assert ledger.take(entered.uid, "host:a", 60) is None
    assert ledger.open_batches() == []


def test_released_without_a_try_stays_at_zero(ledger: Ledger) -> None:
    """The count of tries never goes below zero."""
    entered = batch(ledger)
    ledger.release(entered.uid)

    again = ledger.batch(entered.uid)
    assert again is not None
    assert again.tries == 0


def test_batches_are_found_by_both_ends_of_their_id(ledger: Ledger) -> None:
    """What a person copies from a report is enough; wildcards are no way in."""
    entered = batch(ledger)

    assert ledger.find("20261123T08") == [entered]
    assert ledger.find("aaaaaaaa") == [entered]
    assert ledger.find("%zz") == []


def test_records_are_compared_with_the_last_known_state(ledger: Ledger) -> None:
    """created, unchanged, updated, deleted, and created again."""
    one = batch(ledger)
    assert applied(ledger, one, [("a", b"1"), ("b", b"1")]) == {"created": 2}

    two = batch(ledger, "20261123T080001-bbbbbbbb")
    assert applied(ledger, two, [("a", b"1"), ("b", b"2"), ("c", b"1")]) == {"unchanged": 1, "updated": 1, "created": 1}

    three = batch(ledger, "20261123T080002-cccccccc")
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        staged.add([2], ["a"], [b"1" * 16], b"")
        staged.close_filling()
        assert staged.known() == 3
        assert staged.vanished() == ["b", "c"]
    assert applied(ledger, three, [("a", b"1")], vanished=["b", "c"]) == {"unchanged": 1}

    four = batch(ledger, "20261123T080003-dddddddd")
    assert applied(ledger, four, [("a", b"1"), ("b", b"2")]) == {"unchanged": 1, "created": 1}

    life = [(trace.outcome, trace.batch, trace.line) for trace in ledger.life("b")]
    assert life == [
        ("created", one.uid, 3),
        ("updated", two.uid, 3),
        ("deleted", three.uid, 0),
        ("created", four.uid, 3),
    ]


def test_a_target_has_the_last_word(ledger: Ledger) -> None:
    """Rejected records are not remembered; what the target calls a record is, also after a change without a name."""
    one = batch(ledger)
    said = [Applied(1, Outcome.CREATED, "D100001"), Applied(2, Outcome.REJECTED), Applied(3, Outcome.UNCHANGED)]
    applied(ledger, one, [("a", b"1"), ("b", b"1"), ("c", b"1")], said=said)

    assert ledger.foreign_id("stock", "outbox:x", "a") == "D100001"
    assert ledger.foreign_id("stock", "outbox:x", "b") == ""
    assert ledger.life("b") == []

    applied(ledger, batch(ledger, "20261123T080001-bbbbbbbb"), [("a", b"2")])
    assert ledger.foreign_id("stock", "outbox:x", "a") == "D100001"


def test_doubles_and_held_records_leave_the_staging_table(ledger: Ledger) -> None:
    """Doubles are told with all their places; records that may not change are taken out with their name."""
    applied(ledger, batch(ledger), [("a", b"1")], said=[Applied(1, Outcome.CREATED, "VVA 2026-1")])
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        staged.add([2, 3, 4], ["a", "b", "b"], [b"2" * 16, b"1" * 16, b"2" * 16], b"")
        staged.close_filling()

        assert staged.doubles() == {"b": [(3, b"1" * 16), (4, b"2" * 16)]}
        staged.remove_lines([3, 4])
        assert staged.compare() == {"updated": 1}
        assert staged.lines([1]) == {1: (2, "a", "updated")}
        assert staged.hold_updated() == [(2, "a", "VVA 2026-1")]
        assert staged.hold_updated() == []
        assert list(staged.changes()) == []


def test_a_whole_run_includes_what_did_not_change(ledger: Ledger) -> None:
    """For `--full`, every record is a change, with its true outcome."""
    applied(ledger, batch(ledger), [("a", b"1")])
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        staged.add([2], ["a"], [b"1" * 16], b"block")
        staged.close_filling()
        staged.compare()

        assert list(staged.changes()) == []
        [page] = staged.changes(whole=True)
        assert page == (range(1, 2), [2], ["a"], [b"1" * 16], ["unchanged"], None, b"block\n")


def test_pages_have_what_is_to_be_applied_and_nothing_else(ledger: Ledger) -> None:
    """Of blocks with many records, in their order: all of it, a part of it, or none."""
    keys = [f"k{number:03}" for number in range(250)]
    applied(ledger, batch(ledger), [(key, b"1") for key in keys])
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        for start, print_ in ((0, b"1"), (100, b"2")):
            some = keys[start : start + 100]
            staged.add(range(start + 2, start + 102), some, [print_ * 16] * 100, b"block")
        staged.add([202, 203, 204], ["k200", "k201", "new"], [b"1" * 16, b"2" * 16, b"3" * 16], b"last")
        staged.close_filling()
        assert staged.compare() == {"unchanged": 101, "updated": 101, "created": 1}
        staged.remove_lines([102])
        removed, last = staged.changes()

    assert removed.keys == keys[101:200]
    assert removed.lines == list(range(103, 202))
    assert removed.chosen == [False] + [True] * 99
    assert set(removed.outcomes) == {"updated"}
    assert last == ([202, 203], [203, 204], ["k201", "new"], [b"2" * 16, b"3" * 16], ["updated", "created"],
                    [False, True, True], b"last\n")  # fmt: skip


def test_a_scope_that_fills_meanwhile_is_still_compared(ledger: Ledger) -> None:
    """What the ledger knows counts at the moment of comparing, not at the beginning."""
    with staging(ledger, ledger.scope("stock", "outbox:x")) as staged:
        staged.add([2, 3], ["a", "b"], [b"1" * 16, b"1" * 16], b"block")
        applied(ledger, batch(ledger), [("a", b"1")])
        staged.close_filling()
        assert staged.compare() == {"unchanged": 1, "created": 1}


def test_findings_and_files_come_back_as_they_were(ledger: Ledger) -> None:
    """A restart may answer from the ledger alone; settling twice leaves one set."""
    entered = batch(ledger)
    findings = [
        found(DOUBLE, Locator(7, "number", "Kunden", "C7"), "a", key="a", lines="7, 9"),
        found(EMPTY),
    ]
    files = [WrittenFile("p", "f", "00", 12)]
    for _ in range(2):
        with ledger.writing() as connection:
            ledger.settle(connection, entered, State.APPLIED, Counts(rows_in=1, rejected=1), findings)
            ledger.wrote(connection, entered, files)

    assert ledger.findings(entered) == findings
    assert ledger.findings(entered, limit=1) == findings[:1]
    assert ledger.files(entered) == files
    with ledger.writing() as connection:
        ledger.settle(connection, entered, State.APPLIED, Counts(), [])
        ledger.wrote(connection, entered, [])
    assert ledger.findings(entered) == []
    assert ledger.files(entered) == []


def test_a_rejected_record_has_a_life_too(ledger: Ledger) -> None:
    """`show` answers also for what was never taken over."""
    entered = batch(ledger)
    findings = [found(DOUBLE, Locator(7), "x1", key="x1"), found(EMPTY, Locator(7), "x1")]
    with ledger.writing() as connection:
        ledger.settle(connection, entered, State.DONE, Counts(rows_in=1, rejected=1), findings)

    (trace,) = ledger.life("x1")
    assert (trace.outcome, trace.line, trace.codes) == ("rejected", 7, ("file.double_key", "file.empty"))


def test_an_unknown_finding_code_is_still_shown(ledger: Ledger) -> None:
    """A ledger written by a newer program can be read by this one."""
    entered = batch(ledger)
    with ledger.writing() as connection:
        ledger.settle(connection, entered, State.DONE, Counts(), [found(EMPTY)])
        connection.exec_driver_sql("UPDATE finding SET code = 'from.tomorrow', key = 'k'")

    assert ledger.findings(entered)[0].code == "from.tomorrow"
    assert ledger.life("k")[0].outcome == "rejected"


@pytest.mark.parametrize(("ever", "expected"), [(True, True), (False, False)])
def test_the_same_content_counts_against_all_or_against_the_latest(
    ledger: Ledger, *, ever: bool, expected: bool
) -> None:
    """Orders never come back; stock may go 5, 8, 5."""
    for number, content in enumerate(("five", "eight")):
        done = batch(ledger, f"20261123T08000{number}-aaaaaaaa", content_hash=content)
        ledger.change(done, state=State.DONE)
    third = batch(ledger, "20261123T080009-aaaaaaaa", content_hash="five")

    assert (ledger.same_content(third, ever=ever) is not None) is expected
    assert ledger.same_content(replace(third, content_hash="eight"), ever=ever) is not None
    assert ledger.same_content(replace(third, module="other"), ever=ever) is None


def test_content_that_had_rejects_is_read_again(ledger: Ledger) -> None:
    """The reason may have been mended in Sage meanwhile."""
    done = batch(ledger, content_hash="x")
    with ledger.writing() as connection:
        ledger.settle(connection, done, State.DONE, Counts(rows_in=1, rejected=1), [])
    again = batch(ledger, "20261123T080001-bbbbbbbb", content_hash="x")

    assert ledger.same_content(again, ever=True) is None
    assert ledger.same_content(again, ever=False) is None


def test_reports_count_and_list(ledger: Ledger) -> None:
    """Totals per module and state, the newest first, one module alone."""
    batch(ledger)
    newer = batch(ledger, "20261123T080001-bbbbbbbb")

    assert ledger.totals() == {"stock": {"claimed": 2}}
    assert ledger.recent(1) == [newer]
    assert ledger.recent(module="other") == []
    assert [each.uid for each in ledger.open_batches()][-1] == newer.uid


def test_a_scope_is_one_number(ledger: Ledger) -> None:
    """Equal names give the equal scope, from any thread."""
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda: numbers.append(ledger.scope("m", "t"))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(numbers) == 4
    assert len(set(numbers)) == 1
    assert ledger.scope("m", "other") not in numbers


def test_a_wrong_url_is_a_setting_to_mend_and_stays_secret() -> None:
    """The password in a URL never reaches a message."""
    with pytest.raises(ConfigError) as wrong:
        engine("mysql://user:geheim@host/db")
    assert "geheim" not in str(wrong.value)
    with pytest.raises(ConfigError) as no_url:
        engine("geheim")
    assert "geheim" not in str(no_url.value)
