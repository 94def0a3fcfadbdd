"""Sage 100 over its SQL database: read by modules, asked by checks, written to by targets.

SageDatabase      reads, look-ups, transactions and the start-up probe
lookup            what exists in Sage, or at least in the settings
StagingTarget     orders and customers in tables of ours beside Sage's
DocumentsTarget   orders and customers in Sage's own tables (sandbox, or behind a switch)
SagePreview       what orders and customers would do, before they do it
"""

from __future__ import annotations

from exchange.connectors.sage.code_lists import code_lists
from exchange.connectors.sage.database import SageDatabase
from exchange.connectors.sage.documents import DocumentsTarget
from exchange.connectors.sage.lookup import lookup
from exchange.connectors.sage.preview import SagePreview
from exchange.connectors.sage.staging import StagingTarget

__all__ = ["DocumentsTarget", "SageDatabase", "SagePreview", "StagingTarget", "code_lists", "lookup"]
