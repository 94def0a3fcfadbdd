"""Dokumentenmanagement: quotes, confirmations, delivery notes and invoices with their PDF, in the customer's account.

The shop has no means for documents, and its files are open to everybody (`lightspeed-ecom.md` 2.12, section 5). So the PDF
stays here: the account shows links to our own portal, which are signed and end (exchange/portal).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import Field
from sqlalchemy import func, select

from exchange import khk
from exchange.errors import ConfigError
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.record import payload
from exchange.records.customer_document import CustomerDocument
from exchange.settings import secret
from exchange.shop import Listed, Part, Ref, joined, metafield
from exchange.trade import accounts, documents
from exchange.trade.links import Pass, last_day, token
from exchange.trade.papers import Papers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.connector import SageSource
    from exchange.records.sales_document import SalesDocument
    from exchange.shop import ShopView

NO_PDF = kind(
    "documents.no_pdf",
    de="„{value}“ ist keine vollständige PDF-Datei im Ordner der Belege (folders.documents), oder sie ist zu groß.",
    en="“{value}” is no complete PDF file in the folder of documents (folders.documents), or it is too large.",
    remedy_de="Legen Sie die PDF-Datei in den Ordner und senden Sie die Zeile neu.",
    remedy_en="Put the PDF file into the folder and send the row again.",
)
BAD_NAME = kind(
    "documents.bad_name",
    de="„{value}“ ist kein Name einer Datei im Ordner der Belege.",
    en="“{value}” is no name of a file in the folder of documents.",
    remedy_de="Nennen Sie die Datei mit ihrem Pfad unterhalb des Ordners, ohne „..“.",
    remedy_en="Name the file by its path below the folder, without “..”.",
)
SEVERAL = kind(
    "documents.several_files",
    de="Zu dem Beleg passen mehrere Dateien: „{file}“ und {others}.",
    en="Several files fit the document: “{file}” and {others}.",
    remedy_de="Benennen Sie die Dateien mit Jahr und Art (Rechnung_2026_10001.pdf), oder entfernen Sie die falsche.",
    remedy_en="Name the files with year and kind (Rechnung_2026_10001.pdf), or remove the wrong one.",
)

#: Words of the usual kinds (`sage-100.md` 2.14); the first is the title, the others tell the kind in file names.
KINDS = {
    "VPA": ("Angebot", "Angebote", "Quote", "Quotes", "VPA"),
    "VVA": (
        *("Auftragsbestätigung", "Auftragsbestätigungen", "Auftragsbestaetigung", "Auftragsbestaetigungen"),
        *("Auftrag", "Order", "Orders", "VVA", "AB"),
    ),
    "VLL": ("Lieferschein", "Lieferscheine", "Delivery", "VLL", "LS"),
    "VFR": ("Rechnung", "Rechnungen", "Invoice", "Invoices", "VFR", "RE", "RG"),
    "VFG": ("Gutschrift", "Gutschriften", "Credit", "VFG", "GS"),
    "VFS": ("Stornorechnung", "Stornorechnungen", "Storno", "VFS"),
}
ENGLISH = {"VPA": "Quote", "VVA": "Order confirmation", "VLL": "Delivery note", "VFR": "Invoice", "VFG": "Credit note"}


class DocumentOptions(Options):
    """Settings of the document management."""

    kinds: tuple[str, ...] = Field(
        ("VPA", "VVA", "VLL", "VFR", "VFG"), description="Kinds of documents (Belegkennzeichen) that are shown."
    )
    words: dict[str, tuple[str, ...]] = Field(
        {},
        description="Words per kind where the usual ones are not right: title, then others that tell the kind in the name of a PDF or of its folder.",
    )
    customers: Literal["linked", "all"] = Field(
        "linked",
        description="Whose documents: of customers with a number of the shop (WSKdNr), or of all; of all only where the "
        "shop makes sure that an account's e-mail address is its owner's.",
    )
    days: int = Field(365, ge=1, description="Documents of so many days are looked at; older ones keep their place.")
    make_pdf: bool = Field(
        True, description="Make a plain PDF (marked as a copy) of a document that has none in the folder."
    )
    sender: str = Field("", description="Your company, on PDFs that are made.")
    sender_street: str = Field("", description="Its street and house number.")
    sender_place: str = Field("", description="Its postcode and town.")
    sender_foot: tuple[str, ...] = Field((), max_length=3, description="Lines at the foot: register, VAT number, bank.")
    link_days: int = Field(
        14, ge=1, description="A link works at least so long, at most twice as long; then the account has a new one."
    )
    megabytes: int = Field(20, ge=1, description="Larger PDFs are not shown.")


@runtime_checkable
class _WithPapers(Protocol):
    papers: Path | None


def collect(source: SageSource, options: DocumentOptions) -> Iterator[CustomerDocument]:
    """Documents of the last days that have a PDF, or get one; each for the account of its customer in Sage.

    Who stands in the document alone is nobody's proof: its e-mail address is not read.
    """
    if not isinstance(source, _WithPapers) or source.papers is None:
        return
    papers = Papers(source.papers, options.megabytes * 1_000_000)
    today = source.now().astimezone(source.zone).date()
    twice = _in_several_years(source, options)
    all_words = {code: frozenset(map(str.casefold, _words(code, options))) for code in KINDS | options.words}
    emails = accounts.emails(source, linked=options.customers == "linked")
    since, own_customer = today - timedelta(days=options.days), accounts.not_one_off(source)
    for document in documents.read(source, options.kinds, since, own_customer):
        if document.customer_number not in emails:
            continue
        words = _words(document.kind, options)
        own = frozenset(map(str.casefold, words))
        others = frozenset().union(*(each for code, each in all_words.items() if code != document.kind)) - own
        short = int(document.number.rpartition("-")[2])
        year_needed = (document.kind, short) in twice
        files = papers.find(document.number, words, others, year_needed=year_needed)
        if not files and options.make_pdf and document.lines:
            files = [_made(papers, document, options)]
        if files:
            email = emails[document.customer_number]
            yield _record(document, email, files, papers, last_day(today, options.link_days))


def _in_several_years(source: SageSource, options: DocumentOptions) -> frozenset[tuple[str, int]]:
    """Kinds and numbers that exist in more than one year: the name of their file has to tell which (1.2)."""
    head = khk.BELEGE.c
    query = (
        select(head.Belegkennzeichen, head.Belegnummer)
        .where(head.Mandant == source.settings.mandant, head.Belegkennzeichen.in_(list(options.kinds)))
        .group_by(head.Belegkennzeichen, head.Belegnummer)
        .having(func.count(func.distinct(head.Belegjahr)) > 1)
    )
    return frozenset((row["Belegkennzeichen"].strip(), row["Belegnummer"]) for row in source.rows(query))


def _made(papers: Papers, document: SalesDocument, options: DocumentOptions) -> str:
    """The PDF that we make, named after what it says: it is made anew only when that changes."""
    from exchange.paper import Sender, pdf  # noqa: PLC0415 - reportlab is slow to import, and few installations make PDFs

    sender = Sender(options.sender, options.sender_street, options.sender_place, options.sender_foot)
    title = _title(document.kind, document.language, options)
    said = payload(document) + repr((title, sender)).encode()
    version = blake2b(said, digest_size=8).hexdigest()
    return papers.keep(f"{document.kind}-{document.number}", version, lambda: pdf(document, title, sender))


def _title(code: str, language: str, options: DocumentOptions) -> str:
    title = _words(code, options)[0]
    return ENGLISH.get(code, title) if language.upper().startswith("E") else title


def _words(code: str, options: DocumentOptions) -> tuple[str, ...]:
    """Title and other words of a kind; one that nobody named is called by its code."""
    return options.words.get(code) or KINDS.get(code) or (code,)


def _record(
    document: SalesDocument, email: str, files: list[str], papers: Papers, link_until: date
) -> CustomerDocument:
    return CustomerDocument(
        kind=document.kind,
        number=document.number,
        title="",
        dated_on=document.dated_on,
        customer_number=document.customer_number,
        email=email,
        order_number=document.order_number,
        total_gross=document.total_gross,
        currency=document.currency,
        file=files[0],
        others=", ".join(files[1:]),
        sha256=papers.sha256(files[0]),
        link_until=link_until,
    )


def prepare(record: CustomerDocument, options: DocumentOptions) -> CustomerDocument:
    """Fill the title, and how long the link works."""
    return record._replace(
        title=record.title or _title(record.kind, "", options),
        link_until=record.link_until or last_day(datetime.now(UTC).date(), options.link_days),
    )


def document_key(record: CustomerDocument) -> str:
    """Numbers count anew for each kind."""
    return joined(record.kind, record.number)


def parts(record: CustomerDocument, view: ShopView) -> Iterator[Part]:
    """One line of the customer's list, with the link."""
    portal = view.settings.portal
    if not portal.url or portal.key is None:
        raise ConfigError(
            "the module documents needs portal.url and portal.key: customers get signed links to our portal"
        )
    until = record.link_until or date.min  # filled by `prepare`
    allowed = Pass(record.customer_number, document_key(record), record.file, until, record.sha256)
    customer = Ref("customer", record.customer_number)
    line = {
        "kind": record.kind,
        "number": record.number,
        "title": f"{record.title} {record.number}",
        "date": record.dated_on.isoformat() if record.dated_on else "",
        "total": f"{record.total_gross:.2f} {record.currency}" if record.total_gross is not None else "",
        "order": record.order_number,
        "link": f"{portal.url.rstrip('/')}/d/{token(secret(portal.key), allowed)}",
        "valid_until": until.isoformat(),
    }
    yield Part("customer", customer.key, {"email": record.email}, creates=False)
    yield metafield(customer, "documents", Listed((line,)))


