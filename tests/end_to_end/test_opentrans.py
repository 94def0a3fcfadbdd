"""openTRANS and BMEcat dropped into the inbox, as business customers and suppliers send them."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests import opentrans
from tests.inside import Inside, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDER = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ORDER xmlns="http://www.opentrans.org/XMLSchema/2.1" xmlns:bmecat="http://www.bmecat.org/bmecat/2005" version="2.1"
 type="standard">
 <ORDER_HEADER><ORDER_INFO><ORDER_ID>PO-4711</ORDER_ID><ORDER_DATE>2026-11-23T06:20:00+01:00</ORDER_DATE>
  <PARTIES>
   <PARTY><bmecat:PARTY_ID type="iln">4012345000009</bmecat:PARTY_ID><PARTY_ROLE>supplier</PARTY_ROLE></PARTY>
   <PARTY><bmecat:PARTY_ID type="supplier_specific">D100001</bmecat:PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE>
    <ADDRESS><bmecat:NAME>Café Morgenrot GmbH</bmecat:NAME><bmecat:STREET>Am Markt 3</bmecat:STREET>
     <bmecat:ZIP>04109</bmecat:ZIP><bmecat:CITY>Leipzig</bmecat:CITY><bmecat:COUNTRY_CODED>DE</bmecat:COUNTRY_CODED>
    </ADDRESS></PARTY>
   <PARTY><bmecat:PARTY_ID>lager</bmecat:PARTY_ID><PARTY_ROLE>delivery</PARTY_ROLE>
    <ADDRESS><bmecat:NAME>Lager Süd</bmecat:NAME><bmecat:STREET>Hafenweg 1</bmecat:STREET>
     <bmecat:ZIP>01067</bmecat:ZIP><bmecat:CITY>Dresden</bmecat:CITY><bmecat:COUNTRY_CODED>DE</bmecat:COUNTRY_CODED>
    </ADDRESS></PARTY>
  </PARTIES>
  <ORDER_PARTIES_REFERENCE><bmecat:BUYER_IDREF>x</bmecat:BUYER_IDREF><bmecat:SUPPLIER_IDREF>y</bmecat:SUPPLIER_IDREF>
  </ORDER_PARTIES_REFERENCE>
 </ORDER_INFO></ORDER_HEADER>
 <ORDER_ITEM_LIST>
  <ORDER_ITEM><LINE_ITEM_ID>1</LINE_ITEM_ID><PRODUCT_ID><bmecat:SUPPLIER_PID>33020</bmecat:SUPPLIER_PID></PRODUCT_ID>
   <QUANTITY>200</QUANTITY><bmecat:ORDER_UNIT>PCE</bmecat:ORDER_UNIT>
   <PRODUCT_PRICE_FIX><bmecat:PRICE_AMOUNT>293.28</bmecat:PRICE_AMOUNT>
    <bmecat:PRICE_QUANTITY>100</bmecat:PRICE_QUANTITY></PRODUCT_PRICE_FIX>
   <PRICE_LINE_AMOUNT>586.56</PRICE_LINE_AMOUNT></ORDER_ITEM>
  <ORDER_ITEM><LINE_ITEM_ID>2</LINE_ITEM_ID><PRODUCT_ID><bmecat:SUPPLIER_PID>10010</bmecat:SUPPLIER_PID></PRODUCT_ID>
   <QUANTITY>2</QUANTITY><bmecat:ORDER_UNIT>C62</bmecat:ORDER_UNIT>
   <PRODUCT_PRICE_FIX><bmecat:PRICE_AMOUNT>20</bmecat:PRICE_AMOUNT></PRODUCT_PRICE_FIX>
   <PRICE_LINE_AMOUNT>40</PRICE_LINE_AMOUNT></ORDER_ITEM>
 </ORDER_ITEM_LIST>
 <ORDER_SUMMARY><TOTAL_ITEM_NUM>2</TOTAL_ITEM_NUM><TOTAL_AMOUNT>626.56</TOTAL_AMOUNT></ORDER_SUMMARY>
</ORDER>"""

