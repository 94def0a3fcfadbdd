r"""TXT: fixed width with record types, the way German ERP programs have always exchanged files.

Our own form, in characters (UTF-8):

    H   header: mark EXCHANGE, version, module, time, full or not
    D   one record: its fields at fixed places
    1…9 one child of the first, second, ... group, below its record
    T   a long text of the line above: name of the field (40), then a piece of the text, closed by |
    E   a finding, in files with rejects; passed over when it comes back
    Z   trailer: number of records and of lines; without it, the file was cut off

In a T line a line break is \n and a backslash is \\. Partners' files: paths are `start:end`, `rows` is the code that
record
lines begin with (none: every line is a record), the path of a group is the code of its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from exchange.charset import charset_of, head_text
from exchange.codec import TOO_BIG, Limits, Meta, Raw, Signature, Texts
from exchange.errors import BatchError
from exchange.finding import Locator, found, kind
from exchange.record import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.profile import Layout, Source
    from exchange.record import Schema

CUT_OFF = kind(
    "txt.cut_off",
    de="Die Schlusszeile fehlt; die Datei ist abgeschnitten.",
    en="The trailer is missing; the file was cut off.",
    remedy_de="Übertragen Sie die Datei neu.",
    remedy_en="Transfer the file again.",
)
WRONG_COUNT = kind(
    "txt.wrong_count",
    de="Die Schlusszeile nennt {expected} Datensätze und Zeilen, gezählt wurden {actual}.",
    en="The trailer says {expected} records and lines, counted were {actual}.",
    remedy_de="Übertragen Sie die Datei neu; es fehlt etwas, oder es kam etwas dazu.",
    remedy_en="Transfer the file again; something is missing or was added.",
)
STRAY_LINE = kind(
    "txt.stray_line",
    de="Die Zeilenart „{code}“ steht an falscher Stelle oder ist unbekannt.",
    en="The line type “{code}” stands in the wrong place or is unknown.",
    remedy_de="Die Datei passt nicht zum Aufbau (`exchange schema MODUL --format txt`).",
    remedy_en="The file does not fit the layout (`exchange schema MODULE --format txt`).",
)

MARK = "HEXCHANGE"
_NAME = 40
_PIECE = 200
#: Texts up to this width stand in their line; longer ones only where they have something to say.
_WIDEST = 100


def _width(field: Field) -> int:
    """Characters of a field in its line; 0 sends it to T lines."""
    if field.kind is Kind.TEXT:
        return 0 if field.long or not 0 < field.length <= _WIDEST else field.length
    if field.kind is Kind.NUMBER:
        return field.length + field.places + 2
    if field.kind is Kind.WHOLE:
        return field.length + 1
    return {Kind.FLAG: 1, Kind.DATE: 10}.get(field.kind, 32)


def _places(schema: Schema) -> list[tuple[str, int, int]]:
    """Name, start and end of the fields that stand in the line, behind its code."""
    places, start = [], 1
    for each in schema.fields:
        width = _width(each)
        if width:
            places.append((each.name, start, start + width))
            start += width
    return places


def layout_table(schema: Schema) -> list[tuple[str, str, int, int, str]]:
    """Our own form as a table: line type, field, start (from 0), width, meaning; width 0 stands in T lines."""
    rows = []
    for code, of in (("D", schema), *((str(number), group.schema) for number, group in enumerate(schema.groups, 1))):
        placed = {name: (start, end) for name, start, end in _places(of)}
        for each in of.fields:
            start, end = placed.get(each.name, (0, 0))
            rows.append((code, each.name, start, end - start, each.de))
    return rows


@dataclass(frozen=True, slots=True)
class _Line:
    """How one type of line is taken apart: per field, start and end, or None where it stands elsewhere."""

    slices: tuple[tuple[int, int] | None, ...]
    names: Mapping[str, int]
    constants: tuple[str, ...]

    def values(self, text: str) -> list[str]:
        return [
            (text[place[0] : place[1]].strip(" ") if place else "") or constant
            for place, constant in zip(self.slices, self.constants, strict=True)
        ]


def _own_line(schema: Schema) -> _Line:
    placed = {name: (start, end) for name, start, end in _places(schema)}
    names = {each.name: index for index, each in enumerate(schema.fields)}
    return _Line(tuple(placed.get(name) for name in schema.names), names, ("",) * len(names))


def _partner_line(sources: Sequence[Source]) -> _Line:
    slices = []
    for source in sources:
        start, _, end = source.paths[0].partition(":") if source.paths else ("", "", "")
        slices.append((int(start), int(end)) if end else None)
    return _Line(tuple(slices), {}, tuple(source.value for source in sources))


def _lines_of(layout: Layout) -> tuple[str, _Line, dict[str, tuple[int, _Line]]]:
    """Code of record lines, how to read them, and the same per group code."""
    if layout.profile.canonical:
        groups = {
            str(number): (number - 1, _own_line(group.schema)) for number, group in enumerate(layout.schema.groups, 1)
        }
        return "D", _own_line(layout.schema), groups
    code = layout.profile.rows[0] if layout.profile.rows else ""
    partners = {path: (index, _partner_line(sources)) for index, (path, sources) in enumerate(layout.groups) if path}
    return code, _partner_line(layout.sources), partners


class TxtCodec:
    """See the module docstring."""

    format = "txt"
    suffixes = (".txt",)

    def recognise(self, path: Path) -> Signature | None:
        """The mark of the header line; a partner's fixed width cannot be told by content."""
        line = head_text(path, 4096).lstrip("\ufeff").split("\n", 1)[0].rstrip("\r")
        if not line.startswith(MARK):
            return None
        module = line[len(MARK) + 2 : len(MARK) + 2 + _NAME].strip()
        return Signature(self.format, module, full=line[-1:] == "1" and len(line) > len(MARK) + 2 + _NAME)

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, by line. Raises BatchError."""
        charset = charset_of(path, layout.profile.charset)
        with path.open(encoding=charset, newline="") as file:
            lines = _numbered(file, limits)
            if layout.profile.canonical:
                lines = _trailed(lines)
            yield from _records(lines, layout)

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Header, records, trailer; partners get their record and group lines only."""
        texts = Texts(layout)
        own = layout.profile.canonical
        lines = _Writer(out, layout.profile.newline, "utf-8" if own else layout.profile.write_charset)
        if own:
            at = meta.created_at.isoformat() if meta.created_at else ""
            lines.put(f"{MARK}01{meta.module:<{_NAME}}{at:<32}{'1' if meta.full else '0'}")
        render, group_renders = _renders(layout)
        count = 0
        for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
            for line in render(texts.fields(record)):
                lines.put(line)
            for child_render, children in zip(group_renders, texts.groups(record), strict=True):
                for child in children:
                    for line in child_render(child):
                        lines.put(line)
        if own:
            lines.put(f"Z{count:012d}{lines.number + 1:012d}")
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected records as they stood there, each behind E lines that say why."""
        charset = charset_of(path, layout.profile.charset)
        code, _, groups = _lines_of(layout)
        own = layout.profile.canonical
        lines = _Writer(out, layout.profile.newline, charset)
        if own:
            lines.put(f"{MARK}01{layout.profile.module:<{_NAME}}{'':<32}0")
        count = 0
        with path.open(encoding=charset, newline="") as file:
            for block in _blocks(_numbered(file, Limits()), code, groups, own=own):
                findings = [each for number, _ in block for each in rejects.get(number, ())]
                if not findings:
                    continue
                count += 1
                for each in findings if own else ():
                    lines.put(f"E{each.code} {each.at.field}: {each.message('de')} {each.remedy('de')}")
                for _, line in block:
                    lines.put(line)
        if own:
            lines.put(f"Z{count:012d}{lines.number + 1:012d}")
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The rejected records as they stood there, each behind E lines that say why."""
        charset = charset_of(path, layout.profile.charset)
        code, _, groups = _lines_of(layout)
        own = layout.profile.canonical
        lines = _Writer(out, layout.profile.newline, charset)
        if own:
            lines.put(f"{MARK}01{layout.profile.module:<{_NAME}}{'':<32}0")
        count, wanted = 0, False
        with path.open(encoding=charset, newline="") as file:
            for number, line in _numbered(file, Limits()):
                if line.startswith("E") and own:
                    continue
                if _is_record(line, code, groups, own=own):
                    wanted = number in rejects
                    count += wanted
                    for each in rejects.get(number, ()) if own else ():
                        lines.put(f"E{each.code} {each.at.field}: {each.message('de')} {each.remedy('de')}")
                elif line[:1] in ("H", "Z") and own:
                    continue
                if wanted:
                    lines.put(line)
        if own:
            lines.put(f"Z{count:012d}{lines.number + 1:012d}")


