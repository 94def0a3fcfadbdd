"""An order priced as a document: its positions, its totals, and the header columns that need no customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
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
from exchange.connectors.sage.taxes import EU_COMPANY, EU_PRIVATE, taxation, vat
from exchange.connectors.sage.terms import find_terms
from exchange.connectors.sage.totals import Position, Totals, add_up
from exchange.convert import half_up
from exchange.finding import Finding, Locator, found
from exchange.settings import PaymentTerms, ShippingTerms
from exchange.trade.amounts import CENT, HALF_CENT, HUNDRED, ZERO, cents, line_total

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from exchange.connectors.sage.articles import Article, Articles
    from exchange.connectors.sage.taxes import Taxes
    from exchange.records.order import Order, OrderLine
    from exchange.settings import SageSettings

#: EUUStID of KHKVKBelege.
VAT_CHARACTERS = 15
#: A price in Sage has this many decimals.
PRICE_PLACES = 4
ONE = Decimal(1)


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
        self.taxes = taxes
        self.zone = zone
        self._taxes: dict[tuple[int | None, Decimal | None, str], tuple[int, Decimal]] = {}

    def draft(self, order: Order) -> Draft:
        """The order as a document. Raises Unfit."""
        own = self.settings.currency
        if order.currency not in ("", own):
            raise Unfit(found(CURRENCY, Locator(field="currency"), currency=order.currency, own=own))
        mode = self.settings.orders.price_mode
        gross = mode == "gross" or (mode == "company_net" and not order.company)
        billing = addresses.billing(order)
        place = addresses.delivery(order, billing)
        eu = _vat(order.vat_number, place.country)
        payment, shipping = self._terms(order)
        positions = list(self._positions(order, place.country, gross=gross))
        totals = self._balanced(order, positions, place.country, gross=gross)
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

    def _positions(self, order: Order, country: str, *, gross: bool) -> Iterator[Position]:
        for index, line in enumerate(order.lines):
            yield self._line(line, index, country, gross=gross)
        orders = self.settings.orders
        for name, number, incl, excl, rate in (
            ("shipping", orders.shipping_article, order.shipping_incl, order.shipping_excl, order.shipping_tax_rate),
            ("payment", orders.payment_article, order.payment_incl, order.payment_excl, order.payment_tax_rate),
        ):
            if incl or excl:
                article = self.articles.get(number) or _unknown(number, f"{name}_incl")
                code, percent = self._tax(article, rate, country, f"{name}_tax_rate")
                amount = _in_mode(incl, excl, percent, gross=gross) or ZERO
                yield Position(article, ONE, amount, ZERO, line_total(ONE, amount, ZERO), code, percent)

    def _line(self, line: OrderLine, index: int, country: str, *, gross: bool) -> Position:
        number, quantity = line.article_number, line.quantity or ZERO
        article = self.articles.get(number) or _unknown(number, "article_number", index)
        code, rate = self._tax(article, line.tax_rate, country, "tax_rate", index)
        if gross:
            unit, discount, stated = line.unit_price_incl, line.discount_incl, line.total_incl
        else:
            unit, discount, stated = line.unit_price_excl, line.discount_excl, line.total_excl
        if discount is None:
            discount = _in_mode(line.discount_incl, line.discount_excl, rate, gross=gross) or ZERO
        if unit is None:
            unit = _in_mode(line.unit_price_incl, line.unit_price_excl, rate, gross=gross)
        if unit is None:
            total = _in_mode(line.total_incl, line.total_excl, rate, gross=gross)
            if total is None or not quantity:
                raise Unfit(found(NO_PRICE, _at("unit_price_incl", index)))
            unit = half_up((total + discount) / quantity, PRICE_PLACES)
        total = quantity * unit - discount
        if stated is not None and total != stated and abs(total - stated) >= HALF_CENT:
            unit = _exact(quantity, unit, discount, stated)
            total = quantity * unit - discount
        return Position(article, quantity, unit, discount, cents(total), code, rate, discountable=True)

    def _tax(
        self, article: Article, rate: Decimal | None, country: str, field: str, line: int | None = None
    ) -> tuple[int, Decimal]:
        """Tax code and percent: of the rate that the order names, otherwise of the article's tax class."""
        asked = article.tax_class, rate, country
        known = self._taxes.get(asked)
        if known is None:
            known = self._find_tax(article, rate, country)
            if known is None:
                shown = "?" if rate is None else rate
                raise Unfit(found(UNKNOWN_TAX, _at(field, line), rate=shown, country=country))
            self._taxes[asked] = known
        return known

    def _find_tax(self, article: Article, rate: Decimal | None, country: str) -> tuple[int, Decimal] | None:
        of_class = self.taxes.code_of_class(article.tax_class, country)
        codes = self.taxes.codes
        code = of_class if rate is None else codes.code(country, rate, of_class)
        if code is None or (rate is None and code not in codes.rates):
            return None
        return code, codes.rates[code] if rate is None else rate

    # Totals

    def _balanced(self, order: Order, positions: list[Position], country: str, *, gross: bool) -> Totals:
        """The totals; a small difference from the order's own becomes a position. Raises Unfit for a larger one."""
        discount = cents(_discount(order, positions, gross=gross))
        totals = add_up(positions, discount, gross=gross)
        incl, excl = order.total_incl, order.total_excl
        side = "gross" if incl is not None else "net"  # who orders by a file may know net amounts only
        wanted = cents(incl if incl is not None else excl or ZERO)
        difference: Decimal = wanted - getattr(totals, side)
        if not difference:
            return totals
        orders = self.settings.orders
        limit = orders.rounding_limit if orders.rounding_article else ZERO
        if abs(difference) <= limit:
            number = orders.rounding_article
            article = self.articles.get(number) or _unknown(number, "total_incl")
            code, rate = self._tax(article, None, country, "total_incl")
            parts = (difference, None) if side == "gross" else (None, difference)
            first = cents(_in_mode(*parts, rate, gross=gross) or ZERO)
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
def _vat(vat_number: str, country: str) -> tuple[int, str, str]:
    """Besteuerung, EULand and EUUStID; the country only where the delivery goes to another member."""
    _, number = vat(vat_number)
    if len(number) > VAT_CHARACTERS:
        at = Locator(field="vat_number")
        raise Unfit(found(TOO_LONG, at, value=number, length=len(number), field="EUUStID", limit=VAT_CHARACTERS))
    taxed = taxation(country, number)
    return taxed, (country if taxed in (EU_COMPANY, EU_PRIVATE) else ""), number


