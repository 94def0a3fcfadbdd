"""The rows of a sales document (`sage-100.md` 2.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange import khk
from exchange.connectors.sage import addresses
from exchange.connectors.sage import draft as drafts
from exchange.trade.amounts import gross_of, net_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.connectors.sage.accounts import Account
    from exchange.connectors.sage.draft import Draft
    from exchange.connectors.sage.totals import Position

ZERO = Decimal(0)

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
    "Rabatt1": 0,
    **{f"{name}{slot}": 0 for slot in (2, 3) for name in ("Rabatt", "Rabattbetrag", "Rabattbasis", "RabattAbsolut")},
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


def header(
    draft: Draft, account: Account, invoice: Account | None, kind: tuple[str, str], one_off: str
) -> dict[str, Any]:
    """The row of KHKVKBelege, without ids and numbers.

    Args:
        draft: the priced order.
        account: of the customer.
        invoice: of whoever else gets the invoice.
        kind: Belegkennzeichen and Belegart.
        one_off: the collective account for one-off customers, or empty.
    """
    order, totals = draft.order, draft.totals
    row = dict(zip(drafts.HEADER, drafts.header(draft, kind[0]), strict=True))
    dated = draft.dated
    row |= {
        "Belegart": kind[1],
        "Belegjahr": dated.year,
        "Periode": dated.year * 1000 + dated.month,
        "StatusDatum": dated,
        "A0AdressNr": account["Adresse"],
        "A1AdressNr": account["Adresse"],
        "A0Empfaenger": account.kto,
        "A0Matchcode": addresses.matchcode(draft.billing.name1, draft.billing.city),
        "A0Einmalkunde": khk.YES if one_off and account.kto == one_off else khk.NO,
        "A0EinmalkundeAdrNr": account["Adresse"] if one_off and account.kto == one_off else 0,
        "Rechnungsempfaenger": account.kto if invoice is None else invoice.kto,
        "Kundengruppe": account["Gruppe"],
        "Vertreter": account["Vertreter"],
        "Tour": account["Tour"],
        "Versand": draft.shipping.shipping or account["Versand"],
        "Lieferbedingung": draft.shipping.delivery_terms or account["Lieferbedingung"],
        "Sprache": account["Sprache"],
        "Rabattbasis1": totals.discount_base,
        "RabattAbsolut1": khk.YES if totals.discount else khk.NO,
        "NettobetragEW": totals.net,
        "BruttobetragEW": totals.gross,
        "ZWInternEW": sum((net_of(each.total, each.rate, gross=draft.gross) for each in draft.positions), ZERO),
        "Gewicht": sum((each.article.weight * each.quantity for each in draft.positions), ZERO),
        "WSBestellNr": order.number,
        "WSKdNr": order.shop_customer_id,
        "WSEmail": order.email,
        "WSNettobetrag": order.total_excl,
        "WSBruttobetrag": order.total_incl,
    }
    if invoice is not None:
        row.update(zip(addresses.ROLES["A2"], invoice_place(invoice), strict=True))
    return row


#: The columns of KHKVKBelegePositionen that a position gives; ids and `POSITION_CONSTANTS` are the others.
POSITION = (
    *("Index", "Position", "Artikelnummer", "Artikelgruppe", "Hauptartikelgruppe", "Vaterartikelgruppe"),
    *("StuecklistenTyp", "Bezeichnung1", "Bezeichnung2", "Steuercode", "Steuerklasse", "Erloescode", "Einzelpreis"),
    *("RabattfaehigPos", "RabattfaehigArtikel", "Rabattbetrag", "Gesamtpreis", "GesamtpreisIntern"),
    *("GesamtpreisInternBrutto", "GesamtpreisInternEW", "Menge", "Mengeneinheit", "MengeBasis", "MengeBasiseinheit"),
    *("MengeVKEinheit", "MengeVKUmrechnung", "Einzelgewicht", "Gesamtgewicht"),
)


def positions(draft: Draft) -> Iterator[tuple[Any, ...]]:
    """The values of `POSITION` for each position."""
    for number, each in enumerate(draft.positions, 1):
        yield _position(each, number, gross=draft.gross)


def _position(position: Position, number: int, *, gross: bool) -> tuple[Any, ...]:
    article, total, quantity = position.article, position.total, position.quantity
    net = net_of(total, position.rate, gross=gross)
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
        gross_of(total, position.rate, gross=gross),
        net,
        quantity,
        article.sales_unit,
        quantity * article.base_per_sales_unit,
        article.base_unit,
        article.sales_unit,
        article.base_per_sales_unit,
        article.weight,
        article.weight * quantity,
    )


def terms(draft: Draft, account: Account) -> dict[str, Any]:
    """The row of KHKVKBelegeZKD, without ids: the mapped terms, otherwise the customer's own."""
    mapped, own = draft.payment, str(account["Zahlungskond"])
    return {
        "Zahlungskond": mapped.terms or own,
        "Inkassoart": mapped.collection or account["Inkassoart"],
        "Nettobedingung": account["Nettobedingung"] if mapped.terms in ("", own) else "",
        "Betrag": draft.totals.gross,
    }


def invoice_account(account: Account) -> str:
    """Number of another account that gets the invoice, or empty."""
    other = str(account["Rechnungsempfaenger"])
    return "" if other == account.kto else other
