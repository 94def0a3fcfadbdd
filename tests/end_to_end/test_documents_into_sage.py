"""Documents of every kind come in files of every form and become documents of Sage, tied together in deals."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from exchange.codec import Meta
from exchange.modules.sales_documents import example
from tests.inside import Inside, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from exchange.ledger import Batch
    from exchange.records.sales_document import SalesDocument

KINDS = ("VPA", "VVA", "VLL", "VFR", "VFG")
FORMS = ("xml", "csv", "txt", "json")


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with with_sage(tmp_path) as inside:
        yield inside


def chain() -> list[SalesDocument]:
    """One sale from the quote to the credit note."""
    made: list[SalesDocument] = []
    for kind in KINDS:
        before = {"predecessor_kind": made[-1].kind, "predecessor_number": made[-1].number} if made else {}
        made.append(example()._replace(kind=kind, number=f"{kind} 7/1", head_text="Größe: Übergröße", **before))
    return made


def as_file(inside: Inside, documents: Sequence[SalesDocument], form: str) -> bytes:
    """Documents in our own form of a file type."""
    out = io.BytesIO()
    registry = inside.app.registry
    layout = registry.layout(registry.profile(f"sales_documents_{form}"))
    registry.codecs[form].write(out, layout, documents, Meta("sales_documents"))
    return out.getvalue()


def balanced(batch: Batch) -> Batch:
    assert batch.counts.balanced
    return batch


def written(inside: Inside) -> list[tuple[Any, ...]]:
    """Kind, sender's number, deal, BelID, predecessor and total of what this program wrote, in the order of kinds."""
    rows = inside.installation.sage(
        "SELECT Belegkennzeichen, Referenznummer, VorID, BelID, ReferenzBelID, Bruttobetrag FROM KHKVKBelege "
        "WHERE Referenznummer LIKE '% 7/1' ORDER BY BelID"
    )
    return sorted(rows, key=lambda row: KINDS.index(row[0]))


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_lands_out_of_each_form_and_the_chain_is_one_deal(inside: Inside, form: str) -> None:
    """All five in one file, the last one first."""
    batch = balanced(inside.take(f"belege.{form}", as_file(inside, chain()[::-1], form)))
    assert (batch.module, batch.counts.created) == ("sales_documents", 5), inside.codes(batch)
    rows = written(inside)
    assert [row[:2] for row in rows] == [(kind, f"{kind} 7/1") for kind in KINDS]
    assert len({row[2] for row in rows}) == 1
    assert [row[4] for row in rows] == [0, *(row[3] for row in rows[:-1])]
    assert {float(row[5]) for row in rows} == {20.0}
    texts = inside.installation.sage("SELECT DISTINCT Kopftext FROM KHKVKBelege WHERE Referenznummer LIKE '% 7/1'")
    assert texts == [("Größe: Übergröße",)]
    done = inside.installation.sage(
        "SELECT b.Belegkennzeichen, p.IstErledigt FROM KHKVKBelegePositionen p JOIN KHKVKBelege b ON b.BelID = p.BelID "
        "WHERE b.Referenznummer LIKE '% 7/1'"
    )
    assert dict(done) == {"VPA": -1, "VVA": -1, "VLL": -1, "VFR": -1, "VFG": 0}


def test_a_chain_in_one_file_each_is_one_deal(inside: Inside) -> None:
    """Each follows days later, in another form."""
    for each, form in zip(chain(), (*FORMS, "xlsx"), strict=True):
        batch = balanced(inside.take(f"{each.kind}.{form}", as_file(inside, [each], form)))
        assert batch.counts.created == 1, inside.codes(batch)
    assert len({row[2] for row in written(inside)}) == 1


def test_a_file_with_nothing_but_the_needful_is_understood(inside: Inside) -> None:
    """As another program would write it: no totals but one, no addresses, the kind in small letters."""
    content = (
        "row;kind;number;dated_on;customer_number;gross;total_gross;line_article_number;line_quantity;line_unit_price;"
        "line_tax_rate\r\n"
        "1;vfr;A 7/1;2026-11-23;D100001;1;1011.50;00200050;100;9.95;19\r\n"
        "2;;;;;;;00200051;1;16.50;19\r\n"
    )
    batch = balanced(inside.take("rechnungen.csv", content))
    assert (batch.profile, batch.counts.created) == ("sales_documents_csv", 1), inside.codes(batch)
    assert [(row[0], float(row[5])) for row in written(inside)] == [("VFR", 1011.5)]
    place = inside.installation.sage("SELECT A0Name1, A1Ort, A2Ort FROM KHKVKBelege WHERE Referenznummer = 'A 7/1'")
    master = "SELECT Name1, LieferOrt, LieferOrt FROM KHKAdressen a JOIN KHKKontokorrent k ON k.Adresse = a.Adresse"
    assert place == inside.installation.sage(f"{master} WHERE k.Kto = 'D100001'")


