"""Codes of Sage that an article of the shop needs: its tax class and its article group."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from sqlalchemy import select

from exchange import khk
from exchange.connectors.sage import groups
from exchange.connectors.sage.taxes import ANY, OUTPUT_TAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set
    from typing import Any

    from sqlalchemy import Select

    from exchange.connectors.sage.database import SageDatabase


def tax_query() -> Select[Any]:
    """What `TaxClasses` is made of: the sales code of every class, with its rate (`sage-100.md` 1.6)."""
    table, classes = khk.STEUERTABELLE.c, khk.STEUERKLASSEN.c
    return select(classes.Steuerklasse, table.Steuersatz).where(
        classes.Land == ANY, classes.Lieferung == table.Steuercode, table.Steuertyp == OUTPUT_TAX
    )


class TaxClasses:
    """Steuerklasse of a rate.

    Args:
        rows: of `tax_query`.
        mapped: percent → class (setting `sage.articles.tax_classes`).
    """

    def __init__(self, rows: Iterable[Mapping[Any, Any]], mapped: Mapping[Decimal, int]) -> None:
        self.mapped = {rate.normalize(): number for rate, number in mapped.items()}
        self._classes: dict[Decimal, set[int]] = {}
        self._rates: dict[int, Decimal] = {}
        for row in rows:
            rate = Decimal(row["Steuersatz"] or 0).normalize()
            self._classes.setdefault(rate, set()).add(row["Steuerklasse"])
            self._rates[row["Steuerklasse"]] = rate

    def find(self, rate: Decimal) -> int | None:
        """The class that the settings say for a rate in percent, else the only one that has it."""
        rate = rate.normalize()
        if rate in self.mapped:
            return self.mapped[rate]
        classes = self._classes.get(rate, set())
        return next(iter(classes)) if len(classes) == 1 else None

    def rate(self, tax_class: int) -> Decimal | None:
        """The percent of a class; None for one that Sage does not have."""
        return self._rates.get(tax_class)


def _rate(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def missing_tax_classes(sage: SageDatabase, values: Set[str]) -> Set[str]:
    """Rates that no tax class has, or several."""
    classes = TaxClasses(sage.rows(tax_query()), sage.settings.articles.tax_classes)
    return {value for value in values if (rate := _rate(value)) is None or classes.find(rate) is None}


def missing_article_groups(sage: SageDatabase, values: Set[str]) -> Set[str]:
    """Categories that no article group stands for, or several."""
    known = groups.Groups(sage.rows(groups.query(sage.settings.mandant)), sage.settings.articles.groups)
    return {value for value in values if known.find(value) is None}
