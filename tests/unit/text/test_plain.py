"""The text of a piece of HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.text.plain import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Zweimal<br>gebrannt</p><p>fest</p>", "Zweimal\ngebrannt\nfest"),
        ("<ul><li>rot</li><li>blau</li></ul>", "- rot\n- blau"),
        ("Tee &amp; Kaffee &#8364;", "Tee & Kaffee €"),
        ("<script>alert(1)</script>sicher<style>p{}</style>", "sicher"),
        ("<b>ohne  Ende", "ohne Ende"),
        ("nur Text\nin Zeilen  <= 3", "nur Text\nin Zeilen  <= 3"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_a_person_sees_it(html: str, text: str) -> None:
    assert plain(html) == text


@given(st.text(alphabet="ab <>/&;pbr!-\n\"='", max_size=200))
def test_whatever_it_is_the_text_comes_without_an_error_and_is_not_longer(html: str) -> None:
    assert len(plain(html)) <= len(html) * 2
