from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.ip import embedded, halves, segments

# Near the seams: few distinct addresses, so that ranges nest, touch and overlap, in both families.
V4 = st.integers(0, 6).map(lambda n: IPv4Address("10.0.0.250") + n)
ENDS = (0, 0xFFFF, 0x10000, 0xFFFFFFFF)
V4_ENDS = st.sampled_from(ENDS).map(IPv4Address)
V6 = st.sampled_from([0, 1, 2, (1 << 64) - 1, 1 << 64, (1 << 64) + 1, (1 << 128) - 1]).map(IPv6Address)
UNICAST = st.sampled_from(["2000::", "2001:db8::", "2001:db8::1", "2001:db8:0:1::", "3fff:ffff::", "4000::"]).map(
    IPv6Address
)
SIXTOFOUR = st.sampled_from(["2002::", "2002:a00:fb::1", "2002:a00:fb:ffff::"]).map(IPv6Address)
MAPPED = st.integers(0, 6).map(lambda n: IPv6Address("::ffff:10.0.0.250") + n)
ANY = st.one_of(V4, V4_ENDS, V6, UNICAST, SIXTOFOUR, MAPPED)


def number(address):
    return int(ip_address(f"::ffff:{address}")) if address.version == 4 else int(address)


def by_hand(ranges, address):
    """The definition: of the ranges that hold the address, the latest first, then the earliest last, then the first."""
    held = [(-number(a), number(b), n) for n, (a, b) in enumerate(ranges) if number(a) <= number(address) <= number(b)]
    if not held and address.version == 6 and address.sixtofour:
        return by_hand(ranges, address.sixtofour)
    return min(held)[2] if held else -1


@settings(max_examples=150)
@given(st.lists(st.tuples(ANY, ANY), max_size=12), st.lists(ANY, max_size=12))
def test_the_kernel_finds_what_a_linear_scan_finds(ranges, wanted):
    cut = segments(halves([a for a, _ in ranges]), halves([b for _, b in ranges]))
    found = cut.find(*halves(wanted)).tolist()
    event(f"found: {sum(f >= 0 for f in found) > 0}")
    assert found == [by_hand(ranges, w) for w in wanted]


def test_many_random_ranges_of_all_widths():
    rng = np.random.default_rng(3)
    for bits, base in ((32, 0xFFFF << 32), (61, 1 << 125)):
        starts = [int(n) << (125 - 61 if bits == 61 else 0) for n in rng.integers(0, 1 << bits, 3000)]
        widths = [1 << int(n) for n in rng.integers(0, bits + (32 if bits == 61 else 0), 3000)]
        ranges = [
            (IPv6Address(base + a), IPv6Address(min(base + a + w - 1, (1 << 128) - 1)))
            for a, w in zip(starts, widths, strict=True)
        ]
        wanted = [IPv6Address(base + (int(n) << (64 if bits == 61 else 0))) for n in rng.integers(0, 1 << bits, 300)]
        wanted += [ranges[n][n % 2] for n in range(0, 3000, 10)]
        cut = segments(halves([a for a, _ in ranges]), halves([b for _, b in ranges]))
        assert cut.find(*halves(wanted)).tolist() == [by_hand(ranges, w) for w in wanted]


def test_touching_and_equal_ranges_are_as_few_segments_as_they_can_be():
    first = halves([IPv4Address("10.0.0.0"), IPv4Address("10.0.0.0"), IPv4Address("10.0.0.8")])
    last = halves([IPv4Address("10.0.0.7"), IPv4Address("10.0.0.7"), IPv4Address("10.0.0.15")])
    assert segments(first, last).value4.tolist() == [-1, 0, 2, -1]


@given(st.lists(ANY, max_size=10))
def test_halves_are_the_number(addresses):
    high, low = halves(addresses)
    assert high.dtype == low.dtype == np.uint64
    assert [int(h) << 64 | int(part) for h, part in zip(high, low, strict=True)] == [number(a) for a in addresses]


@given(st.lists(ANY, max_size=10))
def test_embedded_are_the_ipv4_addresses_of_6to4(addresses):
    made_of = [a.sixtofour for a in addresses if a.version == 6 and a.sixtofour]
    assert [e.tolist() for e in embedded(halves(addresses)[0])] == [e.tolist() for e in halves(made_of)]
