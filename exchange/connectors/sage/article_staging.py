"""Articles and categories of the shop in tables of our own beside Sage's: the way `staging`.

A Sage-side importer takes the rows and sets `IstImportiert` (`sage-100.md` section 6). What Sage has already is held or
left alone as on the way `documents`; what was not taken over yet may be replaced.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, SmallInteger, String, Table, delete

from exchange import khk
from exchange.connectors.sage import tables
from exchange.connectors.sage.article_lander import ArticleLander
from exchange.connectors.sage.article_template import usual
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.group_lander import GroupLander, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.article_lander import Accepted
    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.group_lander import NewGroup


def _waiting(name: str, *columns: Column[Any]) -> Table:
    """A table with one row for each record, as those of orders and customers are."""
    return Table(
        name,
        tables.METADATA,
        Column("Mandant", SmallInteger, primary_key=True, autoincrement=False),
        Column("Schluessel", String(255), primary_key=True),
        Column("IstImportiert", SmallInteger, nullable=False),
        Column("Fehlertext", String(1000)),
        Column("Batch", String(64), nullable=False),
        Column("At", DateTime, nullable=False),
        *columns,
    )


def _like(table: Table, *names: str) -> Iterator[Column[Any]]:
    return (Column(name, table.c[name].type) for name in names)


#: Columns of KHKArtikel that a waiting article has under the same names.
_ARTICLE = tuple(column.name for column in khk.ARTIKEL.c if column.name not in ("Mandant", "Variante", "Rabattgruppe"))
#: A waiting article. `Vorlageartikel` is what the importer copies for everything else; empty for none.
ARTICLE = _waiting(
    "ExchangeArticle",
    Column("Vorlageartikel", String(31)),
    *_like(khk.ARTIKEL, *_ARTICLE),
    *_like(khk.ARTIKEL_VARIANTEN, "EANNummer", "GewichtLME"),
)
#: Its sales prices.
ARTICLE_PRICE = Table(
    "ExchangeArticlePrice",
    tables.METADATA,
    Column("Mandant", SmallInteger, primary_key=True, autoincrement=False),
    Column("Schluessel", String(255), primary_key=True),
    *(Column(name, khk.PREISLISTEN_ARTIKEL.c[name].type, primary_key=True) for name in ("ListeID", "AbMenge")),
    *_like(khk.PREISLISTEN_ARTIKEL, "Einzelpreis"),
)
#: A waiting article group.
GROUP = _waiting(
    "ExchangeArticleGroup",
    *_like(khk.ARTIKELGRUPPEN, "Hauptartikelgruppe", "VaterArtikelgruppe", "Artikelgruppe", "Bezeichnung"),
    *_like(khk.ARTIKELGRUPPEN, "Gruppenebene"),
)


def _head(sage: SageDatabase, landing: Landing, change: Change) -> dict[str, Any]:
    return {
        "Mandant": sage.settings.mandant,
        "Schluessel": change.key,
        "IstImportiert": khk.NO,
        "Fehlertext": "",
        "Batch": landing.batch,
        "At": datetime.now(UTC).replace(tzinfo=None),
    }


def _replace(
    connection: Connection, table: Table, mandant: int, keys: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    """The rows of these keys are these from now on."""
    connection.execute(delete(table).where(table.c.Mandant == mandant, table.c.Schluessel.in_(keys)))
    insert_many(connection, table, rows)


class WaitingArticles(ArticleLander):
    """Lands articles as waiting rows (`exchange.connectors.sage.effects.Lander`)."""

    def called(self, change: Change) -> str:
        """Our row."""
        return f"ExchangeArticle {change.key}"

    def write(self, connection: Connection, landing: Landing, accepted: Sequence[Accepted]) -> None:
        """A row for each article and for each price; what the shop does not know is left to the template."""
        setup = self.settings.articles
        keys = [each.change.key for each in accepted]
        blank = dict.fromkeys((*_ARTICLE, "EANNummer", "GewichtLME"))
        rows = []
        for each in accepted:
            filled = {} if each.known or setup.template else usual(setup)
            columns = {**filled, **each.draft.article, **each.draft.variant, "Artikelnummer": each.number}
            known = {name: value for name, value in columns.items() if name in blank}
            template = "" if each.known else setup.template
            rows.append({**_head(self.sage, landing, each.change), "Vorlageartikel": template, **blank, **known})
        prices = [
            {
                "Mandant": self.mandant,
                "Schluessel": each.change.key,
                "ListeID": price.price_list,
                "AbMenge": price.least,
                "Einzelpreis": price.price,
            }
            for each in accepted
            for price in each.draft.prices
        ]
        _replace(connection, ARTICLE, self.mandant, keys, rows)
        _replace(connection, ARTICLE_PRICE, self.mandant, keys, prices)


class WaitingGroups(GroupLander):
    """Lands categories as waiting rows (`exchange.connectors.sage.effects.Lander`)."""

    def write(self, connection: Connection, landing: Landing, made: Sequence[NewGroup]) -> None:
        """A row for each group."""
        rows = [_head(self.sage, landing, each.change) | row(each, self.mandant) for each in made]
        _replace(connection, GROUP, self.mandant, [each.change.key for each in made], rows)
