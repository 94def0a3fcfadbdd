"""A category of articles (Sage: Artikelgruppe)."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from exchange.record import flag, text, whole


class Category(NamedTuple):
    """One node of the category tree.

    One Sage code can stand under several parents (reference `sage-100.md` section 2.4), so `number` is the path of codes
    from the root, joined by `/`; `code` is Sage's own.
    """

    number: Annotated[str, text("Warengruppennummer", "Category number", 100, required=True, example="KAFFEE/BECHER")]
    code: Annotated[str, text("Artikelgruppe", "Group code", 15, example="BECHER")]
    parent_number: Annotated[str, text("Übergeordnete Warengruppe", "Parent category", 100, example="KAFFEE")]
    name: Annotated[str, text("Bezeichnung", "Name", 100, required=True, example="Becher")]
    level: Annotated[int | None, whole("Ebene", "Level", 2, example="2")]
    active: Annotated[bool | None, flag("Aktiv", "Active", example="1")]
    meta_title: Annotated[str, text("Meta-Titel", "Meta title", 255)]
    meta_description: Annotated[str, text("Meta-Beschreibung", "Meta description", 1000)]
    meta_keywords: Annotated[str, text("Meta-Schlagworte", "Meta keywords", 1000)]
    long_text: Annotated[str, text("Langtext", "Long text", long=True)]
