"""CSV: declared separator, strict quotes, titles found by name. What is not as declared is a finding with its line.

Children of a record stand beside it: the columns of the record repeat on every row, the column `row` counts from 1
within each record (our own form), or equal columns keep rows together (partners). A profile with `nested = "lines"` has
one line for the record and one per child instead.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO

from exchange.charset import charset_of, head_text
from exchange.codec import (
    DOUBLE_COLUMN,
    MISSING_COLUMN,
    NOT_READABLE,
    REJECT_COLUMNS,
    TOO_BIG,
    Limits,
    Meta,
    Raw,
    Signature,
    Texts,
    flatten,
)
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found, kind
from exchange.profile import ROW_COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.profile import Layout, Profile, Source
    from exchange.record import Schema

SHORT_ROW = kind(
    "csv.wrong_width",
    de="Die Zeile hat {actual} Spalten, die Kopfzeile {expected}.",
    en="The row has {actual} columns, the header has {expected}.",
    remedy_de="Prüfen Sie Trennzeichen und Anführungszeichen in dieser Zeile.",
    remedy_en="Check separators and quotes in this row.",
)
BAD_QUOTES = kind(
    "csv.bad_quotes",
    de="Die Anführungszeichen gehen nicht auf ({reason}).",
    en="The quotes do not match ({reason}).",
    remedy_de='Ein " im Text wird als "" geschrieben; suchen Sie ab dieser Zeile das offene Anführungszeichen.',
    remedy_en='A " inside a text is written as ""; look for the open quote from this line on.',
)
WRONG_SEPARATOR = kind(
    "csv.wrong_separator",
    de="Die Kopfzeile hat nur eine Spalte; das Trennzeichen des Profils ist „{delimiter}“.",
    en="The header has only one column; the separator of the profile is “{delimiter}”.",
    remedy_de="Speichern Sie die Datei mit diesem Trennzeichen, oder stellen Sie es im Profil ein.",
    remedy_en="Save the file with this separator, or set it in the profile.",
)
STRANGE_CHARACTER = kind(
    "csv.strange_character",
    de="Die Zeile enthält ein Zeichen, das in Textdateien nicht vorkommt ({name}).",
    en="The line has a character that does not occur in text files ({name}).",
    remedy_de="Erzeugen Sie die Datei neu; sie ist beschädigt oder in einem anderen Zeichensatz.",
    remedy_en="Produce the file again; it is damaged or in another charset.",
)
REPEATED_HEADER = kind(
    "csv.repeated_header",
    de="Hier steht die Kopfzeile noch einmal.",
    en="The header stands here once more.",
    remedy_de="Löschen Sie die Zeile; vermutlich wurden zwei Dateien aneinandergehängt.",
    remedy_en="Delete the line; two files were probably joined.",
)
NO_FIRST_ROW = kind(
    "csv.no_first_row",
    de="Die Spalte „row“ enthält „{value}“; ein Datensatz beginnt mit 1 und zählt weiter.",
    en="The column “row” holds “{value}”; a record begins with 1 and counts on.",
    remedy_de="Nummerieren Sie die Zeilen jedes Datensatzes von 1 an.",
    remedy_en="Number the rows of every record from 1 on.",
)

#: More structural faults than this are not listed.
MOST_FAULTS = 1_000
_SEPARATORS = ";\t,|"


def _plain(title: str) -> str:
    return title.strip().strip("*").strip().casefold()


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where every field stands in a row; -1 stands for a field that the file does not have."""

    width: int
    fields: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    row: int
    constants: tuple[str, ...]
    header: tuple[str, ...] = ()


def _row_getter(columns: Sequence[int], constants: Sequence[str] | None = None) -> Callable[[list[str]], Sequence[str]]:
    """The function row → values in the order of the schema; at C speed where every column is there."""
    plain = not constants or not any(constants)
    if len(columns) > 1 and plain:
        # A row gets one empty cell at its end (see `_rows`), which is what -1 points at.
        return itemgetter(*columns)
    given = constants or [""] * len(columns)
    return lambda row: tuple([row[index] or value for index, value in zip(columns, given, strict=True)])


