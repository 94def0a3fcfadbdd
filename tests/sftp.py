"""An SFTP server in this process, whose faults a test chooses, and an exchange with one channel to a server."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncssh

from exchange.channels.service import Channels, Line
from exchange.registry import build
from exchange.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

USER, PASSWORD = "shop", "geheim-ß-7"


class Sftp(asyncssh.SFTPServer):
    """Serves `home`; tests override what shall go wrong."""

    home: bytes = b""
    opened: list[Any]

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=self.home)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        file = super().open(path, pflags, attrs)
        self.opened.append(file)
        return file

    def cut(self) -> None:
        """End the connection without a word."""
        self.channel.get_connection().abort()


class Login(asyncssh.SSHServer):
    """One user with a password."""

    tries = 0
    connections: list[asyncssh.SSHServerConnection]

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        type(self).tries += 1
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class Running(NamedTuple):
    """A running server: its port, fingerprint, folder, and how often somebody tried to log in."""

    port: int
    host_key: str
    home: Path
    login: type[Login]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a channel to it."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "password": PASSWORD,
            "host_keys": [self.host_key],
            "inbox": "/in",
            "outbox": "/out",
            "send": ["*"],
            "settle_seconds": 0.0,
            "timeout_seconds": 20.0,
        }


_HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")


@contextmanager
def serving(home: Path, server: type[Sftp] = Sftp, **options: Any) -> Iterator[Running]:
    """Serve a folder with `in` and `out` from a thread."""
    for name in ("in", "out"):
        (home / name).mkdir(parents=True, exist_ok=True)
    faulty = type(server.__name__, (server,), {"home": str(home).encode(), "opened": []})
    login = type("Login", (Login,), {"connections": []})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    given = {"server_host_keys": [_HOST_KEY], **options}

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=login, sftp_factory=faulty, allow_scp=False, **given
        )

    listener = run(listen())
    try:
        yield Running(listener.get_port(), _HOST_KEY.get_fingerprint(), home, login)
    finally:
        run(_ended(listener, login.connections))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        for file in faulty.opened:
            file.close()


async def _ended(listener: asyncssh.SSHAcceptor, connections: list[asyncssh.SSHServerConnection]) -> None:
    listener.close()
    await listener.wait_closed()
    for each in connections:
        each.abort()
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for each in connections:
        await each.wait_closed()
    await asyncio.sleep(0)


class Books:
    """A ledger that knows which folder a batch came from."""

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def batch(self, uid: str) -> Any:
        return type("Batch", (), {"folder": self.folders[uid]}) if uid in self.folders else None


REGISTRY = build()


class Exchange:
    """An installation with one channel, `agency`.

    Attributes:
        root: its folder; line: the channel; books: its ledger.
        seconds: the monotonic clock of the receiver.
    """

    def __init__(self, root: Path, channel: dict[str, Any], **given: Any) -> None:
        self.root = root
        self.settings = Settings.model_validate({"root": root, "channels": {"agency": channel}, **given})
        self.books = Books()
        self.seconds = 0.0
        (root / "outbox").mkdir(parents=True, exist_ok=True)
        self.restart()

    def restart(self) -> None:
        """As a new process would see it."""
        self.channels = Channels(self.settings, self.books, REGISTRY)  # type: ignore[arg-type]
        self.line: Line = self.channels.lines[0]
        self.line.receiver.clock = lambda: self.seconds

    def round(self) -> list[str]:
        """One round; the codes of what is wrong."""
        self.line.round()
        return [each.code for each in self.line.report.findings]

    @property
    def said(self) -> str:
        """Everything that the last round tells, in both languages."""
        found = self.line.report.findings
        return "\n".join(f"{each.message(lang)} {each.remedy(lang)}" for each in found for lang in ("de", "en"))

    def inbox(self) -> dict[str, bytes]:
        """What has landed."""
        return files(self.root / "inbox" / "agency")

    def sent(self) -> dict[str, bytes]:
        """What counts as delivered."""
        return files(self.root / "outbox" / "sent" / "agency")

    def outbox(self) -> list[str]:
        """What waits to be sent."""
        return sorted(path.name for path in (self.root / "outbox").iterdir() if path.is_file())

    def write(self, name: str, content: bytes) -> Path:
        """A file to be sent."""
        path = self.root / "outbox" / name
        path.write_bytes(content)
        return path

    def close(self) -> None:
        self.channels.close()


def files(folder: Path) -> dict[str, bytes]:
    """Name → content of the plain files of a folder."""
    if not folder.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@contextmanager
def exchanging(root: Path, channel: dict[str, Any], **given: Any) -> Iterator[Exchange]:
    """An installation with one channel."""
    exchange = Exchange(root, channel, **given)
    try:
        yield exchange
    finally:
        exchange.close()
