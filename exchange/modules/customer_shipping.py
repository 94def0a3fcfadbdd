"""Versandart und Lieferadresse: what Sage knows of a customer's shipping stands at his account in the shop.

The shop has one delivery address per customer and no field for a shipping method (`lightspeed-ecom.md` 2.17): that
stands in a metafield, for the theme. Sage leads while it has an address. When it has none any more, the shop's is
emptied, unless the customer has changed it there himself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.customers import customers
from exchange.carriage import address
from exchange.finding import Finding, Locator, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.customer_shipping import CustomerShipping
from exchange.shop import Part, Ref, metafield
from exchange.trade.documents import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.connector import SageSource
    from exchange.shop import ShopView

INCOMPLETE = kind(
    "customer_shipping.incomplete",
    de="Der Lieferadresse fehlt: {missing}.",
    en="The delivery address lacks: {missing}.",
    remedy_de="Ergänzen Sie die Lieferadresse des Kunden in Sage.",
    remedy_en="Complete the customer's delivery address in Sage.",
)

#: Fields of an address → how the shop calls them at a customer.
_PLACE = {
    "name": "addressShippingName",
    "street": "addressShippingStreet",
    "house_number": "addressShippingNumber",
    "address_extra": "addressShippingStreet2",
    "zip": "addressShippingZipcode",
    "city": "addressShippingCity",
    "country": "addressShippingCountry",
}
_NEEDED = ("name", "street", "zip", "city", "country")


class CustomerShippingOptions(Options):
    """Settings of the customers' shipping."""

    metafield: str = Field(
        "sage_shipping_method",
        description="Metafield of the shop's customer that gets the shipping method; empty: none.",
    )
    methods: dict[str, str] = Field(
        {}, description='Text per shipping code of Sage (Versand), such as DHL = "DHL Paket"; others stand as they are.'
    )
    addresses: bool = Field(True, description="Whether the delivery address goes to the shop.")
    every_customer: bool = Field(
        False,
        description="Also customers whom Sage does not know to have an account in the shop (WSKdNr is empty); each is "
        "looked for in the shop by his e-mail address, at a call of the API.",
    )


def collect(source: SageSource, options: CustomerShippingOptions) -> Iterator[CustomerShipping]:
    """Customers with an account in the shop, their latest delivery address and their method (`sage-100.md` 2.11)."""
    account = khk.KONTOKORRENT.c
    query = select(account.Kto, account.Versand).where(account.Mandant == source.settings.mandant)
    methods: Mapping[str, str] = {row["Kto"]: (row["Versand"] or "").strip() for row in source.rows(query)}
    for each in customers(source, ()):
        if each.shop_customer_id or options.every_customer:
            country = each.delivery_country.upper()
            country = COUNTRIES.get(country, country) if each.delivery_street else ""
            line = address.split(each.delivery_street, country)
            yield CustomerShipping(
                customer_number=each.customer_number,
                email=each.email,
                method=methods.get(each.customer_number, ""),
                name=each.delivery_name,
                address_extra=" ".join(part for part in (each.delivery_addition, line.extra) if part),
                street=line.street,
                house_number=line.number,
                zip=each.delivery_zip,
                city=each.delivery_city,
                country=country,
            )


def parts(record: CustomerShipping, view: ShopView) -> Iterator[Part]:
    """The address at the customer, all of it or nothing, and the method in a metafield."""
    fields = {"email": record.email}
    if view.options.addresses and record.street:
        fields |= {theirs: getattr(record, ours) for ours, theirs in _PLACE.items()}
    yield Part("customer", record.customer_number, fields, creates=False)
    if view.options.metafield and record.method:
        value = view.options.methods.get(record.method, record.method)
        yield metafield(Ref("customer", record.customer_number), view.options.metafield, value)


def _complete(record: CustomerShipping, _options: CustomerShippingOptions) -> Iterator[Finding]:
    missing = [name for name in _NEEDED if not getattr(record, name)]
    if missing and len(missing) < len(_NEEDED):
        yield found(INCOMPLETE, Locator(field=missing[0]), missing=", ".join(missing))


def example() -> CustomerShipping:
    """A café that gets its goods at the back door."""
    return CustomerShipping(
        customer_number="D100001",
        email="a.becker@morgenrot.example",
        method="DHL",
        name="Morgenrot Café",
        address_extra="Hof",
        street="Alaunstraße",
        house_number="36",
        zip="01099",
        city="Dresden",
        country="DE",
    )


MODULE = Module(
    name="customer_shipping",
    de="Versandart und Lieferadresse",
    en="Shipping method and address",
    summary_de="Versandart und Lieferadresse der Kunden aus Sage stehen im Shop an ihrem Konto.",
    summary_en="The customers' shipping method and delivery address out of Sage stand at their accounts in the shop.",
    record=CustomerShipping,
    key=lambda record: str(record.customer_number),
    lands=Side.SHOP,
    example=example,
    options=CustomerShippingOptions,
    rules=(Rule((INCOMPLETE,), _complete, lambda: example()._replace(zip="")),),
    collect=collect,
    parts=parts,
    aliases=("lieferadressen", "delivery_addresses"),
)
