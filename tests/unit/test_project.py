"""The project itself: what it ships and what it may not name."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import exchange

ROOT = Path(__file__).resolve().parents[2]

#: Hosts of package registries, spelled so that this file does not name one.
HOST = re.compile(r"(?:py[p]i|python[h]osted|np[m]js|deb[.]debia[n]|crate[s])[.](?:org|com|io)", re.IGNORECASE)


def run(command: list[str | Path], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a program; where it fails, the test fails with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def tracked() -> list[Path]:
    """The files that git has, or would take with the next commit."""
    names = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def package_files() -> set[str]:
    """Everything in the package folder that git has, as paths from the root."""
    files = (path.relative_to(ROOT).as_posix() for path in tracked())
    return {name for name in files if name.startswith("exchange/")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder], cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Profiles, migrations and all other data files ship with the code."""
    with ZipFile(wheel) as archive:
        inside = set(archive.namelist())

    assert package_files()
    assert package_files() <= inside


@pytest.mark.parametrize("wanted", ["exchange/profiles/*.toml", "exchange/ledgers/migrations/**/*.py"])
def test_the_wheel_holds_the_data_files_that_the_program_reads(wheel: Path, wanted: str) -> None:
    """There are such files, and they are in the wheel."""
    there = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(wanted)}
    with ZipFile(wheel) as archive:
        inside = set(archive.namelist())

    assert there
    assert there <= inside


def test_the_wheel_holds_the_templates(wheel: Path) -> None:
    """What stands in templates/ of the checkout stands in exchange/templates/ of the wheel."""
    files = [path.relative_to(ROOT).as_posix() for path in tracked() if ROOT / "templates" in path.parents]
    with ZipFile(wheel) as archive:
        inside = set(archive.namelist())

    assert files
    assert {f"exchange/{name}" for name in files} <= inside


def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The program runs out of the unpacked wheel alone, in an empty folder."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONUTF8": "1"}

    script = "import exchange, sys; print(exchange.__file__, file=sys.stderr); from exchange.cli import main; main()"
    done = run([sys.executable, "-c", script, "modules", "--json"], cwd=empty, env=environment)

    assert Path(done.stderr.strip().splitlines()[0]).is_relative_to(tmp_path / "site")
    assert json.loads(done.stdout)


def test_the_wheel_has_the_version_of_the_package(wheel: Path) -> None:
    """The version is written down once."""
    assert wheel.name == f"exchange-{exchange.__version__}-py3-none-any.whl"


def test_the_folders_that_the_users_know_exist() -> None:
    """A fresh clone has them, although git keeps no empty folders."""
    files = {path.relative_to(ROOT) for path in tracked()}

    for folder in ("exchange", "templates", "inbox", "outbox", "tests"):
        assert any(path.parts[0] == folder for path in files), folder


def test_no_file_names_a_registry_host() -> None:
    """Where packages come from is the business of whoever installs them."""
    naming = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        naming += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in HOST.finditer(text)]

    assert naming == []


@pytest.mark.parametrize("host", ["https://py" + "pi.org/simple", "files.python" + "hosted.org"])
def test_a_registry_host_would_be_seen(host: str) -> None:
    """The pattern of the test above finds what it is for."""
    assert HOST.search(host)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_package_has_hashes(name: str) -> None:
    """Pip refuses a set in which one hash is missing, so none may be."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text("utf-8").strip())

    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[^ ]+ ", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def imported() -> set[str]:
    """Top-level names that the package imports from outside the standard library, also inside of functions."""
    names = set[str]()
    for path in (ROOT / "exchange").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"exchange"}


def declared() -> set[str]:
    """Names of the packages that the project depends on, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    return {re.match(r"[\w-]+", each)[0].lower() for each in needed}


def test_what_the_program_imports_is_what_it_declares() -> None:
    """A package that is only there because a tool brought it along would be missing at the user's."""
    distributions = packages_distributions()
    missing = {
        name for name in imported() if not declared() & {each.lower() for each in distributions.get(name, [name])}
    }

    assert "lxml" in imported()
    assert missing == set()


def test_the_tools_run_with_the_packages_that_are_shipped() -> None:
    """Tests run on the very versions that users get."""
    pins = {
        name: dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    }

    assert pins["requirements.txt"].items() <= pins["requirements-dev.txt"].items()
