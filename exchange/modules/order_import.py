"""Bestellimport: orders of the shop become documents in Sage.

Sums follow the shop (reference `lightspeed-ecom.md` 1.6): unit prices are before discount, line totals after it; the order
total is lines + shipping + payment fee - order discount, without and with tax.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import Field

from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.record import maker
from exchange.records.order import Order, OrderLine, OrderTax
from exchange.shop import Answer, Part, Ref, metafield
from exchange.trade.amounts import ZERO
from exchange.trade.marks import mark, marked
from exchange.trade.order_status import CANCELLED, WAITING, check_status
from exchange.trade.order_sums import (
    LINE_SUM,
    NO_PRICE,
    NO_QUANTITY,
    NO_TOTAL,
    ORDER_SUM,
    TAX_SUM,
    check_lines,
    check_sums,
    check_taxes,
)
from exchange.trade.order_taxation import BAD_VAT, GIFT_CARD, NO_VAT, TAXED, check_gift_card, check_taxation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "order_import.unknown_article",
    de="Den Artikel „{value}“ gibt es in Sage nicht (oder er ist nicht aktiv).",
    en="Sage has no (active) article “{value}”.",
    remedy_de="Legen Sie den Artikel in Sage an oder berichtigen Sie die Artikelnummer im Shop; dann die Bestellung neu senden.",
    remedy_en="Create the article in Sage or correct the number in the shop; then send the order again.",
)
UNKNOWN_TAX = kind(
    "order_import.unknown_tax",
    de="Für den Steuersatz {value} (Land:Prozent) gibt es in Sage keinen Steuercode.",
    en="Sage has no tax code for the rate {value} (country:percent).",
    remedy_de="Legen Sie den Steuercode in Sage an oder prüfen Sie den Steuersatz im Shop.",
    remedy_en="Create the tax code in Sage or check the rate in the shop.",
)
UNKNOWN_PAYMENT = kind(
    "order_import.unknown_payment",
    de="Die Zahlungsart „{value}“ ist keiner Zahlungskondition zugeordnet.",
    en="The payment method “{value}” is not mapped to terms of Sage.",
    remedy_de="Ergänzen Sie sie in exchange.toml unter [sage.orders.payment]; zugeordnet sind: {known}.",
    remedy_en="Add it to exchange.toml under [sage.orders.payment]; mapped are: {known}.",
)
UNKNOWN_SHIPPING = kind(
    "order_import.unknown_shipping",
    de="Die Versandart „{value}“ ist keiner Versandart von Sage zugeordnet.",
    en="The shipping method “{value}” is not mapped to one of Sage.",
    remedy_de="Ergänzen Sie sie in exchange.toml unter [sage.orders.shipping]; zugeordnet sind: {known}.",
    remedy_en="Add it to exchange.toml under [sage.orders.shipping]; mapped are: {known}.",
)
UNKNOWN_CUSTOMER = kind(
    "order_import.unknown_customer",
    de="Den Kunden „{value}“ gibt es in Sage nicht, oder er ist gesperrt.",
    en="Sage has no customer “{value}”, or he is blocked.",
    remedy_de="Berichtigen Sie die Kundennummer oder geben Sie den Kunden in Sage frei.",
    remedy_en="Correct the customer number or release the customer in Sage.",
)
FOREIGN_CURRENCY = kind(
    "order_import.foreign_currency",
    de="Die Bestellung ist in {currency}; übernommen wird nur {allowed}.",
    en="The order is in {currency}; only {allowed} is taken over.",
    remedy_de="Erfassen Sie die Bestellung von Hand, oder ergänzen Sie die Währung in [modules.order_import].",
    remedy_en="Enter the order by hand, or add the currency in [modules.order_import].",
)
NO_BUYER = kind(
    "order_import.no_buyer",
    de="Die Bestellung nennt weder Kundennummer noch E-Mail noch Namen.",
    en="The order names neither customer number nor e-mail nor name.",
    remedy_de="Ergänzen Sie, wer bestellt hat.",
    remedy_en="Add who ordered.",
)
FROM_SAGE = kind(
    "order_import.from_sage",
    de="Die Bestellung kam aus Sage („{value}“) und steht dort schon.",
    en="The order came from Sage (“{value}”) and is there already.",
    remedy_de="Nichts zu tun: der Bestellexport hat sie in den Shop gebracht.",
    remedy_en="Nothing to do: the order export brought it into the shop.",
)
TOO_OLD = kind(
    "order_import.too_old",
    de="Die Bestellung ist vom {day}; übernommen wird erst ab {since}.",
    en="The order is of {day}; orders are taken over from {since} on.",
    remedy_de="Nichts zu tun, wenn sie schon anders erfasst wurde; sonst modules.order_import.since ändern.",
    remedy_en="Nothing to do if it was entered otherwise; else change modules.order_import.since.",
    severity=Severity.HOLD,
)


class OrderOptions(Options):
    """Settings of the order import."""

    since: date = Field(
        date(2000, 1, 1),
        description="Older orders are held; has to be set before the shop is asked for orders for the first time.",
    )
    waiting_statuses: tuple[str, ...] = Field(
        (),
        description="Orders with one of these statuses of the shop are held until they have another one, such as"
        " on_hold and processing_awaiting_payment.",
    )
    cancelled_statuses: tuple[str, ...] = Field(
        ("cancelled", "canceled", "storniert"),
        description="Orders with one of these statuses are not taken over; of those that were, it is told.",
    )
    document_metafield: str = Field(
        "sage_document", description="Metafield of the shop's order that gets the number of the document; empty: none."
    )
    status: str = Field("", description="Status that an order gets in the shop once it is in Sage; empty: it is kept.")
    custom_status: int | None = Field(None, description="Id of the shop's own status that it gets; empty: it is kept.")

    currencies: tuple[str, ...] = Field(
        ("EUR",),
        description="Currencies that are taken over; the first is used where an order names none (the shop's API does not).",
    )
    tax_free: bool = Field(
        False,
        description="Deliveries to other EU countries may be without tax and VAT number (small business, § 19 UStG).",
    )
    tolerance: Decimal = Field(
        Decimal("0.02"),
        ge=0,
        description="How far a sum may be off, per line and for the order; shops round unit prices.",
    )


def order_key(order: Order) -> str:
    """The business key: the order number without blanks and letter case, as people retype it (fault-catalogue D1)."""
    return "".join(order.number.split()).casefold()


_ORDER, _LINE = maker(Order), maker(OrderLine)
_CURRENCY, _LINES = Order._fields.index("currency"), Order._fields.index("lines")
_POSITION = OrderLine._fields.index("position")
#: Amounts that are nothing where nothing is said of them.
_OF_ORDER = tuple(
    Order._fields.index(f"{name}_{side}") for name in ("shipping", "payment", "discount") for side in ("excl", "incl")
)
_OF_LINE = tuple(OrderLine._fields.index(f"discount_{side}") for side in ("excl", "incl"))


def prepare(order: Order, options: OrderOptions) -> Order:
    """Fill what follows from the rest: currency, positions, amounts that are nothing."""
    values: list[Any] = list(order)
    values[_CURRENCY] = order.currency or options.currencies[0]
    values[_LINES] = tuple([_completed(line, position) for position, line in enumerate(order.lines, 1)])
    for index in _OF_ORDER:
        values[index] = values[index] or ZERO
    made: Order = _ORDER(values)
    return made


def _completed(line: OrderLine, position: int) -> OrderLine:
    values: list[Any] = list(line)
    if line.position is None:
        values[_POSITION] = position
    for index in _OF_LINE:
        values[index] = values[index] or ZERO
    made: OrderLine = _LINE(values)
    return made


def check_currency(order: Order, options: OrderOptions) -> Iterator[Finding]:
    """Only configured currencies."""
    if order.currency not in options.currencies:
        allowed = ", ".join(options.currencies)
        yield found(FOREIGN_CURRENCY, Locator(field="currency"), currency=order.currency, allowed=allowed)


def check_buyer(order: Order, _options: OrderOptions) -> Iterator[Finding]:
    """Somebody must have ordered."""
    if not (order.customer_number or order.email or order.billing_name or order.last_name or order.company):
        yield found(NO_BUYER, Locator(field="email"))


def check_origin(order: Order, _options: OrderOptions) -> Iterator[Finding]:
    """No second document of an order that was entered in Sage; by the API they do not come at all."""
    name = marked(order.comment)
    if name:
        yield found(FROM_SAGE, Locator(field="comment"), value=name)


def check_age(order: Order, options: OrderOptions) -> Iterator[Finding]:
    """Orders from before the shop was taken over; the shop shows them again when something of them changes."""
    if order.ordered_at is not None and order.ordered_at.date() < options.since:
        yield found(TOO_OLD, Locator(field="ordered_at"), day=order.ordered_at.date(), since=options.since)


def answer(order: Order, document: str, view: ShopView) -> Answer | None:
    """The number of the document as a metafield of the shop's order, and its status (`lightspeed-ecom.md` 2.18)."""
    options, thing = view.options, Ref("order", order.shop_order_id)
    fields: dict[str, Any] = {"status": options.status} if options.status else {}
    if options.custom_status is not None:
        fields["customStatus"] = options.custom_status
    parts = [Part("order", thing.key, fields, creates=False)] if fields else []
    if options.document_metafield and document and view.settings.sage.way == "documents":
        parts.append(metafield(thing, options.document_metafield, document))
    return Answer(thing, order.shop_order_id, parts) if parts and order.shop_order_id else None


