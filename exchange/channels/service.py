"""All channels at work. Each is worked on by a lane of its own: a server that hangs holds up nobody else."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from exchange.channel import ChannelError, FileError
from exchange.channels import faults, open_channel
from exchange.channels.notes import Notes
from exchange.channels.outgoing import Routes
from exchange.channels.receive import Receiver
from exchange.channels.report import Report
from exchange.channels.send import Sender
from exchange.errors import ConfigError, TransientError
from exchange.finding import Severity, found
from exchange.watch import Bell

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.channel import Channel
    from exchange.finding import Finding
    from exchange.ledger import Ledger
    from exchange.registry import Registry
    from exchange.settings import ChannelSettings, Settings

LOG = logging.getLogger(__name__)
#: The pause after failures doubles up to this.
MOST_PAUSE_SECONDS = 900.0


class Line:
    """One channel: its connection, which is kept from round to round, and what it has to do.

    Args:
        name: of the channel.
        settings: of the installation.
        ledger: for the time.
        routes: which files it sends.
        landed: called when files have come.
        stopping: whether the program is to end.

    Attributes:
        bell: rung when there may be something to send.
        report: what is wrong with it.
        reached: whether the last round could use it.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        ledger: Ledger,
        routes: Routes,
        *,
        landed: Callable[[], None],
        stopping: Callable[[], bool],
    ) -> None:
        self.name = name
        self.settings = settings.channels[name]
        self._root = settings.root
        self._landed, self._asked = landed, stopping
        self._channel: Channel | None = None
        self._failures = 0
        self._fetching: list[Finding] = []
        self._stop = threading.Event()
        self.bell = Bell()
        home = settings.folder("work") / ".channels" / name
        home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(home / "lock")
        self.report = Report(name, home / "state.json", ledger.now)
        self.receiver = Receiver(
            self.settings,
            Notes(home / "received"),
            settings.folder("inbox") / name,
            settings.watching.ignore,
            settings.limits.file_megabytes * 2**20,
            self.report,
            ledger.now,
            stopping=self._stopping,
        )
        self.sender = Sender(
            name,
            self.settings,
            Notes(home / "sent"),
            settings.folder("outbox"),
            lambda file: routes.channel_of(file) == name,
            self.report,
            stopping=self._stopping,
        )
        self.reached = True

    def round(self, *, receive: bool = True) -> None:
        """Fetch and send what is due. Nothing escapes: what is wrong is told in the report."""
        self.report.begin()
        self.reached = False
        try:
            with self._lock.acquire(timeout=0):
                self._exchange_again(receive=receive)
            self.reached = True
            self._failures = 0
        except Timeout:
            LOG.info("[%s] another process of this installation serves it", self.name, extra={"action": "channel_busy"})
            self.reached = True
            return
        except Exception as error:  # noqa: BLE001 - a thread that ended in silence would be worse
            self._failed(error)
        self.report.end(reached=self.reached)

    def _exchange_again(self, *, receive: bool) -> None:
        """A connection that was kept may have been ended by the server meanwhile: then once more with a new one."""
        kept = self._channel is not None
        try:
            self._exchange(receive=receive)
        except ChannelError:
            if not kept or self._stopping():
                raise
            self._drop()
            self._exchange(receive=receive)

    def _exchange(self, *, receive: bool) -> None:
        if self._channel is None:
            self._channel = open_channel(self.name, self.settings, self._root)
        if receive:
            self._do(self._receive, self.settings.inbox)
            self._fetching = self.report.findings
        else:
            for each in self._fetching:  # nobody has looked whether it is well again
                self.report.say(each)
        self._do(self._send, self.settings.outbox)

    def _do(self, work: Callable[[Channel], None], folder: str) -> None:
        """One direction. What is wrong with its folder there does not hold up the other one. Raises ChannelError."""
        if not folder or self._stopping() or self._channel is None:
            return
        try:
            work(self._channel)
        except FileError as error:
            self.report.say(error.finding)

    def _receive(self, channel: Channel) -> None:
        if self.receiver.receive(channel):
            self._landed()

    def _send(self, channel: Channel) -> None:
        self.sender.send(channel)

    def _failed(self, error: Exception) -> None:
        self._drop()
        self._failures += 1
        if self._stopping():
            return
        if isinstance(error, ChannelError):
            self.report.say(error.finding)
        elif isinstance(error, ConfigError):
            self.report.say(found(faults.SET_UP, channel=self.name, reason=error))
        elif isinstance(error, TransientError | OSError):
            self.report.say(found(faults.LOCAL, file=self.name, reason=error))
        else:
            LOG.error("[%s] internal error", self.name, exc_info=error, extra={"action": "channel_failed"})
            self.report.say(found(faults.INTERNAL, reason=f"{type(error).__name__}: {error}"))

    def _drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            with suppress(OSError):
                channel.close()

    def _stopping(self) -> bool:
        return self._stop.is_set() or self._asked()

    def look(self) -> float:
        """One round; the seconds until the next one."""
        self.round()
        poll = self.settings.poll_seconds
        if self._failures:
            return max(poll, min(poll * 2.0 ** min(self._failures, 10), MOST_PAUSE_SECONDS))
        return min(poll, self.settings.settle_seconds + 0.01) if self.receiver.waiting else poll

    def once(self, *, receive: bool) -> None:
        """Everything that is due now, also what first has to stand still."""
        self.round(receive=receive)
        if receive and self.receiver.waiting and not self._stop.wait(self.settings.settle_seconds + 0.01):
            self.round()

    def ring(self) -> None:
        """There may be something to send. While the channel does not answer, its pause is kept."""
        if self.settings.outbox and not self._failures:
            self.bell.ring()

    def stop(self) -> None:
        """Break off what can be done again; a file whose last byte is on its way is brought to its end."""
        self._stop.set()
        self.bell.ring()

    def close(self) -> None:
        """Give back the connection."""
        self._drop()


