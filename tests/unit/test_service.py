"""The service files of the systems: what systemd and Windows take, whatever stands in a path."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from exchange import service
from exchange.errors import ConfigError
from exchange.service import Place, install, remove, task, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="systemd's side")


def place(config: PurePosixPath | PureWindowsPath, python: Path | PureWindowsPath = Path(sys.executable)) -> Place:
    return Place("exchange", python, config, "sage", 20.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("folder", ["laden", "mit Leer zeichen", 'mit "Zitat" und $VAR und 100%', "mit\\rück"])
def test_systemd_takes_the_unit(tmp_path: Path, folder: str) -> None:
    """As systemd itself judges it, also with characters that mean something to it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    config = tmp_path / folder / "exchange.toml"
    config.parent.mkdir()
    path = tmp_path / "exchange-test.service"
    path.write_text(unit(Place("exchange-test", Path(sys.executable), config, getpass.getuser(), 20.0)), "utf-8")

    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)

    said = [line for line in done.stderr.splitlines() if path.name in line]
    assert (done.returncode, said) == (0, [])


def test_the_unit_stops_and_starts_as_the_exchange_needs_it() -> None:
    """A wrong configuration is not tried again, and a stop has more time than ours."""
    lines = unit(place(PurePosixPath("/srv/laden/exchange.toml"))).splitlines()

    for wanted in ("User=sage", "RestartPreventExitStatus=78", "TimeoutStopSec=30", "WorkingDirectory=/srv/laden"):
        assert wanted in lines
    (command,) = [line for line in lines if line.startswith("ExecStart=")]
    assert command.endswith('"-m" "exchange" "run" "--config" "/srv/laden/exchange.toml"')


@pytest.mark.parametrize("name", ["a\nExecStartPre=/bin/evil", "a\rb", "a\x00b"])
def test_a_name_cannot_add_a_line_to_the_unit(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot stand in a service file"):
        unit(Place(name, Path("/python"), Path("/srv/exchange.toml"), "sage", 20))


def test_the_task_of_windows_is_well_formed_and_says_what_it_must() -> None:
    """At start-up, never twice, without end, begun again; a path with blanks and & is one argument."""
    config = PureWindowsPath(r"C:\Laden & Söhne\exchange.toml")
    python = PureWindowsPath(r"C:\Program Files\Python\python.exe")

    root = etree.fromstring(task(place(config, python)).encode("utf-16"))

    def text(name: str) -> str | None:
        return root.findtext(f".//{NAMESPACE}{name}")

    assert (text("Command"), text("WorkingDirectory")) == (str(python), str(config.parent))
    assert text("Arguments") == rf'-X utf8 -m exchange run --config "{config}"'
    assert (text("MultipleInstancesPolicy"), text("ExecutionTimeLimit")) == ("IgnoreNew", "PT0S")
    assert (text("UserId"), text("LogonType"), text("RunLevel")) == ("sage", "Password", "LeastPrivilege")
    assert int(text("Count") or 0) <= 255  # an unsigned byte in Microsoft's schema
    assert root.find(f".//{NAMESPACE}BootTrigger/{NAMESPACE}Repetition") is not None
    nobody = etree.fromstring(task(Place("x", python, config, "", 20)).encode("utf-16"))  # type: ignore[arg-type]
    assert nobody.findtext(f".//{NAMESPACE}UserId") == "S-1-5-19"
    assert nobody.find(f".//{NAMESPACE}LogonType") is None


@POSIX
def test_installing_writes_the_unit_and_starts_it_and_removing_undoes_that(tmp_path: Path) -> None:
    calls: list[Sequence[str]] = []
    here = place(PurePosixPath("/srv/laden/exchange.toml"))

    assert install(here, tmp_path, calls.append) == str(tmp_path / "exchange.service")
    assert (tmp_path / "exchange.service").read_text("utf-8") == unit(here)
    remove(here, tmp_path, calls.append)

    assert list(tmp_path.iterdir()) == []
    assert [call[1:] for call in calls] == [
        ["daemon-reload"],
        ["enable", "--now", "exchange.service"],
        ["disable", "--now", "exchange.service"],
        ["daemon-reload"],
    ]
    with pytest.raises(ConfigError, match="does not exist"):
        remove(here, tmp_path, calls.append)


def test_windows_gets_a_scheduled_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the encoding that schtasks wants; the file with it does not stay."""
    monkeypatch.setattr(service.sys, "platform", "win32")
    seen: list[tuple[list[str], str]] = []

    def call(command: Sequence[str]) -> None:
        given = [each for each in command if each.endswith(".xml")]
        seen.append((list(command), Path(given[0]).read_text("utf-16") if given else ""))
        if "/End" in command:
            raise ConfigError("it is not running")

    here = place(PureWindowsPath(r"C:\laden\exchange.toml"))
    assert (install(here, call=call), remove(here, call=call)) == ("exchange", "exchange")

    assert [command[1] for command, _ in seen] == ["/Create", "/Run", "/End", "/Delete"]
    assert seen[0][1] == task(here)
    assert not Path(seen[0][0][seen[0][0].index("/XML") + 1]).exists()
    assert service.text(here) == task(here)


def test_a_program_that_is_missing_or_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without systemd, or without the right."""
    with pytest.raises(ConfigError, match="gibt-es-nicht is not on this machine"):
        service._call(["gibt-es-nicht"])
    with pytest.raises(ConfigError, match=r"failed \(3\)"):
        service._call([sys.executable, "-c", "raise SystemExit(3)"])

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(service, "write_atomically", refused)
    monkeypatch.setattr(service.sys, "platform", "linux")
    with pytest.raises(ConfigError, match="sudo"):
        install(place(PurePosixPath("/srv/exchange.toml")), tmp_path, lambda _: None)
