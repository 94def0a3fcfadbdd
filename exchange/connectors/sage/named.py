"""What the settings name and Sage must have: template customers, articles, terms, tax codes, the document kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.sage.lookup import missing_articles, tax_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from exchange.connectors.sage.database import SageDatabase

    #: Name of the setting → what it names.
    Named = Mapping[str, str]


def dangling(sage: SageDatabase) -> list[str]:
    """One line for each setting that names what Sage does not have; nothing where only files go out."""
    if sage.settings.way == "files":
        return []
    return [
        *_missing(sage, "template", _accounts(sage), "no account"),
        *_lines(_articles(sage), lambda values: missing_articles(sage, values, sold=False), "no article"),
        *_missing(sage, "payment_terms", _terms(sage), "no payment terms"),
        *_missing(sage, "document_kind", {"orders.document_kind": sage.settings.orders.document_kind}, "no kind"),
        *_tax_codes(sage),
    ]


def _missing(sage: SageDatabase, what: str, named: Named, told: str) -> Iterator[str]:
    return _lines(named, lambda values: sage.missing(what, values), told)


def _lines(named: Named, missing: Callable[[Set[str]], Set[str]], told: str) -> Iterator[str]:
    named = {setting: value for setting, value in named.items() if value}
    absent = missing(set(named.values()))
    for setting, value in named.items():
        if value in absent:
            yield f"sage.{setting} = {value!r}: {told}"


def _accounts(sage: SageDatabase) -> Named:
    customers = sage.settings.customers
    return {
        **{f"customers.templates.{country}": number for country, number in customers.templates.items()},
        **{f"customers.group_templates.{group}": number for group, number in customers.group_templates.items()},
        "customers.one_off": customers.one_off,
    }


def _articles(sage: SageDatabase) -> Named:
    orders = sage.settings.orders
    named = {
        name: getattr(orders, name)
        for name in ("shipping_article", "payment_article", "rounding_article", "discount_article", "gift_card_article")
    }
    return {f"orders.{name}": number for name, number in named.items() if number in orders.articles}


def _terms(sage: SageDatabase) -> Named:
    return {f"orders.payment.{method}.terms": each.terms for method, each in sage.settings.orders.payment.items()}


def _tax_codes(sage: SageDatabase) -> Iterator[str]:
    free = sage.settings.orders.tax_free_codes
    rates = tax_rates(sage) if free else {}
    for name, code in free.items():
        if rates.get(code) != 0:
            yield f"sage.orders.tax_free_codes.{name} = {code}: no tax code of 0 %"
