"""The stand-in shop: its state, and everything that works on it, put together."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.account import Account
from exchange.sandbox.shop.api import Api
from exchange.sandbox.shop.catalog import Catalog
from exchange.sandbox.shop.faults import Faults
from exchange.sandbox.shop.hooks import Hooks
from exchange.sandbox.shop.rules import Rules
from exchange.sandbox.shop.sales.checkouts import Checkouts
from exchange.sandbox.shop.sales.methods import Methods
from exchange.sandbox.shop.sales.orders import Orders
from exchange.sandbox.shop.sales.quotes import Quotes
from exchange.sandbox.shop.seed import FirstDay, seed
from exchange.sandbox.shop.server import Running
from exchange.sandbox.shop.settings import Settings
from exchange.sandbox.shop.store import Store
from exchange.sandbox.shop.windows import Clock, Windows
from exchange.sandbox.shop.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.store import Row


class Shop:
    """A stand-in shop with its state in a file.

    Args:
        database: SQLite file; made and filled with the basics when it does not exist.
        key, secret: of the API; those of the file where they are not given, and at first made by chance.
        b2b: prices without tax.
        day: how an empty shop is set up.
        settings: what can be set while it runs.

    Attributes:
        clock, windows: the shop's time, and the calls that are left in it.
        faults: what is to go wrong.
        calls: what was called: method, path, language, query and status of each.
        store, wire, rules, api, orders, hooks: the parts.
        site: its address.
    """

    def __init__(
        self,
        database: Path,
        *,
        key: str = "",
        secret: str = "",
        b2b: bool = False,
        day: FirstDay | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.day = day or FirstDay(b2b=b2b)
        self.settings = settings or Settings()
        self.clock = Clock()
        self.windows = Windows(self.clock, self.settings)
        self.faults = Faults()
        self.calls: list[dict[str, Any]] = []
        self.site = "http://127.0.0.1"
        self.store = Store(database, self.clock.now)
        self.wire = Wire(self.store, lambda: self.site)
        self.rules = Rules(self.store, self.settings)
        self.hooks = Hooks(self.store, self.settings, self._shown)
        self.orders = Orders(self.store, self.rules, self.hooks.happened)
        self.api = self._api()
        with self.store.change():
            seed(self.store, self.day)
            self.key, self.secret = self._keys(key, secret)

    def _api(self) -> Api:
        store, wire, rules, settings, happened = (
            self.store,
            self.wire,
            self.rules,
            self.settings,
            self.hooks.happened,
        )
        methods = Methods(store)
        quotes = Quotes(store, wire, rules, settings, methods, self.orders)
        checkouts = Checkouts(store, wire, rules, settings, methods, self.orders, happened)
        special = {
            **Catalog(store, wire, rules, settings).calls(),
            **Account(store, wire, rules, settings, self.windows).calls(),
            **quotes.calls(),
            **checkouts.calls(),
            "orders/#/credit": {"POST": self.orders.credit},
        }
        then = {
            "orders": self.orders.changed,
            "invoices": self.orders.invoiced,
            "shipments": self.orders.shipped,
            "quotes": quotes.changed,
        }
        return Api(store, wire, rules, settings, special, then, happened)

    def _keys(self, key: str, secret: str) -> tuple[str, str]:
        """The key of the API: the given one, or that of the file, so that a restart does not change it."""
        row = self.store.first("key") or self.store.add(
            "key", {"key": secrets.token_hex(16), "secret": secrets.token_hex(16)}
        )
        return key or row["key"], secret or row["secret"]

    def _shown(self, kind: Kind, row: Row, language: str) -> dict[str, Any]:
        return self.api.shown(kind, row, language)

    def reset(self) -> None:
        """As new, with the same key."""
        with self.store.change():
            self.store.clear()
            seed(self.store, self.day)
            self.store.add("key", {"key": self.key, "secret": self.secret})
        self.calls.clear()
        self.faults.clear()
        self.windows.reset()

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Running:
        """Serve in a thread of its own; port 0 takes a free one."""
        return Running(self, host, port)

    def close(self) -> None:
        """Close the state; webhooks that were not told yet are never told."""
        self.hooks.close()
        self.store.close()
