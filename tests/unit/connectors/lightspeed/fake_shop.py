"""A shop in memory that loses calls and answers when it is told to."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.gateway import NotFound, Refused, Spent, Uncertain
from exchange.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exchange.connectors.lightspeed.thing import Thing
    from tests.unit.connectors.lightspeed.wish_cases import Clock

NESTED = {"product_image", "product_relation", "product_metafield"}


class FakeShop:
    """Behaves as `lightspeed-ecom.md` says, as far as the sender sees it; a gateway of its own.

    Attributes:
        rows: resource → id → row; a row of a nested resource has `owner`.
        texts: (language, resource, id) → fields.
        log: what was called.
        faults: kinds of fault for the calls to come that write: `before`, `after`; None is none.
        refuse: resource and body → message of a refusal, or empty.
        budget: calls that are left; None is no end.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            "tax": {"1": {"id": 1, "rate": "0.19"}, "2": {"id": 2, "rate": "0.07"}}
        }
        self.texts: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        self.faults: list[str | None] = []
        self.refuse: Callable[[str, Mapping[str, Any]], str] = lambda _resource, _body: ""
        self.budget: int | None = None
        self.plan: dict[str, int] = {}
        self.calls = 0
        self._next = 100

    # The gateway

    def begin(self, _thing: Thing) -> None:
        """All calls are alike here."""

    def ready(self) -> None:
        if self.budget is not None and self.budget <= 0:
            raise Spent(self.clock())

    def nested(self, resource: str) -> bool:
        return resource in NESTED

    def languages(self) -> set[str]:
        return {"de", "en", "nl"}

    def limits(self) -> dict[str, int]:
        return self.plan

    def count(self, resource: str) -> int:
        return len(self.table(resource))

    def read(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Mapping[str, Any]]:
        self._call("read", resource)
        rows = [row for row in self.table(resource).values() if not owner or row["owner"] == owner]
        for name in ("product", "category"):
            if name in filters:
                rows = [row for row in rows if str(row.get(name)) == str(filters[name])]
        if "created_at_min" in filters:
            rows = [row for row in rows if row["created_at"] >= filters["created_at_min"]]
        return [dict(row) for row in rows]

    def one(self, resource: str, shop_id: str) -> Mapping[str, Any]:
        self._call("one", resource)
        return dict(self._row(resource, shop_id))

    def create(self, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self._call("create", resource)
        fault = self.faults.pop(0) if self.faults else None
        if fault == "before":
            raise TransientError("connection refused")
        message = self.refuse(resource, body)
        if message:
            raise Refused(message)
        row = self.add(resource, owner=owner, **body)
        if resource == "product":
            self.add("variant", product=row["id"], isDefault=True, title="Default", articleCode="")
        if fault == "after":
            raise Uncertain("the answer was lost")
        return dict(row)

    def update(self, resource: str, owner: str, shop_id: str, body: Mapping[str, Any], language: str = "") -> None:
        self._call("update", resource)
        row = self._row(resource, shop_id)
        assert not owner or row["owner"] == owner
        message = self.refuse(resource, body)
        if message:
            raise Refused(message)
        if language:
            self.texts.setdefault((language, resource, shop_id), {}).update(body)
        else:
            row.update(body)

    def delete(self, resource: str, owner: str, shop_id: str) -> None:
        self._call("delete", resource)
        assert not owner or self._row(resource, shop_id)["owner"] == owner
        self._row(resource, shop_id)
        del self.table(resource)[shop_id]

    # For tests

    def add(self, resource: str, **fields: Any) -> dict[str, Any]:
        """A row, as if it had always been there."""
        self._next += 1
        row = {"id": self._next, "created_at": self.clock(), **fields}
        if "attachment" in row:
            row["content"] = base64.b64decode(row.pop("attachment"))
            row["title"] = row.pop("filename").rpartition(".")[0]
            row["sortOrder"] = 1 + sum(each["owner"] == row["owner"] for each in self.table(resource).values())
        self.table(resource)[str(self._next)] = row
        return row

    def table(self, resource: str) -> dict[str, dict[str, Any]]:
        return self.rows.setdefault(resource, {})

    def all(self, resource: str) -> list[dict[str, Any]]:
        return list(self.table(resource).values())

    def writes(self) -> Counter[tuple[str, str]]:
        """How often each resource was written, and in which way; forgets it then."""
        counted = Counter(each for each in self.log if each[0] not in ("read", "one"))
        self.log.clear()
        return counted

    def _call(self, verb: str, resource: str) -> None:
        self.ready()
        if self.budget is not None:
            self.budget -= 1
        self.calls += 1
        self.log.append((verb, resource))

    def _row(self, resource: str, shop_id: str) -> dict[str, Any]:
        if shop_id not in self.table(resource):
            raise NotFound(f"{resource} {shop_id}")
        return self.table(resource)[shop_id]
