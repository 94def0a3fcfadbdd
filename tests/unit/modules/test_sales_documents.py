"""Documents for Sage: what must hold before one is taken over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from exchange.modules.sales_documents import MODULE, DocumentOptions, example
from exchange.records.sales_document import DocumentLine, DocumentTax, SalesDocument
from tests.unit.connectors.sage_cases import blank


def told(document: SalesDocument, **options: Any) -> list[str]:
    """The codes of all findings of the rules, without the module's name."""
    chosen = DocumentOptions(**options)
    assert MODULE.prepare is not None
    prepared = MODULE.prepare(document, chosen)
    return [each.code.partition(".")[2] for rule in MODULE.rules for each in rule.check(prepared, chosen)]


def with_line(**values: Any) -> SalesDocument:
    document = example()
    return document._replace(lines=(document.lines[0]._replace(**values),), taxes=())


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (with_line(unit_price=None), []),
        (with_line(total=None), []),
        (with_line(unit_price=None, total=None), ["no_price"]),
        (with_line(quantity=Decimal(0)), ["no_quantity"]),
        (with_line(quantity=None), ["no_quantity"]),
        (with_line(tax_rate=None), ["no_rate"]),
        (with_line(total=Decimal("17.81")), ["line_sum"] + ["document_sum"] * 3),
        (with_line(article_number="", quantity=None, unit_price=None, total=None), ["document_sum"] * 3),
        (with_line(article_number="", quantity=None, total=None), ["text_with_amount"] + ["document_sum"] * 3),
        (example()._replace(total_net=None), []),
        (example()._replace(total_net=None, total_gross=None), ["no_total"]),
        (example()._replace(total_gross=Decimal("20.10")), ["document_sum"]),
        (example()._replace(total_tax=Decimal("3.00")), ["document_sum"]),
        (example()._replace(taxes=(DocumentTax(Decimal(19), None, Decimal("3.19")),)), []),
        (example()._replace(taxes=(DocumentTax(Decimal(19), Decimal(16), Decimal("3.19")),)), ["tax_sum"]),
        (example()._replace(discount=Decimal("1.00")), ["document_sum"] * 3 + ["tax_sum"] * 2),
        (example()._replace(due_on=date(2026, 11, 23)), []),
        (example()._replace(due_on=date(2026, 11, 22)), ["due_early"]),
        (example()._replace(predecessor_number="L1"), ["half_predecessor"]),
        (example()._replace(predecessor_kind="VLL", predecessor_number="L1"), []),
        (example()._replace(predecessor_kind="VFR", predecessor_number="r- 1001"), ["own_predecessor"]),
        (example()._replace(currency=""), []),
    ],
)  # fmt: skip
def test_each_rule_says_what_is_wrong_and_nothing_else(document: SalesDocument, codes: list[str]) -> None:
    assert told(document) == codes


def test_amounts_are_positive_in_every_kind() -> None:
    """A credit note with negative amounts would be counted twice the wrong way."""
    given = example()
    minus = given.lines[0]._replace(quantity=Decimal(-2), total=Decimal("-16.81"))
    credit = given._replace(
        kind="VFG",
        lines=(minus,),
        taxes=(),
        total_net=Decimal("-16.81"),
        total_tax=Decimal("-3.19"),
        total_gross=Decimal("-20.00"),
    )
    assert told(credit) == ["negative"] * 3


def test_a_returned_line_within_a_document_may_be_negative() -> None:
    """The sum decides."""
    given = example()
    back = given.lines[0]._replace(position=2, quantity=Decimal(-1), unit_price=Decimal("6.81"), total=Decimal("-6.81"))
    totals = {"total_net": Decimal("10.00"), "total_tax": Decimal("1.90"), "total_gross": Decimal("11.90")}
    assert told(given._replace(lines=(*given.lines, back), taxes=(), **totals)) == []


def test_taxes_are_rounded_once_per_rate_and_who_rounds_each_line_is_understood() -> None:
    """Three lines of 0.33 at 19 %: 0.19 in one sum, 0.18 by lines."""
    given = example()
    cheap = given.lines[0]._replace(
        position=None, quantity=Decimal(1), unit_price=Decimal("0.33"), total=Decimal("0.33")
    )
    taxed = given._replace(lines=(cheap,) * 3, taxes=(), total_net=Decimal("0.99"))
    assert told(taxed._replace(total_tax=Decimal("0.18"), total_gross=Decimal("1.17")), tolerance=0) == []
    assert told(taxed._replace(total_tax=Decimal("0.16"), total_gross=Decimal("1.15")), tolerance=0) == [
        "document_sum",
        "document_sum",
    ]


def test_gross_documents_are_added_up_gross() -> None:
    given = with_line(unit_price=Decimal("10.00"), total=Decimal("20.00"))._replace(gross=True)
    assert told(given) == []
    assert told(given._replace(total_gross=Decimal("20.03"))) == ["document_sum"]


def test_text_lines_need_text_and_positions_are_unique() -> None:
    given = example()
    text = blank(DocumentLine, title="Lieferung frei Haus")
    assert told(given._replace(lines=(*given.lines, text))) == []
    assert told(given._replace(lines=(*given.lines, blank(DocumentLine)))) == ["empty_line"]
    assert told(given._replace(lines=(*given.lines, text._replace(position=1)))) == ["same_position"]


def test_only_a_delivery_note_may_come_without_prices_and_only_after_something_that_has_them() -> None:
    given = with_line(unit_price=None, total=None, tax_rate=None)
    bare = given._replace(kind="VLL", total_net=None, total_tax=None, total_gross=None)
    followed = {"predecessor_kind": "VVA", "predecessor_number": "O1"}
    assert told(bare) == ["no_prices"]
    assert told(bare._replace(**followed)) == []
    assert told(bare._replace(kind="VFR", **followed)) == ["no_rate", "no_price", "no_total"]
    assert told(bare._replace(**followed), unpriced=()) == ["no_rate", "no_price", "no_total"]
    assert told(bare._replace(total_gross=Decimal(20), **followed)) == ["no_rate", "no_price"]


def test_the_key_is_kind_and_number_however_they_are_typed() -> None:
    """The same number in two kinds is two documents."""
    given = example()
    assert MODULE.key(given) == MODULE.key(given._replace(number=" r-10 01"))
    assert MODULE.key(given) != MODULE.key(given._replace(kind="VFG"))


def test_references_name_what_sage_must_know() -> None:
    """Text lines refer to nothing; taxes are those of where the goods go."""
    document = example()._replace(delivery_country="AT", payment_terms="14")
    named = {each.name: [value for _, value in each.of(document) if value] for each in MODULE.references}
    assert named == {
        "document_kind": ["VFR"],
        "article": ["00200050"],
        "tax": ["AT:19"],
        "customer": [""] if not document.customer_number else [document.customer_number],
        "payment_terms": ["14"],
    }
