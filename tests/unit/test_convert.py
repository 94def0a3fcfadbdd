"""Text ⇄ value: what a dialect allows, and that nothing else gets through."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from exchange import convert
from exchange.convert import GERMAN, PLAIN, ConversionError, Dialect, column_reader, reader, writer
from exchange.record import Code, Field, day, flag, moment, money, number, text, whole
from exchange.records.countries import country_code

LETTERS = text("Text", "Text", 10)
LONG = text("Langtext", "Long text", long=True)
PRICE = money("Preis", "Price")
SIGNED = money("Saldo", "Balance", negative=True)


def refused(field: Field, dialect: Dialect, raw: object) -> str:
    """The code of the finding that a value gives."""
    with pytest.raises(ConversionError) as error:
        reader(field, dialect)(raw)
    return error.value.kind.code


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1.234,50", "1234.50"),
        ("1234,5", "1234.50"),
        ("0,0001", "0.0001"),
        ("12", "12.00"),
        ("+3", "3.00"),
        (" 7,00 ", "7.00"),
        ("1.234.567", "1234567.00"),
    ],
)
def test_german_numbers(raw: str, value: str) -> None:
    """Comma for decimals, points for thousands, and one canonical form."""
    assert str(reader(PRICE, GERMAN)(raw)) == value


@pytest.mark.parametrize(
    "raw", ["12.50", "1.23", "1,234.50", "1 234,50", "1e5", "12,", ",5", "12,50 €", "NaN", "--1", "-1-", "१२"]
)
def test_v12_what_the_german_dialect_does_not_know_is_no_number(raw: str) -> None:
    """12.50 is neither 1250 nor 12,50: it is a finding."""
    assert refused(SIGNED, GERMAN, raw) == "value.no_number"


@pytest.mark.parametrize("raw", ["1,50", "1.234.567", "1e5", "12,50-", "1,000"])
def test_v12_our_own_form_takes_the_point_only(raw: str) -> None:
    """1,000 is refused, 1.000 is one."""
    assert refused(SIGNED, PLAIN, raw) == "value.no_number"
    assert str(reader(PRICE, PLAIN)("1.000")) == "1.00"


def test_a_trailing_minus_is_a_german_habit() -> None:
    """12,50- is minus twelve fifty, as bookkeeping programs write it."""
    assert reader(SIGNED, GERMAN)("12,50-") == Decimal("-12.50")


def test_zero_has_no_sign() -> None:
    """-0 and 0 are the same amount and must have the same bytes."""
    assert str(reader(SIGNED, PLAIN)("-0.00")) == "0.00"


def test_limits_of_numbers() -> None:
    """Sign, size and places are checked; a partner who rounds may be allowed to."""
    assert refused(PRICE, PLAIN, "-1") == "value.negative"
    assert refused(PRICE, PLAIN, "1" * 16) == "value.too_large"
    assert refused(PRICE, PLAIN, "9" * 60) == "value.too_large"
    assert refused(PRICE, PLAIN, "1.00001") == "value.too_exact"
    assert reader(PRICE, PLAIN)("1.000000") == Decimal("1.00")
    assert str(reader(PRICE, Dialect(rounds=True))("19.950000000000003")) == "19.95"
    assert str(reader(PRICE, Dialect(rounds=True))("0.00005")) == "0.0001"


def test_numbers_that_the_file_type_knows() -> None:
    """An Excel cell is a float: what it shows is meant."""
    assert str(reader(PRICE, GERMAN)(0.1 + 0.2)) == "0.30"
    assert str(reader(PRICE, GERMAN)(12)) == "12.00"
    assert reader(whole("n", "n"), GERMAN)(3.0) == 3
    assert refused(PRICE, GERMAN, True) == "value.no_number"
    assert refused(PRICE, GERMAN, float("inf")) == "value.no_number"
    assert refused(PRICE, GERMAN, None) == "value.no_number"
    assert refused(whole("n", "n"), GERMAN, 3.5) == "value.too_exact"


@pytest.mark.parametrize("field", [PRICE, whole("n", "n"), flag("f", "f"), day("d", "d"), moment("m", "m")])
def test_an_empty_text_is_absent(field: Field) -> None:
    """Missing is never zero."""
    assert reader(field, Dialect(zone="UTC"))("  ") is None


def test_text_is_cleaned_but_not_changed() -> None:
    """Outer blanks go, odd blanks become blanks, NFD becomes NFC, zeros stay."""
    read = reader(LETTERS, PLAIN)
    assert read(" 00123 ") == "00123"
    assert read("A\u00a0B") == "A B"
    assert read("Mu\u0308ller") == "Müller"
    assert read("NA") == "NA"
    assert reader(text("Land", "Country", 2, upper=True), PLAIN)("de") == "DE"


@pytest.mark.parametrize("raw", ["AB\u200bC", "AB\u00adC", "A\nB", "A\x00B", "A\x1b[31m", "\ufeffA"])
def test_v15_invisible_characters_in_names_are_refused(raw: str) -> None:
    """Two article numbers that look equal must be equal."""
    assert refused(LETTERS, PLAIN, raw) == "value.bad_character"


def test_long_texts_keep_their_lines() -> None:
    """Line breaks are unified, a control character is still refused."""
    assert reader(LONG, PLAIN)("<p>\r\n\tA\rB</p>") == "<p>\n\tA\nB</p>"
    assert refused(LONG, PLAIN, "A\x07") == "value.bad_character"


def test_texts_have_limits_and_lists() -> None:
    """Too long, not in the list; the meaning may be written instead of the code."""
    assert refused(LETTERS, PLAIN, "x" * 11) == "value.too_long"
    taxation = text("Besteuerung", "Taxation", 1, codes=(Code("1", "Inland", "domestic"), Code("2", "EU", "EU")))
    read = reader(taxation, PLAIN)
    assert [read(raw) for raw in ("1", "inland", "Domestic", "1 – Inland", "")] == ["1", "1", "1", "1", ""]
    assert refused(taxation, PLAIN, "9") == "value.not_in_list"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        (" Deutschland ", "DE"),
        ("ÖSTERREICH", "AT"),
        ("CHE", "CH"),
        ("Germany", "DE"),
        ("XY", "XY"),
    ],
)
def test_a_country_may_be_spelt_out(raw: str, code: str) -> None:
    """In a column as alone; the code of two letters needs no list."""
    field = country_code("Land", "Country")
    read = reader(field, PLAIN)
    assert read(raw) == code
    assert list(column_reader(field, read)(["FR", raw])) == ["FR", code]


def test_an_unknown_name_of_a_country_is_told() -> None:
    assert refused(country_code("Land", "Country"), PLAIN, "Absurdistan") == "value.no_code"


def test_values_of_other_kinds_in_text_fields() -> None:
    """A number cell names itself; a truth or a date does not."""
    read = reader(LETTERS, PLAIN)
    assert read(Decimal("123.50")) == "123.5"
    assert read(123.0) == "123"
    assert read(1e5) == "100000"
    assert refused(LETTERS, PLAIN, True) == "value.not_a_text"
    assert refused(LETTERS, PLAIN, date(2026, 1, 1)) == "value.not_a_text"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("J", True), ("ja", True), ("-1", True), ("1", True), ("x", True), ("N", False), ("0", False), ("FALSCH", False)],
)
def test_german_flags(raw: str, value: bool) -> None:  # noqa: FBT001 - a table
    """Sage writes -1, people write J or x."""
    assert reader(flag("f", "f"), GERMAN)(raw) is value


def test_other_flags() -> None:
    """A truth value stays one; anything else is a finding."""
    assert reader(flag("f", "f"), GERMAN)(False) is False
    assert refused(flag("f", "f"), GERMAN, "vielleicht") == "value.no_flag"
    assert reader(flag("f", "f"), GERMAN)(1) is True


def test_dates() -> None:
    """Only the declared form; what Excel knows as a date is one."""
    german = reader(day("d", "d"), GERMAN)
    assert german("31.12.2026") == date(2026, 12, 31)
    assert german("1.2.2026") == date(2026, 2, 1)
    assert german(datetime(2026, 1, 2)) == date(2026, 1, 2)  # noqa: DTZ001 - as openpyxl gives it
    assert german(date(2026, 1, 2)) == date(2026, 1, 2)
    assert reader(day("d", "d"), PLAIN)("2026-12-31") == date(2026, 12, 31)
    for raw in ("02/01/26", "31.02.2026", "2026-12-31", 45000, datetime(2026, 1, 2, 3)):  # noqa: DTZ001
        assert refused(day("d", "d"), GERMAN, raw) == "value.no_date"
    assert refused(day("d", "d"), PLAIN, "2026-1-1") == "value.no_date"
    assert refused(day("d", "d"), Dialect(date="%d.%m.%y"), "1.2.26") == "value.no_date"


def test_a_day_that_a_partner_writes_as_a_point_in_time() -> None:
    """The day is the one that stands there, whatever the offset; a plain date is one too."""
    dialect = Dialect(date="moment")
    read = reader(day("d", "d"), dialect)
    assert read("2026-12-31T00:00:00+13:00") == read("2026-12-31T23:59:59Z") == read("2026-12-31") == date(2026, 12, 31)
    assert writer(day("d", "d"), dialect)(date(2026, 12, 31)) == "2026-12-31T00:00:00"
    assert refused(day("d", "d"), dialect, "31.12.2026") == "value.no_date"


def test_moments_are_aware_and_in_utc() -> None:
    """An offset counts; without one the dialect must name the zone, also over the change of the clocks."""
    read = reader(moment("m", "m"), PLAIN)
    assert read("2019-08-21T19:15:00+02:00") == datetime(2019, 8, 21, 17, 15, tzinfo=UTC)
    assert refused(moment("m", "m"), PLAIN, "2019-08-21T19:15:00") == "value.no_date"
    assert refused(moment("m", "m"), PLAIN, "gestern") == "value.no_date"
    assert refused(moment("m", "m"), PLAIN, 5) == "value.no_date"
    german = reader(moment("m", "m"), GERMAN)
    assert german("21.08.2019 19:15:00") == datetime(2019, 8, 21, 17, 15, tzinfo=UTC)
    assert german("21.12.2019 19:15:00") == datetime(2019, 12, 21, 18, 15, tzinfo=UTC)
    assert german(datetime(2019, 12, 21, 19, 15)) == datetime(2019, 12, 21, 18, 15, tzinfo=UTC)  # noqa: DTZ001


@pytest.mark.parametrize("field", [LETTERS, PRICE, flag("f", "f"), day("d", "d"), moment("m", "m")])
def test_a_faulty_cell_stays_faulty(field: Field) -> None:
    """What the codec found wrong with a cell becomes the finding of its field."""
    faulty = ConversionError(convert.NOT_A_TEXT, value="#REF!")
    assert refused(field, GERMAN, faulty) == "value.not_a_text"


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        (LETTERS, "00123", "00123"),
        (PRICE, Decimal("1234.50"), "1234,50"),
        (PRICE, None, ""),
        (whole("n", "n"), 7, "7"),
        (whole("n", "n"), None, ""),
        (flag("f", "f"), True, "J"),
        (flag("f", "f"), False, "N"),
        (flag("f", "f"), None, ""),
        (day("d", "d"), date(2026, 12, 31), "31.12.2026"),
        (day("d", "d"), None, ""),
        (moment("m", "m"), datetime(2026, 8, 21, 17, 15, tzinfo=UTC), "21.08.2026 19:15:00"),
        (moment("m", "m"), None, ""),
    ],
)
def test_values_are_written_in_the_dialect(field: Field, value: object, written: str) -> None:
    """And what is written is read back as it was."""
    assert writer(field, GERMAN)(value) == written
    assert reader(field, GERMAN)(written) == value


def test_moments_without_a_zone_are_written_in_utc() -> None:
    """A form that cannot carry an offset says UTC when the dialect says nothing."""
    at = datetime(2026, 8, 21, 17, 15, tzinfo=UTC)
    assert convert.moment_text(at, PLAIN) == "2026-08-21T17:15:00+00:00"
    assert convert.moment_text(at, Dialect(moment="%H:%M")) == "17:15"
    assert convert.number_text(Decimal("1.50"), PLAIN) == "1.50"


def test_memory_of_a_reader_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of a million different values does not fill the memory, and stays right."""
    monkeypatch.setattr(convert, "REMEMBERED_VALUES", 10)
    read = reader(number("n", "n"), PLAIN)
    assert [read(str(each)) for each in range(100)] == [Decimal(each) for each in range(100)]
    assert len(read.__self__) <= 10  # type: ignore[attr-defined]


