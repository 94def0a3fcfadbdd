"""VAT numbers and tax areas, seen from the country of the books (`sage-100.md` 1.6).

What is checked is form and check digits; whether a number is registered no file can tell.
"""

from __future__ import annotations

import re

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat

#: Where the books are kept.
HOME = "DE"
#: Members of the EU, Germany too.
MEMBERS = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
#: Countries whose numbers begin otherwise: Greece, and Northern Ireland within the United Kingdom.
_PREFIXES = {"GR": ("EL",), "GB": ("GB", "XI")}
#: What numbers of the EU begin with; goods of Northern Ireland are treated as the EU's.
_OF_EU = (MEMBERS - {"GR"}) | {"EL", "XI"}


def plain(number: str) -> str:
    """A number in capitals, without blanks and punctuation."""
    return re.sub(r"[^0-9A-Z+*]", "", number.upper())


def prefix(number: str) -> str:
    """The letters of the country that a plain number begins with, or nothing."""
    return number[:2] if len(number) > 1 and number[:2].isascii() and number[:2].isalpha() else ""


def prefixes(country: str) -> tuple[str, ...]:
    """What the numbers of a country may begin with; the usual one first."""
    return _PREFIXES.get(country, (country,))


def is_of_eu(number: str) -> bool:
    """Whether a plain number says that it is one of the EU."""
    return prefix(number) in _OF_EU


def is_valid(number: str) -> bool:
    """Form and check digits of a plain number, where the rules of its country are known."""
    if is_of_eu(number):
        return bool(eu_vat.is_valid(number))
    country = prefix(number)
    if country in ("", *MEMBERS):  # Greece's own letters are not those of its numbers
        return False
    rules = get_cc_module(country.lower(), "vat")
    return rules is None or bool(rules.is_valid(number))


def prefixed(number: str, country: str) -> str:
    """A plain number with the prefix of its country, where only that is missing and the check digits prove it."""
    whole = prefixes(country)[0] + number
    return whole if number and not prefix(number) and is_valid(whole) else number


def frees(number: str, country: str) -> bool:
    """Whether a delivery to a country is free of tax by this plain number: another member's, not one of home."""
    inside = country in MEMBERS or (country == "GB" and prefix(number) == "XI")
    foreign = not prefix(number) or (is_of_eu(number) and prefix(number) != HOME)
    return inside and country != HOME and number != "" and foreign
