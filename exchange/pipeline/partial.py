"""Records of which some values could not be read: rules and references say about them what can be said."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set


class _Unreadable(Exception):  # noqa: N818 - never an error: it only stops who asked
    """A rule has asked for a value that could not be read."""


class Partial:
    """A record of which some values could not be read. A rule that asks for one of them cannot be judged and stops.

    Args:
        record: with None in their place.
        unreadable: their names.
        groups: the children, made so too.
    """

    def __init__(self, record: Any, unreadable: Set[str], groups: Mapping[str, Sequence[Partial]]) -> None:
        self._record, self._unreadable, self._groups = record, unreadable, groups

    def __getattr__(self, name: str) -> Any:
        if name in self._unreadable:
            raise _Unreadable
        return self._groups[name] if name in self._groups else getattr(self._record, name)

    def __getitem__(self, place: int | slice) -> Any:  # a record is a tuple, and a quick rule reads it as one
        names = self._record._fields[place]
        return getattr(self, names) if isinstance(names, str) else tuple(getattr(self, name) for name in names)


def as_far_as_readable(told: Callable[[], Iterable[Any]]) -> list[Any]:
    """What a rule or reference has to say before it asks for a value that could not be read."""
    result = []
    with suppress(_Unreadable):
        for each in told():
            result.append(each)  # noqa: PERF402 - what was told before the end counts
    return result
