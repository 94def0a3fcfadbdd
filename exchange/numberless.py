"""Consignments without a number: the carrier's program tells nobody that it took no label (`formats.md` 1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from exchange.carriage.carriers import title
from exchange.consignment import Consignments
from exchange.finding import Finding, Severity, found, kind
from exchange.schedule import ALL_DAYS, WORKING_DAYS, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.app import App

#: Whose business it is, and whose settings say when it is late.
MODULE = "tracking_codes"

NO_NUMBER = kind(
    "alert.no_parcel_number",
    de="{reference} ist seit {since} bei {carrier} und hat noch keine Paketnummer.",
    en="{reference} has been with {carrier} since {since} and has no parcel number yet.",
    remedy_de="Prüfen, ob das Versandprogramm die Datei genommen und die Rückdatei geschrieben hat. "
    "Wo keine Nummern zurückkommen: modules.tracking_codes.alarm_hours = 0.",
    remedy_en="See whether the carrier's program has taken the file and written its return file. "
    "Where no numbers come back: modules.tracking_codes.alarm_hours = 0.",
    severity=Severity.WARNING,
)


def numberless(app: App) -> Iterator[tuple[str, Finding]]:
    """What is late, by its reference; nothing where the module is off or no time is set."""
    options = app.options(MODULE)
    if not options.enabled or not options.alarm_hours:
        return
    zone, now = ZoneInfo(app.settings.zone), app.ledger.now()
    days = WORKING_DAYS if options.alarm_days == "working days" else ALL_DAYS
    patience = timedelta(hours=options.alarm_hours)
    for each in Consignments(app.ledger).numberless(now - timedelta(days=options.days)):
        if counted(each.handed_at, now, zone, days, options.alarm_holidays) >= patience:
            since = each.handed_at.astimezone(zone).strftime("%d.%m.%Y %H:%M")
            yield each.reference, found(NO_NUMBER, reference=each.reference, carrier=title(each.carrier), since=since)
