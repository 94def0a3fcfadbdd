"""In which state of the shop an order is taken over (`lightspeed-ecom.md` 2.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.finding import Finding, Locator, Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.records.order import Order

CANCELLED = kind(
    "order_import.cancelled",
    de="Die Bestellung ist im Shop storniert („{value}“) und wird nicht übernommen.",
    en="The order is cancelled in the shop (“{value}”) and is not taken over.",
    remedy_de="Steht sie schon in Sage (siehe `exchange show`), stornieren Sie dort den Beleg; sonst nichts zu tun.",
    remedy_en="If it is in Sage already (see `exchange show`), cancel the document there; else nothing is to be done.",
    severity=Severity.HOLD,
)
WAITING = kind(
    "order_import.waiting",
    de="Die Bestellung hat im Shop den Status „{value}“; sie wird erst mit einem späteren übernommen.",
    en="The order's status in the shop is “{value}”; it is only taken over with a later one.",
    remedy_de="Nichts zu tun: mit dem nächsten Status kommt sie wieder (Einstellung waiting_statuses).",
    remedy_en="Nothing to be done: it comes again with its next status (setting waiting_statuses).",
    severity=Severity.HOLD,
)


def check_status(order: Order, options: Any) -> Iterator[Finding]:
    """Not those that were cancelled, and none that is to wait."""
    status = order.status.strip().casefold()
    if not status:
        return
    if status in map(str.casefold, options.cancelled_statuses):
        yield found(CANCELLED, Locator(field="status"), value=order.status)
    elif status in map(str.casefold, options.waiting_statuses):
        yield found(WAITING, Locator(field="status"), value=order.status)
