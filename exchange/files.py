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


def flush_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut. Windows does that by itself and has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
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
    """Rename within a volume, or copy, flush and delete across volumes; the destination is never seen half.

    Raises TransientError where another program holds the file open (Windows).
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(destination)
    except PermissionError as error:
        message = f"{source.name} is held open by another program, or there is no right to move it"
        raise TransientError(message) from error
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = destination.with_name(destination.name + PART)
        shutil.copyfile(source, part)
        with part.open("rb+") as out:
            os.fsync(out.fileno())
        part.replace(destination)
        flush_folder(destination.parent)  # before the only other copy goes
        source.unlink()
    flush_folder(destination.parent)


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
