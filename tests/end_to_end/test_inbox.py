"""Dropping a file is enough: what lies in an inbox, and what becomes of it (fault catalogue P, C, W, Z)."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.errors import ConfigError
from exchange.files import MOST_PATH_BELOW
from exchange.ledger import State
from exchange.pipeline import archive, claim
from tests.end_to_end.conftest import order, orders_file
from tests.inside import STOCK, Inside, opened, without_sage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def failing(monkeypatch: pytest.MonkeyPatch, holder: Any, name: str, error: OSError, when: Callable[..., bool]) -> None:
    """A function of the system that fails where `when` says so."""
    real = getattr(holder, name)

    def function(*arguments: Any, **named: Any) -> Any:
        if when(*arguments):
            raise error
        return real(*arguments, **named)

    monkeypatch.setattr(holder, name, function)


# Pickup


def test_p1_a_file_that_still_grows_is_left_alone(inside: Inside) -> None:
    """Only when it has stood still for the settle time is it taken, and then it is whole."""
    path = inside.inbox / "bestand.csv"
    path.write_text("article_number;available\r\n", "utf-8")
    assert inside.round() == []
    assert inside.round(after=1) == []
    path.write_text(STOCK, "utf-8")
    assert inside.round(after=1.5) == []  # it has changed: the time begins anew
    assert inside.round(after=1.9) == []

    (batch,) = inside.round(after=0.2)

    assert batch.counts.rows_in == 2


def test_p2_a_file_that_is_opened_again_settles_anew(inside: Inside) -> None:
    """Closing is no sign of the end: the writer comes back and adds a row."""
    path = inside.inbox / "bestand.csv"
    path.write_text(STOCK, "utf-8")
    inside.round()
    with path.open("a", encoding="utf-8") as again:
        again.write("20020;1\r\n")

    assert inside.round(after=2) == []
    (batch,) = inside.round(after=2)
    assert batch.counts.rows_in == 3


def test_p3_p5_a_file_that_is_moved_in_or_renamed_is_taken(inside: Inside) -> None:
    """Neither needs an event: the scan sees the name that counts."""
    outside = inside.folder / "anderswo.csv"
    outside.write_text(STOCK, "utf-8")
    outside.replace(inside.inbox / "bewegt.csv")
    half = inside.inbox / "umbenannt.csv.part"
    half.write_text(STOCK + "20020;1\r\n", "utf-8")

    assert [batch.file_name for batch in inside.settled()] == ["bewegt.csv"]
    half.replace(inside.inbox / "umbenannt.csv")
    assert [batch.file_name for batch in inside.settled()] == ["umbenannt.csv"]


@POSIX
def test_p4_a_hard_link_is_a_file_and_a_symbolic_link_is_refused(inside: Inside) -> None:
    """What a link points to is not ours to read; it is put aside, and the file behind it stays as it is."""
    target = inside.folder / "geheim.csv"
    target.write_text(STOCK, "utf-8")
    (inside.inbox / "hart.csv").hardlink_to(target)
    (linked,) = inside.settled()
    assert (linked.state, linked.counts.created) == (State.DONE, 2)

    (inside.inbox / "weich.csv").symlink_to(target)
    (inside.inbox / "tot.csv").symlink_to(inside.folder / "nirgends")
    refused = inside.settled()

    assert [(each.file_name, each.state) for each in refused] == [
        ("tot.csv", State.QUARANTINED),
        ("weich.csv", State.QUARANTINED),
    ]
    assert [inside.codes(each) for each in refused] == [["file.not_regular"]] * 2
    assert all((inside.folder / each.kept_at).is_symlink() for each in refused)
    assert target.read_text("utf-8") == STOCK.replace("\r\n", "\n")


@pytest.mark.parametrize("modified", [946_684_800, 4_102_444_800], ids=["P6 of the year 2000", "P7 of the year 2100"])
def test_p6_p7_time_stamps_of_files_say_nothing(inside: Inside, modified: int) -> None:
    """A copied file keeps its old time, another clock may be ahead: both settle by our own clock."""
    path = inside.inbox / "bestand.csv"
    path.write_text(STOCK, "utf-8")
    os.utime(path, (modified, modified))

    assert inside.round() == []
    assert inside.round(after=1) == []
    (batch,) = inside.round(after=1)
    assert batch.state is State.DONE


def test_p8_a_rewrite_of_the_same_size_settles_anew(inside: Inside) -> None:
    """Same size, same second: the time stamp has nanoseconds, and what is taken is hashed."""
    path = inside.inbox / "bestand.csv"
    path.write_bytes(STOCK.encode())
    os.utime(path, ns=(10**18, 10**18))
    inside.round()
    other = STOCK.replace("14", "15").encode()
    path.write_bytes(other)
    os.utime(path, ns=(10**18 + 1, 10**18 + 1))

    assert inside.round(after=2) == []
    (batch,) = inside.round(after=2)
    assert batch.content_hash == hashlib.sha256(other).hexdigest()


def test_p9_files_that_lay_there_before_the_start_are_found(inside: Inside) -> None:
    """A second start finds what was dropped while nobody watched."""
    inside.app.close()
    inside.installation.drop("bestand.csv", STOCK)

    with opened(inside.installation) as again:
        assert [batch.state for batch in again.settled()] == [State.DONE]


def test_p10_an_inbox_that_is_deleted_and_made_again_works_on(inside: Inside, caplog: pytest.LogCaptureFixture) -> None:
    """The scan needs no watcher that could have gone deaf; while the folder is away, the log says so, once."""
    shutil.rmtree(inside.inbox)
    for _ in range(3):
        assert inside.round() == []
    assert caplog.text.count("watch.unseen") == 1
    assert [each.code for each in inside.worker.inbox.held.values()] == ["watch.unseen"]

    inside.inbox.mkdir()
    assert inside.take("bestand.csv", STOCK).state is State.DONE


def test_p12_a_burst_of_files_is_taken_to_the_last(inside: Inside) -> None:
    """No event can get lost where none is needed."""
    for number in range(60):
        inside.installation.drop(f"bestand-{number}.csv", f"article_number;available\r\n{number};1\r\n")

    assert len(inside.settled()) == 60
    assert inside.waiting() == []


def test_p17_an_empty_file_deletes_nothing(inside: Inside) -> None:
    """Zero bytes are a broken transfer: put aside, answered, and all known records stay."""
    inside.take("bestand.csv", STOCK)

    batch = inside.take("leer.csv", b"")

    assert batch.state is State.QUARANTINED
    assert inside.codes(batch) == ["file.empty"]
    assert inside.written(batch) == []
    assert inside.app.ledger.life("00200050")[-1].outcome == "created"


def test_p18_the_same_name_with_new_content_is_imported(inside: Inside) -> None:
    """bestand.csv comes every day."""
    first = inside.take("bestand.csv", STOCK)
    second = inside.take("bestand.csv", STOCK.replace("14", "15"))

    assert (first.counts.created, second.counts.updated, second.counts.unchanged) == (2, 1, 1)
    assert first.kept_at != second.kept_at


def test_p19_the_same_content_under_another_name_is_a_duplicate(inside: Inside) -> None:
    """It is answered as such, names the first batch, and writes nothing."""
    first = inside.take("bestand.csv", STOCK)

    second = inside.take("kopie.csv", STOCK)

    receipt = inside.receipt(second)
    assert (receipt["state"], receipt["duplicate_of"], receipt["files"]) == ("done", first.uid, [])
    letter = next(inside.outbox.glob(f"kopie.csv.{second.uid}.receipt.txt")).read_text("utf-8-sig")
    assert f"schon übernommen ({first.uid})" in letter


def test_p20_leftovers_of_editors_and_transfers_are_passed_over_and_counted(inside: Inside) -> None:
    """Each is counted once, however often it is met; none is touched."""
    names = ["~$kunden.xlsx", ".x.swp", "Thumbs.db", ".DS_Store", "x.filepart", "x.crdownload", "x.csv.part", "x.tmp"]
    for name in names:
        (inside.inbox / name).write_text(STOCK, "utf-8")
    (inside.inbox / ".git").mkdir()
    (inside.inbox / ".git" / "x.csv").write_text(STOCK, "utf-8")

    assert inside.settled() == []
    assert inside.settled() == []

    assert inside.worker.inbox.ignored.total() == len(names)
    assert inside.worker.inbox.ignored[".*"] == 2
    assert len(inside.waiting()) == len(names) + 1


def test_p21_of_two_workers_on_one_inbox_exactly_one_imports(inside: Inside) -> None:
    """Both have seen the file stand still; the rename decides."""
    with opened(inside.installation) as other:
        inside.installation.drop("bestand.csv", STOCK)
        for each in (inside, other):
            each.round()
            each.seconds += 2
        seen = other.worker.inbox.ready()
        (mine,) = inside.round()
        other.worker.inbox.ready = lambda: seen  # type: ignore[method-assign] - as if it had looked a moment earlier

        assert other.round() == []
        assert mine.counts.created == 2
        assert len(inside.app.ledger.recent()) == 1
        assert not list((inside.folder / "work").glob("*/claim.json"))


def volumes(monkeypatch: pytest.MonkeyPatch, root: Path, *, fails_at: str = "") -> None:
    """Every folder below the root becomes a volume of its own."""
    real, unlink = Path.replace, Path.unlink

    def volume(path: Path) -> str:
        return path.relative_to(root).parts[0]

    def rename(self: Path, target: Path) -> Path:
        if volume(self) != volume(Path(target)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(self, target)

    def remove(self: Path, *, missing_ok: bool = False) -> None:
        if fails_at and volume(self) == fails_at:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "replace", rename)
    monkeypatch.setattr(Path, "unlink", remove)


def test_p22_folders_may_lie_on_different_volumes(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rename cannot do it, copy, flush and delete do; half a file is never seen under its name."""
    with monkeypatch.context() as patch:
        volumes(patch, inside.folder)
        good, bad = inside.take("bestand.csv", STOCK), inside.take("kaputt.csv", b"")

    assert (inside.folder / good.kept_at).read_bytes() == STOCK.encode()
    assert (inside.folder / bad.kept_at).parts[len(inside.folder.parts)] == "quarantine"
    assert inside.waiting() == []
    assert not list(inside.folder.rglob("*.part"))


