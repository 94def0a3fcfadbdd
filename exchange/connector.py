"""The contract between the pipeline and a system: where records come from, what they may refer to, where they land."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from exchange.record import maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set
    from datetime import datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from sqlalchemy import RowMapping, Select

    from exchange.finding import Finding
    from exchange.record import Block
    from exchange.settings import SageSettings


Item = TypeVar("Item")


class Outcome(StrEnum):
    """What became of a record. Every record of a batch has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    REJECTED = "rejected"
    HELD = "held"


class Change(NamedTuple):
    """One record on its way into a target.

    Attributes:
        seq: number of the record within the batch.
        line: its place in the file.
        key: business key.
        outcome: created or updated, as the ledger expects it.
        fingerprint: of the record.
        record: the record itself.
    """

    seq: int
    line: int
    key: str
    outcome: Outcome
    fingerprint: bytes
    record: Any


_change = maker(Change)


@dataclass(frozen=True, slots=True)
class Page:
    """Many changes, column by column; who goes through them gets them one by one."""

    seqs: Sequence[int]
    lines: Sequence[int]
    keys: Sequence[str]
    outcomes: Sequence[Outcome]
    fingerprints: Sequence[bytes]
    records: Block

    def __iter__(self) -> Iterator[Change]:
        columns = (self.seqs, self.lines, self.keys, self.outcomes, self.fingerprints, self.records)
        return map(_change, zip(*columns, strict=True))


class Applied(NamedTuple):
    """What a target did with one change.

    Attributes:
        seq: as in the change.
        outcome: what happened; a target may still reject or hold a record.
        foreign_id: what the target calls it (`VVA 2026-10001`, `D100001`), or empty.
        findings: reasons and remarks.
    """

    seq: int
    outcome: Outcome
    foreign_id: str = ""
    findings: tuple[Finding, ...] = ()


class Output(NamedTuple):
    """A file that a target has written and that is published once the ledger knows of it.

    Attributes:
        part: where it lies, complete and flushed to disk.
        final: where it goes.
    """

    part: Path
    final: Path


@dataclass(frozen=True, slots=True)
class Landing:
    """Which batch is landing: enough for a target to recognise its own work after a crash.

    Attributes:
        batch: public id of the batch, the same at every try.
        module: name of the module.
        folder: where the target may write files until they are published.
        outputs: what the target has written there.
    """

    batch: str
    module: str
    folder: Path = Path()
    outputs: list[Output] = field(default_factory=list)


class FieldChange(NamedTuple):
    """One field that a record would change.

    Attributes:
        name: of the field, as programs know it.
        de, en: label for people.
        old, new: as a person reads them; empty for nothing.
    """

    name: str
    de: str
    en: str
    old: str
    new: str


class Preview(NamedTuple):
    """What applying one change would do.

    Attributes:
        seq: as in the change.
        outcome: what would happen.
        foreign_id: what the target calls the thing that would be changed; empty for a new one.
        fields: what would be different afterwards, in the order of the record.
        findings: reasons and remarks.
    """

    seq: int
    outcome: Outcome
    foreign_id: str = ""
    fields: tuple[FieldChange, ...] = ()
    findings: tuple[Finding, ...] = ()


class Previewer(Protocol):
    """A target, or what stands for it, that can say beforehand what it would change."""

    def preview(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Preview]:
        """What applying these changes would do, in their order; reads only, without waiting for writers.

        A change that is not mentioned cannot be foretold; it is as the ledger expects it.
        """
        ...


class Target(Protocol):
    """A place where records land. Applying the same batch again has no second effect, and says the same."""

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """Apply changes in order; all effects are durable when the iterator ends.

        Yields an `Applied` for every change that has more to say than its expected outcome; a change that is not
        mentioned was applied as expected.
        """
        ...

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """The records of these keys are gone at the source; durable when it returns."""
        ...


@runtime_checkable
class Priced(Protocol):
    """A target that knows the prices that it was told before."""

    def jumps(self, module: str, records: Mapping[str, Any], factor: Decimal) -> int:
        """How many of the records by key would make a price so many times what it was, or the other way round."""
        ...


class Lookup(Protocol):
    """What exists in the receiving system."""

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        """Those of the values that do not exist; see `exchange.module.Reference`."""
        ...

    def known(self, name: str) -> Sequence[str]:
        """What exists, where it is a short list that a person may choose from; otherwise nothing."""
        ...


class SageSource(Protocol):
    """Sage's database as modules read it.

    Attributes:
        settings: how it is reached and what of it is used.
        zone: Sage's moments have none; they are meant in this one.
        now: the clock; aware.
    """

    settings: SageSettings
    zone: ZoneInfo
    now: Callable[[], datetime]

    def rows(self, query: Select[Any], **values: Any) -> Iterator[RowMapping]:
        """The rows of a query, streaming; column names as the query spells them."""
        ...

    def columns(self, table: str) -> Set[str]:
        """The columns that the database really has, in lower case: own fields and late versions differ."""
        ...


class Everything:
    """A look-up for targets that cannot be asked: nothing is missing."""

    def missing(self, name: str, values: Set[str]) -> Set[str]:  # noqa: ARG002 - contract
        return frozenset()

    def known(self, name: str) -> Sequence[str]:  # noqa: ARG002 - contract
        return ()


class Known:
    """A look-up over fixed sets, for tests and for code lists out of settings."""

    def __init__(self, known: Mapping[str, Iterable[str]]) -> None:
        self.sets = {name: frozenset(values) for name, values in known.items()}

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        return values - self.sets[name] if name in self.sets else frozenset()

    def known(self, name: str) -> Sequence[str]:
        return sorted(self.sets.get(name, ()))


class Blocks(Iterator[Item]):
    """Things that come in blocks: one by one for those who just go through them, or by `blocks` as they come."""

    def __init__(self, blocks: Iterable[Iterable[Item]]) -> None:
        self.blocks = iter(blocks)
        self._each = chain.from_iterable(self.blocks)

    def __next__(self) -> Item:
        return next(self._each)

    def close(self) -> None:
        """Stop early: what the blocks are read from is closed."""
        close = getattr(self.blocks, "close", None)
        if close is not None:
            close()


class Changes(Blocks[Change]):
    """The changes of a batch, in order."""

    blocks: Iterator[Page]

    def __init__(self, pages: Iterable[Page]) -> None:
        super().__init__(pages)


def blocks(items: Iterable[Any], size: int) -> Iterator[Any]:
    """The blocks of `Blocks`; of anything else, lists of at most `size` items."""
    return items.blocks if isinstance(items, Blocks) else chunks(items, size)


def chunks(items: Iterable[Any], size: int) -> Iterator[Sequence[Any]]:
    """Lists of at most `size` items."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
