"""Text ⇄ value, the German way and the plain way.

A `Dialect` says how a partner writes numbers, dates and yes/no. Nothing is guessed: what the dialect does not allow
is a
`ConversionError` that carries the kind of finding. Values that a file type knows by itself (a number in an Excel
cell, a
`true` in json) pass through with the same checks.

`reader(field, dialect)` gives the function text → value for one field, `writer(field, dialect)` the way back. Readers
remember what they have converted, because columns repeat themselves: a price that has been seen costs one dict look-up.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exchange.finding import Kind as FindingKind
from exchange.finding import kind
from exchange.record import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOO_LONG = kind(
    "value.too_long",
    de="„{value}“ hat {length} Zeichen, erlaubt sind {limit}.",
    en="“{value}” has {length} characters, {limit} are allowed.",
    remedy_de="Kürzen Sie den Wert auf {limit} Zeichen.",
    remedy_en="Shorten the value to {limit} characters.",
)
NO_CODE = kind(
    "value.no_code",
    de="„{value}“ ist kein Code aus {limit} Buchstaben und kein bekannter Name.",
    en="“{value}” is no code of {limit} letters and no known name.",
    remedy_de="Schreiben Sie den Code, wie DE für Deutschland.",
    remedy_en="Write the code, such as DE for Germany.",
)
MISSING = kind(
    "value.missing",
    de="Das Feld ist leer, wird aber gebraucht.",
    en="The field is empty but needed.",
    remedy_de="Füllen Sie das Feld aus.",
    remedy_en="Fill the field.",
)
NO_NUMBER = kind(
    "value.no_number",
    de="„{value}“ ist keine Zahl der Form {form}.",
    en="“{value}” is not a number of the form {form}.",
    remedy_de="Schreiben Sie die Zahl als {form}, ohne Währung, Leerzeichen und Exponent.",
    remedy_en="Write the number as {form}, without currency, blanks and exponent.",
)
NEGATIVE = kind(
    "value.negative",
    de="„{value}“ ist kleiner als null.",
    en="“{value}” is below zero.",
    remedy_de="Prüfen Sie das Vorzeichen.",
    remedy_en="Check the sign.",
)
TOO_LARGE = kind(
    "value.too_large",
    de="„{value}“ hat mehr als {limit} Stellen vor dem Komma.",
    en="“{value}” has more than {limit} digits before the point.",
    remedy_de="Prüfen Sie, ob das Komma verloren ging.",
    remedy_en="Check whether the decimal point was lost.",
)
TOO_EXACT = kind(
    "value.too_exact",
    de="„{value}“ hat mehr als {limit} Nachkommastellen.",
    en="“{value}” has more than {limit} decimal places.",
    remedy_de="Runden Sie auf {limit} Nachkommastellen.",
    remedy_en="Round to {limit} decimal places.",
)
NO_DATE = kind(
    "value.no_date",
    de="„{value}“ ist kein Datum der Form {form}.",
    en="“{value}” is not a date of the form {form}.",
    remedy_de="Schreiben Sie das Datum als {form}.",
    remedy_en="Write the date as {form}.",
)
NO_FLAG = kind(
    "value.no_flag",
    de="„{value}“ ist weder Ja noch Nein; erlaubt: {form}.",
    en="“{value}” is neither yes nor no; allowed: {form}.",
    remedy_de="Schreiben Sie eines von: {form}.",
    remedy_en="Write one of: {form}.",
)
NOT_IN_LIST = kind(
    "value.not_in_list",
    de="„{value}“ ist kein erlaubter Wert; erlaubt: {allowed}.",
    en="“{value}” is not allowed; allowed: {allowed}.",
    remedy_de="Wählen Sie einen Wert der Liste.",
    remedy_en="Choose a value of the list.",
)
BAD_CHARACTER = kind(
    "value.bad_character",
    de="Der Wert enthält ein unsichtbares Zeichen ({name}).",
    en="The value contains an invisible character ({name}).",
    remedy_de="Löschen Sie das Zeichen und tippen Sie den Wert neu.",
    remedy_en="Delete the character and type the value again.",
)
NOT_A_TEXT = kind(
    "value.not_a_text",
    de="Hier steht {value}, erwartet wird ein Text.",
    en="Found {value} where a text is expected.",
    remedy_de="Formatieren Sie die Zelle als Text und tippen Sie den Wert neu.",
    remedy_en="Format the cell as text and type the value again.",
)


class ConversionError(ValueError):
    """A text that the dialect does not allow for this field.

    Attributes:
        kind: which fault.
        values: what its texts need.
    """

    def __init__(self, kind: FindingKind, **values: object) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.values = values


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a partner writes values.

    Attributes:
        decimal: decimal sign, `.` or `,`.
        thousands: grouping sign, or empty where grouping is not allowed.
        date: `strftime` form of dates, or `moment`: written as midnight of the day in ISO form, read by the day that a
            point in time in ISO form names where it was written.
        moment: `strftime` form of points in time, or `iso`.
        zone: IANA zone of moments that carry no offset; empty refuses them.
        true, false: words for flags, in any letter case; the first one is written.
        trailing_minus: `12,50-` is a number.
        rounds: more decimals than the field holds are rounded commercially instead of being a finding; for partners who
            compute with floats, such as the shop.
    """

    decimal: str = "."
    thousands: str = ""
    date: str = "%Y-%m-%d"
    moment: str = "iso"
    zone: str = ""
    true: tuple[str, ...] = ("1", "true")
    false: tuple[str, ...] = ("0", "false")
    trailing_minus: bool = False
    rounds: bool = False


