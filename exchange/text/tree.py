"""Xml: the element of a record → values, along the paths of a profile; the way back is `exchange.text.markup`.

All paths of a profile are one tree, which is walked once along with the element; so the cost is that of the elements
that are there, not of the paths that are asked for. Elements and attributes are matched by local name. Of elements that
repeat, the first counts that says something; nothing of another is mixed in. In our own form a field stands once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange.codec import TOO_BIG, Raw
from exchange.convert import NOT_A_TEXT, ConversionError
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind
from exchange.text.elements import local
from exchange.text.paths import parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml.etree import _Element

    from exchange.codec import Limits
    from exchange.profile import Layout, Source
    from exchange.text.paths import Part

    #: Elements per index of their group.
    Children = dict[int, list[_Element]]

DOUBLE_ELEMENT = kind(
    "xml.double_element",
    de="Das Element steht zweimal im selben Datensatz.",
    en="The element stands twice in the same record.",
    remedy_de="Der Absender muss jedes Feld einmal schreiben; welcher Wert gilt, ist nicht zu erkennen.",
    remedy_en="The sender must write each field once; which value counts cannot be told.",
)
#: What is divided: a number as people write it, without letters.
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")


@dataclass(slots=True)
class _Node:
    """What is looked for in one element.

    Attributes:
        slot: place of its text, or -1.
        group: index of the group that it is a child of, or -1.
        attributes: local name and place of the attributes.
        below: what is looked for in the elements within; keys are local names and, as they are met, full ones.
        choices: what is looked for only where an element or attribute within has a certain text.
        leaf: there is a text and nothing else.
        slots: places of all texts in the element; none where children are gathered in it, as all elements count then.
    """

    slot: int = -1
    group: int = -1
    attributes: list[tuple[str, int]] = field(default_factory=list)
    below: dict[Any, _Node | None] = field(default_factory=dict)
    choices: dict[tuple[str, str], _Node] = field(default_factory=dict)
    leaf: bool = False
    slots: list[int] = field(default_factory=list)

    def settle(self) -> bool:
        """Called when all paths are known: tells where there is what. Whether children are gathered here or within."""
        self.leaf = self.slot >= 0 and self.group < 0 and not (self.attributes or self.below or self.choices)
        within = [inner for inner in (*self.below.values(), *self.choices.values()) if inner is not None]
        gathers = sum(inner.settle() for inner in within) > 0 or self.group >= 0  # each one settles
        own = [*([self.slot] if self.slot >= 0 else ()), *(slot for _, slot in self.attributes)]
        below = (slot for inner in self.below.values() if inner is not None for slot in inner.slots)
        self.slots = [] if gathers else [*own, *below]
        return gathers

    def reach(self, path: Iterable[Part]) -> _Node:
        """The node at a path, made where it is missing."""
        node = self
        for part in path:
            inner = node.below.get(part.local)
            if inner is None:
                inner = node.below[part.local] = _Node()
            node = inner.choices.setdefault((part.key, part.wanted), _Node()) if part.key else inner
        return node

    def chosen(self, element: _Element) -> Iterator[_Node]:
        """What is looked for in just this one of several equal elements."""
        for (key, wanted), node in self.choices.items():
            if _says(element, key, wanted):
                yield node

    def named(self, tag: Any) -> _Node | None:
        """The node of an element with a namespace; the next one of that name is found at once."""
        node = self.below[tag] = self.below.get(local(tag))
        return node


def _says(element: _Element, key: str, wanted: str) -> bool:
    """Whether an attribute, or one of the elements of a name, has a text."""
    if key.startswith("@"):
        return any(local(name) == key[1:] and str(value).strip() == wanted for name, value in element.attrib.items())
    name = key.rpartition(":")[2]
    return any(local(inner.tag) == name and (inner.text or "").strip() == wanted for inner in element)


def _divided(text: Any, by: Any) -> Any:
    """The number that two texts make; where one is no number, both, and the field's own reader tells of it."""
    for each in (text, by):
        if isinstance(each, ConversionError):
            return each
    if not text.strip() or by.strip() in ("", "1"):
        return text
    numbers = [Decimal(each) for each in (text.strip(), by.strip()) if _NUMBER.fullmatch(each)]
    return format(numbers[0] / numbers[1], "f") if len(numbers) == 2 and numbers[1] > 0 else f"{text}/{by}"  # noqa: PLR2004


