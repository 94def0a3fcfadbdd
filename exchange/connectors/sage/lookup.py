"""What exists in Sage: answers to the references of records, from its tables and from the settings.

article          an active article for sale             customer_group   KHKGruppen Typ 11
tax              `DE:19`, country and percent           payment_terms    Zahlungskond
customer         a customer's account, not blocked      price_list       id of a price list
template         an account that can be copied          payment, shipping   mapped in the settings
tax_class        percent that has a tax class           article_group    a category's titles or codes
document_kind    Belegkennzeichen of KHKVKBelegarten
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from exchange import khk
from exchange.connector import chunks
from exchange.connectors.sage.article_codes import missing_article_groups, missing_tax_classes
from exchange.connectors.sage.taxes import OUTPUT_TAX, TaxCodes
from exchange.connectors.sage.terms import find_terms
from exchange.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from sqlalchemy import ColumnElement, Select

    from exchange.connector import Lookup
    from exchange.connectors.sage.database import SageDatabase
    from exchange.settings import SageSettings

#: Values in one IN list.
IN_VALUES = 500
#: KHKGruppen.Typ of customer groups (`sage-100.md` 2.11).
CUSTOMER_GROUPS = 11


def _found(sage: SageDatabase, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]) -> set[Any]:
    """Those of the values that the query yields in this column."""
    found: set[Any] = set()
    for batch in chunks(sorted(values), IN_VALUES):
        found.update(row[column.name] for row in sage.rows(query.where(column.in_(batch))))
    return found


def missing_articles(sage: SageDatabase, values: Set[str], *, sold: bool = True) -> Set[str]:
    """Numbers that are no article; with `sold`, an article must be active and for sale."""
    table = khk.ARTIKEL.c
    query = select(table.Artikelnummer).where(table.Mandant == sage.settings.mandant)
    if sold:
        query = query.where(table.Aktiv != 0, table.IstVerkaufsartikel != 0)
    return values - _found(sage, query, table.Artikelnummer, values)


def _tax_codes(sage: SageDatabase) -> TaxCodes:
    table = khk.STEUERTABELLE.c
    query = select(table.Steuercode, table.Steuersatz, table.Land).where(table.Steuertyp == OUTPUT_TAX)
    return TaxCodes(sage.rows(query))


def tax_rates(sage: SageDatabase) -> dict[int, Decimal]:
    """Percent of each tax code for sales."""
    return _tax_codes(sage).rates


def _missing_taxes(sage: SageDatabase, values: Set[str]) -> Set[str]:
    codes = _tax_codes(sage)
    return {value for value in values if not _has_tax(codes, value)}


def _has_tax(codes: TaxCodes, value: str) -> bool:
    country, _, rate = value.partition(":")
    try:
        return codes.code(country, Decimal(rate)) is not None
    except InvalidOperation:
        return False


def _missing_customers(sage: SageDatabase, values: Set[str]) -> Set[str]:
    table = khk.KONTOKORRENT.c
    query = select(table.Kto).where(
        table.Mandant == sage.settings.mandant,
        table.KtoArt == "D",
        or_(table.IstGesperrt == 0, table.IstGesperrt.is_(None)),
    )
    return values - _found(sage, query, table.Kto, values)


def _missing_templates(sage: SageDatabase, values: Set[str]) -> Set[str]:
    table = khk.KONTOKORRENT.c
    query = select(table.Kto).where(table.Mandant == sage.settings.mandant)
    return values - _found(sage, query, table.Kto, values)


def _missing_groups(sage: SageDatabase, values: Set[str]) -> Set[str]:
    table = khk.GRUPPEN.c
    query = select(table.Gruppe).where(table.Mandant == sage.settings.mandant, table.Typ == CUSTOMER_GROUPS)
    return values - _found(sage, query, table.Gruppe, values)


def _missing_terms(sage: SageDatabase, values: Set[str]) -> Set[str]:
    table = khk.ZAHLUNGSKONDITIONEN.c
    query = select(table.Zahlungskond).where(table.Mandant == sage.settings.mandant)
    return values - _found(sage, query, table.Zahlungskond, values)


def _missing_price_lists(sage: SageDatabase, values: Set[str]) -> Set[str]:
    table = khk.PREISLISTEN.c
    query = select(table.ID).where(table.Mandant == sage.settings.mandant)
    ids = {int(value) for value in values if value.isdecimal() and value.isascii()}
    found = _found(sage, query, table.ID, ids)
    return {value for value in values if not (value.isdecimal() and value.isascii() and int(value) in found)}


def document_kinds(sage: SageDatabase) -> list[str]:
    """Belegkennzeichen of sales documents, sorted; every installation has its own (`sage-100.md` 2.14)."""
    return sorted(row["Kennzeichen"].strip() for row in sage.rows(select(khk.BELEGARTEN.c.Kennzeichen)))


def _missing_kinds(sage: SageDatabase, values: Set[str]) -> Set[str]:
    return values - set(document_kinds(sage))


_DATABASE: dict[str, Callable[[SageDatabase, Set[str]], Set[str]]] = {
    "article": missing_articles,
    "tax": _missing_taxes,
    "customer": _missing_customers,
    "template": _missing_templates,
    "customer_group": _missing_groups,
    "payment_terms": _missing_terms,
    "price_list": _missing_price_lists,
    "tax_class": missing_tax_classes,
    "article_group": missing_article_groups,
    "document_kind": _missing_kinds,
}


def _listed(sage: SageDatabase, column: ColumnElement[Any], *where: ColumnElement[bool]) -> list[str]:
    """The values of a column of a Mandant's small table, sorted."""
    mandant = column.table.c.Mandant == sage.settings.mandant
    return sorted({str(row[column.name]).strip() for row in sage.rows(select(column).where(mandant, *where))})


