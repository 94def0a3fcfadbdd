"""A sales document as a PDF: plain, complete, marked as a copy; for documents that nobody printed as a file."""

from __future__ import annotations

from exchange.paper.layout import pdf
from exchange.paper.words import Sender

__all__ = ["Sender", "pdf"]
