"""Names of countries in English and French, and the codes they stand for.

Source: Unicode CLDR, as the babel package carries it; other names in use stand here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from babel import Locale

from vigie.text.countries import country_codes
from vigie.text.fold import fold_id

LANGUAGES: Final = ("en", "fr")
_MORE: Final = {
    "AE": ("uae", "emirates", "emirats"), "BY": ("bielorussie", "belarus"), "CI": ("ivory-coast",),
    "CN": ("mainland-china", "prc"), "CZ": ("czech-republic", "republique-tcheque"),
    "GB": ("uk", "great-britain", "britain", "grande-bretagne"), "HK": ("hong-kong",), "IR": ("perse",),
    "MD": ("moldavie",), "MK": ("macedonia", "macedoine"), "MM": ("burma", "birmanie"), "MO": ("macao", "macau"),
    "NL": ("holland", "hollande"), "PS": ("palestine",), "RU": ("russian-federation", "federation-de-russie"),
    "SZ": ("swaziland",), "TL": ("east-timor",), "TR": ("turkey", "turquie"),
    "US": ("usa", "america", "united-states-of-america", "etats-unis-d-amerique", "amerique"),
    "VN": ("viet-nam",),
}  # fmt: skip


@cache
def country_names() -> dict[str, str]:
    """Return the code of each name, folded as `vigie.text.fold` folds an identifier.

    >>> names = country_names()
    >>> names["ukraine"], names["etats-unis"], names["united-kingdom"], names["turkey"]
    ('UA', 'US', 'GB', 'TR')
    """
    found: dict[str, str] = {}
    for code in sorted(country_codes()):
        for language in LANGUAGES:
            name = Locale.parse(language).territories.get(code, "")
            # A second name stands in parentheses, as in Myanmar (Burma).
            found |= {folded: code for part in re.split(r"[()]", name) if (folded := fold_id(part))}
    return found | {name: code for code, names in _MORE.items() for name in names}


def country_name(code: str) -> str:
    """Return the English name of a code; the code itself where it has none.

    >>> country_name("UA"), country_name("ZZ")
    ('Ukraine', 'ZZ')
    """
    return str(Locale.parse("en").territories.get(code, code)) if code in country_codes() else code
