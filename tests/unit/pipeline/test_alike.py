"""alike: rows of one file that could be the same customer are shown with both places, and none is taken in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.inside import Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.ledger import Batch

TITLES = "Kundennummer;Name1;Land;PLZ;Ort;Strasse;EMail\r\n"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def take(inside: Inside, *rows: str) -> Batch:
    batch = inside.take("kunden.csv", TITLES + "".join(f"{row}\r\n" for row in rows))
    assert batch.counts.balanced
    return batch


def told(inside: Inside, batch: Batch) -> list[tuple[int | None, str, str]]:
    """Line, code and the other places of what is found."""
    return [(each.at.line, each.code, each.values.get("others", "")) for each in inside.app.ledger.findings(batch)]


def test_one_that_says_who_it_is_and_one_that_does_not_are_both_held(inside: Inside) -> None:
    """Letter case and blanks do not matter; the third is somebody else."""
    batch = take(
        inside,
        "D1;Süd  GmbH;DE;01067;Dresden;Ring 1;a@x.example",
        ";SÜD GmbH;DE;01067;Dresden;ring 1;b@x.example",
        ";Nord;DE;01067;Dresden;Ring 1;c@x.example",
    )
    assert (batch.counts.created, batch.counts.held) == (1, 2)
    assert told(inside, batch) == [(2, "file.alike", "#3 mail:b@x.example"), (3, "file.alike", "#2 d1")]


def test_numbers_of_their_own_are_taken_and_told(inside: Inside) -> None:
    """A chain of shops with one e-mail address; of many places five are named."""
    batch = take(inside, *(f"D{number};Filiale {number};DE;01067;Dresden;;a@x.example" for number in range(1, 8)))
    assert (batch.counts.created, batch.counts.held, batch.counts.warnings) == (7, 0, 7)
    assert told(inside, batch)[0] == (2, "file.alike_numbered", "#3 d2, #4 d3, #5 d4, #6 d5, #7 d6 …")


def test_a_row_that_is_rejected_anyway_makes_nobody_wait(inside: Inside) -> None:
    """Nor does one that stands there twice, word for word: it counts once, also where it is alike to another."""
    batch = take(
        inside,
        "D1;Süd;DE;1067;Dresden;;a@x.example",
        ";West;DE;01067;Dresden;;a@x.example",
    )
    assert (batch.counts.rejected, batch.counts.created, batch.counts.held) == (1, 1, 0)

    same = ";Ost;DE;01067;Dresden;Weg 1;o@x.example"
    batch = take(inside, same, same, ";OST;DE;01067;Dresden;Weg 1;p@x.example")
    assert (batch.counts.unchanged, batch.counts.held) == (1, 2)
    assert told(inside, batch) == [
        (2, "file.alike", "#4 mail:p@x.example"),
        (3, "file.repeated_record", ""),
        (4, "file.alike", "#2 mail:o@x.example"),
    ]


def test_records_without_marks_are_never_alike(inside: Inside) -> None:
    """Other modules declare none."""
    batch = inside.take("bestand.csv", "article_number;available\r\n1;5\r\n2;5\r\n")
    assert (batch.counts.created, batch.counts.held) == (2, 0)
