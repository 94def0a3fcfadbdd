"""By what the same document is recognised, whoever names it."""

from __future__ import annotations


def document_key(kind: str, number: str) -> str:
    """Kind and number without blanks and letter case, as people retype them (fault-catalogue D1); or nothing."""
    plain = "".join(number.split())
    return f"{kind}:{plain}".casefold() if plain else ""
