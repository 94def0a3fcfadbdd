"""EANs that somebody mistyped (fault catalogue D16)."""

from __future__ import annotations

import pytest

from exchange.assortment.ean import suggested


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("4006381333932", "4006381333931"),  # check digit
        ("400638133393", "400638133390"),  # twelve digits that may be a UPC
        ("36000291452", "036000291452"),  # a spreadsheet took the zero of a UPC
        ("9638507", "–"),  # seven digits that no zero mends
        ("96385075", "96385074"),
        ("14006381333932", "14006381333938"),
        ("4006381", "04006381"),  # an EAN-8 that begins with zero
        ("40063813339315", "40063813339314"),
        ("4.00638E+12", "–"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "–"),
    ],
)
def test_a_suggestion_is_a_valid_number_or_none(wrong: str, meant: str) -> None:
    """Leading zeros first, then the check digit."""
    assert suggested(wrong) == meant
