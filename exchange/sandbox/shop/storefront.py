"""The pages of the stand-in shop (German and English), so that the effect of a transfer can be seen."""

from __future__ import annotations

import hmac
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session, url_for

from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.prices import CENT, exact
from exchange.sandbox.shop.window import Window
from exchange.sandbox.shop.words import status, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from exchange.sandbox.shop.shop import Shop
    from exchange.sandbox.shop.store import Row

PAGES = Path(__file__).parent / "pages"
#: Products on one page of a list.
CARDS = 48


def register(app: Flask, shop: Shop) -> None:
    """Put the pages beside the API."""
    app.secret_key = shop.secret
    pages = Blueprint("store", __name__, template_folder=str(PAGES))
    front = _Front(shop)
    for rule, view, methods in (
        ("/", front.index, ["GET"]),
        ("/<lang>/", front.home, ["GET"]),
        ("/<lang>/c/<path:url>/", front.category, ["GET"]),
        ("/<lang>/p/<path:slug>.html", front.product, ["GET"]),
        ("/<lang>/account/", front.account, ["GET"]),
        ("/<lang>/account/token/", front.token, ["GET"]),
        ("/<lang>/account/login", front.login, ["GET", "POST"]),
        ("/<lang>/account/logout", front.logout, ["POST"]),
        ("/<lang>/pay/<int:number>/<secret>/", front.pay, ["GET", "POST"]),
        ("/style.css", front.style, ["GET"]),
    ):
        pages.add_url_rule(rule, view.__name__, _whole(shop, view), methods=methods)
    pages.add_app_template_filter(_money, "money")
    app.register_blueprint(pages)


def _whole(shop: Shop, view: Callable[..., AnyResponse]) -> Callable[..., AnyResponse]:
    """The view as one request of the store: what it shows does not change meanwhile."""

    @wraps(view)
    def shown(**given: Any) -> AnyResponse:
        with shop.store.change():
            return view(**given)

    return shown


def _money(value: Any, language: str = "de") -> str:
    text = f"{exact(value).quantize(CENT):,}"
    return f"{text.translate(str.maketrans(',.', '.,'))} €" if language == "de" else f"€{text}"


class _Front:
    """The views.

    Args:
        shop: that they show.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop, self.store = shop, shop.store

    def _window(self, lang: str) -> Window:
        if lang not in self.shop.wire.languages:
            abort(404)
        customer = self.store.get("customers", session.get("customer"))
        return Window(self.store, self.shop.settings, lang, customer)

    def _page(self, name: str, window: Window, status_code: int = 200, **values: Any) -> Response:
        text = render_template(
            name,
            w=words(window.language),
            said=status(window.language),
            window=window,
            lang=window.language,
            languages=self.shop.wire.languages,
            shop=self.store.first("shop"),
            tree=window.categories(),
            **values,
        )
        return Response(text, status_code, mimetype="text/html")

    def _missing(self, window: Window) -> Response:
        return self._page("missing.html", window, 404, title="404")

    @staticmethod
    def style() -> Response:
        return Response((PAGES / "style.css").read_text("utf-8"), mimetype="text/css")

    # Catalogue

    def index(self) -> AnyResponse:
        return redirect(url_for("store.home", lang=self.shop.wire.languages[0]))

    def home(self, lang: str) -> Response:
        window = self._window(lang)
        return self._list(window, window.products(), None, words(lang)["home"])

    def _list(self, window: Window, rows: Sequence[Row], category: Row | None, title: str) -> Response:
        number = max(request.args.get("page", 1, int), 1)
        begin = (number - 1) * CARDS
        pages = range(1, (len(rows) + CARDS - 1) // CARDS + 1)
        products = rows[begin : begin + CARDS]
        return self._page(
            "list.html", window, title=title, products=products, category=category, pages=pages, number=number
        )

    def category(self, lang: str, url: str) -> Response:
        window = self._window(lang)
        row = window.category(url)
        if row is None:
            return self._missing(window)
        return self._list(window, window.products(row), row, window.text(row, "title"))

    def product(self, lang: str, slug: str) -> Response:
        window = self._window(lang)
        row = window.product(slug)
        if row is None:
            return self._missing(window)
        meta = {
            name: window.metafield("products", row["id"], f"meta_{name}_{lang}")
            for name in ("title", "description", "keywords")
        }
        return self._page("product.html", window, title=window.text(row, "title"), product=row, meta=meta)

    # The account

    def login(self, lang: str) -> AnyResponse:
        window = self._window(lang)
        wrong = False
        if request.method == "POST":
            row = self._customer(request.form.get("email", ""), request.form.get("password", ""))
            if row is not None:
                session["customer"] = row["id"]
                return redirect(url_for("store.account", lang=lang))
            wrong = True
        return self._page("login.html", window, 403 if wrong else 200, title=words(lang)["login"], wrong=wrong)

    def _customer(self, email: str, password: str) -> Row | None:
        """Who has that address and password; a guest may have the same address, but no password."""
        for row in self.store.all("customers", email=email.strip()):
            if row["password"] and hmac.compare_digest(row["password"].encode(), password.encode()):
                return row
        return None

    def token(self, lang: str) -> AnyResponse:
        """The one-time login of `customers/{id}/tokens`."""
        self._window(lang)
        row = self.store.first("tokens", token=request.args.get("token", ""))
        if row is None or row["until"] < self.store.now().timestamp():
            abort(403)
        self.store.delete("tokens", row)
        session["customer"] = row["customer"]
        return redirect(url_for("store.account", lang=lang))

    def logout(self, lang: str) -> AnyResponse:
        session.clear()
        return redirect(url_for("store.home", lang=lang))

    def account(self, lang: str) -> AnyResponse:
        window = self._window(lang)
        if window.customer is None:
            return redirect(url_for("store.login", lang=lang))
        return self._page("account.html", window, title=words(lang)["account"])

    def pay(self, lang: str, number: int, secret: str) -> AnyResponse:
        """Where a checkout says that its order is paid (2.23): a button stands for the payment provider."""
        window = self._window(lang)
        order = self.store.get("orders", number)
        if order is None or not hmac.compare_digest(order["_pay"].encode(), secret.encode()):
            return self._missing(window)
        if request.method == "POST" and order["paymentStatus"] == "not_paid":
            kind, paid = KINDS["orders"], {"paymentStatus": "paid"}
            self.shop.rules.change(kind, order, paid)
            self.shop.orders.changed(order, paid)
            self.shop.hooks.happened(kind, order, "updated")
        return self._page("pay.html", window, title=order["number"], order=order)
