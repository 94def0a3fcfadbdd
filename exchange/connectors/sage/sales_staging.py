"""Sales documents in tables of our own beside Sage's: the way `staging` (`sage-100.md` section 6).

The predecessor stands as the sender names it: whether that is a waiting document or one of Sage's own, the Sage-side
importer finds out when he takes the row, and with it the deal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, Integer, SmallInteger, String, Table

from exchange import khk
from exchange.connector import Applied, Outcome
from exchange.connectors.sage import addresses, sales_rows, tables
from exchange.connectors.sage.bulk import insert_many
from exchange.connectors.sage.deals import Deals, matched, priced
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.effects import refused
from exchange.connectors.sage.sales_draft import SalesDraft, SalesDrafter
from exchange.trade.sales import is_unpriced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.finding import Finding
    from exchange.records.sales_document import SalesDocument


def _key() -> Iterator[Column[Any]]:
    """Mandant and business key: one row for each record, whatever happens."""
    yield Column("Mandant", SmallInteger, primary_key=True, autoincrement=False)
    yield Column("Schluessel", String(255), primary_key=True)


def _like(table: Table, *names: str) -> Iterator[Column[Any]]:
    return (Column(name, table.c[name].type) for name in names)


#: Columns of KHKVKBelege that a waiting document has under the same names: those of `sales_rows.own`.
_HEADER = (
    *("Belegkennzeichen", "Belegdatum", "Liefertermin", "Referenznummer", "WSBestellNr", "Matchcode"),
    *("Preiskennzeichen", "Besteuerung", "EULand", "EUUStID", "WKz", "Sprache", "Versand", "Lieferbedingung"),
    *("Rabattbetrag1", "Rabatttext1", "Zwischensumme", "Nettobetrag", "Steuerbetrag", "Bruttobetrag"),
    *("Kopftext", "Fusstext"),
    *(name for names in addresses.ROLES.values() for name in names),
)
#: The same for its lines.
_LINE = (
    *("Index", "Position", "PosType", "Artikelnummer", "AuspraegungID", "Bezeichnung1", "Bezeichnung2", "Langtext"),
    *("Menge", "Mengeneinheit", "Einzelpreis", "Rabattbetrag", "Gesamtpreis", "Steuercode"),
)
#: A waiting document. `Kto` is its customer's account.
DOCUMENT = Table(
    "ExchangeDocument",
    tables.METADATA,
    *_key(),
    Column("IstImportiert", SmallInteger, nullable=False),
    Column("Fehlertext", String(1000)),
    Column("Batch", String(64), nullable=False),
    Column("At", DateTime, nullable=False),
    Column("Kto", String(20), nullable=False),
    Column("VorgaengerKennzeichen", String(3)),
    Column("VorgaengerNummer", String(50)),
    *_like(khk.BELEGE_ZKD, "Zahlungskond", "Inkassoart", "Nettobedingung"),
    *_like(khk.BELEGE, *_HEADER),
)
#: Its lines, each with the position of the predecessor's line that it goes on, where the sender names one.
DOCUMENT_LINE = Table(
    "ExchangeDocumentLine",
    tables.METADATA,
    *_key(),
    Column("Zeile", Integer, primary_key=True, autoincrement=False),
    *_like(khk.BELEGE_POSITIONEN, *_LINE),
    Column("Steuersatz", khk.MONEY),
    Column("VorgaengerPosition", Integer),
)


class WaitingDocuments:
    """Lands sales documents as waiting rows (`exchange.connectors.sage.effects.Lander`)."""

    final = True

    def __init__(self, sage: SageDatabase) -> None:
        self.settings = sage.settings
        self.drafter = SalesDrafter(sage)
        self.deals = Deals(sage)

    def begin(self, connection: Connection) -> None:
        """Read the small tables at the first time; the keys of our tables keep two writers apart."""
        self.drafter.begin(connection)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return self.drafter.faults(change.record)

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Write a row and its lines for each document that is fit for it."""
        documents = [change.record for change in changes]
        self.drafter.load(connection, documents)
        self.deals.load(connection, landing.module, [each for each in documents if is_unpriced(each)])
        rows: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        done: list[Applied] = []
        for change in changes:
            try:
                draft = self._draft(change.record)
            except Unfit as unfit:
                done.append(refused(change, [unfit.finding]))
                continue
            key = {"Mandant": self.settings.mandant, "Schluessel": change.key}
            rows.append(key | _waiting(landing) | _head(draft))
            lines += [key | each for each in _lines(draft, self.settings.documents.text_position)]
            done.append(Applied(change.seq, Outcome.CREATED, f"ExchangeDocument {change.key}"))
        insert_many(connection, DOCUMENT, rows)
        insert_many(connection, DOCUMENT_LINE, lines)
        return done

    def _draft(self, document: SalesDocument) -> SalesDraft:
        account = self.drafter.account(document)
        if is_unpriced(document):
            before = self.deals.predecessor(document, account.kto)
            if before is not None:
                document = priced(document, before, matched(document, before))
        return self.drafter.draft(document, account)


def _waiting(landing: Landing) -> dict[str, Any]:
    now = datetime.now(UTC).replace(tzinfo=None)
    return {"IstImportiert": khk.NO, "Fehlertext": "", "Batch": landing.batch, "At": now}


def _head(draft: SalesDraft) -> dict[str, Any]:
    document = draft.document
    before = {"VorgaengerKennzeichen": document.predecessor_kind, "VorgaengerNummer": document.predecessor_number}
    return sales_rows.own(draft) | sales_rows.terms(draft) | before | {"Kto": draft.account.kto}


def _lines(draft: SalesDraft, text_position: int) -> Iterator[dict[str, Any]]:
    rows = sales_rows.positions(draft, text_position)
    for place, (each, row) in enumerate(zip(draft.lines, rows, strict=True), 1):
        yield {name: row[name] for name in _LINE} | {
            "Zeile": place,
            "Steuersatz": None if each.position is None else each.position.rate,
            "VorgaengerPosition": None if each.line is None else each.line.predecessor_position,
        }
