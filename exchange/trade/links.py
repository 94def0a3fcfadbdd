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
    """

    customer: str
    key: str
    file: str
    until: date


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
    return str(_serializer(key).dumps([allowed.customer, allowed.key, allowed.file, allowed.until.isoformat()]))


def opened(key: str, text: str, today: date) -> Pass | None:
    """What a token allows today; None for one that was changed, is of another key, or whose time is over."""
    try:
        customer, record, file, until = _serializer(key).loads(text)
        allowed = Pass(str(customer), str(record), str(file), date.fromisoformat(until))
    except (BadData, ValueError, TypeError):
        return None
    return allowed if today <= allowed.until else None
