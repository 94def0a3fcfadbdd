"""Between the store and the API: links, countries, languages, loose types, bodies of every kind (1.1, 1.2)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.store import OWNER, TEXTS, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from exchange.sandbox.shop.kinds import Kind

#: Code, code3, title of the countries that the sandbox's people live in.
COUNTRIES = {
    "de": ("deu", "Germany"),
    "at": ("aut", "Austria"),
    "ch": ("che", "Switzerland"),
    "nl": ("nld", "Netherlands"),
    "be": ("bel", "Belgium"),
    "fr": ("fra", "France"),
    "it": ("ita", "Italy"),
    "es": ("esp", "Spain"),
    "pl": ("pol", "Poland"),
    "cz": ("cze", "Czech Republic"),
    "dk": ("dnk", "Denmark"),
    "gb": ("gbr", "United Kingdom"),
    "us": ("usa", "United States"),
    "ca": ("can", "Canada"),
}
LANGUAGES = {
    "de": (4, "de_DE", "Deutsch"),
    "en": (3, "en_GB", "English"),
    "nl": (1, "nl_NL", "Nederlands"),
    "fr": (5, "fr_FR", "Français"),
    "us": (18, "en_US", "English (US)"),
}


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


def shown(kind: Kind, row: Row, language: str, base: str) -> dict[str, Any]:
    """A record as the API shows it in a language; `base` is the address of the API with the language."""
    result: dict[str, Any] = {"id": row["id"]}
    if kind.dated:
        result |= {"createdAt": row["createdAt"], "updatedAt": row["updatedAt"]}
    translated = row.get(TEXTS, {}).get(language, {})
    for name, field in kind.fields.items():
        value = translated.get(name, row.get(name, field.default))
        match field.role:
            case "write":
                continue
            case "link":
                result[name] = link(f"{field.to}/{value}", base, value) if value else False
            case "links":
                result[name] = link(field.to.format(id=row["id"]), base)
            case "country":
                result[name] = country(value)
            case "language":
                result[name] = tongue(value)
            case _:
                result[name] = value
    return result


def link(url: str, base: str, number: Any = 0) -> dict[str, Any]:
    """A link to a record, or to a list."""
    path, mark, query = url.partition("?")
    return {"resource": {"id": number or False, "url": url, "link": f"{base}/{path}.json{mark}{query}"}}


def country(code: Any) -> Any:
    """A country as it is read."""
    code = str(code or "").lower()
    if not code:
        return False
    code3, title = COUNTRIES.get(code, (code, code.upper()))
    number = list(COUNTRIES).index(code) + 1 if code in COUNTRIES else 0
    return {"id": number, "code": code, "code3": code3, "title": title}


def tongue(code: Any) -> Any:
    """A language as it is read."""
    if not code:
        return False
    number, locale, title = LANGUAGES.get(code, (99, code, code))
    return {"id": number, "code": code, "locale": locale, "title": title}


def taken(kind: Kind, body: Mapping[str, Any], language: str, basic: str, row: Row | None) -> dict[str, Any]:
    """What a write changes of a record; read-only fields are ignored, as the real shop does. Raises Wrong."""
    values: dict[str, Any] = {}
    texts = dict((row or {}).get(TEXTS, {}).get(language, {}))
    for name, given in body.items():
        field = kind.fields.get(name)
        if field is None or field.role in ("ro", "links"):
            continue
        value = _typed(name, given, field.default, field.role)
        if field.role == "text" and language != basic and row is not None:
            texts[name] = value
        else:
            values[name] = value
    if texts:
        values[TEXTS] = {**(row or {}).get(TEXTS, {}), language: texts}
    return values


def _typed(name: str, value: Any, default: Any, role: str) -> Any:
    if role in ("link", "country", "language"):
        if isinstance(value, dict):
            raise Wrong(422, f"Invalid {name}")
        return _number(name, value) if role == "link" else str(value or "").lower()
    if isinstance(default, bool):
        return value in (True, 1, "1", "true", "True") if not isinstance(value, str) or value else False
    if isinstance(default, int | float) and isinstance(value, str):
        return _number(name, value)
    return value


def _number(name: str, value: Any) -> Any:
    if value in (None, False, ""):
        return False
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Wrong(422, f"Invalid {name}") from None
    return int(number) if number.is_integer() else number


def body(request: Request, key: str) -> dict[str, Any]:
    """The fields of a request: JSON with or without envelope, form with brackets, or multipart without envelope."""
    if request.files or request.mimetype == "multipart/form-data":
        fields: dict[str, Any] = dict(request.form)
        for name, file in request.files.items():
            fields[name] = file.read()
            fields.setdefault("filename", file.filename or name)
        return fields
    if request.mimetype == "application/x-www-form-urlencoded":
        return _bracketed(request.form.to_dict(), key)
    try:
        content = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise Wrong(400, "Invalid JSON") from None
    if not isinstance(content, dict):
        raise Wrong(400, "Invalid request body")
    if key:
        content = content.get(key)
        if not isinstance(content, dict):
            raise Wrong(400, f"Missing {key}")
    return content


_BRACKETS = re.compile(r"(\w+)\[(\w+)\]")


def _bracketed(form: Mapping[str, str], key: str) -> dict[str, Any]:
    """`variant[stockLevel]=5`."""
    fields = {}
    for name, value in form.items():
        match = _BRACKETS.fullmatch(name)
        if match and match[1] == key:
            fields[match[2]] = value
    if not fields:
        raise Wrong(400, f"Missing {key}")
    return fields


def new(kind: Kind) -> Row:
    """A record with nothing but defaults."""
    return {name: field.default for name, field in kind.fields.items() if field.role != "links"} | {OWNER: 0}
