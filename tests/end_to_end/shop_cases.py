"""A stand-in shop at an address of its own, and installations that reach it."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from exchange.app import App
from exchange.connectors.lightspeed.api import Api
from exchange.sandbox.shop import Shop
from exchange.sandbox.shop.faults import Fault
from exchange.settings import ShopSettings, load
from tests.end_to_end.conftest import Installation, install

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from exchange.shop import Delivered

#: Windows that no test fills.
WIDE = (100_000, 100_000, 100_000)


class Reached:
    """A shop that is being served.

    Attributes:
        url, key, secret, api: of its API.
    """

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder / "shop.sqlite")
        self.limit(*WIDE)
        self.running = self.shop.serve()
        self.url, self.key, self.secret = self.running.url, self.running.key, self.running.secret
        self.api = self._opened()

    def _opened(self, language: str = "de") -> Api:
        reach = {"url": self.url, "key": self.key, "secret": self.secret, "default_language": language}
        return Api(ShopSettings(**reach), lambda: datetime.now(UTC))  # type: ignore[arg-type]

    def close(self) -> None:
        self.api.close()
        self.running.close()

    def rows(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Any]:
        """What the shop has, as its API tells it."""
        return self.api.read(resource, owner, **filters)

    def below(self, resource: str) -> list[Any]:
        """The same of something that lives under products."""
        return [row for each in self.rows("product") for row in self.rows(resource, str(each["id"]))]

    def in_language(self, language: str, resource: str) -> Sequence[Any]:
        api = self._opened(language)
        try:
            return api.read(resource)
        finally:
            api.close()

    def variants(self) -> dict[str, Any]:
        """The variants by article number."""
        return {row["articleCode"]: row for row in self.rows("variant")}

    def writes(self) -> Counter[str]:
        """How often each kind of call was made that writes, since this was asked last."""
        calls, self.shop.calls[:] = list(self.shop.calls), []
        kinds = (f"{each['method']} {re.sub('[0-9]+', '#', each['path'])}" for each in calls if each["method"] != "GET")
        return Counter(kinds)

    def called(self) -> int:
        """How many calls were made since `writes` was asked last."""
        return len(self.shop.calls)

    def spoil(self, kind: str, every: int, times: int) -> None:
        """Let each so-manieth call that makes something go wrong."""
        for number in range(times):
            self.shop.faults.add(Fault(kind, "POST", skip=(number + 1) * every - 1, seconds=0.6))

    def limit(self, *windows: int) -> None:
        """Calls per 5 minutes, hour and day; none of them is used yet."""
        self.shop.windows.limits = windows
        self.shop.windows.reset()


def connected(folder: Path, shop: Reached, **given: Any) -> Installation:
    """An installation that reaches the shop."""
    reach = {"shop.way": "api", "shop.url": shop.url, "shop.key": shop.key, "shop.secret": shop.secret}
    return install(folder, **{**reach, "shop.doubt_seconds": 0, "shop.read_seconds": 0.3, **given})


@contextmanager
def opened(installation: Installation) -> Iterator[App]:
    with App(load(installation.folder / "exchange.toml")) as app:
        yield app


def synced(app: App, *modules: str) -> Delivered:
    """Bring modules into the ledger, then all that waits into the shop."""
    for module in modules:
        batch = app.export(module)
        assert (batch.target, batch.counts.rejected) == ("shop", 0)
    return app.deliver()


def change(installation: Installation, *statements: str) -> None:
    """Somebody works with Sage."""
    connection = sqlite3.connect(installation.folder / "sage.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
