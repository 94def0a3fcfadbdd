"""Tracking codes as records: what is the same, what is added, what the shop and the ledger are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.letter import LetterView
from exchange.modules.tracking_codes import MODULE, TrackingOptions, example, key, letters, parts, prepare
from exchange.records.tracking import Parcel, Tracking
from exchange.settings import Settings
from exchange.shop import Gathered, ShopView, Withdrawn

A, B = "00340434161094042557", "00340434161094042564"


def tracking(*numbers: str, **values: Any) -> Tracking:
    return example()._replace(parcels=tuple(map(Parcel, numbers)), **values)


def test_other_numbers_of_one_consignment_are_other_records() -> None:
    """A later file adds to what an earlier one brought; the same numbers in another order are the same."""
    assert key(tracking(A, B)) == key(tracking(B, A))
    assert len({key(tracking(A)), key(tracking(B)), key(tracking(A, B))}) == 3
    assert key(tracking(A)) == key(tracking("0034 0434161094042557")) == f"{example().reference}|{A}"
    many = tracking(*map(str, range(10**12, 10**12 + 99)))
    assert len(key(many)) < 100
    assert key(many) != key(many._replace(parcels=many.parcels[1:]))


def test_a_complete_record_takes_the_place_of_the_one_before() -> None:
    """As Sage's own column says it, or as the setting wants it."""
    assert key(tracking(A, complete=True)) == key(tracking(B, complete=True)) == example().reference
    record = tracking(A, complete=None)
    assert prepare(record, TrackingOptions()).complete is False
    assert prepare(record, TrackingOptions(later_numbers="replace")).complete is True


def test_a_cancelled_number_is_the_record_that_brought_it() -> None:
    """So that what it had added goes, and takes the number out of what others add."""
    cancelled = tracking(A, cancelled=True)
    assert key(cancelled) == key(tracking(A))
    (part,) = parts(cancelled, ShopView(Settings(), TrackingOptions()))
    assert part.fields == {"trackingCode": Withdrawn((A,))}


@pytest.mark.parametrize(("mail", "told"), [("shop", True), ("ours", False), ("none", False)])
def test_only_one_of_shop_and_us_writes(mail: str, *, told: bool) -> None:
    """Whoever the setting names."""
    options = TrackingOptions.model_validate({"mail": mail})
    part, _ = parts(tracking(A, A), ShopView(Settings(), options))
    assert part.fields["trackingCode"] == Gathered((A,))
    assert (part.fields["doNotifyShipped"], part.fields["doNotifyTrackingCode"]) == (told, told)


def test_without_an_order_the_shop_is_told_nothing_but_the_number_is_known() -> None:
    """A delivery note of the office: its number ends the alarm."""
    assert MODULE.consignment is not None
    record = tracking(A, order_number="", reference="VLL-1")
    assert list(parts(record, ShopView(Settings(), TrackingOptions()))) == []
    told = MODULE.consignment(record)
    assert told is not None
    assert (told.reference, told.parcels) == ("VLL-1", (A,))


def test_an_own_link_takes_the_place_of_the_carriers_own() -> None:
    """Only of the carrier that is named; a carrier that nobody knows has none."""
    options = TrackingOptions.model_validate({"mail": "ours", "links": {"gls": "https://track.example/{zip}/{number}"}})
    view = LetterView(Settings(), options, datetime(2026, 11, 23, tzinfo=UTC))

    def followed(carrier: str) -> str:
        (letter,) = letters(tracking(A, carrier=carrier, zip="01099"), view)
        assert letter.items is not None
        (item,) = letter.items.values()
        return str(item["link"])

    assert followed("gls") == f"https://track.example/01099/{A}"
    assert "dhl.de" in followed("dhl")
    assert followed("courier") == ""
