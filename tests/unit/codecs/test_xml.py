"""The xml codec: safe reading in bounded memory, matching by local names, partners' trees, and what goes back."""

from __future__ import annotations

import socket
import tracemalloc
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from exchange.codec import Limits
from exchange.codecs.xml import CODEC
from exchange.convert import ConversionError
from exchange.errors import ConfigError, FatalError
from exchange.modules.order_import import example
from exchange.records.category import Category
from exchange.records.order import Order
from exchange.records.product import Product
from exchange.records.stock import Stock
from tests.unit.codecs.cases import NOW, faults, findings, own, partner, read, records, rejected, shipped, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STOCK = own(Stock, "xml")
CATEGORY = own(Category, "xml")
ONE = "<category><number>A</number><name>N</name></category>"

PARTNER = """
name = "partner"
module = "products"
format = "xml"
root = "CATALOG"
rows = ["ITEM"]
empty = ["-"]
[fields]
number = "@id"
name = { first = ["DETAILS.NAME", "DETAILS.SHORT"] }
brand = { join = ["DETAILS.MAKER", "DETAILS.LAND"], value = "?" }
unit = "DETAILS.NAME.@unit"
long_text = "DETAILS.TEXT"
ean = "EAN"
[groups.prices]
path = "PRICES.PRICE"
[groups.prices.fields]
price = "AMOUNT"
currency = "AMOUNT.@currency"
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """A file with this content; text as UTF-8."""

    def make(content: str | bytes) -> Path:
        path = tmp_path / "x.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


# --- the fault catalogue ---------------------------------------------------------------------------------------------


def test_m1_an_entity_that_names_a_file_is_refused_and_not_read(file: Any, tmp_path: Path) -> None:
    """XXE: neither in the records nor in the message does the secret show."""
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    path = file(
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><x><category><number>&e;</number></category></x>'
    )

    (fault,) = findings(path, CATEGORY)

    assert fault.code == "xml.doctype"
    assert "geheim" not in str(fault)


def test_m1_m4_nothing_is_fetched_from_the_network(file: Any) -> None:
    """DTD, entity, schema, stylesheet and inclusion name a server; it is never called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for content in (
            f'<!DOCTYPE x SYSTEM "{url}"><x>{ONE}</x>',
            f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{url}"> %p;]><x>{ONE}</x>',
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "{url}">]><x><category><number>&e;</number></category></x>',
        ):
            assert [code for code, _ in faults(file(content), CATEGORY)] == ["xml.doctype"]
        harmless = (
            f'<?xml-stylesheet href="{url}"?><x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:noNamespaceSchemaLocation="{url}">'
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}"/>{ONE}</x>'
        )
        assert [raw.values[0] for raw in read(file(harmless), CATEGORY)] == ["A"]
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("place", ["<category><number>&h;</number></category>", '<category number="&h;"/>'])
def test_m2_billion_laughs_are_refused(file: Any, place: str) -> None:
    """Quickly, and without the memory."""
    letters = "abcdefgh"
    entities = '<!ENTITY a "haha">' + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in pairwise(letters))

    assert [code for code, _ in faults(file(f"<!DOCTYPE x [{entities}]><x>{place}</x>"), CATEGORY)] == ["xml.doctype"]


def test_m2_quadratic_blow_up_is_refused(file: Any) -> None:
    """One long entity, many times."""
    content = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><x><category><number>{"&a;" * 5_000}</number></category></x>'

    assert [code for code, _ in faults(file(content), CATEGORY)] == ["xml.doctype"]


@pytest.mark.parametrize("doctype", ["<!DOCTYPE x>", '<!DOCTYPE x PUBLIC "-//X//EN" "x.dtd">', "<!DOCTYPE x []>"])
@pytest.mark.parametrize("inside", [ONE, ""])
def test_m3_any_doctype_is_refused(file: Any, doctype: str, inside: str) -> None:
    """Also of a file without records; one in a comment is none."""
    assert [code for code, _ in faults(file(f"{doctype}<x>{inside}</x>"), CATEGORY)] == ["xml.doctype"]
    assert len(read(file(f"<!-- {doctype} --><exchange>{ONE}</exchange>"), CATEGORY)) == 1


