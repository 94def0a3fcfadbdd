"""Deals: what ties a document to the one that it follows from (`sage-100.md` 2.13).

All documents of a deal have its VorID; a line keeps its VorPosID from document to document; ReferenzBelID is the
predecessor. A line of the predecessor is done (IstErledigt) once documents of one kind have taken its whole quantity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select, update

from exchange import khk
from exchange.connector import chunks
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.sales_findings import OTHER_CUSTOMER, UNKNOWN_POSITION, UNKNOWN_PREDECESSOR
from exchange.connectors.sage.tables import EFFECT
from exchange.finding import Locator, found
from exchange.trade.amounts import ZERO, cents
from exchange.trade.sales import document_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from sqlalchemy import Connection, RowMapping

    from exchange.connectors.sage.database import SageDatabase
    from exchange.records.sales_document import DocumentLine, SalesDocument

#: What a document is called by us (`VVA 2026-10001`), and by people (`2026-10001`).
_OURS = re.compile(r"(\S{1,3}) (\d{4})-(\d{1,9})", re.ASCII)
_SAGES = re.compile(r"(\d{4})-(\d{1,9})", re.ASCII)

#: The module whose documents are followed by the number of the order.
ORDERS = "order_import"

Name = tuple[str, int, int]


@dataclass(slots=True)
class DealLine:
    """A line of a document that others may follow from.

    Attributes:
        id, part: BelPosID and VorPosID; 0 for none.
        index, position: its place, as a number and as it is printed.
        article, variant, quantity: what is in it.
        unit_price, discount, rate: price of a piece, amount off the line, and tax in percent.
        done: IstErledigt.
        taken: quantity that documents have taken so far, by their kind.
    """

    id: int
    part: int
    index: int
    position: str
    article: str
    variant: int
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    rate: Decimal | None
    done: bool = False
    taken: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class DealDocument:
    """A document that others may follow from.

    Attributes:
        id, deal: BelID and VorID; 0 for none.
        name: kind, year and number.
        account: of its customer.
        gross: whether its prices include tax.
        booked: it is in accounting and is not to be touched (`FibuTan`, 2.13).
        lines: by their places.
    """

    id: int
    deal: int
    name: Name
    account: str
    gross: bool
    booked: bool
    lines: list[DealLine] = field(default_factory=list)

    def __str__(self) -> str:
        kind, year, number = self.name
        return f"{kind} {year}-{number}"


class Deals:
    """The documents that a chunk of documents follows from.

    Args:
        sage: the database.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.mandant = sage.settings.mandant
        booked = "fibutan" in sage.columns(khk.BELEGE.name)
        self._booked = khk.own(khk.BELEGE, "FibuTan") if booked else literal(0)
        self._known: dict[str, DealDocument] = {}

    def load(self, connection: Connection, module: str, documents: Iterable[SalesDocument]) -> None:
        """Read the predecessors: ours by the sender's number, otherwise those with this number of Sage."""
        wanted = {
            document_key(each.predecessor_kind, each.predecessor_number): each
            for each in documents
            if each.predecessor_number
        }
        names = self._ours(connection, module, wanted.keys())
        for key, each in wanted.items():
            sages = _SAGES.fullmatch("".join(each.predecessor_number.split()))
            if key not in names and sages is not None:
                names[key] = (each.predecessor_kind, int(sages[1]), int(sages[2]))
        there = self._documents(connection, set(names.values()))
        self._known = {key: there[name] for key, name in names.items() if name in there}

    def add(self, document: SalesDocument, made: DealDocument) -> None:
        """Let a new document be followed, by the sender's number."""
        self._known[document_key(document.kind, document.number)] = made

    def predecessor(self, document: SalesDocument, account: str) -> DealDocument | None:
        """The document that one follows from; None for the first of a deal. Raises Unfit."""
        kind, number = document.predecessor_kind, document.predecessor_number
        if not number:
            return None
        at = Locator(field="predecessor_number")
        known = self._known.get(document_key(kind, number))
        if known is None:
            raise Unfit(found(UNKNOWN_PREDECESSOR, at, kind=kind, number=number))
        if known.account != account:
            raise Unfit(found(OTHER_CUSTOMER, at, known=known, other=known.account, account=account))
        return known

    # Reading

    def _ours(self, connection: Connection, module: str, keys: Set[str]) -> dict[str, Name]:
        """Those that we wrote: documents of files, and orders, which go by the number of the order alone."""
        numbers: dict[str, list[str]] = {}
        for key in keys:
            numbers.setdefault(key.partition(":")[2], []).append(key)
        names: dict[str, Name] = {}
        for number, name in self._effects(connection, ORDERS, numbers.keys()):
            names |= {key: name for key in numbers[number] if key.startswith(f"{name[0]}:".casefold())}
        return names | dict(self._effects(connection, module, keys))

    def _effects(self, connection: Connection, module: str, keys: Set[str]) -> Iterator[tuple[str, Name]]:
        effect = EFFECT.c
        for some in chunks(sorted(keys), IN_VALUES):
            query = select(effect.Schluessel, effect.FremdId).where(
                effect.Mandant == self.mandant, effect.Modul == module, effect.Schluessel.in_(some)
            )
            for key, foreign_id in connection.execute(query):
                ours = _OURS.fullmatch(foreign_id)
                if ours is not None:
                    yield key, (ours[1], int(ours[2]), int(ours[3]))

    def _documents(self, connection: Connection, names: Set[Name]) -> dict[Name, DealDocument]:
        table, link = khk.BELEGE.c, khk.BELEGE_VORGAENGE.c
        linked = (  # a document may have several deals; VorID repeats it where there is one (2.13)
            select(func.min(link.VorID))
            .where(link.BelID == table.BelID, link.Mandant == table.Mandant)
            .correlate(khk.BELEGE)
            .scalar_subquery()
        )
        made: dict[Name, DealDocument] = {}
        for kind, year in sorted({name[:2] for name in names}):
            numbers = sorted(number for *of, number in names if of == [kind, year])
            for some in chunks(numbers, IN_VALUES):
                query = select(
                    *(table.BelID, table.VorID, table.Belegnummer, table.A0Empfaenger, table.Preiskennzeichen),
                    *(linked, self._booked),
                ).where(
                    table.Mandant == self.mandant,
                    table.Belegkennzeichen == kind,
                    table.Belegjahr == year,
                    table.Belegnummer.in_(some),
                )
                for document, deal, number, account, gross, other, booked in connection.execute(query):
                    name = (kind, year, number)
                    made[name] = DealDocument(
                        document,
                        deal or other or 0,
                        name,
                        (account or "").strip(),
                        gross=bool(gross),
                        booked=bool(booked),
                    )
        self._add_lines(connection, {each.id: each for each in made.values()})
        return made

    def _add_lines(self, connection: Connection, documents: dict[int, DealDocument]) -> None:
        line, tax = khk.BELEGE_POSITIONEN.c, khk.STEUERTABELLE.c
        lines: dict[tuple[int, int], DealLine] = {}
        for some in chunks(sorted(documents), IN_VALUES):
            query = (
                select(khk.BELEGE_POSITIONEN, tax.Steuersatz)
                .outerjoin(khk.STEUERTABELLE, tax.Steuercode == line.Steuercode)
                .where(line.Mandant == self.mandant, line.BelID.in_(some))
                .order_by(line.BelID, line.Index, line.BelPosID)
            )
            for row in connection.execute(query).mappings():
                made = _line(row)
                documents[row["BelID"]].lines.append(made)
                lines[row["BelID"], made.part] = made
            for document, part, kind, quantity in connection.execute(self._taken(some)):
                if (document, part) in lines:
                    lines[document, part].taken[kind] = Decimal(quantity or 0)

    def _taken(self, documents: Sequence[int]) -> Any:
        """What the followers of documents have taken: predecessor, VorPosID, kind and quantity."""
        head, line = khk.BELEGE.c, khk.BELEGE_POSITIONEN.c
        return (
            select(head.ReferenzBelID, line.VorPosID, head.Belegkennzeichen, func.sum(line.Menge))
            .join_from(
                khk.BELEGE,
                khk.BELEGE_POSITIONEN,
                (line.BelID == head.BelID) & (line.Mandant == head.Mandant),
            )
            .where(head.Mandant == self.mandant, head.ReferenzBelID.in_(documents))
            .group_by(head.ReferenzBelID, line.VorPosID, head.Belegkennzeichen)
        )

    # Writing

    def close(self, connection: Connection, lines: Iterable[DealLine]) -> None:
        """Mark lines as done."""
        line = khk.BELEGE_POSITIONEN.c
        for some in chunks(sorted({each.id for each in lines}), IN_VALUES):
            connection.execute(
                update(khk.BELEGE_POSITIONEN)
                .where(line.Mandant == self.mandant, line.BelPosID.in_(some))
                .values(IstErledigt=khk.YES)
            )


