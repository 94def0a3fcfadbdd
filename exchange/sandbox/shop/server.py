"""The stand-in shop as a server: API, control, files, and whatever else is registered (storefront, back office)."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from time import sleep
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.serving import make_server

from exchange.sandbox.shop import backoffice, storefront
from exchange.sandbox.shop.api import Api, authorised
from exchange.sandbox.shop.faults import Fault, Faults
from exchange.sandbox.shop.hooks import Hooks
from exchange.sandbox.shop.orders import Orders
from exchange.sandbox.shop.seed import seed
from exchange.sandbox.shop.store import Store
from exchange.sandbox.shop.views import catalogue_calls
from exchange.sandbox.shop.windows import Clock, Windows
from exchange.sandbox.shop.wire import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from exchange.sandbox.shop.kinds import Kind
    from exchange.sandbox.shop.store import Row

#: So many calls are remembered for tests.
REMEMBERED = 20_000


class Shop:
    """A stand-in shop with its state in a file.

    Args:
        database: SQLite file; made and filled with the basics when it does not exist.
        key, secret: of the API; made by chance when they are not given.
        b2b: prices without tax.
    """

    def __init__(self, database: Path, *, key: str = "", secret: str = "", b2b: bool = False) -> None:
        self.clock = Clock()
        self.windows = Windows(self.clock)
        self.faults = Faults()
        self.store = Store(database, self.clock.now)
        self.key = key or secrets.token_hex(16)
        self.secret = secret or secrets.token_hex(16)
        self.b2b = b2b
        self.calls: list[dict[str, Any]] = []
        self.site = "http://127.0.0.1"
        self.hooks = Hooks(self.store, self._shown)
        self.orders = Orders(self.store, lambda: self.site, self.hooks.happened)
        special = self.orders.calls() | catalogue_calls(self.store, self.windows, lambda: self.site)
        self.api = Api(self.store, lambda: self.site, special, self.hooks.happened)
        with self.store.change():
            seed(self.store, b2b=b2b)

    def _shown(self, kind: Kind, row: Row, language: str) -> dict[str, Any]:
        return self.api.shown(kind, row, language)

    def reset(self) -> None:
        """As new, with the same key."""
        with self.store.change():
            self.store.clear()
            seed(self.store, b2b=self.b2b)
        self.calls.clear()
        self.faults.clear()
        self.windows.reset()

    def app(self) -> Flask:
        """The web application."""
        app = Flask(__name__, static_folder=None)
        app.json.sort_keys = False  # type: ignore[attr-defined]
        app.config["SHOP"] = self
        app.add_url_rule(
            "/<lang>/<path:path>.json", view_func=self._call, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]
        )
        app.add_url_rule("/files/<int:number>/<name>", view_func=self._file)
        app.add_url_rule("/_sandbox/<what>", view_func=self._control, methods=["GET", "POST", "DELETE"])
        for register in PAGES:
            register(app, self)
        return app

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Running:
        """Serve in a thread of its own; port 0 takes a free one."""
        return Running(self, host, port)

    # Calls

    def _call(self, lang: str, path: str) -> Response:
        method = request.method
        if len(self.calls) < REMEMBERED:
            self.calls.append({"method": method, "path": path, "language": lang, "query": dict(request.args)})
        if not authorised(request.headers.get("Authorization"), self.key, self.secret):
            return self._told(Wrong(401, "Access denied."))
        if not self.windows.take():
            return self._told(Wrong(429, "Too many requests."), self.windows.retry())
        fault = self.faults.of(method, path)
        spoiled = self._before(fault)
        if spoiled is not None:
            return spoiled
        try:
            with self.store.change():
                status, content = self.api.answer(request, lang, path)
        except Wrong as wrong:
            return self._told(wrong)
        return self._after(fault, status, content)

    def _before(self, fault: Fault | None) -> Response | None:
        """Faults that keep the call from doing anything."""
        if fault is None:
            return None
        match fault.kind:
            case "429":
                return self._told(Wrong(429, "Too many requests."), {"Retry-After": str(int(fault.seconds) or 1)})
            case "500" | "502":
                return self._told(Wrong(int(fault.kind), "Internal server error."))
            case "html":
                return Response("<html><body>Bad gateway</body></html>", 502, mimetype="text/html")
            case "late":
                return self._told(Wrong(404, "Not found."))
            case "slow":
                sleep(fault.seconds)
        return None

    def _after(self, fault: Fault | None, status: int, content: Any) -> Response:
        """The answer, and faults that spoil it after the work is done."""
        kind = fault.kind if fault else ""
        if kind == "html_ok":
            return Response("<html><body>ok</body></html>", 200, mimetype="text/html")
        if kind == "error_ok":
            error = {"code": 200, "method": request.method, "request": request.path, "message": "Something went wrong."}
            return self._json(200, {"error": error})
        if kind == "timeout_after" and fault is not None:
            sleep(fault.seconds)
        if kind == "array" and isinstance(content, dict):
            content = [content]
        if kind == "cut":
            text = json.dumps(content)
            return Response(
                _half(text),
                status,
                {"Content-Length": str(len(text) + 100), **self.windows.headers()},
                mimetype="application/json",
            )
        return self._json(status, content)

    def _json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
        text = "" if content is None else json.dumps(content, ensure_ascii=False)
        return Response(text, status, {**self.windows.headers(), **(headers or {})}, mimetype="application/json")

    def _told(self, wrong: Wrong, headers: dict[str, str] | None = None) -> Response:
        error = {"code": wrong.code, "method": request.method, "request": request.path, "message": wrong.message}
        return self._json(wrong.code, {"error": error}, headers)

    def _file(self, number: int, name: str) -> Response:
        kept = self.store.file(number)
        if kept is None or kept[0] != name:
            return Response("not found", 404)
        return Response(kept[1], 200, mimetype=_mime(name))

    # Control, outside of the API's paths

    def _control(self, what: str) -> Response:
        given = request.get_json(silent=True) or {}
        match what, request.method:
            case "calls", "GET":
                return self._json(200, self.calls)
            case "calls", "DELETE":
                self.calls.clear()
            case "faults", "POST":
                self.faults.add(Fault(**given))
            case "faults", "DELETE":
                self.faults.clear()
            case "clock", "POST":
                self.clock.turn(float(given["seconds"]))
            case "limits", "POST":
                self.windows.limits = tuple(map(int, given["limits"]))
                self.windows.retry_after = given.get("retry_after", self.windows.retry_after)
                self.windows.reset()
            case "webhooks", "POST":
                self.hooks.delay, self.hooks.times = float(given.get("delay", 0)), int(given.get("times", 2))
            case "reset", "POST":
                self.reset()
            case "plan", "POST":
                with self.store.change():
                    row = self.store.first("shop/limits") or {}
                    self.store.put("shop/limits", row, **given)
            case _:
                return self._json(404, {"error": "unknown"})
        return self._json(200, {"ok": True, "now": self.store.stamp()})


class Running:
    """A shop that is being served.

    Attributes:
        url: of the API, without language.
        key, secret: of the API.
        shop: behind it.
    """

    def __init__(self, shop: Shop, host: str, port: int) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.shop = shop
        self._server = make_server(host, port, shop.app(), threaded=True)
        self.url = f"http://{host}:{self._server.server_port}"
        self.key, self.secret = shop.key, shop.secret
        shop.site = self.url
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox shop", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and close the state."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.shop.hooks.close()
        self.shop.store.close()

    def wait(self) -> None:
        """Serve until somebody interrupts."""
        self._thread.join()


#: Pages beside the API; each is called with the application and the shop.
PAGES: tuple[Callable[[Flask, Shop], None], ...] = (storefront.register, backoffice.register)


def _half(text: str) -> Any:
    """The beginning of an answer; the connection then ends."""
    yield text[: len(text) // 2].encode()


def _mime(name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    known = {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "gif": "image/gif",
        "webp": "image/webp",
        "pdf": "application/pdf",
    }
    return known.get(suffix, "application/octet-stream")