class Shape:
    """Element → values, for one schema in one profile."""

    def __init__(self, sources: Sequence[Source], empty: Sequence[str], *, once: bool, limit: int) -> None:
        self.size = len(sources)
        self.once = once
        self.limit = limit
        self.empty = frozenset(("", *empty))
        self.root = _Node()
        self.others: list[tuple[int, tuple[int, ...], Source]] = []  # fields with more than one path, or a constant
        self.slots = self.size
        places: dict[str, int] = {}
        later: list[tuple[int, Source]] = []
        for index, source in enumerate(sources):
            if len(source.paths) == 1 and not (source.value or source.per) and source.paths[0] not in places:
                places[source.paths[0]] = index
            elif source.paths or source.value:
                later.append((index, source))
        for index, source in later:
            wanted = (*source.paths, source.per) if source.per else source.paths
            for path in wanted:
                if path not in places:
                    places[path] = self.slots
                    self.slots += 1
            self.others.append((index, tuple(places[path] for path in wanted), source))
        for path, slot in places.items():
            self._look_for(path, slot)
        self.root.settle()

    def _look_for(self, path: str, slot: int) -> None:
        *above, last = parts(path)
        if last.name.startswith("@"):
            self.root.reach(above).attributes.append((last.name[1:].rpartition(":")[2], slot))
        else:
            self.root.reach([*above, last]).slot = slot

    def values(self, element: _Element, line: int, place: int = 1) -> tuple[list[Any], Children]:
        """One raw value per field, and the elements of the children per group. Raises BatchError for a giant text.

        A field without a value whose constant is `#` gets `place`, the number of the child.
        """
        values: list[Any] = [""] * self.slots
        children: Children = {}
        self._walk(element, self.root, values, children, line)
        for index, slots, source in self.others:
            asked = slots[:-1] if source.per else slots
            texts = [values[slot] for slot in asked if not self._is_empty(values[slot])]
            faulty = next((text for text in texts if isinstance(text, ConversionError)), None)
            if source.join:
                values[index] = faulty or source.separator.join(texts) or source.value
            elif texts:
                values[index] = texts[0]
            else:
                values[index] = str(place) if source.value == "#" else source.value
            if source.per:
                values[index] = _divided(values[index], values[slots[-1]])
        return values[: self.size] if self.slots > self.size else values, children

    def _is_empty(self, text: Any) -> bool:
        return not isinstance(text, ConversionError) and text.strip() in self.empty

    def _walk(self, element: _Element, node: _Node, values: list[Any], children: Children, line: int) -> None:
        if node.attributes:
            self._attributes(element, node, values)
        below, limit = node.below, self.limit
        for inner in element:
            try:
                at = below[inner.tag]
            except KeyError:
                at = node.named(inner.tag)
            if at is None:
                continue
            if at.leaf:  # as nearly all are: a short way
                text = inner.text
                if text is not None and len(text) <= limit and not values[at.slot] and not len(inner):
                    values[at.slot] = text
                    continue
            self._enter(inner, at, values, children, line)
            if at.choices:
                for chosen in at.chosen(inner):
                    self._enter(inner, chosen, values, children, line)

    def _enter(self, inner: _Element, at: _Node, values: list[Any], children: Children, line: int) -> None:
        if not self.once and any(values[slot] for slot in at.slots):
            return  # an equal one before it said something
        if at.slot >= 0:
            self._text(inner, at, values, line)
        if at.group >= 0:
            children.setdefault(at.group, []).append(inner)
        if not at.leaf and (at.group < 0 or at.below):  # the record may have fields that stand in its first child
            self._walk(inner, at, values, children, line)

    def _text(self, element: _Element, node: _Node, values: list[Any], line: int) -> None:
        """Take the text of an element, with everything that can be wrong with it."""
        text, name = element.text or "", local(element.tag)
        if len(text) > self.limit:
            raise BatchError(found(TOO_BIG, Locator(line, name), what=f"<{name}>", limit=self.limit))
        if len(element) and not node.below:
            values[node.slot] = ConversionError(NOT_A_TEXT, value=f"<{local(element[0].tag)}>")
        elif not values[node.slot]:
            values[node.slot] = text
        elif text and self.once:
            values[node.slot] = ConversionError(DOUBLE_ELEMENT)

    @staticmethod
    def _attributes(element: _Element, node: _Node, values: list[Any]) -> None:
        there = {local(name): value for name, value in element.attrib.items()}
        for name, slot in node.attributes:
            if not values[slot]:
                values[slot] = there.get(name, "")


class Reader:
    """Element → raw record, for one layout."""

    def __init__(self, layout: Layout, limits: Limits) -> None:
        profile, limit = layout.profile, limits.field_characters
        self.shape = Shape(layout.sources, profile.empty, once=profile.canonical, limit=limit)
        self.groups = [
            Shape(sources, profile.empty, once=profile.canonical, limit=limit) for _, sources in layout.groups
        ]
        for index, (path, _) in enumerate(layout.groups):
            if path:
                self.shape.root.reach(parts(path)).group = index
        self.shape.root.settle()

    def raw(self, number: int, element: _Element) -> Raw:
        """The record with its children; they all have the record's number. Raises BatchError for a giant text."""
        values, children = self.shape.values(element, number)
        groups = [
            [
                Raw(number, shape.values(child, number, place)[0])
                for place, child in enumerate(children.get(index, ()), 1)
            ]
            for index, shape in enumerate(self.groups)
        ]
        return Raw(number, values, groups)
