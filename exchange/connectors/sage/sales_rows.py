"""The rows of a sales document that came as one (`sage-100.md` 2.13): what `document_rows` is for orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange import khk
from exchange.connectors.sage import addresses, document_rows
from exchange.trade.amounts import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connectors.sage.accounts import Account
    from exchange.connectors.sage.sales_draft import SalesDraft, SalesLine

DISCOUNT = "Rabatt"
#: What a line of text has in the columns of amounts.
_NOTHING = {
    name: ZERO
    for name in document_rows.POSITION
    if isinstance(khk.BELEGE_POSITIONEN.c[name].type, type(khk.MONEY))
}  # fmt: skip
_TEXT: dict[str, Any] = dict.fromkeys(document_rows.POSITION) | _NOTHING | {"Artikelnummer": "", "StuecklistenTyp": 0}


def own(draft: SalesDraft) -> dict[str, Any]:
    """The columns of KHKVKBelege that follow from document and customer; staging rows have them too."""
    document, totals = draft.document, draft.totals
    return {
        "Belegkennzeichen": document.kind,
        "Belegdatum": draft.dated,
        "Liefertermin": document.delivery_on,
        "Referenznummer": document.number,
        "WSBestellNr": document.order_number,
        "Matchcode": addresses.matchcode(draft.billing.name1, draft.billing.city),
        "Preiskennzeichen": khk.YES if draft.gross else khk.NO,
        "Besteuerung": draft.taxation,
        "EULand": draft.eu_country,
        "EUUStID": draft.vat_number,
        "WKz": document.currency,
        "Sprache": document.language or draft.account["Sprache"],
        "Versand": document.shipping_code or draft.account["Versand"],
        "Lieferbedingung": document.delivery_terms or draft.account["Lieferbedingung"],
        "Rabattbetrag1": totals.discount,
        "Rabatttext1": (document.discount_text or DISCOUNT) if totals.discount else "",
        "Zwischensumme": totals.subtotal,
        "Nettobetrag": totals.net,
        "Steuerbetrag": totals.tax,
        "Bruttobetrag": totals.gross,
        "Kopftext": document.head_text,
        "Fusstext": document.foot_text,
        **_places(draft, draft.billing),
    }


def header(draft: SalesDraft, label: str, number: int, invoice: Account | None, lines: Sequence[Any]) -> dict[str, Any]:
    """The columns of KHKVKBelege without ids.

    Args:
        draft: the priced document.
        label: Belegart.
        number: Belegnummer.
        invoice: whoever else gets the invoice.
        lines: the rows of its positions.
    """
    account, totals, dated = draft.account, draft.totals, draft.dated
    made = document_rows.HEADER_CONSTANTS | own(draft)
    if invoice is not None:
        made |= dict(zip(addresses.ROLES["A2"], document_rows.invoice_place(invoice), strict=True))
    return made | {
        "Belegart": label,
        "Belegjahr": dated.year,
        "Belegnummer": number,
        "Periode": dated.year * 1000 + dated.month,
        "StatusDatum": dated,
        "A0AdressNr": account["Adresse"],
        "A1AdressNr": account["Adresse"],
        "A0Empfaenger": account.kto,
        "A0Matchcode": made["Matchcode"],
        "A0Einmalkunde": khk.NO,
        "A0EinmalkundeAdrNr": 0,
        "Rechnungsempfaenger": account.kto if invoice is None else invoice.kto,
        "Kundengruppe": account["Gruppe"],
        "Vertreter": account["Vertreter"],
        "Tour": account["Tour"],
        "Rabattbasis1": totals.discount_base,
        "RabattAbsolut1": khk.YES if totals.discount else khk.NO,
        **{f"{name}{slot}": 0 for slot in (2, 3) for name in ("Rabattbetrag", "Rabattbasis", "RabattAbsolut")},
        "NettobetragEW": totals.net,
        "BruttobetragEW": totals.gross,
        "ZWInternEW": sum((each["GesamtpreisIntern"] for each in lines), ZERO),
        "Gewicht": sum((each["Gesamtgewicht"] for each in lines), ZERO),
        "WSEmail": draft.document.email,
        "WSNettobetrag": draft.document.total_net,
        "WSBruttobetrag": draft.document.total_gross,
    }


def _places(draft: SalesDraft, invoice: addresses.Place) -> dict[str, Any]:
    places = {"A0": draft.billing, "A1": draft.delivery, "A2": invoice}
    return {
        name: value
        for role, names in addresses.ROLES.items()
        for name, value in zip(names, places[role], strict=True)
    }  # fmt: skip


def positions(draft: SalesDraft, text_position: int) -> list[dict[str, Any]]:
    """The columns of KHKVKBelegePositionen without ids, for each line."""
    last = max((each.line.position or 0 for each in draft.lines if each.line is not None), default=0)
    return [_position(each, last + 1, text_position, gross=draft.gross) for each in draft.lines]


def _position(each: SalesLine, behind: int, text_position: int, *, gross: bool) -> dict[str, Any]:
    """One of them; a rounding difference, which came with no line, stands behind all others."""
    line, position = each
    place = behind if line is None else line.position or 0
    made = document_rows.POSITION_CONSTANTS | {"Langtext": ""}
    if position is None:
        made |= _TEXT | {"Index": place, "Position": "", "PosType": text_position}
    else:
        values = document_rows.priced(position, place, gross=gross)
        made |= dict(zip(document_rows.POSITION, values, strict=True))
    if line is None:
        return made
    return made | _texts(each) | {"AuspraegungID": line.variant_id or 0}


def _texts(each: SalesLine) -> dict[str, str]:
    """Title in two lines, and the long text; a title too long for both goes before that, whole."""
    assert each.line is not None  # noqa: S101 - asked before
    line = each.line
    if not line.title and each.position is not None:
        article = each.position.article
        return {"Bezeichnung1": article.title1, "Bezeichnung2": article.title2, "Langtext": line.description}
    first, second = addresses.split_name(line.title)
    whole = len(first) + len(second) + 1 >= len(line.title)
    described = line.description if whole else "\n".join(part for part in (line.title, line.description) if part)
    return {"Bezeichnung1": first, "Bezeichnung2": second, "Langtext": described}


def terms(draft: SalesDraft) -> dict[str, Any]:
    """The columns of KHKVKBelegeZKD without ids: those of the document, otherwise the customer's own (2.12)."""
    document, account = draft.document, draft.account
    theirs = document.payment_terms in ("", account["Zahlungskond"])
    net = account["Nettobedingung"] if theirs else ""
    if document.due_on is not None:
        net = f"1;{(document.due_on - draft.dated.date()).days}"
    return {
        "Zahlungskond": document.payment_terms or account["Zahlungskond"],
        "Inkassoart": account["Inkassoart"],
        "Nettobedingung": net,
        "Betrag": draft.totals.gross,
    }
