"""The way into the shop by its API (`exchange.shop.Delivery`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.lightspeed.forecast import forecast
from exchange.connectors.lightspeed.plan import steps
from exchange.connectors.lightspeed.send import Sender, awaken
from exchange.connectors.lightspeed.store import Store
from exchange.connectors.lightspeed.target import ShopTarget
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.shop import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.lease import Lease
    from exchange.ledger import Ledger
    from exchange.settings import Settings
    from exchange.shop import Delivered


class ApiDelivery:
    """Plans and delivers by calls.

    Args:
        ledger, settings: of the installation.
        gateway: opens the shop; not before something is to be sent, so that a plan needs no shop.
        lease: one sender at a time.
        progress: called with the number of parts done.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        gateway: Callable[[], Gateway],
        lease: Lease,
        progress: Callable[[int], None] = lambda _number: None,
    ) -> None:
        self.ledger = ledger
        self.settings = settings
        self.gateway = gateway
        self.store = Store(ledger, lease)
        self.lease = lease
        self.progress = progress

    def plan(self) -> Plan:
        """What is dirty now, and what a day that begins or a file that changed will make so."""
        return self._after(lambda _connection: None)

    def rehearse(self, target: Target, landing: Landing, changes: Iterator[Change], vanished: Sequence[str]) -> Plan:
        """What would be sent if these records were applied."""
        assert isinstance(target, ShopTarget)  # noqa: S101 - there is no other one for the shop
        return self._after(lambda connection: target.rehearse(connection, landing, changes, vanished))

    def _after(self, act: Callable[[Connection], None]) -> Plan:
        """The plan after doing something to the ledger that is taken back then."""
        now = self.ledger.now()
        with self.ledger.engine.connect().execution_options(writes=True) as connection, connection.begin() as undone:
            act(connection)
            awaken(connection, self.settings, Uploads(self.settings), now)
            found = steps(connection, now)
            undone.rollback()
        seen = forecast(sum(step.calls for step in found), now)
        return Plan(found, seen.window, seen.seconds, seen.days)

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivered:
        """See `Sender.deliver`. The shop is not asked for anything where nothing is to be sent."""
        return Sender(self.ledger, self.settings, self.gateway(), self.lease, self.progress).deliver(stop)

    def retry(self, key: str = "") -> int:
        """Try refused parts again: all, or those of an article and what is below it; how many there are."""
        return self.store.retry(key)
