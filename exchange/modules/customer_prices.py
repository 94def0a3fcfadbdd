"""Kundenspezifische Preise: what one customer pays for one article (`sage-100.md` 2.6).

The shop has no price list of a customer. What it offers instead is a setting, `modules.customer_prices.means`:

    metafield   one metafield per price at the customer, for the theme or an app; any number of customers
    group       a customer group per customer, and quantity discounts for it; works without a theme, but a plan allows
                few groups (`lightspeed-ecom.md` 2.24)
    file        nothing in the shop: `exchange export customer_prices` writes the file for whoever shows the prices
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import orjson
from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.prices import amount, end_moment, first_moment, price_name, priced, quantity, shop_price
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.price import CustomerPrice, CustomerTier
from exchange.shop import Part, Ref, joined, metafield, product, variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "customer_prices.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; der Preis wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the price waits for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
EITHER_OR = kind(
    "customer_prices.either_or",
    de="Es ist entweder ein Preis oder ein Rabatt anzugeben.",
    en="Give either a price or a discount.",
    remedy_de="Füllen Sie genau eines der beiden Felder aus.",
    remedy_en="Fill in exactly one of the two fields.",
)
NO_PRICE = kind(
    "customer_prices.no_price",
    de="Der Preis {value} ist kleiner als null.",
    en="The price {value} is below zero.",
    remedy_de="Berichtigen Sie den Preis.",
    remedy_en="Correct the price.",
)
NO_DISCOUNT = kind(
    "customer_prices.no_discount",
    de="{value} % ist kein Rabatt; erlaubt ist mehr als 0 bis 100.",
    en="{value} % is no discount; it is more than 0 and at most 100.",
    remedy_de="Geben Sie Prozent an, 12,5 für zwölfeinhalb.",
    remedy_en="Give percent, 12.5 for twelve and a half.",
)
NO_TAX_RATE = kind(
    "customer_prices.no_tax_rate",
    de="Zum Preis fehlt der Steuersatz.",
    en="The price lacks its tax rate.",
    remedy_de="Geben Sie den Steuersatz und an, ob der Preis die Steuer enthält.",
    remedy_en="Give the tax rate, and whether the price includes tax.",
)
ENDS_FIRST = kind(
    "customer_prices.ends_first",
    de="Der Preis gilt bis {until}, aber erst ab {value}.",
    en="The price holds until {until}, but from {value} only.",
    remedy_de="Vertauschen Sie die beiden Tage.",
    remedy_en="Swap the two days.",
)
DOUBLE = kind(
    "customer_prices.double_tier",
    de="Ab Menge {value} gibt es zwei Preise.",
    en="There are two prices from quantity {value}.",
    remedy_de="Löschen Sie einen von beiden.",
    remedy_en="Delete one of them.",
)


class CustomerPriceOptions(Options):
    """Settings of the customers' prices."""

    means: Literal["metafield", "group", "file"] = Field(
        "metafield",
        description="How the shop shows a customer's price: metafields at the customer for theme or app, a customer"
        " group per customer with quantity discounts, or not at all (a file only).",
    )
    group_title: str = Field(
        "Kunde {number}", description="Title of the customer group, with {number} for the customer number."
    )