def _line(row: RowMapping) -> DealLine:
    quantity, rate = Decimal(row["Menge"] or 0), row["Steuersatz"]
    unit = Decimal(row["Einzelpreis"] or 0) / (row["Preiseinheit"] or 1)
    return DealLine(
        row["BelPosID"],
        row["VorPosID"] or 0,
        row["Index"] or 0,
        (row["Position"] or "").strip(),
        (row["Artikelnummer"] or "").strip(),
        row["AuspraegungID"] or 0,
        quantity,
        unit,
        cents(quantity * unit - Decimal(row["Gesamtpreis"] or 0)),
        None if rate is None else Decimal(rate),
        done=bool(row["IstErledigt"]),
    )


def matched(document: SalesDocument, before: DealDocument) -> list[DealLine | None]:
    """For each line of a document the predecessor's line that it goes on; None for a new one. Raises Unfit.

    By the position that the sender names; otherwise by article, lines that are not done first, in their order.
    """
    free = sorted(before.lines, key=lambda each: each.done)  # stable: within that, in their order
    by_position = [_named(line, index, before) for index, line in enumerate(document.lines)]
    for each in by_position:
        if each in free:
            free.remove(each)
    made: list[DealLine | None] = []
    for line, named in zip(document.lines, by_position, strict=True):
        taken = named
        if taken is None and line.article_number:
            asked = line.article_number, line.variant_id or 0
            taken = next((each for each in free if (each.article, each.variant) == asked), None)
            if taken is not None:
                free.remove(taken)
        made.append(taken)
    return made


