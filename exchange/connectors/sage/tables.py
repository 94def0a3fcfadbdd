"""Our own tables beside Sage's: what landed (effects), what waits for a Sage-side importer, and the sandbox's mark.

The waiting rows follow the pattern of Sage importers (`sage-100.md` section 6): `IstImportiert` is 0 until the importer
sets -1, `Fehlertext` is his.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text

from exchange import khk
from exchange.record import Field, Kind, schema
from exchange.records.customer import Customer

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA = MetaData()


def _key() -> Iterator[Column[Any]]:
    """Mandant and business key: one row for each record, whatever happens."""
    yield Column("Mandant", SmallInteger, primary_key=True, autoincrement=False)
    yield Column("Schluessel", String(255), primary_key=True)


def _waiting() -> Iterator[Column[Any]]:
    yield Column("IstImportiert", SmallInteger, nullable=False)
    yield Column("Fehlertext", String(1000))
    yield Column("Batch", String(64), nullable=False)
    yield Column("At", DateTime, nullable=False)
    yield Column("Kto", String(20))
    yield Column("Vorlagekunde", String(20))


#: What became of each record, written in the transaction of the effect itself. `At` is UTC.
EFFECT = Table(
    "ExchangeEffect",
    METADATA,
    Column("Mandant", SmallInteger, primary_key=True, autoincrement=False),
    Column("Modul", String(40), primary_key=True),
    Column("Schluessel", String(255), primary_key=True),
    Column("Fingerprint", LargeBinary(16), nullable=False),
    Column("Batch", String(64), nullable=False),
    Column("Ergebnis", String(10), nullable=False),
    Column("FremdId", String(120), nullable=False),
    Column("At", DateTime, nullable=False),
)

#: Only the sandbox has this table; it allows writing documents.
SANDBOX = Table("ExchangeSandbox", METADATA, Column("CreatedAt", DateTime, primary_key=True))

#: Columns of KHKVKBelege that a waiting order has under the same names.
_HEADER = (
    *("Belegkennzeichen", "Belegdatum", "Referenznummer", "Matchcode", "WKz", "Sprache", "Preiskennzeichen"),
    *("Besteuerung", "EULand", "EUUStID", "Versand", "Lieferbedingung"),
    *("Rabattbetrag1", "Rabatttext1", "Rabattbetrag2", "Rabatttext2", "Rabattbetrag3", "Rabatttext3"),
    *("Zwischensumme", "Nettobetrag", "Steuerbetrag", "Bruttobetrag", "Memo"),
    *(
        f"{role}{part}"
        for role in ("A0", "A1", "A2")
        for part in ("Anrede", "Name1", "Name2", "Zusatz", "Ansprechpartner", "Strasse", "Land", "PLZ", "Ort")
    ),
)


def _like(table: Table, *names: str) -> Iterator[Column[Any]]:
    return (Column(name, table.c[name].type) for name in names)


ORDER = Table(
    "ExchangeOrder",
    METADATA,
    *_key(),
    *_waiting(),
    Column("Bestellnummer", String(50), nullable=False),
    Column("ShopBestellId", String(50)),
    Column("ShopKundenId", String(50)),
    Column("EMail", String(255)),
    Column("Telefon", String(32)),
    Column("Zahlungsart", String(100)),
    Column("Zahlungsstatus", String(30)),
    Column("Versandart", String(100)),
    *_like(khk.BELEGE_ZKD, "Zahlungskond", "Inkassoart"),
    *_like(khk.BELEGE, *_HEADER),
)
ORDER_LINE = Table(
    "ExchangeOrderLine",
    METADATA,
    *_key(),
    Column("Index", Integer, primary_key=True, autoincrement=False),
    *_like(khk.BELEGE_POSITIONEN, "Artikelnummer", "Bezeichnung1", "Bezeichnung2", "Menge", "Mengeneinheit"),
    *_like(khk.BELEGE_POSITIONEN, "Einzelpreis", "Rabattbetrag", "Gesamtpreis", "Steuercode"),
    Column("Steuersatz", khk.MONEY),
)


def _typed(field: Field) -> Any:
    if field.kind is Kind.TEXT:
        return Text() if field.long else String(field.length)
    plain = {Kind.NUMBER: khk.MONEY, Kind.WHOLE: Integer(), Kind.FLAG: khk.FLAG, Kind.DATE: Date()}
    return plain[field.kind]


#: A waiting customer, with the columns of the customer template (`sage-100.md` section 4). `Kto` is the account that
#: was recognised, `Kundennummer` the one that the sender wishes.
CUSTOMER = Table(
    "ExchangeCustomer",
    METADATA,
    *_key(),
    *_waiting(),
    *(Column(each.de, _typed(each)) for each in schema(Customer).fields if each.name != "template"),
)
#: The delivery address of a waiting customer of the shop, where it is another one.
CUSTOMER_ADDRESS = Table(
    "ExchangeCustomerAddress",
    METADATA,
    *_key(),
    *_like(khk.ADRESSEN, "Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ"),
    *_like(khk.ADRESSEN, "LieferOrt"),
)
