"""Done files and manifests: what must be there before a file may be taken.

    X.csv.done         an empty file, which says that X.csv is complete
    M.manifest.json    {"files": [{"name": ..., "size": ..., "sha256": ...}]}: all of them or none
    M.manifest.csv     the same as a table with the columns name, size, sha256

When all is there, `.NAME.taken` is written beside: it names the files that may go, as they are now. So a crash between
two files of a set leaves none behind, and an old sign never lets a new file of the same name pass.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.files import content_hash, write_atomically
from exchange.finding import Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from exchange.finding import Finding

LOG = logging.getLogger(__name__)

ALONE = kind(
    "watch.not_released",
    de="{file} liegt seit über {minutes} Minuten im Eingang; ihre Fertig-Datei oder ihr Lieferschein (Manifest) fehlt.",
    en="{file} has been in the inbox for over {minutes} minutes; its done file or manifest is missing.",
    remedy_de="Beim Absender nachfragen, oder die Fertig-Datei von Hand anlegen.",
    remedy_en="Ask the sender, or make the done file by hand.",
    severity=Severity.WARNING,
)
INCOMPLETE = kind(
    "watch.incomplete_set",
    de="Die Lieferung {file} ist seit über {minutes} Minuten nicht vollständig: {reason}",
    en="The set {file} has not been complete for over {minutes} minutes: {reason}",
    remedy_de="Den Absender bitten, die fehlenden Dateien oder ein berichtigtes Manifest zu senden.",
    remedy_en="Ask the sender for the missing files or a corrected manifest.",
    severity=Severity.WARNING,
)

#: A manifest is a list of names, not data.
MOST_MANIFEST_BYTES = 4 * 2**20
_SIGN = re.compile(r"^\.(?P<gate>.+)\.taken$")


class Look(NamedTuple):
    """What a file looks like: size in bytes, modification time in nanoseconds."""

    size: int
    modified_ns: int


class Listed(NamedTuple):
    """One line of a manifest; what it does not tell is None or empty."""

    name: str
    size: int | None
    sha256: str


def is_sign(name: str) -> bool:
    """Whether it is one of our own signs."""
    return _SIGN.match(name) is not None


class Gates:
    """The gates of one folder.

    Args:
        folder: where files, gates and signs lie.
        done: `{name}.done` or `{stem}.done`, or empty.
        manifest: name pattern of manifests as a regular expression, or None.
    """

    def __init__(self, folder: Path, done: str, manifest: re.Pattern[str] | None) -> None:
        self.folder = folder
        self._by_stem = "{stem}" in done
        form = re.escape(done.replace("{stem}", "{name}")).replace(re.escape("{name}"), "(?P<key>.+)")
        self._done = re.compile(f"^{form}$") if done else None
        self._manifest = manifest
        self._wrong: dict[str, tuple[Look, str]] = {}
        self._unread: dict[str, str] = {}

    def is_gate(self, name: str) -> bool:
        """Whether a file is no data but a sign for others."""
        patterns = [each for each in (self._done, self._manifest) if each]
        return any(each.match(name) for each in patterns)

    def released(self, there: Mapping[str, Look], settled: Mapping[str, Look]) -> set[str]:
        """Names of the data files that may be taken now.

        `there` are all files of the folder, `settled` those that stand still.
        """
        ready = {name: look for name, look in settled.items() if not self.is_gate(name)}
        for name in sorted(there):
            if not self.is_gate(name):
                continue
            wanted = self._wanted(name, there, settled)
            if wanted and wanted <= ready.keys():
                self._let_through(name, {each: ready[each] for each in wanted})
        return {name for each in self._signs() for name in self._passed(each, there, ready)}

    def missing(self, name: str, there: Mapping[str, Look]) -> str:
        """What a gate still waits for, for people."""
        if self._manifest is None or not self._manifest.match(name):
            match = self._done.match(name) if self._done else None
            return f"{match['key'] if match else name} (fehlt / missing)"
        try:
            listed = _read_manifest(self.folder / name)
        except (OSError, ValueError) as error:
            return str(error)
        faults = [self._fault(each, there) for each in listed]
        faults += [f"{each.name} ({self._unread[each.name]})" for each in listed if each.name in self._unread]
        return "; ".join(each for each in faults if each) or "-"

    def _wanted(self, gate: str, there: Mapping[str, Look], settled: Mapping[str, Look]) -> set[str]:
        """The files that a gate stands for, when it lets them through; else nothing."""
        if self._manifest is not None and self._manifest.match(gate):
            if gate not in settled:
                return set()
            try:
                listed = _read_manifest(self.folder / gate)
            except (OSError, ValueError):
                return set()
            names = {each.name for each in listed}
            return names if names <= settled.keys() and self._is_whole(listed, there) else set()
        assert self._done is not None  # noqa: S101 - a gate is one of the two
        match = self._done.match(gate)
        key = match["key"] if match else ""
        data = [name for name in there if not self.is_gate(name)]
        exact = {name for name in data if self._key(name) == key}
        alike = {name for name in data if _plain(self._key(name)) == _plain(key)}
        return exact or (alike if len(alike) == 1 else set())

    def _key(self, name: str) -> str:
        return name.rpartition(".")[0] or name if self._by_stem else name

    def _is_whole(self, listed: list[Listed], there: Mapping[str, Look]) -> bool:
        """Whether all is as listed. Only a wrong hash is remembered: a right one may be gone (fault catalogue P8)."""
        if any(self._fault(each, there) for each in listed):
            return False
        for each in (one for one in listed if one.sha256):
            self._unread.pop(each.name, None)
            try:
                digest = content_hash(self.folder / each.name)
            except OSError as error:  # held open, or no plain file: looked at again
                self._unread[each.name] = error.strerror or str(error)
                return False
            if digest != each.sha256:
                self._wrong[each.name] = (there[each.name], each.sha256)
        return not any(self._fault(each, there) for each in listed)

    def _fault(self, listed: Listed, there: Mapping[str, Look]) -> str:
        """What is known to be wrong with a listed file, or nothing."""
        look = there.get(listed.name)
        if look is None:
            return f"{listed.name} (fehlt / missing)"
        if listed.size is not None and listed.size != look.size:
            return f"{listed.name} ({look.size} ≠ {listed.size} Byte)"
        if listed.sha256 and self._wrong.get(listed.name) == (look, listed.sha256):
            return f"{listed.name} (SHA-256)"
        return ""

    # Signs

    def _let_through(self, gate: str, files: Mapping[str, Look]) -> None:
        write_atomically(self.folder / f".{gate}.taken", json.dumps(files).encode())
        (self.folder / gate).unlink(missing_ok=True)

    def _signs(self) -> list[Path]:
        return sorted(path for path in self.folder.glob(".*.taken") if is_sign(path.name))

    def _passed(self, sign: Path, there: Mapping[str, Look], ready: Mapping[str, Look]) -> set[str]:
        """The files that a sign lets through and that are still there; a sign without any goes, and one not of ours."""
        try:
            files = {name: Look(*look) for name, look in json.loads(sign.read_bytes()).items()}
        except (ValueError, TypeError, AttributeError):
            LOG.warning("%s is no sign of ours; it is removed", sign, extra={"action": "bad_sign"})
            files = {}
        left = {name for name, look in files.items() if there.get(name) == look}
        if not left:
            sign.unlink()
        return left & ready.keys()


def _read_manifest(path: Path) -> list[Listed]:
    """The lines of a manifest. Raises ValueError for one that cannot be used."""
    if path.stat().st_size > MOST_MANIFEST_BYTES:
        raise ValueError("too large")
    text = path.read_bytes().decode("utf-8-sig")
    rows = _table(text) if path.suffix.casefold() == ".csv" else _listed(json.loads(text))
    files = [_line(each) for each in rows]
    if not files or len({each.name for each in files}) < len(files):
        raise ValueError("no files, or one twice")
    return files


def _table(text: str) -> list[dict[str, Any]]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True))


def _listed(content: Any) -> list[dict[str, Any]]:
    rows = content.get("files") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise ValueError("no list of files")
    return rows


def _line(row: Mapping[str, Any]) -> Listed:
    name, size, sha256 = (row.get(each) for each in ("name", "size", "sha256"))
    if not isinstance(name, str) or not name or name in (".", "..") or "/" in name or "\\" in name:
        raise ValueError(f"{name!r} is no plain file name")
    return Listed(name, None if size in (None, "") else int(size), str(sha256 or "").casefold())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def told(name: str, seconds: float, reason: str = "") -> Finding:
    """The finding on a file that waits for its gate; with a reason, on a gate that waits for its files."""
    minutes = round(seconds / 60)
    if reason:
        return found(INCOMPLETE, file=name, reason=reason, minutes=minutes)
    return found(ALONE, file=name, minutes=minutes)
