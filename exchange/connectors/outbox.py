"""The target that is a partner's file: changes are written into the outbox in the partner's form."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from exchange.codec import Meta
from exchange.connector import Output
from exchange.profile import Layout, canonical
from exchange.record import schema
from exchange.records.deletion import Deletion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from exchange.codec import Codec
    from exchange.connector import Applied, Change, Landing

_UNSAFE = re.compile(r"[^\w.-]+")


def safe_name(text: str) -> str:
    """A text as part of a file name on every system."""
    return _UNSAFE.sub("_", text).strip("._")[:80] or "_"


class OutboxTarget:
    """Writes changes of one module as files of one profile.

    Files are complete and flushed in the work folder when `apply` ends; the pipeline publishes them. Applying again writes
    the same files over, so there is one effect.

    Args:
        codec, layout: how to write.
        folder: where the files go in the end.
        now: time stamp inside the files.
        full: the files hold everything there is.
    """

    def __init__(self, codec: Codec, layout: Layout, folder: Path, now: datetime, *, full: bool = False) -> None:
        self.codec = codec
        self.layout = layout
        self.folder = folder
        self.meta = Meta(layout.profile.module, now, full)

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """See `exchange.connector.Target`: nothing is said beyond what was expected."""
        stem = f"{landing.module}_{landing.batch}"
        if self.layout.profile.one_per_file:
            for change in changes:
                self._write(landing, f"{stem}_{safe_name(change.key)}", self.layout, [change.record])
        else:
            self._write(landing, stem, self.layout, (change.record for change in changes))
        return iter(())

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """Deletions get a file of their own, in our own form of the same file type."""
        layout = Layout(canonical("deletion", schema(Deletion), self.layout.profile.format), schema(Deletion))
        records = [Deletion(landing.module, key) for key in keys]
        self._write(landing, f"{landing.module}_deleted_{landing.batch}", layout, records)

    def _write(self, landing: Landing, stem: str, layout: Layout, records: Iterable[Any]) -> None:
        name = stem + self.codec.suffixes[0]
        landing.folder.mkdir(parents=True, exist_ok=True)
        part = landing.folder / (name + ".part")
        with part.open("wb") as out:
            self.codec.write(out, layout, records, self.meta)
            out.flush()
            os.fsync(out.fileno())
        landing.outputs.append(Output(part, self.folder / name))
