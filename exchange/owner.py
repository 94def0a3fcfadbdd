"""Who works here: every process holds a lock for as long as it lives, so others can tell the dead from the slow.

The operating system gives the lock back when a process ends, also by kill -9; a process id could have been given to
another
program meanwhile (fault-catalogue C7).
"""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from pathlib import Path


class Owner:
    """This process, as leases name it: `host:random`."""

    def __init__(self, work: Path) -> None:
        self._folder = work / ".owners"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._host = socket.gethostname()
        self.name = f"{self._host}:{secrets.token_hex(6)}"
        self._lock = FileLock(self._path(self.name))
        self._lock.acquire(timeout=0)

    def _path(self, name: str) -> Path:
        return self._folder / (name.rpartition(":")[2] + ".lock")

    def is_dead(self, name: str) -> bool:
        """Whether another owner is known to be gone. Of other machines nothing is known: their leases must run out."""
        if not name or name == self.name or name.rpartition(":")[0] != self._host:
            return False
        path = self._path(name)
        if not path.exists():
            return True
        probe = FileLock(path)
        try:
            probe.acquire(timeout=0)
        except Timeout:
            return False
        probe.release()
        with suppress(OSError):
            path.unlink()
        return True

    def close(self) -> None:
        """Stop being an owner."""
        self._lock.release()
        with suppress(OSError):
            self._path(self.name).unlink()
