"""Prices beyond the simple one: tiers, promotions, and what single customers pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Rows, day, flag, money, number, text, whole


class Tier(NamedTuple):
    """A price from one quantity on; Sage knows no end of a tier, some files name it."""

    from_quantity: Annotated[Decimal | None, number("Ab Menge", "From quantity", required=True, example="6")]
    to_quantity: Annotated[Decimal | None, number("Bis Menge", "To quantity")]
    tier_price: Annotated[Decimal | None, money("Staffelpreis", "Tier price", required=True, example="17.50")]


class TierPrices(NamedTuple):
    """All tiers of one article in one price list."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="10010")]
    variant_id: Annotated[int | None, whole("Ausprägung", "Variant", 9, example="0")]
    price_list: Annotated[str, text("Preisliste", "Price list", 20, required=True, example="2")]
    price_list_name: Annotated[str, text("Preislistenname", "Name of price list", 50, example="Geschäftskunden")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, required=True, example="EUR")]
    gross: Annotated[bool | None, flag("Bruttopreis", "Includes tax", required=True, example="0")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, required=True, example="7")]
    price_unit: Annotated[int | None, whole("Preiseinheit", "Price is per", 6, example="1")]
    base_price: Annotated[Decimal | None, money("Grundstaffel", "Price without tier", example="18.90")]
    tiers: Annotated[tuple[Tier, ...], Rows("Staffeln", "Tiers", "tier")]


class Promotion(NamedTuple):
    """The price of one article in one promotion, for its days; without a last day it has no end."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="10020")]
    variant_id: Annotated[int | None, whole("Ausprägung", "Variant", 9, example="0")]
    promotion: Annotated[str, text("Aktion", "Promotion", 20, required=True, example="3")]
    promotion_name: Annotated[str, text("Aktionsname", "Name of promotion", 50, example="Aktion der Woche")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, required=True, example="EUR")]
    gross: Annotated[bool | None, flag("Bruttopreis", "Includes tax", required=True, example="1")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, required=True, example="7")]
    price_unit: Annotated[int | None, whole("Preiseinheit", "Price is per", 6, example="1")]
    price: Annotated[Decimal | None, money("Aktionspreis", "Promotion price", required=True, example="21.99")]
    regular_price: Annotated[Decimal | None, money("Normalpreis", "Regular price", example="24.90")]
    from_day: Annotated[date | None, day("Gültig von", "Valid from", example="2026-11-16")]
    until_day: Annotated[date | None, day("Gültig bis", "Valid until", example="2026-12-06")]


class CustomerTier(NamedTuple):
    """What the customer pays from one quantity on: a price or a discount."""

    from_quantity: Annotated[Decimal | None, number("Ab Menge", "From quantity", required=True, example="12")]
    tier_price: Annotated[Decimal | None, money("Staffelpreis", "Tier price", example="15.90")]
    tier_discount: Annotated[Decimal | None, number("Staffelrabatt %", "Tier discount %", 4, length=3)]


class CustomerPrice(NamedTuple):
    """What one customer pays for one article: a price or a discount in percent, maybe with tiers and for some days."""

    customer_number: Annotated[str, text("Kundennummer", "Customer number", 20, required=True, example="D100001")]
    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="10010")]
    variant_id: Annotated[int | None, whole("Ausprägung", "Variant", 9, example="0")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, example="EUR")]
    gross: Annotated[bool | None, flag("Bruttopreis", "Includes tax", example="0")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, example="7")]
    price_unit: Annotated[int | None, whole("Preiseinheit", "Price is per", 6, example="1")]
    price: Annotated[Decimal | None, money("Kundenpreis", "Customer price", example="16.90")]
    discount: Annotated[Decimal | None, number("Kundenrabatt %", "Customer discount %", 4, length=3)]
    from_day: Annotated[date | None, day("Gültig von", "Valid from")]
    until_day: Annotated[date | None, day("Gültig bis", "Valid until")]
    tiers: Annotated[tuple[CustomerTier, ...], Rows("Kundenstaffeln", "Customer tiers", "customer_tier")]
