"""An SFTP server. Its key must be known, every call has a deadline, and nothing but what is set is offered to log in.

paramiko sets no TCP_NODELAY and searches for keys and agents in its usual client (fault catalogue S1-S6); so the
socket is our own, and the login is made step by step.
"""

from __future__ import annotations

import logging
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from paramiko import AuthenticationException, PKey, SFTPError, SSHException, Transport
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import IncompatiblePeer

from exchange.channel import ChannelError, Entry, FileError, Missing
from exchange.channels import faults
from exchange.channels.guard import Guard
from exchange.channels.session import Session, SizeError, StatusError, entry
from exchange.errors import ConfigError
from exchange.finding import found
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from exchange.finding import Finding, Kind
    from exchange.settings import ChannelSettings

#: What `legacy_algorithms` admits: out of use since OpenSSH 7 and 8 (CBC, 3DES, SHA-1, MD5).
LEGACY = {
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-sha1", "hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
}
#: A listing may take so many times as long as a single request.
LISTING = 10
#: What paramiko raises when a connection is of no more use.
BROKEN = (SSHException, SFTPError, EOFError, OSError)

# It writes stack traces for whatever a server does wrong; what is worth telling is told by a finding.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


def _path(folder: str, name: bytes = b"") -> bytes:
    place = folder.encode().rstrip(b"/") if folder.strip("/") else folder[:1].encode()
    return b"/".join(part for part in (place, name) if part) if place != b"/" else b"/" + name


class Sftp:
    """A connection to a server; see `exchange.channel.Channel`."""

    def __init__(self, name: str, settings: ChannelSettings, root: Path) -> None:
        if not settings.host or not settings.user:
            raise ConfigError(f"[channels.{name}] host and user must be set")
        self._name = name
        self._settings = settings
        self._place = settings.host if settings.port == 22 else f"{settings.host}:{settings.port}"  # noqa: PLR2004 - SSH
        key = _key(name, settings, root)
        password = None if settings.password is None else secret(settings.password)
        self._socket = self._connect()
        self._guard = Guard(self._cut)
        self._transport: Transport | None = None
        try:
            self._session = self._login(key, password)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._cut()
        self._guard.close()
        if self._transport is not None:
            self._transport.close()
        self._socket.close()

    def _cut(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    # Login

    def _connect(self) -> socket.socket:
        address = (self._settings.host, self._settings.port)
        try:
            made = socket.create_connection(address, self._settings.timeout_seconds)
        except OSError as error:
            raise ChannelError(self._found(faults.UNREACHABLE, reason=error.strerror or error)) from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _login(self, key: PKey | None, password: str | None) -> Session:
        seconds, user = self._settings.timeout_seconds, self._settings.user
        try:
            with self._guard.within(seconds):
                transport = self._transport = Transport(
                    self._socket, disabled_algorithms=None if self._settings.legacy_algorithms else LEGACY
                )
                security = transport.get_security_options()  # GCM first: a quarter quicker than CTR with a check sum
                security.ciphers = tuple(sorted(security.ciphers, key=lambda each: "-gcm@" not in each))
                transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = seconds
                transport.start_client(timeout=seconds)
                self._check_key(transport.get_remote_server_key())
                if key is not None:
                    transport.auth_publickey(user, key)
                if password is not None and not transport.is_authenticated():
                    transport.auth_password(user, password)
                channel = transport.open_session(timeout=seconds)
                channel.settimeout(seconds)
                channel.invoke_subsystem("sftp")
                return Session(channel)
        except IncompatiblePeer as error:
            raise ChannelError(self._found(faults.TOO_OLD, reason=error)) from error
        except AuthenticationException as error:
            if self._guard.expired:
                raise self._lost(error) from error
            raise ChannelError(self._found(faults.NOT_ADMITTED, user=user, reason=error)) from error
        except BROKEN as error:
            raise self._lost(error) from error

    def _check_key(self, key: PKey) -> None:
        pinned = [each.strip().rstrip("=") for each in self._settings.host_keys]
        offered = key.fingerprint
        if not pinned:
            raise ChannelError(self._found(faults.KEY_UNKNOWN, algorithm=key.get_name(), offered=offered))
        if offered not in pinned:
            shown = {"algorithm": key.get_name(), "offered": offered, "pinned": ", ".join(pinned)}
            raise ChannelError(self._found(faults.KEY_CHANGED, **shown))

    # Files

    def entries(self, folder: str) -> list[Entry]:
        with self._doing(folder, seconds=self._settings.timeout_seconds * LISTING):
            return list(self._session.entries(_path(folder) or b"."))

    def look(self, folder: str, name: bytes) -> Entry:
        with self._doing(name):
            return entry(name, self._session.lstat(_path(folder, name)))

    def fetch(self, folder: str, name: bytes, size: int) -> Generator[bytes]:
        with self._doing(name, size):
            yield from self._session.read_file(_path(folder, name), size)

    def write(self, folder: str, name: bytes, size: int, blocks: Iterable[bytes], complete: Callable[[], None]) -> None:
        with self._doing(name, size):
            self._session.write_file(_path(folder, name), blocks, complete)

    def rename(self, folder: str, name: bytes, to_folder: str, to_name: bytes, *, over: bool) -> None:
        old, new = _path(folder, name), _path(to_folder, to_name)
        with self._doing(name):
            if over:
                # OpenSSH's extension replaces in one step; without it, a server may refuse, but nothing gets lost.
                try:
                    self._session.posix_rename(old, new)
                except StatusError as error:
                    if error.missing:
                        raise
                else:
                    return
            self._session.rename(old, new)

    def delete(self, folder: str, name: bytes) -> None:
        with self._doing(name):
            self._session.remove(_path(folder, name))

    def make_folder(self, folder: str) -> None:
        with self._doing(folder), suppress(StatusError):  # it may be there; if not, what follows tells
            self._session.mkdir(_path(folder))

    @contextmanager
    def _doing(self, name: str | bytes, size: int = 0, *, seconds: float = 0.0) -> Iterator[None]:
        """Something that has to end in time; what goes wrong is told as the contract says."""
        limit = (seconds or self._settings.timeout_seconds) + size / self._settings.least_bytes_per_second
        text = name if isinstance(name, str) else name.decode("utf-8", "replace")
        try:
            with self._guard.within(limit):
                yield
        except StatusError as error:
            if error.missing:
                raise Missing(self._found(faults.MISSING, file=text)) from error
            raise FileError(self._found(faults.REFUSED, file=text, reason=error)) from error
        except SizeError as error:
            raise FileError(self._found(faults.SIZE_DIFFERS, file=text)) from error
        except BROKEN as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> ChannelError:
        if self._guard.expired or isinstance(error, TimeoutError):
            return ChannelError(self._found(faults.TOO_SLOW))
        return ChannelError(self._found(faults.LOST, reason=str(error) or type(error).__name__))

    def _found(self, what: Kind, **values: object) -> Finding:
        return found(what, channel=self._name, place=self._place, **values)


def _key(name: str, settings: ChannelSettings, root: Path) -> PKey | None:
    if settings.key_file is None:
        return None
    passphrase = None if settings.passphrase is None else secret(settings.passphrase).encode()
    try:
        # Declared as text, but what it calls wants bytes (paramiko 4 and 5).
        return PKey.from_path(root / settings.key_file, passphrase)  # type: ignore[arg-type]
    except (OSError, SSHException, UnknownKeyType, ValueError, TypeError) as error:
        # The text of the library may hold what it read.
        raise ConfigError(f"[channels.{name}] key_file cannot be used ({type(error).__name__})") from None


OPEN = Sftp
