from __future__ import annotations

import pytest

from vigie.text.hosts import is_shortener, publisher
from vigie.text.urls import canonical_url


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://www.lemonde.fr/a", "lemonde.fr"),
        ("https://abonnes.lemonde.fr:8443/a", "lemonde.fr"),
        ("https://news.bbc.co.uk/1", "bbc.co.uk"),
        ("https://me.blogspot.com/1", "me.blogspot.com"),
        ("https://rt.com/france/1", "rt.com"),
        ("https://192.0.2.1/x", "192.0.2.1"),
        ("http://[2001:db8::1]:8080/x", "[2001:db8::1]"),
        ("https://intranet.local/x", "intranet.local"),
        ("https://t.co/x", None),
        ("https://go.app.link/x", None),
        ("https://twitter.com/ana/status/1", None),
        ("https://m.vk.com/wall1", None),
        ("https://youtu.be/dQw4w9WgXcQ", None),
    ],
)
def test_who_publishes_at_an_address(written, expected):
    assert publisher(canonical_url(written) or "") == expected


def test_what_is_no_address_has_no_publisher():
    assert publisher("85d2d122") is None
    assert publisher("") is None


@pytest.mark.parametrize("host", ["t.co", "bit.ly", "buff.ly", "x.page.link"])
def test_shorteners_are_listed(host):
    assert is_shortener(host)
    assert canonical_url(f"https://{host}/AbC") == f"https://{host}/AbC"
