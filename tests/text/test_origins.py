"""The addresses of many pairs are those of one pair at a time."""

from __future__ import annotations

from ipaddress import ip_address

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.text.address import is_public, origin_address
from vigie.text.origins import _CLOSED, _MIXED, origin_addresses

PEERS = (
    *("8.8.8.8", "08.8.8.8", "8.8.8.8:443", " 8.8.8.8", "8.8.8.8\n", "8.8.8", "256.1.1.1", "1.2.3.4.5", "9.9.9.9"),
    *("10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.1", "172.32.0.1", "192.168.1.1", "192.0.0.9"),
    *("198.51.100.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "0.1.0.0", "5.5.5.5"),
    *("::1", "2001:4860:4860::8888", "2001:DB8::1", "::ffff:8.8.4.4", "::ffff:10.0.0.1", "fe80::1%eth0"),
    *("[2001:4860:4860::8888]:80", "crawler.example.org", "", "-", "unknown", "\u0668.8.8.8"),
)
HEADERS = (
    *(None, None, None, "", "-", "unknown", "8.8.4.4", "8.8.4.4, 10.0.0.9", "1.1.1.1,8.8.4.4:1234", "10.0.0.1, ,,"),
    *("::ffff:9.9.9.9", "'; drop table requests; --", "8.8.4.4\r\nX: y", "," * 2_000, "5.5.5.5, 9.9.9.9"),
)
PROXIES = ["9.9.9.9", "::ffff:5.5.5.5", "crawler.example.org", "2001:4860:4860:0::8888", "not an address"]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(PEERS), st.sampled_from(HEADERS)), min_size=1, max_size=40),
    st.lists(st.sampled_from(PROXIES), max_size=3),
)
def test_they_are_those_of_one_pair_at_a_time(pairs, proxies):
    peers, headers = (pa.array(list(c), pa.string()) for c in zip(*pairs, strict=True))
    addresses, places = origin_addresses(peers, headers, proxies)
    made = list(zip(addresses.to_pylist(), places.to_pylist(), strict=True))
    event(f"forwarded: {any(a != p for (a, _), (p, _) in zip(made, pairs, strict=True))}")
    assert made == [origin_address(peer, header, proxies) for peer, header in pairs]


@pytest.mark.parametrize("first", sorted(set(range(256)) - _MIXED))
def test_under_a_plain_first_number_all_is_public(first):
    ends = [f"{first}.{a}.{b}.{c}" for a in (0, 64, 255) for b in (0, 2, 255) for c in (0, 255)]
    assert all(is_public(ip_address(address)) for address in ends)


def test_the_first_numbers_that_special_ranges_touch_are_known():
    touched = {n for n in range(256) for a in range(256) if not is_public(ip_address(f"{n}.{a}.0.1"))}
    assert touched <= _MIXED


@pytest.mark.parametrize("first", sorted(_CLOSED))
def test_under_a_closed_first_number_nothing_is_public(first):
    peers = [f"{first}.{a}.{b}.{c}" for a in range(256) for b, c in ((0, 0), (0, 255), (2, 1), (255, 255))]
    assert not any(is_public(ip_address(peer)) for peer in peers)
    addresses, places = origin_addresses(pa.array(peers), pa.nulls(len(peers), pa.string()), ["9.9.9.9"])
    assert addresses.to_pylist() == peers
    assert set(places.to_pylist()) == {"private or reserved"}


def test_nothing_is_nothing():
    none = pa.array([], pa.string())
    assert [c.to_pylist() for c in origin_addresses(none, none, [])] == [[], []]
