"""Documents of files as documents of Sage: the way `documents` (module sales_documents).

The customer has to exist. A document that follows from another one stays in its deal (`deals`).
"""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange import khk
from exchange.connector import Applied, Outcome, chunks
from exchange.connectors.sage import counters, document_rows, sales_rows
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.deals import DealDocument, DealLine, Deals, matched, priced, take
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.effects import refused
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.sales_draft import SalesDraft, SalesDrafter
from exchange.connectors.sage.sales_findings import DOCUMENT_EXISTS
from exchange.finding import Finding, Locator, found
from exchange.records.sales_document import SalesDocument
from exchange.trade.amounts import ZERO
from exchange.trade.sales import document_key, is_unpriced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Table

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.accounts import Account
    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.totals import Position


def in_order(changes: Iterator[Change]) -> Iterator[Change]:
    """Changes such that a document comes after the one of the same file that it follows from.

    Those with a predecessor wait until it has passed; those whose predecessor is not in the file, until the end.
    """
    first = next(changes, None)
    if first is None:
        return
    every = chain([first], changes)
    if not isinstance(first.record, SalesDocument):
        yield from every
        return
    passed: set[str] = set()
    waiting: dict[str, list[Change]] = {}
    for change in every:
        document: SalesDocument = change.record
        before = document_key(document.predecessor_kind, document.predecessor_number)
        if before and before not in passed:
            waiting.setdefault(before, []).append(change)
            continue
        ready = [change]
        while ready:
            each = ready.pop()
            own = document_key(each.record.kind, each.record.number)
            passed.add(own)
            yield each
            ready += reversed(waiting.pop(own, []))
    yield from _rest(waiting)


def _rest(waiting: dict[str, list[Change]]) -> Iterator[Change]:
    """Those whose predecessor never came, each followed by its own followers; at last those that follow in circles."""
    own = {document_key(each.record.kind, each.record.number) for some in waiting.values() for each in some}
    for start in [key for key in waiting if key not in own] + list(waiting):
        ready = list(reversed(waiting.pop(start, [])))
        while ready:
            each = ready.pop()
            yield each
            ready += reversed(waiting.pop(document_key(each.record.kind, each.record.number), []))


