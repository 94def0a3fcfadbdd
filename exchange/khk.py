"""The tables of Sage 100 (KHK*) as far as they are used: `sage-100.md` section 6, types 1.3.

Money has four decimals, a flag is a smallint that is -1 or 0, text is `varchar`. Columns that late versions have and
early ones lack are optional: ask the database which it has, and select with `available`. Declared without foreign keys,
so that one declaration serves Sage's own database (which has them) and a stand-in.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnClause,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    null,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

METADATA = MetaData()

#: Sage's `money`. SQLite has no decimals: four places of a double are exact up to 10 digits before the point and more.
MONEY = Numeric(19, 4).with_variant(Float(53, asdecimal=True, decimal_return_scale=4), "sqlite")
#: -1 is yes, 0 is no; ask with `!= 0`.
FLAG = SmallInteger()

#: How Sage writes a flag.
YES, NO = -1, 0


def _key(of: TypeEngine[Any], *names: str) -> Iterator[Column[Any]]:
    return (Column(name, of, primary_key=True, autoincrement=False) for name in names)


def _text(length: int, *names: str) -> Iterator[Column[Any]]:
    return (Column(name, String(length)) for name in names)


def _long(*names: str) -> Iterator[Column[Any]]:
    return (Column(name, Text) for name in names)


def _money(*names: str) -> Iterator[Column[Any]]:
    return (Column(name, MONEY) for name in names)


def _flag(*names: str) -> Iterator[Column[Any]]:
    return (Column(name, FLAG) for name in names)


def _whole(*names: str) -> Iterator[Column[Any]]:
    return (Column(name, Integer) for name in names)


def _when(*names: str) -> Iterator[Column[Any]]:
    return (Column(name, DateTime) for name in names)


def _optional(columns: Iterable[Column[Any]]) -> Iterator[Column[Any]]:
    for each in columns:
        each.info["optional"] = True
        yield each


def _table(name: str, keys: Mapping[str, TypeEngine[Any]], *parts: Iterable[Any]) -> Table:
    """A table whose primary key is `keys` and Mandant (`sage-100.md` 1.1)."""
    columns = [each for key, of in keys.items() for each in _key(of, key)]
    return Table(name, METADATA, *columns, *_key(SmallInteger(), "Mandant"), *(each for part in parts for each in part))


_INT = Integer()
_SKU = String(31)
_GROUP = String(15)
_KTO = String(20)

# --- counters and code tables ----------------------------------------------------------------------------------------

TAN = _table("KHKTan", {"Tabelle": String(100)}, _whole("Tan"))
GRUPPEN = _table("KHKGruppen", {"Typ": _INT, "Gruppe": String(10), "GruppeInt": _INT}, _text(50, "Bezeichnung", "Tag"))
#: Without Mandant (`sage-100.md` 1.6).
STEUERKLASSEN = Table(
    "KHKSteuerklassen",
    METADATA,
    *_key(SmallInteger(), "Steuerklasse"),
    *_key(String(3), "Land"),
    Column("Lieferung", SmallInteger),
)
#: Without Mandant (`sage-100.md` 1.6). Steuersatz is percent.
STEUERTABELLE = Table(
    "KHKSteuertabelle",
    METADATA,
    *_key(SmallInteger(), "Steuercode"),
    *_money("Steuersatz"),
    *_text(3, "Land"),
    Column("Steuertyp", SmallInteger),
)
ZAHLUNGSKONDITIONEN = _table("KHKZahlungskonditionen", {"Zahlungskond": String(10)}, _text(50, "Bezeichnung"))
#: Without Mandant (`sage-100.md` 2.14).
BELEGARTEN = Table(
    "KHKVKBelegarten",
    METADATA,
    *_key(String(3), "Kennzeichen"),
    *_text(50, "Bezeichnung"),
    *_flag("StatistikWirkungUmsatz", "LagerbuchungWirkung", "MitFiBuUebergabe"),
)

# --- articles --------------------------------------------------------------------------------------------------------

ARTIKEL = _table(
    "KHKArtikel",
    {"Artikelnummer": _SKU},
    _text(50, "Bezeichnung1", "Bezeichnung2", "Matchcode"),
    _long("Langtext", "LangtextHTML", "Dimensionstext", "DimensionstextHTML"),
    _text(15, "Artikelgruppe", "Vaterartikelgruppe", "Hauptartikelgruppe"),
    _text(31, "Ersatzartikelnummer"),
    _text(20, "Hersteller", "HArtikelnummer"),
    _flag("Steuerklasse", "Erloescode"),
    _text(5, "Basismengeneinheit", "Lagermengeneinheit", "Verkaufsmengeneinheit", "Grundpreiseinheit"),
    _text(5, "Gewichtseinheit"),
    _money("UmrechnungsfaktorVK", "UmrechnungsFaktorLME", "UmrechnungsfaktorGP", "GrundpreisBasis"),
    _whole("PreiseinheitVK"),
    _flag("DezimalstellenVK", "DezimalstellenPreis"),
    _money("Laenge", "Breite", "Hoehe", "Eigenmasse"),
    _flag("Lagerfuehrung", "Stuecklistentyp"),
    _text(50, "Variante"),
    _text(10, "Rabattgruppe"),
    _text(20, "Warennummer"),
    _text(3, "Ursprungsland"),
    _flag("IstVerkaufsartikel", "IstRabattfaehig", "Aktiv"),
)
ARTIKEL_VARIANTEN = _table(
    "KHKArtikelVarianten",
    {"Artikelnummer": _SKU, "AuspraegungID": _INT},
    _text(20, "EANNummer"),
    _money("Gewicht", "GewichtLME", "Meldebestand"),
)
ARTIKEL_BEZEICHNUNG = _table(
    "KHKArtikelBezeichnung",
    {"Artikelnummer": _SKU, "Sprache": String(3)},
    _text(50, "Bezeichnung1", "Bezeichnung2"),
    _long("Langtext"),
)
ARTIKELGRUPPEN = _table(
    "KHKArtikelgruppen",
    {"Hauptartikelgruppe": _GROUP, "VaterArtikelgruppe": _GROUP, "Artikelgruppe": _GROUP},
    _text(50, "Bezeichnung"),
    _flag("Gruppenebene", "HatUntergruppen"),
)
PREISLISTEN = _table(
    "KHKPreislisten",
    {"ID": _INT},
    _text(20, "Bezeichnung"),
    _text(3, "WKz"),
    _optional(_flag("Aktiv")),
    _flag("IstAktion"),
    _whole("Basisliste", "Aktionsliste"),
    _when("GueltigVon", "GueltigBis"),
    _flag("IstBruttopreis"),
    _optional(_flag("IstRabattfaehig")),
)
PREISLISTEN_ARTIKEL = _table(
    "KHKPreislistenArtikel",
    {"ListeID": _INT, "Artikelnummer": _SKU, "AuspraegungID": _INT, "AbMenge": MONEY},
    _money("Einzelpreis"),
)
ARTIKEL_KUNDEN = _table(
    "KHKArtikelKunden",
    {"Kunde": _KTO, "Artikelnummer": _SKU, "AuspraegungID": _INT},
    _money("Einzelpreis", "Rabattsatz"),
)
ARTIKEL_STUECKLISTE = Table(
    "KHKArtikelStueckliste",
    METADATA,
    Column("Mandant", SmallInteger, nullable=False),
    *_text(31, "Stueckliste", "Element"),
    *_whole("AuspraegungID"),
    *_money("Menge"),
    *_whole("Sortierung"),
)
ARTIKEL_ZUBEHOER = _table(
    "KHKArtikelZubehoer",
    {"ZubehoerID": _INT},
    _flag("UrsprungsArt", "ZubehoerArt", "Automatisch"),
    _text(31, "Ursprungsnummer", "Zubehoernummer"),
    _money("MengenFaktor"),
)
ZUBEHOERGRUPPEN = _table("KHKZubehoergruppen", {"Zubehoergruppe": _GROUP}, _text(50, "Bezeichnung"))

# --- stock -----------------------------------------------------------------------------------------------------------

LAGERORTE = _table("KHKLagerorte", {"Lagerkennung": _KTO}, _text(50, "Bezeichnung"), _flag("Aktiv"))
LAGERPLAETZE = _table(
    "KHKLagerplaetze",
    {"PlatzID": _INT},
    _text(20, "Lagerkennung"),
    _text(50, "Kurzbezeichnung", "Platzbezeichnung"),
)
#: Several rows per bin and article occur (`sage-100.md` 2.7), so there is no key.
LAGERPLATZBESTAENDE = Table(
    "KHKLagerplatzbestaende",
    METADATA,
    Column("Mandant", SmallInteger, nullable=False),
    *_whole("PlatzID"),
    *_text(20, "Lagerkennung"),
    *_text(31, "Artikelnummer"),
    *_whole("AuspraegungID"),
    *_money("Bestand"),
)

# --- customers -------------------------------------------------------------------------------------------------------

ADRESSEN = _table(
    "KHKAdressen",
    {"Adresse": _INT},
    _flag("Kategorie"),
    _text(50, "Matchcode", "Anrede", "Name1", "Name2"),
    *(
        (
            *_text(64, f"{role}Zusatz", f"{role}Strasse"),
            *_text(3, f"{role}Land"),
            *_text(24, f"{role}PLZ"),
            *_text(40, f"{role}Ort"),
        )
        for role in ("Liefer", "Post")
    ),
    _text(50, "Ansprache"),
    _text(32, "Telefon", "Telefax", "Mobilfunk"),
    _text(255, "EMail"),
    _text(130, "Homepage"),
    _long("Memo"),
    _text(3, "Sprache"),
    _when("Erstkontakt"),
    _text(10, "Gruppe"),
    _text(20, "Referenz"),
    _flag("Aktiv"),
)
KONTOKORRENT = _table(
    "KHKKontokorrent",
    {"Kto": _KTO},
    _text(1, "KtoArt"),
    _flag("KtoTyp"),
    _text(50, "Matchcode"),
    _whole("Adresse"),
    _text(3, "WKz"),
    _flag("Sammelkto", "Besteuerung"),
    _text(2, "EULand"),
    _text(15, "EUUStID"),
    _text(10, "Zahlungskond", "Inkassoart"),
    _text(255, "Nettobedingung"),
    _money("Kreditlimit"),
    _text(10, "Gruppe", "Vertreter", "Tour"),
    _text(20, "Rechnungsempfaenger"),
    _flag("IstGesperrt"),
    _whole("Preisliste", "Rabattliste"),
    _flag("Preiskennzeichen", "Teillieferungen", "Aktiv"),
    _money("Rabattsatz"),
    _text(80, "Referenznummer"),
    _text(10, "Versand", "Lieferbedingung", "Rabattgruppe"),
    _text(20, "KundenSteuerNr"),
    _optional((*_text(255, "WSKdNr", "WSEmail"), *_text(46, "LeitwegID"))),
)
ANSPRECHPARTNER = _table(
    "KHKAnsprechpartner",
    {"Nummer": _INT},
    _whole("Adresse"),
    _text(50, "Ansprechpartner", "Vorname", "Nachname", "Anrede", "Titel", "Abteilung"),
    _text(64, "Position"),
    _text(32, "Telefon", "Mobilfunk"),
    _text(255, "EMail"),
)
#: The key is inferred: what makes a bank account of an address unique.
BANKVERBINDUNGEN = _table(
    "KHKBankverbindungenD",
    {"Adresse": _INT, "IBAN": String(34)},
    _text(11, "Swift"),
    _text(40, "Institut"),
    _text(27, "Kontoinhaber"),
)
ADRESSENVERWEISE = _table("KHKAdressenverweise", {"Adresse": _INT, "Kategorie": SmallInteger(), "Verweis": String(50)})

# --- sales documents -------------------------------------------------------------------------------------------------

VORGAENGE = _table("KHKVKVorgaenge", {"VorID": _INT})
VORGAENGE_POSITIONEN = _table("KHKVKVorgaengePositionen", {"VorPosID": _INT}, _whole("VorID"))
BELEGE_VORGAENGE = _table("KHKVKBelegeVorgaenge", {"BelID": _INT, "VorID": _INT})


def _place(role: str) -> Sequence[Column[Any]]:
    """The address columns of one role of a document: A0 buyer, A1 delivery, A2 invoice."""
    return (
        *_text(50, f"{role}Anrede", f"{role}Name1", f"{role}Name2"),
        *_text(64, f"{role}Zusatz", f"{role}Ansprechpartner", f"{role}Strasse"),
        *_text(3, f"{role}Land"),
        *_text(24, f"{role}PLZ"),
        *_text(40, f"{role}Ort"),
    )


BELEGE = _table(
    "KHKVKBelege",
    {"BelID": _INT},
    _text(3, "Belegkennzeichen"),
    _text(50, "Belegart", "Matchcode", "Referenznummer"),
    _flag("Belegjahr", "Belegstatus"),
    _whole("Belegnummer", "Periode", "VorID", "ReferenzBelID"),
    _when("Belegdatum", "Liefertermin", "StatusDatum"),
    _whole("A0AdressNr", "A0EinmalkundeAdrNr", "A1AdressNr"),
    _text(20, "A0Empfaenger", "Rechnungsempfaenger", "Bestellreferenz"),
    _flag("A0Einmalkunde"),
    _text(50, "A0Matchcode"),
    _place("A0"),
    _place("A1"),
    _place("A2"),
    _text(10, "Kundengruppe", "Tour", "Versand", "Lieferbedingung", "Vertreter"),
    _flag("Preiskennzeichen"),
    _text(3, "WKz", "Sprache"),
    (Column("WKzKursFw", Float(53)),),
    _text(128, "Bearbeiter", "StatusBearbeiter"),
    *((*_money(f"Rabatt{n}", f"Rabattbetrag{n}", f"Rabattbasis{n}"), *_flag(f"RabattAbsolut{n}")) for n in (1, 2, 3)),
    _text(40, "Rabatttext1", "Rabatttext2", "Rabatttext3"),
    _long("Kopftext", "Fusstext", "Memo"),
    _text(80, "Referenzzeichen"),
    _money("ZWInternEW", "Zwischensumme", "Nettobetrag", "NettobetragEW", "Steuerbetrag", "Bruttobetrag"),
    _money("BruttobetragEW", "Gewicht"),
    _flag("Besteuerung"),
    _text(2, "EULand"),
    _text(15, "EUUStID"),
    _flag("Status", "RecalcBrutto"),
    _whole("SaveStatus"),
    _optional((*_text(255, "WSBestellNr", "WSKdNr", "WSEmail"), *_money("WSNettobetrag", "WSBruttobetrag"))),
)
BELEGE_POSITIONEN = _table(
    "KHKVKBelegePositionen",
    {"BelPosID": _INT},
    _whole("BelID", "VorPosID", "Index"),
    _text(50, "Position"),
    _flag("PosType", "Status"),
    _text(31, "Artikelnummer"),
    _whole("AuspraegungID"),
    _text(15, "Artikelgruppe", "Hauptartikelgruppe", "Vaterartikelgruppe"),
    _flag("StuecklistenTyp"),
    _text(50, "Bezeichnung1", "Bezeichnung2"),
    _when("Liefertermin"),
    _flag("Steuercode", "Steuerklasse", "Erloescode"),
    _money("Einzelpreis"),
    _flag("EinzelpreisNks", "EinzelpreisManuell", "RabattfaehigPos", "RabattfaehigArtikel"),
    _money("Rabatt", "Rabattbetrag", "Gesamtpreis", "GesamtpreisIntern", "GesamtpreisInternBrutto"),
    _money("GesamtpreisInternEW", "Menge", "MengeBasis", "MengeVKUmrechnung"),
    _text(5, "Mengeneinheit", "MengeBasiseinheit", "MengeVKEinheit"),
    _long("Langtext", "Dimensionstext"),
    _whole("Preiseinheit"),
    _flag("IstErledigt", "IstReserviert"),
    _money("Einzelgewicht", "Gesamtgewicht"),
)
BELEGE_ZKD = _table(
    "KHKVKBelegeZKD",
    {"ID": _INT},
    _whole("BelID"),
    _text(10, "Zahlungskond", "Inkassoart"),
    _text(255, "Nettobedingung"),
    _money("Betrag"),
)
BELEGE_STUECKLISTEN = _table(
    "KHKVKBelegeStuecklisten",
    {"BelPosStID": _INT},
    _whole("BelPosID"),
    _text(31, "Artikelnummer"),
    _money("MengeBasis", "GesamtpreisInternEW"),
)

# What a stand-in needs to be quick; Sage's own database has its own indexes.
_INDEXES = (
    Index("ix_bestand_artikel", LAGERPLATZBESTAENDE.c.Mandant, LAGERPLATZBESTAENDE.c.Artikelnummer),
    Index("ix_stueckliste", ARTIKEL_STUECKLISTE.c.Mandant, ARTIKEL_STUECKLISTE.c.Stueckliste),
    Index("ix_preis_artikel", PREISLISTEN_ARTIKEL.c.Mandant, PREISLISTEN_ARTIKEL.c.Artikelnummer),
    Index("ix_beleg_referenz", BELEGE.c.Mandant, BELEGE.c.Referenznummer),
    Index("ix_beleg_ws", BELEGE.c.Mandant, BELEGE.c.WSBestellNr),
    Index("ix_beleg_nummer", BELEGE.c.Mandant, BELEGE.c.Belegkennzeichen, BELEGE.c.Belegjahr, BELEGE.c.Belegnummer),
    Index("ix_position_beleg", BELEGE_POSITIONEN.c.Mandant, BELEGE_POSITIONEN.c.BelID),
    Index("ix_position_artikel", BELEGE_POSITIONEN.c.Mandant, BELEGE_POSITIONEN.c.Artikelnummer),
    Index("ix_konto_ws", KONTOKORRENT.c.Mandant, KONTOKORRENT.c.WSKdNr),
    Index("ix_konto_adresse", KONTOKORRENT.c.Mandant, KONTOKORRENT.c.Adresse),
    Index("ix_adresse_mail", ADRESSEN.c.Mandant, func.lower(ADRESSEN.c.EMail)),
)


def optional(declared: Column[Any]) -> bool:
    """Whether a database may lack the column."""
    return bool(declared.info.get("optional", False))


def available(columns: Iterable[Column[Any]], present: Set[str]) -> list[ColumnElement[Any]]:
    """The columns for a select, in their order; an optional one that the database lacks is NULL.

    `present` holds the names that the database has, in lower case.
    """
    return [
        null().label(each.name) if optional(each) and each.name.lower() not in present else each for each in columns
    ]


def own(table: Table, name: str) -> ColumnElement[Any]:
    """A column that a merchant added to a table (`USER_...`), or any other that is not declared here."""
    for each in table.c:
        if each.name.lower() == name.lower():
            return each
    return ColumnClause(name, _selectable=table)  # with its table: another one may have a column of that name


# --- the tree of article groups --------------------------------------------------------------------------------------

#: What stands for "no parent" (`sage-100.md` 2.4).
ROOTS = frozenset({"", "EMPTY"})
#: How it is written.
NO_PARENT = "EMPTY"
#: Sage's technical group.
DUMMY = "dummy"


class Group(NamedTuple):
    """One row of KHKArtikelgruppen: the codes from the main group down."""

    main: str
    parent: str
    code: str


def group(main: str | None, parent: str | None, code: str | None) -> Group:
    """The codes without the blanks that pad them; every spelling of "no parent" becomes the empty text."""
    main, parent, code = ((each or "").strip() for each in (main, parent, code))
    return Group(main, "" if parent.upper() in ROOTS else parent, code)


def _part(code: str) -> str:
    """A code as part of a path: a `/` of its own must not look like a level."""
    return code.replace("%", "%25").replace("/", "%2F")


class GroupTree:
    """Paths of article groups. One code can stand under several parents, so a group is told by its path (2.4).

    Args:
        rows: all groups.
    """

    def __init__(self, rows: Iterable[Group]) -> None:
        self.groups = [row for row in dict.fromkeys(rows) if row.code]
        self._by_code: dict[str, list[Group]] = {}
        for each in self.groups:
            self._by_code.setdefault(each.code, []).append(each)
        self._walked: dict[Group, tuple[str, ...]] = {}

    def paths(self, of: Group) -> tuple[str, ...]:
        """Every path to a group; none for the technical group, and for one that is its own ancestor.

        A parent that does not exist is taken as a root.
        """
        return tuple(path for path in self._from_root(of) if DUMMY not in path.casefold().split("/"))

    def in_circle(self, of: Group) -> bool:
        """Whether a group is its own ancestor, or stands only below such groups."""
        return not self._from_root(of)

    def stands_in(self, of: Group) -> tuple[str, ...]:
        """The paths for the group that an article names; its main or parent group may be out of date."""
        same_code = self._by_code.get(of.code, [])
        for fits in (
            [each for each in same_code if each == of],
            [each for each in same_code if each.main == of.main],
            same_code,
        ):
            if fits:
                return tuple(dict.fromkeys(path for each in fits for path in self.paths(each)))
        return ()

    def named(self, text: str) -> str:
        """The path that is meant by a path of codes in any letters, or by a code that only one group has.

        Anything else comes back as it is.
        """
        wanted = text.casefold()
        codes = self._paths_of_codes.get(wanted, ())
        return self._paths.get(wanted) or (codes[0] if len(codes) == 1 else text)

    @cached_property
    def _paths(self) -> dict[str, str]:
        """All paths, in small letters → as they are."""
        return {path.casefold(): path for each in self.groups for path in self.paths(each)}

    @cached_property
    def _paths_of_codes(self) -> dict[str, list[str]]:
        """The paths to every code, in small letters."""
        found: dict[str, list[str]] = {}
        for each in self.groups:
            found.setdefault(each.code.casefold(), []).extend(self.paths(each))
        return found

    def _from_root(self, of: Group) -> tuple[str, ...]:
        if of not in self._walked:
            self._walked[of] = self._walk(of, frozenset())
        return self._walked[of]

    def _walk(self, of: Group, below: frozenset[Group]) -> tuple[str, ...]:
        """Paths from a root; `below` are the groups that led here."""
        if of in below:
            return ()
        parents = self._parents(of)
        if not of.parent:
            above: Sequence[str] = ("",)
        elif parents:
            above = [f"{path}/" for parent in parents for path in self._walk(parent, below | {of})]
        else:
            above = (f"{_part(of.parent)}/",)
        return tuple(dict.fromkeys(path + _part(of.code) for path in above))

    def _parents(self, of: Group) -> list[Group]:
        """The groups above: those of the same main group, or any where it has none."""
        named = self._by_code.get(of.parent, [])
        return [each for each in named if each.main == of.main] or named
