"""A stand-in Sage database: the same KHK tables in one SQLite file, with the data of an invented coffee shop.

It carries a mark (the table ExchangeSandbox), which allows writing documents into it.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, insert, text, update
from sqlalchemy.engine import URL
from stdnum import ean

from exchange import khk
from exchange.connectors.sage import tables
from exchange.convert import half_up
from exchange.sandbox import sage_data as data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Table

M = data.MANDANT
#: The merchant's own columns of KHKArtikel.
OWN_COLUMNS = {
    "USER_WebShop": "SMALLINT",
    "USER_MetaTitel": "VARCHAR(255)",
    "USER_MetaBeschreibung": "VARCHAR(1000)",
    "USER_Lieferant": "VARCHAR(50)",
}
_RATES = {0: Decimal(0), 1: Decimal(19), 2: Decimal(7)}
#: Warehouses: name, active, bins.
_WAREHOUSES = {
    "HAUPT": ("Hauptlager", -1, (1, 2)),
    "LADEN": ("Ladengeschäft", -1, (3,)),
    "ALT": ("Altes Lager", 0, (4,)),
}


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
        for name, of in OWN_COLUMNS.items():
            connection.execute(text(f'ALTER TABLE "KHKArtikel" ADD COLUMN "{name}" {of}'))
        _put(connection, tables.SANDBOX, [{"CreatedAt": datetime.now(UTC).replace(tzinfo=None)}])
        _codes(connection)
        _articles(connection)
        _prices(connection, midnight)
        _stock(connection)
        _customers(connection)
        _documents(connection, midnight)


def change(path: Path) -> None:
    """Alter a little, so that the next export has something to tell: a price, a stock, one article gone."""
    article, price, stock = khk.ARTIKEL.c, khk.PREISLISTEN_ARTIKEL.c, khk.LAGERPLATZBESTAENDE.c
    with _opened(path) as connection:
        connection.execute(
            update(khk.PREISLISTEN_ARTIKEL)
            .where(price.Mandant == M, price.ListeID == 1, price.Artikelnummer == "00200050", price.AbMenge == 0)
            .values(Einzelpreis=price.Einzelpreis + Decimal("1.0000"))
        )
        connection.execute(
            update(khk.LAGERPLATZBESTAENDE)
            .where(stock.Mandant == M, stock.Artikelnummer == "10010", stock.PlatzID == 1)
            .values(Bestand=stock.Bestand - 10)
        )
        connection.execute(
            update(khk.ARTIKEL).where(article.Mandant == M, article.Artikelnummer == "20020").values(Aktiv=khk.NO)
        )


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows; those of tables with a Mandant get it where they name none."""
    filled = [({"Mandant": M} if "Mandant" in table.c else {}) | row for row in rows]
    connection.execute(insert(table), filled)


def _codes(connection: Connection) -> None:
    _put(
        connection,
        khk.STEUERTABELLE,
        (dict(zip(("Steuercode", "Steuersatz", "Land", "Steuertyp"), row, strict=True)) for row in data.TAX_CODES),
    )
    _put(
        connection,
        khk.STEUERKLASSEN,
        (dict(zip(("Steuerklasse", "Land", "Lieferung"), row, strict=True)) for row in data.TAX_CLASSES),
    )
    names = ("Kennzeichen", "Bezeichnung", "StatistikWirkungUmsatz", "LagerbuchungWirkung", "MitFiBuUebergabe")
    _put(connection, khk.BELEGARTEN, (dict(zip(names, row, strict=True)) for row in data.KINDS))
    _put(
        connection,
        khk.ZAHLUNGSKONDITIONEN,
        ({"Zahlungskond": code, "Bezeichnung": name} for code, name, _ in data.TERMS),
    )
    _put(
        connection,
        khk.GRUPPEN,
        ({"Typ": 11, "Gruppe": code, "GruppeInt": 0, "Bezeichnung": name} for code, name in data.GROUPS_OF_CUSTOMERS),
    )


