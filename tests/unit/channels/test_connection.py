"""Logging in: only to a server whose key is known, only with what is set, and never for longer than allowed."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest
from asyncssh.public_key import load_keypairs

from exchange.channels.guard import Guard
from exchange.channels.report import Report
from exchange.channels.service import Channels, examine
from exchange.errors import ConfigError
from tests.sftp import PASSWORD, REGISTRY, Exchange, Sftp, exchanging, serving

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def test_s1_an_unknown_key_is_refused_and_shown(tmp_path: Path) -> None:
    """With the line that accepts it; nobody has tried to log in."""
    with (
        serving(tmp_path / "there") as server,
        exchanging(tmp_path, {**server.settings, "host_keys": []}) as exchange,
    ):
        assert exchange.round() == ["channel.host_key_unknown"]
        assert f'[channels.agency] host_keys = ["{server.host_key}"]' in exchange.said
        assert server.login.tries == 0


def test_s1_a_changed_key_is_refused_with_both_fingerprints(tmp_path: Path) -> None:
    """Somebody may pretend to be the server: not even the user's name is told to it."""
    with serving(tmp_path / "there") as server:
        with exchanging(tmp_path, {**server.settings, "host_keys": [OTHER]}) as exchange:
            assert exchange.round() == ["channel.host_key_changed"]
            assert server.host_key in exchange.said
            assert OTHER in exchange.said
            assert server.login.tries == 0
        with exchanging(tmp_path, {**server.settings, "host_keys": [OTHER, server.host_key]}) as exchange:
            assert exchange.round() == []  # while a partner changes servers, both are known


def test_a_wrong_password_is_told_without_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In no log and no message; and the next try comes late: servers lock accounts."""
    caplog.set_level(logging.DEBUG)
    with serving(tmp_path / "there") as server:
        channel = {**server.settings, "password": "falsch-" + PASSWORD}
        with exchanging(tmp_path, channel) as exchange:
            assert exchange.round() == ["channel.not_admitted"]
            assert PASSWORD not in exchange.said + caplog.text + repr(exchange.settings)
            assert exchange.line.look() >= 2 * exchange.line.settings.poll_seconds


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_a_key_with_a_passphrase_opens_the_door(tmp_path: Path, kind: str) -> None:
    """Its file is named in the settings, relative to them; the passphrase does not show."""
    key = asyncssh.generate_private_key(kind, comment="x")
    (tmp_path / "key").write_bytes(key.export_private_key("openssh", passphrase="öffne-dich"))
    (tmp_path / "authorized").write_bytes(key.export_public_key())
    with serving(tmp_path / "there", authorized_client_keys=str(tmp_path / "authorized")) as server:
        channel = {**server.settings, "password": None, "key_file": "key", "passphrase": "öffne-dich"}
        with exchanging(tmp_path, channel) as exchange:
            assert exchange.round() == []
        with exchanging(tmp_path, {**channel, "passphrase": "falsch-dich"}) as exchange:
            assert exchange.round() == ["channel.set_up"]
            assert "dich" not in exchange.said


@pytest.mark.parametrize("missing", [{"host": ""}, {"user": ""}, {"key_file": "none"}])
def test_wrong_settings_of_one_channel_are_its_own_trouble(tmp_path: Path, missing: dict[str, Any]) -> None:
    """The installation goes on without it."""
    channel = {"host": "127.0.0.1", "user": "x", "host_keys": [OTHER], **missing}
    with exchanging(tmp_path, channel) as exchange:
        assert exchange.round() == ["channel.set_up"]


def test_s2_an_old_server_needs_a_knowing_word(tmp_path: Path) -> None:
    """Its ciphers are refused by default, with the setting that admits them."""
    old = {"encryption_algs": ["aes128-cbc"], "mac_algs": ["hmac-sha1"]}
    with serving(tmp_path / "there", **old) as server:
        with exchanging(tmp_path, server.settings) as exchange:
            assert exchange.round() == ["channel.algorithms"]
            assert "legacy_algorithms" in exchange.said
        with exchanging(tmp_path, {**server.settings, "legacy_algorithms": True}) as exchange:
            assert exchange.round() == []


@pytest.mark.parametrize("legacy", [False, True])
def test_s2_a_server_with_sha_1_signatures_only_is_refused_with_the_reason(tmp_path: Path, legacy: bool) -> None:  # noqa: FBT001
    """Its host key signs by ssh-rsa alone, which paramiko 5 has no more; no setting admits it, and the text says so."""
    pair = load_keypairs([asyncssh.generate_private_key("ssh-rsa")])[0]
    pair.host_key_algorithms = (b"ssh-rsa",)
    with serving(tmp_path / "there", server_host_keys=[pair]) as server:
        with exchanging(tmp_path, {**server.settings, "legacy_algorithms": legacy}) as exchange:
            assert exchange.round() == ["channel.algorithms"]
            assert "no acceptable host key" in exchange.said
            assert "no keys of ssh-dss or ssh-rsa (SHA-1)" in exchange.said
        assert server.login.tries == 0


@pytest.mark.parametrize("speaks", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200])
def test_s3_a_server_that_never_gets_to_the_point_is_given_up(tmp_path: Path, speaks: bytes) -> None:
    """It accepts the connection, and then says nothing, or hangs in the exchange of keys, or is no SFTP server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            connection, _ = listener.accept()
            kept.append(connection)
            connection.sendall(speaks)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        channel = {"host": "127.0.0.1", "port": listener.getsockname()[1], "user": "x", "timeout_seconds": 0.4}
        with exchanging(tmp_path, {**channel, "host_keys": [OTHER], "inbox": "in"}) as exchange:
            assert exchange.round()[0] in ("channel.too_slow", "channel.lost")
            assert not exchange.line.reached
        thread.join()
        for each in kept:
            each.close()


