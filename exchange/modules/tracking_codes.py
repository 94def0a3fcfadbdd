"""Trackingcode: parcel numbers out of the carriers' return files, or out of Sage, reach the shop's shipment.

An order of the shop has one shipment (`lightspeed-ecom.md` 2.20); all parcels of all deliveries of the order stand in
its tracking code, side by side. The reference that went to the carrier says which order it is.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from exchange.carriage.carriers import CARRIERS, LINKS, link
from exchange.carriage.notice import notice
from exchange.carriage.written import written_in_sage
from exchange.consignment import Consignment
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.tracking import Parcel, Tracking
from exchange.schedule import holiday_calendar
from exchange.shop import Gathered, Part, Ref, Withdrawn, joined, metafield

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exchange.connector import SageSource
    from exchange.letter import Letter, LetterView
    from exchange.shop import ShopView

NO_ORDER = kind(
    "tracking_codes.no_order",
    de="Die Referenz „{value}“ gehört zu keiner Bestellung des Shops; die Sendungsnummer wird dort nicht gezeigt.",
    en="The reference “{value}” belongs to no order of the shop; the parcel number is not shown there.",
    remedy_de="Nichts zu tun bei Aufträgen, die nicht aus dem Shop kommen; sonst berichtigen Sie die Referenz.",
    remedy_en="Nothing to do for orders that did not come from the shop; otherwise correct the reference.",
    severity=Severity.WARNING,
)
DAMAGED = kind(
    "tracking_codes.damaged_number",
    de="„{value}“ ist keine Paketnummer mehr: Excel hat sie in eine Zahl verwandelt.",
    en="“{value}” is no parcel number any more: Excel has turned it into a number.",
    remedy_de="Öffnen Sie die Rückdatei nicht mit Excel, sondern legen Sie das Original des Frachtführers ein.",
    remedy_en="Do not open the return file with Excel; put in the carrier's original.",
)
UNKNOWN_FORM = kind(
    "tracking_codes.unknown_form",
    de="„{value}“ sieht nicht aus wie eine Paketnummer von {carrier}.",
    en="“{value}” does not look like a parcel number of {carrier}.",
    remedy_de="Prüfen Sie die Nummer und den Frachtführer; sie wird trotzdem übertragen.",
    remedy_en="Check number and carrier; it is transferred all the same.",
    severity=Severity.WARNING,
)
TWICE = kind(
    "tracking_codes.twice",
    de="Die Paketnummer „{value}“ ist in dieser Sendung doppelt.",
    en="The parcel number “{value}” stands twice in this delivery.",
    remedy_de="Löschen Sie eine der beiden Zeilen.",
    remedy_en="Delete one of the two rows.",
)

#: Numbers that together are longer stand in a key by their digest.
_KEY_LENGTH = 64
#: What Excel makes of twenty digits.
_DAMAGED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)


class TrackingOptions(Options):
    """Settings of the tracking codes."""

    reference: str = Field(
        r"(?:(?P<order>[^/]+)/)?(?P<document>.+)",
        description="Regular expression of the reference that comes back; its group `order` is the shop's order number.",
    )
    mail: Literal["shop", "ours", "none"] = Field(
        "shop",
        description="Who tells the customer: the shop's own mail, ours (templates/mail/tracking_*), or nobody.",
    )
    sender: str = Field("", description="Name under our mail.")
    links: dict[str, str] = Field(
        {},
        description="Other links per carrier, with {number}, and {zip}, {language}, {locale} if needed; known are dhl, dpd, "
        "gls, ups and deutsche_post.",
    )
    later_numbers: Literal["add", "replace"] = Field(
        "add",
        description="What numbers of a later file mean: more parcels of the consignment, or all that it has.",
    )
    alarm_hours: float = Field(
        24,
        ge=0,
        description="An alert when a consignment has no number so many hours after it was handed over; 0: never.",
    )
    alarm_days: Literal["every day", "working days"] = Field(
        "working days", description="Whether the hours of Saturdays and Sundays count."
    )
    alarm_holidays: str = Field("", description="Public holidays whose hours do not count, such as DE-BY; empty: none.")
    kinds: tuple[str, ...] = Field(("VLL",), description="Documents of Sage whose numbers are read (tracking column).")
    column: str = Field(
        "", description="Own column of KHKVKBelege with the parcel numbers, several in one text; empty: files only."
    )
    carrier_column: str = Field("", description="Own column of KHKVKBelege with the carrier.")
    days: int = Field(30, ge=1, description="Documents of so many days are looked at.")

    @field_validator("links")
    @classmethod
    def _leads_somewhere(cls, value: dict[str, str]) -> dict[str, str]:
        for name, template in value.items():
            try:
                address = link(template, "1")
            except (KeyError, IndexError, ValueError):
                raise ValueError(
                    f"{name}: the placeholders are {{number}}, {{zip}}, {{language}}, {{locale}}"
                ) from None
            if urlsplit(address).scheme != "https" or address == template:
                raise ValueError(f"{name}: a link begins with https:// and has {{number}} in it")
        return value

    @field_validator("alarm_holidays")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value:
            holiday_calendar(value)
        return value

    @field_validator("reference")
    @classmethod
    def _compiles(cls, value: str) -> str:
        if "order" not in re.compile(value).groupindex:
            raise ValueError("the regular expression needs a group named `order`")
        return value


def collect(source: SageSource, options: TrackingOptions) -> Iterator[Tracking]:
    """Parcel numbers that somebody wrote into Sage's documents; none where no column is set."""
    if not options.column:
        return iter(())
    columns = {"numbers": options.column, "carrier": options.carrier_column}
    return written_in_sage(source, columns, options.kinds, timedelta(days=options.days))


