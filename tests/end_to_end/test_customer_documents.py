"""Documents of Sage in the account of just their customer; the PDF behind a signed link of our portal."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from lxml import html
from pypdf import PdfReader

from exchange.portal import serve
from exchange.trade.links import Pass, token
from tests.end_to_end.conftest import _environment
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.end_to_end.test_prices_in_shop import dropped
from tests.openssh import free_port
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.app import App
    from tests.end_to_end.conftest import Installation

BUYER, OTHER = "einkauf@morgenrot.example", "bestellung@elbblick.example"
KEY = "nur-fuer-tests-0123456789abcdef-0123456789"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HTTP = urllib3.PoolManager(retries=False, timeout=30)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    for email in (BUYER, OTHER):
        customer = {**PERSON, "email": email, "password": "geheim"}
        Client(running.running).call("POST", "customers.json", {"customer": customer}, status=201)
    yield running
    running.close()


def installed(folder: Path, shop: Reached, **given: Any) -> Installation:
    """Invoices only, of D100001 and D100002 among others; the portal is on this machine."""
    own = {"portal.key": KEY, "portal.url": "https://belege.example", "modules.documents.sender": "Kaffeekontor GmbH"}
    installation = connected(folder, shop, **{**own, "modules.documents.customers": "all", **given})
    change(
        installation,
        "DELETE FROM KHKVKBelege WHERE Belegkennzeichen <> 'VFR' OR A0Empfaenger NOT IN ('D100001', 'D100002')",
    )
    return installation


def listed(shop: Reached, email: str = BUYER) -> dict[str, str]:
    """Document and link, as the account page of a customer shows them."""
    client = Client(shop.running)
    fields = {"email": email, "password": "geheim"}
    entered = client.http.request("POST", f"{shop.url}/de/account/login", fields=fields, redirect=False)
    headers = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    page = html.fromstring(client.http.request("GET", f"{shop.url}/de/account/", headers=headers).data)
    return {row.get("data-document"): row.xpath(".//a/@href")[0] for row in page.xpath("//tr[@data-document]")}


@contextmanager
def portal(app: App) -> Iterator[Any]:
    """Fetches a link from a portal that runs here."""
    with serve(app, port=0) as served:
        yield lambda link: HTTP.request(
            "GET", link.replace("https://belege.example", f"http://127.0.0.1:{served.port}")
        )


def first(installation: Installation, kto: str = "D100001") -> str:
    """Number of the oldest invoice of a customer."""
    ((year, number),) = installation.sage(
        "SELECT Belegjahr, Belegnummer FROM KHKVKBelege WHERE A0Empfaenger = ? ORDER BY BelID LIMIT 1", kto
    )
    return f"{year}-{number}"


def test_a_pdf_of_the_folder_is_shown_to_just_its_customer(tmp_path: Path, shop: Reached) -> None:
    """Found by the number in its name; the others are made; unchanged is not sent again."""
    installation = installed(tmp_path, shop)
    number = first(installation)
    folder = installation.folder / "documents" / "Rechnungen"
    folder.mkdir(parents=True)
    (folder / f"Rechnung {number.replace('-', '_')}.pdf").write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "documents")
        mine, theirs = listed(shop), listed(shop, OTHER)
        assert number in mine
        assert not mine.keys() & theirs.keys()
        assert first(installation, "D100002") in theirs
        with portal(app) as get:
            answer = get(mine[number])
            assert (answer.status, answer.data) == (200, PDF)
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.headers["Cache-Control"] == "no-store, private"
            assert all(get(link).data.startswith(b"%PDF-") for link in (*mine.values(), *theirs.values()))
        shop.writes()
        synced(app, "documents")
        assert shop.called() == 0


def test_a_document_without_a_file_is_made(tmp_path: Path, shop: Reached) -> None:
    """With what Sage says; made anew only when that changes."""
    installation = installed(tmp_path, shop)
    number = first(installation)
    made = installation.folder / "documents" / "erzeugt"
    with opened(installation) as app:
        synced(app, "documents")
        (path,) = made.glob(f"VFR-{number}.*.pdf")
        text = PdfReader(path).pages[0].extract_text()
        for piece in (
            "Kaffeekontor GmbH",
            "Café Morgenrot GmbH",
            f"Rechnung {number}",
            "Kopie",
            "Espresso Napoli",
            "EUR",
        ):
            assert piece in text
        before = path.stat().st_mtime_ns
        synced(app, "documents")
        assert path.stat().st_mtime_ns == before
        change(installation, "UPDATE KHKVKBelege SET Fusstext = 'Vielen Dank!'")
        synced(app, "documents")
        (anew,) = made.glob(f"VFR-{number}.*.pdf")
        assert "Vielen Dank!" in PdfReader(anew).pages[0].extract_text()


def test_without_a_right_link_nobody_learns_anything(tmp_path: Path, shop: Reached) -> None:
    """Changed, made with another key, too old, of another customer, out of the folder: all the same answer."""
    installation = installed(tmp_path, shop, **{"portal.wrong_per_minute": 100})
    (tmp_path / "geheim.pdf").write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "documents")
        number = first(installation)
        link = listed(shop)[number]
        today = datetime.now(UTC).date()
        key, file = f"VFR|{number}", next((installation.folder / "documents" / "erzeugt").glob("*.pdf")).name
        tomorrow = today + timedelta(days=1)
        forged = [
            link[:-1] + ("A" if link[-1] != "A" else "B"),
            link.replace("/d/", "/d/x"),
            *(
                f"https://belege.example/d/{text}"
                for text in (
                    token("x" * 40, Pass("D100001", key, f"erzeugt/{file}", tomorrow)),
                    token(KEY, Pass("D100001", key, f"erzeugt/{file}", today - timedelta(days=1))),
                    token(KEY, Pass("D100002", key, f"erzeugt/{file}", tomorrow)),
                    token(KEY, Pass("D100001", key, "../../geheim.pdf", tomorrow)),
                    token(KEY, Pass("D100001", key, "/etc/passwd", tomorrow)),
                )
            ),
            "https://belege.example/d/",
            "https://belege.example/",
            "https://belege.example/erzeugt/" + file,
        ]
        with portal(app) as get:
            answers = [get(each) for each in forged]
            assert {each.status for each in answers} == {404}
            assert len({each.data for each in answers}) == 1
            assert get(link).status == 200


def test_links_end_and_are_renewed_before(tmp_path: Path, shop: Reached) -> None:
    """The account has a new one while the old one still works."""
    installation = installed(tmp_path, shop)
    number, today = first(installation), datetime.now(UTC)
    with opened(installation) as app:
        synced(app, "documents")
        old = listed(shop)[number]
    with opened(installation) as app:
        app.ledger.now = lambda: today + timedelta(days=14)
        synced(app, "documents")
        new = listed(shop)[number]
        assert new != old
        with portal(app) as get:
            assert (get(old).status, get(new).status) == (200, 200)
        app.ledger.now = lambda: today + timedelta(days=28)
        with portal(app) as get:
            assert get(new).status == 200
        app.ledger.now = lambda: today + timedelta(days=60)
        with portal(app) as get:
            assert (get(old).status, get(new).status) == (404, 404)


def test_who_tries_wrong_links_has_to_wait(tmp_path: Path, shop: Reached) -> None:
    installation = installed(tmp_path, shop, **{"portal.wrong_per_minute": 3})
    with opened(installation) as app:
        synced(app, "documents")
        link = listed(shop)[first(installation)]
        with portal(app) as get:
            assert [get("https://belege.example/d/falsch").status for _ in range(4)] == [404, 404, 404, 429]
            assert get(link).status == 429


def test_a_withdrawn_document_is_gone(tmp_path: Path, shop: Reached) -> None:
    """A file that is taken away ends its link at once; a full list that lacks it ends the line in the account."""
    installation = installed(tmp_path, shop, **{"modules.documents.make_pdf": False})
    folder = installation.folder / "documents"
    folder.mkdir(exist_ok=True)
    number = first(installation)
    path = folder / f"Rechnung_{number}.pdf"
    path.write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "documents")
        link = listed(shop)[number]
        path.unlink()
        with portal(app) as get:
            assert get(link).status == 404


@pytest.mark.parametrize("form", ["csv", "txt", "xml", "json"])
def test_an_index_file_has_the_same_effect(tmp_path: Path, shop: Reached, form: str) -> None:
    """For the Sage that nobody may read; a name that leads out of the folder is refused."""
    installation = installed(tmp_path, shop)
    folder = installation.folder / "documents"
    folder.mkdir(exist_ok=True)
    (folder / "RE-10001.pdf").write_bytes(PDF)
    with opened(installation) as app:
        record = app.registry.modules["documents"].example()._replace(file="RE-10001.pdf")
        batch = dropped(app, tmp_path, "documents", record, form)
        assert (batch.module, batch.counts.created, batch.counts.rejected) == ("documents", 1, 0)
        app.deliver()
        assert list(listed(shop)) == ["2026-10001"]
        bad = dropped(app, tmp_path, "documents", record._replace(number="1", file="../exchange.toml"), form)
        assert {each.code for each in app.ledger.findings(bad)} == {"documents.bad_name", "documents.no_pdf"}


def test_two_files_that_fit_are_for_a_person(tmp_path: Path, shop: Reached) -> None:
    """And a delivery note of the same number is no invoice."""
    installation = installed(tmp_path, shop)
    folder = installation.folder / "documents"
    folder.mkdir(exist_ok=True)
    short = first(installation).rpartition("-")[2]
    for name in (f"Rechnung {short}.pdf", f"RE {short} neu.pdf", f"Lieferschein {short}.pdf"):
        (folder / name).write_bytes(PDF)
    with opened(installation) as app:
        batch = app.export("documents")
        (finding,) = app.ledger.findings(batch)
        assert finding.code == "documents.several_files"
        assert "Lieferschein" not in finding.message("de")


def test_the_portal_is_a_command(tmp_path: Path, shop: Reached) -> None:
    """A real process answers."""
    port = free_port()
    installation = installed(tmp_path, shop, **{"portal.port": port})
    with opened(installation) as app:
        synced(app, "documents")
    link = listed(shop)[first(installation)].replace("https://belege.example", f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "exchange", "portal"]
    with subprocess.Popen(command, cwd=installation.folder, env=_environment(), stderr=subprocess.PIPE) as process:
        try:
            for _ in range(100):
                try:
                    answer = HTTP.request("GET", link)
                    break
                except urllib3.exceptions.HTTPError:
                    time.sleep(0.1)
            assert answer.data.startswith(b"%PDF-")
        finally:
            process.terminate()
