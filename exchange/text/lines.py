r"""Txt: types of lines and what stands where in them.

Our own form, in characters; a line begins with its type in two characters:

    H   header: mark EXCHANGE, version, module, time, full or not
    D   one record: its fields at fixed places
    LI  one child of a record, below it; the type is made of the group's element (line)
    T   a text that has no place in the line above: name of the field, number of the piece, piece, closed by |
    E   a finding, in files with rejects; passed over when it comes back
    Z   trailer: number of records, and of D, child and T lines; without it, the file was cut off

In a T line a line break is \n, a carriage return \r and a backslash \\; blanks at its end are kept.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from exchange.errors import ConfigError
from exchange.record import Kind
from exchange.text.columns import picker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from exchange.profile import Layout, Profile, Source
    from exchange.record import Field, Schema
    from exchange.text.columns import Pick

HEADER, RECORD, TEXT, FINDING, TRAILER = "H ", "D ", "T ", "E ", "Z "
MARK = "EXCHANGE"
VERSION = "01"
_TYPE = 2
_MODULE, _MOMENT = 40, 32
_NAME, _NUMBER = 40, 6
_COUNT = 12
#: Characters of a text in one T line.
PIECE = 200
#: Wider texts stand in T lines: most records leave them empty.
WIDEST = 255
_TEXT_START = _TYPE + _NAME + _NUMBER

Slices = list[slice]


# --- our own form ----------------------------------------------------------------------------------------------------


def width(field: Field) -> int:
    """Characters of a field in its line; 0 sends it to T lines."""
    if field.kind is Kind.TEXT:
        return field.length if not field.long and field.length <= WIDEST else 0
    if field.kind is Kind.NUMBER:
        return field.length + field.places + 2  # sign and point
    if field.kind is Kind.WHOLE:
        return field.length + 1
    return {Kind.FLAG: 1, Kind.DATE: 10}.get(field.kind, _MOMENT)


def slices(schema: Schema) -> Slices:
    """Where the fields stand in their line; nowhere for those in T lines."""
    places, start = [], _TYPE
    for field in schema.fields:
        places.append(slice(start, start + width(field)) if width(field) else slice(0, 0))
        start += width(field)
    return places


def group_codes(schema: Schema) -> list[str]:
    """Line types of the groups: the first letter of the element and the first further one that makes it unique."""
    codes: list[str] = []
    for group in schema.groups:
        name = group.element.upper()
        codes.append(next(code for letter in name[1:] + "123456789" if (code := name[0] + letter) not in codes))
    return codes


def layout_table(schema: Schema) -> list[tuple[str, str, int, int, str]]:
    """Our own form as a table: line type, field, start (from 0), length, meaning."""
    rows = [
        ("H", "mark", 2, len(MARK), f"Kennung: {MARK}"),
        ("H", "version", 10, len(VERSION), f"Version: {VERSION}"),
        ("H", "module", 12, _MODULE, "Modul"),
        ("H", "created_at", 52, _MOMENT, "erzeugt am, ISO 8601 mit Zeitzone"),
        ("H", "full", 84, 1, "1: alle Datensätze, die es gibt"),
    ]
    groups = zip(group_codes(schema), (group.schema for group in schema.groups), strict=True)
    for code, of in (("D", schema), *groups):
        for field, place in zip(of.fields, slices(of), strict=True):
            if width(field):
                rows.append((code, field.name, place.start, width(field), field.de))
            else:
                rows.append(("T", field.name, _TEXT_START, PIECE, f"{field.de} (unter {code})"))
    return [
        *rows,
        ("T", "(name)", _TYPE, _NAME, "Name des Feldes der Zeile darüber"),
        ("T", "(number)", _TYPE + _NAME, _NUMBER, "Nummer des Textstücks, ab 1"),
        ("Z", "records", _TYPE, _COUNT, "Zahl der Datensätze"),
        ("Z", "lines", _TYPE + _COUNT, _COUNT, "Zahl der Zeilen ohne H, E und Z"),
    ]


def header(module: str, created_at: str, *, full: bool) -> str:
    """The first line."""
    return f"{HEADER}{MARK}{VERSION}{module:<{_MODULE}}{created_at:<{_MOMENT}}{full:d}"


def read_header(line: str) -> tuple[str, str, bool] | None:
    """Version, module and whether the file is full; None when the line is no header."""
    if not line.startswith(HEADER + MARK):
        return None
    start = len(HEADER + MARK)
    module = line[start + 2 : start + 2 + _MODULE].strip()
    return line[start : start + 2], module, line[start + 2 + _MODULE + _MOMENT :].strip() == "1"


def trailer(records: int, lines: int) -> str:
    """The last line."""
    return f"{TRAILER}{records:0{_COUNT}}{lines:0{_COUNT}}"


def shown_trailer(line: str) -> str:
    """The counts of a trailer as people read them."""
    counts = (line[_TYPE : _TYPE + _COUNT], line[_TYPE + _COUNT :])
    return " / ".join(each.strip().lstrip("0") or "0" for each in counts)


def pieces(name: str, text: str) -> Iterator[str]:
    """The T lines of a text; no piece ends within an escaped character."""
    for number, start in enumerate(range(0, len(text), PIECE), 1):
        piece = text[start : start + PIECE].replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        yield f"{TEXT}{name:<{_NAME}}{number:0{_NUMBER}}{piece}|"


def read_piece(line: str) -> tuple[str, str, str | None]:
    """Name of the field, number of the piece, and the piece; None when the line lacks its end."""
    name, number = line[_TYPE : _TYPE + _NAME].strip(), line[_TYPE + _NAME : _TEXT_START].strip().lstrip("0")
    piece = line[_TEXT_START:]
    return name, number, _unescaped(piece[:-1]) if piece.endswith("|") else None


def _unescaped(piece: str) -> str:
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in piece.split("\\\\"))


# --- types of lines --------------------------------------------------------------------------------------------------


class LineType:
    """Line → values, for one schema in one profile.

    Args:
        names: fields of the schema.
        places: what is cut out of a line.
        pick: the function cuttings → values; None where they are the same.
    """

    def __init__(self, names: Sequence[str], places: Slices, pick: Pick | None = None) -> None:
        self.names = {name: index for index, name in enumerate(names)}
        self.length = max((place.stop for place in places), default=0)
        self._cut = _cutter(places)
        self._pick = pick

    def values(self, line: str) -> list[str]:
        """One raw value per field."""
        cells = list(map(str.strip, self._cut(line)))
        return cells if self._pick is None else list(self._pick(cells))


def _cutter(places: Slices) -> Callable[[str], Sequence[str]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda line: [line[place] for place in places]


class Types(NamedTuple):
    """The types of lines of a file.

    Attributes:
        record: how the line of a record is taken apart.
        code: what it begins with; empty: every line that is none of a group is one.
        groups: the same per beginning of a group's lines, with the index of the group.
        width: number of groups of the schema.
    """

    record: LineType
    code: str
    groups: Mapping[str, tuple[int, LineType]]
    width: int

    def group_of(self, line: str) -> str | None:
        """What a group's line begins with; None for other lines."""
        return next((code for code in self.groups if line.startswith(code)), None)

    def is_record(self, line: str) -> bool:
        """Whether the line begins a record."""
        return line.startswith(self.code) and self.group_of(line) is None


