"""Webhooks: late, and sometimes twice (2.25)."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.sandbox.shop.kinds import Kind
    from exchange.sandbox.shop.store import Row, Store


class Hooks:
    """Tells registered addresses of what happened.

    Attributes:
        delay: seconds until it is told.
        times: how often each is told.
    """

    def __init__(self, store: Store, shown: Callable[[Kind, Row, str], dict[str, Any]]) -> None:
        self.store = store
        self.shown = shown
        self.delay = 0.2
        self.times = 2
        self._timers: list[threading.Timer] = []
        self._pool = urllib3.PoolManager(retries=False, timeout=5.0)

    def happened(self, kind: Kind, row: Row, action: str) -> None:
        """A record was created, updated or deleted."""
        for hook in self.store.all("webhooks"):
            if hook["isActive"] and hook["itemGroup"] == kind.path and hook["itemAction"] in (action, "*"):
                language = str(hook["language"] or "de")
                content = json.dumps({kind.one: self.shown(kind, row, language)}, ensure_ascii=False).encode()
                headers = {
                    "Content-Type": "application/json",
                    "X-Event": f"{kind.path}/{action}",
                    "X-Shop-Id": "1",
                    "X-Cluster-Id": "sandbox",
                    "X-Format": "json",
                    "X-Language": language,
                    "X-Request-Id": uuid4().hex,
                }
                for time in range(1, self.times + 1):
                    self._later(self.delay * time, str(hook["address"]), content, headers)

    def _later(self, seconds: float, address: str, content: bytes, headers: dict[str, str]) -> None:
        timer = threading.Timer(seconds, self._send, (address, content, headers))
        timer.daemon = True
        self._timers = [each for each in self._timers if each.is_alive()]
        self._timers.append(timer)
        timer.start()

    def _send(self, address: str, content: bytes, headers: dict[str, str]) -> None:
        try:
            self._pool.request("POST", address, body=content, headers=headers)
        except urllib3.exceptions.HTTPError:
            return  # nobody listens; the real shop does not tell either

    def close(self) -> None:
        """What was not told yet is never told."""
        for timer in self._timers:
            timer.cancel()
        self._pool.clear()
