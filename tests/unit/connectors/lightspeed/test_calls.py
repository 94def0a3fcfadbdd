"""One call to the shop: whatever happens on the line, it ends, and its end says whether something was done."""

from __future__ import annotations

import base64
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed.errors import NotFound, Refused, Spent, Unavailable, Uncertain, Unreadable
from exchange.errors import ConfigError, ExchangeError, FatalError
from tests.smtp import certificate
from tests.unit.connectors.lightspeed.scripted import (
    KEY,
    OPEN_HEAD,
    SECRET,
    Scripted,
    Time,
    client_of,
    cut,
    drip,
    drop,
    endless,
    rate,
    says,
    scripted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.connectors.lightspeed.client import LightspeedClient

PRODUCT = {"product": {"id": 12, "title": "Becher"}}
HTML = "<html><body>Bad gateway</body></html>"
LANGUAGES = {"languages": [{"id": 1, "code": "de", "isActive": True}, {"id": 2, "code": "en", "isActive": False}]}
#: Waits that are short, and that no machine is too slow for: what is tested then never ends by itself.
SHORT = {"read_seconds": 0.2, "answer_seconds": 0.5, "read_tries": 1}


def told(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "method": "GET", "request": "/de/x", "message": message}}


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        yield running


def made(client: LightspeedClient) -> dict[str, Any]:
    return client.create("product", {"title": "Becher"})


# --- what a broken line means ----------------------------------------------------------------------------------------

BROKEN = {
    "HTML with 502": says(HTML, 502, kind="text/html"),
    "500": says(told(500, "Internal"), 500),
    "503 without a body": says("", 503),
    "HTML with 200": says(HTML, kind="text/html"),
    "no JSON": says("nothing of use"),
    "an error with 200": says(told(200, "Something went wrong")),
    "an error of the server with 200": says(told(500, "Internal")),
    "the end of the line in the middle": cut(PRODUCT),
    "the end of the line before anything": drop(),
    "more than is taken": says(" " * 1_100_000),
    "no JSON number": says('{"product": {"id": NaN}}'),
}


@pytest.mark.parametrize("what", list(BROKEN))
def test_a_write_without_an_answer_of_use_is_uncertain_and_is_not_repeated(server: Scripted, what: str) -> None:
    server.then(BROKEN[what])
    with client_of(server.url, answer_megabytes=1) as client, pytest.raises(Uncertain):
        made(client)
    assert len(server.requests) == 1


@pytest.mark.parametrize("what", list(BROKEN))
def test_a_read_without_an_answer_of_use_is_tried_again(server: Scripted, what: str) -> None:
    server.then(BROKEN[what], BROKEN[what], says(PRODUCT))
    time = Time()
    with client_of(server.url, time, answer_megabytes=1) as client:
        assert client.get("product", "12")["title"] == "Becher"
    assert (len(server.requests), time.slept) == (3, [0.5, 1.0])


def test_an_answer_that_is_about_something_else_is_none(server: Scripted) -> None:
    server.then(*[says({"customer": {"id": 1}})] * 3)
    with client_of(server.url) as client:
        with pytest.raises(Unreadable, match="holds no product"):
            client.get("product", "12")
        with pytest.raises(Unreadable, match="holds no list of product"):
            list(client.list("product"))
        with pytest.raises(Uncertain, match="holds no product"):
            made(client)


def test_a_read_is_tried_so_often_and_no_oftener(server: Scripted) -> None:
    server.then(*[says(HTML, 502)] * 3)
    with client_of(server.url, read_tries=3) as client, pytest.raises(Unavailable, match="status 502"):
        client.get("product", "12")
    assert len(server.requests) == 3


@pytest.mark.parametrize("slow", [drip(), drip(OPEN_HEAD)], ids=["head", "body"])
def test_an_answer_that_only_drips_is_given_up(server: Scripted, slow: Any) -> None:
    """No single wait is too long; the whole answer is."""
    server.then(slow, slow)
    with client_of(server.url, **SHORT) as client:
        with pytest.raises(Unavailable, match="ReadTimeoutError"):
            client.get("product", "12")
        with pytest.raises(Uncertain, match="ReadTimeoutError"):
            made(client)


def test_an_answer_without_an_end_is_given_up(server: Scripted) -> None:
    server.then(endless())
    with (
        client_of(server.url, answer_megabytes=1, read_tries=1, answer_seconds=60) as client,
        pytest.raises(Unavailable, match="more than 1 MB"),
    ):
        client.get("product", "12")


