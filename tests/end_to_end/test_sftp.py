"""Files come and go by a real OpenSSH server: fetched, processed, answered, sent; and nothing twice, whoever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import openssh
from tests.end_to_end.conftest import HERE, Installation, _environment, order, orders_file
from tests.end_to_end.sftp_killer import POINTS
from tests.sftp import exchanging, files

if TYPE_CHECKING:
    from collections.abc import Iterator


ORDERS = orders_file(order("ORD1"), order("ORD2", lines=[order("x")["lines"][0] | {"article_number": "GIBTESNICHT"}]))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openssh.Server]:
    """One server for all tests; each has folders of its own on it."""
    with openssh.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def agency(server: openssh.Server, tmp_path: Path) -> dict[str, Any]:
    """A channel to folders of this test alone."""
    for name in ("in", "out"):
        (tmp_path / "agency" / name).mkdir(parents=True)
    folders = {"inbox": str(tmp_path / "agency" / "in"), "outbox": str(tmp_path / "agency" / "out")}
    return {**server.settings, **folders, "module": "order_import", "send": ["order_import", "*.pdf"]}


def with_channel(installation: Installation, channel: dict[str, Any]) -> None:
    """Enter the channel into the settings, as a person does."""
    lines = [f"{name} = {json.dumps(_plain(value))}" for name, value in channel.items()]
    with (installation.folder / "exchange.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[channels.agency]\n" + "\n".join(lines) + "\n")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def answers(installation: Installation) -> list[dict[str, Any]]:
    """The receipts that the partner has got."""
    found = (installation.folder / "agency" / "out").glob("*.receipt.json")
    return [json.loads(path.read_bytes()) for path in sorted(found)]


def booked(installation: Installation) -> list[str]:
    """The orders in the sandbox Sage."""
    rows = installation.sage("SELECT Referenznummer FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%'")
    return sorted(number for (number,) in rows)


def test_a_file_is_fetched_processed_and_answered_in_one_run(
    installation: Installation, agency: dict[str, Any]
) -> None:
    """The sender finds the receipt, and his faulty order in his own form; what is not his stays."""
    with_channel(installation, agency)
    there = installation.folder / "agency"
    (there / "in" / "bestellungen.json").write_text(ORDERS, "utf-8")
    (installation.outbox / "prospekt.pdf").write_bytes(b"%PDF-1.7")
    (installation.outbox / "anderes.txt").write_bytes(b"x")

    done = installation.run_once()

    assert done.returncode == 1, done.stdout + done.stderr  # one order was rejected
    assert booked(installation) == ["ORD1"]
    (receipt,) = answers(installation)
    assert receipt["file"] == "bestellungen.json"
    assert receipt["module"] == "order_import"
    suffixes = sorted(name.rpartition(".")[2] for name in files(there / "out"))
    assert suffixes == ["json", "json", "pdf", "txt"]  # receipt, rejects, the leaflet, the letter
    assert files(there / "in") == {}
    assert len(files(there / "in" / "processed")) == 1
    assert sorted(files(installation.outbox)) == ["anderes.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="a name there cannot be such bytes")
def test_a_name_that_is_no_utf_8_hides_no_other_file(server: openssh.Server, tmp_path: Path) -> None:
    """S7, on the server that most partners have."""
    there = tmp_path / "there"
    for name in ("in", "out"):
        (there / name).mkdir(parents=True)
    (there / "in" / os.fsdecode(b"M\xfcller.csv")).write_bytes(b"x")
    (there / "in" / "gut.csv").write_bytes(b"x")
    folders = {"inbox": str(there / "in"), "outbox": str(there / "out")}
    with exchanging(tmp_path, {**server.settings, **folders}) as exchange:
        assert exchange.round() == ["channel.bad_name"]
        assert list(exchange.inbox()) == ["gut.csv"]
        assert r"'M\xfcller.csv'" in exchange.said


@pytest.mark.parametrize("over", [False, True])
def test_openssh_replaces_in_one_step(server: openssh.Server, tmp_path: Path, over: bool) -> None:  # noqa: FBT001
    """S13: its plain rename refuses an existing name, its extension does not."""
    there = tmp_path / "there"
    for name in ("in", "out"):
        (there / name).mkdir(parents=True)
    (there / "out" / "x.xml").write_bytes(b"alt")
    folders = {"inbox": str(there / "in"), "outbox": str(there / "out"), "send": ["*"]}
    with exchanging(tmp_path, {**server.settings, **folders}) as exchange:
        if not over:
            (there / "out" / "x.xml").unlink()
        exchange.write("x.xml", b"neu")
        assert exchange.round() == []
        assert files(there / "out") == {"x.xml": b"neu"}


def test_a_wrong_host_key_stops_the_channel_and_doctor_shows_how_to_accept_it(
    installation: Installation, agency: dict[str, Any], server: openssh.Server
) -> None:
    """Try later, says the exit code; the inbox here goes on."""
    with_channel(installation, {**agency, "host_keys": []})
    (installation.folder / "agency" / "in" / "bestellungen.json").write_text(ORDERS, "utf-8")

    assert installation.run_once().returncode == 75
    assert booked(installation) == []

    doctor = installation.exchange("doctor")
    assert doctor.returncode == 78
    told = "".join(doctor.stdout.split())
    assert f'host_keys=["{server.host_key}"]' in told


@pytest.mark.parametrize("point", POINTS)
def test_wherever_the_process_is_killed_each_file_lands_and_is_sent_once(
    installation: Installation, agency: dict[str, Any], point: str
) -> None:
    """kill -9 at the point, then another run; the partner takes away what he sees."""
    with_channel(installation, agency)
    there = installation.folder / "agency"
    (there / "in" / "bestellungen.json").write_text(ORDERS, "utf-8")
    (installation.outbox / "prospekt.pdf").write_bytes(b"%PDF-1.7")
    got: list[str] = []

    def collect() -> None:
        for path in sorted((there / "out").iterdir()):
            if not path.name.endswith(".part"):
                got.append(path.name)
                path.unlink()

    command = [sys.executable, str(HERE / "sftp_killer.py"), point, "run", "--once"]
    died = subprocess.run(command, cwd=installation.folder, env=_environment(), capture_output=True, check=False)
    assert died.returncode == (137 if sys.platform == "win32" else -signal.SIGKILL), died.stderr
    collect()
    installation.run_once()
    collect()

    assert booked(installation) == ["ORD1"]
    assert len(got) == len(set(got)) == 4, got
    assert files(there / "in") == {}
    assert files(installation.outbox) == {}
    assert len(list((installation.folder / "archive").rglob("*.json"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a service is stopped in another way there")
def test_the_service_serves_its_channels_and_stops_when_told(
    installation: Installation, agency: dict[str, Any]
) -> None:
    """A lane of its own: fetched, answered, and ended cleanly."""
    with_channel(installation, {**agency, "poll_seconds": 0.2})
    there = installation.folder / "agency"
    service = subprocess.Popen(
        [sys.executable, "-m", "exchange", "run"],
        cwd=installation.folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        (there / "in" / "bestellungen.json.part").write_text(ORDERS, "utf-8")
        (there / "in" / "bestellungen.json.part").rename(there / "in" / "bestellungen.json")
        for _ in range(1_200):
            if answers(installation) or service.poll() is not None:
                break
            time.sleep(0.05)
        service.terminate()
        _, said = service.communicate(timeout=60)
    finally:
        service.kill()
    assert service.returncode == 0, said
    assert len(answers(installation)) == 1, said
    assert not (installation.inbox / ".exchange-canary").exists()


def test_two_keys_and_an_old_fingerprint(tmp_path: Path) -> None:
    """S1 on OpenSSH: the server is set up anew; its new key is refused, until a person has entered it."""
    with openssh.running(tmp_path / "first") as old:
        pinned = old.host_key
    with openssh.running(tmp_path / "second", port=old.port) as new:
        channel = {**new.settings, "host_keys": [pinned]}
        with exchanging(tmp_path, channel) as exchange:
            assert exchange.round() == ["channel.host_key_changed"]
            assert pinned in exchange.said
            assert new.host_key in exchange.said
        with exchanging(tmp_path, {**channel, "host_keys": [pinned, new.host_key]}) as exchange:
            assert exchange.round() == []
