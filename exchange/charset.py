"""Bytes → text: byte order mark, then strict UTF-8, then the charset of the profile. Never guessed by statistics.

Short German texts fool every detector (formats.md 4.2), and a sample is wrong as soon as the first umlaut comes in row
100,000 (fault-catalogue V3): so the whole file is looked at once, which is quick.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from exchange.codec import UNDECODABLE
from exchange.errors import BatchError
from exchange.finding import found

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.finding import Finding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Umlauts and sharp s, as old programs (cp850) and as Windows (cp1252) write them.
_CP850 = bytes((0x84, 0x94, 0x81, 0x8E, 0x99, 0x9A, 0xE1))
_CP1252 = bytes((0xE4, 0xF6, 0xFC, 0xC4, 0xD6, 0xDC, 0xDF))

_CHUNK = 1024 * 1024


def charset_of(path: Path, declared: str) -> str:
    """The charset of a file. Raises BatchError when it is neither marked nor UTF-8 nor the declared one."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            _decode_all(path, name)
            return name
    try:
        _decode_all(path, "utf-8")
    except BatchError:
        _decode_all(path, declared)
        return declared
    return "utf-8"


def head_text(path: Path, size: int = 65_536) -> str:
    """The beginning of a file as text, for recognition: what cannot be decoded is replaced."""
    with path.open("rb") as file:
        head = file.read(size)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return head.decode(name, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _decode_all(path: Path, charset: str) -> None:
    decoder = codecs.getincrementaldecoder(charset)("strict")
    passed = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise BatchError(_finding(path, charset, passed + error.start)) from None
            passed += len(chunk)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise BatchError(_finding(path, charset, passed)) from None


def _finding(path: Path, charset: str, offset: int) -> Finding:
    with path.open("rb") as file:
        sample = file.read(_CHUNK)
    old = sum(map(sample.count, (bytes((each,)) for each in _CP850)))
    new = sum(map(sample.count, (bytes((each,)) for each in _CP1252)))
    hint = " – cp850?" if old > new else ""
    return found(UNDECODABLE, offset=offset, charset=charset, hint=hint)
