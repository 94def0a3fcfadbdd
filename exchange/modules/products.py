"""Produktexport: articles of Sage with texts, categories, pictures, prices and stock (`sage-100.md` 2.1 to 2.8)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, or_, select
from stdnum import ean as stdnum_ean

from exchange import khk
from exchange.assortment.catalogue import product_parts
from exchange.assortment.ean import suggested
from exchange.assortment.prices import price_lists, tax_rates
from exchange.assortment.sold import warehouses
from exchange.assortment.weights import kilograms
from exchange.connector import chunks
from exchange.convert import canonical
from exchange.errors import ConfigError
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.product import Product, ProductCategory, ProductImage, ProductPrice, ProductStock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import RowMapping

    from exchange.connector import SageSource

BAD_EAN = kind(
    "products.bad_ean",
    de="„{value}“ ist keine EAN (Prüfziffer oder Länge); Vorschlag: {suggested}.",
    en="“{value}” is no EAN (check digit or length); suggestion: {suggested}.",
    remedy_de="Berichtigen Sie die EAN in Sage; der Artikel wird trotzdem übernommen.",
    remedy_en="Correct the EAN in Sage; the article is taken over all the same.",
    severity=Severity.WARNING,
)
NEGATIVE_PRICE = kind(
    "products.negative_price",
    de="Der Preis {value} der Preisliste {price_list} ist kleiner als null.",
    en="The price {value} of price list {price_list} is below zero.",
    remedy_de="Berichtigen Sie den Preis in Sage.",
    remedy_en="Correct the price in Sage.",
)
DOUBLE_PRICE = kind(
    "products.double_price",
    de="Die Preisliste {price_list} hat zwei Preise ab Menge {quantity}.",
    en="Price list {price_list} has two prices from quantity {quantity}.",
    remedy_de="Löschen Sie einen der beiden Preise.",
    remedy_en="Delete one of the two prices.",
)
OWN_SUCCESSOR = kind(
    "products.own_successor",
    de="Der Artikel ist sein eigener Ersatzartikel.",
    en="The article is its own successor.",
    remedy_de="Löschen Sie die Ersatzartikelnummer.",
    remedy_en="Delete the number of the successor.",
)

#: Articles that are completed together; also the length of an IN list.
CHUNK = 500
#: KHKArtikel.Stuecklistentyp of a set that is sold as one article.
SET = 1
#: Fields that a merchant's own columns of KHKArtikel can fill: `sage.columns`, such as `products.meta_title`.
OWN_FIELDS = (
    "meta_title",
    "meta_description",
    "meta_keywords",
    "supplier",
    "brand",
    "manufacturer_number",
    "matchcode",
)
#: Decimals of numbers in our records, as Sage's `money` has them.
PLACES = 4


@runtime_checkable
class _WithPictures(Protocol):
    def pictures(self, number: str) -> Sequence[str]:
        """File names of an article's pictures, the main one first."""
        ...


class ProductOptions(Options):
    """Settings of the product export."""

    visibility: Literal["visible", "auto"] = Field(
        "visible", description="How an active article stands in the shop: visible, or auto (visible while in stock)."
    )
    category_columns: tuple[str, ...] = Field(
        (),
        description='Own columns of KHKArtikel that name further categories, such as ["USER_Shopkategorie"]: paths of '
        "codes (KAFFEE/BOHNEN), or codes that one group has; Sage itself knows one group per article.",
    )
    category_separator: str = Field(";", min_length=1, description="What stands between several categories of a cell.")
    base_price_factor: Literal["pieces", "share"] = Field(
        "pieces",
        description="What UmrechnungsfaktorGP counts, which sage-100.md 2.1 does not say: base units per base price unit "
        "(pieces: 4 for packs of 250 g and a price per kg), or the other way round (share: 0.25).",
    )


# --- out of Sage -----------------------------------------------------------------------------------------------------