@lru_cache
def _fields(name: str, lines: int) -> tuple[str, ...]:
    """Where a field of each line stands."""
    return tuple(f"lines[{index}].{name}" for index in range(lines))


def _articles(order: Order) -> Iterable[tuple[str, str]]:
    return zip(_fields("article_number", len(order.lines)), [line.article_number for line in order.lines], strict=True)


@lru_cache
def _tax(country: str, rate: Decimal) -> str:
    return f"{country}:{rate.normalize():f}"


def _taxes(order: Order) -> Iterable[tuple[str, str]]:
    country = order.delivery_country or order.billing_country
    fields = _fields("tax_rate", len(order.lines))
    rates = list(zip(fields, [line.tax_rate for line in order.lines], strict=True))
    if order.shipping_incl:
        rates.append(("shipping_tax_rate", order.shipping_tax_rate))
    if order.payment_incl:
        rates.append(("payment_tax_rate", order.payment_tax_rate))
    return [(field, _tax(country, rate)) for field, rate in rates if rate is not None]


def example() -> Order:
    """An order that passes every rule; of the kind that a German shop gets every day."""
    line = OrderLine(
        1, "00200050", "", "Kaffeebecher blau", "", Decimal(2), "Stk", Decimal("8.4034"), Decimal("10.00"),
        ZERO, ZERO, Decimal("16.81"), Decimal("20.00"), Decimal(19),
    )  # fmt: skip
    empty = Order._make([""] * len(Order._fields))
    return empty._replace(
        number="ORD00018",
        shop_order_id="1623550",
        ordered_at=datetime(2026, 11, 23, 8, 15, tzinfo=UTC),
        currency="EUR",
        guest=None,
        email="erika@example.org",
        first_name="Erika",
        last_name="Muster",
        billing_name="Erika Muster",
        billing_street="Hauptstraße 5",
        billing_zip="01067",
        billing_city="Dresden",
        billing_country="DE",
        payment_code="invoice",
        payment_excl=ZERO,
        payment_incl=ZERO,
        payment_tax_rate=None,
        shipping_code="core|1|1",
        shipping_excl=Decimal("4.12"),
        shipping_incl=Decimal("4.90"),
        shipping_tax_rate=Decimal(19),
        discount_excl=ZERO,
        discount_incl=ZERO,
        gift_card=None,
        total_excl=Decimal("20.93"),
        total_incl=Decimal("24.90"),
        lines=(line,),
        taxes=(OrderTax("MwSt", Decimal(19), Decimal("3.19")),),
    )


