"""Whether the tax of an order fits to where it goes, and what of it is paid already (`sage-100.md` 1.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.trade import vat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.records.order import Order

BAD_VAT = kind(
    "order_import.bad_vat_number",
    de="Die Lieferung nach {country} ist ohne Steuer, aber die USt-IdNr „{value}“ ist falsch (Form oder Prüfziffer).",
    en="The delivery to {country} is without tax, but the VAT number “{value}” is wrong (form or check digit).",
    remedy_de="Klären Sie die Nummer mit dem Kunden, und erfassen Sie die Bestellung dann von Hand.",
    remedy_en="Ask the customer for the number, and then enter the order by hand.",
    severity=Severity.HOLD,
)
NO_VAT = kind(
    "order_import.tax_free_without_vat_number",
    de="Die Lieferung nach {country} ist ohne Steuer, aber ohne USt-IdNr eines anderen EU-Landes („{value}“).",
    en="The delivery to {country} is without tax, but has no VAT number of another EU country (“{value}”).",
    remedy_de="Prüfen Sie die Steuer im Shop. Ist sie gewollt, setzen Sie modules.order_import.tax_free = true.",
    remedy_en="Check the tax in the shop. If it is intended, set modules.order_import.tax_free = true.",
    severity=Severity.HOLD,
)
TAXED = kind(
    "order_import.taxed_delivery",
    de="Die Lieferung nach {country} könnte ohne Steuer sein (USt-IdNr oder Ausfuhr), der Shop hat Steuer berechnet.",
    en="The delivery to {country} could be without tax (VAT number or export), but the shop charged tax.",
    remedy_de="Gebucht wird, was der Kunde bezahlt hat. Prüfen Sie die Steuereinstellungen des Shops.",
    remedy_en="What the customer paid is booked. Check the tax settings of the shop.",
    severity=Severity.WARNING,
)
GIFT_CARD = kind(
    "order_import.gift_card",
    de="{amount} der Summe {total} sind mit Geschenkkarten bezahlt.",
    en="{amount} of the total {total} is paid with gift cards.",
    remedy_de="Buchen Sie die Geschenkkarte als Zahlung; sage.orders.gift_cards zieht sie sonst im Beleg ab.",
    remedy_en="Book the gift card as a payment; otherwise sage.orders.gift_cards takes it off in the document.",
    severity=Severity.WARNING,
)


class TaxFree(Protocol):
    """The settings that the checks need: whether deliveries within the EU may be without tax and VAT number."""

    @property
    def tax_free(self) -> bool: ...


def is_taxed(order: Order) -> bool | None:
    """Whether the buyer pays tax: by the rates of the lines, else by the sums; None where neither tells."""
    rates = [line.tax_rate for line in order.lines if line.tax_rate is not None]
    if rates:
        return any(rates)
    incl, excl = order.total_incl, order.total_excl
    return None if incl is None or excl is None else incl != excl


def check_taxation(order: Order, options: TaxFree) -> Iterator[Finding]:
    """Whether the tax fits to where the delivery goes (`sage-100.md` 1.6)."""
    country = order.delivery_country or order.billing_country
    taxed = is_taxed(order)
    if country == vat.HOME or taxed is None:
        return
    number = vat.plain(order.vat_number)
    frees = vat.frees(number, country)
    at, shown = Locator(field="vat_number"), {"country": country, "value": order.vat_number}
    if taxed and (frees or (country not in vat.MEMBERS and _rate_of_home(order))):
        yield found(TAXED, at, **shown)
    elif not taxed and frees and not vat.is_valid(vat.prefixed(number, country)):
        yield found(BAD_VAT, at, **shown)
    elif not taxed and not frees and country in vat.MEMBERS and not options.tax_free:
        yield found(NO_VAT, at, **shown)


def _rate_of_home(order: Order) -> bool:
    """Whether a line has a tax rate of home: the receiving country may have its own."""
    return any(line.tax_rate in RATES_OF_HOME for line in order.lines)


#: Germany's tax rates.
RATES_OF_HOME = frozenset((Decimal(7), Decimal(19)))


def check_gift_card(order: Order, _options: Any) -> Iterator[Finding]:
    """What is paid already by a gift card."""
    if order.gift_card:
        yield found(GIFT_CARD, Locator(field="gift_card"), amount=order.gift_card, total=order.total_incl)
