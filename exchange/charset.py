"""Bytes ⇄ text: byte order mark, then strict UTF-8, then the charset of the profile. Never guessed by statistics.

Short German texts fool every detector (formats.md 4.2), and a sample is wrong as soon as the first umlaut comes in row
100,000 (fault-catalogue V3): so the whole file is looked at once, which takes 0.03 s for 50 MB.
"""

from __future__ import annotations

import codecs
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

from exchange.codec import TOO_BIG, UNDECODABLE
from exchange.errors import BatchError, ConfigError
from exchange.finding import Locator, found, kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.finding import Finding

NUL = kind(
    "file.nul",
    de="Die Zeile enthält ein NUL-Zeichen; so etwas steht in keiner Textdatei.",
    en="The line has a NUL character; no text file has that.",
    remedy_de="Erzeugen Sie die Datei neu; sie ist beschädigt, oder sie ist UTF-16 ohne Kennung (BOM).",
    remedy_en="Produce the file again; it is damaged, or it is UTF-16 without a mark (BOM).",
)
LONE_RETURN = kind(
    "file.lone_return",
    de="Die Zeile enthält einen einzelnen Wagenrücklauf (CR).",
    en="The line has a single carriage return (CR).",
    remedy_de="Speichern Sie die Datei mit Zeilenenden CR LF oder LF.",
    remedy_en="Save the file with line ends CR LF or LF.",
)
UNENCODABLE = kind(
    "file.unencodable",
    de="Das Zeichen „{character}“ gibt es im Zeichensatz {charset} nicht; die Datei wurde nicht geschrieben.",
    en="The charset {charset} has no character “{character}”; the file was not written.",
    remedy_de="Ändern Sie den Text, oder stellen Sie write_charset im Profil auf utf-8.",
    remedy_en="Change the text, or set write_charset in the profile to utf-8.",
)

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

#: Bytes that are decoded at a time; pieces of this size stay in the processor's cache, 1 MB is four times slower.
PIECE = 64 * 1024
#: Bytes around a faulty one that are looked at for the hint.
_AROUND = 512 * 1024


class _UndecodableError(Exception):
    """A byte that is no character."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def charset_of(path: Path, declared: str, longest_line: int = 0) -> str:
    """The charset of a file, after one look at all of it.

    Args:
        path: the file.
        declared: charset of the profile, for a file that has no mark and is no UTF-8.
        longest_line: characters that a line may have; then NUL is refused as well. 0: json, which may be one line and
            knows itself what it does not allow.

    Raises:
        BatchError: the file is neither marked nor UTF-8 nor the declared charset; or a line is not as it must be.
        ConfigError: there is no such charset as the declared one.
    """
    _must_exist(declared)
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if not marked:
        try:
            _look(path, "utf-8", longest_line)
        except _UndecodableError:
            marked = declared
        else:
            return "utf-8"
    try:
        _look(path, marked, longest_line)
    except _UndecodableError as error:
        raise BatchError(_undecodable(path, marked, error.offset)) from None
    return marked


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


@contextmanager
def text_out(out: BinaryIO, charset: str, errors: str = "strict") -> Iterator[TextIO]:
    """`out` for text; it stays open. Raises BatchError for a character that the charset does not have.

    `errors` is what Python's codecs do with such a character instead: xml can say it in another way.
    """
    _must_exist(charset)
    text = io.TextIOWrapper(out, encoding=charset, errors=errors, newline="")
    try:
        yield text
    except UnicodeEncodeError as error:
        raise BatchError(found(UNENCODABLE, character=error.object[error.start], charset=charset)) from None
    finally:
        text.detach()


def _must_exist(charset: str) -> None:
    try:
        "".encode(charset)
    except LookupError as error:
        message = f"there is no charset {charset!r}"
        raise ConfigError(message) from error


def _look(path: Path, charset: str, longest_line: int) -> None:
    """Decode the whole file, strictly. Raises _UndecodableError, and BatchError for lines that may not be."""
    decoder = codecs.getincrementaldecoder("utf-8" if charset == "utf-8-sig" else charset)("strict")
    passed = characters = of_line = 0
    with path.open("rb") as file:
        while True:
            piece = file.read(PIECE)
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _UndecodableError(passed - waiting + error.start) from None
            if longest_line:
                if "\0" in text:
                    raise BatchError(found(NUL, Locator(_line(path, charset, characters + text.index("\0")))))
                end = text.rfind("\n")
                of_line = of_line + len(text) if end < 0 else len(text) - end - 1
                if of_line > longest_line:
                    at = Locator(_line(path, charset, characters + len(text)))
                    raise BatchError(found(TOO_BIG, at, what="Die Zeile / The line", limit=longest_line))
            if not piece:
                return
            passed += len(piece)
            characters += len(text)


def _line(path: Path, charset: str, characters: int) -> int:
    """Number of the line in which the character at this place stands."""
    line = 1
    with path.open(encoding="utf-8" if charset == "utf-8-sig" else charset, newline="\n") as file:
        while characters > 0 and (text := file.read(min(PIECE, characters))):
            line += text.count("\n")
            characters -= len(text)
    return line


def _undecodable(path: Path, charset: str, offset: int) -> Finding:
    with path.open("rb") as file:
        file.seek(max(0, offset - _AROUND))
        sample = file.read(2 * _AROUND)
    old = sum(map(sample.count, (bytes((each,)) for each in _CP850)))
    new = sum(map(sample.count, (bytes((each,)) for each in _CP1252)))
    hint = " – cp850?" if old > new else ""
    return found(UNDECODABLE, offset=offset, charset=charset, hint=hint)