class CsvCodec:
    """See the module docstring."""

    format = "csv"
    suffixes = (".csv", ".txt", ".tsv")

    def recognise(self, path: Path) -> Signature | None:
        """The column titles of the first line, by the separator that gives the most."""
        head = head_text(path).lstrip("\ufeff")
        line = head.split("\n", 1)[0].rstrip("\r")
        if line.startswith("sep="):
            line = [*head.split("\n", 2), "", ""][1].rstrip("\r")
        if not line.strip() or "\x00" in line or line.lstrip()[:1] in ("<", "{", "["):
            return None
        best: list[str] = []
        for delimiter in _SEPARATORS:
            try:
                titles = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            if len(titles) > max(len(best), 1) and all(_is_title(each) for each in titles if each):
                best = titles
        return Signature(self.format, names=tuple(best)) if best else None

    def read(self, path: Path, layout: Layout, limits: Limits = Limits()) -> Iterator[Raw]:  # noqa: B008 - frozen
        """The records, by line. Raises BatchError with all structural faults."""
        charset = charset_of(path, layout.profile.charset)
        with path.open(encoding=charset, newline="") as file:
            lines = _Lines(file, layout.profile, limits)
            if layout.profile.nested == "lines":
                yield from _by_lines(lines, layout)
                return
            columns = _columns(lines, layout)
            rows = _rows(lines, columns)
            if layout.schema.groups:
                yield from _nested(rows, columns)
            else:
                get = _row_getter(columns.fields, columns.constants)
                make = tuple.__new__
                for line, row in rows:
                    yield make(Raw, (line, get(row), ()))

    def write(self, out: BinaryIO, layout: Layout, records: Iterable[Any], meta: Meta) -> int:  # noqa: ARG002 - contract
        """Header and rows in the profile's charset. Raises UnicodeEncodeError never: see `_encoder`."""
        profile = layout.profile
        text = io.TextIOWrapper(out, encoding=profile.write_charset, errors="strict", newline="", write_through=False)
        writer = csv.writer(text, **_dialect(profile))
        count = (
            _write_lines(writer, layout, records) if profile.nested == "lines" else _write_rows(writer, layout, records)
        )
        text.flush()
        text.detach()
        return count

    def reject(self, path: Path, layout: Layout, out: BinaryIO, rejects: Mapping[int, Sequence[Finding]]) -> None:
        """Header and rejected rows as they stood there, with code and reason in two more columns."""
        profile = layout.profile
        charset = charset_of(path, profile.charset)
        text = io.TextIOWrapper(out, encoding=charset, newline="")
        writer = csv.writer(text, **_dialect(profile))
        by_lines = profile.nested == "lines"
        with path.open(encoding=charset, newline="") as file:
            lines = _Lines(file, profile, Limits())
            old: list[int] = []
            if profile.header and not by_lines:
                _, header = next(lines)
                old = [index for index, title in enumerate(header) if _plain(title) in REJECT_COLUMNS]
                writer.writerow([*_without(header, old), *REJECT_COLUMNS])
            wanted = _row_lines(path, layout, rejects)
            for line, row in lines:
                if line in wanted or by_lines:
                    faults = rejects.get(line, ())
                    codes = " ".join(each.code for each in faults)
                    told = " | ".join(f"{each.message('de')} {each.remedy('de')}" for each in faults)
                    writer.writerow(row if by_lines else [*_without(row, old), codes, told])
        text.flush()
        text.detach()


def _without(row: Sequence[str], columns: Sequence[int]) -> list[str]:
    return [cell for index, cell in enumerate(row) if index not in columns] if columns else list(row)


def _row_lines(path: Path, layout: Layout, rejects: Mapping[int, Sequence[Finding]]) -> set[int]:
    """All lines of the records that have findings: a nested record goes back as a whole."""
    if not layout.schema.groups or layout.profile.nested == "lines":
        return set(rejects)
    lines: set[int] = set()
    for raw in CODEC.read(path, layout):
        own = {raw.line, *(child.line for children in raw.groups for child in children)}
        if own & rejects.keys():
            lines |= own
    return lines


def _is_title(text: str) -> bool:
    return len(text) <= 100 and any(each.isalpha() for each in text) and text.strip().isprintable()  # noqa: PLR2004


def _dialect(profile: Profile) -> dict[str, Any]:
    quoting = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL, "none": csv.QUOTE_NONE}[profile.quoting]
    return {"delimiter": profile.delimiter, "quoting": quoting, "lineterminator": profile.newline}


# --- reading ---------------------------------------------------------------------------------------------------------


