"""Large files that look like real ones; the same seed gives the same bytes. They are written piece by piece."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEED = 20261123
CENT = Decimal("0.01")
NOUNS = ("Kaffeebecher", "Teekanne", "Brotkasten", "Schüssel", "Schneidebrett", "Gewürzmühle", "Käseglocke", "Öllampe")
COLOURS = ("blau", "weiß", "grün", "rot", "schwarz", "natur")
TOWNS = (("01067", "Dresden"), ("10115", "Berlin"), ("80331", "München"), ("50667", "Köln"), ("04109", "Leipzig"))
STREETS = ("Hauptstraße", "Bahnhofstraße", "Goethestraße", "Am Weiher", "Große Gasse")
FIRST_NAMES = ("Erika", "Jürgen", "Käthe", "Max", "Zoë", "Björn", "Sabine", "Aylin")
LAST_NAMES = ("Müller", "Weiß", "Groß", "Schäfer", "Krüger", "Lang", "Özdemir", "Böhm")
SENTENCES = (
    "Spülmaschinenfest und stapelbar.",
    "Aus deutscher Fertigung, mit Zertifikat & Prüfsiegel.",
    "Maße und Gewichte sind < 2 % genau.",
    "Lieferung im stabilen Karton ohne Plastik.",
    "Der Griff bleibt auch bei heißem Inhalt kühl.",
)


def article_number(index: int) -> str:
    """Eight digits with leading zeros, as Sage has them."""
    return f"{200_000 + index:08d}"


# --- stock, csv ------------------------------------------------------------------------------------------------------


def stock_csv(path: Path, rows: int = 1_000_000, seed: int = SEED) -> None:
    """Stock in our own csv form, one row per article."""
    random = Random(seed)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("article_number;variant_id;available;on_hand;on_order;unit\r\n")
        for index in range(rows):
            on_hand = random.randrange(500)
            on_order = random.randrange(min(20, on_hand + 1))
            unit = "kg" if index % 17 == 0 else "Stk"
            part = ".5" if unit == "kg" else ""
            number = article_number(index)
            out.write(f"{number};0;{on_hand - on_order}{part};{on_hand}{part};{on_order};{unit}\r\n")


# --- articles, xml ---------------------------------------------------------------------------------------------------


def _element(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def _children(group: str, element: str, rows: Sequence[dict[str, object]]) -> str:
    inner = "".join(f"<{element}>{''.join(_element(*pair) for pair in row.items())}</{element}>" for row in rows)
    return f"<{group}>{inner}</{group}>"


def ean(index: int) -> str:
    """A number with the right check digit: else every article would be remarked upon."""
    digits = f"4006{index:08d}"
    weighted = sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))
    return f"{digits}{-weighted % 10}"


def _product(index: int, random: Random) -> str:
    number = article_number(index)
    name = f"{random.choice(NOUNS)} {random.choice(COLOURS)} {index}"
    price = Decimal(random.randrange(100, 20_000)) / 100
    text = " ".join(random.choices(SENTENCES, k=12))
    fields: dict[str, object] = {
        "number": number, "language": "de", "name": name, "matchcode": name.upper()[:50], "type": "article",
        "active": 1, "brand": f"Werk {index % 40}", "manufacturer_number": f"MW-{index}",
        "supplier": f"K{70_000 + index % 90}", "ean": ean(index), "unit": "Stk", "price_unit": 1,
        "tax_class": 1, "tax_rate": 19, "weight_kg": Decimal(random.randrange(1, 9_999)) / 1000,
        "short_text": name, "long_text": text, "meta_title": name, "meta_description": text[:120],
        "meta_keywords": "Küche, Haushalt",
    }  # fmt: skip
    prices: list[dict[str, object]] = [
        {"price_list": 1, "currency": "EUR", "gross": 1, "from_quantity": quantity, "price": price - step}
        for step, quantity in enumerate((0, 10))
    ]
    return "".join((
        "<product>",
        *(_element(*pair) for pair in fields.items()),
        _children("categories", "category", [{"number": f"KUECHE/{index % 50}"}, {"number": "NEU"}]),
        _children("images", "image", [{"position": at, "file": f"{number}_{at}.jpg"} for at in (1, 2)]),
        _children("prices", "price", prices),
        _children("stocks", "stock", [{"warehouse": "HAUPT", "quantity": random.randrange(500)}]),
        "</product>\n",
    ))  # fmt: skip


def articles_xml(path: Path, megabytes: int = 200, seed: int = SEED) -> int:
    """Articles with categories, images, prices and stocks in our own xml form; the number of articles."""
    random, written, count = Random(seed), 0, 0
    with path.open("wb") as out:
        written += out.write(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<exchange module="products" version="1" full="0">\n'
        )
        while written < megabytes * 1_000_000:
            written += out.write(_product(count, random).encode())
            count += 1
        out.write(b"</exchange>\n")
    return count


# --- wishes of a shop, csv -------------------------------------------------------------------------------------------


#: So many articles have a price for each customer.
PRICED = 200


def _price(index: int, changed: int) -> Decimal:
    """A price; with `changed`, that of one in so many is a cent higher."""
    return Decimal(100 + index * 37 % 19_900 + bool(changed and index % changed == 0)) / 100


def prices_csv(path: Path, rows: int = 1_000_000, *, changed: int = 0, only: bool = False) -> None:
    """Prices of customers in our own csv form, the same articles for each customer; `only` those that changed."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("customer_number;article_number;variant_id;currency;gross;tax_rate;price_unit;price\r\n")
        for index in range(0, rows, changed if only else 1):
            customer, article = divmod(index, PRICED)
            price = _price(index, changed)
            out.write(f"D{100_000 + customer};{article_number(article)};0;EUR;0;19;1;{price:.2f}\r\n")


