"""Control of the stand-in shop, outside of the API's paths: `/_sandbox/…`, for tests and for trying things out.

GET    calls                  what was called; DELETE forgets it
POST   faults                 {kind, method, path, times, seconds, skip}, or a list of them; DELETE: no more faults
POST   clock                  {seconds} turns it, {now} sets it; GET tells it
POST   limits                 {limits: [5 minutes, hour, day]}; begins the windows anew
POST   settings               see `settings.Settings`; GET tells them
POST   plan                   {maxProducts, …}: other limits of the plan
POST   reset                  as new, with the same key
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from exchange.sandbox.shop.faults import Fault
from exchange.sandbox.shop.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.sandbox.shop.shop import Shop


def register(app: Flask, shop: Shop) -> None:
    """Put it beside the API."""

    def control(what: str) -> tuple[Response, int]:
        try:
            return jsonify(_done(shop, f"{request.method} {what}", request.get_json(silent=True) or {})), 200
        except (KeyError, TypeError, ValueError) as error:
            return jsonify({"error": str(error)}), 400

    app.add_url_rule("/_sandbox/<what>", view_func=control, methods=["GET", "POST", "DELETE"])
    app.before_request(_same_site)


def _same_site() -> Response | None:
    """No other page that a browser shows may write here."""
    origin = request.headers.get("Origin")
    if origin and request.method != "GET" and origin.rpartition("/")[2] != request.host:
        return Response("another site", 403, mimetype="text/plain")
    return None


def _done(shop: Shop, what: str, given: Any) -> Any:
    """Do it, and tell what there is to tell. Raises ValueError, KeyError or TypeError for what makes no sense."""
    deeds: dict[str, Callable[[], Any]] = {
        "GET calls": lambda: list(shop.calls),
        "DELETE calls": shop.calls.clear,
        "POST faults": lambda: _faults(shop, given if isinstance(given, list) else [given]),
        "DELETE faults": shop.faults.clear,
        "POST clock": lambda: _clock(shop, given),
        "GET clock": lambda: None,
        "POST limits": lambda: _limits(shop, given),
        "POST settings": lambda: shop.settings.change(given),
        "GET settings": lambda: asdict(shop.settings),
        "POST plan": lambda: _plan(shop, given),
        "POST records": lambda: _record(shop, **given),
        "POST reset": shop.reset,
    }
    if what not in deeds:
        raise ValueError(f"unknown: {what}")
    told = deeds[what]()
    return {"ok": True, "now": shop.store.stamp()} if told is None else told


def _faults(shop: Shop, given: list[Any]) -> None:
    for fault in [Fault(**each) for each in given]:
        shop.faults.add(fault)


def _clock(shop: Shop, given: Any) -> None:
    if "now" in given:
        moment = datetime.fromisoformat(given["now"])
        if moment.tzinfo is None:
            raise ValueError("now wants an offset")
        shop.clock.set(moment)
    else:
        shop.clock.turn(float(given["seconds"]))


def _limits(shop: Shop, given: Any) -> None:
    five_minutes, hour, day = given["limits"]
    shop.windows.limits = (int(five_minutes), int(hour), int(day))
    shop.windows.reset()


def _plan(shop: Shop, given: Any) -> None:
    with shop.store.change():
        row = shop.store.first("shop/limits") or shop.store.add("shop/limits", {})
        unknown = given.keys() - row.keys()
        if unknown:
            raise ValueError(f"unknown limits: {', '.join(sorted(unknown))}")
        shop.store.put("shop/limits", row, **given)


def _record(shop: Shop, path: str, fields: dict[str, Any], owner: int = 0) -> dict[str, Any]:
    if path not in KINDS:
        raise ValueError(f"unknown resource {path!r}")
    unknown = fields.keys() - KINDS[path].fields.keys()
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    with shop.store.change():
        return {"id": shop.rules.add(KINDS[path], fields, owner)["id"]}
