"""Whether an attack was aimed at this site or is what every site gets: from its requests alone, by a stated rule.

The rule counts the attack requests of one source on all hosts of the log (of one session where the address is private,
since a proxy's address is everybody's):

- *named*: the request holds a name of the case's own (a candidate's, a label of its servers' names) and asks for
  nothing that ordinary visitors are served;
- *usual*: what it asks for comes from at least `SOURCES_MIN` addresses, on at least `DAYS_MIN` days and at least one in
  `DAYS_ONE_IN` of the days on which the host has any request: the weather, not an event;
- *working*: it carries a payload (it is no probe from a list, `LISTED`), is not usual, and goes to a page that visitors
  without any attack were served, or that its own session was served in an ordinary request before. A guess at a
  password is working where the log covers `COVERED_MIN` days and the login page is no well-known product's.

A source is *aimed* if one request is named, or if at least `WORKING_MIN` and at least one in `WORKING_ONE_IN` of its
requests, the rest of a scan not counted, are working: a list made for all sites meets this site's pages by chance only.
Otherwise it is *background* if
at least half of its requests are usual, or if none is working, it sent at most `FEW` and either the log of the host
covers `COVERED_MIN` days or all of them are probes from a list of which none was served. All else is *unclear*.

No figure here was fitted to data: a list of some thousand probes against a site of a thousand pages meets a page or two
with a payload; five, and one in four, are far more than that and few enough for a short attack. Lists of common paths
that scanners carry have some hundred entries: `FEW` leaves them room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.text.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCES_MIN: Final = 4
DAYS_MIN: Final = 3
DAYS_ONE_IN: Final = 3
COVERED_MIN: Final = 7
WORKING_MIN: Final = 5
WORKING_ONE_IN: Final = 4
FEW: Final = 1_000

# Kinds that ask for what a list names, or that carry no payload: that a page of that name is there is no sign of aim.
LISTED: Final = (
    "admin_probe",
    "backup_probe",
    "cms_probe",
    "login_guessing",
    "scan",
    "scanner_signature",
    "webshell_probe",
)
# What almost every site has: that others were served it says nothing.
EVERYWHERE: Final = ("", "/", "/favicon.ico", "/robots.txt", "/sitemap.xml", "/index.html", "/index.htm", "/index.php")

# Login pages of products that run on many sites (RE2, over a path in lower case): bots guess there without an aim.
PRODUCT_LOGINS: Final = r"wp-login|xmlrpc|/administrator|phpmyadmin|/pma|/user/login|/admin|/manager|/owa|/autodiscover"

_NAME_CHARS_MIN: Final = 4
# fmt: off
_ROLES: Final = frozenset({
    "admin", "assets", "blog", "cloud", "demo", "files", "forum", "home", "host", "imap", "intranet", "login", "mail",
    "mails", "media", "mobile", "news", "pop3", "portal", "preprod", "preview", "prod", "proxy", "secure", "server",
    "shop", "site", "smtp", "staging", "static", "stats", "store", "test", "webmail",
})
# fmt: on
_AFTER_PAGE: Final = r"(?:\.\.|[^A-Za-z0-9/_.~-]).*$"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the attack requests of one source, or of one session of a private address, show; all are counts.

    `rest` are those of kind scan, `listed` probes from a list, `served` those of them answered 2xx or with a status
    that was not logged, `read_first` working requests whose page the session itself was served before, `covered` the
    days of log of the least covered host.
    """

    requests: int
    rest: int
    named: int
    usual: int
    working: int
    read_first: int
    listed: int
    served: int
    covered: int