def test_m5_a_cut_off_file_is_told_wherever_it_ends(file: Any) -> None:
    """Every beginning of a file but the whole one, however many good records come before."""
    odd = "<!-- x --><category><name><![CDATA[N]]></name></category>"
    whole = f'<?xml version="1.0"?><exchange a="b">{ONE}{odd}</exchange>'

    for cut in range(1, len(whole)):
        (fault,) = findings(file(whole[:cut]), CATEGORY)
        assert fault.code in ("xml.cut_off", "xml.malformed"), whole[:cut]
    assert faults(file(whole[:-5]), CATEGORY)[0][0] == "xml.cut_off"
    assert len(read(file(whole), CATEGORY)) == 2


def test_m6_nothing_is_repaired(file: Any) -> None:
    """A wrong end tag, a raw ampersand, two documents in one."""
    for content in (f"<x>{ONE}</y>", f"<x>{ONE}&</x>", f"<x>{ONE}</x><x/>", "no xml", ""):
        assert faults(file(content), CATEGORY) == [("xml.malformed", 1)], content


@pytest.mark.parametrize(
    "declaration", ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n", '<?xml version="1.0" encoding="klingon"?>\n']
)
def test_m7_another_charset_than_the_declared_one_is_told_with_its_line(file: Any, declaration: str) -> None:
    """Without a declaration it is UTF-8; the charset of the profile does not count."""
    path = file(
        (declaration.lstrip("\n") + "<x>\n<category><number>M\u00fcller</number></category></x>").encode("cp1252")
    )

    (fault,) = findings(path, CATEGORY)

    assert fault.code == "xml.wrong_charset"
    assert fault.at.line in (1, 2, 3)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_m7_the_declared_charset_is_read(file: Any, charset: str) -> None:
    """As partners write it."""
    name = charset.removesuffix("-sig")
    path = file(f'<?xml version="1.0" encoding="{name}"?><x>{ONE.replace("N<", "Größe<")}</x>'.encode(charset))

    assert read(path, CATEGORY)[0].values[3] == "Größe"


def test_m8_depth_is_limited(file: Any) -> None:
    """It does not end the program."""
    assert [code for code, _ in faults(file("<x>" * 300), CATEGORY)] == ["xml.too_deep"]
    inner = "<y>" * 200 + "</y>" * 200
    assert len(read(file(f"<x><category><number>A</number>{inner}</category></x>"), CATEGORY)) == 1


def test_m8_a_text_over_the_limit_is_told(file: Any) -> None:
    """Ours, or that of the parser (a pdf of 12 MB in base64)."""
    path = file(f"<x>{ONE}<category><number>A</number><long_text>{'x' * 2_000}</long_text></category></x>")
    assert faults(path, CATEGORY, Limits(field_characters=1_999)) == [("file.too_big", 2)]
    assert len(read(path, CATEGORY, Limits(field_characters=2_000))) == 2

    path = file(f"<x><category><number>A</number><pdf>{'x' * 12_000_000}</pdf></category></x>")
    assert [code for code, _ in faults(path, CATEGORY)] == ["file.too_big"]


def test_m8_what_is_no_record_does_not_fill_the_memory(file: Any) -> None:
    """A file of another kind, without end."""
    path = file("<x>" + "<y>1</y>" * 500_000)

    assert faults(path, CATEGORY, Limits(field_characters=50_000)) == [("file.too_big", 1)]


@pytest.mark.parametrize("root", ['<x xmlns="urn:a">', '<b:x xmlns:b="urn:b" xmlns="urn:c">', "<x>"])
def test_m9_elements_are_matched_by_local_name(file: Any, root: str) -> None:
    """Partners change prefixes and leave namespaces out."""
    end = "</b:x>" if root.startswith("<b") else "</x>"

    assert [list(raw.values)[0::3][:2] for raw in read(file(root + ONE + end), CATEGORY)] == [["A", "N"]]


def test_m9_prefixed_elements_and_attributes_are_found(file: Any) -> None:
    """The second of a name as well as the first."""
    layout = partner(PARTNER, Product)
    item = '<p:ITEM p:id="A"><p:DETAILS><p:NAME p:unit="Stk">N</p:NAME></p:DETAILS></p:ITEM>'

    rows = read(file(f'<CATALOG xmlns:p="urn:p">{item}{item.replace("A", "B", 1)}</CATALOG>'), layout)

    names = layout.schema.names
    assert [raw.values[names.index("number")] for raw in rows] == ["A", "B"]
    assert [raw.values[names.index("unit")] for raw in rows] == ["Stk", "Stk"]


