"""A server that does what a test says, down to the bytes: for what goes wrong on the line."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.connectors.lightspeed.budget import Budget
from exchange.connectors.lightspeed.client import LightspeedClient
from exchange.settings import ShopSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    Step = Callable[["BinaryIO", threading.Event], None]

KEY, SECRET = "k3y" * 10, "s3cret" * 5


class Request(NamedTuple):
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scripted:
    """A server and what it has seen.

    Attributes:
        steps: what it does with the next requests.
        requests: those that came.
        url: where it is.
    """

    def __init__(self, url: str) -> None:
        self.steps: list[Step] = []
        self.requests: list[Request] = []
        self.url = url
        self.ended = threading.Event()

    def then(self, *steps: Step) -> None:
        self.steps.extend(steps)


class _Handler(socketserver.StreamRequestHandler):
    script: Scripted

    def handle(self) -> None:
        while line := self.rfile.readline().decode():
            headers = {}
            while (header := self.rfile.readline().decode().strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            method, path, _ = line.split()
            self.script.requests.append(Request(method, path, headers, body))
            step = self.script.steps.pop(0)
            with suppress(OSError):  # the client has gone
                step(self.wfile, self.script.ended)
            if step.__name__ == "breaks":
                return


@contextmanager
def scripted(certificate: Path | None = None) -> Iterator[Scripted]:
    """A server on this machine, until the end of the block; with a certificate it speaks TLS."""
    handler = type("OwnHandler", (_Handler,), {})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler, bind_and_activate=True)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script = Scripted(f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}")
    handler.script = script  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def says(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None, kind: str = "application/json"
) -> Step:
    """An answer; text and bytes as they are, anything else as JSON."""
    data = content.encode() if isinstance(content, str) else content
    data = data if isinstance(data, bytes) else json.dumps(data).encode()

    def answers(out: BinaryIO, _ended: threading.Event) -> None:
        out.write(_head(status, {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}) + data)

    return answers


def cut(content: Any, status: int = 200) -> Step:
    """An answer that ends in the middle."""
    data = json.dumps(content).encode()

    def breaks(out: BinaryIO, _ended: threading.Event) -> None:
        out.write(_head(status, {"Content-Length": str(len(data))}) + data[: len(data) // 2])

    return breaks


def drop() -> Step:
    """No answer: the connection ends."""

    def breaks(_out: BinaryIO, _ended: threading.Event) -> None:
        """Nothing."""

    return breaks


def drip(head: bytes = b"") -> Step:
    """A byte now and then, without an end, behind a head; without one, it is the head that never ends."""

    def breaks(out: BinaryIO, ended: threading.Event) -> None:
        out.write(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not ended.wait(0.02):
            out.write(b" ")

    return breaks


def endless() -> Step:
    """More and more, as fast as it can."""

    def breaks(out: BinaryIO, ended: threading.Event) -> None:
        out.write(_head(200, {"Connection": "close"}))
        while not ended.is_set():
            out.write(b" " * 65536)

    return breaks


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} .", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


#: Head of an answer of unknown length.
OPEN_HEAD = _head(200, {"Content-Type": "application/json", "Connection": "close"})


class Time:
    """A clock that goes on when somebody sleeps, and by nothing else."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) -> None:
        self.at = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


def client_of(url: str, time: Time | None = None, *, patience_seconds: float = 0, **given: Any) -> LightspeedClient:
    """A client of a server, by a clock of its own."""
    time = time or Time()
    values = {"url": url, "key": KEY, "secret": SECRET, **given}
    budget = Budget(10, time.now, time.sleep)
    return LightspeedClient(ShopSettings(**values), budget, patience_seconds=patience_seconds)


def rate(remaining: str, limit: str = "300/3000/12000", reset: str = "60/1800/40000") -> dict[str, str]:
    """Headers of the windows."""
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
