"""`exchange run` as a service of the system: started with the machine, started again when it ends.

Linux gets a systemd unit, Windows a scheduled task (in its own XML), which needs nothing that Windows does not have.
Both texts are pure functions of the place, so they can be printed, looked at and kept elsewhere.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from exchange.errors import ConfigError
from exchange.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNITS = Path("/etc/systemd/system")


@dataclass(frozen=True, slots=True)
class Place:
    """What runs where.

    Attributes:
        name: of the service; several installations on one machine need different ones.
        python: the interpreter that has this program.
        config: the settings file.
        user: account that it runs under; empty: LocalService (Windows).
        stop_seconds: how long a stop may take.
    """

    name: str
    python: Path
    config: Path
    user: str
    stop_seconds: float

    @classmethod
    def here(cls, config: Path, name: str, user: str, stop_seconds: float) -> Place:
        """This interpreter, this settings file."""
        # Who installs does so by sudo; the service is not to be root's because of that.
        own = "" if sys.platform == "win32" else os.environ.get("SUDO_USER") or getpass.getuser()
        return cls(name, Path(sys.executable), config.resolve(), user or own, stop_seconds)


def unit(place: Place) -> str:
    """The systemd unit. A wrong configuration (78) is not tried again, everything else is."""
    command = " ".join(map(_quoted, [str(place.python), "-m", "exchange", "run", "--config", str(place.config)]))
    return f"""[Unit]
Description=exchange ({_plain(place.name)}): files between Sage 100 and Lightspeed
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User={_plain(place.user)}
WorkingDirectory={_escaped(str(place.config.parent))}
Environment=PYTHONUTF8=1
ExecStart={command}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=78
KillMode=mixed
TimeoutStopSec={int(place.stop_seconds) + 10}
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=full
ReadWritePaths={_quoted(str(place.config.parent))}

[Install]
WantedBy=multi-user.target
"""


def _plain(text: str) -> str:
    """A value that stands alone. Raises ConfigError for one that would end its line."""
    if not text.isprintable():
        raise ConfigError(f"{text!r} cannot stand in a service file")
    return _escaped(text)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word of a command line, as systemd reads it."""
    inner = _plain(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{inner}"'


def task(place: Place) -> str:
    """The scheduled task: at start-up, without end, never twice at a time, begun again a minute after it failed.

    Windows gives up after some failures; therefore it also looks every five minutes whether the task runs.
    """
    who = escape(place.user or "S-1-5-19")  # LocalService
    logon = "<LogonType>Password</LogonType>" if place.user else ""
    arguments = subprocess.list2cmdline(["-X", "utf8", "-m", "exchange", "run", "--config", str(place.config)])
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>exchange: files between Sage 100 and Lightspeed</Description>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger>
      <Enabled>true</Enabled>
      <Repetition>
        <Interval>PT5M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
    </BootTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{who}</UserId>
      {logon}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(str(place.python))}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(place.config.parent))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def text(place: Place) -> str:
    """What this system takes."""
    return task(place) if sys.platform == "win32" else unit(place)


# Installing


def _call(command: Sequence[str]) -> None:
    """Run a program of the system; what it says or asks (for a password) goes to the terminal. Raises ConfigError."""
    try:
        done = subprocess.run(command, check=False)  # noqa: S603
    except FileNotFoundError:
        raise ConfigError(
            f"{command[0]} is not on this machine; `exchange service print` shows what to install"
        ) from None
    if done.returncode:
        raise ConfigError(f"{' '.join(command)} failed ({done.returncode})")


def install(place: Place, units: Path = UNITS, call: Callable[[Sequence[str]], None] = _call) -> str:
    """Install and start the service; where it stands. Raises ConfigError, mostly for a missing right."""
    if sys.platform == "win32":
        return _install_task(place, call)
    path = units / f"{place.name}.service"
    _writing(lambda: write_atomically(path, unit(place).encode()), path)
    call(["systemctl", "daemon-reload"])
    call(["systemctl", "enable", "--now", path.name])
    return str(path)


def _install_task(place: Place, call: Callable[[Sequence[str]], None]) -> str:
    handle, name = tempfile.mkstemp(suffix=".xml")
    os.close(handle)
    path = Path(name)
    try:
        path.write_text(task(place), "utf-16")
        # With an account, schtasks asks for its password itself; it is never ours.
        call(
            ["schtasks", "/Create", "/TN", place.name, "/XML", name, "/F", *(["/RU", place.user] if place.user else [])]
        )
    finally:
        path.unlink()
    call(["schtasks", "/Run", "/TN", place.name])
    return place.name


def remove(place: Place, units: Path = UNITS, call: Callable[[Sequence[str]], None] = _call) -> str:
    """Stop and remove the service; where it stood. Raises ConfigError."""
    if sys.platform == "win32":
        with suppress(ConfigError):  # it may not be running
            call(["schtasks", "/End", "/TN", place.name])
        call(["schtasks", "/Delete", "/TN", place.name, "/F"])
        return place.name
    path = units / f"{place.name}.service"
    if not path.exists():
        raise ConfigError(f"{path} does not exist")
    call(["systemctl", "disable", "--now", path.name])
    _writing(path.unlink, path)
    call(["systemctl", "daemon-reload"])
    return str(path)


def _writing(change: Callable[[], object], path: Path) -> None:
    try:
        change()
    except PermissionError:
        raise ConfigError(f"no right to change {path}; run this with sudo") from None
