"""What people do in the stand-in shop during a day: open an account, order, look at their account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exchange.sandbox.shop import Running

PASSWORD = "vorführung"  # noqa: S105 - of invented people


class Visitor:
    """Somebody in front of the shop; the calls are those that the shop's own pages make.

    Args:
        shop: that is running.
        first_name, last_name, email, company: who.
        place: street, house number, postcode, city.
    """

    def __init__(
        self,
        shop: Running,
        first_name: str,
        last_name: str,
        email: str,
        place: tuple[str, str, str, str],
        company: str = "",
    ) -> None:
        self.shop = shop
        self.http = urllib3.PoolManager(timeout=30, retries=False)
        self.names = {"firstname": first_name, "lastname": last_name}
        self.email, self.company = email, company
        self.place = dict(zip(("address1", "number", "zipcode", "city"), place, strict=True))

    def register(self) -> int:
        """Open an account; its id in the shop."""
        street, number, postcode, city = self.place.values()
        address = {
            f"address{kind}{name}": value
            for kind in ("Billing", "Shipping")
            for name, value in (
                ("Street", street),
                ("Number", number),
                ("Zipcode", postcode),
                ("City", city),
                ("Country", "de"),
            )
        }
        person = {**self.names, "email": self.email, "companyName": self.company, "isCompany": bool(self.company)}
        made = self._call("POST", "customers", {"customer": {**person, **address, "password": PASSWORD}})
        return int(made["customer"]["id"])

    def buy(self, articles: Iterable[tuple[str, int]]) -> dict[str, Any]:
        """Order through the checkout, on invoice; the order as the shop gives it."""
        place = {**self.place, "name": " ".join(self.names.values()), "country": "de"}
        person = {**self.names, "email": self.email, "company": self.company}
        given = {"mode": "guest", "customer": person, "billing_address": place, "shipping_address": place}
        checkout = self._call("POST", "checkouts", given)["id"]
        variants = {
            row["articleCode"]: row["id"] for row in self._call("GET", "variants", query="limit=250")["variants"]
        }
        for article, quantity in articles:
            self._call(
                "POST", f"checkouts/{checkout}/products", {"variant_id": variants[article], "quantity": quantity}
            )
        (method, *_) = self._call("GET", f"checkouts/{checkout}/shipment_methods")
        self._call("PUT", f"checkouts/{checkout}", {"shipment_method": {"id": method["id"]}})
        self._call("PUT", f"checkouts/{checkout}", {"payment_method": {"id": "invoice"}, "terms": 1})
        number = self._call("POST", f"checkouts/{checkout}/order")["order_id"]
        order: dict[str, Any] = self._call("GET", f"orders/{number}")["order"]
        return order

    def account(self) -> str:
        """The page of the account, after logging in."""
        url = f"{self.shop.url}/de/account"
        fields = {"email": self.email, "password": PASSWORD}
        entered = self.http.request("POST", f"{url}/login", fields=fields, redirect=False)
        cookie = entered.headers["Set-Cookie"].partition(";")[0]
        return self.http.request("GET", f"{url}/", headers={"Cookie": cookie}).data.decode()

    def _call(self, method: str, path: str, body: Any = None, query: str = "") -> Any:
        headers = urllib3.make_headers(basic_auth=f"{self.shop.key}:{self.shop.secret}")
        url = f"{self.shop.url}/de/{path}.json{'?' if query else ''}{query}"
        data = None if body is None else json.dumps(body).encode()
        answer = self.http.request(method, url, body=data, headers={**headers, "Content-Type": "application/json"})
        if answer.status >= 300:  # noqa: PLR2004 - HTTP
            message = f"{method} {path}: {answer.status} {answer.data[:200]!r}"
            raise RuntimeError(message)
        return json.loads(answer.data or b"null")
