"""Json: paths → values, and back.

A part of a path is a key, or, where there is a list, the number of an element (`taxRates.0.rate`) or what it must have
(`metafields.key=colour.value`: the first element whose `key` is `colour`). Values come as text,
as True and False, or empty for null; what no field can hold (a list, half a character) comes as the ConversionError
that the check reports for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from exchange.codec import Raw, Texts
from exchange.convert import BAD_CHARACTER, NOT_A_TEXT, ConversionError
from exchange.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exchange.profile import Layout, Source
    from exchange.record import Field

    Getter = Callable[[dict[str, Any]], Any]

Path = tuple[str, ...]

#: A key that no object has: for fields that the file does not have, and those that need more than one key.
_NO_KEY = "\0"
#: Half a character, which json can write with `\u`, and nothing else can hold.
_HALF = re.compile("[\ud800-\udfff]")


def parts(path: str) -> Path:
    """A dotted path, taken apart; empty for none."""
    return tuple(path.split(".")) if path else ()


def at(value: Any, path: Path) -> Any:
    """What stands at a path; empty text where nothing does."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part, "")
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, list) and "=" in part:
            name, _, wanted = part.partition("=")
            value = next((each for each in value if isinstance(each, dict) and each.get(name) == wanted), "")
        else:
            return ""
    return value


# --- reading ---------------------------------------------------------------------------------------------------------


