"""What tests of wishes share: a ledger with a clock that a test turns, parts, and a look into the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.wishes import Wishes
from exchange.ledger import Ledger
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.ledgers import engine
from exchange.ledgers.migrations import migrate
from exchange.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from exchange.shop import Part


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **how: float) -> None:
        self.at += timedelta(**how)


class Book:
    """A ledger's tables of the shop.

    Attributes:
        ledger, clock, settings: of it.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        made = engine(url or f"sqlite:///{folder / 'ledger.sqlite'}")
        migrate(made)
        self.clock = Clock()
        self.ledger = Ledger(made, self.clock)
        self.settings = Settings(root=folder)

    def say(self, module: str, records: Mapping[str, Sequence[Part]], language: str = "de") -> None:
        """Records of a module want these parts."""
        with self.ledger.writing() as connection:
            self.wishes(connection, language).say(module, records)

    def wishes(self, connection: Any, language: str = "de") -> Wishes:
        return Wishes(connection, self.clock(), language, Uploads(self.settings))

    def awaken(self) -> int:
        with self.ledger.writing() as connection:
            return self.wishes(connection).awaken()

    def look_at_files(self) -> int:
        with self.ledger.writing() as connection:
            return self.wishes(connection).look_at_files()

    def parts(self) -> dict[str, SimpleNamespace]:
        """The rows of all parts by `resource key`, with ` language` where they have one."""
        with self.ledger.engine.connect() as connection:
            rows = connection.execute(select(SHOP_PART)).mappings().all()
        names = (" ".join(filter(None, (row["resource"], row["key"], row["language"]))) for row in rows)
        return {name: SimpleNamespace(**row) for name, row in zip(names, rows, strict=True)}

    def facets(self) -> int:
        with self.ledger.engine.connect() as connection:
            return len(connection.execute(select(SHOP_FACET)).all())

    def sent(self, **values: Any) -> None:
        """Pretend that everything wanted was sent."""
        with self.ledger.writing() as connection:
            connection.execute(
                SHOP_PART.update().values(state="clean", sent_hash=SHOP_PART.c.wanted_hash, shop_id="7", **values)
            )