OLD_ORDER = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ORDER version="1.0" type="standard"><ORDER_HEADER>
 <CONTROL_INFO><GENERATION_DATE>2026-11-20</GENERATION_DATE></CONTROL_INFO>
 <ORDER_INFO><ORDER_ID>PO-10</ORDER_ID><ORDER_DATE>2026-11-20T09:59:00</ORDER_DATE>
 <ORDER_PARTIES>
  <BUYER_PARTY><PARTY><PARTY_ID type="supplier_specific">D100001</PARTY_ID><ADDRESS><NAME>Café Morgenrot GmbH</NAME>
   <STREET>Am Markt 3</STREET><ZIP>04109</ZIP><CITY>Leipzig</CITY><COUNTRY>Deutschland</COUNTRY></ADDRESS></PARTY>
  </BUYER_PARTY>
  <SHIPMENT_PARTIES><DELIVERY_PARTY><PARTY><ADDRESS><NAME>Lager Süd</NAME><STREET>Hafenweg 1</STREET><ZIP>01067</ZIP>
   <CITY>Dresden</CITY><COUNTRY>DE</COUNTRY></ADDRESS></PARTY></DELIVERY_PARTY></SHIPMENT_PARTIES>
 </ORDER_PARTIES><PRICE_CURRENCY>EUR</PRICE_CURRENCY></ORDER_INFO></ORDER_HEADER>
 <ORDER_ITEM_LIST><ORDER_ITEM><LINE_ITEM_ID>1</LINE_ITEM_ID><ARTICLE_ID><SUPPLIER_AID>10010</SUPPLIER_AID></ARTICLE_ID>
  <QUANTITY>2</QUANTITY><ORDER_UNIT>C62</ORDER_UNIT><ARTICLE_PRICE type="net_customer"><PRICE_AMOUNT>20</PRICE_AMOUNT>
  <PRICE_LINE_AMOUNT>40</PRICE_LINE_AMOUNT></ARTICLE_PRICE></ORDER_ITEM></ORDER_ITEM_LIST>
 <ORDER_SUMMARY><TOTAL_ITEM_NUM>1</TOTAL_ITEM_NUM><TOTAL_AMOUNT>40</TOTAL_AMOUNT></ORDER_SUMMARY></ORDER>"""

CATALOGUE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE BMECAT SYSTEM "bmecat_2005.dtd">
<BMECAT version="2005" xmlns="http://www.bmecat.org/bmecat/2005">
 <HEADER><CATALOG><LANGUAGE>deu</LANGUAGE><CATALOG_ID>K1</CATALOG_ID><CURRENCY>EUR</CURRENCY></CATALOG></HEADER>
 <T_NEW_CATALOG>
  <CATALOG_GROUP_SYSTEM>
   <CATALOG_STRUCTURE type="root"><GROUP_ID>1</GROUP_ID><GROUP_NAME>Katalog</GROUP_NAME><PARENT_ID>0</PARENT_ID>
   </CATALOG_STRUCTURE>
   <CATALOG_STRUCTURE type="leaf"><GROUP_ID>2</GROUP_ID><GROUP_NAME>Mühlen</GROUP_NAME><PARENT_ID>1</PARENT_ID>
   </CATALOG_STRUCTURE>
  </CATALOG_GROUP_SYSTEM>
  %s
 </T_NEW_CATALOG>
</BMECAT>"""
PRODUCT = """<PRODUCT mode="new"><SUPPLIER_PID>%s</SUPPLIER_PID>
   <PRODUCT_DETAILS><DESCRIPTION_SHORT lang="eng">Hand mill</DESCRIPTION_SHORT>
    <DESCRIPTION_SHORT lang="deu">Handmühle</DESCRIPTION_SHORT>
    <INTERNATIONAL_PID type="ean">4006381333931</INTERNATIONAL_PID></PRODUCT_DETAILS>
   <PRODUCT_ORDER_DETAILS><ORDER_UNIT>C62</ORDER_UNIT></PRODUCT_ORDER_DETAILS>
   <PRODUCT_PRICE_DETAILS>
    <PRODUCT_PRICE price_type="net_list"><PRICE_AMOUNT>50</PRICE_AMOUNT><PRICE_CURRENCY>EUR</PRICE_CURRENCY>
     <TAX>0.19</TAX><LOWER_BOUND>1</LOWER_BOUND></PRODUCT_PRICE>
    <PRODUCT_PRICE price_type="net_customer"><PRICE_AMOUNT>41.93</PRICE_AMOUNT><PRICE_CURRENCY>EUR</PRICE_CURRENCY>
     <TAX>0.19</TAX><LOWER_BOUND>1</LOWER_BOUND></PRODUCT_PRICE>
    <PRODUCT_PRICE price_type="net_customer"><PRICE_AMOUNT>39.90</PRICE_AMOUNT><PRICE_CURRENCY>EUR</PRICE_CURRENCY>
     <TAX>0.19</TAX><LOWER_BOUND>10</LOWER_BOUND></PRODUCT_PRICE>
   </PRODUCT_PRICE_DETAILS></PRODUCT>"""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path, **{"sage.orders.file_profile": "opentrans_order_xml"}) as inside:
        yield inside


