"""Uploaded pictures and files: by address, base64 or multipart (2.10, 2.12); each write keeps a copy of its own."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.wire import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.store import Store


def kept(store: Store, site: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an image or file made of a body with `attachment` and `filename`. Raises Wrong."""
    attachment, name = body.get("attachment"), str(body.get("filename") or "")
    if not attachment:
        raise Wrong(422, "Invalid attachment")
    if isinstance(attachment, str) and attachment.startswith(("http://", "https://")):
        return _fields(PurePosixPath(name or attachment), 0, attachment)
    if isinstance(attachment, str):
        try:
            attachment = base64.b64decode(attachment, validate=True)
        except binascii.Error:
            raise Wrong(422, "Invalid attachment") from None
    if not name:
        raise Wrong(422, "Invalid filename")
    number = store.keep(PurePosixPath(name).name, attachment)
    return _fields(PurePosixPath(name), len(attachment), f"{site}/files/{number}/{PurePosixPath(name).name}")


def _fields(name: PurePosixPath, size: int, src: str) -> dict[str, Any]:
    extension = name.suffix.lstrip(".").lower()
    return {"extension": extension, "size": size, "title": name.stem, "thumb": src, "src": src}
