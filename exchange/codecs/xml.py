"""XML: streaming, matched by local names, without DTDs, entities or anything from the network.

Our own form is `<exchange module="..."><order><number>..</number><lines><line>..</line></lines></order></exchange>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from exchange.codec import TOO_BIG, Limits, Meta, Raw, Signature, Texts
from exchange.errors import BatchError
from exchange.finding import found, kind
from exchange.profile import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.profile import Layout

DOCTYPE = kind(
    "xml.doctype",
    de="Die Datei enthält eine DOCTYPE-Angabe; sie wird aus Sicherheitsgründen nicht gelesen.",
    en="The file has a DOCTYPE; for safety it is not read.",
    remedy_de="Der Absender muss die Zeile <!DOCTYPE …> weglassen.",
    remedy_en="The sender must leave out the line <!DOCTYPE …>.",
)
MALFORMED = kind(
    "xml.malformed",
    de="Ab Zeile {line} ist die Datei kein XML: {reason}",
    en="From line {line} on the file is no XML: {reason}",
    remedy_de="Erzeugen Sie die Datei neu; sie ist abgeschnitten, oder der angegebene Zeichensatz stimmt nicht.",
    remedy_en="Produce the file again; it is cut off, or the charset it declares is wrong.",
)

#: What the parser must never do; see fault-catalogue M1 to M8.
SAFE = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
_DEPTH = 3


def _local(tag: Any) -> str:
    """The local name of an element; empty for comments and the like."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


# --- reading ---------------------------------------------------------------------------------------------------------


def _elements(path: Path, names: frozenset[str], limits: Limits) -> Iterator[etree._Element]:
    """The elements of the records, each complete; what is done is thrown away. Raises BatchError."""
    with path.open("rb") as file:
        context = etree.iterparse(file, events=("start", "end"), **SAFE)
        root: etree._Element | None = None
        depth = 0
        inside = 0
        try:
            for event, element in context:
                if event == "start":
                    if root is None:
                        root = element
                        _refuse_doctype(element)
                    depth += 1
                    if not inside and depth > 1 and _local(element.tag) in names:
                        inside = depth
                    continue
                if inside == depth or (depth == 1 and not inside and _local(element.tag) in names):
                    _refuse_long(element, limits)
                    yield element
                    inside = 0
                    element.clear()
                    parent = element.getparent()
                    if parent is not None:
                        while element.getprevious() is not None:
                            del parent[0]
                depth -= 1
        except etree.XMLSyntaxError as error:
            raise _malformed(error) from None


def _malformed(error: etree.XMLSyntaxError) -> BatchError:
    text = str(error.msg or error)
    if "entity" in text.casefold() or "DOCTYPE" in text:
        return BatchError(found(DOCTYPE))
    return BatchError(found(MALFORMED, line=error.lineno or 1, reason=text))


def _refuse_doctype(root: etree._Element) -> None:
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise BatchError(found(DOCTYPE))


def _refuse_long(element: etree._Element, limits: Limits) -> None:
    for each in element.iter():
        if each.text and len(each.text) > limits.field_characters:
            raise BatchError(found(TOO_BIG, what=f"<{_local(each.tag)}>", limit=limits.field_characters))


def _find(element: etree._Element, parts: tuple[str, ...]) -> str:
    """The text at a path below an element; empty where there is none."""
    for part in parts:
        if part.startswith("@"):
            return next((str(value) for name, value in element.attrib.items() if _local(name) == part[1:]), "")
        inner = next((each for each in element if _local(each.tag) == part), None)
        if inner is None:
            return ""
        element = inner
    return element.text or ""


def _find_all(element: etree._Element, parts: tuple[str, ...]) -> list[etree._Element]:
    """All elements at a path; the earlier parts may repeat as well."""
    found_ = [element]
    for part in parts:
        found_ = [each for outer in found_ for each in outer if _local(each.tag) == part]
    return found_


@dataclass(frozen=True, slots=True)
class _Reader:
    """Element → values, for one schema in one profile.

    Attributes:
        simple: name of a child element → index, for fields with one plain path: one walk over the children finds all.
        others: index, paths, join, constant, for the rest.
    """

    size: int
    simple: Mapping[str, int]
    others: tuple[tuple[int, tuple[tuple[str, ...], ...], bool, str], ...]

    def values(self, element: etree._Element) -> list[str]:
        values = [""] * self.size
        simple = self.simple
        for child in element:
            tag = child.tag
            index = simple.get(tag if "{" not in tag else _local(tag)) if tag.__class__ is str else None
            if index is not None and not values[index]:
                values[index] = child.text or ""
        for index, paths, join, constant in self.others:
            texts = [text for text in (_find(element, parts).strip() for parts in paths) if text]
            values[index] = (" ".join(texts) if join else texts[0]) if texts else constant
        return values


def _reader(sources: Sequence[Source]) -> _Reader:
    simple: dict[str, int] = {}
    others = []
    for index, source in enumerate(sources):
        paths = tuple(tuple(path.split(".")) for path in source.paths)
        plain = len(paths) == 1 and len(paths[0]) == 1 and not paths[0][0].startswith("@") and not source.value
        if plain and paths[0][0] not in simple:
            simple[paths[0][0]] = index
        else:
            others.append((index, paths, source.join, source.value))
    return _Reader(len(sources), simple, tuple(others))


