"""Faults on demand: what a real shop, its proxies and the line to it do now and then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock

#: What can happen. `after` ones let the call do its work and spoil the answer.
KINDS = ("429", "500", "502", "html", "html_ok", "cut", "timeout_after", "slow", "array", "late", "error_ok")


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: one of `KINDS`.
        method: of the calls that it hits, or `*`.
        path: regular expression of their path without language and `.json`.
        times: how often.
        seconds: for `slow` and `timeout_after`.
        skip: how many calls that it would hit go well before.
    """

    kind: str
    method: str = "*"
    path: str = ".*"
    times: int = 1
    seconds: float = 0.0
    skip: int = 0


class Faults:
    """The faults to come. Thread-safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Raises ValueError for an unknown kind."""
        if fault.kind not in KINDS:
            msg = f"unknown fault {fault.kind!r}; known are {', '.join(KINDS)}"
            raise ValueError(msg)
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """No faults any more."""
        with self._lock:
            self._faults.clear()

    def of(self, method: str, path: str) -> Fault | None:
        """The fault that hits a call; it is used up."""
        with self._lock:
            for fault in self._faults:
                if fault.times <= 0 or fault.method not in ("*", method) or not re.fullmatch(fault.path, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None
