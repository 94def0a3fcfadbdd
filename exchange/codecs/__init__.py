"""The file types, one file each; every file declares its `CODEC`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from exchange.errors import ConfigError

if TYPE_CHECKING:
    from exchange.codec import Codec


def registry() -> dict[str, Codec]:
    """All codecs by format. Raises ConfigError for a file that declares none."""
    found: dict[str, Codec] = {}
    for info in iter_modules(__path__):
        codec: Codec | None = getattr(import_module(f"{__name__}.{info.name}"), "CODEC", None)
        if codec is None or codec.format != info.name:
            message = f"exchange/codecs/{info.name}.py declares no CODEC of format {info.name}"
            raise ConfigError(message)
        found[codec.format] = codec
    return found