def halves_refused(value: Any) -> Any:
    """The value with the ConversionError for every text that holds half a character."""
    if isinstance(value, dict):
        return {name: halves_refused(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [halves_refused(inner) for inner in value]
    half = _HALF.search(value) if isinstance(value, str) else None
    return ConversionError(BAD_CHARACTER, name=f"U+{ord(half[0]):04X}") if half else value


@dataclass(frozen=True, slots=True)
class Scalars:
    """Json value → raw value. `words` mean "no value", as text or as the json word."""

    words: frozenset[str]

    def plain(self, value: Any) -> Any:
        """The raw value of a field that is no flag."""
        if value.__class__ is str:
            return "" if value in self.words else value
        if value is None:
            return ""
        if value.__class__ is bool:
            return "" if str(value).lower() in self.words else value
        if value.__class__ is list or value.__class__ is dict:
            return ConversionError(NOT_A_TEXT, value="[…]" if value.__class__ is list else "{…}")
        return value  # a Decimal, or what is wrong with the text

    def flag(self, value: Any) -> Any:
        """The raw value of a flag: its `false` is an answer."""
        return value if value.__class__ is bool else self.plain(value)


class Shape:
    """Object → values, for one schema in one profile."""

    def __init__(self, fields: Sequence[Field], sources: Sequence[Source], words: Sequence[str]) -> None:
        self.words = frozenset(words)
        self.scalars = Scalars(self.words)
        self.keys: list[str] = []
        self.others: list[tuple[int, Getter]] = []
        for index, (field, source) in enumerate(zip(fields, sources, strict=True)):
            flag = field.kind is Kind.FLAG
            simple = not flag and not source.value and len(source.paths) <= 1 and "." not in "".join(source.paths)
            self.keys.append(source.paths[0] if simple and source.paths else _NO_KEY)
            if not simple:
                self.others.append((index, _source_getter(source, self.scalars.flag if flag else self.scalars.plain)))

    def values(self, record: dict[str, Any]) -> list[Any]:
        """One raw value per field."""
        plain = self.scalars.plain
        values = [value if value.__class__ is str else plain(value) for value in map(record.get, self.keys, repeat(""))]
        if not self.words.isdisjoint(values):
            values = ["" if value in self.words else value for value in values]
        for index, get in self.others:
            values[index] = get(record)
        return values

    def broken(self) -> list[Any]:
        """The values of a child that is no object."""
        return [ConversionError(NOT_A_TEXT, value="…") for _ in self.keys]


def _getter(path: str) -> Getter:
    """The function object → what stands at a path."""
    path_parts = parts(path)
    if len(path_parts) > 2:  # noqa: PLR2004 - the short ones are worth a short way
        return lambda record: at(record, path_parts)
    name, *below = path_parts
    if not below:
        return lambda record: record.get(name, "")
    (inner_name,) = below

    def two(record: dict[str, Any]) -> Any:
        inner = record.get(name)
        return inner.get(inner_name, "") if inner.__class__ is dict else at(record, path_parts)

    return two


def _source_getter(source: Source, scalar: Callable[[Any], Any]) -> Getter:
    """The function object → raw value of one field; see `exchange.profile.Source`."""
    getters = [_getter(path) for path in source.paths]
    constant, separator = source.value, source.separator
    if source.join:

        def joined(record: dict[str, Any]) -> Any:
            values = [value for get in getters if (value := scalar(get(record))) != ""]
            try:
                return separator.join(values) or constant
            except TypeError:  # not only texts
                return _joined(values, separator)

        return joined
    first_getter, *others = getters or [_getter(_NO_KEY)]

    def first(record: dict[str, Any]) -> Any:
        value = scalar(first_getter(record))
        if value != "":
            return value
        for get in others:
            value = scalar(get(record))
            if value != "":
                return value
        return constant

    return first


def _joined(values: Sequence[Any], separator: str) -> Any:
    fault = next((value for value in values if isinstance(value, ConversionError)), None)
    return separator.join(map(str, values)) if fault is None else fault


class Reader:
    """Object → raw record, for one layout."""

    def __init__(self, layout: Layout) -> None:
        schema, words = layout.schema, layout.profile.empty
        self.shape = Shape(schema.fields, layout.sources, words)
        self.groups = [
            (parts(path), Shape(group.schema.fields, sources, words))
            for group, (path, sources) in zip(schema.groups, layout.groups, strict=True)
        ]

    def raw(self, number: int, record: dict[str, Any]) -> Raw:
        """The record with its children; they all have the record's number."""
        groups = []
        for path, shape in self.groups:
            inner = at(record, path) if path else ""
            children = inner if inner.__class__ is list else [inner] if inner not in ("", None, False) else ()
            groups.append(
                [Raw(number, shape.values(child) if child.__class__ is dict else shape.broken()) for child in children]
            )
        return Raw(number, self.shape.values(record), groups)


# --- writing ---------------------------------------------------------------------------------------------------------


class Builder:
    """Record → object, along the paths of the profile, in the order in which it declares them."""

    def __init__(self, layout: Layout) -> None:
        profile, schema = layout.profile, layout.schema
        self.texts = Texts(layout)
        self.constants = [(parts(path), value) for path, value in profile.constants.items()]
        self.fields = _puts(schema.fields, profile.fields)
        self.groups = [
            (index, len(schema.fields) + index, parts(profile.groups[group.name].path), fields)
            for index, group in enumerate(schema.groups)
            if group.name in profile.groups
            for fields in [_puts(group.schema.fields, profile.groups[group.name].fields)]
        ]

    def build(self, record: Sequence[Any]) -> dict[str, Any]:
        """The object: numbers as exact text, flags and whole numbers as such, null for what is absent."""
        made: dict[str, Any] = {}
        for path, constant in self.constants:
            _put(made, path, constant)
        _fill(made, self.fields, record, self.texts.fields(record))
        if self.groups:
            texts = self.texts.groups(record)
            for index, place, path, fields in self.groups:
                children: list[dict[str, Any]] = [{} for _ in texts[index]]
                for child, value, text in zip(children, record[place], texts[index], strict=True):
                    _fill(child, fields, value, text)
                _put(made, path, children)
        return made


#: Index of a field, where it goes, whether its value stands in json as it is, and what stands there when it is empty.
_Put = tuple[int, Path, bool, str]


def _puts(fields: Sequence[Field], sources: Mapping[str, Source]) -> list[_Put]:
    names = [field.name for field in fields]
    puts = []
    for name, source in sources.items():
        if source.written:
            index = names.index(name)
            native = fields[index].kind in (Kind.FLAG, Kind.WHOLE) and source.scale is None and not source.codes
            puts.append((index, parts(source.written), native, source.value))
    return puts


def _fill(made: dict[str, Any], fields: Sequence[_Put], values: Sequence[Any], texts: Sequence[str]) -> None:
    for index, path, native, constant in fields:
        value: Any = texts[index] or constant or None
        if native and values[index] is not None:
            value = values[index]
        if len(path) == 1:
            made[path[0]] = value
        else:
            _put(made, path, value)


def _put(made: dict[str, Any], path: Path, value: Any) -> None:
    for part in path[:-1]:
        made = made.setdefault(part, {})
    made[path[-1]] = value