def types_of(layout: Layout) -> Types:
    """The types of lines that a profile declares. Raises ConfigError."""
    profile, schema = layout.profile, layout.schema
    if profile.canonical:
        groups = {
            code: (index, LineType(group.schema.names, slices(group.schema)))
            for index, (code, group) in enumerate(zip(group_codes(schema), schema.groups, strict=True))
        }
        return Types(LineType(schema.names, slices(schema)), RECORD, groups, len(schema.groups))
    code = profile.rows[0] if profile.rows else ""
    partners = {
        path: (index, _partner_type(group.schema.names, sources, profile))
        for index, (group, (path, sources)) in enumerate(zip(schema.groups, layout.groups, strict=True))
        if path
    }
    longest_first = dict(sorted(partners.items(), key=lambda item: -len(item[0])))
    return Types(_partner_type(schema.names, layout.sources, profile), code, longest_first, len(schema.groups))


def place(path: str, profile: Profile) -> slice:
    """The place that a partner's path `start:end` names. Raises ConfigError."""
    start, colon, end = path.partition(":")
    if not (colon and start.isdecimal() and end.isdecimal() and int(start) < int(end)):
        message = f"profile {profile.name}: in txt a path is start:end, not {path!r}"
        raise ConfigError(message)
    return slice(int(start), int(end))


def _partner_type(names: Sequence[str], sources: Sequence[Source], profile: Profile) -> LineType:
    paths = list(dict.fromkeys(path for source in sources for path in source.paths))
    columns = [tuple(paths.index(path) for path in source.paths) for source in sources]
    return LineType(names, [place(path, profile) for path in paths], picker(columns, sources, profile.empty))
