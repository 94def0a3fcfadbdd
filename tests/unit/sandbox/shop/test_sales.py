"""Carts and quotes on their way to an order, and what becomes of orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.unit.sandbox.shop.conftest import ADDRESS, PERSON

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client


def exact(value: Any) -> Decimal:
    return Decimal(str(value))


def sold(client: Client, order: int) -> Any:
    return client.call("GET", f"orders/{order}.json")["order"]


def test_the_sums_of_an_order_add_up(client: Client) -> None:
    """Lines, shipping and payment make the order; its invoice says the same, item by item (1.6)."""
    tax = next(row["id"] for row in client.call("GET", "taxes.json")["taxes"] if row["rate"] == 0.07)
    _, cup = client.product("Becher", priceIncl=3.49)
    _, bean = client.product("Bohnen", priceIncl=7.77, tax=tax)
    begin = {"mode": "guest", "customer": PERSON, "billing_address": ADDRESS, "terms": 1}
    number = client.call("POST", "checkouts.json", begin, status=201)["id"]
    for variant, quantity in ((cup, 3), (bean, 7)):
        line = {"variant_id": variant, "quantity": quantity}
        client.call("POST", f"checkouts/{number}/products.json", line, status=201)
    own = {"id": "external", "title": "Spedition", "price_incl": 11.9, "tax_rate": 0.19}
    fee = {"id": "external", "title": "Nachnahme", "price_incl": 2.38, "tax_rate": 0.19}
    client.call("PUT", f"checkouts/{number}.json", {"shipment_method": own, "payment_method": fee})
    assert client.call("GET", f"checkouts/{number}/validate.json") == {"validated": True, "errors": []}
    order = sold(client, client.call("POST", f"checkouts/{number}/order.json", {})["order_id"])
    assert (order["shipmentTitle"], order["paymentTitle"]) == ("Spedition", "Nachnahme")
    assert [row["rate"] for row in order["taxRates"]] == [0.19, 0.07]
    (invoice,) = order["invoices"]["resource"]["embedded"]
    items = client.call("GET", f"invoices/{invoice['id']}/items.json")["invoiceItems"]
    assert [item["type"] for item in items] == ["product", "product", "shipment", "payment"]
    for side in ("Excl", "Incl"):
        name = f"price{side}"
        lines = sum(exact(line[name]) for line in order["products"]["resource"]["embedded"])
        extra = exact(order[f"shipmentPrice{side}"]) + exact(order[f"paymentPrice{side}"])
        assert exact(order[name]) == lines + extra
        assert exact(invoice[name]) == exact(order[name]) == sum(exact(item[name]) for item in items)


def test_lines_of_a_checkout_can_be_changed_and_taken_out(client: Client) -> None:
    """Money is text when a line comes, and numbers later; what is not in stock is not sold (2.2, 2.23)."""
    _, variant = client.product(priceIncl=11.90, stockTracking="enabled", stockLevel=2)
    number = client.call("POST", "checkouts.json", {"mode": "guest"}, status=201)["id"]
    path = f"checkouts/{number}/products"
    line = client.call("POST", f"{path}.json", {"variant_id": variant, "quantity": 1}, status=201)
    assert line["price_incl"] == "11.9000"
    assert client.call("GET", f"{path}/{line['id']}.json")["price_incl"] == 11.9
    client.call("PUT", f"{path}/{line['id']}.json", {"quantity": 3}, status=422)
    assert client.call("PUT", f"{path}/{line['id']}.json", {"quantity": 2})["price_incl"] == 23.8
    for wrong in ({"variant_id": 4711}, {"variant_id": variant, "quantity": 0}):
        client.call("POST", f"{path}.json", wrong, status=422)
    client.call("DELETE", f"{path}/{line['id']}.json", status=204)
    assert client.call("GET", f"{path}.json") == []
    client.call("DELETE", f"checkouts/{number}.json", status=204)
    client.call("GET", f"checkouts/{number}.json", status=404)


def test_a_checkout_becomes_an_order_once(client: Client) -> None:
    """And an unknown method is refused."""
    _, variant = client.product(priceIncl=10)
    client.order(variant)
    (checkout,) = client.call("GET", "checkouts.json")
    assert checkout["order_id"]
    client.call("POST", f"checkouts/{checkout['id']}/order.json", {}, status=422)
    client.call("PUT", f"checkouts/{checkout['id']}.json", {"shipment_method": "core|1|1"}, status=422)
    assert client.call("GET", "orders/count.json") == {"count": 1}


def test_a_guest_may_be_kept_apart_from_the_account_with_his_address(client: Client) -> None:
    """Which of the two the real shop does is not known: it can be set."""
    client.call("POST", "customers.json", {"customer": PERSON}, status=201)
    _, variant = client.product(priceIncl=10)
    client.order(variant)
    assert client.call("GET", "customers/count.json") == {"count": 1}
    client.control("settings", guests_join=False)
    client.order(variant)
    assert client.call("GET", "customers/count.json") == {"count": 2}


def test_what_lies_below_an_order_comes_later(client: Client) -> None:
    """Until the shop's clock has gone on; the order itself is there at once (1.5)."""
    _, variant = client.product(priceIncl=10)
    client.control("settings", order_delay_seconds=30)
    order = client.order(variant)
    assert "embedded" not in order["products"]["resource"]
    client.call("GET", f"orders/{order['id']}/products.json", status=404)
    client.control("clock", seconds=31)
    assert len(client.call("GET", f"orders/{order['id']}/products.json")["orderProducts"]) == 1
    assert len(sold(client, order["id"])["products"]["resource"]["embedded"]) == 1


