"""A stand-in Sage database: the same KHK tables in one SQLite file, with the data of an invented coffee shop.

It carries a mark (the table ExchangeSandbox), which allows writing documents into it.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, column, create_engine, insert, text, update
from sqlalchemy import table as light
from sqlalchemy.engine import URL

from exchange import khk
from exchange.connectors.sage import tables
from exchange.connectors.sage.lookup import CUSTOMER_GROUPS
from exchange.sandbox import sage_data as data
from exchange.sandbox.sage_articles import articles, prices, stock
from exchange.sandbox.sage_customers import customers, documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Table

    from exchange.sandbox.sage_articles import Rows

#: The merchant's own columns of KHKArtikel.
OWN_COLUMNS = {
    "USER_WebShop": "SMALLINT",
    "USER_MetaTitel": "VARCHAR(255)",
    "USER_MetaBeschreibung": "VARCHAR(1000)",
    "USER_Lieferant": "VARCHAR(50)",
    "USER_Vaterartikel": "VARCHAR(31)",
    "USER_Farbe": "VARCHAR(50)",
}
#: And of KHKArtikelVarianten.
OWN_VARIANT_COLUMNS = {"USER_Groesse": "VARCHAR(50)", "USER_Farbe": "VARCHAR(50)", "USER_Bild": "VARCHAR(255)"}


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    """A transaction on the file, which is closed afterwards."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def create(path: Path, *, today: date | None = None) -> None:
    """Make a sandbox at a path where no file is. Promotions and documents are dated around `today`.

    Raises:
        FileExistsError: there is a file; a sandbox is never written over.
    """
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    midnight = datetime.combine(today or datetime.now(UTC).date(), time())
    with _opened(path) as connection:
        khk.METADATA.create_all(connection)
        tables.METADATA.create_all(connection, tables=[tables.SANDBOX])
        for table, columns in ((khk.ARTIKEL, OWN_COLUMNS), (khk.ARTIKEL_VARIANTEN, OWN_VARIANT_COLUMNS)):
            for name, of in columns.items():
                connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN "{name}" {of}'))
        _put(connection, tables.SANDBOX, [{"CreatedAt": datetime.now(UTC).replace(tzinfo=None)}])
        for table, rows in chain(_codes(), articles(), prices(midnight), stock(), customers(), documents(midnight)):
            _put(connection, table, rows)
        _fill_own(connection)


def change(path: Path) -> None:
    """Alter a little, so that the next export has something to tell: a price, a stock, one article gone."""
    article, price, stored = khk.ARTIKEL.c, khk.PREISLISTEN_ARTIKEL.c, khk.LAGERPLATZBESTAENDE.c
    with _opened(path) as connection:
        connection.execute(
            update(khk.PREISLISTEN_ARTIKEL)
            .where(
                price.Mandant == data.MANDANT, price.ListeID == 1, price.Artikelnummer == "00200050", price.AbMenge == 0
            )
            .values(Einzelpreis=price.Einzelpreis + Decimal("1.0000"))
        )
        connection.execute(
            update(khk.LAGERPLATZBESTAENDE)
            .where(stored.Mandant == data.MANDANT, stored.Artikelnummer == "10010", stored.PlatzID == 1)
            .values(Bestand=stored.Bestand - 10)
        )
        connection.execute(
            update(khk.ARTIKEL)
            .where(article.Mandant == data.MANDANT, article.Artikelnummer == "20020")
            .values(Aktiv=khk.NO)
        )


def _codes() -> Iterator[Rows]:
    """Code tables."""
    for table, names, rows in (
        (khk.STEUERTABELLE, ("Steuercode", "Steuersatz", "Land", "Steuertyp"), data.TAX_CODES),
        (khk.STEUERKLASSEN, ("Steuerklasse", "Land", "Lieferung"), data.TAX_CLASSES),
        (khk.BELEGARTEN, _KIND, data.KINDS),
        (khk.ZAHLUNGSKONDITIONEN, ("Zahlungskond", "Bezeichnung"), [row[:2] for row in data.TERMS]),
        (khk.GRUPPEN, ("Gruppe", "Bezeichnung"), data.GROUPS_OF_CUSTOMERS),
    ):
        more = {"Typ": CUSTOMER_GROUPS, "GruppeInt": 0} if table is khk.GRUPPEN else {}
        yield table, [dict(zip(names, row, strict=True)) | more for row in rows]


_KIND = ("Kennzeichen", "Bezeichnung", "StatistikWirkungUmsatz", "LagerbuchungWirkung", "MitFiBuUebergabe")


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    mandant = {"Mandant": data.MANDANT} if "Mandant" in table.c else {}
    connection.execute(insert(table), [mandant | row for row in rows])


def _fill_own(connection: Connection) -> None:
    """The merchant's own columns."""
    names = (*OWN_COLUMNS, "Artikelnummer", "IstVerkaufsartikel", "Mandant")
    article = light(khk.ARTIKEL.name, *(column(name) for name in names))
    sold = update(article).where(article.c.IstVerkaufsartikel != 0, article.c.Mandant == data.MANDANT)
    connection.execute(sold.values(USER_WebShop=khk.YES, USER_Lieferant="Rösterei Muster"))
    mug = update(article).where(article.c.Artikelnummer == "00200050", article.c.Mandant == data.MANDANT)
    connection.execute(mug.values(USER_MetaTitel="Blauer Kaffeebecher aus Steingut"))
    for number, colour in data.COLOURS.items():
        one = update(article).where(article.c.Artikelnummer == number, article.c.Mandant == data.MANDANT)
        connection.execute(one.values(USER_Vaterartikel=data.COLOURED, USER_Farbe=colour))
    of_variant = (*OWN_VARIANT_COLUMNS, "Artikelnummer", "AuspraegungID", "Mandant")
    variant = light(khk.ARTIKEL_VARIANTEN.name, *(column(name) for name in of_variant))
    for place, size, _ in data.SIZES:
        one = update(variant).where(variant.c.Artikelnummer == data.SIZED, variant.c.AuspraegungID == place)
        connection.execute(one.values(USER_Groesse=size, USER_Farbe="Schwarz"))
