"""What the shop's plan allows (`lightspeed-ecom.md` 2.24), checked before anything is made that would not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.lightspeed import policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.identify import Identify
    from exchange.connectors.lightspeed.store import Store
    from exchange.connectors.lightspeed.thing import Thing


class Limits:
    """The limits of one run.

    Args:
        store: what is to come.
        gateway: what is there.
        identify: what of that which is to come is there already.
    """

    def __init__(self, store: Store, gateway: Gateway, identify: Identify) -> None:
        self.store = store
        self.gateway = gateway
        self.identify = identify
        self._limits: Mapping[str, int] | None = None
        self._fits: dict[str, bool] = {}

    def exceeded(self, thing: Thing) -> tuple[str, int] | None:
        """Name and value of the limit that a new thing would exceed.

        Of things that only have a number in total nothing is made unless all fit: half a catalogue is of no use.
        """
        treated = policy.of(thing.ref.resource)
        limit = self._limit(treated.limit)
        if limit is None:
            return None
        if treated.per_owner and thing.owner is not None:
            there = len(self.store.below(thing.owner, thing.ref.resource))
            replaced = 1 if thing.shop_id else 0
            return (treated.limit, limit) if there - replaced >= limit else None
        return None if self._all_fit(thing.ref.resource, limit) else (treated.limit, limit)

    def _limit(self, name: str) -> int | None:
        if not name:
            return None
        if self._limits is None:
            self._limits = self.gateway.limits()
        return self._limits.get(name)

    def _all_fit(self, resource: str, limit: int) -> bool:
        if resource not in self._fits:
            room = limit - self.gateway.count(resource)
            coming = self.store.coming(resource)
            # Some of what is to come may be there already; that is looked up only where it matters.
            new = len(coming) if len(coming) <= room else sum(not self.identify.found(each) for each in coming)
            self._fits[resource] = new <= room
        return self._fits[resource]