def test_the_same_documents_again_have_no_second_effect_in_whatever_form(inside: Inside) -> None:
    """Renamed, in other forms, the number typed otherwise."""
    assert balanced(inside.take("belege.xml", as_file(inside, chain(), "xml"))).counts.created == 5
    before = written(inside)
    copied = balanced(inside.take("kopie.xml", as_file(inside, chain(), "xml")))
    assert (copied.counts.rows_in, copied.duplicate_of != "") == (0, True)
    for form in ("csv", "txt", "json", "xlsx"):
        assert balanced(inside.take(f"nochmal.{form}", as_file(inside, chain(), form))).counts.unchanged == 5
    typed = [each._replace(number=each.number.lower().replace(" ", "")) for each in chain()]
    assert balanced(inside.take("abgetippt.csv", as_file(inside, typed, "csv"))).counts.unchanged == 5
    assert written(inside) == before


def test_a_document_that_has_changed_is_held(inside: Inside) -> None:
    """Nobody changes a document behind the clerk's back."""
    inside.take("a.json", as_file(inside, chain()[:1], "json"))
    before = written(inside)
    other = chain()[0]._replace(due_on=date(2026, 12, 24))
    batch = balanced(inside.take("b.json", as_file(inside, [other], "json")))
    assert (batch.counts.held, inside.codes(batch)) == (1, ["record.changed_later"])
    assert written(inside) == before != []


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"total_gross": Decimal("21.00")}, "sales_documents.document_sum", ("20.00", "21.00")),
        ({"kind": "VXX"}, "sales_documents.unknown_kind", ("VXX", "VFR", "VPA")),
        ({"customer_number": "D999999"}, "sales_documents.unknown_customer", ("D999999",)),
        ({"predecessor_kind": "VLL", "predecessor_number": "X1"}, "sage.unknown_predecessor", ("VLL", "X1")),
        ({"payment_terms": "ZZ"}, "sales_documents.unknown_terms", ("ZZ",)),
    ],
)
def test_what_is_wrong_is_told_and_the_others_go_on(
    inside: Inside, changed: dict[str, Any], code: str, said: tuple[str, ...]
) -> None:
    """Both totals where they differ, all known kinds where one is unknown."""
    good = chain()[0]
    batch = balanced(inside.take("a.csv", as_file(inside, [example()._replace(**changed), good], "csv")))
    assert (batch.counts.created, batch.counts.rejected) == (1, 1)
    (finding,) = inside.receipt(batch)["findings"]
    assert finding["code"] == code
    assert all(each in finding["message"]["de"] for each in said)
    assert [row[0] for row in written(inside)] == ["VPA"]


def test_documents_wait_in_staging_tables(tmp_path: Path) -> None:
    with with_sage(tmp_path, "staging") as inside:
        batch = balanced(inside.take("belege.json", as_file(inside, chain(), "json")))
        assert batch.counts.created == 5, inside.codes(batch)
        rows = inside.installation.sage("SELECT VorgaengerKennzeichen, VorgaengerNummer, Kto FROM ExchangeDocument")
        assert sorted(rows)[:2] == [("", "", "D100001"), ("VFR", "VFR 7/1", "D100001")]
        assert written(inside) == []


def test_documents_become_files_for_sage(tmp_path: Path) -> None:
    """One file each, for a Sage-side importer; no database is asked."""
    with without_sage(tmp_path) as inside:
        batch = balanced(inside.take("belege.json", as_file(inside, chain(), "json")))
        assert batch.counts.created == 5, inside.codes(batch)
        files = inside.written(batch)
        assert {path.parent.name for path in files} == {"sage"}
        orders = {order.findtext("ORDER_INFO/ORDER_DOCUMENTTYPE"): order for order in map(_order, files)}
        assert set(orders) == set(KINDS)
        invoice = orders["VFR"]
        assert invoice.findtext("ORDER_INFO/ORDER_ID") == "VFR 7/1"
        assert invoice.findtext("ORDER_INFO/BRUTTO_KZ") == "0"
        assert invoice.findtext("ORDER_INFO/ADDITIONAL_INFORMATION/PREDECESSOR_ID") == "VLL 7/1"
        assert invoice.findtext("ORDER_ITEM_LIST/ORDER_ITEM/ARTICLE_PRICE/PRICE_AMOUNT") == "8.4034"


def _order(path: Path) -> ET.Element:
    root = ET.fromstring(path.read_bytes())
    return root if root.tag == "ORDER" else root.find(".//ORDER") or root