def priced(document: SalesDocument, before: DealDocument, parts: Sequence[DealLine | None]) -> SalesDocument:
    """A document that names no prices, with those of the lines that it goes on; others stay without.

    A discount of the whole predecessor is not taken over: how much of it a part delivery bears, nobody has said.
    """
    lines = []
    for line, part in zip(document.lines, parts, strict=True):
        if part is None or not line.article_number or not part.quantity:
            lines.append(line)
            continue
        discount = cents(part.discount * (line.quantity or ZERO) / part.quantity)
        lines.append(line._replace(unit_price=part.unit_price, discount=discount, tax_rate=part.rate))
    return document._replace(gross=before.gross, lines=tuple(lines))


def _named(line: DocumentLine, index: int, before: DealDocument) -> DealLine | None:
    """The line that the sender names by its position: as it is printed, else its place."""
    wanted = line.predecessor_position
    if wanted is None:
        return None
    there = [each for each in before.lines if each.article == line.article_number]
    for each in [each for each in there if each.position == str(wanted)] or there:
        if str(wanted) in (each.position, str(each.index)):
            return each
    at = Locator(field=f"lines[{index}].predecessor_position")
    raise Unfit(found(UNKNOWN_POSITION, at, known=before, position=wanted, article=line.article_number))


def take(before: DealDocument, kind: str, taken: Iterable[tuple[DealLine | None, Decimal]]) -> list[DealLine]:
    """Note what a document of a kind takes of its predecessor's lines; those that are done with it."""
    done = []
    for line, quantity in taken:
        if line is None:
            continue
        line.taken[kind] = line.taken.get(kind, ZERO) + quantity
        if not line.done and not before.booked and line.taken[kind] >= line.quantity:
            line.done = True
            done.append(line)
    return done
