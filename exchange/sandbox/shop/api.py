"""The REST API of the stand-in shop: one handler for all resources (`lightspeed-ecom.md` 1)."""

from __future__ import annotations

import hmac
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import listing, media
from exchange.sandbox.shop.body import Wrong, body, missing
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.wire import taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Request

    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire

#: Status and body.
Answer = tuple[int, Any]
#: Calls that are no plain records: by path with `#` for ids, then by method. They take request, language and the ids.
Calls = dict[str, dict[str, "Callable[..., Answer]"]]

_VERBS = {"POST": "P", "PUT": "U", "DELETE": "D"}


class Api:
    """Answers calls.

    Args:
        store, wire, rules, settings: of the shop.
        special: calls that are no plain records.
        then: what follows from a change of a record, by kind; told the record and what was sent.
        happened: told of every record that came, changed or went, for the webhooks.
    """

    def __init__(
        self,
        store: Store,
        wire: Wire,
        rules: Rules,
        settings: Settings,
        special: Calls,
        then: Mapping[str, Callable[[Row, Mapping[str, Any]], None]],
        happened: Callable[[Kind, Row, str], None],
    ) -> None:
        self.store, self.wire, self.rules, self.settings = store, wire, rules, settings
        self.special = special
        self.then = then
        self.happened = happened

    def answer(self, request: Request, language: str, path: str) -> Answer:
        """One call. Raises Wrong."""
        if language not in self.wire.languages:
            raise Wrong(404, "Unknown or inactive language.")
        pattern, plain, numbers = _parted(path)
        calls = self.special.get(pattern, {})
        if request.method in calls:
            return calls[request.method](request, language, *numbers)
        kind = KINDS.get(plain.removesuffix("/count"))
        if kind is None:
            raise Wrong(405, "Method not allowed.") if calls else Wrong(404, "Unknown resource.")
        owner = 0
        if kind.nested:
            if not numbers:
                raise Wrong(404, "Unknown resource.")
            owner, *numbers = numbers
            self._owned(kind, owner)
        if len(numbers) > (0 if kind.single else 1):
            raise Wrong(404, "Unknown resource.")
        verb = self._verb(request.method, kind, plain, numbers)
        row = self._row(kind, owner, numbers) if verb in ("G", "U", "D") else None
        return self._done(request, kind, verb, language, owner, row)

    @staticmethod
    def _verb(method: str, kind: Kind, plain: str, numbers: list[int]) -> str:
        """What a call does to a kind. Raises Wrong."""
        one = bool(numbers) or kind.single
        reading = "C" if plain.endswith("/count") else "G" if one else "L"
        verb = {**_VERBS, "GET": reading}.get(method, "")
        if not verb or verb not in kind.verbs or (verb in "UD" and not one) or (verb == "P" and numbers):
            raise Wrong(405, "Method not allowed.")
        return verb

    def _owned(self, kind: Kind, owner: int) -> None:
        """What lies below an order appears later than the order (1.5). Raises Wrong."""
        row = self.store.get(kind.above, owner)
        if row is None or (kind.late and self._fresh(row)):
            raise missing()

    def _fresh(self, row: Row) -> bool:
        age = self.store.now() - listing.moment(row["createdAt"])
        return timedelta() <= age < timedelta(seconds=self.settings.order_delay_seconds)

    def _row(self, kind: Kind, owner: int, numbers: list[int]) -> Row:
        if kind.single or kind.key:
            key = {kind.key: numbers[0]} if kind.key else {}
            row = self.store.first(kind.path, **{OWNER: owner, **key})
        else:
            row = self.store.get(kind.path, numbers[0])
        if row is None or row[OWNER] != owner:
            raise missing()
        return row

    def _done(self, request: Request, kind: Kind, verb: str, language: str, owner: int, row: Row | None) -> Answer:
        if row is None:
            if verb == "P":
                return self._post(request, kind, language, owner)
            return self._list(request, kind, language, owner, counting=verb == "C")
        if verb == "D":
            self.rules.remove(kind, row)
            self.happened(kind, row, "deleted")
            return 204, None
        if verb == "U":
            self._put(request, kind, language, owner, row)
        return 200, {kind.one: self.shown(kind, row, language)}

    def _list(self, request: Request, kind: Kind, language: str, owner: int, *, counting: bool) -> Answer:
        rows = listing.found(self.store, kind, owner, request.args, self.settings)
        if counting:
            return 200, {"count": len(rows)}
        page = listing.page(rows, request.args, self.settings)
        shown = self.wire.rows(kind.path, page, language)
        return 200, {kind.many: listing.columns(shown, request.args)}

    def _post(self, request: Request, kind: Kind, language: str, owner: int) -> Answer:
        given = body(request, kind.body or kind.one)
        values = taken(kind, given, language, self.wire.languages, None)
        if kind.path in media.UPLOADED:
            values |= media.kept(self.store, self.wire.site(), given)
        self.rules.check(kind, values, None, owner)
        if kind.single:
            for old in self.store.all(kind.path, owner):
                self.store.delete(kind.path, old)
        if kind.nested and not values.get("sortOrder") and "sortOrder" in kind.fields:
            values["sortOrder"] = len(self.store.all(kind.path, owner)) + 1
        row = self.rules.add(kind, values, owner)
        if kind.single:
            self.rules.picture(kind, row, owner)
        self._follow(kind, row, values, "created")
        return 201, {kind.answer or kind.one: self.shown(kind, row, language)}

    def _put(self, request: Request, kind: Kind, language: str, owner: int, row: Row) -> None:
        values = taken(kind, body(request, kind.one), language, self.wire.languages, row)
        self.rules.check(kind, values, row, owner)
        self.rules.change(kind, row, values)
        self._follow(kind, row, values, "updated")

    def _follow(self, kind: Kind, row: Row, values: Mapping[str, Any], action: str) -> None:
        if kind.path in self.then:
            self.then[kind.path](row, values)
        self.happened(kind, row, action)

    # Single records

    def shown(self, kind: Kind, row: Row, language: str) -> dict[str, Any]:
        """A record as a call shows it; a single order has what belongs to it inside (1.2)."""
        made = self.wire.shown(kind, row, language)
        if kind.path == "orders" and not self._fresh(row):
            number = row["id"]
            for name, path, rows in (
                ("products", "orders/products", self.store.all("orders/products", number)),
                ("metafields", "orders/metafields", self.store.all("orders/metafields", number)),
                ("invoices", "invoices", self.store.all("invoices", order=number)),
                ("shipments", "shipments", self.store.all("shipments", order=number)),
                ("events", "orders/events", self.store.all("orders/events", order=number)),
            ):
                made[name]["resource"]["embedded"] = self.wire.rows(path, rows, language)
            for name, path in (("customer", "customers"), ("quote", "quotes")):
                linked = self.store.get(path, row.get(name))
                if linked is not None:
                    made[name]["resource"]["embedded"] = self.wire.shown(KINDS[path], linked, language)
        return made


def authorised(header: str | None, key: str, secret: str) -> bool:
    """HTTP Basic with key and secret."""
    if not header or not header.startswith("Basic "):
        return False
    try:
        given = b64decode(header[6:])
    except ValueError:
        return False
    return hmac.compare_digest(given, f"{key}:{secret}".encode())


def _parted(path: str) -> tuple[str, str, list[int]]:
    """`products/12/images/3` is `products/#/images/#` and `products/images`, with 12 and 3."""
    parts = path.split("/")
    names = ["#" if part.isascii() and part.isdigit() else part for part in parts]
    numbers = [int(part) for part, name in zip(parts, names, strict=True) if name == "#"]
    return "/".join(names), "/".join(name for name in names if name != "#"), numbers