def test_an_order_becomes_a_document_with_the_taxes_of_sage(tmp_path: Path) -> None:
    """It names none, and net amounts only; a price per hundred is understood; dropped twice it has one effect."""
    with with_sage(tmp_path) as inside:
        batch = inside.take("bestellung.xml", ORDER.encode("iso-8859-1"))
        assert inside.codes(batch) == []
        assert (batch.module, batch.counts.created) == ("order_import", 1)
        head = inside.installation.sage(
            "SELECT A0Empfaenger, A1Name1, A1Ort, Nettobetrag, Steuerbetrag, Bruttobetrag FROM KHKVKBelege "
            "WHERE Referenznummer = 'PO-4711'"
        )
        # 586.56 at 19 % and 40.00 at 7 %.
        assert head == [("D100001", "Lager Süd", "Dresden", 626.56, 114.25, 740.81)]
        again = ORDER.replace("<ORDER_HEADER>", "<!-- noch einmal --><ORDER_HEADER>")
        assert inside.take("nochmal.xml", again.encode("iso-8859-1")).counts.unchanged == 1


@pytest.mark.parametrize("form", ["2.1", "1.0"])
def test_orders_of_either_version_come_alone_or_in_a_list(inside: Inside, form: str) -> None:
    """As shops of older systems send them; the country may be spelt out."""
    head, _, body = (ORDER if form == "2.1" else OLD_ORDER).partition("?>")
    number = "PO-4711" if form == "2.1" else "PO-10"
    both = "".join(body.replace(number, f"{number}-{each}") for each in "ab")
    several = inside.take("b.xml", f"{head}?><ORDER_LIST>{both}</ORDER_LIST>".encode("latin-1"))
    alone = inside.take("a.xml", f"{head}?>{body}".encode("latin-1"))
    assert (alone.module, alone.counts.created) == ("order_import", 1)
    assert (several.profile, several.counts.created) == (alone.profile, 2)


def test_a_net_total_that_the_lines_do_not_make_is_refused(tmp_path: Path) -> None:
    with with_sage(tmp_path) as inside:
        batch = inside.take("bestellung.xml", ORDER.replace("626.56", "600.00").encode("iso-8859-1"))
        assert inside.codes(batch) == ["order_import.order_sum"]
        assert batch.counts.rejected == 1


def test_a_suppliers_catalogue_is_read_as_articles(inside: Inside) -> None:
    """Recognised by its content; its DTD is not looked for; the German text is taken."""
    batch = inside.take("katalog.xml", CATALOGUE % (PRODUCT % "M-1"))
    assert inside.codes(batch) == []
    assert (batch.module, batch.counts.created) == ("products", 1)
    (path,) = inside.written(batch)
    text = path.read_text("utf-8")
    assert all(each in text for each in ("M-1", "Handmühle", "4006381333931", "39.90"))


