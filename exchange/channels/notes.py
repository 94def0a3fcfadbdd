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

    Args:
        folder: of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: bytes, suffix: str = ".json") -> Path:
        """A file that belongs to a name; safe whatever the name is."""
        return self._folder / (hashlib.sha256(name).hexdigest()[:32] + suffix)

    def read(self, name: bytes) -> dict[str, Any] | None:
        """The note on a name, or None."""
        try:
            note: dict[str, Any] = json.loads(self.path(name).read_bytes())
        except FileNotFoundError:
            return None
        return note

    def write(self, name: bytes, **note: Any) -> None:
        """Put a note in the place of an earlier one; it is on the disk when this returns."""
        write_atomically(self.path(name), json.dumps({"name": name.hex(), **note}).encode())

    def remove(self, name: bytes) -> None:
        """There is nothing to remember any more."""
        self.path(name).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what belongs to no note: the rest of something that broke off."""
        for path in self._folder.iterdir():
            if path.suffix != ".json" and not path.with_suffix(".json").exists():
                path.unlink()

    def names(self) -> list[bytes]:
        """All names that there is a note on."""
        return [bytes.fromhex(json.loads(path.read_bytes())["name"]) for path in sorted(self._folder.glob("*.json"))]
