from collections import Counter, defaultdict

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import rows_of_case
from vigie.measures import measured
from vigie.measures.login_attempts import MEASURE
from vigie.tables import split_row_id
from vigie.testing import requests, rows
from vigie.text.address import origin_address

PATHS = ["/login", "/Login", "/wp-login.php", "/xmlrpc.php", "/articles/login", "/", "/api/token"]
STATUSES = [200, 200, 200, 302, 401, 403, 404, 301, 500, None]


@st.composite
def tables(draw):
    statuses = draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=4))
    cells = [
        {
            "time": draw(st.sampled_from([0, 30, 59, 60, 3599, 3600, 7300])),
            "client_ip": draw(st.sampled_from(["8.8.8.8", "10.0.0.1", "9.9.9.9"])),
            "forwarded_for": draw(st.sampled_from([None, "8.8.4.4"])),
            "method": draw(st.sampled_from(["POST", "POST", "POST", "post", "GET", None])),
            "host": draw(st.sampled_from([None, "a.example", "A.example:443"])),
            "path": draw(st.sampled_from(PATHS)),
            "status": draw(st.sampled_from(statuses)),
        }
        for _ in range(draw(st.integers(1, 40)))
    ]
    return rows("requests", *cells)


def outcome(status, page, statuses):
    if status in (400, 401, 403, 422, 423, 429):
        return "failure"
    if page == "/xmlrpc.php" or status is None:
        return "unknown"
    if statuses & {401, 422}:
        return "success" if 200 <= status < 400 else "unknown"
    if 200 in statuses and statuses & {302, 303, 307}:
        return {200: "failure", 302: "success"}.get(status, "unknown")
    return "unknown"


def ids(rs):
    return sorted((r["row_id"] for r in rs), key=split_row_id)


def by_hand(table):
    rs = [
        r | {"host": (r["host"] or "").lower().removesuffix(":443") or None, "page": r["path"].lower()}
        for r in table.to_pylist()
        if (r["method"] or "").upper() == "POST" and r["status"] not in (301, 404)
    ]
    pages = defaultdict(list)
    for r in rs:
        if r["page"] in {"/login", "/wp-login.php", "/xmlrpc.php", "/api/token"}:
            pages[r["host"], r["page"]].append(r)
    made = {}
    for (host, page), own in pages.items():
        statuses = {r["status"] for r in own}
        groups = defaultdict(list)
        for r in own:
            address = origin_address(r["client_ip"], r["forwarded_for"], ())[0]
            groups[address, r["time"].replace(minute=0, second=0)].append(r)
        for (address, hour), held in groups.items():
            told = Counter(outcome(r["status"], page, statuses) for r in held)
            made[host, page, address, hour] = (
                len(held),
                told["failure"],
                told["success"],
                max(Counter(r["time"].replace(second=0) for r in held).values()),
                min(r["time"] for r in held),
                max(r["time"] for r in held),
                ids(held),
                ids(r for r in held if outcome(r["status"], page, statuses) == "success"),
            )
    return made


@settings(max_examples=30)
@given(tables())
def test_attempts_are_those_of_the_definition(table):
    found = measured(MEASURE, {"requests": table}).to_pylist()
    covered = [r["hour"] for r in found if r["page"] is None]
    assert covered == sorted({r["time"].replace(minute=0, second=0) for r in table.to_pylist()})
    kept = [r for r in found if r["page"] is not None]
    event(f"outcomes: {sorted({(r['failures'] > 0) + 2 * (r['successes'] > 0) for r in kept})}")
    names = (
        "attempts",
        "failures",
        "successes",
        "per_minute",
        "first_seen",
        "last_seen",
        "evidence_ids",
        "success_ids",
    )
    assert {(r["host"], r["page"], r["address"], r["hour"]): tuple(r[n] for n in names) for r in kept} == by_hand(table)
    assert all(r["service"] == "web" and r["account"] is None for r in kept)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (200, 302, (1, 1)),  # a form that comes again, a redirect onwards
        (401, 200, (1, 1)),  # an interface that says no
        (200, 403, (1, 0)),  # a firewall steps in: what 200 means stays unknown
        (200, 200, (0, 0)),
        (302, 302, (0, 0)),
        (200, 500, (0, 0)),
    ],
)
def test_an_outcome_is_told_only_where_the_answers_differ(first, second, counts):
    table = requests(f"8.8.8.8 0 {first} POST /login", f"8.8.8.8 9 {second} POST /login")
    (row,) = [r for r in measured(MEASURE, {"requests": table}).to_pylist() if r["page"]]
    assert (row["failures"], row["successes"]) == counts


def test_a_proxy_of_the_case_is_looked_through():
    table = rows("requests", {"client_ip": "9.9.9.9", "forwarded_for": "8.8.8.8", "path": "/login", "method": "POST"})
    servers = rows_of_case("case_servers", {"host": "9.9.9.9", "role": "proxy"})
    found = [measured(MEASURE, {"requests": table} | more).to_pylist() for more in ({}, {"case_servers": servers})]
    assert [[r["address"] for r in rs if r["page"]] for rs in found] == [["9.9.9.9"], ["8.8.8.8"]]


def test_a_login_page_that_is_not_there_is_none():
    statuses = (404, 405, 410, 501, 301, 308)
    table = requests(*(f"8.8.8.8 0 {status} POST /wp-login.php" for status in statuses), "8.8.8.8 0 200 GET /login")
    assert [r["page"] for r in measured(MEASURE, {"requests": table}).to_pylist()] == [None]
