"""Xml: the elements of the records, one after the other, out of a file of any size.

The parser resolves no entities, loads nothing, and repairs nothing. It is fed piece by piece, so that neither a record
nor what stands between records can fill the memory. The charset is the one that the file declares (or UTF-8), as the
xml standard has it; a profile cannot change that.

Source: fault catalogue M1 to M9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from lxml import etree

from exchange.codec import TOO_BIG
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lxml.etree import _Element

    from exchange.codec import Limits
    from exchange.finding import Finding

DOCTYPE = kind(
    "xml.doctype",
    de="Die Datei enthält eine DOCTYPE-Angabe; sie wird aus Sicherheitsgründen nicht gelesen.",
    en="The file has a DOCTYPE; for safety it is not read.",
    remedy_de="Der Absender muss die Angabe <!DOCTYPE …> weglassen; das Format braucht keine.",
    remedy_en="The sender must leave out <!DOCTYPE …>; the format needs none.",
)
MALFORMED = kind(
    "xml.malformed",
    de="In Zeile {line}, Spalte {column} ist die Datei kein XML: {reason}",
    en="In line {line}, column {column} the file is no XML: {reason}",
    remedy_de="Erzeugen Sie die Datei neu.",
    remedy_en="Produce the file again.",
)
CUT_OFF = kind(
    "xml.cut_off",
    de="Die Datei endet in Zeile {line}, bevor alle Elemente geschlossen sind; sie ist abgeschnitten.",
    en="The file ends in line {line} before all elements are closed; it was cut off.",
    remedy_de="Übertragen Sie die Datei neu.",
    remedy_en="Transfer the file again.",
)
WRONG_CHARSET = kind(
    "xml.wrong_charset",
    de="In Zeile {line}, Spalte {column} steht ein Zeichen, das es im angegebenen Zeichensatz nicht gibt.",
    en="In line {line}, column {column} there is a character that the declared charset does not have.",
    remedy_de="Der Absender muss den Zeichensatz angeben, in dem er schreibt (ohne Angabe gilt UTF-8).",
    remedy_en="The sender must declare the charset that he writes (without a declaration it is UTF-8).",
)
TOO_DEEP = kind(
    "xml.too_deep",
    de="Ab Zeile {line} sind die Elemente zu tief ineinander geschachtelt.",
    en="From line {line} on the elements are nested too deeply.",
    remedy_de="Prüfen Sie, woher die Datei kommt; kein Geschäftsdokument sieht so aus.",
    remedy_en="Check where the file comes from; no business document looks like this.",
)
NO_RECORDS = kind(
    "xml.no_records",
    de="Die Datei enthält kein Element „{names}“; ihr äußerstes Element heißt „{root}“.",
    en="The file has no element “{names}”; its outermost element is “{root}”.",
    remedy_de="Wählen Sie das Profil, das zu der Datei passt.",
    remedy_en="Choose the profile that fits the file.",
)

#: What the parser must never do.
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
#: What is wrong with a file that ends too early.
_CUT_OFF = frozenset(
    (
        etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
        etree.ErrorTypes.ERR_GT_REQUIRED,
        etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED,
        etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED,
        etree.ErrorTypes.ERR_CDATA_NOT_FINISHED,
        etree.ErrorTypes.ERR_PI_NOT_FINISHED,
    )
)
#: Bytes that are parsed at a time.
PIECE = 64 * 1024
#: A record, or what stands between two, may have so many times more bytes than a field has characters.
_FIELDS_OF_RECORD = 16


def local(tag: object) -> str:
    """The name of an element or attribute without its namespace; empty for what is neither."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def records(
    path: Path, names: Iterable[str], limits: Limits, roots: Iterable[str] = (), *, doctype: bool = False
) -> Iterator[_Element]:
    """The elements of these local names, each complete; what has been seen is thrown away. Raises BatchError.

    Args:
        path: the file.
        names: local names of a record's element. One within another belongs to the outer record.
        limits: limits.
        roots: outermost elements that may be without records.
        doctype: the file may name a DTD, which is not read; one that declares something is refused as ever.
    """
    names = frozenset(names)
    most = limits.field_characters * _FIELDS_OF_RECORD
    parser: Any = etree.XMLPullParser(events=("start", "end"), tag=[f"{{*}}{name}" for name in names], **SAFE)
    count = depth = since = 0
    ended = False
    refuse = _refuse_declarations if doctype else _refuse_doctype
    with path.open("rb") as file:
        try:
            while piece := file.read(PIECE):
                parser.feed(piece)
                since += len(piece)
                for event, element in parser.read_events():
                    if not count and not depth:
                        refuse(element, path)
                    depth += 1 if event == "start" else -1
                    if not depth:
                        count, since = count + 1, 0
                        yield element
                        _forget(element)
                if since > most:
                    raise BatchError(found(TOO_BIG, Locator(count + 1), what="Ein Datensatz / A record", limit=most))
            ended = True
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise BatchError(_finding(error, ended=ended)) from None
    if not count:
        refuse(root, path)
        if local(root.tag) not in roots:
            raise BatchError(found(NO_RECORDS, names=", ".join(sorted(names)), root=local(root.tag)))


