"""What differs from shop to shop, and what is not known of the real one (marked unsure): so it can be set."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Settings:
    """How the shop behaves; can be changed while it runs.

    Attributes:
        order_delay_seconds: of the shop's clock, that what lies below an order is 404 after the order came (1.5).
        webhook_delay_seconds, webhook_times: when, and how often, a webhook is told of an event (2.25).
        retry_after: how a 429 says when to come back: `seconds`, `date`, or `none` (1.4).
        orphan_variants: a deleted product leaves its variants behind (4.7).
        doubtful_filters: filters that only one client claims work too (1.3, unsure).
        bulk_replaces: `categories/products/bulk` takes away what it does not name (2.9, unsure).
        bulk_rows: most rows of `variants/bulk` (2.2, unsure).
        guests_join: a guest's order with the address of an account belongs to that account (2.23, unsure).
        quote_prices: the line of a quote takes an own price (2.22, unsure).
        quote_comments: the comment of a quote becomes that of its order (2.22, unsure).
        token_seconds: longest life of a login token (2.17, unsure: 600 or 3600).
        tier_reduces: price of a quantity discount is what is taken off, not what is paid (2.14, unsure).
        last_page: no pages behind it; 0 for no such end (1.3, unsure).
    """

    order_delay_seconds: float = 0.0
    webhook_delay_seconds: float = 0.2
    webhook_times: int = 2
    retry_after: str = "seconds"
    orphan_variants: bool = False
    doubtful_filters: bool = False
    bulk_replaces: bool = False
    bulk_rows: int = 250
    guests_join: bool = True
    quote_prices: bool = True
    quote_comments: bool = True
    token_seconds: int = 600
    tier_reduces: bool = False
    last_page: int = 0

    def change(self, given: Mapping[str, Any]) -> None:
        """Take new values. Raises ValueError for an unknown name or another type."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in given.items():
            wanted = known.get(name)
            if wanted is None:
                raise ValueError(f"unknown setting {name!r}; known are {', '.join(known)}")
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise ValueError(f"{name} wants {wanted.__name__}")
        for name, value in given.items():
            setattr(self, name, known[name](value))
