"""Rows of the stand-in Sage: articles, prices and stock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from stdnum import ean

from exchange import khk
from exchange.convert import half_up
from exchange.sandbox import sage_data as data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Table

    #: A table and rows for it; those of tables with a Mandant get it where they name none.
    Rows = tuple[Table, Iterable[dict[str, Any]]]

#: Percent by tax class.
RATES = {0: Decimal(0), 1: Decimal(19), 2: Decimal(7)}
#: Warehouses: name, active, bins.
WAREHOUSES = {
    "HAUPT": ("Hauptlager", -1, (1, 2)),
    "LADEN": ("Ladengeschäft", -1, (3,)),
    "ALT": ("Altes Lager", 0, (4,)),
}


def articles() -> Iterator[Rows]:
    """Groups, articles, their variants, texts, parts and accessories."""
    names = ("Hauptartikelgruppe", "VaterArtikelgruppe", "Artikelgruppe", "Bezeichnung")
    yield (
        khk.ARTIKELGRUPPEN,
        (dict(zip(names, row, strict=True)) | {"Gruppenebene": 0, "HatUntergruppen": 0} for row in data.GROUPS),
    )
    items = (*data.ITEMS, *data.FEES)
    yield khk.ARTIKEL, map(_article, items)
    yield khk.ARTIKEL, [_article(data.ITEMS[0]) | {"Mandant": data.OTHER_MANDANT, "Bezeichnung1": "Fremd"}]
    yield khk.ARTIKEL_VARIANTEN, (_variant(item, number) for number, item in enumerate(items))
    yield khk.ARTIKEL_VARIANTEN, (_size(number) for number, _, _ in data.SIZES)
    yield (
        khk.ARTIKEL_BEZEICHNUNG,
        (
            {"Artikelnummer": number, "Sprache": "E", "Bezeichnung1": first, "Bezeichnung2": second, "Langtext": long}
            for number, (first, second, long) in data.ENGLISH.items()
        ),
    )
    yield (
        khk.ARTIKEL_STUECKLISTE,
        (
            {"Stueckliste": whole, "Element": part, "AuspraegungID": 0, "Menge": Decimal(quantity), "Sortierung": place}
            for place, (whole, part, quantity) in enumerate(data.PARTS, 1)
        ),
    )
    usual = {"UrsprungsArt": 1, "ZubehoerArt": 1, "MengenFaktor": Decimal(1)}
    yield (
        khk.ARTIKEL_ZUBEHOER,
        (
            usual | {"ZubehoerID": number, "Ursprungsnummer": of, "Zubehoernummer": to, "Automatisch": auto}
            for number, (of, to, auto) in enumerate(data.ACCESSORIES, 1)
        ),
    )


def group_path(group: str) -> tuple[str, str]:
    """Main and parent group of the first group of that code."""
    main, parent = next((main, parent) for main, parent, code, _ in data.GROUPS if code == group)
    return main, parent


def _article(item: data.Item) -> dict[str, Any]:
    main, parent = ("TEE", "TEE") if item.number == "21010" else group_path(item.group)
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
        "Ersatzartikelnummer": "33040" if item.number == "99010" else "",
        "Variante": "GROESSE" if item.number == data.SIZED else None,
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


def _variant(item: data.Item, number: int) -> dict[str, Any]:
    fee = item in data.FEES
    return {
        "Artikelnummer": item.number,
        "AuspraegungID": 0,
        "EANNummer": "" if fee else _ean(1000 + number),
        "Gewicht": Decimal(0),
        "GewichtLME": Decimal(item.grams),
        "Meldebestand": Decimal(5),
    }


def _size(number: int) -> dict[str, Any]:
    return {
        "Artikelnummer": data.SIZED,
        "AuspraegungID": number,
        "EANNummer": _ean(9000 + number),
        "GewichtLME": Decimal(380),
    }


def net_price(item: data.Item) -> Decimal:
    """Net price of an article, four places."""
    return half_up(Decimal(item.cents) / (100 + RATES[item.tax_class]), 4)


def prices(today: datetime) -> Iterator[Rows]:
    """Lists for consumers and business, a promotion around today, and prices of single customers."""
    usual = {"WKz": "EUR", "Aktiv": khk.YES, "IstAktion": khk.NO, "IstRabattfaehig": khk.YES}
    lists: list[dict[str, Any]] = [
        {"ID": 1, "Bezeichnung": "Endkunden", "IstBruttopreis": khk.YES, "Aktionsliste": 3},
        {"ID": 2, "Bezeichnung": "Geschäftskunden", "IstBruttopreis": khk.NO},
        {"ID": 3, "Bezeichnung": "Aktion der Woche", "IstBruttopreis": khk.YES, "IstAktion": khk.YES, "Basisliste": 1,
         "GueltigVon": today - timedelta(days=7), "GueltigBis": today + timedelta(days=14)},
    ]  # fmt: skip
    blank = dict.fromkeys(("Aktionsliste", "Basisliste", "GueltigVon", "GueltigBis"))
    yield (khk.PREISLISTEN, (blank | usual | row for row in lists))
    rows: list[tuple[int, str, Decimal, Decimal]] = []
    for item in (*data.ITEMS, data.FEES[0]):
        rows.append((1, item.number, Decimal(0), Decimal(item.cents) / 100))
        rows.append((2, item.number, Decimal(0), half_up(net_price(item) * Decimal("0.88"), 2)))
    for number, tiers in data.TIERS.items():
        rows.extend((2, number, Decimal(least), Decimal(price)) for least, price in tiers)
    for number, tiers in data.BASIC_TIERS.items():
        rows.extend((1, number, Decimal(least), Decimal(price)) for least, price in tiers)
    rows.extend((3, number, Decimal(0), Decimal(price)) for number, price in data.PROMOTION.items())
    names = ("ListeID", "Artikelnummer", "AbMenge", "Einzelpreis")
    yield (khk.PREISLISTEN_ARTIKEL, (dict(zip(names, row, strict=True)) | {"AuspraegungID": 0} for row in rows))
    yield (
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


def stock() -> Iterator[Rows]:
    """Warehouses, bins, and several stock rows for one bin, as Sage has them."""
    yield (
        khk.LAGERORTE,
        (
            {"Lagerkennung": code, "Bezeichnung": name, "Aktiv": active}
            for code, (name, active, _) in WAREHOUSES.items()
        ),
    )
    yield (
        khk.LAGERPLAETZE,
        (
            {
                "PlatzID": place,
                "Lagerkennung": code,
                "Kurzbezeichnung": f"{code};{place};0;0",
                "Platzbezeichnung": f"Fach {place}",
            }
            for code, (_, _, places) in WAREHOUSES.items()
            for place in places
        ),
    )
    rows: list[tuple[int, str, str, int, int]] = []
    for item in data.ITEMS:
        if item.number in ("SET-BARISTA", data.SIZED):
            continue
        half = item.main_stock // 2  # several rows for one bin, as Sage has them
        rows += [(1, "HAUPT", item.number, 0, half), (1, "HAUPT", item.number, 0, item.main_stock - half)]
        rows += [(3, "LADEN", item.number, 0, item.shop_stock)]
    rows.append((2, "HAUPT", "10010", 0, 30))
    rows.append((4, "ALT", "10010", 0, 500))
    rows.extend((2, "HAUPT", data.SIZED, number, stock) for number, _, stock in data.SIZES)
    names = ("PlatzID", "Lagerkennung", "Artikelnummer", "AuspraegungID", "Bestand")
    yield (khk.LAGERPLATZBESTAENDE, (dict(zip(names, row, strict=True)) for row in rows))
