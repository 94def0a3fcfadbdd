"""Warengruppenübernahme: the category tree of the shop becomes article groups in Sage (`sage-100.md` 2.4).

For merchants who began with the shop. A category is known by the path of its titles; a group that Sage has under the
same names, or the same codes, is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.category import Category

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_PARENT = kind(
    "category_import.other_parent",
    de="Die Kategorie „{number}“ nennt als übergeordnete „{parent}“; das ist nicht der Anfang ihres Pfades.",
    en="The category “{number}” says that “{parent}” is above it; that is not the beginning of its path.",
    remedy_de="Schreiben Sie als Nummer den Pfad von der obersten Kategorie an, mit / dazwischen.",
    remedy_en="Write as number the path from the topmost category on, with / in between.",
)
SLASH = kind(
    "category_import.not_its_path",
    de="Die Kategorie „{number}“ steht laut Shop auf Ebene {level}, ihr Pfad hat aber {parts} Teile.",
    en="The shop says that the category “{number}” is on level {level}, but its path has {parts} parts.",
    remedy_de="Ein Titel mit „/“ sieht wie zwei Ebenen aus: benennen Sie die Kategorie im Shop um. Mehr als 6 Ebenen "
    "werden nicht gelesen.",
    remedy_en="A title with “/” looks like two levels: rename the category in the shop. More than 6 levels are not read.",
)


def _parent(category: Category, _options: Options) -> Iterator[Finding]:
    above = category.number.rpartition("/")[0]
    if category.parent_number and category.parent_number != above:
        at = Locator(field="parent_number")
        yield found(OTHER_PARENT, at, number=category.number, parent=category.parent_number)


def _level(category: Category, _options: Options) -> Iterator[Finding]:
    parts = category.number.count("/") + 1
    if category.level is not None and category.level != parts:
        yield found(SLASH, Locator(field="level"), number=category.number, level=category.level, parts=parts)


def example() -> Category:
    """A category of the second level, as the shop has it: without any code."""
    return Category(
        number="Kaffee/Becher",
        code="",
        parent_number="Kaffee",
        name="Becher",
        level=2,
        active=True,
        meta_title="Kaffeebecher",
        meta_description="Becher aus Steingut",
        meta_keywords="",
        long_text="Alle Becher",
    )


MODULE = Module(
    name="category_import",
    de="Warengruppenübernahme",
    en="Category import",
    summary_de="Kategorien des Shops, die Sage noch nicht hat, werden Artikelgruppen in Sage.",
    summary_en="Categories of the shop that Sage does not have yet become article groups in Sage.",
    record=Category,
    key=lambda category: str(category.number),
    lands=Side.SAGE,
    example=example,
    rules=(
        Rule((OTHER_PARENT,), _parent, lambda: example()._replace(parent_number="Tee")),
        Rule((SLASH,), _level, lambda: example()._replace(level=1)),
    ),
    pull="categories",
    aliases=("shop_categories", "shopkategorien", "warengruppenuebernahme"),
)
