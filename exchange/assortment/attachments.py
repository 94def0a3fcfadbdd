"""PDFs of articles in a folder: `ARTICLE.pdf`, `ARTICLE_Title.pdf`, `ARTICLE_Title.en.pdf`.

Sage keeps no PDFs in its tables (`sage-100.md` 2.16), so the folder is the source.
"""

from __future__ import annotations

import re
from hashlib import file_digest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Set
    from pathlib import Path

SUFFIX = ".pdf"
#: Where a reader looks for the mark of a PDF, and for its end; more would be some other file with a PDF inside.
HEAD, TAIL = 1024, 2048
_LANGUAGE = re.compile(r"(?P<rest>.+)\.(?P<language>[a-z]{2})")


class Document(NamedTuple):
    """One PDF of an article.

    Attributes:
        file: path below the folder, with `/`.
        title: out of the file name; empty when it is the article number alone.
        language: two letters out of the file name, or empty.
    """

    file: str
    title: str
    language: str


def documents(folder: Path, articles: Callable[[Set[str]], Set[str]]) -> dict[str, list[Document]]:
    """The PDFs below a folder per article, by name.

    An article number may hold `_`: the longest beginning of a file name that is an article counts.

    Args:
        folder: where they lie, also in folders below.
        articles: those of the given numbers that are articles.
    """
    names = {path: _beginnings(path) for path in sorted(_files(folder))}
    known = articles({each for beginnings in names.values() for each in beginnings})
    result: dict[str, list[Document]] = {}
    for path, beginnings in names.items():
        number = next((each for each in beginnings if each in known), None)
        if number is not None:
            stem, language = _language(path)
            title = stem[len(number) :].strip("_ ").replace("_", " ")
            result.setdefault(number, []).append(Document(path.relative_to(folder).as_posix(), title, language))
    return result


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*") if folder.is_dir() else ():
        if path.suffix.lower() == SUFFIX and path.is_file():
            yield path


def _language(path: Path) -> tuple[str, str]:
    match = _LANGUAGE.fullmatch(path.stem)
    return (match["rest"], match["language"]) if match else (path.stem, "")


def _beginnings(path: Path) -> list[str]:
    """What may be the article number, longest first."""
    stem, _ = _language(path)
    pieces = stem.split("_")
    return ["_".join(pieces[:count]) for count in range(len(pieces), 0, -1)]


def is_pdf(path: Path, most_bytes: int) -> bool:
    """Whether a file is a whole PDF of at most so many bytes: by its first and last bytes, not by its name."""
    try:
        size = path.stat().st_size
        if not 0 < size <= most_bytes:
            return False
        with path.open("rb") as file:
            begins = b"%PDF-" in file.read(HEAD)
            file.seek(max(size - TAIL, 0))
            return begins and b"%%EOF" in file.read()
    except OSError:
        return False


def sha256(path: Path) -> str:
    """Hexadecimal; empty when the file cannot be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
