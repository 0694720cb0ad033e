"""News agencies: their credits in a text, and which channels are their own. Many outlets print an agency's words.

Names and words are data (`agencies.toml`). A credit is a name in parentheses, alone or beside others ("(AFP)",
"(Reuters/AP)", "(avec AFP)"), after a word that introduces it ("avec AFP", "Source: dpa", "© AFP"), or at the end
after a dash. "The AFP office" is no credit. A credit is a claim of the text and can be put there by anybody.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from vigie.text.fold import fold_id

_FILE: Final = "agencies.toml"


@cache
def _rules() -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads(files("vigie.rules").joinpath(_FILE).read_text(encoding="utf-8"))
    return read


@cache
def _own() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    rules = _rules()
    return frozenset(map(fold_id, rules["names"])), frozenset(rules["domains"]), frozenset(rules["handles"])


@cache
def _credit() -> re.Pattern[str]:
    rules = _rules()
    names = "|".join(re.escape(n) for n in sorted(rules["names"], key=lambda n: (-len(n), n)))
    words = "|".join(map(re.escape, rules["words"]))
    introduced = "|".join(re.escape(w) for w in rules["introduced_by"])
    named = rf"(?:{names}|(?i:{words})\s\w[\w'-]{{1,30}}(?:\s\w[\w'-]{{1,30}})?)"
    beside = r"[^()\n]{0,40}?"
    # Each alternative names its own group: a pattern may use a group name once.
    return re.compile(
        rf"\((?:{beside}[\s/,])??(?P<inside>{named})(?:[\s/,]{beside})?\)"
        rf"|(?<!\w)(?i:{introduced})\s?:?\s?(?:l'|the\s)?(?P<introduced>{named})(?!\w)"
        rf"|\s[-\u2013\u2014]\s?(?P<end>{named})\s*\.?\s*\Z"
    )


def credited_agency(text: str) -> str | None:
    """Return the agency that `text` credits, as it writes it, or None.

    >>> credited_agency("PARIS (AFP) - The minister said"), credited_agency("The AFP office in Paris")
    ('AFP', None)
    """
    match = _credit().search(text)
    return match[match.lastgroup or 0] if match else None


def is_agency_channel(outlet: str | None, platform: str, channel_id: str) -> bool:
    """Tell whether a channel is a news agency's own: by the outlet it is declared of, its site, or its handle.

    >>> is_agency_channel("Reuters", "x", "rtrs"), is_agency_channel(None, "web", "www.afp.com")
    (True, True)
    >>> is_agency_channel(None, "x", "AP"), is_agency_channel(None, "x", "ap_fan")
    (True, False)
    """
    names, domains, handles = _own()
    ident = channel_id.strip().lstrip("@").casefold()
    if outlet is not None and fold_id(outlet) in names:
        return True
    if platform == "web":
        labels = ident.split(".")
        return any(".".join(labels[n:]) in domains for n in range(len(labels)))
    return ident in handles
