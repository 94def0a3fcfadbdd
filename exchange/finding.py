"""What is wrong with the data, as data: a kind from the catalogue, a place, and the values in question.

A kind is defined once, beside the code that finds it, with text and remedy in German and English. `explain` reads the
same catalogue, so the message in the clerk's file and the explanation on the command line cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["de", "en"]


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # the record (or file) is not applied
    HOLD = "hold"  # the record waits for a decision by a person
    WARNING = "warning"  # the record is applied, somebody should look


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which data can be wrong; `code` is stable and looks like `module.reason`.

    The four texts are `str.format` templates over the finding's values.
    """

    code: str
    de: str
    en: str
    remedy_de: str
    remedy_en: str
    severity: Severity = Severity.ERROR


CATALOGUE: dict[str, Kind] = {}


def kind(
    code: str,
    *,
    de: str,
    en: str,
    remedy_de: str,
    remedy_en: str,
    severity: Severity = Severity.ERROR,
) -> Kind:
    """Define a kind and enter it into the catalogue. Raises ValueError for a code that is taken."""
    if code in CATALOGUE:
        msg = f"finding code {code!r} is defined twice"
        raise ValueError(msg)
    CATALOGUE[code] = Kind(code, de, en, remedy_de, remedy_en, severity)
    return CATALOGUE[code]


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in the file: whatever of it is known.

    Attributes:
        line: 1-based line (csv, txt), number of the record (json, xml) or sheet row (xlsx).
        field: the column or element as the sender names it.
        sheet: name of the worksheet, xlsx only.
        cell: cell address such as `C7`, xlsx only.
    """

    line: int | None = None
    field: str = ""
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        if self.cell:
            return f"{self.sheet}!{self.cell}" if self.sheet else self.cell
        place = [] if self.line is None else [f"#{self.line}"]
        return " ".join([*place, *([self.field] if self.field else [])])


NOWHERE = Locator()

#: A value longer than this is cut in messages: a report is no place for a whole data sheet.
SHOWN_CHARACTERS = 120


def shown(value: object) -> str:
    """The value as it may stand in a report: one line, no control characters, not too long."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Attributes:
        kind: which fault, from the catalogue.
        at: where.
        values: what the texts of the kind need, already fit to be shown.
        key: business key of the record, where one could be read.
    """

    kind: Kind
    at: Locator = NOWHERE
    values: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    def message(self, language: Language = "de") -> str:
        """What is wrong, as one sentence."""
        return (self.kind.de if language == "de" else self.kind.en).format_map(_Lenient(self.values))

    def remedy(self, language: Language = "de") -> str:
        """What to do about it, as one sentence."""
        return (self.kind.remedy_de if language == "de" else self.kind.remedy_en).format_map(_Lenient(self.values))

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in receipts and `--json` reports."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "place": str(self.at),
            "line": self.at.line,
            "field": self.at.field,
            "sheet": self.at.sheet,
            "cell": self.at.cell,
            "key": self.key,
            "values": dict(self.values),
            "message": {"de": self.message("de"), "en": self.message("en")},
            "remedy": {"de": self.remedy("de"), "en": self.remedy("en")},
        }

    def __str__(self) -> str:
        place = str(self.at)
        return f"{self.code}{f' [{place}]' if place else ''}: {self.message('en')}"


class _Lenient(dict[str, str]):
    """Leaves an unknown placeholder standing: a report must not fail over its own wording."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def found(what: Kind, at: Locator = NOWHERE, key: str = "", /, **values: object) -> Finding:
    """A finding whose values are made fit to be shown."""
    return Finding(what, at, {name: shown(value) for name, value in values.items()}, key)
