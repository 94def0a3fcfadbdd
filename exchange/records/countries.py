"""Countries as people write them: the code of two letters, that of three, the German and the English name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.record import text

if TYPE_CHECKING:
    from exchange.record import Field

#: Those that a German merchant has to do with; of all others the code of two letters is wanted.
COUNTRIES = (
    ("DE", "DEU", "Deutschland", "Germany"),
    ("AT", "AUT", "Österreich", "Austria"),
    ("CH", "CHE", "Schweiz", "Switzerland"),
    ("LI", "LIE", "Liechtenstein", "Liechtenstein"),
    ("LU", "LUX", "Luxemburg", "Luxembourg"),
    ("BE", "BEL", "Belgien", "Belgium"),
    ("NL", "NLD", "Niederlande", "Netherlands"),
    ("FR", "FRA", "Frankreich", "France"),
    ("MC", "MCO", "Monaco", "Monaco"),
    ("IT", "ITA", "Italien", "Italy"),
    ("SM", "SMR", "San Marino", "San Marino"),
    ("VA", "VAT", "Vatikanstadt", "Vatican City"),
    ("ES", "ESP", "Spanien", "Spain"),
    ("AD", "AND", "Andorra", "Andorra"),
    ("PT", "PRT", "Portugal", "Portugal"),
    ("GB", "GBR", "Großbritannien", "United Kingdom"),
    ("IE", "IRL", "Irland", "Ireland"),
    ("DK", "DNK", "Dänemark", "Denmark"),
    ("SE", "SWE", "Schweden", "Sweden"),
    ("NO", "NOR", "Norwegen", "Norway"),
    ("FI", "FIN", "Finnland", "Finland"),
    ("IS", "ISL", "Island", "Iceland"),
    ("EE", "EST", "Estland", "Estonia"),
    ("LV", "LVA", "Lettland", "Latvia"),
    ("LT", "LTU", "Litauen", "Lithuania"),
    ("PL", "POL", "Polen", "Poland"),
    ("CZ", "CZE", "Tschechien", "Czechia"),
    ("SK", "SVK", "Slowakei", "Slovakia"),
    ("HU", "HUN", "Ungarn", "Hungary"),
    ("SI", "SVN", "Slowenien", "Slovenia"),
    ("HR", "HRV", "Kroatien", "Croatia"),
    ("BA", "BIH", "Bosnien und Herzegowina", "Bosnia and Herzegovina"),
    ("RS", "SRB", "Serbien", "Serbia"),
    ("ME", "MNE", "Montenegro", "Montenegro"),
    ("MK", "MKD", "Nordmazedonien", "North Macedonia"),
    ("AL", "ALB", "Albanien", "Albania"),
    ("RO", "ROU", "Rumänien", "Romania"),
    ("BG", "BGR", "Bulgarien", "Bulgaria"),
    ("MD", "MDA", "Moldau", "Moldova"),
    ("GR", "GRC", "Griechenland", "Greece"),
    ("CY", "CYP", "Zypern", "Cyprus"),
    ("MT", "MLT", "Malta", "Malta"),
    ("TR", "TUR", "Türkei", "Turkey"),
    ("UA", "UKR", "Ukraine", "Ukraine"),
    ("US", "USA", "Vereinigte Staaten", "United States"),
    ("CA", "CAN", "Kanada", "Canada"),
    ("MX", "MEX", "Mexiko", "Mexico"),
    ("BR", "BRA", "Brasilien", "Brazil"),
    ("CN", "CHN", "China", "China"),
    ("JP", "JPN", "Japan", "Japan"),
    ("KR", "KOR", "Südkorea", "South Korea"),
    ("IN", "IND", "Indien", "India"),
    ("AU", "AUS", "Australien", "Australia"),
    ("NZ", "NZL", "Neuseeland", "New Zealand"),
    ("IL", "ISR", "Israel", "Israel"),
    ("AE", "ARE", "Vereinigte Arabische Emirate", "United Arab Emirates"),
    ("ZA", "ZAF", "Südafrika", "South Africa"),
)
#: What else the same country is called.
_ALSO = {
    "Bundesrepublik Deutschland": "DE", "Oesterreich": "AT", "Holland": "NL", "The Netherlands": "NL",
    "Vereinigtes Königreich": "GB", "Great Britain": "GB", "England": "GB", "Tschechische Republik": "CZ",
    "Czech Republic": "CZ", "Slowakische Republik": "SK", "Mazedonien": "MK", "Türkiye": "TR",
    "Vereinigte Staaten von Amerika": "US", "United States of America": "US", "Republik Moldau": "MD",
}  # fmt: skip

SPELLED = tuple((name, code) for code, *names in COUNTRIES for name in names) + tuple(_ALSO.items())


def country_code(de: str, en: str, **more: Any) -> Field:
    """A country by its code of two letters (ISO 3166-1); longer names of it are understood."""
    return text(de, en, 2, upper=True, spelled=SPELLED, **more)
