"""What the sender needs of the shop: few calls, each counted against the budget, each with a clear end.

The contract in between: `api` implements it over HTTP; tests play a shop that loses answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from exchange.connectors.lightspeed.errors import NotFound, Refused, Spent, Uncertain, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from exchange.connectors.lightspeed.thing import Thing


__all__ = ["Gateway", "NotFound", "Refused", "Spent", "Uncertain", "Unreadable"]


class Gateway(Protocol):
    """The shop as the sender sees it. Resources are named as parts name them; ids are text.

    Any call may raise Spent (nothing was sent), TransientError (nothing was done) and ConfigError. Rows come with
    links as ids, and None where the shop says that there is nothing.
    """

    @property
    def calls(self) -> int:
        """Made so far."""
        ...

    def begin(self, thing: Thing) -> None:
        """The calls that follow are for this part: they are as urgent as it is."""
        ...

    def ready(self) -> None:
        """Wait until a call may go. Raises Spent; after it the next call surely goes."""
        ...

    def nested(self, resource: str) -> bool:
        """Whether the path of a resource begins with the id of its owner."""
        ...

    def languages(self) -> Set[str]:
        """The active languages of the shop."""
        ...

    def limits(self) -> Mapping[str, int]:
        """What the plan allows, by the names of `shop/limits`."""
        ...

    def count(self, resource: str) -> int:
        """How many there are."""
        ...

    def read(self, resource: str, owner: str = "", **filters: Any) -> Sequence[Mapping[str, Any]]:
        """All rows of a list."""
        ...

    def one(self, resource: str, shop_id: str) -> Mapping[str, Any]:
        """One thing. Raises NotFound."""
        ...

    def create(self, resource: str, owner: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a thing; as the shop has it now. Raises Refused, Uncertain, NotFound for an owner that is gone."""
        ...

    def update(self, resource: str, owner: str, shop_id: str, body: Mapping[str, Any], language: str = "") -> None:
        """Change some fields. Raises Refused, NotFound; also Uncertain, as saying it twice does no harm."""
        ...

    def delete(self, resource: str, owner: str, shop_id: str) -> None:
        """Take a thing away. Raises Refused, NotFound; doing it twice does no harm."""
        ...
