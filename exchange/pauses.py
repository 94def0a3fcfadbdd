"""Modules that are not to run by themselves for a while. Transfers by hand go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select

from exchange.ledger_tables import PAUSE

if TYPE_CHECKING:
    from datetime import datetime

    from exchange.ledger import Ledger


class Pause(NamedTuple):
    """A module rests."""

    module: str
    since_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of a ledger."""

    ledger: Ledger

    def all(self) -> dict[str, Pause]:
        """Every pause by module."""
        with self.ledger.engine.connect() as connection:
            rows = connection.execute(select(PAUSE.c.module, PAUSE.c.since_at, PAUSE.c.reason))
            return {row.module: Pause(*row) for row in rows}

    def holds(self, module: str) -> bool:
        """Whether a module rests."""
        with self.ledger.engine.connect() as connection:
            return connection.execute(select(PAUSE.c.module).where(PAUSE.c.module == module)).first() is not None

    def begin(self, module: str, reason: str = "") -> bool:
        """Let a module rest; False when it does so already."""
        with self.ledger.writing() as connection:
            if connection.execute(select(PAUSE.c.module).where(PAUSE.c.module == module)).first() is not None:
                return False
            connection.execute(insert(PAUSE).values(module=module, since_at=self.ledger.now(), reason=reason))
        return True

    def end(self, module: str) -> bool:
        """Let it run again; False when it was not resting."""
        with self.ledger.writing() as connection:
            return bool(connection.execute(delete(PAUSE).where(PAUSE.c.module == module)).rowcount)
