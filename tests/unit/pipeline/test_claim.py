"""claim: a file in an inbox becomes a batch that is ours alone, whatever breaks off in between."""

from __future__ import annotations

import errno
import json
import os
import shutil
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from exchange import files
from exchange.errors import TransientError
from exchange.ledger import Ledger, Origin
from exchange.pipeline import claim
from tests.inside import STOCK, Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def left(inside: Inside) -> list[str]:
    """What lies in the work folder."""
    return [path.name for path in (inside.folder / "work").iterdir() if path.name != ".owners"]


def test_a_file_that_somebody_else_took_is_nobodys_error(inside: Inside) -> None:
    """Nothing stays behind."""
    assert claim.claim(inside.inbox / "weg.csv", "", inside.folder / "work", inside.app.ledger) is None
    assert left(inside) == []


def test_a_file_that_cannot_be_taken_leaves_nothing_behind(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays where it is, and the next look tries again."""
    path = inside.installation.drop("x.csv", STOCK)

    def in_use(*_arguments: Any) -> None:
        raise TransientError("x.csv is held open")

    with monkeypatch.context() as patch:
        patch.setattr(claim, "replace", in_use)
        assert inside.settled() == []
        with pytest.raises(TransientError, match=r"x\.csv cannot be taken yet: x\.csv is held open"):
            claim.claim(path, "", inside.folder / "work", inside.app.ledger)
    assert (left(inside), path.exists()) == ([], True)
    assert len(inside.round()) == 1


def test_a_file_that_cannot_be_copied_leaves_nothing_behind(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """`exchange import` on a full disk: try later, and no half copy stays."""
    path = inside.folder / "x.csv"
    path.write_text(STOCK, "utf-8")

    def full(_source: object, target: BinaryIO, _most: int) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(TransientError, match=r"x\.csv cannot be copied: .*No space"):
        inside.app.import_file(path)
    assert left(inside) == []
    assert inside.app.ledger.recent() == []


def test_a_copy_that_another_process_entered_is_left_to_it(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that starts at this very moment adopts it: one batch, not two."""
    path = inside.folder / "x.csv"
    path.write_text(STOCK, "utf-8")
    add = Ledger.add

    def adopted_first(ledger: Ledger, batch: Any) -> Any:
        add(ledger, batch)
        return add(ledger, batch)

    monkeypatch.setattr(Ledger, "add", adopted_first)
    with pytest.raises(TransientError, match="was entered by another process"):
        claim.put(path, inside.folder / "work", inside.app.ledger, origin=Origin.HAND)
    assert len(inside.app.ledger.recent()) == 1


def test_a_start_clears_up_after_ended_batches(inside: Inside) -> None:
    """A process that died between the end and clearing up leaves a folder; one of an open batch stays."""
    done = inside.take("bestand.csv", STOCK)
    home = inside.folder / "work" / done.uid
    home.mkdir()
    (home / "claim.json").write_text("{}", "utf-8")
    path = inside.installation.drop("b.csv", STOCK.replace("14", "15"))
    open_one = claim.claim(path, "unter", inside.folder / "work", inside.app.ledger)
    assert open_one is not None

    assert claim.adopt(inside.folder / "work", inside.app.ledger) == []

    assert left(inside) == [open_one.uid]
    note = json.loads((inside.folder / "work" / open_one.uid / "claim.json").read_bytes())
    assert (note["file_name"], note["folder"]) == ("b.csv", "unter")


def test_claims_of_a_dead_process_are_entered_and_old_empty_ones_cleared_up(inside: Inside) -> None:
    """A note without a file may be another process at work: only when it is old, it is none."""
    note = b'{"file_name": "bestand.csv", "folder": "", "received_at": "2026-11-23T08:00:00+00:00"}'
    homes = {name: inside.folder / "work" / f"20261123T080000-{name}" for name in ("whole", "young", "old")}
    for home in homes.values():
        home.mkdir()
        (home / "claim.json").write_bytes(note)
    (homes["whole"] / "bestand.csv").write_text(STOCK, "utf-8")
    os.utime(homes["old"] / "claim.json", (0, 0))

    (adopted,) = claim.adopt(inside.folder / "work", inside.app.ledger)

    assert (adopted.uid, adopted.file_name) == (homes["whole"].name, "bestand.csv")
    assert sorted(left(inside)) == sorted([homes["whole"].name, homes["young"].name])


def test_of_two_starts_the_second_leaves_an_old_claim_to_the_first(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process enters it between our look into the ledger and our own entry; its file stays."""
    home = inside.folder / "work" / "20261123T080000-old"
    home.mkdir()
    (home / "bestand.csv").write_text(STOCK, "utf-8")
    (home / "claim.json").write_text(
        '{"file_name": "bestand.csv", "folder": "", "received_at": "2026-11-23T08:00:00+00:00"}', "utf-8"
    )
    os.utime(home / "claim.json", (0, 0))
    add = Ledger.add

    def entered_first(ledger: Ledger, batch: Any) -> Any:
        add(ledger, batch)
        return add(ledger, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "add", entered_first)
        assert claim.adopt(inside.folder / "work", inside.app.ledger) == []
    assert [each.state.value for each in inside.round()] == ["done"]


def test_a_claim_that_fails_behind_the_rename_loses_nothing(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk does not say that the rename is safe: the file is in the work folder alone, and is taken up there."""
    path = inside.installation.drop("bestand.csv", STOCK)

    def broken(folder: Path) -> None:
        if any(each.suffix == ".csv" for each in folder.iterdir()):
            raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(files, "flush_folder", broken)
        with pytest.raises(TransientError, match="cannot be taken yet"):
            claim.claim(path, "", inside.folder / "work", inside.app.ledger)
    assert not path.exists()

    (adopted,) = claim.adopt(inside.folder / "work", inside.app.ledger)
    assert adopted.file_name == "bestand.csv"
    assert [each.state.value for each in inside.round()] == ["done"]


def test_a_claim_that_cannot_be_read_yet_holds_up_no_other(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service starts all the same; one that another program holds open comes later, one that went is no trouble."""
    note = b'{"file_name": "bestand.csv", "folder": "", "received_at": "2026-11-23T08:00:00+00:00"}'
    work = inside.folder / "work"
    for name in ("a", "b", "c"):
        (work / name).mkdir()
        (work / name / "claim.json").write_bytes(note)
        (work / name / "bestand.csv").write_text(STOCK, "utf-8")

    def held(path: Path) -> str:
        if path.parent.name == "a":
            raise PermissionError(errno.EACCES, "in use")
        if path.parent.name == "c":
            raise FileNotFoundError(path)
        return "hash"

    with monkeypatch.context() as patch:
        patch.setattr(claim, "content_hash", held)
        with pytest.raises(TransientError, match=r"yet: a \(in use\)$"):
            claim.adopt(work, inside.app.ledger)
        inside.worker.start()
    assert [batch.uid for batch in inside.app.ledger.open_batches()] == ["b"]
    assert [batch.uid for batch in claim.adopt(work, inside.app.ledger)] == ["a", "c"]


def test_the_claimed_file_is_none_of_our_own(inside: Inside) -> None:
    """Neither note, nor half a copy, nor the folder of written files; and no folder at all is no error."""
    home = inside.folder / "work" / "x"
    (home / "out").mkdir(parents=True)
    for name in ("claim.json", "a.csv.part"):
        (home / name).write_bytes(b"x")
    assert claim.claimed_file(home) is None
    (home / "z.csv").write_bytes(b"x")
    assert claim.claimed_file(home) == home / "z.csv"
    assert claim.claimed_file(home / "nowhere") is None
