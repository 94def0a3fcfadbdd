"""Countries and languages as the API shows them (1.1, 1.2)."""

from __future__ import annotations

from typing import Any

_COUNTRIES = """
de deu Germany;at aut Austria;ch che Switzerland;li lie Liechtenstein;nl nld Netherlands;be bel Belgium;
lu lux Luxembourg;fr fra France;it ita Italy;es esp Spain;pt prt Portugal;gb gbr United Kingdom;ie irl Ireland;
dk dnk Denmark;se swe Sweden;no nor Norway;fi fin Finland;is isl Iceland;pl pol Poland;cz cze Czech Republic;
sk svk Slovakia;hu hun Hungary;si svn Slovenia;hr hrv Croatia;ro rou Romania;bg bgr Bulgaria;gr grc Greece;
cy cyp Cyprus;mt mlt Malta;ee est Estonia;lv lva Latvia;lt ltu Lithuania;rs srb Serbia;ba bih Bosnia and Herzegovina;
tr tur Turkey;ua ukr Ukraine;us usa United States;ca can Canada;au aus Australia;nz nzl New Zealand;jp jpn Japan;
cn chn China;in ind India;br bra Brazil;mx mex Mexico;za zaf South Africa;ae are United Arab Emirates;il isr Israel
"""
#: Code → id, three-letter code, title.
COUNTRIES: dict[str, tuple[int, str, str]] = {
    code: (number, code3, title)
    for number, (code, code3, title) in enumerate(
        (each.strip().split(" ", 2) for each in _COUNTRIES.split(";")), start=1
    )
}
#: Code of a shop language, not strictly ISO → id, locale, title.
LANGUAGES: dict[str, tuple[int, str, str]] = {
    "nl": (1, "nl_NL", "Nederlands"),
    "de": (2, "de_DE", "Deutsch"),
    "en": (3, "en_GB", "English"),
    "fr": (4, "fr_FR", "Français"),
    "da": (5, "da_DK", "Dansk"),
    "es": (6, "es_ES", "Español"),
    "it": (7, "it_IT", "Italiano"),
    "pl": (8, "pl_PL", "Polski"),
    "us": (18, "en_US", "English (US)"),
    "fc": (19, "fr_CA", "Français (CA)"),
}


def country(code: Any) -> Any:
    """A country as it is read; `false` for none."""
    code = str(code or "").lower()
    if code not in COUNTRIES:
        return False
    number, code3, title = COUNTRIES[code]
    return {"id": number, "code": code, "code3": code3, "title": title}


def language(code: Any) -> Any:
    """A language as it is read; `false` for none."""
    if not code:
        return False
    number, locale, title = LANGUAGES[str(code)]
    return {"id": number, "code": code, "locale": locale, "title": title}
