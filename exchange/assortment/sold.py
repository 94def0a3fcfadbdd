"""Which articles of Sage are for the shop (`sage-100.md` 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from exchange import khk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Select

    from exchange.connector import SageSource


def sold(source: SageSource, *columns: ColumnElement[Any]) -> Select[Any]:
    """Active articles for sale, where there is a flag for the shop only those that have it; in order of their numbers.

    Selects the number and the given columns of KHKArtikel.
    """
    table = khk.ARTIKEL
    query = (
        select(table.c.Artikelnummer, *columns)
        .where(table.c.Mandant == source.settings.mandant, table.c.Aktiv != 0, table.c.IstVerkaufsartikel != 0)
        .order_by(table.c.Artikelnummer)
    )
    flag = source.settings.shop_flag
    return query.where(khk.own(table, flag) != 0) if flag else query


def sold_numbers(source: SageSource) -> frozenset[str]:
    """The numbers of all those articles."""
    return frozenset(row["Artikelnummer"] for row in source.rows(sold(source)))


def in_stock(source: SageSource) -> frozenset[str]:
    """Numbers of articles that can be delivered: stock in a chosen warehouse, or not kept in stock at all."""
    table, places, mandant = khk.ARTIKEL, khk.LAGERPLATZBESTAENDE.c, source.settings.mandant
    total: ColumnElement[Any] = func.sum(places.Bestand)
    query = (
        select(places.Artikelnummer)
        .where(places.Mandant == mandant, places.Lagerkennung.in_(warehouses(source)))
        .group_by(places.Artikelnummer)
        .having(total > 0)
    )
    stored = {row["Artikelnummer"] for row in source.rows(query)}
    free = sold(source).where(table.c.Lagerfuehrung == 0)
    return frozenset(stored | {row["Artikelnummer"] for row in source.rows(free)})


def warehouses(source: SageSource) -> list[str]:
    """The warehouses whose stock counts: the chosen ones, or all active ones."""
    table = khk.LAGERORTE.c
    chosen = source.settings.warehouses
    query = select(table.Lagerkennung).where(
        table.Mandant == source.settings.mandant, table.Lagerkennung.in_(chosen) if chosen else table.Aktiv != 0
    )
    return [row["Lagerkennung"] for row in source.rows(query)]


def basic_prices(source: SageSource) -> Mapping[str, Decimal]:
    """Price of one piece in the first of the exported price lists, per article; of variant 0 (2.5)."""
    if not source.settings.price_lists:
        return {}
    table = khk.PREISLISTEN_ARTIKEL.c
    query = select(table.Artikelnummer, table.Einzelpreis).where(
        table.Mandant == source.settings.mandant,
        table.ListeID == source.settings.price_lists[0],
        table.AuspraegungID == 0,
        table.AbMenge == 0,
    )
    return {row["Artikelnummer"]: row["Einzelpreis"] for row in source.rows(query) if row["Einzelpreis"] is not None}
