"""What published xml schemes need beyond a plain tree: chosen elements, namespaces, order, counts, a DTD's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from exchange.errors import ConfigError
from exchange.records.product import Product, ProductPrice
from tests.unit.codecs.cases import faults, partner, read, written

if TYPE_CHECKING:
    from pathlib import Path

SCHEME = """
name = "scheme"
module = "products"
format = "xml"
root = "CATALOG"
rows = ["ITEM"]
order = ["ID", "PARTY[ROLE=maker].ID", "PARTY[ROLE=maker].ROLE", "TEXT[@lang=deu]", "TEXT[@lang=eng]", "TOTAL"]
[namespaces]
"" = "urn:catalog"
b = "urn:base"
[constants]
TOTAL = "#prices"
"PARTY[ROLE=maker].ID.@type" = "own"
[fields]
number = "ID"
brand = "PARTY[ROLE=maker].ID"
long_text = "TEXT[@lang=eng]"
name = { first = ["TEXT[@lang=deu]", "TEXT"] }
unit = "b:UNIT"
[groups.prices]
path = "PRICES.PRICE"
[groups.prices.fields]
price = "b:AMOUNT"
currency = "TAX[KIND=vat].RATE"
[groups.prices.constants]
"@kind" = "list"
"""
NAMES = {"c": "urn:catalog", "b": "urn:base"}
PRICE = ProductPrice("", "", None, None, None)
BLANK = Product._make([""] * 27 + [(), (), (), ()])
PRODUCT = BLANK._replace(number="1", name="Becher", long_text="Mug", brand="Musterwerk", unit="kg")


def tree(product: Product) -> etree._Element:
    """The element that a product becomes."""
    return etree.fromstring(written(partner(SCHEME, Product), [product]))[0]


def names(element: etree._Element) -> list[str]:
    return [str(each.tag).rpartition("}")[2] for each in element]


def of_file(path: Path, inside: str, head: str = "") -> list[str]:
    path.write_text(f"{head}<CATALOG><ITEM>{inside}</ITEM></CATALOG>", "utf-8")
    values = read(path, partner(SCHEME, Product))[0].values
    return [str(values[Product._fields.index(name)]) for name in ("name", "long_text", "brand")]


def test_elements_stand_in_the_order_that_the_scheme_demands() -> None:
    """Whatever order the fields have; the mark of a chosen element stands where the order says, or first."""
    item = tree(PRODUCT._replace(prices=(PRICE, PRICE)))
    assert names(item) == ["ID", "PARTY", "TEXT", "TEXT", "TOTAL", "UNIT", "PRICES"]
    assert names(item[1]) == ["ID", "ROLE"]
    assert [each.get("lang") for each in item.findall("c:TEXT", NAMES)] == ["deu", "eng"]
    assert [each.text for each in item.findall("c:TEXT", NAMES)] == ["Becher", "Mug"]


def test_namespaces_are_declared_at_the_outermost_element() -> None:
    item = tree(PRODUCT)
    assert item.findtext("b:UNIT", namespaces=NAMES) == "kg"
    assert item.findtext("c:ID", namespaces=NAMES) == "1"
    alone = SCHEME.replace('root = "CATALOG"', 'root = "ITEM"\none_per_file = true')
    assert etree.fromstring(written(partner(alone, Product), [PRODUCT])).tag == "{urn:catalog}ITEM"


def test_children_are_counted_and_carry_their_constants() -> None:
    item = tree(PRODUCT._replace(prices=(PRICE, PRICE)))
    assert item.findtext("c:TOTAL", namespaces=NAMES) == "2"
    assert [each.get("kind") for each in item.iterfind(".//c:PRICE", NAMES)] == ["list", "list"]
    assert tree(PRODUCT).findtext("c:TOTAL", namespaces=NAMES) == "0"


def test_a_chosen_element_of_which_nothing_is_said_is_not_written() -> None:
    """Neither its mark nor the attributes of a text that is not there."""
    item = tree(PRODUCT._replace(brand="", long_text=""))
    assert names(item) == ["ID", "TEXT", "TOTAL", "UNIT"]
    with_tax = tree(PRODUCT._replace(prices=(PRICE._replace(currency="7"), PRICE)))
    assert [names(each) for each in with_tax.iterfind(".//c:PRICE", NAMES)] == [["TAX"], []]
    assert names(with_tax.find(".//c:TAX", NAMES)) == ["KIND", "RATE"]  # type: ignore[arg-type]


def test_one_of_several_equal_elements_is_read(tmp_path: Path) -> None:
    """By an element within, wherever it stands, or by an attribute; of several that fit the first."""
    seller = "<PARTY><ROLE>seller</ROLE><ID>S</ID></PARTY>"
    maker = "<PARTY><ID>M</ID><ROLE> maker </ROLE></PARTY><PARTY><ROLE>maker</ROLE><ID>N</ID></PARTY>"
    texts = '<TEXT lang="eng">Mug</TEXT><TEXT lang="deu">Becher</TEXT>'
    assert of_file(tmp_path / "x.xml", seller + maker + texts) == ["Becher", "Mug", "M"]
    assert of_file(tmp_path / "x.xml", "<TEXT>Tasse</TEXT>" + seller) == ["Tasse", "", ""]


def test_a_prefix_that_is_not_declared_stops_before_the_first_file() -> None:
    with pytest.raises(ConfigError, match="prefix"):
        written(partner(SCHEME.replace('b = "urn:base"\n', ""), Product), [])


def test_the_name_of_a_dtd_can_be_allowed_but_nothing_that_it_declares(tmp_path: Path) -> None:
    """BMEcat files name one as a rule; it is never looked for."""
    path = tmp_path / "x.xml"
    allowed = partner(SCHEME.replace("[namespaces]", "doctype = true\n[namespaces]"), Product)
    for doctype in ('<!DOCTYPE CATALOG SYSTEM "catalog.dtd">', '<!DOCTYPE CATALOG PUBLIC "-//X" "http://x.example/d">'):
        path.write_text(f"{doctype}<CATALOG><ITEM><ID>1</ID></ITEM></CATALOG>", "utf-8")
        assert read(path, allowed)[0].values[0] == "1"
        assert faults(path, partner(SCHEME, Product))[0][0] == "xml.doctype"
    for inside in ('<!ENTITY e "x">', '<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "<!ELEMENT ID ANY>"):
        path.write_text(f"<!DOCTYPE CATALOG [{inside}]><CATALOG><ITEM><ID>1</ID></ITEM></CATALOG>", "utf-8")
        assert faults(path, allowed)[0][0] == "xml.doctype"


@pytest.mark.parametrize(
    ("price", "per", "made"),
    [("250.00", "100", "2.50"), ("2.5", "", "2.5"), ("2.5", "1", "2.5"), ("10", "3", "3.333333333333333333333333333")],
)
def test_a_price_per_many_pieces_becomes_the_price_of_one(tmp_path: Path, price: str, per: str, made: str) -> None:
    assert amount(tmp_path / "x.xml", price, per) == made


@pytest.mark.parametrize(("price", "per"), [("2.5", "0"), ("2.5", "-1"), ("2.5", "viele"), ("teuer", "100")])
def test_what_cannot_be_divided_is_left_for_the_check_to_tell(tmp_path: Path, price: str, per: str) -> None:
    assert amount(tmp_path / "x.xml", price, per) == f"{price}/{per}"


def amount(path: Path, price: str, per: str) -> str:
    """What a price with a number of pieces is read as."""
    scheme = SCHEME.replace('price = "b:AMOUNT"', 'price = { path = "b:AMOUNT", per = "b:PER" }')
    inside = f"<PRICES><PRICE><AMOUNT>{price}</AMOUNT><PER>{per}</PER></PRICE></PRICES>"
    path.write_text(f"<CATALOG><ITEM>{inside}</ITEM></CATALOG>", "utf-8")
    prices = read(path, partner(scheme, Product))[0].groups[2]
    return str(prices[0].values[ProductPrice._fields.index("price")])
