"""Dotted paths of xml: `A.B`, an attribute `A.@b`, one of several equal elements `A[ROLE=buyer].B` or `A[@lang=deu]`.

A part may have a prefix (`bmecat:NAME`), which is written; elements are read by their local names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

#: A part of a path: what it is called, and what tells it from its equals.
_PART = re.compile(r"(?P<name>@?[^.\[\]]+)(?:\[(?P<key>@?[^=\]]+)=(?P<wanted>[^\]]*)\])?(?:\.|$)")


class Part(NamedTuple):
    """One step of a path.

    Attributes:
        name: of the element, with its prefix; of an attribute behind an `@`.
        key: element or attribute (`@name`) within, by which one of several equal elements is chosen; or empty.
        wanted: its text.
    """

    name: str
    key: str = ""
    wanted: str = ""

    @property
    def local(self) -> str:
        """The name without prefix."""
        return self.name.rpartition(":")[2]


@lru_cache(maxsize=4096)
def parts(path: str) -> tuple[Part, ...]:
    """The steps of a path. Raises ValueError for one that is none."""
    made, at = [], 0
    while at < len(path):
        found = _PART.match(path, at)
        if found is None:
            message = f"{path!r} is no path"
            raise ValueError(message)
        made.append(Part(found["name"], found["key"] or "", found["wanted"] or ""))
        at = found.end()
    return tuple(made)
