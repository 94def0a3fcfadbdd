"""The carriers as data: what their files hold, how their numbers look, where a parcel is followed (`formats.md` 1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


class Carrier(NamedTuple):
    """What one carrier accepts.

    Attributes:
        name: our code, as records spell it.
        title: for people.
        profile: form of its shipping file.
        name_length, street_length, number_length, city_length: most characters of a field.
        house_number: whether it wants the house number by itself.
        lockers, post_boxes: whether it delivers there.
        row_per_parcel: whether its file has a row for every parcel; otherwise one with their number.
        numbers: regular expression of its parcel numbers, without blanks.
        link: where a parcel is followed, with {number}, {zip} and {language}.
    """

    name: str
    title: str
    profile: str
    name_length: int
    street_length: int
    number_length: int
    city_length: int
    house_number: bool
    lockers: bool
    post_boxes: bool
    row_per_parcel: bool
    numbers: str
    link: str

    def knows(self, number: str) -> bool:
        """Whether a text has the form of a parcel number."""
        return re.fullmatch(self.numbers, number) is not None


#: DHL's portal publishes no lengths [unsure]: those of its sister form are taken (1.2). DPD: 35 in general (1.1).
CARRIERS: Mapping[str, Carrier] = {
    each.name: each
    for each in (
        Carrier(
            name="dhl",
            title="DHL",
            profile="dhl_portal_csv",
            name_length=50,
            street_length=50,
            number_length=10,
            city_length=38,
            house_number=True,
            lockers=True,
            post_boxes=False,
            row_per_parcel=True,
            numbers=r"\d{12}|00340434\d{12}|(?:JJD|JVGL)\w{10,31}|[A-Z]{2}\d{9}[A-Z]{2}",
            link="https://www.dhl.de/{language}/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
        ),
        Carrier(
            name="dpd",
            title="DPD",
            profile="delisprint_csv",
            name_length=35,
            street_length=35,
            number_length=8,
            city_length=35,
            house_number=False,
            lockers=False,
            post_boxes=False,
            row_per_parcel=False,
            numbers=r"\d{14}[0-9A-Z]?",
            link="https://tracking.dpd.de/status/{locale}/parcel/{number}",
        ),
    )
}


def link(template: str, number: str, postcode: str = "", language: str = "de") -> str:
    """Where a parcel is followed; what is filled in is percent-encoded."""
    locale = {"de": "de_DE", "en": "en_GB"}.get(language, f"{language}_{language.upper()}")
    return template.format(
        number=quote(number, safe=""), zip=quote(postcode, safe=""), language=language, locale=locale
    )


#: The carriers' own pages (1.4), also of carriers that are not handed anything here.
LINKS: dict[str, str] = {name: each.link for name, each in CARRIERS.items()} | {
    "gls": "https://gls-group.eu/DE/{language}/paketverfolgung?match={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
    "deutsche_post": "https://www.deutschepost.de/{language}/s/sendungsverfolgung.html?piececode={number}",
}


def title(carrier: str) -> str:
    """The name of a carrier for people."""
    return CARRIERS[carrier].title if carrier in CARRIERS else carrier.replace("_", " ").upper()
