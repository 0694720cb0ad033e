import random
import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.sources import mmdb_files
from tests.sources.laws import mutated, parse, survives
from tests.sources.mmdb_files import database
from vigie.kernels import mmdb_tree
from vigie.sources import Head, all_sources
from vigie.sources.mmdb_data import DamageError, Data

SOURCE = next(s for s in all_sources() if s.name == "mmdb")
FR = {"country": {"iso_code": "FR", "names": {"en": "France"}}, "registered_country": {"iso_code": "DE"}}
LITE = {"as_name": "Hetzner Online GmbH", "asn": "AS24940", "country": "Germany", "country_code": "DE"}
ASN = {"autonomous_system_number": 3215, "autonomous_system_organization": "Orange S.A."}
TOR = {"is_anonymous": True, "is_tor_exit_node": True}
CITY = {"city": {"names": {"en": "Lyon"}}, "location": {"time_zone": "Europe/Paris"}}
ALIASES = ("::ffff:0:0/96", "2002::/16")
FILE = database({"1.0.0.0/24": FR, "1.0.2.0/23": LITE, "2001:db8::/32": ASN}, aliases=ALIASES)


def brief(data):
    got = parse(SOURCE, data)
    rows = [
        (r["first"], r["last"], r["country"], r["asn"], r["organisation"], r["network_kind"])
        for r in got.rows.to_pylist()
    ]
    return rows, [r.reason for r in got.refused]


@pytest.mark.parametrize("bits", [24, 28, 32])
def test_every_network_is_a_row_and_the_ipv4_addresses_stand_there_once(bits):
    data = database({"1.0.0.0/24": FR, "1.0.2.0/23": LITE, "2001:db8::/32": ASN}, bits=bits, aliases=ALIASES)
    rows, refused = brief(data)
    assert rows == [
        ("1.0.0.0", "1.0.0.255", "FR", None, None, None),
        ("1.0.2.0", "1.0.3.255", "DE", 24940, "Hetzner Online GmbH", None),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", None, 3215, "Orange S.A.", None),
    ]
    assert refused == []
    assert parse(SOURCE, data).rows["time"][0].as_py().isoformat() == "2017-02-15T00:00:00+00:00"


def test_neighbours_with_the_same_values_are_one_range():
    other = FR | {"continent": {"code": "EU"}}  # another record, the same values
    rows, _ = brief(database({"10.0.0.0/24": FR, "10.0.1.0/24": other, "10.0.3.0/24": FR}, version=4))
    assert [r[:3] for r in rows] == [("10.0.0.0", "10.0.1.255", "FR"), ("10.0.3.0", "10.0.3.255", "FR")]


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({"country": {"iso_code": "EU"}, "registered_country": {"iso_code": "NL"}}, ("NL", None, None, None)),
        ({"country": "fr"}, ("FR", None, None, None)),
        ({"country_code": "ZZ", "asn": 0}, None),
        ({"traits": {"user_type": "hosting", "isp": "OVH", "autonomous_system_number": 16276}},
         (None, 16276, "OVH", "hosting")),
        (TOR, (None, None, None, "tor")),
        ({"connection_type": "Cellular"}, (None, None, None, "mobile")),
        ({"asn": {"asn": "AS1", "name": "x", "type": "isp"}}, (None, 1, "x", "access")),
    ],
)  # fmt: skip
def test_the_fields_of_databases_in_use(record, fields):
    rows, _ = brief(database({"10.0.0.0/8": record, "11.0.0.0/8": FR}))
    assert [r[2:] for r in rows if r[0] == "10.0.0.0"] == ([fields] if fields else [])


def test_a_database_of_cities_alone_is_refused_with_what_it_has():
    data = database({"10.0.0.0/8": CITY, "2001:db8::/32": CITY})
    assert brief(data) == (
        [],
        ["no network has a country, an autonomous system, an organisation or a kind; the records have city, location"],
    )
    assert parse(SOURCE, data).skipped == 2


