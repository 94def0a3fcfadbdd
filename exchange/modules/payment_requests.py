"""Zahlungsaufforderung: a mail when money is due, reminders after it, and none once it is paid.

Each step is sent once per document. All steps lie in the spool until their day; payment or cancellation takes back
those that were not sent. Sage's tables of open items are not known (`sage-100.md`), so the merchant names the column
that says what is paid, or delivers a file of open items.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from exchange.finding import Finding, Locator, found, kind
from exchange.letter import Letter, LetterView
from exchange.module import Module, Options, Rule, Side
from exchange.records.payment_request import PaymentRequest
from exchange.trade.owed import owed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.connector import SageSource

NO_AMOUNT = kind(
    "payment_requests.no_amount",
    de="Der offene Betrag {value} ist nicht größer als null.",
    en="The amount due {value} is not above zero.",
    remedy_de="Melden Sie bezahlte Belege mit „Bezahlt“; Gutschriften gehören nicht in diese Liste.",
    remedy_en="Report paid documents as “Paid”; credit notes do not belong in this list.",
)
BAD_ADDRESS = kind(
    "payment_requests.bad_address",
    de="„{value}“ ist keine E-Mail-Adresse.",
    en="“{value}” is no e-mail address.",
    remedy_de="Berichtigen Sie die Adresse beim Kunden.",
    remedy_en="Correct the customer's address.",
)
FOREIGN_LINK = kind(
    "payment_requests.foreign_link",
    de="Der Zahlungslink „{value}“ führt nicht verschlüsselt zum eigenen Shop.",
    en="The pay link “{value}” does not lead to your own shop over https.",
    remedy_de="Nur der Zahlungslink des Shops ist erlaubt; seine Rechner stehen in modules.payment_requests.hosts.",
    remedy_en="Only the shop's own pay link is allowed; its hosts stand in modules.payment_requests.hosts.",
)


class ReminderStep(BaseModel):
    """One mail of the sequence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_days: int = Field(0, description="So many days after the due date; negative is before.")
    template: str = Field("payment_request", description="Template in templates/mail.")


class PaymentOptions(Options):
    """Settings of the payment requests."""

    steps: tuple[ReminderStep, ...] = Field(
        (ReminderStep(), ReminderStep(after_days=7, template="payment_reminder")),
        description="Mails in their order, such as [{after_days = 0, template = 'payment_request'}].",
    )
    hosts: tuple[str, ...] = Field((), description="Hosts that a pay link may lead to, such as shop.example.org.")
    bank: str = Field("", description="Bank details for the mail.")
    sender: str = Field("", description="Name under the mail.")
    link: str = Field(
        "",
        description="Form of the shop's pay link with {order} or {document}, such as https://shop.example.org/pay/{order}; "
        "empty: only links that files bring, and the bank details.",
    )
    kinds: tuple[str, ...] = Field(("VFR",), description="Documents of Sage that are to be paid (Belegkennzeichen).")
    credit_kinds: tuple[str, ...] = Field(
        ("VFG", "VFS"), description="Documents that take something off them: credit notes, cancellations."
    )
    ask_shop: bool = Field(
        True,
        description="Before a mail goes out, ask the shop (shop.way = api) whether the order is paid or cancelled.",
    )
    paid_column: str = Field(
        "",
        description="Own column of KHKVKBelege that is set (not 0, not empty) once a document is paid; empty: files only.",
    )
    days: int = Field(90, ge=1, description="Documents of so many days are looked at.")

    @field_validator("link")
    @classmethod
    def _is_filled(cls, value: str) -> str:
        if value:
            try:
                filled = value.format_map({"order": "1", "document": "1"})
            except (KeyError, IndexError, ValueError):
                raise ValueError("the placeholders are {order} and {document}") from None
            if filled == value:
                raise ValueError("{order} or {document} is missing")
        return value

    @field_validator("steps")
    @classmethod
    def _go_on(cls, value: tuple[ReminderStep, ...]) -> tuple[ReminderStep, ...]:
        days = [step.after_days for step in value]
        if days != sorted(set(days)):
            raise ValueError("each step comes later than the one before it (after_days)")
        return value


def collect(source: SageSource, options: PaymentOptions) -> Iterator[PaymentRequest]:
    """Documents with their due date and whether they are paid; none where no column tells that."""
    if not options.paid_column:
        return iter(())
    return owed(source, options.kinds, options.credit_kinds, options.paid_column, timedelta(days=options.days))


