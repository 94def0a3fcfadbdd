"""Articles of the shop in Sage's own tables (`sage-100.md` 2.1, 2.2, 2.5).

Sage leads: an article that is there is left alone, unless a setting lets the shop overwrite it. What the shop knows
nothing of comes from a template article, or is Sage's usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from exchange import khk
from exchange.assortment.prices import price_lists
from exchange.connector import Applied, Outcome, chunks
from exchange.connectors.sage import article_findings as kinds
from exchange.connectors.sage import counters, groups
from exchange.connectors.sage.article_codes import TaxClasses, tax_query
from exchange.connectors.sage.article_draft import ArticleDraft, ArticleDrafter
from exchange.connectors.sage.article_template import ArticleTemplate
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.effects import refused
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.finding import Locator, found
from exchange.record import Kind, schema
from exchange.records.product import Product

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.finding import Finding

TEXTS = tuple(each.name for each in schema(Product).fields if each.kind is Kind.TEXT)


class Accepted(NamedTuple):
    """An article that lands.

    Attributes:
        change: what brought it.
        draft: its columns.
        known: its number as Sage spells it; empty for a new one.
    """

    change: Change
    draft: ArticleDraft
    known: str

    @property
    def number(self) -> str:
        """Artikelnummer."""
        return self.known or str(self.change.record.number)


class ArticleLander:
    """Lands articles (`exchange.connectors.sage.effects.Lander`)."""

    final = False

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.settings = sage.settings
        self.mandant = sage.settings.mandant
        self.charset = Charset(sage.settings.charset)
        setup = self.settings.articles
        self.drafter = ArticleDrafter(
            self.settings,
            groups.Groups(sage.rows(groups.query(self.mandant)), setup.groups),
            TaxClasses(sage.rows(tax_query()), setup.tax_classes),
            price_lists(sage),
        )

    def begin(self, connection: Connection) -> None:
        """Wait for other writers of ours."""
        counters.lock(connection, self.mandant)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, TEXTS))

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Create each article; one that Sage has is left alone, or overwritten with what the shop fills in."""
        present = self._present(connection, [change.record.number for change in changes])
        done: list[Applied] = []
        accepted: list[Accepted] = []
        for change in changes:
            known = present.get(change.record.number.casefold(), "")
            if known and self.settings.articles.existing == "hold":
                done.append(self._left_alone(change))
                continue
            try:
                draft = self.drafter.draft(change.record)
            except Unfit as unfit:
                done.append(refused(change, [unfit.finding]))
                continue
            accepted.append(Accepted(change, draft, known))
            outcome = Outcome.UPDATED if known or change.outcome is Outcome.UPDATED else Outcome.CREATED
            done.append(Applied(change.seq, outcome, self.called(change), draft.findings))
        self.write(connection, landing, accepted)
        return done

    def _left_alone(self, change: Change) -> Applied:
        """An article that Sage has: at the first time there is nothing to do, a later change waits for a person."""
        if change.outcome is Outcome.UPDATED:
            return refused(change, [found(kinds.ARTICLE_EXISTS, Locator(field="number"), number=change.record.number)])
        return Applied(change.seq, Outcome.UNCHANGED, change.record.number)

    def _present(self, connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
        """Those that are articles, in small letters → as Sage spells them: its collation knows no case."""
        table = khk.ARTIKEL.c
        present: dict[str, str] = {}
        for batch in chunks(sorted({each for number in numbers for each in (number, number.upper())}), IN_VALUES):
            query = select(table.Artikelnummer).where(table.Mandant == self.mandant, table.Artikelnummer.in_(batch))
            present |= {row.Artikelnummer.strip().casefold(): row.Artikelnummer for row in connection.execute(query)}
        return present

    def called(self, change: Change) -> str:
        """What Sage calls the article."""
        return str(change.record.number)

    # Writing

    def write(self, connection: Connection, landing: Landing, accepted: Sequence[Accepted]) -> None:  # noqa: ARG002 - others
        """Insert what is new, and overwrite the rest."""
        new = {each.number: each.draft for each in accepted if not each.known}
        if new:
            ArticleTemplate(self.sage, connection).insert(connection, new)
        for each in accepted:
            if each.known:
                self._overwrite(connection, each)
        self._write_prices(connection, accepted)

    def _overwrite(self, connection: Connection, each: Accepted) -> None:
        """What the shop fills in; its unit it does not know."""
        present = self.sage.columns(khk.ARTIKEL.name)
        table = self.sage.table(khk.ARTIKEL.name)
        values = {name: value for name, value in each.draft.article.items() if name.lower() in present}
        where = (table.c.Mandant == self.mandant, table.c.Artikelnummer == each.number)
        connection.execute(update(table).where(*where).values(values))
        if each.draft.variant:
            variant = khk.ARTIKEL_VARIANTEN
            where = (variant.c.Mandant == self.mandant, variant.c.Artikelnummer == each.number)
            connection.execute(update(variant).where(*where, variant.c.AuspraegungID == 0).values(each.draft.variant))

    def _write_prices(self, connection: Connection, accepted: Iterable[Accepted]) -> None:
        """Prices of the same list and quantity are replaced; tiers that only Sage has stay."""
        table = khk.PREISLISTEN_ARTIKEL
        rows = [
            {
                "Mandant": self.mandant,
                "Artikelnummer": each.number,
                "AuspraegungID": 0,
                "ListeID": price.price_list,
                "AbMenge": price.least,
                "Einzelpreis": price.price,
            }
            for each in accepted
            for price in each.draft.prices
        ]
        if not rows:
            return
        keys = ("Mandant", "Artikelnummer", "AuspraegungID", "ListeID", "AbMenge")
        replaced = delete(table).where(*(table.c[name] == bindparam(f"b_{name}") for name in keys))
        connection.execute(replaced, [{f"b_{name}": row[name] for name in keys} for row in rows])
        insert_many(connection, table, rows)
