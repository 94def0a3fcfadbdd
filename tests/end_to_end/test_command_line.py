"""The command line as people and scripts use it: help, reports, exit codes, settings, and what it never shows."""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from exchange import __version__
from exchange.app import App
from exchange.cli import cli
from exchange.finding import CATALOGUE
from exchange.findings import load_all
from exchange.ledger import State
from tests.end_to_end.conftest import REPOSITORY, Installation, install, order, orders_file
from tests.inside import STOCK, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

README = (REPOSITORY / "README.md").read_text("utf-8")
SECRET = "Geh3im-4711"
#: Nobody listens there.
AWAY = f"postgresql+psycopg://admin:{SECRET}@127.0.0.1:1/OLReweAbf"


def called(*arguments: str, code: int | None = 0, folder: Path | None = None) -> Result:
    """A command run in this process; with a folder, on the installation there."""
    more = ("--config", str(folder / "exchange.toml")) if folder else ()
    result = CliRunner().invoke(cli, [*arguments, *more])
    if code is not None:
        assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def reported(*arguments: str, code: int = 0, folder: Path | None = None) -> Any:
    """The json report of a command."""
    return json.loads(called(*arguments, "--json", code=code, folder=folder).stdout)


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """All commands with their full names."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS = dict(commands(cli))


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which an order was taken over, one was rejected, and a file was put aside."""
    folder = tmp_path_factory.mktemp("used")
    line = order("x")["lines"][0] | {"article_number": "GIBTESNICHT"}
    with with_sage(folder) as inside:
        inside.take("bestellungen.json", orders_file(order("ORD1"), order("ORD2", lines=[line])))
        inside.take("leer.csv", b"")
    return folder


# Help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    """The example calls the command itself."""
    text = called(*name.split(), "--help").output
    examples = text.partition("Examples:")[2]
    assert f"exchange {name}" in examples
    for option in COMMANDS[name].params:
        assert not isinstance(option, click.Option) or option.help, option.name


