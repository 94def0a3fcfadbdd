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


def test_pages_lead_through_the_categories(client: Client) -> None:
    """The tree in the visitor's language, products of lower categories too, what is hidden is not there."""
    client.control("limits", limits=[9_000, 9_000, 9_000])
    top = client.call("POST", "categories.json", {"category": {"title": "Küche"}}, status=201)["category"]["id"]
    below = {"category": {"title": "Becher", "parent": top}}
    low = client.call("POST", "categories.json", below, status=201)["category"]["id"]
    client.call("PUT", f"categories/{low}.json", {"category": {"title": "Mugs"}}, language="en")
    product, _ = client.product("Blau", articleCode="1")
    pair = {"categoriesProduct": {"category": low, "product": product}}
    client.call("POST", "categories/products.json", pair, status=201)
    page = html.fromstring(client.page("/en/c/kueche/").data)
    assert page.xpath("//aside//li/@data-category") == [str(top), str(low)]
    assert page.xpath("//aside//a/text()") == ["Küche", "Mugs"]
    assert page.xpath("//main//@data-product") == ["1"]
    shown = html.fromstring(client.page("/de/p/blau.html").data)
    assert shown.xpath("//nav[@id='path']/a/text()") == ["Startseite", "Küche", "Becher"]
    assert shown.xpath("//nav[@class='languages']/a/@href")[1] == "/en/p/blau.html"
    client.call("PUT", f"categories/{low}.json", {"category": {"isVisible": False}})
    assert client.page("/de/c/kueche/becher/").status == 404
    assert client.page("/xx/").status == 404
    assert client.http.request("GET", client.url, redirect=False).headers["Location"] == "/de/"


def test_long_lists_have_pages(client: Client) -> None:
    client.control("limits", limits=[9_000, 9_000, 9_000])
    for number in range(50):
        client.product(f"P{number}")
    first = html.fromstring(client.page("/de/").data)
    assert len(first.xpath("//a[@class='card']")) == 48
    assert first.xpath("//nav[@id='pages']/a/text()") == ["1", "2"]
    assert len(html.fromstring(client.page("/de/?page=2").data).xpath("//a[@class='card']")) == 2


def test_promotions_hold_from_their_first_day_to_their_last(client: Client) -> None:
    """By the shop's clock; a percentage is taken off the price."""
    product, _ = client.product("Becher", priceIncl=10)
    row = {"product": product, "quantity": 1, "isPercentage": True, "percentage": 25}
    dates = {"startDate": "2026-12-01T00:00:00+01:00", "endDate": "2026-12-25T00:00:00+01:00"}
    client.call("POST", "quantity_discounts.json", {"quantityDiscount": row | dates}, status=201)
    seen = {}
    for day in ("2026-11-30T23:59:00+01:00", "2026-12-01T00:01:00+01:00", "2026-12-25T00:01:00+01:00"):
        client.control("clock", now=day)
        seen[day[:10]] = html.fromstring(client.page("/de/p/becher.html").data).xpath("//@data-tier-price")
    assert list(seen.values()) == [[], ["7.50"], []]


def test_a_customers_own_price_goes_before_all_others(client: Client) -> None:
    """Out of the metafield that the exchange writes; nobody else sees it."""
    client.product("Becher", priceIncl=10, articleCode="A|1")
    cookie, customer = entered(client)
    steps = [{"quantity": 1, "priceIncl": "7.77"}, {"quantity": 5, "percentage": "50"}]
    body = {"customerMetafield": {"key": "price|A%7C1|0", "value": json.dumps(steps)}}
    client.call("POST", f"customers/{customer}/metafields.json", body, status=201)
    inside = html.fromstring(client.http.request("GET", f"{client.url}/de/p/becher.html", headers=cookie).data)
    assert inside.xpath("//@data-tier-price") == ["7.77", "5.00"]
    assert html.fromstring(client.page("/de/p/becher.html").data).xpath("//@data-tier-price") == []


def test_the_account_shows_what_the_customer_bought(client: Client) -> None:
    """Orders, invoices, shipments with their tracking link, documents out of metafields; only after login."""
    assert client.http.request("GET", f"{client.url}/de/account/", redirect=False).status == 302
    cookie, customer = entered(client)
    _, variant = client.product("Becher", priceIncl=10, articleCode="1")
    order = client.order(variant, 2)
    (shipment,) = order["shipments"]["resource"]["embedded"]
    track = {"shipment": {"status": "shipped", "trackingCode": "https://track.example/42"}}
    client.call("PUT", f"shipments/{shipment['id']}.json", track)
    document = [{"number": "RE1", "title": "Rechnung RE1", "date": "23.11.2026", "total": "20,00", "link": "/x.pdf"}]
    body = {"customerMetafield": {"key": "documents", "value": json.dumps(document)}}
    client.call("POST", f"customers/{customer}/metafields.json", body, status=201)
    page = html.fromstring(client.http.request("GET", f"{client.url}/de/account/", headers=cookie).data)
    assert page.xpath("//@data-order") == [order["number"]]
    assert page.xpath("//@data-line") == ["1"]
    assert page.xpath("//@data-invoice") == ["INV00001"]
    assert page.xpath("//section[@id='shipments']//a/@href") == ["https://track.example/42"]
    assert page.xpath("//section[@id='documents']//a/@href") == ["/x.pdf"]
    out = client.http.request("POST", f"{client.url}/de/account/logout", headers=cookie, redirect=False)
    assert "session=;" in out.headers["Set-Cookie"]


def test_a_wrong_password_opens_nothing(client: Client) -> None:
    entered(client)
    fields = {"email": PERSON["email"], "password": "falsch"}
    answer = client.http.request("POST", f"{client.url}/de/account/login", fields=fields, redirect=False)
    assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


def entered(client: Client) -> tuple[dict[str, str], int]:
    """A customer who has logged in: the cookie, and the id."""
    body = {"customer": {**PERSON, "password": "geheim"}}
    customer = client.call("POST", "customers.json", body, status=201)["customer"]["id"]
    fields = {"email": PERSON["email"], "password": "geheim"}
    answer = client.http.request("POST", f"{client.url}/de/account/login", fields=fields, redirect=False)
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}, customer
