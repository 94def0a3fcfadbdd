"""The category tree out of Sage's article groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from exchange import khk
from exchange.connectors.sage import SageDatabase
from exchange.modules.categories import MODULE
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    sandbox.create(tmp_path / "sage.db")
    with SageDatabase(SageSettings(url=f"sqlite:///{tmp_path / 'sage.db'}")) as database:  # type: ignore[arg-type]
        yield database


def add(sage: SageDatabase, *groups: tuple[str, str, str]) -> None:
    """Groups as main, parent, code."""
    names = ("Hauptartikelgruppe", "VaterArtikelgruppe", "Artikelgruppe")
    rows = [dict(zip(names, group, strict=True)) | {"Mandant": 1, "Bezeichnung": group[2].title()} for group in groups]
    with sage.transaction() as connection:
        connection.execute(insert(khk.ARTIKELGRUPPEN), rows)


def collected(sage: SageDatabase) -> dict[str, str]:
    assert MODULE.collect is not None
    return {category.number: category.parent_number for category in MODULE.collect(sage, MODULE.options())}


def test_numbers_are_paths_and_parents_come_first(sage: SageDatabase) -> None:
    """Both spellings of a root count, and Sage's technical group does not come."""
    assert MODULE.collect is not None
    categories = list(MODULE.collect(sage, MODULE.options()))
    numbers = [category.number for category in categories]
    assert {"KAFFEE", "TEE", "KAFFEE/BOHNEN/ESPRESSO", "ZUBEHOER/GESCHIRR/BECHER"} <= set(numbers)
    assert "Dummy" not in numbers
    for index, category in enumerate(categories):
        assert category.parent_number in ("", *numbers[:index])
    becher = categories[numbers.index("ZUBEHOER/GESCHIRR/BECHER")]
    assert (becher.code, becher.name, becher.level, becher.active) == ("BECHER", "Becher", 3, True)


def test_a_code_under_several_parents_is_several_categories(sage: SageDatabase) -> None:
    """BIO stands under coffee beans and under tea."""
    assert {"KAFFEE/BOHNEN/BIO", "TEE/BIO"} <= set(collected(sage))


def test_what_stands_below_the_technical_group_does_not_come(sage: SageDatabase) -> None:
    """Neither children nor grandchildren."""
    add(sage, ("Dummy", "Dummy", "INTERN"), ("Dummy", "INTERN", "TIEFER"))
    assert not {number for number in collected(sage) if "INTERN" in number or "TIEFER" in number}


def test_a_circle_is_reported_and_does_not_loop(sage: SageDatabase) -> None:
    """Its groups come as their own parents, which the rule refuses; the rest of the tree is whole."""
    add(sage, ("A", "C", "A"), ("A", "A", "B"), ("A", "B", "C"))
    assert MODULE.collect is not None
    categories = list(MODULE.collect(sage, MODULE.options()))
    options = MODULE.options()
    refused = {
        category.number: finding.code
        for category in categories
        for rule in MODULE.rules
        for finding in rule.check(category, options)
    }
    assert refused == dict.fromkeys("ABC", "categories.own_parent")
    assert len(categories) == 18 + 3


def test_a_parent_that_does_not_exist_stays_visible(sage: SageDatabase) -> None:
    """The receiver can tell that something is missing; the group is not moved to the root."""
    add(sage, ("X", "WEG", "WAISE"))
    assert collected(sage)["WEG/WAISE"] == "WEG"


def test_a_slash_in_a_code_is_no_level(sage: SageDatabase) -> None:
    """Two different groups never share a number."""
    add(sage, ("HW/SW", "EMPTY", "HW/SW"), ("HW", "", "HW"), ("HW", "HW", "SW"))
    assert {"HW%2FSW", "HW/SW", "HW"} <= set(collected(sage))


def test_own_columns_fill_texts(tmp_path: Path, sage: SageDatabase) -> None:
    """Meta data stand in columns that the merchant added."""
    with sage.transaction() as connection:
        connection.exec_driver_sql('ALTER TABLE "KHKArtikelgruppen" ADD COLUMN "USER_Text" VARCHAR(100)')
        connection.exec_driver_sql(
            'UPDATE "KHKArtikelgruppen" SET "USER_Text" = \'Alles\' WHERE "Artikelgruppe" = \'TEE\''
        )
    settings = SageSettings(
        url=f"sqlite:///{tmp_path / 'sage.db'}",  # type: ignore[arg-type]
        columns={"categories.long_text": "USER_Text"},
    )
    with SageDatabase(settings) as own:
        assert MODULE.collect is not None
        texts = {category.number: category.long_text for category in MODULE.collect(own, MODULE.options())}
    assert (texts["TEE"], texts["KAFFEE"]) == ("Alles", "")
