"""Documents of files as real documents of Sage, tied together in deals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text, update

from exchange import khk
from exchange.connector import Applied, Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase, SagePreview
from exchange.modules.sales_documents import MODULE
from exchange.records.sales_document import DocumentLine, SalesDocument
from exchange.trade import documents
from tests.unit.connectors.sage_cases import blank, codes, document, order, positions, rows, sandbox, values
from tests.unit.connectors.sage_cases import land as land_orders
from tests.unit.connectors.sales_cases import CUPS, FILTERS, line, sale, sales_changes, unpriced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import RowMapping

KINDS = ("VPA", "VVA", "VLL", "VFR", "VFG")


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def land(sage: SageDatabase, *documents: SalesDocument, batch: str = "b1") -> list[Applied]:
    """What becomes of a file with these documents, in its order."""
    done = DocumentsTarget(sage).apply(Landing(batch, MODULE.name), iter(sales_changes(documents)))
    return sorted(done, key=lambda each: each.seq)


def heads(sage: SageDatabase, *documents: SalesDocument) -> list[RowMapping]:
    """The documents that these became."""
    done = land(sage, *documents)
    assert [codes(each) for each in done] == [[]] * len(documents)
    return [document(sage, each) for each in done]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_becomes_a_complete_document(sage: SageDatabase, kind: str) -> None:
    """With the sender's number as reference, the kind's own label, positive totals, terms and a deal."""
    given = sale(
        kind,
        "A-1",
        line(discount=Decimal("1.00"), title="Becher, blau", description="Handgemacht"),
        order_number="PO 7",
        due_on=date(2026, 6, 15),
        head_text="Wie besprochen",
        delivery_name1="Lager Nord",
        delivery_street="Kai 3",
        delivery_city="Kiel",
        delivery_zip="24103",
    )
    (head,) = heads(sage, given)
    (label,) = rows(sage, khk.BELEGARTEN, Kennzeichen=kind)
    assert values(head, "Belegkennzeichen", "Belegart", "Belegjahr") == (kind, label["Bezeichnung"], 2026)
    assert values(head, "Referenznummer", "WSBestellNr", "Kopftext") == ("A-1", "PO 7", "Wie besprochen")
    assert values(head, "A0Empfaenger", "A1Name1", "A1Ort", "Preiskennzeichen") == ("D100001", "Lager Nord", "Kiel", 0)
    totals = values(head, "Nettobetrag", "Steuerbetrag", "Bruttobetrag")
    assert totals == (Decimal("19.00"), Decimal("3.61"), Decimal("22.61"))
    (position,) = positions(sage, head)
    assert values(position, "Artikelnummer", "Menge", "Gesamtpreis") == (CUPS, 2, 19)
    assert values(position, "Bezeichnung1", "Langtext", "IstErledigt") == ("Becher, blau", "Handgemacht", 0)
    (terms,) = rows(sage, khk.BELEGE_ZKD, BelID=head["BelID"])
    assert values(terms, "Nettobedingung", "Betrag") == ("1;14", Decimal("22.61"))
    assert rows(sage, khk.BELEGE_VORGAENGE, BelID=head["BelID"])[0]["VorID"] == head["VorID"]


def chain() -> list[SalesDocument]:
    """From the quote to the credit note."""
    made = []
    before = ("", "")
    for kind in KINDS:
        made.append(sale(kind, f"{kind}-1", line(), line(FILTERS, "3", "5.00"), before=before))
        before = (kind, f"{kind}-1")
    return made


@pytest.mark.parametrize("reverse", [False, True], ids=["as they came about", "the last one first"])
def test_a_chain_in_one_file_is_one_deal_in_any_order(sage: SageDatabase, *, reverse: bool) -> None:
    """VorID, ReferenzBelID and each line's VorPosID tie them together; what is taken is done."""
    given = chain()
    made = heads(sage, *(reversed(given) if reverse else given))
    if reverse:
        made.reverse()
    assert len({head["VorID"] for head in made}) == 1
    assert [head["ReferenzBelID"] for head in made] == [0, *(head["BelID"] for head in made[:-1])]
    lines = [positions(sage, head) for head in made]
    assert len({tuple(each["VorPosID"] for each in some) for some in lines}) == 1
    assert [[each["IstErledigt"] for each in some] for some in lines] == [[-1, -1]] * 4 + [[0, 0]]
    assert len(rows(sage, khk.VORGAENGE_POSITIONEN, VorID=made[0]["VorID"])) == 2


