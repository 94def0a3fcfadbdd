"""A stand-in shop that is being served, and a client of the plain API."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from exchange.sandbox.shop import Running, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS = {
    "name": "Erika Muster",
    "address1": "Weg",
    "number": "1",
    "zipcode": "01067",
    "city": "Dresden",
    "country": "de",
}
PERSON = {"email": "erika@muster.example", "firstname": "Erika", "lastname": "Muster"}


class Client:
    """Calls as any foreign client would make them."""

    def __init__(self, running: Running) -> None:
        self.shop = running.shop
        self.url = running.url
        self.http = urllib3.PoolManager(retries=False, timeout=5.0)
        pair = f"{running.key}:{running.secret}".encode()
        self.headers = {"Authorization": "Basic " + base64.b64encode(pair).decode(), "Content-Type": "application/json"}

    def raw(self, method: str, path: str, body: Any = None, language: str = "de") -> urllib3.BaseHTTPResponse:
        data = None if body is None else json.dumps(body)
        return self.http.request(method, f"{self.url}/{language}/{path}", body=data, headers=self.headers)

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, language: str = "de") -> Any:
        answer = self.raw(method, path, body, language)
        assert answer.status == status, answer.data
        return json.loads(answer.data) if answer.data else None

    def control(self, what: str, **values: Any) -> None:
        answer = self.http.request("POST", f"{self.url}/_sandbox/{what}", json=values)
        assert answer.status == 200, answer.data

    def page(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.http.request("GET", f"{self.url}{path}")

    def product(self, title: str = "Becher", **variant: Any) -> tuple[int, int]:
        """A product with its default variant; their ids."""
        product = self.call("POST", "products.json", {"product": {"title": title}}, status=201)["product"]["id"]
        (default,) = self.call("GET", f"variants.json?product={product}")["variants"]
        if variant:
            self.call("PUT", f"variants/{default['id']}.json", {"variant": variant})
        return product, default["id"]

    def order(self, variant: int, quantity: int = 1, **line: Any) -> Any:
        """An order through the checkout; as the API shows it."""
        begin = {"mode": "guest", "customer": PERSON, "billing_address": ADDRESS}
        number = self.call("POST", "checkouts.json", begin, status=201)["id"]
        bought = {"variant_id": variant, "quantity": quantity, **line}
        self.call("POST", f"checkouts/{number}/products.json", bought, status=201)
        method = self.call("GET", f"checkouts/{number}/shipment_methods.json")[0]
        self.call("PUT", f"checkouts/{number}.json", {"shipment_method": {"id": method["id"]}})
        self.call("PUT", f"checkouts/{number}.json", {"payment_method": {"id": "invoice"}, "terms": 1})
        placed = self.call("POST", f"checkouts/{number}/order.json", {})
        return self.call("GET", f"orders/{placed['order_id']}.json")["order"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Shop(tmp_path / "shop.db").serve() as running:
        yield Client(running)
