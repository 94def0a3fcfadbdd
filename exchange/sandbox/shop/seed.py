"""What a shop has on its first day: languages, taxes, ways to ship and pay, the plan's limits. No products."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.places import COUNTRIES, LANGUAGES
from exchange.sandbox.shop.prices import FOUR, exact, loose
from exchange.sandbox.shop.wire import new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.store import Store

#: A usual plan (2.24).
LIMITS: Mapping[str, int | bool] = {
    "maxProducts": 10000,
    "maxProductsVariants": 50,
    "maxProductsImages": 10,
    "maxProductsRelations": 5,
    "maxProductsCategories": 25,
    "maxProductsTags": 25,
    "maxProductsFiltersValues": 15,
    "maxCategories": 2000,
    "maxBrands": 1000,
    "maxAttributes": 200,
    "maxTypes": 50,
    "maxTypesAttributes": 100,
    "maxFilters": 5,
    "maxFiltersValues": 15,
    "maxGroups": 50,
    "maxGroupsCustomers": 1000,
    "maxSuppliers": 10,
    "maxTaxes": 10,
    "maxLanguages": 10,
    "maxFiles": 250,
    "maxFilesSize": 50,
    "maxDeliverydates": 50,
    "maxWebhooks": 10,
    "hasB2b": True,
    "hasFilters": True,
    "hasTranslations": True,
}


@dataclass(frozen=True)
class FirstDay:
    """How a shop is set up.

    Attributes:
        title: name of the shop.
        b2b: prices without tax.
        languages: codes, the default one first.
        taxes: percentages, the default one first.
        currency: code, symbol and name.
        country: code.
        shipping: ways to ship with their price including tax.
        payment: ways to pay, by key.
        limits: of the plan, beside `LIMITS`.
    """

    title: str = "Kaffeekontor"
    b2b: bool = False
    languages: tuple[str, ...] = ("de", "en", "nl")
    taxes: tuple[int, ...] = (19, 7, 0)
    currency: tuple[str, str, str] = ("eur", "€", "Euro")
    country: str = "de"
    shipping: Mapping[str, str] = field(default_factory=lambda: {"DHL Paket": "5.90", "Abholung": "0"})
    payment: Mapping[str, str] = field(
        default_factory=lambda: {"invoice": "Rechnung", "prepayment": "Vorkasse", "paypal": "PayPal"}
    )
    limits: Mapping[str, int | bool] = field(default_factory=dict)


def seed(store: Store, day: FirstDay) -> None:
    """Fill an empty shop; one that has languages is left as it is."""
    if store.count("languages"):
        return
    for place, code in enumerate(day.languages):
        number, locale, title = LANGUAGES[code]
        values = {"code": code, "locale": locale, "title": title, "isActive": True, "isDefault": place == 0}
        store.add("languages", new(KINDS["languages"]) | values | {"_place": place}, number=number)
    for code, (number, code3, title) in COUNTRIES.items():
        store.add("countries", {"code": code, "code3": code3, "title": title}, number=number)
    for place, percent in enumerate(day.taxes):
        values = {"rate": loose(exact(percent) / 100, FOUR), "title": f"{percent} %", "isDefault": place == 0}
        store.add("taxes", new(KINDS["taxes"]) | values)
    _methods(store, day)
    store.add("shop/limits", {**LIMITS, **day.limits})
    store.add("shop", _shop(day), number=1)


def _methods(store: Store, day: FirstDay) -> None:
    tax = store.first("taxes", isDefault=True) or {"id": False, "rate": 0}
    for title, price in day.shipping.items():
        values = {"title": title, "tax": tax["id"]}
        method = store.add("shippingmethods", new(KINDS["shippingmethods"]) | values)
        store.add("shippingmethods/countries", {"country": day.country}, method["id"])
        incl = exact(price)
        excl = loose(incl / (1 + exact(tax["rate"])), FOUR)
        value = {"weightMinimum": 0, "weightMaximim": 100_000, "priceExcl": excl, "priceIncl": loose(incl)}
        store.add("shippingmethods/values", value, method["id"])
    for key, title in day.payment.items():
        store.add("paymentmethods", {"key": key, "title": title})


def _shop(day: FirstDay) -> dict[str, Any]:
    shortcode, symbol, title = day.currency
    currency = {"shortcode": shortcode, "symbol": symbol, "title": title, "isDefault": True, "currencyRate": "1.0000"}
    empty = ("mainDomain", "phone", "fax", "street2", "region", "vatNumber", "cocNumber")
    return {
        "status": "test",
        "isB2b": day.b2b,
        "isRetail": False,
        "subDomain": "kaffeekontor",
        "email": "shop@kaffeekontor.example",
        "street": "Hafenstraße 1",
        "zipcode": "20457",
        "city": "Hamburg",
        "country": day.country,
        "industry": "food",
        "currency": currency,
        "title": day.title,
        **dict.fromkeys(empty, ""),
    }
