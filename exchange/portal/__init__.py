"""The page that hands customers their documents: one signed link, one PDF; see docs/documents.md."""

from __future__ import annotations

from exchange.portal.pages import make
from exchange.portal.server import Served, serve

__all__ = ["Served", "make", "serve"]
