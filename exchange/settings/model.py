"""Everything that can be set."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from exchange.settings.files import Brake, ChannelSettings, Folders, LedgerSettings, LimitSettings, Watching
from exchange.settings.sage import SageSettings
from exchange.settings.section import Section
from exchange.settings.service import Alerts, Expected, Mail, Portal, Schedule, Service
from exchange.settings.shop import ShopSettings


class Settings(Section):
    """Everything that can be set."""

    language: Literal["de", "en"] = Field("de", description="Language of messages for people.")
    zone: str = Field("Europe/Berlin", description="Time zone of the merchant (IANA name).")
    export_formats: tuple[Literal["xml", "csv", "txt", "json"], ...] = Field(
        ("xml",), description="File types of exports, unless the command names one."
    )
    folders: Folders = Field(Folders(), description="Folders.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="Memory of the exchange.")
    watching: Watching = Field(Watching(), description="Watching of the inbox.")
    limits: LimitSettings = Field(LimitSettings(), description="Largest files.")
    brake: Brake = Field(Brake(), description="Emergency brake.")
    sage: SageSettings = Field(SageSettings(), description="Sage 100.")
    channels: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ChannelSettings] = Field(
        {}, description="Servers and shares that files are fetched from and sent to, as [channels.NAME]."
    )
    shop: ShopSettings = Field(ShopSettings(), description="Lightspeed eCom shop.")
    service: Service = Field(Service(), description="The running service.")
    mail: Mail = Field(Mail(), description="Mails.")
    portal: Portal = Field(Portal(), description="Documents for customers.")
    alerts: Alerts = Field(Alerts(), description="Alerts.")
    schedules: dict[str, Schedule] = Field(
        {},
        description='What runs by itself, one table each: [schedules.stock] with module = "stock" and every = "5m", or at = "06:00" with days and holidays.',
    )
    expected: dict[str, Expected] = Field(
        {},
        description='Files that have to come, one table each: [expected.orders] with module = "order_import", by = "08:00" and days.',
    )
    modules: dict[str, dict[str, Any]] = Field({}, description="Settings of single modules, one table each.")

    root: Path = Field(Path(), exclude=True, description="Folder of exchange.toml; set by the program.")

    @model_validator(mode="after")
    def _plans_are_right(self) -> Self:
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"zone: {self.zone!r} is no time zone; an example is Europe/Berlin") from None
        for table in ("schedules", "expected"):
            for name, each in getattr(self, table).items():
                try:
                    each.plan(zone)
                except ValueError as error:
                    raise ValueError(f"{table}.{name}: {error}") from None
        return self

    def has(self, name: str) -> bool:
        """Whether something is set that a module needs: `sage.url`, a `shop.way` into the shop, a `mail.host`."""
        given = {"sage.url": self.sage.url is not None, "shop.way": self.shop.way != "none"}
        return given.get(name, bool(self.mail.host))

    def located(self, url: str) -> str:
        """A database URL: a relative SQLite file lies beside exchange.toml, wherever the command was called."""
        prefix = "sqlite:///"
        if not url.startswith(prefix) or url == f"{prefix}:memory:":
            return url
        return prefix + str(self.root / url.removeprefix(prefix))

    def folder(self, name: str) -> Path:
        """The absolute path of one of the folders."""
        path: Path = getattr(self.folders, name)
        return _resolved(self.root / path)


@lru_cache(maxsize=256)
def _resolved(path: Path) -> Path:
    """Asked for several times a file; resolving looks at every folder above."""
    return path.resolve()
