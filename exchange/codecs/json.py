"""JSON: our own form, a bare list, one object, lines of objects, and objects in an envelope such as `{"order": {...}}`.

The file is decoded piece by piece and its records are scanned one after the other by json's own C scanner, so memory
stays flat. Numbers are kept as the text that stands in the file: money never becomes a float.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from exchange.charset import charset_of, head_text
from exchange.codec import NOT_READABLE, TOO_BIG, Limits, Meta, Raw, Signature, Texts
from exchange.convert import NOT_A_TEXT, ConversionError
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind
from exchange.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from io import TextIOWrapper
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.profile import Layout, Source
    from exchange.record import Record, Schema

DOUBLE_NAME = kind(
    "json.double_name",
    de="Der Name „{name}“ steht zweimal im selben Objekt.",
    en="The name “{name}” stands twice in the same object.",
    remedy_de="Der Absender muss jeden Namen einmal schreiben; welcher Wert gilt, ist nicht zu erkennen.",
    remedy_en="The sender must write each name once; which value counts cannot be told.",
)
NO_VALUE = kind(
    "json.not_a_number",
    de="„{value}“ ist in JSON keine Zahl.",
    en="“{value}” is no number in JSON.",
    remedy_de="Der Absender muss null oder eine Zahl schreiben.",
    remedy_en="The sender must write null or a number.",
)
NO_OBJECT = kind(
    "json.no_object",
    de="Datensatz {number} ist kein Objekt.",
    en="Record {number} is not an object.",
    remedy_de="Jeder Datensatz muss ein Objekt { … } sein.",
    remedy_en="Every record must be an object { … }.",
)

#: Characters that are decoded at a time; a record may be longer.
PIECE = 1024 * 1024
#: Nesting deeper than this is an attack or an error.
BLANK = " \t\r\n"


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise BatchError(found(DOUBLE_NAME, name=next(name for name in names if names.count(name) > 1)))
    return made


def _no_constant(name: str) -> Any:
    raise BatchError(found(NO_VALUE, value=name))


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
#: The C scanner that the decoder has made for itself: text, place → value, end.
_SCAN: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]


class _Window:
    """A sliding piece of the text: what is done is dropped, what is missing is read on."""

    def __init__(self, file: TextIOWrapper, limit: int) -> None:
        self.file = file
        self.limit = limit
        self.text = ""
        self.at = 0
        self.began = 0
        self.ended = False

    def more(self) -> bool:
        """Read on; False at the end of the file. What is not done yet doubles, so long records cost no square."""
        if self.ended:
            return False
        if len(self.text) - self.at > self.limit:
            raise BatchError(found(TOO_BIG, what="Ein Datensatz / A record", limit=self.limit))
        piece = self.file.read(max(PIECE, len(self.text) - self.at))
        self.ended = not piece
        self.text = self.text[self.at :] + piece
        self.at = 0
        return bool(piece)

    def peek(self) -> str:
        """The next character that is no blank, or empty at the end."""
        while True:
            text, at = self.text, self.at
            end = len(text)
            while at < end and text[at] in BLANK:
                at += 1
            self.at = at
            if at < end:
                return text[at]
            if not self.more():
                return ""

    def value(self) -> Any:
        """The next whole value. Raises BatchError where the text is no json."""
        while True:
            try:
                value, end = _SCAN(self.text, self.at)
            except (StopIteration, ValueError) as error:
                if self.more():
                    continue
                reason = str(error) if isinstance(error, json.JSONDecodeError) else "unvollständig / incomplete"
                raise BatchError(found(NOT_READABLE, reason=reason)) from None
            except RecursionError:
                raise BatchError(found(NOT_READABLE, reason="zu tief geschachtelt / nested too deeply")) from None
            if end == len(self.text) and not self.ended and self.more():
                continue  # a number at the end of a piece may go on
            self.began, self.at = self.at, end
            return value

    @property
    def raw(self) -> str:
        """The text of the last value, as long as nothing was read after it."""
        return self.text[self.began : self.at]

    def take(self, character: str) -> None:
        """Pass over one character. Raises BatchError when it is another one."""
        if self.peek() != character:
            reason = f"{character} fehlt / is missing"
            raise BatchError(found(NOT_READABLE, reason=reason))
        self.at += 1


def _objects(window: _Window, wraps: frozenset[str]) -> Iterator[Any]:
    """The records of a file, whatever they are wrapped in."""
    first = window.peek()
    if first == "[":
        yield from _array(window)
    elif first == "{":
        yield from _object(window, wraps)
    elif first:
        raise BatchError(found(NOT_READABLE, reason="weder Objekt noch Liste / neither object nor list"))
    while window.peek():  # lines of objects
        yield window.value()


def _array(window: _Window) -> Iterator[Any]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        window.peek()
        yield window.value()
        if window.peek() == "]":
            window.take("]")
            return
        window.take(",")


def _object(window: _Window, wraps: frozenset[str]) -> Iterator[Any]:
    """An object is a record, or wraps one or many; a list inside is read record by record."""
    window.take("{")
    plain: dict[str, Any] = {}
    wrapped = False
    if window.peek() == "}":
        window.take("}")
        return
    while True:
        window.peek()
        name = window.value()
        window.take(":")
        if name in wraps and window.peek() == "[":
            wrapped = True
            yield from _array(window)
        elif name in wraps and window.peek() == "{":
            wrapped = True
            yield window.value()
        elif name in plain:
            raise BatchError(found(DOUBLE_NAME, name=name))
        else:
            window.peek()
            plain[name] = window.value()
        if window.peek() == "}":
            window.take("}")
            break
        window.take(",")
    if not wrapped:
        yield plain


def _unwrapped(value: Any, wraps: frozenset[str]) -> Any:
    """`{"order": {...}}` inside a list."""
    if isinstance(value, dict) and len(value) - ("_findings" in value) == 1:
        name = next(each for each in value if each != "_findings")
        if name in wraps and isinstance(value[name], dict):
            return value[name]
    return value


# --- paths -----------------------------------------------------------------------------------------------------------


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if isinstance(value, dict):
            value = value.get(part, "")
        else:
            return ""
    return value


def _getter(path: str) -> Callable[[dict[str, Any]], Any]:
    """The function object → value at a path; the usual one has a single part."""
    parts = tuple(path.split("."))
    if len(parts) == 1:
        name = parts[0]
        return lambda record: record.get(name, "")
    return lambda record: _at(record, parts)


def _field_getter(source: Source, kind_: Kind, empty: frozenset[str]) -> Callable[[dict[str, Any]], Any]:
    """The function object → raw value of one field."""
    getters = [_getter(path) for path in source.paths]
    value, is_flag = source.value, kind_ is Kind.FLAG
    no_false = "false" in empty and not is_flag

    def scalar(raw: Any) -> Any:
        if raw.__class__ is str:
            return "" if raw in empty else raw
        if raw is None or (raw is False and no_false):
            return ""
        if raw.__class__ is bool:
            return raw
        return ConversionError(NOT_A_TEXT, value="[…]" if isinstance(raw, list) else "{…}")

    if not getters:
        return lambda _record: value
    if len(getters) == 1 and not value:
        (get,) = getters
        return lambda record: scalar(get(record))

    def first(record: dict[str, Any]) -> Any:
        for get in getters:
            raw = scalar(get(record))
            if raw != "":
                return raw
        return value

    def joined(record: dict[str, Any]) -> Any:
        raws = [scalar(get(record)) for get in getters]
        faulty = next((raw for raw in raws if isinstance(raw, ConversionError)), None)
        return faulty or " ".join(str(raw) for raw in raws if raw != "") or value

    return joined if source.join else first


@dataclass(frozen=True, slots=True)
class _Reader:
    """Object → values, for one schema in one profile."""

    fields: tuple[Callable[[dict[str, Any]], Any], ...]
    groups: tuple[tuple[tuple[str, ...], _Reader], ...] = ()

    def raw(self, line: int, record: dict[str, Any]) -> Raw:
        values = [get(record) for get in self.fields]
        groups = [
            [child.raw(line, each) for each in _children(_at(record, path)) if isinstance(each, dict)] if path else []
            for path, child in self.groups
        ]
        return Raw(line, values, groups)


def _children(value: Any) -> list[Any]:
    """A group may be a list, or one object where there is only one child."""
    return value if isinstance(value, list) else [value] if isinstance(value, dict) and value else []


def _reader(layout: Layout) -> _Reader:
    empty = frozenset(layout.profile.empty)

    def getters(schema: Schema, sources: Sequence[Source]) -> tuple[Callable[[dict[str, Any]], Any], ...]:
        return tuple(
            _field_getter(source, each.kind, empty) for each, source in zip(schema.fields, sources, strict=True)
        )

    groups = tuple(
        (tuple(path.split(".")) if path else (), _Reader(getters(group.schema, sources)))
        for group, (path, sources) in zip(layout.schema.groups, layout.groups, strict=True)
    )
    return _Reader(getters(layout.schema, layout.sources), groups)


# --- the codec -------------------------------------------------------------------------------------------------------


class JsonCodec:
    """See the module docstring."""

    format = "json"
    suffixes = (".json", ".ndjson", ".jsonl")

    def recognise(self, path: Path) -> Signature | None:
        """Our module mark, or the names of the first record, those below with a dot."""
        text = head_text(path).lstrip("\ufeff" + BLANK)
        if not text or text[0] not in "{[":
            return None
        seen = _names(text)
        if not seen:
            return None
        mark = _mark(text)
        return Signature(self.format, module=mark.get("module", ""), names=seen, full=mark.get("full") is True)

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, numbered from 1. Raises BatchError."""
        reader = _reader(layout)
        for number, record in enumerate(self._records(path, layout, limits), 1):
            if not isinstance(record, dict):
                raise BatchError(found(NO_OBJECT, Locator(number), number=number))
            yield reader.raw(number, record)

    def _records(self, path: Path, layout: Layout, limits: Limits) -> Iterator[Any]:
        return (value for value, _ in self._told(path, layout, limits))

    def _told(self, path: Path, layout: Layout, limits: Limits) -> Iterator[tuple[Any, _Window]]:
        """Records, each with the window it was seen through."""
        wraps = frozenset(layout.profile.rows)
        charset = charset_of(path, layout.profile.charset)
        with path.open(encoding=charset, newline="") as file:
            window = _Window(file, limits.field_characters * 64)
            for value in _objects(window, wraps):
                yield _unwrapped(value, wraps), window

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Our own form, or a list of objects for a partner; one record a line."""
        build = _builder(layout)
        canonical = layout.profile.canonical
        if canonical:
            head = {"module": meta.module, "version": 1, "full": meta.full}
            if meta.created_at is not None:
                head["created_at"] = meta.created_at.isoformat()
            out.write(b'{"exchange": ' + orjson.dumps(head) + b',\n"records": [')
        else:
            out.write(b"[")
        count = 0
        for count, record in enumerate(records, 1):
            out.write(b",\n" if count > 1 else b"\n")
            out.write(orjson.dumps(build(record)))
        out.write(b"\n]" + (b',\n"count": %d}\n' % count if canonical else b"\n"))
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected objects as the sender wrote them, each with `_findings`, in a list."""
        wanted = max(rejects, default=0)
        mark: dict[str, Any] = {"exchange": {"module": layout.profile.module}} if layout.profile.canonical else {}
        out.write(
            b"{" + (orjson.dumps(mark)[1:-1] + b",\n" if mark else b"") + orjson.dumps(self._wrap(layout)) + b": ["
        )
        first = True
        for number, (record, window) in enumerate(self._told(path, layout, Limits()), 1):
            if number > wanted:
                break
            if number in rejects and isinstance(record, dict):
                raw = window.raw
                if "_findings" in record or not raw.startswith("{"):  # came back before, or is the whole file
                    raw = orjson.dumps({name: each for name, each in record.items() if name != "_findings"}).decode()
                out.write(b"\n" if first else b",\n")
                out.write(_with_findings(raw, rejects[number]))
                first = False
        out.write(b"\n]}\n")

    @staticmethod
    def _wrap(layout: Layout) -> str:
        return layout.profile.rows[-1] if layout.profile.rows else "records"


