from datetime import UTC, date, datetime
from ipaddress import ip_address
from random import Random

import iptocc
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.detectors.test_contract import LawfulEngine
from vigie.engine.local import LocalEngine
from vigie.measures import http_attacks, http_sessions
from vigie.measures.http_origins import DEFAULT, MEASURE, agreement
from vigie.rules.networks import kind_by_name
from vigie.tables import TABLES
from vigie.testing import rows
from vigie.text.countries import country_code

PUBLIC = ["8.8.8.8", "5.5.5.5", "9.9.9.9", "2a01:cb00::1", "2002:505:505::1", "185.220.101.1"]
OTHERS = [("10.0.0.1", "private or reserved"), ("crawler.example.org", "not an address")]
# (file, first, last, country, asn, organisation, kind): nested, overlapping, IPv6, wrong codes, names, a list.
RANGES = [
    ("aaaaaaaaaaaa", "4.0.0.0", "255.255.255.255", "US", None, "Everything", None),
    ("aaaaaaaaaaaa", "8.8.0.0", "8.8.255.255", "PL", 24940, "Hetzner Online GmbH", None),
    ("aaaaaaaaaaaa", "8.8.8.0", "8.8.8.255", "EU", 3215, "Orange S.A.", None),
    ("aaaaaaaaaaaa", "5.5.5.5", "5.5.5.5", "de", None, "Best Hosting", "access"),
    ("aaaaaaaaaaaa", "2a01:cb00::", "2a01:cb00:ffff:ffff:ffff:ffff:ffff:ffff", "FR", 3215, None, "mobile"),
    ("bbbbbbbbbbbb", "8.8.8.8", "8.8.8.8", "ZZ", 16276, None, None),
    ("bbbbbbbbbbbb", "8.8.8.8", "8.8.8.8", "UA", None, None, None),
    ("bbbbbbbbbbbb", "9.0.0.0", "9.9.9.9", "UA", None, None, None),
    ("bbbbbbbbbbbb", "9.9.9.0", "9.255.255.255", "GB", None, None, None),
    ("cccccccccccc", "185.220.101.1", "185.220.101.1", None, None, None, "tor"),
    ("dddddddddddd", "1.0.0.0", "1.0.0.255", "AU", None, None, None),
]


def ranges_of(chosen):
    made = []
    for number, (file, first, last, country, asn, organisation, kind) in enumerate(chosen, start=1):
        made.append(
            {
                "row_id": f"{file}:{number}",
                "time": datetime(2017, 2, 1, tzinfo=UTC) if file < "c" else None,
                "first": first,
                "last": last,
                "country": country,
                "asn": asn,
                "organisation": organisation,
                "network_kind": kind,
            }
        )
    table = rows("ip_ranges", *({**m, "time": m["time"] or 0} for m in made))
    return table.set_column(
        1, table.schema.field("time"), pa.array([m["time"] for m in made], pa.timestamp("us", "UTC"))
    )


@st.composite
def cases(draw):
    seed = draw(st.integers(0, 2**32))
    random = Random(seed)
    placed = [(a, "public") for a in PUBLIC] + OTHERS
    sessions, attacks = [], []
    for number in range(draw(st.integers(0, 12))):
        address, place = random.choice(placed)
        called = random.choice(["other", "crawler", "scan", "login_guessing"])
        attacked = random.random() < 0.5
        ident = f"0123456789ab:{number * 100 + 1}"
        sessions.append(
            {
                "session_id": ident,
                "address": address,
                "place": place,
                "requests": random.randint(1, 50),
                "attacks": int(attacked),
                "called": called,
            }
        )
        attacks += [
            {
                "session_id": ident,
                "address": address,
                "place": place,
                "host": random.choice([None, "www.a.example"]),
                "day": date(2017, 2, 15 + n),
                "kind": random.choice(["sqli", "xss"]),
                "aim": "unclear",
                "requests": random.randint(1, 9),
                "first_seen": datetime(2017, 2, 15 + n, tzinfo=UTC),
                "last_seen": datetime(2017, 2, 15 + n, 1, tzinfo=UTC),
                "evidence_ids": [f"0123456789ab:{number * 100 + 1 + n}"],
            }
            for n in range(random.randint(1, 2) if attacked else 0)
        ]
    return {
        "http_attacks": pa.Table.from_pylist(attacks, schema=http_attacks.SCHEMA),
        "http_sessions": pa.Table.from_pylist(sessions, schema=http_sessions.SCHEMA),
        "ip_ranges": ranges_of(draw(st.lists(st.sampled_from(RANGES), unique=True, max_size=len(RANGES)))),
    }


def run(tables, engine=LocalEngine):
    with engine(tables) as running:
        return running.run(MEASURE.steps())


def line(address):
    """Return the address as a number, IPv4 at ::ffff:0:0."""
    made = ip_address(address)
    return int(made) | 0xFFFF << 32 if made.version == 4 else int(made)


