from collections import defaultdict

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.engine.local import LocalEngine
from vigie.measures import http_attacks
from vigie.measures.http_attack_days import MEASURE
from vigie.tables import TABLES, split_row_id
from vigie.testing import rows

DAY_S = 86_400


@st.composite
def logs(draw):
    """Requests, and rows of http_attacks made of some of them."""
    cells = [
        {
            "time": draw(st.integers(0, 2)) * DAY_S + draw(st.sampled_from([0, 1, 86_399])),
            "client_ip": "192.0.2.1",
            "path": "/",
            "host": draw(st.sampled_from([None, "", "a.example", "A.example:443", "b.example"])),
        }
        for _ in range(draw(st.integers(1, 40)))
    ]
    requests = rows("requests", *cells)
    groups = defaultdict(list)
    for r in requests.to_pylist():
        if draw(st.booleans()):
            address = draw(st.sampled_from(["192.0.2.1", "192.0.2.2"]))
            session = f"{address[-1] * 12}:{draw(st.integers(1, 2))}"
            kind = draw(st.sampled_from(["xss", "traversal"]))
            groups[session, address, plain_host(r), r["time"].date(), kind].append(r)
    attacks = [
        {
            "session_id": session,
            "address": address,
            "host": host,
            "day": day,
            "kind": kind,
            "requests": len(own) * draw(st.sampled_from([1, 7])),
            "first_seen": min(r["time"] for r in own),
            "last_seen": max(r["time"] for r in own),
            "evidence_ids": [r["row_id"] for r in own],
            "aim": "aimed" if session.endswith(":1") else "unclear",
        }
        for (session, address, host, day, kind), own in groups.items()
    ]
    return requests, pa.Table.from_pylist(attacks, schema=http_attacks.SCHEMA)


def plain_host(row):
    return (row["host"] or "").lower().removesuffix(":443") or None


def run(requests, attacks):
    with LocalEngine({"requests": requests, "http_attacks": attacks}) as engine:
        return engine.run(MEASURE.steps())


def by_hand(requests, attacks):
    made = []
    cells = defaultdict(list)
    for r in requests.to_pylist():
        cells[r["time"].date(), plain_host(r)].append(r)
    for (day, host), rs in cells.items():
        times = [r["time"] for r in rs]
        covered = int((max(times) - min(times)).total_seconds())
        made.append((day, host, None, 0, 0, 0, 0, 0, len(rs), covered, None, None, []))
        for kind in ("xss", "traversal"):
            hits = [a for a in attacks.to_pylist() if (a["day"], a["host"], a["kind"]) == (day, host, kind)]
            if not hits:
                continue
            by_source = defaultdict(int)
            for a in hits:
                by_source[a["address"]] += a["requests"]
            made.append(
                (
                    day,
                    host,
                    kind,
                    sum(a["requests"] for a in hits),
                    len({a["session_id"] for a in hits}),
                    len(by_source),
                    sum(min(n, 10) for n in by_source.values()),
                    sum(a["requests"] for a in hits if a["aim"] == "aimed"),
                    len(rs),
                    covered,
                    min(a["first_seen"] for a in hits),
                    max(a["last_seen"] for a in hits),
                    sorted((i for a in hits for i in a["evidence_ids"]), key=split_row_id),
                )
            )
    return sorted(made, key=lambda m: (m[1] or "", m[0], m[2] or ""))


@settings(max_examples=30, deadline=None)
@given(logs())
def test_the_counts_are_those_of_the_definition(log):
    found = [tuple(r.values()) for r in run(*log).to_pylist()]
    event(f"bounded: {any(f[6] < f[3] for f in found)}")
    assert found == by_hand(*log)


@settings(max_examples=15, deadline=None)
@given(logs(), st.randoms())
def test_row_order_does_not_matter(log, random):
    shuffled = [t.take(pa.array(random.sample(range(t.num_rows), t.num_rows), pa.int64())) for t in log]
    assert run(*shuffled).equals(run(*log))


def test_nothing_in_nothing_out():
    nothing = run(TABLES["requests"].seen.empty_table(), http_attacks.SCHEMA.empty_table())
    assert nothing.equals(MEASURE.schema.empty_table())
