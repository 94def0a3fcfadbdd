"""Payment and shipping methods of the shop as codes of Sage: `[sage.orders.payment]` and `[sage.orders.shipping]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Terms = TypeVar("Terms")

#: Maps every method that has no entry of its own.
REST = "*"


def find_terms(table: Mapping[str, Terms], code: str) -> Terms | None:
    """The entry for a code, or for its longest beginning that ends before a `|`, or for the rest."""
    wanted = code
    while wanted:
        if wanted in table:
            return table[wanted]
        wanted = wanted.rpartition("|")[0]
    return table.get(REST)
