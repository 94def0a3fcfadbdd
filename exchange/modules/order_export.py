"""Bestellexport B2B: phone, fax and mail orders entered in Sage stand in the shop account of their customer.

An order that came from the shop stands there already and is left out. How the others come there is a setting,
`modules.order_export.means` (`lightspeed-ecom.md` 2.22, 5):

    quote       an order of the shop, made out of a quote: all pages, mails and reports of the shop know it. Whether the
                shop takes a price of ours for the line of a quote is not sure; it is looked at afterwards, and the agreed
                prices stand in the metafield `sage_document` of the order in any case
    metafield   the orders stand in the metafield `orders` of the customer, for the theme; the shop has no order
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import func

from exchange import khk
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.sales_document import DocumentLine, DocumentTax, SalesDocument
from exchange.shop import Json, Listed, Part, Ref, metafield, variant
from exchange.trade import accounts, cart, deals, documents
from exchange.trade.amounts import ZERO
from exchange.trade.deals import CANCELLED, DELIVERED, OPEN
from exchange.trade.marks import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement

    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "order_export.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; der Auftrag wartet darauf. Ist es kein Artikel des Shops, setzen Sie"
    ' means = "metafield".',
    remedy_en="Transfer the article first; the order waits for it. If the shop does not sell it, set"
    ' means = "metafield".',
    severity=Severity.WARNING,
)
UNKNOWN_STATUS = kind(
    "order_export.unknown_status",
    de="Der Status „{value}“ ist nicht bekannt; bekannt sind: offen, geliefert, storniert.",
    en="The status “{value}” is not known; known are: open, delivered, cancelled.",
    remedy_de="Berichtigen Sie den Status in der Datei.",
    remedy_en="Correct the status in the file.",
)
FROM_SHOP = kind(
    "order_export.from_shop",
    de="Der Auftrag kam aus dem Shop („{value}“) und steht dort schon.",
    en="The order came from the shop (“{value}”) and is there already.",
    remedy_de="Nichts zu tun; das Muster der Bestellnummern steht in modules.order_export.shop_number.",
    remedy_en="Nothing to do; the pattern of its order numbers is modules.order_export.shop_number.",
)
NO_PIECES = kind(
    "order_export.no_pieces",
    de="Die Menge {value} kann der Shop nicht führen: er kennt nur ganze Stück, mindestens eines.",
    en="The shop cannot hold the quantity {value}: it knows whole pieces only, one at least.",
    remedy_de='Geben Sie die Menge in ganzen Einheiten an, oder setzen Sie modules.order_export.means = "metafield".',
    remedy_en='Give the quantity in whole units, or set modules.order_export.means = "metafield".',
)
NO_PRICE = kind(
    "order_export.no_price",
    de="Die Zeile nennt weder Einzelpreis noch Summe.",
    en="The line has neither a unit price nor a total.",
    remedy_de="Ergänzen Sie den Preis; ein fehlender Preis ist nicht null.",
    remedy_en="Add the price; a missing price is not zero.",
)
FOREIGN_CURRENCY = kind(
    "order_export.foreign_currency",
    de="Der Auftrag ist in {currency}; der Shop führt nur {allowed}.",
    en="The order is in {currency}; the shop holds {allowed} only.",
    remedy_de='Setzen Sie modules.order_export.means = "metafield", oder ergänzen Sie die Währung in currencies.',
    remedy_en='Set modules.order_export.means = "metafield", or add the currency to currencies.',
)
NO_LINES = kind(
    "order_export.no_lines",
    de="Der Auftrag hat keine Position mit einem Artikel.",
    en="The order has no line with an article.",
    remedy_de="Ergänzen Sie die Positionen.",
    remedy_en="Add the lines.",
)

#: What the shop calls them (`lightspeed-ecom.md` 2.18).
STATUSES: Mapping[Literal["open", "delivered", "cancelled"], str] = {
    "open": "processing_awaiting_shipment",
    "delivered": "completed_shipped",
    "cancelled": "cancelled",
}
#: How people and other programs write a status.
SPELLED = {
    "": OPEN, "offen": OPEN, "in bearbeitung": OPEN,
    "geliefert": DELIVERED, "erledigt": DELIVERED, "completed": DELIVERED, "shipped": DELIVERED,
    "storniert": CANCELLED, "canceled": CANCELLED,
}  # fmt: skip


class OrderExportOptions(Options):
    """Settings of the order export."""

    means: Literal["quote", "metafield"] = Field(
        "quote",
        description="How an order comes into the account: as an order of the shop (by a quote), or in the metafield"
        " `orders` of the customer, for the theme.",
    )
    kinds: tuple[str, ...] = Field(("VVA",), description="Documents of Sage that are orders (Belegkennzeichen).")
    days: int = Field(90, ge=1, description="Orders of so many days are looked at; older ones keep their last status.")
    since: date = Field(date(2000, 1, 1), description="Orders before this day are left out.")
    customers: Literal["linked", "all"] = Field(
        "linked", description="Whose orders: of customers with a number of the shop (WSKdNr), or of all."
    )
    from_shop: dict[str, str] = Field(
        {"WSBestellNr": "_%", "Matchcode": "Webshop %"},
        description="What tells that an order came from the shop: column of KHKVKBelege and its LIKE pattern.",
    )
    shop_number: str = Field(
        "ORD[0-9]*",
        description="Pattern of the shop's order numbers: such an order is never brought there; empty: none.",
    )
    delivered_kinds: tuple[str, ...] = Field(
        ("VLL", "VFR", "VSD"), description="A later document of these kinds in the same deal: delivered."
    )
    cancelled_kinds: tuple[str, ...] = Field(
        ("VFS",), description="Where the latest document of the deal is of these kinds: cancelled."
    )
    statuses: dict[Literal["open", "delivered", "cancelled"], str] = Field(
        dict(STATUSES), description="Status of the shop for open, delivered and cancelled."
    )
    currencies: tuple[str, ...] = Field(
        ("EUR",), description="Currencies that an order of the shop may be in; the shop's prices have no other."
    )
    shipping_articles: tuple[str, ...] = Field(
        (), description="Patterns of article numbers that are shipping costs and no goods, such as FRACHT*."
    )
    shipping_title: str = Field("Versand laut Auftragsbestätigung", description="How the shop names the shipping.")
    payment_title: str = Field("Zahlung laut Auftragsbestätigung", description="How the shop names the payment.")
    notify: bool = Field(False, description="Whether the shop may write mails to the customer about these orders.")


# --- out of Sage -----------------------------------------------------------------------------------------------------


def collect(source: SageSource, options: OrderExportOptions) -> Iterator[SalesDocument]:
    """Orders of the window that did not come from the shop, with the status that follows from their deal.

    Whose account they are for says the customer in Sage alone: the e-mail address in a document is nobody's proof.
    """
    local = (source.now() - timedelta(days=options.days)).astimezone(source.zone).date()
    since = max(local, options.since)
    conditions = [*_not_from_shop(source, options), *accounts.not_one_off(source)]
    follows = deals.Follows(options.delivered_kinds, options.cancelled_kinds)
    states = deals.states(source, options.kinds, since, follows)
    emails = accounts.emails(source, linked=options.customers == "linked")
    for record in documents.read(source, options.kinds, since, conditions):
        if record.customer_number in emails and not _is_shop_number(record.order_number, options):
            status = states.get((record.kind, record.number), OPEN)
            yield record._replace(status=status, email=emails[record.customer_number])


def _not_from_shop(source: SageSource, options: OrderExportOptions) -> Iterator[ColumnElement[bool]]:
    present = source.columns(khk.BELEGE.name)
    for name, pattern in options.from_shop.items():
        if name.lower() in present:
            yield func.coalesce(khk.own(khk.BELEGE, name), "").not_like(pattern)


# --- what the shop is to have ----------------------------------------------------------------------------------------


def order_key(record: SalesDocument) -> str:
    """Numbers count anew for each kind."""
    return f"{record.kind}-{record.number}"


def prepare(record: SalesDocument, _options: OrderExportOptions) -> SalesDocument:
    """The status as this program writes it."""
    status = record.status.strip().casefold()
    return record._replace(status=SPELLED.get(status, status))


def parts(record: SalesDocument, view: ShopView) -> Iterator[Part]:
    """By the means that are set."""
    if view.options.means == "metafield":
        yield from _listed(record, view)
    else:
        yield from _order(record, view)


def _listed(record: SalesDocument, view: ShopView) -> Iterator[Part]:
    """One of the customer's orders, for as long as it is in the window."""
    ends = (record.dated_on or date.max - timedelta(days=view.options.days + 1)) + timedelta(days=view.options.days + 1)
    until_at = datetime.combine(ends, time(), ZoneInfo(view.settings.zone)).astimezone(UTC)
    customer = Ref("customer", record.customer_number)
    yield Part("customer", customer.key, {"email": record.email}, creates=False)
    yield metafield(customer, "orders", Listed((cart.document(record),)), until_at=until_at)


