"""openTRANS 2.1: what we write is allowed by the schema, and comes back as it was; what others send is read."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from exchange.modules.order_import import example as example_order
from exchange.modules.sales_documents import example as example_document
from exchange.pipeline.shape import Shape
from exchange.records.order import Order
from exchange.records.sales_document import DocumentLine, SalesDocument
from tests import opentrans
from tests.unit.codecs.cases import read, shipped, written

if TYPE_CHECKING:
    from pathlib import Path

ZERO = Decimal(0)
FREE = example_order()._replace(
    shipping_excl=ZERO, shipping_incl=ZERO, payment_excl=ZERO, total_excl=Decimal("16.81"), total_incl=None, taxes=()
)
ORDER = FREE._replace(
    customer_number="D100001",
    company="Café Morgenrot GmbH",
    language="de",
    comment="Bitte klingeln",
    delivery_company="Lager Süd",
    delivery_street="Hafenweg 1",
    delivery_zip="01067",
    delivery_city="Dresden",
    delivery_country="DE",
)

THEIRS = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ORDER version="2.1" type="standard">
 <ORDER_HEADER><ORDER_INFO><ORDER_ID>4711</ORDER_ID><ORDER_DATE>2026-11-23T06:20:00+01:00</ORDER_DATE>
  <PARTIES>
   <PARTY><PARTY_ID type="iln">4012345000009</PARTY_ID><PARTY_ROLE>supplier</PARTY_ROLE></PARTY>
   <PARTY><PARTY_ID type="supplier_specific">D100001</PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE>
    <ADDRESS><NAME>Café Morgenrot GmbH</NAME><STREET>Am Markt 3</STREET><ZIP>04109</ZIP><CITY>Leipzig</CITY>
     <COUNTRY_CODED>DE</COUNTRY_CODED></ADDRESS></PARTY>
  </PARTIES>
  <ORDER_PARTIES_REFERENCE><BUYER_IDREF>x</BUYER_IDREF><SUPPLIER_IDREF>y</SUPPLIER_IDREF></ORDER_PARTIES_REFERENCE>
 </ORDER_INFO></ORDER_HEADER>
 <ORDER_ITEM_LIST>
  <ORDER_ITEM><LINE_ITEM_ID>1</LINE_ITEM_ID><PRODUCT_ID><SUPPLIER_PID>33020</SUPPLIER_PID></PRODUCT_ID>
   <QUANTITY>200</QUANTITY><ORDER_UNIT>PCE</ORDER_UNIT>
   <PRODUCT_PRICE_FIX><PRICE_AMOUNT>293.28</PRICE_AMOUNT><PRICE_QUANTITY>100</PRICE_QUANTITY></PRODUCT_PRICE_FIX>
   <PRICE_LINE_AMOUNT>586.56</PRICE_LINE_AMOUNT></ORDER_ITEM>
 </ORDER_ITEM_LIST>
 <ORDER_SUMMARY><TOTAL_ITEM_NUM>1</TOTAL_ITEM_NUM><TOTAL_AMOUNT>586.56</TOTAL_AMOUNT></ORDER_SUMMARY>
</ORDER>"""


def records(path: Path, profile: str, record: Any) -> list[Any]:
    """The records of a file, as the check makes them."""
    layout = shipped(profile, record)
    outer = Shape(layout.schema, layout.sources, layout.profile)
    inner = [
        Shape(group.schema, sources, layout.profile)
        for group, (_, sources) in zip(layout.schema.groups, layout.groups, strict=True)
    ]
    made = []
    for raw in read(path, layout):
        children = [
            tuple(shape.make(shape.values(child)) for child in rows)
            for shape, rows in zip(inner, raw.groups, strict=True)
        ]
        made.append(outer.make([*outer.values(raw), *children]))
    return made


def tree(profile: str, record: Any) -> etree._Element:
    """What a record is written as."""
    return etree.fromstring(written(shipped(profile, type(record)), [record]))


@pytest.mark.parametrize("order", [ORDER, FREE, FREE._replace(delivery_company=""), ORDER._replace(comment="")])
def test_an_order_is_written_as_the_schema_wants_it(order: Order) -> None:
    root = tree("opentrans_order_xml", order)
    assert opentrans.faults(root) == []
    assert (root.get("version"), root.get("type")) == ("2.1", "standard")


def test_the_facts_find_what_is_wrong() -> None:
    root = tree("opentrans_order_xml", ORDER)
    info = root[0][1]
    info.append(info[0])
    assert [fault.partition(":")[0] for fault in opentrans.faults(root)] == ["ORDER_INFO"]


