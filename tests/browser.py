"""A real browser for the tests: headless Chromium out of Debian's packages, driven by Selenium."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

#: Nothing but the pages of the test is to be asked for; the sandbox needs rights that a container's root lacks.
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
)


def _programs() -> tuple[str, str]:
    """Browser and driver; skips the test where there are none, but not in CI."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None or sys.platform == "win32":
        reason = "no Chromium is installed (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return browser, driver


@contextmanager
def opened(folder: Path) -> Iterator[WebDriver]:
    """A browser with a new profile in `folder`; nobody is logged in anywhere."""
    browser, driver = _programs()
    options = ChromeOptions()
    options.binary_location = browser
    for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'browser'}"):
        options.add_argument(argument)
    running = Chrome(options, ChromeService(driver))
    try:
        running.set_page_load_timeout(60)
        yield running
    finally:
        running.quit()
