"""Shop and plan, the account behind the key, logins of customers, metafields of everything (2.7, 2.17, 2.24)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import listing
from exchange.sandbox.shop.body import Wrong, body, missing
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.kinds import METAFIELDS
from exchange.sandbox.shop.places import country

if TYPE_CHECKING:
    from flask import Request

    from exchange.sandbox.shop.api import Answer, Calls
    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.windows import Windows
    from exchange.sandbox.shop.wire import Wire

SCOPES = ("content", "products", "customers", "orders", "settings", "tracking")
_COMPANY = ("title", "cocNumber", "vatNumber", "phone", "email", "street", "street2", "zipcode", "city", "region")


class Account:
    """Calls about shop and account.

    Args:
        store, wire, rules, settings, windows: of the shop.
    """

    def __init__(self, store: Store, wire: Wire, rules: Rules, settings: Settings, windows: Windows) -> None:
        self.store, self.wire, self.rules, self.settings, self.windows = store, wire, rules, settings, windows

    def calls(self) -> Calls:
        """Calls that are no plain records."""
        return {
            "shop": {"GET": self.shop, "PUT": self.change_shop},
            "shop/company": {"GET": self.company},
            "shop/limits": {"GET": self.limits},
            "account": {"GET": self.account},
            "account/ratelimit": {"GET": lambda *_: (200, {"accountRatelimit": self.windows.told()})},
            "account/permissions": {"GET": self.permissions},
            "time": {"GET": lambda *_: (200, {"time": self.store.stamp()})},
            "customers/#/login": {"POST": self.login},
            "customers/#/tokens": {"POST": self.token},
            "metafields": {"GET": self.metafields, "POST": self.add_metafield},
            "metafields/count": {"GET": self.count_metafields},
            "metafields/#": {"GET": self.metafield, "PUT": self.change_metafield, "DELETE": self.drop_metafield},
        }

    # Shop and account

    def _shop(self) -> Row:
        row = self.store.first("shop")
        if row is None:
            raise missing()
        return row

    def _shown(self) -> dict[str, Any]:
        row = self._shop()
        hidden = {"updatedAt", "title"}
        made = {name: value for name, value in row.items() if not name.startswith("_") and name not in hidden}
        return {"shop": made | {"country": country(row["country"])}}

    def shop(self, _request: Request, _language: str) -> Answer:
        """The shop itself."""
        return 200, self._shown()

    def change_shop(self, request: Request, _language: str) -> Answer:
        """Address and the like; what the shop is stays."""
        row, given = self._shop(), body(request, "shop")
        changed = {name: str(given[name] or "") for name in given.keys() & {*_COMPANY, "fax", "industry"}}
        self.store.put("shop", row, **changed)
        return 200, self._shown()

    def company(self, _request: Request, _language: str) -> Answer:
        """Who runs it."""
        row = self._shop()
        return 200, {"shopCompany": {"name": row["title"], **{name: row[name] for name in _COMPANY[1:]}}}

    def limits(self, _request: Request, _language: str) -> Answer:
        """What the plan allows."""
        row = self.store.first("shop/limits") or {}
        kept = {name: value for name, value in row.items() if name.startswith(("max", "has"))}
        return 200, {"shopLimits": kept}

    def account(self, _request: Request, language: str) -> Answer:
        """The account behind the key."""
        names = ("permissions", "ratelimit", "metafields")
        links = {name: self.wire.list_link(f"account/{name}", language) for name in names}
        return 200, {"account": {"id": 1, "createdAt": self._shop()["createdAt"], **links}}

    @staticmethod
    def permissions(_request: Request, _language: str) -> Answer:
        """The key may do everything."""
        return 200, {"accountPermissions": [{"resource": each, "read": True, "write": True} for each in SCOPES]}

    # Customers

    def _customer(self, number: int) -> Row:
        row = self.store.get("customers", number)
        if row is None:
            raise missing()
        return row

    def login(self, request: Request, _language: str, number: int) -> Answer:
        """Whether a password is right."""
        row, given = self._customer(number), body(request, "customerLogin")
        matches = bool(row["password"]) and row["password"] == given.get("password")
        return 200, {"customerLogin": {"loggedin": matches}}

    def token(self, request: Request, language: str, number: int) -> Answer:
        """An address that logs a customer in, once."""
        self._customer(number)
        given = body(request, "customerToken")
        wanted = str(given.get("expiresIn") or 60)
        if not wanted.isdigit():
            raise Wrong(422, "Invalid expiresIn")
        token, seconds = secrets.token_urlsafe(24), min(int(wanted), self.settings.token_seconds)
        until = self.store.now().timestamp() + seconds
        row = self.store.add("tokens", {"customer": number, "token": token, "until": until})
        url = f"{self.wire.site()}/{language}/account/token/?token={token}"
        made = {"id": row["id"], "redirectUrl": url, "returnUrl": given.get("returnUrl", ""), "expiresIn": seconds}
        return 201, {"customerToken": made}

    # Metafields of everything; which owners there may be is not known [unsure]

    def _all(self, request: Request) -> list[tuple[str, Kind, Row]]:
        query = request.args
        found = [
            (owner, kind, row)
            for owner, kind in METAFIELDS.items()
            if query.get("ownerType", owner) == owner
            for row in self.store.all(kind.path)
            if query.get("ownerId", str(row[OWNER])) == str(row[OWNER])
        ]
        kept = {row["id"] for row in listing.since([row for _, _, row in found], query)}
        return sorted((each for each in found if each[2]["id"] in kept), key=lambda each: int(each[2]["id"]))

    @staticmethod
    def _metafield(owner: str, row: Row) -> dict[str, Any]:
        names = ("id", "createdAt", "updatedAt")
        own = {"ownerType": owner, "ownerId": row[OWNER], "ownerResource": f"{owner}s"}
        return {**{name: row[name] for name in names}, **own, "key": row["key"], "value": row["value"]}

    def _one(self, number: int) -> tuple[str, Kind, Row]:
        for owner, kind in METAFIELDS.items():
            row = self.store.get(kind.path, number)
            if row is not None:
                return owner, kind, row
        raise missing()

    def metafields(self, request: Request, _language: str) -> Answer:
        """Those of all owners."""
        page = listing.page(self._all(request), request.args, self.settings)
        return 200, {"metafields": [self._metafield(owner, row) for owner, _, row in page]}

    def count_metafields(self, request: Request, _language: str) -> Answer:
        """How many."""
        return 200, {"count": len(self._all(request))}

    def metafield(self, _request: Request, _language: str, number: int) -> Answer:
        """One of them."""
        owner, _, row = self._one(number)
        return 200, {"metafield": self._metafield(owner, row)}

    def add_metafield(self, request: Request, _language: str) -> Answer:
        """A metafield of any owner."""
        given = body(request, "metafield")
        owner, number = str(given.get("ownerType") or ""), given.get("ownerId") or 0
        kind = METAFIELDS.get(owner)
        if kind is None:
            raise Wrong(422, "Invalid ownerType")
        if kind.nested and self.store.get(kind.above, number) is None:
            raise Wrong(422, "Invalid ownerId")
        values = {"key": str(given.get("key") or ""), "value": given.get("value") or ""}
        self.rules.check(kind, values, None, int(number))
        row = self.rules.add(kind, values, int(number) if kind.nested else 0)
        return 201, {"metafield": self._metafield(owner, row)}

    def change_metafield(self, request: Request, _language: str, number: int) -> Answer:
        """Another value."""
        owner, kind, row = self._one(number)
        given = body(request, "metafield")
        self.rules.change(kind, row, {name: given[name] for name in ("key", "value") if name in given})
        return 200, {"metafield": self._metafield(owner, row)}

    def drop_metafield(self, _request: Request, _language: str, number: int) -> Answer:
        """Away with it."""
        _, kind, row = self._one(number)
        self.rules.remove(kind, row)
        return 204, None
