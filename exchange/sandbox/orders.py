"""Invented orders in the shape in which the shop's API gives them (reference `lightspeed-ecom.md` 2.18 and its sample).

Only what the reference shows: enveloped, `false` for empty, prices as json numbers, lines embedded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """What was bought: gross unit price, tax in percent."""

    article: str
    title: str
    quantity: int
    price: Decimal
    tax: Decimal = Decimal(19)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought it."""

    shop_id: int
    first_name: str
    last_name: str
    email: str
    street: str
    number: str
    zip: str
    city: str
    company: str = ""
    vat_number: str = ""
    country: str = "de"


def _net(gross: Decimal, tax: Decimal) -> Decimal:
    return (gross / (1 + tax / 100)).quantize(CENT, rounding=ROUND_HALF_UP)


def _number(value: Decimal) -> float | int:
    """A json number, as the API writes prices."""
    return int(value) if value == value.to_integral_value() else float(value)


def _line(index: int, line: Line) -> tuple[dict[str, Any], Decimal, Decimal]:
    gross = line.price * line.quantity
    net = _net(gross, line.tax)
    unit_net = (line.price / (1 + line.tax / 100)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    product = {
        "id": 3_500_000 + index,
        "supplierTitle": "",
        "brandTitle": "",
        "productTitle": line.title,
        "variantTitle": "Default",
        "taxRate": _number(line.tax / 100),
        "taxRates": [{"name": "MwSt", "rate": _number(line.tax / 100), "amount": _number(gross - net)}],
        "quantityOrdered": line.quantity,
        "articleCode": line.article,
        "ean": "",
        "sku": "",
        "basePriceExcl": _number(unit_net),
        "basePriceIncl": _number(line.price),
        "priceExcl": _number(net),
        "priceIncl": _number(gross),
        "discountExcl": 0,
        "discountIncl": 0,
        "customFields": False,
        "product": {"resource": {"id": 20_900_000 + index, "url": f"products/{20_900_000 + index}"}},
        "variant": {"resource": {"id": 34_700_000 + index, "url": f"variants/{34_700_000 + index}"}},
    }
    return product, net, gross


def _address(kind: str, buyer: Buyer) -> dict[str, Any]:
    country = {"id": 54, "code": buyer.country, "code3": "deu", "title": "Germany"}
    values: dict[str, Any] = {
        "Name": f"{buyer.first_name} {buyer.last_name}",
        "Street": buyer.street,
        "Street2": "",
        "Number": buyer.number,
        "Extension": "",
        "Zipcode": buyer.zip,
        "City": buyer.city,
        "Region": "",
        "Country": country,
    }
    if kind == "addressShipping":
        values["Company"] = buyer.company or False
    return {kind + name: value for name, value in values.items()}


def order(
    number: str,
    buyer: Buyer,
    lines: Sequence[Line],
    *,
    at: str = "2026-11-23T09:15:00+01:00",
    shipping: Decimal = Decimal("4.90"),
) -> dict[str, Any]:
    """One order as `{"order": {...}}`; all sums are right to the cent."""
    made = [_line(index, line) for index, line in enumerate(lines, 1)]
    shipping_net = _net(shipping, Decimal(19))
    taxes: dict[Decimal, Decimal] = {}
    for line, (_, net, gross) in zip(lines, made, strict=True):
        taxes[line.tax] = taxes.get(line.tax, Decimal(0)) + gross - net
    body: dict[str, Any] = {
        "id": 1_600_000 + int("".join(filter(str.isdigit, number)) or 0),
        "createdAt": at,
        "updatedAt": at,
        "number": number,
        "status": "processing_awaiting_shipment",
        "customStatusId": None,
        "channel": "main",
        "referralId": False,
        "priceExcl": _number(sum((net for _, net, _ in made), shipping_net)),
        "priceIncl": _number(sum((gross for _, _, gross in made), shipping)),
        "email": buyer.email,
        "firstname": buyer.first_name,
        "middlename": "",
        "lastname": buyer.last_name,
        "phone": "",
        "mobile": "",
        "isCompany": bool(buyer.company),
        "companyName": buyer.company,
        "companyVatNumber": buyer.vat_number,
        **_address("addressBilling", buyer),
        **_address("addressShipping", buyer),
        "paymentId": "invoice",
        "paymentStatus": "not_paid",
        "paymentTaxRate": 0,
        "paymentTaxRates": [],
        "paymentPriceExcl": 0,
        "paymentPriceIncl": 0,
        "paymentTitle": "Rechnung",
        "shipmentId": "core|33265|55707",
        "shipmentStatus": "not_shipped",
        "shipmentTaxRate": 0.19,
        "shipmentTaxRates": [{"name": "MwSt", "rate": 0.19, "amount": _number(shipping - shipping_net)}],
        "shipmentPriceExcl": _number(shipping_net),
        "shipmentPriceIncl": _number(shipping),
        "shipmentTitle": "DHL Paket",
        "discountCouponCode": "",
        "taxRates": [
            {"name": "MwSt", "rate": _number(rate / 100), "amount": _number(amount)}
            for rate, amount in sorted(taxes.items())
        ],
        "comment": "",
        "memo": "",
        "language": {"id": 5, "code": "de", "locale": "de_DE", "title": "Deutsch"},
        "customer": {"resource": {"id": buyer.shop_id, "embedded": {"id": buyer.shop_id, "type": "registered"}}},
        "products": {
            "resource": {"id": False, "url": "orders/products", "embedded": [product for product, _, _ in made]}
        },
    }
    return {"order": body}
