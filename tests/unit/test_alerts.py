"""What needs a person is found, told once to whom it concerns, and called off when it is gone."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from exchange import causes as causes_module
from exchange.alerts import Alerts, present
from exchange.causes import LANE_FAILED, SHOP_AWAY, Cause
from exchange.channels.faults import NOT_ADMITTED
from exchange.channels.report import Report
from exchange.errors import TransientError
from exchange.finding import found
from exchange.jobs import ACTIONS, Action
from exchange.pipeline.claim import claim
from tests.auto import automatic
from tests.end_to_end.conftest import order, orders_file
from tests.smtp import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.settings import Schedule
    from tests.auto import Clock
    from tests.inside import Inside
    from tests.smtp import Letterbox

BOSS, SALES = "chef@example.org", "verkauf@example.org"
STOCK = b"article_number;available\r\n20010;3\r\n"
BAD = order("x")["lines"][0] | {"article_number": "GIBTESNICHT"}


class Watch(NamedTuple):
    """An installation whose alerts go to a real mail server."""

    inside: Inside
    clock: Clock
    box: Letterbox

    def look(self, **step: float) -> list[str]:
        """Turn the clock, look for causes, send the mails; the codes of the causes."""
        self.clock.turn(**step)
        causes = self.inside.worker.alerts.look()
        self.inside.app.post.send()
        return [each.finding.code for each in causes]

    def mails(self) -> list[tuple[str, str]]:
        """Recipient and text of the mails since the last call."""
        taken = [(message["To"], message.get_content()) for _, message in self.box.taken]
        self.box.taken.clear()
        return taken


@contextmanager
def watched(folder: Path, more: str = "", **given: Any) -> Iterator[Watch]:
    with server() as box:
        mail = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "exchange@example.org"}
        settings = {f"mail.{name}": value for name, value in mail.items()} | {"alerts.to": [BOSS]} | given
        with automatic(folder, more, **settings) as (inside, clock):
            yield Watch(inside, clock, box)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with watched(tmp_path) as watch:
        yield watch


def test_a_file_in_quarantine_is_told_once_and_called_off(watch: Watch) -> None:
    """Once, also by a service that has been started anew; when the file is taken away, that is told too."""
    assert watch.look() == []
    batch = watch.inside.take("leer.csv", b"")

    assert watch.look() == ["alert.quarantined"]
    [(to, text)] = watch.mails()
    assert to == BOSS
    assert "leer.csv liegt in der Quarantäne" in text
    assert "exchange show" in text
    assert watch.look(hours=1) == ["alert.quarantined"]
    Alerts(watch.inside.app, watch.inside.worker.timetable).look()
    watch.look()
    assert watch.mails() == []

    (watch.inside.folder / batch.kept_at).unlink()
    assert watch.look(hours=1) == []
    [(to, text)] = watch.mails()
    assert "Das ist erledigt" in text
    watch.look(hours=1)
    assert watch.mails() == []


def test_a_file_that_was_replayed_with_success_is_no_cause_any_more(watch: Watch) -> None:
    """It had been put aside because the program broke off over it; a second time it goes well."""
    inside = watch.inside
    claimed = claim(
        inside.installation.drop("stock/bestand.csv", STOCK), "stock", inside.folder / "work", inside.app.ledger
    )
    assert claimed is not None
    for number in range(3):
        inside.app.ledger.take(claimed.uid, f"host:{number}", 0)
        watch.clock.turn(seconds=1)
    inside.round()
    assert watch.look() == ["alert.quarantined"]

    inside.app.replay(claimed.uid)

    assert watch.look() == []


def test_each_owner_hears_of_their_own_modules(tmp_path: Path) -> None:
    """Rejected orders go to sales, an unknown file to the one who has the rest; a good file settles it."""
    more = f'[alerts.owners]\norder_import = ["{SALES}"]\n'
    with watched(tmp_path, more) as watch:
        watch.inside.take("leer.csv", b"")
        watch.inside.take("orders.json", orders_file(order("ORD1"), order("ORD2", lines=[BAD])))

        assert sorted(watch.look()) == ["alert.quarantined", "alert.rejected"]
        by_person = dict(watch.mails())
        assert set(by_person) == {BOSS, SALES}
        assert "1 Datensätze abgelehnt" in by_person[SALES]
        assert "abgelehnt" not in by_person[BOSS]

        watch.inside.take("more.json", orders_file(order("ORD3")))
        assert watch.look(hours=1) == ["alert.quarantined"]
        [(to, text)] = watch.mails()
        assert (to, "orders.json" in text) == (SALES, True)


def test_many_causes_make_one_mail_and_the_next_comes_after_a_while(watch: Watch) -> None:
    """Sixty bad files fill no mailbox: one mail now, one a quarter of an hour later."""
    for number in range(60):
        watch.inside.installation.drop(f"leer{number}.csv", b"")
    watch.inside.settled()
    assert len(watch.look()) == 60
    [(_, text)] = watch.mails()
    assert "und 10 weitere" in text

    watch.inside.take("spaet.csv", b"")
    watch.look(minutes=5)
    assert watch.mails() == []
    watch.look(minutes=10)
    [(_, text)] = watch.mails()
    assert text.count("liegt in der Quarantäne") == 1


def test_a_cause_that_goes_before_anyone_heard_of_it_is_not_told(watch: Watch) -> None:
    watch.inside.take("leer1.csv", b"")
    watch.look()
    watch.mails()
    second = watch.inside.take("leer2.csv", b"")
    watch.look(minutes=1)
    (watch.inside.folder / second.kept_at).unlink()
    watch.look(minutes=1)
    watch.look(hours=1)

    assert watch.mails() == []


def test_a_cause_that_comes_back_before_the_all_clear_is_neither_told_nor_called_off(watch: Watch) -> None:
    """A flickering line makes no mails."""
    report = lambda: watch.inside.app.troubles.report("shop", found(SHOP_AWAY, reason="403"))  # noqa: E731
    report()
    assert watch.look() == ["alert.shop_unreachable"]
    assert "403" in watch.mails()[0][1]
    watch.inside.app.troubles.withdraw("shop")
    assert watch.look(minutes=1) == []
    report()
    watch.look(minutes=1)
    watch.look(hours=1)
    assert watch.mails() == []


def test_what_waits_too_long_is_told(watch: Watch) -> None:
    """A paused module's file waits; after an hour somebody should know."""
    watch.inside.app.pauses.begin("stock")
    watch.inside.installation.drop("stock/bestand.csv", STOCK)
    assert watch.inside.settled() == []
    assert watch.look(minutes=59) == []

    assert watch.look(minutes=2) == ["alert.waiting"]
    watch.inside.app.pauses.end("stock")
    (done,) = watch.inside.round()
    assert (done.state.value, done.tries) == ("done", 1)
    assert watch.look() == []


