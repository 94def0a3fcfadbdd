"""One sender at a time: two could make the same thing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from exchange.errors import TransientError
from exchange.ledger_tables import WATERMARK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.ledger import Ledger

#: Its row in the table of watermarks: who sends, and when we heard of him last.
NAME = "shop.delivery"
#: A sender that has not been heard of for this long is taken to be dead. Longer than any call may last.
SECONDS = 600

_ROW = WATERMARK.c


class Lease:
    """The right to send, held by this process.

    Args:
        ledger: where it is entered.
        owner: name of this process.
        is_dead: whether another process is known to be gone.
    """

    def __init__(self, ledger: Ledger, owner: str, is_dead: Callable[[str], bool]) -> None:
        self.ledger = ledger
        self.owner = owner
        self.is_dead = is_dead
        self._kept_at: datetime | None = None

    def take(self) -> bool:
        """Become the one sender; False while another one is at work."""
        now = self.ledger.now()
        holder = self._holder()
        free = [_ROW.value == "", _ROW.value == self.owner, _ROW.changed_at < now - timedelta(seconds=SECONDS)]
        if self.is_dead(holder):
            free.append(_ROW.value == holder)
        values = {"value": self.owner, "changed_at": now}
        try:
            with self.ledger.writing() as connection:
                taken = bool(
                    connection.execute(update(WATERMARK).where(_ROW.name == NAME, or_(*free)).values(values)).rowcount
                )
                if not taken and connection.execute(select(_ROW.name).where(_ROW.name == NAME)).first() is None:
                    connection.execute(insert(WATERMARK).values(name=NAME, **values))
                    taken = True
        except IntegrityError:  # another process was quicker
            return False
        self._kept_at = now if taken else None
        return taken

    def keep(self, connection: Connection) -> None:
        """Show with a write that we are alive. Raises TransientError when another process has taken over."""
        now = self.ledger.now()
        if self._kept_at is not None and now - self._kept_at < timedelta(seconds=SECONDS / 10):
            return
        mine = (_ROW.name == NAME, _ROW.value == self.owner)
        if not connection.execute(update(WATERMARK).where(*mine).values(changed_at=now)).rowcount:
            raise TransientError("another process has taken over the delivery to the shop")
        self._kept_at = now

    def give_back(self) -> None:
        """Stop being the sender."""
        self._kept_at = None
        with self.ledger.writing() as connection:
            mine = (_ROW.name == NAME, _ROW.value == self.owner)
            connection.execute(update(WATERMARK).where(*mine).values(value=""))

    def _holder(self) -> str:
        with self.ledger.engine.connect() as connection:
            return str(connection.execute(select(_ROW.value).where(_ROW.name == NAME)).scalar() or "")
