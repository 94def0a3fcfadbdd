"""What an article or a category is called in another language."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from exchange.record import Code, text

THINGS = (Code("article", "Artikel", "Article"), Code("category", "Warengruppe", "Category"))


class Translation(NamedTuple):
    """Texts of one thing in one language; an empty text says nothing and takes nothing away."""

    thing: Annotated[str, text("Art", "Thing", 8, required=True, codes=THINGS, example="article")]
    number: Annotated[str, text("Nummer", "Number", 100, required=True, example="10010")]
    language: Annotated[str, text("Sprache", "Language", 5, required=True, example="en")]
    name: Annotated[str, text("Bezeichnung", "Name", 255, example="Espresso Napoli")]
    short_text: Annotated[str, text("Kurztext", "Short text", long=True)]
    long_text: Annotated[str, text("Langtext", "Long text", long=True, example="Dark roast.")]
    meta_title: Annotated[str, text("Meta-Titel", "Meta title", 255)]
    meta_description: Annotated[str, text("Meta-Beschreibung", "Meta description", 1000)]
    meta_keywords: Annotated[str, text("Meta-Schlagworte", "Meta keywords", 1000)]