def _articles(connection: Connection) -> None:
    names = ("Hauptartikelgruppe", "VaterArtikelgruppe", "Artikelgruppe", "Bezeichnung")
    _put(
        connection,
        khk.ARTIKELGRUPPEN,
        (dict(zip(names, row, strict=True)) | {"Gruppenebene": 0, "HatUntergruppen": 0} for row in data.GROUPS),
    )
    _put(connection, khk.ARTIKEL, map(_article, (*data.ITEMS, *data.FEES)))
    _put(connection, khk.ARTIKEL, [_article(data.ITEMS[0]) | {"Mandant": data.OTHER_MANDANT, "Bezeichnung1": "Fremd"}])
    _put(
        connection,
        khk.ARTIKEL_VARIANTEN,
        map(_plain_variant, (*data.ITEMS, *data.FEES), range(len(data.ITEMS) + len(data.FEES))),
    )
    _put(
        connection,
        khk.ARTIKEL_VARIANTEN,
        (
            {
                "Artikelnummer": "32010",
                "AuspraegungID": number,
                "EANNummer": _ean(9000 + number),
                "GewichtLME": Decimal("380"),
            }
            for number, _, _ in data.SIZES
        ),
    )
    connection.execute(update(khk.ARTIKEL).where(khk.ARTIKEL.c.Artikelnummer == "32010").values(Variante="GROESSE"))
    connection.execute(
        update(khk.ARTIKEL).where(khk.ARTIKEL.c.Artikelnummer == "99010").values(Ersatzartikelnummer="33040")
    )
    _put(
        connection,
        khk.ARTIKEL_BEZEICHNUNG,
        (
            {"Artikelnummer": number, "Sprache": "E", "Bezeichnung1": first, "Bezeichnung2": second, "Langtext": long}
            for number, (first, second, long) in data.ENGLISH.items()
        ),
    )
    _put(
        connection,
        khk.ARTIKEL_STUECKLISTE,
        (
            {"Stueckliste": whole, "Element": part, "AuspraegungID": 0, "Menge": Decimal(quantity), "Sortierung": place}
            for place, (whole, part, quantity) in enumerate(data.PARTS, 1)
        ),
    )
    _put(
        connection,
        khk.ARTIKEL_ZUBEHOER,
        (
            {
                "ZubehoerID": number,
                "UrsprungsArt": 1,
                "Ursprungsnummer": of,
                "ZubehoerArt": 1,
                "Zubehoernummer": to,
                "Automatisch": auto,
                "MengenFaktor": Decimal(1),
            }
            for number, (of, to, auto) in enumerate(data.ACCESSORIES, 1)
        ),
    )
    connection.execute(
        text(
            'UPDATE "KHKArtikel" SET "USER_WebShop" = -1, "USER_Lieferant" = \'Rösterei Muster\' WHERE "IstVerkaufsartikel" <> 0'
        )
    )
    connection.execute(
        text('UPDATE "KHKArtikel" SET "USER_MetaTitel" = \'Blauer Becher\' WHERE "Artikelnummer" = \'00200050\'')
    )


def _path(group: str) -> tuple[str, str]:
    """Main and parent group of the first group of that code."""
    main, parent = next((main, parent) for main, parent, code, _ in data.GROUPS if code == group)
    return main, parent


def _article(item: data.Item) -> dict[str, Any]:
    main, parent = ("TEE", "TEE") if item.number == "21010" else _path(item.group)
    fee, coffee = item in data.FEES, item.group in {"ESPRESSO", "FILTER", "BIO", "GEMAHLEN"}
    kilo = Decimal(1000) / item.grams if coffee else Decimal(0)
    return {
        "Artikelnummer": item.number,
        "Bezeichnung1": item.title1,
        "Bezeichnung2": item.title2,
        "Matchcode": item.title1.upper(),
        "Langtext": "" if fee else f"{item.title1}, {item.title2}. Sorgfältig ausgewählt und von Hand verpackt.",
        "Dimensionstext": item.title2,
        "Artikelgruppe": item.group,
        "Vaterartikelgruppe": parent or "EMPTY",
        "Hauptartikelgruppe": main,
        "Ersatzartikelnummer": "",
        "Hersteller": "" if fee else ("Rösterei Muster" if coffee else "Musterwerk"),
        "HArtikelnummer": "" if fee else f"M-{item.number}"[:20],
        "Steuerklasse": item.tax_class,
        "Erloescode": 1,
        **dict.fromkeys(("Basismengeneinheit", "Lagermengeneinheit", "Verkaufsmengeneinheit"), "Stk"),
        "Grundpreiseinheit": "kg" if coffee else "",
        "UmrechnungsfaktorGP": kilo,
        "GrundpreisBasis": Decimal(1) if coffee else Decimal(0),
        "Gewichtseinheit": "g",
        "UmrechnungsfaktorVK": Decimal(1),
        "UmrechnungsFaktorLME": Decimal(1),
        "PreiseinheitVK": 1,
        "DezimalstellenVK": 0,
        "DezimalstellenPreis": 2,
        **dict.fromkeys(("Laenge", "Breite", "Hoehe", "Eigenmasse"), Decimal(0)),
        "Lagerfuehrung": khk.NO if fee or item.number == "SET-BARISTA" else khk.YES,
        "Stuecklistentyp": 1 if item.number == "SET-BARISTA" else 0,
        "IstVerkaufsartikel": khk.NO if fee else khk.YES,
        "IstRabattfaehig": khk.NO if fee else khk.YES,
        "Aktiv": khk.YES,
    }


