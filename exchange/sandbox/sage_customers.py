"""Rows of the stand-in Sage: customers, the sales history and open orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange import khk
from exchange.convert import half_up
from exchange.sandbox import sage_data as data
from exchange.sandbox.sage_articles import RATES, group_path, net_price

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Table

    #: A table and rows for it; those of tables with a Mandant get it where they name none.
    Rows = tuple[Table, Iterable[dict[str, Any]]]


def customers() -> Iterator[Rows]:
    """Customers, the template, the one-off account, a supplier and a contact person."""
    special = ((data.TEMPLATE, 1), (data.ONE_OFF, 2))
    people = [*((person, 0) for person in data.PEOPLE), *special]
    nets = {code: packed for code, _, packed in data.TERMS}
    yield (khk.ADRESSEN, (_address(person, number) for number, (person, _) in enumerate(people, 1)))
    yield (
        khk.KONTOKORRENT,
        (_account(person, number, kind, nets) for number, (person, kind) in enumerate(people, 1)),
    )
    supplier = _account(data.ONE_OFF, 1, 0, nets) | {"Kto": "K70001", "KtoArt": "K", "Matchcode": "Rösterei Muster"}
    yield (khk.KONTOKORRENT, [supplier])
    yield (
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
    yield (khk.TAN, ({"Tabelle": table.name, "Tan": last} for table, last in counters.items()))


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


def documents(today: datetime) -> Iterator[Rows]:
    """A sales history (invoices of the last months) and a few open orders."""
    book = _Book(today)
    for number, (kto, articles) in enumerate(data.BASKETS):
        book.document("VFR", kto, today - timedelta(days=80 - 7 * number), [(article, 1, True) for article in articles])
    for kto, article, quantity, delivered in data.OPEN_ORDERS:
        book.document("VVA", kto, today - timedelta(days=2), [(article, quantity, delivered)])
    for kto, method, articles in data.DELIVERIES:
        lines = [(article, 1, True) for article in articles]
        book.document("VLL", kto, today - timedelta(days=1), lines, method)
    yield (khk.VORGAENGE, ({"VorID": row["VorID"]} for row in book.headers))
    yield (
        khk.VORGAENGE_POSITIONEN,
        ({"VorPosID": row["VorPosID"], "VorID": row["VorID"]} for row in book.lines),
    )
    yield (khk.BELEGE, book.headers)
    yield (khk.BELEGE_VORGAENGE, ({"BelID": row["BelID"], "VorID": row["VorID"]} for row in book.headers))
    yield (
        khk.BELEGE_POSITIONEN,
        ({name: value for name, value in row.items() if name != "VorID"} for row in book.lines),
    )
    counters = {
        **dict.fromkeys((khk.BELEGE, khk.VORGAENGE), len(book.headers)),
        **dict.fromkeys((khk.BELEGE_POSITIONEN, khk.VORGAENGE_POSITIONEN), len(book.lines)),
        khk.BELEGE_ZKD: 0,
    }
    yield (khk.TAN, ({"Tabelle": table.name, "Tan": last} for table, last in counters.items()))


class _Book:
    """Writes the documents of the history."""

    def __init__(self, today: datetime) -> None:
        self.today = today
        self.headers: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.items = {item.number: item for item in data.ITEMS}
        self.people = {person.kto: person for person in data.PEOPLE}
        self.addresses = {person.kto: number for number, person in enumerate(data.PEOPLE, 1)}
        self.kinds = {kind[0]: kind[1] for kind in data.KINDS}

    def document(
        self, kind: str, kto: str, dated: datetime, lines: Iterable[tuple[str, int, bool]], method: str = "DHL"
    ) -> None:
        """One net document: article, quantity, delivered; shipped by a method."""
        number, person = len(self.headers) + 1, self.people[kto]
        sums: dict[int, Decimal] = {}
        weight = Decimal(0)
        for place, (article, quantity, delivered) in enumerate(lines, 1):
            item = self.items[article]
            total = half_up(net_price(item) * quantity, 2)
            sums[item.tax_class] = sums.get(item.tax_class, Decimal(0)) + total
            weight += Decimal(item.grams * quantity) / 1000
            self.lines.append(self._line(item, number, place, quantity, total, delivered=delivered))
        net = sum(sums.values(), Decimal(0))
        tax = sum((half_up(base * RATES[tax_class] / 100, 2) for tax_class, base in sums.items()), Decimal(0))
        same_kind = [row for row in self.headers if row["Belegkennzeichen"] == kind and row["Belegjahr"] == dated.year]
        address = {
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
                **{f"{role}{name}": value for role in ("A0", "A1", "A2") for name, value in address.items()},
                "Preiskennzeichen": 0, "WKz": "EUR", "WKzKursFw": 1.0, "Sprache": "D", "SaveStatus": 2, "Status": 0,
                "Zwischensumme": net, "Nettobetrag": net, "NettobetragEW": net, "ZWInternEW": net,
                "Steuerbetrag": tax, "Bruttobetrag": net + tax, "BruttobetragEW": net + tax, "WSBestellNr": "",
                "Versand": method, "Gewicht": weight, "A0AdressNr": self.addresses[kto],
            }
        )  # fmt: skip

    def _line(
        self, item: data.Item, number: int, place: int, quantity: int, total: Decimal, *, delivered: bool
    ) -> dict[str, Any]:
        main, parent = group_path(item.group)
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