def _with_findings(raw: str, findings: Sequence[Finding]) -> bytes:
    """An object as it was written, with what was found in it as one more entry."""
    told = [
        {"code": each.code, "field": each.at.field, "message": each.message("de"), "remedy": each.remedy("de")}
        for each in findings
    ]
    body = raw.rstrip(BLANK)[:-1].rstrip(BLANK)
    comma = "" if body.endswith("{") else ", "
    return f'{body}{comma}"_findings": '.encode() + orjson.dumps(told) + b"}"


#: So deep go the names that a profile may be recognised by.
_DEPTH = 3


def _names(text: str) -> tuple[str, ...]:
    """Dotted names of the beginning of a file, which may be cut off anywhere."""
    names: dict[str, None] = {}
    stack: list[str] = []
    expecting = False
    at, end = 0, len(text)
    scan_string = json.decoder.scanstring  # type: ignore[attr-defined]
    while at < end and len(names) < 500:  # noqa: PLR2004 - enough to tell anything
        character = text[at]
        if character == '"':
            try:
                value, at = scan_string(text, at + 1, True)  # noqa: FBT003 - positional in C
            except ValueError:
                break
            rest = text[at : at + 20].lstrip(BLANK)
            if expecting and rest.startswith(":"):
                stack[-1] = value
                path = [part for part in stack if part]
                if len(path) <= _DEPTH:
                    names[".".join(path)] = None
                expecting = False
            continue
        if character == "{":
            stack.append("")
            expecting = True
        elif character == "}":
            if stack:
                stack.pop()
            expecting = False
        elif character == ",":
            expecting = True
        at += 1
    return tuple(names)


