"""paramiko's SFTP client with what it lacks: names as bytes, answers in any charset, a bounded number of requests.

It builds on the request and answer methods that `paramiko.SFTPClient` has for its own files; they are private by name
and old. `_ask`, `_send` and `_take` are the only places that touch them.
"""

from __future__ import annotations

import stat
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from paramiko import SFTPAttributes, SFTPClient, SFTPError
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_HANDLE,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_WRITE,
    SFTP_EOF,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_READ,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    int64,
)

from exchange.channel import BLOCK, Entry, FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from paramiko.message import Message

#: Requests on their way: OpenSSH's own client has as many, and its server takes no more (paramiko#1587).
IN_FLIGHT = 64
#: A folder with more entries is not read to its end: what is fetched leaves it, the rest comes next time.
MOST_ENTRIES = 100_000


class StatusError(OSError):
    """The server refused a request.

    Attributes:
        code: of the protocol (draft-ietf-secsh-filexfer-02, section 7).
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text or f"status {code}")
        self.code = code

    @property
    def missing(self) -> bool:
        """Whether there is no such file."""
        return self.code == SFTP_NO_SUCH_FILE


class SizeError(Exception):
    """A file has not the size that it should have."""


class _Answers:
    """Answers to requests on their way, by their number; paramiko's client hands them over here."""

    def __init__(self) -> None:
        self.arrived: dict[int, tuple[int, Message]] = {}

    def _async_response(self, kind: int, message: Message, number: int) -> None:
        self.arrived[number] = (kind, message)


def entry(name: bytes, attributes: SFTPAttributes) -> Entry:
    """What a server tells of a file. Without permissions its kind is unknown: such a file is not taken."""
    mode = attributes.st_mode or 0
    size, modified = attributes.st_size or 0, attributes.st_mtime or 0
    return Entry(name, size, modified, stat.S_ISREG(mode), stat.S_ISDIR(mode))


class Session(SFTPClient):
    """An SFTP session. Raises StatusError for refusals; what paramiko raises means that the connection is lost."""

    def entries(self, folder: bytes) -> Iterator[Entry]:
        """What lies in a folder, but for itself and its parent; at most `MOST_ENTRIES`."""
        handle = self._handle(CMD_OPENDIR, folder)
        try:
            yield from islice(self._listing(handle), MOST_ENTRIES)
        finally:
            self._send(_Answers(), CMD_CLOSE, handle)  # its answer says nothing: nobody waits for it

    def _listing(self, handle: bytes) -> Iterator[Entry]:
        while True:
            try:
                kind, message = self._ask(CMD_READDIR, handle)
            except EOFError:
                return
            if kind != CMD_NAME:
                raise SFTPError("the server answers a listing with something else")
            yield from self._names(message)

    @staticmethod
    def _names(message: Message) -> Iterator[Entry]:
        for _ in range(message.get_int()):
            name = message.get_binary()
            message.get_binary()  # the line that `ls -l` would show
            if not name:  # more names announced than sent
                raise SFTPError("the server sends a broken listing")
            attributes = SFTPAttributes._from_msg(message)  # type: ignore[attr-defined]  # noqa: SLF001
            if name not in (b".", b".."):
                yield entry(name, attributes)

    def read_file(self, path: bytes, size: int) -> Iterator[bytes]:
        """The content of a file. Raises SizeError unless it is exactly so long."""
        handle = self._handle(CMD_OPEN, path, SFTP_FLAG_READ, SFTPAttributes())
        try:
            yield from self._blocks(handle, size)
        finally:
            self._send(_Answers(), CMD_CLOSE, handle)

    def _blocks(self, handle: bytes, size: int) -> Iterator[bytes]:
        """The content in order, and one request behind the end: a file that has grown would answer it."""
        answers = _Answers()
        wanted = chain(range(0, size, BLOCK), [size])
        flying: deque[tuple[int, int, int]] = deque()
        while True:
            while len(flying) < IN_FLIGHT and (offset := next(wanted, None)) is not None:
                length = min(BLOCK, size - offset) or 1
                flying.append((self._send(answers, CMD_READ, handle, int64(offset), length), offset, length))
            if not flying:
                return
            number, offset, length = flying.popleft()
            try:
                data = self._data(self._take(answers, number))
                while offset < size and len(data) < length:  # a server may send less than it was asked for
                    rest = self._ask(CMD_READ, handle, int64(offset + len(data)), length - len(data))
                    data += self._data(rest)
            except EOFError:
                if offset < size:
                    raise SizeError from None
                continue
            if offset >= size or len(data) > length:
                raise SizeError
            yield data

    @staticmethod
    def _data(answer: tuple[int, Message]) -> bytes:
        kind, message = answer
        data = message.get_binary() if kind == CMD_DATA else b""
        if not data:
            raise SFTPError("the server answers a read with something else")
        return data

    def write_file(self, path: bytes, blocks: Iterable[bytes], complete: Callable[[], None]) -> None:
        """Write a file anew; see `exchange.channel.Channel.write`."""
        flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC
        handle = self._handle(CMD_OPEN, path, flags, SFTPAttributes())
        try:
            self._write_blocks(handle, blocks)
            complete()
        except (StatusError, FileError):
            self._ask(CMD_CLOSE, handle)
            raise
        self._ask(CMD_CLOSE, handle)

    def _write_blocks(self, handle: bytes, blocks: Iterable[bytes]) -> None:
        answers = _Answers()
        flying: deque[int] = deque()
        offset = 0
        for data in blocks:
            flying.append(self._send(answers, CMD_WRITE, handle, int64(offset), data))
            offset += len(data)
            if len(flying) >= IN_FLIGHT:
                self._take(answers, flying.popleft())
        while flying:
            self._take(answers, flying.popleft())

    def _handle(self, kind: int, *arguments: Any) -> bytes:
        answer, message = self._ask(kind, *arguments)
        if answer != CMD_HANDLE:
            raise SFTPError("the server answers an open with something else")
        return message.get_binary()

    # What paramiko has

    def _ask(self, kind: int, *arguments: Any) -> tuple[int, Message]:
        """One request and its answer. Raises StatusError, and EOFError for the end of a file or listing."""
        answer: tuple[int, Message] = self._request(kind, *arguments)  # type: ignore[attr-defined]
        return answer

    def _send(self, answers: _Answers, kind: int, *arguments: Any) -> int:
        """A request whose answer is taken later; its number."""
        number: int = self._async_request(answers, kind, *arguments)  # type: ignore[attr-defined]
        return number

    def _take(self, answers: _Answers, number: int) -> tuple[int, Message]:
        """The answer to a request. Raises as `_ask`."""
        while number not in answers.arrived:
            self._read_response()  # type: ignore[attr-defined]
        kind, message = answers.arrived.pop(number)
        if kind not in (CMD_DATA, CMD_HANDLE, CMD_NAME):
            self._convert_status(message)
        return kind, message

    def _convert_status(self, message: Message) -> None:
        """As paramiko's own, but an answer that is no UTF-8 does not break the connection."""
        code = message.get_int()
        if code == SFTP_EOF:
            raise EOFError
        if code != SFTP_OK:
            raise StatusError(code, message.get_binary().decode("utf-8", "replace"))
