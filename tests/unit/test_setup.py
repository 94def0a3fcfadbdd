"""`exchange init` writes settings that explain themselves; `exchange doctor` names what is not in order."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import tomllib
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange import setup
from exchange.app import App
from exchange.errors import ConfigError
from exchange.files import MOST_PATH_BELOW
from exchange.registry import build
from exchange.settings import Settings, load
from exchange.setup import Check, examine, init, settings_text
from tests.inside import Inside, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = tuple(build().modules.values())


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path) as inside:
        yield inside


def problems(inside: Inside) -> dict[str, Check]:
    """What doctor finds wrong, by name without what stands in brackets."""
    return {each.name.partition(" (")[0]: each for each in examine(inside.app) if each.problem}


def test_the_file_as_it_is_written_is_the_default(tmp_path: Path) -> None:
    """Every value is a comment, so a new version of the program may have better defaults."""
    path = init(tmp_path / "new")

    settings = load(path, {})

    assert settings.model_dump(exclude={"modules"}) == Settings(root=path.parent.resolve()).model_dump(
        exclude={"modules"}
    )
    assert not any(any(options.values()) for options in settings.modules.values())  # empty tables, no values
    assert {each.name for each in path.parent.iterdir()} == {
        *("exchange.toml", "inbox", "outbox", "archive", "quarantine", "profiles", "images", "attachments"),
    }


def test_every_default_that_is_written_is_true_and_explained(tmp_path: Path) -> None:
    """With the comment signs taken away, the same settings come out; each has a line that says what it is for."""
    text = settings_text({}, MODULES)
    bare = re.sub(r"^# ([a-z_]+ = (?!\.\.\.).*)$", r"\1", text, flags=re.MULTILINE)
    path = tmp_path / "exchange.toml"
    path.write_text(bare, "utf-8")

    settings = load(path, {})

    assert settings.model_dump(exclude={"modules"}) == Settings(root=tmp_path.resolve()).model_dump(exclude={"modules"})
    for module in MODULES:
        assert module.options.model_validate(settings.modules.get(module.name, {})) == module.options()
    assert all(len(line) <= 200 for line in text.splitlines())
    assert "# url = ..." in text  # what has no default is shown without a value
    assert "[modules.order_import]" in text


def test_given_values_stand_in_the_file(tmp_path: Path) -> None:
    """Texts with quotes and backslashes, numbers, switches, lists and tables."""
    given = {
        "language": "en",
        "sage.url": 'sqlite:///C:\\sage\\"x".sqlite',
        "sage.allow_documents": True,
        "sage.price_lists": (1, 2),
        "sage.orders.payment": {"invoice": {"terms": "14"}},
        "watching.settle_seconds": 0.5,
    }
    settings = load(init(tmp_path, given), {})

    assert settings.language == "en"
    assert settings.sage.url is not None
    assert settings.sage.url.get_secret_value() == given["sage.url"]
    assert (settings.sage.allow_documents, settings.sage.price_lists) == (True, (1, 2))
    assert settings.sage.orders.payment["invoice"].terms == "14"
    assert settings.watching.settle_seconds == 0.5
    tomllib.loads((tmp_path / "exchange.toml").read_text("utf-8"))


def test_an_installation_is_never_written_over(tmp_path: Path) -> None:
    """Not even when it is empty."""
    path = init(tmp_path)
    path.write_text("", "utf-8")
    with pytest.raises(ConfigError, match="exists already"):
        init(tmp_path)
    assert path.read_text("utf-8") == ""


def test_a_folder_that_cannot_be_made_stops_before_the_first_file(tmp_path: Path) -> None:
    """A mapped drive that a Windows service does not see looks like this (fault catalogue W6)."""
    (tmp_path / "file").write_bytes(b"")
    path = init(tmp_path / "at", {"folders.archive": (tmp_path / "file" / "archive").as_posix()})
    with pytest.raises(ConfigError, match=r"folders\.archive: .*UNC path"):
        App(load(path, {}))


def test_doctor_finds_a_new_installation_in_order(inside: Inside) -> None:
    """And leaves nothing behind."""
    assert problems(inside) == {}
    assert not list(inside.folder.rglob(".doctor-*"))


def test_doctor_names_a_folder_that_cannot_be_written(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the folder and what the system says."""
    real = tempfile.NamedTemporaryFile

    def denied(*, dir: Path, **named: Any) -> Any:  # noqa: A002 - the standard library's name
        if dir.name == "outbox":
            raise PermissionError(13, "Permission denied")
        return real(dir=dir, **named)

    monkeypatch.setattr(setup.tempfile, "NamedTemporaryFile", denied)
    found = problems(inside)
    assert list(found) == ["folder outbox"]
    assert "Permission denied" in found["folder outbox"].problem


