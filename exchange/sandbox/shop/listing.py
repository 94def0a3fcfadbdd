"""Lists: filters, since_id, pages, columns (1.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from exchange.sandbox.shop.body import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exchange.sandbox.shop.kind import Kind
    from exchange.sandbox.shop.settings import Settings
    from exchange.sandbox.shop.store import Row, Store

T = TypeVar("T")
#: Most rows of a list, and how many without `limit`.
MOST, USUAL = 250, 50
_DATES = (
    ("created_at_min", "createdAt", True),
    ("created_at_max", "createdAt", False),
    ("updated_at_min", "updatedAt", True),
    ("updated_at_max", "updatedAt", False),
)


def found(store: Store, kind: Kind, owner: int, query: Mapping[str, str], settings: Settings) -> list[Row]:
    """All records that a query asks for, in the order of their ids. Raises Wrong."""
    known = {**kind.filters, **(kind.doubtful if settings.doubtful_filters else {})}
    wanted = {field: _value(kind, field, query[name]) for name, field in known.items() if name in query}
    rows = store.all(kind.path, owner if kind.nested else None, **wanted)
    for name, field, least in _DATES:
        if name in query and kind.dated:
            limit = moment(query[name])
            rows = [row for row in rows if _inside(moment(row[field]), limit, least=least)]
    return since(rows, query)


def since(rows: Sequence[Row], query: Mapping[str, str]) -> list[Row]:
    """Those with a greater id than the query says. Raises Wrong."""
    after = _whole(query, "since_id", 0)
    return [row for row in rows if row["id"] > after]


def page(rows: Sequence[T], query: Mapping[str, str], settings: Settings) -> Sequence[T]:
    """The page that a query asks for. Raises Wrong."""
    size = min(max(_whole(query, "limit", USUAL), 1), MOST)
    number = max(_whole(query, "page", 1), 1)
    if settings.last_page and number > settings.last_page:
        raise Wrong(400, "Invalid page")
    return rows[(number - 1) * size : number * size]


def columns(rows: list[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Only the fields that a query asks for."""
    if not query.get("fields"):
        return rows
    wanted = set(query["fields"].split(","))
    return [{name: value for name, value in row.items() if name in wanted} for row in rows]


def moment(text: str) -> datetime:
    """A moment; without an offset it is UTC (1.3). Raises Wrong."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(400, f"Invalid date {text}") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _inside(when: datetime, limit: datetime, *, least: bool) -> bool:
    return when >= limit if least else when <= limit


def _value(kind: Kind, name: str, given: str) -> Any:
    """What a filter is to find, as the field has it."""
    field = kind.fields[name]
    if isinstance(field.default, bool) and field.role != "link":
        return given in ("1", "true")
    if field.role in ("link", "plain"):
        return int(given) if given.isascii() and given.isdigit() else -1
    return given


def _whole(query: Mapping[str, str], name: str, usual: int) -> int:
    given = query.get(name, "")
    if given and not (given.isascii() and given.isdigit()):
        raise Wrong(400, f"Invalid {name}")
    return int(given) if given else usual
