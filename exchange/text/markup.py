"""Xml: records → text, along the paths of a profile.

Many records are written at once, column by column: every field gives one column of elements, and what stands within an
element is its columns joined. That costs a fifth of making every element as an object first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from exchange.codec import Texts
from exchange.errors import ConfigError, FatalError
from exchange.text.paths import Part, parts

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from exchange.profile import GroupSource, Layout, Profile, Source
    from exchange.record import Schema

    #: One text per record.
    Column = Sequence[str]
    #: A text that all records have in common, or one per record.
    Piece = str | Column

#: What xml cannot hold in any way.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Stands for the number of a child.
_NUMBER = "#"
#: What stands before the element of a record. Elements within begin deeper; beside a text they begin with nothing.
_OUTERMOST, _BESIDE_TEXT = "\n", ""


def in_quotes(text: str) -> str:
    """A text as it stands in an attribute. A parser would make blanks of tab and line break."""
    return _between(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")


def _between(text: str) -> str:
    """A text as it stands between elements. A parser would make a line break of CR."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _possible(column: Column) -> str:
    """All texts of a column in one. Raises FatalError for a character that xml cannot hold: no record has it."""
    together = "".join(column)
    if not together.isprintable():
        bad = _NEVER.search(together)
        if bad:
            message = f"a record has a character that xml cannot hold: U+{ord(bad[0]):04X}"
            raise FatalError(message)
    return together


def _escaped(column: Column) -> Column:
    """A column as it stands between elements; most need no change."""
    together = _possible(column)
    if "&" in together or "<" in together or ">" in together or "\r" in together:
        return list(map(_between, column))
    return column


def _joined(pieces: Sequence[Piece], number: int) -> Column:
    """Per record, its texts of all pieces in one."""
    columns: list[Column] = []
    same = ""
    for piece in pieces:
        if isinstance(piece, str):
            same += piece
            continue
        if same:
            columns.append([same] * number)
            same = ""
        columns.append(piece)
    if same:
        columns.append([same] * number)
    return list(map("".join, zip(*columns, strict=True))) if columns else [""] * number


def _must_be_name(name: str, prefixes: Container[str]) -> None:
    """Raises ValueError for what xml forbids as the name of an element or attribute, and for unknown prefixes."""
    prefix, colon, own = name.lstrip("@").rpartition(":")
    if colon and prefix not in prefixes:
        message = f"no namespace is declared for the prefix of {name}"
        raise ValueError(message)
    if name.startswith("@"):
        etree.Element("x").set(own, "")
    else:
        etree.Element(own)


@dataclass(slots=True)
class _Plan:
    """What is written at one place of the tree, in the order in which the profile declares it.

    Attributes:
        part: name of the element, or of the attribute behind an `@`, and what tells it from its equals.
        value: index of the field whose text stands here, or -1.
        constant: what stands here where the field is empty.
        group: index of the group that is written here, or -1.
        count: index of the group whose children are counted here, or -1.
        above: index of the record's field that stands here in a child, or -1.
        attributes, elements: what stands within.
    """

    part: Part
    value: int = -1
    constant: str = ""
    group: int = -1
    count: int = -1
    above: int = -1
    attributes: list[_Plan] = field(default_factory=list)
    elements: list[_Plan] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.part.name

    def said(self, values: _Values) -> Iterator[Sequence[object]]:
        """What records say here and within, column by column; constants say nothing."""
        if self.value >= 0:
            yield values.columns[self.value]
        if self.group >= 0:
            yield values.groups[self.group][1]
        for inner in (*self.attributes, *self.elements):
            yield from inner.said(values)

    def within(self, part: Part, *, first: bool = False) -> _Plan:
        """The place of an element or attribute within, made where it is missing."""
        places = self.attributes if part.name.startswith("@") else self.elements
        inner = next((each for each in places if each.part == part), None)
        if inner is None:
            inner = _Plan(part)
            places.insert(0 if first else len(places), inner)
        return inner

    def reach(self, path: Iterable[Part]) -> _Plan:
        """The place at a path; equal beginnings of paths share their elements."""
        plan = self
        for part in path:
            plan = plan.within(part)
        return plan

    def settle(self, prefixes: Container[str]) -> None:
        """Called when all paths are known. Raises ValueError for what xml forbids as a name."""
        if self.name:
            _must_be_name(self.name, prefixes)
        if self.part.key:
            self.within(Part(self.part.key), first=True).constant = self.part.wanted
        for inner in (*self.attributes, *self.elements):
            inner.settle(prefixes)