def test_w8_doctor_names_a_folder_whose_paths_get_too_long(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Windows that takes so many characters, no more: the inbox is just short enough, the others are not."""
    real, most = tempfile.NamedTemporaryFile, len(str(inside.folder / "inbox")) + 1 + MOST_PATH_BELOW

    def windows(*, dir: Path, prefix: str) -> Any:  # noqa: A002 - the standard library's name
        if len(str(dir / prefix)) + 8 > most:
            raise FileNotFoundError(2, "No such file or directory")
        return real(dir=dir, prefix=prefix)

    monkeypatch.setattr(setup.tempfile, "NamedTemporaryFile", windows)
    found = problems(inside)
    assert list(found) == ["folder outbox", "folder archive", "folder quarantine"]
    assert all("LongPathsEnabled" in each.remedy for each in found.values())


def test_doctor_names_a_full_disk_and_other_volumes(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both work, and both are worth a word."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as the standard library has it
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1, 1, 5 * 1024**2))
    real = Path.stat

    class Elsewhere:
        """A status of another volume."""

        st_dev = -1

    monkeypatch.setattr(Path, "stat", lambda self, **named: Elsewhere() if self.name == "work" else real(self, **named))
    found = problems(inside)
    assert "5 MB" in found["free space"].problem
    assert "different volumes" in found["inbox and work on one volume"].problem


def test_doctor_names_a_ledger_that_cannot_be_read(inside: Inside) -> None:
    """Somebody has taken a table out of it."""
    with sqlite3.connect(inside.folder / "ledger.sqlite") as connection:
        connection.execute("ALTER TABLE batch RENAME TO weg")
    assert list(problems(inside)) == ["ledger"]
    connection.close()


@pytest.mark.parametrize(
    ("given", "name", "problem"),
    [
        ({"sage.way": "staging"}, "Sage by files", "way needs sage.url"),
        ({"sage.url": "sqlite:///nirgends.sqlite"}, "Sage database", "does not exist"),
        ({"sage.orders.file_profile": "gibt_es_nicht"}, "profiles", "unknown: gibt_es_nicht"),
    ],
)
def test_doctor_names_settings_that_do_not_fit(tmp_path: Path, given: dict[str, Any], name: str, problem: str) -> None:
    """Each with its remedy."""
    with without_sage(tmp_path, **given) as inside:
        found = problems(inside)
        assert list(found) == [name]
        assert problem in found[name].problem
        assert found[name].remedy


def test_doctor_names_what_sage_lacks(tmp_path: Path) -> None:
    """A table, and a column that the settings name."""
    with with_sage(tmp_path, **{"sage.short_text": "USER_Kurz"}) as inside:
        with sqlite3.connect(tmp_path / "sage.sqlite") as connection:
            connection.execute("ALTER TABLE KHKLagerorte RENAME TO Weg")
        connection.close()
        (check,) = problems(inside).values()
        assert "KHKLagerorte: the table is missing" in check.problem
        assert "USER_Kurz: the column is missing (setting sage.short_text)" in check.problem
