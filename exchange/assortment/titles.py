"""Titles of articles in two lines, as Sage has them (`sage-100.md` 2.1)."""

from __future__ import annotations

#: Characters of Bezeichnung1, and of Bezeichnung2.
LINE = 50
#: The first line ends at a blank behind this place, as a connector seen in use does it (2.1, S6).
EARLIEST = 35


def split_title(title: str) -> tuple[str, str, str]:
    """Bezeichnung1, Bezeichnung2, and what fits in neither; split at blanks, within a word only where there is none."""
    first, rest = _line(" ".join(title.split()))
    second, rest = _line(rest)
    return first, second, rest


def _line(text: str) -> tuple[str, str]:
    if len(text) <= LINE:
        return text, ""
    blank = text.find(" ", EARLIEST, LINE + 1)
    if blank < 0:
        blank = text.rfind(" ", 0, EARLIEST)
    end = blank if blank > 0 else LINE
    return text[:end], text[end:].lstrip()