def _is_record(line: str, code: str, groups: Mapping[str, Any], *, own: bool) -> bool:
    if own:
        return line.startswith("D")
    return line.startswith(code) and not any(line.startswith(each) for each in groups)


def _blocks(
    lines: Iterable[tuple[int, str]], code: str, groups: Mapping[str, Any], *, own: bool
) -> Iterator[list[tuple[int, str]]]:
    """The lines of one record after the other, without header, findings and trailer."""
    block: list[tuple[int, str]] = []
    for number, line in lines:
        if own and line[:1] in ("H", "E", "Z"):
            continue
        if _is_record(line, code, groups, own=own) and block:
            yield block
            block = []
        block.append((number, line))
    if block:
        yield block


class _Writer:
    """Writes lines and counts them."""

    def __init__(self, out: BinaryIO, newline: str, charset: str) -> None:
        self.out, self.newline, self.charset = out, newline, charset
        self.number = 0

    def put(self, line: str) -> None:
        self.out.write((line + self.newline).encode(self.charset))
        self.number += 1


# --- reading ---------------------------------------------------------------------------------------------------------


def _numbered(file: Iterable[str], limits: Limits) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file, 1):
        if len(line) > limits.field_characters * 4:
            raise BatchError(
                found(TOO_BIG, Locator(number), what="Eine Zeile / A line", limit=limits.field_characters * 4)
            )
        text = line.rstrip("\r\n")
        if text.strip("\ufeff \x1a"):
            yield number, text.lstrip("\ufeff")


