"""The stand-in shop against what is known of the real one (`lightspeed-ecom.md`)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import Shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.sandbox.shop.conftest import Client


def test_a_new_product_brings_its_default_variant(client: Client) -> None:
    """Which is to be used, not doubled; the last variant cannot be deleted."""
    product, variant = client.product()
    (default,) = client.call("GET", f"variants.json?product={product}")["variants"]
    assert (default["title"], default["isDefault"], default["tax"]) == ("Default", True, False)
    client.call("DELETE", f"variants/{variant}.json", status=422)


def test_links_are_objects_and_nothing_is_false(client: Client) -> None:
    """A relation is written as a number and read as a link; an unset one is false."""
    brand = client.call("POST", "brands.json", {"brand": {"title": "Musterwerk"}}, status=201)["brand"]["id"]
    made = client.call("POST", "products.json", {"product": {"title": "Becher", "brand": brand}}, status=201)["product"]
    assert made["brand"] == {
        "resource": {"id": brand, "url": f"brands/{brand}", "link": f"{client.url}/de/brands/{brand}.json"}
    }
    assert made["supplier"] is False
    assert made["variants"]["resource"]["id"] is False
    client.call("POST", "products.json", {"product": {"title": "Becher", "brand": 4711}}, status=422)


def test_texts_stand_per_language(client: Client) -> None:
    """A PUT in another language changes only that one; an inactive language is not found."""
    product, _ = client.product("Becher")
    client.call("PUT", f"products/{product}.json", {"product": {"title": "Mug"}}, language="en")
    titles = {
        code: client.call("GET", f"products/{product}.json", language=code)["product"]["title"]
        for code in ("de", "en", "nl")
    }
    assert titles == {"de": "Becher", "en": "Mug", "nl": "Becher"}
    told = client.call("GET", f"products/{product}.json", language="fr", status=404)
    assert told["error"]["message"] == "Unknown or inactive language."


def test_the_other_side_of_a_price_is_computed_with_four_places(client: Client) -> None:
    """3.49 with 19 % is 2.9328 without."""
    _, variant = client.product(priceIncl=3.49)
    assert client.call("GET", f"variants/{variant}.json")["variant"]["priceExcl"] == 2.9328
    client.call("PUT", f"variants/{variant}.json", {"variant": {"title": ""}}, status=422)


def test_lists_are_paged_and_filtered(client: Client) -> None:
    """At most 250 a page, since_id walks on, count counts, fields choose."""
    client.shop.windows.limits = (10_000, 10_000, 10_000)
    numbers = [client.product(f"P{index}")[0] for index in range(60)]
    assert len(client.call("GET", "products.json")["products"]) == 50
    assert [row["id"] for row in client.call("GET", "products.json?page=2&fields=id")["products"]] == numbers[50:]
    assert len(client.call("GET", "products.json?limit=1000")["products"]) == 60
    assert [row["id"] for row in client.call("GET", f"products.json?since_id={numbers[-2]}")["products"]] == numbers[
        -1:
    ]
    assert client.call("GET", "products/count.json") == {"count": 60}
    assert client.call("GET", "products.json?updated_at_min=2199-01-01 00:00:00")["products"] == []


def test_irregular_envelopes_are_kept(client: Client) -> None:
    """The wire's own spellings (1.2)."""
    product, _ = client.product()
    assert client.call("GET", f"products/{product}/filtervalues.json") == {"productFiltervalue": []}
    assert client.call("GET", "orders/events.json") == {"ordersEvents": []}
    assert client.call("GET", "variants/movements.json") == {"variantsMovements": []}
    one = client.call("POST", "types.json", {"type": {"title": "T"}}, status=201)["type"]["id"]
    two = client.call("POST", "attributes.json", {"attribute": {"title": "A"}}, status=201)["attribute"]["id"]
    made = client.call("POST", "types/attributes.json", {"typesAttribute": {"type": one, "attribute": two}}, status=201)
    assert list(made) == ["typesAttributes"]
    assert list(client.call("GET", "catalog.json")) == ["products"]
    assert client.call("GET", "checkouts.json") == []
    client.call("POST", f"products/{product}/attributes.json", {"productAttribute": {"value": "x"}}, status=405)


def test_bodies_may_come_as_form_and_multipart(client: Client) -> None:
    """Bracket keys; and files without envelope."""
    product, variant = client.product()
    headers = {"Authorization": client.headers["Authorization"]}
    form = client.http.request_encode_body(
        "PUT", f"{client.url}/de/variants/{variant}.json", {"variant[stockLevel]": "5"}, headers, encode_multipart=False
    )
    assert json.loads(form.data)["variant"]["stockLevel"] == 5
    upload: dict[str, Any] = {"attachment": ("blau.jpg", b"picture"), "filename": "blau.jpg"}
    made = client.http.request(
        "POST", f"{client.url}/de/products/{product}/images.json", fields=upload, headers=headers
    )
    image = json.loads(made.data)["productImage"]
    assert (image["title"], image["extension"], image["size"]) == ("blau", "jpg", 7)
    assert client.http.request("GET", image["src"]).data == b"picture"


def test_the_first_image_is_the_main_one(client: Client) -> None:
    """By sort order, whichever came first; gone with the image."""
    product, _ = client.product()
    path = f"products/{product}/images.json"
    for order, name in ((2, "b.png"), (1, "a.png")):
        body = {"attachment": base64.b64encode(b"x").decode(), "filename": name, "sortOrder": order}
        client.call("POST", path, {"productImage": body}, status=201)
    assert client.call("GET", f"products/{product}.json")["product"]["image"]["title"] == "a"
    first = next(row for row in client.call("GET", path)["productImages"] if row["title"] == "a")
    client.call("DELETE", f"products/{product}/images/{first['id']}.json", status=204)
    assert client.call("GET", f"products/{product}.json")["product"]["image"]["title"] == "b"


def test_the_plan_limits_what_there_may_be(client: Client) -> None:
    """Relations of a product: the limit is told, and the next one refused."""
    product, _ = client.product()
    others = [client.product(f"P{index}")[0] for index in range(6)]
    limit = client.call("GET", "shop/limits.json")["shopLimits"]["maxProductsRelations"]
    for index, other in enumerate(others):
        body = {"productRelation": {"relatedProduct": other}}
        client.call("POST", f"products/{product}/relations.json", body, status=201 if index < limit else 422)


def test_the_key_is_asked_for(client: Client) -> None:
    """Without it, or with a wrong one, nothing is told."""
    client.headers["Authorization"] = "Basic " + base64.b64encode(b"a:b").decode()
    assert client.call("GET", "products.json", status=401)["error"]["message"] == "Access denied."


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    """On SQLite, with the counters."""
    with Shop(tmp_path / "shop.db", key="k", secret="s").serve() as running:
        from tests.unit.sandbox.shop.conftest import Client as Made  # noqa: PLC0415

        first, _ = Made(running).product("Becher")
    with Shop(tmp_path / "shop.db", key="k", secret="s").serve() as running:
        client = Made(running)
        assert client.call("GET", f"products/{first}.json")["product"]["title"] == "Becher"
        assert client.product("Kanne")[0] == first + 1
