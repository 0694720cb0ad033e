from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.address import origin_address, parse_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "origin"),
    [
        ("8.8.8.8", None, [], ("8.8.8.8", "public")),
        ("8.8.8.8", "9.9.9.9", [], ("8.8.8.8", "public")),
        ("8.8.8.8", "9.9.9.9", ["8.8.8.8"], ("9.9.9.9", "public")),
        ("2001:4860::8", "9.9.9.9", ["2001:4860:0::8"], ("9.9.9.9", "public")),
        ("10.1.1.1", "1.1.1.1, 9.9.9.9, 10.0.0.7", [], ("9.9.9.9", "public")),
        ("10.1.1.1", "1.1.1.1, 9.9.9.9", ["9.9.9.9"], ("1.1.1.1", "public")),
        ("10.1.1.1", "unknown, , x", [], ("10.1.1.1", "private or reserved")),
        ("10.1.1.1", "9.9.9.9:4711", [], ("9.9.9.9", "public")),
        ("10.1.1.1", "[2a00:1450::5]:80", [], ("2a00:1450::5", "public")),
        ("10.1.1.1", None, [], ("10.1.1.1", "private or reserved")),
        ("127.0.0.1", None, [], ("127.0.0.1", "private or reserved")),
        ("::1", None, [], ("::1", "private or reserved")),
        ("fe80::1%eth0", None, [], ("fe80::1", "private or reserved")),
        ("224.0.0.1", None, [], ("224.0.0.1", "private or reserved")),
        ("::ffff:8.8.8.8", None, [], ("8.8.8.8", "public")),
        ("crawl.example.org", "9.9.9.9", [], ("crawl.example.org", "not an address")),
        ("cache.example.org", "9.9.9.9", ["cache.example.org"], ("9.9.9.9", "public")),
        ("", None, [], ("", "not an address")),
        ("8.8.8.8.", None, [], ("8.8.8.8.", "not an address")),
        ("010.1.1.1", None, [], ("010.1.1.1", "not an address")),
    ],
)
def test_where_a_request_came_from(peer, forwarded, proxies, origin):
    assert origin_address(peer, forwarded, proxies) == origin


@given(st.text(max_size=30), st.none() | st.text(max_size=30), st.lists(st.text(max_size=10), max_size=2))
def test_any_text_has_an_origin(peer, forwarded, proxies):
    address, place = origin_address(peer, forwarded, proxies)
    assert (place == "not an address") == (parse_address(address) is None)


@given(st.ip_addresses(), st.ip_addresses(), st.ip_addresses())
def test_what_a_client_claims_further_left_changes_nothing(peer, last, claimed):
    with_claim = origin_address(str(peer), f"{claimed}, {last}", [])
    if ip_address(str(last)).is_global and origin_address(str(last), None, [])[1] == "public":
        assert with_claim == origin_address(str(peer), str(last), [])
