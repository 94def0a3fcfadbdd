"""The service loop: watched folders → batches → done, schedules → transfers, what is wrong → alerts.

Every connection has a lane of its own (`exchange.lane`): the inbox, each system that schedules wait for, the mail
server. `run` starts them and beats the heart until it is told to stop; `once` does all that is due, one by one.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from exchange.alerts import Alerts
from exchange.causes import HEARTBEAT, LANE_FAILED, SHOP_AWAY, Cause
from exchange.channels.service import Channels
from exchange.errors import ConfigError, TransientError
from exchange.events import Watcher
from exchange.finding import found
from exchange.heart import beat
from exchange.lane import Lane, join
from exchange.leases import transfer
from exchange.ledger import Origin
from exchange.pipeline.claim import adopt, claim
from exchange.timetable import Timetable
from exchange.watch import Bell, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from exchange.app import App
    from exchange.ledger import Batch

LOG = logging.getLogger(__name__)

#: A lane of schedules looks at least this often, the ones of alerts and mails exactly this often; in seconds.
LOOK_SECONDS, ALERT_SECONDS, MAIL_SECONDS = 5.0, 30.0, 10.0
#: A lane that has failed so often in a row needs a person.
LASTING = 3
#: A lane that was told to wait longer looks all the same.
MOST_SECONDS = 60.0


def _silent(_batch: Batch) -> None:
    """Nobody watches."""


@dataclass
class Worker:
    """Takes files out of the inbox, runs what is due, processes what is open.

    Attributes:
        app: the installation.
        done: called with every batch that has ended, by one thread at a time.
        unfinished: lanes that had not ended when the service stopped; the next start finishes their work.
    """

    app: App
    done: Callable[[Batch], None] = _silent
    unfinished: list[Lane] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _signalled: bool = False
    _half_claimed: bool = False
    _fatal: list[Exception] = field(default_factory=list)
    _telling: threading.Lock = field(default_factory=threading.Lock)
    _said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        watching = self.app.settings.watching
        self.inbox = Inbox(
            self.app.settings.folder("inbox"),
            watching.settle_seconds,
            watching.ignore,
            order=watching.order,
            hold_seconds=watching.hold_seconds,
            folders=watching.folders,
        )
        self.bell = Bell()
        self.watcher = Watcher(self.inbox.folder, self.bell, wanted=watching.events == "auto")
        self.channels = Channels(
            self.app.settings,
            self.app.ledger,
            self.app.registry,
            self.bell.ring,
            lambda: self.stopping,
        )
        self._inbox_troubles = {each.key for each in self.app.troubles.all() if each.key.startswith("inbox ")}
        self._bells: dict[str, Bell] = {}
        self.timetable = Timetable(self.app)
        self.alerts = Alerts(self.app, self.timetable, self._failing_lanes)
        self._running: list[Lane] = []

    # The inbox

    def round(self) -> int:
        """Claim what is ready, process what is open; the number of batches that ended.

        A batch that has to wait does not hold up the next one.
        """
        work = self.app.settings.folder("work")
        if self._half_claimed:
            self.start()
        for path, folder in self.inbox.ready():
            try:
                claim(path, folder, work, self.app.ledger, **self.channels.values(folder))
                self._said.pop(path.name, None)
            except TransientError as error:
                self._half_claimed |= not path.exists()  # it failed behind the rename
                self.inbox.not_taken(path, str(error))
                self._say_once(path.name, str(error))
        ended = 0
        for batch in self.app.ledger.open_batches():
            if self.stopping:
                break
            if self._belongs_to_a_transfer(batch):
                continue
            try:
                result = self.app.process(batch)
            except TransientError as error:
                self._say_once(batch.uid, str(error))
                continue
            self._said.pop(batch.uid, None)
            if result is not None:  # else another process works on it
                ended += 1
                self._tell(result)
        return ended

    def _say_once(self, what: str, reason: str) -> None:
        """Why a file or batch waits; not again at every look."""
        if self._said.get(what) != reason:
            LOG.warning("%s waits: %s", what, reason, extra={"action": "waits"})
        self._said[what] = reason

    def _belongs_to_a_transfer(self, batch: Batch) -> bool:
        """Whether someone who read it out of Sage is bringing it to its end; what a dead one left is ours."""
        if batch.origin is not Origin.COLLECT or batch.module not in self.app.registry.modules:
            return False
        return self.app.leases.taken(transfer(batch.module, self.app.registry.modules[batch.module].lands))

    def _tell(self, batch: Batch) -> None:
        with self._telling:
            self.done(batch)
        self.channels.ring()  # it may have written something to send

    def start(self) -> None:
        """Take over what a dead process left behind; what cannot be read yet, later."""
        try:
            adopt(self.app.settings.folder("work"), self.app.ledger)
            self._half_claimed = False
        except TransientError as error:
            self._half_claimed = True
            self._say_once("work", str(error))

    # Once

    def once(self) -> int:
        """Handle everything that is due or lies there now, then end; the number of batches that ended.

        Files must stand still first. One that keeps changing, or cannot be taken, is left for the next run.
        """
        self.start()
        self.channels.once()
        ended = self._run_due("")
        settle = self.inbox.settle_seconds
        ended += self.round()
        patience = time.monotonic() + 2 * settle + 1
        while self.inbox.waiting and time.monotonic() < patience and not self.stopping:
            time.sleep(min(settle + 0.01, 0.5))
            now_ended = self.round()
            if now_ended:
                patience = time.monotonic() + 2 * settle + 1
            ended += now_ended
        self._finish_up()
        return ended

    def _finish_up(self) -> None:
        """Deliver what waits, tell what is wrong, send the mails: none of it holds up the others."""
        self.channels.once(receive=False)
        self.channels.close()
        steps: list[Callable[[], object]] = [self.alerts.look, self.app.send_mails]
        if self.app.settings.shop.way != "none":
            steps.insert(0, self._deliver)
        for step in steps:
            try:
                step()
            except (TransientError, ConfigError) as error:
                LOG.warning("%s", error, extra={"action": "waits"})

    def _run_due(self, connection: str) -> int:
        """Run the schedules of a connection that are due; the number of batches that ended."""
        ended = 0

        def count(batch: Batch) -> None:
            nonlocal ended
            ended += 1
            self._tell(batch)

        for turn in self.timetable.turns(connection):
            if self.stopping:
                break
            self.timetable.run(turn, count)
        return ended

    # The service

    def run(self) -> None:
        """Watch and schedule until `stop`. Raises TransientError when a service runs here already, FatalError."""
        with self._alone():
            self.start()
            lanes = self._running = self._lanes()
            for lane in lanes:
                lane.start()
            try:
                self._beat_until_stopped(lanes)
            finally:
                self._stop.set()
                self.channels.stop()
                for lane in lanes:
                    lane.bell.ring()
                self.unfinished = join(lanes, self.app.settings.service.stop_seconds)
                self.channels.close()
                self.watcher.close()
                for lane in self.unfinished:
                    LOG.warning("%s is cut off; the next start goes on", lane.name, extra={"action": "lane_cut_off"})
                beat(self.app, self.alerts.causes, lanes, "stopped")
        if self._fatal:
            raise self._fatal[0]

    def _lanes(self) -> list[Lane]:
        works: list[tuple[str, Callable[[], float], Bell]] = [
            ("inbox", self._watch_inbox, self.bell),
            ("alerts", self._look_for_causes, Bell()),
        ]
        shop = ["shop"] if self.app.settings.shop.way != "none" else []
        names = sorted({*self.timetable.connections, *shop})
        works.extend((name, partial(self._follow, name), self._bells.setdefault(name, Bell())) for name in names)
        if self.app.settings.mail.host:
            works.append(("mail", self._send_mails, Bell()))
        works.extend((f"channel {line.name}", line.look, line.bell) for line in self.channels.lines)
        return [Lane(name, work, bell, self._stop, self._end_with) for name, work, bell in works]

    def _watch_inbox(self) -> float:
        self.watcher.tend()
        self.round()
        self._tell_of_inbox()
        scan = self.app.settings.watching.scan_seconds
        # A file that was seen once is looked at again when its settle time is over.
        return min(self.inbox.settle_seconds + 0.01, scan) if self.inbox.waiting else scan

    def _tell_of_inbox(self) -> None:
        """What is wrong with the inbox goes to the troubles, and leaves them when it is well again."""
        now = {f"inbox {place}": finding for place, finding in self.inbox.held.items()}
        if self.watcher.finding is not None:
            now["inbox events"] = self.watcher.finding
        for key in self._inbox_troubles - now.keys():
            self.app.troubles.withdraw(key)
        for key in now.keys() - self._inbox_troubles:
            self.app.troubles.report(key, now[key])
        self._inbox_troubles = set(now)

    def _follow(self, connection: str) -> float:
        """Run what is due on a connection; the seconds until something is due again."""
        if self._run_due(connection) and "shop" in self._bells:
            self._bells["shop"].ring()  # there may be something to deliver now
        pause = self._deliver() if connection == "shop" and self.app.settings.shop.way != "none" else LOOK_SECONDS
        now = self.app.ledger.now()
        mine = (each for each in self.timetable.entries() if self.timetable.actions[each.name].connection == connection)
        moments = (self.timetable.next_at(each) for each in mine)
        ahead = [(moment - now).total_seconds() for moment in moments if moment is not None]
        # What is due already and did not run now is at work elsewhere: look again in a while.
        return min([pause, *(each for each in ahead if each > 0)])

    def _deliver(self) -> float:
        """Bring what waits into the shop; the seconds until that is worth another look."""
        delivered = self.app.deliver(lambda: self.stopping)
        if delivered.ended == "unreachable":
            self.app.troubles.report("shop", found(SHOP_AWAY, reason=delivered.reason))
        else:
            self.app.troubles.withdraw("shop")
        if delivered.next_at is None:
            return LOOK_SECONDS
        return max(LOOK_SECONDS, min((delivered.next_at - self.app.ledger.now()).total_seconds(), MOST_SECONDS))

    def _failing_lanes(self) -> list[Cause]:
        """Lanes that have failed again and again; once may be chance."""
        return [
            Cause(f"lane {lane.lane}", found(LANE_FAILED, lane=lane.lane, reason=lane.problem))
            for lane in self._running
            if lane.failures >= LASTING
        ]

    def _look_for_causes(self) -> float:
        self.alerts.look()
        return ALERT_SECONDS

    def _send_mails(self) -> float:
        self.app.send_mails()
        return MAIL_SECONDS

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One service on one work folder; the operating system gives the lock back when it dies."""
        lock = FileLock(self.app.settings.folder("work") / ".service.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise TransientError(f"a service runs already in {self.app.settings.root}; see {HEARTBEAT}") from None
        try:
            yield
        finally:
            lock.release()

    # The heart

    def _beat_until_stopped(self, lanes: list[Lane]) -> None:
        seconds = self.app.settings.service.heartbeat_seconds
        beaten = -seconds
        while not self.stopping:
            if time.monotonic() - beaten >= seconds:
                beat(self.app, self.alerts.causes, lanes, "running")
                beaten = time.monotonic()
            time.sleep(min(seconds, 0.2))  # in short pieces, to hear of a stop

    # The end

    def _end_with(self, error: Exception) -> None:
        LOG.critical("the service ends: %s", error, extra={"action": "fatal"})
        self._fatal.append(error)
        self.stop()

    @property
    def stopping(self) -> bool:
        return self._signalled or self._stop.is_set()

    def stop(self) -> None:
        """End after the batch at work."""
        self._stop.set()
        self.bell.ring()

    def stop_on_signals(self) -> None:
        """Ctrl-C and a service manager's stop end the loop cleanly."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self._signalled = True  # no more: the thread that is interrupted may hold the lock of an event

        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last one is how Windows says it
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), handle)
