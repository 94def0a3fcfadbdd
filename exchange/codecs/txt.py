"""TXT: fixed width with types of lines, the way German ERP programs have always exchanged files.

Our own form is described in `exchange.text.lines`; `layout_table` publishes it. Partners' files: paths are `start:end`
in characters, `rows` is what the lines of records begin with (none: every line is a record), the path of a group is
what its lines begin with. Lines that begin otherwise are passed over: partners have headers and trailers of their own.

Source: fault catalogue V9, V14, V16; formats.md 4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from exchange.charset import LONE_RETURN, charset_of, head_text, text_out
from exchange.codec import TOO_BIG, Limits, Meta, Raw, Signature, Texts
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found, kind
from exchange.record import Kind
from exchange.text import lines as own
from exchange.text.lines import layout_table, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.profile import Layout, Profile, Source
    from exchange.record import Schema
    from exchange.text.lines import LineType, Types

    Render = Callable[[Sequence[str]], list[str]]

__all__ = ["CODEC", "TxtCodec", "layout_table"]

NO_HEADER = kind(
    "txt.no_header",
    de="Die erste Zeile ist keine Kopfzeile der Version {version}: sie muss mit „{mark}“ beginnen.",
    en="The first line is no header of version {version}: it must begin with “{mark}”.",
    remedy_de="Richten Sie die Datei nach dem Aufbau (exchange schema MODUL --format txt), oder nennen Sie ein Profil.",
    remedy_en="Produce the file by the layout (exchange schema MODULE --format txt), or choose its profile.",
)
CUT_OFF = kind(
    "txt.cut_off",
    de="Die Schlusszeile fehlt; die Datei ist abgeschnitten.",
    en="The trailer is missing; the file was cut off.",
    remedy_de="Übertragen Sie die Datei neu.",
    remedy_en="Transfer the file again.",
)
WRONG_COUNT = kind(
    "txt.wrong_count",
    de="Die Schlusszeile nennt {expected} Datensätze / Zeilen, gezählt wurden {actual}.",
    en="The trailer says {expected} records / lines, counted were {actual}.",
    remedy_de="Übertragen Sie die Datei neu; wer Zeilen von Hand ändert, muss auch die Schlusszeile ändern.",
    remedy_en="Transfer the file again; whoever changes lines by hand must change the trailer as well.",
)
STRAY_LINE = kind(
    "txt.stray_line",
    de="Die Zeilenart „{code}“ ist unbekannt oder steht an falscher Stelle.",
    en="The line type “{code}” is unknown or stands in the wrong place.",
    remedy_de="Prüfen Sie die Zeile gegen den Aufbau (exchange schema MODUL --format txt).",
    remedy_en="Check the line against the layout (exchange schema MODULE --format txt).",
)
LONG_LINE = kind(
    "txt.long_line",
    de="Die Zeile hat {actual} Zeichen, ihr Aufbau nur {expected}.",
    en="The line has {actual} characters, its layout only {expected}.",
    remedy_de="Die Datei passt nicht zum Modul, oder Spalten sind verschoben; erzeugen Sie sie neu.",
    remedy_en="The file does not fit the module, or columns are shifted; produce it again.",
)
TORN_TEXT = kind(
    "txt.torn_text",
    de="Das Textstück {number} von „{field}“ ist unvollständig oder setzt das Stück davor nicht fort.",
    en="Piece {number} of the text “{field}” is incomplete or does not continue the piece before.",
    remedy_de="Erzeugen Sie die Datei neu; es fehlt eine Zeile oder ihr Ende.",
    remedy_en="Produce the file again; a line or its end is missing.",
)

TOO_WIDE = kind(
    "txt.too_wide",
    de="„{value}“ hat {length} Zeichen, in der Datei des Empfängers ist Platz für {limit}.",
    en="“{value}” has {length} characters, the receiver's file has room for {limit}.",
    remedy_de="Kürzen Sie den Wert, oder wählen Sie eine andere Dateiart.",
    remedy_en="Shorten the value, or choose another file type.",
)

#: What the lines begin with that say why a record was rejected; they are passed over when the file comes back.
REASON = own.FINDING + ">>> "
#: For a file that has passed the limits of the settings when it was read.
_PASSED = Limits(field_characters=2**31)
#: A line may be so many times longer than a field.
_FIELDS_OF_LINE = 8


class TxtCodec:
    """See the module docstring."""

    format = "txt"
    suffixes = (".txt",)

    def recognise(self, path: Path) -> Signature | None:
        """The mark of the header line; a partner's fixed width cannot be told by its content."""
        seen = own.read_header(head_text(path, 4096).lstrip("\ufeff").partition("\n")[0].rstrip("\r"))
        if seen is None:
            return None
        version, module, full = seen
        return Signature(self.format, module, full=full, version=int(version) if version.isdecimal() else 0)

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, by line. Raises BatchError."""
        lines = _lines(path, layout.profile, limits)
        if layout.profile.canonical:
            yield from _own_records(_framed(lines), types_of(layout), limits)
        else:
            yield from _partner_records(lines, types_of(layout))

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:
        """Header, records, trailer; for partners only the lines of records and groups. Raises BatchError."""
        profile = layout.profile
        texts = Texts(layout)
        render, groups = _renders(layout)
        count = lines = 0
        with text_out(out, profile.write_charset) as text:
            if profile.canonical:
                at = "" if meta.created_at is None else meta.created_at.isoformat()
                text.write(own.header(meta.module, at, full=meta.full) + profile.newline)
            for record in records:
                block = render(texts.fields(record))
                for render_child, children in zip(groups, texts.groups(record), strict=True):
                    for child in children:
                        block += render_child(child)
                text.write(profile.newline.join([*block, ""]))
                count += 1
                lines += len(block)
            if profile.canonical:
                text.write(own.trailer(count, lines) + profile.newline)
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """The lines of the rejected records as they stood there, each record behind E lines that say why."""
        profile = layout.profile
        charset = charset_of(path, profile.charset)
        count = lines = 0
        with text_out(out, charset) as text:
            if profile.canonical:
                text.write(own.header(profile.module, "", full=False) + profile.newline)
            for block in _blocks(path, layout):
                findings = [each for line in block for each in rejects.get(line.number, ())]
                if not findings:
                    continue
                told = [f"{REASON}{each.code} {each.at.field}: {each.message()} {each.remedy()}" for each in findings]
                reasons = [each.encode(charset, "replace").decode(charset) for each in told]
                text.write(profile.newline.join([*reasons, *(line.text for line in block), ""]))
                count += 1
                lines += len(block)
            if profile.canonical:
                text.write(own.trailer(count, lines) + profile.newline)


# --- reading ---------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A line and its number, from 1."""

    number: int
    text: str