def test_a_chain_over_many_files_is_one_deal(sage: SageDatabase) -> None:
    """The predecessor is found by the sender's number, in whatever spelling."""
    made = []
    for each in chain():
        (head,) = heads(sage, each._replace(predecessor_number=f" {each.predecessor_number.lower()}".rstrip()))
        made.append(head)
    assert len({head["VorID"] for head in made}) == 1


def test_a_document_of_sage_itself_can_be_followed(sage: SageDatabase) -> None:
    """By its number in Sage."""
    order = rows(sage, khk.BELEGE, Belegkennzeichen="VVA")[0]
    bought = positions(sage, order)
    lines = [line(each["Artikelnummer"], str(each["Menge"])) for each in bought]
    number = f"{order['Belegjahr']}-{order['Belegnummer']}"
    (head,) = heads(sage, sale("VLL", "L1", *lines, before=("VVA", number), customer_number=order["A0Empfaenger"]))
    assert values(head, "VorID", "ReferenzBelID") == values(order, "VorID", "BelID")
    assert [each["VorPosID"] for each in positions(sage, head)] == [each["VorPosID"] for each in bought]


def test_the_document_of_a_shop_order_can_be_followed_by_the_number_of_the_order(sage: SageDatabase) -> None:
    """A warehouse knows the shop's number, not Sage's."""
    (applied,) = land_orders(DocumentsTarget(sage), order("ORD00018"))
    ordered = document(sage, applied)
    customer = ordered["A0Empfaenger"]
    (head,) = heads(sage, sale("VLL", "L1", line(quantity="2"), before=("VVA", "ord 00018"), customer_number=customer))
    assert values(head, "VorID", "ReferenzBelID") == values(ordered, "VorID", "BelID")
    assert [each["IstErledigt"] for each in positions(sage, ordered)] == [-1, 0]  # the shipping costs are still due
    (other,) = land(sage, sale("VFR", "R1", before=("VFR", "ORD00018"), customer_number=customer))
    assert codes(other) == ["sage.unknown_predecessor"]


def test_a_delivery_without_tax_goes_by_the_customers_own_vat_number(sage: SageDatabase) -> None:
    """A company in Austria; the document itself need not repeat its number."""
    given = {"billing_name1": "Kaffeehaus", "billing_city": "Wien", "billing_country": "AT"}
    free = line(tax_rate=Decimal(0))
    with sage.transaction() as connection:
        own = {"EULand": "AT", "EUUStID": "U13585627"}
        connection.execute(update(khk.KONTOKORRENT).where(khk.KONTOKORRENT.c.Kto == "D100001").values(**own))
    (head,) = heads(sage, sale("VFR", "R1", free, **given))
    assert values(head, "Besteuerung", "EULand", "EUUStID", "Steuerbetrag") == (2, "AT", "U13585627", 0)