def test_a_paid_and_shipped_order_is_complete(client: Client) -> None:
    """Whichever way it was told: order, invoice and shipment agree."""
    _, variant = client.product(priceIncl=10)
    first, second = client.order(variant), client.order(variant)
    client.call("PUT", f"orders/{first['id']}.json", {"order": {"paymentStatus": "paid", "shipmentStatus": "shipped"}})
    (invoice,) = second["invoices"]["resource"]["embedded"]
    (shipment,) = second["shipments"]["resource"]["embedded"]
    tracking = {"status": "shipped", "trackingCode": "https://track.example/1", "doNotifyShipped": True}
    client.call("PUT", f"shipments/{shipment['id']}.json", {"shipment": tracking})
    client.call("PUT", f"invoices/{invoice['id']}.json", {"invoice": {"status": "paid"}})
    for number in (first["id"], second["id"]):
        order = sold(client, number)
        assert (order["status"], order["paymentStatus"], order["shipmentStatus"]) == (
            "completed_shipped",
            "paid",
            "shipped",
        )
        assert order["invoices"]["resource"]["embedded"][0]["status"] == "paid"
        assert order["shipments"]["resource"]["embedded"][0]["status"] == "shipped"
        assert order["products"]["resource"]["embedded"][0]["quantityShipped"] == 1
        told = client.call("GET", f"orders/events.json?order={number}")["ordersEvents"]
        assert {event["message"] for event in told} == {"new", "paid", "shipped"}


def test_a_cancelled_order_gives_its_goods_back_once(client: Client) -> None:
    _, variant = client.product(priceIncl=10, stockTracking="indicator", stockLevel=1)
    order = client.order(variant, 3)
    assert client.call("GET", f"variants/{variant}.json")["variant"]["stockLevel"] == -2
    for _ in range(2):
        client.call("PUT", f"orders/{order['id']}.json", {"order": {"status": "cancelled"}})
    shown = client.call("GET", f"variants/{variant}.json")["variant"]
    assert (shown["stockLevel"], shown["stockSold"]) == (1, 0)


def test_an_order_may_have_a_status_of_the_merchants_own(client: Client) -> None:
    """Written as `customStatus`, read as `customStatusId` (2.18)."""
    made = client.call("POST", "orders/customstatuses.json", {"customStatus": {"title": "In Sage"}}, status=201)
    number = made["customStatus"]["id"]
    _, variant = client.product(priceIncl=10)
    order = client.order(variant)
    client.call("PUT", f"orders/{order['id']}.json", {"order": {"customStatus": number}})
    assert sold(client, order["id"])["customStatusId"] == number