# --- the codec -------------------------------------------------------------------------------------------------------


class XmlCodec:
    """See the module docstring."""

    format = "xml"
    suffixes = (".xml",)

    def recognise(self, path: Path) -> Signature | None:
        """The names of root and first elements, and our module mark."""
        parser = etree.XMLPullParser(events=("start",), **SAFE)
        try:
            with path.open("rb") as file:
                head = file.read(65_536)
            if b"<" not in head[:512] and b"<" not in head[:1024].replace(b"\x00", b""):
                return None
            parser.feed(head)
            seen = list(parser.read_events())
        except etree.XMLSyntaxError:
            seen = list(parser.read_events())
        if not seen:
            return None
        root = seen[0][1]
        names = dict.fromkeys(
            ".".join(_path(element, root)) for _, element in seen[:500] if len(_path(element, root)) <= _DEPTH
        )
        own = _local(root.tag) == "exchange"
        full = own and root.get("full") in ("1", "true")
        return Signature(self.format, root.get("module", "") if own else "", tuple(names), full)

    def why_not(self, path: Path) -> Finding | None:
        """Why a file that is named like XML cannot be used; None when it can be parsed."""
        try:
            for _ in _elements(path, frozenset(), Limits()):
                pass
        except BatchError as error:
            return error.findings[0]
        return None

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, numbered from 1. Raises BatchError."""
        read = _reader(layout.sources).values
        groups = [
            (tuple(path_.split(".")) if path_ else (), _reader(sources).values) for path_, sources in layout.groups
        ]
        for number, element in enumerate(_elements(path, frozenset(layout.profile.rows), limits), 1):
            children = [
                [Raw(number, child_read(each)) for each in _find_all(element, parts)] if parts else []
                for parts, child_read in groups
            ]
            yield Raw(number, read(element), children)

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Our own form, or a partner's along the paths of the profile; absent values are left out."""
        build = _builder(layout)
        profile = layout.profile
        attributes = _attributes(meta) if profile.canonical else {}
        single = not profile.root or profile.root in profile.rows
        count = 0
        with etree.xmlfile(out, encoding=profile.write_charset.upper()) as file:
            file.write_declaration()
            if single:  # the record is the document
                for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
                    file.write(build(record), pretty_print=True)
                return count
            with file.element(profile.root, attributes):
                file.write("\n")
                for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
                    file.write(build(record), pretty_print=True)
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected elements as they stood there, each behind a comment that says why."""
        profile = layout.profile
        attributes = _attributes(Meta(profile.module)) if profile.canonical else {}
        root = profile.root or "rejects"
        with etree.xmlfile(out, encoding="UTF-8") as file:
            file.write_declaration()
            with file.element(root if root not in profile.rows else "rejects", attributes):
                file.write("\n")
                for number, element in enumerate(_elements(path, frozenset(profile.rows), Limits()), 1):
                    if number not in rejects:
                        continue
                    for each in rejects[number]:
                        told = f" {each.code} {each.at.field}: {each.message('de')} {each.remedy('de')} "
                        file.write(etree.Comment(told.replace("--", "- -")), pretty_print=True)
                    element.tail = None
                    file.write(element, pretty_print=True)


def _path(element: etree._Element, root: etree._Element) -> list[str]:
    """Local names from the root, without it, down to an element; of the root itself, its name."""
    if element is root:
        return [_local(root.tag)]
    names = [_local(element.tag)]
    for each in element.iterancestors():
        if each is root:
            break
        names.append(_local(each.tag))
    return names[::-1]


def _attributes(meta: Meta) -> dict[str, str]:
    attributes = {"module": meta.module, "version": "1"}
    if isinstance(meta.created_at, datetime):
        attributes["created_at"] = meta.created_at.isoformat()
    if meta.full:
        attributes["full"] = "1"
    return attributes


def _builder(layout: Layout) -> Callable[[Any], etree._Element]:
    """The function record → element."""
    texts = Texts(layout)
    tag = layout.profile.rows[0]
    constants = [Source((path,), value=value) for path, value in layout.profile.constants.items()]
    sources = layout.sources
    groups = [(path.split(".") if path else [], group_sources) for path, group_sources in layout.groups]

    def build(record: Any) -> etree._Element:
        element = etree.Element(tag)
        _fill(element, constants, [source.value for source in constants])
        _fill(element, sources, texts.fields(record))
        for (parts, child_sources), children in zip(groups, texts.groups(record), strict=True):
            if not parts or not children:
                continue
            holder = _reach(element, parts[:-1])
            for child in children:
                _fill(etree.SubElement(holder, parts[-1]), child_sources, child)
        return element

    return build


def _fill(element: etree._Element, sources: Sequence[Source], values: Sequence[str]) -> None:
    for source, text in zip(sources, values, strict=True):
        value = text or source.value
        if not value or not source.paths:
            continue
        *above, last = source.paths[0].split(".")
        holder = _reach(element, above)
        if last.startswith("@"):
            holder.set(last[1:], value)
        else:
            etree.SubElement(holder, last).text = value


def _reach(element: etree._Element, parts: Sequence[str]) -> etree._Element:
    """The element at a path, made where it is missing; equal beginnings of paths share their elements."""
    for part in parts:
        inner = next((each for each in element if each.tag == part), None)
        element = etree.SubElement(element, part) if inner is None else inner
    return element


CODEC = XmlCodec()
