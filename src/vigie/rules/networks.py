"""What kind of network a range is: as a database says it, as a list's file name says it, or as its holder's name hints.

Kinds are hosting, access, mobile, tor and vpn; None where nothing tells. The words are data (`networks.toml`).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from vigie.text.fold import fold_id

KINDS: Final = ("hosting", "access", "mobile", "tor", "vpn")
_FILE: Final = "networks.toml"
_ASN: Final = re.compile(r"(?:AS)?\s?(\d{1,10})", re.ASCII | re.IGNORECASE)
_ASN_MAX: Final = 4_294_967_295


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = tomllib.loads(files("vigie.rules").joinpath(_FILE).read_text(encoding="utf-8"))
    return rules


@cache
def _said() -> dict[str, str]:
    return {word: kind for kind, words in _rules()["said"].items() for word in words}


@cache
def _hosting_asns() -> frozenset[int]:
    return frozenset(_rules()["asns"]["hosting"])


def kind_said(text: str | None) -> str | None:
    """Return the kind that a database's own word for a network means, or None.

    >>> [kind_said(text) for text in ("Data Center", "isp", "Cable/DSL", "cellular", "business", None)]
    ['hosting', 'access', 'access', 'mobile', None, None]
    """
    return _said().get(" ".join(_words(text))) if text else None


def kind_of_list(text: str) -> str | None:
    """Return the kind of network a list is of, from its file's name or a line of comment; None where two are named.

    >>> [kind_of_list(text) for text in ("tor-exits_2024.txt", "# VPN providers", "datacenter.netset", "history.txt")]
    ['tor', 'vpn', 'hosting', None]
    >>> kind_of_list("vpn-or-hosting.txt") is None
    True
    """
    words = [re.sub(r"\d+", "", word) for word in _words(text)]
    kinds = {_said()[name] for name in (*words, *_pairs(words)) if name in _said()}
    return kinds.pop() if len(kinds) == 1 else None


@lru_cache(maxsize=1 << 18)
def kind_by_name(asn: int | None, organisation: str | None) -> str | None:
    """Return the kind that the number or the name of who holds a range hints at; None where nothing or two do.

    >>> kind_by_name(24940, None), kind_by_name(None, "Best Hosting s.r.o."), kind_by_name(3215, "Orange S.A.")
    ('hosting', 'hosting', None)
    """
    kinds = {"hosting"} if asn in _hosting_asns() else set()
    words = _words(organisation or "")
    named = {*words, *_pairs(words)}
    rules = _rules()
    kinds |= {kind for kind, known in rules["words"].items() if not named.isdisjoint(known)}
    kinds |= {kind for kind, ends in rules["endings"].items() if any(w.endswith(tuple(ends)) for w in words)}
    return kinds.pop() if len(kinds) == 1 else None


def asn_of(value: object) -> int | None:
    """Return an autonomous system's number, written as a number, `123` or `AS123`; None for none, and for 0.

    >>> asn_of("AS3215"), asn_of(64496), asn_of("-"), asn_of(0), asn_of(True)
    (3215, 64496, None, None, None)
    """
    if isinstance(value, str):
        found = _ASN.fullmatch(value.strip())
        value = int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= _ASN_MAX else None


def _pairs(words: list[str]) -> list[str]:
    return [f"{a} {b}" for a, b in pairwise(words)]


def _words(text: str) -> list[str]:
    return fold_id(text).split("-")
