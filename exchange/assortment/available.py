"""What can be sold of articles: stock in the chosen warehouses minus open orders (`sage-100.md` 2.7)."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select

from exchange import khk
from exchange.convert import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement

    from exchange.connector import SageSource

#: Orders that are not delivered yet are of this kind (2.14), and of the kind that this program itself writes.
ORDER_KIND = "VVA"
#: Decimals of quantities, as Sage's `money` has them.
PLACES = 4
_PLACE = Decimal("0.0001")
ZERO = Decimal(0)
#: Columns of KHKArtikel that `sellable` needs.
UNITS = ("Verkaufsmengeneinheit", "Basismengeneinheit", "UmrechnungsfaktorVK", "UmrechnungsFaktorLME")

#: Article and variant.
Key = tuple[str, int]


class Sellable(NamedTuple):
    """In sales units: what can be sold, what lies there, what is sold already."""

    available: Decimal
    on_hand: Decimal
    on_order: Decimal


def sellable(article: Mapping[str, Any], stored: Decimal, ordered: Decimal) -> Sellable:
    """`stored` counts stock units, `ordered` base units; the shop counts sales units. Rounded down."""
    per_sales_unit = Decimal(article["UmrechnungsfaktorVK"] or 1)
    on_hand = stored * Decimal(article["UmrechnungsFaktorLME"] or 1) / per_sales_unit
    on_order = ordered / per_sales_unit
    hand, order = canonical(on_hand.quantize(_PLACE, ROUND_FLOOR), PLACES), canonical(on_order, PLACES)
    return Sellable(canonical(hand - order, PLACES), hand, order)


def stored(source: SageSource, numbers: Sequence[str], warehouses: Sequence[str]) -> dict[Key, Decimal]:
    """Sums over all bins: several rows for one article and bin are normal."""
    table = khk.LAGERPLATZBESTAENDE.c
    total: ColumnElement[Any] = func.sum(table.Bestand)
    query = (
        select(table.Artikelnummer, table.AuspraegungID, total.label("total"))
        .where(
            table.Mandant == source.settings.mandant,
            table.Artikelnummer.in_(numbers),
            table.Lagerkennung.in_(warehouses),
        )
        .group_by(table.Artikelnummer, table.AuspraegungID)
    )
    return {(row["Artikelnummer"], row["AuspraegungID"] or 0): row["total"] or ZERO for row in source.rows(query)}


def ordered(source: SageSource, numbers: Sequence[str]) -> dict[Key, Decimal]:
    """Quantities of positions that are still open."""
    position, document = khk.BELEGE_POSITIONEN.c, khk.BELEGE.c
    total: ColumnElement[Any] = func.sum(position.MengeBasis)
    kinds = sorted({ORDER_KIND, source.settings.orders.document_kind})
    query = (
        select(position.Artikelnummer, position.AuspraegungID, total.label("total"))
        .join_from(
            khk.BELEGE_POSITIONEN,
            khk.BELEGE,
            and_(document.BelID == position.BelID, document.Mandant == position.Mandant),
        )
        .where(
            position.Mandant == source.settings.mandant,
            position.Artikelnummer.in_(numbers),
            position.IstErledigt == 0,
            document.Belegkennzeichen.in_(kinds),
        )
        .group_by(position.Artikelnummer, position.AuspraegungID)
    )
    return {(row["Artikelnummer"], row["AuspraegungID"] or 0): row["total"] or ZERO for row in source.rows(query)}