def test_an_order_comes_back_as_it_was(tmp_path: Path) -> None:
    """But for what openTRANS has no place for: payment and shipping codes, names in parts, amounts with tax."""
    layout = shipped("opentrans_order_xml", Order)
    path = tmp_path / "order.xml"
    path.write_bytes(written(layout, [ORDER]))
    (back,) = records(path, "opentrans_order_xml", Order)
    line = ORDER.lines[0]
    assert back.lines == (line._replace(unit_price_incl=None, total_incl=None, discount_excl=None, discount_incl=None),)
    lost = {"payment_code", "shipping_code", "first_name", "last_name", "shop_order_id", "lines", "status"}
    amounts = {name for name in Order._fields if name.endswith(("_incl", "_excl", "_rate"))} - {"total_excl"}
    kept = [name for name in Order._fields if name not in lost | amounts]
    assert [getattr(back, name) for name in kept] == [getattr(ORDER, name) for name in kept]


def test_an_order_of_somebody_else_is_read(tmp_path: Path) -> None:
    """Without namespaces, in the charset that it declares, with a price per hundred and without taxes."""
    path = tmp_path / "order.xml"
    path.write_bytes(THEIRS.encode("iso-8859-1"))
    (order,) = records(path, "opentrans_order_xml", Order)
    assert (order.number, order.customer_number, order.company) == ("4711", "D100001", "Café Morgenrot GmbH")
    assert (order.billing_zip, order.delivery_zip, order.total_excl, order.total_incl) == (
        "04109",
        "",
        Decimal("586.56"),
        None,
    )
    (line,) = order.lines
    assert (line.article_number, line.quantity, line.unit) == ("33020", Decimal(200), "Stk")
    assert (line.unit_price_excl, line.total_excl, line.tax_rate) == (Decimal("2.9328"), Decimal("586.56"), None)


def test_a_number_that_the_buyer_gave_himself_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "order.xml"
    path.write_text(THEIRS.replace("supplier_specific", "buyer_specific").replace("ISO-8859-1", "UTF-8"), "utf-8")
    values = read(path, shipped("opentrans_order_xml", Order))[0].values
    assert values[Order._fields.index("customer_number")] == ""


# --- documents of the sale --------------------------------------------------------------------------------------------

DOCUMENTS = {
    "VFR": "opentrans_invoice_xml",
    "VFG": "opentrans_invoice_xml",
    "VVA": "opentrans_orderresponse_xml",
    "VLL": "opentrans_dispatchnotification_xml",
}


def document(kind: str, **more: Any) -> SalesDocument:
    """One of each kind, as our own example has it, with addresses and a line of text."""
    given = example_document()._replace(discount=None, discount_text="", order_number="PO-4711", foot_text="Danke!")
    place = {"name1": "Café Morgenrot GmbH", "street": "Am Markt 3", "zip": "04109", "city": "Leipzig", "country": "DE"}
    places = {f"{role}_{name}": value for role in ("billing", "delivery") for name, value in place.items()}
    lines = tuple(line._replace(discount=None) for line in given.lines if line.article_number)
    text = DocumentLine(9, "", None, "", "nur Text", "", None, "", None, None, None, None, None)
    return given._replace(kind=kind, gross=False, **places, lines=(*lines, text), **more)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_written_as_the_schema_wants_it(kind: str) -> None:
    """A line of text has no place there; the lines are counted and numbered."""
    root = tree(DOCUMENTS[kind], document(kind))
    assert opentrans.faults(root) == []
    names = {"o": opentrans.OWN, "b": opentrans.BMECAT}
    lines = len(document(kind).lines) - 1
    assert root.findtext(".//o:TOTAL_ITEM_NUM", namespaces=names) == str(lines)
    assert [each.text for each in root.iterfind(".//o:ADDRESS/b:NAME", names)] == ["Café Morgenrot GmbH"] * 2


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_comes_back_as_it_was(kind: str, tmp_path: Path) -> None:
    """As far as its form has a place for it: a delivery note has no prices, a confirmation no taxes."""
    given = document(kind)
    path = tmp_path / "document.xml"
    path.write_bytes(written(shipped(DOCUMENTS[kind], SalesDocument), [given]))
    (back,) = records(path, DOCUMENTS[kind], SalesDocument)
    for name in (
        "kind",
        "number",
        "dated_on",
        "order_number",
        "customer_number",
        "billing_name1",
        "delivery_zip",
        "gross",
    ):
        assert getattr(back, name) == getattr(given, name), name
    own = [line for line in given.lines if line.article_number]
    assert [(line.article_number, line.quantity, line.unit) for line in back.lines] == [
        (line.article_number, line.quantity, line.unit) for line in own
    ]
    if kind != "VLL":
        assert [(line.unit_price, line.total, line.tax_rate) for line in back.lines] == [
            (line.unit_price, line.total, line.tax_rate) for line in own
        ]
        assert back.total_net == given.total_net
    if DOCUMENTS[kind] == "opentrans_invoice_xml":
        assert (back.total_gross, back.taxes) == (given.total_gross, given.taxes)