def test_a_file_of_another_kind_is_told(file: Any) -> None:
    """With the name of its root; our own form may be without records."""
    (fault,) = findings(file("<invoices><invoice/></invoices>"), CATEGORY)

    assert fault.code == "xml.no_records"
    assert fault.values == {"names": "category", "root": "invoices"}
    assert read(file("<exchange/>"), CATEGORY) == []


# --- values ----------------------------------------------------------------------------------------------------------


def test_memory_stays_flat(file: Any) -> None:
    """Also where every record has a wrapper of its own."""
    path = file("<x>" + f"<w><z/>{ONE}</w>\n".replace("N<", "N" * 2_000 + "<") * 20_000 + "</x>")
    tracemalloc.start()
    try:
        count = sum(1 for _ in CODEC.read(path, CATEGORY))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 20_000
    assert most < 3_000_000


def test_records_are_numbered_and_may_stand_at_any_depth(file: Any) -> None:
    """One within another belongs to it."""
    path = file(f"<x><a>{ONE}</a><b><c>{ONE}</c>{ONE[:-11]}{ONE}</category></b></x>")

    assert [raw.line for raw in read(path, CATEGORY)] == [1, 2, 3]


def test_a_partners_tree_is_read_along_its_paths(file: Any) -> None:
    """Attributes, first, join, constants and words for nothing; comments and CDATA do no harm."""
    layout = partner(PARTNER, Product)
    path = file(
        '<CATALOG><ITEM id="1"><DETAILS><NAME unit="kg">-</NAME><SHORT>S</SHORT><MAKER>M</MAKER><LAND>DE</LAND>'
        "<TEXT>a <!-- no -->b<![CDATA[<c>]]></TEXT></DETAILS>"
        "<PRICES><PRICE><AMOUNT currency='EUR'>1.50</AMOUNT></PRICE><PRICE><AMOUNT>2</AMOUNT></PRICE></PRICES>"
        "<EAN>1</EAN><EAN>2</EAN></ITEM><ITEM/></CATALOG>"
    )

    full, bare = read(path, layout)
    value = dict(zip(layout.schema.names, full.values, strict=True))

    assert (value["number"], value["name"], value["brand"], value["unit"]) == ("1", "S", "M DE", "kg")
    assert (value["long_text"], value["ean"]) == ("a b<c>", "1")
    assert [child.values for child in full.groups[2]] == [["", "EUR", "", "", "1.50"], ["", "", "", "", "2"]]
    assert [each for each in bare.values if each] == ["?"]


def test_in_our_own_form_an_element_that_stands_twice_is_a_faulty_value(file: Any) -> None:
    """Which of both counts cannot be known."""
    (raw,) = read(file("<x><category><number>A</number><number>B</number></category></x>"), CATEGORY)

    assert isinstance(raw.values[0], ConversionError)
    assert raw.values[0].kind.code == "xml.double_element"


def test_elements_within_a_text_are_a_faulty_value(file: Any) -> None:
    """Half of the text would be lost in silence."""
    (raw,) = read(file("<x><category><long_text>a <b>bold</b> move</long_text></category></x>"), CATEGORY)

    assert isinstance(raw.values[-1], ConversionError)
    assert raw.values[-1].values == {"value": "<b>"}


# --- writing ---------------------------------------------------------------------------------------------------------


def test_our_own_form_says_what_it_is() -> None:
    """Absent values are left out, those that mean something to xml are escaped."""
    root = etree.fromstring(
        written(CATEGORY, [Category("<&>", "", "", "N", None, True, "", "", "", "a\nb")], full=True)
    )

    assert dict(root.attrib) == {"module": "some_module", "version": "1", "created_at": NOW.isoformat(), "full": "1"}
    assert [(each.tag, each.text) for each in root[0]] == [
        ("number", "<&>"),
        ("name", "N"),
        ("active", "1"),
        ("long_text", "a\nb"),
    ]


def test_a_partners_tree_shares_equal_beginnings_in_the_order_of_the_profile() -> None:
    """Constants first; what would be empty is left out."""
    layout = partner(PARTNER.replace("[fields]", '[constants]\n"HEAD.@by" = "us"\n[fields]'), Product)
    product = Product._make([""] * 27 + [(), (), (), ()])._replace(number="1", name="N", unit="kg")

    root = etree.fromstring(written(layout, [product]))

    assert _same(
        root[0], '<ITEM id="1"><HEAD by="us"/><DETAILS><NAME unit="kg">N</NAME><MAKER>?</MAKER></DETAILS></ITEM>'
    )


