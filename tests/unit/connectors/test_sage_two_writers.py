"""Two processes that land orders in one database at the same time."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

from exchange import khk
from exchange.connector import Applied, Outcome
from exchange.connectors.sage import DocumentsTarget
from tests.unit.connectors.sage_cases import land, order, rows, sandbox

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = 1200


def work(folder: Path, name: str, first: int) -> list[Applied]:
    """Land orders from number `first` on; every second one of both processes is the same."""
    orders = [
        order(
            f"SAME{number}" if number % 2 else f"{name}{number}",
            shop_customer_id=str(number % 300),
            email=f"c{number % 300}@example.org",
        )
        for number in range(first, first + ORDERS)
    ]
    with sandbox(folder) as sage:
        return land(DocumentsTarget(sage), *orders, batch=name)


def test_numbers_and_customers_of_two_processes_do_not_collide(tmp_path: Path) -> None:
    """Every document number is given once, every customer is created once, an order of both lands once."""
    with sandbox(tmp_path):
        pass
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        left, right = pool.starmap(work, [(tmp_path, "A", 0), (tmp_path, "B", 0)])
    created = [each.foreign_id for each in (*left, *right) if each.outcome is Outcome.CREATED]
    assert len(created) == len(set(created)) == ORDERS + ORDERS // 2
    assert sum(each.outcome is Outcome.UNCHANGED for each in (*left, *right)) == ORDERS // 2
    with sandbox(tmp_path) as sage:
        numbers = [row["Belegnummer"] for row in rows(sage, khk.BELEGE, Belegkennzeichen="VVA")]
        assert sorted(numbers) == list(range(10_001, 10_001 + len(numbers)))
        assert len(rows(sage, khk.KONTOKORRENT)) == 9 + 300
        ids = [row["BelPosID"] for row in rows(sage, khk.BELEGE_POSITIONEN)]
        assert len(ids) == len(set(ids))
