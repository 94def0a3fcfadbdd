"""A folder of this machine or a network share. Shares tell nothing of what others write, so they are searched."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from exchange.channel import BLOCK, ChannelError, Entry, FileError, Missing
from exchange.channels import faults
from exchange.files import flush_folder, open_plainly
from exchange.finding import found

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from exchange.finding import Finding, Kind
    from exchange.settings import ChannelSettings


#: No room is left for this file; smaller ones may still go.
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Folder:
    """A folder; see `exchange.channel.Channel`. A share that hangs holds up its own channel only."""

    def __init__(self, name: str, settings: ChannelSettings, root: Path) -> None:
        self._name = name
        self._root = root
        self._place = settings.inbox or settings.outbox

    def close(self) -> None:
        """There is no connection."""

    def entries(self, folder: str) -> list[Entry]:
        with self._doing(folder), os.scandir(self._path(folder)) as listing:
            found_here = []
            for each in listing:
                try:
                    status = each.stat(follow_symlinks=False)
                except FileNotFoundError:  # somebody was quicker
                    continue
                found_here.append(_entry(os.fsencode(each.name), status))
            return found_here

    def look(self, folder: str, name: bytes) -> Entry:
        with self._doing(name):
            return _entry(name, self._path(folder, name).lstat())

    def fetch(self, folder: str, name: bytes, size: int) -> Generator[bytes]:
        with self._doing(name), open_plainly(self._path(folder, name)) as file:
            read = 0
            while data := file.read(BLOCK):
                read += len(data)
                if read <= size:
                    yield data
            if read != size:
                raise FileError(self._found(faults.SIZE_DIFFERS, file=name.decode("utf-8", "replace")))

    def write(self, folder: str, name: bytes, size: int, blocks: Iterable[bytes], complete: Callable[[], None]) -> None:  # noqa: ARG002 - the contract's
        with self._doing(name), self._path(folder, name).open("wb") as out:
            for data in blocks:
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
            complete()

    def rename(self, folder: str, name: bytes, to_folder: str, to_name: bytes, *, over: bool) -> None:
        old, new = self._path(folder, name), self._path(to_folder, to_name)
        with self._doing(name):
            if over:
                old.replace(new)
            elif os.path.lexists(new):
                raise FileError(self._found(faults.REFUSED, file=to_name.decode("utf-8", "replace"), reason="exists"))
            else:
                old.rename(new)
            flush_folder(new.parent)

    def delete(self, folder: str, name: bytes) -> None:
        with self._doing(name):
            self._path(folder, name).unlink()

    def make_folder(self, folder: str) -> None:
        with self._doing(folder):
            self._path(folder).mkdir(exist_ok=True)

    def _path(self, folder: str, name: bytes = b"") -> Path:
        return self._root / folder / os.fsdecode(name)

    @contextmanager
    def _doing(self, name: str | bytes) -> Iterator[None]:
        text = name if isinstance(name, str) else name.decode("utf-8", "replace")
        try:
            yield
        except FileNotFoundError as error:
            raise Missing(self._found(faults.MISSING, file=text)) from error
        except (PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise FileError(self._found(faults.REFUSED, file=text, reason=error.strerror)) from error
        except OSError as error:
            if error.errno in FULL:
                raise FileError(self._found(faults.REFUSED, file=text, reason=error.strerror)) from error
            raise ChannelError(self._found(faults.LOST, reason=error.strerror or error)) from error

    def _found(self, what: Kind, **values: object) -> Finding:
        return found(what, channel=self._name, place=self._place, **values)


def _entry(name: bytes, status: os.stat_result) -> Entry:
    mode = status.st_mode
    return Entry(name, status.st_size, status.st_mtime_ns, stat.S_ISREG(mode), stat.S_ISDIR(mode))


OPEN = Folder
