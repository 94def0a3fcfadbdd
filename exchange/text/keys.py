"""Json: paths → values, and back.

A part of a path is a key, or the number of an element where there is a list (`taxRates.0.rate`). Values come as text, as
True and False, or empty for null; what no field can hold (a list, half a character) comes as the ConversionError that
the check reports for it.
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

Path = tuple[str, ...]

#: A key that no object has: for fields that the file does not have, and those that need more than one key.
_NO_KEY = "\0"
#: What json can write with `\u`, and no other format can hold.
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")


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
        else:
            return ""
    return value


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalars:
    """Json value → raw value. `words` mean "no value", as text or as the json word."""

    words: tuple[str, ...]

    def plain(self, value: Any) -> Any:
        """The raw value of a field that is no flag."""
        if value.__class__ is str:
            odd = _NO_CHARACTER.search(value)
            if odd:
                return ConversionError(BAD_CHARACTER, name=f"U+{ord(odd[0]):04X}")
            return "" if value in self.words else value
        if value is None:
            return ""
        if value.__class__ is bool:
            return "" if str(value).lower() in self.words else value
        if value.__class__ is list or value.__class__ is dict:
            return ConversionError(NOT_A_TEXT, value="[…]" if value.__class__ is list else "{…}")
        return value  # a Decimal

    def flag(self, value: Any) -> Any:
        """The raw value of a flag: its `false` is an answer."""
        return value if value.__class__ is bool else self.plain(value)


class Shape:
    """Object → values, for one schema in one profile."""

    def __init__(self, fields: Sequence[Field], sources: Sequence[Source], words: Sequence[str]) -> None:
        scalars = Scalars(tuple(words))
        self.words = scalars.words
        self.plain = scalars.plain
        self.keys: list[str] = []
        self.others: list[tuple[int, Callable[[dict[str, Any]], Any]]] = []
        for index, (field, source) in enumerate(zip(fields, sources, strict=True)):
            paths = [parts(path) for path in source.paths]
            flag = field.kind is Kind.FLAG
            simple = not flag and not source.value and (not paths or (len(paths) == 1 and len(paths[0]) == 1))
            self.keys.append(paths[0][0] if simple and paths else _NO_KEY)
            if not simple:
                scalar = scalars.flag if flag else scalars.plain
                self.others.append((index, _getter(paths, source, scalar)))

    def values(self, record: dict[str, Any]) -> list[Any]:
        """One raw value per field."""
        plain, words = self.plain, self.words
        values = [
            value if value.__class__ is str and value.isascii() and value not in words else plain(value)
            for value in map(record.get, self.keys, repeat(""))
        ]
        for index, get in self.others:
            values[index] = get(record)
        return values

    def broken(self) -> list[Any]:
        """The values of a child that is no object."""
        return [ConversionError(NOT_A_TEXT, value="…") for _ in self.keys]


def _getter(paths: Sequence[Path], source: Source, scalar: Callable[[Any], Any]) -> Callable[[dict[str, Any]], Any]:
    """The function object → raw value of one field; see `exchange.profile.Source`."""
    constant = source.value

    def first(record: dict[str, Any]) -> Any:
        for path in paths:
            value = scalar(record.get(path[0], "") if len(path) == 1 else at(record, path))
            if value != "":
                return value
        return constant

    def joined(record: dict[str, Any]) -> Any:
        values = [value for value in (scalar(at(record, path)) for path in paths) if value != ""]
        faulty = next((value for value in values if isinstance(value, ConversionError)), None)
        return faulty or " ".join(map(str, values)) or constant

    return joined if source.join else first


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
            groups.append([
                Raw(number, shape.values(child) if child.__class__ is dict else shape.broken()) for child in children
            ])
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
        if source.paths:
            index = names.index(name)
            native = fields[index].kind in (Kind.FLAG, Kind.WHOLE) and source.scale is None and not source.codes
            puts.append((index, parts(source.paths[0]), native, source.value))
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