def prepare(record: Tracking, options: TrackingOptions) -> Tracking:
    """Read the order number out of the reference, and the carrier out of the form of the numbers."""
    values: dict[str, Any] = {}
    if record.complete is None:
        values["complete"] = options.later_numbers == "replace"
    if not record.order_number:
        match = re.fullmatch(options.reference, record.reference)
        values["order_number"] = (match["order"] or "") if match else ""
    if not record.carrier:
        forms = [
            name
            for name, each in CARRIERS.items()
            if all(each.knows(_plain(one.parcel_number)) for one in record.parcels)
        ]
        values["carrier"] = forms[0] if len(forms) == 1 else ""
    return record._replace(**values) if values else record


def _plain(number: str) -> str:
    return number.replace(" ", "").upper()


def _numbers_of(record: Tracking) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(each.parcel_number) for each in record.parcels))


def key(record: Tracking) -> str:
    """The consignment; with its numbers where a file may bring more of them and takes none away."""
    if record.complete:
        return record.reference
    numbers = " ".join(sorted(_numbers_of(record)))
    if len(numbers) > _KEY_LENGTH:
        numbers = blake2b(numbers.encode(), digest_size=16).hexdigest()
    return joined(record.reference, numbers)


def consignment(record: Tracking) -> Consignment:
    """The numbers that the carrier gave, or takes back."""
    return Consignment(
        reference=record.reference,
        order_number=record.order_number,
        carrier=record.carrier,
        parcels=_numbers_of(record),
        complete=bool(record.complete),
        cancelled=bool(record.cancelled),
    )


def parts(record: Tracking, view: ShopView) -> Iterator[Part]:
    """Tracking code and state of the order's shipment; the carrier in a metafield. Cancelled numbers go away there."""
    if not record.order_number:
        return
    numbers = _numbers_of(record)
    if record.cancelled:
        yield Part("shipment", record.order_number, {"trackingCode": Withdrawn(numbers)}, creates=False)
        return
    tell = view.options.mail == "shop"
    fields: Mapping[str, Any] = {
        "trackingCode": Gathered(numbers),
        "status": "shipped",
        "doNotifyShipped": tell,
        "doNotifyTrackingCode": tell,
    }
    yield Part("shipment", record.order_number, fields, creates=False)
    if record.carrier in CARRIERS:
        yield metafield(Ref("shipment", record.order_number), "carrier", CARRIERS[record.carrier].title)


def letters(record: Tracking, view: LetterView) -> Iterator[Letter]:
    """One letter with the parcels that the customer was not told of before; in his language."""
    if view.options.mail != "ours" or record.cancelled:
        return
    told = consignment(record)
    known = view.recipient(record.reference) or told
    person = known._replace(
        order_number=record.order_number or known.order_number,
        carrier=record.carrier or known.carrier,
        email=record.email or known.email,
        language=record.language or known.language,
        zip=record.zip or known.zip,
        parcels=told.parcels,
    )
    yield notice(person, LINKS | view.options.links, view.options.sender)


# --- rules -----------------------------------------------------------------------------------------------------------


def _for_an_order(record: Tracking, _options: TrackingOptions) -> Iterator[Finding]:
    if not record.order_number:
        yield found(NO_ORDER, Locator(field="reference"), value=record.reference)


def _numbers(record: Tracking, _options: TrackingOptions) -> Iterator[Finding]:
    carrier = CARRIERS.get(record.carrier)
    seen: set[str] = set()
    for index, each in enumerate(record.parcels):
        at, number = Locator(field=f"parcels[{index}].parcel_number"), _plain(each.parcel_number)
        if _DAMAGED.fullmatch(number):
            yield found(DAMAGED, at, value=each.parcel_number)
        elif carrier is not None and not carrier.knows(number):
            yield found(UNKNOWN_FORM, at, value=each.parcel_number, carrier=carrier.title)
        if number in seen:
            yield found(TWICE, at, value=each.parcel_number)
        seen.add(number)


def example() -> Tracking:
    """Two parcels of one order."""
    return Tracking(
        reference="ORD00018/VLL-2026-10001",
        order_number="ORD00018",
        carrier="dhl",
        shipped_on=date(2026, 11, 23),
        email="",
        zip="",
        language="DE",
        cancelled=False,
        complete=False,
        parcels=(Parcel("00340434161094042557"), Parcel("00340434161094042564")),
    )


def _with(*numbers: str) -> Tracking:
    return example()._replace(parcels=tuple(map(Parcel, numbers)))


MODULE = Module(
    name="tracking_codes",
    de="Trackingcode",
    en="Tracking codes",
    summary_de="Paketnummern aus den Rückdateien der Frachtführer oder aus Sage stehen im Shop an der Sendung.",
    summary_en="Parcel numbers out of the carriers' return files, or of Sage, stand at the shipment in the shop.",
    record=Tracking,
    key=key,
    lands=Side.SHOP,
    example=example,
    options=TrackingOptions,
    prepare=prepare,
    rules=(
        Rule((NO_ORDER,), _for_an_order, lambda: example()._replace(order_number="", reference="VLL-2026-10001")),
        Rule((DAMAGED,), _numbers, lambda: _with("3,4E+18")),
        Rule((UNKNOWN_FORM,), _numbers, lambda: _with("12345")),
        Rule((TWICE,), _numbers, lambda: _with("00340434161094042557", "00340434 161094042557")),
    ),
    collect=collect,
    parts=parts,
    consignment=consignment,
    letters=letters,
    window=True,
    aliases=("tracking", "paketnummern", "sendungsnummern"),
)
