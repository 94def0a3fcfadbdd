"""Whatever the order of a file, a document lands after the one that it follows from, and none is lost."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from exchange.connectors.sage.sales_documents import in_order
from exchange.records.sales_document import SalesDocument
from tests.unit.connectors.sage_cases import blank
from tests.unit.connectors.sales_cases import sales_changes

#: For each document the place of the one that it follows from: earlier, later, itself, a missing one, or none.
FILES = st.lists(st.none() | st.integers(-1, 12), max_size=12)


@given(FILES)
def test_every_document_comes_once_and_after_its_predecessor(followed: list[int | None]) -> None:
    """Circles and those behind them come too; the others are in order."""
    given_ones = sales_changes(_document(place, before) for place, before in enumerate(followed))
    arranged = [change.record.number for change in in_order(iter(given_ones))]
    assert sorted(arranged) == sorted(change.record.number for change in given_ones)

    @cache
    def begins(place: int, steps: int = 0) -> bool:
        """Whether going back from here ends."""
        before = followed[place] if 0 <= place < len(followed) else None
        return before is None or (steps <= len(followed) and begins(before, steps + 1))

    for place, before in enumerate(followed):
        if before is not None and 0 <= before < len(followed) and begins(place):
            assert arranged.index(f"N{before}") < arranged.index(f"N{place}")


def _document(place: int, before: int | None) -> SalesDocument:
    named = {} if before is None else {"predecessor_kind": "VVA", "predecessor_number": f"n {before}"}
    document: SalesDocument = blank(SalesDocument, kind="VVA", number=f"N{place}", **named)
    return document