_LISTS: dict[str, Callable[[SageDatabase], list[str]]] = {
    "document_kind": document_kinds,
    "customer_group": lambda sage: _listed(sage, khk.GRUPPEN.c.Gruppe, khk.GRUPPEN.c.Typ == CUSTOMER_GROUPS),
    "payment_terms": lambda sage: _listed(sage, khk.ZAHLUNGSKONDITIONEN.c.Zahlungskond),
    "price_list": lambda sage: _listed(sage, khk.PREISLISTEN.c.ID),
}


def known(sage: SageDatabase, name: str) -> Sequence[str]:
    """See `exchange.connector.Lookup`."""
    if name in SETTINGS_NAMES:
        return SettingsLookup(sage.settings).known(name)
    return _LISTS[name](sage) if name in _LISTS else ()


def missing(sage: SageDatabase, name: str, values: Set[str]) -> Set[str]:
    """Those of the values that do not exist. Raises ConfigError for a name that Sage knows nothing about."""
    if name in SETTINGS_NAMES:
        return SettingsLookup(sage.settings).missing(name, values)
    if name not in _DATABASE:
        known = ", ".join([*_DATABASE, *SETTINGS_NAMES])
        raise ConfigError(f"Sage cannot be asked for {name!r}; it knows {known}")
    return _DATABASE[name](sage, values)


#: Names that the settings alone answer.
SETTINGS_NAMES = ("payment", "shipping")


class SettingsLookup:
    """Answers from the settings alone, for a Sage that is reached by files only. Of other names nothing is missing."""

    def __init__(self, settings: SageSettings) -> None:
        self.settings = settings

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        """See `exchange.connector.Lookup`."""
        orders = self.settings.orders
        if name == "payment":
            return {value for value in values if orders.payment and find_terms(orders.payment, value) is None}
        if name == "shipping":
            return {value for value in values if orders.shipping and find_terms(orders.shipping, value) is None}
        return frozenset()

    def known(self, name: str) -> Sequence[str]:
        """See `exchange.connector.Lookup`."""
        orders = self.settings.orders
        mapped = {"payment": list(orders.payment), "shipping": list(orders.shipping)}
        return sorted(mapped.get(name, []))


def lookup(settings: SageSettings, database: SageDatabase | None) -> Lookup:
    """What can be asked: everything with a database, otherwise only the settings."""
    return SettingsLookup(settings) if database is None else database
