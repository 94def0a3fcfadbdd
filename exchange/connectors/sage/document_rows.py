"""The rows of a sales document (`sage-100.md` 2.13)."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange import khk
from exchange.connectors.sage import addresses
from exchange.connectors.sage import draft as drafts
from exchange.connectors.sage.pricing import SLOTS
from exchange.trade.amounts import ZERO, gross_of, net_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connectors.sage.accounts import Account
    from exchange.connectors.sage.draft import Draft
    from exchange.connectors.sage.totals import Position

#: What every new document says of itself; SaveStatus 2 is saved (inferred, 2.13). Written as part of the statement.
HEADER_CONSTANTS: dict[str, Any] = {
    "Belegstatus": 0,
    "Status": 0,
    "SaveStatus": 2,
    "RecalcBrutto": 0,
    "ReferenzBelID": 0,
    "WKzKursFw": 1,
    "Bearbeiter": "exchange",
    "StatusBearbeiter": "exchange",
    **{f"Rabatt{slot}": 0 for slot in (1, 2, 3)},
}
#: The same for positions: articles without variant, prices of the shop (5.2: "shop price wins, flagged manual").
POSITION_CONSTANTS: dict[str, Any] = {
    "PosType": 1,
    "Status": 0,
    "AuspraegungID": 0,
    "EinzelpreisNks": 2,
    "EinzelpreisManuell": khk.YES,
    "Rabatt": 0,
    "Preiseinheit": 1,
    "IstErledigt": khk.NO,
    "IstReserviert": khk.NO,
}


def invoice_place(account: Account) -> addresses.Place:
    """The master address of the account that gets the invoice."""
    return addresses.Place(
        salutation=account["Anrede"],
        name1=account["Name1"],
        name2=account["Name2"],
        addition=account["LieferZusatz"],
        contact="",
        street=account["LieferStrasse"],
        country=account["LieferLand"],
        zip=account["LieferPLZ"],
        city=account["LieferOrt"],
    )


#: What a document takes over from the account of its customer.
_OF_ACCOUNT = itemgetter("Kto", "Adresse", "Gruppe", "Vertreter", "Tour", "Versand", "Lieferbedingung", "Sprache")
#: What else a document says of each of its discounts.
_SLOTS = tuple(f"{name}{slot}" for slot in range(1, SLOTS + 1) for name in ("Rabattbasis", "RabattAbsolut"))
#: The columns of KHKVKBelege that follow from order and account; ids and `HEADER_CONSTANTS` are the others.
HEADER = (
    *drafts.HEADER,
    *("Belegart", "Belegjahr", "Belegnummer", "Periode", "StatusDatum", "WKz", "A0AdressNr", "A1AdressNr"),
    *("A0Empfaenger", "A0Matchcode", "A0Einmalkunde", "A0EinmalkundeAdrNr", "Rechnungsempfaenger", "Kundengruppe"),
    *("Vertreter", "Tour", "Versand", "Lieferbedingung", "Sprache", *_SLOTS),
    *("NettobetragEW", "BruttobetragEW", "ZWInternEW", "Gewicht"),
    *("WSBestellNr", "WSKdNr", "WSEmail", "WSNettobetrag", "WSBruttobetrag"),
)


class Buyer(NamedTuple):
    """Who gets a document.

    Attributes:
        account: of the customer.
        invoice: of whoever else gets the invoice.
        one_off: the collective account for one-off customers, or empty.
    """

    account: Account
    invoice: Account | None
    one_off: str


def header(
    draft: Draft,
    buyer: Buyer,
    kind: tuple[str, str],
    numbered: tuple[int, str],
    lines: Sequence[tuple[Any, ...]],
) -> tuple[Any, ...]:
    """The values of `HEADER`.

    Args:
        draft: the priced order.
        buyer: who gets it.
        kind: Belegkennzeichen and Belegart.
        numbered: Belegnummer and currency.
        lines: the values of `POSITION` for each position.
    """
    order, totals, dated, shipping = draft.order, draft.totals, draft.dated, draft.shipping
    kto, address, group, agent, tour, way, delivery, language = _OF_ACCOUNT(buyer.account.row)
    one_off = bool(buyer.one_off) and kto == buyer.one_off
    plain = drafts.header(draft, kind[0])
    if buyer.invoice is not None:
        plain = plain[: -len(addresses.COLUMNS)] + invoice_place(buyer.invoice)
    return (
        *plain,
        kind[1],
        dated.year,
        numbered[0],
        dated.year * 1000 + dated.month,
        dated,
        numbered[1],
        address,
        address,
        kto,
        addresses.matchcode(draft.billing.name1, draft.billing.city),
        khk.YES if one_off else khk.NO,
        address if one_off else 0,
        kto if buyer.invoice is None else buyer.invoice.kto,
        group,
        agent,
        tour,
        shipping.shipping or way,
        shipping.delivery_terms or delivery,
        language,
        *_slots(draft),
        totals.net,
        totals.gross,
        sum([line[_NET] for line in lines], ZERO),
        sum([line[_WEIGHT] for line in lines], ZERO),
        order.number,
        order.shop_customer_id,
        order.email,
        order.total_excl,
        order.total_incl,
    )


#: The values of `_SLOTS` of most orders.
_NO_SLOTS = (ZERO, khk.NO) * SLOTS


def _slots(draft: Draft) -> tuple[Any, ...]:
    """The values of `_SLOTS`."""
    base = draft.totals.discount_base
    used = [value for slot in draft.slots for value in ((base, khk.YES) if slot.amount else (ZERO, khk.NO))]
    return (*used, *_NO_SLOTS[len(used) :])


#: The columns of KHKVKBelegePositionen that a position gives; ids and `POSITION_CONSTANTS` are the others.
POSITION = (
    *("Index", "Position", "Artikelnummer", "Artikelgruppe", "Hauptartikelgruppe", "Vaterartikelgruppe"),
    *("StuecklistenTyp", "Bezeichnung1", "Bezeichnung2", "Steuercode", "Steuerklasse", "Erloescode", "Einzelpreis"),
    *("RabattfaehigPos", "RabattfaehigArtikel", "Rabattbetrag", "Gesamtpreis", "GesamtpreisIntern"),
    *("GesamtpreisInternBrutto", "GesamtpreisInternEW", "Menge", "Mengeneinheit", "MengeBasis", "MengeBasiseinheit"),
    *("MengeVKEinheit", "MengeVKUmrechnung", "Einzelgewicht", "Gesamtgewicht"),
)


_NET, _WEIGHT = POSITION.index("GesamtpreisIntern"), POSITION.index("Gesamtgewicht")


def positions(draft: Draft) -> list[tuple[Any, ...]]:
    """The values of `POSITION` for each position."""
    return [priced(each, number, gross=draft.gross) for number, each in enumerate(draft.positions, 1)]


def priced(position: Position, number: int, *, gross: bool) -> tuple[Any, ...]:
    """The values of `POSITION` for one position, at this place of a gross or net document."""
    article, total, quantity, rate = position.article, position.total, position.quantity, position.rate
    weight, per_unit, unit = article.weight, article.base_per_sales_unit, article.sales_unit
    net = net_of(total, rate, gross=gross)
    return (
        number,
        str(number),
        article.number,
        article.group,
        article.main_group,
        article.parent_group,
        article.bundle_type,
        article.title1,
        article.title2,
        position.code,
        article.tax_class,
        article.revenue_code,
        position.unit_price,
        khk.YES if position.discountable else khk.NO,
        article.discountable,
        position.discount,
        total,
        net,
        gross_of(total, rate, gross=gross),
        net,
        quantity,
        unit,
        quantity * per_unit,
        article.base_unit,
        unit,
        per_unit,
        weight,
        weight * quantity,
    )


#: The columns of KHKVKBelegeZKD that follow from order and account.
TERMS = ("Zahlungskond", "Inkassoart", "Nettobedingung", "Betrag")
_OWN_TERMS = itemgetter("Zahlungskond", "Inkassoart", "Nettobedingung")


def terms(draft: Draft, account: Account) -> tuple[Any, ...]:
    """The values of `TERMS`: the mapped terms, otherwise the customer's own."""
    mapped = draft.payment
    own, collection, net = _OWN_TERMS(account.row)
    return (
        mapped.terms or own,
        mapped.collection or collection,
        net if mapped.terms in ("", own) else "",
        draft.totals.gross,
    )


def invoice_account(account: Account) -> str:
    """Number of another account that gets the invoice, or empty."""
    other = str(account["Rechnungsempfaenger"])
    return "" if other == account.kto else other