def test_its_prices_and_groups_are_taken_out_of_the_same_file(inside: Inside) -> None:
    """The folder says what is wanted of it; the price from one piece on is the price without tier."""
    content = CATALOGUE % (PRODUCT % "M-1")
    tiers = inside.take("tier_prices/katalog.xml", content)
    assert inside.codes(tiers) == []
    assert (tiers.module, tiers.counts.created) == ("tier_prices", 1)
    (path,) = inside.written(tiers)
    text = path.read_text("utf-8")
    assert "41.93" in text
    assert "39.90" in text
    assert "50" not in text.partition("<tier_prices>")[2]
    groups = inside.take("categories/katalog.xml", content)
    assert (groups.module, groups.counts.created, inside.codes(groups)) == ("categories", 2, [])


def test_a_catalogue_that_declares_entities_is_refused(inside: Inside, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    entity = f'<!DOCTYPE BMECAT [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    content = (CATALOGUE % (PRODUCT % "&e;")).replace('<!DOCTYPE BMECAT SYSTEM "bmecat_2005.dtd">', entity)
    batch = inside.take("katalog.xml", content)
    assert inside.codes(batch) == ["xml.doctype"]
    assert "geheim" not in "".join(path.read_text("utf-8") for path in inside.outbox.glob("*.json"))


def test_documents_of_sage_go_out_to_partners_once_and_come_in_again(tmp_path: Path) -> None:
    """Each kind in its form, only of customers that want them; another company takes an invoice into its own Sage."""
    forms = {"VFR": "opentrans_invoice_xml", "VLL": "opentrans_dispatchnotification_xml"}
    options = {"export_kinds": ["VFR"], "export_days": 3650, "export_customers": ["D100001"], "export_profiles": forms}
    settings = {f"modules.sales_documents.{name}": value for name, value in options.items()}
    with with_sage(tmp_path / "ours", **settings) as ours, with_sage(tmp_path / "theirs") as theirs:
        batch = ours.app.export("sales_documents")
        assert (batch.counts.rejected, ours.codes(batch)) == (0, [])
        files = ours.written(batch)
        wanted = ours.installation.sage(
            "SELECT COUNT(*) FROM KHKVKBelege WHERE Belegkennzeichen = 'VFR' AND A0Empfaenger = 'D100001'"
        )
        assert [(len(files),)] == wanted
        for file in files:
            root = etree.parse(file).getroot()
            assert root.tag == f"{{{opentrans.OWN}}}INVOICE"
            assert opentrans.faults(root) == []
        assert ours.app.export("sales_documents").counts.created == 0

        content = files[0].read_bytes()
        taken = theirs.take("rechnung.xml", content)
        assert (taken.module, taken.counts.created, theirs.codes(taken)) == ("sales_documents", 1, [])
        number = etree.fromstring(content).findtext(f".//{{{opentrans.OWN}}}INVOICE_ID")
        query = "SELECT Nettobetrag, Steuerbetrag, Bruttobetrag FROM KHKVKBelege WHERE Belegkennzeichen = 'VFR' AND "
        year, _, short = str(number).partition("-")
        sent = ours.installation.sage(f"{query} Belegjahr = ? AND Belegnummer = ?", year, short)
        assert theirs.installation.sage(f"{query} Referenznummer = ?", number) == sent
        assert theirs.take("nochmal.xml", content + b"<!-- noch einmal -->").counts.unchanged == 1


@pytest.mark.skipif(sys.platform == "win32", reason="resource is a module of POSIX")
def test_a_large_catalogue_streams(inside: Inside) -> None:
    """20,000 articles, 25 MB: the memory that it takes beyond a small one is bounded."""
    inside.take("klein.xml", CATALOGUE % (PRODUCT % "M-0"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    batch = inside.take("gross.xml", CATALOGUE % "".join(PRODUCT % f"M-{number}" for number in range(20_000)))
    assert (batch.counts.rows_in, batch.counts.rejected) == (20_000, 0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
