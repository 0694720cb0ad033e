import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.laws import PARIS, mutated, parse, survives
from vigie.sources import Block, Head, all_sources
from vigie.sources.ranges import REASONS

SOURCE = next(s for s in all_sources() if s.name == "ranges-csv")
OWN = b"""start_ip,end_ip,country,asn,as_name,type
1.0.0.0,1.0.0.255,au,AS13335,"Cloudflare, Inc.",hosting
2001:db8::,2001:db8::ffff,FR,3215,Orange S.A.,isp
::ffff:8.8.8.0,8.8.8.255,EU,-,-,business
"""
DBIP = b"0.0.0.1,0.255.255.255,ZZ\n1.0.0.0,1.0.0.255,AU\n2001:db8::,2001:db8::ffff,FR\n"
DBIP_ASN = b'1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n'
DBIP_CITY = b"1.0.0.0,1.0.0.255,OC,AU,Queensland,South Brisbane,-27.4767,153.017\n"
IP2LOCATION = b'"1","16777215","-","-"\r\n"16777216","16777471","US","United States of America"\r\n'
V6 = 0x20010DB8 << 96
IP2LOCATION_V6 = f'"0","281470681743359","-","-"\n"{V6}","{V6 + 255}","FR","France"\n'.encode()
IP2LOCATION_ASN = b'"16777216","16777471","1.0.0.0/24","13335","CloudFlare Inc"\n'
IPTOASN = b"1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n"
NETWORKS = b"network,autonomous_system_number,autonomous_system_organization\n1.0.0.5/24,13335,Cloudflare\n5::/16,1,A\n"
NOTHING = b"network,geoname_id,registered_country_geoname_id\n1.0.0.0/24,2077456,2077456\n"
FILES = (OWN, DBIP, DBIP_ASN, DBIP_CITY, IP2LOCATION, IP2LOCATION_V6, IP2LOCATION_ASN, IPTOASN, NETWORKS, NOTHING)