def test_what_was_written_is_read_as_it_came(sage: SageDatabase) -> None:
    """By the other modules, which read documents out of Sage: lines, amounts, texts, terms and predecessor."""
    note = blank(DocumentLine, title="Frei Haus")
    before = sale("VVA", "O1", line(), line(FILTERS, "3", "5.00", discount=Decimal("1.00")))
    given = sale("VLL", "L1", note, *before.lines, before=("VVA", "O1"), due_on=date(2026, 6, 11), discount=Decimal(2))
    heads(sage, before, given)
    vva, vll = (
        one for one in documents.read(sage, ["VVA", "VLL"], date(2026, 6, 1)) if one.dated_on == date(2026, 6, 1)
    )
    assert (vll.predecessor_kind, vll.predecessor_number) == ("VVA", vva.number)
    same = ("dated_on", "customer_number", "gross", "due_on", "discount", "total_net", "total_tax", "total_gross")
    assert [getattr(vll, name) for name in same] == [getattr(given, name) for name in same]
    kept = ("article_number", "quantity", "unit_price", "total", "tax_rate")
    assert [[getattr(each, name) for name in kept] for each in vll.lines] == [
        [getattr(each, name) for name in kept] for each in given.lines
    ]
    assert vll.lines[0].title == "Frei Haus"
    assert [each.predecessor_position for each in vll.lines] == [None, 1, 2]


@pytest.mark.parametrize("together", [True, False], ids=["in one file", "later"])
def test_a_delivery_note_without_prices_has_those_of_its_predecessor(sage: SageDatabase, *, together: bool) -> None:
    """A part of the order at its price and its share of the discount; gross as the order is."""
    given = sale("VVA", "O1", line(quantity="4", price="11.90", discount=Decimal(2)), line(FILTERS), gross=True)
    note = unpriced("VLL", "L1", (CUPS, "1"), before=("VVA", "O1"))
    if together:
        _, head = heads(sage, given, note)
    else:
        heads(sage, given)
        (head,) = heads(sage, note)
    assert values(head, "Preiskennzeichen", "Bruttobetrag") == (-1, Decimal("11.40"))
    (position,) = positions(sage, head)
    assert values(position, "Einzelpreis", "Rabattbetrag", "Gesamtpreis") == (
        Decimal("11.90"),
        Decimal("0.5"),
        Decimal("11.40"),
    )


def test_what_the_predecessor_does_not_have_needs_a_price_of_its_own(sage: SageDatabase) -> None:
    """A missing price is not zero."""
    heads(sage, sale("VVA", "O1"))
    (applied,) = land(sage, unpriced("VLL", "L1", (CUPS, "1"), (FILTERS, "1"), before=("VVA", "O1")))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.no_price"])
    assert applied.findings[0].at.field == "lines[1].unit_price"


def test_a_line_is_done_once_deliveries_have_taken_it_whole(sage: SageDatabase) -> None:
    """In parts, over several files; an invoice of a part does not count as delivered."""
    (order,) = heads(sage, sale("VVA", "O1", line(quantity="5"), line(FILTERS, "1")))

    def done() -> list[bool]:
        return [bool(each["IstErledigt"]) for each in positions(sage, order)]

    heads(sage, sale("VLL", "L1", line(quantity="2"), before=("VVA", "O1")))
    heads(sage, sale("VFR", "R1", line(quantity="3"), before=("VVA", "O1")))
    assert done() == [False, False]
    heads(sage, sale("VLL", "L2", line(quantity="3"), before=("VVA", "O1")))
    assert done() == [True, False]


def test_the_sender_may_name_the_line_that_is_taken(sage: SageDatabase) -> None:
    """Where an article stands in the predecessor twice."""
    first, second = line(position=10, quantity="1"), line(position=20, quantity="1")
    before, head = heads(
        sage,
        sale("VVA", "O1", first, second),
        sale("VLL", "L1", line(quantity="1", predecessor_position=20), before=("VVA", "O1")),
    )
    assert [each["IstErledigt"] for each in positions(sage, before)] == [0, -1]
    assert positions(sage, head)[0]["VorPosID"] == positions(sage, before)[1]["VorPosID"]
    (wrong,) = land(sage, sale("VLL", "L2", line(predecessor_position=30), before=("VVA", "O1")))
    assert (wrong.outcome, codes(wrong)) == (Outcome.REJECTED, ["sage.unknown_position"])


