"""What needs a person now: read off the ledger, the disks, the clock and the settings, without memory of its own."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import exists, insert, select

from exchange.channels.report import states
from exchange.finding import Finding, Severity, found, kind
from exchange.ledger import OPEN, State
from exchange.ledger_tables import BATCH, WATERMARK
from exchange.numberless import MODULE as TRACKING
from exchange.numberless import numberless
from exchange.schedule import latest
from exchange.timetable import FAILED, WAITS
from exchange.troubles import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.app import App
    from exchange.settings import Expected
    from exchange.timetable import Timetable

QUARANTINED = kind(
    "alert.quarantined",
    de="{file} liegt in der Quarantäne ({place}).",
    en="{file} lies in quarantine ({place}).",
    remedy_de="`exchange show {batch}` sagt warum. Die berichtigte Datei neu ablegen, dann diese löschen.",
    remedy_en="`exchange show {batch}` tells why. Drop the corrected file, then delete this one.",
    severity=Severity.WARNING,
)
REJECTED = kind(
    "alert.rejected",
    de="In {file} wurden {number} Datensätze abgelehnt.",
    en="In {file}, {number} records were rejected.",
    remedy_de="Die Rückläuferdatei im Ausgang berichtigen und neu ablegen; `exchange show {batch}` zeigt die Gründe.",
    remedy_en="Correct the file of rejects in the outbox and drop it again; `exchange show {batch}` shows the reasons.",
    severity=Severity.WARNING,
)
WAITING = kind(
    "alert.waiting",
    de="{file} wartet seit {since} auf die Verarbeitung.",
    en="{file} has been waiting to be processed since {since}.",
    remedy_de="`exchange status` und das Protokoll zeigen, worauf gewartet wird.",
    remedy_en="`exchange status` and the log show what it waits for.",
)
NOT_COME = kind(
    "alert.not_come",
    de="{name} ist nicht gekommen; erwartet war es bis {by}.",
    en="{name} has not come; it was expected by {by}.",
    remedy_de="Beim Absender nachfragen; kommt die Datei, gilt das als erledigt.",
    remedy_en="Ask the sender; when the file comes, this is settled.",
)
DISK_FULL = kind(
    "alert.disk_full",
    de="Auf dem Laufwerk von {folder} sind weniger als {least} MB frei.",
    en="Less than {least} MB are free on the disk of {folder}.",
    remedy_de="Platz schaffen. Bis dahin bleiben Dateien im Eingang liegen; verloren geht nichts.",
    remedy_en="Make room. Until then files stay in the inbox; nothing is lost.",
)
EXPIRES = kind(
    "alert.expires",
    de="{name} läuft am {on} ab.",
    en="{name} ends on {on}.",
    remedy_de="Rechtzeitig erneuern und das Datum in alerts.expires anpassen.",
    remedy_en="Renew it in time and change the date in alerts.expires.",
    severity=Severity.WARNING,
)
SCHEDULE_FAILED = kind(
    "alert.schedule_failed",
    de="Der Zeitplan {name} ist gescheitert: {reason}",
    en="The schedule {name} failed: {reason}",
    remedy_de="Die Ursache beheben; `exchange doctor` hilft. Beim nächsten Termin läuft er wieder.",
    remedy_en="Mend the cause; `exchange doctor` helps. It runs again when it is due next.",
)
SCHEDULE_OVERDUE = kind(
    "alert.schedule_overdue",
    de="Der Zeitplan {name} war um {due} fällig und ist nicht fertig geworden ({reason}).",
    en="The schedule {name} was due at {due} and has not been finished ({reason}).",
    remedy_de="Prüfen, ob der Dienst läuft und die Gegenseite erreichbar ist: `exchange status`, `exchange doctor`.",
    remedy_en="See whether the service runs and the other side can be reached: `exchange status`, `exchange doctor`.",
)
MAIL_STUCK = kind(
    "alert.mail_stuck",
    de="Die Mail „{subject}“ an {recipient} ist nicht hinausgegangen: {reason}",
    en="The mail “{subject}” to {recipient} has not gone out: {reason}",
    remedy_de="Adresse und Mailserver prüfen (Einstellungen unter [mail]).",
    remedy_en="Check the address and the mail server (settings under [mail]).",
    severity=Severity.WARNING,
)
SHOP_AWAY = kind(
    "alert.shop_unreachable",
    de="Der Shop ist nicht erreichbar oder weist uns ab: {reason}",
    en="The shop cannot be reached or refuses us: {reason}",
    remedy_de="Zugangsdaten unter [shop] und die Verbindung prüfen: `exchange doctor`. Nichts geht verloren.",
    remedy_en="Check the credentials under [shop] and the connection: `exchange doctor`. Nothing is lost.",
)
LANE_FAILED = kind(
    "alert.lane_failed",
    de="Der Dienst kommt mit „{lane}“ nicht voran: {reason}",
    en="The service makes no headway with “{lane}”: {reason}",
    remedy_de="Die Ursache beheben; der Dienst versucht es weiter. Das Protokoll sagt mehr.",
    remedy_en="Mend the cause; the service keeps trying. The log tells more.",
)
SERVICE_SILENT = kind(
    "alert.service_silent",
    de="Der Dienst hat sich seit {since} nicht gemeldet.",
    en="The service has given no sign of life since {since}.",
    remedy_de="Den Dienst neu starten; was in Arbeit war, setzt er fort.",
    remedy_en="Start the service again; it goes on with what was in hand.",
)

#: In the work folder; what monitoring reads.
HEARTBEAT = "heartbeat.json"


class Cause(NamedTuple):
    """One thing that needs a person.

    Attributes:
        key: the same as long as it is the same thing.
        finding: what it is and what to do.
        module: whose business it is; empty for what concerns all.
    """

    key: str
    finding: Finding
    module: str = ""

    def as_json(self) -> dict[str, Any]:
        """For monitoring."""
        texts = {"de": self.finding.message("de"), "en": self.finding.message("en")}
        severity = "critical" if self.finding.severity is Severity.ERROR else "warning"
        return {
            "key": self.key,
            "code": self.finding.code,
            "severity": severity,
            "module": self.module,
            "message": texts,
        }


def causes(app: App, timetable: Timetable, since: datetime) -> list[Cause]:
    """All that is wrong now. What was missed before `since`, the start of the service, is being caught up."""
    parts = (_quarantined, _rejected, _waiting, _not_come, _disks, _expiring, _mails, _numberless, _troubles, _channels)
    return list(chain(*(part(app) for part in parts), _schedules(app, timetable, since)))


def _moment(app: App, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(app.settings.zone)).strftime("%d.%m.%Y %H:%M")


# Files


def _quarantined(app: App) -> Iterator[Cause]:
    """Until the original is taken away or a replay of it went well."""
    since = app.ledger.now() - timedelta(days=app.settings.alerts.quarantine_days)
    again = BATCH.alias()
    mended = exists().where(again.c.replay_of == BATCH.c.uid, again.c.state == State.DONE)
    query = select(BATCH).where(BATCH.c.state == State.QUARANTINED, BATCH.c.finished_at > since, ~mended)
    with app.ledger.engine.connect() as connection:
        rows = connection.execute(query.order_by(BATCH.c.id)).mappings().all()
    for row in rows:
        if row["kept_at"] and (app.settings.root / row["kept_at"]).exists():
            what = found(QUARANTINED, file=row["file_name"], place=row["kept_at"], batch=row["uid"])
            yield Cause(f"quarantined {row['uid']}", what, row["module"])


def _rejected(app: App) -> Iterator[Cause]:
    """Until a later file of the same module for the same target is better."""
    given = app.settings.alerts
    since = app.ledger.now() - timedelta(days=given.quarantine_days)
    later = BATCH.alias()
    better = exists().where(
        later.c.id > BATCH.c.id,
        later.c.module == BATCH.c.module,
        later.c.target == BATCH.c.target,
        later.c.state == State.DONE,
        later.c.rejected < given.rejected,
    )
    query = select(BATCH).where(
        BATCH.c.state == State.DONE, BATCH.c.rejected >= given.rejected, BATCH.c.finished_at > since, ~better
    )
    with app.ledger.engine.connect() as connection:
        rows = connection.execute(query.order_by(BATCH.c.id)).mappings().all()
    for row in rows:
        what = found(REJECTED, file=row["file_name"], number=row["rejected"], batch=row["uid"])
        yield Cause(f"rejected {row['uid']}", what, row["module"])


def _waiting(app: App) -> Iterator[Cause]:
    since = app.ledger.now() - timedelta(minutes=app.settings.alerts.waiting_minutes)
    query = select(BATCH).where(BATCH.c.state.in_(OPEN), BATCH.c.received_at < since).order_by(BATCH.c.id)
    with app.ledger.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    for row in rows:
        what = found(WAITING, file=row["file_name"], since=_moment(app, row["received_at"]))
        yield Cause(f"waiting {row['uid']}", what, row["module"])


def _not_come(app: App) -> Iterator[Cause]:
    """From the hour at which a file had to be there, until one comes."""
    for name, expected in app.settings.expected.items():
        by = latest(expected.plan(ZoneInfo(app.settings.zone)), app.ledger.now())
        if by is None or by <= _watched_since(app, name) or _has_come(app, expected, by):
            continue
        module = app.registry.module(expected.module).name if expected.module else ""
        yield Cause(f"not_come {name}", found(NOT_COME, name=name, by=_moment(app, by)), module)


def _watched_since(app: App, name: str) -> datetime:
    """When this expectation was first seen: what was due before is nobody's fault."""
    mark = f"expected {name}"
    query = select(WATERMARK.c.changed_at).where(WATERMARK.c.name == mark)
    with app.ledger.engine.connect() as connection:
        since = connection.execute(query).scalar()
    if since is None:
        since = app.ledger.now()
        with app.ledger.writing() as connection:
            if connection.execute(query).first() is None:
                connection.execute(insert(WATERMARK).values(name=mark, value="", changed_at=since))
    return since


