"""Sales documents out of Sage's own tables (`sage-100.md` 2.13, 2.14), streaming."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from exchange import khk
from exchange.convert import canonical
from exchange.records.sales_document import DocumentLine, DocumentTax, SalesDocument
from exchange.trade.amounts import ZERO, by_rate, line_total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement

    from exchange.connector import SageSource

#: Countries as older data spells them (1.3), and where nothing is said.
COUNTRIES = {"": "DE", "D": "DE", "DEU": "DE", "A": "AT", "AUT": "AT", "CHE": "CH", "F": "FR", "I": "IT", "B": "BE"}
_OWN = ("BelID", "Belegkennzeichen", "Belegjahr", "Belegnummer", "Belegdatum", "Liefertermin", "ReferenzBelID")
_WHO = ("A0Empfaenger", "Referenznummer", "WSBestellNr", "WSEmail", "EULand", "EUUStID", "Sprache", "WKz")
_TERMS = ("Versand", "Lieferbedingung", "Preiskennzeichen", "Rabattbetrag1", "Rabattbetrag2", "Rabattbetrag3")
_SUMS = ("Rabatttext1", "Nettobetrag", "Steuerbetrag", "Bruttobetrag", "Kopftext", "Fusstext")
_PLACE = ("Name1", "Name2", "Zusatz", "Strasse", "Land", "PLZ", "Ort")
_LINE = ("BelID", "Index", "Artikelnummer", "AuspraegungID", "Bezeichnung1", "Bezeichnung2", "Langtext", "Menge")
_PRICE = ("Mengeneinheit", "Einzelpreis", "Preiseinheit", "Rabatt", "Rabattbetrag", "Gesamtpreis")


def name(row: Any) -> str:
    """What a document is called: its number counts anew each year (1.2)."""
    return f"{row['Belegjahr']}-{row['Belegnummer']}"


def net_days(packed: str | None) -> int:
    """Days of `Nettobedingung`: `1;10` is ten days (2.12); due at once without."""
    parts = (packed or "").split(";")
    return int(parts[1]) if len(parts) > 1 and parts[1].strip().isdigit() else 0


def read(
    source: SageSource, kinds: Iterable[str], since: date, conditions: Iterable[ColumnElement[bool]] = ()
) -> Iterator[SalesDocument]:
    """The documents of some kinds since a day, by id, with lines, terms and the taxes that follow from the lines.

    Args:
        source: Sage.
        kinds: Belegkennzeichen.
        since: local date of the oldest document.
        conditions: more conditions on `khk.BELEGE`.
    """
    table = khk.BELEGE.c
    wanted = (
        table.Mandant == source.settings.mandant,
        table.Belegkennzeichen.in_(list(kinds)),
        table.Belegdatum >= datetime.combine(since, time()),
        *conditions,
    )
    lines = groupby(_lines(source, wanted), key=lambda row: int(row["BelID"]))
    group = next(lines, None)
    for head in _heads(source, wanted):
        of_head: list[Any] = []
        while group is not None and group[0] <= head["BelID"]:
            if group[0] == head["BelID"]:
                of_head = list(group[1])
            group = next(lines, None)
        yield _document(head, of_head, source)


def _heads(source: SageSource, wanted: tuple[ColumnElement[bool], ...]) -> Iterator[Any]:
    table, person, terms = khk.BELEGE, khk.ADRESSEN.c, khk.BELEGE_ZKD
    before = table.alias("before")
    last = (  # of several rows the highest id counts (2.12)
        select(terms.c.Mandant, terms.c.BelID, func.max(terms.c.ID).label("last"))
        .group_by(terms.c.Mandant, terms.c.BelID)
        .subquery()
    )
    places = [f"{role}{part}" for role in ("A0", "A1", "A2") for part in _PLACE]
    names = (*_OWN, *_WHO, *_TERMS, *_SUMS, "A0Anrede", *places)
    query = (
        select(
            *khk.available([table.c[each] for each in names], source.columns(table.name)),
            before.c.Belegkennzeichen.label("before_kind"),
            before.c.Belegjahr.label("before_year"),
            before.c.Belegnummer.label("before_number"),
            terms.c.Zahlungskond,
            terms.c.Nettobedingung,
            person.EMail,
            person.Telefon,
        )
        .select_from(table)
        .outerjoin(before, and_(before.c.BelID == table.c.ReferenzBelID, before.c.Mandant == table.c.Mandant))
        .outerjoin(last, and_(last.c.BelID == table.c.BelID, last.c.Mandant == table.c.Mandant))
        .outerjoin(terms, and_(last.c.last == terms.c.ID, terms.c.Mandant == last.c.Mandant))
        .outerjoin(khk.ADRESSEN, and_(person.Adresse == table.c.A0AdressNr, person.Mandant == table.c.Mandant))
        .where(*wanted)
        .order_by(table.c.BelID)
    )
    return source.rows(query)


def _lines(source: SageSource, wanted: tuple[ColumnElement[bool], ...]) -> Iterator[Any]:
    line, head, tax = khk.BELEGE_POSITIONEN, khk.BELEGE, khk.STEUERTABELLE.c
    before = line.alias("before")
    same_part = and_(
        before.c.BelID == head.c.ReferenzBelID,
        before.c.VorPosID == line.c.VorPosID,
        before.c.Mandant == line.c.Mandant,
    )
    query = (
        select(
            *(line.c[each] for each in (*_LINE, *_PRICE)),
            tax.Steuersatz,
            before.c.Index.label("before_index"),
        )
        .select_from(line)
        .join(head, and_(head.c.BelID == line.c.BelID, head.c.Mandant == line.c.Mandant))
        .outerjoin(khk.STEUERTABELLE, tax.Steuercode == line.c.Steuercode)
        .outerjoin(before, same_part)
        .where(*wanted)
        .order_by(line.c.BelID, line.c.Index, line.c.BelPosID)
    )
    return source.rows(query)


def _document(row: Any, lines: list[Any], source: SageSource) -> SalesDocument:
    gross = bool(row["Preiskennzeichen"])
    made = tuple(_line(each, position) for position, each in enumerate(lines, 1))
    discount = sum((Decimal(row[f"Rabattbetrag{slot}"] or 0) for slot in (1, 2, 3)), ZERO)
    priced = [(each.tax_rate or ZERO, each.total) for each in made if each.total is not None]
    dated = row["Belegdatum"].date()
    vat_number = _text(row["EUUStID"])
    return SalesDocument(
        kind=_text(row["Belegkennzeichen"]),
        number=name(row),
        dated_on=dated,
        predecessor_kind=_text(row["before_kind"]),
        predecessor_number=f"{row['before_year']}-{row['before_number']}" if row["before_number"] else "",
        order_number=_text(row["WSBestellNr"]) or _text(row["Referenznummer"]),
        status="",
        customer_number=_text(row["A0Empfaenger"]),
        email=_text(row["WSEmail"]) or _text(row["EMail"]),
        phone=_text(row["Telefon"]),
        vat_number=f"{_text(row['EULand'])}{vat_number}" if vat_number else "",
        **_billing(row),
        **_delivery(row),
        delivery_on=row["Liefertermin"].date() if row["Liefertermin"] else None,
        currency=_text(row["WKz"]) or source.settings.currency,
        language=_text(row["Sprache"]).upper(),
        gross=gross,
        payment_terms=_text(row["Zahlungskond"]),
        due_on=dated + timedelta(days=net_days(row["Nettobedingung"])),
        shipping_code=_text(row["Versand"]),
        delivery_terms=_text(row["Lieferbedingung"]),
        discount=_money(discount) if discount else None,
        discount_text=_text(row["Rabatttext1"]),
        total_net=_money(row["Nettobetrag"]),
        total_tax=_money(row["Steuerbetrag"]),
        total_gross=_money(row["Bruttobetrag"]),
        head_text=_text(row["Kopftext"]),
        foot_text=_text(row["Fusstext"]),
        lines=made,
        taxes=tuple(
            DocumentTax(canonical(each.rate, 3), _money(each.base), _money(each.tax))
            for each in by_rate(priced, discount, gross=gross)
        ),
    )


def _line(row: Any, position: int) -> DocumentLine:
    """A line; one without an article is text only (2.13 on PosType)."""
    title = " ".join(part for part in (_text(row["Bezeichnung1"]), _text(row["Bezeichnung2"])) if part)
    article = _text(row["Artikelnummer"])
    blank = DocumentLine(
        position, article, None, "", title, _text(row["Langtext"]), None, "", None, None, None, None, None
    )
    if not article:
        return blank
    quantity = Decimal(row["Menge"] or 0)
    unit = Decimal(row["Einzelpreis"] or 0) / (row["Preiseinheit"] or 1)
    total = Decimal(row["Gesamtpreis"] or 0)
    reduced = row["Rabatt"] or row["Rabattbetrag"]
    return blank._replace(
        variant_id=row["AuspraegungID"] or None,
        quantity=canonical(quantity, 4),
        unit=_text(row["Mengeneinheit"]),
        unit_price=_money(unit),
        discount=_money(line_total(quantity, unit, ZERO) - total) if reduced else None,
        total=_money(total),
        tax_rate=canonical(Decimal(row["Steuersatz"]), 3) if row["Steuersatz"] is not None else None,
        predecessor_position=row["before_index"],
    )


def _billing(row: Any) -> dict[str, Any]:
    """A2, the invoice's address; A0, the buyer's, where the document has none (5.2)."""
    role = "A2" if _text(row["A2Name1"]) else "A0"
    return {"billing_salutation": _text(row["A0Anrede"]) if role == "A0" else "", **_place(row, role, "billing")}


def _delivery(row: Any) -> dict[str, Any]:
    role = "A1" if _text(row["A1Name1"]) or _text(row["A1Strasse"]) else "A0"
    return _place(row, role, "delivery")


def _place(row: Any, role: str, prefix: str) -> dict[str, Any]:
    country = _text(row[f"{role}Land"]).upper()
    return {
        f"{prefix}_name1": _text(row[f"{role}Name1"]),
        f"{prefix}_name2": _text(row[f"{role}Name2"]),
        f"{prefix}_addition": _text(row[f"{role}Zusatz"]),
        f"{prefix}_street": _text(row[f"{role}Strasse"]),
        f"{prefix}_zip": _text(row[f"{role}PLZ"]),
        f"{prefix}_city": _text(row[f"{role}Ort"]),
        f"{prefix}_country": COUNTRIES.get(country, country),
    }


def _money(value: Any) -> Decimal:
    return canonical(Decimal(value or 0), 4, 2)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
