"""Between the store and the API: links, `false` for nothing, countries, languages, loose types (1.2, 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.kind import OWNER, TEXTS
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.places import COUNTRIES, LANGUAGES, country, language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exchange.sandbox.shop.kind import Field, Kind
    from exchange.sandbox.shop.store import Row, Store


class Wire:
    """Shows records as the API does.

    Args:
        store: of the shop.
        site: address of the server, for links.
    """

    def __init__(self, store: Store, site: Callable[[], str]) -> None:
        self.store, self.site = store, site

    @property
    def languages(self) -> list[str]:
        """The active languages in the shop's order, the basic one first."""
        rows = [row for row in self.store.all("languages") if row["isActive"]]
        return [str(row["code"]) for row in sorted(rows, key=lambda row: (not row["isDefault"], row["_place"]))]

    def rows(self, path: str, rows: Sequence[Row], tongue: str) -> list[dict[str, Any]]:
        """Several records of one kind."""
        return [self.shown(KINDS[path], row, tongue) for row in rows]

    def shown(self, kind: Kind, row: Row, tongue: str) -> dict[str, Any]:
        """A record in a language."""
        made: dict[str, Any] = {"id": row[kind.key or "id"]}
        if kind.dated:
            made |= {"createdAt": row["createdAt"], "updatedAt": row["updatedAt"]}
        for name, field in kind.fields.items():
            if field.role != "write":
                made[name] = self._value(field, row, name, tongue)
        return made

    def _value(self, field: Field, row: Row, name: str, tongue: str) -> Any:
        value = text(row, name, tongue) if field.role == "text" else row.get(name, field.default)
        match field.role:
            case "link":
                value = self.link(field.to, value, tongue) if value else False
            case "several":
                value = [self.link(field.to, each, tongue) for each in value]
            case "links":
                value = self.list_link(field.to.format(id=row["id"]), tongue)
            case "whole":
                record = self.store.get(field.to, value)
                value = self.shown(KINDS[field.to], record, tongue) if record else False
            case "country":
                value = country(value)
            case "language":
                value = language(value)
        return value

    def link(self, path: str, number: int, tongue: str) -> dict[str, Any]:
        """A link to a record."""
        owners, _, last = path.rpartition("/")
        row = self.store.get(path, number) if owners and KINDS[path].nested else None
        url = f"{owners}/{row[OWNER]}/{last}/{number}" if row else f"{path}/{number}"
        return {"resource": {"id": number, "url": url, "link": f"{self.site()}/{tongue}/{url}.json"}}

    def list_link(self, url: str, tongue: str) -> dict[str, Any]:
        """A link to a list."""
        path, mark, query = url.partition("?")
        return {"resource": {"id": False, "url": url, "link": f"{self.site()}/{tongue}/{path}.json{mark}{query}"}}


def new(kind: Kind) -> Row:
    """A record with nothing but defaults."""
    return {name: field.default for name, field in kind.fields.items() if field.role != "links"}


def text(row: Row, name: str, tongue: str) -> Any:
    """A text in a language; what was never said in it is as it was in the basic one."""
    return row.get(TEXTS, {}).get(tongue, {}).get(name, row.get(name, ""))


def spoken(row: Row | None, tongue: str, languages: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What texts in one language change of a record: nothing in any other language.

    Args:
        row: the record; None for a new one, whose texts hold for all languages (1.7).
        tongue: language of the texts.
        languages: the active ones, the basic one first.
        given: texts by field.
    """
    if row is None or not given:
        return dict(given)
    own = {code: dict(values) for code, values in row.get(TEXTS, {}).items()}
    if tongue != languages[0]:
        own.setdefault(tongue, {}).update(given)
        return {TEXTS: own}
    for code in languages[1:]:
        for name in given:
            own.setdefault(code, {}).setdefault(name, row.get(name, ""))
    return {**given, TEXTS: own}


def taken(kind: Kind, body: Mapping[str, Any], tongue: str, languages: Sequence[str], row: Row | None) -> Row:
    """What a write changes of a record; fields that are read only are passed over. Raises Wrong."""
    values: Row = {}
    texts: Row = {}
    for name, given in body.items():
        field = kind.fields.get(name)
        if field is not None and field.role not in ("ro", "links"):
            (texts if field.role == "text" else values)[name] = typed(name, given, field)
    return values | spoken(row, tongue, languages, texts)


def typed(name: str, value: Any, field: Field) -> Any:
    """A value that was sent, as the type of its field. Raises Wrong."""
    made = value
    match field.role, field.default:
        case "free", _:
            made = False if value in (None, "") else value
        case (("link" | "whole"), _):
            made = _number(name, value) or False
        case "country", _:
            made = _code(name, value, COUNTRIES)
        case "language", _:
            made = _code(name, value, LANGUAGES)
        case _, bool():
            made = value in (True, 1, "1", "true", "True", "on")
        case _, int() | float():
            made = _number(name, value)
        case _, str():
            made = _text(name, value)
    if field.choices and made not in field.choices:
        raise Wrong(422, f"Invalid {name}")
    return made


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise Wrong(422, f"Invalid {name}")
    return "" if value is None or value is False else str(value)


def _number(name: str, value: Any) -> int | float:
    if value is None or value is False or value == "":
        return 0
    try:
        number = float(value)
        return int(number) if number.is_integer() else number
    except (TypeError, ValueError, OverflowError):
        raise Wrong(422, f"Invalid {name}") from None


def _code(name: str, value: Any, known: Mapping[str, Any]) -> str:
    code = str(value or "").lower()
    if code and code not in known:
        raise Wrong(422, f"Invalid {name}")
    return code
