"""What a rule may ask of the shop: articles that are wished for there, whether they have come or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.lightspeed.known import ShopLookup
from exchange.shop import Part, product
from tests.unit.connectors.lightspeed.wish_cases import Shelf

if TYPE_CHECKING:
    from exchange.ledger import Ledger