class _Lines:
    """Rows with the line they begin in. Raises BatchError for what is no csv."""

    def __init__(self, file: Iterable[str], profile: Profile, limits: Limits) -> None:
        self.profile = profile
        self._file = _guarded(file, limits)
        csv.field_size_limit(limits.field_characters)
        self._reader = csv.reader(self._file, delimiter=profile.delimiter, strict=profile.quoting != "none")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            line = self._reader.line_num + 1
            try:
                row = next(self._reader)
            except csv.Error as error:
                raise BatchError(self._fault(line, str(error))) from None
            if row and any(row):
                return line, row

    def _fault(self, line: int, reason: str) -> Finding:
        if "field larger" in reason:
            return found(TOO_BIG, Locator(line), what="Ein Feld / A field", limit=csv.field_size_limit())
        if "line contains NUL" in reason:
            return found(STRANGE_CHARACTER, Locator(line), name="NUL")
        return found(BAD_QUOTES, Locator(line), reason=reason)


def _guarded(file: Iterable[str], limits: Limits) -> Iterator[str]:
    """Lines without what text files do not have. A lone CR is no line end here."""
    most = limits.field_characters * 4
    for number, line in enumerate(file, 1):
        if number == 1 and line.startswith("sep="):
            yield "\n"  # Excel's own hint; keeps line numbers right
            continue
        if "\x00" in line:
            raise BatchError(found(STRANGE_CHARACTER, Locator(number), name="NUL"))
        if len(line) > most:
            raise BatchError(found(TOO_BIG, Locator(number), what="Eine Zeile / A line", limit=most))
        yield line


def _spellings(layout: Layout) -> dict[str, list[str]]:
    """Every title that a column may have, by the name that the profile gives it."""
    spellings: dict[str, list[str]] = {}
    if not layout.profile.canonical:
        return spellings
    for each in layout.schema.fields:
        spellings[each.name] = [each.de, each.en]
    for group in layout.schema.groups:
        for each in group.schema.fields:
            spellings[f"{group.element}_{each.name}"] = [f"{group.de}: {each.de}", f"{group.en}: {each.en}"]
    return spellings


def _columns(lines: _Lines, layout: Layout) -> _Columns:
    """Find every field by its title. Raises BatchError for missing and double columns, all at once."""
    constants = tuple(source.value for source in layout.sources)
    if not layout.profile.header:
        return _numbered(layout, constants)
    try:
        line, header = next(lines)
    except StopIteration:
        raise BatchError(found(NOT_READABLE, reason="keine Kopfzeile / no header")) from None
    if len(header) == 1 and len(layout.schema.fields) > 1:
        raise BatchError(found(WRONG_SEPARATOR, Locator(line), delimiter=layout.profile.delimiter))
    titles: dict[str, int] = {}
    faults = []
    for index, title in enumerate(map(_plain, header)):
        if title in titles:
            faults.append(found(DOUBLE_COLUMN, Locator(line), column=title))
        elif title:
            titles[title] = index
    spellings = _spellings(layout)

    def place(source: Source) -> int:
        for path in source.paths:
            for spelling in (path, *spellings.get(path, ())):
                if _plain(spelling) in titles:
                    return titles[_plain(spelling)]
        return -1

    fields = tuple(place(source) for source in layout.sources)
    for each, index, source in zip(layout.schema.fields, fields, layout.sources, strict=True):
        if each.required and index < 0 and not source.value:
            faults.append(found(MISSING_COLUMN, Locator(line), column=source.paths[0] if source.paths else each.name))
    if faults:
        raise BatchError(*faults)
    groups = tuple(tuple(place(source) for source in sources) for _, sources in layout.groups)
    return _Columns(len(header), fields, groups, titles.get(ROW_COLUMN, -1), constants, tuple(header))


def _numbered(layout: Layout, constants: tuple[str, ...]) -> _Columns:
    """A file without titles: the paths are column numbers from 1."""

    def place(source: Source) -> int:
        return int(source.paths[0]) - 1 if source.paths else -1

    fields = tuple(place(source) for source in layout.sources)
    groups = tuple(tuple(place(source) for source in sources) for _, sources in layout.groups)
    return _Columns(max((*fields, *(index for group in groups for index in group))) + 1, fields, groups, -1, constants)


def _rows(lines: _Lines, columns: _Columns) -> Iterator[tuple[int, list[str]]]:
    """Rows of the right width, each with one empty cell more. Raises BatchError with all others at the end."""
    faults: list[Finding] = []
    width = columns.width
    exact = lines.profile.header
    title = columns.header[0] if columns.header else None
    for line, row in lines:
        if row[0] == title and tuple(row) == columns.header:
            faults.append(found(REPEATED_HEADER, Locator(line)))
        if len(row) != width:
            while len(row) > width and row[-1] == "":
                row.pop()
            if len(row) != width and (exact or len(row) < width):
                faults.append(found(SHORT_ROW, Locator(line), actual=len(row), expected=width))
                if len(faults) >= MOST_FAULTS:
                    break
                continue
        row.append("")
        if not faults:
            yield line, row
    if faults:
        raise BatchError(*faults)