def _mark(text: str) -> dict[str, Any]:
    """What our own form says of itself at its beginning."""
    start = text.find('"exchange"')
    if start < 0 or text[:start].strip(BLANK) != "{":
        return {}
    colon = text.find("{", start)
    try:
        value, _ = json.JSONDecoder().raw_decode(text, colon)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _builder(layout: Layout) -> Callable[[Record], dict[str, Any]]:
    """The function record → object, along the paths of the profile."""
    texts = Texts(layout)
    shape = layout.schema
    plain = {index for index, each in enumerate(shape.fields) if each.kind in (Kind.FLAG, Kind.WHOLE)}
    paths = [tuple(source.paths[0].split(".")) if source.paths else () for source in layout.sources]
    constant = [source.value if not source.paths else "" for source in layout.sources]
    children = [
        (
            tuple(path.split(".")) if path else (),
            [tuple(source.paths[0].split(".")) if source.paths else () for source in sources],
            [each.kind in (Kind.FLAG, Kind.WHOLE) for each in group.schema.fields],
        )
        for group, (path, sources) in zip(shape.groups, layout.groups, strict=True)
    ]
    fixed_values = [(tuple(path.split(".")), value) for path, value in layout.profile.constants.items()]
    start = len(shape.fields)

    def build(record: Record) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for path, fixed in fixed_values:
            _put(made, path, fixed)
        for index, (path, text) in enumerate(zip(paths, texts.fields(record), strict=True)):
            if path:
                _put(made, path, record[index] if index in plain else text or constant[index])
        for number, ((path, names, natives), rows) in enumerate(zip(children, texts.groups(record), strict=True)):
            if not path:
                continue
            listed: list[dict[str, Any]] = []
            for child, cells in zip(record[start + number], rows, strict=True):
                one: dict[str, Any] = {}
                for name, native, value, text in zip(names, natives, child, cells, strict=True):
                    if name:
                        _put(one, name, value if native else text)
                listed.append(one)
            _put(made, path, listed)
        return made

    return build


def _put(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        made = made.setdefault(part, {})
    made[path[-1]] = value


CODEC = JsonCodec()
