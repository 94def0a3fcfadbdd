"""DHL / DELISprint: delivery notes of Sage become the files that a carrier's program takes (`formats.md` 1).

A shipment goes to its carrier once. When the delivery note changes afterwards, the label may be printed already: the
change waits for a decision.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from exchange.carriage import address
from exchange.carriage.carriers import CARRIERS, Carrier
from exchange.carriage.delivery_notes import BLANK, Chosen, delivery_notes
from exchange.consignment import Consignment
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Rule, Side
from exchange.records.shipment import Shipment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.connector import SageSource

UNKNOWN_CARRIER = kind(
    "shipping.unknown_carrier",
    de="Den Frachtführer „{value}“ kennt dieses Programm nicht; bekannt sind {known}.",
    en="This program does not know the carrier “{value}”; it knows {known}.",
    remedy_de="Ordnen Sie die Versandart unter modules.shipping.methods einem bekannten Frachtführer zu.",
    remedy_en="Map the shipping method to a known carrier in modules.shipping.methods.",
)
POST_BOX = kind(
    "shipping.post_box",
    de="{carrier} stellt nicht an das Postfach „{value}“ zu.",
    en="{carrier} does not deliver to the post box “{value}”.",
    remedy_de="Tragen Sie eine Hausanschrift ein.",
    remedy_en="Enter a street address.",
)
NO_LOCKER = kind(
    "shipping.no_locker",
    de="{carrier} stellt nicht an „{value}“ zu.",
    en="{carrier} does not deliver to “{value}”.",
    remedy_de="Versenden Sie mit DHL, oder tragen Sie eine Hausanschrift ein.",
    remedy_en="Ship with DHL, or enter a street address.",
)
NO_POST_NUMBER = kind(
    "shipping.no_post_number",
    de="Für „{value}“ fehlt die Postnummer des Empfängers.",
    en="The recipient's post number is missing for “{value}”.",
    remedy_de="Tragen Sie die Postnummer (6 bis 10 Ziffern) in den Adresszusatz ein.",
    remedy_en="Enter the post number (6 to 10 digits) in the address extra.",
)
NO_HOUSE_NUMBER = kind(
    "shipping.no_house_number",
    de="Aus „{value}“ lässt sich keine Hausnummer lesen; {carrier} verlangt sie.",
    en="No house number can be read from “{value}”; {carrier} demands one.",
    remedy_de="Trennen Sie die Hausnummer durch ein Leerzeichen ab, oder setzen Sie modules.shipping.missing_house_number.",
    remedy_en="Separate the house number with a blank, or set modules.shipping.missing_house_number.",
)
TOO_LONG = kind(
    "shipping.too_long",
    de="„{value}“ ist länger als die {limit} Zeichen, die {carrier} annimmt, und wird gekürzt.",
    en="“{value}” is longer than the {limit} characters that {carrier} takes, and will be cut.",
    remedy_de="Kürzen Sie die Angabe im Lieferschein.",
    remedy_en="Shorten it in the delivery note.",
    severity=Severity.WARNING,
)
NO_WEIGHT = kind(
    "shipping.no_weight",
    de="Das Gewicht fehlt oder ist nicht größer als null.",
    en="The weight is missing or not above zero.",
    remedy_de="Pflegen Sie die Gewichte der Artikel, oder setzen Sie modules.shipping.default_weight_kg.",
    remedy_en="Maintain the weights of the articles, or set modules.shipping.default_weight_kg.",
)
NO_PARCELS = kind(
    "shipping.no_parcels",
    de="{value} Pakete können nicht versandt werden.",
    en="{value} parcels cannot be shipped.",
    remedy_de="Geben Sie mindestens ein Paket an.",
    remedy_en="Give at least one parcel.",
)

_GRAM = Decimal("0.001")


class Sender(BaseModel):
    """Whose parcels they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name1: str = ""
    name2: str = ""
    street: str = ""
    house_number: str = ""
    zip: str = ""
    city: str = ""
    country: str = "DE"
    email: str = ""
    phone: str = ""