def test_readme_and_command_line_name_the_same_commands() -> None:
    """And every option that README shows exists."""
    section = README.partition("## The command line")[2].partition("\n## ")[0]
    listed = re.findall(r"^ {4}exchange (.*)$", section, re.MULTILINE)
    names = {each.strip().split()[0] for line in listed for each in line.split("|") if each.strip()[:1].islower()}
    names -= {"csv", "txt", "json]", "json", "xml"} | {each for each in names if each.endswith("]")}
    assert names == {name.split()[0] for name in COMMANDS if not name.startswith("sandbox")}
    for name, rest in re.findall(r"exchange ((?:sandbox )?[a-z]+)([^`\n]*)", README):
        if name in COMMANDS:
            known = {option for each in COMMANDS[name].params for option in each.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= known | {"--help", "--json"}, name


def test_every_finding_code_and_setting_of_the_readme_exists() -> None:
    """A document that names what there is not is worse than none."""
    load_all()
    codes = re.findall(r"explain ([a-z_]+\.[a-z_]+)", README)
    assert codes
    assert set(codes) <= set(CATALOGUE)
    for code in re.findall(r"`([a-z_]+\.[a-z_]+)`", README):
        assert code in CATALOGUE or code.partition(".")[0] in ("sage", "exchange"), code


def test_version_and_modules_are_told() -> None:
    """`modules` lists names, German names and profiles, also those of the merchant."""
    assert called("--version").output.strip().endswith(__version__)
    listed = {each["module"]: each for each in reported("modules")}
    assert {"order_import", "customer_import", "products", "categories", "stock"} <= set(listed)
    assert listed["order_import"]["german"] == "Bestellimport"
    assert "lightspeed_order_json" in listed["order_import"]["profiles"]
    assert (listed["stock"]["exports"], listed["customer_import"]["template"]) == (True, True)
    assert "Bestellimport" in called("modules").output


def test_own_profiles_are_listed(tmp_path: Path) -> None:
    """With an installation at hand, its profiles count."""
    with without_sage(tmp_path):
        own = 'name = "lager_meier"\nmodule = "stock"\nformat = "csv"\n[fields]\narticle_number = "SKU"\n'
        (tmp_path / "profiles" / "meier.toml").write_text(own, "utf-8")
    listed = {each["module"]: each for each in reported("modules", folder=tmp_path)}
    assert "lager_meier" in listed["stock"]["profiles"]


@pytest.mark.parametrize("form", ["xsd", "json", "csv", "txt"])
def test_schemas_are_published(form: str) -> None:
    """By the module's German name too."""
    assert "article_number" in called("schema", "Bestellimport", "--format", form).output


def test_explain_knows_every_code_and_offers_near_ones() -> None:
    """In both languages, with remedy; a misspelt code is a wrong use."""
    report = reported("explain", "order_import.unknown_article")
    assert set(report) == {"code", "severity", "de", "en", "remedy_de", "remedy_en"}
    text = called("explain", "file.brake").output
    assert "brake.deleted_percent" in text
    assert "order_import.unknown_article" in called("explain", "unknown_article", code=2).output
    assert "file.empty" in called("explain", "xyz", code=2).output


# Reports


def test_status_and_log_report(used: Path) -> None:
    """What waits, what was done; exit code 1 says that somebody should look."""
    status = reported("status", code=1, folder=used)
    assert (status["open"], status["totals"]["order_import"]) == ([], {"done": 1})
    assert [each["file"] for each in status["recent"]] == ["leer.csv", "bestellungen.json"]
    log = reported("log", "--module", "Bestellimport", folder=used)
    assert [(each["file"], each["state"], each["balanced"]) for each in log] == [("bestellungen.json", "done", True)]
    assert len(reported("log", "-n", "1", folder=used)) == 1
    shown = called("status", code=1, folder=used).output
    assert "0 in Arbeit oder wartend" in shown
    assert "Quarantäne" in shown
    assert "bestellungen.json" in called("log", folder=used).output


def test_status_shows_the_channels(tmp_path: Path) -> None:
    """How each stands, when it could be used last, what is wrong; another process has worked on them."""
    with without_sage(tmp_path):
        pass
    partner = "type = 'folder'\ninbox = 'partner/in'\n"
    with (tmp_path / "exchange.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            f"\n[channels.agentur]\n{partner}settle_seconds = 0.0\n"
            "[channels.lager]\ntype = 'folder'\ninbox = 'nirgends'\n"
            f"[channels.neu]\n{partner}[channels.alt]\nactive = false\n{partner}"
        )
    (tmp_path / "partner" / "in").mkdir(parents=True)
    (tmp_path / "partner" / "in" / "=böse.csv").write_text(STOCK, "utf-8")
    assert {each["state"] for each in reported("status", folder=tmp_path)["channels"]} == {"new", "off"}
    began = datetime.now(UTC)
    called("run", "--once", code=None, folder=tmp_path)
    (tmp_path / "work" / ".channels" / "neu" / "state.json").unlink()

    told = {each["channel"]: each for each in reported("status", code=75, folder=tmp_path)["channels"]}
    assert {name: each["state"] for name, each in told.items()} == {
        "agentur": "ok",
        "lager": "ok",
        "neu": "new",
        "alt": "off",
    }
    assert {name: [one["code"] for one in each["findings"]] for name, each in told.items()} == {
        "agentur": ["channel.bad_name"],
        "lager": ["channel.missing"],
        "neu": [],
        "alt": [],
    }
    assert datetime.fromisoformat(told["agentur"]["last_good_at"]) >= began
    assert told["neu"]["last_good_at"] is None
    shown = " ".join(called("status", code=75, folder=tmp_path).output.split())
    for text in ("agentur in Ordnung", "(channel.bad_name)", "neu noch nie benutzt –", "alt abgeschaltet –"):
        assert text in shown


def test_w3_a_run_that_could_not_look_everywhere_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subfolder on a share that is away: the rest is done, and the exit code says that it is not all."""
    with without_sage(tmp_path):
        pass
    (tmp_path / "inbox" / "lager").mkdir()
    (tmp_path / "inbox" / "bestand.csv").write_text(STOCK, "utf-8")
    scandir = os.scandir

    def away(path: Any) -> Any:
        if str(path).endswith("lager"):
            raise OSError(errno.EIO, "Input/output error", path)
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", away)
        assert reported("run", "--once", code=75, folder=tmp_path)[0]["state"] == "done"
    called("run", "--once", folder=tmp_path)


def test_w7_a_service_that_no_longer_runs_is_told_from_outside(tmp_path: Path) -> None:
    """As after a changed password: the task does not start, so it cannot tell; who asks for the status hears of it."""
    with without_sage(tmp_path):
        pass
    heart = tmp_path / "work" / "heartbeat.json"
    heart.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "state": "running"}), "utf-8")
    assert reported("status", folder=tmp_path)["health"] == "ok"
    heart.write_text(json.dumps({"at": "2026-01-05T08:00:00+00:00", "state": "running"}), "utf-8")

    status = reported("status", code=75, folder=tmp_path)
    assert (status["health"], [each["code"] for each in status["causes"]]) == ("critical", ["alert.service_silent"])
    assert (
        "Der Dienst hat sich seit 05.01.2026 09:00 nicht gemeldet" in called("status", code=75, folder=tmp_path).output
    )


def test_show_tells_what_became_of_order_and_file(used: Path) -> None:
    """By the number as people write it, by any beginning or end of the batch's id; nothing known is exit code 1."""
    (trace,) = reported("show", "ORD1", folder=used)["records"]
    assert (trace["outcome"], trace["module"], trace["foreign_id"][:3]) == ("created", "order_import", "VVA")
    (refused,) = reported("show", "o r d 2", folder=used)["records"]
    assert (refused["outcome"], refused["codes"]) == ("rejected", ["order_import.unknown_article"])

    uid = trace["batch"]
    (batch,) = reported("show", uid.rpartition("-")[2], folder=used)["batches"]
    assert (batch["batch"], batch["kept_at"][:7], len(batch["findings"])) == (uid, "archive", 1)
    text = called("show", uid, folder=used).output
    assert batch["sha256"] in text
    assert "GIBTESNICHT" in text
    assert "rejected (order_import.unknown_article)" in called("show", "ORD2", folder=used).output
    assert "weder Lauf noch Datensatz bekannt" in called("show", "ORD77", code=1, folder=used).output


def test_replay_processes_the_original_again_without_a_second_effect(used: Path) -> None:
    """What was taken over stays as it is; what is unknown or gone is said."""
    uid = reported("log", "--module", "order_import", folder=used)[-1]["batch"]
    (again,) = reported("replay", uid, code=1, folder=used)
    assert (again["replay_of"], again["origin"], again["file"]) == (uid, "replay", "bestellungen.json")
    assert (again["counts"]["unchanged"], again["counts"]["rejected"]) == (1, 1)
    assert "0 batches match" in called("replay", "nichts", code=78, folder=used).output
    (used / reported("show", again["batch"], folder=used)["batches"][0]["kept_at"]).unlink()
    assert "is no longer there" in called("replay", again["batch"], code=78, folder=used).output


def test_doctor_finds_nothing_wrong_and_names_what_is(used: Path) -> None:
    """A missing table of Sage, an unknown profile."""
    assert all(each["ok"] for each in reported("doctor", folder=used))
    assert "alles in Ordnung" in called("doctor", folder=used).output

    connection = sqlite3.connect(used / "sage.sqlite")
    connection.execute("ALTER TABLE KHKPreislisten RENAME TO Weg")
    try:
        bad = [each for each in reported("doctor", code=78, folder=used) if not each["ok"]]
        assert [each["check"] for each in bad] == ["Sage database"]
        assert "KHKPreislisten: the table is missing" in bad[0]["problem"]
        assert bad[0]["remedy"]
        assert "1 Punkt(e) zu beheben" in called("doctor", code=78, folder=used).output
    finally:
        connection.execute("ALTER TABLE Weg RENAME TO KHKPreislisten")
        connection.close()


def test_a_dry_run_tells_and_changes_nothing(used: Path, tmp_path: Path) -> None:
    """Of a good file, of one with faults, and of one that cannot be used; in both languages and as json."""
    before = reported("log", folder=used)
    path = tmp_path / "o.json"
    path.write_text(orders_file(order("ORD1"), order("ORD5"), order("ORD6", currency="USD")), "utf-8")
    report = reported("import", str(path), "--dry-run", code=1, folder=used)
    assert (report["dry_run"], report["module"]) == (True, "order_import")
    assert (report["counts"]["created"], report["counts"]["unchanged"], report["counts"]["rejected"]) == (1, 1, 1)
    assert report["findings"][0]["code"] == "order_import.foreign_currency"
    text = called("import", str(path), "--dry-run", code=1, folder=used).output
    assert "Probelauf: 3 gelesen, 1 neu, 0 geändert, 1 unverändert, 1 abgelehnt, 0 vorgelegt." in text

    path.write_text("Name;Von\r\nErika;heute\r\n", "utf-8")
    report = reported("import", str(path), "--dry-run", code=65, folder=used)
    assert [each["code"] for each in report["findings"]] == ["file.not_recognised"]
    assert "Es ist nicht zu erkennen" in called("import", str(path), "--dry-run", code=65, folder=used).output
    assert reported("log", folder=used) == before

    planned = reported("sync", "stock", "--dry-run", folder=used)
    assert planned["counts"]["created"] == 42
    assert reported("log", folder=used) == before


def test_exports_take_formats_profiles_and_sync(used: Path) -> None:
    """One batch per format; the second time nothing has changed."""
    exported = reported("export", "Bestand", "--format", "csv", "--format", "txt", folder=used)
    assert [each["target"] for each in exported] == ["outbox:stock_csv", "outbox:stock_txt"]
    assert all(each["counts"]["created"] == 42 for each in exported)
    (again,) = reported("export", "stock", "--profile", "stock_csv", folder=used)
    assert again["counts"]["unchanged"] == 42
    (full,) = reported("export", "stock", "--profile", "stock_csv", "--full", folder=used)
    assert full["counts"]["unchanged"] == 42
    (synced,) = reported("sync", "categories", folder=used)
    assert (synced["target"], synced["counts"]["created"]) == ("outbox:categories_xml", 18)
    assert "is not read out of Sage" in called("export", "order_import", code=78, folder=used).output
    assert "there is no module 'x'" in called("export", "x", code=78, folder=used).output


# Exit codes, settings, secrets: real processes


def test_exit_codes_say_what_is_to_be_done(tmp_path: Path) -> None:
    """0 done, 1 something rejected, 2 wrong use, 65 put aside, 75 try later, 78 settings."""
    installation = install(tmp_path)
    good, bad, empty = (tmp_path / name for name in ("gut.json", "schlecht.json", "leer.json"))
    good.write_text(orders_file(order("ORD1")), "utf-8")
    bad.write_text(orders_file(order("ORD2", currency="USD")), "utf-8")
    empty.write_text("", "utf-8")

    assert installation.exchange("import", "gut.json").returncode == 0
    assert installation.exchange("import", "schlecht.json").returncode == 1
    assert installation.exchange("import", "fehlt.json").returncode == 2
    assert installation.exchange("import", "leer.json").returncode == 65
    assert good.is_file()
    (tmp_path / "sage.sqlite").rename(tmp_path / "weg.sqlite")
    gone = installation.exchange("import", "gut.json", "--again")
    assert (gone.returncode, "sandbox" in gone.stderr) == (78, True)
    nowhere = installation.exchange("status", "--config", "nirgends.toml")
    assert (nowhere.returncode, "exchange init" in nowhere.stderr) == (78, True)
    twice = installation.exchange("init", ".")
    assert (twice.returncode, "exists already" in twice.stderr) == (78, True)


def test_a_sage_that_is_away_is_waited_for_and_its_password_never_shown(tmp_path: Path) -> None:
    """Not on the screen, not with -v, not in doctor, not in any file; the order waits and is taken later."""
    installation = install(tmp_path, "staging")
    text = (tmp_path / "exchange.toml").read_text("utf-8")
    (tmp_path / "exchange.toml").write_text(text.replace("sqlite:///sage.sqlite", AWAY), "utf-8")
    installation.drop("bestellung.json", orders_file(order("ORD1")))

    away = installation.exchange("-v", "run", "--once")
    assert away.returncode == 75, away.stdout + away.stderr
    assert "waits: Sage's database" in away.stderr
    doctor = installation.exchange("doctor")
    assert doctor.returncode == 78
    assert "Sage database" in doctor.stdout
    seen = [away.stdout, away.stderr, doctor.stdout, doctor.stderr]
    seen += [installation.exchange("status").stdout, installation.exchange("export", "stock").stderr]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "exchange.toml"]
    assert files
    assert not [each for each in seen if SECRET in each]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]

    (tmp_path / "exchange.toml").write_text(text, "utf-8")
    assert installation.run_once().returncode == 0
    assert installation.sage("SELECT count(*) FROM ExchangeOrder") == [(1,)]
    assert installation.receipts()[0]["state"] == "done"


