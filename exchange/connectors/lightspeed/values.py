"""Values of the shop's fields as the ledger keeps them: json that says the same for equal values, and back.

A `Ref` stays ours (resource and key, never the shop's id), so that what is wanted can be compared with what was sent.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from exchange.shop import Gathered, Json, Listed, Ref, Upload, Withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: A field as json has it.
Plain = Any


_FREEZE: tuple[tuple[type, Callable[[Any], Plain]], ...] = (
    (Decimal, lambda number: {"$number": format(number.normalize(), "f")}),
    (Json, lambda json: {"$json": freeze(json.content)}),
    (Ref, lambda ref: {"$ref": [ref.resource, ref.key]}),
    (Gathered, lambda text: {"$gathered": sorted(set(text.items))}),
    (Withdrawn, lambda text: {"$withdrawn": sorted(set(text.items))}),
    (Listed, lambda listed: {"$listed": in_order(freeze(each) for each in listed.items)}),
    (Upload, lambda upload: {"$upload": [upload.name, upload.folder, upload.sha256]}),
    (datetime, lambda at: {"$at": at.astimezone(UTC).isoformat()}),
    (date, lambda day: {"$day": day.isoformat()}),
    (dict, lambda content: {"$dict": {name: freeze(value) for name, value in content.items()}}),
    (list, lambda values: [freeze(each) for each in values]),
    (tuple, lambda values: [freeze(each) for each in values]),
)


def freeze(value: Any) -> Plain:
    """A value as plain json. Raises TypeError for one that has no exact form, such as a float."""
    if value is None or isinstance(value, str | bool | int):
        return value
    for of, frozen in _FREEZE:
        if isinstance(value, of):
            return frozen(value)
    raise TypeError(f"a field of the shop cannot be {type(value).__name__}")


_THAW: Mapping[str, Callable[[Any], Any]] = {
    "$number": Decimal,
    "$ref": lambda pair: Ref(*pair),
    "$gathered": lambda items: Gathered(tuple(items)),
    "$withdrawn": lambda items: Withdrawn(tuple(items)),
    "$listed": lambda items: Listed(tuple(thaw(each) for each in items)),
    "$upload": lambda three: Upload(*three),
    "$json": lambda content: Json(thaw(content)),
    "$dict": lambda content: {name: thaw(value) for name, value in content.items()},
    "$at": datetime.fromisoformat,
    "$day": date.fromisoformat,
}


def thaw(value: Plain) -> Any:
    """The inverse of `freeze`."""
    if isinstance(value, list):
        return [thaw(each) for each in value]
    if isinstance(value, dict):
        ((name, inner),) = value.items()
        return _THAW[name](inner)
    return value


def in_order(items: Iterable[Plain]) -> list[Plain]:
    """Frozen items, each once, in the order of their text."""
    texts = {orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in items}
    return [orjson.loads(each) for each in sorted(texts)]


def mentioned(value: Plain) -> Iterator[Ref]:
    """The refs in a frozen value, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from mentioned(each)
    elif isinstance(value, dict):
        if "$ref" in value:
            yield Ref(*value["$ref"])
        else:
            for each in value.values():
                yield from mentioned(each)


def dumps(fields: Mapping[str, Plain]) -> str:
    """Frozen fields as text; equal fields give equal text."""
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()


def loads(text: str) -> dict[str, Plain]:
    """Frozen fields out of text; none out of an empty one."""
    fields: dict[str, Plain] = orjson.loads(text) if text else {}
    return fields


def digest(fields: Mapping[str, Plain]) -> bytes:
    """16 bytes that are equal for equal fields; never empty."""
    return blake2b(dumps(fields).encode(), digest_size=16).digest()
