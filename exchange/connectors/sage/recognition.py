"""Whose account it is, by the rules of `sage.customers.match`; what is doubtful is shown, never merged in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.connectors.sage.findings import CUSTOMER_AMBIGUOUS
from exchange.finding import Finding, Locator, Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connectors.sage.accounts import Account, Accounts
    from exchange.finding import Kind

_EMAIL_DE = "Die E-Mail „{value}“ haben in Sage schon: {accounts}; der Name „{name}“ ist ein anderer."
_EMAIL_EN = "In Sage the e-mail “{value}” belongs to {accounts}; the name “{name}” is another one."
_PLACE_DE = "„{name}“ gibt es in Sage schon unter derselben Anschrift: {accounts}."
_PLACE_EN = "Sage already has “{name}” at the same address: {accounts}."
_SHOP_DE = (
    "Ist es derselbe, tragen Sie dort die Shop-Kundennummer {shop_id} ein (WSKdNr); sonst legen Sie ihn in Sage mit "
    "dieser Shop-Kundennummer an. Wiederholen Sie dann den Lauf (exchange replay)."
)
_SHOP_EN = (
    "If it is the same one, enter the shop's number {shop_id} there (WSKdNr). Otherwise create him in Sage with that "
    "shop number. Then repeat the run (exchange replay)."
)
_FILE_DE = "Ist es derselbe, tragen Sie in der Datei dessen Kundennummer ein; sonst geben Sie ihm eine neue, eigene."
_FILE_EN = "If it is the same one, enter that number in the file as his customer number. Otherwise give him a new one."
CUSTOMER_DOUBTFUL = kind(
    "sage.customer_doubtful",
    de=_EMAIL_DE,
    en=_EMAIL_EN,
    remedy_de=_SHOP_DE,
    remedy_en=_SHOP_EN,
    severity=Severity.HOLD,
)
CUSTOMER_ALIKE = kind(
    "sage.customer_alike",
    de=_PLACE_DE,
    en=_PLACE_EN,
    remedy_de=_SHOP_DE,
    remedy_en=_SHOP_EN,
    severity=Severity.HOLD,
)
ROW_DOUBTFUL = kind(
    "sage.customer_row_doubtful",
    de=_EMAIL_DE,
    en=_EMAIL_EN,
    remedy_de=_FILE_DE,
    remedy_en=_FILE_EN,
    severity=Severity.HOLD,
)
ROW_ALIKE = kind(
    "sage.customer_row_alike",
    de=_PLACE_DE,
    en=_PLACE_EN,
    remedy_de=_FILE_DE,
    remedy_en=_FILE_EN,
    severity=Severity.HOLD,
)
CUSTOMER_MAYBE_DOUBLE = kind(
    "sage.customer_maybe_double",
    de="Angelegt als {account}; dieselbe E-Mail oder Anschrift haben in Sage schon: {accounts}.",
    en="Created as {account}; in Sage the same e-mail or address already belongs to {accounts}.",
    remedy_de="Nichts zu tun, wenn es verschiedene sind; sonst legen Sie sie in Sage zusammen.",
    remedy_en="Nothing to do if they are different ones. Otherwise join them in Sage.",
    severity=Severity.WARNING,
)
#: So many candidates are named.
SHOWN_ACCOUNTS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a customer can be recognised; empty where not known.

    Attributes:
        number: his account.
        shop_id: the shop's number for him.
        email: his address.
        fields: names of these three in the record, for findings.
        names: what he and his company are called; the first is shown.
        zip, street: where he lives.
        name_field: name of the field of his name in the record.
        from_shop: the shop knows him by a number.
    """

    number: str
    shop_id: str
    email: str
    fields: tuple[str, str, str]
    names: tuple[str, ...] = ()
    zip: str = ""
    street: str = ""
    name_field: str = ""
    from_shop: bool = False

    @property
    def shown(self) -> str:
        """His name."""
        return next(filter(None, self.names), "")

    def is_named_like(self, account: Account) -> bool:
        """Whether an account has one of his names."""
        return not account.names.isdisjoint(map(plain, self.names))


def plain(text: str) -> str:
    """Letters and digits without letter case; whatever is between them is one blank."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def match(accounts: Accounts, wanted: Wanted, rules: Sequence[str]) -> Account | Finding | None:
    """Whose account it is, one rule after the other: None for somebody new, a finding in doubt."""
    of_number, of_shop_id, of_email = wanted.fields
    for rule in rules:
        known: Account | Finding | None = None
        if rule == "number":
            known = accounts.by_number(wanted.number, of_number) if wanted.number else None
        elif rule == "shop_id":
            known = _only(accounts.of_shop_id(wanted.shop_id), wanted.shop_id, of_shop_id)
        elif rule == "email_name":
            known = _of_email(accounts, wanted)
        elif rule == "email":
            known = _only(accounts.of_email(wanted.email), wanted.email, of_email)
        else:
            known = _only(accounts.of_place(wanted), wanted.shown, wanted.name_field)
        if known is not None:
            return known
    alike = accounts.of_place(wanted)
    what = CUSTOMER_ALIKE if wanted.from_shop else ROW_ALIKE
    return _doubt(what, wanted, wanted.name_field, alike) if alike else None


def maybe_double(accounts: Accounts, wanted: Wanted, account: str) -> list[Finding]:
    """Who else of Sage a customer with a number of his own could be, where that number is new."""
    others = {each.kto: each for each in (*accounts.of_email(wanted.email), *accounts.of_place(wanted))}
    known = [each for each in others.values() if not each.created and each.kto != account]
    if not known:
        return []
    return [found(CUSTOMER_MAYBE_DOUBLE, Locator(field=wanted.fields[0]), account=account, accounts=_shown(known))]


def _of_email(accounts: Accounts, wanted: Wanted) -> Account | Finding | None:
    candidates = accounts.of_email(wanted.email)
    fitting = [each for each in candidates if wanted.is_named_like(each)]
    if fitting or not candidates:
        return _only(fitting, wanted.email, wanted.fields[2])
    what = CUSTOMER_DOUBTFUL if wanted.from_shop else ROW_DOUBTFUL
    return _doubt(what, wanted, wanted.fields[2], candidates)


def _doubt(what: Kind, wanted: Wanted, field: str, candidates: Sequence[Account]) -> Finding:
    at, accounts = Locator(field=field), _shown(candidates)
    return found(what, at, value=wanted.email, name=wanted.shown, accounts=accounts, shop_id=wanted.shop_id)


def _only(candidates: Sequence[Account], value: str, field: str) -> Account | Finding | None:
    if len(candidates) > 1:
        return found(CUSTOMER_AMBIGUOUS, Locator(field=field), value=value, accounts=_shown(candidates))
    return candidates[0] if candidates else None


def _shown(candidates: Sequence[Account]) -> str:
    names = sorted(f"{each.kto} ({each.text('Name1')}, {each.text('LieferOrt')})" for each in candidates)
    return "; ".join(names[:SHOWN_ACCOUNTS])
