"""Control of the stand-in shop, many callers at once, and what is left after a kill."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from exchange.sandbox.shop import FirstDay, Settings, Shop
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from pathlib import Path


def test_calls_are_told_with_their_status(client: Client) -> None:
    client.raw("GET", "products.json?limit=1")
    client.raw("GET", "products/1.json")
    told = json.loads(client.page("/_sandbox/calls").data)
    assert [(each["method"], each["path"], each["status"]) for each in told] == [
        ("GET", "products", 200),
        ("GET", "products/1", 404),
    ]
    assert told[0]["query"] == {"limit": "1"}
    client.http.request("DELETE", f"{client.url}/_sandbox/calls")
    assert json.loads(client.page("/_sandbox/calls").data) == []


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("faults", {"kind": "rain"}),
        ("faults", {"kind": "500", "path": "("}),
        ("faults", {"kind": "500", "mood": 1}),
        ("settings", {"mood": 1}),
        ("settings", {"webhook_times": "often"}),
        ("clock", {"now": "2026-11-23T10:00:00"}),
        ("clock", {}),
        ("limits", {"limits": [1]}),
        ("records", {"path": "moons", "fields": {}}),
        ("records", {"path": "reviews", "fields": {"phase": 1}}),
        ("weather", {}),
    ],
)
def test_control_says_what_it_does_not_understand(client: Client, what: str, values: Any) -> None:
    answer = client.http.request("POST", f"{client.url}/_sandbox/{what}", json=values)
    assert (answer.status, list(json.loads(answer.data))) == (400, ["error"])


def test_the_clock_can_be_set(client: Client) -> None:
    """Then new records and the windows are of that time."""
    client.control("clock", now="2026-12-24T23:59:30+00:00")
    assert client.call("GET", "time.json")["time"].startswith("2026-12-25T00:59:3")
    product, _ = client.product()
    assert client.call("GET", f"products/{product}.json")["product"]["createdAt"].startswith("2026-12-25T00:")


def test_what_the_api_cannot_make_can_be_put_there(client: Client) -> None:
    """Reviews are read; returns are read, changed and deleted (2.24)."""
    product, _ = client.product()
    client.control("records", path="reviews", fields={"product": product, "score": 4})
    assert client.call("GET", f"reviews.json?product={product}")["reviews"][0]["score"] == 4
    client.call("POST", "reviews.json", {"review": {"score": 5}}, status=405)
    client.control("records", path="returns", fields={"orderId": 1, "priceIncl": "29.00"})
    (row,) = client.call("GET", "returns.json")["returns"]
    changed = client.call("PUT", f"returns/{row['id']}.json", {"return": {"status": "completed", "priceIncl": "1"}})
    assert (changed["return"]["status"], changed["return"]["priceIncl"]) == ("completed", "29.00")
    client.call("DELETE", f"returns/{row['id']}.json", status=204)


def test_reset_leaves_the_key_and_nothing_else(client: Client) -> None:
    client.product()
    client.control("reset")
    assert client.call("GET", "products/count.json") == {"count": 0}
    assert len(client.call("GET", "languages.json")["languages"]) == 3


def test_another_site_cannot_write_here(client: Client) -> None:
    """A page in the same browser is kept out of control and back office."""
    for path in ("/_sandbox/reset", "/backoffice/products"):
        answer = client.http.request("POST", client.url + path, headers={"Origin": "https://evil.example"})
        assert answer.status == 403
    own = client.http.request("POST", f"{client.url}/_sandbox/reset", headers={"Origin": client.url})
    assert own.status == 200


def test_the_settings_can_be_read_and_given_at_the_start(tmp_path: Path) -> None:
    """And how the shop is set up: languages, taxes, prices without tax, limits."""
    day = FirstDay(b2b=True, languages=("us", "fc"), taxes=(5,), country="ca", limits={"maxProducts": 1})
    with Shop(tmp_path / "s.db", day=day, settings=Settings(retry_after="date")).serve() as running:
        client = Client(running)
        assert json.loads(client.page("/_sandbox/settings").data)["retry_after"] == "date"
        client.call("GET", "products.json", language="de", status=404)
        body = {"product": {"title": "Mug"}}
        client.call("POST", "products.json", body, language="us", status=201)
        client.call("POST", "products.json", body, language="us", status=422)
        (variant,) = client.call("GET", "variants.json", language="fc")["variants"]
        body = {"variant": {"priceExcl": 10, "priceIncl": 99}}
        made = client.call("PUT", f"variants/{variant['id']}.json", body, language="us")["variant"]
        assert (made["priceExcl"], made["priceIncl"]) == (10, 10.5)


def test_many_callers_at_once_do_not_lose_a_record(client: Client) -> None:
    """Eight threads; every one of the products is there once, each with its own variant."""
    client.shop.windows.limits = (10_000, 10_000, 10_000)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: client.product(f"P{number % 4}"), range(80)))
    assert len(set(made)) == 80
    rows = [row for page in (1, 2) for row in client.call("GET", f"products.json?page={page}")["products"]]
    assert [row["id"] for row in rows] == sorted(product for product, _ in made)
    assert len({row["url"] for row in rows}) == 80


_SERVE = """
import sys
from pathlib import Path
from exchange.sandbox.shop import run
running = run(Path(sys.argv[1]), port=0, key="k", secret="s")
print(running.url, flush=True)
running.wait()
"""


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """The process is killed right after an answer: everything that it said is still true."""
    database = tmp_path / "shop.db"
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(database)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    headers = {**urllib3.make_headers(basic_auth="k:s"), "Content-Type": "application/json"}
    body = json.dumps({"product": {"title": "Becher"}})
    made = urllib3.request("POST", f"{url}/de/products.json", body=body, headers=headers)
    process.kill()
    process.wait()
    process.stdout.close()
    number = json.loads(made.data)["product"]["id"]
    with Shop(database, key="k", secret="s").serve() as running:
        client = Client(running)
        assert client.call("GET", f"products/{number}.json")["product"]["title"] == "Becher"
        assert client.call("GET", f"variants.json?product={number}&fields=title") == {
            "variants": [{"title": "Default"}]
        }


def test_a_restart_keeps_the_key(tmp_path: Path) -> None:
    """What was entered in a configuration goes on working."""
    with Shop(tmp_path / "shop.db").serve() as running:
        first = running.key, running.secret
    with Shop(tmp_path / "shop.db").serve() as running:
        assert (running.key, running.secret) == first
        assert len(running.key) == 32
