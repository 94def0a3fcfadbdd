"""How and where a customer has his goods sent."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from exchange.record import text
from exchange.records.countries import country_code


class CustomerShipping(NamedTuple):
    """A customer's shipping method and delivery address; without one, goods go to the billing address."""

    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, required=True, example="D100001")]
    email: Annotated[str, text("E-Mail", "E-mail", 255, required=True, example="a.becker@morgenrot.example")]
    method: Annotated[str, text("Versandart", "Shipping method", 50, example="DHL")]
    name: Annotated[str, text("Lieferung Name", "Delivery name", 100, example="Morgenrot Café")]
    address_extra: Annotated[str, text("Lieferung Zusatz", "Delivery address extra", 64)]
    street: Annotated[str, text("Lieferung Straße", "Delivery street", 100, example="Alaunstraße")]
    house_number: Annotated[str, text("Lieferung Hausnummer", "Delivery house number", 20, example="36")]
    zip: Annotated[str, text("Lieferung PLZ", "Delivery postcode", 24, example="01099")]
    city: Annotated[str, text("Lieferung Ort", "Delivery city", 50, example="Dresden")]
    country: Annotated[str, country_code("Lieferung Land", "Delivery country", example="DE")]
