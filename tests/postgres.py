"""A real PostgreSQL of our own for the tests: made in a temporary folder, on a free port, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


class PostgresError(Exception):
    """The server could not be made or started; the text holds what it said."""


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl of the newest installed server, or None.

    Debian keeps them out of the PATH, in a folder per version.
    """
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _unprivileged() -> dict[str, Any]:
    """Arguments for `subprocess` that drop root, which PostgreSQL refuses to run as."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - not on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server out of these binaries; gives the SQLAlchemy URL of its superuser. Raises PostgresError."""
    identity = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="exchange-postgres-"))
    data, log, password_file = home / "data", home / "log", home / "password"
    password, port = secrets.token_hex(16), _free_port()

    def run(program: str, *arguments: str | Path) -> None:
        # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
        with log.open("ab") as out:
            command = [folder / program, *arguments]
            done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False, **identity)
        if done.returncode:
            raise PostgresError(f"{program} failed:\n{log.read_text('utf-8', 'replace')}")

    try:
        password_file.write_text(password, "ascii")
        log.touch()
        if identity:
            for path in (home, password_file, log):
                os.chown(path, identity["user"], identity["group"])
        run("initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", password_file, "-E", "UTF8",
            "--no-locale", "--no-sync")  # fmt: skip
        # No fsync: the data does not outlive the test run.
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "start", "-D", data, "-w", "-t", "60", "-o", options)
        try:
            yield f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "-D", data, "-w", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """A fresh database on the server; dropped afterwards, whoever is still connected."""
    url = make_url(server_url)
    name = f"test_{secrets.token_hex(8)}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
