"""A day in the life of a merchant: all modules together, and the same day again without effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import html

from exchange import day as story
from exchange.sandbox.shop import Shop
from exchange.sandbox.visitor import Visitor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(600)
def test_a_day_is_played_and_nothing_happens_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Orders by the shop, by file and by phone; documents, parcels, mails, a promotion at midnight; then all again."""
    assert story.day(tmp_path)
    told = capsys.readouterr().out
    assert "Nichts geschah zweimal." in told
    assert "Lena öffnet ein Dokument: 200" in told
    assert "Ihre Bestellung ORD00001 ist unterwegs" in told
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 2
    with Shop(tmp_path / story.SHOP).serve() as shop:
        cafe, lena = (html.fromstring(Visitor(shop, *who).account()) for who in (story.CAFE, story.LENA))
        # The order on the phone stands in the café's account with the prices that were agreed on.
        lines = {each.get("data-line"): each.get("data-price-excl") for each in cafe.xpath("//li[@data-line]")}
        assert lines["00200050"] == "6.6"
        assert lena.xpath("//@data-tracking") == [story.PARCEL]
        assert len(lena.xpath("//@data-document")) == 3
        assert not set(cafe.xpath("//section[@id='documents']//a/@href")) & set(
            lena.xpath("//section[@id='documents']//a/@href")
        )
