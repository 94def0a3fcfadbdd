"""Effect once: what a record does in Sage and the note that it was done are one transaction.

Records are landed in chunks. For each one the table ExchangeEffect says whether it has landed before; the same batch
again gets the same answer. A record that the database itself refuses is found by landing its chunk one by one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DataError, IntegrityError

from exchange.connector import Applied, Change, Outcome, chunks
from exchange.connectors.sage.bulk import insert_rows
from exchange.connectors.sage.findings import ORDER_CHANGED, REFUSED
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.tables import EFFECT
from exchange.errors import ConfigError
from exchange.finding import Severity, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Table

    from exchange.connector import Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.finding import Finding

    #: How a transaction begins.
    Begin = Callable[[], AbstractContextManager[Connection]]

#: Records of one transaction.
CHUNK = 500

LANDED = (Outcome.CREATED, Outcome.UPDATED)


class Effect(NamedTuple):
    """What is known of a record that landed before."""

    fingerprint: bytes
    batch: str
    outcome: Outcome
    foreign_id: str


class Lander(Protocol):
    """Lands records of one type; made anew for every call of `apply`.

    Attributes:
        final: a record that comes again with other content is held, not updated.
    """

    final: bool

    def begin(self, connection: Connection) -> None:
        """Wait for other writers, before anything is read."""
        ...

    def fault(self, change: Change) -> Sequence[Finding]:
        """What makes a record unfit by itself."""
        ...

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Write the effect of these changes, whose keys differ; what became of each."""
        ...


def refused(change: Change, findings: Sequence[Finding]) -> Applied:
    """A record that is not applied: held when all reasons wait for a person, otherwise rejected."""
    held = all(each.severity is Severity.HOLD for each in findings)
    return Applied(change.seq, Outcome.HELD if held else Outcome.REJECTED, "", tuple(findings))