def collect(source: SageSource, options: ProductOptions) -> Iterator[Product]:
    """All active articles for sale, in the order of their numbers; prices, stocks and texts come for 500 at a time."""
    reader = _Reader(source, options)
    for articles in chunks(source.rows(reader.articles()), CHUNK):
        yield from reader.complete(articles)


class _Reader:
    """Reads what belongs to articles.

    Args:
        source: Sage.
        options: of the module.

    Raises:
        ConfigError: Sage does not have a column that the options name.
    """

    def __init__(self, source: SageSource, options: ProductOptions) -> None:
        self.source = source
        self.options = options
        self.settings = source.settings
        self.mandant = source.settings.mandant
        columns = ((field, self.settings.columns.get(f"products.{field}", "")) for field in OWN_FIELDS)
        self.own = {field: column for field, column in columns if column}
        present = source.columns(khk.ARTIKEL.name)
        missing = [column for column in options.category_columns if column.lower() not in present]
        if missing:
            raise ConfigError(f"modules.products.category_columns: KHKArtikel has no column {', '.join(missing)}")
        self.tree = self._tree()
        self.rates = tax_rates(source)
        self.price_lists = self._price_lists()
        self.warehouses = warehouses(source)
        self.parents = self._parents()

    def articles(self) -> Select[Any]:
        """The articles themselves."""
        table = khk.ARTIKEL
        query = (
            select(
                *(table.c[name] for name in _COLUMNS),
                khk.own(table, self.settings.short_text).label("short_text"),
                khk.own(table, self.settings.long_text).label("long_text"),
                *(khk.own(table, column).label(f"own_{field}") for field, column in self.own.items()),
                *(khk.own(table, column).label(f"in_{column}") for column in self.options.category_columns),
            )
            .where(table.c.Mandant == self.mandant, table.c.Aktiv != 0, table.c.IstVerkaufsartikel != 0)
            .order_by(table.c.Artikelnummer)
        )
        if self.settings.shop_flag:
            query = query.where(khk.own(table, self.settings.shop_flag) != 0)
        if self.settings.parent_column:
            # A variant that is an article of its own is no product; one that names itself is both.
            parent = khk.own(table, self.settings.parent_column)
            query = query.where(or_(parent.is_(None), parent == "", parent == table.c.Artikelnummer))
        return query

    def complete(self, articles: Sequence[Mapping[str, Any]]) -> Iterator[Product]:
        """Products out of some articles."""
        numbers = [row["Artikelnummer"] for row in articles]
        variants = self._variants(numbers)
        prices = self._prices(numbers)
        stocks = self._stocks(numbers)
        for row in articles:
            number = row["Artikelnummer"]
            yield self._product(row, variants.get(number, {}), prices.get(number, ()), stocks.get(number, ()))

    def _product(
        self,
        row: Mapping[str, Any],
        variant: RowMapping | Mapping[str, Any],
        prices: Sequence[ProductPrice],
        stocks: Sequence[tuple[str, Decimal]],
    ) -> Product:
        number = row["Artikelnummer"]
        tax_class = row["Steuerklasse"]
        per_sales_unit = _ratio(row["UmrechnungsFaktorLME"], row["UmrechnungsfaktorVK"])
        group = khk.group(row["Hauptartikelgruppe"], row["Vaterartikelgruppe"], row["Artikelgruppe"])
        own = {field: _text(row[f"own_{field}"]) for field in self.own}
        return Product(
            number=number,
            language=self.settings.shop_language,
            name=" ".join(part for part in (_text(row["Bezeichnung1"]), _text(row["Bezeichnung2"])) if part) or number,
            matchcode=own.get("matchcode", _text(row["Matchcode"])),
            type="variant_parent" if number in self.parents else _type(row),
            active=True,
            brand=own.get("brand", _text(row["Hersteller"])),
            manufacturer_number=own.get("manufacturer_number", _text(row["HArtikelnummer"])),
            supplier=own.get("supplier", ""),
            ean=_text(variant.get("EANNummer")),
            unit=_text(row["Verkaufsmengeneinheit"]) or _text(row["Basismengeneinheit"]),
            base_price_unit=_text(row["Grundpreiseinheit"]),
            base_price_quantity=_positive(row["GrundpreisBasis"]),
            base_price_factor=self._base_price_factor(row),
            price_unit=row["PreiseinheitVK"] or None,
            tax_class="" if tax_class is None else str(tax_class),
            tax_rate=self.rates.get(tax_class),
            weight_kg=kilograms(variant, row["Eigenmasse"], row["Gewichtseinheit"]),
            length_cm=_positive(row["Laenge"]),
            width_cm=_positive(row["Breite"]),
            height_cm=_positive(row["Hoehe"]),
            successor=_text(row["Ersatzartikelnummer"]),
            short_text=_text(row["short_text"]),
            long_text=_text(row["long_text"]),
            meta_title=own.get("meta_title", ""),
            meta_description=own.get("meta_description", ""),
            meta_keywords=own.get("meta_keywords", ""),
            categories=tuple(map(ProductCategory, dict.fromkeys((*self.tree.stands_in(group), *self._further(row))))),
            images=self._images(number),
            prices=tuple(prices),
            stocks=tuple(ProductStock(name, canonical(stock * per_sales_unit, PLACES)) for name, stock in stocks),
        )

    def _base_price_factor(self, row: Mapping[str, Any]) -> Decimal | None:
        """How many base price units are in one sales unit."""
        factor, per_sales_unit = row["UmrechnungsfaktorGP"], Decimal(row["UmrechnungsfaktorVK"] or 1)
        if not factor:
            return None
        share = Decimal(factor) if self.options.base_price_factor == "share" else 1 / Decimal(factor)
        return _positive(share * per_sales_unit)

    def _further(self, row: Mapping[str, Any]) -> Iterator[str]:
        """Categories out of the merchant's own columns; one that Sage does not have is passed on, for the shop to miss."""
        for column in self.options.category_columns:
            for named in _text(row[f"in_{column}"]).split(self.options.category_separator):
                if named.strip():
                    yield self.tree.named(named.strip())

    def _images(self, number: str) -> tuple[ProductImage, ...]:
        if not isinstance(self.source, _WithPictures):
            return ()
        return tuple(ProductImage(place, name) for place, name in enumerate(self.source.pictures(number), 1))

    # What belongs to all articles

    def _tree(self) -> khk.GroupTree:
        table = khk.ARTIKELGRUPPEN.c
        query = select(table.Hauptartikelgruppe, table.VaterArtikelgruppe, table.Artikelgruppe)
        rows = self.source.rows(query.where(table.Mandant == self.mandant))
        return khk.GroupTree(khk.group(*row.values()) for row in rows)

    def _price_lists(self) -> dict[int, tuple[str, bool]]:
        """Currency and gross flag of the exported lists, in their order; a list that is switched off is left out."""
        known = price_lists(self.source)
        return {each: (known[each].currency, known[each].gross) for each in self.settings.price_lists if each in known}

    def _parents(self) -> set[str]:
        """Articles that are only there to hold variants together: others name them as parent, they do not themselves."""
        if not self.settings.parent_column:
            return set()
        table = khk.ARTIKEL
        parent = khk.own(table, self.settings.parent_column)
        query = select(table.c.Artikelnummer, parent.label("parent")).where(
            table.c.Mandant == self.mandant, parent.is_not(None), parent != ""
        )
        pairs = [(row["Artikelnummer"], str(row["parent"]).strip()) for row in self.source.rows(query)]
        return {parent for _, parent in pairs} - {number for number, parent in pairs if number == parent}

    # What belongs to some articles

    def _variants(self, numbers: Sequence[str]) -> dict[str, RowMapping]:
        """EAN and weights: they stand at variant 0, which every article has (2.2)."""
        table = khk.ARTIKEL_VARIANTEN.c
        query = select(table.Artikelnummer, table.EANNummer, table.Gewicht, table.GewichtLME).where(
            table.Mandant == self.mandant, table.AuspraegungID == 0, table.Artikelnummer.in_(numbers)
        )
        return {row["Artikelnummer"]: row for row in self.source.rows(query)}

    def _prices(self, numbers: Sequence[str]) -> dict[str, list[ProductPrice]]:
        table = khk.PREISLISTEN_ARTIKEL.c
        order = list(self.price_lists)
        query = select(table.Artikelnummer, table.ListeID, table.AbMenge, table.Einzelpreis).where(
            table.Mandant == self.mandant,
            table.AuspraegungID == 0,
            table.ListeID.in_(order),
            table.Artikelnummer.in_(numbers),
        )
        rows = [row for row in self.source.rows(query) if row["Einzelpreis"] is not None]
        prices: dict[str, list[ProductPrice]] = {}
        for row in sorted(rows, key=lambda row: (order.index(row["ListeID"]), row["AbMenge"])):
            currency, gross = self.price_lists[row["ListeID"]]
            least, amount = canonical(row["AbMenge"], PLACES), canonical(row["Einzelpreis"], PLACES, 2)
            price = ProductPrice(str(row["ListeID"]), currency, gross, least, amount)
            prices.setdefault(row["Artikelnummer"], []).append(price)
        return prices

    def _stocks(self, numbers: Sequence[str]) -> dict[str, list[tuple[str, Decimal]]]:
        """Sums per warehouse in the stock unit; variants of an article are summed up too."""
        table = khk.LAGERPLATZBESTAENDE.c
        total: ColumnElement[Any] = func.sum(table.Bestand)
        query = (
            select(table.Artikelnummer, table.Lagerkennung, total.label("Bestand"))
            .where(
                table.Mandant == self.mandant,
                table.Artikelnummer.in_(numbers),
                table.Lagerkennung.in_(self.warehouses),
            )
            .group_by(table.Artikelnummer, table.Lagerkennung)
            .order_by(table.Artikelnummer, table.Lagerkennung)
        )
        stocks: dict[str, list[tuple[str, Decimal]]] = {}
        for row in self.source.rows(query):
            stocks.setdefault(row["Artikelnummer"], []).append((row["Lagerkennung"], row["Bestand"] or Decimal(0)))
        return stocks