def articles_csv(path: Path, rows: int = 100_000, *, changed: int = 0, only: bool = False) -> None:
    """Articles in our own csv form, with a category, a price, a brand and a supplier; `only` those that changed."""
    fields = "number;language;name;type;active;brand;supplier;unit;price_unit;tax_class;tax_rate;weight_kg;long_text"
    with path.open("w", encoding="utf-8", newline="") as out:
        prices = "price_price_list;price_currency;price_gross;price_from_quantity;price_price"
        out.write(f"{fields};category_number;{prices}\r\n")
        for index in range(0, rows, changed if only else 1):
            name = f"{NOUNS[index % 8]} {COLOURS[index % 6]} {index}"
            text = " ".join(SENTENCES[index % 3 :])
            own = (
                f"{article_number(index)};de;{name};article;1;Werk {index % 40};K{70_000 + index % 90};Stk;1;1;19;0.35"
            )
            out.write(f"{own};{text};KUECHE/{index % 50};1;EUR;1;0;{_price(index, changed):.2f}\r\n")


# --- orders, json ----------------------------------------------------------------------------------------------------


def _excl(incl: Decimal, rate: Decimal) -> Decimal:
    return (incl / (1 + rate)).quantize(CENT, ROUND_HALF_UP)


def _line(order: int, position: int, article: tuple[int, str], random: Random) -> dict[str, Any]:
    index, number = article
    rate = Decimal("0.07") if index % 5 == 0 else Decimal("0.19")
    unit, quantity = Decimal(random.randrange(100, 10_000)) / 100, random.randrange(1, 7)
    incl = unit * quantity
    excl = _excl(incl, rate)
    title = f"{NOUNS[index % len(NOUNS)]} {COLOURS[index % len(COLOURS)]}"
    return {
        "id": order * 10 + position, "supplierTitle": "", "brandTitle": "Musterwerk", "productTitle": title,
        "variantTitle": "Standard", "taxRate": rate,
        "taxRates": [{"name": "MwSt", "rate": rate, "amount": incl - excl}],
        "quantityOrdered": quantity, "quantityInvoiced": quantity, "quantityShipped": 0, "quantityRefunded": 0,
        "quantityReturned": 0, "articleCode": number, "ean": "", "sku": "", "weight": 0, "volume": 0, "colli": 0,
        "priceCost": 0, "customExcl": 0, "customIncl": 0,
        "basePriceExcl": (unit / (1 + rate)).quantize(Decimal("0.0001"), ROUND_HALF_UP), "basePriceIncl": unit,
        "priceExcl": excl, "priceIncl": incl, "discountExcl": 0, "discountIncl": 0, "customFields": False,
    }  # fmt: skip


