"""The table of faults (docs/faults.md): every row is there, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([SPCW]\d+) \|(.*)\|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")

TABLE = {row: cells.split(" | ") for row, cells in ROW.findall((ROOT / "docs" / "faults.md").read_text("utf-8"))}


@cache
def defined(path: str) -> frozenset[str]:
    """Names of the functions of a file of tests."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def test_no_row_is_missing_or_stands_twice() -> None:
    """Eighteen of servers, 23 of dropped files, ten of crashes, eleven of Windows, in this order."""
    wanted = [
        f"{letter}{number}"
        for letter, last in zip("SPCW", (18, 23, 10, 11), strict=True)
        for number in range(1, last + 1)
    ]
    assert [row for row, _ in ROW.findall((ROOT / "docs" / "faults.md").read_text("utf-8"))] == wanted


@pytest.mark.parametrize("row", TABLE)
def test_every_row_is_told_and_its_tests_exist(row: str) -> None:
    """Fault, behaviour and at least one test."""
    fault, behaviour, tests = (cell.strip() for cell in TABLE[row])
    named = TEST.findall(tests)

    assert fault
    assert behaviour
    assert named
    assert [name for path, name in named if name not in defined(path)] == []
    assert len(named) == len(tests.split())


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(ROOT / "tests").as_posix() for path in ROOT.glob("tests/**/test_*.py"))
)
def test_a_test_that_is_named_after_rows_stands_in_them(path: str) -> None:
    """So nobody has to look for it."""
    named = {(row.upper(), name) for name in defined(path) for row in _rows(name) if row.upper() in TABLE}
    assert [(row, name) for row, name in sorted(named) if f"`{path}::{name}`" not in TABLE[row][-1]] == []


def _rows(test: str) -> list[str]:
    """`test_p3_p5_a_file` is of p3 and p5."""
    start = re.match(r"test_((?:[a-z]\d+_)+)", test)
    return start[1].strip("_").split("_") if start else []
