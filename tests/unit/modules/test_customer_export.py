"""Customers of the shop: keys, rules, what settings complete, and the partner's forms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from exchange.ledger import Batch
from exchange.modules.customer_export import MODULE, CustomerExportOptions, customer_key, example, prepare
from exchange.pipeline.check import Checker
from exchange.pipeline.recognise import recognise
from exchange.registry import build
from tests.unit.codecs.cases import NOW, read, shipped

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.records.shop_customer import ShopCustomer

OPTIONS = CustomerExportOptions()


def codes(customer: ShopCustomer, options: CustomerExportOptions = OPTIONS) -> set[str]:
    prepared = prepare(customer, options)
    return {finding.code for rule in MODULE.rules for finding in rule.check(prepared, options)}


def test_the_key_is_the_shops_id_else_the_email() -> None:
    assert customer_key(example()) == "2178882"
    assert (
        customer_key(example()._replace(shop_customer_id="", email=" Erika@Example.org ")) == "mail:erika@example.org"
    )


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("DE", "de 136.695.976", "DE136695976"),
        ("DE", "136695976", "DE136695976"),
        ("AT", "U13585627", "ATU13585627"),
        ("GR", "EL 094259216", "EL094259216"),
        ("GR", "094259216", "EL094259216"),
        ("CH", "CHE-107.787.577 MWST", "CHE107787577MWST"),
    ],
)
def test_a_vat_number_is_written_in_full_and_belongs_to_its_country(country: str, written: str, number: str) -> None:
    """A prefix that is missing is added where the check digits prove the country."""
    customer = example()._replace(billing_country=country, vat_number=written)
    assert (prepare(customer, OPTIONS).vat_number, codes(customer)) == (number, set())


@pytest.mark.parametrize(
    ("country", "written", "code"),
    [
        ("DE", "DE136695977", "customer_export.bad_vat_number"),
        ("DE", "12", "customer_export.bad_vat_number"),
        ("AT", "DE136695976", "customer_export.vat_of_other_country"),
        ("CH", "CHE107787578MWST", "customer_export.bad_vat_number"),
    ],
)
def test_a_vat_number_in_doubt_waits_for_a_person(country: str, written: str, code: str) -> None:
    """It decides on the taxation."""
    assert codes(example()._replace(billing_country=country, vat_number=written)) == {code}


def test_a_customer_without_address_gets_the_default_country_or_waits() -> None:
    bare = example()._replace(billing_country="", vat_number="")
    assert codes(bare) == {"customer_export.no_country"}
    assert codes(bare, CustomerExportOptions(default_country="AT")) == set()


CSV = (
    "Internal ID;Registered;Language;Firstname;LastnamePreposition;Lastname;E-Mail;Company;Vat number;Attn;Streetname;"
    "Number;Extension;Zipcode;City;Country;Shipping Streetname;Shipping Number;Shipping City;Groups;Gender\r\n"
    "77;Y;nl;Nora;van der;Neu;nora@neu.example;;;Nora Neu;Ringstraße;7;a;01067;Dresden;de;Hafen;1;Wien;B2B, VIP;"
    "female\r\n"
)
#: The same customer as the API gives him.
BODY = """{"customers": [{"customer": {"id": 77, "type": "registered", "gender": "female", "email": "nora@neu.example",
"firstname": "Nora", "middlename": "van der", "lastname": "Neu", "companyName": "", "companyVatNumber": false,
"isConfirmed": false, "updatedAt": "2026-11-23T08:00:00+00:00", "addressBillingName": "Nora Neu",
"addressBillingStreet": "Ringstraße", "addressBillingNumber": "7", "addressBillingExtension": "a",
"addressBillingZipcode": "01067", "addressBillingCity": "Dresden",
"addressBillingCountry": {"id": 1, "code": "de", "title": "Germany"}, "addressShippingStreet": "Hafen",
"addressShippingNumber": "1", "addressShippingCity": "Wien", "addressShippingCountry": false,
"language": {"id": 2, "code": "nl"},
"metafields": {"resource": {"id": false, "embedded": [{"key": "x", "value": "1"},
{"key": "sage_customer_number", "value": "D100001"}]}},
"groups": {"resource": {"id": false, "embedded": [{"group": {"resource": {"id": 3, "embedded": {"title": "B2B"}}}},
{"group": {"resource": {"id": 4, "embedded": {"title": "VIP"}}}}]}}}}]}"""


def taken(tmp_path: Path, profile: str, name: str, content: str) -> ShopCustomer:
    """The only record of a file."""
    path = tmp_path / name
    path.write_text(content, "utf-8", newline="")
    layout = shipped(profile, MODULE.record)
    (raw,) = read(path, layout)
    job: Any = SimpleNamespace(module=MODULE, options=OPTIONS, layout=layout, profile=layout.profile)
    record = Checker(job).record(raw)
    assert not isinstance(record, list), record
    return record  # type: ignore[return-value]


def test_the_csv_and_the_api_tell_of_the_same_customer(tmp_path: Path) -> None:
    """But for what only one of them knows."""
    by_file = taken(tmp_path, "lightspeed_customer_csv", "c.csv", CSV)
    by_api = taken(tmp_path, "lightspeed_customer_json", "c.json", BODY)
    assert by_api.customer_number == "D100001"
    assert by_api._replace(customer_number="", confirmed=None, changed_at=None) == by_file
    assert (by_file.last_name, by_file.billing_street, by_file.billing_zip) == (
        "van der Neu",
        "Ringstraße 7 a",
        "01067",
    )
    assert [group.title for group in by_file.groups] == ["B2B", "VIP"]
    assert (by_file.registered, by_file.salutation, by_file.billing_country) == (True, "Frau", "DE")


def test_the_forms_are_recognised_by_their_content(tmp_path: Path) -> None:
    registry = build()
    for name, content in (("c.csv", CSV), ("c.json", BODY)):
        (tmp_path / name).write_text(content, "utf-8", newline="")
        batch = Batch(uid="b", file_name=name, received_at=NOW)
        profile, _ = recognise(tmp_path / name, batch, registry)
        assert profile.name == f"lightspeed_customer_{profile.format}"
