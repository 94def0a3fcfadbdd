"""Windows of calls, and faults on demand."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import urllib3

if TYPE_CHECKING:
    from tests.unit.sandbox.shop.conftest import Client


def test_a_spent_window_refuses_until_it_ends(client: Client) -> None:
    """Remaining shows -1, Retry-After says how long; then it goes on."""
    client.control("limits", limits=[2, 10, 20])
    left = [client.raw("GET", "time.json").headers["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1/9/19", "-1/8/18"]
    refused = client.raw("GET", "time.json")
    assert refused.status == 429
    seconds = int(refused.headers["Retry-After"])
    assert 0 < seconds <= 300
    assert refused.headers["X-RateLimit-Reset"].split("/")[0] == str(seconds)
    client.control("clock", seconds=seconds)
    assert client.raw("GET", "time.json").status == 200


def test_retry_after_may_be_a_date(client: Client) -> None:
    """Or missing altogether."""
    client.control("limits", limits=[0, 10, 20])
    client.control("settings", retry_after="date")
    assert parsedate_to_datetime(client.raw("GET", "time.json").headers["Retry-After"]).tzinfo is not None
    client.control("settings", retry_after="none")
    assert "Retry-After" not in client.raw("GET", "time.json").headers


def test_the_account_tells_the_windows(client: Client) -> None:
    """With the moments at which they end: full marks of the clock."""
    told = client.call("GET", "account/ratelimit.json")["accountRatelimit"]
    assert set(told) == {"limit5Min", "limitHour", "limitDay"}
    assert told["limitDay"]["resetTime"].endswith("T00:00:00+00:00")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("403", 403), ("422", 422), ("429", 429), ("500", 500), ("502", 502), ("503", 503), ("html", 502), ("late", 404)],
)
def test_a_fault_before_the_work_leaves_it_undone(client: Client, kind: str, status: int) -> None:
    """Once; the next call is fine."""
    client.control("faults", kind=kind, method="POST", path="products")
    assert client.raw("POST", "products.json", {"product": {"title": "Becher"}}).status == status
    assert client.call("GET", "products/count.json") == {"count": 0}
    client.product()


@pytest.mark.parametrize("kind", ["html_ok", "error_ok", "array", "cut", "drop_after"])
def test_a_fault_after_the_work_only_spoils_the_answer(client: Client, kind: str) -> None:
    """The product is there all the same."""
    client.control("faults", kind=kind, method="POST", path="products")
    try:
        answer = client.raw("POST", "products.json", {"product": {"title": "Becher"}})
    except urllib3.exceptions.HTTPError:
        assert kind in ("cut", "drop_after")
    else:
        text = answer.data.decode()
        assert {"html_ok": "<html>", "error_ok": '"error"', "array": '[{"product"'}[kind] in text
    assert client.call("GET", "products/count.json") == {"count": 1}


def test_a_slow_answer_comes_after_the_work(client: Client) -> None:
    """Whoever does not wait cannot know that it was done."""
    client.control("faults", kind="timeout_after", method="POST", path="products", seconds=1.0)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        client.http.request(
            "POST",
            f"{client.url}/de/products.json",
            body=json.dumps({"product": {"title": "Becher"}}),
            headers=client.headers,
            timeout=0.2,
        )
    while client.call("GET", "products/count.json") != {"count": 1}:  # the work itself may take a while
        pass


def test_a_dropped_connection_leaves_the_work_undone(client: Client) -> None:
    client.control("faults", kind="drop", path="products")
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.raw("POST", "products.json", {"product": {"title": "Becher"}})
    assert client.call("GET", "products/count.json") == {"count": 0}


def test_faults_hit_the_calls_that_they_are_for(client: Client) -> None:
    """By method and path; the first ones go well; then so many go wrong; others never."""
    product, _ = client.product()
    client.control("faults", kind="500", method="GET", path=r"products/\d+", skip=1, times=2)
    told = [client.raw("GET", f"products/{product}.json").status for _ in range(4)]
    assert told == [200, 500, 500, 200]
    client.control("faults", kind="500", path="products", times=99)
    assert client.raw("GET", "variants.json").status == 200
    client.http.request("DELETE", f"{client.url}/_sandbox/faults")
    assert client.raw("GET", "products.json").status == 200


def test_a_call_without_the_key_costs_nothing(client: Client) -> None:
    """Nor do the pages; a refused call does."""
    client.control("limits", limits=[5, 10, 20])
    client.http.request("GET", f"{client.url}/de/products.json")
    client.page("/de/")
    client.raw("GET", "products/1.json")
    assert client.raw("GET", "time.json").headers["X-RateLimit-Remaining"] == "3/8/18"
