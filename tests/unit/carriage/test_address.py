"""Streets, house numbers, lockers and names as carriers want them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.carriage.address import fitted, is_locker, is_post_box, post_number, split


@pytest.mark.parametrize(
    ("line", "country", "expected"),
    [
        ("Hauptstr. 12 a", "DE", ("Hauptstr.", "12 a", "")),
        ("Hauptstr.12", "DE", ("Hauptstr.", "12", "")),
        ("Straße des 17. Juni 135", "DE", ("Straße des 17. Juni", "135", "")),
        ("1. Straße 4", "DE", ("1. Straße", "4", "")),
        ("Musterweg 12-14", "DE", ("Musterweg", "12-14", "")),
        ("Musterweg 5/3", "AT", ("Musterweg", "5/3", "")),
        ("Alte Straße 12 1/2", "DE", ("Alte Straße", "12 1/2", "")),
        ("Hauptstr 12a+b", "DE", ("Hauptstr", "12a+b", "")),
        ("Hauptstraße 5 Hinterhaus", "DE", ("Hauptstraße", "5", "Hinterhaus")),
        ("Hauptstraße 5, 2. OG", "DE", ("Hauptstraße", "5", "2. OG")),
        ("C 4, 12", "DE", ("C 4", "12", "")),
        ("Q7 24", "DE", ("Q7", "24", "")),
        ("10 Rue de la Paix", "FR", ("Rue de la Paix", "10", "")),
        ("10B, High Street", "GB", ("High Street", "10B", "")),
        ("packstation 145", "DE", ("Packstation", "145", "")),
        ("  Am   Markt ", "DE", ("Am Markt", "", "")),
        ("Schloss Neuhaus", "DE", ("Schloss Neuhaus", "", "")),
        ("", "DE", ("", "", "")),
    ],
)
def test_a_street_line_is_taken_apart(line: str, country: str, expected: tuple[str, str, str]) -> None:
    """By its form alone; a line that fits none stays whole."""
    assert split(line, country) == expected


@given(st.text(max_size=60), st.sampled_from(["DE", "FR", "AT"]))
def test_no_character_of_a_line_is_lost(line: str, country: str) -> None:
    """Whatever it is: only blanks and the commas between the pieces go."""
    pieces = split(line, country)
    kept = sorted("".join(pieces).casefold().replace(" ", "").replace(",", "").replace(";", ""))
    assert kept == sorted("".join(line.split()).casefold().replace(",", "").replace(";", ""))


def test_post_boxes_and_lockers_are_told() -> None:
    """Both written in the usual ways; a street that only sounds like one is a street."""
    assert is_post_box("Postfach 12 34 56")
    assert is_post_box("P.O. Box 99")
    assert not is_post_box("Postfachweg 3")
    assert is_locker("Packstation 145")
    assert not is_locker("Packstation")
    assert not is_locker("Am Paketshop 3")


def test_the_post_number_is_a_line_of_its_own() -> None:
    """Digits in a name or street are none."""
    assert post_number("Erika Mustermann", "Postnummer: 12345678") == "12345678"
    assert post_number("12345678") == "12345678"
    assert post_number("Haus 12345678 hinten", "Tor 3") == ""


def test_long_names_move_on_and_what_is_over_is_told() -> None:
    """At a blank, where there is one."""
    names = ("Gesellschaft für internationale Zusammenarbeit und Kaffee mbH", "Einkauf", "")
    assert fitted(names, 35) == (
        ("Gesellschaft für internationale", "Zusammenarbeit und Kaffee mbH", "Einkauf"),
        "",
    )
    assert fitted(("Kurz", "", ""), 35) == (("Kurz", "", ""), "")
    lines, over = fitted(("x" * 80, "Einkauf", "Tor 3"), 35)
    assert lines == ("x" * 35, "x" * 35, "x" * 10)
    assert over == "Einkauf Tor 3"
