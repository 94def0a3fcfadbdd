"""One variant of an article: a size, a colour, or both."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NamedTuple

from exchange.record import Rows, flag, money, number, text, whole


class Dimension(NamedTuple):
    """What the variant is in one respect."""

    name: Annotated[str, text("Merkmal", "Dimension", 50, required=True, example="Größe")]
    value: Annotated[str, text("Merkmalswert", "Value", 50, required=True, example="M")]


class Variant(NamedTuple):
    """A variant. It is native (an Ausprägung of its article) or an article of its own that names its parent."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="32010")]
    variant_id: Annotated[int | None, whole("Ausprägung", "Variant", 9, example="2")]
    own_number: Annotated[str, text("Variantenartikel", "Article number of the variant", 31)]
    position: Annotated[int | None, whole("Variantenposition", "Variant position", 4, example="2")]
    ean: Annotated[str, text("EAN", "EAN", 14, example="4006381333931")]
    weight_kg: Annotated[Decimal | None, number("Gewicht kg", "Weight kg", example="0.38")]
    currency: Annotated[str, text("Währung", "Currency", 3, upper=True, example="EUR")]
    gross: Annotated[bool | None, flag("Bruttopreis", "Includes tax", example="1")]
    tax_rate: Annotated[Decimal | None, number("Steuersatz", "Tax rate", 3, length=3, example="19")]
    price_unit: Annotated[int | None, whole("Preiseinheit", "Price is per", 6, example="1")]
    price: Annotated[Decimal | None, money("Preis", "Price", example="29.90")]
    image: Annotated[str, text("Bilddatei", "Image file", 255)]
    dimensions: Annotated[tuple[Dimension, ...], Rows("Merkmale", "Dimensions", "dimension", required=True)]
