"""The back office's imports and exports: product and customer CSV, as a page and by itself (3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, request

from exchange.sandbox.shop.backoffice.customers import Customers
from exchange.sandbox.shop.backoffice.incoming import Products
from exchange.sandbox.shop.backoffice.outgoing import exported
from exchange.sandbox.shop.body import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.sandbox.shop.shop import Shop

_PAGE = """<!doctype html><html lang="de"><meta charset="utf-8"><title>Back office</title>
<link rel="stylesheet" href="/style.css"><main class="office"><h1>Back office</h1>{forms}</main></html>"""
_FORM = """<section id="{name}"><h2>{title}</h2>
<form method="post" action="/backoffice/{name}" enctype="multipart/form-data">
<input type="file" name="file" accept=".csv" required> <button>Import</button></form>
<p><a href="/backoffice/{name}">Export</a></p></section>"""


def register(app: Flask, shop: Shop) -> None:
    """`/backoffice` with forms; `/backoffice/products`, `/backoffice/customers`: GET exports, POST imports.

    An import takes a `file` of a form, or the body itself.
    """
    customers = Customers(shop.store, shop.rules)

    def page() -> Response:
        forms = (_FORM.format(name=name, title=name.title()) for name in ("products", "customers"))
        return Response(_PAGE.format(forms="".join(forms)), mimetype="text/html")

    def products() -> Response:
        incoming = Products(shop.store, shop.rules, shop.wire)
        return _handled(shop, incoming.take, lambda: exported(shop.store, shop.wire), "products_export.csv")

    def people() -> Response:
        return _handled(shop, customers.take, customers.exported, "customers_export.csv")

    app.add_url_rule("/backoffice", "backoffice", page)
    for name, view in (("products", products), ("customers", people)):
        app.add_url_rule(f"/backoffice/{name}", f"backoffice_{name}", view, methods=["GET", "POST"])


def _handled(shop: Shop, take: Callable[[bytes], dict[str, int]], give: Callable[[], bytes], name: str) -> Response:
    """An export, or an import of a whole file: one wrong row, and nothing of it is taken."""
    try:
        with shop.store.change():
            if request.method == "GET":
                disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
                return Response(give(), headers=disposition, mimetype="text/csv")
            uploaded = request.files.get("file")
            counts = take(uploaded.read() if uploaded else request.get_data())
    except Wrong as wrong:
        return Response(wrong.message, wrong.code, mimetype="text/plain")
    return Response("\n".join(f"{what}: {number}" for what, number in counts.items()), mimetype="text/plain")
