"""EANs (GTIN) that somebody mistyped, or a spreadsheet shortened."""

from __future__ import annotations

from stdnum import ean

#: Digits of EAN-8, UPC, EAN-13 and GTIN-14.
LENGTHS = (8, 12, 13, 14)


def suggested(value: str) -> str:
    """What a wrong EAN may have been: with leading zeros, else with the right check digit; `–` for no idea."""
    if not (value.isascii() and value.isdecimal()):
        return "–"
    for length in LENGTHS:
        padded = value.zfill(length)
        if len(value) < length and ean.is_valid(padded):
            return padded
    if len(value) in LENGTHS:
        return value[:-1] + str(ean.calc_check_digit(value[:-1]))
    return "–"