_COLUMNS = (
    *(
        "Artikelnummer",
        "Bezeichnung1",
        "Bezeichnung2",
        "Matchcode",
        "Ersatzartikelnummer",
        "Hersteller",
        "HArtikelnummer",
    ),
    *("Artikelgruppe", "Vaterartikelgruppe", "Hauptartikelgruppe", "Steuerklasse", "Stuecklistentyp", "Variante"),
    *("Basismengeneinheit", "Verkaufsmengeneinheit", "Grundpreiseinheit", "GrundpreisBasis", "UmrechnungsfaktorGP"),
    *("UmrechnungsfaktorVK", "UmrechnungsFaktorLME", "PreiseinheitVK", "Lagerfuehrung"),
    *("Gewichtseinheit", "Eigenmasse", "Laenge", "Breite", "Hoehe"),
)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _positive(value: Any) -> Decimal | None:
    """A measure; Sage writes zero where it knows none."""
    return canonical(Decimal(value), PLACES) if value else None


def _ratio(above: Any, below: Any) -> Decimal:
    """How many sales units one stock unit is; a factor that is missing is one."""
    return Decimal(above or 1) / Decimal(below or 1)


def _type(row: Mapping[str, Any]) -> str:
    if row["Stuecklistentyp"] == SET:
        return "bundle"
    if _text(row["Variante"]):
        return "variant_parent"
    return "article"