def _ean(number: int) -> str:
    """An EAN out of the range for own use inside a company."""
    plain = f"20{number:010d}"
    return plain + str(ean.calc_check_digit(plain))


def _plain_variant(item: data.Item, number: int) -> dict[str, Any]:
    fee = item in data.FEES
    return {
        "Artikelnummer": item.number,
        "AuspraegungID": 0,
        "EANNummer": "" if fee else _ean(1000 + number),
        "Gewicht": Decimal(0),
        "GewichtLME": Decimal(item.grams),
        "Meldebestand": Decimal(5),
    }


def net_price(item: data.Item) -> Decimal:
    """Net price of an article, four places."""
    return half_up(Decimal(item.cents) / (100 + _RATES[item.tax_class]), 4)


def _prices(connection: Connection, today: datetime) -> None:
    usual = {"WKz": "EUR", "Aktiv": khk.YES, "IstAktion": khk.NO, "IstRabattfaehig": khk.YES}
    lists: list[dict[str, Any]] = [
        {"ID": 1, "Bezeichnung": "Endkunden", "IstBruttopreis": khk.YES, "Aktionsliste": 3},
        {"ID": 2, "Bezeichnung": "Geschäftskunden", "IstBruttopreis": khk.NO},
        {"ID": 3, "Bezeichnung": "Aktion der Woche", "IstBruttopreis": khk.YES, "IstAktion": khk.YES, "Basisliste": 1,
         "GueltigVon": today - timedelta(days=7), "GueltigBis": today + timedelta(days=14)},
    ]  # fmt: skip
    blank = dict.fromkeys(("Aktionsliste", "Basisliste", "GueltigVon", "GueltigBis"))
    _put(connection, khk.PREISLISTEN, (blank | usual | row for row in lists))
    rows: list[tuple[int, str, Decimal, Decimal]] = []
    for item in (*data.ITEMS, data.FEES[0]):
        rows.append((1, item.number, Decimal(0), Decimal(item.cents) / 100))
        rows.append((2, item.number, Decimal(0), half_up(net_price(item) * Decimal("0.88"), 2)))
    for number, tiers in data.TIERS.items():
        rows.extend((2, number, Decimal(least), Decimal(price)) for least, price in tiers)
    rows.extend((3, number, Decimal(0), Decimal(price)) for number, price in data.PROMOTION.items())
    names = ("ListeID", "Artikelnummer", "AbMenge", "Einzelpreis")
    _put(
        connection, khk.PREISLISTEN_ARTIKEL, (dict(zip(names, row, strict=True)) | {"AuspraegungID": 0} for row in rows)
    )
    _put(
        connection,
        khk.ARTIKEL_KUNDEN,
        (
            {
                "Kunde": kto,
                "Artikelnummer": number,
                "AuspraegungID": 0,
                "Einzelpreis": price and Decimal(price),
                "Rabattsatz": discount and Decimal(discount),
            }
            for kto, number, price, discount in data.CUSTOMER_PRICES
        ),
    )


def _stock(connection: Connection) -> None:
    _put(
        connection,
        khk.LAGERORTE,
        (
            {"Lagerkennung": code, "Bezeichnung": name, "Aktiv": active}
            for code, (name, active, _) in _WAREHOUSES.items()
        ),
    )
    _put(
        connection,
        khk.LAGERPLAETZE,
        (
            {
                "PlatzID": place,
                "Lagerkennung": code,
                "Kurzbezeichnung": f"{code};{place};0;0",
                "Platzbezeichnung": f"Fach {place}",
            }
            for code, (_, _, places) in _WAREHOUSES.items()
            for place in places
        ),
    )
    rows: list[tuple[int, str, str, int, int]] = []
    for item in data.ITEMS:
        if item.number in ("SET-BARISTA", "32010"):
            continue
        half = item.main_stock // 2  # several rows for one bin, as Sage has them
        rows += [(1, "HAUPT", item.number, 0, half), (1, "HAUPT", item.number, 0, item.main_stock - half)]
        rows += [(3, "LADEN", item.number, 0, item.shop_stock)]
    rows.append((2, "HAUPT", "10010", 0, 30))
    rows.append((4, "ALT", "10010", 0, 500))
    rows.extend((2, "HAUPT", "32010", number, stock) for number, _, stock in data.SIZES)
    names = ("PlatzID", "Lagerkennung", "Artikelnummer", "AuspraegungID", "Bestand")
    _put(connection, khk.LAGERPLATZBESTAENDE, (dict(zip(names, row, strict=True)) for row in rows))


