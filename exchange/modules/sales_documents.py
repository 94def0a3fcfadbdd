"""Erweiterung SOL: documents of every outgoing kind become documents in Sage.

All amounts of a document are in one mode, positive in every kind, and must add up: lines, discount, taxes, totals. What
Sage's kinds are its own table says (`sage-100.md` 2.14). A document may name the one it follows from.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pydantic import Field

from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.sales_document import DocumentLine, DocumentTax, SalesDocument
from exchange.trade import documents
from exchange.trade.amounts import ZERO
from exchange.trade.document_sums import (
    DOCUMENT_SUM,
    LINE_SUM,
    NO_PRICE,
    NO_QUANTITY,
    NO_RATE,
    NO_TOTAL,
    TAX_SUM,
    at,
    check_lines,
    check_sums,
    check_taxes,
    comes_unpriced,
)
from exchange.trade.sales import document_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.connector import SageSource

UNKNOWN_KIND = kind(
    "sales_documents.unknown_kind",
    de="Das Belegkennzeichen „{value}“ gibt es in Sage nicht; bekannt sind {known}.",
    en="Sage has no document kind “{value}”; it knows {known}.",
    remedy_de="Nennen Sie eines der bekannten Kennzeichen.",
    remedy_en="Name one of the known kinds.",
)
UNKNOWN_ARTICLE = kind(
    "sales_documents.unknown_article",
    de="Den Artikel „{value}“ gibt es in Sage nicht (oder er ist nicht aktiv).",
    en="Sage has no (active) article “{value}”.",
    remedy_de="Legen Sie den Artikel in Sage an oder berichtigen Sie die Artikelnummer.",
    remedy_en="Create the article in Sage or correct the number.",
)
UNKNOWN_TAX = kind(
    "sales_documents.unknown_tax",
    de="Für den Steuersatz {value} (Land:Prozent) gibt es in Sage keinen Steuercode.",
    en="Sage has no tax code for the rate {value} (country:percent).",
    remedy_de="Legen Sie den Steuercode in Sage an oder berichtigen Sie den Steuersatz.",
    remedy_en="Create the tax code in Sage or correct the rate.",
)
UNKNOWN_CUSTOMER = kind(
    "sales_documents.unknown_customer",
    de="Den Kunden „{value}“ gibt es in Sage nicht, oder er ist gesperrt.",
    en="Sage has no customer “{value}”, or he is blocked.",
    remedy_de="Berichtigen Sie die Kundennummer, legen Sie den Kunden an oder geben Sie ihn in Sage frei.",
    remedy_en="Correct the customer number, create the customer or release him in Sage.",
)
UNKNOWN_TERMS = kind(
    "sales_documents.unknown_terms",
    de="Die Zahlungskondition „{value}“ gibt es in Sage nicht.",
    en="Sage has no payment terms “{value}”.",
    remedy_de="Berichtigen Sie die Kondition, oder lassen Sie sie leer; dann gilt die des Kunden.",
    remedy_en="Correct the terms, or leave them empty for those of the customer.",
)
FOREIGN_CURRENCY = kind(
    "sales_documents.foreign_currency",
    de="Der Beleg ist in {currency}; übernommen wird nur {allowed}.",
    en="The document is in {currency}; only {allowed} is taken over.",
    remedy_de="Erfassen Sie den Beleg von Hand, oder ergänzen Sie die Währung in [modules.sales_documents].",
    remedy_en="Enter the document by hand, or add the currency in [modules.sales_documents].",
)
TEXT_WITH_AMOUNT = kind(
    "sales_documents.text_with_amount",
    de="Die Zeile nennt keinen Artikel, aber Menge oder Betrag.",
    en="The line names no article, but a quantity or an amount.",
    remedy_de="Ergänzen Sie den Artikel; Kosten ohne Artikel brauchen einen eigenen (etwa VERSAND).",
    remedy_en="Add the article; costs without one need an article of their own (such as VERSAND).",
)
EMPTY_LINE = kind(
    "sales_documents.empty_line",
    de="Die Zeile nennt weder Artikel noch Text.",
    en="The line has neither article nor text.",
    remedy_de="Entfernen Sie die Zeile, oder ergänzen Sie, was fehlt.",
    remedy_en="Remove the line, or add what is missing.",
)
SAME_POSITION = kind(
    "sales_documents.same_position",
    de="Die Position {position} steht mehrmals im Beleg.",
    en="Position {position} stands in the document more than once.",
    remedy_de="Nummerieren Sie die Positionen eindeutig, oder lassen Sie die Nummern weg.",
    remedy_en="Number the positions uniquely, or leave the numbers out.",
)
NEGATIVE = kind(
    "sales_documents.negative",
    de="Die Summe {value} ist negativ; das Vorzeichen ergibt sich aus dem Belegkennzeichen.",
    en="The total {value} is negative; the sign follows from the document kind.",
    remedy_de="Nennen Sie die Beträge einer Gutschrift positiv.",
    remedy_en="State the amounts of a credit note as positive ones.",
)
DUE_EARLY = kind(
    "sales_documents.due_early",
    de="Fällig am {due}, vor dem Belegdatum {dated}.",
    en="Due on {due}, before the document date {dated}.",
    remedy_de="Berichtigen Sie Fälligkeit oder Belegdatum.",
    remedy_en="Correct the due date or the document date.",
)
HALF_PREDECESSOR = kind(
    "sales_documents.half_predecessor",
    de="Vom Vorgänger ist nur {named} angegeben.",
    en="Of the predecessor only the {named} is given.",
    remedy_de="Nennen Sie Kennzeichen und Nummer, oder keines von beiden.",
    remedy_en="Name kind and number, or none of them.",
)
OWN_PREDECESSOR = kind(
    "sales_documents.own_predecessor",
    de="Der Beleg nennt sich selbst als Vorgänger.",
    en="The document names itself as its predecessor.",
    remedy_de="Nennen Sie den Beleg, aus dem er entstanden ist.",
    remedy_en="Name the document that it follows from.",
)
NO_PRICES = kind(
    "sales_documents.no_prices",
    de="Der Beleg nennt keine Preise und keinen Vorgänger, dessen Preise gelten.",
    en="The document names no prices, and no predecessor whose prices apply.",
    remedy_de="Nennen Sie Kennzeichen und Nummer des Vorgängers, oder die Preise.",
    remedy_en="Name kind and number of the predecessor, or the prices.",
)


class DocumentOptions(Options):
    """Settings of the sales documents."""

    currencies: tuple[str, ...] = Field(
        ("EUR",), description="Currencies that are taken over; the first is used where a document names none."
    )
    tolerance: Decimal = Field(
        Decimal("0.02"), ge=0, description="How far a sum may be off, per line and for the document."
    )
    unpriced: tuple[str, ...] = Field(
        ("VLL",),
        description="Kinds that may come without any price, as delivery notes do; the predecessor's apply then.",
    )
    export_kinds: tuple[str, ...] = Field(
        ("VVA", "VLL", "VFR", "VFG"), description="Kinds that `exchange export sales_documents` writes for partners."
    )
    export_days: int = Field(30, ge=1, description="It looks at documents of so many days.")
    export_customers: tuple[str, ...] = Field(
        (), description="Patterns of the customer numbers whose documents it writes, such as D1000*; empty: of all."
    )
    export_profiles: dict[str, str] = Field(
        {},
        description='Profile per kind, such as VFR = "opentrans_invoice_xml"; a kind without one is written in our own form.',
    )


def collect(source: SageSource, options: DocumentOptions) -> Iterator[SalesDocument]:
    """Documents of the last days, for partners; what was written and has not changed is not written again."""
    since = source.now().astimezone(source.zone).date() - timedelta(days=options.export_days)
    for document in documents.read(source, options.export_kinds, since):
        wanted = options.export_customers or ("*",)
        if document.lines and any(fnmatchcase(document.customer_number, pattern) for pattern in wanted):
            yield document


def route(document: SalesDocument, options: DocumentOptions) -> str:
    """The form that its kind is written in."""
    return options.export_profiles.get(document.kind, "sales_documents_xml")


def prepare(document: SalesDocument, options: DocumentOptions) -> SalesDocument:
    """Fill what follows from the rest: currency, positions, discounts that are nothing."""
    lines = tuple(
        line._replace(
            position=place if line.position is None else line.position,
            discount=(line.discount or ZERO) if line.article_number else line.discount,
        )
        for place, line in enumerate(document.lines, 1)
    )
    return document._replace(
        currency=document.currency or options.currencies[0], discount=document.discount or ZERO, lines=lines
    )


# --- rules -----------------------------------------------------------------------------------------------------------


def check_currency(document: SalesDocument, options: DocumentOptions) -> Iterator[Finding]:
    """Only configured currencies."""
    if document.currency not in options.currencies:
        allowed = ", ".join(options.currencies)
        yield found(FOREIGN_CURRENCY, Locator(field="currency"), currency=document.currency, allowed=allowed)


def check_texts(document: SalesDocument, _options: DocumentOptions) -> Iterator[Finding]:
    """A line without an article is text and nothing else."""
    for index, line in enumerate(document.lines):
        if line.article_number:
            continue
        if any((line.quantity, line.unit_price, line.discount, line.total)):
            yield found(TEXT_WITH_AMOUNT, at(index, "article_number"))
        elif not (line.title or line.description):
            yield found(EMPTY_LINE, at(index, "title"))


def check_positions(document: SalesDocument, _options: DocumentOptions) -> Iterator[Finding]:
    """Followers refer to lines by their positions."""
    seen: set[int | None] = set()
    for index, line in enumerate(document.lines):
        if line.position in seen:
            yield found(SAME_POSITION, at(index, "position"), position=line.position)
        seen.add(line.position)


def check_signs(document: SalesDocument, _options: DocumentOptions) -> Iterator[Finding]:
    """The kind gives the sign (`sage-100.md` 2.13)."""
    for field in ("total_net", "total_tax", "total_gross"):
        value = getattr(document, field)
        if value is not None and value < 0:
            yield found(NEGATIVE, Locator(field=field), value=value)


def check_dates(document: SalesDocument, _options: DocumentOptions) -> Iterator[Finding]:
    """Nothing is due before there is a document."""
    due, dated = document.due_on, document.dated_on
    if due is not None and dated is not None and due < dated:
        yield found(DUE_EARLY, Locator(field="due_on"), due=due, dated=dated)


def check_predecessor(document: SalesDocument, options: DocumentOptions) -> Iterator[Finding]:
    """A predecessor is named whole, and is another document."""
    of_kind, number = document.predecessor_kind, document.predecessor_number
    if bool(of_kind) != bool(number):
        named = "das Kennzeichen / kind" if of_kind else "die Nummer / number"
        yield found(HALF_PREDECESSOR, Locator(field="predecessor_kind"), named=named)
    elif number and document_key(of_kind, number) == document_key(document.kind, document.number):
        yield found(OWN_PREDECESSOR, Locator(field="predecessor_number"))
    elif not number and comes_unpriced(document, options):
        yield found(NO_PRICES, Locator(field="predecessor_number"))


# --- what must exist in Sage -----------------------------------------------------------------------------------------


def _articles(document: SalesDocument) -> Iterable[tuple[str, str]]:
    return [(f"lines[{index}].article_number", line.article_number) for index, line in enumerate(document.lines)]


def _taxes(document: SalesDocument) -> Iterable[tuple[str, str]]:
    country = document.delivery_country or document.billing_country
    return [
        (f"lines[{index}].tax_rate", f"{country}:{line.tax_rate.normalize():f}")
        for index, line in enumerate(document.lines)
        if line.tax_rate is not None and line.article_number
    ]


def example() -> SalesDocument:
    """An invoice that passes every rule."""
    cup = DocumentLine(
        1, "00200050", None, "", "Kaffeebecher blau", "", Decimal(2), "Stk", Decimal("8.4034"), ZERO,
        Decimal("16.81"), Decimal(19), None,
    )  # fmt: skip
    blank: dict[str, Any] = dict.fromkeys(SalesDocument._fields, "")
    return SalesDocument(
        **blank
        | {
            "kind": "VFR",
            "number": "R-1001",
            "dated_on": date(2026, 11, 23),
            "order_number": "ORD00018",
            "customer_number": "D100001",
            "billing_name1": "Erika Muster",
            "billing_street": "Hauptstraße 5",
            "billing_zip": "01067",
            "billing_city": "Dresden",
            "billing_country": "DE",
            "delivery_on": None,
            "currency": "EUR",
            "gross": False,
            "due_on": date(2026, 12, 7),
            "discount": ZERO,
            "total_net": Decimal("16.81"),
            "total_tax": Decimal("3.19"),
            "total_gross": Decimal("20.00"),
            "lines": (cup,),
            "taxes": (DocumentTax(Decimal(19), Decimal("16.81"), Decimal("3.19")),),
        }
    )


def _with_line(**values: Any) -> SalesDocument:
    document = example()
    return document._replace(lines=(document.lines[0]._replace(**values),))


def _early() -> SalesDocument:
    document = example()
    return document._replace(due_on=document.dated_on and document.dated_on - timedelta(days=1))


MODULE = Module(
    name="sales_documents",
    de="Erweiterung SOL",
    en="Sales documents",
    summary_de="Angebote, Auftragsbestätigungen, Lieferscheine, Rechnungen und Gutschriften aus Dateien werden Belege in Sage.",
    summary_en="Quotes, order confirmations, delivery notes, invoices and credit notes out of files become documents in Sage.",
    record=SalesDocument,
    key=lambda document: document_key(document.kind, document.number),
    lands=Side.SAGE,
    example=example,
    options=DocumentOptions,
    prepare=prepare,
    rules=(
        Rule((FOREIGN_CURRENCY,), check_currency, lambda: example()._replace(currency="USD")),
        Rule((TEXT_WITH_AMOUNT, EMPTY_LINE), check_texts, lambda: _with_line(article_number="")),
        Rule((SAME_POSITION,), check_positions, lambda: example()._replace(lines=example().lines * 2)),
        Rule((LINE_SUM, NO_PRICE, NO_QUANTITY, NO_RATE), check_lines, lambda: _with_line(total=Decimal("18.00"))),
        Rule((DOCUMENT_SUM, NO_TOTAL), check_sums, lambda: example()._replace(total_gross=Decimal("21.00"))),
        Rule(
            (TAX_SUM,),
            check_taxes,
            lambda: example()._replace(taxes=(DocumentTax(Decimal(7), Decimal("16.81"), Decimal("1.18")),)),
        ),
        Rule((NEGATIVE,), check_signs, lambda: example()._replace(total_gross=Decimal(-20))),
        Rule((DUE_EARLY,), check_dates, _early),
        Rule(
            (HALF_PREDECESSOR, OWN_PREDECESSOR, NO_PRICES),
            check_predecessor,
            lambda: example()._replace(predecessor_kind="VLL"),
        ),
    ),
    references=(
        Reference("document_kind", UNKNOWN_KIND, lambda document: [("kind", document.kind)]),
        Reference("article", UNKNOWN_ARTICLE, _articles),
        Reference("tax", UNKNOWN_TAX, _taxes),
        Reference("customer", UNKNOWN_CUSTOMER, lambda document: [("customer_number", document.customer_number)]),
        Reference("payment_terms", UNKNOWN_TERMS, lambda document: [("payment_terms", document.payment_terms)]),
    ),
    collect=collect,
    route=route,
    window=True,
    changed="hold",
    entered_by_hand=True,
    aliases=("sales_document", "sol", "verkaufsbelege"),
)
