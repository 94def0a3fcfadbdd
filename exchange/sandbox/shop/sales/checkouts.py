"""Checkouts, the practical way to an order: bare objects and arrays in snake_case (2.23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import listing
from exchange.sandbox.shop.body import Wrong, body
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.sales.cart import Cart, checkout
from exchange.sandbox.shop.sales.lines import Method
from exchange.sandbox.shop.sales.methods import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Request

    from exchange.sandbox.shop.api import Answer, Calls
    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.sales.methods import Methods
    from exchange.sandbox.shop.sales.orders import Orders
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire

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
_PERSON = {
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
#: What must not be empty; the house number is `-1` where it stands in the street (2.23, 7).
_REQUIRED = {
    "customer": ("email", "firstname", "lastname"),
    "billing_address": ("name", "address1", "number", "zipcode", "city", "country"),
}


def _new(language: str) -> dict[str, Any]:
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
        "_language": language,
        "_lines": [],
    }


class Checkouts:
    """Checkouts and what becomes of them.

    Args:
        store, wire, rules, settings: of the shop.
        methods: ways to ship and to pay.
        orders: places the order of a checkout.
        happened: told of a customer that comes with it.
    """

    def __init__(
        self,
        store: Store,
        wire: Wire,
        rules: Rules,
        settings: Settings,
        methods: Methods,
        orders: Orders,
        happened: Callable[[Kind, Row, str], None],
    ) -> None:
        self.store, self.wire, self.rules, self.settings = store, wire, rules, settings
        self.methods, self.orders, self.happened = methods, orders, happened
        self.cart = Cart(store)

    def calls(self) -> Calls:
        """All of them: nothing here is a plain record."""
        cart = self.cart
        return {
            "checkouts": {"GET": self.many, "POST": self.begin},
            "checkouts/count": {"GET": lambda *_: (200, {"count": self.store.count("checkouts")})},
            "checkouts/#": {"GET": self.one, "PUT": self.change, "DELETE": self.drop},
            "checkouts/#/products": {"GET": cart.many, "POST": cart.add},
            "checkouts/#/products/count": {"GET": cart.count},
            "checkouts/#/products/#": {"GET": cart.one, "PUT": cart.change, "DELETE": cart.drop},
            "checkouts/#/shipment_methods": {"GET": self.shipment_methods},
            "checkouts/#/payment_methods": {"GET": self.payment_methods},
            "checkouts/#/validate": {"GET": self.validate},
            "checkouts/#/order": {"POST": self.order},
        }

    def _shown(self, row: Row) -> dict[str, Any]:
        made = {name: value for name, value in row.items() if not name.startswith("_")}
        made["created_at"], made["updated_at"] = made.pop("createdAt"), made.pop("updatedAt")
        products = [self.cart.shown(row, each) for each in row["_lines"]]
        return made | {"quote": {"id": row["id"]}, "products": products}

    # The checkout itself

    def many(self, request: Request, _language: str) -> Answer:
        """A bare array."""
        rows = listing.since(self.store.all("checkouts"), request.args)
        return 200, [self._shown(row) for row in listing.page(rows, request.args, self.settings)]

    def begin(self, request: Request, language: str) -> Answer:
        """A checkout, with whatever is known already."""
        row = self.store.add("checkouts", _new(language))
        self._take(row, body(request, ""))
        return 201, self._shown(row)

    def one(self, _request: Request, _language: str, number: int) -> Answer:
        """A bare object."""
        return 200, self._shown(checkout(self.store, number))

    def change(self, request: Request, _language: str, number: int) -> Answer:
        """People, addresses, methods, terms."""
        row = checkout(self.store, number)
        self._take(row, body(request, ""))
        return 200, self._shown(row)

    def drop(self, _request: Request, _language: str, number: int) -> Answer:
        """Away with it."""
        self.store.delete("checkouts", checkout(self.store, number))
        return 204, None

    def _take(self, row: Row, given: Mapping[str, Any]) -> None:
        known = _new("").keys() - {"order_id", "theme", "step", "info", "_language", "_lines"}
        values = {name: value for name, value in given.items() if name in known}
        for name in ("customer", "billing_address", "shipping_address"):
            if not isinstance(values.get(name, {}), dict):
                raise Wrong(422, f"Invalid {name}")
        if "shipment_method" in values:
            values["shipment_method"] = chosen(values["shipment_method"], self.methods.shipping(), "shipment_method")
        self.store.put("checkouts", row, **{name: values[name] for name in values if name != "payment_method"})
        if "payment_method" in values:
            method = chosen(values["payment_method"], self._payment(row), "payment_method")
            self.store.put("checkouts", row, payment_method=method)

    # Methods and the order

    def _payment(self, row: Row) -> list[dict[str, Any]]:
        """Only after a shipment method is set."""
        return self.methods.payment() if row["shipment_method"] else []

    def shipment_methods(self, _request: Request, _language: str, number: int) -> Answer:
        """Ways to ship."""
        checkout(self.store, number)
        return 200, self.methods.shipping()

    def payment_methods(self, _request: Request, _language: str, number: int) -> Answer:
        """Ways to pay."""
        return 200, self._payment(checkout(self.store, number))

    @staticmethod
    def _errors(row: Row) -> dict[str, str]:
        names = [(f"{part}.{name}", row[part].get(name)) for part, names in _REQUIRED.items() for name in names]
        names += [(name, row[name]) for name in ("shipment_method", "payment_method")]
        found = {f"{name}.required": f"{name} is required" for name, value in names if not value}
        if not row["_lines"]:
            found["products.required"] = "cart is empty"
        if not row["terms"]:
            found["terms.accepted"] = "terms have to be accepted"
        return found

    def validate(self, _request: Request, _language: str, number: int) -> Answer:
        """What is missing."""
        errors = self._errors(checkout(self.store, number))
        return 200, {"validated": not errors, "errors": errors or []}

    def order(self, request: Request, _language: str, number: int) -> Answer:
        """The order of a checkout, once, and where it is paid; a body may bring what was missing."""
        row = checkout(self.store, number)
        if row["order_id"]:
            raise Wrong(422, "Checkout is already an order")
        self._take(row, body(request, ""))
        errors = self._errors(row)
        if errors:
            raise Wrong(422, "; ".join(errors))
        lines = [self.cart.stocked(each) for each in row["_lines"]]
        person = self._person(row) | {"customer": self._customer(row), "language": row["_language"]}
        person |= {"comment": row["comment"], "memo": row["memo"], "newsletterSubscribed": bool(row["newsletter"])}
        person |= {"allowNotifications": bool(row["notifications"])}
        shipment, payment = Method.of(row["shipment_method"]), Method.of(row["payment_method"])
        order = self.orders.place(person, lines, shipment, payment)
        self.store.put("checkouts", row, order_id=order["id"])
        pay = f"{self.wire.site()}/{row['_language']}/pay/{order['id']}/{order['_pay']}/"
        return 200, {"order_id": order["id"], "payment_url": pay, "payment_provider": payment.id}

    @staticmethod
    def _person(row: Row) -> Row:
        given = row["customer"]
        values = {ours: given[theirs] for theirs, ours in _PERSON.items() if given.get(theirs)}
        shipping = row["shipping_address"] or row["billing_address"]
        company = {"isCompany": bool(given.get("company"))}
        return values | company | _address("Billing", row["billing_address"]) | _address("Shipping", shipping)

    def _customer(self, row: Row) -> int:
        """The account of that address, or a new one: a guest's, or one with a password."""
        guest = row["mode"] == "guest"
        known = self.store.first("customers", email=row["customer"]["email"])
        if known is not None and (self.settings.guests_join or not guest):
            return int(known["id"])
        more = {"type": "guest" if guest else "registered", "password": str(row["customer"].get("password") or "")}
        made = self.rules.add(KINDS["customers"], self._person(row) | more | {"language": row["_language"]})
        self.happened(KINDS["customers"], made, "created")
        return int(made["id"])


def _address(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    values = {
        f"address{role}{ours}": given.get(theirs) or ""
        for theirs, ours in _PLACES.items()
        if role == "Shipping" or theirs != "company"
    }
    code = given.get("country") or ""
    values[f"address{role}Country"] = str(code.get("code", "") if isinstance(code, dict) else code).lower()
    return values