def prepare(product: Product, _options: Options) -> Product:
    """The language as the shop calls it: `de-DE` and `DE` are `de` (fault-catalogue D11)."""
    plain = product.language.replace("_", "-").partition("-")[0].lower()
    return product if plain == product.language else product._replace(language=plain)


# --- rules -----------------------------------------------------------------------------------------------------------


def _ean(product: Product, _options: Options) -> Iterator[Finding]:
    if product.ean and not stdnum_ean.is_valid(product.ean):
        yield found(BAD_EAN, Locator(field="ean"), value=product.ean, suggested=suggested(product.ean))


def _negative(product: Product, _options: Options) -> Iterator[Finding]:
    for index, each in enumerate(product.prices):
        if each.price is not None and each.price < 0:
            at = Locator(field=f"prices[{index}].price")
            yield found(NEGATIVE_PRICE, at, value=each.price, price_list=each.price_list)


def _double(product: Product, _options: Options) -> Iterator[Finding]:
    seen: set[tuple[str, Decimal]] = set()
    for index, each in enumerate(product.prices):
        step = each.price_list, each.from_quantity or Decimal(0)
        if step in seen:
            at = Locator(field=f"prices[{index}].from_quantity")
            yield found(DOUBLE_PRICE, at, price_list=each.price_list, quantity=step[1])
        seen.add(step)


