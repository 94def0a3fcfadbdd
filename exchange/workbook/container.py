"""Is the file a workbook at all, and a harmless one? Answered before anything of it is parsed.

Source: fault catalogue X1 to X3 and M2.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from zipfile import ZipFile

import openpyxl

from exchange.codec import NOT_READABLE, TOO_BIG
from exchange.errors import BatchError, ConfigError
from exchange.finding import Finding, found
from exchange.workbook.findings import NOT_A_WORKBOOK, OLD_FORMAT, PASSWORD, SUSPICIOUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zipfile import ZipInfo

    from exchange.codec import Limits

    T = TypeVar("T")


#: An honest workbook has some dozens of parts.
MOST_PARTS = 10_000
#: A part below this size cannot hurt, however well it packs.
HARMLESS_BYTES = 10 * 1024**2
#: Rows that are taken out of openpyxl at once, between two moments in which somebody else's code runs.
ROWS_AT_ONCE = 500

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STRICT = b"purl.oclc.org/ooxml/spreadsheetml"
_HEAD_BYTES = 4096
_CHUNK = 1024**2


def examine(file: BinaryIO, limits: Limits) -> None:
    """Look at the packed file from outside. Raises BatchError when it is no workbook, or one that could do harm."""
    if not openpyxl.DEFUSEDXML:
        raise ConfigError("the package defusedxml is missing or switched off; workbooks cannot be read safely")
    head = file.read(_HEAD_BYTES)
    if head.startswith(_OLE):
        raise BatchError(found(PASSWORD if _contains(file, _ENCRYPTED) else OLD_FORMAT))
    if not head.startswith(b"PK\x03\x04"):
        raise BatchError(found(NOT_A_WORKBOOK, what=_what(head)))
    with damage_reported(), ZipFile(file) as archive:
        parts = archive.infolist()
        faults = list(_oversized(parts, limits))
        if faults:
            raise BatchError(*faults)
        names = {part.filename for part in parts}
        if "[Content_Types].xml" not in names or not any(name.endswith("workbook.xml") for name in names):
            raise BatchError(found(NOT_A_WORKBOOK, what="xlsb" if "xl/workbook.bin" in names else "zip"))
        for part in parts:
            _look_inside(archive, part)


def _contains(file: BinaryIO, word: bytes) -> bool:
    file.seek(0)
    tail = b""
    while chunk := file.read(_CHUNK):
        if word in tail + chunk:
            return True
        tail = chunk[-len(word) :]
    return False


def _what(head: bytes) -> str:
    if not head:
        return "leer / empty"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<?xml"):
        return "XML"
    if text.startswith(b"<"):
        return "HTML"
    return "?" if b"\0" in head else "Text"


def _oversized(parts: list[ZipInfo], limits: Limits) -> Iterator[Finding]:
    """The sizes that the parts declare; unpacking stops at them, so they cannot lie."""
    if len(parts) > MOST_PARTS:
        yield found(SUSPICIOUS, part="zip", reason=f"{len(parts)} > {MOST_PARTS}")
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        yield found(TOO_BIG, what="Die entpackte Arbeitsmappe / The unpacked workbook", limit=limits.unpacked_bytes)
    for part in parts:
        if part.flag_bits & 1:
            yield found(PASSWORD)
            return
        if part.file_size > HARMLESS_BYTES and part.file_size > limits.pack_ratio * part.compress_size:
            reason = f"{part.compress_size} → {part.file_size} Byte"
            yield found(SUSPICIOUS, part=part.filename, reason=reason)


def _look_inside(archive: ZipFile, part: ZipInfo) -> None:
    """No part has use for a document type, so none gets the chance to define entities."""
    if not part.filename.endswith((".xml", ".rels", ".vml")):
        return
    with archive.open(part) as file:
        head = file.read(_HEAD_BYTES)
    if b"<!DOCTYPE" in head.replace(b"\0", b""):
        raise BatchError(found(SUSPICIOUS, part=part.filename, reason="DOCTYPE"))
    if part.filename.endswith("workbook.xml") and _STRICT in head:
        raise BatchError(found(NOT_A_WORKBOOK, what="Strict Open XML"))


@contextmanager
def damage_reported() -> Iterator[None]:
    """Whatever openpyxl says of a damaged workbook becomes a BatchError; its warnings are kept off the screen."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        try:
            yield
        except (BatchError, MemoryError):
            raise
        except Exception as error:  # openpyxl answers damage with nearly every type there is
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise BatchError(found(NOT_READABLE, reason=reason)) from error


def guarded(items: Iterable[T]) -> Iterator[T]:
    """The items of an iterator that belongs to openpyxl. Raises BatchError for a damaged workbook."""
    iterator = iter(items)
    while True:
        with damage_reported():
            some = list(islice(iterator, ROWS_AT_ONCE))
        if not some:
            return
        yield from some