def judged(seen: Evidence) -> tuple[str, list[str]]:
    """Return aimed, background or unclear, and the evidence in words.

    >>> nothing = dict.fromkeys(("rest", "named", "usual", "working", "read_first", "served"), 0)
    >>> judged(Evidence(**nothing | {"requests": 12, "working": 9, "listed": 1, "covered": 14}))[0]
    'aimed'
    >>> judged(Evidence(**nothing | {"requests": 3, "listed": 3, "covered": 1}))
    ('background', ['its 3 attack requests are probes from a list of which none was served'])
    """
    total = f"its {seen.requests:,} attack requests"
    why = []
    if seen.named:
        why.append(f"{seen.named:,} of {total} hold a name of the case's own")
    if seen.working:
        why.append(f"{seen.working:,} of {total} work on pages that this site serves")
    if seen.read_first:
        why.append(f"{seen.read_first:,} of them to pages that the same session was served before")
    enough = seen.working >= WORKING_MIN and seen.working * WORKING_ONE_IN >= seen.requests - seen.rest
    if seen.named or enough:
        return "aimed", why
    if seen.usual:
        why.append(f"{seen.usual:,} of {total} are what many addresses ask for on a third of all days")
    if 2 * seen.usual >= seen.requests:
        return "background", why
    if seen.working or seen.requests > FEW:
        return "unclear", [*why, f"{total} are neither few and without a page of this site nor mostly to its pages"]
    if seen.listed == seen.requests and not seen.served:
        return "background", [*why, f"{total} are probes from a list of which none was served"]
    if seen.covered >= COVERED_MIN:
        return "background", [*why, f"none of {total} works on a page that this site serves"]
    return "unclear", [*why, f"a log of fewer than {COVERED_MIN} days does not tell what is usual"]


@dataclass(frozen=True, slots=True)
class Names:
    """The case's own names as patterns over folded text: whole host names, candidates' names, all names."""

    hosts: str
    candidates: str
    every: str

    @classmethod
    def of(cls, hosts: Iterable[str], aliases: Iterable[str]) -> Names:
        """Return the names of the case's servers and candidates; names of fewer than four characters are left out.

        A label of a host name that says what a server is for, such as mail or static, is no name; neither is its end.
        """
        whole = {h.lower() for h in hosts}
        labels = {
            label
            for host in whole
            if parse_address(host) is None
            for label in host.rstrip(".").split(".")[:-1]
            if label not in _ROLES
        }
        people = _pattern(aliases)
        return cls(_pattern(whole), people, "|".join(p for p in (people, _pattern(labels)) if p))

    def within(self, plain: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
        """Return where a plain text (`vigie.text.decode`) holds a candidate's name, and where it holds any name.

        The whole name of a server does not count: every tool knows the address that it was given.
        """
        text = _folded(plain)
        if self.hosts:
            text = pc.replace_substring_regex(text, f"(?:^| )(?:{self.hosts})(?: |$)", "  ")
        return _holds(text, self.candidates), _holds(text, self.every)


def pages(paths: pa.Array[Any]) -> pa.Array[Any]:
    """Return each path without what cannot be part of a plain page's path: a payload, and all that follows it.

    >>> pages(pa.array(["/news/1'%20or%201=1", "/static/..%2f..%2fetc", "/a.php"])).to_pylist()
    ['/news/1', '/static/', '/a.php']
    """
    return pc.replace_substring_regex(paths, _AFTER_PAGE, "")


def levelled(plain: pa.Array[Any]) -> pa.Array[Any]:
    """Return each text with its numbers made equal: a serial number does not make another target.

    >>> levelled(pa.array(["/backup-17.zip"])).to_pylist()
    ['/backup-0.zip']
    """
    return pc.replace_substring_regex(plain, "[0-9]+", "0")


def _folded(texts: pa.Array[Any]) -> Any:
    apart = pc.utf8_normalize(pc.utf8_lower(texts), form="NFKD")  # type: ignore[attr-defined]
    bare = pc.replace_substring_regex(apart, r"\p{Mn}+", "")
    return pc.replace_substring_regex(bare, r"[^\p{L}\p{N}]+", " ")


def _pattern(names: Iterable[str]) -> str:
    folded = {str(n).strip() for n in _folded(pa.array(sorted(set(names)), pa.string())).to_pylist()}
    return "|".join(sorted((n for n in folded if len(n) >= _NAME_CHARS_MIN), key=lambda n: (-len(n), n)))


def _holds(text: pa.Array[Any], pattern: str) -> pa.Array[Any]:
    if not pattern:
        return pa.array([False] * len(text), pa.bool_())
    return pc.match_substring_regex(text, f"(?:^| )(?:{pattern})(?: |$)")