def _named(record: CustomerDocument, _options: DocumentOptions) -> Iterator[Finding]:
    name = record.file
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        yield found(BAD_NAME, Locator(field="file"), value=name)


def _one(record: CustomerDocument, _options: DocumentOptions) -> Iterator[Finding]:
    if record.others:
        yield found(SEVERAL, Locator(field="file"), file=record.file, others=record.others)


def example() -> CustomerDocument:
    """An invoice."""
    return CustomerDocument(
        "VFR", "2026-10001", "Rechnung", date(2026, 11, 23), "D100001", "einkauf@morgenrot.example", "ORD00018",
        Decimal("59.50"), "EUR", "Rechnung_2026_10001.pdf", "", "", None,
    )  # fmt: skip


def _files(record: CustomerDocument) -> list[tuple[str, Any]]:
    return [("file", record.file)]


MODULE = Module(
    name="documents",
    de="Dokumentenmanagement",
    en="Documents of customers",
    summary_de="Angebote, Auftragsbestätigungen, Lieferscheine und Rechnungen stehen als PDF im Kundenkonto, jedes nur bei seinem Kunden.",
    summary_en="Quotes, confirmations, delivery notes and invoices stand in the customer's account as PDF, each only with its customer.",
    record=CustomerDocument,
    key=document_key,
    lands=Side.SHOP,
    example=example,
    options=DocumentOptions,
    prepare=prepare,
    rules=(
        Rule((BAD_NAME,), _named, lambda: example()._replace(file="../gehalt.pdf")),
        Rule((SEVERAL,), _one, lambda: example()._replace(others="Rechnung 10001 neu.pdf")),
    ),
    references=(Reference("paper", NO_PDF, _files),),
    collect=collect,
    parts=parts,
    window=True,
    aliases=("dokumente", "belege"),
)
