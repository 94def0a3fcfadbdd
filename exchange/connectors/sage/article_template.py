"""New articles: rows copied from a template article, or Sage's usual (`sage-100.md` 2.1, 2.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connectors.sage.account_rows import writable
from exchange.connectors.sage.article_draft import units
from exchange.connectors.sage.bulk import insert_many
from exchange.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from exchange.connectors.sage.article_draft import ArticleDraft
    from exchange.connectors.sage.database import SageDatabase
    from exchange.settings import SageArticles

#: What the template says of itself and a new article must not inherit.
_ARTICLE_OWN: dict[str, Any] = {
    **dict.fromkeys(("Bezeichnung2", "Matchcode", "Hersteller", "HArtikelnummer", "Ersatzartikelnummer"), ""),
    **dict.fromkeys(("Langtext", "LangtextHTML", "LangtextRTF", "Memo"), None),
    **dict.fromkeys(("Dimensionstext", "DimensionstextHTML", "DimensionstextRTF"), None),
    **dict.fromkeys(("Laenge", "Breite", "Hoehe", "Eigenmasse"), Decimal(0)),
    "IstVorlage": khk.NO,
    "Aktiv": khk.YES,
}
_VARIANT_OWN: dict[str, Any] = {"EANNummer": "", "Gewicht": Decimal(0), "GewichtLME": Decimal(0)}


def usual(setup: SageArticles) -> dict[str, Any]:
    """What every article has that sells one by one: columns of KHKArtikel."""
    return {
        **units(setup.unit),
        **dict.fromkeys(("UmrechnungsfaktorVK", "UmrechnungsFaktorLME"), Decimal(1)),
        **dict.fromkeys(("Laenge", "Breite", "Hoehe", "Eigenmasse"), Decimal(0)),
        "Erloescode": setup.revenue_code,
        "PreiseinheitVK": 1,
        "DezimalstellenVK": 0,
        "DezimalstellenPreis": 2,
        "Lagerfuehrung": khk.YES if setup.stock_kept else khk.NO,
        "Stuecklistentyp": 0,
        "IstVerkaufsartikel": khk.YES,
        "IstRabattfaehig": khk.YES,
    }


class ArticleTemplate:
    """Rows of new articles.

    Args:
        sage: the database.
        connection: to read the template with.

    Raises:
        ConfigError: the template does not exist.

    Attributes:
        articles, variants: the tables with every column that the database has.
    """

    def __init__(self, sage: SageDatabase, connection: Connection) -> None:
        self.mandant = sage.settings.mandant
        self.setup = sage.settings.articles
        self.articles = sage.table(khk.ARTIKEL.name)
        self.variants = sage.table(khk.ARTIKEL_VARIANTEN.name)
        self._article = usual(self.setup)
        self._variant: dict[str, Any] = {"AuspraegungID": 0, **_VARIANT_OWN}
        if self.setup.template:
            self._article |= self._copied(connection, self.articles) | _ARTICLE_OWN
            self._variant |= self._copied(connection, self.variants, AuspraegungID=0) | _VARIANT_OWN

    def _copied(self, connection: Connection, table: Table, **more: int) -> dict[str, Any]:
        columns = [table.c[name] for name in writable(table)]
        query = select(*columns).where(table.c.Mandant == self.mandant, table.c.Artikelnummer == self.setup.template)
        row = connection.execute(query.filter_by(**more)).mappings().first()
        if row is None:
            raise ConfigError(f"sage.articles.template: Sage has no article {self.setup.template!r} in {table.name}")
        return dict(row)

    def insert(self, connection: Connection, drafts: Mapping[str, ArticleDraft]) -> None:
        """Write new articles by number, each with the variant that every article has."""
        articles = [self._row(self._article, number, draft.article) for number, draft in drafts.items()]
        variants = [self._row(self._variant, number, draft.variant) for number, draft in drafts.items()]
        for table, rows in ((self.articles, articles), (self.variants, variants)):
            present = {name.lower(): name for name in writable(table)}
            names = dict.fromkeys(present[name] for row in rows for name in row if name in present)
            insert_many(connection, table, [{name: row.get(name.lower()) for name in names} for row in rows])

    def _row(self, copied: Mapping[str, Any], number: str, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The values by column in small letters, as spelling differs between databases (1.3)."""
        own = {"Artikelnummer": number, "Mandant": self.mandant}
        return {name.lower(): value for name, value in ({**copied, **columns, **own}).items()}
