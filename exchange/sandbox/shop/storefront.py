"""The pages of the stand-in shop (German and English), so that the effect of a transfer can be seen."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session, url_for

from exchange.sandbox.shop.window import Window
from exchange.sandbox.shop.words import words

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from exchange.sandbox.shop.server import Shop
    from exchange.sandbox.shop.store import Row

PAGES = Path(__file__).parent / "pages"


def register(app: Flask, shop: Shop) -> None:
    """Put the pages beside the API."""
    app.secret_key = shop.secret
    pages = Blueprint("store", __name__, template_folder=str(PAGES))
    front = _Front(shop)
    for rule, view in (
        ("/", front.index),
        ("/<lang>/", front.home),
        ("/<lang>/c/<path:url>/", front.category),
        ("/<lang>/p/<slug>.html", front.product),
        ("/<lang>/account/", front.account),
        ("/<lang>/account/token/", front.token),
        ("/style.css", front.style),
    ):
        pages.add_url_rule(rule, view.__name__, view)
    pages.add_url_rule("/<lang>/account/login", "login", front.login, methods=["GET", "POST"])
    pages.add_url_rule("/<lang>/account/logout", "logout", front.logout, methods=["POST"])
    pages.add_app_template_filter(_money, "money")
    app.register_blueprint(pages)


def _money(value: Decimal, language: str = "de") -> str:
    text = f"{value.quantize(Decimal('0.01')):,}"
    return f"{text.translate(str.maketrans(',.', '.,'))} €" if language == "de" else f"€{text}"


class _Front:
    """The views."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.store = shop.store

    def _window(self, lang: str) -> Window:
        if lang not in {row["code"] for row in self.store.all("languages") if row["isActive"]}:
            abort(404)
        customer = self.store.get("customers", session.get("customer"))
        return Window(self.store, lang, customer)

    def _page(self, name: str, window: Window, status: int = 200, **values: Any) -> Response:
        shop = self.store.first("shop") or {}
        languages = [row["code"] for row in self.store.all("languages") if row["isActive"]]
        text = render_template(
            name,
            w=words(window.language),
            window=window,
            lang=window.language,
            languages=languages,
            shop=shop,
            tree=window.categories(),
            **values,
        )
        return Response(text, status, mimetype="text/html")

    @staticmethod
    def style() -> Response:
        return Response((PAGES / "style.css").read_text("utf-8"), mimetype="text/css")

    def index(self) -> AnyResponse:
        return redirect(url_for("store.home", lang=self.shop.api.basic))

    def home(self, lang: str) -> Response:
        window = self._window(lang)
        return self._page("list.html", window, title=words(lang)["home"], products=window.products(), category=None)

    def category(self, lang: str, url: str) -> Response:
        window = self._window(lang)
        row = self.store.first("categories", url=url)
        if row is None or not row["isVisible"]:
            return self._page("missing.html", window, 404, title="404")
        title = window.text(row, "title")
        return self._page("list.html", window, title=title, products=window.products(row), category=row)

    def product(self, lang: str, slug: str) -> Response:
        window = self._window(lang)
        row = self.store.first("products", url=slug)
        if row is None or not row["isVisible"]:
            return self._page("missing.html", window, 404, title="404")
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
        row = self.store.first("customers", email=email.strip())
        return row if row is not None and row.get("password") and row["password"] == password else None

    def token(self, lang: str) -> AnyResponse:
        """The one-time login of `customers/{id}/tokens`."""
        self._window(lang)
        row = self.store.first("tokens", token=request.args.get("token", ""))
        if row is None or row["until"] < self.store.now().timestamp():
            abort(403)
        with self.store.change():
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