def brief(data):
    got = parse(SOURCE, data)
    columns = ("first", "last", "country", "asn", "organisation", "network_kind")
    return [tuple(r[c] for c in columns) for r in got.rows.to_pylist()], [(r.record, r.reason) for r in got.refused]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (OWN, [("1.0.0.0", "1.0.0.255", "AU", 13335, "Cloudflare, Inc.", "hosting"),
               ("2001:db8::", "2001:db8::ffff", "FR", 3215, "Orange S.A.", "access"),
               ("8.8.8.0", "8.8.8.255", None, None, None, None)]),
        (DBIP, [("0.0.0.1", "0.255.255.255", None, None, None, None), ("1.0.0.0", "1.0.0.255", "AU", None, None, None),
                ("2001:db8::", "2001:db8::ffff", "FR", None, None, None)]),
        (DBIP_ASN, [("1.0.0.0", "1.0.0.255", None, 13335, "Cloudflare, Inc.", None)]),
        (DBIP_CITY, [("1.0.0.0", "1.0.0.255", "AU", None, None, None)]),
        (IP2LOCATION, [("0.0.0.1", "0.255.255.255", None, None, None, None),
                       ("1.0.0.0", "1.0.0.255", "US", None, None, None)]),
        (IP2LOCATION_V6, [("::", "::fffe:ffff:ffff", None, None, None, None),
                          ("2001:db8::", "2001:db8::ff", "FR", None, None, None)]),
        (IP2LOCATION_ASN, [("1.0.0.0", "1.0.0.255", None, 13335, "CloudFlare Inc", None)]),
        (IPTOASN, [("1.0.0.0", "1.0.0.255", "US", 13335, "CLOUDFLARENET", None),
                   ("1.0.1.0", "1.0.3.255", None, None, None, None)]),
        (NETWORKS, [("1.0.0.0", "1.0.0.255", None, 13335, "Cloudflare", None),
                    ("5::", "5:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, 1, "A", None)]),
    ],
    ids=["own", "dbip", "dbip-asn", "dbip-city", "ip2location", "ip2location-v6", "ip2location-asn", "iptoasn", "cidr"],
)  # fmt: skip
def test_the_layouts_in_use(data, rows):
    assert SOURCE.sniff(Head("file", data, whole=True)) == 80
    assert brief(data) == (rows, [])


def test_ranges_that_are_none_are_refused_with_the_reason():
    data = b"""first,last,country
2.0.0.9,2.0.0.1,FR
2.0.0.0,2001:db8::,FR
2.0.0.0,2.0.0,FR
,2.0.0.0,FR
example.org,2.0.0.0,FR
3.0.0.0,3.0.0.9
4.0.0.0,4.0.0.9,DE
"""
    rows, refused = brief(data)
    assert [r[:3] for r in rows] == [("4.0.0.0", "4.0.0.9", "DE")]
    assert [reason for _, reason in refused] == [
        REASONS[2], REASONS[3], REASONS[1], REASONS[1], REASONS[1], "2 fields where the header has 3",
    ]  # fmt: skip


def test_networks_that_are_none():
    rows, refused = brief(
        b"cidr,country\n1.0.0.0/33,FR\n::/129,FR\n1.0.0.0/x,FR\n5.1.2.3/0,FR\n::/0,FR\n1.0.0.1,FR\n::ffff:2.0.0.0/120,DE\n"
    )
    assert [r[:3] for r in rows] == [("1.0.0.1", "1.0.0.1", "FR"), ("2.0.0.0", "2.0.0.255", "DE")]
    assert [reason for _, reason in refused] == [REASONS[4], REASONS[4], REASONS[1], REASONS[5], REASONS[5]]


def test_a_file_that_names_places_by_number_says_what_to_add():
    rows, refused = brief(NOTHING)
    assert SOURCE.sniff(Head("GeoLite2-Country-Blocks-IPv4.csv", NOTHING, whole=True)) == 60
    assert rows == []
    assert refused[0][1].startswith("the header has no country, asn, organisation or network_kind; of databases")


def test_the_day_is_that_of_the_files_name():
    block = Block(DBIP, 1, last=True, tz=PARIS, name="dbip-country-lite-2024-03.csv")
    assert {t.isoformat() for t in SOURCE.parse(block, {}).rows["time"].to_pylist()} == {"2024-03-01T00:00:00+00:00"}
    assert parse(SOURCE, DBIP).rows["time"].null_count == 3


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,c\n1,2,3\n",
        b"x,y,FR\n",
        b"1.2.3.4,GET,FR\n",
        b"2.0.0.9,2.0.0.1,FR\n",
        b"start,end,country\n2017-01-01,2017-02-01,FR\n",
        b"time,platform,post_id,channel_id,text\n2017-02-15T10:00:00Z,x,1,ch,hello\n",
        b"",
    ],
)
def test_other_files_are_left_to_others(data):
    assert SOURCE.sniff(Head("file.csv", data, whole=True)) == 0


@given(st.sampled_from(FILES), st.integers(1, 6))
def test_cuts_do_not_matter(data, step):
    whole = parse(SOURCE, data)
    lines = data.splitlines(keepends=True)
    rows, refused, state, record, held = [], [], {}, 1, b""
    for at in range(0, len(lines), step):
        given_bytes = held + b"".join(lines[at : at + step])
        part = SOURCE.parse(Block(given_bytes, record, last=at + step >= len(lines), tz=PARIS, name="file"), state)
        held = given_bytes[part.consumed :]
        rows += part.rows.to_pylist()
        refused += part.refused
        state, record = part.state, record + part.records
    assert rows == whole.rows.to_pylist()
    assert refused == whole.refused


@settings(max_examples=60)
@given(mutated(*FILES))
def test_nothing_raises(data):
    survives(SOURCE, data)
