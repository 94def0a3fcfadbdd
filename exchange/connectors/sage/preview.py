"""What landing records in Sage would do, before anything is written: for a dry run."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from exchange.connector import Outcome, Preview
from exchange.connectors.sage.customer_preview import CustomerPreview
from exchange.connectors.sage.customers import CustomerLander
from exchange.connectors.sage.documents import DocumentsTarget
from exchange.connectors.sage.effects import distinct, effects
from exchange.connectors.sage.shop_customer_lander import ShopCustomerLander
from exchange.connectors.sage.tables import EFFECT
from exchange.records.customer import Customer
from exchange.records.shop_customer import ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase


class Foreteller(Protocol):
    """Says what records of one type would change; one call knows what the calls before it have said."""

    def preview(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> Iterable[Preview]:
        """What landing these changes, whose keys differ, would do; reads only."""
        ...


class SagePreview:
    """Foretells by record type (`exchange.connector.Previewer`).

    Customers field by field, by reading alone; other records, on the way `documents`, by landing them in a transaction
    that is taken back. Where a program of Sage's side takes rows or files over, it does what is foretold here.

    Args:
        sage: the database.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.foretellers: Mapping[type[Any], Callable[[], Foreteller]] = {
            Customer: lambda: CustomerPreview(sage, CustomerLander(sage)),
            ShopCustomer: lambda: CustomerPreview(sage, ShopCustomerLander(sage)),
        }

    def preview(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Preview]:
        """See `exchange.connector.Previewer`. Raises ConfigError, TransientError."""
        first = next(changes, None)
        if first is None:
            return
        changes, make = chain([first], changes), self.foretellers.get(type(first.record))
        if make is not None:
            foreteller = make()
            for chunk in distinct(changes):
                with self.sage.reading() as connection:
                    yield from self._chunk(connection, foreteller, landing, chunk)
        elif self.sage.settings.way == "documents":
            for seq, outcome, foreign_id, findings in DocumentsTarget(self.sage).rehearse(landing, changes):
                # The number of what is new is given when it really lands.
                yield Preview(seq, outcome, "" if outcome is Outcome.CREATED else foreign_id, (), findings)

    def _chunk(
        self, connection: Connection, foreteller: Foreteller, landing: Landing, chunk: Sequence[Change]
    ) -> Iterator[Preview]:
        keys = [change.key for change in chunk] if self.sage.columns(EFFECT.name) else []
        known = effects(connection, self.sage.settings.mandant, landing, keys)
        fresh = []
        for change in chunk:
            before = known.get(change.key)
            if before is not None and before.fingerprint == change.fingerprint:
                yield Preview(change.seq, Outcome.UNCHANGED, before.foreign_id)
            else:
                fresh.append(change)
        yield from foreteller.preview(connection, landing, fresh)
