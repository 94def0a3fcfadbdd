"""The addresses of pages: slugs of titles, paths of categories (2.1, 2.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong

if TYPE_CHECKING:
    from exchange.sandbox.shop.store import Row, Store

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug(title: str) -> str:
    """Part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().translate(_LETTERS)).strip("-") or "x"


def unused(store: Store, path: str, wanted: str, number: int = 0) -> str:
    """The address, or it with a number behind it, so that no record of the kind but this one has it."""
    free, count = wanted, 1
    while any(row["id"] != number for row in store.all(path, url=free)):
        count += 1
        free = f"{wanted}-{count}"
    return free


def placed(store: Store, row: Row) -> None:
    """Depth, path and address of a category follow from those above it; and those of its children. Raises Wrong."""
    above = store.get("categories", row["parent"])
    path: list[Any] = [str(row["id"]), *(above["path"] if above else [])]
    if len(path) != len(set(path)):
        raise Wrong(422, "Invalid parent")
    last = str(row["url"]).rpartition("/")[2] or slug(row["title"])
    url = "/".join(filter(None, (above["url"] if above else "", last)))
    store.put("categories", row, depth=len(path), path=path, url=unused(store, "categories", url, row["id"]))
    for child in store.all("categories", parent=row["id"]):
        placed(store, child)
