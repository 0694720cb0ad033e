from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.text.hosts import publisher
from vigie.text.urls import canonical_url

PAGE = "https://example.org/a/b?id=7"
PIECES = st.sampled_from(
    [
        "http://",
        "HTTPS://",
        "//",
        "www.",
        "m.",
        "amp.",
        "a.example",
        "youtu.be/",
        "abcdefgh",
        "twitter.com",
        "google.com",
        "google.com/url?q=",
        "https://l.facebook.com/l.php?u=",
        "/amp",
        ".amp",
        "/amp/s/",
        ".cdn.ampproject.org/c/s/",
        "/",
        "/..",
        "/.",
        "?",
        "&",
        "=",
        "#",
        "@",
        ":",
        "80",
        "[",
        "]",
        "::1",
        "%",
        "%2f",
        "%41",
        "%25",
        "\u00e9",
        "\u202e",
        "\x00",
        "\ud800",
        "\\",
        "+",
        " ",
        "utm_a=1",
        "fbclid",
        "xn--",
        ";",
        "&amp;",
        "javascript:",
        ".",
    ]
)
HOSTILE = st.lists(PIECES, min_size=1, max_size=9).map("".join) | st.text()


@pytest.mark.parametrize(
    "written",
    [
        "http://example.org/a/b?id=7",
        "HTTPS://WWW.Example.ORG:443/a/b/?id=7",
        "//m.example.org/a/b?id=7#top",
        "example.org/a/./c/../b?id=7",
        "https://user:secret@example.org./%61/b?id=7",
        "https://example.org/a/b/amp/?id=7",
        "https://example.org/a/b?utm_source=x&id=7&fbclid=abc&at_medium=y",
        "https://example.org/a/b?id=7&amp;utm_medium=z",
        "  https://example.org/a/b?id=\u200b7 ",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%2Fb%3Fid%3D7%26fbclid%3DX&h=AT",
        "https://www.google.com/url?sa=t&url=http%3A%2F%2Fwww.example.org%2Fa%2Fb%3Fid%3D7",
        "https://vk.com/away.php?to=https://example.org/a/b?id=7",
    ],
)
def test_ways_to_write_one_address(written):
    assert canonical_url(written) == PAGE


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://youtu.be/dQw4w9WgXcQ?si=x&t=5", "https://youtube.com/watch?t=5&v=dQw4w9WgXcQ"),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "https://youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://mobile.twitter.com/ana/status/1?s=20", "https://x.com/ana/status/1"),
        ("https://t.co/AbC", "https://t.co/AbC"),
        ("https://www.google.com/amp/s/www.lemonde.example/x", "https://lemonde.example/x"),
        ("https://www-lemonde-example.cdn.ampproject.org/c/s/www.lemonde.example/x", "https://lemonde.example/x"),
        ("http://example.org:8080/", "https://example.org:8080/"),
        ("http://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://élysée.example/é", "https://xn--lyse-9oad.example/%C3%A9"),
        ("https://www.fr/", "https://www.fr/"),
    ],
)
def test_rules_one_by_one(written, expected):
    assert canonical_url(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "word",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "http://",
        "http://[::1",
        "http://a..b/",
        "http://a.example:99999999/",
        "tg://resolve?domain=x",
        "http://exa mple",
    ],
)
def test_what_is_no_web_address(written):
    assert canonical_url(written) is None


@given(HOSTILE)
def test_a_canonical_address_is_its_own_and_nothing_raises(written):
    canonical = canonical_url(written)
    event(f"an address: {canonical is not None}")
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical.isascii()
        assert canonical.startswith("https://")
        assert not set(canonical) & set(' \t\n"<>\\^`{|}')
        assert publisher(canonical) != ""


@pytest.mark.parametrize(
    "parameter", ["utm_id=1", "mibextid=x", "gad_source=1", "srsltid=x", "hsCtaTracking=a", "otm_x=1"]
)
def test_parameters_of_trackers_go(parameter):
    assert canonical_url(f"https://example.org/a/b?{parameter}&id=7") == PAGE


def test_what_passes_a_link_on_goes_on_its_own_platform_only():
    assert canonical_url("https://x.com/ana/status/1?t=aB&s=20") == "https://x.com/ana/status/1"
    assert canonical_url("https://example.org/?s=20&t=aB") == "https://example.org/?s=20&t=aB"


def test_wrappers_in_wrappers_end():
    wrapped = "https://a.example/"
    for _ in range(20):
        wrapped = f"https://l.facebook.com/l.php?u={wrapped}"
    assert canonical_url(wrapped) is None


def test_hostile_addresses_cost_linear_time():
    for piece in ("/", "/amp", "/..", "%", "&a=", "www.", "m.", "@", ":", "a."):
        canonical_url("https://a.example/" + piece * 40_000)
        canonical_url("https://" + piece * 40_000)
