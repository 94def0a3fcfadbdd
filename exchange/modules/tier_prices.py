"""Staffelpreise: prices from a quantity on, per price list (`sage-100.md` 2.5).

In the shop they are `quantity_discounts`. The basic list is for everyone, every other list for the customer group that
bears its name; there, the price without tier stands too, as one from a quantity of 1 on.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.prices import amount, price_lists, priced, quantity, shop_price
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.price import Tier, TierPrices
from exchange.shop import Part, Ref, joined, product, variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.assortment.prices import Priced, PriceList
    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "tier_prices.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; die Staffel wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the tiers wait for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
NOTHING = kind(
    "tier_prices.nothing",
    de="Es ist weder ein Preis noch eine Staffel angegeben.",
    en="There is neither a price nor a tier.",
    remedy_de="Geben Sie mindestens eine Staffel an; zum Löschen lassen Sie den Artikel im Gesamtbestand weg.",
    remedy_en="Give at least one tier; to delete them, leave the article out of the full list.",
)
FIRST = kind(
    "tier_prices.first_tier",
    de="Die erste Staffel beginnt bei {value}; sie ist der Grundpreis und keine Staffel.",
    en="The first tier begins at {value}; that is the price itself and no tier.",
    remedy_de="Beginnen Sie die Staffeln ab einer Menge von 2.",
    remedy_en="Begin the tiers at a quantity of 2.",
)
NOT_WHOLE = kind(
    "tier_prices.not_whole",
    de="Die Menge {value} ist nicht ganzzahlig; der Shop staffelt nur nach ganzen Stücken.",
    en="The quantity {value} is not whole; the shop has tiers of whole pieces only.",
    remedy_de="Runden Sie die Menge.",
    remedy_en="Round the quantity.",
)
DOUBLE = kind(
    "tier_prices.double",
    de="Ab Menge {value} gibt es zwei Preise.",
    en="There are two prices from quantity {value}.",
    remedy_de="Löschen Sie einen von beiden.",
    remedy_en="Delete one of them.",
)
GAP = kind(
    "tier_prices.gap",
    de="Zwischen der Menge {until} und der nächsten Staffel ab {value} ist eine Lücke.",
    en="There is a gap between the quantity {until} and the next tier from {value}.",
    remedy_de="Schließen Sie die Lücke, oder lassen Sie „Bis Menge“ weg.",
    remedy_en="Close the gap, or leave “To quantity” out.",
)
OVERLAP = kind(
    "tier_prices.overlap",
    de="Die Staffel bis {until} überschneidet sich mit der nächsten ab {value}.",
    en="The tier until {until} overlaps the next one from {value}.",
    remedy_de="Beginnen Sie die nächste Staffel danach.",
    remedy_en="Begin the next tier after it.",
)
RISING = kind(
    "tier_prices.rising",
    de="Der Preis {value} ab Menge {quantity} ist höher als der davor ({before}).",
    en="The price {value} from quantity {quantity} is higher than the one before ({before}).",
    remedy_de="Prüfen Sie die Preise: mit der Menge steigt ein Preis nicht.",
    remedy_en="Check the prices: a price does not rise with the quantity.",
)
NO_PRICE = kind(
    "tier_prices.no_price",
    de="Der Staffelpreis {value} ist nicht größer als null.",
    en="The tier price {value} is not above zero.",
    remedy_de="Berichtigen Sie den Preis.",
    remedy_en="Correct the price.",
)


class TierOptions(Options):
    """Settings of the tier prices."""

    groups: dict[str, str] = Field(
        {},
        description='Customer group of the shop per price list, such as 2 = "Händler"; "" is everyone. Without an entry'
        " the basic list is for everyone and any other for the group named like the list.",
    )
    price_means: Literal["price", "reduction"] = Field(
        "price",
        description="What `price` of a quantity discount means in your shop: the price of a piece, or what is taken off"
        " (lightspeed-ecom.md 2.14 leaves it open; try it with one article).",
    )


def collect(source: SageSource, _options: TierOptions) -> Iterator[TierPrices]:
    """The prices of the exported lists: those with tiers, and of all lists but the basic one also those without."""
    lists, articles = price_lists(source), priced(source)
    wanted = [each for each in source.settings.price_lists if each in lists and not lists[each].promotion]
    table = khk.PREISLISTEN_ARTIKEL.c
    order = (table.Artikelnummer, table.AuspraegungID, table.ListeID, table.AbMenge)
    query = (
        select(*order, table.Einzelpreis)
        .where(table.Mandant == source.settings.mandant, table.ListeID.in_(wanted), table.Einzelpreis.is_not(None))
        .order_by(*order)
    )
    for (number, variant_id, listed), rows in groupby(source.rows(query), _set):
        if number in articles:
            record = _record(number, variant_id, lists[listed], articles[number], rows)
            if record.tiers or listed != wanted[0]:
                yield record


def _set(row: Any) -> tuple[Any, ...]:
    return row["Artikelnummer"], row["AuspraegungID"], row["ListeID"]


def _record(number: str, variant_id: int, listed: PriceList, article: Priced, rows: Any) -> TierPrices:
    base: Decimal | None = None
    tiers: list[Tier] = []
    for row in rows:
        if row["AbMenge"]:
            tiers.append(Tier(quantity(row["AbMenge"]), None, amount(row["Einzelpreis"])))
        else:
            base = amount(row["Einzelpreis"])
    return TierPrices(
        number,
        variant_id or 0,
        str(listed.number),
        listed.name,
        listed.currency,
        listed.gross,
        article.tax_rate,
        article.price_unit,
        base,
        tuple(tiers),
    )


def parts(record: TierPrices, view: ShopView) -> Iterator[Part]:
    """One `quantity_discount` per tier, and the group that it is for."""
    group = _group(record, view)
    if group:
        yield Part("group", group, {"title": group})
    steps: dict[int, Decimal] = {}
    if group and record.base_price is not None:
        steps[1] = record.base_price
    steps |= {int(each.from_quantity or 0): each.tier_price for each in record.tiers if each.tier_price is not None}
    number, variant_id = record.article_number, record.variant_id or 0
    whole = not variant_id and not view.settings.sage.parent_column  # otherwise its product has other variants too
    base = None if record.base_price is None else shop_price(view, record.base_price, record)
    for least, price in steps.items():
        value = shop_price(view, price, record)
        if view.options.price_means == "reduction" and base is not None:
            value = base - value
        fields: Mapping[str, Any] = {
            "product": product(number),
            "variant": 0 if whole else variant(number, variant_id),
            "quantity": least,
            "price": value,
            "isPercentage": False,
            "customerGroup": Ref("group", group) if group else 0,
        }
        yield Part("quantity_discount", joined(number, variant_id, group, least), fields, product(number))


def _group(record: TierPrices, view: ShopView) -> str:
    """Title of the customer group, or empty for everyone."""
    groups: Mapping[str, str] = view.options.groups
    if record.price_list in groups:
        return groups[record.price_list]
    basic = view.settings.sage.price_lists[:1]
    return "" if record.price_list in map(str, basic) else record.price_list_name or record.price_list


def prepare(record: TierPrices, _options: TierOptions) -> TierPrices:
    """A tier from one piece on is the price without tier, where the file names none."""
    if record.base_price is not None:
        return record
    first = [each for each in record.tiers if each.from_quantity is not None and each.from_quantity <= 1]
    if len(first) != 1:
        return record
    rest = tuple(each for each in record.tiers if each is not first[0])
    return record._replace(base_price=first[0].tier_price, tiers=rest)


# --- rules: they judge the whole set of an article in a list ---------------------------------------------------------


def _something(record: TierPrices, _options: TierOptions) -> Iterator[Finding]:
    if record.base_price is None and not record.tiers:
        yield found(NOTHING)


def _quantities(record: TierPrices, _options: TierOptions) -> Iterator[Finding]:
    seen: set[Decimal] = set()
    for index, each in enumerate(record.tiers):
        at, least = Locator(field=f"tiers[{index}].from_quantity"), each.from_quantity
        if least is None:
            continue
        if least <= 1:
            yield found(FIRST, at, value=least)
        if least != int(least):
            yield found(NOT_WHOLE, at, value=least)
        if least in seen:
            yield found(DOUBLE, at, value=least)
        seen.add(least)


def _ends(record: TierPrices, _options: TierOptions) -> Iterator[Finding]:
    for (_, before), (index, after) in pairwise(_in_order(record)):
        at, until, least = Locator(field=f"tiers[{index}].from_quantity"), before.to_quantity, after.from_quantity
        if until is None:
            continue
        if least <= until:
            yield found(OVERLAP, at, until=until, value=least)
        elif least > until + 1:
            yield found(GAP, at, until=until, value=least)


def _falling(record: TierPrices, _options: TierOptions) -> Iterator[Finding]:
    before = record.base_price
    for index, each in _in_order(record):
        at, price = Locator(field=f"tiers[{index}].tier_price"), each.tier_price
        if price is None:
            continue
        if price <= 0:
            yield found(NO_PRICE, at, value=price)
        elif before is not None and price > before:
            yield found(RISING, at, value=price, quantity=each.from_quantity, before=before)
        before = price


def _in_order(record: TierPrices) -> list[tuple[int, Any]]:
    """The tiers that have a quantity, by quantity, each with its place in the record."""
    tiers = [(index, each) for index, each in enumerate(record.tiers) if each.from_quantity is not None]
    return sorted(tiers, key=lambda each: each[1].from_quantity)


def example() -> TierPrices:
    """Two tiers for dealers."""
    return _example(("6", "", "17.50"), ("24", "", "16.20"))


def _example(*tiers: tuple[str, str, str]) -> TierPrices:
    made = tuple(
        Tier(Decimal(least), Decimal(until) if until else None, Decimal(price)) for least, until, price in tiers
    )
    rate, base = Decimal(7), Decimal("18.90")
    return TierPrices("10010", 0, "2", "Geschäftskunden", "EUR", False, rate, 1, base, made)  # noqa: FBT003


def _key(record: TierPrices) -> str:
    return joined(record.article_number, record.variant_id or 0, record.price_list)


MODULE = Module(
    name="tier_prices",
    de="Staffelpreise",
    en="Tier prices",
    summary_de="Preise ab einer Menge, je Preisliste, stehen im Shop beim Artikel; jede weitere Liste gilt für ihre Kundengruppe.",
    summary_en="Prices from a quantity on, per price list, stand beside the article; every further list is for its customer group.",
    record=TierPrices,
    key=_key,
    lands=Side.SHOP,
    example=example,
    options=TierOptions,
    prepare=prepare,
    rules=(
        Rule((NOTHING,), _something, lambda: example()._replace(base_price=None, tiers=())),
        Rule(
            (FIRST, NOT_WHOLE, DOUBLE),
            _quantities,
            lambda: _example(("1", "", "18"), ("2.5", "", "17"), ("2.5", "", "16")),
        ),
        Rule((OVERLAP, GAP), _ends, lambda: _example(("6", "10", "17"), ("10", "20", "16"), ("30", "", "15"))),
        Rule((NO_PRICE, RISING), _falling, lambda: _example(("6", "", "19"), ("24", "", "0"))),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, lambda record: [("article_number", record.article_number)]),),
    collect=collect,
    parts=parts,
    aliases=("tier-prices", "staffelpreise", "staffeln"),
)
