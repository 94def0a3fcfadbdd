"""The shop's API, resource by resource (`lightspeed-ecom.md` 1, 2)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Self

from urllib3 import encode_multipart_formdata

from exchange.connectors.lightspeed.calls import JSON, PAUSE_SECONDS, Call, Calls
from exchange.connectors.lightspeed.envelopes import asked, normal, one, rows, wrapped
from exchange.connectors.lightspeed.errors import NotFound, Unreadable
from exchange.connectors.lightspeed.resources import RESOURCES, unknown_filters
from exchange.errors import FatalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from exchange.connectors.lightspeed.budget import Budget
    from exchange.connectors.lightspeed.calls import Answer
    from exchange.connectors.lightspeed.resources import Resource
    from exchange.settings import ShopSettings

#: Rows of a list in one call (1.3).
PAGE = 250


class LightspeedClient:
    """The shop's API with one key. One thread at a time; several may share a budget.

    Rows come normal (`envelopes.normal`): None for nothing, ids for links, Decimal for money, moments aware.

    Every call may raise Spent, Unavailable (both: nothing was done) and ConfigError; see
    `exchange.connectors.lightspeed.errors` for those that are named at the methods.

    Args:
        settings: section `shop`.
        budget: of the key; it also waits for us.
        patience_seconds: how long a call waits for the budget before it raises Spent.

    Attributes:
        calls: makes them; `calls.urgent` lets them use the rest of the budget too.
    """

    def __init__(self, settings: ShopSettings, budget: Budget, *, patience_seconds: float = 0) -> None:
        self.settings = settings
        self.calls = Calls(settings, budget, patience_seconds=patience_seconds)

    def __repr__(self) -> str:
        return f"LightspeedClient({self.calls.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.calls.close()

    # Reading

    def get(self, resource: str, shop_id: str = "", owner: str = "", *, language: str = "") -> dict[str, Any]:
        """One thing. Raises NotFound."""
        where = _offered(resource, "G")
        return one(where, self._read(where, where.address(owner, shop_id), language).content)

    def answer(self, resource: str, shop_id: str, owner: str = "") -> Answer:
        """The answer of `get` as the shop wrote it, in its envelope. Raises NotFound."""
        where = _offered(resource, "G")
        answer = self._read(where, where.address(owner, shop_id), "")
        one(where, answer.content)  # so that nothing else is taken for it
        return answer

    def list(self, resource: str, owner: str = "", *, language: str = "", **filters: Any) -> Iterator[dict[str, Any]]:
        """All things of a collection, page by page as they are asked for (1.3).

        It goes on behind the last id, so that nothing is passed over when things go away meanwhile; by page numbers
        only where the shop does not give the ids in order.

        Args:
            resource: as `RESOURCES` names it.
            owner: what the things live under.
            language: of their texts.
            filters: those of the resource, `updated_at_min` and the like (aware), and `fields`.
        """
        return map(normal, self.rows(resource, owner, language=language, **filters))

    def rows(self, resource: str, owner: str = "", *, language: str = "", **filters: Any) -> Iterator[dict[str, Any]]:
        """The same as `list`, each as the shop wrote it; only numbers are exact."""
        where = _offered(resource, "L")
        wrong = unknown_filters(where, filters)
        if wrong:
            raise FatalError(f"the list of {resource} knows no filter {', '.join(wrong)}")
        query = {name: asked(value) for name, value in filters.items()}
        if "fields" in query:
            query["fields"] = ",".join(dict.fromkeys(["id", *query["fields"].split(",")]))
        return self._walk(where, where.address(owner), language, query)

    def _walk(self, where: Resource, path: str, language: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        seen: set[Any] = set()
        page, behind, in_order = 1, 0, True
        while True:
            place = {"since_id": str(behind)} if behind else {"page": str(page)}
            answer = self._read(where, path, language, {"limit": str(PAGE), **query, **place})
            found = rows(where, answer.content)
            ids = [row["id"] for row in found if isinstance(row.get("id"), int)]
            if behind and any(each <= behind for each in ids):  # it does not know since_id here
                behind, in_order = 0, False
                continue
            fresh = [row for row in found if row.get("id") is None or row["id"] not in seen]
            yield from fresh
            if len(found) < PAGE:
                return
            if not fresh:
                raise Unreadable(f"the shop gives the same page of {path} again and again")
            seen.update(ids)
            page += 1
            in_order = in_order and len(ids) == len(found) and ids == sorted(ids)
            behind = ids[-1] if in_order else 0

    def count(self, resource: str, owner: str = "", **filters: Any) -> int:
        """How many there are."""
        where = _offered(resource, "C")
        query = {name: asked(value) for name, value in filters.items()}
        answer = self._read(where, f"{where.address(owner)}/count", "", query)
        number = answer.content.get("count") if isinstance(answer.content, dict) else None
        if type(number) is not int:
            raise Unreadable(f"the shop's answer holds no count of {resource}")
        return number

    def languages(self) -> Set[str]:
        """The active languages of the shop, by its own codes."""
        return {str(row["code"]) for row in self.list("language") if row.get("isActive")}

    def ratelimit(self) -> None:
        """Ask for the windows of calls, so that the budget knows them before the work begins."""
        where = RESOURCES["account_ratelimit"]
        self.calls.budget.told(one(where, self._read(where, where.path, "").content))

    # Writing

    def create(self, resource: str, body: Mapping[str, Any], owner: str = "", *, language: str = "") -> dict[str, Any]:
        """Make a thing; as the shop has it now. Raises Refused, Uncertain, NotFound for an owner that is gone."""
        where = _offered(resource, "P")
        return self._made(where, self._call("POST", where.address(owner), language, wrapped(where, body, new=True)))

    def update(
        self, resource: str, shop_id: str, body: Mapping[str, Any], owner: str = "", *, language: str = ""
    ) -> dict[str, Any]:
        """Change some fields; as the shop has it now. Raises Refused, NotFound, Uncertain."""
        where = _offered(resource, "U")
        return self._made(where, self._call("PUT", where.address(owner, shop_id), language, wrapped(where, body)))

    def delete(self, resource: str, shop_id: str = "", owner: str = "") -> None:
        """Take a thing away. Raises Refused, NotFound, Uncertain."""
        where = _offered(resource, "D")
        self.calls.attempt(self._call("DELETE", where.address(owner, shop_id), ""))

    def upload(
        self, resource: str, name: str, content: bytes, owner: str = "", *, multipart: bool = False
    ) -> dict[str, Any]:
        """Make a thing out of a file: within the JSON, or as a form (1.1). Raises as `create`."""
        if not multipart:
            attachment = base64.b64encode(content).decode("ascii")
            return self.create(resource, {"attachment": attachment, "filename": name}, owner)
        where = _offered(resource, "P")
        form, kind = encode_multipart_formdata({"attachment": (name, content), "filename": name})
        return self._made(where, self._call("POST", where.address(owner), "", form, kind))

    def _made(self, where: Resource, call: Call) -> dict[str, Any]:
        answer = self.calls.attempt(call)
        try:
            return one(where, answer.content)
        except Unreadable as error:
            raise call.broken(str(error)) from error

    # Calls

    def _call(self, method: str, path: str, language: str, body: bytes | None = None, content_type: str = JSON) -> Call:
        return Call(method, path, language or self.settings.default_language, {}, body, content_type)

    def _read(self, where: Resource, path: str, language: str, query: Mapping[str, str] | None = None) -> Answer:
        """Read, also what comes late."""
        call = self._call("GET", path, language)._replace(query=query or {})
        waited, pause = 0.0, PAUSE_SECONDS
        while True:
            try:
                return self.calls.read(call)
            except NotFound:
                if not where.late or waited >= self.settings.late_seconds:
                    raise
            self.calls.budget.sleep(pause)
            waited, pause = waited + pause, pause * 2


def _offered(resource: str, verb: str) -> Resource:
    where = RESOURCES[resource]
    if verb not in where.verbs:
        raise FatalError(f"the shop's API offers no {verb} of {resource}")
    return where