def _at(field: str, line: int | None) -> Locator:
    return Locator(field=field if line is None else f"lines[{line}].{field}")


def _unknown(number: str, field: str, line: int | None = None) -> NoReturn:
    raise Unfit(found(UNKNOWN_ARTICLE, _at(field, line), number=number))


def _in_mode(incl: Decimal | None, excl: Decimal | None, rate: Decimal, *, gross: bool) -> Decimal | None:
    """The amount as the document needs it; worked out of the other one where it is missing."""
    if gross:
        return incl if incl is not None or excl is None else half_up(excl * (HUNDRED + rate) / HUNDRED, PRICE_PLACES)
    return excl if excl is not None or incl is None else half_up(incl * HUNDRED / (HUNDRED + rate), PRICE_PLACES)


def _exact(quantity: Decimal, unit: Decimal, discount: Decimal, stated: Decimal) -> Decimal:
    """The unit price that gives the line total: a shop that shows cents may have lost half a cent a piece."""
    if abs(quantity * unit - discount - stated) > CENT + abs(quantity) * HALF_CENT or not quantity:
        return unit
    exact = half_up((stated + discount) / quantity, PRICE_PLACES)
    return exact if line_total(quantity, exact, discount) == cents(stated) else unit


def _discount(order: Order, positions: list[Position], *, gross: bool) -> Decimal:
    """The discount of the order; one that is given on one side only is converted by the rate of the dearest line."""
    incl, excl = order.discount_incl, order.discount_excl
    stated = incl if gross else excl
    if stated is not None:
        return stated
    rate = max(positions, key=lambda each: each.total).rate if positions else ZERO
    return _in_mode(incl, excl, rate, gross=gross) or ZERO


#: The columns of KHKVKBelege that follow from the order alone; staging rows have them too.
HEADER = (
    *("Belegkennzeichen", "Belegdatum", "Referenznummer", "Matchcode", "Preiskennzeichen"),
    *("Besteuerung", "EULand", "EUUStID", "Rabattbetrag1", "Rabatttext1"),
    *("Zwischensumme", "Nettobetrag", "Steuerbetrag", "Bruttobetrag", "Memo"),
    *(name for names in addresses.ROLES.values() for name in names),
)


def header(draft: Draft, kind: str) -> tuple[Any, ...]:
    """The values of `HEADER`."""
    order, totals = draft.order, draft.totals
    reason = f"Gutschein {order.coupon_code}"[:40] if order.coupon_code else "Rabatt"
    return (
        kind,
        draft.dated,
        order.number,
        f"Webshop {order.number}"[: addresses.MATCHCODE_CHARACTERS],
        -1 if draft.gross else 0,
        draft.taxation,
        draft.eu_country,
        draft.vat_number,
        totals.discount,
        reason if totals.discount else "",
        totals.subtotal,
        totals.net,
        totals.tax,
        totals.gross,
        order.comment,
        *draft.billing,
        *draft.delivery,
        *draft.billing,
    )