def prepare(record: PaymentRequest, options: PaymentOptions) -> PaymentRequest:
    """Fill the pay link, where the shop's has a fixed form."""
    if record.link or not (options.link and record.order_number):
        return record
    filled = {"order": record.order_number, "document": record.document}
    return record._replace(link=options.link.format_map({name: quote(each, safe="") for name, each in filled.items()}))


def letters(record: PaymentRequest, view: LetterView) -> Iterator[Letter]:
    """One letter per step, due in the morning of its day; none when it is paid or cancelled."""
    if record.paid or record.cancelled or record.due_on is None or record.amount is None:
        return
    language = "de" if record.language in ("", "DE") else record.language.lower()
    german = language == "de"
    values = {
        "document": record.document,
        "order": record.order_number,
        "salutation": f"Guten Tag {record.name}," if german else f"Dear {record.name},",
        "amount": _amount(record.amount, german=german),
        "currency": record.currency,
        "due_on": record.due_on.strftime("%d.%m.%Y") if german else record.due_on.isoformat(),
        "link": record.link,
        "bank": view.options.bank,
        "sender": view.options.sender,
    }
    order = record.order_number if view.options.ask_shop else ""
    days = 0
    for number, step in enumerate(view.options.steps, 1):
        morning = datetime.combine(
            record.due_on + timedelta(days=step.after_days), time(8), ZoneInfo(view.settings.zone)
        )
        after = timedelta(days=step.after_days - days)
        yield Letter(f"{number}", record.email, step.template, language, values, morning, after, order)
        days = step.after_days


def _amount(amount: Decimal, *, german: bool) -> str:
    text = f"{amount:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if german else text


# --- rules -----------------------------------------------------------------------------------------------------------


def _owed(record: PaymentRequest, _options: PaymentOptions) -> Iterator[Finding]:
    if record.amount is not None and record.amount <= 0 and not record.paid and not record.cancelled:
        yield found(NO_AMOUNT, Locator(field="amount"), value=record.amount)


def _addressed(record: PaymentRequest, _options: PaymentOptions) -> Iterator[Finding]:
    local, at, domain = record.email.rpartition("@")
    if not local or not at or "." not in domain or any(c.isspace() or c in ",;<>" for c in record.email):
        yield found(BAD_ADDRESS, Locator(field="email"), value=record.email)


def _linked(record: PaymentRequest, options: PaymentOptions) -> Iterator[Finding]:
    if not record.link:
        return
    link = urlsplit(record.link)
    allowed = {host.casefold() for host in options.hosts}
    if link.scheme != "https" or link.username or (link.hostname or "") not in allowed:
        yield found(FOREIGN_LINK, Locator(field="link"), value=record.link)


def example() -> PaymentRequest:
    """An invoice that is due."""
    return PaymentRequest(
        document="VFR-2026-10001",
        order_number="ORD00018",
        customer_number="D100001",
        name="Anna Becker",
        email="a.becker@morgenrot.example",
        language="DE",
        amount=Decimal("59.50"),
        currency="EUR",
        due_on=date(2026, 11, 23),
        paid=False,
        cancelled=False,
        link="",
    )


MODULE = Module(
    name="payment_requests",
    de="Zahlungsaufforderung",
    en="Payment requests",
    summary_de="Fällige und unbezahlte Belege werden per E-Mail angemahnt, je Stufe einmal, und nie mehr nach der Zahlung.",
    summary_en="Documents due and unpaid are asked for by mail, once per step, and never again after payment.",
    record=PaymentRequest,
    key=lambda record: str(record.document),
    lands=Side.MAIL,
    example=example,
    options=PaymentOptions,
    rules=(
        Rule((NO_AMOUNT,), _owed, lambda: example()._replace(amount=Decimal(0))),
        Rule((BAD_ADDRESS,), _addressed, lambda: example()._replace(email="a.becker")),
        Rule((FOREIGN_LINK,), _linked, lambda: example()._replace(link="https://böse.example/pay")),
    ),
    prepare=prepare,
    collect=collect,
    letters=letters,
    window=True,
    aliases=("payment_request", "zahlungsaufforderungen", "mahnungen"),
)
