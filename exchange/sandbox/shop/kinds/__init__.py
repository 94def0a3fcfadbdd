"""What the stand-in shop knows, as data: its resources (`lightspeed-ecom.md` 2, sample bodies of the API).

The connector has a table of its own; the two are written apart on purpose, so that a mistake in one shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.sandbox.shop.kinds.catalogue import CATALOGUE
from exchange.sandbox.shop.kinds.house import HOUSE
from exchange.sandbox.shop.kinds.people import PEOPLE
from exchange.sandbox.shop.kinds.quotes import METHODS, QUOTES
from exchange.sandbox.shop.kinds.sales import SALES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.kind import Kind

#: By path, without ids.
KINDS: Mapping[str, Kind] = {kind.path: kind for kind in (*CATALOGUE, *PEOPLE, *SALES, *METHODS, *QUOTES, *HOUSE)}
#: Those that hold metafields, by the name of their owner: `product`.
METAFIELDS: Mapping[str, Kind] = {
    kind.one.removesuffix("Metafield"): kind for kind in KINDS.values() if kind.one.endswith("Metafield")
}
