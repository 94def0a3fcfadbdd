"""Drains what is dirty into the shop: the most urgent first, owners before what lives under them, each call counted.

A run ends when nothing is left that could go, when the shop's budget of calls is spent, or when it cannot be reached.
What is left then is still in the ledger, and the next run goes on with it.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from exchange.connector import chunks
from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.change import Change
from exchange.connectors.lightspeed.gateway import Refused, Spent
from exchange.connectors.lightspeed.identify import Identify
from exchange.connectors.lightspeed.limits import Limits
from exchange.connectors.lightspeed.policy import LINKED
from exchange.connectors.lightspeed.refs import Refs, Waits
from exchange.connectors.lightspeed.store import Store
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.wishes import Wishes
from exchange.errors import TransientError
from exchange.finding import found
from exchange.shop import Delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.lease import Lease
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.ledger import Ledger
    from exchange.settings import Settings

LOG = logging.getLogger(__name__)

#: After these another pass may bring more: something has come that others wait for, or has to be done again.
_MOVED = frozenset({"created", "adopted", "replaced", "again", "lost"})
#: Parts that are loaded together; between two pages it is asked whether something more urgent has come.
PAGE = 100
#: A part is looked at so often in one run at most: making it, what can only be said afterwards, and once more.
TURNS = 4
#: So many calls may fail one after the other before the shop is taken to be away.
FAILURES = 3
#: The first pause after a call that failed; it doubles each time, up to a day.
PAUSE = timedelta(minutes=1)


class Sender:
    """Brings the difference between wish and shop into the shop.

    Args:
        ledger: what is wanted and what was sent.
        settings: of the installation.
        gateway: the shop.
        lease: one sender at a time.
        progress: called with the number of parts done.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        gateway: Gateway,
        lease: Lease,
        progress: Callable[[int], None] = lambda _number: None,
    ) -> None:
        self.ledger = ledger
        self.settings = settings
        self.gateway = gateway
        self.lease = lease
        self.progress = progress
        self.store = Store(ledger, lease)
        self.uploads = Uploads(settings)
        self.done: Counter[str] = Counter()
        self._turns: Counter[int] = Counter()
        self._failed = 0

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivered:
        """Send until nothing more can go; what was done. Raises TransientError while another process sends."""
        if not self.lease.take():
            raise TransientError("another process is bringing changes into the shop")
        self.done.clear()
        self._turns.clear()
        self._failed = 0
        begun = self.gateway.calls
        ended, next_at, reason = "done", None, ""
        try:
            self._drain(stop)
        except Spent as spent:
            ended, next_at, reason = "budget", spent.until, str(spent)
        except TransientError as error:
            ended, reason = "unreachable", str(error)
        finally:
            self.lease.give_back()
        if stop():
            ended = "stopped"
        waiting, refused = self.store.waiting()
        next_at = next_at or self.store.next_at()
        return Delivered(dict(self.done), waiting, refused, self.gateway.calls - begun, ended, next_at, reason)

    def _drain(self, stop: Callable[[], bool]) -> None:
        with self.ledger.writing() as connection:
            awaken(connection, self.settings, self.uploads, self.ledger.now())
        refs = Refs(self.store, self.gateway, self.uploads)
        identify = Identify(self.gateway, self.store, refs, self.settings)
        limits = Limits(self.store, self.gateway, identify)
        change = Change(self.store, self.gateway, refs, identify, limits, self.settings)
        self._settle([each for each in self.store.begun() if not _replaced(each)], change, refs)
        while not stop() and self._pass(change, refs, stop):
            pass
        if not stop():
            self._settle([each for each in self.store.begun() if _replaced(each)], change, refs)

    def _settle(self, begun: Sequence[Thing], change: Change, refs: Refs) -> None:
        """Bring writes to an end whose end is not known, and take away what something else took the place of."""
        if begun:
            refs.load(begun)
        for thing in begun:
            self._attempt(thing, change.settle)

    def _pass(self, change: Change, refs: Refs, stop: Callable[[], bool]) -> bool:
        """Once through all that is due; whether another pass can bring more."""
        started = self.ledger.now()
        moved = False
        due = [each for each in self.store.due() if self._turns[each[0]] < TURNS]
        for page in chunks(due, PAGE):
            things = self.store.things([part_id for part_id, _ in page])
            refs.load(things)
            for thing in things:
                if stop():
                    return False
                self._turns[thing.id] += 1
                moved |= self._attempt(thing, change.bring) in _MOVED
                self.progress(self.done.total())
            if self.store.more_urgent(page[-1][1], started):
                return True  # from the top: what has come meanwhile is more urgent than the rest
        return moved

    def _attempt(self, thing: Thing, do: Callable[[Thing], str]) -> str:
        """Do something with a part; what was done. Raises Spent, and TransientError when the shop is away."""
        self.gateway.begin(thing)
        try:
            what = do(thing)
        except Waits as waits:
            self.store.wait(thing, waits.finding)
            return "waits"
        except Refused as refusal:
            self.store.refuse(
                thing, found(kinds.REFUSED, thing=thing.ref.resource, key=thing.ref.key, message=refusal.message)
            )
            what = "refused"
        except Spent:
            raise
        except TransientError as error:
            return self._away(thing, error)
        self._failed = 0
        self.done[what] += 1
        return what

    def _away(self, thing: Thing, error: TransientError) -> str:
        """A call failed and surely did nothing, or an intent keeps what it may have done: later again."""
        self._failed += 1
        LOG.warning("%s %s: %s", thing.ref.resource, thing.ref.key, error, extra={"action": "shop_call_failed"})
        if self._failed >= FAILURES:
            raise error
        pause = min(PAUSE * 2**thing.tries, timedelta(days=1))
        self.store.later(thing, self.ledger.now() + pause)
        return "failed"


def _replaced(thing: Thing) -> bool:
    """Whether all that is left to do is to take away what others have linked until now."""
    return thing.ref.resource in LINKED and thing.intent.startswith("drop ")


def awaken(connection: Connection, settings: Settings, uploads: Uploads, now: datetime) -> None:
    """Take in what changed without a batch: days that begin and end, files in their folders."""
    wishes = Wishes(connection, now, settings.shop.default_language, uploads)
    wishes.awaken()
    wishes.look_at_files()