def test_what_is_in_accounting_is_never_touched(sage: SageDatabase) -> None:
    """`FibuTan` is set: a credit note follows the invoice, and its lines stay as they are."""
    with sage.transaction() as connection:
        connection.execute(text("ALTER TABLE KHKVKBelege ADD COLUMN FibuTan INTEGER"))
    (invoice,) = heads(sage, sale("VFR", "R1"))
    with sage.transaction() as connection:
        connection.execute(text("UPDATE KHKVKBelege SET FibuTan = 7"))
    (credit,) = heads(sage, sale("VFG", "G1", before=("VFR", "R1")))
    assert credit["VorID"] == invoice["VorID"]
    assert positions(sage, invoice)[0]["IstErledigt"] == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"predecessor_kind": "VVA", "predecessor_number": "X9"}, "sage.unknown_predecessor"),
        ({"customer_number": "D999"}, "sage.customer_unknown"),
        ({"kind": "VXX"}, "sage.unknown_kind"),
        ({"currency": "USD"}, "sage.foreign_currency"),
        ({"total_gross": Decimal("24.80")}, "sage.total_differs"),
        ({"lines": (line("NEVER"),)}, "sage.unknown_article"),
        ({"lines": (line(unit="Kg"),)}, "sage.other_unit"),
        ({"lines": (line(variant_id=77),)}, "sage.unknown_variant"),
        ({"lines": (line(tax_rate=Decimal(13)),)}, "sage.unknown_tax"),
        ({"head_text": "日本"}, "sage.not_in_charset"),
    ],
)
def test_what_does_not_fit_is_rejected_and_leaves_nothing(
    sage: SageDatabase, changed: dict[str, Any], code: str
) -> None:
    """One finding that says why; no row anywhere."""
    before = [len(rows(sage, table)) for table in (khk.BELEGE, khk.VORGAENGE, khk.BELEGE_POSITIONEN)]
    (applied,) = land(sage, sale("VFR", "R1")._replace(**changed))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, [code])
    assert [len(rows(sage, table)) for table in (khk.BELEGE, khk.VORGAENGE, khk.BELEGE_POSITIONEN)] == before


def test_both_totals_are_told_where_they_differ(sage: SageDatabase) -> None:
    (applied,) = land(sage, sale("VFR", "R1", total_gross=Decimal("24.80")))
    message = applied.findings[0].message("de")
    assert "23.80" in message
    assert "24.80" in message


def test_a_cent_of_rounding_becomes_a_line(sage: SageDatabase) -> None:
    """The document comes to what the sender says, as the customer has it."""
    (head,) = heads(sage, sale("VFR", "R1", total_gross=Decimal("23.81"), total_tax=Decimal("3.80")))
    assert head["Bruttobetrag"] == Decimal("23.81")
    assert [each["Artikelnummer"] for each in positions(sage, head)] == [CUPS, "RUNDUNG"]


def test_a_predecessor_of_another_customer_is_rejected(sage: SageDatabase) -> None:
    heads(sage, sale("VVA", "O1"))
    (applied,) = land(sage, sale("VLL", "L1", before=("VVA", "O1"), customer_number="D100002"))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.other_customer"])


def test_text_lines_and_discounts_are_kept(sage: SageDatabase) -> None:
    """A title too long for Sage's two lines stands in the long text, whole."""
    title = "Sehr " * 30 + "langer Titel"
    note = blank(DocumentLine, title="Lieferung frei Haus")
    (head,) = heads(sage, sale("VPA", "P1", note, line(title=title), discount=Decimal("2.00"), discount_text="Treue"))
    text_line, cups = positions(sage, head)
    assert values(text_line, "Artikelnummer", "Bezeichnung1", "PosType") == ("", "Lieferung frei Haus", 2)
    assert cups["Langtext"] == title
    assert values(head, "Rabattbetrag1", "Rabatttext1", "Nettobetrag") == (2, "Treue", 18)


