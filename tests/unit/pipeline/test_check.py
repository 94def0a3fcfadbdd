"""check: every fault of every record at once, with its place; good ones are staged."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook

from exchange.errors import BatchError
from exchange.finding import Finding, found
from exchange.ledger import State
from exchange.pipeline import check, work
from tests.end_to_end.conftest import order, orders_file
from tests.inside import Inside, opened, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE = order("x")["lines"][0]
USD = {"sage.orders.payment": {"invoice": {"terms": "14"}}}


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    """Payment methods other than `invoice` are unknown."""
    with without_sage(tmp_path, **USD) as inside:
        yield inside


def places(inside: Inside, *orders: dict[str, Any]) -> list[tuple[int | None, str, str, str]]:
    """Line, field, code and key of everything that is found in a file of orders."""
    batch = inside.take("o.json", orders_file(*orders))
    assert batch.counts.balanced
    assert batch.counts.rejected == len(orders)
    return [(each.at.line, each.at.field, each.code, each.key) for each in inside.app.ledger.findings(batch)]


def test_wrong_values_rules_and_references_are_told_at_once(inside: Inside) -> None:
    """A value that cannot be read does not hide what else is wrong, in the record, its lines and its references."""
    bad = order(
        "ORD1",
        total_excl="viel",
        ordered_at="gestern",
        currency="USD",
        payment_code="muscheln",
        lines=[LINE, LINE | {"quantity": "0"}, LINE | {"article_number": ""}],
    )
    assert set(places(inside, bad)) == {
        (1, "total_excl", "value.no_number", "ord1"),
        (1, "ordered_at", "value.no_date", "ord1"),
        (1, "lines[2].article_number", "value.missing", "ord1"),
        (1, "currency", "order_import.foreign_currency", "ord1"),
        (1, "lines[1].quantity", "order_import.no_quantity", "ord1"),
        (1, "payment_code", "order_import.unknown_payment", "ord1"),
    }


def test_a_rule_that_needs_an_unreadable_value_is_not_judged(inside: Inside) -> None:
    """Else a slip in one price would be told as three wrong sums."""
    bad = order("ORD1", lines=[LINE | {"total_incl": "zwanzig"}, LINE])
    assert places(inside, bad) == [(1, "lines[0].total_incl", "value.no_number", "ord1")]

    bad = order("ORD2", shipping_incl="4,9x")
    assert places(inside, bad) == [(1, "shipping_incl", "value.no_number", "ord2")]


def test_a_record_without_lines_or_key_is_rejected(inside: Inside) -> None:
    """An order without lines is none; one without a number could not be recognised again."""
    found = places(inside, order("ORD1", lines=[]), order(""), order("x" * 60))
    assert found == [
        (1, "lines", "record.no_children", "ord1"),
        (2, "number", "value.missing", ""),
        (3, "number", "value.too_long", ""),
    ]


def test_an_order_whose_only_fault_is_that_it_has_no_lines(inside: Inside) -> None:
    """Beside one that is in order."""
    batch = inside.take("o.json", orders_file(order("ORD1"), order("ORD2", lines=[])))
    assert (batch.counts.created, inside.codes(batch)) == (1, ["record.no_children"])


def test_in_a_workbook_the_place_is_sheet_and_cell(inside: Inside) -> None:
    """What a rule found, what could not be read, and what concerns the whole row."""
    book = Workbook()
    book.worksheets[0].title = "Lager"
    for row in (["Artikelnummer", "Bestand"], ["1", "viele"], ["2", "9999999"], ["3", "1"], ["3", "2"]):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)

    batch = inside.take("bestand.xlsx", out.getvalue())

    places = [(each.code, str(each.at), each.at.sheet) for each in inside.app.ledger.findings(batch)]
    assert places[1:] == [
        ("value.no_number", "Lager!B2", "Lager"),
        ("stock.implausible", "Lager!B3", "Lager"),
        ("file.double_key", "#4", "Lager"),
        ("file.double_key", "#5", "Lager"),
    ]


def test_a_key_that_is_too_long_for_the_ledger_is_no_key(inside: Inside) -> None:
    """A customer without number or e-mail is known by name and place; that has its limits."""
    row = {"name1": "Muster", "zip": "01067", "city": "Dresden", "country": "DE"}
    content = json.dumps({"exchange": {"module": "customer_import"}, "records": [row, row | {"zip": "1067"}]})
    module = inside.app.registry.modules["customer_import"]
    long = replace(module, key=lambda _customer: "k" * 256)
    inside.app.registry.modules["customer_import"] = long  # type: ignore[index]

    batch = inside.take("kunden.json", content)

    assert inside.codes(batch) == ["record.no_key", "customer_import.bad_postcode", "record.no_key"]


def test_findings_of_children_name_the_line_of_the_child(inside: Inside) -> None:
    """In a csv, every line of an order has a line of its own."""
    header = (
        "row;number;ordered_at;email;billing_country;total_excl;total_incl;line_article_number;line_quantity;"
        "line_total_excl;line_total_incl;line_tax_rate\r\n"
    )
    first = "1;ORD1;2026-11-23T08:15:00Z;a@example.org;DE;20.00;23.80;A;1;10.00;11.90;19\r\n"
    second = "2;;;;;;;B;0;10.00;11.90;19\r\n"
    third = "1;ORD2;2026-11-23T08:15:00Z;a@example.org;DE;10.00;11.90;A;1;10.00;11.90;neunzehn\r\n"
    batch = inside.take("o.csv", header + first + second + third)

    found = [(each.at.line, each.at.field, each.code) for each in inside.app.ledger.findings(batch)]
    assert found == [
        (3, "lines[1].quantity", "order_import.no_quantity"),
        (4, "lines[0].tax_rate", "value.no_number"),
    ]


def test_a_warning_lets_the_record_pass(inside: Inside) -> None:
    """It is told and counted, and the article goes on."""
    content = "number;name;active;ean\r\n1;Eins;1;123\r\n2;Zwei;1;4006381333931\r\n"
    batch = inside.take("products.csv", content)

    assert (batch.counts.created, batch.counts.warnings, batch.counts.rejected) == (2, 1, 0)
    (finding,) = inside.app.ledger.findings(batch)
    assert (finding.code, finding.at.line, finding.key) == ("products.bad_ean", 2, "1")


def test_findings_stand_in_the_order_of_the_file(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever step found them, and however the records are grouped for asking the other system."""
    monkeypatch.setattr(check, "CHUNK", 2)
    orders = [
        order("ORD1", payment_code="muscheln"),
        order("ORD2", currency="USD"),
        order("ORD3", ordered_at="x"),
        order("ORD4", payment_code="perlen"),
        order("ORD5", currency="CHF"),
    ]
    assert [line for line, *_ in places(inside, *orders)] == [1, 2, 3, 4, 5]


