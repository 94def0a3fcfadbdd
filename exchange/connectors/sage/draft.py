"""An order priced as a document: its positions, its totals, and the header columns that need no customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from exchange.connectors.sage import addresses
from exchange.connectors.sage.findings import (
    CURRENCY,
    NO_PRICE,
    TOO_LONG,
    TOTALS_DIFFER,
    UNKNOWN_ARTICLE,
    UNKNOWN_TAX,
    UNMAPPED,
)
from exchange.connectors.sage.pricing import (
    NOTHING,
    ONE,
    PRICE_PLACES,
    SLOT_CHARACTERS,
    SLOTS,
    Slot,
    discount_positions,
    exact,
    fees,
    in_mode,
    order_discount,
)
from exchange.connectors.sage.taxes import EU_COMPANY, EU_PRIVATE, Area, TaxFinder, taxation, vat
from exchange.connectors.sage.terms import find_terms
from exchange.connectors.sage.totals import Position, Totals, add_up
from exchange.convert import half_up
from exchange.finding import Finding, Locator, found
from exchange.settings import PaymentTerms, ShippingTerms
from exchange.trade.amounts import CENT, HALF_CENT, ZERO, cents, line_total
from exchange.trade.order_taxation import is_taxed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from exchange.connectors.sage.articles import Article, Articles
    from exchange.connectors.sage.taxes import Taxes
    from exchange.records.order import Order, OrderLine
    from exchange.settings import SageSettings

#: EUUStID of KHKVKBelege.
VAT_CHARACTERS = 15
#: Where surcharges stand among the discounts of the header, from 0 on: behind the discount of the order.
FEE_SLOTS = {"shipping": 1, "payment": 2}


class Unfit(Exception):  # noqa: N818 - not an error but a verdict on the record
    """The order cannot become a document.

    Attributes:
        finding: why.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


@dataclass(slots=True)
class Draft:
    """A priced order.

    Attributes:
        order: where it comes from.
        gross: prices of the document include tax.
        dated: local date and midnight of the order.
        taxation: Besteuerung.
        eu_country, vat_number: EULand and EUUStID.
        payment, shipping: mapped terms; empty codes are the customer's own.
        billing, delivery: addresses.
        positions, totals: what it comes to.
        slots: discounts of the whole document, and surcharges below zero; by their place in the header.
    """

    order: Order
    gross: bool
    dated: datetime
    taxation: int
    eu_country: str
    vat_number: str
    payment: PaymentTerms
    shipping: ShippingTerms
    billing: addresses.Place
    delivery: addresses.Place
    positions: list[Position]
    totals: Totals
    slots: Sequence[Slot]