def test_nobody_there_is_told_and_the_pause_grows_up_to_a_limit(tmp_path: Path) -> None:
    """A quarter of an hour at most; a ring does not shorten it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with exchanging(tmp_path, {"host": "127.0.0.1", "port": port, "user": "x", "outbox": "o"}) as exchange:
        pauses = [exchange.line.look() for _ in range(6)]
        assert pauses == [120, 240, 480, 900, 900, 900]
        assert exchange.round() == ["channel.unreachable"]
        exchange.line.ring()
        assert not exchange.line.bell.wait(0)


def test_a_channel_that_hangs_does_not_hold_up_another_one(tmp_path: Path) -> None:
    """Both in one `exchange run --once`; the good one has long done its work when the other is given up."""
    with serving(tmp_path / "there") as server, socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = {**server.settings, "port": silent.getsockname()[1], "timeout_seconds": 1.0}
        exchange = Exchange(tmp_path, server.settings)
        settings = exchange.settings.model_copy(
            update={"channels": {"hangs": exchange.line.settings.model_validate(hanging), **exchange.settings.channels}}
        )
        exchange.close()
        exchange.settings = settings
        exchange.restart()
        (server.home / "in" / "a.csv").write_bytes(b"x")
        exchange.channels.once()
        states = {line.name: line.reached for line in exchange.channels.lines}
        exchange.close()

    assert states == {"hangs": False, "agency": True}
    assert exchange.inbox() == {"a.csv": b"x"}
    assert exchange.channels.troubled


def test_one_process_at_a_time_serves_a_channel(tmp_path: Path) -> None:
    """The service and `run --once` by hand: the second one leaves it alone, and that is no trouble."""
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        (server.home / "in" / "a.csv").write_bytes(b"x")
        with exchange.line._lock:
            other = Exchange(tmp_path, server.settings)
            assert other.round() == []
            assert not other.channels.troubled
            other.close()
        assert exchange.inbox() == {}
        exchange.round()
        assert list(exchange.inbox()) == ["a.csv"]


def test_the_state_is_there_for_other_processes(tmp_path: Path) -> None:
    """Numbers, and what is wrong with its remedy; written only when it changes."""
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        (server.home / "in" / "a.csv").write_bytes(b"x")
        (server.home / "in" / "=b.csv").write_bytes(b"x")
        exchange.round()
        path = exchange.line.report.path
        state = Report.read(path)
        assert state is not None
        assert (state["state"], state["received"], state["findings"][0]["code"]) == ("ok", 1, "channel.bad_name")
        exchange.round()
        written = path.stat().st_mtime_ns
        exchange.round()
        assert path.stat().st_mtime_ns == written
    assert Report.read(tmp_path / "none") is None


def test_the_time_of_the_last_contact_goes_on_and_outlives_the_process(tmp_path: Path) -> None:
    """Written once a minute when nothing else changes; a new process that reaches nobody still knows it."""
    path, now = tmp_path / "state.json", datetime(2026, 11, 23, 8, tzinfo=UTC)
    report = Report("agency", path, lambda: now)
    seen = []
    for _ in range(4):
        report.begin()
        report.end(reached=True)
        seen.append(str((Report.read(path) or {})["last_good_at"])[11:19])
        now += timedelta(seconds=30)
    assert seen == ["08:00:00", "08:00:00", "08:01:00", "08:01:00"]

    again = Report("agency", path, lambda: now)
    again.begin()
    again.end(reached=False)
    state = Report.read(path) or {}
    assert (state["state"], state["last_good_at"]) == ("waiting", "2026-11-23T08:01:00+00:00")


def test_a_round_that_only_sends_does_not_call_off_what_is_wrong_with_fetching(tmp_path: Path) -> None:
    """`run --once` ends with such a round; what it found is there for `exchange status`, until it is well."""
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        bad = server.home / "in" / "=b.csv"
        bad.write_bytes(b"x")
        assert exchange.round() == ["channel.bad_name"]
        bad.unlink()
        exchange.line.round(receive=False)
        assert [each.code for each in exchange.line.report.findings] == ["channel.bad_name"]
        assert exchange.round() == []
        exchange.line.round(receive=False)
        assert exchange.line.report.findings == []


def test_a_fault_is_logged_when_it_comes_not_while_it_lasts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bad name that lies there for weeks is one line in the log."""
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        (server.home / "in" / "=b.csv").write_bytes(b"x")
        for _ in range(3):
            assert exchange.round() == ["channel.bad_name"]
    assert caplog.text.count("channel.bad_name") == 1


