"""The news that a record is gone: what a full export no longer contains."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from exchange.record import text


class Deletion(NamedTuple):
    """One vanished record."""

    module: Annotated[str, text("Modul", "Module", 40, required=True, example="products")]
    key: Annotated[str, text("Schlüssel", "Key", 200, required=True, example="00200050")]