class Drafter:
    """Prices orders.

    Args:
        settings: of Sage.
        articles: loaded with those of the orders and the configured ones.
        taxes: the tax tables.
        zone: in which orders are dated.
    """

    def __init__(self, settings: SageSettings, articles: Articles, taxes: Taxes, zone: ZoneInfo) -> None:
        self.settings = settings
        self.articles = articles
        self.taxes = TaxFinder(taxes, settings.orders.tax_free_codes)
        self.zone = zone

    def draft(self, order: Order) -> Draft:
        """The order as a document. Raises Unfit."""
        own = self.settings.currency
        if order.currency not in ("", own):
            raise Unfit(found(CURRENCY, Locator(field="currency"), currency=order.currency, own=own))
        mode = self.settings.orders.price_mode
        gross = mode == "gross" or (mode == "company_net" and not order.company)
        billing = addresses.billing(order)
        place = addresses.delivery(order, billing)
        eu = _vat(order.vat_number, place.country, is_taxed(order) is not False)
        payment, shipping = self._terms(order)
        area = Area(place.country, eu[0])
        positions = [self._line(line, index, area, gross=gross) for index, line in enumerate(order.lines)]
        slots = self._besides(order, positions, area, gross=gross)
        totals = self._balanced(order, positions, slots, area, gross=gross)
        local = (order.ordered_at or datetime.now(UTC)).astimezone(self.zone)
        return Draft(
            order,
            gross,
            datetime(local.year, local.month, local.day),  # noqa: DTZ001 - Sage knows no zones
            *eu,
            payment,
            shipping,
            billing,
            place,
            positions,
            totals,
            slots,
        )

    def _terms(self, order: Order) -> tuple[PaymentTerms, ShippingTerms]:
        orders = self.settings.orders
        payment = find_terms(orders.payment, order.payment_code)
        shipping = find_terms(orders.shipping, order.shipping_code)
        if orders.payment and payment is None:
            at = Locator(field="payment_code")
            raise Unfit(found(UNMAPPED, at, code=order.payment_code, setting="sage.orders.payment"))
        if orders.shipping and shipping is None:
            at = Locator(field="shipping_code")
            raise Unfit(found(UNMAPPED, at, code=order.shipping_code, setting="sage.orders.shipping"))
        return payment or PaymentTerms(), shipping or ShippingTerms()

    # Positions

    def _besides(self, order: Order, positions: list[Position], area: Area, *, gross: bool) -> list[Slot]:
        """Discount, fees and gift card: as further positions, or as slots of the header."""
        orders, lines = self.settings.orders, tuple(positions)
        slots = [order_discount(order, lines, gross=gross)]
        for fee in fees(order, orders):
            amount = in_mode(fee.incl, fee.excl, ZERO if fee.rate is None else fee.rate, gross=gross) or ZERO
            if orders.fees == "slot":
                slots += [NOTHING] * (FEE_SLOTS[fee.name] - len(slots))
                slots.append(Slot(-cents(amount), fee.title[:SLOT_CHARACTERS]))
                continue
            article = self.articles.get(fee.article) or _unknown(fee.article, f"{fee.name}_incl")
            code, percent = self._tax(article, fee.rate, area, f"{fee.name}_tax_rate")
            amount = in_mode(fee.incl, fee.excl, percent, gross=gross) or ZERO
            positions.append(Position(article, ONE, amount, ZERO, line_total(ONE, amount, ZERO), code, percent))
        if orders.discount == "article" and slots[0].amount:
            article = self.articles.get(orders.discount_article) or _unknown(orders.discount_article, "discount_incl")
            positions += discount_positions(article, slots[0].amount, lines)
            slots[0] = NOTHING
        if order.gift_card and orders.gift_cards == "article":
            article = self.articles.get(orders.gift_card_article) or _unknown(orders.gift_card_article, "gift_card")
            code, percent = self._tax(article, ZERO, area, "gift_card")
            positions.append(Position(article, ONE, -order.gift_card, ZERO, -cents(order.gift_card), code, percent))
        return slots

    def _line(self, line: OrderLine, index: int, area: Area, *, gross: bool) -> Position:
        number, quantity = line.article_number, line.quantity or ZERO
        article = self.articles.get(number) or _unknown(number, "article_number", index)
        code, rate = self._tax(article, line.tax_rate, area, "tax_rate", index)
        if gross:
            unit, discount, stated = line.unit_price_incl, line.discount_incl, line.total_incl
        else:
            unit, discount, stated = line.unit_price_excl, line.discount_excl, line.total_excl
        if discount is None:
            discount = in_mode(line.discount_incl, line.discount_excl, rate, gross=gross) or ZERO
        if unit is None:
            unit = in_mode(line.unit_price_incl, line.unit_price_excl, rate, gross=gross)
        if unit is None:
            total = in_mode(line.total_incl, line.total_excl, rate, gross=gross)
            if total is None or not quantity:
                raise Unfit(found(NO_PRICE, _at("unit_price_incl", index)))
            unit = half_up((total + discount) / quantity, PRICE_PLACES)
        total = quantity * unit - discount
        if stated is not None and total != stated and abs(total - stated) >= HALF_CENT:
            unit = exact(quantity, unit, discount, stated)
            total = quantity * unit - discount
        return Position(article, quantity, unit, discount, cents(total), code, rate, discountable=True)

    def _tax(
        self, article: Article, rate: Decimal | None, area: Area, field: str, line: int | None = None
    ) -> tuple[int, Decimal]:
        """Tax code and percent. Raises Unfit."""
        known = self.taxes.find(article.tax_class, rate, area)
        if known is None:
            shown = "?" if rate is None else rate
            raise Unfit(found(UNKNOWN_TAX, _at(field, line), rate=shown, country=area.country))
        return known

    # Totals

    def _balanced(
        self, order: Order, positions: list[Position], slots: Sequence[Slot], area: Area, *, gross: bool
    ) -> Totals:
        """The totals; a small difference from the order's own becomes a position. Raises Unfit for a larger one."""
        discount = sum([slot.amount for slot in slots], ZERO)
        totals = add_up(positions, discount, gross=gross)
        incl, excl = order.total_incl, order.total_excl
        side = "gross" if incl is not None else "net"  # who orders by a file may know net amounts only
        wanted = cents(incl if incl is not None else excl or ZERO)
        if order.gift_card and self.settings.orders.gift_cards == "article":
            wanted -= cents(order.gift_card)
        difference: Decimal = wanted - getattr(totals, side)
        if not difference:
            return totals
        orders = self.settings.orders
        limit = orders.rounding_limit if orders.rounding_article else ZERO
        if abs(difference) <= limit:
            number = orders.rounding_article
            article = self.articles.get(number) or _unknown(number, "total_incl")
            code, rate = self._tax(article, None, area, "total_incl")
            incl, excl = (difference, None) if side == "gross" else (None, difference)
            first = cents(in_mode(incl, excl, rate, gross=gross) or ZERO)
            for amount in (first, first + CENT, first - CENT):
                rounding = Position(article, ONE, amount, ZERO, amount, code, rate)
                balanced = add_up([*positions, rounding], discount, gross=gross)
                if getattr(balanced, side) == wanted:
                    positions.append(rounding)
                    return balanced
        raise Unfit(
            found(
                TOTALS_DIFFER,
                Locator(field="total_incl" if side == "gross" else "total_excl"),
                computed=getattr(totals, side),
                total=wanted,
                difference=difference,
                limit=limit,
            )
        )


