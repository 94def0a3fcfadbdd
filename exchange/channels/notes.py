"""What a channel must remember over a crash: one small file per remote or local file that is on its way."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from exchange.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


class Notes:
    """Notes in a folder, one per name; each is written whole or not at all.

    What there is, is known without looking: one process at a time works with them, and `load` tells it anew.

    Args:
        folder: of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._notes: dict[bytes, dict[str, Any]] = {}
        self.load()

    def load(self) -> None:
        """Read all notes; what belongs to none is the rest of something that broke off, and goes."""
        notes = [json.loads(path.read_bytes()) for path in sorted(self._folder.glob("*.json"))]
        self._notes = {bytes.fromhex(note["name"]): note for note in notes}
        for path in self._folder.iterdir():
            if path.suffix != ".json" and not path.with_suffix(".json").exists():
                path.unlink()

    def path(self, name: bytes, suffix: str = ".json") -> Path:
        """A file that belongs to a name; safe whatever the name is."""
        return self._folder / (hashlib.sha256(name).hexdigest()[:32] + suffix)

    def read(self, name: bytes) -> dict[str, Any] | None:
        """The note on a name, or None."""
        return self._notes.get(name)

    def write(self, name: bytes, **note: Any) -> None:
        """Put a note in the place of an earlier one; it is on the disk when this returns."""
        content = {"name": name.hex(), **note}
        write_atomically(self.path(name), json.dumps(content).encode())
        self._notes[name] = content

    def remove(self, name: bytes) -> None:
        """There is nothing to remember any more."""
        if name in self._notes:
            self.path(name).unlink(missing_ok=True)
            del self._notes[name]

    def names(self) -> list[bytes]:
        """All names that there is a note on."""
        return sorted(self._notes)
