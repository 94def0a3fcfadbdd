"""The shop in memory behind HTTP: paths, envelopes, links and faults as `lightspeed-ecom.md` 1 has them."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from exchange.connectors.lightspeed.api import PATHS
from exchange.connectors.lightspeed.gateway import NotFound, Refused
from tests.unit.connectors.lightspeed.fake_shop import FakeShop

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Fields that the shop tells as links.
LINKS = ("product", "brand", "supplier", "parent", "category", "tax", "relatedProduct")

#: Answers that are always the same.
KNOWN = {
    "languages": {"languages": [{"code": code, "isActive": True} for code in ("de", "en", "nl")]},
    "shop/limits": {"shopLimits": {"maxProducts": 10_000}},
}


class Served:
    """A shop with an address.

    Attributes:
        shop: what it holds.
        url: of the cluster.
        faults: what happens to the next calls that write: `429`, `500`, `html`, `cut` (the work is done, the answer
            ends in the middle), `drop` (the work is done, no answer); None is none.
        left: calls per 5 minutes, hour and day that are left.
    """

    def __init__(self, url: str) -> None:
        self.shop = FakeShop(lambda: datetime.now(UTC))  # type: ignore[arg-type]
        self.url = url
        self.faults: list[str | None] = []
        self.left = [300, 3_000, 12_000]
        self.lock = threading.Lock()


def _link(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"resource": {"id": value or False, "url": "x", "link": "x"}} if name in LINKS else value
        for name, value in row.items()
        if name not in ("content", "created_at", "owner")
    }


def _parse(path: str) -> tuple[str, str, str]:
    """Resource, owner and id of a path."""
    for name, where in PATHS.items():
        pattern = re.escape(where.path).replace(r"\{\}", r"(?P<owner>\d+)") + r"(?:/(?P<id>\d+))?"
        found = re.fullmatch(pattern, path)
        if found:
            named = found.groupdict()
            return name, named.get("owner") or "", named.get("id") or ""
    raise NotFound(path)


class Handler(BaseHTTPRequestHandler):
    """One call."""

    served: Served
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body of an answer in one packet

    def log_message(self, *_arguments: Any) -> None:
        """Tests stay quiet."""

    def handle_call(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length), parse_float=Decimal) if length else {}
        parts = urlsplit(self.path)
        _, language, path = parts.path.removesuffix(".json").split("/", 2)
        writes = self.command != "GET"
        fault = self.served.faults.pop(0) if writes and self.served.faults else None
        if fault in ("429", "500"):
            self.answer(int(fault), {"error": {"code": int(fault), "message": fault}}, retry="1")
            return
        with self.served.lock:
            try:
                status, answer = self.work(language, path, body, dict(parse_qsl(parts.query)))
            except NotFound as error:
                status, answer = 404, {"error": {"code": 404, "message": str(error)}}
            except Refused as error:
                status, answer = 400, {"error": {"code": 400, "message": error.message}}
        if fault == "html":
            self.answer(502, "<html>Bad gateway</html>")
        elif fault == "drop":
            self.close_connection = True
        else:
            self.answer(status, answer, cut=fault == "cut")

    do_GET = do_POST = do_PUT = do_DELETE = handle_call  # noqa: N815 - as http.server wants it

    def work(self, language: str, path: str, body: dict[str, Any], query: dict[str, str]) -> tuple[int, Any]:
        if path in KNOWN:
            return 200, KNOWN[path]
        if path.endswith("/count"):
            return 200, {"count": self.served.shop.count(_parse(path.removesuffix("/count"))[0])}
        if self.command == "GET":
            return 200, self.listed(path, query)
        return self.written(language, path, body)

    def written(self, language: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        shop = self.served.shop
        resource, owner, shop_id = _parse(path)
        where = PATHS[resource]
        inner = body.get(where.one, {})
        if self.command == "POST":
            return 201, {where.one: _link(dict(shop.create(resource, owner, inner)))}
        if self.command == "PUT":
            shop.update(resource, owner, shop_id, inner, language if language != "de" else "")
            return 200, {where.one: {"id": int(shop_id)}}
        shop.delete(resource, owner, shop_id)
        return 204, None

    def listed(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        resource, owner, _ = _parse(path)
        filters: dict[str, Any] = {name: value for name, value in query.items() if name in ("product", "category")}
        if "created_at_min" in query:
            filters["created_at_min"] = datetime.fromisoformat(query["created_at_min"]).replace(tzinfo=UTC)
        rows = self.served.shop.read(resource, owner, **filters)
        first = (int(query["page"]) - 1) * int(query["limit"])
        return {PATHS[resource].many: [_link(dict(row)) for row in rows[first : first + int(query["limit"])]]}

    def answer(self, status: int, content: Any, *, retry: str = "", cut: bool = False) -> None:
        data = b"" if content is None else json.dumps(content, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("X-RateLimit-Limit", "300/3000/12000")
        self.send_header("X-RateLimit-Remaining", "/".join(map(str, self.served.left)))
        self.send_header("X-RateLimit-Reset", "120/1800/40000")
        if retry:
            self.send_header("Retry-After", retry)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.wfile.flush()
        if cut:
            self.close_connection = True


@contextmanager
def served() -> Iterator[Served]:
    """A shop at a port of its own, until the end of the block."""
    handler = type("OwnHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    shop = Served(f"http://127.0.0.1:{server.server_port}")
    handler.served = shop  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
