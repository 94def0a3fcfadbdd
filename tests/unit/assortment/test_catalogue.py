"""What articles, categories and stocks of Sage mean for the shop."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.assortment.catalogue import as_html
from exchange.modules import categories, products, stock, variants
from exchange.registry import build
from exchange.settings import Settings
from exchange.shop import Part, Rank, Ref, ShopView, Upload

if TYPE_CHECKING:
    from exchange.module import Module


def parts(module: Module, record: Any = None, **settings: Any) -> dict[tuple[str, str, str], Part]:
    """The parts of a record (the example by default), by resource, key and language."""
    view = ShopView(Settings(**settings), module.options())
    assert module.parts is not None
    made = list(module.parts(module.example() if record is None else record, view))
    named = {(part.resource, part.key, part.language): part for part in made}
    assert len(named) == len(made)
    return named


def test_an_article_is_a_product_with_its_default_variant_and_what_belongs_to_it() -> None:
    made = parts(products.MODULE)
    number = "00200050"
    assert {(resource, key) for resource, key, _ in made} == {
        ("brand", "Musterwerk"),
        ("supplier", "Rösterei Muster"),
        ("product", number),
        ("variant", f"{number}|0"),
        ("category_product", f"{number}|ZUBEHOER/GESCHIRR/BECHER"),
        ("product_image", f"{number}|00200050.jpg"),
        ("product_image", f"{number}|00200050_1.jpg"),
        *(("product_metafield", f"{number}|meta_{name}_de") for name in ("title", "description", "keywords")),
    }
    fields = made["product", number, ""].fields
    assert fields["title"] == fields["fulltitle"] == "Kaffeebecher blau"
    assert fields["content"] == "Zweimal gebrannt,<br>\nspülmaschinenfest."
    assert (fields["visibility"], fields["brand"]) == ("visible", Ref("brand", "Musterwerk"))
    image = made["product_image", f"{number}|00200050_1.jpg", ""]
    assert image.fields == {"attachment": Upload("00200050_1.jpg", "images", ""), "sortOrder": 2}
    assert all(part.owner == Ref("product", number) for part in made.values() if "|" in part.key)


def test_the_default_variant_sells_the_article() -> None:
    """Weight in gram, sizes in whole centimetres, the price of one piece, the stock of all warehouses, rounded down."""
    record = products.example()._replace(length_cm=Decimal("12.5"))
    fields = parts(products.MODULE, record)["variant", "00200050|0", ""].fields

    assert fields == {
        "title": "Default",
        "articleCode": "00200050",
        "sku": "00200050",
        "ean": "4006381333931",
        "weight": 350,
        "sizeX": 13,
        "sizeY": 9,
        "sizeZ": 10,
        "tax": Ref("tax", "19"),
        "priceIncl": Decimal("9.95"),
        "oldPriceIncl": 0,
        "unitPrice": Decimal("9.95"),
        "unitUnit": "piece",
        "stockLevel": 164,
        "stockTracking": "enabled",
    }


@pytest.mark.parametrize(
    ("gross", "mode", "price_unit", "wanted"),
    [
        (True, "incl", 1, {"priceIncl": Decimal("9.95"), "oldPriceIncl": 0}),
        (True, "excl", 1, {"priceExcl": Decimal("8.3613"), "oldPriceExcl": 0}),
        (False, "incl", 1, {"priceIncl": Decimal("11.84"), "oldPriceIncl": 0}),
        (True, "incl", 100, {"priceIncl": Decimal("0.10"), "oldPriceIncl": 0}),
    ],
)
def test_only_the_price_of_the_shops_mode_is_sent(
    *, gross: bool, mode: str, price_unit: int, wanted: dict[str, Any]
) -> None:
    example = products.example()
    record = example._replace(
        prices=tuple(each._replace(gross=gross) for each in example.prices), price_unit=price_unit, base_price_unit=""
    )

    fields = parts(products.MODULE, record, shop={"prices": mode})["variant", "00200050|0", ""].fields

    assert {name: value for name, value in fields.items() if "rice" in name} == wanted


def test_a_price_that_cannot_be_reckoned_is_left_out() -> None:
    """Without a tax rate a net price has no gross one; nothing is guessed."""
    example = products.example()
    record = example._replace(prices=(example.prices[0]._replace(gross=False),), tax_rate=None)

    fields = parts(products.MODULE, record)["variant", "00200050|0", ""].fields

    assert not {"priceIncl", "priceExcl", "unitPrice", "tax"} & fields.keys()


def test_the_unit_price_is_for_the_base_unit() -> None:
    """A bag of 250 g for 7.90 is 31.60 per kilogram."""
    example = products.example()
    record = example._replace(
        prices=(example.prices[0]._replace(price=Decimal("7.90")),),
        base_price_unit="kg",
        base_price_factor=Decimal("0.25"),
        base_price_quantity=Decimal(1),
    )

    fields = parts(products.MODULE, record)["variant", "00200050|0", ""].fields

    assert (fields["unitPrice"], fields["unitUnit"]) == (Decimal("31.60"), "kilogram")


def test_a_base_price_is_for_a_kilogram_also_where_sage_counts_grams() -> None:
    """A tin of 150 g for 4.50, shown per 100 g in Sage, is 30.00 per kilogram."""
    example = products.example()
    record = example._replace(
        prices=(example.prices[0]._replace(price=Decimal("4.50")),),
        base_price_unit="g",
        base_price_factor=Decimal(150),
        base_price_quantity=Decimal(100),
    )

    fields = parts(products.MODULE, record)["variant", "00200050|0", ""].fields

    assert (fields["unitPrice"], fields["unitUnit"]) == (Decimal("30.00"), "kilogram")


def test_texts_in_another_language_than_the_shops_have_a_part_of_their_own() -> None:
    """The title stands in until the basic language has one; it yields to every other."""
    made = parts(products.MODULE, shop={"default_language": "nl"})

    base, german = made["product", "00200050", ""], made["product", "00200050", "de"]
    assert (base.fields["title"], base.rank < Rank.BASE) == ("Kaffeebecher blau", True)
    assert "content" not in base.fields
    assert set(german.fields) == {"title", "fulltitle", "description", "content"}


def test_an_inactive_article_is_hidden() -> None:
    made = parts(products.MODULE, products.example()._replace(active=False))
    assert made["product", "00200050", ""].fields["visibility"] == "hidden"


def test_an_article_with_variants_is_sold_and_shown_by_them_only() -> None:
    """Unless the variants are not exported at all; then it is an article like others."""
    record = products.example()._replace(type="variant_parent")
    made = parts(products.MODULE, record)
    assert not [key for key in made if key[0] == "variant"]
    assert made["product", record.number, ""].fields["visibility"] == "hidden"
    alone = parts(products.MODULE, record, modules={"variants": {"enabled": False}})
    assert alone["variant", f"{record.number}|0", ""].fields["articleCode"] == record.number
    assert alone["product", record.number, ""].fields["visibility"] == "visible"


@pytest.mark.parametrize("visibility", ["visible", "auto"])
def test_the_first_variant_shows_its_product_but_not_one_that_is_inactive(visibility: str) -> None:
    """By rank: what the variant says covers the article, and an inactive article covers its variants."""
    settings = {"modules": {"products": {"visibility": visibility}}}
    variant = variants.example()
    shown = parts(variants.MODULE, variant, **settings)["product", variant.article_number, ""]
    assert (shown.fields, shown.creates) == ({"visibility": visibility}, False)
    record = products.example()._replace(type="variant_parent", number=variant.article_number)
    active = parts(products.MODULE, record)["product", record.number, ""]
    inactive = parts(products.MODULE, record._replace(active=False))["product", record.number, ""]
    assert active.rank < shown.rank < inactive.rank
    assert inactive.fields["visibility"] == "hidden"


def test_html_stays_and_plain_text_becomes_html() -> None:
    assert as_html("<p>Fein</p>") == "<p>Fein</p>"
    assert as_html("a < b\n& c") == "a &lt; b<br>\n&amp; c"


def test_a_category_stands_below_its_parent() -> None:
    ((_, part),) = parts(categories.MODULE).items()
    assert part.owner == part.fields["parent"] == Ref("category", "KAFFEE")
    assert (part.fields["title"], part.fields["isVisible"]) == ("Becher", True)
    root = categories.example()._replace(number="KAFFEE", parent_number="", level=1)
    ((_, top),) = parts(categories.MODULE, root).items()
    assert top.owner is None
    assert "parent" not in top.fields


def test_stock_is_rounded_down_and_makes_no_variant() -> None:
    record = stock.example()._replace(available=Decimal("-0.5"), variant_id=7)
    ((_, part),) = parts(stock.MODULE, record, shop={"stock_tracking": "indicator"}).items()
    assert (part.key, part.creates, part.rank) == ("00200050|7", False, Rank.STOCK)
    assert part.fields == {"stockLevel": -1, "stockTracking": "indicator"}


def test_a_stock_that_is_not_known_is_not_zero() -> None:
    assert parts(stock.MODULE, stock.example()._replace(available=None)) == {}


SHOP_MODULES = [each for each in build().modules.values() if each.parts is not None]


@pytest.mark.parametrize("module", SHOP_MODULES, ids=lambda module: module.name)
def test_every_modules_example_says_each_thing_once(module: Module) -> None:
    """A part that one record names twice could not be kept apart in the ledger."""
    portal = {"url": "https://belege.example", "key": "0123456789" * 4}  # one of them makes links
    assert isinstance(parts(module, portal=portal), dict)
