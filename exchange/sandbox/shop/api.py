"""The REST API of the stand-in shop: one handler for all resources (`lightspeed-ecom.md` 1)."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop import media, rules
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.store import OWNER
from exchange.sandbox.shop.wire import Wrong, body, new, shown, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Request

    from exchange.sandbox.shop.kinds import Kind
    from exchange.sandbox.shop.store import Row, Store

#: Most rows of a list, and how many without `limit`.
MOST, USUAL = 250, 50
_VERBS = {"GET": "G", "POST": "P", "PUT": "U", "DELETE": "D"}
_PICTURES = frozenset({"products/images", "files", "variants/image", "categories/image", "brands/image"})

#: Status and body.
Answer = tuple[int, Any]


class Api:
    """Answers calls.

    Args:
        store: of the shop.
        site: address of the server, for links.
        special: calls that are no plain records, by method and path without ids.
        happened: told of every record that came, changed or went, for the webhooks.
    """

    def __init__(
        self,
        store: Store,
        site: Callable[[], str],
        special: Mapping[tuple[str, str], Callable[..., Answer]],
        happened: Callable[[Kind, Row, str], None],
    ) -> None:
        self.store = store
        self.site = site
        self.special = special
        self.happened = happened

    @property
    def basic(self) -> str:
        """The default language."""
        return str((self.store.first("languages", isDefault=True) or {"code": "de"})["code"])

    def answer(self, request: Request, language: str, path: str) -> Answer:
        """One call. Raises Wrong."""
        active = {row["code"] for row in self.store.all("languages") if row["isActive"]}
        if language not in active:
            raise Wrong(404, "Unknown or inactive language.")
        plain, numbers = _parted(path)
        special = self.special.get((request.method, plain))
        if special is not None:
            return special(request, language, *numbers)
        counting = plain.endswith("/count")
        kind = KINDS.get(plain.removesuffix("/count"))
        if kind is None:
            raise Wrong(404, "Unknown resource.")
        owner = 0
        if kind.nested:
            if not numbers:
                raise Wrong(404, "Unknown resource.")
            owner, numbers = numbers[0], numbers[1:]
            if self.store.get(kind.path.partition("/")[0], owner) is None:
                raise Wrong(404, "Not found.")
        return self._record(request, kind, language, owner, numbers, counting=counting)

    def _record(
        self, request: Request, kind: Kind, language: str, owner: int, numbers: list[int], *, counting: bool
    ) -> Answer:
        verb = _VERBS.get(request.method, "")
        listed = verb == "G" and not numbers and not kind.single
        verb = "C" if counting else "L" if listed else verb
        if verb not in kind.verbs or (verb in "UD" and not numbers and not kind.single) or (verb == "P" and numbers):
            raise Wrong(405, "Method not allowed.")
        if verb in "LC":
            return self._list(request, kind, language, owner, counting=counting)
        if verb == "P":
            return self._post(request, kind, language, owner)
        row = self.store.first(kind.path, **{OWNER: owner}) if kind.single else self.store.get(kind.path, numbers[0])
        if row is None or row[OWNER] != owner:
            raise Wrong(404, "Not found.")
        if verb == "G":
            return 200, {kind.one: self.shown(kind, row, language)}
        if verb == "D":
            self._delete(kind, row)
            return 204, None
        values = taken(kind, body(request, kind.one), language, self.basic, row)
        rules.checked(self.store, kind, values, row, owner)
        self.store.put(kind.path, row, **values)
        rules.changed(self.store, kind, row, values)
        self.happened(kind, row, "updated")
        return 200, {kind.one: self.shown(kind, row, language)}

    def shown(self, kind: Kind, row: Row, language: str) -> dict[str, Any]:
        """A record as a call shows it; a single order has what belongs to it inside."""
        made = shown(kind, row, language, f"{self.site()}/{language}")
        if kind.path == "orders":
            self._embed(made, language)
        return made

    def _embed(self, made: dict[str, Any], language: str) -> None:
        number = made["id"]
        for name, path, owner, fields in (
            ("products", "orders/products", number, {}),
            ("metafields", "orders/metafields", number, {}),
            ("invoices", "invoices", None, {"order": number}),
            ("shipments", "shipments", None, {"order": number}),
            ("events", "orders/events", None, {"order": number}),
        ):
            rows = self.store.all(path, owner, **fields)
            base = f"{self.site()}/{language}"
            made[name]["resource"]["embedded"] = [shown(KINDS[path], row, language, base) for row in rows]
        for name, path in (("customer", "customers"), ("quote", "quotes")):
            row = self.store.get(path, made[name]["resource"]["id"]) if made[name] else None
            if row is not None:
                made[name]["resource"]["embedded"] = shown(KINDS[path], row, language, f"{self.site()}/{language}")

    # Lists

    def _list(self, request: Request, kind: Kind, language: str, owner: int, *, counting: bool) -> Answer:
        query = request.args
        rows = self.store.all(kind.path, owner if kind.nested else None)
        for name, field in kind.filters.items():
            if name in query:
                rows = [row for row in rows if str(row.get(field) or "") == query[name]]
        for name, field, least in (
            ("created_at_min", "createdAt", True),
            ("created_at_max", "createdAt", False),
            ("updated_at_min", "updatedAt", True),
            ("updated_at_max", "updatedAt", False),
        ):
            if name in query and kind.dated:
                limit = _moment(query[name])
                rows = [
                    row for row in rows if (_moment(row[field]) >= limit if least else _moment(row[field]) <= limit)
                ]
        if "since_id" in query:
            rows = [row for row in rows if row["id"] > int(query["since_id"])]
        if counting:
            return 200, {"count": len(rows)}
        size = min(max(_whole(query.get("limit"), USUAL), 1), MOST)
        begin = (max(_whole(query.get("page"), 1), 1) - 1) * size
        base = f"{self.site()}/{language}"
        page = [shown(kind, row, language, base) for row in rows[begin : begin + size]]
        if query.get("fields"):
            wanted = set(query["fields"].split(","))
            page = [{name: value for name, value in row.items() if name in wanted} for row in page]
        return 200, {kind.many: page}

    # Writing

    def _post(self, request: Request, kind: Kind, language: str, owner: int) -> Answer:
        given = body(request, kind.many if kind.path == "locations" else kind.one)
        values = taken(kind, given, language, self.basic, None)
        if kind.path in _PICTURES:
            values |= media.kept(self.store, self.site(), given)
        rules.checked(self.store, kind, values, None, owner)
        if kind.single:
            for old in self.store.all(kind.path, owner):
                self.store.delete(kind.path, old)
        if "sortOrder" in kind.fields and "sortOrder" not in values and kind.nested:
            values["sortOrder"] = len(self.store.all(kind.path, owner)) + 1
        row = self.store.add(kind.path, new(kind) | values, owner)
        rules.made(self.store, kind, row)
        self._pictured(kind, row, owner)
        self.happened(kind, row, "created")
        return 201, {kind.answer or kind.one: self.shown(kind, row, language)}

    def _pictured(self, kind: Kind, row: Row, owner: int) -> None:
        """The image of a category, brand or variant shows at its owner; a variant's also among the product's (2.2)."""
        if not kind.single:
            return
        above = kind.path.partition("/")[0]
        owned = self.store.get(above, owner)
        names = ("createdAt", "updatedAt", "extension", "size", "title", "thumb", "src")
        picture = {name: row[name] for name in names}
        if owned is not None:
            self.store.put(above, owned, image=picture)
            if above == "variants":
                images = KINDS["products/images"]
                order = len(self.store.all(images.path, owned["product"])) + 1
                self.store.add(images.path, new(images) | picture | {"sortOrder": order}, owned["product"])

    def _delete(self, kind: Kind, row: Row) -> None:
        if kind.path == "taxes" and row.get("isDefault"):
            raise Wrong(422, "The default tax cannot be deleted.")
        if kind.path == "variants" and len(self.store.all("variants", product=row["product"])) == 1:
            raise Wrong(422, "The last variant cannot be deleted.")
        self.store.delete(kind.path, row)
        rules.gone(self.store, kind, row)
        if kind.single:
            above = kind.path.partition("/")[0]
            owned = self.store.get(above, row[OWNER])
            if owned is not None:
                self.store.put(above, owned, image=False)
        self.happened(kind, row, "deleted")


def authorised(header: str | None, key: str, secret: str) -> bool:
    """HTTP Basic with key and secret."""
    if not header or not header.startswith("Basic "):
        return False
    try:
        return b64decode(header[6:]).decode() == f"{key}:{secret}"
    except ValueError:
        return False


def _parted(path: str) -> tuple[str, list[int]]:
    """`products/12/images/3` is `products/images` with 12 and 3."""
    names, numbers = [], []
    for part in path.split("/"):
        if part.isdigit():
            numbers.append(int(part))
        else:
            names.append(part)
    return "/".join(names), numbers


def _moment(text: str) -> datetime:
    """Without an offset it is UTC (1.3)."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(400, f"Invalid date {text}") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _whole(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdigit() else usual
