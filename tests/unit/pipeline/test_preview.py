"""preview: the dry run counts what the target would say, and places it where the clerk can find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.connector import Outcome
from tests.inside import Inside, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.pipeline.work import Job

TITLES = "Kundennummer;Name1;Land;PLZ;Ort;EMail\r\n"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with with_sage(tmp_path) as inside:
        yield inside


def dry_run(inside: Inside, *rows: str) -> Job:
    path = inside.folder / "kunden.csv"
    path.write_text(TITLES + "".join(f"{row}\r\n" for row in rows), "utf-8")
    return inside.app.dry_run(path)


def test_a_dry_run_counts_as_the_target_would(inside: Inside) -> None:
    """New, changed, as it is already, held, and new with a remark; every row has one outcome."""
    inside.take("first.csv", TITLES + "D200001;Süd;DE;01067;Dresden;s@x.example\r\n")
    job = dry_run(
        inside,
        "D200002;Neu;DE;01067;Dresden;n@x.example",
        "D200001;Südwest;DE;01067;Dresden;s@x.example",
        ";Fremd;DE;01067;Dresden;familie@muster.example",
        "D200003;Filiale;DE;01067;Dresden;familie@muster.example",
    )
    assert [(each.line, each.outcome, each.foreign_id) for each in job.foretold] == [
        (2, Outcome.CREATED, ""),
        (3, Outcome.UPDATED, "D200001"),
    ]
    assert [(each.code, each.at.line) for each in job.report.findings] == [("file.alike", 4), ("file.alike", 5)]
    counts = job.report.counts()
    assert (counts.created, counts.updated, counts.held, counts.balanced) == (1, 1, 2, True)

    job = dry_run(inside, "D200003;Filiale;DE;01067;Dresden;familie@muster.example", ";X;DE;01067;Dresden;s@x.example")
    assert [(each.line, each.outcome) for each in job.foretold] == [(2, Outcome.CREATED)]
    assert [(each.code, each.at.line, each.key) for each in job.report.findings] == [
        ("sage.customer_maybe_double", 2, "d200003"),
        ("sage.customer_row_doubtful", 3, "mail:s@x.example"),
    ]
    counts = job.report.counts()
    assert (counts.created, counts.held, counts.warnings, counts.balanced) == (1, 1, 1, True)


def test_what_sage_has_already_is_told_as_unchanged(inside: Inside) -> None:
    """The ledger does not know the row, but Sage has it all."""
    inside.take("first.csv", TITLES + "D200001;Süd;DE;01067;Dresden;s@x.example\r\n")
    job = dry_run(inside, "D200001;Süd;DE;01067;Dresden;")
    assert [(each.outcome, each.fields) for each in job.foretold] == [(Outcome.UNCHANGED, ())]
    counts = job.report.counts()
    assert (counts.updated, counts.unchanged, counts.balanced) == (0, 1, True)


def test_without_a_database_nothing_can_be_foretold(tmp_path: Path) -> None:
    """The counts are as the ledger expects them."""
    with without_sage(tmp_path) as inside:
        job = dry_run(inside, "D200002;Neu;DE;01067;Dresden;n@x.example")
    assert (list(job.foretold), job.report.counts().created) == ([], 1)
