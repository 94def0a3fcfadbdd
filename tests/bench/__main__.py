"""Speed and memory of the program against a floor that is measured in the same run.

    python -m tests.bench [--rows N] [--orders N] [--megabytes N] [--rounds N] [--only WORKLOAD] [--at-most RATIO]

Each round runs floor and program in turn, each in a process of its own; the table shows medians. The time of the
program is that of the whole command, start of Python included; the floor's is that of its work alone. The ratio is one
of the processor's time (user), which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.bench import generate
from tests.bench.floor import Result
from tests.bench.measure import Run, run
from tests.bench.program import articles_of_the_sandbox, ours, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]


class Workload(NamedTuple):
    """A large file, and which module takes it."""

    name: str
    module: str
    file: str
    make: Callable[[Path, argparse.Namespace], object]
    way: str = "staging"


def _orders(path: Path, sizes: argparse.Namespace) -> object:
    return generate.orders_json(path, articles_of_the_sandbox(), sizes.orders)


WORKLOADS = (
    Workload("stock", "stock", "stock.csv", lambda path, sizes: generate.stock_csv(path, sizes.rows)),
    Workload("orders", "order_import", "orders.json", _orders),
    Workload("documents", "order_import", "orders.json", _orders, "documents"),
    Workload("articles", "products", "products.xml", lambda path, sizes: generate.articles_xml(path, sizes.megabytes)),
)


class Row(NamedTuple):
    """One line of the table, medians over the rounds."""

    workload: str
    records: int
    floor_seconds: float
    our_seconds: float
    floor_user: float
    our_user: float
    peak_megabytes: float

    @property
    def ratio(self) -> float:
        """How many times as much work for the processor as the floor."""
        return self.our_user / self.floor_user

    def __str__(self) -> str:
        return (
            f"{self.workload:10} {self.records:>10,} {self.floor_seconds:>9.2f} {self.our_seconds:>9.2f} "
            f"{self.floor_user:>10.2f} {self.our_user:>10.2f} {self.ratio:>7.2f} "
            f"{self.records / self.our_seconds:>11,.0f} {self.peak_megabytes:>8,.0f}"
        )


HEADLINE = (
    f"{'workload':10} {'records':>10} {'floor s':>9} {'ours s':>9} {'floor user':>10} {'ours user':>10} {'ratio':>7} "
    f"{'records/s':>11} {'peak MB':>8}"
)


def measured_floor(workload: str, file: Path, folder: Path) -> Result:
    """What the floor took."""
    command = [sys.executable, "-m", "tests.bench.floor", workload, file, folder / "floor.sqlite"]
    return Result(**json.loads(run(command, cwd=ROOT).output))


def rounds(workload: Workload, file: Path, number: int) -> Row:
    """Floor and program in turn, so that a slow minute of the machine meets both."""
    floors: list[Result] = []
    runs: list[Run] = []
    for _ in range(number):
        with tempfile.TemporaryDirectory(prefix="exchange-bench-", ignore_cleanup_errors=True) as name:
            floors.append(measured_floor(workload.name, file, Path(name)))
            prepare(Path(name) / "ours")
            runs.append(ours(Path(name) / "ours", workload.module, file, floors[-1].records, workload.way))
    return Row(
        workload.name,
        floors[-1].records,
        median(each.seconds for each in floors),
        median(each.seconds for each in runs),
        median(each.user_seconds for each in floors),
        median(each.user_seconds for each in runs),
        max(each.peak_megabytes for each in runs),
    )


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the stock csv")
    parser.add_argument("--orders", type=int, default=50_000, help="orders of the json array")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the xml of articles")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--only", choices=[each.name for each in WORKLOADS], help="one workload only")
    parser.add_argument("--at-most", type=float, help="fail when a ratio is larger")
    return parser.parse_args(given)


def main() -> int:
    """Measure and print; 1 when a ratio is larger than allowed."""
    sizes = arguments()
    print(HEADLINE, flush=True)
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="exchange-bench-data-", ignore_cleanup_errors=True) as name:
        for workload in WORKLOADS:
            if sizes.only not in {None, workload.name}:
                continue
            file = Path(name) / workload.file
            workload.make(file, sizes)
            row = rounds(workload, file, sizes.rounds)
            file.unlink()
            print(row, flush=True)
            worst = max(worst, row.ratio)
    if sizes.at_most is not None and worst > sizes.at_most:
        print(f"slower than allowed: {worst:.2f} times the floor, at most {sizes.at_most:.2f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
