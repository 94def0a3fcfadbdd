"""What files and their small changes cost on the way to the wishes of a shop, without any call of it.

    python -m tests.bench.wishes [--prices N] [--articles N] [--only WORKLOAD] [--at-most SHARE]

Prices of customers, and articles: a first file of all, one with the 1 % that is different then, and one of all again.
The floor reads the first file, and writes its records and for each part the two rows that the ledger keeps, with their
keys and nothing else. Only what is different may be wished for anew: 1 % by the second file, nothing by the third.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench import generate
from tests.bench.measure import ProgramFailedError, Run, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
#: One in so many records is different in the second file.
CHANGED = 100
SETTINGS = {"EXCHANGE_SHOP__WAY": "api", "EXCHANGE_SHOP__URL": "https://shop.invalid", "EXCHANGE_SHOP__KEY": "k"}


class Workload(NamedTuple):
    """A file of so many records that says so many parts each."""

    name: str
    module: str
    make: Callable[..., None]
    parts: int


WORKLOADS = (
    Workload("prices", "customer_prices", generate.prices_csv, 1),
    Workload("articles", "products", generate.articles_csv, 4),
)


def floor(file: Path, database: Path, parts: int) -> float:
    """Seconds of the least that must be done: each row of the csv becomes `parts` parts with a facet each."""
    began = time.perf_counter()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE record (key TEXT PRIMARY KEY, payload TEXT) WITHOUT ROWID")
        connection.execute(
            "CREATE TABLE part (id INTEGER PRIMARY KEY, resource TEXT, key TEXT, wanted TEXT, state TEXT)"
        )
        connection.execute("CREATE UNIQUE INDEX part_name ON part (resource, key)")
        connection.execute("CREATE INDEX part_state ON part (state, resource)")
        connection.execute(
            "CREATE TABLE facet (part INTEGER, module TEXT, key TEXT, fields TEXT, PRIMARY KEY (part, key))"
        )
        connection.execute("CREATE INDEX facet_key ON facet (module, key)")
        connection.execute("BEGIN")
        for table, rows in _rows(file, parts):
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute("COMMIT")
    return time.perf_counter() - began


def _rows(file: Path, parts: int) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.reader(source, delimiter=";")
        next(reader)
        number = 0
        while True:
            batch = [row for _, row in zip(range(1000), reader, strict=False)]
            if not batch:
                return
            said = [("|".join(row[:3]), json.dumps(row)) for row in batch]
            yield "record", [(key, text) for key, text in said]
            numbered = [
                (number + place * parts + part, key, text)
                for place, (key, text) in enumerate(said)
                for part in range(parts)
            ]
            yield "part", [(each, f"r{each % parts}", key, text, "dirty") for each, key, text in numbered]
            yield "facet", [(each, "module", key, text) for each, key, text in numbered]
            number += parts * len(batch)


def _exchange(folder: Path, *arguments: str | Path) -> Run:
    environment = {**os.environ, **SETTINGS, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return run([sys.executable, "-m", "exchange", *arguments], cwd=folder, environment=environment)


def _wished(folder: Path, file_name: str) -> int:
    """How many parts were wished for by the file of that name."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        query = "SELECT count(*) FROM shop_part WHERE batch_id = (SELECT id FROM batch WHERE file_name = ?)"
        return int(connection.execute(query, [file_name]).fetchone()[0])


class Row(NamedTuple):
    """One line of the table: seconds, and how many parts were wished for by the second and the third file."""

    workload: str
    records: int
    floor: float
    first: Run
    changed: Run
    again: Run
    wished: tuple[int, int]

    @property
    def ratio(self) -> float:
        """How many times as long as the floor the first run was."""
        return self.first.seconds / self.floor

    @property
    def share(self) -> float:
        """What the file of changes cost of the first one."""
        return self.changed.seconds / self.first.seconds

    @property
    def right(self) -> bool:
        """Whether exactly what is different was wished for."""
        return self.wished == (-(-self.records // CHANGED), 0)

    def __str__(self) -> str:
        peak = max(each.peak_megabytes for each in (self.first, self.changed, self.again))
        return (
            f"{self.workload:10} {self.records:>10,} {self.floor:>9.2f} {self.first.seconds:>9.2f} {self.ratio:>7.2f} "
            f"{self.changed.seconds:>9.2f} {self.share:>7.3f} {self.again.seconds:>9.2f} {self.wished[0]:>9,} "
            f"{self.wished[1]:>9,} {peak:>8,.0f}"
        )


HEADLINE = (
    f"{'workload':10} {'records':>10} {'floor s':>9} {'first s':>9} {'ratio':>7} {'1 % s':>9} {'share':>7} "
    f"{'again s':>9} {'wished':>9} {'by again':>9} {'peak MB':>8}"
)


def measured(workload: Workload, records: int, folder: Path) -> Row:
    """Floor and the three files in turn. Raises ProgramFailedError where a file did something else than it should."""
    folder.mkdir()
    _exchange(folder, "init")
    generate.articles_csv(
        folder / "priced.csv", generate.PRICED
    )  # a price of an unknown article would be remarked upon
    if workload.module != "products":
        _exchange(folder, "import", folder / "priced.csv", "--module", "products")
    few = -(-records // CHANGED)
    files = {
        "first": ({}, {"created": records}),
        "changed": ({"changed": CHANGED, "only": True}, {"updated": few, "rows_in": few}),
        "again": ({"changed": CHANGED}, {"unchanged": records}),
    }
    floor_seconds, runs = 0.0, []
    for name, (how, expected) in files.items():
        file = folder / f"{name}.csv"
        workload.make(file, records, **how)
        if name == "first":
            floor_seconds = floor(file, folder / "floor.sqlite", workload.parts)
        runs.append(_exchange(folder, "import", file, "--module", workload.module, "--json"))
        counts = json.loads(runs[-1].output)[0]["counts"]
        if any(counts[each] != number for each, number in expected.items()):
            raise ProgramFailedError(f"{workload.name}, {name}: {expected} expected, but {counts}")
        file.unlink()
    wished = (_wished(folder, "changed.csv"), _wished(folder, "again.csv"))
    return Row(workload.name, records, floor_seconds, runs[0], runs[1], runs[2], wished)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.wishes", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--prices", type=int, default=1_000_000, help="prices of customers")
    parser.add_argument("--articles", type=int, default=100_000, help="articles")
    parser.add_argument("--only", choices=[each.name for each in WORKLOADS], help="one workload only")
    parser.add_argument("--at-most", type=float, help="fail when the 1 % costs a larger share of the first run")
    return parser.parse_args(given)


def main() -> int:
    """Measure and print; 1 when changes were too expensive, or something else was wished for than what had changed."""
    given = arguments()
    print(HEADLINE, flush=True)
    good = True
    with tempfile.TemporaryDirectory(prefix="exchange-bench-", ignore_cleanup_errors=True) as name:
        for workload in WORKLOADS:
            if given.only not in {None, workload.name}:
                continue
            row = measured(workload, getattr(given, workload.name), Path(name) / workload.name)
            print(row, flush=True)
            good &= row.right and (given.at_most is None or row.share <= given.at_most)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
