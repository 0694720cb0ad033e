from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.kernels.ip import find_ranges, halves

# Near the seams: few distinct addresses, so that ranges nest, touch and overlap, in both families.
V4 = st.integers(0, 6).map(lambda n: IPv4Address("10.0.0.250") + n)
V6 = st.sampled_from([0, 1, 2, (1 << 64) - 1, 1 << 64, (1 << 64) + 1, (1 << 128) - 1]).map(IPv6Address)
MAPPED = st.integers(0, 6).map(lambda n: IPv6Address("::ffff:10.0.0.250") + n)
ANY = st.one_of(V4, V6, MAPPED)


def number(address):
    return int(ip_address(f"::ffff:{address}")) if address.version == 4 else int(address)


def by_hand(ranges, address):
    """The definition: of the ranges that hold the address, the latest first, then the earliest last, then the first."""
    held = [(-number(a), number(b), n) for n, (a, b) in enumerate(ranges) if number(a) <= number(address) <= number(b)]
    return min(held)[2] if held else -1


@given(st.lists(st.tuples(ANY, ANY), max_size=12), st.lists(ANY, max_size=10))
def test_the_kernel_finds_what_a_linear_scan_finds(ranges, wanted):
    found = find_ranges(halves([a for a, _ in ranges]), halves([b for _, b in ranges]), halves(wanted)).tolist()
    event(f"found: {sum(f >= 0 for f in found) > 0}")
    assert found == [by_hand(ranges, w) for w in wanted]


@given(st.lists(ANY, max_size=10))
def test_halves_are_the_number(addresses):
    high, low = halves(addresses)
    assert high.dtype == low.dtype == np.uint64
    assert [int(h) << 64 | int(part) for h, part in zip(high, low, strict=True)] == [number(a) for a in addresses]
