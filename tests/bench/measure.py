"""Runs a program and tells how long it took and how much memory it had at most."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Run(NamedTuple):
    """One finished run of a whole process.

    Attributes:
        seconds: by the clock on the wall.
        peak_megabytes: largest resident memory.
        output: what it printed.
        user_seconds: the processor's time for its own code, which other work on the machine changes least.
    """

    seconds: float
    peak_megabytes: float
    output: str
    user_seconds: float


class ProgramFailedError(Exception):
    """The measured program did not do its work, so its time says nothing."""


def run(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end. Raises ProgramFailedError with what it printed."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=out, stderr=errors, stdin=subprocess.DEVNULL
        )
        code, peak, user = _wait(process)
        seconds = time.perf_counter() - began
        printed, complaint = (_text(file) for file in (out, errors))
    if code:
        raise ProgramFailedError(f"{' '.join(map(str, command))} ended with {code}:\n{printed}{complaint}")
    return Run(seconds, peak, printed, user)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _MemoryCounters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float, float]:
        code = process.wait()
        counters = _MemoryCounters(cb=ctypes.sizeof(_MemoryCounters))
        handle = wintypes.HANDLE(int(process._handle))  # still open, so the ended process can be asked
        if not ctypes.windll.psapi.GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb):
            raise ctypes.WinError()
        times = [wintypes.FILETIME() for _ in range(4)]  # created, ended, kernel, user; in 100 nanoseconds
        if not ctypes.windll.kernel32.GetProcessTimes(handle, *map(ctypes.byref, times)):
            raise ctypes.WinError()
        user = (times[3].dwHighDateTime * 2**32 + times[3].dwLowDateTime) / 10_000_000
        return code, counters.PeakWorkingSetSize / 2**20, user

else:
    import os

    def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float, float]:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        # Kilobytes, but bytes on a Mac.
        peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return process.returncode, peak, usage.ru_utime
