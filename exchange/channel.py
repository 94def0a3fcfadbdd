"""The contract of a channel: a place elsewhere (SFTP server, network share) that files are fetched from and sent to.

A channel knows folders and names, nothing of what is in the files. Names are bytes: what a server lists need not be
valid text, and one bad name must not hide the others (fault catalogue S7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from exchange.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from exchange.finding import Finding


#: Files travel in blocks of this size; every SFTP server takes that many bytes at once.
BLOCK = 32_768


class Entry(NamedTuple):
    """One entry of a remote folder; links are not followed.

    Attributes:
        name: as the server spells it.
        size: bytes.
        modified: time stamp by the server's clock, in its own unit; 0 when it tells none.
        regular: a plain file; no folder, link, pipe or device.
        folder: a folder.
    """

    name: bytes
    size: int
    modified: int
    regular: bool
    folder: bool = False


class ChannelError(TransientError):
    """The channel cannot be used now: it is opened anew after a while. Other channels go on."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Stopping(TransientError):  # noqa: N818 - no error, only an end
    """The service stops; what was on its way is done again next time."""


class FileError(TransientError):
    """One file cannot be fetched or sent now; the channel goes on with the others."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Missing(FileError):  # noqa: N818 - the name says what it is
    """There is no such file or folder."""


class Channel(Protocol):
    """An open channel. Every call ends within a deadline and raises ChannelError or FileError."""

    def entries(self, folder: str) -> list[Entry]:
        """What lies in a folder. Raises Missing."""
        ...

    def look(self, folder: str, name: bytes) -> Entry:
        """One entry as it is now. Raises Missing."""
        ...

    def fetch(self, folder: str, name: bytes, size: int) -> Generator[bytes]:
        """The content of a file. Raises FileError unless it has exactly `size` bytes."""
        ...

    def write(self, folder: str, name: bytes, size: int, blocks: Iterable[bytes], complete: Callable[[], None]) -> None:
        """Write a file anew, in place of one that is there; `blocks` hold at most `BLOCK` bytes, `size` in all.

        `complete` is called when all bytes are confirmed, before the file is closed: from then on it may be taken.
        """
        ...

    def rename(self, folder: str, name: bytes, to_folder: str, to_name: bytes, *, over: bool) -> None:
        """Give a file another name; with `over` in place of one that is there. Never deletes one first."""
        ...

    def delete(self, folder: str, name: bytes) -> None:
        """Remove a file. Raises Missing."""
        ...

    def make_folder(self, folder: str) -> None:
        """Make a folder; it may be there already."""
        ...

    def close(self) -> None:
        """End the connection; may be called from another thread, and breaks off what is going on."""
        ...
