"""Files on their way to the shop: what is in them decides whether they are sent, not their name or time."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from exchange.connectors.lightspeed.values import loads
from exchange.ledger_tables import SHOP_FACET, SHOP_PART

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from exchange.settings import Settings
    from exchange.shop import Upload

#: The resources that hold files; the millions of others are not looked through for them.
RESOURCES = ("product_image", "variant_image", "category_image", "brand_image", "file")


class Uploads:
    """The files that parts speak of.

    Args:
        settings: whose folders hold them.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def path(self, upload: Upload) -> Path | None:
        """Where the file lies; None when it is not there, or is named so that it would lie outside of its folder."""
        folder = self.settings.folder(upload.folder)
        path = (folder / upload.name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None

    def seen(self, upload: Upload) -> Upload:
        """The upload with the digest of what lies there now; empty when nothing does."""
        path = self.path(upload)
        return upload._replace(sha256="" if path is None else _digest_of(path))


def _digest_of(path: Path) -> str:
    status = path.stat()
    return _digest(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _digest(path: Path, _size: int, _changed: int) -> str:
    """Remembered for as long as size and time stay the same; a new process looks at the content again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def spoken_of(connection: Connection) -> Iterator[tuple[int, str, str, dict[str, object]]]:
    """Facets that hold a file: part id, module, record key, frozen fields."""
    facet = SHOP_FACET.c
    query = (
        select(facet.part_id, facet.module, facet.record_key, facet.fields)
        .join(SHOP_PART, SHOP_PART.c.id == facet.part_id)
        .where(SHOP_PART.c.resource.in_(RESOURCES), facet.fields.contains('{"$upload":'))
    )
    for part_id, module, key, fields in connection.execute(query):
        yield part_id, module, key, loads(fields)