def _lines(path: Path, profile: Profile, limits: Limits) -> Iterator[Line]:
    """All lines but blank ones and those that say why something was rejected. Raises BatchError."""
    charset = charset_of(path, profile.charset, limits.field_characters * _FIELDS_OF_LINE)
    with path.open(encoding=charset, newline="\n") as file:
        for number, line in enumerate(file, 1):
            text = line.rstrip("\r\n\x1a")  # DOS programs end a file with SUB
            if "\r" in text:
                raise BatchError(found(LONE_RETURN, Locator(number)))
            if text.strip() and not text.startswith(REASON):
                yield Line(number, text)


def _framed(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines of our own form between header and trailer. Raises BatchError, for the trailer at the end."""
    first = next(lines, Line(1, ""))
    seen = own.read_header(first.text)
    if seen is None or seen[0] != own.VERSION:
        mark = own.HEADER + own.MARK + own.VERSION
        raise BatchError(found(NO_HEADER, Locator(first.number), version=own.VERSION, mark=mark))
    records = 0
    for count, line in enumerate(lines):
        if line.text.startswith(own.TRAILER):
            told, actual = line.text, own.trailer(records, count)
            if told != actual:
                expected, counted = own.shown_trailer(told), own.shown_trailer(actual)
                raise BatchError(found(WRONG_COUNT, Locator(line.number), expected=expected, actual=counted))
            after = next(lines, None)
            if after is not None:
                raise BatchError(found(STRAY_LINE, Locator(after.number), code=after.text[:2]))
            return
        records += line.text.startswith(own.RECORD)
        yield line
    raise BatchError(found(CUT_OFF))


def _own_records(lines: Iterable[Line], types: Types, limits: Limits) -> Iterator[Raw]:
    current: Raw | None = None
    text: _Text | None = None
    for line in lines:
        code = line.text[:2]
        if code == own.TEXT:
            if text is None:
                raise BatchError(found(STRAY_LINE, Locator(line.number), code=code))
            text.add(line, limits.field_characters)
            continue
        if text is not None:
            text.close()
        group = types.groups.get(code)
        if group is not None and current is not None:
            index, of = group
            child = Raw(line.number, _fitting(line, of))
            current.groups[index].append(child)  # type: ignore[attr-defined] # a list, made below
            text = _Text(child, of)
        elif code == own.RECORD:
            if current is not None:
                yield current
            current = Raw(line.number, _fitting(line, types.record), [[] for _ in range(types.width)])
            text = _Text(current, types.record)
        else:
            raise BatchError(found(STRAY_LINE, Locator(line.number), code=code))
    if current is not None and text is not None:
        text.close()
        yield current


def _fitting(line: Line, of: LineType) -> list[str]:
    if len(line.text) > of.length:
        at = Locator(line.number)
        raise BatchError(found(LONG_LINE, at, actual=len(line.text), expected=of.length))
    return of.values(line.text)


class _Text:
    """Takes the pieces of the texts that belong to one line."""

    def __init__(self, raw: Raw, of: LineType) -> None:
        self.raw = raw
        self.of = of
        self.name = ""
        self.parts: list[str] = []
        self.size = 0

    def add(self, line: Line, limit: int) -> None:
        """One more piece. Raises BatchError when it does not continue the one before."""
        name, number, piece = own.read_piece(line.text)
        if name != self.name and number == "1":
            self.close()
            self.name = name
        at = Locator(line.number, name)
        if name not in self.of.names or name != self.name or number != str(len(self.parts) + 1) or piece is None:
            raise BatchError(found(TORN_TEXT, at, field=name, number=number))
        self.parts.append(piece)
        self.size += len(piece)
        if self.size > limit:
            raise BatchError(found(TOO_BIG, at, what=name, limit=limit))

    def close(self) -> None:
        """The text is complete."""
        if self.parts:
            self.raw.values[self.of.names[self.name]] = "".join(self.parts)  # type: ignore[index] # a list
        self.name, self.parts, self.size = "", [], 0


def _partner_records(lines: Iterable[Line], types: Types) -> Iterator[Raw]:
    current: Raw | None = None
    for line in lines:
        code = types.group_of(line.text)
        if code is not None:
            if current is None:
                raise BatchError(found(STRAY_LINE, Locator(line.number), code=code))
            index, of = types.groups[code]
            current.groups[index].append(Raw(line.number, of.values(line.text)))  # type: ignore[attr-defined] # a list
        elif line.text.startswith(types.code):
            if current is not None:
                yield current
            current = Raw(line.number, types.record.values(line.text), [[] for _ in range(types.width)])
    if current is not None:
        yield current


def _blocks(path: Path, layout: Layout) -> Iterator[list[Line]]:
    """The lines of one record after the other."""
    types = types_of(layout)
    lines = _lines(path, layout.profile, _PASSED)
    block: list[Line] = []
    for line in _framed(lines) if layout.profile.canonical else lines:
        if types.is_record(line.text):
            if block:
                yield block
            block = [line]
        elif layout.profile.canonical or types.group_of(line.text) is not None:
            block.append(line)
    if block:
        yield block


# --- writing ---------------------------------------------------------------------------------------------------------


def _renders(layout: Layout) -> tuple[Render, list[Render]]:
    """The functions values → lines, of the record and of every group."""
    profile, schema = layout.profile, layout.schema
    if profile.canonical:
        codes = own.group_codes(schema)
        groups = [_own_render(code, group.schema) for code, group in zip(codes, schema.groups, strict=True)]
        return _own_render(own.RECORD, schema), groups
    code = profile.rows[0] if profile.rows else ""
    return (
        _partner_render(code, schema, layout.sources, profile),
        [
            _partner_render(path, group.schema, sources, profile) if path else lambda _values: []
            for group, (path, sources) in zip(schema.groups, layout.groups, strict=True)
        ],
    )


def _own_render(code: str, schema: Schema) -> Render:
    fields = [(each.name, own.width(each), each.kind in (Kind.NUMBER, Kind.WHOLE)) for each in schema.fields]

    def render(values: Sequence[str]) -> list[str]:
        cells = [code]
        texts: list[str] = []
        for (name, width, right), value in zip(fields, values, strict=True):
            if len(value) > width:
                texts.extend(own.pieces(name, value))
                cells.append(" " * width)
            else:
                cells.append(value.rjust(width) if right else value.ljust(width))
        return ["".join(cells).rstrip(" "), *texts]

    return render


def _partner_render(code: str, schema: Schema, sources: Sequence[Source], profile: Profile) -> Render:
    """Values at their places, from the left; line breaks become blanks."""
    fields = [
        (index, own.place(source.paths[0], profile), source.value, schema.fields[index])
        for index, source in enumerate(sources)
        if source.paths
    ]
    width = max((place.stop for _, place, _, _ in fields), default=0)

    def render(values: Sequence[str]) -> list[str]:
        line = list(code.ljust(width))
        for index, place, constant, field in fields:
            value = " ".join((values[index] or constant).splitlines())
            room = place.stop - place.start
            if len(value) > room:
                at = Locator(field=field.name)
                raise BatchError(found(TOO_WIDE, at, values[0], value=value, length=len(value), limit=room))
            line[place] = value.ljust(room)
        return ["".join(line)]

    return render


CODEC = TxtCodec()
