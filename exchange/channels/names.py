"""Which of the names that a server lists may become files here (fault catalogue S7-S11, W8-W10)."""

from __future__ import annotations

import unicodedata

from exchange.files import PART, clean_name

#: A name that begins so is a formula in a spreadsheet or an option on a command line.
_FIRST = frozenset("=+-@")


def accepted(raw: bytes) -> str:
    """The name under which a file may lie here, or empty when it may not.

    It must equal itself after cleaning: no path, no control characters, no device, nothing that Windows drops at the
    end. Umlauts are composed (NFC) however the sender codes them.
    """
    try:
        name = unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError:
        return ""
    if name[:1] in _FIRST or name.endswith(PART) or clean_name(name) != name:
        return ""
    return name


def alike(name: str) -> str:
    """Two names that give the same text here are one file on Windows, or one to the eye."""
    return unicodedata.normalize("NFC", name).casefold()


def shown_name(raw: bytes) -> str:
    """A name for messages, whatever bytes it has; quoted, so that nothing in it can pass for something else."""
    try:
        return ascii(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return ascii(raw).removeprefix("b")