def test_a_ledger_that_is_away_or_wrong_is_said_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try later, or mend the setting; never a stack of calls."""
    with without_sage(tmp_path):
        pass
    monkeypatch.setenv("EXCHANGE_LEDGER__URL", AWAY)
    away = called("status", code=75, folder=tmp_path)
    assert "the ledger cannot be opened" in away.output
    monkeypatch.setenv("EXCHANGE_LEDGER__URL", f"mysql://root:{SECRET}@host/db")
    wrong = called("status", code=78, folder=tmp_path)
    assert "mysql is not supported" in wrong.output
    assert SECRET not in away.output + wrong.output


def test_settings_come_from_the_environment_and_unknown_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment goes before the file; a wrong or unknown name is told with its place, a secret value is not."""
    with without_sage(tmp_path):
        pass
    monkeypatch.setenv("EXCHANGE_LANGUAGE", "en")
    monkeypatch.setenv("EXCHANGE_WATCHING__TRIES", "7")
    assert "at work or waiting" in called("status", folder=tmp_path).output
    assert "0 batches" not in called("log", folder=tmp_path).output

    monkeypatch.setenv("EXCHANGE_SAGE__URLL", SECRET)
    monkeypatch.setenv("EXCHANGE_SAGE__MANDANT", "0")
    wrong = called("status", code=78, folder=tmp_path).output
    assert "sage.urll" in wrong
    assert "sage.mandant" in wrong
    assert SECRET not in wrong
    monkeypatch.delenv("EXCHANGE_SAGE__URLL")
    monkeypatch.delenv("EXCHANGE_SAGE__MANDANT")
    monkeypatch.setenv("EXCHANGE_MODULES__STOCK__LARGST", "5")
    assert "[modules.stock] largst" in called("status", code=78, folder=tmp_path).output
    monkeypatch.delenv("EXCHANGE_MODULES__STOCK__LARGST")
    monkeypatch.setenv("EXCHANGE_MODULES__STOK__LARGEST", "5")
    assert "there is no module 'stok'" in called("status", code=78, folder=tmp_path).output


