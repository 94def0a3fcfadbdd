"""What needs a person, found out and told: once per cause and owner, until it is gone, and then an all-clear.

Causes are read off the ledger, the disks and the settings each time (`exchange.causes`), so one that is mended is gone
by itself. The ledger remembers which were told: a restart tells nothing twice.
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, insert, select, update

from exchange.causes import Cause, causes, silent_service
from exchange.finding import Severity
from exchange.ledger_tables import CAUSE, MAIL
from exchange.mail import written
from exchange.timetable import Timetable
from exchange.troubles import finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from exchange.app import App

LOG = logging.getLogger(__name__)

Health = Literal["ok", "warning", "critical"]
#: Causes that one mail lists in full.
LISTED = 50


def health(found: Sequence[Cause]) -> Health:
    """The state of the whole, for monitoring."""
    if any(each.finding.severity is Severity.ERROR for each in found):
        return "critical"
    return "warning" if found else "ok"


def present(app: App) -> tuple[Health, list[Cause]]:
    """What is wrong now, as somebody outside of the service sees it."""
    found = [*causes(app, Timetable(app), app.ledger.now()), *silent_service(app)]
    return health(found), found


class Alerts:
    """Compares what is wrong now with what was told.

    Args:
        app, timetable: of the installation.
        own: causes that only the running service can see.

    Attributes:
        causes: as of the last look.
    """

    def __init__(self, app: App, timetable: Timetable, own: Callable[[], Sequence[Cause]] = tuple[Cause, ...]) -> None:
        self.app, self.timetable, self.ledger = app, timetable, app.ledger
        self._own = own
        self.causes: tuple[Cause, ...] = ()
        self._since: datetime | None = None
        self._lock = threading.Lock()

    def look(self) -> tuple[Cause, ...]:
        """Find out what is wrong now, remember it, write to whom it concerns; the causes."""
        with self._lock:
            self._since = self._since or self.ledger.now()
            present = [*causes(self.app, self.timetable, self._since), *self._own()]
            found = {each.key: each for each in present}
            self.causes = tuple(found.values())
            with self.ledger.writing() as connection:
                self._remember(connection, found)
                self._tell(connection)
            return self.causes

    def _remember(self, connection: Connection, found: dict[str, Cause]) -> None:
        now = self.ledger.now()
        known = {row["key"]: row for row in connection.execute(select(CAUSE)).mappings()}
        for key, cause in found.items():
            values = {
                "code": cause.finding.code,
                "module": cause.module,
                "details": json.dumps(dict(cause.finding.values)),
            }
            if key not in known:
                connection.execute(insert(CAUSE).values(key=key, since_at=now, **values))
                LOG.warning("%s", cause.finding, extra={"action": "cause"})
            elif known[key]["gone_at"] is not None:  # it has come back before anyone heard that it had gone
                connection.execute(update(CAUSE).where(CAUSE.c.key == key).values(gone_at=None, **values))
        for key in known.keys() - found.keys():
            if known[key]["told_at"] is None:
                connection.execute(delete(CAUSE).where(CAUSE.c.key == key))  # gone before anybody heard of it
            elif known[key]["gone_at"] is None:
                connection.execute(update(CAUSE).where(CAUSE.c.key == key).values(gone_at=now))
                LOG.info("%s is gone", key, extra={"action": "cause_gone"})

    def _tell(self, connection: Connection) -> None:
        """One mail per person for all that is new to them, in the same transaction in which it counts as told."""
        rows = connection.execute(select(CAUSE).order_by(CAUSE.c.since_at, CAUSE.c.key)).mappings().all()
        news = [row for row in rows if row["told_at"] is None or row["gone_at"] is not None]
        if not news:
            return
        given, now = self.app.settings.alerts, self.ledger.now()
        if not (given.to or given.owners) or not self.app.settings.mail.host:
            self._count_as_told(connection, news)
            return
        waits = {each for each in self._persons(news) if self._heard_lately(connection, each, now)}
        ready = [row for row in news if not waits.intersection(self._owners(row["module"]))]
        for person in self._persons(ready):
            mine = [row for row in ready if person in self._owners(row["module"])]
            subject, text = digest(mine, self.app.settings.language, self.app.settings.root.name)
            self.app.post.post(connection, f"alert {person} {now.isoformat()}", written(person, subject, text))
        self._count_as_told(connection, ready)

    def _count_as_told(self, connection: Connection, rows: Sequence[RowMapping]) -> None:
        for row in rows:
            mine = CAUSE.c.key == row["key"]
            if row["gone_at"] is None:
                connection.execute(update(CAUSE).where(mine).values(told_at=self.ledger.now()))
            else:
                connection.execute(delete(CAUSE).where(mine))

    def _owners(self, module: str) -> tuple[str, ...]:
        given = self.app.settings.alerts
        return given.owners.get(module, given.to)

    def _persons(self, rows: Sequence[RowMapping]) -> list[str]:
        return sorted({person for row in rows for person in self._owners(row["module"])})

    def _heard_lately(self, connection: Connection, person: str, now: datetime) -> bool:
        since = now - timedelta(minutes=self.app.settings.alerts.digest_minutes)
        query = select(MAIL.c.id).where(
            MAIL.c.key.startswith(f"alert {person} ", autoescape=True), MAIL.c.made_at > since
        )
        return connection.execute(query.limit(1)).first() is not None


def digest(rows: Sequence[RowMapping], language: Literal["de", "en"], place: str) -> tuple[str, str]:
    """Subject and text of one mail about new causes and those that are gone."""
    german = language == "de"
    new = [finding(row["code"], row["details"]) for row in rows if row["gone_at"] is None]
    gone = [finding(row["code"], row["details"]) for row in rows if row["gone_at"] is not None]
    subject = f"exchange {place}: " + ", ".join(
        [
            *([f"{len(new)} {'zu tun' if german else 'to do'}"] if new else []),
            *([f"{len(gone)} {'erledigt' if german else 'settled'}"] if gone else []),
        ]
    )
    lines = []
    for title, found in (
        ("Das braucht Sie:" if german else "This needs you:", new),
        ("Das ist erledigt:" if german else "This is settled:", gone),
    ):
        if not found:
            continue
        lines.extend([title, ""])
        for each in found[:LISTED]:
            lines.append(f"- {each.message(language)}")
            if found is new:
                lines.append(f"  → {each.remedy(language)} ({each.code})")
        if len(found) > LISTED:
            lines.append(f"- … {'und' if german else 'and'} {len(found) - LISTED} {'weitere' if german else 'more'}")
        lines.append("")
    lines.append("Was jetzt ist, zeigt: exchange status" if german else "What is now, shows: exchange status")
    return subject, "\n".join(lines) + "\n"
