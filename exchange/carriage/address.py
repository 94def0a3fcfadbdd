"""Street and house number, post boxes, parcel lockers: what stands in one line and must stand in two.

The rules are declared and told apart by their form alone; where a line fits none, it stays as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Countries that write the house number before the street.
NUMBER_FIRST = frozenset({"FR", "GB", "IE", "US", "CA", "AU", "NZ", "LU", "MC"})

_NUMBER = r"\d{1,5}(?:\s\d/\d)?\s?[a-zA-Z]?(?:\s?[-/+]\s?(?:\d{1,5}\s?[a-zA-Z]?|[a-zA-Z]\b))*"
#: `Hauptstr. 12 a`, `Straße des 17. Juni 135`, `Am Markt 3-5`; what follows (`Hinterhaus`, `2. OG`) is an extra.
_LAST = re.compile(
    rf"(?P<street>.*?[^\W\d][.)]?)[\s,]+(?P<number>{_NUMBER})(?:\s*[,;]\s*(?P<after>.+)|\s+(?P<extra>[^\W\d].*))?"
)
#: `Hauptstr.12` without a blank.
_GLUED = re.compile(rf"(?P<street>.*?[^\W\d]\.)(?P<number>{_NUMBER})")
#: Mannheim's squares: `C 4, 12`, `Q7 24`.
_SQUARE = re.compile(rf"(?P<street>[A-Z]\s?\d{{1,2}})[\s,]+(?P<number>{_NUMBER})")
#: `10 Rue de la Paix`, `10B, High Street`.
_FIRST = re.compile(r"(?P<number>\d{1,5}\s?(?:[a-zA-Z]|bis|ter)?)[\s,]+(?P<street>[^\W\d].*)")
_POST_BOX = re.compile(r"(?:postfach|postbox|p\.?\s?o\.?\s?box)\b.*", re.IGNORECASE)
_LOCKER = re.compile(r"(?P<street>packstation|postfiliale|paketshop)\s*(?P<number>\d{3,4})", re.IGNORECASE)
_POST_NUMBER = re.compile(r"(?:postnummer|post-?nr\.?|kundennummer)?[\s:]*(?P<number>\d{6,10})", re.IGNORECASE)


class Line(NamedTuple):
    """A street line, taken apart.

    Attributes:
        street: without the house number.
        number: the house number as it stands there, or empty.
        extra: what follows the number.
    """

    street: str
    number: str
    extra: str = ""


def split(line: str, country: str = "DE") -> Line:
    """Street, house number and the rest. Where no number can be told, the whole line is the street."""
    line = " ".join(line.split()).strip(" ,")
    locker = _LOCKER.fullmatch(line)
    if locker:
        return Line(locker["street"].capitalize(), locker["number"])
    if country in NUMBER_FIRST:
        first = _FIRST.fullmatch(line)
        if first:
            return Line(first["street"], first["number"])
    for form in (_SQUARE, _LAST, _GLUED):
        match = form.fullmatch(line)
        if match:
            found = match.groupdict()
            return Line(found["street"].rstrip(" ,"), found["number"], found.get("after") or found.get("extra") or "")
    return Line(line, "")


def is_post_box(line: str) -> bool:
    """Whether a parcel cannot be delivered there."""
    return _POST_BOX.fullmatch(" ".join(line.split())) is not None


def is_locker(line: str) -> bool:
    """Whether the line names a parcel locker or a post office."""
    return _LOCKER.fullmatch(" ".join(line.split())) is not None


def post_number(*lines: str) -> str:
    """The recipient's number at the post, out of the first line that is nothing else; or empty."""
    for line in lines:
        match = _POST_NUMBER.fullmatch(line.strip())
        if match:
            return match["number"]
    return ""


def fitted(names: tuple[str, ...], length: int) -> tuple[tuple[str, ...], str]:
    """Names that are at most so long: what does not fit moves to the next line at a blank.

    Returns:
        As many names as were given, and what was cut off after the last one.
    """
    lines: list[str] = []
    rest = [" ".join(name.split()) for name in names if name.strip()]
    while rest and len(lines) < len(names):
        line = rest.pop(0)
        if len(line) > length:
            cut = line.rfind(" ", 0, length + 1)
            cut = cut if cut > 0 else length
            rest.insert(0, line[cut:].strip())
            line = line[:cut].strip()
        lines.append(line)
    return (*lines, *[""] * (len(names) - len(lines))), " ".join(rest)
