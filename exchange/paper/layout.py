"""The page: sender, recipient, what it is, lines, taxes per rate, totals, numbered pages. Equal input, equal bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from exchange.paper import words as language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.paper.words import Sender, Words
    from exchange.records.sales_document import DocumentLine, SalesDocument

LEFT, RIGHT, TOP, BOTTOM = 25 * mm, 20 * mm, 20 * mm, 28 * mm
WIDTH = A4[0] - LEFT - RIGHT
PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=9.5, leading=12.5)
SMALL = ParagraphStyle("small", parent=PLAIN, fontSize=7.5, leading=9.5, textColor=colors.HexColor("#555555"))
HEADING = ParagraphStyle("heading", parent=PLAIN, fontName="Helvetica-Bold", fontSize=15, leading=20)
NUMBER = ParagraphStyle("number", parent=PLAIN, alignment=TA_RIGHT)
BOLD = ParagraphStyle("bold", parent=NUMBER, fontName="Helvetica-Bold")
GREY = colors.HexColor("#bbbbbb")


def pdf(document: SalesDocument, title: str, sender: Sender) -> bytes:
    """The document as a PDF.

    Args:
        document: what it says; amounts are net or gross as it is.
        title: what kind it is, for people.
        sender: who issues it.
    """
    said = language.of(document.language)
    out = io.BytesIO()
    made = BaseDocTemplate(
        out,
        pagesize=A4,
        title=f"{title} {document.number}",
        author=sender.name,
        invariant=1,
        pageTemplates=[PageTemplate("page", [Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)])],
    )
    made.build(list(_story(document, title, sender, said)), canvasmaker=_pages(sender, said))
    return out.getvalue()


def _text(value: str, style: ParagraphStyle = PLAIN) -> Paragraph:
    """A text of somebody else: nothing in it is markup, and what the font lacks is shown as `?`."""
    shown = value.encode("cp1252", "replace").decode("cp1252")
    return Paragraph(escape(shown).replace("\n", "<br/>"), style)


def _story(document: SalesDocument, title: str, sender: Sender, said: Words) -> Iterator[Any]:
    yield Spacer(1, 22 * mm)
    yield _text(" · ".join(part for part in (sender.name, sender.street, sender.place) if part), SMALL)
    yield Spacer(1, 2 * mm)
    yield Table([[_address(document, "billing"), _facts(document, said)]], [WIDTH * 0.55, WIDTH * 0.45], style=_TOP)
    yield Spacer(1, 14 * mm)
    yield _text(f"{title} {document.number}", HEADING)
    yield _text(said.copy, SMALL)
    if document.head_text:
        yield Spacer(1, 4 * mm)
        yield _text(document.head_text)
    yield Spacer(1, 5 * mm)
    yield _lines(document, said)
    yield Spacer(1, 3 * mm)
    totals = _totals(document, said) if any(line.total is not None for line in document.lines) else ()
    if totals:
        yield Table(totals, [WIDTH * 0.4, WIDTH * 0.38, WIDTH * 0.22], style=_TOP)
    if document.delivery_street and _place(document, "delivery") != _place(document, "billing"):
        yield Spacer(1, 6 * mm)
        yield _text(f"{said.delivery}: " + ", ".join(_place(document, "delivery")))
    if document.foot_text:
        yield Spacer(1, 6 * mm)
        yield _text(document.foot_text)


_TOP = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
]


def _place(document: SalesDocument, role: str) -> list[str]:
    one = {
        name: str(getattr(document, f"{role}_{name}")) for name in ("name1", "name2", "addition", "street", "country")
    }
    town = f"{getattr(document, f'{role}_zip')} {getattr(document, f'{role}_city')}".strip()
    abroad = "" if one["country"] in ("", "DE") else one["country"]
    return [part for part in (one["name1"], one["name2"], one["addition"], one["street"], town, abroad) if part]


def _address(document: SalesDocument, role: str) -> list[Paragraph]:
    return [_text(part) for part in _place(document, role)]


def _facts(document: SalesDocument, said: Words) -> Table:
    facts = [(said.number, document.number), (said.customer, document.customer_number)]
    if document.dated_on is not None:
        facts.insert(1, (said.dated, said.day(document.dated_on)))
    if document.order_number:
        facts.append((said.order, document.order_number))
    if document.vat_number:
        facts.append((said.vat_number, document.vat_number))
    if document.due_on is not None and document.total_gross:
        facts.append((said.due, said.day(document.due_on)))
    rows = [[_text(name, SMALL), _text(value, NUMBER)] for name, value in facts]
    return Table(rows, [WIDTH * 0.2, WIDTH * 0.25], style=[*_TOP, ("TOPPADDING", (0, 0), (-1, -1), 1)])


def _lines(document: SalesDocument, said: Words) -> Table:
    priced = any(line.total is not None for line in document.lines)
    head = [said.position, said.article, said.title, said.quantity, *((said.price, said.total) if priced else ())]
    rows = [[_text(name, SMALL if place < 3 else _SMALL_NUMBER) for place, name in enumerate(head)]]  # noqa: PLR2004
    rows.extend(_line(line, number, said, priced=priced) for number, line in enumerate(document.lines, 1))
    shares = (0.07, 0.16, 0.38, 0.12, 0.13, 0.14) if priced else (0.07, 0.2, 0.55, 0.18)
    style: Any = [("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black), ("LINEBELOW", (0, 1), (-1, -1), 0.3, GREY), *_TOP]
    return Table(rows, [WIDTH * share for share in shares], style=style, repeatRows=1, splitInRow=1)


_SMALL_NUMBER = ParagraphStyle("small number", parent=SMALL, alignment=TA_RIGHT)


def _line(line: DocumentLine, number: int, said: Words, *, priced: bool) -> list[Any]:
    title: list[Any] = [_text(line.title)]
    if line.description:
        title.append(_text(line.description, SMALL))
    if line.discount:
        title.append(_text(f"{said.discount}: {said.amount(line.discount)}", SMALL))
    quantity = "" if line.quantity is None else f"{said.quantity_of(line.quantity)} {line.unit}".strip()
    cells = [_text(str(line.position or number)), _text(line.article_number), title, _text(quantity, NUMBER)]
    if priced:
        cells.append(_text("" if line.unit_price is None else said.price_of(line.unit_price), NUMBER))
        cells.append(_text("" if line.total is None else said.amount(line.total), NUMBER))
    return cells


def _totals(document: SalesDocument, said: Words) -> list[list[Any]]:
    rows: list[tuple[str, str, ParagraphStyle]] = []
    currency = document.currency or "EUR"
    if document.discount:
        rows.append((document.discount_text or said.discount, said.amount(-document.discount), NUMBER))
    taxes = [
        ((said.included if document.gross else said.tax).format(
            rate=said.quantity_of(each.rate), base=said.amount(each.base)), said.amount(each.amount), NUMBER)
        for each in document.taxes
        if each.rate is not None and each.base is not None and each.amount is not None
    ]  # fmt: skip
    if not document.gross and document.total_net is not None:
        rows.append((said.net, said.amount(document.total_net), NUMBER))
        rows.extend(taxes)
    if document.total_gross is not None:
        rows.append((said.gross, f"{said.amount(document.total_gross)} {currency}", BOLD))
    if document.gross:
        rows.extend(taxes)
    return [["", _text(name), _text(value, style)] for name, value, style in rows]


def _pages(sender: Sender, said: Words) -> type[Canvas]:
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined] # as the library's own examples do

        def save(self) -> None:
            for number, page in enumerate(self._kept, 1):
                self.__dict__.update(page)
                self._foot(number, len(self._kept))
                super().showPage()
            super().save()

        def _foot(self, number: int, pages: int) -> None:
            self.setFont("Helvetica", 7.5)
            self.setFillGray(0.35)
            shown = [line.encode("cp1252", "replace").decode("cp1252") for line in sender.foot]
            for place, line in enumerate(shown):
                self.drawString(LEFT, 20 * mm - place * 9, line)
            self.drawRightString(A4[0] - RIGHT, 20 * mm, said.page.format(page=number, pages=pages))

    return Numbered