class _Values(NamedTuple):
    """The texts of many records, or of many children.

    Attributes:
        number: of records.
        columns: per field.
        groups: per group the children of all records, and how many of them each record has.
        above: of children: the columns of their records, and how many children each has.
    """

    number: int
    columns: Sequence[Column]
    groups: Sequence[tuple[_Values, Sequence[int]]] = ()
    above: tuple[Sequence[Column], Sequence[int]] = ((), ())

    def of(self, plan: _Plan) -> Column:
        """What stands at a place."""
        if plan.count >= 0:
            return [str(size) for size in self.groups[plan.count][1]]
        if plan.above >= 0:
            columns, sizes = self.above
            return [text for text, size in zip(columns[plan.above], sizes, strict=True) for _ in range(size)]
        texts = self.columns[plan.value] if plan.value >= 0 else [""] * self.number
        if plan.constant == _NUMBER:
            numbers = [str(number) for size in self.above[1] for number in range(1, size + 1)]
            return [text or number for text, number in zip(texts, numbers, strict=True)]
        return [text or plan.constant for text in texts] if plan.constant else texts


class Markup:
    """Records → xml text. Absent values are left out. Raises ConfigError for a profile with names that xml forbids."""

    def __init__(self, layout: Layout) -> None:
        profile, schema = layout.profile, layout.schema
        self.texts = Texts(layout)
        self.plan = _Plan(Part(profile.rows[0] if profile.rows else profile.root))
        self.groups = [_Plan(Part("")) for _ in schema.groups]
        self.names = list(schema.names)
        self.only = [
            group.schema.names.index(source.only) if (source := profile.groups.get(group.name)) and source.only else -1
            for group in schema.groups
        ]
        try:
            for path in profile.order:
                self.plan.reach(parts(path))
            _state(self.plan, profile.constants, [group.name for group in schema.groups])
            _lay_out(self.plan, profile.fields, schema)
            for index, group in enumerate(schema.groups):
                if group.name in profile.groups:
                    self._group(index, profile.groups[group.name], group.schema)
            for plan in (self.plan, *self.groups):
                plan.settle(profile.namespaces)
        except ValueError as error:
            message = f"profile {profile.name}: {error}"
            raise ConfigError(message) from error
        if not profile.root or profile.root in profile.rows:
            self.plan.attributes[:0] = [_Plan(Part(f"@{name}"), constant=of) for name, of in spaces(profile)]

    def _group(self, index: int, source: GroupSource, schema: Schema) -> None:
        place = self.plan.reach(parts(source.path))
        place.group, self.groups[index].part = index, Part(place.name)
        for path in source.order:
            self.groups[index].reach(parts(path))
        for path, constant in source.constants.items():
            within = self.groups[index].reach(parts(path))
            if constant.startswith("^"):
                within.above = self.names.index(constant[1:])  # ValueError for no such field
            else:
                within.constant = constant
        _lay_out(self.groups[index], source.fields, schema)

    def text(self, records: Sequence[Any]) -> str:
        """The elements of records, each on lines of its own. Raises FatalError for a character that no record has."""
        columns = self.texts.columns(records)
        groups = []
        for only, (of, sizes) in zip(self.only, self.texts.families(records), strict=True):
            children, counts = _chosen(of, sizes, only) if only >= 0 else (of, sizes)
            groups.append((_Values(sum(counts), children, above=(columns, counts)), counts))
        values = _Values(len(records), columns, groups)
        return "".join(self._every(self.plan, values, _OUTERMOST))

    def _every(self, plan: _Plan, values: _Values, before: str) -> Column:
        """One element per record, also where there is nothing in it."""
        name, inside = plan.name, self._inside(plan, values, before)
        if not plan.attributes and any(isinstance(piece, str) for piece in inside):  # none is without content
            return _joined([f"{before}<{name}>", *inside, f"{before}</{name}>"], values.number)
        return [
            f"{before}<{name}{own}>{content}{before}</{name}>" if content else f"{before}<{name}{own}/>"
            for own, content in zip(self._attributes(plan, values), _joined(inside, values.number), strict=True)
        ]

    def _attributes(self, plan: _Plan, values: _Values) -> Column:
        columns = []
        for part in plan.attributes:
            texts = values.of(part)
            _possible(texts)
            columns.append([f' {part.name[1:]}="{in_quotes(text)}"' if text else "" for text in texts])
        return _joined(columns, values.number)

    def _inside(self, plan: _Plan, values: _Values, before: str) -> list[Piece]:
        deeper = before and f"{before}  "
        return [piece for part in plan.elements for piece in self._where_said(part, values, deeper)]

    def _where_said(self, plan: _Plan, values: _Values, before: str) -> list[Piece]:
        """What stands at a place: the element, its children, or nothing where there is nothing to say."""
        if plan.group >= 0:
            children, sizes = values.groups[plan.group]
            elements = iter(self._every(self.groups[plan.group], children, before))
            return [["".join(islice(elements, size)) for size in sizes]]
        name, texts = plan.name, _escaped(values.of(plan))
        if plan.elements or plan.attributes:
            return [self._nested(plan, values, texts, before)]
        begin, end = f"{before}<{name}>", f"</{name}>"
        return [begin, texts, end] if all(texts) else [[f"{begin}{text}{end}" if text else "" for text in texts]]

    def _nested(self, plan: _Plan, values: _Values, texts: Column, before: str) -> Column:
        """An element with attributes or elements, and perhaps a text."""
        name, number = plan.name, values.number
        attributes, inside = self._attributes(plan, values), _joined(self._inside(plan, values, before), number)
        if plan.value >= 0 and all(each.value < 0 for each in plan.attributes):  # a text that is not there has none
            attributes = [own if text or far else "" for own, text, far in zip(attributes, texts, inside, strict=True)]
        if plan.part.key:  # only where a record says something of it
            columns = list(plan.said(values))  # what is made of constants alone is always written
            said = [any(row) for row in zip(*columns, strict=True)] if columns else [True] * number
            attributes = [own if own_said else "" for own, own_said in zip(attributes, said, strict=True)]
            inside = [far if own_said else "" for far, own_said in zip(inside, said, strict=True)]
        # Beside a text no blank may be added: it would be part of it.
        beside = _joined(self._inside(plan, values, _BESIDE_TEXT), number) if any(texts) else inside
        return [
            f"{before}<{name}{own}>{text}{near}</{name}>"
            if text
            else f"{before}<{name}{own}>{far}{before}</{name}>"
            if far
            else f"{before}<{name}{own}/>"
            if own
            else ""
            for own, text, near, far in zip(attributes, texts, beside, inside, strict=True)
        ]


def _chosen(columns: Sequence[Column], sizes: Sequence[int], only: int) -> tuple[list[Column], list[int]]:
    """The children that have a field, and how many of them each record has."""
    keep = [bool(text) for text in columns[only]]
    rest = iter(keep)
    return [list(compress(column, keep)) for column in columns], [sum(islice(rest, size)) for size in sizes]


def spaces(profile: Profile) -> list[tuple[str, str]]:
    """The attributes that declare the namespaces."""
    return [(f"xmlns:{prefix}" if prefix else "xmlns", name) for prefix, name in profile.namespaces.items()]


def _state(plan: _Plan, constants: Mapping[str, str], groups: Sequence[str]) -> None:
    for path, constant in constants.items():
        place = plan.reach(parts(path))
        if constant.startswith("#") and constant[1:] in groups:
            place.count = groups.index(constant[1:])
        else:
            place.constant = constant


def _lay_out(plan: _Plan, sources: Mapping[str, Source], schema: Schema) -> None:
    names = schema.names
    for name, source in sources.items():
        if source.written:
            place = plan.reach(parts(source.written))
            if place.value < 0:  # of two fields with one path, the first is written
                place.value, place.constant = names.index(name), source.value or place.constant