def _has_come(app: App, expected: Expected, by: datetime) -> bool:
    zone = ZoneInfo(app.settings.zone)
    hour, minute = map(int, expected.since.split(":"))
    begin = by.astimezone(zone).replace(hour=hour, minute=minute, second=0, fold=0)
    query = select(BATCH.c.id).where(BATCH.c.received_at >= begin, BATCH.c.state != State.QUARANTINED)
    if expected.module:
        query = query.where(BATCH.c.module == app.registry.module(expected.module).name)
    if expected.folder:
        folder = expected.folder.strip("/")
        query = query.where((BATCH.c.folder == folder) | BATCH.c.folder.startswith(f"{folder}/", autoescape=True))
    with app.ledger.engine.connect() as connection:
        return connection.execute(query.limit(1)).first() is not None


# Surroundings


def _disks(app: App) -> Iterator[Cause]:
    """Each disk once, by the first folder on it."""
    least, seen = app.settings.alerts.free_megabytes, set()
    for name in ("work", "inbox", "outbox", "archive", "quarantine"):
        folder = app.settings.folder(name)
        if not folder.is_dir() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        if shutil.disk_usage(folder).free < least * 1024**2:
            yield Cause(f"disk_full {name}", found(DISK_FULL, folder=folder, least=least))


def _expiring(app: App) -> Iterator[Cause]:
    given = app.settings.alerts
    today = app.ledger.now().astimezone(ZoneInfo(app.settings.zone)).date()
    for name, on in given.expires.items():
        if (on - today).days <= given.expires_days:
            yield Cause(f"expires {name} {on}", found(EXPIRES, name=name, on=f"{on:%d.%m.%Y}"))


