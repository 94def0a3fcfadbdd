"""The reference pages in docs/modules."""

from __future__ import annotations

from pathlib import Path

from exchange.reference import pages, write
from exchange.registry import build

DOCS = Path(__file__).parents[2] / "docs" / "modules"


def test_the_pages_in_docs_are_what_the_modules_declare() -> None:
    """Otherwise `nox -s pages` writes them anew."""
    assert {path.stem: path.read_text("utf-8") for path in DOCS.glob("*.md")} == pages(build())


def test_a_page_tells_fields_findings_settings_and_profiles() -> None:
    """In German and English, each with what a person needs to fill a file or mend one."""
    page = pages(build())["stock"]
    for piece in (
        "# Bestand / Stock export",
        "**`article_number`**",
        "stock.implausible",
        "[modules.stock]",
        "`stock_csv`",
    ):
        assert piece in page


def test_writing_leaves_no_page_of_a_module_that_is_gone(tmp_path: Path) -> None:
    """The folder holds the pages of the modules that exist."""
    (tmp_path / "gone.md").touch()
    write(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(build().modules)
