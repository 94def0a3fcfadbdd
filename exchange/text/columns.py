"""Csv: which column holds which field, and how the values of a row are taken out of it.

Titles are compared without letter case, outer blanks and the `*` that marks a required column. Our own form also knows
the German and English labels of its fields; those of a group with the group before them (`Positionen: Menge`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from exchange.codec import DOUBLE_COLUMN, MISSING_COLUMN
from exchange.errors import BatchError, ConfigError
from exchange.finding import Locator, found, kind
from exchange.profile import ROW_COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from exchange.finding import Finding
    from exchange.profile import Layout, Profile, Source
    from exchange.record import Schema

    Pick = Callable[[list[str]], Sequence[str]]
    PickMany = Callable[[Sequence[list[str]]], Sequence[Sequence[str]]]

NO_HEADER = kind(
    "csv.no_header",
    de="Die Kopfzeile fehlt: keiner der Titel ist bekannt; erwartet wird zum Beispiel „{title}“.",
    en="The header is missing: none of the titles is known; “{title}” is expected, for example.",
    remedy_de="Schreiben Sie die Spaltentitel in die erste Zeile, oder wählen Sie das passende Profil.",
    remedy_en="Write the column titles into the first line, or choose the profile that fits.",
)
WRONG_DELIMITER = kind(
    "csv.wrong_delimiter",
    de="Die Spalten sind mit „{actual}“ getrennt, das Profil erwartet „{expected}“.",
    en="The columns are separated by “{actual}”, the profile expects “{expected}”.",
    remedy_de="Speichern Sie die Datei mit dem erwarteten Trennzeichen, oder stellen Sie delimiter im Profil ein.",
    remedy_en="Save the file with the separator that is expected, or set delimiter in the profile.",
)

#: Separators that files use; the one of a file is declared, these are for finding the wrong one.
DELIMITERS = ";\t,|"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where everything stands.

    Attributes:
        header: the titles as the file has them; empty for a file without.
        width: number of columns; 0 where only the rows can tell.
        fields: columns (from 0) per field of the schema; none where the file does not have the field.
        groups: the same per group.
        row: column of `exchange.profile.ROW_COLUMN`, or None.
        by: columns whose equal values make rows one record; none where the profile names none.
    """

    header: list[str]
    width: int
    fields: tuple[tuple[int, ...], ...]
    groups: tuple[tuple[tuple[int, ...], ...], ...]
    row: int | None = None
    by: tuple[int, ...] = ()


def plain(title: str) -> str:
    """A title as it is compared."""
    return " ".join(title.replace("*", " ").replace("\ufeff", "").split()).casefold()


def shown_delimiter(delimiter: str) -> str:
    """A separator as it may stand in a message."""
    return "Tab" if delimiter == "\t" else delimiter


def by_title(header: list[str], line: int, layout: Layout) -> Columns:
    """The columns of a file with titles. Raises BatchError with everything that is wrong with them."""
    known = _known_titles(layout)
    places: dict[str, list[int]] = defaultdict(list)
    for index, title in enumerate(header):
        path = known.get(plain(title))
        if path is not None:
            places[path].append(index)
    if not places:
        raise BatchError(_unknown(header, line, layout.profile, next(iter(known.values()), "")))
    faults = [
        found(DOUBLE_COLUMN, Locator(line, path), column=header[columns[1]].strip())
        for path, columns in places.items()
        if len(columns) > 1
    ]
    faults += _missing(layout.schema, layout.sources, places, line)
    for group, (_, sources) in zip(layout.schema.groups, layout.groups, strict=True):
        if group.required or any(path in places for source in sources for path in source.paths):
            faults += _missing(group.schema, sources, places, line)
    if faults:
        raise BatchError(*faults)
    return Columns(
        header,
        len(header),
        tuple(_columns(source, places) for source in layout.sources),
        tuple(tuple(_columns(source, places) for source in sources) for _, sources in layout.groups),
        places[ROW_COLUMN][0] if ROW_COLUMN in places else None,
        tuple(places[path][0] for path in layout.profile.by if path in places),
    )


def by_number(layout: Layout) -> Columns:
    """The columns of a file without titles: paths are numbers from 1. Raises ConfigError."""
    every = [*layout.sources, *(source for _, sources in layout.groups for source in sources)]
    try:
        places = {path: [int(path) - 1] for source in every for path in source.paths}
    except ValueError as error:
        message = f"profile {layout.profile.name}: without a header, paths are column numbers ({error})"
        raise ConfigError(message) from error
    if min((columns[0] for columns in places.values()), default=0) < 0:
        message = f"profile {layout.profile.name}: column numbers begin with 1"
        raise ConfigError(message)
    return Columns(
        [],
        0,
        tuple(_columns(source, places) for source in layout.sources),
        tuple(tuple(_columns(source, places) for source in sources) for _, sources in layout.groups),
    )