def _order(record: SalesDocument, view: ShopView) -> Iterator[Part]:
    """The order and, beside it, the document as it was agreed on."""
    options, order = view.options, Ref("order", order_key(record))
    name = mark(record.kind, record.number)
    quote = {
        "customer": Ref("customer", record.customer_number),
        "comment": name,
        "allowNotifications": options.notify,
        "shipmentTitle": options.shipping_title,
        "paymentTitle": options.payment_title,
        "lines": [
            {"variant": variant(*each), "quantity": pieces, "price": price}
            for each, (pieces, price) in cart.agreed(record, options.shipping_articles).items()
        ],
        "shipping": cart.shipping(record, options.shipping_articles),
        "gross": bool(record.gross),
    }
    fields = {
        "quote": quote,
        "memo": cart.memo(record, name),
        "status": {**STATUSES, **options.statuses}[record.status or OPEN],
        "shipmentStatus": {DELIVERED: "shipped", CANCELLED: "cancelled"}.get(record.status, "not_shipped"),
    }
    yield Part("customer", record.customer_number, {"email": record.email}, creates=False)
    yield Part("order", order.key, fields)
    yield metafield(order, "sage_document", Json(cart.document(record)))


# --- rules -----------------------------------------------------------------------------------------------------------


def _is_shop_number(number: str, options: OrderExportOptions) -> bool:
    return bool(options.shop_number) and fnmatchcase(number, options.shop_number)


