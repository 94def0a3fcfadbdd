"""The running service: schedules, mails, alerts, the portal."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator

from exchange.schedule import ALL_DAYS, WEEKDAYS, WORKING_DAYS, Plan, daily, seconds
from exchange.settings.section import Section

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

#: Fewer can be guessed.
PORTAL_KEY_CHARACTERS = 32



class Timing(Section):
    """On which days something happens, by the merchant's calendar."""

    days: (
        Literal["every day", "working days"] | tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    ) = Field(
        "every day",
        description='Days: "every day", "working days" (Monday to Friday), or a list such as ["mon", "thu"].',
    )
    holidays: str = Field(
        "",
        description="Public holidays are left out: DE-BY for Bavaria, DE for those of all states, AT, ...; empty: they are days like others.",
    )

    def timed(self, zone: ZoneInfo, *, every: str = "", cron: str = "", at: str = "") -> Plan:
        """The plan of one of the three on these days. Raises ValueError."""
        named = {"every day": ALL_DAYS, "working days": WORKING_DAYS}
        days = named[self.days] if isinstance(self.days, str) else frozenset(map(WEEKDAYS.index, self.days))
        return Plan(
            zone,
            every_seconds=seconds(every) if every else 0,
            cron=daily(at) if at else cron,
            days=days,
            holidays=self.holidays,
        )


class Schedule(Timing):
    """One job and when it is due; table `[schedules.NAME]`. Exactly one of `every`, `cron` and `at`."""

    action: str = Field("export", description="What is done; `exchange schedule --actions` lists what there is.")
    module: str = Field("", description="With which module.")
    profile: str = Field("", description="Export: a partner's form instead of our own.")
    full: bool = Field(False, description="Export: everything, not only what changed.")
    every: str = Field("", description="Interval such as 30s, 5m or 2h, counted from midnight UTC.")
    cron: str = Field(
        "", description='Cron line (minute hour day month weekday) such as "0 6 * * 1-5", by the merchant\'s clock.'
    )
    at: str = Field("", description="Time of day such as 06:00, by the merchant's clock.")

    def plan(self, zone: ZoneInfo) -> Plan:
        """When it is due. Raises ValueError."""
        if sum(map(bool, (self.every, self.cron, self.at))) != 1:
            raise ValueError("give exactly one of every, cron, at")
        return self.timed(zone, every=self.every, cron=self.cron, at=self.at)


class Expected(Timing):
    """A file that has to come; table `[expected.NAME]`."""

    module: str = Field("", description="It is of this module; empty: of any.")
    folder: str = Field(
        "", description="It comes in this folder below the inbox, a channel's folder for instance; empty: in any."
    )
    since: str = Field("00:00", description="It counts from this time of the day on.")
    by: str = Field(description="It has to be there at this time of the day.")

    def plan(self, zone: ZoneInfo) -> Plan:
        """When it has to be there. Raises ValueError."""
        daily(self.since)
        return self.timed(zone, at=self.by)


class Service(Section):
    """The running service."""

    stop_seconds: float = Field(
        20.0,
        gt=0,
        description="A stop waits so long for work in hand; what is cut off then is finished by the next start.",
    )
    heartbeat_seconds: float = Field(10.0, gt=0, description="work/heartbeat.json is renewed this often.")
    patience_seconds: float = Field(
        30.0,
        ge=0,
        description="A transfer by hand waits this long for one of the same module that is at work, then says so.",
    )
    tries: int = Field(
        2,
        ge=1,
        description="A scheduled job whose process died is begun at most this often, then it waits until it is due again.",
    )


class Mail(Section):
    """How mails are sent. Without a host none are."""

    host: str = Field("", description="Mail server.")
    port: int = Field(587, gt=0, le=65535, description="Its port: 587 for starttls, 465 for tls.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is protected; the certificate is checked. `none` only within the own machine.",
    )
    ca_file: Path | None = Field(None, description="Certificates that are trusted instead of the system's.")
    user: str = Field("", description="User; empty: no password is asked for.")
    password: SecretStr | None = Field(None, description="Password, or keyring:SERVICE/USER.")
    sender: str = Field("", description='Sender of all mails, such as "Exchange <exchange@example.org>".')
    redirect: str = Field(
        "", description="While testing: every mail goes to this address, and says whom it was meant for."
    )
    timeout_seconds: float = Field(30.0, gt=0, description="The server has to answer within this time.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host and not self.sender:
            raise ValueError("host is set, but no sender")
        return self


class Portal(Section):
    """The page that hands customers their documents; see docs/documents.md."""

    enabled: bool = Field(False, description="Served by `exchange run`; otherwise by `exchange portal`.")
    host: str = Field(
        "127.0.0.1", description="Address to listen on. Behind a proxy that speaks https, the own machine is right."
    )
    port: int = Field(8770, ge=0, le=65535, description="Port to listen on; 0: one that is free.")
    url: str = Field("", description="How customers reach it, such as https://belege.example.org.")
    key: SecretStr | None = Field(
        None,
        description="Signs the links: at least 32 characters that nobody knows, or keyring:SERVICE/USER. A new one ends all links.",
    )
    proxies: int = Field(0, ge=0, description="Number of proxies in front, which tell the address of the visitor.")
    wrong_per_minute: int = Field(
        20, ge=1, description="An address that tries more wrong links in a minute has to wait."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url and not self.url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("url is to begin with https://")
        key = "" if self.key is None else self.key.get_secret_value()
        if key and len(key) < PORTAL_KEY_CHARACTERS and not key.startswith("keyring:"):
            raise ValueError(f"key is to have at least {PORTAL_KEY_CHARACTERS} characters")
        return self


class Alerts(Section):
    """Who is told when something needs a person."""

    to: tuple[str, ...] = Field(
        (), description="Addresses; empty: nobody is written to, `exchange status` tells all the same."
    )
    owners: dict[str, tuple[str, ...]] = Field(
        {}, description='Other addresses for single modules, such as order_import = ["sales@example.org"].'
    )
    digest_minutes: float = Field(
        15.0, ge=0, description="One person gets at most one mail in this time; what comes between waits for the next."
    )
    rejected: int = Field(1, ge=1, description="A file with at least so many rejected records is a cause.")
    waiting_minutes: float = Field(60.0, gt=0, description="A file that waits longer is a cause.")
    overdue_minutes: float = Field(
        30.0, gt=0, description="A schedule that has not ended so long after it was due is a cause."
    )
    quarantine_days: float = Field(
        30.0,
        gt=0,
        description="Files in quarantine are a cause for so long, unless they are taken away or replayed before.",
    )
    free_megabytes: int = Field(1024, ge=0, description="Less free space than this on a disk that is used is a cause.")
    expires: dict[str, date] = Field(
        {}, description='Keys and passwords that end, such as "SFTP key of the agency" = 2027-03-31.'
    )
    expires_days: int = Field(14, ge=0, description="They are a cause from so many days before.")
