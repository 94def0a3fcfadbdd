"""The target that is a partner's file: changes are written into the outbox in the partner's form."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from exchange.codec import Meta
from exchange.connector import Applied, Blocks, Changes, Outcome, Output
from exchange.errors import ConfigError
from exchange.finding import Locator, found, kind
from exchange.profile import Layout, canonical
from exchange.record import schema
from exchange.records.deletion import Deletion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from exchange.codec import Codec
    from exchange.connector import Change, Landing, Target
    from exchange.finding import Finding

FIELD_NEEDED = kind(
    "outbox.field_needed",
    de="Das Feld „{field}“ ist leer; die Datei für den Empfänger ({profile}) braucht es.",
    en="The field “{field}” is empty; the receiver's file ({profile}) needs it.",
    remedy_de="Ergänzen Sie den Wert, oder wählen Sie ein Profil, das ohne ihn auskommt.",
    remedy_en="Add the value, or choose a profile that does without it.",
)
NO_PLACE = kind(
    "outbox.no_place",
    de="Die Datei für den Empfänger ({profile}) hat keinen Platz für „{field}“ ({value}); der Wert ginge verloren.",
    en="The receiver's file ({profile}) has no place for “{field}” ({value}); the value would be lost.",
    remedy_de="Wählen Sie ein Profil, das den Wert kennt, oder erfassen Sie ihn beim Empfänger von Hand.",
    remedy_en="Choose a profile that knows the value, or enter it by hand at the receiver.",
)
NOT_IN_CHARSET = kind(
    "outbox.not_in_charset",
    de="„{value}“ enthält ein Zeichen, das es im Zeichensatz {charset} nicht gibt.",
    en="“{value}” has a character that {charset} does not have.",
    remedy_de="Umschreiben (etwa ł zu l), oder im Profil write_charset auf utf-8 stellen.",
    remedy_en="Transliterate (ł to l), or set write_charset to utf-8 in the profile.",
)

_UNSAFE = re.compile(r"[^\w.-]+")


def safe_name(text: str) -> str:
    """A text as part of a file name on every system."""
    return _UNSAFE.sub("_", text).strip("._")[:80] or "_"


def _not_in_charset(record: Any, charset: str) -> list[Finding]:
    """A finding for every text of a record that a charset cannot hold: it would be lost in silence."""
    findings = []
    for name, value in zip(record._fields, record, strict=True):
        texts = [value] if isinstance(value, str) else []
        if isinstance(value, tuple):
            texts = [text for child in value for text in child if isinstance(text, str)]
        for text in texts:
            try:
                text.encode(charset)
            except UnicodeEncodeError:
                findings.append(found(NOT_IN_CHARSET, Locator(field=name), value=text, charset=charset))
    return findings


def _named(record: Any, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The values of fields, and of each child's (`lines[2].discount`)."""
    for name in names:
        group, dot, field = name.rpartition(".")
        if not dot:
            yield name, getattr(record, name)
            continue
        for index, child in enumerate(getattr(record, group)):
            yield f"{group}[{index}].{field}", getattr(child, field)


class OutboxTarget:
    """Writes changes of one module as files of one profile.

    Files are complete and flushed in the work folder when `apply` ends; the pipeline publishes them. Applying again
    writes
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
        self._needs, self._lacks = layout.profile.needs, layout.profile.lacks
        charset = codecs.lookup(layout.profile.write_charset).name
        self._charset = None if charset.startswith("utf") else charset

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """See `exchange.connector.Target`: only what cannot be written in this form is told."""
        stem = f"{landing.module}_{landing.batch}"
        one_per_file = self.layout.profile.one_per_file
        if isinstance(changes, Changes) and not (one_per_file or self._needs or self._lacks or self._charset):
            self._write(landing, stem, self.layout, Blocks(page.records for page in changes.blocks))
            return iter(())
        refused: list[Applied] = []
        writable = (change for change in changes if self._writable(change, refused))
        if one_per_file:
            for change in writable:
                # The number keeps two keys apart that make the same name, and tells the order of the file.
                name = f"{stem}_{change.seq:05}_{safe_name(change.key)}"
                self._write(landing, name, self.layout, [change.record])
        else:
            self._write(landing, stem, self.layout, (change.record for change in writable))
        return iter(refused)

    def _writable(self, change: Change, refused: list[Applied]) -> bool:
        """Whether a record can be written in this form; else why not is kept."""
        findings = [
            found(FIELD_NEEDED, Locator(field=field), field=field, profile=self.layout.profile.name)
            for field, value in _named(change.record, self._needs)
            if value in ("", None)
        ]
        findings += [
            found(NO_PLACE, Locator(field=field), field=field, profile=self.layout.profile.name, value=value)
            for field, value in _named(change.record, self._lacks)
            if value
        ]
        if self._charset is not None:
            findings += _not_in_charset(change.record, self._charset)
        if findings:
            refused.append(Applied(change.seq, Outcome.REJECTED, "", tuple(findings)))
        return not findings

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """Deletions get a file of their own, in our own form of the same file type."""
        layout = Layout(canonical("deletion", schema(Deletion), self.layout.profile.format), schema(Deletion))
        records = [Deletion(landing.module, key) for key in keys]
        meta = replace(self.meta, module="deletion")
        self._write(landing, f"{landing.module}_deleted_{landing.batch}", layout, records, meta)

    def _write(
        self, landing: Landing, stem: str, layout: Layout, records: Iterable[Any], meta: Meta | None = None
    ) -> None:
        name = stem + self.codec.suffixes[0]
        landing.folder.mkdir(parents=True, exist_ok=True)
        part = landing.folder / (name + ".part")
        with part.open("wb") as out:
            number = self.codec.write(out, layout, records, meta or self.meta)
            out.flush()
            os.fsync(out.fileno())
        if not number:  # every record was refused: nobody waits for an empty file
            part.unlink()
            return
        landing.outputs.append(Output(part, self.folder / name))


class RoutedOutbox:
    """Files of several profiles out of one batch: every record goes to the receiver that it is for.

    Meant for batches of a day, such as shipments: the records of a batch are held in memory.

    Args:
        route: name of the profile for a record.
        target: the target that writes a profile.
        rows: what is written for a record, where that is not the record itself (`Module.rows`).
    """

    def __init__(
        self,
        route: Callable[[Any], str],
        target: Callable[[str], Target],
        rows: Callable[[Any], Iterable[Any]] | None = None,
    ) -> None:
        self.route = route
        self.target = target
        self.rows = rows or (lambda record: (record,))

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """See `exchange.connector.Target`."""
        sorted_out: dict[str, list[Change]] = {}
        for change in changes:
            rows = [change._replace(record=each) for each in self.rows(change.record)]
            sorted_out.setdefault(self.route(change.record), []).extend(rows)
        for name in sorted(sorted_out):
            # Files are named after the profile: two receivers may want the same kind of file.
            applied = self.target(name).apply(replace(landing, module=name), iter(sorted_out[name]))
            yield from {each.seq: each for each in applied}.values()  # rows of one record are refused together

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """What was handed to a receiver cannot be taken back by a file."""
        raise ConfigError(f"{landing.module}: {len(keys)} records are gone, but a file for a receiver cannot be undone")
