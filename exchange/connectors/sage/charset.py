"""Sage's database has an 8-bit code page (`sage-100.md` 1.3): what it lacks would silently become `?`."""

from __future__ import annotations

import codecs
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from exchange.connectors.sage.findings import NOT_IN_CHARSET
from exchange.errors import ConfigError
from exchange.finding import Locator, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from exchange.finding import Finding


@cache
def _getter(fields: tuple[str, ...]) -> Callable[[object], Any]:
    return attrgetter(*fields)


class Charset:
    """Looks for characters that the database cannot hold.

    Args:
        name: Python's name of the code page. Raises ConfigError for an unknown one.
    """

    def __init__(self, name: str) -> None:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ConfigError(f"sage.charset: there is no charset {name!r}") from error
        self.name = name

    def faults(self, record: object, fields: Sequence[str]) -> Iterator[Finding]:
        """One finding for each of these text fields that holds such a character."""
        texts: tuple[str, ...] = _getter(tuple(fields))(record)
        try:
            "".join(texts).encode(self.name)
        except UnicodeEncodeError:
            yield from self._faults(fields, texts)

    def _faults(self, fields: Sequence[str], texts: Sequence[str]) -> Iterator[Finding]:
        for field, text in zip(fields, texts, strict=True):
            try:
                text.encode(self.name)
            except UnicodeEncodeError as error:
                character = text[error.start]
                yield found(
                    NOT_IN_CHARSET,
                    Locator(field=field),
                    field=field,
                    character=character,
                    code=f"U+{ord(character):04X}",
                    charset=self.name,
                )