def collect(source: SageSource, _options: CustomerPriceOptions) -> Iterator[CustomerPrice]:
    """The article-customer cards of all articles that are for the shop; a price without amount is none (2.6).

    Whether such a price includes tax stands at the customer (Preiskennzeichen, 1.6).
    """
    articles, mandant = priced(source), source.settings.mandant
    account, card = khk.KONTOKORRENT.c, khk.ARTIKEL_KUNDEN.c
    accounts = {
        row["Kto"]: ((row["WKz"] or "").strip() or source.settings.currency, bool(row["Preiskennzeichen"]))
        for row in source.rows(
            select(account.Kto, account.WKz, account.Preiskennzeichen).where(
                account.Mandant == mandant, account.KtoArt == "D", account.Aktiv != 0
            )
        )
    }
    names = (card.Kunde, card.Artikelnummer, card.AuspraegungID)
    query = select(*names, card.Einzelpreis, card.Rabattsatz).where(card.Mandant == mandant).order_by(*names)
    for row in source.rows(query):
        price, discount = row["Einzelpreis"], row["Rabattsatz"]
        if row["Kunde"] not in accounts or row["Artikelnummer"] not in articles or (price is None and not discount):
            continue
        (currency, gross), article = accounts[row["Kunde"]], articles[row["Artikelnummer"]]
        yield CustomerPrice(
            row["Kunde"],
            row["Artikelnummer"],
            row["AuspraegungID"] or 0,
            currency,
            gross,
            article.tax_rate,
            article.price_unit,
            None if price is None else amount(price),
            None if price is not None else quantity(discount),
            None,
            None,
            (),
        )


def parts(record: CustomerPrice, view: ShopView) -> Iterator[Part]:
    """By the means that are set."""
    if view.options.means == "metafield":
        yield _metafield(record, view)
    elif view.options.means == "group":
        yield from _discounts(record, view)


def _steps(record: CustomerPrice) -> Iterator[tuple[int, Decimal | None, Decimal | None]]:
    """Quantity, price, discount; the first is the price of a single piece."""
    yield 1, record.price, record.discount
    for each in record.tiers:
        yield int(each.from_quantity or 0), each.tier_price, each.tier_discount


def _metafield(record: CustomerPrice, view: ShopView) -> Part:
    """`price|ARTICLE|VARIANT` at the customer: a JSON list of steps, prices as the shop keeps them."""
    name = f"price{price_name(view)}"
    steps = [
        {"quantity": least}
        | ({name: str(shop_price(view, price, record))} if price is not None else {"percentage": str(discount)})
        for least, price, discount in _steps(record)
    ]
    return metafield(
        Ref("customer", record.customer_number),
        joined("price", record.article_number, record.variant_id or 0),
        orjson.dumps(steps).decode(),
        from_at=first_moment(view, record.from_day),
        until_at=end_moment(view, record.until_day),
    )


def _discounts(record: CustomerPrice, view: ShopView) -> Iterator[Part]:
    """A group for the customer, the customer in it, and quantity discounts for the group."""
    title = view.options.group_title.format(number=record.customer_number)
    group, customer = Ref("group", title), Ref("customer", record.customer_number)
    yield Part("group", title, {"title": title})
    yield Part("group_customer", joined(title, record.customer_number), {"group": group, "customer": customer})
    number, variant_id = record.article_number, record.variant_id or 0
    whole = not variant_id and not view.settings.sage.parent_column  # otherwise its product has other variants too
    for least, price, discount in _steps(record):
        fields: Mapping[str, Any] = {
            "product": product(number),
            "variant": 0 if whole else variant(number, variant_id),
            "quantity": least,
            "isPercentage": price is None,
            "percentage" if price is None else "price": discount if price is None else shop_price(view, price, record),
            "customerGroup": group,
        }
        yield Part(
            "quantity_discount",
            joined(number, variant_id, title, least),
            fields,
            product(number),
            from_at=first_moment(view, record.from_day),
            until_at=end_moment(view, record.until_day),
        )


# --- rules -----------------------------------------------------------------------------------------------------------


def _either(record: CustomerPrice, _options: CustomerPriceOptions) -> Iterator[Finding]:
    if (record.price is None) == (record.discount is None):
        yield found(EITHER_OR, Locator(field="price"))
    for index, each in enumerate(record.tiers):
        if (each.tier_price is None) == (each.tier_discount is None):
            yield found(EITHER_OR, Locator(field=f"tiers[{index}].tier_price"))


