"""The PDF that we make of a document: whatever stands in Sage, it is made, and says what Sage says."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from exchange.modules.sales_documents import MODULE
from exchange.paper import Sender, pdf

if TYPE_CHECKING:
    from exchange.records.sales_document import SalesDocument

SENDER = Sender("Kaffeekontor GmbH", "Am Hafen 1", "01099 Dresden", ("HRB 1",))
DOCUMENT: SalesDocument = MODULE.example()
LINE = DOCUMENT.lines[0]


def pages(document: SalesDocument) -> list[str]:
    """Text of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf(document, "Rechnung", SENDER))).pages]


def test_many_lines_go_over_many_pages_each_with_its_number() -> None:
    lines = tuple(LINE._replace(position=number, title=f"Posten {number}") for number in range(1, 501))
    shown = pages(DOCUMENT._replace(lines=lines))
    assert len(shown) > 5
    assert all(f"Seite {number} von {len(shown)}" in page for number, page in enumerate(shown, 1))
    text = " ".join(shown)
    assert all(f"Posten {number}" in text for number in (1, 250, 500))


@pytest.mark.parametrize(
    "line",
    [
        LINE._replace(description="\n".join(f"Absatz {number}" for number in range(1, 301))),
        LINE._replace(description=" ".join(f"Absatz {number}" for number in range(1, 301)) * 10),
        LINE._replace(title="X" * 6000, description="Absatz 1 Absatz 300"),
    ],
)
def test_a_text_longer_than_a_page_is_printed_whole(line: object) -> None:
    """Sage's long text of a line has no limit."""
    shown = pages(DOCUMENT._replace(lines=(LINE, line, LINE)))  # type: ignore[arg-type]
    assert len(shown) > 1
    text = " ".join(" ".join(shown).split())
    assert "Absatz 1 " in text
    assert "Absatz 300" in text


def test_markup_and_characters_that_the_font_lacks_are_text() -> None:
    text = " ".join(
        pages(DOCUMENT._replace(head_text='<b>Fett</b> & <a href="x">\x00\x0b\ud83d 漢 – €', foot_text="]]>"))
    )
    assert '<b>Fett</b> & <a href="x">' in text
    assert "– €" in text
    assert "]]>" in text


def test_amounts_are_those_of_sage() -> None:
    """A price of parts of a cent is not zero, a surcharge is no discount with two signs, a credit is negative."""
    line = LINE._replace(
        unit_price=Decimal("0.0035"), quantity=Decimal(1000), total=Decimal("-3.50"), discount=Decimal("-1.00")
    )
    shown = " ".join(pages(DOCUMENT._replace(lines=(line,), discount=Decimal("-5.00"), discount_text="Zuschlag")))
    assert "0,0035" in shown
    assert "-3,50" in shown
    assert "--" not in shown
    assert "5,00" in shown


def test_a_document_without_totals_or_lines_is_made() -> None:
    none = DOCUMENT._replace(total_net=None, total_gross=None, total_tax=None, discount=None, taxes=())
    assert LINE.article_number in " ".join(pages(none))
    assert pages(none._replace(lines=()))
