import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.laws import PARIS, mutated, parse, survives
from vigie.sources import Block, Head, all_sources
from vigie.sources.address_list import NO_KIND
from vigie.sources.ranges import REASONS

SOURCE = next(s for s in all_sources() if s.name == "address-list")
PLAIN = b"# Tor exits\n\n185.220.101.1\n2001:db8::1 # a note\n10.0.0.0/8\n1.2.3.4-1.2.3.9\n1.2.3.4:9001\n"
EXITS = (
    b"ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2024-01-14 20:06:03\n"
    b"LastStatus 2024-01-15 07:00:00\n"
    b"ExitAddress 162.247.74.201 2024-01-15 07:16:31\nExitAddress 2001:db8::7 2024-99-15 07:16:31\n"
)


def read(data, name="file", state=None):
    return SOURCE.parse(Block(data, 1, last=True, tz=PARIS, name=name), state or {})


def test_addresses_and_networks_are_ranges_of_the_lists_kind():
    got = parse(SOURCE, PLAIN)
    assert [(r["record"], r["first"], r["last"], r["network_kind"]) for r in got.rows.to_pylist()] == [
        (3, "185.220.101.1", "185.220.101.1", "tor"),
        (4, "2001:db8::1", "2001:db8::1", "tor"),
        (5, "10.0.0.0", "10.255.255.255", "tor"),
        (6, "1.2.3.4", "1.2.3.9", "tor"),
        (7, "1.2.3.4", "1.2.3.4", "tor"),
    ]
    assert got.skipped == 2
    assert set(got.rows["country"].to_pylist()) == {None}


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("tor-exits_2024.txt", "", "tor"),
        ("torbulkexitlist", "", "tor"),
        ("vpn.netset", "", "vpn"),
        ("vpn_servers.txt", "", "vpn"),
        ("ipv4.txt", "# Data center networks\n", "hosting"),
        ("ipv4.txt", "; network_kind: mobile\n", "mobile"),
        ("vpn.txt", "# network_kind = hosting\n", "hosting"),
        ("vpn.txt", "# not Tor\n", "vpn"),
        ("ipv4.txt", "# Tor\n# VPN\n", None),
        ("history.txt", "# of a mentor\n", None),
        ("ipv4.txt", "", None),
    ],
)
def test_what_tells_the_kind(name, head, kind):
    data = head.encode() + b"192.0.2.1\n# hosting\n192.0.2.2\n"
    got = read(data, name)
    if kind is None:
        assert [r.reason for r in got.refused] == [NO_KIND] * 2
    else:
        assert got.rows["network_kind"].to_pylist() == [kind] * 2


def test_the_tor_projects_lines_bring_kind_and_time():
    got = parse(SOURCE, EXITS)
    assert [(r["first"], r["network_kind"], r["time"] and r["time"].isoformat()) for r in got.rows.to_pylist()] == [
        ("162.247.74.201", "tor", "2024-01-15T07:16:31+00:00"),
        ("2001:db8::7", "tor", None),
    ]
    assert got.skipped == 3


def test_what_is_no_address_is_refused():
    got = read(b"192.0.2.1\nexample.org\n192.0.2.0/40\n192.0.2.9-192.0.2.1\n12345\n\xff\na\0\n", "tor.txt")
    reasons = [r.reason for r in got.refused]
    assert got.rows.num_rows == 1
    assert reasons == [REASONS[1], REASONS[4], REASONS[2], REASONS[1], "not UTF-8 at byte 1", "NUL byte"]


def test_sniffing():
    score = lambda data: SOURCE.sniff(Head("x", data, whole=True))  # noqa: E731
    assert (score(PLAIN), score(EXITS)) == (75, 85)
    for other in (b"", b"# only\n", b"192.0.2.1 - - [x] GET /\n", b"1\n2\n", b"192.0.2.1\nhello\n", b"\0"):
        assert score(other) == 0
    # The cut last line of a longer file does not count.
    assert SOURCE.sniff(Head("x", b"192.0.2.1\n192.0.", whole=False)) == 75


@given(st.integers(1, 4), st.sampled_from([PLAIN, EXITS, b"# VPN\n192.0.2.1\n# kind: tor\n192.0.2.2\nx\n"]))
def test_cuts_do_not_matter(step, data):
    whole = parse(SOURCE, data)
    lines = data.splitlines(keepends=True)
    rows, refused, state = [], [], {}
    for at in range(0, len(lines), step):
        block = Block(b"".join(lines[at : at + step]), at + 1, last=at + step >= len(lines), tz=PARIS, name="file")
        part = SOURCE.parse(block, state)
        rows += part.rows.to_pylist()
        refused += part.refused
        state = part.state
    assert (rows, refused) == (whole.rows.to_pylist(), whole.refused)


@settings(max_examples=60)
@given(mutated(PLAIN, EXITS, b"192.0.2.1\n"))
def test_nothing_raises(data):
    survives(SOURCE, data)
