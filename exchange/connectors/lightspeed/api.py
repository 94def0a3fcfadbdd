"""The sender's gateway over HTTP: what it needs of the client, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.budget import Budget
from exchange.connectors.lightspeed.client import LightspeedClient
from exchange.connectors.lightspeed.policy import Priority, of
from exchange.connectors.lightspeed.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set
    from datetime import datetime

    from exchange.connectors.lightspeed.thing import Thing
    from exchange.settings import ShopSettings


class Api:
    """The shop's API with one key (`exchange.connectors.lightspeed.gateway.Gateway`).

    Args:
        settings: section `shop`.
        now: the clock by which the windows of the budget are told.
    """

    def __init__(self, settings: ShopSettings, now: Callable[[], datetime]) -> None:
        self.budget = Budget(settings.rest_percent, now)
        self.client = LightspeedClient(settings, self.budget)
        self._languages: Set[str] | None = None

    def __repr__(self) -> str:
        return f"Api({self.client!r})"

    def close(self) -> None:
        """Give back the connections."""
        self.client.close()

    @property
    def calls(self) -> int:
        return self.client.calls.made

    def begin(self, thing: Thing) -> None:
        urgent = of(thing.ref.resource).priority < Priority.PRICE or "stockLevel" in thing.wish.fields
        self.client.calls.urgent = urgent

    def ready(self) -> None:
        self.client.calls.reserve()

    # Reading

    def nested(self, resource: str) -> bool:
        return RESOURCES[resource].nested

    def languages(self) -> Set[str]:
        if self._languages is None:
            self._languages = self.client.languages()
        return self._languages

    def limits(self) -> Mapping[str, int]:
        return {name: value for name, value in self.client.get("shop_limits").items() if type(value) is int}

    def count(self, resource: str) -> int:
        return self.client.count(resource)

    def read(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Mapping[str, Any]]:
        return list(self.client.list(resource, owner, **filters))

    def one(self, resource: str, shop_id: str) -> Mapping[str, Any]:
        return self.client.get(resource, shop_id)

    # Writing

    def create(self, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.client.create(resource, body, owner)

    def update(self, resource: str, owner: str, shop_id: str, body: Mapping[str, Any], language: str = "") -> None:
        self.client.update(resource, shop_id, body, owner, language=language)

    def delete(self, resource: str, owner: str, shop_id: str) -> None:
        self.client.delete(resource, "" if RESOURCES[resource].single else shop_id, owner)
