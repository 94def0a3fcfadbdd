"""How orders come about: checkouts and quotes (`lightspeed-ecom.md` 2.18 to 2.23). There is no other way."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import rules
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.wire import Wrong, body, new

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Request

    from exchange.sandbox.shop.api import Answer
    from exchange.sandbox.shop.kinds import Kind
    from exchange.sandbox.shop.store import Row, Store

_CENT, _FOUR = Decimal("0.01"), Decimal("0.0001")
_PLACES = {
    "name": "Name",
    "address1": "Street",
    "address2": "Street2",
    "number": "Number",
    "extension": "Extension",
    "zipcode": "Zipcode",
    "city": "City",
    "region": "Region",
    "country": "Country",
    "company": "Company",
}
_CUSTOMER = {
    "email": "email",
    "firstname": "firstname",
    "middlename": "middlename",
    "lastname": "lastname",
    "phone": "phone",
    "mobile": "mobile",
    "gender": "gender",
    "birthdate": "birthDate",
    "company": "companyName",
    "cocnumber": "companyCoCNumber",
    "vatnumber": "companyVatNumber",
}


def money(value: Decimal, unit: Decimal = _CENT) -> float | int:
    """A loose number, as the API has them."""
    number = float(value.quantize(unit, ROUND_HALF_UP))
    return int(number) if number.is_integer() else number


class Line:
    """One article that is bought.

    Args:
        variant: record of it.
        quantity: how many.
        price: own price of one piece, and whether it includes tax; None for the shop's price.
    """

    def __init__(self, store: Store, variant: Row, quantity: int, price: tuple[Decimal, bool] | None = None) -> None:
        self.variant, self.quantity = variant, quantity
        self.rate = rules.rate(store, variant)
        amount, gross = price or (Decimal(str(variant["priceIncl"])), True)
        if price is None and (store.first("shop") or {}).get("isB2b"):
            amount, gross = Decimal(str(variant["priceExcl"])), False
        self.excl = amount / (1 + self.rate) if gross else amount
        self.incl = amount if gross else amount * (1 + self.rate)


class Orders:
    """Checkouts, quotes and what becomes of them.

    Args:
        store, site: of the shop.
        happened: told of the order, its invoice and its shipment.
    """

    def __init__(self, store: Store, site: Callable[[], str], happened: Callable[[Kind, Row, str], None]) -> None:
        self.store, self.site, self.happened = store, site, happened

    def calls(self) -> dict[tuple[str, str], Callable[..., Answer]]:
        """Calls that are no plain records."""
        return {
            ("POST", "checkouts"): self.begin,
            ("GET", "checkouts"): self.checkouts,
            ("GET", "checkouts/count"): lambda *_: (200, {"count": len(self.store.all("checkouts"))}),
            ("PUT", "checkouts"): self.alter,
            ("DELETE", "checkouts"): self.drop,
            ("GET", "checkouts/products"): self.products,
            ("POST", "checkouts/products"): self.put_in,
            ("PUT", "checkouts/products"): self.change_product,
            ("DELETE", "checkouts/products"): self.take_out,
            ("GET", "checkouts/shipment_methods"): self.shipment_methods,
            ("GET", "checkouts/payment_methods"): self.payment_methods,
            ("GET", "checkouts/validate"): self.validate,
            ("POST", "checkouts/order"): self.order,
            ("POST", "quotes/products"): self.quote_line,
            ("POST", "quotes/convert"): self.convert,
            ("POST", "orders/credit"): self.credit,
        }

    # Checkouts: no envelope, snake_case

    def begin(self, request: Request, language: str) -> Answer:
        given = body(request, "")
        row = self.store.add("checkouts", self._checkout() | {"language": language})
        self._take(row, given)
        return 201, {"id": row["id"]}

    @staticmethod
    def _checkout() -> dict[str, Any]:
        return {
            "order_id": None,
            "theme": "default",
            "step": "cart",
            "mode": "guest",
            "info": [],
            "customer": {},
            "billing_address": {},
            "shipping_address": {},
            "gift_cards": [],
            "shipment_method": None,
            "payment_method": None,
            "discount": None,
            "discount_code": "",
            "comment": "",
            "newsletter": False,
            "terms": False,
            "notifications": True,
            "memo": "",
            "lines": [],
        }

    def _take(self, row: Row, given: Mapping[str, Any]) -> None:
        values = {
            name: value for name, value in given.items() if name in row and name not in ("id", "lines", "order_id")
        }
        for name, known in (("shipment_method", self._shipments(row)), ("payment_method", self._payments(row))):
            if name in values:
                values[name] = self._method(values[name], known, name)
        self.store.put("checkouts", row, **values)

    @staticmethod
    def _method(given: Any, known: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
        """A method by its id, alone or in an object; an external one brings its own title and price."""
        chosen = given if isinstance(given, dict) else {"id": given}
        if chosen.get("id") == "external":
            return {"title": "external", "price_incl": 0, "tax_rate": 0, "data": []} | chosen
        for each in known:
            if each["id"] == chosen.get("id"):
                return each
        raise Wrong(422, f"Invalid {name}")

    def _open(self, number: int) -> Row:
        row = self.store.get("checkouts", number)
        if row is None:
            raise Wrong(404, "Not found.")
        return row

    def _shown(self, row: Row) -> dict[str, Any]:
        made = {name: value for name, value in row.items() if not name.startswith("_") and name != "lines"}
        made["created_at"], made["updated_at"] = made.pop("createdAt"), made.pop("updatedAt")
        return made | {"quote": {"id": row["id"]}, "products": [self._product(row, each) for each in row["lines"]]}

    def _product(self, row: Row, line: Mapping[str, Any]) -> dict[str, Any]:
        variant = self.store.get("variants", line["variant_id"]) or {}
        bought = self._line(line)
        product = self.store.get("products", variant.get("product")) or {}
        return {
            "id": line["id"],
            "cart_id": row["id"],
            "product_id": variant.get("product"),
            "variant_id": line["variant_id"],
            "is_custom": False,
            "custom_data": [],
            "quantity": line["quantity"],
            "has_discount": False,
            "discount_percentage": 0,
            "tax_rate": float(bought.rate),
            "base_price_excl": money(bought.excl, _FOUR),
            "base_price_incl": money(bought.incl, _FOUR),
            "price_excl": money(bought.excl * line["quantity"], _FOUR),
            "price_incl": money(bought.incl * line["quantity"]),
            "title": product.get("title", ""),
            "fulltitle": product.get("fulltitle", ""),
            "variant": variant.get("title", ""),
            "article_code": variant.get("articleCode", ""),
            "ean": variant.get("ean", ""),
            "sku": variant.get("sku", ""),
            "url": product.get("url", ""),
            "stock_level": variant.get("stockLevel", 0),
        }

    def _line(self, line: Mapping[str, Any]) -> Line:
        variant = self.store.get("variants", line["variant_id"])
        if variant is None:
            raise Wrong(422, "Invalid variant_id")
        own = None
        for name, gross in (("special_price_excl", False), ("special_price_incl", True)):
            if line.get(name) is not None:
                own = Decimal(str(line[name])), gross
        return Line(self.store, variant, int(line["quantity"]), own)

    def checkouts(self, _request: Request, _language: str, number: int = 0) -> Answer:
        if number:
            return 200, self._shown(self._open(number))
        return 200, [self._shown(row) for row in self.store.all("checkouts")]

    def alter(self, request: Request, _language: str, number: int) -> Answer:
        row = self._open(number)
        self._take(row, body(request, ""))
        return 200, self._shown(row)

    def drop(self, _request: Request, _language: str, number: int) -> Answer:
        self.store.delete("checkouts", self._open(number))
        return 204, None

    def products(self, _request: Request, _language: str, number: int) -> Answer:
        row = self._open(number)
        return 200, [self._product(row, line) for line in row["lines"]]

    def put_in(self, request: Request, _language: str, number: int) -> Answer:
        row, given = self._open(number), body(request, "")
        line = {
            "id": self.store.next("checkout_line"),
            "variant_id": given.get("variant_id"),
            "quantity": given.get("quantity", 1),
        }
        line |= {name: given.get(name) for name in ("special_price_excl", "special_price_incl")}
        self._line(line)
        self.store.put("checkouts", row, lines=[*row["lines"], line])
        return 201, self._product(row, line)

    def change_product(self, request: Request, _language: str, number: int, place: int) -> Answer:
        row, given = self._open(number), body(request, "")
        changed = [
            line | {"quantity": given.get("quantity", line["quantity"])} if line["id"] == place else line
            for line in row["lines"]
        ]
        self.store.put("checkouts", row, lines=changed)
        return 200, [self._product(row, line) for line in changed]

    def take_out(self, _request: Request, _language: str, number: int, place: int) -> Answer:
        row = self._open(number)
        self.store.put("checkouts", row, lines=[line for line in row["lines"] if line["id"] != place])
        return 204, None

    def _shipments(self, _row: Row) -> list[dict[str, Any]]:
        methods = []
        for method in self.store.all("shippingmethods"):
            for value in method["values"]:
                tax = rules.rate(self.store, {"tax": method["tax"]})
                methods.append(
                    {
                        "id": f"core|{method['id']}|{value['id']}",
                        "title": method["title"],
                        "price_excl": value["priceExcl"],
                        "price_incl": value["priceIncl"],
                        "tax_rate": float(tax),
                        "is_service_point": False,
                        "discount": 0,
                        "data": {"method": "default", "shipment_id": method["id"], "shipping_value_id": value["id"]},
                    }
                )
        return methods

    def _payments(self, row: Row) -> list[dict[str, Any]]:
        """Only after a shipment method is set."""
        if not row["shipment_method"]:
            return []
        return [
            {"id": each["key"], "title": each["title"], "price_incl": 0, "price_excl": 0, "tax_rate": 0}
            for each in self.store.all("paymentmethods")
        ]

    def shipment_methods(self, _request: Request, _language: str, number: int) -> Answer:
        return 200, self._shipments(self._open(number))

    def payment_methods(self, _request: Request, _language: str, number: int) -> Answer:
        return 200, self._payments(self._open(number))

    def _errors(self, row: Row) -> dict[str, str]:
        missing = {
            f"{part}.{name}.required": f"{name} is required"
            for part, names in (
                ("customer", ("email", "firstname", "lastname")),
                ("billing_address", ("name", "address1", "number", "zipcode", "city", "country")),
            )
            for name in names
            if not row[part].get(name)
        }
        for name in ("shipment_method", "payment_method"):
            if not row[name]:
                missing[f"{name}.required"] = f"{name} is required"
        if not row["lines"]:
            missing["products.required"] = "cart is empty"
        if not row["terms"]:
            missing["terms.accepted"] = "terms have to be accepted"
        return missing

    def validate(self, _request: Request, _language: str, number: int) -> Answer:
        errors = self._errors(self._open(number))
        return 200, {"validated": not errors, "errors": errors or []}

    def order(self, _request: Request, _language: str, number: int) -> Answer:
        row = self._open(number)
        if row["order_id"]:
            raise Wrong(422, "Checkout is already an order")
        errors = self._errors(row)
        if errors:
            raise Wrong(422, "; ".join(errors))
        customer = self._customer(row)
        shipping = row["shipping_address"] or row["billing_address"]
        person = {
            ours: row["customer"].get(theirs) or KINDS["orders"].fields[ours].default
            for theirs, ours in _CUSTOMER.items()
        }
        person |= {"isCompany": bool(row["customer"].get("company")), "comment": row["comment"], "memo": row["memo"]}
        person |= _address("Billing", row["billing_address"]) | _address("Shipping", shipping)
        placed = self.place(
            customer,
            person,
            [self._line(each) for each in row["lines"]],
            row["shipment_method"],
            row["payment_method"],
            row["language"],
        )
        self.store.put("checkouts", row, order_id=placed["id"])
        return 200, {
            "order_id": placed["id"],
            "payment_url": f"{self.site()}/pay/{placed['id']}",
            "payment_provider": str(row["payment_method"]["id"]),
        }

    def _customer(self, row: Row) -> Row:
        """The account of that address, or a new one: a guest's, or one with a password."""
        given = row["customer"]
        known = self.store.first("customers", email=given["email"])
        if known is not None:
            return known
        values = {ours: given[theirs] for theirs, ours in _CUSTOMER.items() if given.get(theirs)}
        values |= {"type": "guest" if row["mode"] == "guest" else "registered", "isCompany": bool(given.get("company"))}
        values |= _address("Billing", row["billing_address"])
        values |= _address("Shipping", row["shipping_address"] or row["billing_address"])
        values |= {"password": given.get("password", ""), "language": row["language"]}
        made = self.store.add("customers", new(KINDS["customers"]) | values)
        self.happened(KINDS["customers"], made, "created")
        return made

    # Quotes

    def quote_line(self, request: Request, _language: str, number: int) -> Answer:
        quote = self.store.get("quotes", number)
        given = body(request, "quoteProduct")
        variant = self.store.get("variants", given.get("variant"))
        if quote is None or variant is None:
            raise Wrong(404 if quote is None else 422, "Not found." if quote is None else "Invalid variant")
        price = None
        for name, gross in (("priceExcl", False), ("priceIncl", True)):
            if given.get(name) is not None:
                price = Decimal(str(given[name])), gross
        line = Line(self.store, variant, int(given.get("quantity", 1)), price)
        values = {
            "variant": variant["id"],
            "product": variant["product"],
            "quantity": line.quantity,
            "taxRate": float(line.rate),
            "basePriceExcl": money(line.excl, _FOUR),
            "basePriceIncl": money(line.incl, _FOUR),
            "priceExcl": money(line.excl, _FOUR),
            "priceIncl": money(line.incl, _FOUR),
        }
        kind = KINDS["quotes/products"]
        row = self.store.add(kind.path, new(kind) | values, number)
        lines = [self._quoted(each) for each in self.store.all(kind.path, number)]
        self.store.put(
            "quotes",
            quote,
            priceExcl=money(sum((each.excl * each.quantity for each in lines), Decimal(0)), _FOUR),
            priceIncl=money(sum((each.incl * each.quantity for each in lines), Decimal(0))),
            productsCount=len(lines),
            productsQuantity=sum(each.quantity for each in lines),
        )
        return 201, {kind.one: {name: value for name, value in row.items() if not name.startswith("_")}}

    def _quoted(self, row: Row) -> Line:
        variant = self.store.get("variants", row["variant"])
        if variant is None:
            raise Wrong(422, "Invalid variant")
        return Line(self.store, variant, int(row["quantity"]), (Decimal(str(row["priceExcl"])), False))

    def convert(self, request: Request, language: str, number: int) -> Answer:
        quote = self.store.get("quotes", number)
        if quote is None:
            raise Wrong(404, "Not found.")
        if quote["isLocked"]:
            raise Wrong(422, "Quote is already an order")
        customer = self.store.get("customers", quote["customer"])
        lines = [self._quoted(row) for row in self.store.all("quotes/products", number)]
        if customer is None or not lines:
            raise Wrong(422, "Invalid customer" if customer is None else "Quote is empty")
        given = body(request, "order")
        person = {
            name: customer[name]
            for name in KINDS["orders"].fields
            if name in customer and name not in ("id", "language", "memo")
        }
        person |= {"comment": quote["comment"], "memo": str(given.get("memo", "")), "channel": "api", "quote": number}
        shipment = {
            "id": quote["shipmentId"] or "external",
            "title": quote["shipmentTitle"],
            "price_incl": 0,
            "tax_rate": 0,
            "data": [],
        }
        payment = {"id": quote["paymentId"] or "invoice", "title": quote["paymentTitle"]}
        placed = self.place(customer, person, lines, shipment, payment, language)
        self.store.put("quotes", quote, isLocked=True)
        return 201, {"order": {"id": placed["id"], "number": placed["number"]}}

    # The order itself, its invoice and its shipment

    def place(
        self,
        customer: Row,
        person: Mapping[str, Any],
        lines: Sequence[Line],
        shipment: Mapping[str, Any],
        payment: Mapping[str, Any],
        language: str,
    ) -> Row:
        """An order, with its invoice and its shipment at the same second (2.20)."""
        store = self.store
        freight = Decimal(str(shipment.get("price_incl") or 0))
        rate = Decimal(str(shipment.get("tax_rate") or 0))
        freight_excl = (
            Decimal(str(shipment["price_excl"])) if shipment.get("price_excl") is not None else freight / (1 + rate)
        )
        goods = sum((line.excl * line.quantity for line in lines), Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
        gross = sum(((line.incl * line.quantity).quantize(_CENT, ROUND_HALF_UP) for line in lines), Decimal(0))
        kind = KINDS["orders"]
        number = store.next("order_number") - 1000
        row = store.add(
            kind.path,
            new(kind)
            | dict(person)
            | {
                "number": f"ORD{number:05d}",
                "status": "processing_awaiting_shipment",
                "customer": customer["id"],
                "language": language,
                "priceExcl": money(goods + freight_excl),
                "priceIncl": money(gross + freight),
                "isNewCustomer": not store.all("orders", customer=customer["id"]),
                "paymentId": str(payment["id"]),
                "paymentTitle": str(payment.get("title") or payment["id"]),
                "paymentData": {"method": str(payment["id"])},
                "shipmentId": str(shipment["id"]),
                "shipmentTitle": str(shipment.get("title") or ""),
                "shipmentData": shipment.get("data") or [],
                "shipmentTaxRate": float(rate),
                "shipmentTaxRates": [
                    {"name": "VAT", "rate": float(rate), "amount": money(freight - freight_excl, _FOUR)}
                ],
                "shipmentBasePriceExcl": money(freight_excl, _FOUR),
                "shipmentBasePriceIncl": money(freight, _FOUR),
                "shipmentPriceExcl": money(freight_excl),
                "shipmentPriceIncl": money(freight),
                "weight": sum(int(line.variant["weight"] or 0) * line.quantity for line in lines),
                "taxRates": _taxes(lines),
                "paymentTaxRates": [{"name": "VAT", "rate": 0, "amount": 0}],
            },
        )
        for line in lines:
            self._bought(row, line)
        self._invoice(row, customer)
        self._shipment(row, customer, lines)
        self.happened(kind, row, "created")
        return row

    def _bought(self, order: Row, line: Line) -> None:
        variant = line.variant
        product = self.store.get("products", variant["product"]) or {}
        titles = {
            "brandTitle": (self.store.get("brands", product.get("brand")) or {}).get("title", ""),
            "supplierTitle": (self.store.get("suppliers", product.get("supplier")) or {}).get("title", ""),
            "productTitle": product.get("title", ""),
            "variantTitle": variant["title"],
        }
        same = {
            name: variant[name]
            for name in (
                "articleCode",
                "ean",
                "sku",
                "weight",
                "volume",
                "colli",
                "sizeX",
                "sizeY",
                "sizeZ",
                "priceCost",
            )
        }
        total, total_incl = line.excl * line.quantity, line.incl * line.quantity
        amounts = {
            "taxRate": float(line.rate),
            "taxRates": [{"name": "VAT", "rate": float(line.rate), "amount": money(total_incl - total, _FOUR)}],
            "quantityOrdered": line.quantity,
            "quantityInvoiced": line.quantity,
            "basePriceExcl": money(line.excl, _FOUR),
            "basePriceIncl": money(line.incl, _FOUR),
            "priceExcl": money(total),
            "priceIncl": money(total_incl),
        }
        kind = KINDS["orders/products"]
        links = {"product": variant["product"], "variant": variant["id"]}
        self.store.add(kind.path, new(kind) | titles | same | amounts | links, order["id"])
        if variant["stockTracking"] != "disabled":
            self.store.put(
                "variants",
                variant,
                stockLevel=variant["stockLevel"] - line.quantity,
                stockSold=variant["stockSold"] + line.quantity,
            )
            movements = KINDS["variants/movements"]
            self.store.add(
                movements.path, new(movements) | {"channel": "auto", "stockLevelChange": -line.quantity, **links}
            )

    def _event(self, order: Row, **what: Any) -> None:
        kind = KINDS["orders/events"]
        self.store.add(
            kind.path,
            new(kind) | {"createdAt": self.store.stamp(), "order": order["id"], "channel": order["channel"]} | what,
        )

    def _invoice(self, order: Row, customer: Row) -> None:
        kind = KINDS["invoices"]
        values = {
            "number": f"INV{self.store.next('invoice_number') - 1000:05d}",
            "order": order["id"],
            "customer": customer["id"],
            "priceExcl": order["priceExcl"],
            "priceIncl": order["priceIncl"],
        }
        invoice = self.store.add(kind.path, new(kind) | values)
        self._event(order, type="invoice", invoice=invoice["id"])
        items = KINDS["invoices/items"]
        for row in self.store.all("orders/products", order["id"]):
            same = {
                name: row[name]
                for name in (
                    "articleCode",
                    "ean",
                    "sku",
                    "taxRate",
                    "basePriceExcl",
                    "basePriceIncl",
                    "priceExcl",
                    "priceIncl",
                    "variant",
                )
            }
            self.store.add(
                items.path,
                new(items)
                | same
                | {"title": row["productTitle"], "orderProductId": row["id"], "quantity": row["quantityOrdered"]},
                invoice["id"],
            )
        self.happened(kind, invoice, "created")

    def _shipment(self, order: Row, customer: Row, lines: Sequence[Line]) -> None:
        kind = KINDS["shipments"]
        values = {
            "number": f"SHIP{self.store.next('shipment_number') - 1000:05d}",
            "order": order["id"],
            "customer": customer["id"],
            "totalWeight": order["weight"],
        }
        shipment = self.store.add(kind.path, new(kind) | values)
        self._event(order, type="shipment", shipment=shipment["id"])
        parts = KINDS["shipments/products"]
        for line in lines:
            same = {name: line.variant[name] for name in ("articleCode", "ean", "sku", "title")}
            self.store.add(
                parts.path,
                new(parts) | same | {"variant": line.variant["id"], "quantity": line.quantity},
                shipment["id"],
            )
        self.happened(kind, shipment, "created")

    def credit(self, request: Request, _language: str, number: int) -> Answer:
        order = self.store.get("orders", number)
        if order is None:
            raise Wrong(404, "Not found.")
        wanted = {int(each["id"]): int(each["quantity"]) for each in body(request, "credit").get("orderProducts", [])}
        first = self.store.first("invoices", order=number)
        excl = incl = Decimal(0)
        for row in self.store.all("orders/products", number):
            quantity = min(wanted.get(row["id"], 0), row["quantityOrdered"])
            excl += Decimal(str(row["basePriceExcl"])) * quantity
            incl += Decimal(str(row["basePriceIncl"])) * quantity
            self.store.put("orders/products", row, quantityRefunded=row["quantityRefunded"] + quantity)
        kind = KINDS["invoices"]
        values = {
            "number": f"INV{self.store.next('invoice_number') - 1000:05d}",
            "order": number,
            "customer": order["customer"],
            "isCreditNote": True,
            "invoice": first["id"] if first else False,
            "priceExcl": money(excl),
            "priceIncl": money(incl),
        }
        made = self.store.add(kind.path, new(kind) | values)
        self.happened(kind, made, "created")
        return 201, {"invoice": {"id": made["id"], "number": made["number"]}}


def _address(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    names = {theirs: ours for theirs, ours in _PLACES.items() if role == "Shipping" or theirs != "company"}
    values = {f"address{role}{ours}": given.get(theirs, "") for theirs, ours in names.items()}
    code = given.get("country") or ""
    values[f"address{role}Country"] = (code.get("code", "") if isinstance(code, dict) else str(code)).lower()
    return values


def _taxes(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Tax of the goods, per rate."""
    amounts: dict[Decimal, Decimal] = {}
    for line in lines:
        amounts[line.rate] = amounts.get(line.rate, Decimal(0)) + (line.incl - line.excl) * line.quantity
    return [{"name": "VAT", "rate": float(rate), "amount": money(amount, _FOUR)} for rate, amount in amounts.items()]
