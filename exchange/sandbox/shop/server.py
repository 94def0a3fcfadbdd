"""The stand-in shop as a server: the API with its refusals and faults, files, and the pages beside it."""

from __future__ import annotations

import json
import logging
import socket
import threading
from time import sleep
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.serving import make_server

from exchange.sandbox.shop import backoffice, control, storefront
from exchange.sandbox.shop.api import authorised
from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.media import mime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from exchange.sandbox.shop.faults import Fault
    from exchange.sandbox.shop.shop import Shop

#: So many calls are remembered.
REMEMBERED = 100_000
#: Greatest body of a request, in bytes.
GREATEST = 100 * 1_048_576
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def application(shop: Shop) -> Flask:
    """The web application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = GREATEST
    calls = Calls(shop)
    app.add_url_rule("/<lang>/<path:path>.json", view_func=calls.call, methods=_METHODS)
    app.add_url_rule("/files/<int:number>/<name>", view_func=calls.file)
    for register in (control.register, storefront.register, backoffice.register):
        register(app, shop)
    return app


class Calls:
    """The API over HTTP.

    Args:
        shop: that is called.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def call(self, lang: str, path: str) -> Response:
        """One call: key, windows, faults, work, answer."""
        answer = self._answer(lang, path)
        if len(self.shop.calls) < REMEMBERED:
            query = dict(request.args)
            self.shop.calls.append(
                {"method": request.method, "path": path, "language": lang, "query": query, "status": answer.status_code}
            )
        return answer

    def _answer(self, lang: str, path: str) -> Response:
        shop = self.shop
        if not authorised(request.headers.get("Authorization"), shop.key, shop.secret):
            return self._refused(Wrong(401, "Access denied."))
        if not shop.windows.take():
            return self._refused(Wrong(429, "Too many requests."), shop.windows.retry())
        fault = shop.faults.of(request.method, path)
        spoiled = self._before(fault) if fault else None
        if spoiled is not None:
            return spoiled
        try:
            with shop.store.change():
                status, content = shop.api.answer(request, lang, path)
        except Wrong as wrong:
            return self._refused(wrong)
        return self._after(fault, status, content) if fault else self._json(status, content)

    def _before(self, fault: Fault) -> Response | None:
        """Faults that keep the call from doing its work."""
        match fault.kind:
            case "html":
                return _page("Bad gateway", 502)
            case "late":
                return self._refused(Wrong(404, "Not found."))
            case "429":
                return self._refused(Wrong(429, "Too many requests."), {"Retry-After": str(int(fault.seconds) or 1)})
            case "drop":
                return _dropped()
            case "slow":
                sleep(fault.seconds)
            case status if status.isdigit():
                return self._refused(Wrong(int(status), "Something went wrong."))
        return None

    def _after(self, fault: Fault, status: int, content: Any) -> Response:
        """Faults that spoil the answer after the work is done."""
        match fault.kind:
            case "html_ok":
                return _page("ok", 200)
            case "error_ok":
                return self._json(200, _error(Wrong(200, "Something went wrong.")))
            case "drop_after":
                return _dropped()
            case "array" if isinstance(content, dict):
                return self._json(status, [content])
            case "cut":
                text = json.dumps(content)
                headers = {"Content-Length": str(len(text) + 100), **self.shop.windows.headers()}
                return Response(_half(text), status, headers, mimetype="application/json")
            case "timeout_after":
                sleep(fault.seconds)
        return self._json(status, content)

    def _json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
        text = "" if content is None else json.dumps(content, ensure_ascii=False)
        return Response(text, status, {**self.shop.windows.headers(), **(headers or {})}, mimetype="application/json")

    def _refused(self, wrong: Wrong, headers: dict[str, str] | None = None) -> Response:
        return self._json(wrong.code, _error(wrong), headers)

    def file(self, number: int, name: str) -> Response:
        """An uploaded file: the world may read it (2.12)."""
        kept = self.shop.store.file(number)
        if kept is None or kept[0] != name:
            return Response("not found", 404, mimetype="text/plain")
        return Response(kept[1], 200, {"X-Content-Type-Options": "nosniff"}, mimetype=mime(name))


def _error(wrong: Wrong) -> dict[str, Any]:
    """The body of an error (1.5)."""
    what = {"code": wrong.code, "method": request.method, "request": request.path, "message": wrong.message}
    return {"error": what}


def _page(title: str, status: int) -> Response:
    return Response(f"<html><body><h1>{title}</h1></body></html>", status, mimetype="text/html")


def _half(text: str) -> Iterator[bytes]:
    """The beginning of an answer; the connection then ends."""
    yield text[: len(text) // 2].encode()


def _dropped() -> Response:
    """No answer at all."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response(status=500)


class Running:
    """A shop that is being served.

    Args:
        shop: that is to be served.
        host, port: where; port 0 takes a free one.

    Attributes:
        url: of the API, without language.
        key, secret: of the API.
        shop: behind it.
    """

    def __init__(self, shop: Shop, host: str, port: int) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.shop = shop
        self._server = make_server(host, port, application(shop), threaded=True)
        self.url = f"http://{host}:{self._server.server_port}"
        self.key, self.secret = shop.key, shop.secret
        shop.site = self.url
        self._thread = threading.Thread(target=self._serve, name="sandbox shop", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

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
        self.shop.close()

    def wait(self) -> None:
        """Serve until somebody interrupts."""
        while self._thread.is_alive():
            self._thread.join(0.5)  # without a time-out Windows would not let Ctrl+C through
