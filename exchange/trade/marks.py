"""How a document of Sage is recognised in the shop, so that it never comes there twice and never comes back.

The shop has no field for a number of ours. The mark stands in the comment of the order, which every way out of the shop
shows (`lightspeed-ecom.md` 2.18, 2.22, 3.3), and once more in its memo.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"(?<!\w)Sage: [A-Z]{3} \S+")


def mark(kind: str, number: str) -> str:
    """The mark of a document, such as `Sage: VVA 2026-10001`."""
    return f"Sage: {kind} {'_'.join(number.split())}"


def marked(*texts: str) -> str:
    """The first mark in some texts; empty where there is none."""
    return next((match[0] for text in texts if (match := _MARK.search(text))), "")
