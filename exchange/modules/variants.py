"""Varianten: sizes, colours and the like of one article, by either of the two ways merchants keep them in Sage.

    native            Ausprägungen of an article (KHKArtikelVarianten); setting `sage.parent_column` is empty
    parent article    every variant is an article of its own and names its parent in `sage.parent_column`

Sage's tables of dimensions and values are not known (`sage-100.md` 2.2), so the merchant's own columns say what a
variant is: `modules.variants.dimensions`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import and_, select
from stdnum import ean as stdnum_ean

from exchange import khk
from exchange.assortment.catalogue import shown_by_variant
from exchange.assortment.prices import amount, price_lists, price_name, priced, shop_price
from exchange.assortment.sold import sold
from exchange.assortment.weights import kilograms
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Mark, Module, Options, Reference, Rule, Side
from exchange.records.variant import Dimension, Variant
from exchange.shop import Part, Rank, Ref, Upload, article_key, joined, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.assortment.prices import Priced, PriceList
    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_PARENT = kind(
    "variants.unknown_parent",
    de="Der Artikel „{value}“ der Variante ist im Shop noch nicht bekannt.",
    en="The variant's article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie den Artikel; die Variante wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article; the variant waits for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
BAD_EAN = kind(
    "variants.bad_ean",
    de="„{value}“ ist keine EAN (Prüfziffer oder Länge).",
    en="“{value}” is no EAN (check digit or length).",
    remedy_de="Berichtigen Sie die EAN in Sage; die Variante wird trotzdem übernommen.",
    remedy_en="Correct the EAN in Sage; the variant is taken over all the same.",
    severity=Severity.WARNING,
)
NO_VARIANT = kind(
    "variants.no_variant",
    de="Weder Ausprägung noch Variantenartikel ist angegeben.",
    en="Neither a variant number nor an article number of the variant is given.",
    remedy_de="Nennen Sie eine Ausprägung ab 1, oder die Artikelnummer der Variante.",
    remedy_en="Give a variant number from 1 on, or the variant's article number.",
)
DOUBLE_DIMENSION = kind(
    "variants.double_dimension",
    de="Das Merkmal „{value}“ ist zweimal angegeben.",
    en="The dimension “{value}” is given twice.",
    remedy_de="Geben Sie je Merkmal einen Wert an.",
    remedy_en="Give one value per dimension.",
)
NEGATIVE_PRICE = kind(
    "variants.negative_price",
    de="Der Preis {value} ist kleiner als null.",
    en="The price {value} is below zero.",
    remedy_de="Berichtigen Sie den Preis.",
    remedy_en="Correct the price.",
)
NO_TAX_RATE = kind(
    "variants.no_tax_rate",
    de="Zum Preis fehlt der Steuersatz, oder ob er die Steuer enthält.",
    en="The price lacks its tax rate, or whether it includes tax.",
    remedy_de="Geben Sie beides an.",
    remedy_en="Give both.",
)


class VariantOptions(Options):
    """Settings of the variants."""

    dimensions: dict[str, str] = Field(
        {},
        description='Own columns that say what a variant is, such as "Größe" = "USER_Groesse", in the order in which they'
        " stand in the title; of KHKArtikelVarianten, or of KHKArtikel where variants are articles of their own.",
    )
    image_column: str = Field("", description="Own column with the file name of the picture of a native variant.")
    code: str = Field(
        "{article}-{variant}",
        description="Article code of a native variant in the shop, out of {article} and {variant}.",
    )


def collect(source: SageSource, options: VariantOptions) -> Iterator[Variant]:
    """All variants of the articles that are for the shop, in the order in which they stand in Sage."""
    return _Articles(source, options).collect() if source.settings.parent_column else _Native(source, options).collect()


class _Reader(ABC):
    """What both ways need: prices of the basic list, tax, the merchant's columns."""

    def __init__(self, source: SageSource, options: VariantOptions) -> None:
        self.source, self.options = source, options
        self.articles: Mapping[str, Priced] = priced(source)
        lists = price_lists(source)
        basic = source.settings.price_lists[0] if source.settings.price_lists else 0
        self.listed: PriceList | None = lists.get(basic)
        self.prices = self._prices(basic)

    def _prices(self, basic: int) -> dict[tuple[str, int], Decimal]:
        table = khk.PREISLISTEN_ARTIKEL.c
        query = select(table.Artikelnummer, table.AuspraegungID, table.Einzelpreis).where(
            table.Mandant == self.source.settings.mandant,
            table.ListeID == basic,
            table.AbMenge == 0,
            table.Einzelpreis.is_not(None),
        )
        return {
            (row["Artikelnummer"], row["AuspraegungID"] or 0): amount(row["Einzelpreis"])
            for row in self.source.rows(query)
        }

    def columns(self, table: Any) -> list[Any]:
        """The merchant's columns, under names that cannot meet Sage's."""
        return [
            khk.own(table, column).label(f"own_{index}")
            for index, column in enumerate(self.options.dimensions.values())
        ]

    def dimensions(self, row: Any) -> tuple[Dimension, ...]:
        values = ((name, str(row[f"own_{index}"] or "").strip()) for index, name in enumerate(self.options.dimensions))
        return tuple(Dimension(name, value) for name, value in values if value)

    def variant(self, number: str, variant_id: int, own_number: str, position: int, row: Any) -> Variant:
        own = own_number or number
        price = self.prices.get((own, variant_id), self.prices.get((own, 0)))
        listed, article = self.listed, self.articles.get(own)
        named = self.dimensions(row) or (Dimension("Ausprägung", own_number or str(variant_id)),)
        return Variant(
            article_number=number,
            variant_id=variant_id,
            own_number=own_number,
            position=position,
            ean=(row["EANNummer"] or "").strip(),
            weight_kg=kilograms(row, row["Eigenmasse"], row["Gewichtseinheit"]),
            currency=listed.currency if listed else "",
            gross=listed.gross if listed else None,
            tax_rate=article.tax_rate if article else None,
            price_unit=article.price_unit if article else None,
            price=price,
            image=self.image(own, row),
            dimensions=named,
        )

    @abstractmethod
    def image(self, number: str, row: Any) -> str:
        """File name of the picture, or empty."""