def _mails(app: App) -> Iterator[Cause]:
    """Each mail that did not go out; but alerts together, or an alert about one would make the next."""
    since = app.ledger.now() - timedelta(days=app.settings.alerts.quarantine_days)
    stuck = {"alerts" if row["key"].startswith("alert ") else row["id"]: row for row in app.post.troubled(since)}
    for key, row in stuck.items():
        what = found(MAIL_STUCK, subject=row["subject"], recipient=row["recipient"], reason=row["problem"])
        yield Cause(f"mail_stuck {key}", what)


def _numberless(app: App) -> Iterator[Cause]:
    """Until the carrier's number comes, or the consignment is older than numbers are looked for."""
    for reference, what in numberless(app):
        yield Cause(f"no_parcel_number {reference}", what, TRACKING)


def _schedules(app: App, timetable: Timetable, since: datetime) -> Iterator[Cause]:
    patience = timedelta(minutes=app.settings.alerts.overdue_minutes)
    for entry in timetable.entries():
        module = app.registry.module(entry.module).name if entry.module else ""
        if entry.state.result == FAILED:
            what = found(SCHEDULE_FAILED, name=entry.name, reason=entry.state.message)
            yield Cause(f"schedule_failed {entry.name}", what, module)
        missed = timetable.unserved_since(entry)
        if missed is not None and app.ledger.now() - max(missed, since) > patience:
            reason = entry.state.message if entry.state.result == WAITS else ""
            what = found(SCHEDULE_OVERDUE, name=entry.name, due=_moment(app, missed), reason=reason or "-")
            yield Cause(f"schedule_overdue {entry.name}", what, module)


def _troubles(app: App) -> Iterator[Cause]:
    """What others have met and reported."""
    for each in app.troubles.all():
        yield Cause(f"trouble {each.key}", each.finding, each.module)


def _channels(app: App) -> Iterator[Cause]:
    """Faults of channels, such as a refused key or a changed host key; the channels write them down."""
    for state in states(app.settings):
        for each in state["findings"]:
            if each["severity"] == Severity.ERROR:
                key = f"channel {state['channel']} {each['code']}"
                yield Cause(key, finding(each["code"], json.dumps(each["values"])))


def silent_service(app: App) -> Iterator[Cause]:
    """A service that should run and gives no sign of life; only somebody outside of it can find that."""
    try:
        heart = json.loads((app.settings.folder("work") / HEARTBEAT).read_text("utf-8"))
        at, state = datetime.fromisoformat(heart["at"]), heart["state"]
    except (OSError, ValueError, KeyError):
        return  # never run here, or just being replaced
    patience = timedelta(seconds=3 * app.settings.service.heartbeat_seconds + 5)
    if state == "running" and app.ledger.now() - at > patience:
        yield Cause("service_silent", found(SERVICE_SILENT, since=_moment(app, at)))
