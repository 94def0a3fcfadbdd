"""A customer of the shop who could be one that Sage has: shown, decided by a person, taken over (docs/customers.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.order_cases import call, connected, selling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running
    from tests.end_to_end.conftest import Installation

PLACE = {
    "addressBillingName": "Nora Neu",
    "addressBillingStreet": "Ringstraße",
    "addressBillingNumber": "7",
    "addressBillingZipcode": "04109",
    "addressBillingCity": "Leipzig",
    "addressBillingCountry": "de",
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    with selling(tmp_path) as running:
        yield running


def registered(shop: Running, email: str, **more: Any) -> str:
    """Somebody registers in the shop; his id."""
    person = {"email": email, "firstname": "Nora", "lastname": "Neu", "type": "registered", **PLACE, **more}
    return str(call(shop, "POST", "customers", {"customer": person})["customer"]["id"])


def said(installation: Installation, *arguments: str, code: int = 0) -> Any:
    """The json report of a command."""
    done = installation.exchange(*arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def account(installation: Installation, shop_id: str) -> list[tuple[Any, ...]]:
    """The accounts that carry the shop's number."""
    return installation.sage(
        "SELECT k.Kto, a.Name1, a.LieferOrt FROM KHKKontokorrent k JOIN KHKAdressen a USING (Adresse, Mandant)"
        " WHERE k.WSKdNr = ?",
        shop_id,
    )


def held(installation: Installation) -> dict[str, Any]:
    """Pull; the batch whose only customer waits."""
    (batch,) = said(installation, "sync", "customer_export", code=1)["batches"]
    assert (batch["counts"]["held"], batch["counts"]["created"]) == (1, 0)
    found: dict[str, Any] = batch
    return found


def test_he_is_the_one_that_sage_has(tmp_path: Path, shop: Running) -> None:
    """His number of the shop is entered at the account, here by a customer file; after a replay all is said, once."""
    shop_id = registered(shop, "familie@muster.example")
    installation = connected(tmp_path / "api", shop)
    batch = held(installation)
    (finding,) = batch["findings"]
    assert finding["code"] == "sage.customer_doubtful"
    assert all(each in finding["message"]["de"] for each in ("D100003 (", "D100004 (", "Nora Neu"))
    assert f"Shop-Kundennummer {shop_id}" in finding["remedy"]["de"]
    assert account(installation, shop_id) == []

    row = f"Kundennummer;Shop_Kundennummer;Name1;Land;Ort\r\nD100004;{shop_id};Neu;DE;Leipzig\r\n"
    (installation.folder / "decided.csv").write_text(row, "utf-8")
    assert said(installation, "import", "decided.csv")[0]["counts"]["updated"] == 1
    for again in range(2):
        (replayed,) = said(installation, "replay", batch["batch"])
        assert (replayed["counts"]["updated"], replayed["counts"]["unchanged"]) == ((1, 0), (0, 1))[again]
    assert account(installation, shop_id) == [("D100004", "Nora Neu", "Leipzig")]
    said(installation, "deliver")
    fields = call(shop, "GET", f"customers/{shop_id}/metafields")["customerMetafields"]
    assert [each["value"] for each in fields] == ["D100004"]


def test_he_is_another_one(tmp_path: Path, shop: Running) -> None:
    """He gets an account of his own with his number of the shop; the others stay as they were."""
    installation = connected(tmp_path / "api", shop)
    before = "SELECT Name1, LieferOrt, EMail FROM KHKAdressen WHERE EMail = 'familie@muster.example' ORDER BY Adresse"
    family = installation.sage(before)
    shop_id = registered(shop, "familie@muster.example")
    batch = held(installation)
    row = f"Kundennummer;Shop_Kundennummer;Name1;Land;Ort\r\nD200001;{shop_id};Nora Neu;DE;Leipzig\r\n"
    (installation.folder / "decided.csv").write_text(row, "utf-8")
    assert said(installation, "import", "decided.csv")[0]["counts"]["created"] == 1
    (replayed,) = said(installation, "replay", batch["batch"])
    assert replayed["counts"]["updated"] == 1
    assert account(installation, shop_id) == [("D200001", "Nora Neu", "Leipzig")]
    assert installation.sage(before)[: len(family)] == family


def test_a_name_at_a_known_address_waits_too(tmp_path: Path, shop: Running) -> None:
    """A new e-mail address makes no second customer of the same person in silence."""
    installation = connected(tmp_path / "api", shop)
    first = registered(shop, "nora@neu.example")
    assert said(installation, "sync", "customer_export")["batches"][0]["counts"]["created"] == 1
    shop.shop.clock.turn(5)
    second = registered(shop, "nora@beruf.example")
    (finding,) = held(installation)["findings"]
    ((kto, *_),) = account(installation, first)
    assert finding["code"] == "sage.customer_alike"
    assert f"{kto} (Nora Neu, Leipzig)" in finding["message"]["de"]
    assert account(installation, second) == []
