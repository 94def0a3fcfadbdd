"""Uploaded pictures and files: by address, base64 or multipart (2.10, 2.12); each write keeps a copy of its own."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from exchange.sandbox.shop.body import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.store import Store

#: Kinds whose records are made of an attachment.
UPLOADED = frozenset({"products/images", "files", "variants/image", "categories/image", "brands/image"})
TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
_MEGABYTE = 1_048_576


def kept(store: Store, site: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an image or file made of a body with `attachment` and `filename`. Raises Wrong."""
    attachment, name = body.get("attachment"), PurePosixPath(str(body.get("filename") or "")).name
    if not attachment or not isinstance(attachment, str | bytes):
        raise Wrong(422, "Invalid attachment")
    if isinstance(attachment, str) and attachment.startswith(("http://", "https://")):
        address = attachment.partition("?")[0]
        return _fields(PurePosixPath(name or address), 0, attachment)
    if isinstance(attachment, str):
        try:
            attachment = base64.b64decode(attachment, validate=True)
        except binascii.Error:
            raise Wrong(422, "Invalid attachment") from None
    if not name:
        raise Wrong(422, "Invalid filename")
    most = (store.first("shop/limits") or {}).get("maxFilesSize")
    if most is not None and len(attachment) > most * _MEGABYTE:
        raise Wrong(422, f"Limit reached: maxFilesSize is {most}")
    number = store.keep(name, attachment)
    return _fields(PurePosixPath(name), len(attachment), f"{site}/files/{number}/{quote(name)}")


def _fields(name: PurePosixPath, size: int, src: str) -> dict[str, Any]:
    extension = name.suffix.lstrip(".").lower()
    kind = "image" if TYPES.get(extension, "").startswith("image/") else "file"
    return {"type": kind, "extension": extension, "size": size, "title": name.stem, "thumb": src, "src": src}


def mime(name: str) -> str:
    """Type of a file, by its name."""
    return TYPES.get(PurePosixPath(name).suffix.lstrip(".").lower(), "application/octet-stream")
