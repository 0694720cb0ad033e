"""Who asks: spellings of one pollster's name, and the institutes that are known by country (`pollsters.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from vigie.text.fold import fold_id

# What follows is the sponsor, or a partner: "Ifop - Fiducial pour Paris Match", "Odoxa avec Dentsu Consulting".
_REST: Final = re.compile(r"\s(?:pour|for|avec|with|und|für|per|para|[-\u2013\u2014|])\s|[/(]", re.IGNORECASE)


@cache
def known_houses() -> dict[str, tuple[str, ...]]:
    """Return the identifiers of the houses of each country, in the file's order.

    >>> "ifop" in known_houses()["FR"]
    True
    """
    return {country: tuple(houses) for country, houses in _read().items()}


@cache
def _read() -> dict[str, dict[str, list[str]]]:
    text = files("vigie.rules").joinpath("pollsters.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _spellings() -> dict[str, str]:
    return {fold_id(name): house for houses in _read().values() for house, names in houses.items() for name in names}


def _listed(pollster: str) -> str | None:
    """Return the listed house that `pollster` names, whole or before its first partner or sponsor."""
    spellings = _spellings()
    return spellings.get(fold_id(pollster)) or spellings.get(fold_id(_REST.split(f"{pollster} ", maxsplit=1)[0]))


def house(pollster: str) -> str:
    """Return the identifier under which figures of one pollster stand together: the name folded, where not listed.

    >>> house("Opinion Way"), house("Ifop - Fiducial pour iTELE"), house("Kantar Sofres"), house("An Institute")
    ('opinionway', 'ifop', 'kantar', 'an-institute')
    """
    return _listed(pollster) or fold_id(pollster) or "?"


def is_known(pollster: str) -> bool:
    """Tell whether `pollster` is an institute that the list has, of whatever country.

    >>> is_known("Harris interactive"), is_known("Brand Analytics")
    (True, False)
    """
    return _listed(pollster) is not None
