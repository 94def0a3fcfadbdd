"""What a channel must remember over a crash: a note per remote or local file that is on its way.

The notes are lines appended to one file, because a line costs one flush of the disk and a file of its own costs two.
A line that was torn by a crash was never written.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from exchange.files import flush_folder, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


class Notes:
    """Notes by name, and the files that belong to them.

    One process at a time works with them; `load` tells it what the one before has left.

    Args:
        folder: of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "notes.jsonl"
        self._notes: dict[bytes, dict[str, Any]] = {}
        self.load()

    def load(self) -> None:
        """Read all notes; what belongs to none is the rest of something that broke off, and goes."""
        lines = self._file.read_bytes().split(b"\n") if self._file.exists() else [b""]
        torn = lines.pop()
        self._notes = {}
        for line in lines:
            name, note = json.loads(line)
            self._notes.pop(bytes.fromhex(name), None)
            if note is not None:
                self._notes[bytes.fromhex(name)] = note
        if torn or len(lines) > len(self._notes):
            self._rewrite()
        kept = {self.path(name, "").name for name in self._notes}
        for path in self._folder.iterdir():
            if path != self._file and path.stem not in kept:
                path.unlink()

    def path(self, name: bytes, suffix: str) -> Path:
        """A file that belongs to a name; safe whatever the name is."""
        return self._folder / (hashlib.sha256(name).hexdigest()[:32] + suffix)

    def read(self, name: bytes) -> dict[str, Any] | None:
        """The note on a name, or None."""
        return self._notes.get(name)

    def write(self, name: bytes, *, durable: bool = True, **note: Any) -> None:
        """Put a note in the place of an earlier one; when it is durable, it is on the disk when this returns."""
        self._append(name, note, durable=durable)
        self._notes[name] = note

    def remove(self, name: bytes) -> None:
        """There is nothing to remember any more. Should a power cut bring the note back, it finds no file."""
        if name in self._notes:
            self._append(name, None, durable=False)
            del self._notes[name]

    def names(self) -> list[bytes]:
        """All names that there is a note on."""
        return sorted(self._notes)

    def _append(self, name: bytes, note: dict[str, Any] | None, *, durable: bool) -> None:
        new = not self._file.exists()
        line = _line(name, note)
        with self._file.open("ab", buffering=0) as out:
            end = out.seek(0, os.SEEK_END)
            try:
                while line:
                    line = line[out.write(line) :]  # an unbuffered file may take less; a full disk is an error
                if durable:
                    os.fsync(out.fileno())
            except OSError:
                with suppress(OSError):
                    out.truncate(end)  # half a line must not have another one behind it
                raise
        if new and durable:
            flush_folder(self._folder)

    def _rewrite(self) -> None:
        """Only what counts; no file when there is nothing."""
        if self._notes:
            write_atomically(self._file, b"".join(_line(name, note) for name, note in self._notes.items()))
        else:
            self._file.unlink()


def _line(name: bytes, note: dict[str, Any] | None) -> bytes:
    return json.dumps([name.hex(), note]).encode() + b"\n"