class _Nothing:
    """Builds nothing; tells whether there is a DOCTYPE."""

    doctypes = 0

    def doctype(self, *_names: str | None) -> None:
        self.doctypes += 1

    def close(self) -> int:
        return self.doctypes


def fault(path: Path) -> Finding | None:
    """Why a file cannot be parsed; None when it can."""
    parser: Any = etree.XMLParser(target=_Nothing(), **SAFE)  # type: ignore[arg-type] # has what is needed of a target
    ended = False
    with path.open("rb") as file:
        try:
            while piece := file.read(PIECE):
                parser.feed(piece)
            ended = True
            doctypes = parser.close()
        except etree.XMLSyntaxError as error:
            return _finding(error, ended=ended)
    return found(DOCTYPE) if doctypes else None


def _forget(element: _Element) -> None:
    """Throw away an element and everything that ended before it."""
    element.clear()
    inner: _Element | None = element
    while inner is not None:
        parent = inner.getparent()
        while parent is not None and inner.getprevious() is not None:
            del parent[0]
        inner = parent


def _refuse_declarations(element: _Element, path: Path) -> None:
    """Raises BatchError where the file itself declares entities or the like; a DTD that is only named does nothing."""
    info: Any = element.getroottree().docinfo
    if not info.doctype and info.internalDTD is None:
        return
    declares: list[bool] = []
    probe = expat.ParserCreate()
    probe.StartDoctypeDeclHandler = lambda _name, _system, _public, inside: declares.append(bool(inside))
    with path.open("rb") as file:
        while not declares and (piece := file.read(PIECE)):
            probe.Parse(piece, False)  # noqa: FBT003 - positional only
    if any(declares):
        raise BatchError(found(DOCTYPE))


def _refuse_doctype(element: _Element, _path: Path) -> None:
    """Raises BatchError. What a DTD declares has no effect until here: entities stay unresolved."""
    info: Any = element.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise BatchError(found(DOCTYPE))


def _finding(error: Any, *, ended: bool) -> Finding:
    """What the parser says, in our words."""
    reason = str(error.msg or error).strip()
    line, column = error.position
    line = line or 1
    at, said = Locator(line), reason.casefold()
    if "amplification" in said or "entity reference loop" in said:
        return found(DOCTYPE, at)
    if "depth" in said:
        return found(TOO_DEEP, at, line=line)
    if "limit exceeded" in said or "huge" in said:
        return found(TOO_BIG, at, what="Ein Text / A text", limit="10 MB")
    if "encoding" in said:
        return found(WRONG_CHARSET, at, line=line, column=column)
    if ended and error.code in _CUT_OFF:
        return found(CUT_OFF, at, line=line)
    return found(MALFORMED, at, line=line, column=column, reason=reason)