def test_a_file_that_is_faulty_throughout_is_given_up(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile is wrong then; nothing is applied, and the report stays readable. So with remarks without end."""
    monkeypatch.setattr(work, "MOST_FAULTS", 3)
    bad = [order(f"ORD{number}", currency="USD") for number in range(5)]
    batch = inside.take("o.json", orders_file(order("GUT"), *bad))
    assert (batch.state, batch.counts.created) == (State.QUARANTINED, 0)
    assert inside.codes(batch) == ["file.too_many_faults"] + ["order_import.foreign_currency"] * 4

    rows = "".join(f"{number};Eins;1;123\r\n" for number in range(8))
    batch = inside.take("products.csv", "number;name;active;ean\r\n" + rows)
    assert batch.state is State.QUARANTINED
    assert inside.codes(batch)[0] == "file.too_many_faults"


def test_a_profile_scales_translates_and_knows_empty_words(inside: Inside) -> None:
    """What stands around a value in a partner's file is undone before it is read, for record and lines."""
    inside.app.close()
    profile = """
name = "meier"
module = "stock"
format = "csv"
recognise = ["SKU", "Stueck"]
empty = ["-", "n/a"]
[dialect]
decimal = ","
[fields]
article_number = { path = "SKU", codes = { ALT = "00200050" } }
available = { path = "Stueck", scale = 12 }
on_hand = { path = "Lager", scale = 0.5 }
unit = "Einheit"
"""
    (inside.folder / "profiles" / "meier.toml").write_text(profile, "utf-8")
    with opened(inside.installation) as again:
        content = "SKU;Stueck;Lager;Einheit\r\nALT;1,5;n/a;-\r\n20010;2;;kg\r\n"
        batch = again.take("x.csv", content)
        assert batch.counts.created == 2, again.codes(batch)
        records: list[Any] = []
        (path,) = again.written(batch)
        again.app.read_records(path, "stock_xml", records.append)
        assert [(each.article_number, each.available, each.on_hand, each.unit) for each in records] == [
            ("00200050", Decimal(18), None, ""),
            ("20010", Decimal(24), None, "kg"),
        ]
        bad = again.take("y.csv", "SKU;Stueck;Lager;Einheit\r\n1;-;;\r\n2;1;x;kg\r\n")
        assert again.codes(bad) == ["file.whole_or_nothing", "value.missing", "value.no_number"]
        with pytest.raises(BatchError, match=r"value\.missing"):
            again.app.read_records(again.folder / bad.kept_at, "meier", records.append)


def test_a_rule_may_read_a_record_as_the_tuple_that_it_is(inside: Inside) -> None:
    """By place, by several places, by name: asking for what could not be read ends the rule, whichever way."""
    asked: list[Any] = []

    def by_places(stock: Any, _options: Any) -> Iterator[Finding]:
        asked.append(stock[0])
        asked.extend(stock[4:6])
        asked.append(stock[2])
        yield found(check.NO_KEY)

    module = inside.app.registry.modules["stock"]
    rule = replace(module.rules[0], check=by_places)
    inside.app.registry.modules["stock"] = replace(module, rules=(rule,))  # type: ignore[index]

    batch = inside.take("s.csv", "article_number;available;on_order;unit\r\n1;viele;3;Stk\r\n")

    assert asked == ["1", Decimal(3), "Stk"]
    assert inside.codes(batch) == ["file.whole_or_nothing", "value.no_number"]
