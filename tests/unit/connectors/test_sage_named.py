"""What the settings name and Sage does not have is told before the first order is rejected for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.settings import PaymentTerms, SageCustomers, SageOrders
from tests.unit.connectors.sage_cases import sandbox

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "orders": SageOrders(
        shipping_article="PORTO",
        discount="article",
        discount_article="ABZUG",
        gift_card_article="not used, so not asked for",
        document_kind="XXX",
        payment={"invoice": PaymentTerms(terms="30"), "paypal": PaymentTerms(terms="99")},
        tax_free_codes={"export": 1, "eu_company": 3},
    ),
    "customers": SageCustomers(
        templates={"*": "D99999", "AT": "D99990"}, group_templates={"B2B": "D99991"}, one_off="D99998"
    ),
}


def test_every_setting_that_names_nothing_is_told_by_its_name(tmp_path: Path) -> None:
    """With the value; what Sage has, and what no way needs, is not told."""
    with sandbox(tmp_path, way="documents", **WRONG) as sage:
        assert sage.dangling() == [
            "sage.customers.templates.AT = 'D99990': no account",
            "sage.customers.group_templates.B2B = 'D99991': no account",
            "sage.orders.shipping_article = 'PORTO': no article",
            "sage.orders.discount_article = 'ABZUG': no article",
            "sage.orders.payment.paypal.terms = '99': no payment terms",
            "sage.orders.document_kind = 'XXX': no kind",
            "sage.orders.tax_free_codes.eu_company = 3: no tax code of 0 %",
        ]


def test_a_fresh_sandbox_has_what_the_settings_name_and_files_need_nothing(tmp_path: Path) -> None:
    with sandbox(tmp_path, way="staging") as sage:
        assert sage.dangling() == []
    with sandbox(tmp_path, way="files", **WRONG) as sage:
        assert sage.dangling() == []