def test_a_shop_that_cannot_be_reached_has_done_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with client_of(url) as client, pytest.raises(Unavailable, match="cannot be reached") as raised:
        made(client)
    assert not isinstance(raised.value, Uncertain)


# --- what the shop says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 405, 409, 422])
def test_what_the_shop_does_not_want_is_refused_in_its_own_words(server: Scripted, status: int) -> None:
    server.then(says(told(status, "Invalid variant title"), status))
    with client_of(server.url) as client, pytest.raises(Refused) as raised:
        made(client)
    assert raised.value.message == "Invalid variant title"


def test_a_refusal_names_the_fields_that_the_shop_names(server: Scripted) -> None:
    server.then(says({"error": {"code": 422, "message": "Invalid", "errors": {"sku": "too long"}}}, 422))
    with client_of(server.url) as client, pytest.raises(Refused, match="Invalid: sku: too long"):
        made(client)


def test_a_refusal_may_come_with_a_good_status(server: Scripted) -> None:
    server.then(says(told(422, "Invalid title")))
    with client_of(server.url) as client, pytest.raises(Refused, match="Invalid title"):
        made(client)


def test_a_refusal_by_something_else_than_the_shop_is_none(server: Scripted) -> None:
    """A proxy's page with 404 must not look as if the product were gone."""
    server.then(*[says(HTML, 404, kind="text/html")] * 4)
    with client_of(server.url) as client:
        with pytest.raises(Unreadable, match="HTML"):
            client.get("product", "12")
        with pytest.raises(Unreadable):
            client.update("product", "12", {"title": "Krug"})


@pytest.mark.parametrize(("status", "setting"), [(401, "shop.secret"), (403, "has no right")])
@pytest.mark.parametrize("body", [told(401, "Access denied."), ""], ids=["told", "bare"])
def test_a_key_that_is_not_accepted_is_a_matter_of_the_settings(
    server: Scripted, status: int, setting: str, body: Any
) -> None:
    server.then(says(body, status))
    with client_of(server.url) as client, pytest.raises(ConfigError, match=setting):
        client.get("product", "12")
    assert len(server.requests) == 1


def test_what_the_shop_does_not_have_is_not_found_and_the_languages_are_asked_for_once(server: Scripted) -> None:
    gone = says(told(404, "Not found."), 404)
    server.then(gone, says(LANGUAGES), gone)
    with client_of(server.url) as client:
        for _ in range(2):
            with pytest.raises(NotFound):
                client.get("product", "12")
    assert [each.path for each in server.requests] == [
        "/de/products/12.json",
        "/de/languages.json",
        "/de/products/12.json",
    ]


@pytest.mark.parametrize(
    "steps",
    [
        [says(told(404, "Unknown or inactive language."), 404)],
        [says(told(404, "Not found."), 404), says(told(404, "Not found."), 404)],
        [says(told(404, "Not found."), 404), says(LANGUAGES)],
    ],
    ids=["said so", "nothing there in this language", "not active"],
)
def test_a_language_that_the_shop_does_not_have_is_no_missing_thing(server: Scripted, steps: list[Any]) -> None:
    server.then(*steps)
    with client_of(server.url) as client, pytest.raises(ConfigError, match="no active language 'en'"):
        client.get("product", "12", language="en")


def test_what_belongs_to_a_new_order_is_waited_for(server: Scripted) -> None:
    late = says(told(404, "Not found."), 404)
    server.then(late, says(LANGUAGES), late, says({"orderProducts": [{"id": 3, "priceExcl": 9.99}]}))
    time = Time()
    with client_of(server.url, time) as client:
        assert [row["id"] for row in client.list("order_product", "7")] == [3]
    assert time.slept == [0.5, 1.0]


def test_it_is_not_waited_for_for_ever(server: Scripted) -> None:
    late = says(told(404, "Not found."), 404)
    server.then(late, says(LANGUAGES), *[late] * 10)
    time = Time()
    with client_of(server.url, time, late_seconds=5) as client, pytest.raises(NotFound):
        list(client.list("order_product", "7"))
    assert time.slept == [0.5, 1, 2, 4]


# --- the budget ------------------------------------------------------------------------------------------------------


