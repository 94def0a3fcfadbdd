"""What a channel must remember survives whatever happens while it is written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from exchange.channels.notes import Notes

if TYPE_CHECKING:
    from pathlib import Path


def test_notes_are_there_for_the_next_process(tmp_path: Path) -> None:
    """The newest one of each name; removed ones are gone, and the file with the last of them."""
    notes = Notes(tmp_path)
    notes.write(b"a", state="sent")
    notes.write(b"a", durable=False, state="closed")
    notes.write(b"\xff", state="sent")
    notes.remove(b"\xff")
    notes.remove(b"never there")
    again = Notes(tmp_path)
    assert (again.names(), again.read(b"a"), again.read(b"\xff")) == ([b"a"], {"state": "closed"}, None)
    again.remove(b"a")
    assert Notes(tmp_path).names() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("torn", [b'["61', b"\0\0\0", b'["61", {"state": "closed"}]'])
def test_a_torn_line_was_never_written(tmp_path: Path, torn: bytes) -> None:
    """And the next one does not stick to it."""
    notes = Notes(tmp_path)
    notes.write(b"a", state="sent")
    with (tmp_path / "notes.jsonl").open("ab") as out:
        out.write(torn)
    again = Notes(tmp_path)
    assert again.read(b"a") == {"state": "sent"}
    again.write(b"b", state="sent")
    assert Notes(tmp_path).names() == [b"a", b"b"]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is not remembered either."""
    notes = Notes(tmp_path)
    notes.write(b"a", state="sent")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            notes.write(b"b", state="sent")
    assert notes.names() == [b"a"]
    notes.write(b"c", state="sent")
    assert Notes(tmp_path).names() == [b"a", b"c"]


def test_files_without_a_note_are_cleared_away(tmp_path: Path) -> None:
    """They are the rest of something that broke off."""
    notes = Notes(tmp_path)
    notes.write(b"a", state="sent")
    for name in (b"a", b"b"):
        notes.path(name, ".part").write_bytes(b"x")
    notes.load()
    assert notes.path(b"a", ".part").exists()
    assert not notes.path(b"b", ".part").exists()
