"""Sessions equal those of dictionaries and loops, on requests dense with what makes them hard to tell."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import timedelta
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings

from bench.http_scans import ORDINARY, SCANNERS, read_log, shares
from tests import shared_data
from tests.strategies import rows_of_case, seeds
from vigie.kernels.sessions import COUNTS
from vigie.measures import measured
from vigie.measures.http_sessions import MEASURE, SCHEMA
from vigie.measures.http_verdicts import MEASURE as VERDICTS
from vigie.rules.crawlers import crawler_names
from vigie.rules.logins import is_login
from vigie.rules.sessions import CALLED, called
from vigie.tables import split_row_id
from vigie.testing import EPOCH, rows
from vigie.text.address import origin_address

PROXIES = ("9.9.9.9", "lb.example.org")
SERVERS = rows_of_case(
    "case_servers", *({"host": h, "role": "proxy"} for h in PROXIES), {"host": "5.5.5.5", "role": "web"}
)
PEERS = ("8.8.8.8", "8.8.8.8", "::ffff:8.8.8.8", "9.9.9.9", "10.0.0.1", "lb.example.org", "2001:4860:4860::8888")
FORWARDED = (None, None, "8.8.8.8", "1.1.1.1, 8.8.4.4", "10.2.2.2", "x'; --", "8.8.8.8, 9.9.9.9")
AGENTS = (
    None,
    "",
    "Mozilla/5.0 Firefox/110",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://g.example)",
    "sqlmap/1.7",
)
HOSTS = (None, None, "www.b.example", "WWW.b.example:443", "a.example", "[::1]:80", "", ":80")
PATHS = ("/", "/a", "/b.PNG", "/c/style.css", "/robots.txt", "/wp-login.php", "/login", "/.env", "/x.js?", "GET", "")
QUERIES = (None, None, "", "q=1", "id=1'+or+'1'='1", "q=<script>alert(1)</script>", "f=../../../../etc/passwd")
ASSET = re.compile(
    r"\.(png|jpe?g|gif|css|m?js|svg|ico|woff2?|ttf|otf|eot|webp|avif|bmp|map|mp4|webm|mp3)$", re.IGNORECASE
)
GAPS = (0, 0, 0, 1, 5, 59, 60, 61, 600, 1_800, 1_801, 9_000)


def random_requests(random):
    """Build a log of few clients, two sources whose records order otherwise than as text, and many ties of time."""
    peers, agents = random.sample(PEERS, random.randint(1, 4)), random.sample(AGENTS, random.randint(1, 3))
    made, time = [], 0
    for n in range(random.randint(1, 70)):
        time += random.choice(GAPS)
        made.append(
            {
                "row_id": f"{random.choice(['0123456789ab', 'fedcba987654'])}:{n * 7}",
                "time": time,
                "client_ip": random.choice(peers),
                "forwarded_for": random.choice(FORWARDED),
                "user_agent": random.choice(agents),
                "host": random.choice(HOSTS),
                "method": random.choice(["GET", "GET", "POST", "post", None]),
                "path": random.choice(PATHS),
                "query": random.choice(QUERIES),
                "status": random.choice([200, 200, 302, 401, 404, 410, 429, 500, 599, None]),
                "referer": random.choice([None, "https://www.b.example/"]),
            }
        )
    random.shuffle(made)
    return rows("requests", *made)


def slow_sessions(table):
    """Make the rows of the measure by dictionaries and loops, in the order of address, agent and time."""
    matched = measured(VERDICTS, {"requests": table})
    indicator = dict(zip(matched["row_id"].to_pylist(), matched["indicator"].to_pylist(), strict=True))
    paths = sorted(set(table["path"].to_pylist()))
    logins = {
        p for p, is_page in zip(paths, is_login(pa.array(paths, pa.string())).to_pylist(), strict=True) if is_page
    }
    clients = defaultdict(list)
    for r in table.to_pylist():
        address, place = origin_address(r["client_ip"], r["forwarded_for"], PROXIES)
        clients[address, place, r["user_agent"]].append(r)
    made = []
    for client in sorted(clients, key=lambda c: (c[0], c[2] is not None, c[2] or "")):
        asked = clients[client]
        asked.sort(key=lambda r: (r["time"], split_row_id(r["row_id"])))
        session = []
        for r in asked:
            if session and r["time"] - session[-1]["time"] > timedelta(minutes=30):
                made.append(one_session(session, indicator, logins, client))
                session = []
            session.append(r)
        made.append(one_session(session, indicator, logins, client))
    return made


def one_session(session, indicator, logins, client):
    address, place, agent = client

    def count(what):
        return sum(bool(what(r)) for r in session)

    hits = [r for r in session if r["row_id"] in indicator]
    assets = {r["row_id"] for r in session if ASSET.search(r["path"])}
    blind = [r["path"] for r in session if r["status"] in {404, 410} and not r["referer"] and r["row_id"] not in assets]
    hosts = Counter(re.sub(":[0-9]+$", "", (r["host"] or "").lower()) for r in session)
    del hosts[""]
    times = [r["time"] for r in session]
    (crawler,) = crawler_names(pa.array([agent], pa.string())).to_pylist()
    row = {
        "requests": len(session),
        "paths": len({r["path"] for r in session}),
        "missing": count(lambda r: r["status"] in {404, 410}),
        "denied": count(lambda r: r["status"] in {400, 401, 403, 405, 406, 429, 444}),
        "failed": count(lambda r: (r["status"] or 0) >= 500),
        "posts": count(lambda r: r["method"] == "POST"),
        "queries": count(lambda r: r["query"] is not None),
        "assets": len(assets),
        "referred": count(lambda r: r["referer"] is not None),
        "logins": count(lambda r: r["method"] == "POST" and r["path"] in logins),
        "attacks": len(hits),
        "indicators": len({indicator[r["row_id"]] for r in hits}),
        "per_minute": max(sum(timedelta(0) <= u - t < timedelta(seconds=60) for u in times) for t in times),
    }
    more = {
        "named": int(crawler is not None),
        "blind": len(blind),
        "blind_paths": len(set(blind)),
        "attack_paths": len({r["path"] for r in hits}),
        "post_paths": len({r["path"] for r in session if r["method"] == "POST"}),
        **dict.fromkeys(("host", "robots", "at_first"), 0),
    }
    counts = {name: np.array([(row | more)[name]], np.int64) for name in (*COUNTS, "named")}
    name = CALLED[int(called(counts)[0])]
    ids = [r["row_id"] for r in session]
    return row | {
        "session_id": ids[0],
        "address": address,
        "place": place,
        "user_agent": agent,
        "host": min(hosts, key=lambda h: (-hosts[h], h), default=None),
        "first_seen": times[0],
        "last_seen": times[-1],
        "robots": any(r["path"] == "/robots.txt" for r in session),
        "crawler": crawler,
        "called": name,
        "attack_ids": [r["row_id"] for r in hits],
        "request_ids": ids if name in {"scan", "login_guessing"} else [],
    }


@settings(max_examples=20)
@given(seed=seeds)
def test_they_equal_dictionaries_and_loops(seed):
    table = random_requests(Random(seed))
    made = measured(MEASURE, {"requests": table, "case_servers": SERVERS})
    for name in sorted(set(made["called"].to_pylist())):
        event(name)
    assert made.schema == SCHEMA
    found = made.to_pylist()
    for row in found:
        assert bool(row.pop("why")) is (row["called"] != "other")
    assert found == slow_sessions(table)


def log(*cells):
    return measured(MEASURE, {"requests": rows("requests", *cells)})


def get(time, path, **more):
    return {"time": time, "client_ip": "8.8.8.8", "method": "GET", "path": path, "status": 200, **more}


def test_a_pause_of_more_than_half_an_hour_begins_a_session():
    made = log(get(0, "/"), get(1_800, "/a"), get(3_601, "/b"))
    assert made["requests"].to_pylist() == [2, 1]
    assert made["first_seen"].to_pylist() == [EPOCH, EPOCH + timedelta(seconds=3_601)]


def test_a_log_out_of_order_and_clocks_apart_are_sorted_by_time_as_they_stand():
    made = log(get(5_000, "/"), get(0, "/a"), get(2_000, "/b"), get(3_500, "/c"))
    assert made["requests"].to_pylist() == [1, 3]
    assert made["session_id"].to_pylist() == ["0123456789ab:2", "0123456789ab:3"]


def test_readers_behind_one_address_are_clients_by_agent():
    agents = [f"Mozilla/5.0 ({n})" for n in range(40)]
    made = log(*(get(n, "/", user_agent=a) for n in range(3) for a in agents))
    assert sorted(made["user_agent"].to_pylist()) == sorted(agents)
    assert set(made["requests"].to_pylist()) == {3}


def test_a_name_of_no_agent_is_not_that_of_an_empty_one():
    made = log(get(0, "/", user_agent=None), get(1, "/", user_agent=""))
    assert made["user_agent"].to_pylist() == [None, ""]


def test_a_header_counts_behind_the_cases_own_proxy_only():
    cells = [get(0, "/", client_ip="9.9.9.9", forwarded_for="1.1.1.1"), get(1, "/", client_ip="1.1.1.1")]
    requests = rows("requests", *cells)
    alone = measured(MEASURE, {"requests": requests})
    behind = measured(MEASURE, {"requests": requests, "case_servers": SERVERS})
    assert alone["address"].to_pylist() == ["1.1.1.1", "9.9.9.9"]
    assert (behind["address"].to_pylist(), behind["requests"].to_pylist()) == (["1.1.1.1"], [2])


HOSTILE = [
    "\x00",
    "\u202e",
    "'; drop table requests; --",
    "x" * 70_000,
    "\r\n127.0.0.1 - - [x]",
    "%ff%fe",
    "\U0010ffff",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_carried(text):
    cells = dict.fromkeys(("client_ip", "forwarded_for", "user_agent", "host", "path", "query", "referer"), text)
    (row,) = log(get(0, "/") | cells | {"method": text}).to_pylist()
    assert (row["requests"], row["user_agent"], row["place"]) == (1, text, "not an address")


def test_a_guesser_of_passwords_is_called_so():
    guesses = [get(3 * n, "/wp-login.php", method="POST") for n in range(30)]
    (row,) = log(*guesses, get(1, "/wp-login.php")).to_pylist()
    assert (row["called"], row["logins"], len(row["request_ids"])) == ("login_guessing", 30, 31)


def test_a_probe_each_minute_is_one_session_and_no_scan():
    (row,) = log(*(get(60 * n, "/health", status=404) for n in range(600))).to_pylist()
    assert (row["called"], row["requests"], row["per_minute"]) == ("other", 600, 1)


data = shared_data()


@pytest.mark.shared
@pytest.mark.skipif(data is None, reason="the folder of evaluation data is not beside the checkout")
class TestOnRealLogs:
    @pytest.mark.parametrize("name", SCANNERS)
    def test_a_scanners_requests_lie_in_scans(self, name):
        table = read_log(data / SCANNERS[name])
        assert shares(measured(MEASURE, {"requests": table}))["scan"] >= 0.95

    @pytest.mark.parametrize("name", SCANNERS)
    def test_under_a_browsers_name_too(self, name):
        table = read_log(data / SCANNERS[name])
        place = table.schema.get_field_index("user_agent")
        masked = table.set_column(place, table.schema.field(place), pa.array(["Mozilla/5.0 Firefox"] * len(table)))
        assert shares(measured(MEASURE, {"requests": masked}))["scan"] >= 0.95

    @pytest.mark.parametrize("name", ORDINARY)
    def test_an_ordinary_logs_do_not(self, name):
        split = shares(measured(MEASURE, {"requests": read_log(data / ORDINARY[name])}))
        assert split["scan"] <= (0.005 if "blog" in name else 0)
        assert split["crawler"] > 0.2