#: How our own files are written: ISO dates, decimal point, 1 and 0.
PLAIN = Dialect()
#: How people in Germany write: 1.234,50, 31.12.2026, J/N; also -1/0 as Sage and Access have it.
GERMAN = Dialect(
    decimal=",",
    thousands=".",
    date="%d.%m.%Y",
    moment="%d.%m.%Y %H:%M:%S",
    zone="Europe/Berlin",
    true=("J", "Ja", "1", "-1", "wahr", "true", "x", "Y", "yes"),
    false=("N", "Nein", "0", "falsch", "false", "no"),
    trailing_minus=True,
)

#: A reader forgets everything after this many different values, so memory stays bounded.
REMEMBERED_VALUES = 50_000


class _Memo(dict[Any, Any]):
    """Calls `convert` once per distinct text; the look-up of a known one runs at C speed."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self.convert = convert

    def __missing__(self, raw: Any) -> Any:
        value = self.convert(raw)
        if type(raw) is str:  # 1, True and Decimal(1) are one key to a dict, so only texts are remembered
            if len(self) >= REMEMBERED_VALUES:
                self.clear()
            self[raw] = value
        return value


def remembering(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function, with a memory for texts: columns repeat themselves."""
    return _Memo(convert).__getitem__


# --- text ------------------------------------------------------------------------------------------------------------

#: Blanks that look like a blank and are none: they become one, as people cannot see the difference.
_ODD_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u200a\u202f\u3000"), " ")
#: Characters that cannot be seen at all: refused in names and numbers, as two equal looking keys would differ.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
)
_LINE_BREAK = re.compile(r"[\r\n\t]")


def clean(raw: str, *, long: bool = False) -> str:
    r"""The text in NFC, without outer blanks and with plain blanks. Raises ConversionError for invisible characters.

    Long texts keep their line breaks (as `\\n`), tabs, and characters that only steer display.
    """
    if raw.isascii() and raw.isprintable():
        return raw.strip(" ")
    text = unicodedata.normalize("NFC", raw.translate(_ODD_BLANKS))
    if long:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = text.strip(" ")
        bad = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", text)
    else:
        text = text.strip()
        bad = _INVISIBLE.search(text) or _LINE_BREAK.search(text)
    if bad:
        raise ConversionError(BAD_CHARACTER, name=f"U+{ord(bad[0]):04X}")
    return text


