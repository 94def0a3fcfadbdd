"""Titles in the two lines that Sage has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange.assortment.titles import LINE, split_title


def test_a_short_title_is_one_line() -> None:
    assert split_title("  Kaffeebecher   grün ") == ("Kaffeebecher grün", "", "")


def test_the_first_line_ends_at_the_first_blank_behind_the_35th_place() -> None:
    title = "Bauchige Teekanne aus braunem Steingut mit Deckel und Sieb"
    assert split_title(title) == ("Bauchige Teekanne aus braunem Steingut", "mit Deckel und Sieb", "")


def test_a_title_that_would_not_fit_so_fills_the_first_line_up() -> None:
    first, second, rest = split_title(
        "Bauchige Teekanne aus braunem Steingut mit Deckel, Sieb und Griff aus Bambus für vier Gäste"
    )
    assert (first, second, rest) == (
        "Bauchige Teekanne aus braunem Steingut mit Deckel,",
        "Sieb und Griff aus Bambus für vier Gäste",
        "",
    )


def test_a_word_without_end_is_split_within() -> None:
    assert split_title("x" * 120) == ("x" * 50, "x" * 50, "x" * 20)


@given(st.text(max_size=300))
def test_no_letter_is_lost_and_no_line_too_long(title: str) -> None:
    """What fits in neither line is given back."""
    first, second, rest = split_title(title)
    assert len(first) <= LINE
    assert len(second) <= LINE
    assert "".join((first + second + rest).split()) == "".join(title.split())
    assert second == "" or first != ""
