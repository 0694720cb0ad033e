"""The names of the kinds of attack as a reader meets them."""

from __future__ import annotations

from typing import Final

# What a session adds to the kinds of indicators: the rest of a scan's requests, and POST requests to a login page.
SESSION_KINDS: Final = ("scan", "login_guessing")

_NAMES: Final = {
    "sql_injection": "SQL injection",
    "nosql_injection": "NoSQL injection",
    "ldap_injection": "LDAP injection",
    "xss": "Cross-site scripting",
    "cms_probe": "CMS probe",
    "ssrf": "Server-side request forgery",
    "xxe": "XML external entity",
    "scan": "Rest of scans",
}


def kind_name(kind: str) -> str:
    """Return a kind of attack in words.

    >>> kind_name("xss"), kind_name("login_guessing")
    ('Cross-site scripting', 'Login guessing')
    """
    return _NAMES.get(kind, kind.replace("_", " ").capitalize())
