"""The service for a long time: steady memory, no handle left open, every file answered.

    python -m tests.bench.soak [--minutes N] [--per-second N]

A real `exchange run` with a schedule of every second; files are dropped all the while, one in ten of them unusable. The
first third of the time counts as warming up. Exit code 1 when a file was not answered, or memory or handles grew.
Needs /proc, so Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.auto import arranged
from tests.end_to_end.conftest import REPOSITORY, Installation

SCHEDULE = '[schedules.stock]\nmodule = "stock"\nevery = "1s"\n'
SETTINGS = {"watching.settle_seconds": 0.1, "watching.scan_seconds": 0.5, "service.heartbeat_seconds": 1.0}
#: Growth that is put down to chance: caches, a ledger that gets larger.
MEGABYTES, HANDLES = 15.0, 5


class Sample(NamedTuple):
    """What the process holds."""

    megabytes: float
    handles: int
    threads: int


def sample(process: int) -> Sample:
    """Memory, open files and threads of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines() if ":" in line
    )
    handles = len(list(Path(f"/proc/{process}/fd").iterdir()))
    return Sample(int(status["VmRSS"].split()[0]) / 1024, handles, int(status["Threads"]))


def drop(installation: Installation, number: int) -> None:
    """One file, its content like no other's."""
    good = f"article_number;available\r\n20010;{number}\r\n"
    installation.drop(f"stock/{number:06}.csv", good if number % 10 else f"Name;Von\r\nErika;{number}\r\n")


def answered(installation: Installation) -> set[str]:
    """Names of dropped files that have a receipt."""
    receipts = (json.loads(path.read_bytes()) for path in installation.outbox.glob("*.csv.*.receipt.json"))
    return {receipt["file"] for receipt in receipts}


def soak(installation: Installation, seconds: float, pause: float) -> tuple[int, list[Sample], int]:
    """Run the service for so long; number of files dropped, samples, exit code of the service."""
    service = subprocess.Popen(
        [sys.executable, "-m", "exchange", "run", "--json"],
        cwd=installation.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"},
    )  # fmt: skip
    samples, number = [], 0
    try:
        end = time.monotonic() + seconds
        next_sample = time.monotonic() + 5
        while time.monotonic() < end and service.poll() is None:
            drop(installation, number)
            number += 1
            if time.monotonic() >= next_sample:
                samples.append(sample(service.pid))
                next_sample += max(1.0, seconds / 120)
            time.sleep(pause)
        patience = time.monotonic() + 120
        while len(answered(installation)) < number and time.monotonic() < patience:
            time.sleep(1)
        service.send_signal(signal.SIGTERM)
        return number, samples, service.wait(60)
    finally:
        service.kill()
        service.wait()


def main() -> int:
    """Run, print the table, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--per-second", type=float, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = arranged(Path(folder), SCHEDULE, **SETTINGS)
        number, samples, code = soak(installation, given.minutes * 60, 1 / given.per_second)
        missing = number - len(answered(installation))
    warm = samples[len(samples) // 3 :]
    middle = len(warm) // 2
    print(f"{'':12}{'MB':>8}{'handles':>9}{'threads':>9}")
    halves = [Sample(*map(median, zip(*half, strict=True))) for half in (warm[:middle], warm[middle:])]
    for title, half in zip(("first half", "second half"), halves, strict=True):
        print(f"{title:12}{half.megabytes:8.1f}{half.handles:9.0f}{half.threads:9.0f}")
    print(f"{number} files dropped, {missing} not answered; the service ended with {code}")
    grown = halves[1].megabytes - halves[0].megabytes > MEGABYTES or halves[1].handles - halves[0].handles > HANDLES
    return int(bool(missing or grown or code))


if __name__ == "__main__":
    sys.exit(main())
