"""The shop as a target: a batch's effect is what the ledger knows of the shop's wishes, nothing more.

So it is local, quick, and the same when a batch is applied again. `send` brings the difference into the shop, later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connector import chunks
from exchange.connectors.lightspeed.jumps import jumped, prices_in, prices_of
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.wishes import CHUNK, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from sqlalchemy import Connection

    from exchange.connector import Applied, Change, Landing
    from exchange.ledger import Ledger
    from exchange.shop import Part, ShopView


class ShopTarget:
    """Lands the records of one module as wishes.

    Args:
        ledger: where they are kept.
        parts: the module's own `Module.parts`.
        view: for it.
    """

    def __init__(self, ledger: Ledger, parts: Callable[[Any, ShopView], Iterable[Part]], view: ShopView) -> None:
        self.ledger = ledger
        self.parts = parts
        self.view = view
        self.language = view.settings.shop.default_language
        self.uploads = Uploads(view.settings)

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """Every record replaces what it said before; nothing is refused here, the shop may do so later."""
        for some in chunks(changes, CHUNK):
            said = self._said(some)
            with self.ledger.writing() as connection:
                self._wishes(connection, landing).say(landing.module, said)
        yield from ()

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """These records say nothing any more."""
        for some in chunks(keys, CHUNK):
            with self.ledger.writing() as connection:
                self._wishes(connection, landing).say(landing.module, dict.fromkeys(some, ()))

    def jumps(self, module: str, records: Mapping[str, Any], factor: Decimal) -> int:
        """See `exchange.connector.Priced`: prices of the same part, as this record said before and says now."""
        number = 0
        for keys in chunks(list(records), CHUNK):
            with self.ledger.engine.connect() as connection:
                before = prices_of(connection, module, keys)
            now = {key: prices_in(self.parts(records[key], self.view)) for key in keys}
            number += sum(1 for key in keys if jumped(before.get(key, {}), now[key], factor))
        return number

    def rehearse(
        self, connection: Connection, landing: Landing, changes: Iterator[Change], vanished: Sequence[str]
    ) -> None:
        """The same on a transaction that is taken back then."""
        wishes = self._wishes(connection, landing)
        for some in chunks(changes, CHUNK):
            wishes.say(landing.module, self._said(some))
        for keys in chunks(vanished, CHUNK):
            wishes.say(landing.module, dict.fromkeys(keys, ()))

    def _said(self, changes: Sequence[Change]) -> dict[str, list[Part]]:
        return {change.key: list(self.parts(change.record, self.view)) for change in changes}

    def _wishes(self, connection: Connection, landing: Landing) -> Wishes:
        batch = self.ledger.batch(landing.batch)
        return Wishes(connection, self.ledger.now(), self.language, self.uploads, batch.id if batch else 0)
