"""The service loop: watched folders → batches → done. One function, `round`, does all that is due; `run` repeats it."""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exchange.errors import TransientError
from exchange.pipeline.claim import adopt, claim
from exchange.watch import Bell, Inbox, observe

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from exchange.app import App
    from exchange.ledger import Batch

LOG = logging.getLogger(__name__)


def _silent(_batch: Batch) -> None:
    """Nobody watches."""


@dataclass
class Worker:
    """Takes files out of the inbox and processes what is open.

    Attributes:
        app: the installation.
        done: called with every batch that has ended.
    """

    app: App
    done: Callable[[Batch], None] = _silent
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        watching = self.app.settings.watching
        self.inbox = Inbox(self.app.settings.folder("inbox"), watching.settle_seconds, watching.ignore)
        self.bell = Bell()

    def round(self) -> int:
        """Claim what is ready, process what is open; the number of batches that ended.

        A batch that has to wait does not hold up the next one.
        """
        work = self.app.settings.folder("work")
        if not self.inbox.folder.is_dir():
            LOG.warning("%s is not there", self.inbox.folder, extra={"action": "inbox_gone"})
        for path, folder in self.inbox.ready():
            try:
                claim(path, folder, work, self.app.ledger)
            except TransientError as error:
                LOG.warning("%s", error, extra={"action": "claim_waits"})
        ended = 0
        for batch in self.app.ledger.open_batches():
            if self._stop.is_set():
                break
            try:
                result = self.app.process(batch)
            except TransientError as error:
                LOG.warning("%s waits: %s", batch.uid, error, extra={"action": "batch_waits"})
                continue
            if result is not None:  # else another process works on it
                ended += 1
                self.done(result)
        return ended

    def start(self) -> None:
        """Take over what a dead process left behind."""
        adopt(self.app.settings.folder("work"), self.app.ledger)

    def once(self) -> int:
        """Handle everything that lies there now, then end; the number of batches that ended.

        Files must stand still first. One that keeps changing, or cannot be taken, is left for the next run.
        """
        self.start()
        settle = self.inbox.settle_seconds
        ended = self.round()
        patience = time.monotonic() + 2 * settle + 1
        while self.inbox.waiting and time.monotonic() < patience and not self._stop.is_set():
            time.sleep(min(settle + 0.01, 0.5))
            now_ended = self.round()
            if now_ended:
                patience = time.monotonic() + 2 * settle + 1
            ended += now_ended
        return ended

    def run(self) -> None:
        """Watch until `stop`: events wake the loop, the periodic scan does not depend on them."""
        self.start()
        end_watch = observe(self.inbox.folder, self.bell)
        if end_watch is None:
            LOG.warning("no file events here; the folder is searched instead", extra={"action": "polling"})
        scan = self.app.settings.watching.scan_seconds
        try:
            while not self._stop.is_set():
                self.round()
                # A file that was seen once is looked at again when its settle time is over.
                pause = min(self.inbox.settle_seconds + 0.01, scan) if self.inbox.waiting else scan
                self.bell.wait(max(pause, 0.02))
        finally:
            if end_watch is not None:
                end_watch()

    def stop(self) -> None:
        """End after the batch at work."""
        self._stop.set()
        self.bell.ring()

    def stop_on_signals(self) -> None:
        """Ctrl-C and a service manager's stop end the loop cleanly."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)