def test_too_many_calls_end_a_write_at_once_and_say_when_to_go_on(server: Scripted) -> None:
    server.then(says(told(429, "Too many requests."), 429, {**rate("-1/2000/9000"), "Retry-After": "42"}))
    time = Time()
    with client_of(server.url, time) as client, pytest.raises(Spent) as raised:
        made(client)
    assert (raised.value.until - time.now()).total_seconds() == 42
    assert time.slept == []


def test_a_patient_read_goes_on_when_there_are_calls_again(server: Scripted) -> None:
    server.then(says(told(429, ""), 429, {**rate("250/2000/9000"), "Retry-After": "42"}), says(PRODUCT))
    time = Time()
    with client_of(server.url, time, patience_seconds=60) as client:
        assert client.get("product", "12")["id"] == 12
    assert time.slept == [42]


def test_no_call_is_made_when_the_budget_is_spent(server: Scripted) -> None:
    server.then(says(PRODUCT, headers=rate("30/2000/9000")), says(PRODUCT, headers=rate("29/1999/8999")))
    with client_of(server.url) as client:
        client.get("product", "12")
        with pytest.raises(Spent):
            client.get("product", "12")
        client.calls.urgent = True
        client.get("product", "12")
    assert len(server.requests) == client.calls.made == 2


# --- the key ---------------------------------------------------------------------------------------------------------


def test_the_key_goes_to_no_other_address(server: Scripted) -> None:
    with scripted() as other:
        server.then(*[says("", status, {"Location": f"{other.url}/de/products/12.json"}) for status in (301, 302, 307)])
        with client_of(server.url) as client:
            for _ in range(3):
                with pytest.raises(ConfigError, match="another address"):
                    client.get("product", "12")
        assert other.requests == []


def test_the_key_stands_in_one_header_and_nowhere_else(
    server: Scripted, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    server.then(says(PRODUCT), says(told(401, "Access denied."), 401), drop())
    caplog.set_level(logging.DEBUG)
    errors: list[ExchangeError] = []
    with client_of(server.url) as client:
        shown = [repr(client), repr(client.settings), str(client.settings)]
        client.get("product", "12")
        for act in (lambda: client.get("product", "12"), lambda: made(client)):
            with pytest.raises(ExchangeError) as raised:
                act()
            errors.append(raised.value)
    shown += [repr(each) + str(each) + repr(each.__cause__) for each in errors]
    shown += [caplog.text, *(str(each.message) for each in recwarn), *(each.path for each in server.requests)]
    headers = [{**each.headers, "authorization": ""} for each in server.requests]
    text = "".join([*shown, repr(headers)])
    for each in (KEY, SECRET, base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()):
        assert each not in text
    assert all(each.headers["authorization"].startswith("Basic ") for each in server.requests)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.example.org", "https"),
        ("https://key:secret@api.example.org", "must not hold a key"),
        ("api.example.org", "address"),
        ("https://api.example.org/?key=1", "address"),
        ("", "address"),
    ],
)
def test_an_address_that_would_give_the_key_away_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        client_of(url)


def test_without_a_key_nothing_is_called(server: Scripted) -> None:
    with pytest.raises(ConfigError, match=r"shop\.key and shop\.secret"):
        client_of(server.url, key="")


def test_a_certificate_that_nobody_has_signed_is_not_accepted_unless_it_is_named(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    with scripted(path) as server:
        with (
            client_of(server.url, read_tries=1) as client,
            pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            made(client)
        assert server.requests == []
        server.then(says(PRODUCT, 201))
        with client_of(server.url, ca_file=path) as client:
            assert made(client)["id"] == 12


def test_a_proxy_is_asked_with_its_own_password_and_never_shows_it(server: Scripted) -> None:
    server.then(says(PRODUCT))
    proxy = server.url.replace("http://", "http://user:pr0xy@")
    with client_of("http://localhost:1", proxy=proxy) as client:
        client.get("product", "12")
        assert "pr0xy" not in repr(client) + repr(client.settings)
    (request,) = server.requests
    assert request.path == "http://localhost:1/de/products/12.json"
    assert request.headers["proxy-authorization"].startswith("Basic ")


# --- what we do not do -----------------------------------------------------------------------------------------------


def test_a_filter_that_the_list_does_not_know_is_never_sent(server: Scripted) -> None:
    """The shop would pass over it and give everything."""
    with client_of(server.url) as client:
        with pytest.raises(FatalError, match="no filter colour"):
            client.list("product", colour="red")
        with pytest.raises(FatalError, match="offers no P of order"):
            client.create("order", {})
    assert server.requests == []