def _customers(connection: Connection) -> None:
    special = ((data.TEMPLATE, 1), (data.ONE_OFF, 2))
    people = [*((person, 0) for person in data.PEOPLE), *special]
    nets = {code: packed for code, _, packed in data.TERMS}
    _put(connection, khk.ADRESSEN, (_address(person, number) for number, (person, _) in enumerate(people, 1)))
    _put(
        connection,
        khk.KONTOKORRENT,
        (_account(person, number, kind, nets) for number, (person, kind) in enumerate(people, 1)),
    )
    supplier = _account(data.ONE_OFF, 1, 0, nets) | {"Kto": "K70001", "KtoArt": "K", "Matchcode": "Rösterei Muster"}
    _put(connection, khk.KONTOKORRENT, [supplier])
    _put(
        connection,
        khk.ANSPRECHPARTNER,
        [
            {
                "Nummer": 1,
                "Adresse": 1,
                "Ansprechpartner": "Anna Becker",
                "Vorname": "Anna",
                "Nachname": "Becker",
                "Anrede": "Frau",
                "EMail": "a.becker@morgenrot.example",
            },
        ],
    )
    counters = {
        khk.ADRESSEN: len(people),
        khk.ANSPRECHPARTNER: 1,
    }
    _put(connection, khk.TAN, ({"Tabelle": table.name, "Tan": last} for table, last in counters.items()))


def _address(person: data.Person, number: int) -> dict[str, Any]:
    place = {"Zusatz": "", "Strasse": person.street, "Land": person.country, "PLZ": person.zip, "Ort": person.city}
    return {
        "Adresse": number,
        "Kategorie": 0,
        "Matchcode": ", ".join(part for part in (person.name1, person.city) if part),
        "Anrede": person.salutation,
        "Name1": person.name1,
        "Name2": person.name2,
        **{f"Liefer{name}": value for name, value in place.items()},
        "EMail": person.email,
        "Sprache": "D",
        "Gruppe": "FA" if person.group == "B2B" else "PR",
        "Aktiv": khk.YES,
    }


def _account(person: data.Person, address: int, kind: int, nets: dict[str, str]) -> dict[str, Any]:
    business, foreign = person.group == "B2B", person.country != "DE"
    return {
        "Kto": person.kto,
        "KtoArt": "D",
        "KtoTyp": kind,
        "Matchcode": ", ".join(part for part in (person.name1, person.city) if part),
        "Adresse": address,
        "WKz": "EUR",
        "Sammelkto": 1400,
        "Besteuerung": 2 if foreign else 1,
        "EULand": person.country if foreign else "",
        "EUUStID": person.vat_number,
        "Zahlungskond": person.terms,
        "Inkassoart": "RE" if business else "VK",
        "Nettobedingung": nets[person.terms],
        "Kreditlimit": Decimal(5000 if business else 0),
        "Gruppe": person.group,
        "Vertreter": "",
        "Tour": "",
        "Rechnungsempfaenger": "",
        "IstGesperrt": khk.YES if person.blocked else khk.NO,
        "Preisliste": person.price_list,
        "Preiskennzeichen": khk.NO if business else khk.YES,
        "Teillieferungen": khk.NO,
        "Aktiv": khk.YES,
        "Rabattsatz": Decimal(0),
        "Versand": "DHL",
        "Lieferbedingung": "FH",
        "Rabattgruppe": "",
        "KundenSteuerNr": "",
        "WSKdNr": person.shop_id,
        "WSEmail": "",
        "LeitwegID": "",
    }


