"""The CSV files of the back office (`lightspeed-ecom.md` 3)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import html

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client

_COLUMNS = json.loads((Path(__file__).parent / "columns.json").read_text("utf-8"))
#: The reference's lists of columns, those of products for one language; 38 to 40 of them are not known, and of the
#: last three of customers only the meaning.
PRODUCTS: list[str] = _COLUMNS["products"].split(";")
CUSTOMERS: list[str] = _COLUMNS["customers"].split(";")


def upload(client: Client, what: str, content: str | bytes, status: int = 200) -> str:
    data = content.encode() if isinstance(content, str) else content
    answer = client.http.request("POST", f"{client.url}/backoffice/{what}", body=data)
    assert answer.status == status, answer.data
    return answer.data.decode()


def download(client: Client, what: str) -> list[dict[str, str]]:
    text = client.page(f"/backoffice/{what}").data.decode("utf-8")
    assert text.endswith("\r\n")
    assert text.partition("\n")[0].endswith("\r")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_columns_are_those_of_the_reference(client: Client) -> None:
    """In their order; each column with a language stands there once per language."""
    header = client.page("/backoffice/products").data.decode().strip().split(";")
    assert [title for title in header if not title.startswith(("EN_", "NL_"))] == PRODUCTS
    spoken = [title for title in PRODUCTS if title.startswith("DE_")]
    assert {title for title in header if title.startswith("EN_")} == {title.replace("DE_", "EN_") for title in spoken}
    assert client.page("/backoffice/customers").data.decode().strip().split(";")[: len(CUSTOMERS)] == CUSTOMERS


def test_everything_that_has_a_column_comes_back(client: Client) -> None:
    """Brand, texts per language, categories, pictures by address and by file, tags, meta data, stock tracking."""
    file = {"attachment": "aGFsbG8=", "filename": "muster.png"}
    number = client.call("POST", "files.json", {"file": file}, status=201)["file"]["id"]
    row = {
        "Visible": "S",
        "Brand": "Muster",
        "Supplier": "Töpferei",
        "DE_Title_Short": "Becher",
        "EN_Title_Short": "Mug",
        "DE_Description_Long": '<p>Sagt "Guten Morgen";\nund mehr</p>',
        "DE_Variant": "Größe: M, Farbe: Rot",
        "EN_Variant": "Size: M, Color: Red",
        "Price": "11.9",
        "Price_Old": "12.9",
        "Tax": "0.0700",
        "Stock_Track": "Y",
        "Stock_Disable_Sold_Out": "Y",
        "Stock_Level": "7",
        "Article_Code": "0010",
        "EAN": "4006381333931",
        "Weight": "250",
        "Data_01": "extra",
        "DE_Category_1": "Küche",
        "DE_Category_2": "Becher",
        "DE_Category_3": "Rot",
        "EN_Category_1": "Kitchen",
        "EN_Meta_Title": "A mug",
        "DE_Google_Category": "649",
        "Images": f"http://x.example/a.jpg?v=1,!ID:{number}",
        "Tags": "neu,rot",
    }
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(row)
    assert upload(client, "products", out.getvalue()) == "created: 1\nupdated: 0"
    (told,) = download(client, "products")
    expected = row | {"Images": f"http://x.example/a.jpg?v=1,{client.url}/files/1001/muster.png"}
    assert {name: told[name] for name in row} == expected
    assert told["Weight_value"] == "0.250"
    (variant,) = client.call("GET", "variants.json")["variants"]
    assert (variant["stockTracking"], variant["priceExcl"]) == ("enabled", 11.1215)
    (category,) = [each for each in client.call("GET", "categories.json")["categories"] if each["depth"] == 3]
    assert category["url"] == "kueche/becher/rot"


def test_rows_with_the_same_unknown_id_are_variants_of_one_new_product(client: Client) -> None:
    """So a file can be made without asking the shop for ids (3.1)."""
    text = "Internal_ID;DE_Title_Short;DE_Variant;Article_Code\r\n7;Becher;Rot;1\r\n8;Kanne;;3\r\n7;Becher;Blau;2\r\n"
    assert upload(client, "products", text) == "created: 2\nupdated: 1"
    codes = [(row["DE_Title_Short"], row["DE_Variant"], row["Article_Code"]) for row in download(client, "products")]
    assert codes == [("Becher", "Rot", "1"), ("Becher", "Blau", "2"), ("Kanne", "Default", "3")]


def test_missing_columns_change_nothing(client: Client) -> None:
    """Only the stock comes, by article code, with commas and in cp1252."""
    client.product("Größe", articleCode="1", priceIncl=5, stockLevel=1)
    assert upload(client, "products", "Article_Code,Stock_Level,Brand\r\n1,8,Töpferei\r\n".encode("cp1252")) == (
        "created: 0\nupdated: 1"
    )
    (row,) = download(client, "products")
    assert (row["Stock_Level"], row["Price"], row["DE_Title_Short"], row["Brand"]) == ("8", "5", "Größe", "Töpferei")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Kanne;2;abc;;", "line 3: Invalid Price"),
        ("Kanne;2;1;0.5;", "line 3: Tax 0.5 does not exist"),
        ("Kanne;2;1;;X", "line 3: Visible X is not one of Y, N, S"),
        (";2;1;;", "line 3: Invalid product title"),
        ("Kanne;2;1;;;;;", "line 3: more cells than columns"),
    ],
)
def test_one_wrong_row_and_nothing_of_the_file_is_taken(client: Client, line: str, told: str) -> None:
    text = f"DE_Title_Short;Article_Code;Price;Tax;Visible\r\nBecher;1;1;;Y\r\n{line}\r\n"
    assert upload(client, "products", text, 422) == told
    assert client.call("GET", "products/count.json") == {"count": 0}


def test_customers_come_and_go_by_file(client: Client) -> None:
    """Company or private, confirmed or not, groups; an unknown number is passed over."""
    header = "Internal ID;Firstname;Lastname;E-Mail;Customer type;Company;Zipcode;Country;Groups;Gender;Confirmed"
    rows = (
        "9001;Anna;Becker;a@b.example;;Café GmbH;01099;DE;Händler;female;Y\r\n;Jan;Klein;j@k.example;private;;;;;;\r\n"
    )
    assert upload(client, "customers", f"{header}\r\n{rows}") == "created: 2\nupdated: 0"
    first, second = download(client, "customers")
    names = ("Customer type", "Zipcode", "Country", "Groups", "Gender", "Confirmed")
    assert [first[name] for name in names] == ["company", "01099", "de", "Händler", "female", "Y"]
    assert second["Customer type"] == "private"
    assert upload(client, "customers", client.page("/backoffice/customers").data) == "created: 0\nupdated: 2"
    assert download(client, "customers") == [first, second]
    told = upload(client, "customers", f"{header}\r\n;A;B;c@d.example;;;;XX;;;\r\n", 422)
    assert told == "line 2: Invalid Country"


def test_the_page_takes_a_file(client: Client) -> None:
    """As a browser sends it."""
    page = html.fromstring(client.page("/backoffice").data)
    assert page.xpath("//form/@action") == ["/backoffice/products", "/backoffice/customers"]
    file = ("products.csv", b"DE_Title_Short\r\nBecher\r\n", "text/csv")
    told = client.http.request("POST", f"{client.url}/backoffice/products", fields={"file": file})
    assert told.data == b"created: 1\nupdated: 0"