def check_origin(record: SalesDocument, options: OrderExportOptions) -> Iterator[Finding]:
    """No second copy of an order that came from the shop."""
    if _is_shop_number(record.order_number, options):
        yield found(FROM_SHOP, Locator(field="order_number"), value=record.order_number)


def check_status(record: SalesDocument, _options: OrderExportOptions) -> Iterator[Finding]:
    """One of three."""
    if record.status not in ("", OPEN, DELIVERED, CANCELLED):
        yield found(UNKNOWN_STATUS, Locator(field="status"), value=record.status)


def check_currency(record: SalesDocument, options: OrderExportOptions) -> Iterator[Finding]:
    """An order of the shop cannot say that its amounts are in another one."""
    if options.means == "quote" and record.currency and record.currency not in options.currencies:
        allowed = ", ".join(options.currencies)
        yield found(FOREIGN_CURRENCY, Locator(field="currency"), currency=record.currency, allowed=allowed)


def check_lines(record: SalesDocument, options: OrderExportOptions) -> Iterator[Finding]:
    """Goods with a price, and whole pieces where the shop is to have an order."""
    if not any(each.article_number and not cart.is_shipping(each, options.shipping_articles) for each in record.lines):
        yield found(NO_LINES, Locator(field="lines"))
    for index, each in enumerate(record.lines):
        if not each.article_number:
            continue
        quantity = each.quantity or ZERO
        whole = quantity > 0 and quantity == quantity.to_integral_value()
        if options.means == "quote" and not whole and not cart.is_shipping(each, options.shipping_articles):
            yield found(NO_PIECES, Locator(field=f"lines[{index}].quantity"), value=quantity)
        if each.total is None and each.unit_price is None:
            yield found(NO_PRICE, Locator(field=f"lines[{index}].unit_price"))


def _articles(record: SalesDocument) -> Iterable[tuple[str, str]]:
    lines = enumerate(record.lines)
    return [(f"lines[{index}].article_number", each.article_number) for index, each in lines if each.article_number]


def example() -> SalesDocument:
    """A phone order of a business customer, at his own price."""
    empty = SalesDocument._make([""] * len(SalesDocument._fields))
    line = DocumentLine(
        1, "00200050", None, "", "Kaffeebecher blau", "", Decimal(12), "Stk", Decimal("6.90"), None,
        Decimal("82.80"), Decimal(19), None,
    )  # fmt: skip
    return empty._replace(
        kind="VVA",
        number="2026-10001",
        dated_on=date(2026, 11, 23),
        status=OPEN,
        customer_number="D100001",
        email="a.becker@morgenrot.example",
        billing_name1="Café Morgenrot",
        billing_country="DE",
        delivery_on=None,
        due_on=None,
        currency="EUR",
        language="DE",
        gross=False,
        discount=None,
        total_net=Decimal("82.80"),
        total_tax=Decimal("15.73"),
        total_gross=Decimal("98.53"),
        lines=(line,),
        taxes=(DocumentTax(Decimal(19), Decimal("82.80"), Decimal("15.73")),),
    )


def _with_line(**values: Any) -> SalesDocument:
    record = example()
    return record._replace(lines=(record.lines[0]._replace(**values),))


MODULE = Module(
    name="order_export",
    de="Bestellexport B2B",
    en="Order export B2B",
    summary_de="Aufträge per Telefon, Fax oder Mail aus Sage stehen mit vereinbarten Preisen im Shop-Konto des Kunden.",
    summary_en="Orders by phone, fax or mail, entered in Sage, stand in the customer's shop account at agreed prices.",
    record=SalesDocument,
    key=order_key,
    lands=Side.SHOP,
    example=example,
    options=OrderExportOptions,
    prepare=prepare,
    rules=(
        Rule((FROM_SHOP,), check_origin, lambda: example()._replace(order_number="ORD00018")),
        Rule((UNKNOWN_STATUS,), check_status, lambda: example()._replace(status="vielleicht")),
        Rule((FOREIGN_CURRENCY,), check_currency, lambda: example()._replace(currency="USD")),
        Rule((NO_LINES,), check_lines, lambda: example()._replace(lines=())),
        Rule((NO_PIECES,), check_lines, lambda: _with_line(quantity=Decimal("2.5"))),
        Rule((NO_PRICE,), check_lines, lambda: _with_line(unit_price=None, total=None)),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, _articles),),
    collect=collect,
    parts=parts,
    window=True,
    aliases=("phone_orders", "telefonbestellungen", "bestellexport"),
)
