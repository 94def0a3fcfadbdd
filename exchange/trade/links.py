"""Signed links to documents: whoever has one sees just that document, until its last day."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer


class Pass(NamedTuple):
    """What a link allows.

    Attributes:
        customer: whose document it is.
        key: of the record, as the ledger knows it.
        file: below the folder of documents.
        until: last day.
        sha256: of the file; another one under that name is not what the link is for. Empty: whatever it holds.
    """

    customer: str
    key: str
    file: str
    until: date
    sha256: str = ""


def last_day(today: date, valid_days: int) -> date:
    """Last day of a link that is made today.

    The same for a whole period, so that a link stays as it is for days and is then replaced well before it ends: at
    least `valid_days` remain, at most twice as many.
    """
    period = max(valid_days, 1)
    return date.fromordinal((today.toordinal() // period + 2) * period)


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="exchange.documents", signer_kwargs={"digest_method": hashlib.sha256})


def token(key: str, allowed: Pass) -> str:
    """The part of a link that nobody can make or change without the key."""
    until = allowed.until.isoformat()
    return str(_serializer(key).dumps([allowed.customer, allowed.key, allowed.file, until, allowed.sha256]))


def opened(key: str, text: str, today: date) -> Pass | None:
    """What a token allows today; None for one that was changed, is of another key, or whose time is over."""
    allowed = named(key, text)
    return allowed if allowed is not None and today <= allowed.until else None


def named(key: str, text: str) -> Pass | None:
    """What a token is for, on whatever day; None for one that was changed or is of another key."""
    try:
        customer, record, file, until, sha256 = _serializer(key).loads(text)
        return Pass(str(customer), str(record), str(file), date.fromisoformat(until), str(sha256))
    except (BadData, ValueError, TypeError):
        return None
