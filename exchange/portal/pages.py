"""What the portal answers. Whoever has no right link learns nothing: not even whether there is such a document."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from traceback import extract_tb
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
from flask import Flask, Response, abort, request, send_file
from sqlalchemy import select
from werkzeug.middleware.proxy_fix import ProxyFix

from exchange.connectors.lightspeed.values import thaw
from exchange.errors import ConfigError
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.settings import secret
from exchange.shop import Ref, metafield
from exchange.trade.links import named, opened
from exchange.trade.papers import Papers

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from exchange.app import App
    from exchange.trade.links import Pass

LOG = logging.getLogger(__name__)
#: For the reader's eyes only: kept by nobody on the way, shown in no frame, found by no search engine.
HEADERS = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
MINUTE = 60
#: Addresses that are remembered for having tried wrong links.
ADDRESSES = 10_000
GONE = """<!doctype html><html lang="de"><meta charset="utf-8"><title>Dokument</title>
<body style="font:16px/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em">
<h1 style="font-size:1.3em">Dieser Link gilt nicht (mehr).</h1>
<p>Bitte öffnen Sie das Dokument noch einmal aus Ihrem Kundenkonto; dort steht immer ein gültiger Link.</p>
<p lang="en">This link is not valid (any more). Please open the document again from your account.</p></body></html>"""

FAULT = """<!doctype html><html lang="de"><meta charset="utf-8"><title>Dokument</title>
<body style="font:16px/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em">
<h1 style="font-size:1.3em">Das Dokument ist gerade nicht zu öffnen.</h1>
<p>Bitte versuchen Sie es später noch einmal. <span lang="en">Please try again later.</span></p></body></html>"""


class _Pages(Flask):
    """Tells a fault without the address that was asked for: it is the key to somebody's document."""

    def log_exception(self, exc_info: Any, *_more: Any) -> None:
        kind: type[BaseException] = exc_info[0]
        trace: TracebackType | None = exc_info[2]
        frames = [f"{Path(each.filename).name}:{each.lineno}" for each in extract_tb(trace)]
        LOG.error("the portal cannot answer: %s at %s", kind.__name__, " > ".join(frames))


class Patience:
    """Counts wrong links per address and minute.

    Args:
        most: so many are allowed.
        clock: seconds that only go forward.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.clock = clock
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def spent(self, address: str) -> bool:
        """Whether the address has to wait."""
        with self._lock:
            since, count = self._wrong.get(address, (0.0, 0))
            return count >= self.most and self.clock() - since < MINUTE

    def wrong(self, address: str) -> None:
        """One more wrong link."""
        with self._lock:
            since, count = self._wrong.pop(address, (self.clock(), 0))
            now = self.clock()
            self._wrong[address] = (since, count + 1) if now - since < MINUTE else (now, 1)
            while len(self._wrong) > ADDRESSES:
                self._wrong.popitem(last=False)


def _stands(app: App, key: str, allowed: Pass) -> bool:
    """Whether just this file still stands in the list of just this customer: it may have been withdrawn since."""
    place = metafield(Ref("customer", allowed.customer), "documents", None)
    query = (
        select(SHOP_FACET.c.fields)
        .join(SHOP_PART, SHOP_PART.c.id == SHOP_FACET.c.part_id)
        .where(
            SHOP_FACET.c.module == "documents",
            SHOP_FACET.c.record_key == allowed.key,
            SHOP_PART.c.resource == place.resource,
            SHOP_PART.c.key == place.key,
        )
    )
    with app.ledger.engine.connect() as connection:
        rows = connection.execute(query).scalars().all()
    links = [line["link"] for fields in rows for line in thaw(orjson.loads(fields)["value"]).items]
    now = [named(key, link.rpartition("/")[2]) for link in links]
    return any(each is not None and (each.file, each.sha256) == (allowed.file, allowed.sha256) for each in now)


def make(app: App) -> Flask:
    """The portal of an installation. Raises ConfigError without a key."""
    settings = app.settings.portal
    if settings.key is None:
        raise ConfigError("portal.key is not set; it signs the links of the documents")
    key = secret(settings.key)
    papers = Papers(app.settings.folder("documents"), app.options("documents").megabytes * 1_000_000)
    patience, zone = Patience(settings.wrong_per_minute), ZoneInfo(app.settings.zone)
    pages = _Pages("exchange.portal", static_folder=None)
    if settings.proxies:
        pages.wsgi_app = ProxyFix(pages.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign]

    @pages.get("/d/<text>")
    def document(text: str) -> Response:
        address = request.remote_addr or ""
        if patience.spent(address):
            abort(429)
        allowed = opened(key, text, app.ledger.now().astimezone(zone).date())
        if allowed is None:
            patience.wrong(address)
            abort(404)
        content = papers.content(allowed.file) if _stands(app, key, allowed) else None
        if content is None or (allowed.sha256 and sha256(content).hexdigest() != allowed.sha256):
            abort(404)
        name = allowed.file.rpartition("/")[2]
        return send_file(BytesIO(content), "application/pdf", download_name=name, conditional=False, max_age=0)

    @pages.errorhandler(404)
    @pages.errorhandler(429)
    def gone(error: Exception) -> Response:
        return Response(GONE, getattr(error, "code", 404), mimetype="text/html")

    @pages.errorhandler(500)
    def fault(_error: Exception) -> Response:
        return Response(FAULT, 500, mimetype="text/html")

    @pages.after_request
    def quiet(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return pages
