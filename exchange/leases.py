"""What only one may do at a time, over all threads and processes of an installation: a row in the ledger.

A transfer (`stock>shop`: a module and the side it goes to) is under such a lease, whether a schedule or a person has
begun it. A lease ends when its holder gives it back, when the holder's process is known to be dead, or when it has not
been lengthened for its time.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from exchange.errors import TransientError
from exchange.ledger_tables import LEASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from exchange.ledger import Ledger
    from exchange.owner import Owner

LOG = logging.getLogger(__name__)

#: How often someone who waits looks again, in seconds.
LOOK_SECONDS = 0.2


def transfer(module: str, side: str) -> str:
    """The lease of everything that brings records of a module to a side."""
    return f"{module}>{side}"


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases of one ledger, as one process sees them.

    Attributes:
        ledger: where they stand.
        owner: this process.
        seconds: how long a lease holds without being lengthened.
    """

    ledger: Ledger
    owner: Owner
    seconds: float

    @contextmanager
    def held(self, name: str, patience_seconds: float = 0) -> Iterator[None]:
        """Hold a lease while the block runs. Raises TransientError when others keep it beyond the patience."""
        token = secrets.token_hex(6)
        until = time.monotonic() + patience_seconds
        while not self._take(name, token):
            if time.monotonic() >= until:
                raise TransientError(f"{name} is at work elsewhere since {self._since(name)}; try again later")
            time.sleep(LOOK_SECONDS)
        done = threading.Event()
        thread = threading.Thread(target=self._lengthen, args=(token, done), name=f"lease {name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            with self.ledger.writing() as connection:
                connection.execute(delete(LEASE).where(LEASE.c.token == token))

    def taken(self, name: str) -> bool:
        """Whether somebody who may be alive holds the lease."""
        with self.ledger.engine.connect() as connection:
            row = connection.execute(select(LEASE.c.owner, LEASE.c.until_at).where(LEASE.c.name == name)).first()
        return row is not None and row.until_at >= self.ledger.now() and not self.owner.is_dead(row.owner)

    def _take(self, name: str, token: str) -> bool:
        now = self.ledger.now()
        values = {
            "owner": self.owner.name,
            "token": token,
            "since_at": now,
            "until_at": now + timedelta(seconds=self.seconds),
        }
        with self.ledger.engine.connect() as connection:
            holder = connection.execute(select(LEASE.c.owner, LEASE.c.token).where(LEASE.c.name == name)).first()
        try:
            with self.ledger.writing() as connection:
                if holder is None:
                    connection.execute(insert(LEASE).values(name=name, **values))
                    return True
                free = LEASE.c.until_at < now
                if self.owner.is_dead(holder.owner):
                    free = or_(free, LEASE.c.token == holder.token)
                return bool(connection.execute(update(LEASE).where(LEASE.c.name == name, free).values(values)).rowcount)
        except IntegrityError:  # another was quicker
            return False

    def _lengthen(self, token: str, done: threading.Event) -> None:
        while not done.wait(self.seconds / 3):
            until = self.ledger.now() + timedelta(seconds=self.seconds)
            try:
                with self.ledger.writing() as connection:
                    connection.execute(update(LEASE).where(LEASE.c.token == token).values(until_at=until))
            except OperationalError as error:  # the ledger is busy: the next beat comes before the lease ends
                LOG.warning("a lease could not be lengthened: %s", error.orig, extra={"action": "lease_waits"})

    def _since(self, name: str) -> datetime | str:
        with self.ledger.engine.connect() as connection:
            since = connection.execute(select(LEASE.c.since_at).where(LEASE.c.name == name)).scalar()
        return since.isoformat(timespec="seconds") if since else "a moment ago"
