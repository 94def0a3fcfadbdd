"""What several modules say of one part, laid over each other.

Of two values for one field the facet of higher rank wins; of equal rank the one of the module whose name comes later in
the alphabet, and within a module the one of the later record key: not chosen for being right, but for being the same
on every run. Modules that mean to cover others say so by their rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exchange.connectors.lightspeed.values import Plain, digest, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime


class Facet(NamedTuple):
    """What one record of one module says about a part; see `exchange.shop.Part`."""

    module: str
    record_key: str
    fields: Mapping[str, Plain]
    creates: bool
    rank: int
    from_at: datetime | None
    until_at: datetime | None

    def valid(self, now: datetime) -> bool:
        """Whether it counts at that moment; until is exclusive."""
        return (self.from_at is None or self.from_at <= now) and (self.until_at is None or now < self.until_at)

    def turns(self, now: datetime) -> Iterable[datetime]:
        """The moments to come at which it begins or ends to count."""
        return (at for at in (self.from_at, self.until_at) if at is not None and at > now)


class Wish(NamedTuple):
    """What the shop is to have of a part at one moment.

    Attributes:
        fields: all together; empty when nobody wants the part.
        wanted: whether anybody does.
        creates: whether the thing may be made for it.
        hash: of the fields; empty when nobody wants the part.
        due_at: when that changes by itself.
    """

    fields: Mapping[str, Plain]
    wanted: bool
    creates: bool
    hash: bytes
    due_at: datetime | None


#: Values that several facets make together.
_TOGETHER: Mapping[str, Callable[[list[Plain]], list[Plain]]] = {
    "$gathered": lambda items: sorted(set(items)),
    "$listed": in_order,
}


def _over(below: Plain, above: Plain) -> Plain:
    """The upper value; of texts that are gathered and of what is listed, all items of both."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    for name, together in _TOGETHER.items():
        lower, upper = below.get(name), above.get(name)
        if lower is not None and upper is not None:
            return {name: together([*lower, *upper])}
    return above


def _without(fields: dict[str, Plain], withdrawn: Mapping[str, set[str]]) -> dict[str, Plain]:
    """The fields without the items that somebody takes back; a text that nothing is left of is not wanted."""
    for name, items in withdrawn.items():
        if isinstance(fields.get(name), dict) and "$gathered" in fields[name]:
            left = [each for each in fields.pop(name)["$gathered"] if each not in items]
            fields |= {name: {"$gathered": left}} if left else {}
    return fields


def merged(facets: Iterable[Facet], now: datetime) -> Wish:
    """The wish that comes out of all facets of one part."""
    known = sorted(facets, key=lambda each: (each.rank, each.module, each.record_key))
    valid = [each for each in known if each.valid(now)]
    fields: dict[str, Plain] = {}
    withdrawn: dict[str, set[str]] = {}
    for each in valid:
        for name, value in each.fields.items():
            if isinstance(value, dict) and "$withdrawn" in value:
                withdrawn.setdefault(name, set()).update(value["$withdrawn"])
            else:
                fields[name] = _over(fields.get(name), value)
    fields = _without(fields, withdrawn)
    due_at = min((at for each in known for at in each.turns(now)), default=None)
    creates = any(each.creates for each in valid)
    return Wish(fields, bool(valid), creates, digest(fields) if valid else b"", due_at)