class Channels:
    """The channels of an installation.

    Args:
        settings, ledger, registry: of the installation.
        landed: called when files have come, from another thread.
        stopping: whether the program is to end.

    Raises ConfigError for a module or profile that there is not.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        registry: Registry,
        landed: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        active = {name: resolved(each, registry) for name, each in settings.channels.items() if each.active}
        settings = settings.model_copy(update={"channels": active})
        self._active = active

        @lru_cache(maxsize=65_536)  # receipts of all times lie in the outbox; what is known of them does not change
        def folder_of(uid: str) -> str:
            batch = ledger.batch(uid)
            return batch.folder if batch else ""

        routes = Routes(active, registry.modules, folder_of)
        self.lines = [Line(name, settings, ledger, routes, landed=landed, stopping=stopping) for name in active]

    def ring(self) -> None:
        """There may be something to send."""
        for line in self.lines:
            line.ring()

    def once(self, *, receive: bool = True) -> None:
        """Everything that is due now, or only what is to be sent; all channels side by side."""
        work = [(line.name, partial(line.once, receive=receive)) for line in self.lines]
        threads = [threading.Thread(target=once, name=f"channel {name}") for name, once in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Let all come to an end."""
        for line in self.lines:
            line.stop()

    def close(self) -> None:
        """Give back all connections."""
        for line in self.lines:
            line.close()

    def values(self, folder: str) -> dict[str, Any]:
        """What is known of files that lie in this folder below the inbox: their module and profile, where set."""
        settings = self._active.get(folder.partition("/")[0])
        given = {"module": settings.module, "profile": settings.profile} if settings else {}
        return {name: value for name, value in given.items() if value}

    @property
    def troubled(self) -> bool:
        """Whether a channel could not be used, or a file of it could not be fetched or sent."""
        errors = [each for line in self.lines for each in line.report.findings if each.severity is not Severity.WARNING]
        return bool(errors) or any(not line.reached for line in self.lines)


def resolved(settings: ChannelSettings, registry: Registry) -> ChannelSettings:
    """The settings with modules by their own names. Raises ConfigError for one that there is not."""
    module = registry.profile(settings.profile).module if settings.profile else settings.module
    send = [each if set("*?[.") & set(each) else registry.module(each).name for each in settings.send]
    update = {"module": registry.module(module).name if module else "", "send": tuple(send)}
    return settings.model_copy(update=update)


def examine(name: str, settings: Settings, registry: Registry) -> Finding | None:
    """Connect to a channel and look into its folders; what is wrong, or None."""
    try:
        given = resolved(settings.channels[name], registry)
        channel = open_channel(name, given, settings.root)
    except ChannelError as error:
        return error.finding
    except ConfigError as error:
        return found(faults.SET_UP, channel=name, reason=error)
    try:
        for folder in filter(None, (given.inbox, given.outbox)):
            channel.entries(folder)
    except (ChannelError, FileError) as error:
        return error.finding
    finally:
        channel.close()
    return None
