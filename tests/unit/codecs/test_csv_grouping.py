"""Csv of partners: rows that belong together by their columns, several children in a cell, titles that must stand."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from exchange.codec import Meta
from exchange.convert import ConversionError
from exchange.errors import ConfigError
from exchange.finding import Locator, found
from exchange.profile import Layout, parse
from exchange.record import schema
from exchange.records.product import Product
from exchange.records.shop_customer import ShopCustomer, ShopCustomerGroup
from exchange.text.columns import NO_HEADER
from tests.unit.codecs.cases import CODECS, partner, read, shipped
from tests.unit.connectors.sage_cases import blank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from exchange.codec import Raw

TITLES = (
    "Internal_ID;Internal_Variant_ID;Visible;DE_Title_Short;DE_Variant;Price;Article_Code;DE_Category_1;DE_Category_2;"
    "Images"
)


def products(tmp_path: Path, *rows: str) -> list[dict[str, Any]]:
    """The records of a product file, as far as it has columns."""
    path = tmp_path / "products.csv"
    path.write_bytes("\r\n".join([TITLES, *rows, ""]).encode())
    layout = shipped("lightspeed_product_csv", Product)
    return [_shown(raw, layout) for raw in read(path, layout)]


def _shown(raw: Raw, layout: Layout) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(layout.schema.names, raw.values, strict=True))
    groups = zip(layout.schema.groups, raw.groups, strict=True)
    return values | {group.name: [list(child.values) for child in children] for group, children in groups}


def test_rows_of_one_article_are_one_record_and_its_further_categories_are_told_once(tmp_path: Path) -> None:
    """Children that every row repeats count once; pictures of a cell are numbered."""
    first, second = products(
        tmp_path,
        "1;11;Y;Becher;Default;9.95;B-1;Kaffee;Becher;https://a/1.jpg, https://a/2.jpg",
        "1;11;Y;Becher;Default;9.95;B-1;Angebote;;https://a/1.jpg, https://a/2.jpg",
        "1;12;Y;Becher;Farbe: Blau;9.95;B-2;Kaffee;Becher;",
    )
    assert (first["number"], first["name"]) == ("B-1", "Becher")
    assert first["categories"] == [["Kaffee/Becher"], ["Angebote"]]
    assert first["images"] == [["1", "https://a/1.jpg"], ["2", "https://a/2.jpg"]]
    assert first["prices"] == [["1", "", "1", "", "9.95"]]
    assert (second["number"], second["name"], second["images"]) == ("B-2", "Becher, Farbe: Blau", [])


def test_of_several_separators_the_file_has_one(tmp_path: Path) -> None:
    """Shops elsewhere write commas (`lightspeed-ecom.md` 3); rejects come back as they came."""
    layout = shipped("lightspeed_product_csv", Product)
    path = tmp_path / "products.csv"
    path.write_bytes(f"{TITLES}\r\n1;11;Y;A B;;1;X;;;\r\n".replace(";", ",").replace("A B", "A; B").encode())
    (raw,) = read(path, layout)
    assert _shown(raw, layout)["name"] == "A; B"
    out = io.BytesIO()
    CODECS["csv"].reject(path, layout, out, {2: [found(NO_HEADER, Locator(2), title="x")]})
    assert out.getvalue().decode().splitlines()[1].startswith("1,11,Y,A; B,")


def test_rows_without_ids_are_articles_of_their_own(tmp_path: Path) -> None:
    assert [each["number"] for each in products(tmp_path, ";;Y;A;;1;A;;;", ";;Y;A;;1;A;;;", ";;Y;B;;1;B;;;")] == [
        "A",
        "A",
        "B",
    ]


def test_a_row_that_contradicts_the_one_above_is_a_finding(tmp_path: Path) -> None:
    """The same variant cannot have two titles."""
    (record,) = products(tmp_path, "1;11;Y;Becher;;9.95;B-1;K;;", "1;11;Y;Tasse;;9.95;B-1;L;;")
    assert isinstance(record["name"], ConversionError)
    assert record["name"].kind.code == "csv.row_differs"


def test_a_file_for_a_partner_has_all_its_titles_and_several_children_in_a_cell() -> None:
    """A column that no field fills stays empty; the last name goes where last names go."""
    layout = shipped("lightspeed_customer_csv", ShopCustomer)
    groups = (ShopCustomerGroup("B2B"), ShopCustomerGroup("VIP"))
    customer = blank(ShopCustomer, first_name="Nora", last_name="van der Neu", email="n@n.example", groups=groups)
    lines = written(layout, [customer]).split("\r\n")
    assert lines[0].split(";") == list(layout.profile.columns)
    cells = dict(zip(lines[0].split(";"), lines[1].split(";"), strict=True))
    assert {title: cell for title, cell in cells.items() if cell} == {
        "Firstname": "Nora", "Lastname": "van der Neu", "E-Mail": "n@n.example", "Groups": "B2B,VIP",
    }  # fmt: skip


def written(layout: Layout, records: Sequence[Any]) -> str:
    out = io.BytesIO()
    CODECS["csv"].write(out, layout, records, Meta(layout.profile.module))
    return out.getvalue().decode("utf-8")


def test_words_of_the_settings_are_filled_into_a_profile() -> None:
    """The shop's basic language decides which texts are read."""
    text = (
        'name = "x"\nmodule = "products"\nformat = "csv"\n[fields]\nnumber = "Code"\nname = "{LANGUAGE}_Title"\n'
        'language = { value = "{language}" }\n'
    )
    profile = parse(text, "x", {"language": "nl", "LANGUAGE": "NL"})
    assert (profile.fields["name"].paths, profile.fields["language"].value) == (("NL_Title",), "nl")


@pytest.mark.parametrize("fields", ['title = "A"\nposition = "B"', ""])
def test_a_group_in_one_cell_has_exactly_one_column(tmp_path: Path, fields: str) -> None:
    text = (
        'name = "x"\nmodule = "products"\nformat = "csv"\n[fields]\nnumber = "Code"\n'
        '[groups.images]\npath = "A"\nsplit = ","\n[groups.images.fields]\n' + fields.replace("title", "file")
    )
    path = tmp_path / "x.csv"
    path.write_text("Code;A;B\r\n1;2;3\r\n", "utf-8")
    with pytest.raises(ConfigError, match="exactly one column"):
        read(path, partner(text, Product))
    assert schema(Product).group("images").name == "images"
