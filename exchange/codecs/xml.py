"""XML: streaming, matched by local names, without DTDs, entities or anything from the network.

Our own form is `<exchange module="..." version="1"><order><number>..</number><lines><line>..</line></lines></order>
</exchange>`. Partners' paths are dotted: `ORDER_INFO.ORDER_PARTIES.BUYER_PARTY.NAME`, an attribute is `@name`.

Source: fault catalogue M1 to M9.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from exchange.charset import text_out
from exchange.codec import Limits, Meta, Raw, Signature
from exchange.connector import blocks
from exchange.errors import ConfigError
from exchange.text.elements import SAFE, fault, local
from exchange.text.elements import records as records_of
from exchange.text.markup import Markup, in_quotes, spaces
from exchange.text.tree import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lxml.etree import _Element

    from exchange.finding import Finding
    from exchange.profile import Layout, Profile

#: Version of our own form.
VERSION = "1"
#: Root of our own form.
ROOT = "exchange"
#: For a file that has passed the limits of the settings when it was read.
_PASSED = Limits(field_characters=2**31)
#: Records that are written together.
CHUNK = 500
#: Bytes that are looked at for recognition; so deep go the names, and so many are told.
_HEAD = 65_536
_DEPTH = 4
_MOST_NAMES = 500


class XmlCodec:
    """See the module docstring."""

    format = "xml"
    suffixes = (".xml",)

    def recognise(self, path: Path) -> Signature | None:
        """Our mark, the name of the root, and the dotted names below it: `ORDER_INFO.ORDER_ID`."""
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if b"<" not in head[:64]:
            return None
        parser: Any = etree.XMLPullParser(events=("start", "end"), **SAFE)
        try:
            parser.feed(head)
            events = list(parser.read_events())
        except etree.XMLSyntaxError:  # `why_not` tells what is wrong
            return None
        if not events:
            return None
        root = events[0][1]
        own = local(root.tag) == ROOT
        module, full = root.get("module", "") if own else "", own and root.get("full") in ("1", "true")
        return Signature(self.format, module, _names(events), full)

    def why_not(self, path: Path) -> Finding | None:
        """Why a file that is named like xml cannot be parsed; None when it can."""
        return fault(path)

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, numbered from 1. Raises BatchError."""
        raw = Reader(layout, limits).raw
        for number, element in enumerate(_records(path, layout.profile, limits), 1):
            yield raw(number, element)

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Our own form, or a partner's along the paths of the profile; absent values are left out."""
        profile, markup = layout.profile, Markup(layout)
        alone, count = _alone(profile), 0
        with text_out(out, profile.write_charset, "xmlcharrefreplace") as text:
            text.write(f"<?xml version='1.0' encoding='{profile.write_charset}'?>")
            if not alone:
                attributes = _attributes(meta) if profile.canonical else dict(spaces(profile))
                told = "".join(f' {name}="{in_quotes(value)}"' for name, value in attributes.items())
                text.write(f"\n<{profile.root}{told}>")
            for chunk in blocks(records, CHUNK):
                count += len(chunk)
                if alone and count > 1:
                    message = f"profile {profile.name}: a file holds one record, so it needs one_per_file = true"
                    raise ConfigError(message)
                text.write(markup.text(chunk))
            text.write("\n" if alone else f"\n</{profile.root}>")
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected elements as they stood there, each behind comments that say why, in the same root."""
        profile = layout.profile
        with ExitStack() as stack:
            file = stack.enter_context(etree.xmlfile(out, encoding="UTF-8"))
            file.write_declaration()
            opened = False
            for number, element in enumerate(_records(path, profile, _PASSED), 1):
                if number not in rejects:
                    continue
                root: Any = element.getroottree().getroot()
                if not opened and root is not element:
                    attributes = _attributes(Meta(profile.module)) if profile.canonical else dict(root.attrib)
                    stack.enter_context(file.element(root.tag, attributes, nsmap=root.nsmap))
                    file.write("\n")
                opened = True
                for each in rejects[number]:
                    told = f" {each.code} {each.at.field}: {each.message('de')} {each.remedy('de')} "
                    file.write(etree.Comment(re.sub("-(?=-)", "- ", told)), pretty_print=True)
                element.tail = None
                file.write(element, pretty_print=True)


def _records(path: Path, profile: Profile, limits: Limits) -> Iterator[_Element]:
    if not profile.rows:
        message = f"profile {profile.name}: xml needs rows, the name of a record's element"
        raise ConfigError(message)
    return records_of(path, profile.rows, limits, roots=(profile.root,), doctype=profile.doctype)


def _alone(profile: Profile) -> bool:
    """Whether the record is the document."""
    return not profile.root or profile.root in profile.rows


def _attributes(meta: Meta) -> dict[str, str]:
    attributes = {"module": meta.module, "version": VERSION}
    if meta.created_at is not None:
        attributes["created_at"] = meta.created_at.isoformat()
    return {**attributes, "full": "1"} if meta.full else attributes


def _names(events: Iterable[tuple[str, _Element]]) -> tuple[str, ...]:
    """The name of the root, and dotted names from there on."""
    names: dict[str, None] = {}
    stack: list[str] = []
    for event, element in events:
        if event == "end":
            stack.pop()
            continue
        stack.append(local(element.tag))
        if len(stack) <= _DEPTH + 1 and len(names) < _MOST_NAMES:
            names[".".join(stack[1:] or stack)] = None
    return tuple(names)


CODEC = XmlCodec()
