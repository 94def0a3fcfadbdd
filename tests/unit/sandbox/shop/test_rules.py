"""What the stand-in shop refuses, and what it does by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client


def test_a_refused_request_leaves_nothing_behind(client: Client) -> None:
    """The second row of a bulk is wrong: the first is as it was; nor is a number lost."""
    _, variant = client.product(stockLevel=5)
    rows = [{"id": variant, "stockLevel": 9}, {"id": 4711, "stockLevel": 9}]
    client.call("PUT", "variants/bulk.json", {"variant": rows}, status=422)
    assert client.call("GET", f"variants/{variant}.json")["variant"]["stockLevel"] == 5
    client.call("PUT", "variants/bulk.json", {"variant": rows[:1]})
    assert client.call("GET", f"variants/{variant}.json")["variant"]["stockLevel"] == 9
    assert len(client.call("GET", f"variants/movements.json?variant={variant}")["variantsMovements"]) == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "products.json", {}, 405),
        ("HEAD", "products.json", None, 405),
        ("DELETE", "products.json", None, 405),
        ("DELETE", "orders/1.json", None, 405),
        ("PUT", "categories/products/1.json", {}, 405),
        ("DELETE", "variants/bulk.json", None, 405),
        ("GET", "nothing.json", None, 404),
        ("GET", "products/4711.json", None, 404),
        ("GET", "products/images.json", None, 404),
        ("GET", "products/1/2/3.json", None, 404),
        ("GET", "products/4711/images.json", None, 404),
        ("GET", "checkouts/4711.json", None, 404),
        ("GET", "products.json?since_id=x", None, 400),
        ("GET", "products.json?updated_at_min=yesterday", None, 400),
        ("POST", "products.json", {"title": "Becher"}, 400),
        ("POST", "products.json", ["product"], 400),
        ("POST", "products.json", {"product": {}}, 422),
        ("POST", "products.json", {"product": {"title": "B", "visibility": "maybe"}}, 422),
        ("POST", "products.json", {"product": {"title": "B", "brand": {"id": 1}}}, 422),
        ("POST", "customers.json", {"customer": {"email": "a@b.example"}}, 422),
        ("POST", "suppliers.json", {"supplier": {"title": "S", "country_id": "xx"}}, 422),
        ("POST", "webhooks.json", {"webhook": {"itemGroup": "weather", "itemAction": "*", "address": "x"}}, 422),
        ("POST", "files.json", {"file": {"attachment": "no base64!", "filename": "a.pdf"}}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(client: Client, method: str, path: str, body: Any, status: int) -> None:
    """With the status and the error body of the API, never with a 500."""
    answer = client.raw(method, path, body)
    assert answer.status == status, answer.data
    if method != "HEAD":
        assert json.loads(answer.data)["error"]["code"] == status


def test_german_texts_changed_later_leave_the_other_languages_alone(client: Client) -> None:
    """What was never said in English stays what it was when the product came (1.7)."""
    product, _ = client.product("Becher")
    client.call("PUT", f"products/{product}.json", {"product": {"title": "Tasse"}})
    titles = {
        code: client.call("GET", f"products/{product}.json", language=code)["product"]["title"] for code in ("de", "en")
    }
    assert titles == {"de": "Tasse", "en": "Becher"}


def test_visible_as_long_as_there_is_stock(client: Client) -> None:
    """Visibility `auto` (2.1)."""
    product, variant = client.product(stockTracking="enabled", stockLevel=1)
    client.call("PUT", f"products/{product}.json", {"product": {"visibility": "auto"}})
    for stock, visible in ((0, False), (2, True)):
        client.call("PUT", f"variants/{variant}.json", {"variant": {"stockLevel": stock}})
        assert client.call("GET", f"products/{product}.json")["product"]["isVisible"] is visible


def test_a_product_goes_with_all_that_is_below_it(client: Client) -> None:
    """What only names it loses the link; orphans stay where the settings say so (4.7)."""
    brand = client.call("POST", "brands.json", {"brand": {"title": "Muster"}}, status=201)["brand"]["id"]
    product, _ = client.product("Becher")
    other, _ = client.product("Kanne")
    client.call("PUT", f"products/{other}.json", {"product": {"brand": brand}})
    relation = {"productRelation": {"relatedProduct": product}}
    client.call("POST", f"products/{other}/relations.json", relation, status=201)
    client.call("DELETE", f"brands/{brand}.json", status=204)
    assert client.call("GET", f"products/{other}.json")["product"]["brand"] is False
    client.call("DELETE", f"products/{product}.json", status=204)
    assert client.call("GET", f"products/{other}/relations.json") == {"productRelations": []}
    assert client.call("GET", "variants/count.json") == {"count": 1}
    client.control("settings", orphan_variants=True)
    client.call("DELETE", f"products/{other}.json", status=204)
    assert client.call("GET", "variants/count.json") == {"count": 1}


def test_another_default_variant_takes_the_place_of_the_first(client: Client) -> None:
    product, first = client.product()
    body = {"variant": {"product": product, "title": "Rot", "isDefault": True, "weight": 1500}}
    second = client.call("POST", "variants.json", body, status=201)["variant"]
    assert (second["weightValue"], second["weightUnit"]) == ("1.500", "kg")
    assert client.call("GET", f"variants/{first}.json")["variant"]["isDefault"] is False
    client.call("DELETE", f"variants/{second['id']}.json", status=204)
    assert client.call("GET", f"variants/{first}.json")["variant"]["isDefault"] is True


def test_specifications_come_with_the_type_of_a_product(client: Client) -> None:
    """attribute → type → types/attributes → product.type → values (2.4)."""
    title = {"attribute": {"title": "Material", "defaultValue": "?"}}
    attribute = client.call("POST", "attributes.json", title, status=201)["attribute"]["id"]
    kind = client.call("POST", "types.json", {"type": {"title": "Geschirr"}}, status=201)["type"]["id"]
    product, _ = client.product()
    client.call("PUT", f"products/{product}.json", {"product": {"type": kind}})
    path = f"products/{product}/attributes"
    assert client.call("GET", f"{path}.json") == {"productAttributes": []}
    pair = {"typesAttribute": {"type": kind, "attribute": attribute}}
    link = client.call("POST", "types/attributes.json", pair, status=201)["typesAttributes"]["id"]
    (row,) = client.call("GET", f"{path}.json")["productAttributes"]
    assert (row["id"], row["value"], row["attribute"]["title"]) == (attribute, "?", "Material")
    client.call("PUT", f"{path}/{attribute}.json", {"productAttribute": {"value": "Ton"}})
    client.call("PUT", f"{path}.json", {"productAttributes": [{"id": attribute, "value": "Porzellan"}]})
    (whole,) = client.call("GET", "catalog.json")["products"]
    assert whole["specifications"] == [{"id": attribute, "name": "Material", "value": "Porzellan"}]
    client.call("DELETE", f"types/attributes/{link}.json", status=204)
    assert client.call("GET", f"{path}.json") == {"productAttributes": []}


def test_categories_know_their_place(client: Client) -> None:
    """Path of ids as text, itself first; addresses with those above; no circles (2.8)."""

    def make(title: str, parent: int = 0) -> Any:
        body = {"category": {"title": title, "parent": parent} if parent else {"title": title}}
        return client.call("POST", "categories.json", body, status=201)["category"]

    top = make("Küche")
    below = make("Becher", top["id"])
    assert (below["depth"], below["path"], below["url"]) == (2, [str(below["id"]), str(top["id"])], "kueche/becher")
    client.call("PUT", f"categories/{top['id']}.json", {"category": {"parent": below["id"]}}, status=422)
    assert client.call("GET", f"categories/{top['id']}.json")["category"]["depth"] == 1
    client.call("DELETE", f"categories/{top['id']}.json", status=204)
    moved = client.call("GET", f"categories/{below['id']}.json")["category"]
    assert (moved["depth"], moved["parent"], moved["url"]) == (1, False, "becher")


def test_filters_that_only_one_client_claims_do_nothing_unless_they_are_switched_on(client: Client) -> None:
    """Whoever relies on them gets everything, as he might in the real shop (1.3)."""
    client.product("Becher")
    client.product("Kanne")
    assert client.call("GET", "products/count.json?title=Kanne") == {"count": 2}
    client.control("settings", doubtful_filters=True)
    assert client.call("GET", "products/count.json?title=Kanne") == {"count": 1}


def test_metafields_of_everything_are_those_of_their_owners(client: Client) -> None:
    """The generic path and those below the owners show the same rows (2.7)."""
    product, _ = client.product()
    row = {"ownerType": "product", "ownerId": product, "key": "upsell", "value": "[]"}
    made = client.call("POST", "metafields.json", {"metafield": row}, status=201)["metafield"]
    assert client.call("GET", f"products/{product}/metafields/{made['id']}.json")["productMetafield"]["value"] == "[]"
    client.call("PUT", f"metafields/{made['id']}.json", {"metafield": {"value": "[1]"}})
    assert client.call("GET", f"metafields.json?ownerType=product&ownerId={product}")["metafields"][0]["value"] == "[1]"
    client.call("POST", "shop/metafields.json", {"shopMetafield": {"key": "a", "value": "b"}}, status=201)
    assert client.call("GET", "metafields/count.json") == {"count": 2}
    client.call("POST", "metafields.json", {"metafield": row | {"ownerType": "moon"}}, status=422)
    client.call("DELETE", f"metafields/{made['id']}.json", status=204)
    assert client.call("GET", f"products/{product}/metafields.json") == {"productMetafields": []}


def test_the_picture_of_a_variant_is_also_among_those_of_the_product(client: Client) -> None:
    """And goes with it; one per category or brand (2.2, 2.8)."""
    product, variant = client.product()
    picture = {"attachment": "http://pictures.example/rot.jpg?x=1", "filename": "rot.jpg"}
    client.call("POST", f"variants/{variant}/image.json", {"variantImage": picture}, status=201)
    (image,) = client.call("GET", f"products/{product}/images.json")["productImages"]
    assert client.call("GET", f"variants/{variant}.json")["variant"]["image"]["src"] == picture["attachment"]
    client.call("DELETE", f"products/{product}/images/{image['id']}.json", status=204)
    assert client.call("GET", f"variants/{variant}.json")["variant"]["image"] is False
    category = client.call("POST", "categories.json", {"category": {"title": "Küche"}}, status=201)["category"]["id"]
    for name in ("a.png", "b.png"):
        body = {"categoryImage": {**picture, "filename": name}}
        client.call("POST", f"categories/{category}/image.json", body, status=201)
    assert client.call("GET", f"categories/{category}.json")["category"]["image"]["title"] == "b"
    client.call("DELETE", f"categories/{category}/image.json", status=204)
    client.call("GET", f"categories/{category}/image.json", status=404)


def test_categories_of_a_product_at_once(client: Client) -> None:
    """Adds; takes away too where the settings say so (2.9)."""
    product, _ = client.product()
    made = [
        client.call("POST", "categories.json", {"category": {"title": title}}, status=201)["category"]["id"]
        for title in "AB"
    ]

    def assign(*numbers: int) -> list[int]:
        body = {"categoriesProduct": {"product": product, "categories": numbers}}
        rows = client.call("POST", "categories/products/bulk.json", body, status=201)["categoriesProducts"]
        return [row["category"]["resource"]["id"] for row in rows]

    assert assign(made[0]) == [made[0]]
    assert assign(made[1]) == made
    client.control("settings", bulk_replaces=True)
    assert assign(made[1]) == [made[1]]


def test_one_tax_is_the_default_and_prices_follow_its_rate(client: Client) -> None:
    product, variant = client.product(priceIncl=11.90)
    (standard,) = [row for row in client.call("GET", "taxes.json")["taxes"] if row["isDefault"]]
    client.call("PUT", f"variants/{variant}.json", {"variant": {"tax": standard["id"]}})
    client.call("PUT", f"taxes/{standard['id']}.json", {"tax": {"rate": 0.21}})
    assert client.call("GET", f"variants/{variant}.json")["variant"]["priceExcl"] == 9.8347
    client.call("DELETE", f"taxes/{standard['id']}.json", status=422)
    client.call("POST", "taxes.json", {"tax": {"rate": 0.05, "title": "5 %", "isDefault": True}}, status=201)
    assert len([row for row in client.call("GET", "taxes.json")["taxes"] if row["isDefault"]]) == 1
    assert product


def test_limits_are_counted_per_owner(client: Client) -> None:
    """A product may have so many variants; a group so many customers; the plan can be changed."""
    client.control("plan", maxProductsVariants=2, maxGroupsCustomers=1)
    for title in ("Becher", "Kanne"):
        product, _ = client.product(title)
        body = {"variant": {"product": product, "title": "Rot"}}
        client.call("POST", "variants.json", body, status=201)
        told = client.call("POST", "variants.json", body, status=422)
        assert "maxProductsVariants" in told["error"]["message"]
    refused = client.http.request("POST", f"{client.url}/_sandbox/plan", json={"maxMoons": 1})
    assert refused.status == 400


def test_forms_may_be_nested(client: Client) -> None:
    """Also a checkout, which has no envelope (1.1)."""
    headers = {"Authorization": client.headers["Authorization"]}
    fields = {"mode": "guest", "customer[email]": "a@b.example", "billing_address[city]": "Bonn"}
    made = client.http.request_encode_body(
        "POST", f"{client.url}/de/checkouts.json", fields, headers, encode_multipart=False
    )
    shown = json.loads(made.data)
    assert (made.status, shown["customer"], shown["billing_address"]["city"]) == (201, {"email": "a@b.example"}, "Bonn")


def test_a_customer_may_be_a_woman_and_still_have_no_birthday(client: Client) -> None:
    """`false` is empty here, not a flag."""
    person = {"email": "a@b.example", "firstname": "A", "lastname": "B", "gender": "female", "birthDate": ""}
    made = client.call("POST", "customers.json", {"customer": person}, status=201)["customer"]
    assert (made["gender"], made["birthDate"], made["addressShippingCompany"]) == ("female", False, False)
    assert "password" not in made
    client.call("PUT", f"customers/{made['id']}.json", {"customer": {"password": "geheim"}})
    login = {"customerLogin": {"password": "geheim"}}
    assert client.call("POST", f"customers/{made['id']}/login.json", login) == {"customerLogin": {"loggedin": True}}


def test_shop_account_and_countries_can_be_read(client: Client) -> None:
    client.call("PUT", "shop.json", {"shop": {"phone": "+49 40 1", "isB2b": True}})
    shop = client.call("GET", "shop.json")["shop"]
    assert (shop["phone"], shop["isB2b"], shop["currency"]["shortcode"]) == ("+49 40 1", False, "eur")
    assert client.call("GET", "shop/company.json")["shopCompany"]["city"] == "Hamburg"
    rows = client.call("GET", "account/permissions.json")["accountPermissions"]
    assert {row["resource"] for row in rows} > {"products", "customers", "orders"}
    assert client.call("GET", "countries/1.json")["country"]["code"] == "de"
    client.call("GET", "account.json")


def test_filter_values_of_a_product(client: Client) -> None:
    """Both keys are the same word (1.2); the link leads below the filter; gone with the value."""
    product, _ = client.product()
    facet = client.call("POST", "filters.json", {"filter": {"title": "Farbe"}}, status=201)["filter"]["id"]
    path = f"filters/{facet}/values"
    value = client.call("POST", f"{path}.json", {"filterValue": {"title": "Rot"}}, status=201)["filterValue"]["id"]
    pair = {"productFiltervalue": {"filter": facet, "filtervalue": value}}
    client.call("POST", f"products/{product}/filtervalues.json", pair, status=201)
    (row,) = client.call("GET", f"products/{product}/filtervalues.json")["productFiltervalue"]
    assert row["filtervalue"]["resource"]["url"] == f"{path}/{value}"
    (whole,) = client.call("GET", "catalog.json")["products"]
    assert [each["values"][0]["title"] for each in whole["filters"]] == ["Rot"]
    client.call("DELETE", f"{path}/{value}.json", status=204)
    assert client.call("GET", f"products/{product}/filtervalues/count.json") == {"count": 0}
