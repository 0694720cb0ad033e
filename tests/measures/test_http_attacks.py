from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.measures.attack_tables import get, tables
from vigie.engine.local import LocalEngine
from vigie.measures.http_attack_requests import MEASURE as REQUESTS
from vigie.measures.http_attacks import MEASURE
from vigie.rules import aim
from vigie.tables import split_row_id

DAY_S = 86_400
SQL = {"kind": "sql_injection"}
PROBE = {"kind": "cms_probe"}


def run(*requests, **case):
    relations = tables(*requests, **case)
    with LocalEngine({n: relations[n] for n in REQUESTS.reads}) as engine:
        single = engine.run(REQUESTS.steps())
    with LocalEngine({REQUESTS.name: single}) as engine:
        return single, engine.run(MEASURE.steps())


def verdict(*requests, **case):
    """The aim of the session of 5.5.5.5, and why."""
    (found,) = {(r["aim"], *r["aim_why"]) for r in run(*requests, **case)[1].to_pylist() if r["address"] == "5.5.5.5"}
    return found


READERS = [get(f"8.8.8.{n}", n, page) for n, page in enumerate(["/", "/news", "/agenda", "/search"])]
WEEK = [get("8.8.8.9", n * DAY_S, "/") for n in range(8)]


def payloads(n, page="/news", at=100):
    return [get("5.5.5.5", at + i, f"{page}?id={i}'", 403, **SQL) for i in range(n)]


def listed(n, status=404):
    return [get("5.5.5.5", 200 + i, f"/{'abcdefgh'[i % 8]}/{i}", status, **PROBE) for i in range(n)]


def test_payloads_to_pages_that_this_site_serves_are_aimed():
    assert verdict(*READERS, *payloads(5)) == (
        "aimed",
        "5 of its 5 attack requests work on pages that this site serves",
    )
    assert verdict(*READERS, *payloads(5), *listed(15))[0] == "aimed"
    assert verdict(*READERS, *payloads(5), *listed(16))[0] == "unclear"
    assert verdict(*READERS, *payloads(4))[0] == "unclear"


def test_a_name_of_the_case_is_aimed():
    assert verdict(*READERS, get("5.5.5.5", 50, "/macron.zip", 404, kind="backup_probe"), aliases=("Macron",)) == (
        "aimed",
        "1 of its 1 attack requests hold a name of the case's own",
    )


def test_probes_that_find_nothing_are_background():
    assert verdict(*READERS, *listed(8))[0] == "background"
    assert verdict(*READERS, *listed(8, status=None))[0] == "unclear"
    assert verdict(*READERS, *listed(7), get("5.5.5.5", 300, "/wp-login.php", 200, **PROBE))[0] == "unclear"
    assert verdict(*READERS, *WEEK, *listed(8, status=None))[0] == "background"
    assert verdict(*READERS, *WEEK, *listed(1_000))[0] == "background"
    assert verdict(*READERS, *WEEK, *listed(1_001))[0] == "unclear"


def test_payloads_to_no_page_of_this_site_are_background_once_the_log_is_a_week():
    assert verdict(*READERS, *payloads(9, "/index.cgi"))[0] == "unclear"
    assert verdict(*READERS, *WEEK, *payloads(9, "/index.cgi"))[0] == "background"


def test_what_comes_every_day_is_background_even_to_a_page_of_this_site():
    usual = [
        get(f"6.6.6.{n}", n % 8 * DAY_S + 500, f"/news?page=../../etc/passwd&n={n}", kind="traversal") for n in range(9)
    ]
    own = [get("5.5.5.5", 900 + n, f"/news?page=../../etc/passwd&n={n}", kind="traversal") for n in range(9)]
    assert verdict(*READERS, *WEEK, *usual, *own)[0] == "background"
    assert verdict(*READERS, *WEEK, *usual[:2], *own)[0] == "aimed"


