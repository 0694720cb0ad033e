from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from vigie.kernels.ip import halves
from vigie.kernels.ip_text import read_addresses, write_addresses
from vigie.text.address import parse_address

PIECES = ["0", "1", "10", "255", "256", "01", "ffff", "FFFF:", "db8", "g", ":", "::", "::ffff:", ".", "1.2.3.4", "%"]
PIECES += ["[", "]", "]:443", ":80", "%eth0", " ", "", "2001:db8::1", "1:2:3:4:5:6:7:8", "\u0661", "\n", "-"]
ANY = st.one_of(
    st.ip_addresses().map(str),
    st.builds(lambda v4: f"::ffff:{v4}", st.ip_addresses(v=4)),
    st.builds(lambda v4: f"64:ff9b::{v4}:80", st.ip_addresses(v=4)),
    st.builds(lambda a: f"[{a}]:443", st.ip_addresses()),
    st.builds(lambda a: f"{a}:8080", st.ip_addresses()),
    st.builds(lambda a: f" {a.exploded.upper()}%eth0", st.ip_addresses()),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(alphabet="0123456789abcf:.%[] ", max_size=20),
)


def buffers(texts):
    array = pa.array(texts, pa.string())
    _, offsets, values = array.buffers()
    return np.frombuffer(values or b"", np.uint8), np.frombuffer(offsets, np.int32)[: len(texts) + 1]


def as_address(high, low):
    number = int(high) << 64 | int(low)
    return IPv4Address(number & 0xFFFFFFFF) if number >> 32 == 0xFFFF else IPv6Address(number)


def read(texts, slow=parse_address):
    high, low, found = read_addresses(*buffers(texts), slow)
    return [as_address(h, w) if f else None for h, w, f in zip(high, low, found, strict=True)]


@settings(max_examples=300)
@given(st.lists(ANY, max_size=6))
@example(["[1.2.3.4%x]:80", "1.2.3.4:80%x", "1.2.3.4%x:80", "[::1]%x", "[::1]]:80", "::1%x]", "[]", "::", "1.2.3.4:"])
@example(["1:2:3:4:5:6:7::", "::1:2:3:4:5:6:7:8", "1::2::3", ":::", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4.5", "1:::2"])
def test_the_kernel_reads_what_the_slow_reader_reads(texts):
    expected = [parse_address(t) for t in texts]
    event(f"addresses: {sum(e is not None for e in expected) > 0}")
    assert read(texts) == expected
    # What the kernel reads by itself it must read alike.
    alone = read(texts, lambda _: None)
    assert all(a in {None, e} for a, e in zip(alone, expected, strict=True))


@pytest.mark.parametrize(
    "text",
    ["192.0.2.7", "192.0.2.7:80", "2001:db8::1", "[2001:db8::1]:443", "::ffff:192.0.2.7", "fe80::1%eth0", "1::", "::1"],
)
def test_what_is_written_as_usual_needs_no_slow_reader(text):
    assert read([text], lambda _: None) == [parse_address(text)] != [None]


@given(st.lists(st.one_of(st.ip_addresses(), st.integers(0, 2**128 - 1).map(IPv6Address)), max_size=8))
@example([IPv6Address("1:0:0:2:0:0:0:3"), IPv6Address("1:0:2:0:3:0:4:0"), IPv6Address("::"), IPv6Address("1::")])
@example([IPv6Address("0:1:2:3:4:5:6:0"), IPv6Address("1:2:3:4:5:6:0:0"), IPv6Address("0:0:1:1:0:0:1:1")])
def test_addresses_are_written_as_python_writes_them(addresses):
    offsets, values = write_addresses(*halves(addresses))
    texts = [values[a:b].tobytes().decode() for a, b in pairwise(offsets.tolist())]
    assert texts == [str(getattr(a, "ipv4_mapped", None) or a) for a in addresses]
