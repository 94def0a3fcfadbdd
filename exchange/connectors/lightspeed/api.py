"""The sender's gateway over HTTP (`lightspeed-ecom.md` 1)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from exchange.connectors.lightspeed.gateway import NotFound, Refused, Spent, Uncertain
from exchange.connectors.lightspeed.policy import Priority
from exchange.errors import ConfigError, TransientError
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

    from exchange.connectors.lightspeed.thing import Thing
    from exchange.settings import ShopSettings

#: Rows of a list in one call (1.3).
PAGE = 250


class Path(NamedTuple):
    """How a resource stands on the wire.

    Attributes:
        path: `{}` is the id of the owner.
        one, many: keys of the envelopes; irregular ones are as in 1.2.
    """

    path: str
    one: str
    many: str


PATHS: Mapping[str, Path] = {
    "product": Path("products", "product", "products"),
    "variant": Path("variants", "variant", "variants"),
    "category": Path("categories", "category", "categories"),
    "category_product": Path("categories/products", "categoriesProduct", "categoriesProducts"),
    "brand": Path("brands", "brand", "brands"),
    "supplier": Path("suppliers", "supplier", "suppliers"),
    "group": Path("groups", "group", "groups"),
    "tax": Path("taxes", "tax", "taxes"),
    "file": Path("files", "file", "files"),
    "customer": Path("customers", "customer", "customers"),
    "order": Path("orders", "order", "orders"),
    "shipment": Path("shipments", "shipment", "shipments"),
    "quantity_discount": Path("quantity_discounts", "quantityDiscount", "quantityDiscounts"),
    "product_image": Path("products/{}/images", "productImage", "productImages"),
    "product_relation": Path("products/{}/relations", "productRelation", "productRelations"),
    "product_metafield": Path("products/{}/metafields", "productMetafield", "productMetafields"),
    "variant_metafield": Path("variants/{}/metafields", "variantMetafield", "variantMetafields"),
    "variant_image": Path("variants/{}/image", "variantImage", "variantImage"),
    "category_image": Path("categories/{}/image", "categoryImage", "categoryImage"),
    "customer_metafield": Path("customers/{}/metafields", "customerMetafield", "customerMetafields"),
    "order_metafield": Path("orders/{}/metafields", "orderMetafield", "orderMetafields"),
    "shipment_metafield": Path("shipments/{}/metafields", "shipmentMetafield", "shipmentMetafields"),
}
#: Things that have no id: their path ends without one.
_WITHOUT_ID = frozenset({"variant_image", "category_image"})


class Api:
    """The shop's API with one key (`exchange.connectors.lightspeed.gateway.Gateway`).

    Args:
        settings: section `shop`.
        now: the clock by which the windows of the budget are told.
    """

    def __init__(self, settings: ShopSettings, now: Callable[[], datetime]) -> None:
        if not settings.url or settings.secret is None:
            raise ConfigError("shop.url, shop.key and shop.secret have to be set to reach the shop by its API")
        self.settings = settings
        self.now = now
        self.calls = 0
        self._urgent = False
        self._spent: dict[bool, datetime] = {}
        self._languages: frozenset[str] | None = None
        pair = f"{settings.key}:{secret(settings.secret)}".encode()
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(pair).decode("ascii"),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        timeout = urllib3.Timeout(connect=settings.connect_seconds, read=settings.read_seconds)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False, cert_reqs="CERT_REQUIRED")

    def __repr__(self) -> str:
        return f"Api({self.settings.url!r})"

    def close(self) -> None:
        """Give back the connections."""
        self._pool.clear()

    # The budget, as the shop's answers tell it

    def begin(self, thing: Thing) -> None:
        self._urgent = thing.priority < Priority.PRICE

    def ready(self) -> None:
        until = self._spent.get(self._urgent)
        if until is not None and self.now() < until:
            raise Spent(until)

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Urgent work may use what is left to the last call; everything else leaves a rest of each window."""
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        rows = [[int(each) for each in headers.get(name, "").split("/") if each] for name in names]
        self._spent.clear()
        for limit, left, seconds in zip(*rows, strict=False):
            for urgent in (True, False):
                rest = 0 if urgent else limit * self.settings.rest_percent // 100
                if left <= rest:
                    until = self.now() + timedelta(seconds=max(seconds, 1))
                    self._spent[urgent] = max(until, self._spent.get(urgent, until))

    # Reading

    def nested(self, resource: str) -> bool:
        return "{}" in PATHS[resource].path

    def languages(self) -> Set[str]:
        if self._languages is None:
            rows = self._call("GET", "languages")["languages"]
            self._languages = frozenset(row["code"] for row in rows if row.get("isActive"))
        return self._languages

    def limits(self) -> Mapping[str, int]:
        answer = self._call("GET", "shop/limits")
        limits = next(iter(answer.values())) if len(answer) == 1 else answer
        return {name: value for name, value in limits.items() if type(value) is int}

    def count(self, resource: str) -> int:
        return int(self._call("GET", f"{PATHS[resource].path}/count")["count"])

    def read(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Mapping[str, Any]]:
        where = PATHS[resource]
        query = {name: _filter(value) for name, value in filters.items()}
        rows: list[Mapping[str, Any]] = []
        page: list[Any] = [None] * PAGE
        while len(page) == PAGE:
            number = len(rows) // PAGE + 1
            answer = self._call(
                "GET", where.path.format(owner), query={**query, "page": str(number), "limit": str(PAGE)}
            )
            page = answer.get(where.many) or []
            rows.extend(map(_plain, page))
        return rows

    def one(self, resource: str, shop_id: str) -> Mapping[str, Any]:
        return _single(self._call("GET", f"{PATHS[resource].path}/{shop_id}"), PATHS[resource].one)

    # Writing

    def create(self, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        where = PATHS[resource]
        return _single(self._call("POST", where.path.format(owner), {where.one: body}), where.one)

    def update(self, resource: str, owner: str, shop_id: str, body: Mapping[str, Any], language: str = "") -> None:
        where = PATHS[resource]
        self._call("PUT", f"{where.path.format(owner)}/{shop_id}", {where.one: body}, language=language)

    def delete(self, resource: str, owner: str, shop_id: str) -> None:
        path = PATHS[resource].path.format(owner)
        self._call("DELETE", path if resource in _WITHOUT_ID else f"{path}/{shop_id}")

    # One call

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        language: str = "",
    ) -> dict[str, Any]:
        self.ready()
        self.calls += 1
        url = f"{self.settings.url.rstrip('/')}/{language or self.settings.default_language}/{path}.json"
        data = None if body is None else json.dumps(body, default=_json_value).encode()
        if query:
            url += "?" + urlencode(query)
        try:
            answer = self._pool.request(method, url, body=data, headers=self._headers, redirect=False)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise TransientError(f"the shop cannot be reached ({type(error).__name__})") from error
        except HTTPError as error:
            raise self._broken(method, type(error).__name__) from error
        self._learn(answer.headers)
        return self._judged(method, path, answer)

    def _judged(self, method: str, path: str, answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        """The body of a good answer; an exception for any other, also for one that only looks good (1.5)."""
        if answer.status == 204:  # noqa: PLR2004 - no content
            return {}
        try:
            parsed = json.loads(answer.data, parse_float=Decimal)
        except ValueError:
            parsed = None
        error = parsed.get("error") if isinstance(parsed, dict) else None
        status, message = answer.status, ""
        if isinstance(error, dict):
            status, message = int(error.get("code") or status), str(error.get("message") or "")
        if status == 429:  # noqa: PLR2004 - too many requests
            raise Spent(self.now() + timedelta(seconds=_seconds(answer.headers.get("Retry-After"), self.now())))
        if status in (401, 403):
            raise ConfigError(f"the shop refuses the key for {method} {path}: {message or status}")
        if status == 404:  # noqa: PLR2004 - not found
            if "inactive language" in message.casefold():  # looks like a thing that is gone, and is not (1.1)
                raise ConfigError(f"shop.default_language: the shop has no active language at {method} {path}")
            raise NotFound(f"{path}: {message or 'not found'}")
        if 400 <= status < 500:  # noqa: PLR2004 - the shop does not want it
            raise Refused(message or f"{method} {path}: {status}")
        if status >= 300 or not isinstance(parsed, dict) or error is not None:  # noqa: PLR2004 - anything but good
            raise self._broken(method, message or f"status {status}")
        return parsed

    @staticmethod
    def _broken(method: str, reason: str) -> TransientError:
        """Nobody knows whether the shop did it; only making something twice would do harm."""
        text = f"the shop gave no usable answer ({reason})"
        return Uncertain(text) if method == "POST" else TransientError(text)


def _single(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """One record out of its envelope; it has been seen in a list too (1.2)."""
    record = answer.get(key)
    if isinstance(record, list):
        record = record[0] if record else None
    if not isinstance(record, dict):
        raise Uncertain(f"the shop's answer has no {key}")
    return _plain(record)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with links as ids (1.2)."""
    return {
        name: (value["resource"].get("id") or None) if isinstance(value, dict) and "resource" in value else value
        for name, value in row.items()
    }


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _filter(value: Any) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)


def _seconds(retry_after: str | None, now: datetime) -> float:
    """Seconds or a date (1.4); a minute where there is neither."""
    if retry_after is None:
        return 60
    try:
        return max(float(retry_after), 1)
    except ValueError:
        return max((parsedate_to_datetime(retry_after) - now).total_seconds(), 1)
