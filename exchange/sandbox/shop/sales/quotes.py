"""Quotes: the shop's carts, also those that a back office makes for a customer (2.22)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong, body, missing
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.prices import FOUR, loose
from exchange.sandbox.shop.sales.lines import Line, Method, line, total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from exchange.sandbox.shop.api import Answer, Calls
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.sales.methods import Methods
    from exchange.sandbox.shop.sales.orders import Orders
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire


class Quotes:
    """Quotes and what becomes of them.

    Args:
        store, wire, rules, settings: of the shop.
        methods: ways to ship and to pay.
        orders: places the order of a quote.
    """

    def __init__(
        self, store: Store, wire: Wire, rules: Rules, settings: Settings, methods: Methods, orders: Orders
    ) -> None:
        self.store, self.wire, self.rules, self.settings = store, wire, rules, settings
        self.methods, self.orders = methods, orders

    def calls(self) -> Calls:
        """Calls that are no plain records."""
        return {
            "quotes/#/products": {"POST": self.add_line},
            "quotes/#/products/#": {"PUT": self.change_line, "DELETE": self.drop_line},
            "quotes/#/shippingmethods": {"GET": self.shipping},
            "quotes/#/shippingmethods/count": {"GET": self.shipping_count},
            "quotes/#/paymentmethods": {"GET": self.payment},
            "quotes/#/paymentmethods/count": {"GET": self.payment_count},
            "quotes/#/convert": {"POST": self.convert},
        }

    def _quote(self, number: int) -> Row:
        quote = self.store.get("quotes", number)
        if quote is None:
            raise missing()
        if quote["isLocked"]:
            raise Wrong(422, "Quote is locked")
        return quote

    def _row(self, number: int, place: int) -> Row:
        row = self.store.get("quotes/products", place)
        if row is None or row[OWNER] != number:
            raise missing()
        return row

    # Lines; whether an own price is taken is not known [unsure]

    def add_line(self, request: Request, language: str, number: int) -> Answer:
        """`{variant, quantity}`, and `priceExcl` or `priceIncl` for an own price of one piece."""
        quote, given = self._quote(number), body(request, "quoteProduct")
        bought = line(self.store, given.get("variant"), given.get("quantity", 1), self._own(given))
        kind = KINDS["quotes/products"]
        row = self.rules.add(kind, _priced(bought), number)
        self._sum(quote)
        return 201, {kind.one: self.wire.shown(kind, row, language)}

    def change_line(self, request: Request, language: str, number: int, place: int) -> Answer:
        """Another quantity, or another price."""
        quote, row, given = self._quote(number), self._row(number, place), body(request, "quoteProduct")
        own = self._own(given) if {"priceExcl", "priceIncl"} & given.keys() else {False: row["basePriceExcl"]}
        bought = line(self.store, row["variant"], given.get("quantity", row["quantity"]), own)
        kind = KINDS["quotes/products"]
        self.store.put(kind.path, row, **_priced(bought))
        self._sum(quote)
        return 200, {kind.one: self.wire.shown(kind, row, language)}

    def _own(self, given: Mapping[str, Any]) -> dict[bool, Any]:
        if not self.settings.quote_prices:
            return {}
        return {False: given.get("priceExcl"), True: given.get("priceIncl")}

    def drop_line(self, _request: Request, _language: str, number: int, place: int) -> Answer:
        """Take a line out."""
        quote = self._quote(number)
        self.store.delete("quotes/products", self._row(number, place))
        self._sum(quote)
        return 204, None

    def _lines(self, number: int) -> list[Line]:
        rows = self.store.all("quotes/products", number)
        return [line(self.store, row["variant"], row["quantity"], {False: row["basePriceExcl"]}) for row in rows]

    def _sum(self, quote: Row) -> None:
        lines = self._lines(quote["id"])
        sums = {
            "priceExcl": loose(total(each.total_excl for each in lines)),
            "priceIncl": loose(total(each.total_incl for each in lines)),
            "productsCount": len(lines),
            "productsQuantity": sum(each.quantity for each in lines),
            "recalculatedAt": self.store.stamp(),
        }
        self.store.put("quotes", quote, **sums)

    # Methods

    def shipping(self, _request: Request, _language: str, number: int) -> Answer:
        """Ways to ship."""
        self._quote(number)
        return 200, {"quoteShippingMethods": self.methods.shipping()}

    def shipping_count(self, _request: Request, _language: str, number: int) -> Answer:
        """How many."""
        self._quote(number)
        return 200, {"count": len(self.methods.shipping())}

    def payment(self, _request: Request, _language: str, number: int) -> Answer:
        """Ways to pay."""
        self._quote(number)
        return 200, {"quotePaymentMethods": self.methods.payment()}

    def payment_count(self, _request: Request, _language: str, number: int) -> Answer:
        """How many."""
        self._quote(number)
        return 200, {"count": len(self.methods.payment())}

    def changed(self, quote: Row, given: Mapping[str, Any]) -> None:
        """After a POST or PUT of a quote: the methods that it names have titles and prices. Raises Wrong."""
        if not quote["recoveryHash"]:
            self.store.put("quotes", quote, recoveryHash=secrets.token_hex(16))
        for name, find in (("shipment", self.methods.chosen_shipping), ("payment", self.methods.chosen_payment)):
            if given.get(f"{name}Id"):
                method = find(_chosen(given, name), f"{name}Id")
                values = {
                    f"{name}IsSet": True,
                    f"{name}Title": given.get(f"{name}Title") or method.title,
                    f"{name}TaxRate": loose(method.rate, FOUR),
                    f"{name}PriceExcl": loose(method.excl, FOUR),
                    f"{name}PriceIncl": loose(method.incl, FOUR),
                }
                self.store.put("quotes", quote, **values)

    # The order

    def convert(self, request: Request, _language: str, number: int) -> Answer:
        """The quote becomes an order of its customer, once. What `order` may hold is not known [unsure]."""
        quote = self._quote(number)
        customer, lines = self.store.get("customers", quote["customer"]), self._lines(number)
        if customer is None or not lines:
            raise Wrong(422, "Invalid customer" if customer is None else "Quote is empty")
        given = body(request, "order")
        kept = {name for name in KINDS["orders"].fields if name in KINDS["customers"].fields} - {"language", "memo"}
        person = {name: customer[name] for name in kept if name in customer}
        person |= {"customer": customer["id"], "quote": number, "channel": quote["channel"]}
        comment = quote["comment"] if self.settings.quote_comments else ""
        person |= {"language": quote["language"], "comment": comment, "memo": str(given.get("memo") or "")}
        order = self.orders.place(person, lines, self._method(quote, "shipment"), self._method(quote, "payment"))
        self.store.put("quotes", quote, isLocked=True)
        return 201, {"order": {"id": order["id"], "number": order["number"]}}

    @staticmethod
    def _method(quote: Row, name: str) -> Method:
        """A way to ship or pay as the quote has it; without one it is told elsewhere, and free."""
        return Method.of(
            {
                "id": quote[f"{name}Id"] or "external",
                "title": quote[f"{name}Title"],
                "price_excl": quote[f"{name}PriceExcl"],
                "price_incl": quote[f"{name}PriceIncl"],
                "tax_rate": quote[f"{name}TaxRate"],
            }
        )


def _chosen(given: Mapping[str, Any], name: str) -> Any:
    """An external method has a price of its own, as in a checkout; whether a quote takes it is not known [unsure]."""
    if given[f"{name}Id"] != "external":
        return given[f"{name}Id"]
    prices = {"price_excl": given.get(f"{name}PriceExcl"), "price_incl": given.get(f"{name}PriceIncl")}
    return {"id": "external"} | {side: price for side, price in prices.items() if price is not None}


def _priced(bought: Line) -> Row:
    variant = bought.variant
    amounts = {"Excl": loose(bought.excl, FOUR), "Incl": loose(bought.incl, FOUR)}
    return {
        "variant": variant["id"],
        "product": variant["product"],
        "quantity": bought.quantity,
        "taxRate": loose(bought.rate, FOUR),
        "priceTax": loose(bought.incl - bought.excl, FOUR),
        **{f"base{name}": variant[name.lower()] for name in ("Weight", "Volume", "Colli")},
        **{name: variant[name] * bought.quantity for name in ("weight", "volume", "colli")},
        **{f"{prefix}{side}": value for side, value in amounts.items() for prefix in ("basePrice", "price")},
        "priceCost": variant["priceCost"],
        "basePriceCost": variant["priceCost"],
    }