class ShippingOptions(Options):
    """Settings of the shipping."""

    kinds: tuple[str, ...] = Field(("VLL",), description="Kinds of documents (Belegkennzeichen) that are shipped.")
    days: int = Field(14, ge=1, description="Delivery notes of so many days are looked at.")
    methods: dict[str, str] = Field(
        {"DHL": "dhl", "DPD": "dpd"},
        description="Carrier per shipping code of Sage (Versand); others are not shipped here.",
    )
    products: dict[str, str] = Field(
        {"dhl.DE": "V01PAK", "dhl.*": "V53WPAK", "dpd.*": "NP, B2C, PAN", "dpd.small": "SP, B2C, PAN"},
        description="Product per carrier and country; `CARRIER.small` for light parcels, `CARRIER.*` for all others.",
    )
    small_below_kg: Decimal = Field(Decimal(3), ge=0, description="A single parcel below this weight is small.")
    accounts: dict[str, str] = Field({}, description="Billing number (Abrechnungsnummer) per product, or `*`.")
    sender: Sender = Field(Sender(), description="Sender of the parcels.")
    profiles: dict[str, str] = Field({}, description="Profile of the carrier's file, where it is not the usual one.")
    missing_house_number: str = Field(
        "",
        max_length=5,
        description='Stands in for a house number that a carrier demands and nobody knows, such as "_".',
    )
    default_weight_kg: Decimal | None = Field(None, gt=0, description="Weight where the delivery note has none.")
    cash_on_delivery: tuple[str, ...] = Field((), description="Shipping codes of Sage that mean cash on delivery.")
    parcels_column: str = Field("", description="Own column of KHKVKBelege with the number of parcels; otherwise 1.")


def collect(source: SageSource, options: ShippingOptions) -> Iterator[Shipment]:
    """Delivery notes of the last days that go with a known carrier, to their delivery address."""
    chosen = Chosen(options.kinds, timedelta(days=options.days), options.methods)
    return delivery_notes(source, chosen, options.cash_on_delivery, options.parcels_column)


# --- what the settings and the carrier's rules add -------------------------------------------------------------------


def prepare(record: Shipment, options: ShippingOptions) -> Shipment:
    """Take the street apart, move long names on, fill sender, product and billing number."""
    carrier = CARRIERS.get(record.carrier)
    if carrier is None:
        return record
    record = _addressed(record, carrier, options)
    weight = record.weight_kg or options.default_weight_kg
    parcels = 1 if record.parcels is None else record.parcels
    record = record._replace(weight_kg=weight, parcels=parcels)
    product = record.product or _product(record, options)
    account = record.account or options.accounts.get(product, options.accounts.get("*", ""))
    record = record._replace(product=product, account=account)
    if record.sender_name1:
        return record
    return record._replace(**{f"sender_{name}": value for name, value in options.sender.model_dump().items()})


def _addressed(record: Shipment, carrier: Carrier, options: ShippingOptions) -> Shipment:
    line = address.Line(record.street, record.house_number)
    locker = address.is_locker(f"{record.street} {record.house_number}".strip())
    if not record.house_number and (carrier.house_number or locker):
        line = address.split(record.street, record.country)
    extra = " ".join(each for each in (record.address_extra, line.extra) if each)
    post_number = record.post_number
    if locker and not post_number:
        post_number = address.post_number(record.address_extra, record.name2, record.contact)
        extra = "" if post_number and post_number in extra else extra
    street = line.street if carrier.house_number or locker else " ".join(filter(None, (line.street, line.number)))
    number = line.number or (options.missing_house_number if carrier.house_number else "")
    names = (record.name1, post_number if locker else record.name2, record.name3)
    (name1, name2, name3), over = address.fitted(names, carrier.name_length)
    # What found no place stays at the last name, so that a rule can tell of it.
    name3 = f"{name3} {over}".strip()
    return record._replace(
        name1=name1,
        name2=name2,
        name3=name3,
        street=street,
        house_number=number if carrier.house_number or locker else "",
        address_extra=extra,
        post_number=post_number,
    )


def _product(record: Shipment, options: ShippingOptions) -> str:
    small = record.parcels == 1 and record.weight_kg is not None and record.weight_kg < options.small_below_kg
    keys = (*(["small"] if small else []), record.country, "*")
    return next(
        (options.products[f"{record.carrier}.{key}"] for key in keys if f"{record.carrier}.{key}" in options.products),
        "",
    )


# --- rules -----------------------------------------------------------------------------------------------------------


def _known(record: Shipment, _options: ShippingOptions) -> Iterator[Finding]:
    if record.carrier not in CARRIERS:
        yield found(UNKNOWN_CARRIER, Locator(field="carrier"), value=record.carrier, known=", ".join(CARRIERS))


def _deliverable(record: Shipment, _options: ShippingOptions) -> Iterator[Finding]:
    carrier = CARRIERS.get(record.carrier)
    if carrier is None:
        return
    at = Locator(field="street")
    line = f"{record.street} {record.house_number}".strip()
    if address.is_locker(line):
        if not carrier.lockers:
            yield found(NO_LOCKER, at, value=line, carrier=carrier.title)
        elif not record.post_number:
            yield found(NO_POST_NUMBER, Locator(field="post_number"), value=line)
    elif address.is_post_box(line):
        if not carrier.post_boxes:
            yield found(POST_BOX, at, value=line, carrier=carrier.title)
    elif carrier.house_number and not record.house_number:
        yield found(NO_HOUSE_NUMBER, at, value=line, carrier=carrier.title)