class EffectTarget:
    """A target whose effects happen once (`exchange.connector.Target`).

    Args:
        sage: the database.
        landers: for each record type, how it lands.
        own: tables of ours that are created before anything lands.
    """

    def __init__(
        self,
        sage: SageDatabase,
        landers: Mapping[type[Any], Callable[[], Lander]],
        *own: Table,
    ) -> None:
        self.sage = sage
        self.landers = landers
        self.own = own

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """Apply changes in chunks; each chunk is durable before its outcomes are yielded.

        Raises:
            ConfigError: for a type of record that cannot land here.
            TransientError: the database is away or busy.
        """
        self.sage.create(*self.own)
        yield from self._applied(landing, changes, self.sage.transaction)

    def rehearse(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """What `apply` would say. Each chunk is taken back, so the next one does not know of it. Raises as it does."""
        yield from self._applied(landing, changes, lambda: self.sage.rehearsal(*self.own))

    def arranged(self, changes: Iterator[Change]) -> Iterator[Change]:
        """The changes in the order in which they land."""
        return changes

    def _applied(self, landing: Landing, changes: Iterator[Change], begin: Begin) -> Iterator[Applied]:
        made: dict[type[Any], Lander] = {}
        for chunk in distinct(self.arranged(changes)):
            of = type(chunk[0].record)
            if of not in self.landers:
                raise ConfigError(f"records of type {of.__name__} cannot land in Sage")
            if of not in made:
                made[of] = self.landers[of]()
            yield from self._chunk(made[of], landing, chunk, begin)

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """Nothing to do: what the shop has forgotten stays in the books of the ERP."""

    def _chunk(self, lander: Lander, landing: Landing, chunk: Sequence[Change], begin: Begin) -> Iterator[Applied]:
        try:
            with begin() as connection:
                done = self._land(connection, lander, landing, chunk)
        except (IntegrityError, DataError) as error:
            if len(chunk) > 1:
                for change in chunk:
                    yield from self._chunk(lander, landing, [change], begin)
                return
            done = [refused(chunk[0], [found(REFUSED, reason=str(error.orig))])]
        yield from done

    def _land(self, connection: Connection, lander: Lander, landing: Landing, chunk: Sequence[Change]) -> list[Applied]:
        lander.begin(connection)
        known = effects(connection, self.sage.settings.mandant, landing, [change.key for change in chunk])
        done: dict[int, Applied] = {}
        fresh: list[Change] = []
        for change in chunk:
            before = known.get(change.key)
            again = None if before is None else _again(change, before, landing, final=lander.final)
            if again is not None:
                done[change.seq] = again
            elif faults := lander.fault(change):
                done[change.seq] = refused(change, faults)
            else:
                fresh.append(change)
        if fresh:
            applied = lander.land(connection, landing, fresh)
            done.update((each.seq, each) for each in applied)
            self._note(connection, landing, fresh, done, known)
        return [done[change.seq] for change in chunk]

    def _note(
        self,
        connection: Connection,
        landing: Landing,
        changes: Sequence[Change],
        done: Mapping[int, Applied],
        known: Mapping[str, Effect],
    ) -> None:
        """Write down what landed."""
        mandant, module, batch = self.sage.settings.mandant, landing.module, landing.batch
        now = datetime.now(UTC).replace(tzinfo=None)
        new: list[tuple[Any, ...]] = []
        old: list[dict[str, Any]] = []
        for change in changes:
            _, outcome, foreign_id, _ = done[change.seq]
            if outcome not in LANDED:
                continue
            row = mandant, module, change.key, change.fingerprint, batch, outcome.value, foreign_id, now
            if change.key in known:
                old.append({f"b_{name}": value for name, value in zip(_EFFECT, row, strict=True)})
            else:
                new.append(row)
        insert_rows(connection, EFFECT, _EFFECT, new)
        if old:
            connection.execute(_UPDATE, old)


_EFFECT = ("Mandant", "Modul", "Schluessel", "Fingerprint", "Batch", "Ergebnis", "FremdId", "At")
_KEYS = ("Mandant", "Modul", "Schluessel")
_UPDATE = (
    update(EFFECT)
    .where(*(EFFECT.c[name] == bindparam(f"b_{name}") for name in _KEYS))
    .values({each.name: bindparam(f"b_{each.name}") for each in EFFECT.c if each.name not in _KEYS})
)


def effects(connection: Connection, mandant: int, landing: Landing, keys: Sequence[str]) -> dict[str, Effect]:
    """What is known of the records of these keys that landed before."""
    effect = EFFECT.c
    rows: dict[str, Effect] = {}
    for some in chunks(keys, IN_VALUES):
        query = select(effect.Schluessel, effect.Fingerprint, effect.Batch, effect.Ergebnis, effect.FremdId).where(
            effect.Mandant == mandant, effect.Modul == landing.module, effect.Schluessel.in_(some)
        )
        for key, fingerprint, batch, outcome, foreign_id in connection.execute(query):
            rows[key] = Effect(bytes(fingerprint), batch, Outcome(outcome), foreign_id)
    return rows


def _again(change: Change, before: Effect, landing: Landing, *, final: bool) -> Applied | None:
    """The answer for a record that landed before; None when it is to land with its new content."""
    if before.fingerprint == change.fingerprint:
        outcome = before.outcome if before.batch == landing.batch else Outcome.UNCHANGED
        return Applied(change.seq, outcome, before.foreign_id)
    if final:
        return refused(change, [found(ORDER_CHANGED, key=change.key, known=before.foreign_id)])
    return None


def distinct(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """Chunks of changes of one type, in which every key stands once."""
    chunk: list[Change] = []
    keys: set[str] = set()
    for change in changes:
        other = bool(chunk) and type(change.record) is not type(chunk[0].record)
        if len(chunk) >= CHUNK or change.key in keys or other:
            yield chunk
            chunk, keys = [], set()
        chunk.append(change)
        keys.add(change.key)
    if chunk:
        yield chunk