class _Native(_Reader):
    """Ausprägungen; number 0 is the article itself."""

    def collect(self) -> Iterator[Variant]:
        variant, article, mandant = khk.ARTIKEL_VARIANTEN, khk.ARTIKEL, self.source.settings.mandant
        image = self.options.image_column
        query = (
            select(
                *(variant.c[name] for name in ("Artikelnummer", "AuspraegungID", "EANNummer", "Gewicht", "GewichtLME")),
                article.c.Eigenmasse,
                article.c.Gewichtseinheit,
                *self.columns(variant),
                *([khk.own(variant, image).label("image")] if image else []),
            )
            .join_from(
                variant,
                article,
                and_(article.c.Artikelnummer == variant.c.Artikelnummer, article.c.Mandant == variant.c.Mandant),
            )
            .where(variant.c.Mandant == mandant, variant.c.AuspraegungID > 0)
            .order_by(variant.c.Artikelnummer, variant.c.AuspraegungID)
        )
        for number, rows in groupby(self.source.rows(query), lambda row: str(row["Artikelnummer"])):
            for position, row in enumerate(rows, 1):
                if number in self.articles:
                    yield self.variant(number, row["AuspraegungID"], "", position, row)

    def image(self, number: str, row: Any) -> str:  # noqa: ARG002 - the other way needs it
        return str(row["image"] or "").strip() if self.options.image_column else ""


class _Articles(_Reader):
    """Articles that name their parent; one that names itself is parent and variant."""

    def collect(self) -> Iterator[Variant]:
        article, variant = khk.ARTIKEL, khk.ARTIKEL_VARIANTEN
        parent = khk.own(article, self.source.settings.parent_column)
        query = (
            sold(
                self.source,
                parent.label("parent"),
                *(variant.c[name] for name in ("EANNummer", "Gewicht", "GewichtLME")),
                article.c.Eigenmasse,
                article.c.Gewichtseinheit,
                *self.columns(article),
            )
            .join_from(
                article,
                variant,
                and_(
                    article.c.Artikelnummer == variant.c.Artikelnummer,
                    article.c.Mandant == variant.c.Mandant,
                    variant.c.AuspraegungID == 0,
                ),
                isouter=True,
            )
            .where(parent.is_not(None), parent != "")
        )
        places: dict[str, int] = {}
        for row in self.source.rows(query):
            number = str(row["parent"]).strip()
            if number:
                places[number] = places.get(number, 0) + 1
                yield self.variant(number, 0, row["Artikelnummer"], places[number], row)

    def image(self, number: str, row: Any) -> str:  # noqa: ARG002 - the other way needs it
        pictures = getattr(self.source, "pictures", None)
        return next(iter(pictures(number)), "") if pictures else ""


