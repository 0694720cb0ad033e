"""What a session is called, from its counts: the thresholds, and the evidence in words.

*Scan.* One of five ways, in the order of what they rest on:

- `payloads`: five requests or more, and 1 % of the session, match three different indicators or more;
- `knocking`: three requests or more, and a fifth of the session, match an indicator, at three paths or by three
  indicators;
- `guessing`: ten missing pages or more, asked for without a referer, make up half of the session (images, styles and
  scripts left out), and requests match two indicators or more;
- `exhausting`: a hundred such pages or more make up nine tenths of it, sixty requests or more in a minute;
- `filling`: 200 POST requests or more, at three paths or more, make up a fifth of it, twenty missing pages or more are
  asked for without a referer, 120 requests or more come within a minute: forms filled in by a machine that also looks
  for what is not there, whatever it wrote into them.

A client that loads images, styles and scripts (a fifth of its requests) and sends referers (half of them) behaves like
a browser, and an agent that names itself a crawler is owed missing pages and a planted link: both must match three
indicators or more. *Login guessing*: ten POST requests to login pages or more, half of the session or more (assets
left out), fewer than three indicators. *Crawler*: it names itself one, is none of these, and fewer than 1 % of its
requests match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Counts = Mapping[str, NDArray[np.integer[Any]]]

CALLED: Final = ("other", "scan", "login_guessing", "crawler")
OTHER, SCAN, LOGIN_GUESSING, CRAWLER = range(4)

_VARIETY: Final = 3  # indicators, or paths
_PAYLOADS_MIN: Final = 5
_KNOCKS_MIN: Final = 3
_GUESSES_MIN: Final = 10
_GUESS_INDICATORS_MIN: Final = 2
_EXHAUSTING_MIN: Final = 100
_EXHAUSTING_PER_MINUTE: Final = 60
_FORMS_MIN: Final = 200
_FORM_PATHS_MIN: Final = 3
_FORMS_MISSING_MIN: Final = 20
_FORMS_PER_MINUTE: Final = 120
_LOGINS_MIN: Final = 10


def called(counts: Counts) -> NDArray[np.int8]:
    """Return for each session the place in CALLED of what it is called, from `vigie.kernels.sessions.COUNTS`."""
    c = {name: values.astype(np.int64) for name, values in counts.items()}
    pages = c["requests"] - c["assets"]
    like_browser = (5 * c["assets"] >= c["requests"]) & (2 * c["referred"] >= c["requests"])
    varied = c["indicators"] >= _VARIETY
    payloads = varied & (c["attacks"] >= _PAYLOADS_MIN) & (100 * c["attacks"] >= c["requests"])
    knocks = (c["attacks"] >= _KNOCKS_MIN) & (5 * c["attacks"] >= c["requests"])
    knocking = knocks & (varied | (c["attack_paths"] >= _VARIETY))
    guesses = (c["blind_paths"] >= _GUESSES_MIN) & (2 * c["blind"] >= pages)
    guessing = guesses & (c["indicators"] >= _GUESS_INDICATORS_MIN)
    exhausting = (
        (c["blind_paths"] >= _EXHAUSTING_MIN)
        & (10 * c["blind"] >= 9 * pages)
        & (c["per_minute"] >= _EXHAUSTING_PER_MINUTE)
    )
    forms = (c["posts"] >= _FORMS_MIN) & (c["post_paths"] >= _FORM_PATHS_MIN) & (5 * c["posts"] >= c["requests"])
    filling = forms & (c["blind_paths"] >= _FORMS_MISSING_MIN) & (c["per_minute"] >= _FORMS_PER_MINUTE)
    trusted = (like_browser | (c["named"] > 0)) & ~varied
    scan = (payloads | knocking | guessing | exhausting | filling) & ~trusted
    logins = (c["logins"] >= _LOGINS_MIN) & (2 * c["logins"] >= pages) & ~varied
    crawler = (c["named"] > 0) & (100 * c["attacks"] < c["requests"])
    return np.select([logins, scan, crawler], [LOGIN_GUESSING, SCAN, CRAWLER], OTHER).astype(np.int8)


def why(code: int, row: Mapping[str, int], crawler: str | None) -> list[str]:
    """Return the evidence in words for one session; of a session called other there is none.

    >>> why(CRAWLER, {"requests": 9, "attacks": 0}, "Googlebot")
    ['the agent names itself Googlebot, as anybody can']
    """
    if code == OTHER:
        return []
    requests, attacks = row["requests"], row["attacks"]
    verb = "matches" if attacks == 1 else "match"
    matched = f"{attacks:,} of {_requests(requests)} {verb} {_many(row.get('indicators', 0), 'indicator')}"
    if code == CRAWLER:
        said = [f"the agent names itself {crawler}, as anybody can"]
        return [*said, f"{matched}: few enough for links that others planted"] if attacks else said
    pages = requests - row["assets"]
    said = []
    if code == LOGIN_GUESSING:
        said.append(f"{row['logins']:,} of {_requests(pages)} that are no image, style or script are a login sent")
    if attacks:
        said.append(f"{matched}, at {_many(row['attack_paths'], 'path')}")
    if row["blind_paths"]:
        share = _percent(row["blind"], pages)
        said.append(f"{_many(row['blind_paths'], 'missing page')} asked for without a referer: {share} of its pages")
    if code == SCAN:
        if row["posts"]:
            errors = row["missing"] + row["denied"] + row["failed"]
            posted = f"{_many(row['posts'], 'POST request')} at {_many(row['post_paths'], 'path')}"
            said.append(f"{posted}; {_percent(errors, requests)} of all requests answered with an error")
        said.append(f"{_many(row['paths'], 'path')}, at most {_requests(row['per_minute'])} within a minute")
        if not row["assets"]:
            said.append("no image, style or script loaded")
    if crawler is not None:
        said.append(f"the agent names itself {crawler}, as anybody can")
    return said


def _requests(number: int) -> str:
    return _many(number, "request")


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
