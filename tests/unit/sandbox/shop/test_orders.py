"""Checkouts, quotes, orders, and the webhooks that tell of them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client


def test_an_order_comes_about_only_through_a_checkout(client: Client) -> None:
    """With invoice and shipment at once, sums that add up, and less in stock."""
    _, variant = client.product(priceIncl=11.90, articleCode="10", stockTracking="enabled", stockLevel=5)
    client.call("POST", "orders.json", {"order": {}}, status=405)
    order = client.order(variant, 2)
    (line,) = order["products"]["resource"]["embedded"]
    assert (line["basePriceExcl"], line["priceExcl"], line["priceIncl"]) == (10, 20, 23.8)
    assert (order["number"], order["priceIncl"], order["priceExcl"]) == ("ORD00001", 29.7, 24.96)
    assert len(order["invoices"]["resource"]["embedded"]) == len(order["shipments"]["resource"]["embedded"]) == 1
    assert {event["type"] for event in order["events"]["resource"]["embedded"]} == {"order", "invoice", "shipment"}
    assert client.call("GET", f"variants/{variant}.json")["variant"]["stockLevel"] == 3
    assert order["addressBillingCountry"]["code"] == "de"


def test_a_checkout_tells_what_is_missing(client: Client) -> None:
    """And becomes no order before it is complete; an own price is taken."""
    _, variant = client.product(priceIncl=11.90)
    number = client.call("POST", "checkouts.json", {"mode": "guest"}, status=201)["id"]
    told = client.call("GET", f"checkouts/{number}/validate.json")
    assert not told["validated"]
    assert "customer.email.required" in told["errors"]
    client.call("POST", f"checkouts/{number}/order.json", {}, status=422)
    assert client.call("GET", f"checkouts/{number}/payment_methods.json") == []
    order = client.order(variant, 1, special_price_excl=5)
    assert order["products"]["resource"]["embedded"][0]["priceExcl"] == 5


def test_a_quote_becomes_the_order_of_its_customer(client: Client) -> None:
    """Once."""
    _, variant = client.product(priceIncl=11.90)
    person = {"email": "b@b.example", "firstname": "B", "lastname": "B", "addressShippingCity": "Bonn"}
    customer = client.call("POST", "customers.json", {"customer": person}, status=201)["customer"]["id"]
    quote = client.call("POST", "quotes.json", {"quote": {"customer": customer}}, status=201)["quote"]["id"]
    body = {"quoteProduct": {"variant": variant, "quantity": 3, "priceExcl": 8}}
    client.call("POST", f"quotes/{quote}/products.json", body, status=201)
    placed = client.call("POST", f"quotes/{quote}/convert.json", {"order": {"memo": "VVA 2026-1"}}, status=201)["order"]
    order = client.call("GET", f"orders/{placed['id']}.json")["order"]
    assert order["customer"]["resource"]["id"] == customer
    assert (order["priceExcl"], order["memo"], order["addressShippingCity"]) == (24, "VVA 2026-1", "Bonn")
    client.call("POST", f"quotes/{quote}/convert.json", {"order": {}}, status=422)


def test_of_an_order_only_its_state_can_be_changed(client: Client) -> None:
    """What is read only is ignored, as the real shop does."""
    _, variant = client.product(priceIncl=10)
    order = client.order(variant)
    client.call("PUT", f"orders/{order['id']}.json", {"order": {"status": "completed", "email": "x@x.example"}})
    changed = client.call("GET", f"orders/{order['id']}.json")["order"]
    assert (changed["status"], changed["email"]) == ("completed", "erika@muster.example")


def test_a_credit_note_refers_to_the_invoice(client: Client) -> None:
    """And counts what was given back."""
    _, variant = client.product(priceIncl=11.90)
    order = client.order(variant, 2)
    (line,) = order["products"]["resource"]["embedded"]
    body = {"credit": {"orderProducts": [{"id": line["id"], "quantity": 1}]}}
    note = client.call("POST", f"orders/{order['id']}/credit.json", body, status=201)["invoice"]["id"]
    made = client.call("GET", f"invoices/{note}.json")["invoice"]
    assert (made["isCreditNote"], made["priceIncl"]) == (True, 11.9)
    assert made["invoice"]["resource"]["id"] == order["invoices"]["resource"]["embedded"][0]["id"]


def test_webhooks_come_twice(client: Client) -> None:
    """With the enveloped order and its headers."""
    told: list[tuple[str, Any]] = []
    complete = threading.Event()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append((self.headers["X-Event"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            if len(told) == 2:
                complete.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = {"isActive": True, "itemGroup": "orders", "itemAction": "created", "format": "json", "language": "de"}
    address = f"http://127.0.0.1:{server.server_port}/"
    client.call("POST", "webhooks.json", {"webhook": hook | {"address": address}}, status=201)
    client.control("settings", webhook_delay_seconds=0.05, webhook_times=2)
    _, variant = client.product(priceIncl=10)
    client.order(variant)
    assert complete.wait(30)
    server.shutdown()
    server.server_close()
    assert [event for event, _ in told] == ["orders/created", "orders/created"]
    assert b'"order"' in told[0][1]
