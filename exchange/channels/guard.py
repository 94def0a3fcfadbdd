"""Ends what takes too long. A hanging server can keep a call for ever; closing the socket ends the call."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Guard:
    """Watches over one connection from a thread of its own.

    Args:
        cut: makes every call on the connection fail at once.

    Attributes:
        expired: whether it had to cut.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._until: float | None = None
        self._closed = False
        self._changed = threading.Condition()
        self.expired = False
        threading.Thread(target=self._watch, name="channel guard", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is done inside has to end in time."""
        self._set(time.monotonic() + seconds)
        try:
            yield
        finally:
            self._set(None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _set(self, until: float | None) -> None:
        with self._changed:
            sooner = until is not None and (self._until is None or until < self._until)
            self._until = until
            if sooner:
                self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                left = None if self._until is None else self._until - time.monotonic()
                if left is not None and left <= 0:
                    self._until, self.expired = None, True
                    self._cut()
                else:
                    self._changed.wait(left)
