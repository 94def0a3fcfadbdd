"""What goes over the wire and what we make of it (`lightspeed-ecom.md` 1.2, 1.5, 1.6).

Numbers that look like money are read exactly (Decimal, never a binary float); `false`, `""` and `null` are None where
no flag is meant; links become ids; single records in an array are taken out of it.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed.gateway import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.connectors.lightspeed.resources import Resource

#: Fields that are flags: there, `false` means no. All others are "nothing" when they are false.
_FLAGS = frozenset({"newsletter", "newsletterSubscribed", "terms", "notifications", "percentage", "before_tax"})
_FLAG_BEGINNINGS = ("is", "has", "do", "allow", "notify")


def decoded(body: bytes, content_type: str = "application/json") -> Any:
    """The JSON of an answer, numbers exact. Raises Unreadable for HTML and everything else."""
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as error:
        shown = "HTML" if b"<html" in body[:2000].lower() or "html" in content_type else content_type or "nothing"
        message = f"the shop answered with {shown} instead of JSON"
        raise Unreadable(message) from error


def told_error(content: Any) -> str:
    """The shop's message in the body of an error, which may also come with a status of 2xx; empty when there is none."""
    if not isinstance(content, dict) or "error" not in content:
        return ""
    error = content["error"]
    if not isinstance(error, dict):
        return str(error) or "unknown error"
    fields = error.get("errors")
    details = "; ".join(f"{name}: {text}" for name, text in fields.items()) if isinstance(fields, dict) else ""
    return ": ".join(each for each in (str(error.get("message", "")), details) if each) or "unknown error"


def wrapped(resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as a POST or PUT takes it."""
    return {resource.one: dict(body)} if resource.one else dict(body)


def one(resource: Resource, content: Any) -> dict[str, Any]:
    """The record in an answer, normal. Raises Unreadable when there is none."""
    content = _without_array(content)
    for key in (resource.one, resource.answer, resource.many):
        if key and isinstance(content, dict) and key in content:
            content = _without_array(content[key])
            break
    if not isinstance(content, dict):
        message = f"the shop's answer holds no {resource.name}"
        raise Unreadable(message)
    return normal(content)


def many(resource: Resource, content: Any) -> list[dict[str, Any]]:
    """The records in the answer to a list, normal. Raises Unreadable when there is no list."""
    if isinstance(content, dict):
        for key in (resource.many, resource.one):
            if key and key in content:
                content = content[key]
                break
        else:
            # A plural that is not known for sure: the only list in the envelope.
            lists = [each for each in content.values() if isinstance(each, list)]
            content = lists[0] if len(lists) == 1 else content
    if content is False or content is None:
        return []
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        message = f"the shop's answer holds no list of {resource.many}"
        raise Unreadable(message)
    return [normal(each) for each in content]


def _without_array(content: Any) -> Any:
    return content[0] if isinstance(content, list) and len(content) == 1 else content


def normal(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with None for nothing, ids for links, and what is embedded behind a link as a list or record of its own."""
    return {name: _value(name, value) for name, value in record.items()}


def _value(name: str, value: Any) -> Any:
    if value is False:
        return False if name in _FLAGS or name.startswith(_FLAG_BEGINNINGS) else None
    if value == "":
        return None
    if isinstance(value, dict):
        return _link(value["resource"]) if set(value) == {"resource"} else normal(value)
    if isinstance(value, list):
        return [normal(each) if isinstance(each, dict) else each for each in value]
    return value


def _link(resource: Mapping[str, Any]) -> Any:
    embedded = resource.get("embedded")
    if isinstance(embedded, list):
        return [normal(each) for each in embedded]
    if isinstance(embedded, dict):
        return normal(embedded)
    return resource.get("id") or None


def moment(text: str) -> datetime:
    """A point in time of the API, aware. Raises Unreadable for one without offset."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is no point in time") from error
    if when.tzinfo is None:
        raise Unreadable(f"{text!r} has no offset")
    return when
