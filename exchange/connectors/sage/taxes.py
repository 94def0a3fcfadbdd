"""Tax codes and the kind of taxation of a document (`sage-100.md` 1.6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from exchange import khk
from exchange.trade.vat import HOME, MEMBERS, frees, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

#: KHKSteuertabelle.Steuertyp of codes for sales.
OUTPUT_TAX = 0
#: The row for every country that has none of its own.
ANY = "*"
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


class Area(NamedTuple):
    """Where a delivery goes, as taxes see it: country and Besteuerung."""

    country: str
    taxation: int


#: Deliveries without tax that may have a tax code of their own, as `sage.orders.tax_free_codes` names them.
TAX_FREE = {"eu_company": EU_COMPANY, "export": EXPORT}


class TaxFinder:
    """Finds the tax code of a line.

    Args:
        taxes: the tax tables.
        tax_free: tax code of deliveries without tax, by the names of `TAX_FREE`.
    """

    def __init__(self, taxes: Taxes, tax_free: Mapping[Any, int]) -> None:
        self.taxes = taxes
        self.tax_free = {TAX_FREE[name]: code for name, code in tax_free.items()}
        self._known: dict[tuple[int | None, Decimal | None, Area], tuple[int, Decimal] | None] = {}

    def find(self, tax_class: int | None, rate: Decimal | None, area: Area) -> tuple[int, Decimal] | None:
        """Tax code and percent: of the rate that the order names, otherwise of the article's tax class."""
        asked = tax_class, rate, area
        if asked not in self._known:
            self._known[asked] = self._find(*asked)
        return self._known[asked]

    def _find(self, tax_class: int | None, rate: Decimal | None, area: Area) -> tuple[int, Decimal] | None:
        codes = self.taxes.codes
        free = self.tax_free.get(area.taxation) if rate == 0 else None
        if free is not None:
            return (free, Decimal(0)) if codes.rates.get(free) == 0 else None
        of_class = self.taxes.code_of_class(tax_class, area.country)
        code = of_class if rate is None else codes.code(area.country, rate, of_class)
        if code is None or (rate is None and code not in codes.rates):
            return None
        return code, codes.rates[code] if rate is None else rate


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


def taxation(country: str, vat_number: str, *, taxed: bool = False) -> int:
    """Besteuerung of a delivery: domestic, EU with or without VAT number, or export.

    Args:
        country: where it goes.
        vat_number: of the buyer, as he wrote it.
        taxed: the buyer pays tax, in spite of his number.
    """
    if country == HOME:
        return DOMESTIC
    if frees(plain(vat_number), country) and not taxed:
        return EU_COMPANY
    return EU_PRIVATE if country in MEMBERS else EXPORT


def vat(vat_number: str) -> tuple[str, str]:
    """EULand and EUUStID: the prefix of a VAT number stands apart in Sage (`sage-100.md` section 4)."""
    plain = "".join(vat_number.split()).upper()
    if plain[:2].isalpha() and plain[:2].isascii():
        return plain[:2], plain[2:]
    return "", plain
