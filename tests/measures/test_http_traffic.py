import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import event, given, settings

from tests.strategies import rows_of_case, seeds
from vigie.measures import http_traffic, measured
from vigie.measures.http_traffic import MEASURE
from vigie.tables import split_row_id
from vigie.testing import rows
from vigie.text.address import origin_address

HOSTS = [None, "", "a.example", "A.example:443", "a.example", "b.example"]
REFERERS = [None, None, "https://a.example/x", "https://b.example/", "https://search.example/?q=a.example", "-"]
PATHS = ["/", "/", "/a", "/b", "/site.CSS", "/logo.png", "/x.png/more"]
PROXY = "10.0.0.1"


def traffic(random: Random):
    """Requests of eight to forty hours by few sources, and in one or two of the hours of more."""
    hours = random.randint(8, 40)
    busy = random.sample(range(hours), 2)
    cells = []
    for _ in range(random.randint(200, 700)):
        loud = random.random() < 0.6
        hour = random.choice(busy) if loud else random.randrange(hours)
        client, forwarded = random.choice(
            [
                ("192.0.2.1", None),
                ("192.0.2.1", "8.8.8.8"),
                (PROXY, "8.8.8.8"),
                (PROXY, "9.9.9.9, 8.8.4.4"),
                ("8.8.8.8", None),
                ("::ffff:8.8.8.8", None),
                (f"8.8.9.{random.randint(1, 40)}", None),
            ]
        )
        cells.append(
            {
                "time": 3600 * hour + (random.randint(0, 400) if loud else random.randint(0, 3599)),
                "client_ip": client,
                "forwarded_for": forwarded,
                "host": random.choice(HOSTS[:4] if loud else HOSTS),
                "path": random.choice(PATHS[:2] if loud and random.random() < 0.9 else PATHS),
                "query": random.choice([None, "", "a=1", "a=2"]),
                "referer": random.choice(REFERERS[: 2 if loud else None]),
                "status": random.choice([200, 200, 404, 410, 500, 503, None]),
            }
        )
    return rows("requests", *cells)


def case(random: Random):
    return rows_of_case("case_servers", *([{"host": PROXY, "role": "proxy"}] if random.random() < 0.5 else []))


def run(requests, servers=None):
    given = {"requests": requests}
    return measured(MEASURE, given if servers is None else given | {"case_servers": servers}).to_pylist()


def asset(path):
    return re.search(r"\.(css|js|mjs|map|png|jpg|jpeg|gif|svg|woff2?|mp4)$", path.lower()) is not None


def is_bare(rs, host):
    own = sum(
        r["referer"] is not None and (host is None or r["referer"].partition("//")[2].startswith(host)) for r in rs
    )
    foreign = sum(r["referer"] is not None for r in rs)
    programme = not any(asset(r["path"]) for r in rs)
    unread = programme and (len(rs) >= 100 or (own == 0 and (foreign == 0 or len(rs) > 2)))
    return unread or (len(rs) >= 30 and len({r["path"] for r in rs}) == 1)


def cells_by_hand(requests, servers):
    proxies = [s["host"] for s in servers.to_pylist()]
    whole = defaultdict(list)
    for r in requests.to_pylist():
        host = re.sub(":[0-9]+$", "", (r["host"] or "").lower()) or None
        r["address"] = origin_address(r["client_ip"], r["forwarded_for"], proxies)[0]
        whole[host].append(r)
    cells = defaultdict(lambda: defaultdict(list))
    for host, rs in whole.items():
        for r in rs if len(rs) >= 100 else []:
            slot = int(r["time"].timestamp()) // 300 * 300
            cells[host, datetime.fromtimestamp(slot, UTC)][r["address"]].append(r)
    return cells


def total_by_hand(by_source, host):
    rs = [r for own in by_source.values() for r in own]
    return {
        "requests": len(rs),
        "sources": len(by_source),
        "busiest": max(map(len, by_source.values())),
        "assets": sum(asset(r["path"]) for r in rs),
        "referred": sum(r["referer"] is not None for r in rs),
        "bare": sum(len(own) for own in by_source.values() if is_bare(own, host)),
        "missing": sum(r["status"] in (404, 410) for r in rs),
        "failed": sum((r["status"] or 0) >= 500 for r in rs),
        "first_seen": min(r["time"] for r in rs),
        "last_seen": max(r["time"] for r in rs),
    }


