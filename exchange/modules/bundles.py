"""Handelsstücklisten: several articles that are sold as one, with what is in them (`sage-100.md` 2.9).

In the shop a bundle is one product. Its parts stand in the metafield `bundle` for the theme, and its stock is what its
parts allow. Bundles in bundles are resolved; the parts come top down, with their level, as in any indented list.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.available import UNITS, ZERO, ordered, sellable, stored
from exchange.assortment.catalogue import stock_fields
from exchange.assortment.sold import sold, warehouses
from exchange.connector import chunks
from exchange.convert import canonical
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.bundle import Bundle, BundlePart
from exchange.shop import Part, Rank, article_key, metafield, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "bundles.unknown_article",
    de="Der Artikel „{value}“ des Sets ist im Shop noch nicht bekannt.",
    en="The bundle's article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; das Set wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the bundle waits for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
CYCLE = kind(
    "bundles.cycle",
    de="„{value}“ steckt in sich selbst: {path}.",
    en="“{value}” is part of itself: {path}.",
    remedy_de="Nehmen Sie den Artikel aus einer der beiden Stücklisten.",
    remedy_en="Take the article out of one of the two lists of parts.",
)
MISSING = kind(
    "bundles.missing_part",
    de="Das Teil „{value}“ gibt es nicht, oder es ist nicht aktiv.",
    en="The part “{value}” does not exist, or is not active.",
    remedy_de="Legen Sie den Artikel an, aktivieren Sie ihn, oder ändern Sie die Stückliste.",
    remedy_en="Create the article, activate it, or change the list of parts.",
)
NO_QUANTITY = kind(
    "bundles.no_quantity",
    de="Die Menge {value} des Teils ist nicht größer als null.",
    en="The quantity {value} of the part is not above zero.",
    remedy_de="Berichtigen Sie die Menge.",
    remedy_en="Correct the quantity.",
)
NO_LEVEL = kind(
    "bundles.no_level",
    de="Nach Ebene {before} kann nicht Ebene {value} folgen.",
    en="Level {value} cannot follow level {before}.",
    remedy_de="Zählen Sie die Ebenen ab 1; ein Teil eines Teils steht direkt darunter, eine Ebene tiefer.",
    remedy_en="Count levels from 1; a part of a part stands right below it, one level deeper.",
)
NO_STOCK = kind(
    "bundles.no_stock",
    de="Vom lagergeführten Teil „{value}“ ist kein Bestand angegeben.",
    en="No stock is given for the part “{value}”, which is kept in stock.",
    remedy_de="Geben Sie den verkaufbaren Bestand des Teils an; fehlend ist nicht null.",
    remedy_en="Give the part's sellable stock; missing is not zero.",
)
DOES_NOT_ADD_UP = kind(
    "bundles.does_not_add_up",
    de="Vom Set sind {value} verkaufbar gemeldet, die Teile reichen für {possible}.",
    en="{value} of the bundle are said to be available, the parts suffice for {possible}.",
    remedy_de="Lassen Sie das Feld leer, oder berichtigen Sie die Bestände der Teile.",
    remedy_en="Leave the field empty, or correct the stocks of the parts.",
)


class BundleOptions(Options):
    """Settings of the bundles."""

    types: tuple[int, ...] = Field(
        (1,),
        description="Values of KHKArtikel.Stuecklistentyp that mean a bundle for sale (sage-100.md 2.1: 1; some use 2).",
    )
    set_stock: bool = Field(True, description="Whether the bundle's stock in the shop is what its parts allow.")


# --- out of Sage -----------------------------------------------------------------------------------------------------


def collect(source: SageSource, options: BundleOptions) -> Iterator[Bundle]:
    """All bundles that are for the shop, resolved down to their last parts."""
    reader = _Reader(source, options)
    table = khk.ARTIKEL.c
    for row in source.rows(sold(source, table.Bezeichnung1, table.Bezeichnung2, table.Stuecklistentyp)):
        if row["Stuecklistentyp"] in options.types and row["Artikelnummer"] in reader.lists:
            number = str(row["Artikelnummer"])
            parts = tuple(reader.resolved(number, (number,)))
            yield Bundle(number, _name(row) or number, _possible(parts), parts)


class _Reader:
    """Lists of parts, and the articles in them."""

    def __init__(self, source: SageSource, options: BundleOptions) -> None:
        self.options = options
        self.lists: dict[str, list[tuple[str, int, Decimal]]] = {}
        table = khk.ARTIKEL_STUECKLISTE.c
        query = (
            select(table.Stueckliste, table.Element, table.AuspraegungID, table.Menge)
            .where(table.Mandant == source.settings.mandant)
            .order_by(table.Stueckliste, table.Sortierung, table.Element)
        )
        for row in source.rows(query):
            entry = str(row["Element"] or "").strip(), row["AuspraegungID"] or 0, canonical(row["Menge"] or ZERO, 4)
            self.lists.setdefault(str(row["Stueckliste"]).strip(), []).append(entry)
        elements = sorted({entry[0] for entries in self.lists.values() for entry in entries})
        self.articles: dict[str, Mapping[str, Any]] = {}
        self.stored: dict[tuple[str, int], Decimal] = {}
        self.ordered: dict[tuple[str, int], Decimal] = {}
        places = warehouses(source)
        for some in chunks(elements, 500):
            self._read(source, some, places)

    def _read(self, source: SageSource, numbers: Sequence[str], places: Sequence[str]) -> None:
        table = khk.ARTIKEL.c
        names = ("Artikelnummer", "Bezeichnung1", "Bezeichnung2", "Lagerfuehrung", "Stuecklistentyp", *UNITS)
        query = select(*(table[name] for name in names)).where(
            table.Mandant == source.settings.mandant, table.Aktiv != 0, table.Artikelnummer.in_(numbers)
        )
        self.articles |= {row["Artikelnummer"]: row for row in source.rows(query)}
        self.stored |= stored(source, numbers, places)
        self.ordered |= ordered(source, numbers)

    def resolved(self, number: str, above: tuple[str, ...]) -> Iterator[BundlePart]:
        """The parts of a bundle, each followed by its own; one that is its own ancestor is named, and not entered."""
        for position, (element, variant_id, quantity) in enumerate(self.lists[number], 1):
            article = self.articles.get(element)
            nested = article is not None and article["Stuecklistentyp"] in self.options.types and element in self.lists
            state = "missing" if article is None else "bundle" if nested else _kept(article)
            available = self._available(element, variant_id) if state == "stocked" else None
            name = _name(article) if article is not None else ""
            unit = _unit(article) if article is not None else ""
            yield BundlePart(position, len(above), element, variant_id, quantity, unit, name, state, available)
            if nested and element not in above:
                yield from self.resolved(element, (*above, element))

    def _available(self, number: str, variant_id: int) -> Decimal:
        key = number, variant_id
        return sellable(self.articles[number], self.stored.get(key, ZERO), self.ordered.get(key, ZERO)).available


def _kept(article: Mapping[str, Any]) -> str:
    return "stocked" if article["Lagerfuehrung"] else "unlimited"


def _name(row: Any) -> str:
    return " ".join(part for part in ((row[name] or "").strip() for name in ("Bezeichnung1", "Bezeichnung2")) if part)


def _unit(row: Mapping[str, Any]) -> str:
    return str(row["Verkaufsmengeneinheit"] or row["Basismengeneinheit"] or "").strip()


# --- stock of the whole ----------------------------------------------------------------------------------------------


def _possible(parts: Sequence[BundlePart]) -> Decimal | None:
    """How many wholes the parts suffice for; None when no part limits it, or when a stock is missing.

    The same article may stand in several places, so what is needed of it is added up first.
    """
    need: dict[tuple[str, int], Decimal] = {}
    have: dict[tuple[str, int], Decimal] = {}
    factors: list[Decimal] = []
    for each in parts:
        if each.quantity is None or not each.level or each.level > len(factors) + 1 or each.quantity <= 0:
            return None
        factor = each.quantity * (factors[each.level - 2] if each.level > 1 else 1)
        factors[each.level - 1 :] = [factor]
        if each.state == "stocked":
            if each.available is None:
                return None
            key = each.part_number, each.variant_id or 0
            need[key] = need.get(key, ZERO) + factor
            have[key] = each.available
    if not need:
        return None
    return min((max(have[key], ZERO) / need[key]).to_integral_value(ROUND_FLOOR) for key in need)


def parts(record: Bundle, view: ShopView) -> Iterator[Part]:
    """The metafield `bundle`, and the stock."""
    rows = [
        {
            "level": each.level,
            "article": each.part_number,
            "variant": each.variant_id or 0,
            "quantity": str(each.quantity),
            "unit": each.unit,
            "title": each.name or each.part_number,
        }
        for each in record.parts
    ]
    yield metafield(product(record.article_number), "bundle", orjson.dumps(rows).decode())
    available = _possible(record.parts)
    if view.options.set_stock and available is not None:
        key, owner = article_key(record.article_number), product(record.article_number)
        yield Part("variant", key, stock_fields(available, view), owner, creates=False, rank=Rank.BUNDLE)


# --- rules -----------------------------------------------------------------------------------------------------------


def _no_cycle(record: Bundle, _options: BundleOptions) -> Iterator[Finding]:
    above = [record.article_number]
    for index, each in enumerate(record.parts):
        level = each.level or 1
        del above[level:]
        if each.part_number in above:
            path = " → ".join([*above[above.index(each.part_number) :], each.part_number])
            yield found(CYCLE, Locator(field=f"parts[{index}].part_number"), value=each.part_number, path=path)
        above.append(each.part_number)


def _complete(record: Bundle, _options: BundleOptions) -> Iterator[Finding]:
    for index, each in enumerate(record.parts):
        at = f"parts[{index}]."
        if each.state == "missing":
            yield found(MISSING, Locator(field=f"{at}part_number"), value=each.part_number)
        if each.state == "stocked" and each.available is None:
            yield found(NO_STOCK, Locator(field=f"{at}available"), value=each.part_number)
        if each.quantity is not None and each.quantity <= 0:
            yield found(NO_QUANTITY, Locator(field=f"{at}quantity"), value=each.quantity)


def _levels(record: Bundle, _options: BundleOptions) -> Iterator[Finding]:
    before = 0
    for index, each in enumerate(record.parts):
        if each.level is not None and not 1 <= each.level <= before + 1:
            yield found(NO_LEVEL, Locator(field=f"parts[{index}].level"), value=each.level, before=before)
        before = each.level or before


def _adds_up(record: Bundle, _options: BundleOptions) -> Iterator[Finding]:
    possible = _possible(record.parts)
    if record.available is not None and possible is not None and record.available != possible:
        yield found(DOES_NOT_ADD_UP, Locator(field="available"), value=record.available, possible=possible)


def example() -> Bundle:
    """A set of coffee and two mugs."""
    return Bundle(
        "SET-BARISTA",
        "Barista-Set",
        Decimal(20),
        (
            BundlePart(1, 1, "10011", 0, Decimal(1), "Stk", "Espresso Milano 500 g", "stocked", Decimal(40)),
            BundlePart(2, 1, "00200070", 0, Decimal(2), "Stk", "Espressotasse", "stocked", Decimal(41)),
        ),
    )


def _with(place: int, **values: object) -> Bundle:
    record = example()
    parts_of = list(record.parts)
    parts_of[place] = parts_of[place]._replace(**values)  # type: ignore[arg-type]
    return record._replace(parts=tuple(parts_of), available=None)


MODULE = Module(
    name="bundles",
    de="Handelsstücklisten",
    en="Trade bundles",
    summary_de="Sets zeigen im Shop ihre Teile und Mengen als eine Position; ihr Bestand folgt aus den Teilen.",
    summary_en="Bundles show their parts and quantities as one item in the shop; their stock follows from the parts.",
    record=Bundle,
    key=lambda record: str(record.article_number),
    lands=Side.SHOP,
    example=example,
    options=BundleOptions,
    rules=(
        Rule((CYCLE,), _no_cycle, lambda: _with(1, part_number="SET-BARISTA")),
        Rule((MISSING,), _complete, lambda: _with(1, state="missing", available=None)),
        Rule((NO_STOCK,), _complete, lambda: _with(1, available=None)),
        Rule((NO_QUANTITY,), _complete, lambda: _with(1, quantity=Decimal(0))),
        Rule((NO_LEVEL,), _levels, lambda: _with(0, level=2)),
        Rule((DOES_NOT_ADD_UP,), _adds_up, lambda: example()._replace(available=Decimal(21))),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, lambda record: [("article_number", record.article_number)]),),
    collect=collect,
    parts=parts,
    aliases=("bundle", "handelsstuecklisten", "sets"),
)
