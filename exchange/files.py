"""Moving and writing files so that a crash at any line leaves either the old state or the new one."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from exchange.errors import TransientError

if TYPE_CHECKING:
    from io import BufferedReader

#: Suffix of files that are not complete; no reader takes them.
PART = ".part"
#: So much of a file is copied at a time.
COPY_BYTES = 2**20


def flush_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut. Windows does that by itself and has no such call.

    Some network file systems have none for folders either, and say that the argument is wrong.
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):
            raise
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is seen complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    replace(part, path)


def replace(source: Path, destination: Path) -> None:
    """Rename within a volume, or copy, flush, compare and delete across volumes; the destination is never seen half.

    Raises TransientError where another program holds the file open (Windows), or it changed while it was copied.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            source.replace(destination)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _carry(source, destination)
    except PermissionError as error:
        message = f"{source.name} is held open by another program, or there is no right to move it"
        raise TransientError(message) from error
    flush_folder(destination.parent)


def _carry(source: Path, destination: Path) -> None:
    """Move across volumes. What is no plain file arrives as what it is: a link is never followed, a pipe never read."""
    part = destination.with_name(destination.name + PART)
    mode = source.lstat().st_mode
    if stat.S_ISREG(mode):
        copy(source, part)
    else:
        part.unlink(missing_ok=True)
        if stat.S_ISLNK(mode):
            part.symlink_to(source.readlink())
        elif sys.platform != "win32":  # a pipe or socket, which folders of Windows cannot hold
            os.mknod(part, mode)
    part.replace(destination)
    flush_folder(destination.parent)  # before the only other copy goes
    source.unlink()


def copy(source: Path, destination: Path) -> None:
    """Copy a plain file to the disk, and compare the lengths: a share that breaks off may end a read without an error.

    Raises TransientError, and leaves nothing, when the copy came short or the source changed meanwhile.
    """
    with open_plainly(source) as file, destination.open("wb") as out:
        before = os.fstat(file.fileno())
        shutil.copyfileobj(file, out, COPY_BYTES)
        out.flush()
        os.fsync(out.fileno())
        after = os.fstat(file.fileno())
        copied = out.tell()
    if (copied, after.st_size, after.st_mtime_ns) != (before.st_size, before.st_size, before.st_mtime_ns):
        destination.unlink()
        message = f"{source.name} changed while it was copied, or could not be read to its end"
        raise TransientError(message)


def content_hash(path: Path) -> str:
    """SHA-256 of a file. Links are not followed, so nobody can slip another file in between check and use."""
    with open_plainly(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_plainly(path: Path) -> BufferedReader:
    """Open a regular file for reading; never follows a link, never waits on a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.fdopen(os.open(path, flags), "rb")


def is_regular(path: Path) -> bool:
    """Whether it is a plain file: no folder, link, pipe or device. False also when it has gone."""
    with suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


#: Names that Windows keeps for devices, whatever the suffix.
_DEVICES = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
_FORBIDDEN = frozenset('<>:"/\\|?*')
#: A file system takes 255 bytes; reports put a batch id and suffixes behind the name.
MOST_NAME_BYTES = 160
#: No path below one of our folders is longer: day, name, batch id, suffixes. Windows takes 259 characters in all.
MOST_PATH_BELOW = 215


def clean_name(name: str) -> str:
    """A file name that is safe on every system and in every report; the suffix is kept.

    The original name is kept in the ledger; this one is what the file is called while it is with us.
    """
    text = "".join("_" if c in _FORBIDDEN or not c.isprintable() else c for c in name).strip(" .") or "_"
    if text.split(".", 1)[0].strip().casefold() in _DEVICES:
        text = "_" + text
    stem, suffix = Path(text).stem, Path(text).suffix[:20]
    room = MOST_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + suffix if len(text.encode()) > MOST_NAME_BYTES else text