def needed(columns: Sequence[tuple[int, ...]]) -> int:
    """How many columns a row must at least have, where there are no titles to tell."""
    return max((index + 1 for each in columns for index in each), default=0)


def picker(columns: Sequence[tuple[int, ...]], sources: Sequence[Source], empty: Sequence[str] = ()) -> Pick:
    """The function row → values in the order of the schema; at C speed where every field has just one column."""
    if _simple(columns, sources):
        indexes = [each[0] if each else -1 for each in columns]
        if len(indexes) == 1:
            (only,) = indexes
            return lambda row: (row[only] if only >= 0 else "",)
        get = itemgetter(*indexes)
        if -1 in indexes:  # the file does not have the field: the cell behind the last one stands for it
            return lambda row: get([*row, ""])
        return get
    words = frozenset(("", *empty))
    takes = [_taker(each, source, words) for each, source in zip(columns, sources, strict=True)]
    return lambda row: [take(row) for take in takes]


def block_picker(columns: Sequence[tuple[int, ...]], sources: Sequence[Source], empty: Sequence[str] = ()) -> PickMany:
    """The function rows → values, column by column in the order of the schema; as `picker`, with fewer calls."""
    if not _simple(columns, sources):
        pick = picker(columns, sources, empty)
        return lambda rows: list(zip(*map(pick, rows), strict=True))
    indexes = [each[0] if each else -1 for each in columns]

    def pick_many(rows: Sequence[list[str]]) -> Sequence[Sequence[str]]:
        every, blank = list(zip(*rows, strict=True)), [""] * len(rows)
        return [every[index] if index >= 0 else blank for index in indexes]

    return pick_many


def _simple(columns: Sequence[tuple[int, ...]], sources: Sequence[Source]) -> bool:
    """Whether every field has just one column, or none."""
    return all(len(each) <= 1 and not source.value for each, source in zip(columns, sources, strict=True))


def _taker(columns: tuple[int, ...], source: Source, empty: frozenset[str]) -> Callable[[list[str]], str]:
    """The function row → value of one field; see `exchange.profile.Source`."""

    def take(row: list[str]) -> str:
        values = [row[index] for index in columns if row[index].strip() not in empty]
        if not values:
            return source.value
        return source.separator.join(values) if source.join else values[0]

    return take


def _columns(source: Source, places: Mapping[str, list[int]]) -> tuple[int, ...]:
    return tuple(places[path][0] for path in source.paths if path in places)


def _known_titles(layout: Layout) -> dict[str, str]:
    """Plain title → path. A label that two fields share names neither."""
    every = [*layout.sources, *(source for _, sources in layout.groups for source in sources)]
    known = {plain(path): path for path in (*layout.profile.by, *(path for source in every for path in source.paths))}
    if layout.schema.groups and layout.profile.nested == "columns":
        known[ROW_COLUMN] = ROW_COLUMN
    if not layout.profile.canonical:
        return known
    labels: dict[str, set[str]] = defaultdict(set)
    for label, source in _labels(layout):
        labels[plain(label)].update(source.paths[:1])
    return known | {label: min(paths) for label, paths in labels.items() if len(paths) == 1 and label not in known}


def _labels(layout: Layout) -> Iterator[tuple[str, Source]]:
    for each, source in zip(layout.schema.fields, layout.sources, strict=True):
        yield each.de, source
        yield each.en, source
    for group, (_, sources) in zip(layout.schema.groups, layout.groups, strict=True):
        for each, source in zip(group.schema.fields, sources, strict=True):
            yield f"{group.de}: {each.de}", source
            yield f"{group.en}: {each.en}", source


def _unknown(header: Sequence[str], line: int, profile: Profile, title: str) -> Finding:
    """Why no title is known: another separator, most of the time."""
    if len(header) == 1:
        counts = {each: header[0].count(each) for each in DELIMITERS if each != profile.delimiter}
        most = max(counts, key=lambda each: counts[each])
        if counts[most]:
            expected, actual = shown_delimiter(profile.delimiter), shown_delimiter(most)
            return found(WRONG_DELIMITER, Locator(line), expected=expected, actual=actual)
    return found(NO_HEADER, Locator(line), title=title)


def _missing(
    schema: Schema, sources: Sequence[Source], places: Mapping[str, list[int]], line: int
) -> Iterator[Finding]:
    for each, source in zip(schema.fields, sources, strict=True):
        if each.required and source.paths and not source.value and not _columns(source, places):
            path = source.paths[0]
            # In our own form people use the labels as titles, so they are told both.
            column = path if path != each.name or path == each.de else f"{each.de}“ / „{path}"
            yield found(MISSING_COLUMN, Locator(line, path), column=column)
