"""Connections to the shop: TLS checked, every wait bounded, the answer as a whole too.

A time-out of a socket only bounds the wait for the next bytes: a server that sends one byte now and then could hold a
call for days. So the bytes of an answer, its head included, are read against a deadline of the whole answer.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, NamedTuple

from urllib3 import PoolManager, ProxyManager, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import parse_url

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path


class Patience(NamedTuple):
    """How long is waited, in seconds.

    Attributes:
        connect: for a connection.
        read: for the next bytes of an answer.
        answer: for the whole answer, once the request is sent.
    """

    connect: float
    read: float
    answer: float


class _Timed(io.RawIOBase):
    """The bytes of one answer, as long as there is time."""

    def __init__(self, connection: socket.socket, waits: Patience) -> None:
        self._socket = connection
        self._bytes = connection.makefile("rb", buffering=0)
        self._waits = waits
        self._deadline = time.monotonic() + waits.answer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(min(self._waits.read, left))
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _Opened:
    """What `http.client` wants of a socket to read an answer from it."""

    def __init__(self, connection: socket.socket, waits: Patience) -> None:
        self.connection = connection
        self.waits = waits

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self.connection, self.waits))


def connections(waits: Patience, ca_file: Path | None = None, proxy: str = "") -> PoolManager:
    """The connections of one client; nothing is tried again here, and no redirect followed.

    Args:
        waits: how long.
        ca_file: certificates that are trusted instead of the system's.
        proxy: address of a proxy, with user and password where it wants them.
    """

    class Answer(HTTPResponse):
        def __init__(self, connection: socket.socket, *arguments: object, **named: object) -> None:
            super().__init__(_Opened(connection, waits), *arguments, **named)  # type: ignore[arg-type]

    class Plain(HTTPConnection):
        response_class = Answer

    class Secure(HTTPSConnection):
        response_class = Answer

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    options: dict[str, Any] = {
        "timeout": Timeout(connect=waits.connect, read=waits.read),
        "retries": False,
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": str(ca_file) if ca_file else None,
    }
    manager = _proxied(proxy, options) if proxy else PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager


def _proxied(proxy: str, options: Mapping[str, Any]) -> ProxyManager:
    address = parse_url(proxy)
    headers = make_headers(proxy_basic_auth=address.auth) if address.auth else None
    return ProxyManager(address._replace(auth=None).url, proxy_headers=headers, **options)