def test_beside_a_text_nothing_is_added() -> None:
    """Blanks between elements are for the eye; beside a text they would be part of it."""
    layout = partner(PARTNER.replace('unit = "DETAILS.NAME.@unit"', 'unit = "DETAILS.NAME.UNIT"'), Product)
    product = Product._make([""] * 27 + [(), (), (), ()])._replace(name="N", unit="kg", long_text="T")

    data = written(layout, [product, product._replace(name="")]).decode()

    assert "<NAME>N<UNIT>kg</UNIT></NAME>" in data
    assert "<NAME>\n      <UNIT>kg</UNIT>\n    </NAME>" in data


def test_what_means_something_to_xml_is_escaped_where_it_stands() -> None:
    """A parser gives back every character, in texts and in attributes."""
    odd = "a<b>&\"'c\t\n\rd]]>"
    product = Product._make([""] * 27 + [(), (), (), ()])._replace(number=odd, long_text=odd)

    root = etree.fromstring(written(partner(PARTNER, Product), [product]))

    assert (root[0].get("id"), root[0].findtext("DETAILS/TEXT")) == (odd, odd)


@pytest.mark.parametrize("path", ["two words", "1ST", "A..B", "@", "@a b", "A.<B>"])
def test_a_path_that_xml_has_no_name_for_stops_before_the_first_file(path: str) -> None:
    """The set-up is wrong, not the record."""
    with pytest.raises(ConfigError, match="partner"):
        written(partner(PARTNER.replace('ean = "EAN"', f'ean = "{path}"'), Product), [])


