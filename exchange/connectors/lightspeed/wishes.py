"""What modules want of the shop, in the ledger: facets of parts, and the wish that they make together.

Every change of a part's facets ends in the same place, `_merge`: it lays the facets over each other and sets whether
the part is dirty, that is, whether the shop has something else than it should. So the order in which records come, and
how often they come, does not matter.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, select, text, update

from exchange.connector import chunks
from exchange.connectors.lightspeed import policy
from exchange.connectors.lightspeed.merge import Facet, merged
from exchange.connectors.lightspeed.rows import insert_rows, part_row, same_facet
from exchange.connectors.lightspeed.uploads import spoken_of
from exchange.connectors.lightspeed.values import dumps, freeze, loads, thaw
from exchange.errors import FatalError
from exchange.ledger_tables import SHOP_FACET, SHOP_PART
from exchange.shop import Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence, Set
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.merge import Wish
    from exchange.connectors.lightspeed.uploads import Uploads
    from exchange.shop import Part

#: Keys in one IN list.
CHUNK = 500
#: States of a part.
CLEAN, DIRTY, REFUSED, GONE = "clean", "dirty", "refused", "gone"

_PART, _FACET = SHOP_PART.c, SHOP_FACET.c
_SAID = (_FACET.module, _FACET.record_key, _FACET.fields, _FACET.creates, _FACET.rank, _FACET.from_at, _FACET.until_at)
_MERGED = (_PART.id, _PART.resource, _PART.language, _PART.shop_id, _PART.state, _PART.wanted_hash, _PART.sent_hash)
_MERGED_TOO = (_PART.sent, _PART.since, _PART.due_at, _PART.intent, _PART.priority)


class Name(NamedTuple):
    """What tells one part from all others."""

    resource: str
    key: str
    language: str


#: Part id and record key, and the rest of a facet's row.
_Facets = dict[tuple[int, str], tuple[Any, ...]]
#: The same by the names of parts, and then by record keys.
_Said = dict[Name, dict[str, tuple[Any, ...]]]


class Wishes:
    """The facets of one module on a transaction.

    Args:
        connection: in a transaction that writes.
        now: which facets count, and since when a part is dirty.
        language: the shop's basic language; texts in it belong to the part without a language.
        uploads: the files that parts speak of.
        batch_id: of the batch that speaks.
    """

    def __init__(
        self, connection: Connection, now: datetime, language: str, uploads: Uploads, batch_id: int = 0
    ) -> None:
        self.connection = connection
        self.now = now
        self.language = language
        self.uploads = uploads
        self.batch_id = batch_id
        if connection.dialect.name == "postgresql":  # one writer at a time, as SQLite has it: chunks are short
            connection.execute(text("LOCK TABLE shop_part IN SHARE ROW EXCLUSIVE MODE"))

    def say(self, module: str, records: Mapping[str, Sequence[Part]]) -> None:
        """What some records of a module want now, by record key; it takes the place of all they wanted before."""
        said: _Said = {}
        parts: dict[Name, Part] = {}
        for key, spoken in records.items():
            for part in spoken:
                name = self._name(part)
                if key in (facets := said.setdefault(name, {})):
                    raise FatalError(
                        f"{module} {key} speaks twice of {name.resource} {name.key}; it must be two records"
                    )
                fields = dumps({field: freeze(self._seen(value)) for field, value in part.fields.items()})
                facets[key] = (fields, part.creates, part.rank, part.from_at, part.until_at)
                parts[name] = part
        ids = self._known(parts)
        fresh = self._enter(module, {name: parts[name] for name in parts if name not in ids}, said)
        ids |= fresh
        new = {(ids[name], key): facet for name in ids for key, facet in said[name].items()}
        self._merge(self._store(module, list(records), new, set(fresh.values())))

    def awaken(self) -> int:
        """Merge the parts that have a facet which began or ended meanwhile; how many there were."""
        due = select(_PART.id).where(_PART.due_at <= self.now)
        ids = {each for (each,) in self.connection.execute(due)}
        self._merge(ids)
        return len(ids)

    def look_at_files(self) -> int:
        """Files that were changed, or came, since their record did; how many parts speak of one."""
        moved: list[dict[str, Any]] = []
        for part_id, module, key, fields in list(spoken_of(self.connection)):
            now = dumps({name: freeze(self._seen(thaw(value))) for name, value in fields.items()})
            if now != dumps(fields):
                moved.append({"part": part_id, "of": module, "key": key, "says": now})
        if moved:
            self.connection.execute(_SAYS, moved)
        self._merge({each["part"] for each in moved})
        return len(moved)

    def _seen(self, value: Any) -> Any:
        return self.uploads.seen(value) if isinstance(value, Upload) else value

    def _name(self, part: Part) -> Name:
        return Name(part.resource, part.key, "" if part.language == self.language else part.language)

    # Parts

    def _enter(self, module: str, parts: Mapping[Name, Part], said: _Said) -> dict[Name, int]:
        """Enter parts that nobody has spoken of before, with the wish that these facets make; their ids.

        One that nobody wants, now or later, is not entered: it never was in the shop.
        """
        rows = []
        for name, part in parts.items():
            facets = [Facet(module, key, loads(fields), *rest) for key, (fields, *rest) in said[name].items()]
            wish = merged(facets, self.now)
            if wish.wanted or wish.due_at is not None:
                state = DIRTY if wish.wanted else GONE
                rows.append(part_row(name, part, wish, state) | {"since": self.now, "batch_id": self.batch_id})
        insert_rows(self.connection, SHOP_PART, rows)
        return self._known(parts) if rows else {}

    def _known(self, names: Collection[Name]) -> dict[Name, int]:
        ids: dict[Name, int] = {}
        for resource, group in groupby(sorted(names), key=lambda name: name.resource):
            wanted = list(group)
            for some in chunks(wanted, CHUNK):
                query = select(_PART.id, _PART.key, _PART.language).where(
                    _PART.resource == resource, _PART.key.in_({name.key for name in some})
                )
                for part_id, key, language in self.connection.execute(query):
                    ids[Name(resource, key, language)] = part_id
        return {name: ids[name] for name in names if name in ids}  # not those of other languages

    # Facets

    def _store(self, module: str, keys: Sequence[str], new: _Facets, entered: Set[int]) -> set[int]:
        """Bring the facets of these records to what is new; the parts whose wish may have changed.

        Those that were entered just now have theirs already.
        """
        old = self._old(module, keys)
        gone = [facet for facet in old if facet not in new]
        fresh = [facet for facet in new if facet not in old]
        other = [facet for facet in new if facet in old and new[facet] != old[facet]]
        self._delete(module, [*gone, *other])
        insert_rows(self.connection, SHOP_FACET, [self._facet(module, each, new[each]) for each in (*fresh, *other)])
        said = {(part, old[part, key]) for part, key in (*gone, *other)} | {
            (part, new[part, key]) for part, key in (*fresh, *other) if part not in entered
        }
        return {part for part, _ in said} - self._unmoved(module, new, said)

    def _delete(self, module: str, facets: Sequence[tuple[int, str]]) -> None:
        if facets:
            rows = [{"part": part, "of": module, "key": key} for part, key in facets]
            self.connection.execute(_DELETE, rows)

    def _unmoved(self, module: str, new: _Facets, said: Set[tuple[int, tuple[Any, ...]]]) -> set[int]:
        """Shared parts of which another record says the same as those that spoke or fell silent just now.

        A group of customers may have a million facets, one per price, which are not laid over each other each time.
        """
        ids = sorted({part for part, _ in said})
        shared: set[int] = set()
        for some in chunks(ids, CHUNK):
            query = select(_PART.id).where(_PART.id.in_(some), _PART.resource.in_(policy.SHARED))
            shared |= {each for (each,) in self.connection.execute(query)}
        same: dict[tuple[int, tuple[Any, ...]], set[str]] = {}
        for (part, key), facet in new.items():
            if part in shared:
                same.setdefault((part, facet), set()).add(key)
        asked = (each for each in said if each[0] in shared)
        return shared - {each[0] for each in asked if not self._said_by_other(module, same.get(each, set()), *each)}

    def _said_by_other(self, module: str, keys: Set[str], part: int, said: tuple[Any, ...]) -> bool:
        """Whether a record says this of a part that is none of these, which do."""
        query = same_facet(*said[3:])
        fields, creates, rank, *_ = said
        asked = {"part": part, "of": module, "fields": fields, "creates": creates, "rank": rank, "most": len(keys) + 1}
        return any(key not in keys for (key,) in self.connection.execute(query, asked))

    def _old(self, module: str, keys: Sequence[str]) -> _Facets:
        old: _Facets = {}
        for some in chunks(keys, CHUNK):
            query = select(_FACET.part_id, *_SAID[1:]).where(_FACET.module == module, _FACET.record_key.in_(some))
            for part_id, key, *rest in self.connection.execute(query):
                old[part_id, key] = tuple(rest)
        return old

    def _facet(self, module: str, facet: tuple[int, str], said: tuple[Any, ...]) -> dict[str, Any]:
        names = ("fields", "creates", "rank", "from_at", "until_at")
        whose = {"part_id": facet[0], "module": module, "record_key": facet[1], "batch_id": self.batch_id}
        return whose | dict(zip(names, said, strict=True))

    # Wishes

    def _merge(self, ids: Set[int]) -> None:
        """Lay the facets of these parts over each other, and set what has changed by that."""
        for some in chunks(sorted(ids), CHUNK):
            facets = facets_of(self.connection, some)
            rows = self.connection.execute(select(*_MERGED, *_MERGED_TOO).where(_PART.id.in_(some))).all()
            changed: list[dict[str, Any]] = []
            later: list[dict[str, Any]] = []
            unknown: list[int] = []
            for row in rows:
                wish = merged(facets.get(row.id, ()), self.now)
                if not wish.wanted and wish.due_at is None and not (row.shop_id or row.intent):
                    unknown.append(row.id)  # it never came into the shop, and nobody will miss it
                elif wish.hash != row.wanted_hash:
                    changed.append(self._values(row, wish))
                elif wish.due_at != row.due_at:
                    later.append({"part": row.id, "due_at": wish.due_at})
            if unknown:
                self.connection.execute(delete(SHOP_FACET).where(_FACET.part_id.in_(unknown)))
                self.connection.execute(delete(SHOP_PART).where(_PART.id.in_(unknown)))
            if changed:
                self.connection.execute(_CHANGE, changed)
            if later:
                self.connection.execute(_DUE, later)

    def _values(self, row: Any, wish: Wish) -> dict[str, Any]:
        """The new values of the row of a part whose wish has changed; it may be tried at once."""
        state = _state(row, wish)
        fields = policy.difference(loads(row.sent), wish.fields)
        return {
            "part": row.id,
            "wanted_hash": wish.hash,
            "state": state,
            "priority": int(_priority(row, wish, fields)),
            "since": row.since if row.state == state == DIRTY else self.now,
            "due_at": wish.due_at,
            "batch_id": self.batch_id,
            "finding": "",
            "tries": 0,
            "next_try_at": None,
        }


def _set(*names: str) -> Any:
    return update(SHOP_PART).where(_PART.id == bindparam("part")).values({name: bindparam(name) for name in names})


_CHANGE = _set(
    *("wanted_hash", "state", "priority", "since", "due_at", "batch_id", "finding", "tries", "next_try_at"),
)
_DUE = _set("due_at")
_ONE = (_FACET.part_id == bindparam("part"), _FACET.module == bindparam("of"))
_DELETE = delete(SHOP_FACET).where(*_ONE, _FACET.record_key == bindparam("key"))
_SAYS = update(SHOP_FACET).where(*_ONE, _FACET.record_key == bindparam("key")).values(fields=bindparam("says"))


def _state(row: Any, wish: Wish) -> str:
    if wish.hash != row.sent_hash:
        return DIRTY
    return CLEAN if wish.wanted else GONE


def _priority(row: Any, wish: Wish, fields: Iterable[str]) -> policy.Priority:
    if row.resource == "file" and not wish.wanted:
        return policy.Priority.FILE_GONE
    return policy.priority(row.resource, row.language, fields, exists=bool(row.shop_id))


def facets_of(connection: Connection, part_ids: Sequence[int]) -> dict[int, list[Facet]]:
    """The facets of some parts, by part id."""
    facets: dict[int, list[Facet]] = {}
    for part_id, module, key, fields, *rest in connection.execute(
        select(_FACET.part_id, *_SAID).where(_FACET.part_id.in_(part_ids))
    ):
        facets.setdefault(part_id, []).append(Facet(module, key, loads(fields), *rest))
    return facets
