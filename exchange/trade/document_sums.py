"""Whether a sales document adds up: lines, discount, taxes, totals; all in its one mode (`sage-100.md` 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from exchange.finding import Finding, Locator, found, kind
from exchange.records.sales_document import DocumentTax
from exchange.trade.amounts import HALF_CENT, ZERO, RateSum, by_rate, cents
from exchange.trade.sales import is_unpriced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from exchange.records.sales_document import SalesDocument

NO_QUANTITY = kind(
    "sales_documents.no_quantity",
    de="Die Menge fehlt oder ist null.",
    en="The quantity is missing or zero.",
    remedy_de="Entfernen Sie die Zeile oder nennen Sie die Menge.",
    remedy_en="Remove the line or give the quantity.",
)
NO_PRICE = kind(
    "sales_documents.no_price",
    de="Die Zeile nennt weder Preis noch Summe.",
    en="The line has neither price nor total.",
    remedy_de="Ergänzen Sie Einzelpreis oder Zeilensumme; ein fehlender Preis ist nicht null.",
    remedy_en="Add the unit price or the line total; a missing price is not zero.",
)
NO_RATE = kind(
    "sales_documents.no_rate",
    de="Die Zeile nennt keinen Steuersatz.",
    en="The line has no tax rate.",
    remedy_de="Ergänzen Sie ihn; 0 steht für steuerfrei.",
    remedy_en="Add it; 0 stands for free of tax.",
)
LINE_SUM = kind(
    "sales_documents.line_sum",
    de="Menge x Preis - Rabatt ist {expected}, die Zeilensumme aber {actual}.",
    en="Quantity x price - discount is {expected}, but the line total is {actual}.",
    remedy_de="Prüfen Sie die Zeile im Vorsystem; der Beleg wurde nicht übernommen.",
    remedy_en="Check the line where it comes from; the document was not taken over.",
)
TAX_SUM = kind(
    "sales_documents.tax_sum",
    de="Zu {rate} % ergeben die Zeilen {expected} {what}, der Beleg nennt {actual}.",
    en="At {rate} % the lines make {expected} {what}, but the document says {actual}.",
    remedy_de="Prüfen Sie die Steuersätze der Zeilen und die Steuersummen im Vorsystem.",
    remedy_en="Check the tax rates of the lines and the tax totals where they come from.",
)
DOCUMENT_SUM = kind(
    "sales_documents.document_sum",
    de="Die Zeilen ergeben {expected} ({what}), der Beleg nennt {actual}.",
    en="The lines make {expected} ({what}), but the document says {actual}.",
    remedy_de="Prüfen Sie Zeilen, Rabatt und Summen im Vorsystem; der Beleg wurde nicht übernommen.",
    remedy_en="Check lines, discount and totals where they come from; the document was not taken over.",
)
NO_TOTAL = kind(
    "sales_documents.no_total",
    de="Der Beleg nennt keine Summe, weder netto noch brutto.",
    en="The document names no total, neither net nor gross.",
    remedy_de="Ergänzen Sie die Summe; ohne sie lässt sich nicht prüfen, ob der Beleg vollständig ist.",
    remedy_en="Add the total; without it nobody can tell whether the document is complete.",
)


class Summed(Protocol):
    """Options that say how sums are checked.

    Attributes:
        tolerance: how far a sum may be off, per line and for the document.
        unpriced: kinds that may come without any price.
    """

    @property
    def tolerance(self) -> Decimal: ...

    @property
    def unpriced(self) -> tuple[str, ...]: ...


def at(index: int, field: str) -> Locator:
    """A field of a line."""
    return Locator(field=f"lines[{index}].{field}")


def comes_unpriced(document: SalesDocument, options: Summed) -> bool:
    """Whether it names no amount, and need not."""
    return document.kind in options.unpriced and is_unpriced(document)


def check_lines(document: SalesDocument, options: Summed) -> Iterator[Finding]:
    """Quantity x unit price - discount = line total; the unit price may be rounded."""
    priced_later = comes_unpriced(document, options)
    for index, line in enumerate(document.lines):
        if not line.article_number:
            continue
        if line.tax_rate is None and not priced_later:
            yield found(NO_RATE, at(index, "tax_rate"))
        if not line.quantity:
            yield found(NO_QUANTITY, at(index, "quantity"))
            continue
        if line.unit_price is None and line.total is None and not priced_later:
            yield found(NO_PRICE, at(index, "unit_price"))
        if line.unit_price is None or line.total is None:
            continue
        expected = line.quantity * line.unit_price - (line.discount or ZERO)
        # Prices shown with two decimals may have lost half a cent a piece.
        if abs(expected - line.total) > options.tolerance + abs(line.quantity) * HALF_CENT:
            yield found(LINE_SUM, at(index, "total"), expected=cents(expected), actual=line.total)


def _priced(document: SalesDocument) -> list[tuple[Decimal, Decimal]] | None:
    """Rate and total of each line with an article; None where a line does not say them."""
    made = []
    for line in document.lines:
        if not line.article_number:
            continue
        total = line.total
        if total is None and line.quantity and line.unit_price is not None:
            total = cents(line.quantity * line.unit_price - (line.discount or ZERO))
        if total is None or line.tax_rate is None:
            return None
        made.append((line.tax_rate, total))
    return made


def _sums(document: SalesDocument) -> list[RateSum] | None:
    lines = _priced(document)
    return None if lines is None else by_rate(lines, document.discount or ZERO, gross=bool(document.gross))


def _allowed(document: SalesDocument, options: Summed) -> Decimal:
    """How far what taxes decide may be off: whoever rounds line by line loses half a cent each."""
    return options.tolerance + HALF_CENT * len(document.lines)


def check_sums(document: SalesDocument, options: Summed) -> Iterator[Finding]:
    """Lines less discount are the total of the document's mode; the other two totals follow with the taxes."""
    if document.total_net is None and document.total_gross is None and not comes_unpriced(document, options):
        yield found(NO_TOTAL, Locator(field="total_gross"))
    sums = _sums(document)
    if sums is None:
        return  # reported by the line
    net, tax = sum((each.base for each in sums), ZERO), sum((each.tax for each in sums), ZERO)
    loose = _allowed(document, options)
    for field, what, expected, actual, exact in (
        ("total_net", "netto / net", net, document.total_net, not document.gross),
        ("total_tax", "Steuer / tax", tax, document.total_tax, False),
        ("total_gross", "brutto / gross", net + tax, document.total_gross, bool(document.gross)),
    ):
        if actual is not None and abs(expected - actual) > (options.tolerance if exact else loose):
            yield found(DOCUMENT_SUM, Locator(field=field), expected=expected, actual=actual, what=what)


def check_taxes(document: SalesDocument, options: Summed) -> Iterator[Finding]:
    """Where the document gives tax totals per rate, they must be those of the lines."""
    sums = _sums(document)
    if sums is None or not document.taxes:
        return
    by_lines = {each.rate: each for each in sums}
    stated = {each.rate or ZERO: each for each in document.taxes}
    loose = _allowed(document, options)
    for rate in sorted(by_lines.keys() | stated.keys()):
        line, own = by_lines.get(rate, RateSum(rate, ZERO, ZERO)), stated.get(rate, DocumentTax(rate, ZERO, ZERO))
        for what, expected, actual in (("Steuer / tax", line.tax, own.amount), ("netto / net", line.base, own.base)):
            if actual is not None and abs(expected - actual) > loose:
                place = Locator(field="taxes")
                yield found(TAX_SUM, place, rate=rate, expected=expected, actual=actual, what=what)
