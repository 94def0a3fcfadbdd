"""Which orders of the shop need no request for payment any more (`lightspeed-ecom.md` 2.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exchange.connectors.lightspeed.api import Api

#: States of an order, or of its payment, after which nothing is to be paid.
_PAID = frozenset({"paid", "cancelled"})


def ask(api: Api, orders: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Order numbers, each with whether it is paid or cancelled in the shop; one call for each.

    Raises TransientError when the shop cannot be reached, or the budget of calls is spent.
    """
    for number in orders:
        rows = api.read("order", number=number, fields="number,status,paymentStatus")
        yield number, any(_is_settled(row, number) for row in rows)


def _is_settled(row: Mapping[str, Any], number: str) -> bool:
    """The shop passes over filters that it does not know, so the number is looked at once more."""
    return row["number"] == number and (row["paymentStatus"] in _PAID or row["status"] == "cancelled")