@lru_cache(maxsize=1_000)
def _vat(vat_number: str, country: str, taxed: bool) -> tuple[int, str, str]:  # noqa: FBT001 - a key of the cache
    """Besteuerung, EULand and EUUStID; the country of the number, else that of a delivery to another member."""
    prefix, number = vat(vat_number)
    if len(number) > VAT_CHARACTERS:
        at = Locator(field="vat_number")
        raise Unfit(found(TOO_LONG, at, value=number, length=len(number), field="EUUStID", limit=VAT_CHARACTERS))
    kind = taxation(country, vat_number, taxed=taxed)
    of_eu = {EU_COMPANY: prefix or country, EU_PRIVATE: country}
    return kind, of_eu.get(kind, ""), number


def _at(field: str, line: int | None) -> Locator:
    return Locator(field=field if line is None else f"lines[{line}].{field}")


def _unknown(number: str, field: str, line: int | None = None) -> NoReturn:
    raise Unfit(found(UNKNOWN_ARTICLE, _at(field, line), number=number))


#: Amount and text of each discount.
SLOT_COLUMNS = tuple(f"{name}{slot}" for slot in range(1, SLOTS + 1) for name in ("Rabattbetrag", "Rabatttext"))
#: The columns of KHKVKBelege that follow from the order alone; staging rows have them too.
HEADER = (
    *("Belegkennzeichen", "Belegdatum", "Referenznummer", "Matchcode", "Preiskennzeichen"),
    *("Besteuerung", "EULand", "EUUStID", *SLOT_COLUMNS),
    *("Zwischensumme", "Nettobetrag", "Steuerbetrag", "Bruttobetrag", "Memo"),
    *(name for names in addresses.ROLES.values() for name in names),
)


def header(draft: Draft, kind: str) -> tuple[Any, ...]:
    """The values of `HEADER`."""
    order, totals = draft.order, draft.totals
    return (
        kind,
        draft.dated,
        order.number,
        f"Webshop {order.number}"[: addresses.MATCHCODE_CHARACTERS],
        -1 if draft.gross else 0,
        draft.taxation,
        draft.eu_country,
        draft.vat_number,
        *_slots(draft),
        totals.subtotal,
        totals.net,
        totals.tax,
        totals.gross,
        order.comment,
        *draft.billing,
        *draft.delivery,
        *draft.billing,
    )


#: The values of `SLOT_COLUMNS` of most orders.
_NO_SLOTS = (ZERO, "") * SLOTS


def _slots(draft: Draft) -> tuple[Any, ...]:
    """The values of `SLOT_COLUMNS`."""
    used = [value for slot in draft.slots for value in (slot.amount, slot.text if slot.amount else "")]
    return (*used, *_NO_SLOTS[len(used) :])
