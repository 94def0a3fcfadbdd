"""Orders, customers and the assortment out of the shop, as one file of what its API says (`lightspeed-ecom.md` 1.3).

Orders and customers (2.17, 2.18, pitfall 17): the list of what was changed since the watermark, from a little before it
on, then each record by itself, the oldest change first. So the pull may end at any record, when no calls are left or
the shop goes away: what came is a whole file, and the new watermark stands behind its last record.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import orjson

from exchange.connectors.lightspeed.assortment import assortment
from exchange.connectors.lightspeed.embed import Embed
from exchange.connectors.lightspeed.envelopes import row
from exchange.connectors.lightspeed.errors import NotFound, Spent, Unreadable
from exchange.connectors.lightspeed.resources import RESOURCES
from exchange.errors import TransientError
from exchange.files import PART, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from exchange.connectors.lightspeed.client import LightspeedClient

LOG = logging.getLogger(__name__)

#: An order that is in the list but cannot be got is asked for again for so long.
PATIENCE = timedelta(days=1)
_NAMES = {"orders": "order", "customers": "customer"}
What = Literal["orders", "customers", "products", "categories"]


class Watermark(NamedTuple):
    """How far a pull has come.

    Attributes:
        at: the last change that came; None: nothing yet, all is to come.
        seen: id → updatedAt of what came already and will be in the list again, as the list begins before `at`.
        missed: id → updatedAt of what was in the list and could not be got.
    """

    at: datetime | None = None
    seen: Mapping[str, datetime] = {}
    missed: Mapping[str, datetime] = {}

    def as_text(self) -> str:
        """For the ledger."""
        return json.dumps(
            {
                "at": self.at.isoformat() if self.at else None,
                "seen": {name: when.isoformat() for name, when in self.seen.items()},
                "missed": {name: when.isoformat() for name, when in self.missed.items()},
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Watermark:
        """What `as_text` made; the beginning for an empty text."""
        if not text:
            return cls()
        given = json.loads(text)
        seen, missed = (
            {name: datetime.fromisoformat(when) for name, when in given[key].items()} for key in ("seen", "missed")
        )
        return cls(datetime.fromisoformat(given["at"]) if given["at"] else None, seen, missed)


class Pulled(NamedTuple):
    """What came.

    Attributes:
        number: of records; with none there is no file.
        watermark: to go on from; to be kept once the file is safe.
        left: number of records that are still to come, as it ended early.
        next_at: when there are calls for them; None: when the shop answers again.
        reason: why it ended early.
    """

    number: int
    watermark: Watermark
    left: int = 0
    next_at: datetime | None = None
    reason: str = ""


def pull(
    client: LightspeedClient,
    what: What,
    since: Watermark,
    path: Path,
    *,
    overlap: timedelta,
    ours: Callable[[Iterable[Mapping[str, Any]]], Set[str]] = lambda _orders: frozenset(),
) -> Pulled:
    """Write what was changed since a watermark into a file `{"orders": [...]}`, each record in its envelope.

    Products and categories come whole every time: a call brings 250 of them, and whether a change of a variant marks
    its product as changed is not documented (`lightspeed-ecom.md` 1.3, 2.24).

    Args:
        client: of the shop; its calls are urgent meanwhile.
        what: is read.
        since: what the last pull gave back.
        path: of the file; it is there whole or not at all.
        overlap: so long before the watermark the list begins.
        ours: which of some orders came from Sage, by id: they are passed over.

    Raises:
        TransientError: when nothing came because the shop does not answer.
        ConfigError: see `LightspeedClient`.
    """
    urgent, client.calls.urgent = client.calls.urgent, True
    try:
        if what in ("products", "categories"):
            return _whole(client, what, path)
        return _Pull(client, what, since, overlap, ours if what == "orders" else None).into(path)
    finally:
        client.calls.urgent = urgent


def _whole(client: LightspeedClient, what: What, path: Path) -> Pulled:
    """Everything, or nothing where the shop goes away meanwhile."""
    number = 0
    with _file(path, what) as file:
        for record in assortment(client, what):
            file.add(orjson.dumps(record, default=_exact))
            number += 1
    return Pulled(number, Watermark())


class _Pull:
    def __init__(
        self,
        client: LightspeedClient,
        what: str,
        since: Watermark,
        overlap: timedelta,
        ours: Callable[[Iterable[Mapping[str, Any]]], Set[str]] | None,
    ) -> None:
        self.client = client
        self.what = what
        self.resource = RESOURCES[_NAMES[what]]
        self.since = since
        self.overlap = overlap
        self.ours = ours
        self.passed: Set[str] = frozenset()
        self.done: dict[str, datetime] = {}
        self.missed: dict[str, datetime] = {}

    def into(self, path: Path) -> Pulled:
        coming = self._coming()
        ended: TransientError | None = None
        with _file(path, self.what) as file:
            try:
                self._fetch(coming, file)
            except TransientError as error:
                if not self.done:
                    raise
                ended = error
        left = len(coming) - len(self.done) - len(self.missed)
        next_at = ended.until if isinstance(ended, Spent) else None
        return Pulled(len(self.done.keys() - self.passed), self._watermark(), left, next_at, str(ended or ""))

    def _coming(self) -> list[tuple[str, datetime]]:
        """Id and last change of what is to be fetched, the oldest change first."""
        asked: dict[str, Any] = {"fields": "id,updatedAt,comment,memo,quote" if self.ours else "id,updatedAt"}
        if self.since.at is not None:
            asked["updated_at_min"] = self.since.at - self.overlap
        rows = list(self.client.list(self.resource.name, **asked))
        self.passed = self.ours(rows) if self.ours else frozenset()
        listed = {str(each["id"]): each["updatedAt"] for each in rows}
        if None in listed.values():
            raise Unreadable(f"the shop does not say when its {self.what} were changed")
        coming = {name: when for name, when in listed.items() if self.since.seen.get(name) != when}
        return sorted({**self.since.missed, **coming}.items(), key=lambda each: (each[1], int(each[0])))

    def _fetch(self, coming: Sequence[tuple[str, datetime]], file: _Writer) -> None:
        embed = Embed(self.client, len(coming))
        for name, when in coming:
            if name in self.passed:
                self.done[name] = when
                continue
            try:
                file.add(self._text(name, embed))
            except NotFound:
                self.missed[name] = when
                LOG.warning("%s %s is in the list, but cannot be got", self.what, name, extra={"action": "shop_missed"})
            else:
                self.done[name] = when

    def _text(self, name: str, embed: Embed) -> bytes:
        """One record in its envelope: as it came, or with what was not in it."""
        answer = self.client.answer(self.resource.name, name)
        record = row(self.resource, answer.content)
        completed = embed.complete(self.resource.name, name, record)
        envelope = {self.resource.one: record}
        if completed or answer.content != envelope:
            return orjson.dumps(envelope, default=_exact)
        return answer.text.removeprefix(b"\xef\xbb\xbf").strip()

    def _watermark(self) -> Watermark:
        """Behind what was done. A customer that cannot be got was deleted; an order may come late (1.5)."""
        at = max([*self.done.values(), *([self.since.at] if self.since.at else [])], default=None)
        late = self.missed if self.what == "orders" else {}
        missed = {name: when for name, when in late.items() if at is None or when > at - PATIENCE}
        if at is None:
            return Watermark(None, {}, missed)
        known = {**self.since.seen, **self.done}
        return Watermark(at, {name: when for name, when in known.items() if when >= at - self.overlap}, missed)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)


class _Writer:
    """A file that begins with its first record."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        self.out: BinaryIO | None = None

    def add(self, text: bytes) -> None:
        if self.out is None:
            self.out = self.path.open("wb")
            self.out.write(b'{"%s": [\n' % self.what.encode())
        else:
            self.out.write(b",\n")
        self.out.write(text)


@contextmanager
def _file(path: Path, what: str) -> Iterator[_Writer]:
    """A file of records that is seen whole or not at all."""
    part = path.with_name(path.name + PART)
    writer = _Writer(part, what)
    try:
        yield writer
        if writer.out is not None:
            writer.out.write(b"\n]}\n")
            writer.out.flush()
            os.fsync(writer.out.fileno())
    except BaseException:
        if writer.out is not None:
            writer.out.close()
            part.unlink(missing_ok=True)
        raise
    if writer.out is not None:
        writer.out.close()
        replace(part, path)
