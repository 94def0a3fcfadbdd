"""The bench measures with files that are what they claim to be, and its floors do all of their work."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.bench import floor, generate, measure, wishes

ROOT = Path(__file__).resolve().parent.parent.parent
ARTICLES = [generate.article_number(index) for index in range(30)]


def rows(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")
    return count


@pytest.mark.parametrize("side", ["Excl", "Incl"])
def test_generated_orders_add_up_to_the_cent(side: str) -> None:
    """Lines and shipping make the total, and the taxes per rate are the difference of the lines."""
    for order in generate.orders(300, ARTICLES):
        lines = order["products"]["resource"]["embedded"]
        taxes = Counter[Decimal]()
        for line in lines:
            taxes[line["taxRate"]] += line["priceIncl"] - line["priceExcl"]

        assert 1 <= len(lines) <= 5
        assert order[f"price{side}"] == sum(line[f"price{side}"] for line in lines) + order[f"shipmentPrice{side}"]
        assert taxes == {tax["rate"]: tax["amount"] for tax in order["taxRates"]}
        assert all(line["basePriceIncl"] * line["quantityOrdered"] == line["priceIncl"] for line in lines)


def test_six_of_ten_generated_orders_come_from_new_customers() -> None:
    """Numbers are distinct, customers repeat as in a real shop."""
    made = list(generate.orders(2_000, ARTICLES))
    customers = {order["email"] for order in made}

    assert len({order["number"] for order in made}) == 2_000
    assert len(customers) / len(made) == pytest.approx(0.6, abs=0.05)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs measure the same work."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        generate.stock_csv(tmp_path / name / "stock.csv", 500)
        generate.orders_json(tmp_path / name / "orders.json", ARTICLES, 50)
        generate.articles_xml(tmp_path / name / "articles.xml", 1)

    for file in ("stock.csv", "orders.json", "articles.xml"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_the_floors_store_every_record(tmp_path: Path) -> None:
    """A floor that left something out would flatter nobody but itself."""
    generate.stock_csv(tmp_path / "stock.csv", 500)
    generate.orders_json(tmp_path / "orders.json", ARTICLES, 50)
    products = generate.articles_xml(tmp_path / "articles.xml", 1)
    orders = list(generate.orders(50, ARTICLES))
    lines = sum(len(order["products"]["resource"]["embedded"]) for order in orders)
    shipped = sum(1 for order in orders if order["shipmentPriceIncl"])  # a line of its own
    database = tmp_path / "floor.sqlite"

    assert floor.stock(tmp_path / "stock.csv", database).records == rows(database, "stock") == 500
    assert floor.articles(tmp_path / "articles.xml", database).records == rows(database, "products") == products
    assert rows(database, "prices") == rows(database, "images") == 2 * products
    assert floor.orders(tmp_path / "orders.json", database).records == rows(database, "ExchangeOrder") == 50
    assert rows(database, "ExchangeOrderLine") == lines + shipped


def test_the_peak_is_that_of_the_measured_program(tmp_path: Path) -> None:
    """A program that fills 200 MB is seen to have done so, and what it prints comes back."""
    # From a small process, as the bench is one: a child counts what its parent had when it was forked.
    script = (
        "import sys; from pathlib import Path; from tests.bench import measure;"
        "fill = 'data = bytes([1]) * 200_000_000; print(len(data))';"
        "done = measure.run([sys.executable, '-c', fill], cwd=Path('.'));"
        "print(done.output.strip(), done.peak_megabytes, done.seconds)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    output, peak, seconds = told.stdout.split()

    assert output == "200000000"
    assert 190 < float(peak) < 260
    assert float(seconds) > 0


def test_a_program_that_fails_gives_no_measurement(tmp_path: Path) -> None:
    """A crash is not a fast run."""
    with pytest.raises(measure.ProgramFailedError, match="no such thing"):
        measure.run([sys.executable, "-c", "raise SystemExit('no such thing')"], cwd=tmp_path)


@pytest.mark.parametrize("make", [generate.prices_csv, generate.articles_csv])
def test_the_file_of_changes_holds_one_record_of_a_hundred_and_nothing_else(make: Any, tmp_path: Path) -> None:
    """In the file of all, just these are different from the first file."""
    for name, how in (("first", {}), ("all", {"changed": 100}), ("changes", {"changed": 100, "only": True})):
        make(tmp_path / name, 1_000, **how)
    first, later, changes = ((tmp_path / name).read_text("utf-8").splitlines() for name in ("first", "all", "changes"))

    assert len(first) == len(later) == 1_001
    assert [new for old, new in zip(first, later, strict=True) if old != new] == changes[1:]
    assert len(changes) == 11


def test_the_floor_of_wishes_writes_a_record_and_its_parts(tmp_path: Path) -> None:
    """Or it would be no measure."""
    generate.prices_csv(tmp_path / "prices.csv", 1_500)
    assert wishes.floor(tmp_path / "prices.csv", tmp_path / "floor.sqlite", 3) > 0
    assert [rows(tmp_path / "floor.sqlite", table) for table in ("record", "part", "facet")] == [1_500, 4_500, 4_500]
