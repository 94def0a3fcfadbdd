"""What a shop has on its first day: languages, taxes, ways to ship and pay, the plan's limits. No products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.wire import LANGUAGES, new

if TYPE_CHECKING:
    from exchange.sandbox.shop.store import Store

#: A usual plan (2.24).
LIMITS = {
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


def seed(store: Store, *, b2b: bool) -> None:
    """Fill an empty shop; one that has languages is left as it is."""
    if store.all("languages"):
        return
    for place, code in enumerate(("de", "en", "nl")):
        _, locale, title = LANGUAGES[code]
        values = {"code": code, "locale": locale, "title": title, "isActive": True, "isDefault": place == 0}
        store.add("languages", new(KINDS["languages"]) | values)
    for rate, default in ((0.19, True), (0.07, False), (0, False)):
        store.add("taxes", new(KINDS["taxes"]) | {"rate": rate, "title": f"{rate:.0%} MwSt.", "isDefault": default})
    standard = store.first("taxes", isDefault=True) or {"id": 0}
    for title, incl in (("DHL Paket", 5.90), ("Abholung", 0)):
        number = store.next("shipping_value")
        value = {
            "id": number,
            "weightMinimum": 0,
            "weightMaximim": 100000,
            "priceIncl": incl,
            "priceExcl": round(incl / 1.19, 4),
        }
        store.add(
            "shippingmethods",
            new(KINDS["shippingmethods"]) | {"title": title, "tax": standard["id"], "values": [value]},
        )
    for key, title in (("invoice", "Rechnung"), ("prepayment", "Vorkasse"), ("paypal", "PayPal")):
        store.add("paymentmethods", new(KINDS["paymentmethods"]) | {"key": key, "title": title})
    store.add("shop/limits", dict(LIMITS))
    currency = {"shortcode": "eur", "symbol": "€", "title": "Euro", "isDefault": True, "currencyRate": "1.0000"}
    store.add(
        "shop",
        {
            "status": "test",
            "isB2b": b2b,
            "isRetail": False,
            "subDomain": "kaffeekontor",
            "mainDomain": "",
            "email": "shop@kaffeekontor.example",
            "phone": "",
            "fax": "",
            "street": "Hafenstraße",
            "street2": "",
            "zipcode": "20457",
            "city": "Hamburg",
            "region": "",
            "country": "de",
            "vatNumber": "",
            "cocNumber": "",
            "industry": "food",
            "currency": currency,
            "title": "Kaffeekontor",
        },
    )
