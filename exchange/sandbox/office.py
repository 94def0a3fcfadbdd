"""What people enter in the stand-in Sage during a day: an order on the phone, deliveries, invoices."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, func, insert, select, update

from exchange import khk
from exchange.convert import half_up
from exchange.sandbox import sage_data as data

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Table

HEAD, LINE = khk.BELEGE, khk.BELEGE_POSITIONEN
#: Tax code and percent by tax class, as the sandbox has them.
TAXES = {1: (3, Decimal(19)), 2: (2, Decimal(7))}


class Office:
    """Somebody who works with the stand-in Sage.

    Args:
        path: its database.
        now: the day's clock; local time.
    """

    def __init__(self, path: Path, now: datetime) -> None:
        self.engine = create_engine(f"sqlite:///{path}")
        self.now = now

    def close(self) -> None:
        """Let the file go."""
        self.engine.dispose()

    def phone_order(self, kto: str, lines: Sequence[tuple[str, int, str]]) -> str:
        """Enter an order (article, quantity, agreed net price); its number."""
        with self.engine.begin() as connection:
            customer = (
                connection.execute(
                    select(khk.ADRESSEN, khk.KONTOKORRENT.c.Zahlungskond, khk.KONTOKORRENT.c.Gruppe.label("group"))
                    .join(khk.KONTOKORRENT, khk.KONTOKORRENT.c.Adresse == khk.ADRESSEN.c.Adresse)
                    .where(khk.KONTOKORRENT.c.Kto == kto, khk.KONTOKORRENT.c.Mandant == data.MANDANT)
                )
                .mappings()
                .one()
            )
            place = {
                "Name1": customer["Name1"], "Name2": customer["Name2"], "Strasse": customer["LieferStrasse"],
                "Land": customer["LieferLand"], "PLZ": customer["LieferPLZ"], "Ort": customer["LieferOrt"],
            }  # fmt: skip
            head = {
                "A0Empfaenger": kto, "A0AdressNr": customer["Adresse"], "Rechnungsempfaenger": kto,
                "Preiskennzeichen": 0, "Kundengruppe": customer["group"], "Versand": "DHL", "Matchcode": "Telefon",
                "Sprache": "D",
                **{f"{role}{name}": value for role in ("A0", "A1", "A2") for name, value in place.items()},
            }  # fmt: skip
            return self._document(connection, "VVA", head, self._priced(connection, lines))

    def follow(self, kind: str, number: str) -> str:
        """Make the next document of an order (`2026-10001`): everything of it is delivered, or invoiced."""
        year, _, short = number.partition("-")
        with self.engine.begin() as connection:
            before = (
                connection.execute(
                    select(HEAD).where(
                        HEAD.c.Mandant == data.MANDANT,
                        HEAD.c.Belegkennzeichen == "VVA",
                        HEAD.c.Belegjahr == int(year),
                        HEAD.c.Belegnummer == int(short),
                    )
                )
                .mappings()
                .one()
            )
            lines = connection.execute(select(LINE).where(LINE.c.BelID == before["BelID"])).mappings().all()
            kept = {name: value for name, value in before.items() if value is not None}
            made = self._document(
                connection, kind, kept | {"ReferenzBelID": before["BelID"]}, [dict(row) for row in lines]
            )
            connection.execute(update(LINE).where(LINE.c.BelID == before["BelID"]).values(IstErledigt=khk.YES))
        return made

    def _priced(self, connection: Connection, lines: Iterable[tuple[str, int, str]]) -> list[dict[str, Any]]:
        made = []
        for number, quantity, price in lines:
            article = (
                connection.execute(
                    select(khk.ARTIKEL).where(
                        khk.ARTIKEL.c.Artikelnummer == number, khk.ARTIKEL.c.Mandant == data.MANDANT
                    )
                )
                .mappings()
                .one()
            )
            made.append(
                {
                    "Artikelnummer": number,
                    "AuspraegungID": 0,
                    "Bezeichnung1": article["Bezeichnung1"],
                    "Bezeichnung2": article["Bezeichnung2"],
                    "Steuerklasse": article["Steuerklasse"],
                    "Steuercode": TAXES[article["Steuerklasse"]][0],
                    "Einzelpreis": Decimal(price),
                    "PosType": 1,
                    "Menge": Decimal(quantity),
                    "MengeBasis": Decimal(quantity),
                    "Mengeneinheit": "Stk",
                    "Gesamtpreis": half_up(Decimal(price) * quantity, 2),
                    "Preiseinheit": 1,
                    "IstErledigt": khk.NO,
                    "IstReserviert": khk.NO,
                }
            )
        return made

    def _document(self, connection: Connection, kind: str, head: dict[str, Any], lines: list[dict[str, Any]]) -> str:
        """Write a document with the next number of its kind; one that follows another keeps its deal."""
        document = self._next(connection, HEAD, "BelID")
        deal = head.get("VorID") or self._next(connection, khk.VORGAENGE, "VorID")
        if "VorID" not in head:
            connection.execute(insert(khk.VORGAENGE).values(VorID=deal, Mandant=data.MANDANT))
        number = connection.execute(
            select(func.max(HEAD.c.Belegnummer)).where(
                HEAD.c.Belegkennzeichen == kind, HEAD.c.Belegjahr == self.now.year
            )
        ).scalar()
        number = (number or 10_000) + 1
        today = datetime(self.now.year, self.now.month, self.now.day)  # noqa: DTZ001 - Sage knows no zones
        connection.execute(
            insert(HEAD).values(
                head
                | self._sums(head, lines)
                | {
                    "BelID": document,
                    "VorID": deal,
                    "Mandant": data.MANDANT,
                    "Belegkennzeichen": kind,
                    "Belegart": {each[0]: each[1] for each in data.KINDS}[kind],
                    "Belegjahr": self.now.year,
                    "Belegnummer": number,
                    "Belegdatum": today,
                    "WKz": "EUR",
                    "SaveStatus": 2,
                    "Status": 0,
                }
            )
        )
        connection.execute(insert(khk.BELEGE_VORGAENGE).values(BelID=document, VorID=deal, Mandant=data.MANDANT))
        for place, line in enumerate(lines, 1):
            part = line.get("VorPosID") or self._next(connection, khk.VORGAENGE_POSITIONEN, "VorPosID")
            if "VorPosID" not in line:
                connection.execute(
                    insert(khk.VORGAENGE_POSITIONEN).values(VorPosID=part, VorID=deal, Mandant=data.MANDANT)
                )
            own = {"BelPosID": self._next(connection, LINE, "BelPosID"), "BelID": document, "VorPosID": part}
            connection.execute(
                insert(LINE).values(line | own | {"Mandant": data.MANDANT, "Index": place, "Position": str(place)})
            )
        self._terms(connection, document)
        return f"{self.now.year}-{number}"

    def _terms(self, connection: Connection, document: int) -> None:
        own = {"ID": self._next(connection, khk.BELEGE_ZKD, "ID"), "BelID": document, "Mandant": data.MANDANT}
        connection.execute(insert(khk.BELEGE_ZKD).values(**own, Zahlungskond="14", Nettobedingung="1;0"))

    @staticmethod
    def _sums(head: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
        if "Bruttobetrag" in head:  # a following document takes everything over
            return {}
        sums: dict[int, Decimal] = {}
        for line in lines:
            sums[line["Steuerklasse"]] = sums.get(line["Steuerklasse"], Decimal(0)) + line["Gesamtpreis"]
        net = sum(sums.values(), Decimal(0))
        tax = sum((half_up(base * TAXES[each][1] / 100, 2) for each, base in sums.items()), Decimal(0))
        return {
            "Zwischensumme": net,
            "Nettobetrag": net,
            "NettobetragEW": net,
            "Steuerbetrag": tax,
            "Bruttobetrag": net + tax,
        }

    @staticmethod
    def _next(connection: Connection, table: Table, column: str) -> int:
        """The next id, out of Sage's own counters where it has one (`sage-100.md` 1.2)."""
        counter = khk.TAN.c
        mine = (counter.Tabelle == table.name, counter.Mandant == data.MANDANT)
        last = connection.execute(select(counter.Tan).where(*mine)).scalar()
        highest = connection.execute(select(func.max(table.c[column]))).scalar() or 0
        number = max(int(last or 0), int(highest)) + 1
        if last is None:
            connection.execute(insert(khk.TAN).values(Tabelle=table.name, Mandant=data.MANDANT, Tan=number))
        else:
            connection.execute(update(khk.TAN).where(*mine).values(Tan=number))
        return number


def tomorrow(now: datetime) -> datetime:
    """One minute after midnight."""
    return datetime(now.year, now.month, now.day, 0, 1, tzinfo=now.tzinfo) + timedelta(days=1)
