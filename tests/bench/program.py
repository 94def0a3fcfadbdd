"""Our side of the comparison: the program as a user starts it, against a fresh stand-in Sage."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.bench.measure import ProgramFailedError, Run, run

ROOT = Path(__file__).resolve().parents[2]

SANDBOX = "sage.sqlite"
#: Orders land in staging tables, the way for a live Sage; the workload `documents` writes Sage's own tables.
SETTINGS = {
    "EXCHANGE_SAGE__URL": f"sqlite:///{SANDBOX}",
    "EXCHANGE_SAGE__WAY": "staging",
    "EXCHANGE_SAGE__ALLOW_DOCUMENTS": "true",
}


def _exchange(folder: Path, *arguments: str | Path, way: str = "staging") -> Run:
    environment = {**os.environ, **SETTINGS, "EXCHANGE_SAGE__WAY": way, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return run([sys.executable, "-m", "exchange", *arguments], cwd=folder, environment=environment)


def prepare(folder: Path) -> None:
    """Make an installation with a stand-in Sage."""
    folder.mkdir(parents=True)
    _exchange(folder, "init")
    _exchange(folder, "sandbox", "sage", SANDBOX)


def articles_of_the_sandbox() -> list[str]:
    """The articles that orders may name."""
    with tempfile.TemporaryDirectory(prefix="exchange-bench-sage-") as name:
        folder = Path(name)
        _exchange(folder, "sandbox", "sage", SANDBOX)
        with closing(sqlite3.connect(folder / SANDBOX)) as connection:
            query = "SELECT Artikelnummer FROM KHKArtikel WHERE Aktiv = -1 AND IstVerkaufsartikel = -1 ORDER BY 1"
            return [number for (number,) in connection.execute(query)]


def ours(folder: Path, module: str, file: Path, records: int, way: str = "staging") -> Run:
    """Import one file. Raises ProgramFailedError unless every record was applied."""
    done = _exchange(folder, "import", file, "--module", module, "--json", way=way)
    [batch] = json.loads(done.output)
    if batch["counts"]["created"] != records:
        raise ProgramFailedError(f"{records} records, but {batch['counts']}")
    return done
