"""Country codes as address databases write them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def country_codes() -> frozenset[str]:
    """Return the codes of ISO 3166-1 alpha-2, and XK, which stands for Kosovo by common use.

    Source: iso3166.tab of the IANA time zone database, as the tzdata package carries it.

    >>> len(country_codes()) > 240, "FR" in country_codes(), "EU" in country_codes()
    (True, True, False)
    """
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#")) | {"XK"}


def country_code(text: str | None) -> str | None:
    """Return the code of a country, in capitals; None for what is none: EU, AP, ZZ, a proxy's A1, `-`.

    >>> [country_code(text) for text in ("FR", " ua ", "EU", "ZZ", "-", "", None)]
    ['FR', 'UA', None, None, None, None, None]
    """
    code = text.strip().upper() if text else ""
    return code if code in country_codes() else None