def test_the_rest_of_a_scan_does_not_hide_its_payloads():
    rest = [get("5.5.5.5", 500 + n, f"/{n}", 404, called="scan") for n in range(90)]
    assert verdict(*READERS, *payloads(5), *rest)[0] == "aimed"
    assert verdict(*READERS, *payloads(4), *rest)[0] == "unclear"
    assert verdict(*READERS, *rest)[0] == "background"


@pytest.mark.parametrize(("page", "aim"), [("/members/login", "aimed"), ("/wp-login.php", "background")])
def test_guesses_at_the_login_page_of_this_site_alone_are_aimed(page, aim):
    guesses = [get("5.5.5.5", 500 + n, page, 401, method="POST", called="login_guessing") for n in range(90)]
    reader = get("8.8.8.8", 3, page)
    assert verdict(*READERS, *WEEK, reader, *guesses)[0] == aim
    assert verdict(*READERS, reader, *guesses)[0] == "background"


def test_all_requests_of_an_address_are_weighed_together_but_not_those_of_a_private_one():
    sessions = [get("5.5.5.5", n, f"/news?id={n}'", user_agent=f"tool {n}", **SQL) for n in range(5)]
    assert verdict(*READERS, *sessions)[0] == "aimed"
    inside = [r | {"client_ip": "10.0.0.2"} for r in sessions]
    assert set(run(*READERS, *inside)[1]["aim"].to_pylist()) == {"unclear"}


PAGES = ["/", "/news", "/old.php", "/agenda"]


