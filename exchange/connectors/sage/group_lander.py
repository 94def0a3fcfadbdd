"""Categories of the shop as article groups in Sage's own table (`sage-100.md` 2.4).

Sage leads: a group that is there under these names or codes stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, update

from exchange import khk
from exchange.connector import Applied, Outcome
from exchange.connectors.sage import article_findings as kinds
from exchange.connectors.sage import counters, groups
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.draft import Unfit
from exchange.connectors.sage.effects import refused
from exchange.finding import Locator, found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing
    from exchange.connectors.sage.database import SageDatabase
    from exchange.connectors.sage.groups import Place
    from exchange.finding import Finding
    from exchange.records.category import Category

#: Letters of Sage's codes for those that are no plain ones.
_LETTERS = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "ẞ": "SS"})
_NO_CODE = re.compile(r"[^A-Z0-9]+")
_CODE_CHARACTERS = 15
_NAME_CHARACTERS = 50


class NewGroup(NamedTuple):
    """An article group to be made.

    Attributes:
        change: what brought it.
        group: its codes.
        name: Bezeichnung.
        level: Gruppenebene.
    """

    change: Change
    group: khk.Group
    name: str
    level: int


class GroupLander:
    """Lands categories (`exchange.connectors.sage.effects.Lander`)."""

    final = False

    def __init__(self, sage: SageDatabase) -> None:
        self.sage = sage
        self.mandant = sage.settings.mandant
        self.setup = sage.settings.articles
        self.charset = Charset(sage.settings.charset)
        self.groups = groups.Groups(sage.rows(groups.query(self.mandant)), self.setup.groups)

    def begin(self, connection: Connection) -> None:
        """Wait for other writers of ours."""
        counters.lock(connection, self.mandant)

    def fault(self, change: Change) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(change.record, ("name", "code")))

    def land(self, connection: Connection, landing: Landing, changes: Sequence[Change]) -> list[Applied]:
        """Create the groups that Sage does not have; parents come first, or are there."""
        done: list[Applied] = []
        made: list[NewGroup] = []
        for change in changes:
            try:
                place, new = self._place(change)
            except Unfit as unfit:
                done.append(refused(change, [unfit.finding]))
                continue
            if new is not None:
                made.append(new)
            outcome = Outcome.UNCHANGED if new is None else Outcome.CREATED
            done.append(Applied(change.seq, outcome, place.codes))
        self.write(connection, landing, made)
        return done

    def _place(self, change: Change) -> tuple[Place, NewGroup | None]:
        """Where the category stands, and the group to be made for that. Raises Unfit."""
        category: Category = change.record
        number, at = category.number, Locator(field="number")
        place = self.groups.find(number)
        if place is not None:
            return place, None
        if self.groups.several(number):
            raise Unfit(found(kinds.GROUP_AMBIGUOUS, at, number=number))
        above = category.parent_number or number.rpartition("/")[0]
        parent = self.groups.find(above) if above else None
        if above and parent is None:
            raise Unfit(found(kinds.GROUP_PARENT, Locator(field="parent_number"), number=number, parent=above))
        code = self._code(category)
        codes = f"{parent.codes}/{code}" if parent else code
        if not code or len(code) > _CODE_CHARACTERS or self.groups.of_codes(codes) is not None:
            raise Unfit(found(kinds.GROUP_CODE, at, number=number, code=code))
        group = khk.Group(parent.group.main or parent.group.code if parent else code, _code_of(parent), code)
        level = self.setup.group_level + codes.count("/")
        new = NewGroup(change, group, category.name[:_NAME_CHARACTERS].rstrip(), level)
        return self.groups.add(group, codes, number), new

    def _code(self, category: Category) -> str:
        """The code that the settings or the file give, else one out of the title."""
        mapped = self.groups.mapped.get(groups.folded(category.number), "")
        if mapped or category.code:
            return (mapped.rpartition("/")[2] or category.code).strip()
        return _NO_CODE.sub("", category.name.upper().translate(_LETTERS))[:_CODE_CHARACTERS]

    # Writing

    def write(self, connection: Connection, landing: Landing, made: Sequence[NewGroup]) -> None:  # noqa: ARG002 - others
        """Insert the groups, and mark those above them."""
        table = khk.ARTIKELGRUPPEN
        rows: list[dict[str, Any]] = [row(each, self.mandant) | {"HatUntergruppen": khk.NO} for each in made]
        if not rows:
            return
        connection.execute(insert(table), rows)
        for parent in sorted({(each.group.main, each.group.parent) for each in made if each.group.parent}):
            above = (table.c.Hauptartikelgruppe == parent[0], table.c.Artikelgruppe == parent[1])
            marked = update(table).where(table.c.Mandant == self.mandant, *above).values(HatUntergruppen=khk.YES)
            connection.execute(marked)


def row(new: NewGroup, mandant: int) -> dict[str, Any]:
    """The columns that KHKArtikelgruppen and our waiting rows share."""
    return {
        "Mandant": mandant,
        "Hauptartikelgruppe": new.group.main,
        "VaterArtikelgruppe": new.group.parent or khk.NO_PARENT,
        "Artikelgruppe": new.group.code,
        "Bezeichnung": new.name,
        "Gruppenebene": new.level,
    }


def _code_of(place: Place | None) -> str:
    return "" if place is None else place.group.code
