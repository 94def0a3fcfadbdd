"""Json: paths → values, and back.

A part of a path is a key, or, where there is a list, the number of an element (`taxRates.0.rate`) or what it must have
(`metafields.key=colour.value`: the first element whose `key` is `colour`). Values come as text,
as True and False, or empty for null; what no field can hold (a list, half a character) comes as the ConversionError
that the check reports for it.
"""

from __future__ import annotations

import re
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from exchange.codec import Families, RawBlock, Texts
from exchange.convert import BAD_CHARACTER, NOT_A_TEXT, ConversionError
from exchange.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exchange.profile import Layout, Source
    from exchange.record import Field

    Column = Callable[[Sequence[Any]], list[Any]]

Path = tuple[str, ...]

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


class Scalars:
    """Json values → raw values, a column at a time.

    Args:
        words: mean "no value", as text or as the json word.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)

    def plain(self, column: list[Any]) -> list[Any]:
        """The raw values of a field that is no flag."""
        if not _TEXTS.issuperset(map(type, column)):
            column = [value if value.__class__ is str else self._plain(value) for value in column]
        if self.words.isdisjoint(column):
            return column
        return ["" if value in self.words else value for value in column]

    def flags(self, column: list[Any]) -> list[Any]:
        """The raw values of a flag: its `false` is an answer."""
        plain = self.plain([None if value.__class__ is bool else value for value in column])
        return [value if value.__class__ is bool else other for value, other in zip(column, plain, strict=True)]

    def _plain(self, value: Any) -> Any:
        if value is None:
            return ""
        if value.__class__ is bool:
            return "" if str(value).lower() in self.words else value
        if value.__class__ is list or value.__class__ is dict:
            return ConversionError(NOT_A_TEXT, value="[…]" if value.__class__ is list else "{…}")
        return value  # a Decimal, or what is wrong with the text


_TEXTS = frozenset({str})


def _at_all(values: Sequence[Any], path: Path) -> list[Any]:
    """What stands at a path of each of these values; see `at`."""
    found = list(values)
    for part in path:
        only = (part,)
        found = [value.get(part, "") if value.__class__ is dict else at(value, only) for value in found]
    return found


def _column(source: Source, scalars: Callable[[list[Any]], list[Any]]) -> Column:
    """The function objects → raw values of one field; see `exchange.profile.Source`."""
    paths = [parts(path) for path in source.paths]
    constant, separator = source.value, source.separator

    def first(records: Sequence[Any]) -> list[Any]:
        column = scalars(_at_all(records, paths[0]))
        for path in paths[1:]:
            if "" not in column:
                break
            others = scalars(_at_all(records, path))
            column = [other if value == "" else value for value, other in zip(column, others, strict=True)]
        return [constant if value == "" else value for value in column] if constant else column

    def joined(records: Sequence[Any]) -> list[Any]:
        columns = [scalars(_at_all(records, path)) for path in paths]
        if all(_TEXTS.issuperset(map(type, column)) for column in columns):
            return [separator.join(filter(None, values)) or constant for values in zip(*columns, strict=True)]
        return [_joined(values, separator) or constant for values in zip(*columns, strict=True)]

    if not paths:
        return lambda records: [constant] * len(records)
    return joined if source.join else first


def _joined(values: Iterable[Any], separator: str) -> Any:
    texts = [value for value in values if value != ""]
    fault = next((value for value in texts if isinstance(value, ConversionError)), None)
    return separator.join(map(str, texts)) if fault is None else fault


class Shape:
    """Objects → values, for one schema in one profile."""

    def __init__(self, fields: Sequence[Field], sources: Sequence[Source], words: Sequence[str]) -> None:
        scalars = Scalars(words)
        self.readers = [
            _column(source, scalars.flags if field.kind is Kind.FLAG else scalars.plain)
            for field, source in zip(fields, sources, strict=True)
        ]

    def columns(self, records: Sequence[Any]) -> list[list[Any]]:
        """Per field its raw values; of what is no object, only that it is none."""
        broken = [place for place, record in enumerate(records) if record.__class__ is not dict]
        columns = [read(records) for read in self.readers]
        for column in columns if broken else ():
            for place in broken:
                column[place] = ConversionError(NOT_A_TEXT, value="…")
        return columns


class Reader:
    """Objects → raw records, for one layout."""

    def __init__(self, layout: Layout) -> None:
        schema, words = layout.schema, layout.profile.empty
        self.shape = Shape(schema.fields, layout.sources, words)
        self.groups = [
            (parts(path), Shape(group.schema.fields, sources, words))
            for group, (path, sources) in zip(schema.groups, layout.groups, strict=True)
        ]

    def block(self, numbers: Sequence[int], records: Sequence[dict[str, Any]]) -> RawBlock:
        """The records with their children; children have the number of their record."""
        groups = []
        for path, shape in self.groups:
            each = list(map(_children, _at_all(records, path) if path else repeat("", len(records))))
            sizes = list(map(len, each))
            lines = list(chain.from_iterable(map(repeat, numbers, sizes)))
            children = list(chain.from_iterable(each))
            groups.append(Families(sizes, RawBlock(lines, shape.columns(children))))
        return RawBlock(numbers, self.shape.columns(records), groups)


def _children(inner: Any) -> Sequence[Any]:
    """A list of children, or the only one."""
    if inner.__class__ is list:
        children: Sequence[Any] = inner
        return children
    return (inner,) if inner not in ("", None, False) else ()


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
