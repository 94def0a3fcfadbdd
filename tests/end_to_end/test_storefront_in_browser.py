"""What a customer sees in a real browser once Sage's articles are in the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from tests import browser
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver


PRICE = (
    "UPDATE KHKPreislistenArtikel SET Einzelpreis = 9.5 WHERE Artikelnummer = '31010' AND ListeID = 1 AND AbMenge < 2"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def texts(page: WebDriver, selector: str) -> list[str]:
    return [each.text for each in page.find_elements(By.CSS_SELECTOR, selector)]


def one(page: WebDriver, selector: str) -> str:
    (text,) = texts(page, selector)
    return text


def click(page: WebDriver, words: str) -> None:
    page.find_element(By.LINK_TEXT, words).click()


def test_a_customer_walks_through_the_shop(tmp_path: Path, shop: Reached) -> None:
    """From the categories to an article with tiers, in both languages, to the account; a changed price shows."""
    installation = connected(tmp_path, shop, **{"sage.price_lists": [1, 2]})
    Client(shop.running).call("POST", "customers.json", {"customer": {**PERSON, "password": "geheim"}}, status=201)
    with opened(installation) as app:
        synced(app, "categories", "products", "tier_prices", "languages", "accessories", "stock")
        with browser.opened(tmp_path) as page:
            page.get(f"{shop.url}/de/")
            click(page, "Reinigung & Pflege")
            assert "Entkalker flüssig" in page.find_element(By.TAG_NAME, "main").text
            page.find_element(By.PARTIAL_LINK_TEXT, "Entkalker flüssig").click()
            assert one(page, "h1") == "Entkalker flüssig 500 ml"
            assert "8,90 €" in one(page, "tr[data-variant='31010'] > td:nth-child(3)")
            assert texts(page, "tr[data-tier='3'] td") == ["ab 3 Stück", "8,40 €"]
            change(installation, PRICE)
            synced(app, "products")
            page.refresh()
            assert "9,50 €" in one(page, "tr[data-variant='31010'] > td:nth-child(3)")

            click(page, "Becher")
            page.find_element(By.PARTIAL_LINK_TEXT, "Kaffeebecher blau").click()
            click(page, "EN")
            assert one(page, "h1").startswith("Coffee mug blue")

            page.find_element(By.ID, "login").click()
            page.find_element(By.NAME, "email").send_keys(PERSON["email"])
            page.find_element(By.NAME, "password").send_keys("geheim")
            page.find_element(By.CSS_SELECTOR, "form.login button").click()
            assert PERSON["email"] in one(page, "#customer")
            errors = [entry for entry in page.get_log("browser") if "favicon" not in entry["message"]]  # type: ignore[no-untyped-call]
            assert errors == []