def _trailed(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Our own lines without header, findings and trailer. Raises BatchError where the trailer is not right."""
    records = count = 0
    trailer = ""
    for number, line in lines:
        if trailer:
            raise BatchError(found(STRAY_LINE, Locator(number), code=line[:1]))
        count += 1
        if line.startswith("Z"):
            trailer = line
        elif line.startswith("H") and count == 1:
            continue
        elif not line.startswith("E"):
            records += line.startswith("D")
            yield number, line
    if not trailer:
        raise BatchError(found(CUT_OFF))
    told = (trailer[1:13].strip(), trailer[13:25].strip())
    if told != (f"{records:012d}", f"{count:012d}"):
        expected = " / ".join(each.lstrip("0") or "0" for each in told)
        raise BatchError(found(WRONG_COUNT, expected=expected, actual=f"{records} / {count}"))


def _records(lines: Iterable[tuple[int, str]], layout: Layout) -> Iterator[Raw]:
    code, own, groups = _lines_of(layout)
    texts = layout.profile.canonical
    codes = sorted(groups, key=len, reverse=True)
    current: Raw | None = None
    last: tuple[list[Any], _Line] | None = None
    for number, line in lines:
        if texts and line.startswith("T"):
            if last is None:
                raise BatchError(found(STRAY_LINE, Locator(number), code="T"))
            _continue(*last, line, number)
            continue
        group = next((each for each in codes if line.startswith(each)), None)
        if group is not None and current is not None:
            index, shape = groups[group]
            child = Raw(number, shape.values(line))
            current.groups[index].append(child)  # type: ignore[attr-defined] # ours until it is handed on
            last = (child.values, shape)  # type: ignore[assignment] # a list, made above
        elif line.startswith(code) and group is None:
            if current is not None:
                yield current
            current = Raw(number, own.values(line), [[] for _ in layout.groups])
            last = (current.values, own)  # type: ignore[assignment]
        else:
            raise BatchError(found(STRAY_LINE, Locator(number), code=line[:2]))
    if current is not None:
        yield current


def _continue(values: list[Any], shape: _Line, line: str, number: int) -> None:
    name, piece = line[1 : 1 + _NAME].strip(), line[1 + _NAME :]
    if name not in shape.names or not piece.endswith("|"):
        raise BatchError(found(STRAY_LINE, Locator(number), code=f"T {name}"))
    values[shape.names[name]] += _unescaped(piece[:-1])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in parts)


# --- writing ---------------------------------------------------------------------------------------------------------


def _renders(layout: Layout) -> tuple[Callable[[list[str]], list[str]], list[Callable[[list[str]], list[str]]]]:
    """The functions values → lines, of the record and of every group."""
    if layout.profile.canonical:
        groups = [_own_render(str(number), group.schema) for number, group in enumerate(layout.schema.groups, 1)]
        return _own_render("D", layout.schema), groups
    code = layout.profile.rows[0] if layout.profile.rows else ""
    return _partner_render(code, layout.sources), [_partner_render(path, sources) for path, sources in layout.groups]


def _own_render(code: str, schema: Schema) -> Callable[[list[str]], list[str]]:
    fields = [(each.name, _width(each), each.kind in (Kind.NUMBER, Kind.WHOLE)) for each in schema.fields]

    def render(values: list[str]) -> list[str]:
        cells, long = [code], []
        for (name, width, right), value in zip(fields, values, strict=True):
            if width:
                cells.append(value.rjust(width) if right else value.ljust(width))
            elif value:
                long.extend(_pieces(name, value))
        return ["".join(cells).rstrip(" "), *long]

    return render


def _pieces(name: str, value: str) -> Iterator[str]:
    """T lines; a piece never ends within an escaped character."""
    start = 0
    while start < len(value):
        piece = _escaped(value[start : start + _PIECE])
        start += _PIECE
        yield f"T{name:<{_NAME}}{piece}|"


def _partner_render(code: str, sources: Sequence[Source]) -> Callable[[list[str]], list[str]]:
    places = []
    for source in sources:
        start, _, end = source.paths[0].partition(":") if source.paths else ("", "", "")
        places.append((int(start), int(end)) if end else None)
    width = max([len(code), *(place[1] for place in places if place)])

    def render(values: list[str]) -> list[str]:
        line = [" "] * width
        line[: len(code)] = code
        for place, value, source in zip(places, values, sources, strict=True):
            if place:
                cell = (value or source.value)[: place[1] - place[0]]
                line[place[0] : place[0] + len(cell)] = cell
        return ["".join(line)] if code or values else []

    return render


CODEC = TxtCodec()
