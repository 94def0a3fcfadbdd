"""The bodies of requests, in each of the ways that the API takes them (1.1)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request


class Wrong(Exception):  # noqa: N818 - it says what the request is
    """A request that the shop refuses.

    Attributes:
        code: status.
        message: in the shop's words.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def missing() -> Wrong:
    """There is no such record."""
    return Wrong(404, "Not found.")


def body(request: Request, key: str) -> dict[str, Any]:
    """The fields of a request; those of a multipart one have no envelope. An empty key: there is none. Raises Wrong."""
    if request.mimetype == "multipart/form-data":
        fields: dict[str, Any] = dict(request.form)
        for name, file in request.files.items():
            fields[name] = file.read()
            fields.setdefault("filename", file.filename or name)
        return fields
    content = _content(request)
    if key:
        content = content.get(key)
    if not isinstance(content, dict):
        raise Wrong(400, f"Missing {key}" if key else "Invalid request body")
    return content


def listed(request: Request, key: str) -> list[dict[str, Any]]:
    """The rows of a request for many at once. Raises Wrong."""
    rows = _content(request).get(key)
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise Wrong(400, f"Missing {key}")
    return rows


def _content(request: Request) -> Any:
    if request.mimetype == "application/x-www-form-urlencoded":
        return _nested(request.form)
    try:
        content = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise Wrong(400, "Invalid JSON") from None
    if not isinstance(content, dict):
        raise Wrong(400, "Invalid request body")
    return content


_BRACKETS = re.compile(r"\[(\w*)\]")


def _nested(form: Mapping[str, str]) -> dict[str, Any]:
    """`variant[stockLevel]=5` is `{"variant": {"stockLevel": "5"}}`; numbers in brackets count the rows of a list."""
    made: dict[str, Any] = {}
    for name, value in form.items():
        first, bracket, rest = name.partition("[")
        keys = [first, *_BRACKETS.findall(bracket + rest)]
        place = made
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise Wrong(400, f"Invalid {name}")
        place[keys[-1]] = value
    return {name: _rows(value) for name, value in made.items()}


def _rows(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    plain = {key: _rows(each) for key, each in value.items()}
    return list(plain.values()) if plain and all(key.isdigit() for key in plain) else plain
