"""Titles of articles in two lines, as Sage has them (`sage-100.md` 2.1)."""

from __future__ import annotations

#: Characters of Bezeichnung1, and of Bezeichnung2.
LINE = 50
#: The first line ends at the first blank behind this place, as a connector seen in use does it (2.1, S6).
EARLIEST = 35


def split_title(title: str) -> tuple[str, str, str]:
    """Bezeichnung1, Bezeichnung2, and what fits in neither.

    Lines end at blanks, and within a word only where a line has none. The first line is filled up where the rest would
    not fit otherwise.
    """
    words = " ".join(title.split())
    early = words.find(" ", EARLIEST, LINE + 1)
    if len(words) > LINE and early > 0 and len(words) - early - 1 <= LINE:
        return words[:early], words[early + 1 :], ""
    first, rest = _line(words)
    return first, *_line(rest)


def _line(text: str) -> tuple[str, str]:
    """As many words as fit into a line, and the rest."""
    if len(text) <= LINE:
        return text, ""
    end = text.rfind(" ", 0, LINE + 1)
    end = end if end > 0 else LINE
    return text[:end], text[end:].lstrip()