def _successor(product: Product, _options: Options) -> Iterator[Finding]:
    if product.successor and product.successor == product.number:
        yield found(OWN_SUCCESSOR, Locator(field="successor"))


def example() -> Product:
    """A mug with two pictures, a price with a tier, and stock in two warehouses."""
    one, zero = Decimal(1), Decimal(0)
    return Product(
        number="00200050",
        language="de",
        name="Kaffeebecher blau",
        matchcode="BECHER BLAU",
        type="article",
        active=True,
        brand="Musterwerk",
        manufacturer_number="M-200050",
        supplier="Rösterei Muster",
        ean="4006381333931",
        unit="Stk",
        base_price_unit="Stk",
        base_price_quantity=one,
        base_price_factor=one,
        price_unit=1,
        tax_class="1",
        tax_rate=Decimal(19),
        weight_kg=Decimal("0.35"),
        length_cm=Decimal(12),
        width_cm=Decimal(9),
        height_cm=Decimal(10),
        successor="00200051",
        short_text="Steingut, 300 ml",
        long_text="Zweimal gebrannt,\nspülmaschinenfest.",
        meta_title="Blauer Kaffeebecher",
        meta_description="Kaffeebecher aus Steingut",
        meta_keywords="becher, kaffee",
        categories=(ProductCategory("ZUBEHOER/GESCHIRR/BECHER"),),
        images=(ProductImage(1, "00200050.jpg"), ProductImage(2, "00200050_1.jpg")),
        prices=(
            ProductPrice("1", "EUR", gross=True, from_quantity=zero, price=Decimal("9.95")),
            ProductPrice("1", "EUR", gross=True, from_quantity=Decimal(12), price=Decimal("8.95")),
        ),
        stocks=(ProductStock("HAUPT", Decimal(140)), ProductStock("LADEN", Decimal(24))),
    )


def _with_prices(*prices: str) -> Product:
    rows = (ProductPrice("1", "EUR", gross=True, from_quantity=Decimal(0), price=Decimal(price)) for price in prices)
    return example()._replace(prices=tuple(rows))


MODULE = Module(
    name="products",
    de="Produktexport",
    en="Product export",
    summary_de="Artikel aus Sage mit Texten, Warengruppen, Bildern, Preisen und Beständen kommen in den Shop.",
    summary_en="Articles of Sage with texts, categories, pictures, prices and stocks go to the shop.",
    record=Product,
    key=lambda product: str(product.number),
    lands=Side.SHOP,
    example=example,
    options=ProductOptions,
    prepare=prepare,
    rules=(
        Rule((BAD_EAN,), _ean, lambda: example()._replace(ean="4006381333932")),
        Rule((NEGATIVE_PRICE,), _negative, lambda: _with_prices("-1")),
        Rule((DOUBLE_PRICE,), _double, lambda: _with_prices("9.95", "8.95")),
        Rule((OWN_SUCCESSOR,), _successor, lambda: example()._replace(successor="00200050")),
    ),
    collect=collect,
    parts=product_parts,
    aliases=("product", "artikel", "produkte"),
)
