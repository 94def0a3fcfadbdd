"""A channel against OpenSSH's own client, on the same server, in the same run.

    python -m tests.bench.sftp [--files N] [--kilobytes N] [--megabytes N] [--rounds N] [--at-most RATIO]

Ours is a whole round: connect, list, fetch or send, hash, flush to disk, note, rename here and there. The other one
only copies. The table shows medians; it needs an installed OpenSSH server and is not part of `nox -s bench`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests import openssh
from tests.sftp import exchanging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Load(NamedTuple):
    """So many files of so many bytes."""

    name: str
    files: int
    size: int


def make(folder: Path, load: Load) -> None:
    """The files of a load; their content cannot be compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    block = os.urandom(min(load.size, 2**20))
    for number in range(load.files):
        with (folder / f"{number:05}.csv").open("wb") as out:
            for _ in range(load.size // len(block)):
                out.write(block)


def clear(*folders: Path) -> None:
    """No files in these folders."""
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.is_file():
                path.unlink()


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def client(server: openssh.Server, home: Path, *commands: str) -> float:
    """Seconds that OpenSSH's client takes for a batch of commands."""
    batch, known = home / "batch", home / "known"
    batch.write_text("\n".join(commands) + "\n", "utf-8")
    key = (server.home / ".keys" / "host.pub").read_text("utf-8")
    known.write_text(f"[127.0.0.1]:{server.port} {key}", "utf-8")
    options = [f"UserKnownHostsFile={known}", f"IdentityFile={server.key_file}", "IdentitiesOnly=yes", "LogLevel=ERROR"]
    command = ["sftp", "-q", "-b", str(batch), "-P", str(server.port)]
    for option in options:
        command += ["-o", option]
    command.append(f"{server.user}@127.0.0.1")
    return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def measure(server: openssh.Server, load: Load, home: Path) -> dict[str, tuple[float, float]]:
    """Direction → seconds of the client and of ours."""
    there, here = server.home / "in", home / "theirs"
    here.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, tuple[float, float]] = {}
    with exchanging(home / "ours", {**server.settings, "send": ["*"], "receipts": False}) as exchange:
        outbox = home / "ours" / "outbox"
        make(there, load)
        theirs = client(server, home, f"get {there}/*.csv {here}")
        seconds["get"] = (theirs, timed(exchange.round))
        _complete(exchange.line.report.received, load.files)
        exchange.line.close()
        clear(here, there, home / "ours" / "inbox", server.home / "out")
        make(here, load)
        theirs = client(server, home, f"put {here}/*.csv {server.home / 'out'}")
        clear(here, server.home / "out")
        make(outbox, load)
        seconds["put"] = (theirs, timed(exchange.round))
        _complete(exchange.line.report.sent, load.files)
        clear(outbox, server.home / "out")
    return seconds


def _complete(number: int, wanted: int) -> None:
    if number != wanted:
        raise RuntimeError(f"{number} files of {wanted}")


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sftp", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1_000, help="number of small files")
    parser.add_argument("--kilobytes", type=int, default=10, help="size of a small file")
    parser.add_argument("--megabytes", type=int, default=500, help="size of the large file")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--at-most", type=float, help="fail when a ratio is larger")
    return parser.parse_args(given)


def main() -> int:
    """Measure and print; 1 when a ratio is larger than allowed."""
    given = arguments()
    loads = (Load("small", given.files, given.kilobytes * 2**10), Load("large", 1, given.megabytes * 2**20))
    print(f"{'load':12} {'client s':>9} {'ours s':>9} {'ratio':>7} {'files/s':>9} {'MB/s':>8}", flush=True)
    worst = 0.0
    with (
        tempfile.TemporaryDirectory(prefix="exchange-bench-sftp-", ignore_cleanup_errors=True) as name,
        openssh.running(Path(name) / "server") as server,
    ):
        for load in loads:
            rounds = [measure(server, load, Path(name) / f"{load.name}{each}") for each in range(given.rounds)]
            for way in ("get", "put"):
                theirs, ours = (median(each[way][side] for each in rounds) for side in (0, 1))
                worst = max(worst, ours / theirs)
                rate = load.files * load.size / 2**20 / ours
                print(
                    f"{load.name + ' ' + way:12} {theirs:>9.2f} {ours:>9.2f} {ours / theirs:>7.2f} "
                    f"{load.files / ours:>9,.0f} {rate:>8,.1f}",
                    flush=True,
                )
    if given.at_most is not None and worst > given.at_most:
        print(f"slower than allowed: {worst:.2f} times OpenSSH's client, at most {given.at_most:.2f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
