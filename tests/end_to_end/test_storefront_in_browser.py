"""What a customer sees in a real browser once Sage's articles are in the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests import browser
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement


PRICE = (
    "UPDATE KHKPreislistenArtikel SET Einzelpreis = 9.5 WHERE Artikelnummer = '31010' AND ListeID = 1 AND AbMenge < 2"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


#: A click returns before the next page is there: each look waits for what it looks for, at most so many seconds.
PATIENCE = 60


def awaited(page: WebDriver, by: str, words: str) -> WebElement:
    return WebDriverWait(page, PATIENCE).until(lambda shown: shown.find_element(by, words))


def texts(page: WebDriver, selector: str) -> list[str]:
    awaited(page, By.CSS_SELECTOR, selector)
    return [each.text for each in page.find_elements(By.CSS_SELECTOR, selector)]


def shows(page: WebDriver, selector: str, words: str) -> None:
    """Wait until the one element of `selector` shows `words`; the page before may have had that element too."""
    waiting = WebDriverWait(page, PATIENCE, ignored_exceptions=[StaleElementReferenceException])
    waiting.until(
        lambda shown: words in shown.find_element(By.CSS_SELECTOR, selector).text,
        f"{selector} never showed {words!r}",
    )
    assert len(page.find_elements(By.CSS_SELECTOR, selector)) == 1


def click(page: WebDriver, words: str) -> None:
    awaited(page, By.PARTIAL_LINK_TEXT, words).click()


def test_a_customer_walks_through_the_shop(tmp_path: Path, shop: Reached) -> None:
    """From the categories to an article with tiers, in both languages, to the account; a changed price shows."""
    installation = connected(tmp_path, shop, **{"sage.price_lists": [1, 2]})
    Client(shop.running).call("POST", "customers.json", {"customer": {**PERSON, "password": "geheim"}}, status=201)
    with opened(installation) as app:
        synced(app, "categories", "products", "tier_prices", "languages", "accessories", "stock")
        with browser.opened(tmp_path) as page:
            page.get(f"{shop.url}/de/")
            click(page, "Reinigung & Pflege")
            shows(page, "main", "Entkalker flüssig")
            click(page, "Entkalker flüssig")
            shows(page, "h1", "Entkalker flüssig 500 ml")
            shows(page, "tr[data-variant='31010'] > td:nth-child(3)", "8,90 €")
            assert texts(page, "tr[data-tier='3'] td") == ["ab 3 Stück", "8,40 €"]
            change(installation, PRICE)
            synced(app, "products")
            page.refresh()
            shows(page, "tr[data-variant='31010'] > td:nth-child(3)", "9,50 €")

            click(page, "Becher")
            click(page, "Kaffeebecher blau")
            shows(page, "h1", "Kaffeebecher blau")
            click(page, "EN")
            shows(page, "h1", "Coffee mug blue")

            awaited(page, By.ID, "login").click()
            awaited(page, By.NAME, "email").send_keys(PERSON["email"])
            awaited(page, By.NAME, "password").send_keys("geheim")
            awaited(page, By.CSS_SELECTOR, "form.login button").click()
            shows(page, "#customer", PERSON["email"])
            errors = [entry for entry in page.get_log("browser") if "favicon" not in entry["message"]]  # type: ignore[no-untyped-call]
            assert errors == []
