"""Tax codes and the kind of taxation of a document (`sage-100.md` 1.6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

#: KHKSteuertabelle.Steuertyp of codes for sales.
OUTPUT_TAX = 0
#: The row for every country that has none of its own.
ANY = "*"
#: Where the books are kept.
HOME = "DE"
#: Members of the EU without Germany; Greece's VAT numbers begin with EL.
EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)

DOMESTIC, EU_COMPANY, EU_PRIVATE, EXPORT = 1, 2, 3, 5


class TaxCodes:
    """Steuercode by country and rate.

    Args:
        rows: Steuercode, Steuersatz and Land of KHKSteuertabelle, only codes for sales.
    """

    def __init__(self, rows: Iterable[Mapping[Any, Any]]) -> None:
        self._codes: dict[tuple[str, Decimal], int] = {}
        self.rates: dict[int, Decimal] = {}
        for row in sorted(rows, key=lambda row: int(row["Steuercode"]), reverse=True):
            code, rate = int(row["Steuercode"]), Decimal(row["Steuersatz"] or 0).normalize()
            self.rates[code] = rate
            self._codes[(row["Land"] or ANY).strip().upper(), rate] = code  # of several, the lowest code stays

    def code(self, country: str, rate: Decimal, preferred: int | None = None) -> int | None:
        """The code for a rate in percent: the country's own, or the general one, of which `preferred` goes first."""
        rate = rate.normalize()
        own = self._codes.get((country.upper(), rate))
        if own is not None:
            return own
        if preferred is not None and self.rates.get(preferred) == rate:
            return preferred
        return self._codes.get((ANY, rate))


@dataclass(frozen=True, slots=True)
class Taxes:
    """Everything about taxes that documents need.

    Attributes:
        codes: by country and rate.
        classes: tax code of a tax class, by class and country.
    """

    codes: TaxCodes
    classes: Mapping[tuple[int, str], int]

    def code_of_class(self, tax_class: int | None, country: str) -> int | None:
        """The tax code that an article's class gives in a country."""
        if tax_class is None:
            return None
        return self.classes.get((tax_class, country), self.classes.get((tax_class, ANY)))


def load(connection: Connection) -> Taxes:
    """Read the tax tables; they are small and belong to no Mandant."""
    table, classes = khk.STEUERTABELLE.c, khk.STEUERKLASSEN.c
    codes = connection.execute(
        select(table.Steuercode, table.Steuersatz, table.Land).where(table.Steuertyp == OUTPUT_TAX)
    )
    rows = connection.execute(select(classes.Steuerklasse, classes.Land, classes.Lieferung))
    return Taxes(
        TaxCodes(codes.mappings().all()),
        {
            (row.Steuerklasse, (row.Land or ANY).strip().upper()): row.Lieferung
            for row in rows
            if row.Lieferung is not None
        },
    )


def taxation(country: str, vat_number: str) -> int:
    """Besteuerung of a delivery: domestic, EU with or without VAT number, or export."""
    if country == HOME:
        return DOMESTIC
    if country in EU:
        return EU_COMPANY if vat_number else EU_PRIVATE
    return EXPORT


def vat(vat_number: str) -> tuple[str, str]:
    """EULand and EUUStID: the prefix of a VAT number stands apart in Sage (`sage-100.md` section 4)."""
    plain = "".join(vat_number.split()).upper()
    if plain[:2].isalpha() and plain[:2].isascii():
        return plain[:2], plain[2:]
    return "", plain
