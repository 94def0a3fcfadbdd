"""`exchange run` killed again and again at moments of chance, under load: nothing is lost, nothing happens twice.

    python -m tests.bench.kills [--kills N] [--seed N]

Files fall into a watched folder and onto a real OpenSSH server while a schedule exports stock every second. The service
is killed (SIGKILL) between a fifth of a second and four seconds after its start, and started again. At the end it may
finish, and everything is counted: every order once in Sage, every file answered once, every original kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import openssh
from tests.auto import arranged
from tests.end_to_end.conftest import Installation, _environment, order, orders_file

#: Seconds within which the service is killed after its start: before it is ready, and long after.
SOONEST, LATEST = 0.2, 4.0
SCHEDULE = '[schedules.stock]\nmodule = "stock"\naction = "export"\nevery = "1s"\n'


def _channel(server: openssh.Server, there: Path) -> str:
    for name in ("in", "out"):
        (there / name).mkdir(parents=True)
    own = {"inbox": str(there / "in"), "outbox": str(there / "out"), "module": "order_import", "poll_seconds": 0.5}
    settings = {**server.settings, **own, "settle_seconds": 0.2}
    lines = [
        f"{key} = {json.dumps(str(value) if isinstance(value, Path) else value)}" for key, value in settings.items()
    ]
    return "[channels.agency]\n" + "\n".join(lines) + "\n"


class Load:
    """Drops files and remembers what they hold."""

    def __init__(self, installation: Installation, there: Path) -> None:
        self.installation, self.there = installation, there
        self.orders: list[str] = []
        self.contents: set[str] = set()
        self.files = 0

    def drop(self) -> None:
        """One file into the folder, and one onto the server."""
        for place in (self.installation.inbox, self.there / "in"):
            number = f"ORD{len(self.orders) + 1:05}"
            content = orders_file(order(number)).encode()
            part = place / f"{number}.json.part"
            part.write_bytes(content)
            part.rename(place / f"{number}.json")
            self.orders.append(number)
            self.contents.add(hashlib.sha256(content).hexdigest())
            self.files += 1


def _service(installation: Installation) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "exchange", "run"]
    silent = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=installation.folder, env=_environment(), stdout=silent, stderr=silent)


def _judged(installation: Installation, load: Load) -> list[str]:
    """What is wrong, if anything."""
    wrong = []
    rows = installation.sage("SELECT Referenznummer FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%'")
    booked = Counter(number for (number,) in rows)
    if booked != Counter(load.orders):
        lost, twice = set(load.orders) - set(booked), [number for number, times in booked.items() if times > 1]
        wrong.append(f"orders lost: {sorted(lost)[:5]}, twice: {twice[:5]}")
    kept = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in installation.folder.rglob("archive/**/*.json*")
        if path.is_file()
    }
    if not load.contents <= kept:
        wrong.append(f"{len(load.contents - kept)} originals are not in the archive")
    waiting = [path.name for path in installation.inbox.rglob("*.json") if not path.name.startswith(".")]
    if waiting:
        wrong.append(f"left in the inbox: {waiting[:5]}")
    receipts = [json.loads(path.read_bytes())["file"] for path in (load.there / "out").glob("*.receipt.json")]
    doubles = [name for name, times in Counter(receipts).items() if times > 1]
    if doubles:
        wrong.append(f"answered twice on the server: {doubles[:5]}")
    return wrong


def main() -> int:
    """Kill, start, count; 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kills", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(10_000)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="exchange-kills-", ignore_cleanup_errors=True) as name:
        folder, there = Path(name) / "installation", Path(name) / "agency"
        folder.mkdir()
        (Path(name) / "sshd").mkdir()
        with openssh.running(Path(name) / "sshd") as server:
            more = SCHEDULE + "\n" + _channel(server, there)
            installation = arranged(folder, more, **{"watching.settle_seconds": 0.2, "watching.scan_seconds": 0.5})
            load = Load(installation, there)
            print(f"seed {seed}, {given.kills} kills", flush=True)
            for number in range(1, given.kills + 1):
                load.drop()
                process = _service(installation)
                time.sleep(chance.uniform(SOONEST, LATEST))
                process.kill()
                process.wait()
                if number % 25 == 0:
                    print(f"{number} kills, {load.files} files dropped", flush=True)
            for _ in range(3):
                installation.run_once()
            wrong = _judged(installation, load)
    for each in wrong or [f"nothing lost, nothing twice: {load.files} files, {given.kills} kills"]:
        print(each)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
