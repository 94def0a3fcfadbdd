"""Consignments: delivery notes in the hands of a carrier, and the parcels that it made of them.

One module hands them over, another one brings the carrier's numbers back; between the two the ledger remembers to whom
a consignment goes, so that its numbers can be told, and since when it has none, so that somebody is alerted. One
consignment may have several parcels, and one parcel may hold several consignments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update

from exchange.ledger_tables import CONSIGNMENT, PARCEL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.ledger import Ledger


class Consignment(NamedTuple):
    """What one record tells of a consignment.

    Attributes:
        reference: how the carrier calls it.
        order_number: of the shop; empty where it has none.
        carrier: our code of it, such as `dhl`.
        name, email, language, zip: of who gets it; the language is `DE` or `EN`.
        parcels: numbers that the carrier gave; None: it is being handed over.
        complete: these are all its numbers; otherwise they are added to those known.
        cancelled: these numbers are not valid any more.
    """

    reference: str
    order_number: str
    carrier: str
    name: str = ""
    email: str = ""
    language: str = ""
    zip: str = ""
    parcels: tuple[str, ...] | None = None
    complete: bool = False
    cancelled: bool = False


class Numberless(NamedTuple):
    """A consignment that has no number yet.

    Attributes:
        reference, carrier: as in `Consignment`.
        handed_at: when it was handed over.
    """

    reference: str
    carrier: str
    handed_at: datetime


_PERSON = ("order_number", "carrier", "name", "email", "language", "zip")


@dataclass(frozen=True, slots=True)
class Consignments:
    """The consignments that one ledger knows."""

    ledger: Ledger

    def note(self, connection: Connection, told: Consignment) -> None:
        """Within a transaction: what a record tells. Noting it again changes nothing."""
        if told.parcels is None:
            self._hand_over(connection, told)
        else:
            self._number(connection, told, told.parcels)

    def _hand_over(self, connection: Connection, told: Consignment) -> None:
        values = {name: getattr(told, name) for name in _PERSON}
        mine = CONSIGNMENT.c.reference == told.reference
        if not connection.execute(update(CONSIGNMENT).where(mine).values(values)).rowcount:
            row = {"reference": told.reference, "handed_at": self.ledger.now(), **values}
            connection.execute(insert(CONSIGNMENT).values(row))

    def _number(self, connection: Connection, told: Consignment, numbers: Sequence[str]) -> None:
        mine = PARCEL.c.reference == told.reference
        if told.cancelled:
            connection.execute(delete(PARCEL).where(mine, PARCEL.c.number.in_(numbers)))
            return
        if told.complete:
            connection.execute(delete(PARCEL).where(mine, PARCEL.c.number.not_in(numbers)))
        known = set(connection.execute(select(PARCEL.c.number).where(mine)).scalars())
        row = {"reference": told.reference, "order_number": told.order_number, "known_at": self.ledger.now()}
        new = [{"number": each, **row} for each in dict.fromkeys(numbers) if each not in known]
        if new:
            connection.execute(insert(PARCEL), new)

    def recipient(self, connection: Connection, reference: str) -> Consignment | None:
        """The consignment as it was handed over; None when it was not, or not by us."""
        found = connection.execute(select(CONSIGNMENT).where(CONSIGNMENT.c.reference == reference)).mappings().first()
        return None if found is None else Consignment(reference, **{name: found[name] for name in _PERSON})

    def recipient_of(self, reference: str) -> Consignment | None:
        """The same outside of a transaction."""
        with self.ledger.engine.connect() as connection:
            return self.recipient(connection, reference)

    def any(self, connection: Connection) -> bool:
        """Whether deliveries are handed over here at all."""
        return connection.execute(select(CONSIGNMENT.c.reference).limit(1)).first() is not None

    def elsewhere(self, connection: Connection, told: Consignment) -> dict[str, str]:
        """Those of its numbers that a parcel of another order has, with that consignment's reference."""
        query = select(PARCEL.c.number, PARCEL.c.reference).where(
            PARCEL.c.number.in_(told.parcels or ()),
            PARCEL.c.reference != told.reference,
            PARCEL.c.order_number != told.order_number,
        )
        return {row.number: row.reference for row in connection.execute(query.order_by(PARCEL.c.reference))}

    def numberless(self, since: datetime) -> list[Numberless]:
        """What was handed over since then and has no number yet, oldest first."""
        numbered = select(PARCEL.c.number).where(PARCEL.c.reference == CONSIGNMENT.c.reference).exists()
        query = (
            select(CONSIGNMENT.c.reference, CONSIGNMENT.c.carrier, CONSIGNMENT.c.handed_at)
            .where(CONSIGNMENT.c.handed_at >= since, ~numbered)
            .order_by(CONSIGNMENT.c.handed_at, CONSIGNMENT.c.reference)
        )
        with self.ledger.engine.connect() as connection:
            return [Numberless(*row) for row in connection.execute(query)]