class SalesDocumentLander:
    """Lands sales documents (`exchange.connectors.sage.effects.Lander`)."""

    final = True

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.mandant = sage.settings.mandant
        self.drafter = SalesDrafter(sage)
        self.deals = Deals(sage)
        self.invoices: dict[str, Account] = {}

    def begin(self, connection: Connection) -> None:
        """Lock the counters; at the first time, read the small tables."""
        counters.lock(connection, self.mandant)
        self.drafter.begin(connection)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return self.drafter.faults(change.record)

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Write a document for each one that is fit for it."""
        documents = [change.record for change in changes]
        self._load(connection, documents)
        self.deals.load(connection, landing.module, documents)
        existing = self._existing(connection, documents)
        rows = _Rows(connection, self.mandant, documents)
        done: list[Applied] = []
        for change in changes:
            document: SalesDocument = change.record
            known = existing.get((document.kind, document.number))
            if known is not None:
                at = Locator(field="number")
                done.append(refused(change, [found(DOCUMENT_EXISTS, at, number=document.number, known=known)]))
                continue
            try:
                made = self._accept(document, rows)
            except Unfit as unfit:
                done.append(refused(change, [unfit.finding]))
            else:
                done.append(Applied(change.seq, Outcome.CREATED, str(made)))
        rows.write(connection, self.sage)
        self.deals.close(connection, rows.done)
        return done

    def _load(self, connection: Connection, documents: Sequence[SalesDocument]) -> None:
        self.drafter.load(connection, documents)
        accounts = [self.drafter.accounts.get(document.customer_number) for document in documents]
        others = {document_rows.invoice_account(account) for account in accounts if account is not None} - {""}
        self.invoices = self.drafter.accounts.of_numbers(connection, others)

    def _existing(self, connection: Connection, documents: Iterable[SalesDocument]) -> dict[tuple[str, str], str]:
        """Documents of the kind that carry the number already; ours have been recognised by their effects before."""
        table = khk.BELEGE.c
        known = {}
        for some in chunks(sorted({document.number for document in documents}), IN_VALUES):
            query = select(table.Belegkennzeichen, table.Referenznummer, table.Belegjahr, table.Belegnummer).where(
                table.Mandant == self.mandant, table.Referenznummer.in_(some)
            )
            for kind, reference, year, number in connection.execute(query):
                known[kind, reference] = f"{kind} {year}-{number}"
        return known

    def _accept(self, document: SalesDocument, rows: _Rows) -> DealDocument:
        """Price a document, tie it to its deal, and collect its rows. Raises Unfit, and has collected nothing then."""
        account = self.drafter.account(document)
        before = self.deals.predecessor(document, account.kto)
        parts = [] if before is None else matched(document, before)
        if before is not None and is_unpriced(document):
            document = priced(document, before, parts)
        draft = self.drafter.draft(document, account)
        parts += [None] * (len(draft.lines) - len(parts))
        lines = sales_rows.positions(draft, self.sage.settings.documents.text_position)
        invoice = self.invoices.get(document_rows.invoice_account(account))
        number = rows.number(document.kind, draft.dated.year)
        header = sales_rows.header(draft, self.drafter.kinds[document.kind], number, invoice, lines)
        made = rows.add(draft, header, lines, before, parts)
        self.deals.add(document, made)
        return made


class _Rows:
    """The rows of a chunk of documents, with their ids.

    Args:
        connection: in the transaction that they are written in.
        mandant: whose.
        documents: all that may be added; ids of those that are not stay free.
    """

    def __init__(self, connection: Connection, mandant: int, documents: Sequence[SalesDocument]) -> None:
        self.mandant = mandant
        self.own = {"Mandant": mandant}
        most = sum(len(document.lines) + 1 for document in documents)  # one for rounding
        first = counters.take(
            connection,
            mandant,
            dict.fromkeys((khk.BELEGE, khk.VORGAENGE, khk.BELEGE_ZKD), len(documents))
            | dict.fromkeys((khk.BELEGE_POSITIONEN, khk.VORGAENGE_POSITIONEN), most),
        )
        self.ids = {table: count(number) for table, number in first.items()}
        years: dict[str, set[int]] = {}
        for document in documents:
            if document.dated_on is not None:
                years.setdefault(document.kind, set()).add(document.dated_on.year)
        self.numbers = {
            (kind, year): number
            for kind, some in years.items()
            for year, number in counters.next_documents(connection, mandant, kind, some).items()
        }
        self.rows: dict[Table, list[dict[str, Any]]] = {}
        self.done: list[DealLine] = []

    def number(self, kind: str, year: int) -> int:
        """The next Belegnummer."""
        number = self.numbers[kind, year]
        self.numbers[kind, year] = number + 1
        return number

    def add(
        self,
        draft: SalesDraft,
        header: dict[str, Any],
        lines: Sequence[dict[str, Any]],
        before: DealDocument | None,
        parts: Sequence[DealLine | None],
    ) -> DealDocument:
        """One document, in the deal of its predecessor; `parts` are the lines of that which its lines go on."""
        document, kind = next(self.ids[khk.BELEGE]), draft.document.kind
        deal = before.deal if before is not None else 0
        if not deal:
            deal = self._new(khk.VORGAENGE, "VorID")
        name = kind, header["Belegjahr"], header["Belegnummer"]
        made = DealDocument(document, deal, name, draft.account.kto, gross=draft.gross, booked=False)
        ids = {"BelID": document, "VorID": deal, **self.own}
        self._add(khk.BELEGE, header | ids | {"ReferenzBelID": 0 if before is None else before.id})
        self._add(khk.BELEGE_VORGAENGE, ids)
        for line, part, each in zip(lines, parts, draft.lines, strict=True):
            tied = part.part if part is not None else 0
            tied = tied or self._new(khk.VORGAENGE_POSITIONEN, "VorPosID", VorID=deal)
            own = {"BelPosID": next(self.ids[khk.BELEGE_POSITIONEN]), "VorPosID": tied, "BelID": document}
            self._add(khk.BELEGE_POSITIONEN, line | own | self.own)
            made.lines.append(_followed(line | own, each.position))
        self._add(khk.BELEGE_ZKD, sales_rows.terms(draft) | {"ID": next(self.ids[khk.BELEGE_ZKD]), "BelID": document})
        if before is not None:
            quantities = [line["Menge"] or ZERO for line in lines]
            self.done += take(before, kind, zip(parts, quantities, strict=True))
        return made

    def _new(self, table: Table, key: str, **values: int) -> int:
        made = next(self.ids[table])
        self._add(table, {key: made} | values)
        return made

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).append(row | self.own)

    def write(self, connection: Connection, sage: SageDatabase) -> None:
        """Insert everything, in the order in which the tables refer to each other; only columns that are present."""
        heads = sage.columns(khk.BELEGE.name)
        for table in (
            *(khk.VORGAENGE, khk.VORGAENGE_POSITIONEN, khk.BELEGE, khk.BELEGE_VORGAENGE),
            *(khk.BELEGE_POSITIONEN, khk.BELEGE_ZKD),
        ):
            present = [
                each.name for each in table.c if table is not khk.BELEGE or each.name.lower() in heads
            ]  # fmt: skip
            insert_many(connection, table, self.rows.get(table, []), present)


def _followed(row: dict[str, Any], position: Position | None) -> DealLine:
    return DealLine(
        row["BelPosID"],
        row["VorPosID"],
        row["Index"],
        row["Position"],
        row["Artikelnummer"],
        row["AuspraegungID"],
        row["Menge"] or ZERO,
        ZERO if position is None else position.unit_price,
        ZERO if position is None else position.discount,
        None if position is None else position.rate,
    )