def _same(element: Any, text: str) -> bool:
    """Whether an element is that of the text, but for the blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(etree.tostring(element), parser), method="c14n") == etree.tostring(
        etree.fromstring(text, parser), method="c14n"
    )


def test_the_order_file_for_sage_has_gross_prices_and_one_order() -> None:
    """The layout of sage-order-xml.md: BRUTTO_KZ -1, parties, items."""
    layout = shipped("sage_order_xml")
    root = etree.fromstring(written(layout, [example()]))

    assert root.tag == "ORDER"
    assert root.findtext("ORDER_INFO/BRUTTO_KZ") == "-1"
    assert root.findtext("ORDER_INFO/ORDER_ID") == "ORD00018"
    assert root.findtext("ORDER_INFO/ORDER_DATE") == "2026-11-23"
    assert root.findtext("ORDER_INFO/ORDER_PARTIES/BUYER_PARTY/NAME") == "Erika Muster"
    assert len(root.findall("ORDER_INFO")) == len(root.findall("ORDER_INFO/ORDER_PARTIES")) == 1
    (item,) = root.findall("ORDER_ITEM_LIST/ORDER_ITEM")
    assert item.findtext("ARTICLE_PRICE/PRICE_AMOUNT") == "10.00"
    with pytest.raises(ConfigError):
        written(layout, [example(), example()])


def test_the_order_file_for_sage_can_be_read_back(file: Any) -> None:
    """The record is the document."""
    layout = shipped("sage_order_xml")
    (raw,) = read(file(written(layout, [example()])), layout)
    value = dict(zip(layout.schema.names, raw.values, strict=True))

    assert (value["number"], value["billing_zip"], value["total_incl"]) == ("ORD00018", "01067", "24.90")
    assert [child.values[1] for child in raw.groups[0]] == ["00200050"]


def test_a_charset_that_lacks_a_character_gets_a_reference() -> None:
    """Xml can say every character in every charset."""
    layout = partner(PARTNER.replace("root =", 'write_charset = "iso-8859-1"\nroot ='), Product)
    product = Product._make([""] * 27 + [(), (), (), ()])._replace(number="€", name="ü")

    data = written(layout, [product])

    assert b"&#8364;" in data
    assert b"\xfc" in data
    assert etree.fromstring(data)[0].get("id") == "€"


def test_a_character_that_no_record_can_hold_stops_the_program() -> None:
    """The check refuses it, so something is wrong with the program itself."""
    with pytest.raises(FatalError):
        written(STOCK, [Stock("\x01", None, Decimal(1), None, None, "")])


def test_a_profile_without_the_name_of_a_record_stops_before_the_first_file(file: Any) -> None:
    """The set-up is wrong, not the file."""
    with pytest.raises(ConfigError):
        read(file("<x/>"), partner(PARTNER.replace('rows = ["ITEM"]', ""), Product))


# --- rejects ---------------------------------------------------------------------------------------------------------


def test_rejected_elements_go_back_as_they_stood_there_and_can_be_dropped_again(file: Any) -> None:
    """Behind a comment in which no `--` ends it early; never as a full file; comments do not pile up."""
    strange = '<category x="1"><number>B</number><name>Ä &amp; Ö</name><other><deep/></other></category>'
    content = f'<exchange module="some_module" version="1" full="1">{ONE}{strange}{ONE}</exchange>'
    back = rejected(file(content), CATEGORY, 2)
    again = rejected(file(back), CATEGORY, 1)

    root = etree.fromstring(again)
    comment, element = root
    assert comment.text.count("value.too_long") == 1
    assert "x - - y" in comment.text
    assert _same(element, strange)
    assert dict(root.attrib) == {"module": "some_module", "version": "1"}
    assert [each.number for each in records(file(again), CATEGORY)] == ["B"]


def test_a_partner_gets_his_root_and_namespaces_back(file: Any) -> None:
    """With its attributes."""
    layout = partner(PARTNER, Product)
    path = file('<p:CATALOG xmlns:p="urn:p" v="2"><p:ITEM id="1"/><p:ITEM id="2"/></p:CATALOG>')
    back = rejected(path, layout, 1, 2)

    root = etree.fromstring(back)
    assert (root.tag, dict(root.attrib)) == ("{urn:p}CATALOG", {"v": "2"})
    assert [raw.values[0] for raw in read(file(back), layout)] == ["1", "2"]


def test_a_document_that_is_the_record_goes_back_as_such(file: Any) -> None:
    """With the comment before it."""
    layout = shipped("sage_order_xml")
    back = rejected(file(written(layout, [example()])), layout, 1)

    assert b"value.too_long" in back
    assert etree.fromstring(back).tag == "ORDER"
    assert len(read(file(back), layout)) == 1


# --- recognition -----------------------------------------------------------------------------------------------------


def test_a_file_is_recognised_by_its_mark(file: Any) -> None:
    """And says whether it is everything there is."""
    signature = CODEC.recognise(file(written(STOCK, [Stock("A", None, Decimal(1), None, None, "")], full=True)))

    assert signature is not None
    assert (signature.module, signature.full) == ("some_module", True)
    assert signature.names == ("exchange", "stock", "stock.article_number", "stock.available")


def test_a_file_is_recognised_by_the_names_of_its_elements(file: Any) -> None:
    """Without namespaces, and also where only its beginning is looked at."""
    signature = CODEC.recognise(
        file('<o:ORDER xmlns:o="urn:x"><A><B><C><D><X/></D></C></B></A><E/>' + "<F>x</F>" * 20_000)
    )

    assert signature is not None
    assert (signature.module, signature.full) == ("", False)
    assert signature.names == ("ORDER", "A", "A.B", "A.B.C", "A.B.C.D", "E", "F")


@pytest.mark.parametrize("content", ["", "a;b\n", "<", "< x>", "{}", "x" * 100 + "<y/>", "<x></y>"])
def test_what_is_no_xml_is_not_recognised_and_it_is_told_why(file: Any, content: str) -> None:
    """The second is for a file whose name says that it is one."""
    path = file(content)

    assert CODEC.recognise(path) is None
    finding = CODEC.why_not(path)
    assert finding is not None
    assert finding.code in ("xml.malformed", "xml.cut_off")


def test_of_good_xml_there_is_nothing_to_tell(file: Any) -> None:
    """But a DOCTYPE is."""
    assert CODEC.why_not(file("<x><y/></x>")) is None
    refused = CODEC.why_not(file("<!DOCTYPE x><x/>"))
    assert refused is not None
    assert refused.code == "xml.doctype"


def test_an_order_can_be_read_from_our_own_form(file: Any) -> None:
    """With lines and taxes."""
    layout = own(Order, "xml")

    assert records(file(written(layout, [example()])), layout) == [example()]
