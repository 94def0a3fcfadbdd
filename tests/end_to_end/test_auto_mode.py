"""The service as it runs at the merchant's: schedules, stops, kills, a second one, the commands beside it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from exchange.cli import cli
from tests.auto import arranged
from tests.end_to_end.conftest import HERE, REPOSITORY, Installation, order, orders_file
from tests.smtp import server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there, a service manager ends it")
#: Longer than anything here takes, however busy the machine is.
PATIENCE = 90

EVERY_SECOND = '[schedules.stock]\nmodule = "stock"\nevery = "1s"\n'
QUICK = {"watching.settle_seconds": 0.1, "watching.scan_seconds": 0.5, "service.heartbeat_seconds": 0.2}


def wait_for(what: Callable[[], Any]) -> Any:
    """Until something is so."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE} seconds: {what}")


class Service:
    """`exchange run` in a process of its own."""

    def __init__(self, installation: Installation, program: tuple[str, ...]) -> None:
        self.installation = installation
        self.process = subprocess.Popen(
            [sys.executable, *program, "run", "--json"],
            cwd=installation.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"},
        )  # fmt: skip

    def heart(self) -> dict[str, Any]:
        """The last heartbeat of this process, empty before the first."""
        try:
            beat: dict[str, Any] = json.loads((self.installation.folder / "work" / "heartbeat.json").read_bytes())
        except FileNotFoundError:
            return {}
        return beat if beat["process"] == self.process.pid else {}

    def stopped(self) -> tuple[int, str]:
        """Ask it to stop; the exit code and what it said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@contextmanager
def service(installation: Installation, killed: str = "") -> Iterator[Service]:
    """The service, up and with a beating heart; ended hard where the test has not ended it."""
    running = Service(installation, (str(HERE / "killer.py"), killed) if killed else ("-m", "exchange"))
    try:
        wait_for(lambda: running.heart() or running.process.poll() is not None)
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def exchange(installation: Installation, *arguments: str, code: int = 0) -> str:
    """What a command says, run in this process: quicker than one of its own."""
    result = CliRunner().invoke(cli, [*arguments, "--config", str(installation.folder / "exchange.toml")])
    assert result.exit_code == code, result.output
    return result.stdout


def runs(installation: Installation) -> list[dict[str, str]]:
    """The runs of all schedules out of the ledger, newest first; none while it is being made."""
    connection = sqlite3.connect(f"file:{installation.folder / 'ledger.sqlite'}?mode=ro", uri=True, timeout=PATIENCE)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM schedule_run ORDER BY id DESC")]
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def moments(installation: Installation) -> list[datetime]:
    """The moments that were served, newest first."""
    return [datetime.fromisoformat(run["due_at"]).replace(tzinfo=UTC) for run in runs(installation)]


@POSIX
def test_schedules_run_by_themselves_and_a_stop_is_clean(tmp_path: Path) -> None:
    """Every second a run, the moments all different; a dropped file is answered meanwhile; exit code 0."""
    installation = arranged(tmp_path, EVERY_SECOND, **QUICK)
    with service(installation) as running:
        installation.drop("leer.csv", "")
        wait_for(lambda: [each for each in installation.receipts() if each["file"] == "leer.csv"])
        wait_for(lambda: len(runs(installation)) >= 3)
        assert {lane["lane"] for lane in running.heart()["lanes"]} >= {"inbox", "alerts", "sage"}
        code, said = running.stopped()
        assert (code, running.heart()["state"]) == (0, "stopped")
        assert "cut off" not in said
    assert {run["result"] for run in runs(installation)} == {"done"}
    assert len(set(moments(installation))) == len(moments(installation))
    assert len(list(installation.outbox.glob("stock*.xml"))) == 1  # nothing had changed since


@POSIX
def test_a_second_service_on_the_same_folders_is_refused_and_once_shares(tmp_path: Path) -> None:
    """The second one says so and ends with 75; `run --once` beside the service does no harm."""
    installation = arranged(tmp_path, "", **QUICK)
    with service(installation) as running:
        second = installation.exchange("run")
        assert second.returncode == 75
        assert "a service runs already" in second.stderr
        assert installation.run_once().returncode == 0
        assert running.stopped()[0] == 0
    with service(installation) as again:
        assert again.stopped()[0] == 0


@POSIX
@pytest.mark.parametrize("point", ["compare", "apply: committed", "archive: answered"])
def test_kill_9_in_mid_job_is_taken_up_once_with_one_effect(tmp_path: Path, point: str) -> None:
    """The export is finished by the next start, the run is begun again once, and every article is written once."""
    installation = arranged(tmp_path, EVERY_SECOND, **QUICK)
    with service(installation, killed=point) as died:
        assert died.process.wait(PATIENCE) == -signal.SIGKILL
    left = json.loads(exchange(installation, "schedule", "--json"))["schedules"][0]
    assert left["result"] == "running"
    due_at = datetime.fromisoformat(left["last_due_at"])

    with service(installation) as running:
        wait_for(lambda: due_at in moments(installation))
        wait_for(lambda: len(runs(installation)) >= 2)
        assert running.stopped()[0] == 0

    assert moments(installation).count(due_at) == 1
    assert len(list(installation.outbox.glob("stock*.xml"))) == 1
    assert json.loads(exchange(installation, "status", "--json"))["open"] == []


@POSIX
def test_a_hanging_lane_stops_neither_the_others_nor_the_end(tmp_path: Path) -> None:
    """Sage does not answer: files are taken all the same, the stop keeps its deadline, the next start finishes."""
    installation = arranged(tmp_path, EVERY_SECOND, **QUICK, **{"service.stop_seconds": 0.5})
    hang = HERE / "hanging.py"
    running = Service(installation, (str(hang),))
    try:
        wait_for(
            lambda: any(lane["lane"] == "sage" and lane["busy_since"] for lane in running.heart().get("lanes", ()))
        )
        wait_for((tmp_path / "hangs").exists)
        installation.drop("orders.json", orders_file(order("ORD1")))
        wait_for(installation.receipts)
        code, said = running.stopped()
    finally:
        running.process.kill()
        running.process.communicate()
    assert code == 0
    assert "lane sage is cut off" in said
    with service(installation) as again:
        wait_for(lambda: runs(installation))
        assert again.stopped()[0] == 0


@POSIX
def test_pause_and_resume_reach_the_running_service(tmp_path: Path) -> None:
    """From another process; by hand the module still goes."""
    installation = arranged(tmp_path, EVERY_SECOND, **QUICK)
    with service(installation) as running:
        wait_for(lambda: runs(installation))
        assert "ruht ab jetzt" in exchange(installation, "pause", "Bestand", "--reason", "Inventur")
        wait_for(lambda: json.loads(exchange(installation, "schedule", "--json"))["schedules"][0]["result"] == "done")
        before = runs(installation)[0]["due_at"]
        exchange(installation, "export", "stock")
        assert runs(installation)[0]["due_at"] == before
        assert "ruht: Inventur" in exchange(installation, "schedule")
        assert "läuft wieder" in exchange(installation, "resume", "stock")
        wait_for(lambda: runs(installation)[0]["due_at"] > before)
        assert running.stopped()[0] == 0


@POSIX
def test_monitoring_hears_of_trouble_and_so_does_its_owner(tmp_path: Path) -> None:
    """A bad file: a mail, a warning in the heartbeat and in status, exit code 1."""
    with server() as box:
        mail = {"mail.host": "127.0.0.1", "mail.port": box.port, "mail.security": "none"}
        mail |= {"mail.sender": "exchange@example.org", "alerts.to": ["chef@example.org"]}
        installation = arranged(tmp_path, "", **QUICK, **mail)
        installation.drop("leer.csv", "")
        assert installation.run_once().returncode == 65
        with service(installation) as running:
            wait_for(lambda: running.heart()["health"] == "warning")
            assert running.stopped()[0] == 0
        assert [message["To"] for _, message in box.taken] == ["chef@example.org"]
    report = json.loads(exchange(installation, "status", "--json", code=1))
    assert report["health"] == "warning"
    assert report["causes"][0]["code"] == "alert.quarantined"


def test_schedule_without_schedules_lists_what_it_could_do(tmp_path: Path) -> None:
    """And `--actions` needs no installation."""
    installation = arranged(tmp_path, "")
    assert "keine Zeitpläne" in exchange(installation, "schedule")
    assert {row["action"] for row in json.loads(exchange(installation, "schedule", "--actions", "--json"))} >= {
        "export",
        "sync",
    }
    assert "ruhte nicht" in exchange(installation, "resume", "stock")
    exchange(installation, "pause", "gibtesnicht", code=78)
