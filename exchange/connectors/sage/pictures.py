"""Article pictures in a folder: `ARTICLE.jpg`, or several as `ARTICLE_1.jpg`, `ARTICLE_2.jpg` (`sage-100.md` 2.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})
_NUMBERED = re.compile(r"(?P<article>.+)_(?P<place>\d{1,4})")


def images(folder: Path, numbers: Set[str]) -> dict[str, list[str]]:
    """File names of the pictures of these articles, in their order; an article without pictures is absent.

    `A_1.jpg` belongs to the article `A_1` where there is one, otherwise it is the first picture of `A`.
    """
    placed: dict[str, list[tuple[int, str]]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.suffix.lower() not in SUFFIXES:
            continue
        numbered = _NUMBERED.fullmatch(path.stem)
        if path.stem in numbers:
            placed.setdefault(path.stem, []).append((0, path.name))
        elif numbered and numbered["article"] in numbers:
            placed.setdefault(numbered["article"], []).append((int(numbered["place"]), path.name))
    return {number: [name for _, name in sorted(found)] for number, found in placed.items()}


class Pictures:
    """The pictures of a folder by article. Scanned when first asked, and again whenever files came or went.

    Args:
        folder: where they lie.
        articles: those of the given numbers that are articles.
    """

    def __init__(self, folder: Path, articles: Callable[[Set[str]], Set[str]]) -> None:
        self.folder = folder
        self.articles = articles
        self._scanned: tuple[int, dict[str, list[str]]] | None = None

    def of(self, number: str) -> list[str]:
        """File names of one article's pictures."""
        changed = self.folder.stat().st_mtime_ns if self.folder.is_dir() else 0
        if self._scanned is None or self._scanned[0] != changed:
            self._scanned = changed, images(self.folder, self.articles(self._candidates()))
        return self._scanned[1].get(number, [])

    def _candidates(self) -> set[str]:
        stems = {path.stem for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        return stems | {numbered["article"] for stem in stems if (numbered := _NUMBERED.fullmatch(stem))}
