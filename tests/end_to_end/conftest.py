"""A whole installation in a temporary folder, driven through the command line as a person or a service would."""

from __future__ import annotations

import copy
import json
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchange.sandbox.sage import create
from exchange.setup import init

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


@dataclass
class Installation:
    """One exchange with its sandbox Sage."""

    folder: Path

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def exchange(self, *arguments: str, killed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own; with `killed` it dies at that point (see killer.py)."""
        program = [str(HERE / "killer.py"), killed] if killed else ["-m", "exchange"]
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
            env=_environment(),
        )

    def run_once(self, killed: str = "") -> subprocess.CompletedProcess[str]:
        return self.exchange("run", "--once", killed=killed)

    def drop(self, name: str, content: bytes | str) -> Path:
        """Put a file into the inbox as other programs do: complete under another name, then renamed."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
        return path

    def receipts(self) -> list[dict[str, Any]]:
        """All receipts, oldest first."""
        found = [json.loads(path.read_bytes()) for path in self.outbox.glob("*.receipt.json")]
        return sorted(found, key=lambda receipt: receipt["received_at"])

    def sage(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the sandbox Sage."""
        connection = sqlite3.connect(self.folder / "sage.sqlite")
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def status(self, *arguments: str) -> Any:
        """A command's json report."""
        return json.loads(self.exchange(*arguments, "--json").stdout)


def _environment() -> dict[str, str]:
    import os  # noqa: PLC0415

    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", "COLUMNS": "160"}


def install(folder: Path, way: str = "documents", **given: Any) -> Installation:
    """An installation whose orders and customers land in the sandbox Sage in this way."""
    create(folder / "sage.sqlite")
    settings = {
        "sage.url": "sqlite:///sage.sqlite",
        "sage.way": way,
        "watching.settle_seconds": 0.1,
        **given,
    }
    init(folder, settings)
    return Installation(folder)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Orders and customers become real rows of the sandbox Sage."""
    return install(tmp_path)


ORDER: dict[str, Any] = {
    "number": "ORD1",
    "ordered_at": "2026-11-23T08:15:00+00:00",
    "email": "neu@example.org",
    "first_name": "Nora",
    "last_name": "Neu",
    "billing_name": "Nora Neu",
    "billing_street": "Ringstraße 7",
    "billing_zip": "04109",
    "billing_city": "Leipzig",
    "billing_country": "DE",
    "payment_code": "invoice",
    "shipping_code": "core|1|1",
    "shipping_excl": "4.12",
    "shipping_incl": "4.90",
    "shipping_tax_rate": "19",
    "total_excl": "20.93",
    "total_incl": "24.90",
    "lines": [
        {
            "article_number": "00200050",
            "title": "Kaffeebecher blau",
            "quantity": "2",
            "unit_price_excl": "8.4034",
            "unit_price_incl": "10.00",
            "total_excl": "16.81",
            "total_incl": "20.00",
            "tax_rate": "19",
        }
    ],
}


def order(number: str, **values: Any) -> dict[str, Any]:
    """An order that is in order, with some values changed."""
    return copy.deepcopy(ORDER) | {"number": number} | values


def orders_file(*orders: dict[str, Any]) -> str:
    """Orders in our own json form."""
    return json.dumps({"exchange": {"module": "order_import"}, "records": list(orders)})