def test_modules_may_be_named_in_german_and_one_that_there_is_not_stops_the_start(tmp_path: Path) -> None:
    """Before the first file; `doctor` says the same."""
    channel = {"host": "127.0.0.1", "user": "x", "module": "Bestellimport", "send": ["Bestand", "*.pdf"]}
    with exchanging(tmp_path, channel) as exchange:
        assert exchange.channels.values("agency/heute") == {"module": "order_import"}
        assert exchange.channels.values("anderes") == {}
        assert exchange.line.settings.send == ("stock", "*.pdf")
    for wrong in ({"module": "bestelungen"}, {"profile": "gibt_es_nicht"}, {"send": ["bestnad"]}):
        settings = exchange.settings.model_copy(
            update={"channels": {"agency": exchange.line.settings.model_copy(update=wrong)}}
        )
        with pytest.raises(ConfigError):
            Channels(settings, exchange.books, REGISTRY)  # type: ignore[arg-type]
        finding = examine("agency", settings, REGISTRY)
        assert finding is not None
        assert finding.code == "channel.set_up"


def test_doctor_looks_into_both_folders(tmp_path: Path) -> None:
    """And names what is wrong; a channel in order has no finding."""
    with serving(tmp_path / "there") as server, exchanging(tmp_path, server.settings) as exchange:
        assert examine("agency", exchange.settings, REGISTRY) is None
        (server.home / "out").rmdir()
        missing = examine("agency", exchange.settings, REGISTRY)
        assert missing is not None
        assert missing.code == "channel.missing"
    with exchanging(tmp_path, {"host": "127.0.0.1"}) as exchange:
        wrong = examine("agency", exchange.settings, REGISTRY)
        assert wrong is not None
        assert wrong.code == "channel.set_up"
    gone = examine("agency", exchange.settings.model_copy(update={"channels": {"agency": _nobody(exchange)}}), REGISTRY)
    assert gone is not None
    assert gone.code == "channel.unreachable"


def _nobody(exchange: Exchange) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return exchange.line.settings.model_copy(update={"port": port, "user": "x"})


def test_an_error_of_our_own_is_told_and_the_channel_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A thread that ended in silence would be worse."""
    with serving(tmp_path / "there", Sftp) as server, exchanging(tmp_path, server.settings) as exchange:
        exchange.line.receiver.receive = lambda _channel: 1 // 0  # type: ignore[method-assign]
        assert exchange.round() == ["channel.internal"]
        assert "ZeroDivisionError" in caplog.text
        exchange.restart()
        assert exchange.round() == []


def test_the_guard_cuts_what_takes_too_long_and_nothing_else() -> None:
    """What has ended in time is left alone; a shorter limit after a longer one counts."""
    cut = threading.Event()
    guard = Guard(cut.set)
    with guard.within(3600):
        pass
    assert not guard.expired
    with guard.within(0.01):
        assert cut.wait(60)
    assert guard.expired
    guard.close()