def _as_text(raw: object) -> str:
    if isinstance(raw, ConversionError):  # the codec saw that the cell itself is faulty
        raise raw
    if isinstance(raw, bool | date | datetime | list | dict):
        raise ConversionError(NOT_A_TEXT, value=raw)
    if isinstance(raw, Decimal | float):
        plain = format(Decimal(str(raw)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(raw)


def _text_reader(field: Field) -> Callable[[Any], str]:
    if field.codes:
        return _code_reader(field)
    limit, long, upper = field.length or sys.maxsize, field.long, field.upper
    spelled = {name.casefold(): code for name, code in field.spelled}

    def read(raw: Any) -> str:
        if type(raw) is str and raw.isascii() and raw.isprintable():  # as most are: no need to look closer
            value = raw.strip(" ")
        else:
            value = clean(raw if type(raw) is str else _as_text(raw), long=long)
        if len(value) > limit:
            code = spelled.get(value.casefold())
            if code is None:
                what = NO_CODE if spelled else TOO_LONG
                raise ConversionError(what, value=value, length=len(value), limit=limit)
            return code
        return value.upper() if upper else value

    return read


def _code_reader(field: Field) -> Callable[[Any], str]:
    """Texts out of a list; people may write the meaning instead of the code."""
    codes = {"": ""}
    for code in field.codes:
        codes[code.code.casefold()] = code.code
    for code in field.codes:
        for label in (code.de, code.en):
            codes.setdefault(label.casefold(), code.code)
            codes.setdefault(f"{code.code} – {label}".casefold(), code.code)
    allowed = ", ".join(code.code for code in field.codes)

    def read(raw: Any) -> str:
        value = clean(raw if type(raw) is str else _as_text(raw))
        if value.casefold() not in codes:
            raise ConversionError(NOT_IN_LIST, value=value, allowed=allowed)
        return codes[value.casefold()]

    return read


# --- numbers ---------------------------------------------------------------------------------------------------------


def canonical(value: Decimal, places: int, least_places: int = 0) -> Decimal:
    """The same number with at most `places` and at least `least_places` decimals, so that equal numbers look equal."""
    digits = format(value.quantize(Decimal(1).scaleb(-places)), "f")
    if places:
        whole, _, fraction = digits.partition(".")
        fraction = fraction.rstrip("0").ljust(least_places, "0")
        digits = f"{whole}.{fraction}" if fraction else whole
    return Decimal(digits) if digits.strip("-0.") else Decimal(digits.lstrip("-"))


def half_up(value: Decimal, places: int = 2) -> Decimal:
    """Commercial rounding (kaufmännisch), as German documents need it."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _number_pattern(dialect: Dialect) -> re.Pattern[str]:
    decimal = re.escape(dialect.decimal)
    plain = "[0-9]+"
    if dialect.thousands:
        plain = f"(?:[0-9]{{1,3}}(?:{re.escape(dialect.thousands)}[0-9]{{3}})+|[0-9]+)"
    return re.compile(rf"(?P<sign>[+-]?)(?P<whole>{plain})(?:{decimal}(?P<fraction>[0-9]+))?(?P<after>-?)")


def _canonical_pattern(field: Field) -> re.Pattern[str]:
    """Texts that are what `_exact` would make of them: they need no second look."""
    least, most = field.least_places, field.places
    digits = [rf"\.[0-9]{{{least}}}"] if least else [""]
    if most > least:
        digits.append(rf"\.[0-9]{{{least},{most - 1}}}[1-9]")
    return re.compile(rf"(?:0|[1-9][0-9]{{0,{(field.length or _MOST_DIGITS) - 1}}})(?:{'|'.join(digits)})")


def number_form(dialect: Dialect, places: int) -> str:
    """An example of a number in this dialect, for messages."""
    return f"1{dialect.thousands}234{dialect.decimal}{'50' if places else ''}" if places else f"1{dialect.thousands}234"


def _exact(sign: str, whole: str, fraction: str, raw: object, field: Field, dialect: Dialect) -> Decimal:
    """The number with these digits, in its canonical form. Raises ConversionError for what the field does not hold."""
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    if len(whole) > (field.length or sys.maxsize):
        raise ConversionError(TOO_LARGE, value=raw, limit=field.length)
    if len(fraction) > field.places:
        if not dialect.rounds:
            raise ConversionError(TOO_EXACT, value=raw, limit=field.places)
        rounded = half_up(Decimal(f"{whole}.{fraction[:_MOST_DIGITS]}"), field.places)
        whole, _, fraction = format(rounded, "f").partition(".")
        fraction = fraction.rstrip("0")
    if whole == "0" and not fraction:
        sign = ""  # -0 is 0
    if sign == "-" and not field.negative:
        raise ConversionError(NEGATIVE, value=raw)
    fraction = fraction.ljust(field.least_places, "0")
    return Decimal(f"{sign}{whole}.{fraction}" if fraction else sign + whole)


#: Digits behind the point that can matter when rounding; keeps Decimal within its precision.
_MOST_DIGITS = 12


def _native_number(raw: object, field: Field, dialect: Dialect) -> Decimal:
    """A number that the file type knows as one."""
    if isinstance(raw, ConversionError):
        raise raw
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise ConversionError(NO_NUMBER, value=raw, form=number_form(dialect, field.places))
    value = Decimal(str(raw))
    if not value.is_finite():
        raise ConversionError(NO_NUMBER, value=raw, form=number_form(dialect, field.places))
    if isinstance(raw, float):  # an Excel cell: 0.1 + 0.2 is meant to be 0.3
        value = half_up(value, 10)
    whole, _, fraction = format(abs(value), "f").partition(".")
    return _exact("-" if value < 0 else "", whole, fraction, raw, field, dialect)


def _number_reader(field: Field, dialect: Dialect) -> Callable[[Any], Decimal | None]:
    pattern, is_canonical = _number_pattern(dialect), _canonical_pattern(field).fullmatch
    pointed = dialect.decimal == "."

    def read(raw: Any) -> Decimal | None:
        if type(raw) is not str:
            return _native_number(raw, field, dialect)
        if pointed and is_canonical(raw):
            return Decimal(raw)
        match = pattern.fullmatch(raw) or pattern.fullmatch(clean(raw))
        if not match:
            if not clean(raw):
                return None
            raise ConversionError(NO_NUMBER, value=raw, form=number_form(dialect, field.places))
        sign, whole, fraction, after = match.groups("")
        if after and (sign or not dialect.trailing_minus):
            raise ConversionError(NO_NUMBER, value=raw, form=number_form(dialect, field.places))
        if dialect.thousands:
            whole = whole.replace(dialect.thousands, "")
        return _exact("-" if "-" in (sign, after) else "", whole, fraction, raw, field, dialect)

    return read


def _whole_reader(field: Field, dialect: Dialect) -> Callable[[Any], int | None]:
    read_number = _number_reader(field, dialect)

    def read(raw: Any) -> int | None:
        value = read_number(raw)
        return None if value is None else int(value)

    return read


# --- flags, dates, moments -------------------------------------------------------------------------------------------


def _flag_reader(dialect: Dialect) -> Callable[[Any], bool | None]:
    words = {word.casefold(): True for word in dialect.true} | {word.casefold(): False for word in dialect.false}
    form = ", ".join((*dialect.true, *dialect.false))

    def read(raw: Any) -> bool | None:
        if isinstance(raw, bool):
            return raw
        text = clean(_as_text(raw))
        if not text:
            return None
        if text.casefold() not in words:
            raise ConversionError(NO_FLAG, value=raw, form=form)
        return words[text.casefold()]

    return read


_FORMS = {"%d": "TT", "%m": "MM", "%Y": "JJJJ", "%y": "JJ", "%H": "hh", "%M": "mm", "%S": "ss"}


def _form(pattern: str) -> str:
    if pattern in ("iso", "moment"):
        return "2026-12-31T23:59:59+01:00"
    for code, sign in _FORMS.items():
        pattern = pattern.replace(code, sign)
    return pattern


def _date_reader(dialect: Dialect) -> Callable[[Any], date | None]:
    form = dialect.date

    def read(raw: Any) -> date | None:
        if isinstance(raw, datetime):
            if raw.time() != datetime.min.time():
                raise ConversionError(NO_DATE, value=raw, form=_form(form))
            return raw.date()
        if isinstance(raw, date):
            return raw
        if isinstance(raw, ConversionError):
            raise raw
        if not isinstance(raw, str):
            raise ConversionError(NO_DATE, value=raw, form=_form(form))
        text = clean(raw)
        if not text:
            return None
        try:
            return _day(text, form)
        except ValueError as error:
            raise ConversionError(NO_DATE, value=raw, form=_form(form)) from error

    return read


def _day(text: str, form: str) -> date:
    """The day that a text names. Raises ValueError."""
    if form == "moment":
        return datetime.fromisoformat(text).date()
    value = datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
    # strptime takes 1.2.2026 for %d.%m.%Y, which is harmless; 2026-1-1 is no ISO date, and 1.2.26 no year.
    if value.strftime(form) != text and ("." not in form or "%y" in form):
        raise ValueError(form)
    return value


def _moment_reader(dialect: Dialect) -> Callable[[Any], datetime | None]:
    zone = ZoneInfo(dialect.zone) if dialect.zone else None
    form = dialect.moment

    def read(raw: Any) -> datetime | None:
        if isinstance(raw, datetime):
            value = raw
        elif isinstance(raw, ConversionError):
            raise raw
        elif not isinstance(raw, str):
            raise ConversionError(NO_DATE, value=raw, form=_form(form))
        else:
            text = clean(raw)
            if not text:
                return None
            try:
                value = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
            except ValueError as error:
                raise ConversionError(NO_DATE, value=raw, form=_form(form)) from error
        if value.tzinfo is None:
            if zone is None:
                raise ConversionError(NO_DATE, value=raw, form=_form("iso"))
            value = value.replace(tzinfo=zone)
        return value.astimezone(UTC)

    return read


def reader(field: Field, dialect: Dialect) -> Callable[[Any], Any]:
    """The function raw → value for this field.

    Raw values are text, or what the file type knows itself: Decimal, int, float, bool, date, datetime; never a list or
    dict. A ConversionError as raw value is raised: the codec has already seen what is wrong with the cell. Empty text
    gives
    `None` (or `""` for text fields). The function raises ConversionError.
    """
    if field.kind is Kind.TEXT:
        read = _text_reader(field)
        return remembering(read) if field.codes or (0 < field.length <= 5) else read  # noqa: PLR2004
    made: Callable[[Any], Any]
    if field.kind is Kind.NUMBER:
        made = _number_reader(field, dialect)
    elif field.kind is Kind.WHOLE:
        made = _whole_reader(field, dialect)
    elif field.kind is Kind.FLAG:
        made = _flag_reader(dialect)
    elif field.kind is Kind.DATE:
        made = _date_reader(dialect)
    else:
        made = _moment_reader(dialect)
    return remembering(made)


def column_reader(field: Field, read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """The function column → values, for a reader of this field: the same result, with fewer calls.

    It raises ConversionError for the first fault of the column.
    """
    if field.kind is not Kind.TEXT or field.codes:
        return lambda column: list(map(read, column))
    limit, long, upper = field.length or sys.maxsize, field.long, field.upper

    def texts(column: Sequence[Any]) -> Sequence[Any]:
        try:
            together = "".join(column)
        except TypeError:  # a cell that its file type knows as something else
            return list(map(read, column))
        seen = together.replace("\n", "").replace("\t", "") if long else together
        # What can be printed has no invisible characters and no odd blanks; a piece of NFC is NFC.
        if not (seen.isprintable() and unicodedata.is_normalized("NFC", together)):
            return list(map(read, column))
        values = list(map(str.strip, column, repeat(" "))) if " " in together else column
        if max(map(len, values), default=0) > limit:
            return list(map(read, column))
        return list(map(str.upper, values)) if upper else values

    return texts


# --- the way back ----------------------------------------------------------------------------------------------------


def number_text(value: Decimal, dialect: Dialect) -> str:
    """The number without grouping, in the dialect's decimal sign."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text if dialect.decimal == "." else text.replace(".", dialect.decimal)


def moment_text(value: datetime, dialect: Dialect) -> str:
    """The moment in the dialect's form and zone (UTC where it names none)."""
    if dialect.moment == "iso":
        return value.isoformat()
    zone = ZoneInfo(dialect.zone) if dialect.zone else UTC
    return value.astimezone(zone).strftime(dialect.moment)


def writer(field: Field, dialect: Dialect) -> Callable[[Any], str]:
    """The function value → text for this field; `None` becomes the empty text."""
    if field.kind is Kind.TEXT:
        return lambda value: value
    if field.kind is Kind.NUMBER:
        return lambda value: "" if value is None else number_text(value, dialect)
    if field.kind is Kind.WHOLE:
        return lambda value: "" if value is None else str(value)
    if field.kind is Kind.FLAG:
        return lambda value: "" if value is None else (dialect.true if value else dialect.false)[0]
    if field.kind is Kind.DATE:
        form = "%Y-%m-%dT00:00:00" if dialect.date == "moment" else dialect.date
        return lambda value: "" if value is None else value.strftime(form)
    return lambda value: "" if value is None else moment_text(value, dialect)


def column_writer(field: Field, dialect: Dialect) -> Callable[[Sequence[Any]], Sequence[str]]:
    """The function values → texts for a column of this field: as `writer`, with fewer calls.

    Numbers may also come as they are stored, in the text of their Decimal.
    """
    if field.kind is Kind.TEXT:
        return lambda column: column
    if field.kind is Kind.WHOLE:
        return lambda column: ["" if value is None else str(value) for value in column]
    write = writer(field, dialect)
    if field.kind is not Kind.NUMBER:
        return lambda column: list(map(write, column))

    def numbers(column: Sequence[Any]) -> Sequence[str]:
        texts = ["" if value is None else str(value) for value in column]
        if dialect.decimal == "." and "E" not in "".join(texts):  # 1E+3 is not how people write a number
            return texts
        return [number_text(Decimal(text), dialect) if text else "" for text in texts]

    return numbers
