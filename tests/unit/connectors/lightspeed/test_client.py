"""Lists of any length without a gap, files up, money exact: what the client promises beyond single resources."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed.errors import Refused, Unreadable
from exchange.sandbox.shop import Shop
from exchange.sandbox.shop.faults import Fault
from tests.unit.connectors.lightspeed.scripted import Scripted, client_of, says, scripted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exchange.connectors.lightspeed.client import LightspeedClient
    from exchange.sandbox.shop import Running

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop.db")
    shop.windows.limits = (100_000, 100_000, 100_000)
    with shop.serve() as served:
        yield served


@pytest.fixture
def client(running: Running) -> Iterator[LightspeedClient]:
    running.shop.reset()
    with client_of(running.url, key=running.key, secret=running.secret) as made:
        yield made


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as made:
        yield made


def brands(running: Running, number: int) -> list[int]:
    """So many brands; their ids."""
    store = running.shop.store
    with store.change():
        return [store.add("brands", {"title": f"Marke {each}"})["id"] for each in range(number)]


def page(ids: Iterable[int]) -> Any:
    return says({"brands": [{"id": each} for each in ids]})


def queries(server: Scripted) -> list[str]:
    return [each.path.partition("?")[2].replace("limit=250&", "") for each in server.requests]


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 249, 250, 251, 500, 501])
def test_a_list_of_any_length_comes_whole_and_in_as_few_calls_as_can_be(
    running: Running, client: LightspeedClient, number: int
) -> None:
    ids = brands(running, number)
    assert [row["id"] for row in client.list("brand")] == ids
    assert client.calls.made == number // 250 + 1


def test_a_list_is_read_as_it_is_asked_for(running: Running, client: LightspeedClient) -> None:
    brands(running, 600)
    rows = client.list("brand")
    assert client.calls.made == 0
    next(rows)
    assert client.calls.made == 1


def test_nothing_is_passed_over_when_things_go_away_between_two_pages(
    running: Running, client: LightspeedClient
) -> None:
    ids = brands(running, 600)
    rows = client.list("brand")
    came = [next(rows)["id"] for _ in range(250)]
    for gone in ids[:100]:
        client.delete("brand", str(gone))
    assert came + [row["id"] for row in rows] == ids


def test_a_shop_that_gives_the_newest_first_is_read_by_pages(server: Scripted) -> None:
    server.then(page(range(900, 650, -1)), page(range(650, 400, -1)), page(range(400, 390, -1)))
    with client_of(server.url) as client:
        assert [row["id"] for row in client.list("brand")] == list(range(900, 390, -1))
    assert queries(server) == ["page=1", "page=2", "page=3"]


def test_what_slips_onto_the_next_page_comes_once(server: Scripted) -> None:
    server.then(page(range(900, 650, -1)), page(range(652, 640, -1)))
    with client_of(server.url) as client:
        assert [row["id"] for row in client.list("brand")] == list(range(900, 640, -1))


def test_a_list_that_knows_no_since_id_is_read_by_pages(server: Scripted) -> None:
    first, second = range(1, 251), range(251, 255)
    server.then(page(first), page(first), page(second))
    with client_of(server.url) as client:
        assert [row["id"] for row in client.list("brand")] == [*first, *second]
    assert queries(server) == ["page=1", "since_id=250", "page=2"]


def test_a_shop_that_gives_the_same_page_for_ever_is_not_believed(server: Scripted) -> None:
    server.then(*[page(range(250, 0, -1))] * 3)
    with client_of(server.url) as client, pytest.raises(Unreadable, match="again and again"):
        list(client.list("brand"))


def test_the_id_is_always_among_the_fields(server: Scripted) -> None:
    server.then(page([1]))
    with client_of(server.url) as client:
        assert list(client.list("brand", fields="title,createdAt")) == [{"id": 1}]
    assert queries(server) == ["fields=id%2Ctitle%2CcreatedAt&page=1"]


def test_lists_are_filtered_and_moments_mean_what_they_say(running: Running, client: LightspeedClient) -> None:
    brands(running, 2)
    since = datetime.now(UTC)
    assert len(list(client.list("brand", created_at_min=since.replace(year=since.year - 1)))) == 2
    assert list(client.list("brand", created_at_min=since.replace(year=since.year + 1))) == []


@pytest.mark.parametrize(
    "content",
    [{"brands": False}, {"brands": None}, {"brands": []}, []],
    ids=["false", "null", "empty", "bare"],
)
def test_an_empty_list_is_empty_however_it_is_written(server: Scripted, content: Any) -> None:
    server.then(says(content))
    with client_of(server.url) as client:
        assert list(client.list("brand")) == []


def test_a_plural_that_nobody_has_seen_is_taken_as_it_is(server: Scripted) -> None:
    """`discountrules` [unsure]."""
    server.then(says({"rules": [{"id": 4}]}), says({"discountRules": {"id": 5}}))
    with client_of(server.url) as client:
        assert [row["id"] for row in client.list("discountrule")] == [4]
        assert [row["id"] for row in client.list("discountrule")] == [5]


def test_a_count_that_is_none_is_not_believed(server: Scripted) -> None:
    server.then(says({"count": True}), says({"brands": []}))
    with client_of(server.url) as client:
        for _ in range(2):
            with pytest.raises(Unreadable, match="count"):
                client.count("brand")


# --- answers ---------------------------------------------------------------------------------------------------------


def test_a_single_record_in_an_array_is_taken_out_of_it(running: Running, client: LightspeedClient) -> None:
    running.shop.faults.add(Fault("array", "*", "brands.*", times=2))
    made = client.create("brand", {"title": "Falke"})
    assert client.get("brand", str(made["id"]))["title"] == "Falke"


@pytest.mark.parametrize("key", ["typesAttributes", "typesAttribute"])
def test_an_answer_may_have_the_key_of_the_list(server: Scripted, key: str) -> None:
    server.then(says({key: {"id": 3, "type": False}}, 201))
    with client_of(server.url) as client:
        assert client.create("type_attribute", {"type": "1", "attribute": "2"}) == {"id": 3, "type": None}
    assert json.loads(server.requests[0].body) == {"typesAttribute": {"type": 1, "attribute": 2}}


def test_money_goes_there_and_back_to_the_last_digit(client: LightspeedClient) -> None:
    product = client.create("product", {"title": "Becher"})["id"]
    (variant,) = client.list("variant", product=product)
    for text in ("0.1", "3.49", "1234567.89", "19.9999", "0"):
        changed = client.update("variant", str(variant["id"]), {"priceIncl": Decimal(text), "title": "Rot"})
        assert changed["priceIncl"] == Decimal(text)
        assert type(changed["priceIncl"]) is Decimal


def test_money_that_no_float_can_hold_goes_as_text(server: Scripted) -> None:
    server.then(*[says({"variant": {"id": 1}})] * 2)
    with client_of(server.url) as client:
        client.update("variant", "1", {"priceIncl": Decimal("12345678901234567.89")})
        client.update("variant", "1", {"priceIncl": Decimal("2.50")})
    assert server.requests[0].body == b'{"variant": {"priceIncl": "12345678901234567.89"}}'
    assert server.requests[1].body == b'{"variant": {"priceIncl": 2.5}}'


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("multipart", [False, True], ids=["in the JSON", "as a form"])
def test_a_file_goes_up_byte_by_byte(running: Running, client: LightspeedClient, multipart: bool) -> None:  # noqa: FBT001
    product = str(client.create("product", {"title": "Becher"})["id"])
    made = client.upload("product_image", "becher.gif", GIF, product, multipart=multipart)
    assert (made["extension"], made["size"]) == ("gif", len(GIF))
    number, name = made["src"].split("/")[-2:]
    assert running.shop.store.file(int(number)) == (name, GIF)


def test_a_file_that_the_shop_does_not_take_is_refused(client: LightspeedClient) -> None:
    product = str(client.create("product", {"title": "Becher"})["id"])
    with pytest.raises(Refused):
        client.upload("product_image", "", b"", product)


# --- languages -------------------------------------------------------------------------------------------------------


def test_the_basic_language_is_that_of_the_settings(server: Scripted) -> None:
    server.then(says({"shop": {"id": 1}}), says({"shop": {"id": 1}}))
    with client_of(server.url, default_language="nl") as client:
        client.get("shop")
        client.get("shop", language="fc")
    assert [each.path for each in server.requests] == ["/nl/shop.json", "/fc/shop.json"]


def test_calls_are_counted(client: LightspeedClient) -> None:
    client.count("brand")
    client.create("brand", {"title": "Falke"})
    assert client.calls.made == 2
