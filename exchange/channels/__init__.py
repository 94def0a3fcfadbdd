"""Where files lie elsewhere, one file per type. Each declares `OPEN`, a function name + settings → open channel."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.channel import Channel
    from exchange.settings import ChannelSettings


def open_channel(name: str, settings: ChannelSettings, root: Path) -> Channel:
    """Connect. `root` is where relative paths start. Raises ChannelError, ConfigError."""
    opened: Channel = import_module(f"exchange.channels.{settings.type}").OPEN(name, settings, root)
    return opened
