"""What follows once a record has landed: its consignment is remembered, letters are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connector import Applied, Outcome, chunks
from exchange.consignment import Consignments
from exchange.finding import Locator, Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.consignment import Consignment
    from exchange.finding import Finding
    from exchange.ledger import Ledger

#: Records whose consignments are noted in one transaction.
CHUNK = 200
_LANDED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)

UNKNOWN_REFERENCE = kind(
    "consignment.unknown_reference",
    de="Unter der Referenz „{value}“ wurde hier keine Sendung übergeben.",
    en="No consignment was handed over here by the reference “{value}”.",
    remedy_de="Prüfen Sie die Referenz; bei Sendungen, die von Hand erfasst wurden, ist nichts zu tun.",
    remedy_en="Check the reference; nothing to do for consignments that were entered by hand.",
    severity=Severity.WARNING,
)
OTHER_ORDER = kind(
    "consignment.parcel_of_other_order",
    de="Die Paketnummer „{value}“ steht schon bei „{other}“, einer anderen Bestellung.",
    en="The parcel number “{value}” already stands at “{other}”, another order.",
    remedy_de="Nichts zu tun, wenn beide in einem Paket liegen; sonst berichtigen Sie die Referenz beim Frachtführer.",
    remedy_en="Nothing to do when both lie in one parcel; otherwise correct the reference at the carrier.",
    severity=Severity.WARNING,
)


def settle(target: Target, landing: Landing, changes: Iterator[Change]) -> tuple[list[Change], dict[int, Applied]]:
    """Apply changes to the end.

    Returns:
        Those that have landed, in their order, and what the target had to say, by the number of the change.
    """
    passed: list[Change] = []

    def noted() -> Iterator[Change]:
        for change in changes:
            passed.append(change)
            yield change

    applied = {each.seq: each for each in target.apply(landing, noted())}
    landed = [each for each in passed if each.seq not in applied or applied[each.seq].outcome in _LANDED]
    return landed, applied


class ConsigningTarget:
    """A target whose records are consignments, or tell of them (`exchange.connector.Target`).

    Args:
        target: where they land.
        ledger: remembers the consignments.
        consignment: the module's own `Module.consignment`.
    """

    def __init__(self, target: Target, ledger: Ledger, consignment: Callable[[Any], Consignment | None]) -> None:
        self.target, self.ledger, self.consignment = target, ledger, consignment
        self.consignments = Consignments(ledger)

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """As the target does; consignments are remembered before the iterator ends."""
        landed, applied = settle(self.target, landing, changes)
        for some in chunks(landed, CHUNK):
            with self.ledger.writing() as connection:
                for change in some:
                    findings = tuple(self._note(connection, change))
                    if findings:
                        said = applied.get(change.seq, Applied(change.seq, change.outcome))
                        applied[change.seq] = said._replace(findings=(*said.findings, *findings))
        yield from applied.values()

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """As the target does; a parcel that is on its way is not called back."""
        self.target.remove(landing, keys)

    def _note(self, connection: Connection, change: Change) -> Iterator[Finding]:
        told = self.consignment(change.record)
        if told is None:
            return
        self.consignments.note(connection, told)
        if told.parcels is None or told.cancelled:
            return
        if self.consignments.any(connection) and self.consignments.recipient(connection, told.reference) is None:
            yield found(UNKNOWN_REFERENCE, Locator(field="reference"), value=told.reference)
        for number, other in self.consignments.elsewhere(connection, told).items():
            yield found(OTHER_ORDER, Locator(field="parcels"), value=number, other=other)
