"""Articles as documents need them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, select

from exchange import khk
from exchange.connector import chunks
from exchange.connectors.sage.lookup import IN_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, RowMapping

ONE = Decimal(1)
#: So many articles are remembered at most.
REMEMBERED = 20_000


class Article(NamedTuple):
    """What a position copies from its article. Columns of KHKArtikel, and the weight in the article's weight unit."""

    number: str
    title1: str
    title2: str
    group: str
    main_group: str
    parent_group: str
    bundle_type: int
    tax_class: int | None
    revenue_code: int
    sales_unit: str
    base_unit: str
    base_per_sales_unit: Decimal
    discountable: int
    weight: Decimal


class Articles:
    """Reads articles in bulk and remembers them.

    Args:
        mandant: whose.
    """

    def __init__(self, mandant: int) -> None:
        article, variant = khk.ARTIKEL.c, khk.ARTIKEL_VARIANTEN.c
        joined = khk.ARTIKEL.outerjoin(
            khk.ARTIKEL_VARIANTEN,
            and_(
                variant.Mandant == article.Mandant,
                variant.Artikelnummer == article.Artikelnummer,
                variant.AuspraegungID == 0,
            ),
        )
        self._query = (
            select(
                *(article.Artikelnummer, article.Bezeichnung1, article.Bezeichnung2),
                *(article.Artikelgruppe, article.Hauptartikelgruppe, article.Vaterartikelgruppe),
                *(article.Stuecklistentyp, article.Steuerklasse, article.Erloescode),
                *(article.Verkaufsmengeneinheit, article.Basismengeneinheit, article.UmrechnungsfaktorVK),
                *(article.IstRabattfaehig, variant.GewichtLME, variant.Gewicht, article.Eigenmasse),
            )
            .select_from(joined)
            .where(article.Mandant == mandant)
        )
        self._known: dict[str, Article] = {}

    def load(self, connection: Connection, numbers: Iterable[str]) -> None:
        """Read those articles that are not known yet."""
        wanted = set(numbers)
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for batch in chunks(sorted(wanted - self._known.keys()), IN_VALUES):
            query = self._query.where(khk.ARTIKEL.c.Artikelnummer.in_(batch))
            for row in connection.execute(query).mappings():
                self._known[row["Artikelnummer"]] = _article(row)

    def get(self, number: str) -> Article | None:
        """A loaded article."""
        return self._known.get(number)


def _article(row: RowMapping) -> Article:
    base = _text(row["Basismengeneinheit"])
    return Article(
        number=row["Artikelnummer"],
        title1=_text(row["Bezeichnung1"]),
        title2=_text(row["Bezeichnung2"]),
        group=_text(row["Artikelgruppe"]),
        main_group=_text(row["Hauptartikelgruppe"]),
        parent_group=_text(row["Vaterartikelgruppe"]),
        bundle_type=row["Stuecklistentyp"] or 0,
        tax_class=row["Steuerklasse"],
        revenue_code=row["Erloescode"] or 0,
        sales_unit=_text(row["Verkaufsmengeneinheit"]) or base,
        base_unit=base,
        base_per_sales_unit=row["UmrechnungsfaktorVK"] or ONE,
        discountable=row["IstRabattfaehig"] or 0,
        weight=row["GewichtLME"] or row["Gewicht"] or row["Eigenmasse"] or Decimal(0),
    )


def _text(value: str | None) -> str:
    return (value or "").strip()