def test_more_than_was_bought_is_not_given_back(client: Client) -> None:
    """Twice all pieces: the second note is over nothing; stock goes up only when it is asked for."""
    _, variant = client.product(priceIncl=11.90, stockTracking="enabled", stockLevel=5)
    order = client.order(variant, 2)
    (line,) = order["products"]["resource"]["embedded"]
    body = {"credit": {"orderProducts": [{"id": line["id"], "quantity": 9}], "updateStock": True}}
    sums = []
    for _ in range(2):
        note = client.call("POST", f"orders/{order['id']}/credit.json", body, status=201)["invoice"]["id"]
        sums.append(client.call("GET", f"invoices/{note}.json")["invoice"]["priceIncl"])
    assert sums == [23.8, 0]
    assert client.call("GET", f"variants/{variant}.json")["variant"]["stockLevel"] == 5


def test_a_quote_adds_up_and_is_closed_by_its_order(client: Client) -> None:
    """Lines can be changed, methods have their price; afterwards nothing can (2.22)."""
    _, variant = client.product(priceIncl=11.90)
    customer = client.call("POST", "customers.json", {"customer": PERSON}, status=201)["customer"]["id"]
    quote = client.call("POST", "quotes.json", {"quote": {"customer": customer}}, status=201)["quote"]["id"]
    line = {"quoteProduct": {"variant": variant, "quantity": 1}}
    client.call("POST", f"quotes/{quote}/convert.json", {"order": {}}, status=422)
    one = client.call("POST", f"quotes/{quote}/products.json", line, status=201)["quoteProduct"]
    two = client.call("POST", f"quotes/{quote}/products.json", line, status=201)["quoteProduct"]
    path = f"quotes/{quote}/products/{one['id']}.json"
    client.call("PUT", path, {"quoteProduct": {"quantity": 2, "priceExcl": 8}})
    client.call("DELETE", f"quotes/{quote}/products/{two['id']}.json", status=204)
    method = client.call("GET", f"quotes/{quote}/shippingmethods.json")["quoteShippingMethods"][0]
    client.call("PUT", f"quotes/{quote}.json", {"quote": {"shipmentId": method["id"], "paymentId": "invoice"}})
    shown = client.call("GET", f"quotes/{quote}.json")["quote"]
    assert (shown["priceExcl"], shown["productsQuantity"], shown["shipmentPriceIncl"]) == (16, 2, 5.9)
    assert shown["recoveryHash"]
    placed = client.call("POST", f"quotes/{quote}/convert.json", {"order": {}}, status=201)["order"]["id"]
    order = sold(client, placed)
    assert (order["priceExcl"], order["shipmentTitle"], order["paymentId"]) == (20.96, "DHL Paket", "invoice")
    client.call("PUT", path, {"quoteProduct": {"quantity": 9}}, status=422)


def test_the_pay_link_pays_the_order(client: Client) -> None:
    """Only with its secret; the invoice is paid with it (2.23)."""
    _, variant = client.product(priceIncl=10)
    begin = {"mode": "guest", "customer": PERSON, "billing_address": ADDRESS, "terms": 1}
    number = client.call("POST", "checkouts.json", begin, status=201)["id"]
    client.call("POST", f"checkouts/{number}/products.json", {"variant_id": variant}, status=201)
    method = client.call("GET", f"checkouts/{number}/shipment_methods.json")[0]["id"]
    client.call("PUT", f"checkouts/{number}.json", {"shipment_method": method, "payment_method": "paypal"})
    placed = client.call("POST", f"checkouts/{number}/order.json", {})
    assert sold(client, placed["order_id"])["status"] == "processing_awaiting_payment"
    link = placed["payment_url"]
    assert client.http.request("POST", link.replace("/pay/", "/pay/0")[:-4] + "/").status == 404
    assert b'data-payment="not_paid"' in client.http.request("GET", link).data
    assert b'data-payment="paid"' in client.http.request("POST", link).data
    order = sold(client, placed["order_id"])
    assert (order["paymentStatus"], order["status"]) == ("paid", "processing_awaiting_shipment")
