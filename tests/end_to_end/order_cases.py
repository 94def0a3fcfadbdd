"""A shop that sells two articles of the sandbox Sage, its buyers, and installations that reach it by the API."""

from __future__ import annotations

import json
import urllib.request
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exchange.app import App
from exchange.sandbox.shop import Shop
from exchange.settings import load
from tests.end_to_end.conftest import Installation, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running

#: Articles of the sandbox Sage.
ARTICLES = ("00200050", "10010")


@contextmanager
def selling(folder: Path) -> Iterator[Running]:
    """A shop that sells the two, each for 10 with tax."""
    with Shop(folder / "shop.sqlite").serve() as running:
        for number in ARTICLES:
            made = call(
                running, "POST", "products", {"product": {"title": f"Artikel {number}", "visibility": "visible"}}
            )
            product = made["product"]["id"]
            (variant,) = call(running, "GET", f"variants.json?product={product}")["variants"]
            values = {"articleCode": number, "priceIncl": 10, "title": "Default", "stockTracking": "disabled"}
            call(running, "PUT", f"variants/{variant['id']}", {"variant": values})
        yield running


def call(shop: Running, method: str, path: str, body: Any = None) -> Any:
    """A call of the API, as the shop's own pages would make it."""
    address = path if ".json" in path else f"{path}.json"
    data = None if body is None else json.dumps(body).encode()
    credentials = b64encode(f"{shop.key}:{shop.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{shop.url}/de/{address}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def buy(
    shop: Running, email: str, name: str, *articles: str, country: str = "de", payment: str = "invoice", **more: Any
) -> dict[str, Any]:
    """Somebody orders; the order as the API gives it."""
    first, _, last = name.partition(" ")
    place = {
        "name": name,
        "address1": "Ringstraße",
        "number": "7",
        "zipcode": "04109",
        "city": "Leipzig",
        "country": country,
    }
    customer = {"email": email, "firstname": first, "lastname": last, **more}
    given = {"mode": "guest", "customer": customer, "billing_address": place, "shipping_address": place}
    checkout = call(shop, "POST", "checkouts", given)["id"]
    variants = {row["articleCode"]: row["id"] for row in call(shop, "GET", "variants")["variants"]}
    for article in articles:
        call(shop, "POST", f"checkouts/{checkout}/products", {"variant_id": variants[article], "quantity": 2})
    (method, *_) = call(shop, "GET", f"checkouts/{checkout}/shipment_methods")
    call(shop, "PUT", f"checkouts/{checkout}", {"shipment_method": {"id": method["id"]}})
    call(shop, "PUT", f"checkouts/{checkout}", {"payment_method": {"id": payment}, "terms": 1})
    order = call(shop, "POST", f"checkouts/{checkout}/order")["order_id"]
    made: dict[str, Any] = call(shop, "GET", f"orders/{order}")["order"]
    return made


def connected(folder: Path, shop: Running, **given: Any) -> Installation:
    """An installation that reaches the shop by its API."""
    folder.mkdir(exist_ok=True)
    reach = {"shop.way": "api", "shop.url": shop.url, "shop.key": shop.key, "shop.secret": shop.secret}
    return install(folder, **reach, **{"shop.doubt_seconds": 0, "modules.order_import.since": "2020-01-01", **given})


@contextmanager
def opened(installation: Installation) -> Iterator[App]:
    with App(load(installation.folder / "exchange.toml")) as app:
        yield app
