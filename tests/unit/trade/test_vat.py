"""VAT numbers: form, prefixes, and which of them make a delivery free of tax."""

from __future__ import annotations

import pytest

from exchange.trade import vat


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("DE136695976", True),
        ("DE136695977", False),
        ("ATU13585627", True),
        ("ATU13585628", False),
        ("EL094259216", True),
        ("GR094259216", False),
        ("CHE107787577MWST", True),
        ("136695976", False),
        ("", False),
    ],
)
def test_form_and_check_digits_decide(number: str, *, valid: bool) -> None:
    """A number without its country is none; Greece's begin with EL."""
    assert vat.is_valid(number) is valid


def test_a_number_is_written_plainly_and_gets_the_prefix_that_its_check_digits_prove() -> None:
    """Nothing is put before a number that would be wrong with it."""
    assert vat.plain(" atu 135.856-27 ") == "ATU13585627"
    assert vat.prefixed("136695976", "DE") == "DE136695976"
    assert vat.prefixed("094259216", "GR") == "EL094259216"
    assert vat.prefixed("136695977", "DE") == "136695977"
    assert vat.prefixed("ATU13585627", "DE") == "ATU13585627"
    assert vat.prefixed("", "DE") == ""


@pytest.mark.parametrize(
    ("number", "country", "frees"),
    [
        ("ATU13585627", "AT", True),
        ("FR83404833048", "AT", True),
        ("DE136695976", "AT", False),
        ("ATU13585627", "DE", False),
        ("", "AT", False),
        ("CHE107787577MWST", "AT", False),
        ("CHE107787577MWST", "CH", False),
        ("EL094259216", "GR", True),
        ("XI110305878", "GB", True),
        ("GB110305878", "GB", False),
        ("U13585627", "AT", True),
    ],
)
def test_another_members_number_frees_a_delivery_within_the_eu(number: str, country: str, *, frees: bool) -> None:
    """Not one of home, not one from outside, and nothing that stays at home; Northern Ireland counts as inside."""
    assert vat.frees(number, country) is frees
