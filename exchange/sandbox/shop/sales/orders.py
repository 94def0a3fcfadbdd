"""The order itself, with its invoice and its shipment, which come at the same second (2.18 to 2.20)."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import body, missing
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.prices import CENT, FOUR, exact, loose
from exchange.sandbox.shop.sales.lines import taxes, total
from exchange.sandbox.shop.wire import new

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Request

    from exchange.sandbox.shop.api import Answer
    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.sales.lines import Line, Method
    from exchange.sandbox.shop.store import Row, Store

#: Fields of a variant that its line in an order keeps.
_KEPT = ["articleCode", "ean", "sku", "weight", "volume", "colli", "sizeX", "sizeY", "sizeZ", "priceCost"]
_ITEM = ["articleCode", "ean", "sku", "taxRate", "basePriceExcl", "basePriceIncl", "priceExcl", "priceIncl", "variant"]


class Orders:
    """Places orders, and does what follows when their state changes.

    Args:
        store, rules: of the shop.
        happened: told of the order, its invoice and its shipment.
    """

    def __init__(self, store: Store, rules: Rules, happened: Callable[[Kind, Row, str], None]) -> None:
        self.store, self.rules, self.happened = store, rules, happened

    def place(
        self,
        person: Mapping[str, Any],
        lines: Sequence[Line],
        shipment: Method,
        payment: Method,
    ) -> Row:
        """An order.

        Args:
            person: fields of the order that are not computed: customer, addresses, language, comment.
            lines: what is bought.
            shipment: how it is sent.
            payment: how it is paid.
        """
        goods_excl, goods_incl = total(each.total_excl for each in lines), total(each.total_incl for each in lines)
        extra_excl = shipment.excl.quantize(CENT) + payment.excl.quantize(CENT)
        extra_incl = shipment.incl.quantize(CENT) + payment.incl.quantize(CENT)
        sums = {
            "number": f"ORD{self.store.serial('order number'):05d}",
            "status": f"processing_awaiting_{'shipment' if payment.id in ('invoice', 'external') else 'payment'}",
            "priceCost": loose(total(exact(each.variant["priceCost"]) * each.quantity for each in lines)),
            "priceExcl": loose(goods_excl + extra_excl),
            "priceIncl": loose(goods_incl + extra_incl),
            "weight": sum(int(each.variant["weight"]) * each.quantity for each in lines),
            "volume": sum(int(each.variant["volume"]) * each.quantity for each in lines),
            "colli": sum(int(each.variant["colli"]) * each.quantity for each in lines),
            "taxRates": taxes(lines),
            "isNewCustomer": not self.store.all("orders", customer=person["customer"]),
        }
        methods = _charged("shipment", shipment) | _charged("payment", payment)
        kind = KINDS["orders"]
        order = self.store.add(kind.path, new(kind) | dict(person) | sums | methods | {"_pay": token_urlsafe(12)})
        self._event(order, type="order")
        bought = [self._bought(order, each) for each in lines]
        self._invoice(order, bought, shipment, payment)
        self._shipment(order, lines)
        self.happened(kind, order, "created")
        return order

    def _bought(self, order: Row, line: Line) -> Row:
        variant = line.variant
        product = self.store.get("products", variant["product"]) or {"title": ""}
        titles = {
            "brandTitle": (self.store.get("brands", product.get("brand")) or {}).get("title", ""),
            "supplierTitle": (self.store.get("suppliers", product.get("supplier")) or {}).get("title", ""),
            "productTitle": product["title"],
            "variantTitle": variant["title"],
        }
        amounts = {
            "taxRate": loose(line.rate, FOUR),
            "taxRates": taxes([line]),
            "quantityOrdered": line.quantity,
            "quantityInvoiced": line.quantity,
            "basePriceExcl": loose(line.excl, FOUR),
            "basePriceIncl": loose(line.incl, FOUR),
            "priceExcl": loose(line.total_excl),
            "priceIncl": loose(line.total_incl),
        }
        links = {"product": variant["product"] or False, "variant": variant["id"]}
        kind = KINDS["orders/products"]
        kept = {name: variant[name] for name in _KEPT}
        row = self.store.add(kind.path, new(kind) | titles | kept | amounts | links, order["id"])
        self._take(variant, line.quantity)
        return row

    def _take(self, variant: Row, quantity: int) -> None:
        """Out of the stock; a negative quantity goes back."""
        self.store.put("variants", variant, stockSold=variant["stockSold"] + quantity)
        if variant["stockTracking"] != "disabled":
            left = variant["stockLevel"] - quantity
            self.rules.change(KINDS["variants"], variant, {"stockLevel": left})

    def _event(self, order: Row, **what: Any) -> None:
        kind = KINDS["orders/events"]
        stamped = {"createdAt": self.store.stamp(), "order": order["id"]}
        self.store.add(kind.path, new(kind) | stamped | what)

    def _invoice(self, order: Row, bought: Sequence[Row], shipment: Method, payment: Method) -> None:
        kind, items = KINDS["invoices"], KINDS["invoices/items"]
        sums = {"priceExcl": order["priceExcl"], "priceIncl": order["priceIncl"]}
        invoice = self.store.add(kind.path, new(kind) | self._numbered("INV", order) | sums)
        self._event(order, type="invoice", invoice=invoice["id"])
        for row in bought:
            same = {name: row[name] for name in _ITEM}
            own = {"title": row["productTitle"], "orderProductId": row["id"], "quantity": row["quantityOrdered"]}
            self.store.add(items.path, new(items) | same | own, invoice["id"])
        for name, method in (("shipment", shipment), ("payment", payment)):
            sides = {side: loose(each, CENT) for side, each in (("Excl", method.excl), ("Incl", method.incl))}
            amounts = {f"{prefix}{side}": value for side, value in sides.items() for prefix in ("basePrice", "price")}
            own = {"type": name, "title": f"_{name}costs_", "taxRate": loose(method.rate, FOUR), "quantity": 1}
            self.store.add(items.path, new(items) | own | amounts, invoice["id"])
        self.happened(kind, invoice, "created")

    def _numbered(self, prefix: str, order: Row) -> Row:
        number = f"{prefix}{self.store.serial(prefix):05d}"
        return {"number": number, "order": order["id"], "customer": order["customer"]}

    def _shipment(self, order: Row, lines: Sequence[Line]) -> None:
        kind, parts = KINDS["shipments"], KINDS["shipments/products"]
        row = self.store.add(kind.path, new(kind) | self._numbered("SHIP", order) | {"totalWeight": order["weight"]})
        self._event(order, type="shipment", shipment=row["id"])
        for line in lines:
            same = {name: line.variant[name] for name in ("articleCode", "ean", "sku", "title")}
            own = {"variant": line.variant["id"], "quantity": line.quantity}
            self.store.add(parts.path, new(parts) | same | own, row["id"])
        self.happened(kind, row, "created")

    # What follows

    def changed(self, order: Row, given: Mapping[str, Any]) -> None:
        """After a PUT of an order: its own status, that of its invoice and its stock follow."""
        if "customStatus" in given:
            known = self.store.get("orders/customstatuses", given["customStatus"])
            self.store.put("orders", order, customStatusId=known["id"] if known else None)
        if given.get("isReadyForPickup"):
            self.store.put("orders", order, status="processing_ready_for_pickup")
        if given.get("paymentStatus") == "paid":
            self._paid(order)
        if given.get("shipmentStatus") == "shipped":
            for shipment in self.store.all("shipments", order=order["id"]):
                self.store.put("shipments", shipment, status="shipped")
                self.shipped(shipment, {"status": "shipped"})
        if given.get("status") == "cancelled" and order["shipmentStatus"] != "cancelled":
            self._cancelled(order)

    def _paid(self, order: Row) -> None:
        for invoice in self.store.all("invoices", order=order["id"], isCreditNote=False, status="not_paid"):
            self._settled(order, invoice)
        if order["status"] == "processing_awaiting_payment":
            self.store.put("orders", order, status="processing_awaiting_shipment")
        self.happened(KINDS["orders"], order, "paid")
        self._complete(order)

    def _settled(self, order: Row, invoice: Row) -> None:
        self.store.put("invoices", invoice, status="paid")
        self._event(order, type="invoice", message="paid", channel="api", invoice=invoice["id"])
        self.happened(KINDS["invoices"], invoice, "paid")

    def _cancelled(self, order: Row) -> None:
        """The goods go back into stock."""
        self.store.put("orders", order, shipmentStatus="cancelled", paymentStatus="cancelled")
        for row in self.store.all("orders/products", order["id"]):
            variant = self.store.get("variants", row["variant"])
            if variant is not None:
                self._take(variant, -row["quantityOrdered"])
        for path in ("invoices", "shipments"):
            for row in self.store.all(path, order=order["id"]):
                self.store.put(path, row, status="cancelled")
        self._event(order, type="order", message="cancelled", channel="api")

    def _complete(self, order: Row) -> None:
        """Paid and shipped is done."""
        if order["paymentStatus"] == "paid" and order["shipmentStatus"] == "shipped":
            self.store.put("orders", order, status="completed_shipped")

    def invoiced(self, invoice: Row, given: Mapping[str, Any]) -> None:
        """After a PUT of an invoice: a paid one pays the order."""
        order = self.store.get("orders", invoice["order"])
        if order is not None and given.get("status") == "paid" and order["paymentStatus"] != "paid":
            self._settled(order, invoice)
            self.store.put("orders", order, paymentStatus="paid")
            self._paid(order)

    def shipped(self, shipment: Row, given: Mapping[str, Any]) -> None:
        """After a PUT of a shipment: a shipped one ships the order."""
        order = self.store.get("orders", shipment["order"])
        if order is None or given.get("status") != "shipped":
            return
        for row in self.store.all("orders/products", order["id"]):
            self.store.put("orders/products", row, quantityShipped=row["quantityOrdered"])
        self.store.put("orders", order, shipmentStatus="shipped", shippingDate=self.store.stamp())
        self._event(order, type="shipment", message="shipped", channel="api", shipment=shipment["id"])
        self.happened(KINDS["shipments"], shipment, "shipped")
        self._complete(order)

    def credit(self, request: Request, _language: str, number: int) -> Answer:
        """A credit note over some of the pieces (2.18); what is given back counts as positive, as in the sample."""
        order = self.store.get("orders", number)
        if order is None:
            raise missing()
        given = body(request, "credit")
        wanted = {int(each["id"]): int(each["quantity"]) for each in given.get("orderProducts") or []}
        kind, items = KINDS["invoices"], KINDS["invoices/items"]
        first = self.store.first("invoices", order=number, isCreditNote=False)
        note = self.store.add(
            kind.path,
            new(kind)
            | self._numbered("INV", order)
            | {"isCreditNote": True, "invoice": first["id"] if first else False},
        )
        excl = incl = exact(0)
        for row in self.store.all("orders/products", number):
            quantity = min(wanted.get(row["id"], 0), row["quantityOrdered"] - row["quantityRefunded"])
            if quantity < 1:
                continue
            prices = [exact(row[f"basePrice{side}"]) * quantity for side in ("Excl", "Incl")]
            excl, incl = excl + prices[0], incl + prices[1]
            same = {name: row[name] for name in _ITEM}
            own = {"title": row["productTitle"], "orderProductId": row["id"], "quantity": quantity}
            own |= {"priceExcl": loose(prices[0]), "priceIncl": loose(prices[1])}
            self.store.add(items.path, new(items) | same | own, note["id"])
            self.store.put("orders/products", row, quantityRefunded=row["quantityRefunded"] + quantity)
            variant = self.store.get("variants", row["variant"])
            if given.get("updateStock") and variant is not None:
                self._take(variant, -quantity)
        for name in ("shipment", "payment"):
            if given.get(f"credit{name.title()}"):
                excl, incl = excl + exact(order[f"{name}PriceExcl"]), incl + exact(order[f"{name}PriceIncl"])
        self.store.put(kind.path, note, priceExcl=loose(excl), priceIncl=loose(incl))
        self.happened(kind, note, "created")
        return 201, {"invoice": {"id": note["id"], "number": note["number"]}}


def _charged(name: str, method: Method) -> Row:
    """The fields of an order about its way to ship or to pay."""
    return {
        f"{name}Id": method.id,
        f"{name}Title": method.title,
        f"{name}Data": method.data,
        f"{name}TaxRate": loose(method.rate, FOUR),
        f"{name}TaxRates": method.taxes,
        f"{name}BasePriceExcl": loose(method.excl, FOUR),
        f"{name}BasePriceIncl": loose(method.incl, FOUR),
        f"{name}PriceExcl": loose(method.excl),
        f"{name}PriceIncl": loose(method.incl),
    }
