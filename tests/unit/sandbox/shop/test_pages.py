"""What a customer sees, and what the back office takes and gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lxml import html

from tests.unit.sandbox.shop.conftest import PERSON

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client

HEADER = "Visible;Brand;DE_Title_Short;EN_Title_Short;DE_Variant;Price;Tax;Stock_Track;Stock_Level;Article_Code"
CSV = f"""{HEADER};DE_Category_1;DE_Category_2;DE_Meta_Title\r
Y;Muster;Schürze;Apron;Größe: S;29.90;0.1900;Y;6;32010-1;Textil;Küche;Schürzen\r
Y;Muster;Schürze;Apron;Größe: M;31.90;0.1900;Y;14;32010-2;Textil;Küche;\r
"""


def test_a_product_page_shows_texts_price_and_stock(client: Client) -> None:
    """In the language of its address; a hidden product has no page."""
    product, _ = client.product("Becher blau", priceIncl=8.95, oldPriceIncl=9.95, stockTracking="enabled", stockLevel=3)
    client.call("PUT", f"products/{product}.json", {"product": {"title": "Blue mug"}}, language="en")
    page = html.fromstring(client.page("/en/p/becher-blau.html").data)
    assert page.findtext(".//h1") == "Blue mug"
    assert page.xpath("//@data-price") == ["8.95"]
    assert page.xpath("//@data-old-price") == ["9.95"]
    assert page.xpath("//@data-stock") == ["3"]
    client.call("PUT", f"products/{product}.json", {"product": {"visibility": "hidden"}})
    assert client.page("/de/p/becher-blau.html").status == 404


def test_tiers_and_group_prices_are_seen_by_those_they_are_for(client: Client) -> None:
    """Everybody sees the first; the group's price only its members, after login."""
    product, _ = client.product("Becher", priceIncl=10)
    customer = client.call("POST", "customers.json", {"customer": {**PERSON, "password": "geheim"}}, status=201)[
        "customer"
    ]["id"]
    group = client.call("POST", "groups.json", {"group": {"title": "Händler"}}, status=201)["group"]["id"]
    client.call("POST", "groups/customers.json", {"groupsCustomer": {"group": group, "customer": customer}}, status=201)
    for quantity, price, whose in ((6, 9, 0), (1, 8, group)):
        row = {"product": product, "quantity": quantity, "price": price, "customerGroup": whose}
        client.call("POST", "quantity_discounts.json", {"quantityDiscount": row}, status=201)
    seen = html.fromstring(client.page("/de/p/becher.html").data)
    assert seen.xpath("//@data-tier") == ["6"]
    entered = client.http.request(
        "POST",
        f"{client.url}/de/account/login",
        fields={"email": PERSON["email"], "password": "geheim"},
        redirect=False,
    )
    cookie = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    inside = html.fromstring(client.http.request("GET", f"{client.url}/de/p/becher.html", headers=cookie).data)
    assert inside.xpath("//@data-tier") == ["1", "6"]
    assert inside.xpath("//@data-tier-price")[0] == "8"


def test_metafields_of_the_exchange_are_shown(client: Client) -> None:
    """Accessories, bundle parts and documents, as a theme would."""
    product, _ = client.product("Mühle", articleCode="30010")
    client.product("Bürste", articleCode="33020")
    parts = [{"level": 1, "article": "33020", "variant": 0, "quantity": "2", "unit": "Stk", "title": "Bürste"}]
    files = [{"title": "Datenblatt", "language": "de", "src": "http://x.example/a.pdf"}]
    for key, value in (("accessories", ["33020"]), ("bundle", parts), ("attachments", files)):
        body = {"productMetafield": {"key": key, "value": json.dumps(value)}}
        client.call("POST", f"products/{product}/metafields.json", body, status=201)
    page = html.fromstring(client.page("/de/p/muehle.html").data)
    assert page.xpath("//section[@id='accessories']//@data-product") == ["33020"]
    assert page.xpath("//@data-part") == ["33020"]
    assert page.xpath("//@data-attachment") == ["Datenblatt"]
    assert html.fromstring(client.page("/en/p/muehle.html").data).xpath("//@data-attachment") == []


def test_a_token_opens_the_account_once(client: Client) -> None:
    """The single sign-on of the API."""
    customer = client.call("POST", "customers.json", {"customer": PERSON}, status=201)["customer"]["id"]
    body = {"customerToken": {"returnUrl": "", "expiresIn": 60}}
    url = client.call("POST", f"customers/{customer}/tokens.json", body, status=201)["customerToken"]["redirectUrl"]
    assert client.http.request("GET", url, redirect=False).status == 302
    assert client.http.request("GET", url, redirect=False).status == 403


def test_the_back_office_takes_products_with_their_variants(client: Client) -> None:
    """One row per variant; the default variant becomes the first; the export gives the same again."""
    told = client.http.request("POST", f"{client.url}/backoffice/products", body=CSV.encode())
    assert told.data == b"created: 1\nupdated: 1"
    page = html.fromstring(client.page("/en/p/schuerze.html").data)
    assert page.xpath("//@data-variant") == ["32010-1", "32010-2"]
    assert page.xpath("//@data-price") == ["29.9", "31.9"]
    assert html.fromstring(client.page("/de/c/textil/kueche/").data).xpath("//main//@data-product") == ["32010-1"]
    exported = client.page("/backoffice/products").data
    assert (
        client.http.request("POST", f"{client.url}/backoffice/products", body=exported).data
        == b"created: 0\nupdated: 2"
    )
    assert client.page("/backoffice/products").data == exported


def test_the_back_office_takes_customers_without_passwords(client: Client) -> None:
    """With their groups; an e-mail that is known is that customer."""
    header = "Firstname;Lastname;E-Mail;Company;Country;Shipping City;Groups\r\n"
    row = "Erika;Muster;erika@muster.example;Muster GmbH;DE;Bonn;Händler,VIP\r\n"
    for expected in (b"created: 1\nupdated: 0", b"created: 0\nupdated: 1"):
        told = client.http.request("POST", f"{client.url}/backoffice/customers", body=(header + row).encode("cp1252"))
        assert told.data == expected
    (customer,) = client.call("GET", "customers.json")["customers"]
    assert (customer["isCompany"], customer["addressBillingCountry"]["code"]) == (True, "de")
    assert len(client.call("GET", f"groups/customers.json?customer={customer['id']}")["groupsCustomers"]) == 2
    exported = client.page("/backoffice/customers").data.decode()
    assert "Händler,VIP" in exported
    refused = client.http.request("POST", f"{client.url}/backoffice/customers", body=b"Firstname;Lastname\r\nA;B\r\n")
    assert refused.status == 422