def look_up(database, address, ranges):
    """Say what a database knows of a public address, by the definition."""
    made = ip_address(address)
    if database == DEFAULT:
        return country_code(iptocc.country_code(str(getattr(made, "sixtofour", None) or made))), None, None, None, None
    own = [r for r in ranges if r["row_id"].startswith(database)]
    held = [(-line(r["first"]), line(r["last"]), n) for n, r in enumerate(own)
            if line(r["first"]) <= line(address) <= line(r["last"])]  # fmt: skip
    if not held and made.version == 6 and made.sixtofour:
        return look_up(database, str(made.sixtofour), ranges)
    if not held:
        return None, None, None, None, None
    r = own[min(held)[2]]
    kind = r["network_kind"] or kind_by_name(r["asn"], r["organisation"])
    by = "database" if r["network_kind"] else "name" if kind else None
    return country_code(r["country"]), r["asn"], r["organisation"], kind, by


def by_hand(tables):
    ranges = tables["ip_ranges"].to_pylist()
    databases = {DEFAULT: None}
    for r in ranges:
        name = r["row_id"].partition(":")[0]
        databases[name] = r["time"].date() if r["time"] else databases.get(name)
    made, counts = [], {}
    for database, built in databases.items():
        for a in tables["http_attacks"].to_pylist():
            known = look_up(database, a["address"], ranges) if a["place"] == "public" else (None,) * 5
            made.append((database, built, *known, a["session_id"], a["host"], a["day"], a["kind"], a["requests"], 1, 1))
        for s in tables["http_sessions"].to_pylist():
            if s["attacks"] == 0 and s["called"] in {"other", "crawler"} and s["place"] == "public":
                country, _, _, kind, by = look_up(database, s["address"], ranges)
                counts.setdefault((database, built, country, kind, by), []).append(s)
    for (database, built, country, kind, by), those in counts.items():
        sources = len({s["address"] for s in those})
        made.append((database, built, country, None, None, kind, by, None, None, None, None,
                     sum(s["requests"] for s in those), len(those), sources))  # fmt: skip
    return sorted(made, key=str)


COLUMNS = ("database", "database_date", "country", "asn", "organisation", "network_kind", "kind_by", "session_id",
           "host", "day", "kind", "requests", "sessions", "sources")  # fmt: skip


@settings(max_examples=20)
@given(cases())
def test_the_rows_are_those_of_the_definition(tables):
    found = [tuple(r[c] for c in COLUMNS) for r in run(tables).to_pylist()]
    event(f"rows: {min(3, len(found))}")
    assert sorted(found, key=str) == by_hand(tables)


@settings(max_examples=8)
@given(cases(), st.randoms())
def test_neither_row_order_nor_cuts_matter(tables, random):
    shuffled = {
        n: t.take(pa.array(random.sample(range(t.num_rows), t.num_rows), pa.int64())) for n, t in tables.items()
    }
    assert run(shuffled, LawfulEngine).equals(run(tables))


def test_nothing_in_nothing_out():
    tables = {
        "http_attacks": http_attacks.SCHEMA.empty_table(),
        "http_sessions": http_sessions.SCHEMA.empty_table(),
        "ip_ranges": ranges_of(RANGES),
    }
    assert run(tables).equals(MEASURE.schema.empty_table())


def attack(address, place="public"):
    return {"session_id": f"0123456789ab:{len(address)}", "address": address, "place": place, "kind": "xss"}


def origins(attacks, ranges):
    tables = {
        "http_attacks": pa.Table.from_pylist(attacks, schema=http_attacks.SCHEMA),
        "http_sessions": http_sessions.SCHEMA.empty_table(),
        "ip_ranges": ranges,
    }
    return run(tables)


def test_without_a_file_the_registries_data_stand_alone():
    found = origins(
        [attack("8.8.8.8"), attack("10.0.0.1", "private or reserved")], TABLES["ip_ranges"].seen.empty_table()
    )
    assert {(r["address"], r["database"], r["country"], r["database_date"]) for r in found.to_pylist()} == {
        ("8.8.8.8", DEFAULT, "US", None),
        ("10.0.0.1", DEFAULT, None, None),
    }


def test_a_list_is_no_country_database_that_disagrees():
    found = origins([attack("185.220.101.1"), attack("8.8.8.8")], ranges_of(RANGES))
    listed = [r for r in found.to_pylist() if r["database"] == "cccccccccccc"]
    assert {(r["address"], r["country"], r["network_kind"], r["kind_by"]) for r in listed} == {
        ("185.220.101.1", None, "tor", "database"),
        ("8.8.8.8", None, None, None),
    }
    assert "cccccccccccc" not in {name for a in agreement(found) for name in (a.first, a.second)}


def test_agreement_is_apart_for_hosting():
    found = origins([attack("9.9.9.9"), attack("8.8.8.8"), attack("5.5.5.5")], ranges_of(RANGES))
    by = {(a.first, a.second, a.where): (a.addresses, a.agree) for a in agreement(found)}
    # a: US, EU (no country), DE; b: GB (the range that begins last), none (the earlier of equal ranges says ZZ), none.
    assert by["aaaaaaaaaaaa", "bbbbbbbbbbbb", "all"] == (1, 0)
    assert by["aaaaaaaaaaaa", DEFAULT, "all"] == (2, 2)
    assert by["aaaaaaaaaaaa", DEFAULT, "hosting"] == (0, 0)
    assert all(a.share is None for a in agreement(found) if not a.addresses)


@pytest.mark.parametrize("order", [1, -1])
def test_files_stay_apart_whatever_their_order(order):
    found = origins([attack("8.8.8.8")], ranges_of(RANGES[::order]))
    assert sorted(set(found["database"].to_pylist())) == ["aaaaaaaaaaaa", *(c * 12 for c in "bcd"), DEFAULT]