@st.composite
def worlds(draw):
    host = st.sampled_from(["a.example", "a.example", "A.example:443", None])
    made = [
        get(
            draw(st.sampled_from(["8.8.8.8", "8.8.4.4"])),
            draw(st.integers(0, 3)) * DAY_S,
            draw(st.sampled_from(PAGES)),
            draw(st.sampled_from([200, 301, 404])),
            host=draw(host),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]
    for _ in range(draw(st.integers(3, 30))):
        kind = draw(st.sampled_from([None, "sql_injection", "sql_injection", "cms_probe", "backup_probe"]))
        target = draw(st.sampled_from(PAGES)) + (f"?id={draw(st.integers(0, 20))}'" if kind == "sql_injection" else "")
        ip = draw(st.sampled_from(["5.5.5.5", "5.5.5.6", "5.5.5.7", "6.6.6.6", "7.7.7.7", "10.0.0.2"]))
        made.append(
            get(
                ip,
                draw(st.integers(0, 3)) * DAY_S + draw(st.integers(0, 3)),
                target,
                draw(st.sampled_from([200, 200, 404, 500, None])),
                kind=kind,
                called="scan" if ip == "7.7.7.7" else None,
                host=draw(host),
                bytes=draw(st.sampled_from([None, 900, 70_000])),
            )
        )
    return tables(*made)


def by_hand(case):
    """Evidence and counts as the docstrings define them, request by request."""
    rows = {r["row_id"]: r for r in case["requests"].to_pylist()}
    for r in rows.values():
        r["host"] = (r["host"] or "").lower().removesuffix(":443") or None
    kinds = {v["row_id"]: v["kind"] for v in case["http_verdicts"].to_pylist()}
    attacks = {}
    for s in case["http_sessions"].to_pylist():
        for ident in s["attack_ids"]:
            attacks[ident] = (s, kinds[ident])
        if s["called"] == "scan":
            for ident in s["request_ids"]:
                attacks.setdefault(ident, (s, "scan"))
    hostile = {s["address"] for s, _ in attacks.values()}
    ordinary = {
        (r["host"], r["path"])
        for r in rows.values()
        if r["client_ip"] not in hostile and r["status"] is not None and 200 <= r["status"] <= 399
    }
    days = defaultdict(set)
    for r in rows.values():
        days[r["host"]].add(r["time"].date())
    asked = defaultdict(set)
    shapes = {}
    for ident, (s, kind) in attacks.items():
        r = rows[ident]
        shape = r["path"] if kind in aim.LISTED else r["path"] + ("?id=0'" if r["query"] else "")
        shapes[ident] = (r["host"], shape)
        asked[shapes[ident]].add((s["address"], r["time"].date()))
    made = {}
    for ident, (s, kind) in attacks.items():
        r, asks = rows[ident], asked[shapes[ident]]
        on = len({d for _, d in asks})
        usual = len({a for a, _ in asks}) >= 4 and on >= 3 and 3 * on >= len(days[r["host"]])
        existing = r["path"] != "/" and (r["host"], r["path"]) in ordinary
        read = r["path"] != "/" and any(
            v["client_ip"] == r["client_ip"] and (v["host"], v["path"]) == (r["host"], r["path"])
            and v["row_id"] not in kinds and v["status"] == 200 and v["time"] < r["time"]
            for v in rows.values()
        )  # fmt: skip
        working = kind not in aim.LISTED and not usual and (existing or read)
        made[ident] = (s["session_id"], kind, existing, usual, working, working and read)
    return made


@settings(max_examples=15, deadline=None)
@given(worlds())
def test_the_evidence_is_that_of_the_definition(case):
    with LocalEngine({n: case[n] for n in REQUESTS.reads}) as engine:
        single = engine.run(REQUESTS.steps())
    fields = ("session_id", "kind", "existing", "usual", "working", "read_first")
    found = {r["row_id"]: tuple(r[f] for f in fields) for r in single.to_pylist()}
    event(f"working: {min(sum(f[4] for f in found.values()), 2)}")
    event(f"usual: {min(sum(f[3] for f in found.values()), 2)}")
    assert found == by_hand(case)


@settings(max_examples=6, deadline=None)
@given(worlds(), st.randoms())
def test_groups_hold_each_request_once_and_row_order_does_not_matter(case, random):
    def both(relations):
        with LocalEngine({n: relations[n] for n in REQUESTS.reads}) as engine:
            single = engine.run(REQUESTS.steps())
        with LocalEngine({REQUESTS.name: single}) as engine:
            return single, engine.run(MEASURE.steps())

    single, grouped = both(case)
    order = {n: t.take(pa.array(random.sample(range(t.num_rows), t.num_rows), pa.int64())) for n, t in case.items()}
    assert both(order)[1].equals(grouped)
    of = {r["row_id"]: r for r in single.to_pylist()}
    groups = defaultdict(list)
    for r in of.values():
        groups[r["session_id"], r["host"], r["day"], r["kind"]].append(r)
    assert len(groups) == grouped.num_rows
    for g in grouped.to_pylist():
        own = groups[g["session_id"], g["host"], g["day"], g["kind"]]
        assert g["evidence_ids"] == sorted((r["row_id"] for r in own), key=split_row_id)
        assert (g["requests"], g["existing"], g["usual"]) == (
            len(own), sum(r["existing"] for r in own), sum(r["usual"] for r in own)
        )  # fmt: skip
        assert (g["first_seen"], g["last_seen"]) == (min(r["time"] for r in own), max(r["time"] for r in own))
        assert g["succeeded_ids"] == [i for i in g["evidence_ids"] if of[i]["succeeded"]]
        assert g["succeeded_why"] == [of[i]["succeeded"] for i in g["succeeded_ids"]]
        assert g["targets"] == len({r["target"] for r in own})


@pytest.mark.parametrize("kind", sorted({*aim.LISTED} - {"login_guessing"}))
def test_kinds_that_ask_from_a_list_are_never_work_on_a_page(kind):
    rows = run(*READERS, *(get("5.5.5.5", 50 + n, "/news", kind=kind) for n in range(9)))[0].to_pylist()
    assert [r["working"] for r in rows] == [False] * 9


def test_nothing_in_nothing_out():
    assert run()[1].equals(MEASURE.schema.empty_table())