def test_p22_a_crash_between_copy_and_delete_has_no_second_effect(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file then lies in both places; what comes again is known by its content."""
    inside.installation.drop("bestand.csv", STOCK)
    copy = (inside.inbox / "bestand.csv").read_bytes()
    with monkeypatch.context() as patch:
        volumes(patch, inside.folder)
        (first,) = inside.settled()
    (inside.inbox / "bestand.csv").write_bytes(copy)

    (second,) = inside.settled()

    assert second.duplicate_of == first.uid


def test_p22_c4_a_file_that_cannot_be_deleted_is_not_read_again_and_again(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """On a read-only volume nothing is imported: else it would be at every scan. When it can be moved, it is."""
    inside.installation.drop("bestand.csv", STOCK)
    with monkeypatch.context() as patch:
        volumes(patch, inside.folder, fails_at="inbox")
        assert inside.settled() == []
        assert inside.round(after=10) == []
    assert "bestand.csv cannot be taken yet" in caplog.text
    assert inside.app.ledger.recent() == []
    assert [each.name for each in (inside.folder / "work").iterdir()] == [".owners"]

    (batch,) = inside.round(after=10)
    assert batch.state is State.DONE


def test_p23_nothing_in_the_archive_is_written_over(inside: Inside) -> None:
    """Two files of one name have two places; and even at the same place, other content gets its hash into the name."""
    batch = inside.take("bestand.csv", STOCK)
    newcomer = inside.folder / "neu.csv"
    newcomer.write_text("anders", "utf-8")
    digest = hashlib.sha256(b"anders").hexdigest()

    kept = archive.keep(replace(batch, content_hash=digest), newcomer, inside.folder / "archive")

    assert kept.name.endswith(digest[:12])
    assert (inside.folder / batch.kept_at).read_bytes() == STOCK.encode()


# Windows and shares


def test_w5_a_file_that_is_held_open_waits_and_is_taken_later(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Excel or a virus scanner holds it: no reject; the next file goes first. After an hour it is told."""
    inside.installation.drop("a-offen.csv", STOCK)
    inside.installation.drop("b-frei.csv", STOCK.replace("14", "15"))
    with monkeypatch.context() as patch:
        denied = PermissionError(errno.EACCES, "in use")
        failing(patch, Path, "replace", denied, lambda path, _target: path.name == "a-offen.csv")
        assert [batch.file_name for batch in inside.settled()] == ["b-frei.csv"]
        assert inside.waiting() == ["a-offen.csv"]
        assert inside.round(after=1) == inside.round(after=1) == []
        assert caplog.text.count("held open by another program") == 1
        assert inside.worker.inbox.held == {}

        inside.round(after=inside.worker.inbox.hold_seconds)
        assert {place: each.code for place, each in inside.worker.inbox.held.items()} == {
            "a-offen.csv": "watch.not_taken"
        }

    assert [batch.file_name for batch in inside.round(after=1)] == ["a-offen.csv"]
    inside.round()
    assert inside.worker.inbox.held == {}


def test_w5_a_file_that_is_held_open_just_after_it_was_taken_is_finished_without_a_new_start(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A virus scanner opens what has just been moved; another program was quicker once, and once more."""
    inside.installation.drop("bestand.csv", STOCK)
    with monkeypatch.context() as patch:
        failing(patch, claim, "content_hash", PermissionError(errno.EACCES, "in use"), lambda _path: True)
        assert inside.settled() == []
        assert inside.round(after=1) == []
        inside.installation.drop("b.csv", STOCK.replace("14", "15"))
    assert "bestand.csv was taken, and cannot be read yet" in caplog.text
    assert (inside.waiting(), inside.app.ledger.recent()) == (["b.csv"], [])

    assert [batch.file_name for batch in inside.round(after=1)] == ["bestand.csv"]
    assert [batch.file_name for batch in inside.round(after=3)] == ["b.csv"]


@POSIX
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("CON.csv", "_CON.csv"),
        ("NUL", "_NUL"),
        ("lpt1 .csv", "_lpt1 .csv"),
        ("preis.csv ", "preis.csv"),
        ("preis.csv.", "preis.csv"),
        ("a:b?.csv", "a_b_.csv"),
        ("zeile\nzwei.csv", "zeile_zwei.csv"),
        ("\x1b[31mrot.csv", "_[31mrot.csv"),
        ("ü" * 120 + ".csv", "ü" * 78 + ".csv"),
        (" ", "_"),
    ],
)
def test_w8_z4_names_that_other_systems_cannot_bear_are_made_safe(inside: Inside, name: str, kept: str) -> None:
    """The name on disk is safe everywhere; ledger and receipt keep what the sender called it."""
    batch = inside.take(name, STOCK)

    assert batch.state is State.DONE
    assert batch.file_name == name
    assert Path(batch.kept_at).name == f"{batch.uid}_{kept}"
    assert inside.receipt(batch)["file"] == name
    letter = next(inside.outbox.glob("*.receipt.txt")).read_text("utf-8-sig")
    assert "\x1b" not in letter
    assert all(each.name.isprintable() for each in inside.outbox.iterdir())


@POSIX
def test_w8_a_name_that_is_no_unicode_is_taken_too(inside: Inside) -> None:
    """One odd name must not hide the others."""
    (inside.inbox / os.fsdecode(b"m\xfcll.csv")).write_text(STOCK, "utf-8")
    inside.installation.drop("b.csv", STOCK.replace("14", "15"))

    assert sorted(batch.file_name for batch in inside.settled()) == ["b.csv", "m?ll.csv"]


def test_w8_paths_keep_within_what_windows_takes(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 259 characters, a folder of 40 leaves room for whatever is written below it, also while it is written."""
    met: set[Path] = set()
    real = Path.replace

    def rename(self: Path, target: Path) -> Path:
        met.update((self, Path(target)))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", rename)
    for letter, text in zip("xyz", (STOCK, STOCK.replace("14", "viele"), b""), strict=True):
        inside.take(letter * 240 + ".csv", text)

    met.update(inside.folder.rglob("*"))
    ours = [path.relative_to(inside.folder) for path in met if not path.is_relative_to(inside.inbox)]
    below = [Path(*path.parts[1:]) for path in ours]
    assert {"archive", "outbox", "quarantine", "work"} <= {path.parts[0] for path in ours}
    assert 190 < max(len(str(path)) for path in below) <= MOST_PATH_BELOW


@POSIX
@pytest.mark.parametrize(
    "names", [("Preis.csv", "preis.csv"), ("M\u00fcller.csv", "Mu\u0308ller.csv")], ids=["W9 letter case", "W10 umlaut"]
)
def test_w9_w10_names_that_are_one_to_the_eye_are_two_files_with_two_answers(
    inside: Inside, names: tuple[str, str]
) -> None:
    """What is kept and answered has the batch's number in its name, so it is apart on Windows too."""
    for name, text in zip(names, (STOCK, STOCK.replace("14", "15")), strict=True):
        inside.installation.drop(name, text)
    batches = inside.settled()

    assert sorted(each.file_name for each in batches) == sorted(names)
    assert [each.counts.created + each.counts.updated for each in batches] == [2, 1]
    left = [path for path in inside.folder.rglob("*") if path.is_file()]
    plain = {unicodedata.normalize("NFC", str(path)).casefold() for path in left}
    assert len(plain) == len(left)
    assert len({inside.receipt(each)["kept_at"] for each in batches}) == 2


def test_w3_a_share_that_breaks_off_in_mid_read_loses_and_imports_nothing(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The inbox is a share, the rest is not: half of the file comes, without an error. When it is back, all comes."""
    inside.installation.drop("bestand.csv", STOCK)
    with monkeypatch.context() as patch:
        volumes(patch, inside.folder)
        patch.setattr(shutil, "copyfileobj", lambda file, out, _most: out.write(file.read(30)))
        assert inside.settled() == []
    assert "could not be read to its end" in caplog.text
    assert (inside.waiting(), inside.app.ledger.recent()) == (["bestand.csv"], [])

    with monkeypatch.context() as patch:
        volumes(patch, inside.folder)
        (batch,) = inside.round(after=1)
    assert (batch.state, batch.counts.rows_in) == (State.DONE, 2)


# What is no file


@POSIX
def test_z2_a_pipe_or_socket_named_like_a_file_is_refused_without_being_read(inside: Inside) -> None:
    """Opening a pipe would wait for ever."""
    os.mkfifo(inside.inbox / "orders.csv")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(inside.inbox)  # the path of a socket may be 107 bytes long, no more
        listener.bind("socket.csv")
    finally:
        os.chdir(here)
        listener.close()

    ended = inside.settled()

    assert [(each.file_name, each.state) for each in ended] == [
        ("orders.csv", State.QUARANTINED),
        ("socket.csv", State.QUARANTINED),
    ]
    assert [inside.codes(each) for each in ended] == [["file.not_regular"]] * 2
    assert inside.waiting() == []


def test_z2_a_folder_named_like_a_file_is_a_folder(inside: Inside) -> None:
    """What lies in it is taken, as from any subfolder."""
    (inside.inbox / "orders.csv").mkdir()
    assert inside.settled() == []

    batch = inside.take("orders.csv/bestand.csv", STOCK)
    assert (batch.state, batch.folder) == (State.DONE, "orders.csv")


# Crash, repeat, order


def test_c1_a_claim_of_a_dead_process_is_taken_up_once(inside: Inside) -> None:
    """Of a process on this machine its lock tells that it is dead; of another machine, only its lease."""
    path = inside.installation.drop("bestand.csv", STOCK)
    batch = claim.claim(path, "", inside.folder / "work", inside.app.ledger)
    assert batch is not None
    inside.app.ledger.take(batch.uid, "anderswo:abc", 60)
    assert inside.round() == []

    real, ahead = inside.app.ledger.now, timedelta(seconds=61)
    inside.app.ledger.now = lambda: real() + ahead

    (done,) = inside.round()
    assert (done.state, done.tries) == (State.DONE, 2)
    assert inside.round() == []


def test_c1_a_process_that_died_between_claim_and_ledger_loses_nothing(inside: Inside) -> None:
    """The note beside the file tells who it was; a note without a file is cleared up when it is old."""
    home = inside.folder / "work" / "20261123T080000-aaaaaaaa"
    home.mkdir()
    note = b'{"file_name": "bestand.csv", "folder": "", "received_at": "2026-11-23T08:00:00+00:00"}'
    (home / "claim.json").write_bytes(note)
    (home / "bestand.csv").write_text(STOCK, "utf-8")
    young, old = (inside.folder / "work" / f"20261123T080000-{name}" for name in ("bbbbbbbb", "cccccccc"))
    for each in (young, old):
        each.mkdir()
        (each / "claim.json").write_bytes(note)
    os.utime(old / "claim.json", (0, 0))

    inside.worker.start()
    (batch,) = inside.round()

    assert (batch.uid, batch.state) == (home.name, State.DONE)
    assert (young.exists(), old.exists()) == (True, False)


def test_c6_d1_one_order_in_three_spellings_is_one_order(inside: Inside) -> None:
    """Letter case and blanks do not make another order: key and comparison are one function."""
    first = inside.take("a.json", orders_file(order("ORD 1")))

    second = inside.take("b.json", orders_file(order("  oRd  1 "), order("ord2")))

    assert (first.counts.created, second.counts.unchanged, second.counts.created) == (1, 1, 1)
    assert len(list((inside.outbox / "sage").iterdir())) == 2


def test_c8_a_file_that_crashes_the_program_is_put_aside(inside: Inside) -> None:
    """The tries are counted before anything is read."""
    path = inside.installation.drop("bestand.csv", STOCK)
    batch = claim.claim(path, "", inside.folder / "work", inside.app.ledger)
    assert batch is not None
    for number in range(3):
        inside.app.ledger.take(batch.uid, f"host:{number}", 0)

    (ended,) = inside.round()

    assert ended.state is State.QUARANTINED
    assert inside.codes(ended) == ["file.tried_too_often"]
    assert (inside.folder / ended.kept_at).read_bytes() == STOCK.encode()


def test_c9_a_clock_set_back_does_not_turn_the_order_round(inside: Inside) -> None:
    """The newest batch is the one that came last, whatever the clock says; stock goes 5, 8, 5."""
    content = "article_number;available\r\n20010;{}\r\n"
    at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    outcomes = []
    for hours, quantity in ((0, 5), (-1, 8), (-2, 5)):
        inside.app.ledger.now = lambda hours=hours: at + timedelta(hours=hours)  # type: ignore[misc]
        batch = inside.take("bestand.csv", content.format(quantity))
        outcomes.append((batch.counts.created, batch.counts.updated, batch.duplicate_of))

    assert outcomes == [(1, 0, ""), (0, 1, ""), (0, 1, "")]
    assert [each.id for each in inside.app.ledger.recent()] == [3, 2, 1]


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("holder", "name", "when"),
    [
        (claim, "write_atomically", lambda path, _data: path.name == "claim.json"),
        (archive, "write_atomically", lambda path, _data: path.suffix == ".txt"),
        (archive, "replace", lambda _source, target: "archive" in target.parts),
        (archive, "replace", lambda _source, target: "outbox" in target.parts),
    ],
    ids=["claim", "receipt", "archive", "export"],
)
def test_c10_a_full_disk_loses_nothing(
    inside: Inside,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    holder: Any,
    name: str,
    when: Callable[..., bool],
) -> None:
    """The log says so, the input stays, and when there is room the file is finished, with one effect."""
    inside.installation.drop("bestand.csv", STOCK)
    with monkeypatch.context() as patch:
        failing(patch, holder, name, FULL, when)
        assert inside.settled() == []
        for _ in range(5):  # more often than a file may be tried
            assert inside.round(after=2) == []
    assert "No space left" in caplog.text

    (batch,) = inside.round(after=2)

    assert (batch.state, batch.counts.created) == (State.DONE, 2)
    assert len(inside.written(batch)) == 1
    assert all(path.is_file() for path in inside.written(batch))
    assert (inside.folder / batch.kept_at).read_bytes() == STOCK.encode()
    assert inside.receipt(batch)["kept_at"] == batch.kept_at


# What a file is


def test_an_unrecognised_file_is_answered(inside: Inside) -> None:
    """It is put aside, and the sender is told what was seen and what can be done."""
    batch = inside.take("urlaub.csv", "Name;Von;Bis\r\nErika;01.08.;14.08.\r\n")

    assert batch.state is State.QUARANTINED
    receipt = inside.receipt(batch)
    assert receipt["findings"][0]["code"] == "file.not_recognised"
    assert "Name, Von, Bis" in receipt["findings"][0]["message"]["de"]
    assert "customer_import" in receipt["findings"][0]["remedy"]["de"]
    letter = next(inside.outbox.glob("urlaub.csv.*.receipt.txt")).read_text("utf-8-sig")
    assert letter.startswith("Quittung für urlaub.csv")
    assert "es wurde nichts übernommen" in letter


@pytest.mark.parametrize("folder", ["stock", "Bestand", "vom-lager/BESTAND/heute"])
def test_the_subfolder_says_what_a_file_is(inside: Inside, folder: str) -> None:
    """By the module's name or its German name, at any depth; a missing column is then named."""
    good = inside.take(f"{folder}/a.csv", STOCK)
    bad = inside.take(f"{folder}/b.csv", "Artikelnummer;Menge\r\n1;2\r\n")
    worse = inside.take(f"{folder}/c.csv", "Name;Von\r\n1;2\r\n")
    marked = inside.take(f"{folder}/d.json", orders_file(order("ORD1")))

    assert (good.module, good.state) == ("stock", State.DONE)
    assert {bad.state, worse.state, marked.state} == {State.QUARANTINED}
    assert inside.codes(bad) == ["file.missing_column"]
    assert inside.codes(worse) == inside.codes(marked) == ["file.fits_no_profile"]


def test_an_own_profile_is_recognised_and_an_ambiguous_file_is_asked_about(inside: Inside) -> None:
    """Two profiles that fit equally are a question; the name of the file or the folder answers it."""
    profile = (
        'name = "{name}"\nmodule = "{module}"\nformat = "csv"\nrecognise = ["SKU"]\n'
        '[fields]\n{field} = "SKU"\n{other} = "QTY"\n'
    )
    (inside.folder / "profiles" / "a.toml").write_text(
        profile.format(name="lager_a", module="stock", field="article_number", other="available"), "utf-8"
    )
    (inside.folder / "profiles" / "b.toml").write_text(
        profile.format(name="lager_b", module="stock", field="article_number", other="on_hand"), "utf-8"
    )
    inside.app.close()
    with opened(inside.installation) as again:
        content = "SKU;QTY\r\n20010;3\r\n"
        asked = again.take("x.csv", content)
        named = again.take("lager_a.csv", content)

        assert again.codes(asked) == ["file.ambiguous"]
        assert (named.profile, named.counts.created) == ("lager_a", 1)


def test_a_folder_of_another_name_says_nothing(inside: Inside) -> None:
    """A sender's own subfolder is kept in the ledger, and the content decides."""
    batch = inside.take("kunde-4711/bestand.csv", STOCK)

    assert (batch.module, batch.folder) == ("stock", "kunde-4711")


def test_a_file_for_a_module_that_is_off_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    """It is answered, and its export is refused with the name of the setting."""
    with without_sage(tmp_path, **{"modules.stock.enabled": False}) as inside:
        batch = inside.take("bestand.csv", STOCK)
        assert batch.state is State.QUARANTINED
        assert inside.codes(batch) == ["file.module_off"]
        with pytest.raises(ConfigError, match=r"modules\.stock\.enabled"):
            inside.app.export("stock")


def test_a_stock_file_that_zeroes_too_much_is_held(tmp_path: Path) -> None:
    """Half of the articles may sell out at once, not more; a person may let such a file pass."""
    with without_sage(tmp_path, **{"brake.least_records": 4}) as inside:

        def stocks(*levels: int) -> str:
            rows = [f"{number};{level}" for number, level in enumerate(levels, 1)]
            return "\r\n".join(["article_number;available", *rows, ""])

        assert inside.take("a.csv", stocks(5, 5, 5, 5, 0, 0)).counts.created == 6
        assert inside.take("b.csv", stocks(0, 0, 0, 5, 0, 0)).counts.updated == 3
        assert inside.take("c.csv", stocks(5, 5, 5, 5, 5, 5)).counts.updated == 5
        batch = inside.take("d.csv", stocks(0, 0, 0, 0, 5, 5))
        assert (batch.state, inside.codes(batch)) == (State.QUARANTINED, ["file.emptied"])
        assert inside.written(batch) == []
        assert inside.app.replay(batch.uid).counts.updated == 4
