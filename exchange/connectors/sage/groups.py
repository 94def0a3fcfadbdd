"""Article groups as categories of the shop name them: by titles or codes (`sage-100.md` 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from exchange import khk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Select

#: The entry of the setting `sage.articles.groups` for articles without a category.
WITHOUT = "*"


class Place(NamedTuple):
    """One group with where it stands.

    Attributes:
        codes: path of codes.
        names: path of names.
        group: the row of KHKArtikelgruppen.
    """

    codes: str
    names: str
    group: khk.Group


def query(mandant: int) -> Select[Any]:
    """What `Groups` is made of."""
    table = khk.ARTIKELGRUPPEN.c
    columns = (table.Hauptartikelgruppe, table.VaterArtikelgruppe, table.Artikelgruppe, table.Bezeichnung)
    return select(*columns).where(table.Mandant == mandant)


class Groups:
    """The groups of Sage, found by what the shop calls them.

    Args:
        rows: of `query`.
        mapped: path in the shop → path of codes (setting `sage.articles.groups`).
    """

    def __init__(self, rows: Iterable[Mapping[Any, Any]], mapped: Mapping[str, str]) -> None:
        self.mapped = {folded(path): codes for path, codes in mapped.items()}
        self._names: dict[khk.Group, str] = {}
        for row in rows:
            group = khk.group(row["Hauptartikelgruppe"], row["VaterArtikelgruppe"], row["Artikelgruppe"])
            self._names[group] = str(row["Bezeichnung"] or "").strip() or group.code
        self._by_codes: dict[str, Place] = {}
        self._by_names: dict[str, list[Place]] = {}
        self._arrange()

    def _arrange(self) -> None:
        tree = khk.GroupTree(self._names)
        found = {path: group for group in tree.groups for path in tree.paths(group)}
        names: dict[str, str] = {}
        for codes, group in sorted(found.items(), key=lambda item: item[0].count("/")):
            above = names.get(codes.rpartition("/")[0], "")
            names[codes] = f"{above}/{self._names[group]}" if above else self._names[group]
            place = Place(codes, names[codes], group)
            self._by_codes[folded(codes)] = place
            self._by_names.setdefault(folded(names[codes]), []).append(place)

    def find(self, path: str) -> Place | None:
        """The group of a category: the one that the settings say, else of these names, else of these codes.

        None where there is none, or several have these names.
        """
        wanted = folded(path)
        if wanted in self.mapped:
            return self._by_codes.get(folded(self.mapped[wanted]))
        named = self._by_names.get(wanted, [])
        if named:
            return named[0] if len(named) == 1 else None
        return self._by_codes.get(wanted)

    def of_codes(self, codes: str) -> Place | None:
        """The group of a path of codes."""
        return self._by_codes.get(folded(codes))

    def several(self, path: str) -> bool:
        """Whether several groups have these names, and the settings do not say which."""
        wanted = folded(path)
        return wanted not in self.mapped and len(self._by_names.get(wanted, ())) > 1

    def add(self, group: khk.Group, codes: str, names: str) -> Place:
        """A group that was created just now."""
        place = Place(codes, names, group)
        self._names[group] = names.rpartition("/")[2]
        self._by_codes[folded(codes)] = place
        self._by_names.setdefault(folded(names), []).append(place)
        return place


def folded(path: str) -> str:
    """A path as it is compared: small letters, no blanks around its parts."""
    return "/".join(part.strip() for part in path.split("/")).casefold()