def _with_line(**values: Any) -> Order:
    order = example()
    return order._replace(lines=(order.lines[0]._replace(**values),))


def _tax_free(**values: Any) -> Order:
    order = example()
    net = order.lines[0]._replace(
        unit_price_incl=order.lines[0].unit_price_excl, total_incl=Decimal("16.81"), tax_rate=ZERO
    )
    shipping = {"shipping_incl": order.shipping_excl, "shipping_tax_rate": ZERO, "total_incl": order.total_excl}
    return order._replace(lines=(net,), taxes=(), **(shipping | values))


MODULE = Module(
    name="order_import",
    de="Bestellimport",
    en="Order import",
    summary_de="Bestellungen des Shops mit Kunde, Konditionen, Positionen und Steuern werden zu Belegen in Sage.",
    summary_en="Orders of the shop with customer, terms, lines and taxes become documents in Sage.",
    record=Order,
    key=order_key,
    lands=Side.SAGE,
    example=example,
    options=OrderOptions,
    prepare=prepare,
    rules=(
        Rule((FOREIGN_CURRENCY,), check_currency, lambda: example()._replace(currency="USD")),
        Rule((TOO_OLD,), check_age, lambda: example()._replace(ordered_at=datetime(1999, 12, 31, tzinfo=UTC))),
        Rule((FROM_SAGE,), check_origin, lambda: example()._replace(comment=mark("VVA", "2026-10001"))),
        Rule((CANCELLED, WAITING), check_status, lambda: example()._replace(status="cancelled")),
        Rule((NO_BUYER,), check_buyer, lambda: example()._replace(email="", billing_name="", last_name="")),
        Rule((LINE_SUM, NO_PRICE, NO_QUANTITY), check_lines, lambda: _with_line(total_incl=Decimal("18.00"))),
        Rule((ORDER_SUM, NO_TOTAL, NO_PRICE), check_sums, lambda: example()._replace(total_incl=Decimal("29.90"))),
        Rule(
            (BAD_VAT, NO_VAT, TAXED),
            check_taxation,
            lambda: _tax_free(delivery_country="AT", delivery_city="Wien", vat_number="ATU13585628"),
        ),
        Rule((GIFT_CARD,), check_gift_card, lambda: example()._replace(gift_card=Decimal("10.00"))),
        Rule(
            (TAX_SUM,), check_taxes, lambda: example()._replace(taxes=(OrderTax("MwSt", Decimal(7), Decimal("1.31")),))
        ),
    ),
    references=(
        Reference("article", UNKNOWN_ARTICLE, _articles),
        Reference("tax", UNKNOWN_TAX, _taxes),
        Reference("customer", UNKNOWN_CUSTOMER, lambda order: [("customer_number", order.customer_number)]),
        Reference("payment", UNKNOWN_PAYMENT, lambda order: [("payment_code", order.payment_code)]),
        Reference("shipping", UNKNOWN_SHIPPING, lambda order: [("shipping_code", order.shipping_code)]),
    ),
    changed="hold",
    pull="orders",
    answer=answer,
    aliases=("orders", "bestellungen", "order"),
)
