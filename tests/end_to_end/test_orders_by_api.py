"""Checkout in the shop → pulled by its API → document in Sage → status back in the shop; each once, killed or not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.conftest import HERE, _environment
from tests.end_to_end.order_cases import ARTICLES, buy, call, connected, opened, selling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running
    from tests.end_to_end.conftest import Installation

STATUS = {"modules.order_import.status": "completed"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    with selling(tmp_path) as running:
        yield running


def documents(installation: Installation) -> list[tuple[Any, ...]]:
    """What stands in Sage of the shop's orders, with its name and sums."""
    return installation.sage(
        "SELECT Referenznummer, Belegkennzeichen || ' ' || Belegjahr || '-' || Belegnummer, A0Name1, Nettobetrag,"
        " Steuerbetrag, Bruttobetrag FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%' ORDER BY 1"
    )


def said(shop: Running, order: dict[str, Any]) -> tuple[str, list[str]]:
    """What the shop has of an order: its status, and the number of its document."""
    fields = call(shop, "GET", f"orders/{order['id']}/metafields")["orderMetafields"]
    return call(shop, "GET", f"orders/{order['id']}")["order"]["status"], [each["value"] for each in fields]


def writes(shop: Running, order: dict[str, Any]) -> list[str]:
    """The calls that changed the order."""
    paths = [(each["method"], each["path"]) for each in shop.shop.calls if each["method"] != "GET"]
    return sorted(method for method, path in paths if f"orders/{order['id']}" in path)


def ended(installation: Installation, *arguments: str) -> Any:
    """The json report of a command that has worked."""
    done = installation.exchange(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def mapped(installation: Installation, *methods: str) -> None:
    """Map further payment methods of the shop."""
    settings = installation.folder / "exchange.toml"
    tables = [f'\n[sage.orders.payment.{each}]\nterms = "30"\n' for each in methods]
    settings.write_text(settings.read_text("utf-8") + "".join(tables), "utf-8")


def test_an_order_goes_the_whole_way_and_a_second_time_nothing_happens(tmp_path: Path, shop: Running) -> None:
    """Two articles, shipping, a guest: the sums are the shop's; number and status stand at the order, set once."""
    order = buy(shop, "nora@neu.example", "Nora Neu", *ARTICLES)
    installation = connected(tmp_path / "api", shop, **STATUS)

    (batch,) = ended(installation, "sync", "order_import")["batches"]
    assert batch["counts"]["created"] == 1
    ((number, document, name, net, tax, gross),) = documents(installation)
    assert (number, name) == (order["number"], "Nora Neu")
    assert (round(net + tax, 2), gross) == (gross, order["priceIncl"])
    assert said(shop, order) == ("completed", [document])
    assert writes(shop, order) == ["POST", "PUT"]

    before = documents(installation)
    (seen,) = ended(installation, "sync", "order_import")["batches"]  # our own status has changed the order
    assert (seen["counts"]["unchanged"], seen["counts"]["rows_in"]) == (1, 1)
    assert ended(installation, "sync", "order_import") == []
    ended(installation, "deliver")
    assert (documents(installation), writes(shop, order)) == (before, ["POST", "PUT"])

    shop.shop.clock.turn(5)
    call(shop, "PUT", f"orders/{order['id']}", {"order": {"status": "completed_shipped"}})
    again = ended(installation, "sync", "order_import")["batches"]
    ended(installation, "deliver")
    assert sum(each["counts"]["created"] for each in again) == 0
    assert said(shop, order) == ("completed_shipped", [document])


POINTS = [
    "leased",
    "check",
    "apply: effect durable, not counted",
    "apply: stored, not committed",
    "apply: committed",
    "archive: original put away",
    "done, not cleared up",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_between_landing_and_status_loses_and_doubles_nothing(tmp_path: Path, shop: Running, point: str) -> None:
    """Wherever the program dies, it goes on: one document, one status, one number."""
    order = buy(shop, "nora@neu.example", "Nora Neu", "10010")
    installation = connected(tmp_path / "api", shop, **STATUS)
    assert installation.exchange("sync", "order_import", killed=point).returncode != 0
    assert said(shop, order)[1] == []

    assert installation.run_once().returncode == 0
    ended(installation, "sync", "order_import")
    ended(installation, "deliver")
    ((_, document, *_),) = documents(installation)
    assert said(shop, order) == ("completed", [document])
    assert writes(shop, order) == ["POST", "PUT"]


@pytest.mark.parametrize("moved", [False, True])
def test_a_kill_after_the_status_was_set_does_not_set_it_back(tmp_path: Path, shop: Running, *, moved: bool) -> None:
    """The answer of the shop is lost; what somebody did with the order meanwhile stays."""
    order = buy(shop, "nora@neu.example", "Nora Neu", "10010")
    installation = connected(tmp_path / "api", shop, **STATUS, **{"modules.order_import.document_metafield": ""})
    program = [sys.executable, str(HERE / "shop_killer.py"), "changed, answer not entered", "1"]
    subprocess.run(
        [*program, "sync", "order_import"],
        cwd=installation.folder,
        env=_environment(),
        check=False,
        capture_output=True,
    )
    assert said(shop, order)[0] == "completed"
    expected = "completed_shipped" if moved else "completed"
    if moved:
        call(shop, "PUT", f"orders/{order['id']}", {"order": {"status": expected}})

    ended(installation, "sync", "order_import")
    ended(installation, "deliver")
    assert said(shop, order)[0] == expected
    assert len(documents(installation)) == 1


def test_an_unmapped_payment_method_names_those_that_are_mapped(tmp_path: Path, shop: Running) -> None:
    """The shop hears nothing of the order until it is in Sage: after the table has been completed, by a replay."""
    order = buy(shop, "nora@neu.example", "Nora Neu", "10010")
    installation = connected(tmp_path / "api", shop, **STATUS)
    mapped(installation, "paypal", "pickup")
    done = installation.exchange("sync", "order_import", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    (finding,) = report["batches"][0]["findings"]
    assert (finding["code"], finding["values"]["value"]) == ("order_import.unknown_payment", "invoice")
    assert "paypal, pickup" in finding["remedy"]["de"]
    assert (documents(installation), said(shop, order)[1]) == ([], [])

    mapped(installation, "invoice")
    ended(installation, "replay", report["batches"][0]["batch"])
    ended(installation, "deliver")
    ((_, document, *_),) = documents(installation)
    assert said(shop, order) == ("completed", [document])


def test_an_order_from_abroad_that_could_be_free_of_tax_is_booked_as_paid_and_told(
    tmp_path: Path, shop: Running
) -> None:
    """A company in Austria with its VAT number, whom the shop charged tax: Besteuerung 3, and a warning."""
    company = {"company": "Wiener Kaffee GmbH", "vatnumber": "ATU13585627"}
    order = buy(shop, "office@wien.example", "Franz Huber", "10010", country="at", **company)
    assert order["companyVatNumber"] == "ATU13585627"
    installation = connected(tmp_path / "api", shop)
    (batch,) = ended(installation, "sync", "order_import")["batches"]
    assert [each["code"] for each in batch["findings"]] == ["order_import.taxed_delivery"]
    assert installation.sage(
        "SELECT Besteuerung, EULand, EUUStID FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%'"
    ) == [(3, "AT", "U13585627")]
    with opened(installation) as app:
        assert app.deliver().waiting == 0