def _tax_totals(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    totals: dict[Decimal, Decimal] = {}
    for line in lines:
        totals[line["taxRate"]] = totals.get(line["taxRate"], Decimal(0)) + line["priceIncl"] - line["priceExcl"]
    return [{"name": "MwSt", "rate": rate, "amount": amount} for rate, amount in totals.items()]


def _person(customer: int) -> dict[str, Any]:
    """Everything about one customer follows from its number, so a second order of the same customer repeats it."""
    random = Random(customer)
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    zip_code, town = random.choice(TOWNS)
    zip_code = f"{zip_code[:2]}{customer % 1_000:03d}"  # a large shop's customers live everywhere, no two in one house
    germany = {"id": 54, "code": "de", "code3": "deu", "title": "Germany"}
    address = {"Name": f"{first} {last}", "Street": random.choice(STREETS), "Street2": "", "Extension": "",
               "Number": str(1 + customer // 1_000), "Zipcode": zip_code, "City": town, "Region": "",
               "Country": germany, "RegionData": []}  # fmt: skip
    return {
        "gender": "female" if customer % 2 else "male", "birthDate": False, "nationalId": "",
        "email": f"kunde{customer}@example.org", "firstname": first, "middlename": "", "lastname": last,
        "phone": f"+49 351 {customer:07d}", "mobile": "", "isCompany": False, "companyName": "",
        "companyCoCNumber": "", "companyVatNumber": "",
        **{f"addressBilling{name}": value for name, value in address.items()},
        "addressShippingCompany": False,
        **{f"addressShipping{name}": value for name, value in address.items()},
    }  # fmt: skip


def _order(index: int, customer: int, articles: Sequence[str], random: Random) -> dict[str, Any]:
    chosen = random.sample(range(len(articles)), k=min(len(articles), random.randrange(1, 6)))
    lines = [_line(index, position, (at, articles[at]), random) for position, at in enumerate(chosen)]
    rate = Decimal("0.19")
    shipping_incl = Decimal("4.90") if index % 3 else Decimal(0)
    shipping_excl = _excl(shipping_incl, rate)
    moment = f"2026-{1 + index % 11:02d}-{1 + index % 28:02d}T{index % 24:02d}:{index % 60:02d}:00+01:00"
    person = _person(customer)
    language = {"id": 6, "code": "de", "locale": "de_DE", "title": "Deutsch"}
    embedded = {"id": 2_000_000 + customer, "createdAt": moment, "type": "registered", "email": person["email"]}
    return {
        "id": 1_000_000 + index, "createdAt": moment, "updatedAt": moment, "number": f"ORD{index:08d}",
        "status": "processing_awaiting_shipment", "customStatusId": None, "channel": "main", "referralId": False,
        "priceCost": 0, "priceExcl": sum(line["priceExcl"] for line in lines) + shipping_excl,
        "priceIncl": sum(line["priceIncl"] for line in lines) + shipping_incl, "weight": 0, "volume": 0, "colli": 0,
        **person,
        "paymentId": "invoice", "paymentStatus": "paid", "paymentIsPost": True, "paymentTaxRate": 0,
        "paymentTaxRates": [], "paymentBasePriceExcl": 0, "paymentBasePriceIncl": 0, "paymentPriceExcl": 0,
        "paymentPriceIncl": 0, "paymentTitle": "Kauf auf Rechnung", "paymentData": {"method": "invoice"},
        "shipmentId": "core|1|1", "shipmentStatus": "not_shipped", "shipmentTaxRate": rate,
        "shipmentTaxRates": [{"name": "MwSt", "rate": rate, "amount": shipping_incl - shipping_excl}],
        "shipmentBasePriceExcl": shipping_excl, "shipmentBasePriceIncl": shipping_incl,
        "shipmentPriceExcl": shipping_excl, "shipmentPriceIncl": shipping_incl, "shipmentDiscountExcl": 0,
        "shipmentDiscountIncl": 0, "shipmentTitle": "DHL Paket", "shippingDate": None, "deliveryDate": None,
        "isDiscounted": False, "discountType": "amount", "discountAmount": 0, "discountPercentage": 0,
        "discountCouponCode": "", "taxRates": _tax_totals(lines), "isNewCustomer": False, "comment": "", "memo": "",
        "language": language,
        "customer": {"resource": {"id": embedded["id"], "url": f"customers/{embedded['id']}", "embedded": embedded}},
        "products": {"resource": {"id": False, "url": f"orders/{1_000_000 + index}/products", "embedded": lines}},
    }  # fmt: skip


def orders(count: int, articles: Sequence[str], seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Orders in the shape of the shop's API; amounts are Decimals and add up to the cent, without and with tax.

    About 60 % of the orders come from customers who order for the first time.
    """
    random, customers = Random(seed), 0
    for index in range(count):
        new = customers == 0 or random.random() < 0.6
        customer = customers if new else random.randrange(customers)
        customers += new
        yield _order(index, customer, articles, random)


def orders_json(path: Path, articles: Sequence[str], count: int = 50_000, seed: int = SEED) -> None:
    """Orders as one json array."""
    with path.open("wb") as out:
        for index, order in enumerate(orders(count, articles, seed)):
            out.write(b",\n" if index else b"[\n")
            out.write(orjson.dumps(order, default=float))  # the shop's amounts are json numbers
        out.write(b"\n]\n")