def _documents(connection: Connection, today: datetime) -> None:
    """A sales history (invoices of the last months) and a few open orders."""
    book = _Book(today)
    for number, (kto, articles) in enumerate(data.BASKETS):
        book.document("VFR", kto, today - timedelta(days=80 - 7 * number), [(article, 1, True) for article in articles])
    for kto, article, quantity, delivered in data.OPEN_ORDERS:
        book.document("VVA", kto, today - timedelta(days=2), [(article, quantity, delivered)])
    _put(connection, khk.VORGAENGE, ({"VorID": row["VorID"]} for row in book.headers))
    _put(
        connection,
        khk.VORGAENGE_POSITIONEN,
        ({"VorPosID": row["VorPosID"], "VorID": row["VorID"]} for row in book.lines),
    )
    _put(connection, khk.BELEGE, book.headers)
    _put(connection, khk.BELEGE_VORGAENGE, ({"BelID": row["BelID"], "VorID": row["VorID"]} for row in book.headers))
    _put(
        connection,
        khk.BELEGE_POSITIONEN,
        ({name: value for name, value in row.items() if name != "VorID"} for row in book.lines),
    )
    counters = {
        **dict.fromkeys((khk.BELEGE, khk.VORGAENGE), len(book.headers)),
        **dict.fromkeys((khk.BELEGE_POSITIONEN, khk.VORGAENGE_POSITIONEN), len(book.lines)),
        khk.BELEGE_ZKD: 0,
    }
    _put(connection, khk.TAN, ({"Tabelle": table.name, "Tan": last} for table, last in counters.items()))


class _Book:
    """Writes the documents of the history."""

    def __init__(self, today: datetime) -> None:
        self.today = today
        self.headers: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.items = {item.number: item for item in data.ITEMS}
        self.people = {person.kto: person for person in data.PEOPLE}
        self.kinds = {kind[0]: kind[1] for kind in data.KINDS}

    def document(self, kind: str, kto: str, dated: datetime, lines: Iterable[tuple[str, int, bool]]) -> None:
        """One net document: article, quantity, delivered."""
        number, person = len(self.headers) + 1, self.people[kto]
        net, tax = Decimal(0), Decimal(0)
        for place, (article, quantity, delivered) in enumerate(lines, 1):
            item = self.items[article]
            total = half_up(net_price(item) * quantity, 2)
            net += total
            tax += half_up(total * _RATES[item.tax_class] / 100, 2)
            self.lines.append(self._line(item, number, place, quantity, total, delivered=delivered))
        same_kind = [row for row in self.headers if row["Belegkennzeichen"] == kind and row["Belegjahr"] == dated.year]
        place = {
            "Anrede": person.salutation,
            "Name1": person.name1,
            "Name2": person.name2,
            "Strasse": person.street,
            "Land": person.country,
            "PLZ": person.zip,
            "Ort": person.city,
        }
        self.headers.append(
            {
                "BelID": number, "VorID": number, "Belegkennzeichen": kind, "Belegart": self.kinds[kind],
                "Belegjahr": dated.year, "Belegnummer": 10_001 + len(same_kind), "Belegdatum": dated,
                "Periode": dated.year * 1000 + dated.month, "Matchcode": person.name1, "Referenznummer": "",
                "A0Empfaenger": kto, "Rechnungsempfaenger": kto, "A0Einmalkunde": 0, "Kundengruppe": person.group,
                **{f"{role}{name}": value for role in ("A0", "A1", "A2") for name, value in place.items()},
                "Preiskennzeichen": 0, "WKz": "EUR", "WKzKursFw": 1.0, "Sprache": "D", "SaveStatus": 2, "Status": 0,
                "Zwischensumme": net, "Nettobetrag": net, "NettobetragEW": net, "ZWInternEW": net,
                "Steuerbetrag": tax, "Bruttobetrag": net + tax, "BruttobetragEW": net + tax, "WSBestellNr": "",
            }
        )  # fmt: skip

    def _line(
        self, item: data.Item, number: int, place: int, quantity: int, total: Decimal, *, delivered: bool
    ) -> dict[str, Any]:
        main, parent = _path(item.group)
        return {
            "BelPosID": len(self.lines) + 1, "VorPosID": len(self.lines) + 1, "VorID": number, "BelID": number,
            "Index": place, "Position": str(place), "PosType": 1, "Artikelnummer": item.number, "AuspraegungID": 0,
            "Artikelgruppe": item.group, "Hauptartikelgruppe": main, "Vaterartikelgruppe": parent or "EMPTY",
            "Bezeichnung1": item.title1, "Bezeichnung2": item.title2, "Steuerklasse": item.tax_class,
            "Steuercode": {1: 3, 2: 2}[item.tax_class], "Einzelpreis": net_price(item), "Gesamtpreis": total,
            "GesamtpreisInternEW": total, "Menge": Decimal(quantity), "MengeBasis": Decimal(quantity),
            "Mengeneinheit": "Stk", "Preiseinheit": 1, "IstErledigt": khk.YES if delivered else khk.NO,
            "IstReserviert": khk.NO,
        }  # fmt: skip
