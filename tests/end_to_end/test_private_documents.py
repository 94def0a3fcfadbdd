"""Whose documents are whose: what a customer never gets to see, by whatever way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from exchange.portal import serve
from tests.end_to_end.shop_cases import Reached, change, opened, synced
from tests.end_to_end.test_customer_documents import BUYER, HTTP, OTHER, PDF, first, installed, listed, portal
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUEST = "gast@besuch.example"
OTHER_PDF = PDF.replace(b"Catalog", b"Catalog/Lang(de)")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    for email in (BUYER, OTHER, GUEST):
        customer = {**PERSON, "email": email, "password": "geheim"}
        Client(running.running).call("POST", "customers.json", {"customer": customer}, status=201)
    yield running
    running.close()


@pytest.mark.parametrize("how", ["flag", "account"])
def test_one_off_customers_share_an_account_of_sage_and_see_nothing_of_each_other(
    tmp_path: Path, shop: Reached, how: str
) -> None:
    """Their documents stand on one collective account: nobody's account of the shop is theirs (5.2)."""
    settings = {"sage.customers.one_off": "D100001"} if how == "account" else {}
    installation = installed(tmp_path, shop, **settings)
    if how == "flag":
        change(installation, "UPDATE KHKVKBelege SET A0Einmalkunde = -1 WHERE A0Empfaenger = 'D100001'")
    with opened(installation) as app:
        synced(app, "documents")
        assert not listed(shop)
        assert listed(shop, OTHER)


def test_who_orders_in_another_ones_name_does_not_get_his_documents(tmp_path: Path, shop: Reached) -> None:
    """The e-mail of the customer in Sage finds the account, never that of a document."""
    installation = installed(tmp_path, shop)
    change(installation, f"UPDATE KHKVKBelege SET WSEmail = '{GUEST}'")
    with opened(installation) as app:
        synced(app, "documents")
        assert not listed(shop, GUEST)
        assert first(installation) in listed(shop)


def test_an_address_of_several_customers_finds_no_account(tmp_path: Path, shop: Reached) -> None:
    installation = installed(tmp_path, shop)
    change(installation, f"UPDATE KHKAdressen SET EMail = '{BUYER}' WHERE EMail = '{OTHER}'")
    with opened(installation) as app:
        synced(app, "documents")
        assert not listed(shop)
        assert not listed(shop, OTHER)


def test_only_customers_that_sage_knows_from_the_shop_unless_all_are_wanted(tmp_path: Path, shop: Reached) -> None:
    """Whoever opens an account with somebody's address is not that somebody yet."""
    installation = installed(tmp_path, shop, **{"modules.documents.customers": "linked"})
    with opened(installation) as app:
        synced(app, "documents")
        assert listed(shop)
        assert not listed(shop, OTHER)


def test_a_document_of_another_customer_now_leaves_the_first_one(tmp_path: Path, shop: Reached) -> None:
    installation = installed(tmp_path, shop)
    number = first(installation)
    with opened(installation) as app:
        synced(app, "documents")
        link = listed(shop)[number]
        year, _, short = number.partition("-")
        change(
            installation,
            f"UPDATE KHKVKBelege SET A0Empfaenger = 'D100002' WHERE Belegjahr = {year} AND Belegnummer = {short}",
        )
        synced(app, "documents")
        assert number not in listed(shop)
        assert number in listed(shop, OTHER)
        with portal(app) as get:
            assert get(link).status == 404


def test_another_file_under_the_same_name_is_not_what_the_link_is_for(tmp_path: Path, shop: Reached) -> None:
    """Numbers begin anew each year: the name is taken for somebody else's document while the old link still works."""
    installation = installed(tmp_path, shop)
    number = first(installation)
    path = installation.folder / "documents" / f"Rechnung {number}.pdf"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "documents")
        link = listed(shop)[number]
        path.write_bytes(OTHER_PDF)
        with portal(app) as get:
            assert get(link).status == 404
            synced(app, "documents")
            assert get(listed(shop)[number]).data == OTHER_PDF
            assert get(link).status == 404


def test_a_link_to_a_file_that_turned_out_wrong_ends_with_the_next_one(tmp_path: Path, shop: Reached) -> None:
    """The wrong file is still there, as it is the document of somebody else."""
    installation = installed(tmp_path, shop)
    number = first(installation)
    folder = installation.folder / "documents"
    folder.mkdir(exist_ok=True)
    (folder / f"Rechnung {number}.pdf").write_bytes(OTHER_PDF)
    with opened(installation) as app:
        synced(app, "documents")
        wrong = listed(shop)[number]
        (folder / f"Rechnung {number}.pdf").rename(folder / "Rechnung 2026 99999.pdf")
        (folder / f"RE {number}.pdf").write_bytes(PDF)
        synced(app, "documents")
        (folder / f"Rechnung {number}.pdf").write_bytes(OTHER_PDF)
        with portal(app) as get:
            assert get(wrong).status == 404
            assert get(listed(shop)[number]).data == PDF


def test_a_proxy_tells_who_it_is_that_has_to_wait(tmp_path: Path, shop: Reached) -> None:
    """Otherwise one who tries links keeps all customers out."""
    installation = installed(tmp_path, shop, **{"portal.wrong_per_minute": 2, "portal.proxies": 1})
    with opened(installation) as app, serve(app, port=0) as served:

        def status(address: str) -> int:
            url = f"http://127.0.0.1:{served.port}/d/falsch"
            return HTTP.request("GET", url, headers={"X-Forwarded-For": address}).status

        assert [status("192.0.2.1") for _ in range(3)] == [404, 404, 429]
        assert status("192.0.2.2") == 404


def test_a_fault_of_ours_tells_no_link_to_the_log_and_nothing_to_the_visitor(
    tmp_path: Path, shop: Reached, caplog: pytest.LogCaptureFixture
) -> None:
    installation = installed(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "documents")
        link = listed(shop)[first(installation)]
        with portal(app) as get, caplog.at_level(logging.DEBUG):
            with app.ledger.engine.begin() as connection:
                connection.execute(text("ALTER TABLE shop_facet RENAME TO away"))
            answer = get(link)
            assert answer.status == 500
            assert b"facet" not in answer.data
            ours = [each for each in caplog.records if not each.name.startswith("urllib3")]  # that is the visitor
            assert ours, "a fault is told"
            told = "".join(logging.Formatter().format(each) for each in ours)
            assert link.rpartition("/")[2] not in told
            assert "D100001" not in told