def test_data_above_the_ipv4_addresses_are_theirs_too():
    rows, _ = brief(database({"::/64": FR}))
    assert [r[:2] for r in rows] == [("0.0.0.0", "255.255.255.255"), ("::", "::ffff:ffff:ffff:ffff")]  # noqa: S104


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no metadata at the end"),
        (FILE[:-200], "no metadata at the end"),
        (FILE[1000:], "does not fit"),
        (FILE[: FILE.index(mmdb_files.MARKER) + 30], "the metadata cannot be read"),
        (database({"10.0.0.0/8": FR}, meta={"binary_format_major_version": 3}), "its format is version 3, not 2"),
        (database({"10.0.0.0/8": FR}, meta={"record_size": 25}), "no sizes that the format allows"),
        (database({"10.0.0.0/8": FR}, meta={"ip_version": [6]}), "no sizes that the format allows"),
        (database({"10.0.0.0/8": FR}, meta={"node_count": 1 << 40}), "does not fit"),
        (database({}), "no network has"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(data, reason):
    rows, refused = brief(data)
    assert rows == []
    assert len(refused) == 1
    assert reason in refused[0]


def test_damaged_data_cost_the_networks_that_point_there():
    nodes = [[("data", 0), ("node", 1)], [("data", 10_000), 4]]
    rows, refused = brief(mmdb_files.whole(nodes, mmdb_files.value(FR), version=4))
    assert [r[:3] for r in rows] == [("0.0.0.0", "127.255.255.255", "FR")]  # noqa: S104
    assert refused == ["an offset before the data: 1 networks", "the data end within a value: 1 networks"]


def test_a_tree_that_leads_in_circles_ends():
    nodes = [[("node", 0), ("node", 1)], [("data", 0), ("node", 0)]]
    for version in (4, 6):
        rows, refused = brief(mmdb_files.whole(nodes, mmdb_files.value(FR), version=version))
        assert version == 6 or [r[:2] for r in rows] == [("128.0.0.0", "191.255.255.255")]
        assert refused[0].startswith("the tree leads in circles" if version == 4 else "no network")


def test_a_tree_that_unfolds_without_end_ends():
    # Each node leads to the next on both sides: 2 ** 100 networks from 100 nodes.
    nodes = [[("node", n + 1), ("node", n + 1)] for n in range(100)] + [[("data", 0), ("data", 5)]]
    began = time.process_time()
    _, refused = brief(mmdb_files.whole(nodes, mmdb_files.value(FR) * 2))
    assert time.process_time() - began < 10
    assert any("unfolds" in reason for reason in refused)


def test_records_made_to_be_read_over_and_over_end():
    pointer = bytes([1 << 5, 0])
    section = b"".join(bytes([0x1F, 4, 0xFF, 0xFF, 0xFF]) + pointer * 30 for _ in range(200))
    data = Data(section)
    began = time.process_time()
    for offset in range(0, len(section), 65):
        with pytest.raises(DamageError):
            data.at(offset)
    assert time.process_time() - began < 10


def test_branches_that_share_nodes_are_all_read():
    nodes = [[("node", 1), ("node", 1)], [("data", 0), None]]
    rows, refused = brief(mmdb_files.whole(nodes, mmdb_files.value(FR), version=4))
    assert [r[:2] for r in rows] == [("0.0.0.0", "63.255.255.255"), ("128.0.0.0", "191.255.255.255")]  # noqa: S104
    assert refused == []


@st.composite
def trees(draw):
    base = draw(st.sampled_from(["10.0.0.0/24", "2001:db8::/112"]))
    networks, left = {}, [ip_network(base)]
    while left:
        net = left.pop()
        what = draw(st.sampled_from("abcs")) if net.prefixlen < net.max_prefixlen else draw(st.sampled_from("ab"))
        if what == "s" and len(networks) < 12:
            left += list(net.subnets())
        elif what in "ab":
            networks[str(net)] = {"a": FR, "b": LITE}[what]
    return networks


@settings(max_examples=40)
@given(trees(), st.sampled_from([24, 28, 32]))
def test_each_address_has_the_record_of_its_network(networks, bits):
    rows, refused = brief(database(networks, bits=bits, aliases=ALIASES if any("." in n for n in networks) else ()))
    event(f"networks: {min(len(networks), 3)}")
    assert refused == ([] if networks else refused)
    nets = [(ip_network(n), r) for n, r in networks.items()]
    generator = random.Random(len(rows))
    probes = [IPv4Address("10.0.0.0") + n for n in range(256)]
    probes += [IPv6Address("2001:db8::") + generator.getrandbits(16) for _ in range(100)]
    for address in probes:
        here = next((r for n, r in nets if n.version == address.version and address in n), None)
        held = [r[2] for r in rows if _within(address, r)]
        assert held == ([{"FR": "FR", "DE": "DE"}["FR" if here is FR else "DE"]] if here else [])


def _within(address, row):
    first, last = ip_address(row[0]), ip_address(row[1])
    return first.version == address.version and first <= address <= last


@settings(max_examples=60)
@given(mutated(FILE, FILE[-1200:]))
def test_nothing_raises(data):
    survives(SOURCE, data)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_nothing_raises_where_numbers_in_the_tree_are_others(seed):
    generator = random.Random(seed)
    data = bytearray(FILE)
    for _ in range(generator.randint(1, 40)):
        data[generator.randrange(len(data) if generator.random() < 0.3 else 600)] = generator.randrange(256)
    survives(SOURCE, bytes(data))


def test_sniffing_knows_the_name_or_the_marker():
    assert SOURCE.sniff(Head("x.mmdb", FILE[:500])) == 90
    assert SOURCE.sniff(Head("x", FILE, whole=True)) == 95
    assert SOURCE.sniff(Head("x.mmdb", b"no binary")) == SOURCE.sniff(Head("x", FILE[:500])) == 0


def test_a_record_is_shown_as_text():
    row = '{"record": 1, "time": "2017-02-15 00:00:00+00:00", "first": "1.0.0.0", "last": "1.0.0.255", "country": "FR"}'
    assert SOURCE.locate(FILE, 1) == (1, row)


def test_ranges_are_no_more_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(mmdb_tree, "RANGES_MAX", 2)
    rows, refused = brief(FILE)
    assert len(rows) == 2
    assert "unfolds" in refused[0]


def test_joined_leaves_gaps_and_negative_keys():
    low = np.array([0, 10, 20, 40], np.uint64)
    zero = np.zeros(4, np.uint64)
    begin, end = mmdb_tree.joined(zero, low, zero, low + np.uint64(9), np.array([0, 0, -1, 0], np.int32))
    assert (begin.tolist(), end.tolist()) == ([0, 3], [1, 3])