def test_an_internal_error_shows_no_stack_and_has_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merchant reads one line; the service manager sees 70."""
    with without_sage(tmp_path):
        pass

    def broken(_app: App, _uid: str) -> None:
        raise RuntimeError("etwas Unerwartetes")

    monkeypatch.setattr(App, "replay", broken)
    output = called("replay", "x", code=70, folder=tmp_path).output
    assert output.strip() == "exchange: interner Fehler / internal error: RuntimeError: etwas Unerwartetes"


def test_import_by_hand_takes_module_profile_and_again(tmp_path: Path) -> None:
    """The file stays where it is; the same content is a duplicate unless it is wanted again."""
    path = tmp_path / "x.csv"
    path.write_text("Artikelnummer;Bestand\r\n20010;3\r\n", "utf-8")
    with without_sage(tmp_path / "at"):
        pass
    at = tmp_path / "at"
    (first,) = reported("import", str(path), "--module", "Bestand", folder=at)
    assert (first["module"], first["counts"]["created"], first["origin"]) == ("stock", 1, "hand")
    (second,) = reported("import", str(path), "--profile", "stock_csv", folder=at)
    assert second["duplicate_of"] == first["batch"]
    assert "schon übernommen" in called("import", str(path), folder=at).output
    (third,) = reported("import", str(path), "--again", folder=at)
    assert (third["duplicate_of"], third["counts"]["unchanged"]) == (None, 1)
    assert "there is no profile" in called("import", str(path), "--profile", "x", code=78, folder=at).output
    assert path.is_file()


def test_init_template_and_sandbox_write_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of one's own, a template without an installation, a stand-in Sage that is never written over."""
    monkeypatch.chdir(tmp_path)
    assert "exchange doctor" in called("init", "laden").output
    assert {path.name for path in (tmp_path / "laden").iterdir()} >= {"exchange.toml", "inbox", "outbox", "profiles"}
    assert called("template", "Kundenimport", "--lang", "en").output.strip() == "customer_import.xlsx"
    assert (tmp_path / "customer_import.xlsx").stat().st_size > 5_000
    assert called("sandbox", "sage", "s.sqlite").output.strip() == "s.sqlite"
    again = called("sandbox", "sage", "s.sqlite", code=78)
    assert "s.sqlite exists already" in again.output
    monkeypatch.setenv("EXCHANGE_CONFIG", str(tmp_path / "laden" / "exchange.toml"))
    assert "0 in Arbeit" in called("status").output