def test_a_line_may_name_a_variant(sage: SageDatabase) -> None:
    variant = next(row for row in rows(sage, khk.ARTIKEL_VARIANTEN) if row["AuspraegungID"])
    number, chosen = values(variant, "Artikelnummer", "AuspraegungID")
    before, head = heads(
        sage,
        sale("VVA", "O1", line(number), line(number, variant_id=chosen)),
        sale("VLL", "L1", line(number, variant_id=chosen), before=("VVA", "O1")),
    )
    assert positions(sage, head)[0]["AuspraegungID"] == chosen
    assert [each["IstErledigt"] for each in positions(sage, before)] == [0, -1]


def test_gross_documents_take_the_tax_out(sage: SageDatabase) -> None:
    (head,) = heads(sage, sale("VFR", "R1", line(price="11.90"), gross=True))
    assert values(head, "Preiskennzeichen", "Nettobetrag", "Bruttobetrag") == (-1, 20, Decimal("23.80"))


def test_the_same_again_has_no_second_effect_and_other_content_is_held(sage: SageDatabase) -> None:
    given = chain()
    first = land(sage, *given)
    count = len(rows(sage, khk.BELEGE))
    assert land(sage, *given) == first
    assert {each.outcome for each in land(sage, *given, batch="b2")} == {Outcome.UNCHANGED}
    (changed,) = land(sage, sale("VPA", "VPA-1", line(quantity="9")), batch="b3")
    assert (changed.outcome, codes(changed)) == (Outcome.HELD, ["sage.order_changed"])
    assert len(rows(sage, khk.BELEGE)) == count


def test_a_document_that_somebody_entered_by_hand_is_held(sage: SageDatabase) -> None:
    with sage.transaction() as connection:
        connection.execute(update(khk.BELEGE).where(khk.BELEGE.c.Belegkennzeichen == "VVA").values(Referenznummer="O1"))
    vva, vll = land(sage, sale("VVA", "O1"), sale("VLL", "O1"))
    assert (vva.outcome, codes(vva)) == (Outcome.HELD, ["sage.document_exists"])
    assert vll.outcome is Outcome.CREATED


def test_a_dry_run_foretells_what_lands_and_writes_nothing(tmp_path: Path) -> None:
    """A chain in any order, and what does not fit."""
    with sandbox(tmp_path, way="documents") as sage:
        before = len(rows(sage, khk.BELEGE))
        given = sales_changes([*reversed(chain()), sale("VLL", "L9", before=("VVA", "X9"))])
        foretold = sorted(SagePreview(sage).preview(Landing("b1", MODULE.name), iter(given)))
        assert [each.outcome for each in foretold] == [Outcome.CREATED] * 5 + [Outcome.REJECTED]
        assert len(rows(sage, khk.BELEGE)) == before


def test_documents_that_follow_each_other_in_a_circle_are_rejected(sage: SageDatabase) -> None:
    """Nobody waits for ever, and nobody is lost."""
    done = land(sage, sale("VVA", "A", before=("VLL", "B")), sale("VLL", "B", before=("VVA", "A")), sale("VPA", "C"))
    assert [each.outcome for each in done] == [Outcome.REJECTED, Outcome.REJECTED, Outcome.CREATED]


def test_a_chain_longer_than_a_chunk_is_one_deal(sage: SageDatabase) -> None:
    """The predecessor may be in a chunk that was committed before."""
    orders = [sale("VVA", f"O{number}") for number in range(300)]
    deliveries = [sale("VLL", f"L{number}", before=("VVA", f"O{number}")) for number in range(300)]
    done = land(sage, *reversed(deliveries), *orders)
    assert {each.outcome for each in done} == {Outcome.CREATED}
    heads_of = {row["Referenznummer"]: row for row in rows(sage, khk.BELEGE)}
    assert all(heads_of[f"L{number}"]["VorID"] == heads_of[f"O{number}"]["VorID"] for number in range(300))