EXPECTED = (
    '[expected.orders]\nmodule = "stock"\nfolder = "agentur"\nby = "10:00"\nsince = "06:00"\ndays = "working days"\n'
)


def test_what_did_not_come_is_told_until_it_comes(tmp_path: Path) -> None:
    """From ten o'clock on; a file of another folder or of yesterday does not count; a late one settles it."""
    with watched(tmp_path, EXPECTED) as watch:
        watch.inside.take("agentur/stock/gestern.csv", STOCK)
        assert watch.look() == []
        watch.look(days=1)  # Tuesday 09:00
        watch.inside.take("stock/anders.csv", STOCK)
        assert watch.look(minutes=59) == []

        assert watch.look(minutes=1) == ["alert.not_come"]
        assert "24.11.2026 10:00" in watch.mails()[0][1]
        watch.inside.take("agentur/stock/heute.csv", STOCK.replace(b"3", b"4"))
        assert watch.look(hours=1) == []
        assert "Das ist erledigt" in watch.mails()[0][1]
        assert watch.look(days=5) == ["alert.not_come"]  # on Sunday, Friday's is still missing


def test_what_was_expected_before_the_installation_is_nobodys_fault(tmp_path: Path) -> None:
    """At nine on Monday, last Friday's file is not asked for."""
    with watched(tmp_path, EXPECTED) as watch:
        assert watch.look() == []
        assert watch.look(hours=1) == ["alert.not_come"]


