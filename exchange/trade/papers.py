"""PDFs of sales documents in a folder, found by the document's number in the file name (`sage-100.md` 2.16).

Sage keeps no PDFs in its tables. A file is somebody's only when its name says so beyond doubt: the number stands in it
as a number of its own, the kind by a word (in the name or in that of its folder), no word tells another kind, and no
year is another one. The number is the one right behind the word, or where none is, the one at the very front: any other
may be a customer's, an order's or a day.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from exchange.assortment.attachments import is_pdf, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

SUFFIX = ".pdf"
#: Below the folder: what this program made.
MADE = "erzeugt"
_NUMBERS = re.compile(r"[0-9]+")
_WORDS = re.compile(r"[^\W\d_]+")
_YEARS = range(2000, 2100)
#: Between the word and its number.
_NO = r"[\W_]*(?:(?:Nummer|Number|Nr|No)[\W_]*)?"
#: A number up to this one, before another short one, is the day or month of a date.
_LAST_DAY = 31


class _Paper(NamedTuple):
    """One file.

    Attributes:
        file: path below the folder, with `/`.
        numbers: in the name; years among them.
        words: in the name and in the folders above it, without letter case.
    """

    file: str
    numbers: frozenset[int]
    words: frozenset[str]


def _is_number_of(file: str, words: Sequence[str], year: str, short: str) -> bool:
    """Whether the document's number stands where its number is to stand, perhaps with the year before it."""
    stem = normalize("NFC", file.rpartition("/")[2])
    word = rf"(?:^|[\W\d_])(?:{'|'.join(map(re.escape, words))}){_NO}"
    no_day = r"(?![\W_][0-9]{1,2}(?![0-9]))" if int(short) <= _LAST_DAY else ""
    number = rf"(?:{re.escape(year)}[\W_]*)?0*{short}(?![0-9]){no_day}"
    if re.search(rf"{word}[0-9]", stem, re.IGNORECASE):
        return re.search(word + number, stem, re.IGNORECASE) is not None
    return re.match(number, stem) is not None


class Papers:
    """The PDFs below a folder. What lies there is read once, at the first question.

    Args:
        folder: where they lie; links that lead out of it are not followed.
        most_bytes: larger files are none.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self._by_number: dict[int, list[_Paper]] | None = None

    def find(self, number: str, words: Sequence[str], others: frozenset[str], *, year_needed: bool) -> list[str]:
        """The files of a document; several are for a person to sort out.

        Args:
            number: `2026-10001`.
            words: that tell its kind.
            others: words that tell another kind.
            year_needed: the same number is there in another year too.
        """
        year, _, short = number.rpartition("-")
        if not short.isdigit():
            return []
        found = []
        for paper in self._index().get(int(short), ()):
            years = {each for each in paper.numbers if each in _YEARS and each != int(short)}
            if paper.words & others or not any(word.casefold() in paper.words for word in words):
                continue
            if not _is_number_of(paper.file, words, year, short):
                continue
            if (years and year.isdigit() and int(year) not in years) or (year_needed and not years):
                continue
            found.append((year.isdigit() and int(year) in years, paper.file))
        best = max((of_year for of_year, _ in found), default=False)
        return sorted(file for of_year, file in found if of_year == best)

    def sha256(self, file: str) -> str:
        """Of the content, hexadecimal; empty when it cannot be read."""
        return sha256(self.folder / file)

    def holds(self, file: str) -> bool:
        """Whether there is such a PDF, whole and within the folder."""
        path = self.folder / file
        return self._inside(path) and is_pdf(path, self.most_bytes)

    def content(self, file: str) -> bytes | None:
        """What stands in such a PDF; None when it is not there. The file is free again when this returns."""
        try:
            return (self.folder / file).read_bytes() if self.holds(file) else None
        except OSError:  # taken away, or written anew, just now
            return None

    def keep(self, name: str, version: str, make: Callable[[], bytes]) -> str:
        """The file that this program makes of a document; made again only for another version of it."""
        folder = self.folder / MADE
        path = folder / f"{name}.{version}{SUFFIX}"
        if not is_pdf(path, self.most_bytes):  # a power cut may leave a name without content
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_bytes(make())
            part.replace(path)
            for old in folder.glob(f"{name}.*{SUFFIX}"):
                if old != path:
                    with suppress(PermissionError):  # Windows: somebody reads it; it goes with the next version
                        old.unlink(missing_ok=True)
        return f"{MADE}/{path.name}"

    def _index(self) -> Mapping[int, list[_Paper]]:
        if self._by_number is None:
            made: dict[int, list[_Paper]] = {}
            for path in self._files():
                relative = path.relative_to(self.folder)
                numbers = frozenset(int(each) for each in _NUMBERS.findall(path.stem))
                words = frozenset(
                    each.casefold()
                    for each in _WORDS.findall(normalize("NFC", " ".join(relative.with_suffix("").parts)))
                )
                for number in numbers:
                    made.setdefault(number, []).append(_Paper(relative.as_posix(), numbers, words))
            self._by_number = made
        return self._by_number

    def _files(self) -> Iterator[Path]:
        for path in sorted(self.folder.rglob("*")) if self.folder.is_dir() else ():
            if path.suffix.lower() != SUFFIX or MADE in path.relative_to(self.folder).parts:
                continue
            if self._inside(path) and is_pdf(path, self.most_bytes):
                yield path

    def _inside(self, path: Path) -> bool:
        """Whether a path ends in the folder; what cannot be a path, and links that go round in circles, end nowhere."""
        try:
            return path.resolve().is_relative_to(self.folder.resolve())
        except (ValueError, OSError, RuntimeError):
            return False