def test_the_service_watches_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """A file dropped while it runs is answered without anybody asking; SIGTERM ends it cleanly."""
    import signal  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415
    import time  # noqa: PLC0415

    if sys.platform == "win32":
        pytest.skip("a service manager ends it there")
    with without_sage(tmp_path, **{"watching.settle_seconds": 0.1, "watching.scan_seconds": 30.0}):
        pass
    installation = Installation(tmp_path)
    service = subprocess.Popen(
        [sys.executable, "-m", "exchange", "run", "--json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        assert service.stderr is not None
        assert "wird überwacht" in service.stderr.readline()
        time.sleep(0.5)
        installation.drop("bestand.csv", STOCK)
        patience = time.monotonic() + 20
        while not installation.receipts() and time.monotonic() < patience:
            time.sleep(0.05)
        service.send_signal(signal.SIGTERM)
        out, _ = service.communicate(timeout=20)
    finally:
        service.kill()
    assert service.returncode == 0
    report = json.loads(out)
    assert (report["state"], report["counts"]["created"]) == (State.DONE.value, 2)
    assert len(installation.receipts()) == 1


def test_many_files_at_once_are_summed_up_and_those_with_findings_shown(tmp_path: Path) -> None:
    """A row for all that went well, with the sums of their numbers; of the others each with its remedy."""
    with without_sage(tmp_path, **{"watching.settle_seconds": 0.0}):
        pass
    installation = Installation(tmp_path)
    for number in range(45):
        installation.drop(f"stock/{number:02}.csv", f"article_number;available\r\n20010;{number}\r\n20020;7\r\n")
    installation.drop("stock/schlecht.csv", "article_number;available\r\n20010;viele\r\n")
    shown = called("run", "--once", code=65, folder=tmp_path).output
    assert "44.csv" not in shown
    (sums,) = [row.split() for row in shown.splitlines() if row.split()[:2] == ["45", "stock"]]
    assert sums[:4] == ["45", "stock", "fertig", "90"]
    assert "schlecht.csv" in shown
    assert "→" in shown
