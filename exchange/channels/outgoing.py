"""Which channel has which file of the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from exchange.files import PART

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from exchange.settings import ChannelSettings

_UID = r"\d{8}T\d{6}-[0-9a-f]{8}"
_ANSWER = re.compile(rf"\.({_UID})\.(receipt\.json|receipt\.txt|rejects\.[^.]+)$")
_EXPORT = re.compile(rf"^(?P<kind>\w+?)_(?:deleted_)?{_UID}")


def kind_of(name: str) -> str:
    """Files of one kind are sent in order: those of a module; any other file is a kind of its own."""
    match = _EXPORT.match(name)
    return match["kind"] if match else name


@dataclass(frozen=True)
class Routes:
    """Finds the channel of a file.

    Attributes:
        channels: those in use, in the order of the settings.
        modules: names of all modules.
        folder_of: batch id → folder below the inbox that its file came from, or empty.
    """

    channels: Mapping[str, ChannelSettings]
    modules: Collection[str]
    folder_of: Callable[[str], str]

    def channel_of(self, name: str) -> str:
        """The channel that a file of the outbox is sent by, or empty: it stays where it is.

        Receipts and rejects go back to where their file came from, and nowhere else.
        """
        if name.startswith(".") or name.endswith(PART):
            return ""
        answer = _ANSWER.search(name)
        if answer:
            origin = self.folder_of(answer[1]).partition("/")[0]
            known = self.channels.get(origin)
            return origin if known and known.receipts and known.outbox else ""
        fitting = (each for each, settings in self.channels.items() if settings.outbox and self._fits(name, settings))
        return next(fitting, "")

    def _fits(self, name: str, settings: ChannelSettings) -> bool:
        kind = kind_of(name)
        return any(kind == each if each in self.modules else fnmatchcase(name, each) for each in settings.send)