def _nested(rows: Iterable[tuple[int, list[str]]], columns: _Columns) -> Iterator[Raw]:
    """Rows that belong together, as one record with its children."""
    get = _row_getter(columns.fields, columns.constants)
    getters = [_row_getter(each) for each in columns.groups]
    current: Raw | None = None
    for line, row in rows:
        values = get(row)
        if current is None or _begins(row, line, values, current, columns):
            if current is not None:
                yield current
            current = Raw(line, values, [[] for _ in getters])
        for children, child_get in zip(current.groups, getters, strict=True):
            cells = child_get(row)
            if any(cells):
                children.append(Raw(line, cells))  # type: ignore[attr-defined] # ours until it is handed on
    if current is not None:
        yield current


def _begins(row: list[str], line: int, values: Sequence[str], current: Raw, columns: _Columns) -> bool:
    """Whether a row begins a new record."""
    if columns.row < 0:
        return tuple(values) != tuple(current.values)
    number = row[columns.row].strip()
    if not number.isdecimal() or number == "0":
        raise BatchError(found(NO_FIRST_ROW, Locator(line), value=number))
    return number == "1"


def _by_lines(lines: _Lines, layout: Layout) -> Iterator[Raw]:
    """One record: its own line, then a line per child. Columns are numbers from 1."""

    def pick(row: list[str], sources: Sequence[Source]) -> list[str]:
        return [
            row[int(source.paths[0]) - 1] if source.paths and int(source.paths[0]) <= len(row) else source.value
            for source in sources
        ]

    first = next(lines, None)
    if first is None:
        return
    chosen = next(index for index, (path, _) in enumerate(layout.groups) if path)
    groups: list[list[Raw]] = [[] for _ in layout.groups]
    groups[chosen] = [Raw(line, pick(row, layout.groups[chosen][1])) for line, row in lines]
    yield Raw(first[0], pick(first[1], layout.sources), groups)


# --- writing ---------------------------------------------------------------------------------------------------------


def _title(source: Source) -> str:
    return source.paths[0] if source.paths else ""


def _write_rows(writer: Any, layout: Layout, records: Iterable[Any]) -> int:
    texts = Texts(layout)
    schema: Schema = layout.schema
    titles = [_title(source) for source in layout.sources]
    widths = [len(sources) for _, sources in layout.groups]
    titles += [_title(source) for _, sources in layout.groups for source in sources]
    counted = bool(schema.groups) and layout.profile.canonical
    order = _order(titles, layout.profile)
    if layout.profile.header:
        writer.writerow([*([ROW_COLUMN] if counted else []), *(titles[index] for index in order)])
    count = 0
    if not schema.groups and order == list(range(len(titles))):
        fields = texts.fields
        for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
            writer.writerow(fields(record))
        return count
    constants = [source.value for source in layout.sources]
    for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
        values = [text or value for text, value in zip(texts.fields(record), constants, strict=True)]
        for row in flatten(values, texts.groups(record), widths):
            cells = row[1:]
            writer.writerow([*([row[0]] if counted else []), *(cells[index] for index in order)])
    return count


def _order(titles: Sequence[str], profile: Profile) -> list[int]:
    """Which cells are written, and where: those with a title, by number where there is no header."""
    chosen = [index for index, title in enumerate(titles) if title]
    return chosen if profile.header else sorted(chosen, key=lambda index: int(titles[index]))


def _write_lines(writer: Any, layout: Layout, records: Iterable[Any]) -> int:
    texts = Texts(layout)
    chosen = next(index for index, (path, _) in enumerate(layout.groups) if path)
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007 - told at the end
        writer.writerow(_placed(texts.fields(record), layout.sources))
        for child in texts.groups(record)[chosen]:
            writer.writerow(_placed(child, layout.groups[chosen][1]))
    return count


def _placed(values: Sequence[str], sources: Sequence[Source]) -> list[str]:
    """Values at the column numbers of their sources."""
    places = {
        int(source.paths[0]): text or source.value for text, source in zip(values, sources, strict=True) if source.paths
    }
    return [places.get(number, "") for number in range(1, max(places) + 1)]


CODEC = CsvCodec()