def _fits(record: Shipment, _options: ShippingOptions) -> Iterator[Finding]:
    carrier = CARRIERS.get(record.carrier)
    if carrier is None:
        return
    limits = (
        *((name, carrier.name_length) for name in ("name1", "name2", "name3")),
        ("street", carrier.street_length),
        ("house_number", carrier.number_length),
        ("city", carrier.city_length),
    )
    for name, limit in limits:
        value = getattr(record, name)
        if len(value) > limit:
            yield found(TOO_LONG, Locator(field=name), value=value, limit=limit, carrier=carrier.title)


def _weighed(record: Shipment, _options: ShippingOptions) -> Iterator[Finding]:
    if record.weight_kg is None or record.weight_kg <= 0:
        yield found(NO_WEIGHT, Locator(field="weight_kg"))
    if record.parcels is not None and record.parcels < 1:
        yield found(NO_PARCELS, Locator(field="parcels"), value=record.parcels)


def route(record: Shipment, options: ShippingOptions) -> str:
    """The form of the carrier's file."""
    return options.profiles.get(record.carrier, CARRIERS[record.carrier].profile)


def rows(record: Shipment) -> Iterator[Shipment]:
    """A row for every parcel, where the carrier wants it so: the weight is shared, cash is collected once."""
    number = record.parcels or 1
    if number == 1 or not CARRIERS[record.carrier].row_per_parcel:
        yield record
        return
    weight = record.weight_kg and (record.weight_kg / number).quantize(_GRAM, ROUND_UP)
    for index in range(number):
        row = record._replace(parcels=1, weight_kg=weight)
        yield row._replace(cod_amount=None, cod_purpose="") if index else row


def consignment(record: Shipment) -> Consignment:
    """Whom the parcel numbers are to be told, once the carrier has given them."""
    names = ("reference", "order_number", "carrier", "email", "language", "zip")
    return Consignment(name=record.contact or record.name1, **{name: getattr(record, name) for name in names})


def example() -> Shipment:
    """A parcel to Munich."""
    return BLANK._replace(
        reference="VLL-2026-10001",
        shipped_on=date(2026, 11, 23),
        order_number="ORD00018",
        customer_number="D100001",
        carrier="dhl",
        product="V01PAK",
        account="33333333330101",
        name1="Käufer & Söhne KG",
        street="Übergasse",
        house_number="7",
        zip="80331",
        city="München",
        country="DE",
        email="ap@kaeufer.example",
        language="DE",
        weight_kg=Decimal("2.35"),
        parcels=1,
        sender_name1="Muster Werkzeuge GmbH",
        sender_street="Werkstr.",
        sender_house_number="1",
        sender_zip="70173",
        sender_city="Stuttgart",
        sender_country="DE",
    )


def _but(**values: Any) -> Shipment:
    return example()._replace(**values)


MODULE = Module(
    name="shipping",
    de="Versand (DHL / DELISprint)",
    en="Shipping (DHL / DELISprint)",
    summary_de="Lieferscheine aus Sage werden zu den Dateien, die DELISprint und das DHL-Portal einlesen.",
    summary_en="Delivery notes of Sage become the files that DELISprint and DHL's portal take.",
    record=Shipment,
    key=lambda record: str(record.reference),
    lands=Side.SHOP,
    example=example,
    options=ShippingOptions,
    prepare=prepare,
    rules=(
        Rule((UNKNOWN_CARRIER,), _known, lambda: _but(carrier="ups")),
        Rule((POST_BOX,), _deliverable, lambda: _but(street="Postfach 1234", house_number="")),
        Rule((NO_LOCKER,), _deliverable, lambda: _but(carrier="dpd", street="Packstation", house_number="145")),
        Rule((NO_POST_NUMBER,), _deliverable, lambda: _but(street="Packstation", house_number="145")),
        Rule((NO_HOUSE_NUMBER,), _deliverable, lambda: _but(street="Am Markt", house_number="")),
        Rule((TOO_LONG,), _fits, lambda: _but(city="x" * 60)),
        Rule((NO_WEIGHT,), _weighed, lambda: _but(weight_kg=None)),
        Rule((NO_PARCELS,), _weighed, lambda: _but(parcels=0)),
    ),
    collect=collect,
    route=route,
    rows=rows,
    consignment=consignment,
    window=True,
    changed="hold",
    aliases=("shipments", "versand", "lieferungen"),
)