def parts(record: Variant, view: ShopView) -> Iterator[Part]:
    """The variant, and its picture."""
    owner, variant_id = product(record.article_number), record.variant_id or 0
    key = article_key(record.own_number or record.article_number, variant_id)
    code = record.own_number or view.options.code.format(article=record.article_number, variant=variant_id)
    fields: dict[str, Any] = {
        "title": title(record),
        "articleCode": code,
        "sku": code,
        "ean": record.ean,
        "sortOrder": record.position,
    }
    if record.weight_kg is not None:
        fields["weight"] = int(record.weight_kg * 1000)
    if record.tax_rate is not None:
        fields["tax"] = Ref("tax", str(record.tax_rate))
    if record.price is not None:
        fields[f"price{price_name(view)}"] = shop_price(view, record.price, record)
    yield shown_by_variant(record.article_number, view)
    yield Part("variant", key, fields, owner, rank=Rank.VARIANT)
    if record.image:
        picture = {"attachment": Upload.of(view, "images", record.image)}
        yield Part("variant_image", key, picture, Ref("variant", key))


def title(record: Variant) -> str:
    """Such as `Größe: M, Farbe: Blau`; the shop knows no other form, and its files use this one too."""
    return ", ".join(f"{each.name}: {each.value}" for each in record.dimensions)


# --- rules -----------------------------------------------------------------------------------------------------------


def _named(record: Variant, _options: VariantOptions) -> Iterator[Finding]:
    if not record.variant_id and not record.own_number:
        yield found(NO_VARIANT, Locator(field="variant_id"))


def _ean(record: Variant, _options: VariantOptions) -> Iterator[Finding]:
    if record.ean and not stdnum_ean.is_valid(record.ean):
        yield found(BAD_EAN, Locator(field="ean"), value=record.ean)


def _priced(record: Variant, _options: VariantOptions) -> Iterator[Finding]:
    if record.price is None:
        return
    if record.price < 0:
        yield found(NEGATIVE_PRICE, Locator(field="price"), value=record.price)
    if record.tax_rate is None or record.gross is None:
        yield found(NO_TAX_RATE, Locator(field="tax_rate"))


def _different(record: Variant, _options: VariantOptions) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(record.dimensions):
        if each.name.casefold() in seen:
            yield found(DOUBLE_DIMENSION, Locator(field=f"dimensions[{index}].name"), value=each.name)
        seen.add(each.name.casefold())


def marks(variant: Variant) -> Iterator[Mark]:
    """Two variants of one article with the same options: nobody could choose between them (fault-catalogue D6)."""
    options = ", ".join(f"{each.name} {each.value}" for each in variant.dimensions)
    shown = f"{variant.article_number}: {options}"
    yield Mark("article_number", " ".join(shown.casefold().split()), shown, sure=False)


def example() -> Variant:
    """A black apron in M."""
    return Variant(
        article_number="32010",
        variant_id=2,
        own_number="",
        position=2,
        ean="4006381333931",
        weight_kg=Decimal("0.38"),
        currency="EUR",
        gross=True,
        tax_rate=Decimal(19),
        price_unit=1,
        price=Decimal("29.90"),
        image="32010-M.jpg",
        dimensions=(Dimension("Größe", "M"), Dimension("Farbe", "Schwarz")),
    )


_TWICE = (Dimension("Größe", "M"), Dimension("größe", "L"))

MODULE = Module(
    name="variants",
    de="Varianten",
    en="Variants",
    summary_de="Varianten mit mehreren Merkmalen, eigenem Preis, EAN und Bild stehen im Shop beim Artikel.",
    summary_en="Variants of several dimensions, with price, EAN and picture of their own, stand with their article.",
    record=Variant,
    key=lambda record: joined(record.article_number, record.own_number, record.variant_id or 0),
    lands=Side.SHOP,
    example=example,
    options=VariantOptions,
    marks=marks,
    rules=(
        Rule((NO_VARIANT,), _named, lambda: example()._replace(variant_id=0)),
        Rule((BAD_EAN,), _ean, lambda: example()._replace(ean="4006381333932")),
        Rule((NEGATIVE_PRICE,), _priced, lambda: example()._replace(price=Decimal(-1))),
        Rule((NO_TAX_RATE,), _priced, lambda: example()._replace(tax_rate=None)),
        Rule((DOUBLE_DIMENSION,), _different, lambda: example()._replace(dimensions=_TWICE)),
    ),
    references=(Reference("article", UNKNOWN_PARENT, lambda record: [("article_number", record.article_number)]),),
    collect=collect,
    parts=parts,
    aliases=("variant", "varianten"),
)
