"""Json: the records of a file of any size, one after the other.

The text is decoded piece by piece; json's own C scanner takes one record after the other out of it. Numbers stay the
text that stands in the file, so money never becomes a float; only those with an exponent become a Decimal, as no
dialect allows exponents in texts. Names that stand twice in an object, NaN and Infinity are refused.

Source: fault catalogue M10.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from decimal import Decimal
from json import scanner
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from exchange.charset import charset_of
from exchange.codec import TOO_BIG
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind
from exchange.text.keys import halves_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from exchange.codec import Limits
    from exchange.profile import Profile

NO_JSON = kind(
    "json.not_readable",
    de="Beim Zeichen {place} ist die Datei kein JSON: {reason}.",
    en="At character {place} the file is no JSON: {reason}.",
    remedy_de="Erzeugen Sie die Datei neu.",
    remedy_en="Produce the file again.",
)
CUT_OFF = kind(
    "json.cut_off",
    de="Die Datei endet mitten in einem Wert; sie ist abgeschnitten.",
    en="The file ends within a value; it was cut off.",
    remedy_de="Übertragen Sie die Datei neu.",
    remedy_en="Transfer the file again.",
)
TOO_DEEP = kind(
    "json.too_deep",
    de="Die Werte sind zu tief ineinander geschachtelt.",
    en="The values are nested too deeply.",
    remedy_de="Prüfen Sie, woher die Datei kommt; kein Geschäftsdokument sieht so aus.",
    remedy_en="Check where the file comes from; no business document looks like this.",
)
DOUBLE_NAME = kind(
    "json.double_name",
    de="Der Name „{name}“ steht zweimal im selben Objekt.",
    en="The name “{name}” stands twice in the same object.",
    remedy_de="Der Absender muss jeden Namen einmal schreiben; welcher Wert gilt, ist nicht zu erkennen.",
    remedy_en="The sender must write each name once; which value counts cannot be told.",
)
NOT_A_NUMBER = kind(
    "json.not_a_number",
    de="„{value}“ gibt es in JSON nicht.",
    en="“{value}” does not exist in JSON.",
    remedy_de="Der Absender muss null oder eine Zahl schreiben.",
    remedy_en="The sender must write null or a number.",
)
WRONG_COUNT = kind(
    "json.wrong_count",
    de="Die Datei nennt {expected} Datensätze, gezählt wurden {actual}.",
    en="The file says {expected} records, counted were {actual}.",
    remedy_de="Übertragen Sie die Datei neu; es fehlt etwas, oder es kam etwas dazu.",
    remedy_en="Transfer the file again; something is missing or was added.",
)

#: Characters that are decoded at a time; pieces of this size stay in the processor's cache.
PIECE = 256 * 1024
#: A record may be so many times longer than a field.
_FIELDS_OF_RECORD = 64
#: Where the text breaks off this close to the end of a piece, reading on may help.
_LONGEST_TOKEN = 16
#: What may stand between values.
BLANK = " \t\r\n"
#: Key of a rejected object under which its findings stand; it is passed over when the file comes back.
FINDINGS = "_findings"
#: What stands between two elements of a list.
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*(?=[^ \t\r\n])")
#: Half of a character that json writes in two (a smiley, mostly); it may stand alone.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
#: Exponents beyond this are no numbers of this world, and their digits would fill the memory.
_MOST_EXPONENT = 30


class _Refused(Exception):  # noqa: N818 - no error: carries a finding out of the scanner
    """Something that is json, but not ours."""

    def __init__(self, finding: Any) -> None:
        super().__init__(finding)
        self.finding = finding


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Refused((DOUBLE_NAME, {"name": max(names, key=names.count)}))
    return made


def _no_constant(name: str) -> Any:
    raise _Refused((NOT_A_NUMBER, {"value": name}))


def _exact(text: str) -> str | Decimal:
    """A number with a point or an exponent, as it stands there."""
    if "e" not in text and "E" not in text:
        return text
    exponent = text.lower().rpartition("e")[2].lstrip("+-").lstrip("0")
    return Decimal(text) if not exponent or int(exponent[:9]) <= _MOST_EXPONENT else text


_DECODER = json.JSONDecoder(
    parse_float=_exact,
    parse_int=str,
    parse_constant=_no_constant,
    object_pairs_hook=_no_doubles,
)
_SCAN: Callable[[str, int], tuple[Any, int]] = scanner.make_scanner(_DECODER)  # type: ignore[arg-type]


class Item(NamedTuple):
    """One record: what it says, and its text, with the envelope that only this record has."""

    value: Any
    text: str


@contextmanager
def open_items(path: Path, profile: Profile, limits: Limits) -> Iterator[Iterator[Item]]:
    """The records of a file. Iterating raises BatchError."""
    charset = charset_of(path, profile.charset)
    # newline: nothing is translated, and nobody looks for line ends
    with path.open(encoding=charset, newline="\n") as file:
        yield _Items(file, frozenset(profile.rows), limits.field_characters * _FIELDS_OF_RECORD).all()


class _Items:
    """A sliding piece of the text: what is done is dropped, what is missing is read on."""

    def __init__(self, file: TextIO, wraps: frozenset[str], limit: int) -> None:
        self.file = file
        self.wraps = wraps
        self.limit = limit
        self.text = ""
        self.at = 0
        self.passed = 0  # characters before `text`
        self.ended = False
        self.start = 0  # of the last value in `text`
        self.held: int | None = None  # from here on, `text` is still needed
        self.count = 0
        self.halves = False  # half characters may occur

    # What a file may look like

    def all(self) -> Iterator[Item]:
        """All records, whatever they are wrapped in: a list, one object, lines of objects, keys that wrap."""
        first = self._peek()
        if first == "[":
            yield from self._array()
            if self._peek():
                raise self._no_json("nach der Liste steht noch etwas / something follows the list")
            return
        if first == "{":
            yield from self._object()
            while self._peek() == "{":  # lines of objects
                yield self._item()
        if self._peek():
            raise self._no_json("weder Objekt noch Liste / neither object nor list")

    def _array(self) -> Iterator[Item]:
        self._take("[")
        if self._peek() == "]":
            self.at += 1
            return
        while True:
            yield self._item()
            next_one = _NEXT.match(self.text, self.at)
            if next_one:  # as nearly always, all of it is there
                self.at = next_one.end()
                continue
            if self._peek() == "]":
                self.at += 1
                return
            self._take(",")
            self._peek()

    def _object(self) -> Iterator[Item]:
        """An object is a record, or wraps one or many; a list inside is read record by record."""
        begun = self.count
        self.held = self.at
        self._take("{")
        rest: dict[str, Any] = {}
        wrapped = False
        more = self._peek() != "}"
        while more:
            name = self._name()
            self._take(":")
            if name in rest:
                raise BatchError(found(DOUBLE_NAME, Locator(self.count + 1), name=name))
            if name in self.wraps and self._peek() in ("[", "{"):
                wrapped, self.held, rest[name] = True, None, None
                yield from self._wrapped()
            else:
                self._peek()
                rest[name] = self._value()
            more = self._peek() == ","
            if more:
                self.at += 1
        self._take("}")
        if not wrapped:
            self.count += 1
            text, self.held = self.text[self.held : self.at], None
            yield Item(halves_refused(rest) if _HALF.search(text) else rest, text)
        elif "exchange" in rest and rest.get("count") not in (None, str(self.count - begun)):
            raise BatchError(found(WRONG_COUNT, expected=rest["count"], actual=self.count - begun))

    def _wrapped(self) -> Iterator[Item]:
        if self._peek() == "[":
            yield from self._array()
        else:
            yield self._item()

    # Its parts

    def _item(self) -> Item:
        """A record; `{"order": {...}}` inside a list is unwrapped."""
        self.count += 1
        value = self._value()
        text = self.text[self.start : self.at]
        if self.halves and _HALF.search(text):
            value = halves_refused(value)
        if value.__class__ is dict and len(value) <= 2:  # noqa: PLR2004 - the record, and findings beside it
            for name, inner in value.items():
                if name in self.wraps and inner.__class__ is dict and value.keys() <= {name, FINDINGS}:
                    return Item(inner, text)
        return Item(value, text)

    def _name(self) -> str:
        if self._peek() != '"':
            raise self._no_json("ein Name in Anführungszeichen fehlt / a quoted name is missing")
        name: str = self._value()
        return name

    def _value(self) -> Any:
        """The next whole value. Raises BatchError where the text is no json."""
        while True:
            try:
                value, end = _SCAN(self.text, self.at)
            except StopIteration as error:
                self._more_or_fail(int(error.value), "ein Wert fehlt / a value is missing")
            except json.JSONDecodeError as error:
                place = len(self.text) if error.msg.startswith("Unterminated string") else error.pos
                self._more_or_fail(place, error.msg)
            except _Refused as refused:
                what, values = refused.finding
                raise BatchError(found(what, Locator(self.count or None), **values)) from None
            except RecursionError:
                raise BatchError(found(TOO_DEEP, Locator(self.count or None))) from None
            else:
                if end == len(self.text) and value.__class__ not in (dict, list) and self._more():
                    continue  # a number at the end of a piece may go on
                self.start, self.at = self.at, end
                return value

    def _more_or_fail(self, place: int, reason: str) -> None:
        """Read on where the fault is the end of the piece. Raises BatchError."""
        fault = self._no_json(reason, place)
        at_end = place >= len(self.text)
        if place < len(self.text) - _LONGEST_TOKEN:
            raise fault
        if not self._more():
            raise BatchError(found(CUT_OFF, Locator(self.count or None))) if at_end else fault

    def _more(self) -> bool:
        """Read on; False at the end of the file. What is not done yet doubles, so long records cost no square."""
        if self.ended:
            return False
        done = self.at if self.held is None else self.held
        left = len(self.text) - done
        if left > self.limit:
            raise BatchError(found(TOO_BIG, Locator(self.count), what="Ein Datensatz / A record", limit=self.limit))
        piece = self.file.read(max(PIECE, left))
        self.ended = not piece
        self.halves = self.halves or ("\\" in piece and ("\\ud" in piece or "\\uD" in piece))
        self.passed += done
        self.text = self.text[done:] + piece
        self.at -= done
        self.held = None if self.held is None else 0
        return not self.ended

    def _peek(self) -> str:
        """The next character that is no blank, or empty at the end; `at` is where it stands."""
        while True:
            text, at = self.text, self.at
            while text[at : at + 1] in BLANK and at < len(text):
                at += 1
            self.at = at
            if at < len(text):
                return text[at]
            if not self._more():
                return ""

    def _take(self, character: str) -> None:
        """Pass over one character. Raises BatchError when it is another one."""
        seen = self._peek()
        if not seen:
            raise BatchError(found(CUT_OFF, Locator(self.count or None)))
        if seen != character:
            raise self._no_json(f"{character} fehlt / is missing")
        self.at += 1

    def _no_json(self, reason: str, place: int | None = None) -> BatchError:
        at = self.at if place is None else place
        return BatchError(found(NO_JSON, Locator(self.count or None), place=self.passed + at + 1, reason=reason))
