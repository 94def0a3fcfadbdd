"""What the shop's products and categories must be, before they go to Sage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exchange.modules import category_import, product_import
from exchange.records.product import ProductCategory
from tests.unit.modules.sage_cases import told


def asked(name: str, **values: object) -> list[tuple[str, str]]:
    """What Sage is asked for about an article."""
    (reference,) = [each for each in product_import.MODULE.references if each.name == name]
    return list(reference.of(product_import.example()._replace(**values)))


def test_sage_is_asked_for_the_tax_class_of_a_rate_unless_one_is_named() -> None:
    assert asked("tax_class", tax_rate=Decimal("7.00")) == [("tax_rate", "7")]
    assert asked("tax_class", tax_class="2") == []
    assert asked("tax_class", tax_rate=None) == []


def test_sage_is_asked_for_the_first_category_only() -> None:
    """The others have no place in Sage, and are told when the article lands."""
    categories = (ProductCategory("Tee"), ProductCategory("Neu"))
    assert asked("article_group", categories=categories) == [("categories[0].number", "Tee")]
    assert asked("article_group", categories=()) == []


def test_a_wrong_ean_and_a_long_title_are_told_and_let_the_article_pass() -> None:
    record = product_import.example()._replace(ean="4006381333932", name="Kaffeebecher " * 9)
    findings = told(product_import.MODULE, record)
    assert {(each.code, str(each.severity)) for each in findings} == {
        ("product_import.bad_ean", "warning"),
        ("product_import.title_cut", "warning"),
    }
    assert {each.values.get("suggested", "") for each in findings} == {"", "4006381333931"}


@pytest.mark.parametrize("parent", ["", "Kaffee"])
def test_a_category_may_leave_out_what_its_path_says(parent: str) -> None:
    record = category_import.example()._replace(parent_number=parent, level=None)
    assert told(category_import.MODULE, record) == []