def _amounts(record: CustomerPrice, _options: CustomerPriceOptions) -> Iterator[Finding]:
    values = [("price", record.price, "discount", record.discount)]
    for index, each in enumerate(record.tiers):
        at = f"tiers[{index}]."
        values.append((f"{at}tier_price", each.tier_price, f"{at}tier_discount", each.tier_discount))
    for price_field, price, discount_field, discount in values:
        if price is not None and price < 0:
            yield found(NO_PRICE, Locator(field=price_field), value=price)
        if discount is not None and not 0 < discount <= 100:  # noqa: PLR2004 - percent
            yield found(NO_DISCOUNT, Locator(field=discount_field), value=discount)


def _taxed(record: CustomerPrice, _options: CustomerPriceOptions) -> Iterator[Finding]:
    has_price = record.price is not None or any(each.tier_price is not None for each in record.tiers)
    if has_price and (record.tax_rate is None or record.gross is None):
        yield found(NO_TAX_RATE, Locator(field="tax_rate"))


def _days(record: CustomerPrice, _options: CustomerPriceOptions) -> Iterator[Finding]:
    if record.from_day is not None and record.until_day is not None and record.until_day < record.from_day:
        yield found(ENDS_FIRST, Locator(field="until_day"), until=record.until_day, value=record.from_day)


def _double(record: CustomerPrice, _options: CustomerPriceOptions) -> Iterator[Finding]:
    seen = {Decimal(1)}
    for index, each in enumerate(record.tiers):
        if each.from_quantity in seen:
            yield found(DOUBLE, Locator(field=f"tiers[{index}].from_quantity"), value=each.from_quantity)
        elif each.from_quantity is not None:
            seen.add(each.from_quantity)


def example() -> CustomerPrice:
    """A fixed price, and a lower one by the dozen."""
    return CustomerPrice(
        customer_number="D100001",
        article_number="10010",
        variant_id=0,
        currency="EUR",
        gross=False,
        tax_rate=Decimal(7),
        price_unit=1,
        price=Decimal("16.90"),
        discount=None,
        from_day=None,
        until_day=None,
        tiers=(CustomerTier(Decimal(12), Decimal("15.90"), None),),
    )


def _key(record: CustomerPrice) -> str:
    return joined(record.customer_number, record.article_number, record.variant_id or 0, *_validity(record))


def _validity(record: CustomerPrice) -> tuple[str, ...]:
    """One customer may have a price for now and another one for later."""
    return () if record.from_day is None else (record.from_day.isoformat(),)


_TWICE = (CustomerTier(Decimal(12), Decimal("15.90"), None), CustomerTier(Decimal(12), Decimal("14.90"), None))

MODULE = Module(
    name="customer_prices",
    de="Kundenspezifische Preise (B2B)",
    en="Customer-specific prices (B2B)",
    summary_de="Preise und Rabatte einzelner Kunden je Artikel, mit Staffeln und Gültigkeit, kommen in den Shop.",
    summary_en="Prices and discounts of single customers per article, with tiers and validity, go to the shop.",
    record=CustomerPrice,
    key=_key,
    lands=Side.SHOP,
    example=example,
    options=CustomerPriceOptions,
    rules=(
        Rule((EITHER_OR,), _either, lambda: example()._replace(discount=Decimal(10))),
        Rule((NO_PRICE,), _amounts, lambda: example()._replace(price=Decimal(-1))),
        Rule((NO_DISCOUNT,), _amounts, lambda: example()._replace(price=None, discount=Decimal(120))),
        Rule((NO_TAX_RATE,), _taxed, lambda: example()._replace(tax_rate=None)),
        Rule((ENDS_FIRST,), _days, lambda: example()._replace(from_day=date(2026, 12, 1), until_day=date(2026, 11, 1))),
        Rule((DOUBLE,), _double, lambda: example()._replace(tiers=_TWICE)),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, lambda record: [("article_number", record.article_number)]),),
    collect=collect,
    parts=parts,
    aliases=("customer-prices", "kundenpreise"),
)
