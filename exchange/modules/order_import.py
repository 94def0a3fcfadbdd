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
from exchange.trade.marks import mark, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.shop import ShopView

ZERO = Decimal(0)

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
    remedy_de="Ergänzen Sie sie in exchange.toml unter [sage.orders.payment].",
    remedy_en="Add it to exchange.toml under [sage.orders.payment].",
)
UNKNOWN_SHIPPING = kind(
    "order_import.unknown_shipping",
    de="Die Versandart „{value}“ ist keiner Versandart von Sage zugeordnet.",
    en="The shipping method “{value}” is not mapped to one of Sage.",
    remedy_de="Ergänzen Sie sie in exchange.toml unter [sage.orders.shipping].",
    remedy_en="Add it to exchange.toml under [sage.orders.shipping].",
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
LINE_SUM = kind(
    "order_import.line_sum",
    de="Menge x Preis - Rabatt ist {expected}, die Zeilensumme aber {actual} ({side}).",
    en="Quantity x price - discount is {expected}, but the line total is {actual} ({side}).",
    remedy_de="Prüfen Sie die Zeile im Shop; die Bestellung wurde nicht übernommen.",
    remedy_en="Check the line in the shop; the order was not taken over.",
)
ORDER_SUM = kind(
    "order_import.order_sum",
    de="Zeilen, Versand und Gebühr ergeben {expected}, die Bestellung nennt {actual} ({side}).",
    en="Lines, shipping and fee make {expected}, but the order says {actual} ({side}).",
    remedy_de="Prüfen Sie die Bestellung im Shop; sie wurde nicht übernommen.",
    remedy_en="Check the order in the shop; it was not taken over.",
)
TAX_SUM = kind(
    "order_import.tax_sum",
    de="Die Steuer zu {rate} % ist nach den Zeilen {expected}, nach der Steuersumme {actual}.",
    en="The tax at {rate} % is {expected} by the lines and {actual} by the tax totals.",
    remedy_de="Prüfen Sie die Steuersätze der Zeilen im Shop.",
    remedy_en="Check the tax rates of the lines in the shop.",
)
NO_PRICE = kind(
    "order_import.no_price",
    de="Die Zeile nennt weder Preis noch Summe ({side}).",
    en="The line has neither price nor total ({side}).",
    remedy_de="Ergänzen Sie Einzelpreis oder Zeilensumme; ein fehlender Preis ist nicht null.",
    remedy_en="Add the unit price or the line total; a missing price is not zero.",
)
NO_TOTAL = kind(
    "order_import.no_total",
    de="Die Bestellung nennt keine Summe, weder netto noch brutto.",
    en="The order names no total, neither without nor with tax.",
    remedy_de="Ergänzen Sie die Summe; ohne sie lässt sich nicht prüfen, ob die Bestellung vollständig ist.",
    remedy_en="Add the total; without it nobody can tell whether the order is complete.",
)
FROM_SAGE = kind(
    "order_import.from_sage",
    de="Die Bestellung kam aus Sage („{value}“) und steht dort schon.",
    en="The order came from Sage (“{value}”) and is there already.",
    remedy_de="Nichts zu tun: der Bestellexport hat sie in den Shop gebracht.",
    remedy_en="Nothing to do: the order export brought it into the shop.",
)
NO_QUANTITY = kind(
    "order_import.no_quantity",
    de="Die Menge ist null.",
    en="The quantity is zero.",
    remedy_de="Entfernen Sie die Zeile oder nennen Sie die Menge.",
    remedy_en="Remove the line or give the quantity.",
)
NO_BUYER = kind(
    "order_import.no_buyer",
    de="Die Bestellung nennt weder Kundennummer noch E-Mail noch Namen.",
    en="The order names neither customer number nor e-mail nor name.",
    remedy_de="Ergänzen Sie, wer bestellt hat.",
    remedy_en="Add who ordered.",
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
    document_metafield: str = Field(
        "sage_document", description="Metafield of the shop's order that gets the number of the document; empty: none."
    )
    status: str = Field("", description="Status that an order gets in the shop once it is in Sage; empty: it is kept.")
    custom_status: int | None = Field(None, description="Id of the shop's own status that it gets; empty: it is kept.")

    currencies: tuple[str, ...] = Field(
        ("EUR",),
        description="Currencies that are taken over; the first is used where an order names none (the shop's API does not).",
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


def check_lines(order: Order, options: OrderOptions) -> Iterator[Finding]:
    """Quantity x unit price - discount = line total, on each side that lines have; the unit price may be rounded."""
    with_excl = any(line.total_excl is not None for line in order.lines)
    with_incl = any(line.total_incl is not None for line in order.lines)
    neither = not (with_excl or with_incl)
    for index, line in enumerate(order.lines):
        quantity = line.quantity
        if not quantity:
            yield found(NO_QUANTITY, Locator(field=f"lines[{index}].quantity"))
            continue
        # A shop shows unit prices with two decimals: half a cent a piece may be lost.
        allowed = options.tolerance + abs(quantity) * HALF_CENT
        for side, asked, unit, discount, total in (
            ("excl", with_excl or neither, line.unit_price_excl, line.discount_excl, line.total_excl),
            ("incl", with_incl or neither, line.unit_price_incl, line.discount_incl, line.total_incl),
        ):
            if total is None:
                if asked:
                    yield found(NO_PRICE, Locator(field=f"lines[{index}].total_{side}"), side=_side(side))
                continue
            if unit is None:
                continue
            expected = quantity * unit - discount if discount else quantity * unit
            if expected != total and abs(expected - total) > allowed:
                yield found(
                    LINE_SUM,
                    Locator(field=f"lines[{index}].total_{side}"),
                    expected=expected.quantize(CENT),
                    actual=total,
                    side=_side(side),
                )


CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")


def _side(side: str) -> str:
    return "netto / excl. tax" if side == "excl" else "brutto / incl. tax"


def check_sums(order: Order, options: OrderOptions) -> Iterator[Finding]:
    """Lines + shipping + payment fee - discount = total, on each side that has one; one of them must have."""
    if order.total_excl is None and order.total_incl is None:
        yield found(NO_TOTAL, Locator(field="total_incl"))
    for side, lines, shipping, payment, discount, total in (
        (
            "excl",
            [line.total_excl for line in order.lines],
            order.shipping_excl,
            order.payment_excl,
            order.discount_excl,
            order.total_excl,
        ),
        (
            "incl",
            [line.total_incl for line in order.lines],
            order.shipping_incl,
            order.payment_incl,
            order.discount_incl,
            order.total_incl,
        ),
    ):
        amounts = [amount for amount in lines if amount is not None]
        if total is None or len(amounts) < len(lines):
            if total is not None and not amounts:
                yield found(NO_PRICE, Locator(field=f"lines[0].total_{side}"), side=_side(side))
            continue  # of a single line it is told there
        expected = sum(amounts, ZERO) + (shipping or ZERO) + (payment or ZERO) - (discount or ZERO)
        if abs(expected - total) > options.tolerance:
            yield found(ORDER_SUM, Locator(field=f"total_{side}"), expected=expected, actual=total, side=_side(side))


def check_taxes(order: Order, options: OrderOptions) -> Iterator[Finding]:
    """Where the shop gives tax totals per rate, they must be those of the lines."""
    if not order.taxes:
        return
    by_lines: dict[Decimal, Decimal] = {}
    for line in order.lines:
        if line.total_excl is None or line.total_incl is None or line.tax_rate is None:
            return
        by_lines[line.tax_rate] = by_lines.get(line.tax_rate, ZERO) + line.total_incl - line.total_excl
    by_shop: dict[Decimal, Decimal] = {}
    for tax in order.taxes:
        rate = tax.rate or ZERO
        by_shop[rate] = by_shop.get(rate, ZERO) + (tax.amount or ZERO)
    # Each line rounds both of its totals to the cent.
    tolerance = options.tolerance + CENT * len(order.lines)
    for rate in sorted(by_lines.keys() | by_shop.keys()):
        expected, actual = by_lines.get(rate, ZERO), by_shop.get(rate, ZERO)
        if abs(expected - actual) > tolerance:
            yield found(TAX_SUM, Locator(field="taxes"), rate=rate, expected=expected, actual=actual)


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
        total_excl=Decimal("20.93"),
        total_incl=Decimal("24.90"),
        lines=(line,),
        taxes=(OrderTax("MwSt", Decimal(19), Decimal("3.19")),),
    )


def _with_line(**values: Any) -> Order:
    order = example()
    return order._replace(lines=(order.lines[0]._replace(**values),))


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
        Rule((NO_BUYER,), check_buyer, lambda: example()._replace(email="", billing_name="", last_name="")),
        Rule((LINE_SUM, NO_PRICE, NO_QUANTITY), check_lines, lambda: _with_line(total_incl=Decimal("18.00"))),
        Rule((ORDER_SUM, NO_TOTAL, NO_PRICE), check_sums, lambda: example()._replace(total_incl=Decimal("29.90"))),
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
