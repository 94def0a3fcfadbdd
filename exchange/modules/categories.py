"""Warengruppen: the tree of article groups of Sage becomes the category tree of the shop (`sage-100.md` 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from exchange import khk
from exchange.assortment.catalogue import STAND_IN, as_html
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Rule, Side
from exchange.records.category import Category
from exchange.shop import Part, Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import RowMapping

    from exchange.connector import SageSource
    from exchange.module import Options
    from exchange.shop import ShopView

OWN_PARENT = kind(
    "categories.own_parent",
    de="Die Warengruppe „{number}“ steht unter sich selbst ({parent}).",
    en="The category “{number}” stands below itself ({parent}).",
    remedy_de="Berichtigen Sie die Vaterartikelgruppe in Sage; die Gruppen bilden einen Kreis.",
    remedy_en="Correct the parent group in Sage; the groups form a circle.",
)
WRONG_LEVEL = kind(
    "categories.wrong_level",
    de="Die Warengruppe „{number}“ nennt die Ebene {level}, ihr Pfad hat {parts} Teile.",
    en="The category “{number}” says level {level}, but its path has {parts} parts.",
    remedy_de="Lassen Sie die Ebene leer, oder zählen Sie ab 1 von der Wurzel.",
    remedy_en="Leave the level empty, or count from 1 at the root.",
)

#: Fields that a merchant's own columns of KHKArtikelgruppen can fill.
OWN_FIELDS = ("meta_title", "meta_description", "meta_keywords", "long_text")


def collect(source: SageSource, _options: Options) -> Iterator[Category]:
    """All groups, parents before their children. A group in a circle comes as its own parent, which a rule finds."""
    table = khk.ARTIKELGRUPPEN
    columns = {field: source.settings.columns.get(f"categories.{field}", "") for field in OWN_FIELDS}
    columns = {field: column for field, column in columns.items() if column}
    query = select(
        *(table.c.Hauptartikelgruppe, table.c.VaterArtikelgruppe, table.c.Artikelgruppe, table.c.Bezeichnung),
        *(khk.own(table, column).label(field) for field, column in columns.items()),
    ).where(table.c.Mandant == source.settings.mandant)
    rows = {
        khk.group(row["Hauptartikelgruppe"], row["VaterArtikelgruppe"], row["Artikelgruppe"]): row
        for row in source.rows(query)
    }
    tree = khk.GroupTree(rows)
    made: dict[str, Category] = {}
    for group in tree.groups:
        row = rows[group]
        more = {field: row[field] or "" for field in columns}
        if tree.in_circle(group):
            made[group.code] = _category(group.code, group, row, more)._replace(parent_number=group.code)
        for path in tree.paths(group):
            made.setdefault(path, _category(path, group, row, more))
    yield from sorted(made.values(), key=lambda category: (category.level or 0, category.number))


def _category(path: str, group: khk.Group, row: RowMapping, more: Mapping[str, str]) -> Category:
    return Category(
        number=path,
        code=group.code,
        parent_number=path.rpartition("/")[0],
        name=str(row["Bezeichnung"] or "").strip() or group.code,
        level=path.count("/") + 1,
        active=True,
        meta_title=more.get("meta_title", ""),
        meta_description=more.get("meta_description", ""),
        meta_keywords=more.get("meta_keywords", ""),
        long_text=more.get("long_text", ""),
    )


def parts(category: Category, view: ShopView) -> Iterator[Part]:
    """The category; the shop has no fields for search texts of categories (`lightspeed-ecom.md` 2.8).

    So the meta title is its long title, the meta description its short text.
    """
    parent = Ref("category", category.parent_number) if category.parent_number else None
    fields: dict[str, object] = {"isVisible": category.active is not False}
    if parent:
        fields["parent"] = parent
    texts = {
        "title": category.name,
        "fulltitle": category.meta_title or category.name,
        "description": category.meta_description,
        "content": as_html(category.long_text),
    }
    basic, own = view.settings.shop.default_language, view.settings.sage.shop_language
    if own == basic:
        yield Part("category", category.number, fields | texts, parent)
        return
    yield Part("category", category.number, fields | {"title": category.name}, parent, rank=STAND_IN)
    yield Part("category", category.number, texts, parent, language=own)


def _own_parent(category: Category, _options: Options) -> Iterator[Finding]:
    number, parent = category.number, category.parent_number
    if parent and (parent == number or parent.startswith(f"{number}/")):
        yield found(OWN_PARENT, Locator(field="parent_number"), number=number, parent=parent)


def _level(category: Category, _options: Options) -> Iterator[Finding]:
    parts = category.number.count("/") + 1
    if category.level is not None and category.level != parts:
        yield found(WRONG_LEVEL, Locator(field="level"), number=category.number, level=category.level, parts=parts)


def example() -> Category:
    """A category of the second level."""
    return Category(
        number="KAFFEE/BECHER",
        code="BECHER",
        parent_number="KAFFEE",
        name="Becher",
        level=2,
        active=True,
        meta_title="Kaffeebecher",
        meta_description="Becher aus Steingut",
        meta_keywords="becher",
        long_text="Alle Becher",
    )


MODULE = Module(
    name="categories",
    de="Warengruppen",
    en="Category export",
    summary_de="Die Artikelgruppen aus Sage werden zum Kategoriebaum im Shop.",
    summary_en="The article groups of Sage become the category tree of the shop.",
    record=Category,
    key=lambda category: str(category.number),
    lands=Side.SHOP,
    example=example,
    rules=(
        Rule((OWN_PARENT,), _own_parent, lambda: example()._replace(parent_number="KAFFEE/BECHER/BLAU")),
        Rule((WRONG_LEVEL,), _level, lambda: example()._replace(level=5)),
    ),
    collect=collect,
    parts=parts,
    aliases=("category", "warengruppe", "artikelgruppen"),
)