def part_by_hand(by_source, host, part, name):
    rs = [r for own in by_source.values() if is_bare(own, host) for r in own]
    if part == "missing":
        return [r for r in rs if r["status"] in (404, 410)]
    return [r for r in rs if name == r["address" if part == "source" else "path"]]


@settings(max_examples=15)
@given(seeds)
def test_totals_and_parts_are_those_of_the_definition(seed):
    requests, servers = traffic(Random(seed)), case(Random(seed))
    cells = cells_by_hand(requests, servers)
    found = run(requests, servers)
    totals = [r for r in found if r["part"] is None]
    assert len(totals) == len(cells)
    for row in totals:
        expected = total_by_hand(cells[row["host"], row["window"]], row["host"])
        assert {k: row[k] for k in expected} == expected
        assert row["evidence_ids"] == []
    parts = [r for r in found if r["part"] is not None]
    event(f"parts: {min(len(parts), 5)}")
    for row in parts:
        rs = part_by_hand(cells[row["host"], row["window"]], row["host"], row["part"], row["name"])
        assert row["evidence_ids"] == sorted((r["row_id"] for r in rs), key=split_row_id)
        assert row["requests"] == row["bare"] == len(rs) >= 10
        assert row["sources"] == len({r["address"] for r in rs})
        assert row["targets"] == len({(r["path"], r["query"]) for r in rs})
        assert (row["first_seen"], row["last_seen"]) == (min(r["time"] for r in rs), max(r["time"] for r in rs))
    # Which five minutes have parts: those of an hour with far more than the others.
    for host, window in {(r["host"], r["window"]) for r in parts}:
        hourly = defaultdict(int)
        for (h, w), by_source in cells.items():
            if h == host:
                hourly[w.replace(minute=0)] += sum(map(len, by_source.values()))
        assert len(hourly) >= 6
        assert hourly[window.replace(minute=0)] >= 50


def test_a_flood_has_its_parts_and_its_evidence_is_thinned(monkeypatch):
    quiet = [{"time": 600 * n, "client_ip": f"8.8.8.{n % 99}", "path": f"/{n}", "status": 200} for n in range(400)]
    flood = [
        {"time": 99_900 + n // 10, "client_ip": "9.9.9.9", "path": "/", "query": f"{n}", "status": 503}
        for n in range(2000)
    ]
    table = rows("requests", *quiet, *flood)
    parts = {(r["part"], r["name"]): r for r in run(table) if r["part"]}
    assert set(parts) == {("source", "9.9.9.9"), ("path", "/")}
    row = parts["source", "9.9.9.9"]
    assert (row["requests"], row["targets"], row["failed"]) == (2000, 2000, 2000)
    assert row["evidence_ids"] == [f"0123456789ab:{n}" for n in range(401, 2401)]

    monkeypatch.setattr(http_traffic, "PARTS", http_traffic.PARTS.replace("20000", "300"))
    ids = next(r["evidence_ids"] for r in run(table) if r["part"] == "source")
    assert 200 <= len(ids) <= 301
    assert (ids[0], ids[-1]) == ("0123456789ab:401", "0123456789ab:2400")


def test_a_debate_night_may_be_unusual_but_a_short_log_and_a_quiet_one_are_not():
    def flat(days, factor):
        return rows(
            "requests",
            *({"time": 30 * n, "client_ip": f"8.8.8.{n % 99}", "path": f"/{n % 7}"} for n in range(days * 2880)),
            *({"time": 43_200 + n % 3600, "client_ip": f"8.8.7.{n % 9}", "path": "/"} for n in range(factor * 120)),
        )

    assert {r["window"].hour for r in run(flat(1, 5)) if r["part"]} == {12}
    assert not [r for r in run(flat(1, 0)) if r["part"]]
    few = rows("requests", *({"time": n, "client_ip": "8.8.8.8", "path": "/"} for n in range(4_000)))
    assert not [r for r in run(few) if r["part"]]


@pytest.mark.parametrize("count", [99, 100])
def test_a_host_with_few_requests_is_left_out(count):
    table = rows("requests", *({"time": n, "client_ip": "8.8.8.8", "path": "/", "host": "h"} for n in range(count)))
    assert [r["requests"] for r in run(table)] == ([] if count < 100 else [100])


def test_windows_start_at_whole_five_minutes():
    table = rows("requests", *({"time": 299 + n // 99, "client_ip": "8.8.8.8", "path": "/"} for n in range(198)))
    starts = [r["window"] - datetime(2017, 2, 15, tzinfo=UTC) for r in run(table)]
    assert starts == [timedelta(0), timedelta(minutes=5)]
