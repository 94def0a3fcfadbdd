"""The mark by which a document of Sage is known in the shop."""

from __future__ import annotations

import pytest

from exchange.trade.marks import mark, marked


@pytest.mark.parametrize("number", ["2026-10001", "A 17/2026", "7"])
def test_a_mark_is_found_again_among_other_texts(number: str) -> None:
    """Whatever people wrote around it, and in whichever of several texts it stands."""
    name = mark("VVA", number)
    assert marked(name) == name
    assert marked("Bitte klingeln", f"Danke!\n{name}\n12 x 00200050") == name


def test_two_documents_have_two_marks() -> None:
    names = {mark(kind, number) for kind in ("VVA", "VPA") for number in ("2026-1", "2026-10", "2025-1")}
    assert len(names) == 6
    assert all(marked(f"{name} und mehr") == name for name in names)


@pytest.mark.parametrize("text", ["", "Sage mir Bescheid", "Sage: bitte melden", "Message: VVA 2026-1"])
def test_what_people_write_is_no_mark(text: str) -> None:
    assert marked(text) == ""
