"""JSON: our own form, a list, one object, lines of objects, and objects in envelopes such as `{"order": {...}}`.

Our own form is `{"exchange": {"module", "version", "created_at", "full"}, "records": [...], "count"}`. The keys that
may wrap the records are the `rows` of the profile. Numbers are written as text, so that nobody's float spoils them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from exchange.charset import head_text
from exchange.codec import Limits, Meta, Raw, RawBlock, Signature, joined
from exchange.connector import Blocks, chunks
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind
from exchange.text.keys import Builder, Reader
from exchange.text.scanner import BLANK, FINDINGS, open_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.profile import Layout
    from exchange.text.scanner import Item

NO_OBJECT = kind(
    "json.no_object",
    de="Datensatz {number} ist kein Objekt mit Namen und Werten.",
    en="Record {number} is no object with names and values.",
    remedy_de="Schreiben Sie jeden Datensatz in geschweifte Klammern, mit einem Namen vor jedem Wert.",
    remedy_en="Write every record in curly brackets, with a name before each value.",
)

#: Records that are taken apart together, and how many such parts make a block.
PART, PARTS = 50, 20
#: Version of our own form.
VERSION = 1
#: For a file that has passed the limits of the settings when it was read.
_PASSED = Limits(field_characters=2**31 - 1)
#: So deep go the names that a profile may be recognised by; so many of them are told.
_DEPTH = 3
_MOST_NAMES = 500
_MOST_DEPTH = 50
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],"]', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}


class JsonCodec:
    """See the module docstring."""

    format = "json"
    suffixes = (".json", ".ndjson", ".jsonl")

    def recognise(self, path: Path) -> Signature | None:
        """Our mark, and the dotted names of the first record, with what wraps it: `order`, `order.number`."""
        text = head_text(path).lstrip("\ufeff \t\r\n")
        value = _beginning(text) if text[:1] in ("{", "[") else None
        if value is None:
            return None
        mark = value.get("exchange") if isinstance(value, dict) else None
        mark = mark if isinstance(mark, dict) else {}
        module = mark.get("module")
        names = dict.fromkeys(_names(value, _DEPTH))
        return Signature(
            self.format,
            module if isinstance(module, str) else "",
            tuple(names)[:_MOST_NAMES],
            mark.get("full") is True,
        )

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, numbered from 1. Raises BatchError."""
        return Blocks(self._blocks(path, layout, limits))

    def _blocks(self, path: Path, layout: Layout, limits: Limits) -> Iterator[RawBlock]:
        with open_items(path, layout.profile, limits) as items:
            for some in chunks(_parts(items, Reader(layout)), PARTS):
                yield joined(some)

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Our own form, or a list of objects for a partner; one record a line."""
        build = Builder(layout).build
        own = layout.profile.canonical
        out.write(_head(meta) if own else b"[")
        count = 0
        for record in records:
            out.write(b",\n" if count else b"\n")
            out.write(orjson.dumps(build(record)))
            count += 1
        out.write(b'\n],\n"count": %d}\n' % count if own else b"\n]\n")
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected objects as the sender wrote them, each with its findings, in the same envelope."""
        profile = layout.profile
        if profile.canonical:
            out.write(_head(Meta(profile.module)))
        else:
            out.write(b"{" + orjson.dumps(profile.rows[-1]) + b": [" if profile.rows else b"[")
        separator = b"\n"
        with open_items(path, profile, _PASSED) as items:
            for number, item in enumerate(items, 1):
                if number in rejects:
                    out.write(separator + _with_findings(item, rejects[number]))
                    separator = b",\n"
        out.write(b"\n]}\n" if profile.canonical or profile.rows else b"\n]\n")


def _parts(items: Iterable[Item], reader: Reader) -> Iterator[RawBlock]:
    """The values of a few records at a time, while their objects are still in the processor's cache."""
    first = 1
    for chunk in chunks(items, PART):
        records = [item.value for item in chunk]
        for number, record in enumerate(records, first):
            if record.__class__ is not dict:
                raise BatchError(found(NO_OBJECT, Locator(number), number=number))
        yield reader.block(range(first, first + len(records)), records)
        first += len(records)


def _head(meta: Meta) -> bytes:
    mark: dict[str, Any] = {"module": meta.module, "version": VERSION, "full": meta.full}
    if meta.created_at is not None:
        mark["created_at"] = meta.created_at.isoformat()
    return b'{"exchange": ' + orjson.dumps(mark) + b',\n"records": ['


def _with_findings(item: Item, findings: Sequence[Finding]) -> bytes:
    """The text of an object with its findings as first entry; those of an earlier time are taken out."""
    told = [
        {"code": each.code, "field": each.at.field, "message": each.message("de"), "remedy": each.remedy("de")}
        for each in findings
    ]
    body = item.text[1:].lstrip(BLANK)
    if body.startswith(f'"{FINDINGS}"'):
        _, end = json.JSONDecoder().raw_decode(body, body.index("["))
        body = body[end:].lstrip(BLANK).removeprefix(",").lstrip(BLANK)
    elif FINDINGS in item.value:  # moved by hand: one name must not stand twice
        return item.text.encode()
    comma = "" if body.startswith("}") else ", "
    return f'{{"{FINDINGS}": {orjson.dumps(told).decode()}{comma}{body}'.encode()


# --- recognition -----------------------------------------------------------------------------------------------------


def _beginning(text: str) -> Any:
    """The first value of a text that may break off anywhere, as far as it goes; None where it is no json."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return _closed(text)


def _closed(text: str) -> Any:
    """The value up to the last comma, with the brackets closed that are open there."""
    closers: list[str] = []
    whole = ""
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign in _CLOSERS:
            closers.append(_CLOSERS[sign])
        elif sign in ("}", "]"):
            if not closers or closers.pop() != sign:
                return None
        elif sign == ",":
            whole = text[: match.start()] + "".join(reversed(closers))
        if sign == '"' or len(closers) > _MOST_DEPTH:
            break
    try:
        return json.loads(whole)
    except (ValueError, RecursionError):
        return None


def _names(value: Any, depth: int, prefix: str = "") -> Iterator[str]:
    """Dotted names of an object and of what is in it; of a list, those of its first element."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and depth:
        for name, inner in value.items():
            yield prefix + name
            yield from _names(inner, depth - 1, f"{prefix}{name}.")


CODEC = JsonCodec()
