"""What goes over the wire and what we make of it (`lightspeed-ecom.md` 1.2, 1.5, 1.6).

Numbers are read exactly, never as a binary float; `false`, `""` and `null` are None where no flag is meant; links are
ids, moments aware; a single record in an array is taken out of it.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.errors import Unreadable
from exchange.connectors.lightspeed.resources import is_money, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.connectors.lightspeed.resources import Resource

#: Fields that are flags: there, `false` means no. All others are empty when they are false.
_FLAGS = frozenset(
    {"newsletter", "newsletterSubscribed", "shipmentSameAddress", "terms", "notifications", "before_tax"}
    | {"minimum_after", "validated", "loggedin", "read", "write", "notifyStatus"}
)
#: `isVisible`, `has_discount`, and in the middle `paymentIsPost`.
_FLAG = re.compile(r"(?:(?:is|has|do|allow|allows)(?=[A-Z_])|[a-z]+Is(?=[A-Z]))")


# --- reading ---------------------------------------------------------------------------------------------------------


#: Characters of a day.
DAY_LENGTH = 10


def decoded(body: bytes) -> Any:
    """The JSON of an answer, numbers exact. Raises Unreadable for HTML and everything else."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        what = "a page of HTML" if b"<html" in body[:2000].lower() else "something else"
        raise Unreadable(f"the shop answered with {what if body else 'nothing'} instead of JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def told_error(content: Any) -> tuple[int, str] | None:
    """Code (0: none) and message of an error, which may come with a status of 2xx too; None for a good answer (1.5)."""
    if not isinstance(content, dict) or not content.get("error"):
        return None
    error = content["error"]
    if not isinstance(error, dict):
        return 0, str(error)
    code, fields = str(error.get("code")), error.get("errors")
    details = "; ".join(f"{name}: {text}" for name, text in fields.items()) if isinstance(fields, dict) else ""
    message = ": ".join(each for each in (str(error.get("message") or ""), details) if each)
    return int(code) if code.isdigit() else 0, message or "no message"


def one(resource: Resource, content: Any) -> dict[str, Any]:
    """The record in an answer, normal. Raises Unreadable when there is none."""
    return normal(row(resource, content))


def row(resource: Resource, content: Any) -> dict[str, Any]:
    """The record in an answer, as it stands there. Raises Unreadable when there is none."""
    content = _without_array(content)
    if resource.one and isinstance(content, dict):
        keys = [key for key in (resource.one, resource.answer, resource.many) if key in content]
        content = _without_array(content[keys[0]]) if keys else None
    if not isinstance(content, dict):
        raise Unreadable(f"the shop's answer holds no {resource.name}")
    return content


def rows(resource: Resource, content: Any) -> list[dict[str, Any]]:
    """The records in the answer to a list, as they stand there. Raises Unreadable when there is no list."""
    found = _list_in(resource, content)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable(f"the shop's answer holds no list of {resource.name}")
    return found


def _list_in(resource: Resource, content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    for key in (resource.many, resource.one):
        if key and key in content:
            return content[key] or []
    # A plural that is not known for sure: the only list in the envelope.
    lists = [each for each in content.values() if isinstance(each, list)]
    return lists[0] if len(content) == len(lists) == 1 else None


def _without_array(content: Any) -> Any:
    return content[0] if isinstance(content, list) and len(content) == 1 else content


def normal(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with None for nothing, and ids for links; what a link holds embedded takes the place of the id."""
    return {name: _value(name, value) for name, value in record.items()}


def _value(name: str, value: Any) -> Any:
    if value is False:
        return False if is_flag(name) else None
    if value == "" or value is None:
        return None
    if isinstance(value, dict):
        return _link(value["resource"]) if value.keys() == {"resource"} else normal(value)
    if isinstance(value, list):
        return [normal(each) if isinstance(each, dict) else each for each in value]
    if name.endswith(("At", "_at", "resetTime")) and isinstance(value, str):
        # A discount rule has plain days where all others have moments (2.16).
        return date.fromisoformat(value) if len(value) == DAY_LENGTH else moment(value)
    return _number(name, value) if is_number(name) else value


def is_flag(name: str) -> bool:
    """Whether a field says yes or no."""
    return name in _FLAGS or _FLAG.match(name) is not None


def _number(name: str, value: Any) -> Any:
    """Decimal for money, and for any other number that comes as text."""
    if isinstance(value, str) or (is_money(name) and isinstance(value, int)):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise Unreadable(f"the shop says {value!r} for the number {name}") from None
    return value


def _link(resource: Any) -> Any:
    if not isinstance(resource, dict):
        return None
    embedded = resource.get("embedded")
    if isinstance(embedded, list):
        return [normal(each) for each in embedded]
    if isinstance(embedded, dict):
        return normal(embedded)
    return resource.get("id") or None


def moment(text: str) -> datetime:
    """A point in time of the API. Raises Unreadable for one without offset: it could mean any hour."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"the shop says {text!r} for a point in time") from None
    if when.tzinfo is None:
        raise Unreadable(f"the shop says {text!r}, without an offset, for a point in time")
    return when.astimezone(UTC)


# --- writing ---------------------------------------------------------------------------------------------------------


def wrapped(resource: Resource, body: Mapping[str, Any], *, new: bool = False) -> bytes:
    """The JSON of a body in its envelope; links as numbers. `new`: for a POST."""
    fields = {name: _linked(value) if name in resource.links else value for name, value in body.items()}
    key = (resource.body if new else "") or resource.one
    return json.dumps({key: fields} if key else fields, default=_json).encode()


def _linked(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _json(value: Any) -> Any:
    """Money exactly: as a number where JSON's writer spells it as it is, else as text, as the shop does (1.2)."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def asked(value: Any) -> str:
    """A value of a filter: moments in UTC, without offset (1.3)."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)
