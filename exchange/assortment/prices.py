"""Price lists, tax rates, and what a price of Sage is in the shop (`sage-100.md` 1.6, 2.5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from exchange import khk
from exchange.assortment.sold import sold
from exchange.convert import canonical, half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.connector import SageSource
    from exchange.shop import ShopView

#: Decimals of a price in the shop that includes tax, and of one that does not: net prices keep what Sage has.
GROSS_PLACES, NET_PLACES = 2, 4


class PriceList(NamedTuple):
    """A price list of Sage.

    Attributes:
        of: for a promotion, the lists that it lowers.
        from_day, until_day: its validity; None is open.
    """

    number: int
    name: str
    currency: str
    gross: bool
    promotion: bool
    of: frozenset[int]
    from_day: date | None
    until_day: date | None


class Priced(NamedTuple):
    """What is needed of an article to read its prices: percent of tax, and how many units a price is for."""

    tax_rate: Decimal | None
    price_unit: int | None


def price_lists(source: SageSource) -> dict[int, PriceList]:
    """All lists that are not switched off.

    A promotion is bound to a list by the list (Aktionsliste) or names it (Basisliste): both are taken (2.5).
    """
    table = khk.PREISLISTEN
    names = ("ID", "Bezeichnung", "WKz", "IstBruttopreis", "IstAktion", "Basisliste", "Aktionsliste")
    columns = [table.c[name] for name in (*names, "GueltigVon", "GueltigBis", "Aktiv")]
    query = select(*khk.available(columns, source.columns(table.name))).where(
        table.c.Mandant == source.settings.mandant
    )
    rows = [row for row in source.rows(query.order_by(table.c.ID)) if row["Aktiv"] != 0]
    lowered: dict[int, set[int]] = {}
    for row in rows:
        if row["Aktionsliste"]:
            lowered.setdefault(row["Aktionsliste"], set()).add(row["ID"])
        if row["Basisliste"]:
            lowered.setdefault(row["ID"], set()).add(row["Basisliste"])
    return {
        row["ID"]: PriceList(
            row["ID"],
            (row["Bezeichnung"] or "").strip() or str(row["ID"]),
            (row["WKz"] or "").strip() or source.settings.currency,
            bool(row["IstBruttopreis"]),
            bool(row["IstAktion"]),
            frozenset(lowered.get(row["ID"], ())),
            _day(row["GueltigVon"]),
            _day(row["GueltigBis"]),
        )
        for row in rows
    }


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def tax_rates(source: SageSource) -> dict[int, Decimal]:
    """Percent by tax class: class → code of sales → rate (1.6)."""
    classes, codes = khk.STEUERKLASSEN.c, khk.STEUERTABELLE.c
    query = (
        select(classes.Steuerklasse, codes.Steuersatz)
        .join_from(khk.STEUERKLASSEN, khk.STEUERTABELLE, classes.Lieferung == codes.Steuercode)
        .where(classes.Land == "*")
    )
    return {row["Steuerklasse"]: canonical(Decimal(row["Steuersatz"] or 0), 3) for row in source.rows(query)}


def priced(source: SageSource) -> Mapping[str, Priced]:
    """Every article that is for the shop."""
    table, rates = khk.ARTIKEL.c, tax_rates(source)
    return {
        row["Artikelnummer"]: Priced(rates.get(row["Steuerklasse"]), row["PreiseinheitVK"] or None)
        for row in source.rows(sold(source, table.Steuerklasse, table.PreiseinheitVK))
    }


def amount(value: Any) -> Decimal:
    """A price of Sage as our records have it."""
    return canonical(Decimal(value), 4, 2)


def quantity(value: Any) -> Decimal:
    """A quantity of Sage as our records have it."""
    return canonical(Decimal(value), 4)


def price_name(view: ShopView) -> str:
    """How the fields of a price end in this shop: it keeps its prices with tax or without."""
    return "Incl" if view.settings.shop.prices == "incl" else "Excl"


def shop_price(view: ShopView, price: Decimal, record: Any) -> Decimal:
    """A price of one piece as the shop keeps it.

    `record` has gross, tax_rate and price_unit; the check has seen to it that a price comes with its rate.
    """
    wanted_gross = view.settings.shop.prices == "incl"
    one = price / (record.price_unit or 1)
    if bool(record.gross) != wanted_gross:
        factor = 1 + record.tax_rate / 100
        one = one * factor if wanted_gross else one / factor
    return half_up(one, GROSS_PLACES if wanted_gross else NET_PLACES)


def first_moment(view: ShopView, day: date | None) -> datetime | None:
    """When a day begins where the merchant is, in UTC; also on the days on which the clocks change."""
    if day is None:
        return None
    return datetime.combine(day, time(), ZoneInfo(view.settings.zone)).astimezone(UTC)


def end_moment(view: ShopView, day: date | None) -> datetime | None:
    """When a day is over."""
    return None if day is None else first_moment(view, day + timedelta(days=1))
