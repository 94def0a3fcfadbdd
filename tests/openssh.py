"""A real OpenSSH server of our own for the tests: own keys and settings, a free loopback port, gone afterwards."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        home: what its users see lies below.
        port: on 127.0.0.1.
        host_key: fingerprint, as `ssh-keygen -l` prints it.
        user, key_file: who may log in.
    """

    home: Path
    port: int
    host_key: str
    user: str
    key_file: Path

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a channel to it."""
        return {
            "type": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "key_file": self.key_file,
            "host_keys": [self.host_key],
            "inbox": str(self.home / "in"),
            "outbox": str(self.home / "out"),
            "settle_seconds": 0.0,
        }


def binary() -> str:
    """The server's program; skips the test where there is none, but not in CI."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if found is None or sys.platform == "win32":
        reason = "no OpenSSH server is installed (Debian: apt-get install openssh-server)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def keygen(path: Path, kind: str = "ed25519", passphrase: str = "") -> str:
    """Make a pair of keys; the fingerprint of the public one."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    listed = subprocess.run(["ssh-keygen", "-l", "-f", str(path)], check=True, capture_output=True, text=True)
    return listed.stdout.split()[1]


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(home: Path, *lines: str, port: int = 0) -> Iterator[Server]:
    """Run a server over a folder; `lines` are added to its settings."""
    program = binary()
    home.mkdir(parents=True, exist_ok=True)
    for name in ("in", "out"):
        (home / name).mkdir(exist_ok=True)
    keys = home / ".keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    for name in ("host", "user"):
        if not (keys / name).exists():
            keygen(keys / name)
    host_key = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(keys / "host")], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    port = port or free_port()
    config = keys / "sshd_config"
    config.write_text(
        "\n".join(
            [
                f"ListenAddress 127.0.0.1:{port}",
                f"HostKey {keys / 'host'}",
                f"AuthorizedKeysFile {keys / 'user.pub'}",
                f"PidFile {keys / 'pid'}",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password",
                "StrictModes no",
                "UsePAM no",
                "Subsystem sftp internal-sftp",
                *lines,
                "",
            ]
        ),
        "utf-8",
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # its privilege separation wants it
    with (keys / "log").open("ab") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log)
    try:
        _wait(port, process, keys / "log")
        yield Server(home, port, host_key, getpass.getuser(), keys / "user")
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"sshd did not start:\n{log.read_text('utf-8', 'replace')}")
