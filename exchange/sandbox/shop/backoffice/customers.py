"""The customer file into the shop and out of it (3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.backoffice.table import parts, rows, said, written
from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.wire import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.store import Row, Store

#: Fields by column, in the order of the columns; the titles of the last three are not known [unsure].
_COLUMNS = {
    "Language": "language",
    "Firstname": "firstname",
    "LastnamePreposition": "middlename",
    "Lastname": "lastname",
    "E-Mail": "email",
    "Phone": "phone",
    "Mobile": "mobile",
    "Customer type": "isCompany",
    "Company": "companyName",
    "Coc number": "companyCoCNumber",
    "Vat number": "companyVatNumber",
    "Attn": "addressBillingName",
    "Streetname": "addressBillingStreet",
    "Address 2": "addressBillingStreet2",
    "Number": "addressBillingNumber",
    "Extension": "addressBillingExtension",
    "Zipcode": "addressBillingZipcode",
    "City": "addressBillingCity",
    "Region": "addressBillingRegion",
    "Country": "addressBillingCountry",
    "Shipping Attn": "addressShippingName",
    "Shipping company": "addressShippingCompany",
    "Shipping Streetname": "addressShippingStreet",
    "Shipping Address 2": "addressShippingStreet2",
    "Shipping Number": "addressShippingNumber",
    "Shipping Extension": "addressShippingExtension",
    "Shipping Zipcode": "addressShippingZipcode",
    "Shipping City": "addressShippingCity",
    "Shipping Region": "addressShippingRegion",
    "Shipping Country": "addressShippingCountry",
    "Groups": "",
    "Date of birth": "birthDate",
    "Gender": "gender",
    "Confirmed": "isConfirmed",
}
_TYPES = {True: "company", False: "private"}


class Customers:
    """Customers as rows.

    Args:
        store, rules: of the shop.
    """

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store, self.rules = store, rules

    def take(self, content: bytes) -> dict[str, int]:
        """By Internal ID or e-mail; passwords are never imported (3.2).

        Whether the real shop minds an Internal ID that it does not know is not known [unsure]: here it is passed over.
        Raises Wrong with the line.
        """
        counts = {"created": 0, "updated": 0}
        kind = KINDS["customers"]
        for line, cells in rows(content):
            try:
                row, values = self._known(cells), self._values(cells)
                if row is None:
                    self.rules.check(kind, values, None, 0)
                    row, done = self.rules.add(kind, values), "created"
                else:
                    self.rules.check(kind, values, row, 0)
                    self.rules.change(kind, row, values)
                    done = "updated"
                counts[done] += 1
                self._groups(cells, row)
            except Wrong as wrong:
                raise Wrong(wrong.code, f"line {line}: {wrong.message}") from None
        return counts

    def _known(self, cells: Mapping[str, str]) -> Row | None:
        by_number = self.store.get("customers", cells.get("Internal ID"))
        return by_number or self.store.first("customers", email=cells.get("E-Mail", ""))

    def _values(self, cells: Mapping[str, str]) -> dict[str, Any]:
        for title in ("Firstname", "Lastname", "E-Mail"):
            if not cells.get(title):
                raise Wrong(422, f"{title} is required")
        known = KINDS["customers"].fields
        own = ("Customer type", "Groups", "Confirmed")
        values = {
            name: typed(title, cells[title], known[name])
            for title, name in _COLUMNS.items()
            if title in cells and title not in own
        }
        if "Customer type" in cells or "Company" in cells:
            values["isCompany"] = cells.get("Customer type") == "company" or bool(cells.get("Company"))
        if cells.get("Registered"):
            values["type"] = "registered" if cells["Registered"] == "Y" else "guest"
        if cells.get("Confirmed"):
            values["isConfirmed"] = cells["Confirmed"] == "Y"
        return values

    def _groups(self, cells: Mapping[str, str], customer: Row) -> None:
        for title in parts(cells.get("Groups", "")):
            group = self.store.first("groups", title=title)
            if group is None:
                self.rules.check(KINDS["groups"], {"title": title}, None, 0)
                group = self.rules.add(KINDS["groups"], {"title": title})
            values = {"group": group["id"], "customer": customer["id"]}
            if self.store.first("groups/customers", **values) is None:
                self.rules.check(KINDS["groups/customers"], values, None, 0)
                self.rules.add(KINDS["groups/customers"], values)

    def exported(self) -> bytes:
        """Everybody, without passwords."""
        lines = []
        for customer in self.store.all("customers"):
            cells = {title: said(customer[name]) for title, name in _COLUMNS.items() if name}
            links = self.store.all("groups/customers", customer=customer["id"])
            groups = [self.store.get("groups", link["group"]) for link in links]
            cells |= {
                "Internal ID": str(customer["id"]),
                "Registered": "Y" if customer["type"] == "registered" else "N",
                "Customer type": _TYPES[customer["isCompany"]],
                "Groups": ",".join(group["title"] for group in groups if group),
                "Confirmed": "Y" if customer["isConfirmed"] else "N",
            }
            lines.append(cells)
        return written(["Internal ID", "Registered", *_COLUMNS], lines)
