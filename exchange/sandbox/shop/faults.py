"""Faults on demand: what a real shop, its proxies and the line to it do now and then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock

#: Faults that keep a call from doing its work: refusals with a status, a page instead of JSON, what is not there yet.
BEFORE = ("400", "401", "403", "404", "422", "429", "500", "502", "503", "504", "html", "late", "slow", "drop")
#: Faults that spoil the answer after the work was done.
AFTER = ("html_ok", "error_ok", "array", "cut", "drop_after", "timeout_after")
#: What can happen.
KINDS = (*BEFORE, *AFTER)


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: one of `KINDS`: a status; `html` is a page with 502, `html_ok` one with 200; `error_ok` an error body with
            200; `array` wraps the record; `cut` ends in the middle of the answer, `drop` and `drop_after` before it;
            `late` is a 404; `slow` and `timeout_after` wait before and after the work.
        method: of the calls that it hits, or `*`.
        path: regular expression of their path without language and `.json`.
        times: how often.
        seconds: how long to wait, and what a 429 says in Retry-After.
        skip: how many calls that it would hit go well before.
    """

    kind: str
    method: str = "*"
    path: str = ".*"
    times: int = 1
    seconds: float = 0.0
    skip: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for an unknown kind or a path that is no expression."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known are {', '.join(KINDS)}")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path {self.path!r}: {error}") from error


class Faults:
    """The faults to come. Thread-safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
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
