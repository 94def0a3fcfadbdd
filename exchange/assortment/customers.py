"""Customers of Sage as a shop would have them, for the customer import of its back office (`sage-100.md` 2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from exchange import khk
from exchange.connector import chunks
from exchange.record import Kind, schema
from exchange.records.shop_customer import SALUTATIONS, ShopCustomer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import RowMapping

    from exchange.connector import SageSource
    from exchange.settings import SageSettings

#: Accounts that are read together; also the length of an IN list.
CHUNK = 500
#: Category of a customer's delivery address (`sage-100.md` 2.11) [unsure].
DELIVERY_ADDRESS = 41
_ENGLISH = "E"


def customers(source: SageSource, groups: Sequence[str]) -> Iterator[ShopCustomer]:
    """Customers with an e-mail address as the shop would have them, in the order of their numbers (2.11).

    Without those that are blocked, inactive, or nobody (templates, one-off); of these groups (Gruppe), or of all.
    """
    account, address = khk.KONTOKORRENT.c, khk.ADRESSEN.c
    mandant, given = source.settings.mandant, source.settings.customers
    nobody = {*given.templates.values(), *given.group_templates.values(), given.one_off}
    shop_id = khk.available([account.WSKdNr], source.columns(khk.KONTOKORRENT.name))
    query = (
        select(account.Kto, account.EULand, account.EUUStID, *shop_id, *(address[name] for name in _ADDRESS))
        .join_from(khk.KONTOKORRENT, khk.ADRESSEN, account.Adresse == address.Adresse)
        .where(account.Mandant == mandant, address.Mandant == mandant, account.KtoArt == "D")
        .where(account.Aktiv != 0, or_(account.IstGesperrt == 0, account.IstGesperrt.is_(None)))
        .where(address.EMail != "", account.Kto.not_in(nobody))
        .order_by(account.Kto)
    )
    if groups:
        query = query.where(account.Gruppe.in_(groups))
    for rows in chunks(source.rows(query), CHUNK):
        contacts = _contacts(source, [row["Adresse"] for row in rows])
        places = _delivery(source, [row["Kto"] for row in rows])
        for row in rows:
            yield _customer(row, contacts.get(row["Adresse"]), places.get(row["Kto"]), source.settings)


_ADDRESS = (
    *("Adresse", "Anrede", "Name1", "Name2", "LieferZusatz", "LieferStrasse", "LieferLand", "LieferPLZ", "LieferOrt"),
    *("Telefon", "Mobilfunk", "EMail", "Sprache"),
)


def _contacts(source: SageSource, addresses: Sequence[int]) -> dict[int, RowMapping]:
    """The first contact person of each address."""
    table = khk.ANSPRECHPARTNER.c
    query = select(table.Adresse, table.Anrede, table.Vorname, table.Nachname).where(
        table.Mandant == source.settings.mandant, table.Adresse.in_(addresses), table.Nachname != ""
    )
    found: dict[int, RowMapping] = {}
    for row in source.rows(query.order_by(table.Nummer)):
        found.setdefault(row["Adresse"], row)
    return found


def _delivery(source: SageSource, accounts: Sequence[str]) -> dict[str, RowMapping]:
    """The latest delivery address of each account."""
    reference, address = khk.ADRESSENVERWEISE.c, khk.ADRESSEN.c
    mandant = source.settings.mandant
    query = (
        select(reference.Verweis, *(address[name] for name in _ADDRESS))
        .join_from(khk.ADRESSENVERWEISE, khk.ADRESSEN, reference.Adresse == address.Adresse)
        .where(reference.Mandant == mandant, address.Mandant == mandant, reference.Kategorie == DELIVERY_ADDRESS)
        .where(reference.Verweis.in_(accounts))
        .order_by(address.Adresse)
    )
    return {row["Verweis"]: row for row in source.rows(query)}


def _customer(
    row: RowMapping, contact: RowMapping | None, place: RowMapping | None, settings: SageSettings
) -> ShopCustomer:
    def said(name: str, of: RowMapping | None = row) -> str:
        return "" if of is None or of[name] is None else str(of[name]).strip()

    name = " ".join(part for part in (said("Name1"), said("Name2")) if part)
    company = "" if said("Anrede") in _PERSONS else name
    first, _, last = ("", "", "") if company else name.rpartition(" ")
    languages = {settings.language: settings.shop_language, _ENGLISH: "en"}
    salutation = said("Anrede", contact) or said("Anrede")
    return EMPTY._replace(
        shop_customer_id=said("WSKdNr"),
        customer_number=said("Kto"),
        language=languages.get(said("Sprache"), ""),
        email=said("EMail"),
        phone=said("Telefon"),
        mobile=said("Mobilfunk"),
        salutation=salutation if salutation in _PERSONS else "",
        first_name=said("Vorname", contact) or first,
        last_name=said("Nachname", contact) or last,
        company=company,
        vat_number=said("EULand") + said("EUUStID") if said("EUUStID") else "",
        billing_name=name,
        billing_addition=said("LieferZusatz"),
        billing_street=said("LieferStrasse"),
        billing_zip=said("LieferPLZ"),
        billing_city=said("LieferOrt"),
        billing_country=said("LieferLand"),
        delivery_name=said("Name1", place),
        delivery_addition=said("LieferZusatz", place),
        delivery_street=said("LieferStrasse", place),
        delivery_zip=said("LieferPLZ", place),
        delivery_city=said("LieferOrt", place),
        delivery_country=said("LieferLand", place),
    )


#: A customer of whom nothing is known.
EMPTY: ShopCustomer = ShopCustomer._make(
    [*("" if each.kind is Kind.TEXT else None for each in schema(ShopCustomer).fields), ()]
)
#: How Sage addresses people; whoever is addressed otherwise is a company.
_PERSONS = frozenset(each.code for each in SALUTATIONS)