def test_a_full_disk_and_an_ending_key_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each disk once; a key two weeks before it ends."""
    more = '[alerts.expires]\n"SFTP-Schlüssel" = 2026-12-08\n'
    with watched(tmp_path, more, **{"alerts.free_megabytes": 100}) as watch:
        assert watch.look() == []
        assert watch.look(days=1) == ["alert.expires"]
        assert "SFTP-Schlüssel läuft am 08.12.2026 ab" in watch.mails()[0][1]
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(causes_module.shutil, "disk_usage", lambda _: usage._replace(free=100 * 1024**2 - 1))

        assert watch.look() == ["alert.disk_full", "alert.expires"]


SCHEDULE = """
[schedules.stock]
action = "away"
module = "stock"
every = "5m"
[schedules.orders]
module = "order_import"
every = "1h"
"""


def test_a_schedule_that_fails_or_is_overdue_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits again and again is overdue, though it tries anew for every moment."""
    away = [TransientError("Sage antwortet nicht")]

    def job(_app: App, _schedule: Schedule) -> Iterator[Batch]:
        for each in away:
            raise each
        yield from ()

    monkeypatch.setitem(ACTIONS, "away", Action("sage", "", "", job))
    with watched(tmp_path, SCHEDULE) as watch:
        timetable = watch.inside.worker.timetable
        watch.look()
        for step in range(1, 9):
            watch.clock.turn(minutes=5)
            assert [timetable.run(turn, lambda _: None) for turn in timetable.turns()] == ["waits"]
            assert watch.look() == (["alert.schedule_overdue"] if step == 8 else [])
        [(_, text)] = watch.mails()
        assert "Zeitplan stock war um 23.11.2026 09:05 fällig" in text
        assert "Sage antwortet nicht" in text

        away.clear()
        watch.clock.turn(minutes=20)
        assert sorted(timetable.run(turn, lambda _: None) for turn in timetable.turns()) == ["done", "failed"]
        assert watch.look() == ["alert.schedule_failed"]
        [(_, text)] = watch.mails()
        assert "Das ist erledigt" in text
        assert "is not read out of Sage" in text


def test_alerts_that_cannot_be_sent_make_no_more_alerts(watch: Watch) -> None:
    """A refused address is a cause, told at most once, not once for every mail about it."""
    watch.box.answers[BOSS] = "550 No such user"
    watch.inside.take("leer.csv", b"")
    watch.look()
    for _ in range(5):
        codes = watch.look(hours=1)

    assert sorted(codes) == ["alert.mail_stuck", "alert.quarantined"]
    assert watch.inside.app.post.counts() == {"refused": 2}


def test_without_addresses_nobody_is_written_to_and_status_tells_all_the_same(tmp_path: Path) -> None:
    with watched(tmp_path, **{"alerts.to": []}) as watch:
        watch.inside.take("leer.csv", b"")
        watch.look()
        assert watch.mails() == []
        health, causes = present(watch.inside.app)
        assert (health, [each.as_json()["severity"] for each in causes]) == ("warning", ["warning"])


def test_a_mail_server_that_is_away_loses_no_alert(watch: Watch) -> None:
    """It is written down before anything is sent, and goes out when the server is back."""
    watch.box.answers["DATA"] = "421 closing"
    watch.inside.take("leer.csv", b"")
    with suppress(TransientError):
        watch.look()
    del watch.box.answers["DATA"]
    watch.look(hours=1)

    assert any("leer.csv" in text for _, text in watch.mails())


def test_what_only_the_service_sees_is_told_too(watch: Watch) -> None:
    """A lane that fails again and again."""
    failing = [Cause("lane sage", found(LANE_FAILED, lane="sage", reason="kaputt"))]
    alerts = Alerts(watch.inside.app, watch.inside.worker.timetable, lambda: failing)

    assert [each.key for each in alerts.look()] == ["lane sage"]
    failing.clear()
    assert alerts.look() == ()


def test_a_service_that_has_fallen_silent_is_critical(watch: Watch) -> None:
    """Its last heartbeat says that it runs, and is old; one that was stopped says so."""
    heart = watch.inside.folder / "work" / "heartbeat.json"
    beat = '{{"at": "{}", "state": "{}"}}'
    now = watch.clock()
    for at, state, health in (
        (now, "running", "ok"),
        (now - timedelta(minutes=1), "running", "critical"),
        (now - timedelta(minutes=1), "stopped", "ok"),
    ):
        heart.write_text(beat.format(at.isoformat(), state), "utf-8")
        assert present(watch.inside.app)[0] == health
    heart.write_text("{", "utf-8")
    assert present(watch.inside.app)[0] == "ok"


def test_a_fault_of_a_channel_is_told_and_called_off(tmp_path: Path) -> None:
    """Channels write down what is wrong; nobody but the alerts reads it at night."""
    agency = f"[channels.agency]\ntype = 'folder'\ninbox = '{tmp_path / 'in'}'\noutbox = '{tmp_path / 'out'}'\n"
    with watched(tmp_path / "own", agency) as watch:
        state = watch.inside.folder / "work" / ".channels" / "agency" / "state.json"
        state.parent.mkdir(parents=True, exist_ok=True)
        report = Report("agency", state, watch.inside.app.ledger.now)
        report.say(
            found(NOT_ADMITTED, place="sftp.agency.example", user="shop", reason="key refused", channel="agency")
        )
        report.end(reached=False)
        assert watch.look() == [NOT_ADMITTED.code]
        ((_, text),) = watch.mails()
        assert "sftp.agency.example" in text
        report.begin()
        report.end(reached=True)
        assert watch.look(hours=1) == []
