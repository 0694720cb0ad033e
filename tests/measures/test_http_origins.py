from collections import defaultdict

import iptocc
import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.engine.local import LocalEngine
from vigie.measures.http_origins import MEASURE
from vigie.rules.matching import REQUEST_COLUMNS, verdicts
from vigie.tables import CASE_TABLES, TABLES, split_row_id
from vigie.testing import rows
from vigie.text.address import origin_address

TARGETS = ["/", "/news?id=1'+or+'1'='1", "/.env"]
PEERS = ["8.8.8.8", "5.5.5.5", "9.9.9.9", "10.0.0.1", "2a01:cb00::1", "crawler.example.org"]
RANGES = [("8.8.8.0", "8.8.8.255", "UA"), ("8.8.0.0", "8.8.255.255", "PL"), ("5.0.0.0", "5.255.255.255", None)]


@st.composite
def cases(draw):
    cells = []
    for _ in range(draw(st.integers(1, 20))):
        path, mark, query = draw(st.sampled_from(TARGETS)).partition("?")
        cells.append(
            {
                "time": draw(st.integers(0, 2)) * 86_400,
                "client_ip": draw(st.sampled_from(PEERS)),
                "forwarded_for": draw(st.sampled_from([None, "9.9.9.9", "5.5.5.5, 10.0.0.2"])),
                "path": path,
                "query": query if mark else None,
                "status": 200,
            }
        )
    kept = draw(st.lists(st.sampled_from(RANGES), unique=True))
    ranges = rows("ip_ranges", *({"first": a, "last": b, "country": c} for a, b, c in kept))
    proxies = draw(st.sampled_from([[], ["8.8.8.8"]]))
    servers = pa.Table.from_pylist([{"host": h, "role": "proxy"} for h in proxies], schema=CASE_TABLES["case_servers"])
    return rows("requests", *cells), ranges, servers


def run(requests, ranges, servers):
    with LocalEngine({"requests": requests, "ip_ranges": ranges, "case_servers": servers}) as engine:
        return engine.run(MEASURE.steps())


def by_hand(requests, ranges, servers):
    kinds = {v["row_id"]: v["kind"] for v in verdicts(requests.select(REQUEST_COLUMNS)).to_pylist()}
    own = {r["first"]: r["country"] for r in ranges.to_pylist()}
    proxies = servers["host"].to_pylist()
    placed = []
    for r in requests.to_pylist():
        address, place = origin_address(r["client_ip"], r["forwarded_for"], proxies)
        country = iptocc.country_code(address) if place == "public" else None
        if address == "8.8.8.8":
            country = own.get("8.8.8.0") or own.get("8.8.0.0") or country
        placed.append((r["time"].date(), kinds.get(r["row_id"]), address, place, country, r))
    groups = defaultdict(list)
    for day, kind, address, place, country, r in placed:
        if kind:
            groups[day, kind, address, place, country].append(r)
    made = []
    for key, rs in groups.items():
        times = [r["time"] for r in rs]
        ids = sorted((r["row_id"] for r in rs), key=split_row_id)
        made.append((*key, len(rs), 1, min(times), max(times), ids))
    for day in {p[0] for p in placed}:
        those = [p for p in placed if p[0] == day]
        made.append((day, None, None, None, None, len(those), len({p[2] for p in those}), None, None, []))
    attackers = {p[2] for p in placed if p[1]}
    for place, country in {p[3:5] for p in placed}:
        those = [p for p in placed if p[3:5] == (place, country)]
        calm = [p for p in those if not p[1]]
        quiet = {p[2] for p in those} - attackers
        made.append((None, None, None, place, country, len(calm), len(quiet), None, None, []))
    return sorted(made, key=lambda m: [(v is None, str(v)) for v in m[:5]])


@settings(max_examples=30)
@given(cases())
def test_the_counts_are_those_of_the_definition(case):
    found = [tuple(r.values()) for r in run(*case).to_pylist()]
    event(f"attack rows: {min(3, sum(f[1] is not None for f in found))}")
    assert found == by_hand(*case)


@settings(max_examples=15)
@given(cases(), st.randoms())
def test_row_order_does_not_matter(case, random):
    requests, *rest = case
    order = random.sample(range(requests.num_rows), requests.num_rows)
    assert run(requests.take(order), *rest).equals(run(*case))


def test_nothing_in_nothing_out():
    tables = (TABLES["requests"].seen, TABLES["ip_ranges"].seen, CASE_TABLES["case_servers"])
    assert run(*(schema.empty_table() for schema in tables)).equals(MEASURE.schema.empty_table())