def test_commercial_rounding() -> None:
    """Half a cent goes up, away from zero."""
    assert convert.half_up(Decimal("2.345")) == Decimal("2.35")
    assert convert.half_up(Decimal("-2.345")) == Decimal("-2.35")


def test_columns_are_read_as_single_values_are() -> None:
    """Reading a column at once gives what reading value by value gives, also for odd values."""
    for field, column in (
        (LETTERS, ["a", "b"]),
        (LETTERS, [" a", "b "]),
        (LETTERS, ["ä", "b"]),
        (LETTERS, ["a", Decimal(7)]),
        (PRICE, ["1.50", ""]),
        (text("Land", "Country", 2, upper=True), ["de", "at"]),
    ):
        read = reader(field, PLAIN)
        assert list(convert.column_reader(field, read)(column)) == [read(value) for value in column]
    with pytest.raises(ConversionError):
        convert.column_reader(LETTERS, reader(LETTERS, PLAIN))(["a", "x" * 11])


def test_numbers_have_one_form() -> None:
    """Whole numbers keep none or the least decimals; a large power of ten is written out."""
    assert str(convert.canonical(Decimal("12.300"), 4, 2)) == "12.30"
    assert str(convert.canonical(Decimal("12.000"), 4)) == "12"
    assert str(convert.canonical(Decimal("-0.0"), 1)) == "0"
    assert str(convert.canonical(Decimal(5), 0)) == "5"
    assert convert.number_text(Decimal("1E+3"), PLAIN) == "1000"
