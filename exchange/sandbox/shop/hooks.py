"""Webhooks: late, and sometimes twice (2.25). There is no signature, as none is known."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store


class Hooks:
    """Tells registered addresses of what happened.

    Args:
        store, settings: of the shop.
        shown: a record as the API shows it, in a language.
    """

    def __init__(self, store: Store, settings: Settings, shown: Callable[[Kind, Row, str], Mapping[str, Any]]) -> None:
        self.store, self.settings, self.shown = store, settings, shown
        self._timers: list[threading.Timer] = []
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False, timeout=5.0)

    def happened(self, kind: Kind, row: Row, action: str) -> None:
        """A record was created, updated, deleted, paid or shipped; told when the request has succeeded."""
        for hook in self.store.all("webhooks", itemGroup=kind.path):
            if hook["isActive"] and hook["itemAction"] in (action, "*"):
                language = str(hook["language"] or "de")
                content = json.dumps({kind.one: self.shown(kind, row, language)}, ensure_ascii=False).encode()
                headers = {
                    "Content-Type": "application/json",
                    "X-Event": f"{kind.path}/{action}",
                    "X-Shop-Id": "1",
                    "X-Cluster-Id": "sandbox",
                    "X-Format": str(hook["format"]),
                    "X-Language": language,
                    "X-Request-Id": uuid4().hex,
                }
                self.store.afterwards(partial(self._tell, str(hook["address"]), content, headers))

    def _tell(self, address: str, content: bytes, headers: dict[str, str]) -> None:
        with self._lock:
            self._timers = [each for each in self._timers if each.is_alive()]
            for time in range(1, self.settings.webhook_times + 1):
                seconds = self.settings.webhook_delay_seconds * time
                timer = threading.Timer(seconds, self._send, (address, content, headers))
                timer.daemon = True
                timer.start()
                self._timers.append(timer)

    def _send(self, address: str, content: bytes, headers: dict[str, str]) -> None:
        try:
            self._pool.request("POST", address, body=content, headers=headers)
        except (urllib3.exceptions.HTTPError, ValueError):
            return  # nobody listens; the real shop does not tell either

    def close(self) -> None:
        """What was not told yet is never told."""
        with self._lock:
            for timer in self._timers:
                timer.cancel()
        self._pool.clear()
