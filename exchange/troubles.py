"""Trouble that somebody met and that still lasts: a refused key, a changed host key, an account that is locked.

Whoever meets it reports it under a key of its own, and withdraws it when the same thing goes well again. Alerts and
`exchange status` read from here what cannot be seen in the ledger otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update

from exchange.finding import CATALOGUE, Finding, Kind
from exchange.ledger_tables import TROUBLE

if TYPE_CHECKING:
    from datetime import datetime

    from exchange.ledger import Ledger


class Trouble(NamedTuple):
    """Something that does not work since then."""

    key: str
    finding: Finding
    module: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Troubles:
    """What lasts, in one ledger."""

    ledger: Ledger

    def report(self, key: str, finding: Finding, module: str = "") -> None:
        """Something does not work; reported again, it is the same trouble with its newest words."""
        values = {"code": finding.code, "module": module, "details": json.dumps(dict(finding.values))}
        mine = TROUBLE.c.key == key
        with self.ledger.writing() as connection:
            if not connection.execute(update(TROUBLE).where(mine).values(values)).rowcount:
                connection.execute(insert(TROUBLE).values(key=key, since_at=self.ledger.now(), **values))

    def withdraw(self, key: str) -> None:
        """It works again; costs a look only where there was no trouble."""
        mine = TROUBLE.c.key == key
        with self.ledger.engine.connect() as connection:
            if connection.execute(select(TROUBLE.c.key).where(mine)).first() is None:
                return
        with self.ledger.writing() as connection:
            connection.execute(delete(TROUBLE).where(mine))

    def all(self) -> list[Trouble]:
        """What lasts, oldest first."""
        with self.ledger.engine.connect() as connection:
            rows = connection.execute(select(TROUBLE).order_by(TROUBLE.c.since_at, TROUBLE.c.key)).mappings().all()
        return [
            Trouble(row["key"], finding(row["code"], row["details"]), row["module"], row["since_at"]) for row in rows
        ]


def finding(code: str, details: str) -> Finding:
    """A finding as the ledger keeps it: the code, and the values as json."""
    known = CATALOGUE.get(code) or Kind(code, code, code, "", "")  # written by another version of the program
    return Finding(known, values=json.loads(details))
