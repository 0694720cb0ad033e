"""A briefing's worth of invented data, as hostile as outside text gets."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from vigie.briefings import Brief, CoverageCell, Daily, DetectorNote, RefusedLine, SourceLine, Trend, TrendPoint
from vigie.tables import FINDINGS, UTC_US

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x.png onerror=alert(1)>',
    "</style></title></textarea><!-- ]]> {{ 7 * 7 }} {% raw %}",
    "pay\u202egnp.exe \u2066isolate\u2069 zero\u200bwidth\u200d",
    "\x1b[2J\x1b]0;owned\x07 bell\x08 nul\x00 c1\x9b31m del\x7f",
    '=HYPERLINK("https://evil.example";"click")\n@SUM(A1)',
    "w" * 5000,
    "https://user:pw@example.test/" + "a%20" * 200 + "?q=1&amp;b=<2>",
    "خبر عاجل: قناة الأخبار العربية עברית",
    "👨\u200d👩\u200d👧 ❤\ufe0f 🏳\ufe0f\u200d🌈 z\u0300\u0301\u0302\u0303\u0304\u0305\u0306algo",
    "javascript:alert(1) ' onmouseover='x' `${1}` &lt;b&gt;",
    "\ud800 lone, \ufdd0 none, \U000e0041 tag, ⟦U+202E⟧ forged",
)
START = date(2017, 4, 2)
DAYS = 35
ROUNDS = (date(2017, 4, 23), date(2017, 5, 7))


def at(day: int, second: int = 0) -> datetime:
    return datetime(START.year, START.month, START.day, 8, tzinfo=UTC) + timedelta(days=day, seconds=second)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def finding(ident: str, **given: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "id": ident,
        "detector": "co_share",
        "title": "Two accounts posted 14 of the same addresses within 10 seconds of each other",
        "subject_kind": "account",
        "subject_ids": ["ana", "bob"],
        "first_seen": at(3),
        "last_seen": at(9, 5000),
        "measure": "distinct objects both accounts posted within the window",
        "value": 14.0,
        "unit": "objects",
        "low": None,
        "high": None,
        "expected": 0.31,
        "p_value": 0.00004,
        "q_value": 0.0009,
        "evidence_ids": ["0123456789ab:1"],
        "parameters": '{"objects_min": 3, "window_s": 10}',
        "technique": ["disarm.t0049"],
    }
    return plain | given


def rows(count: int, *columns: str, name: str = "posts.csv", texts: tuple[str, ...] = HOSTILE) -> pa.Table:
    """Evidence of `count` rows; the own columns go round `texts`, which lone surrogates cannot enter."""
    usable = [t.encode("utf-8", "replace").decode() for t in texts]
    data: dict[str, pa.Array] = {
        "row_id": pa.array([f"0123456789ab:{n}" for n in range(1, count + 1)], pa.string()),
        "file": pa.array([name] * count, pa.string()),
        "place": pa.array([f"line {n + 1}" for n in range(1, count + 1)], pa.string()),
        "time": pa.array([at(n % DAYS, n * 7) for n in range(count)], UTC_US),
    }
    for shift, column in enumerate(columns):
        data[column] = pa.array([usable[(n + shift * 3) % len(usable)] for n in range(count)], pa.string())
    return pa.table(data)


NOTES = {
    "http_attack": DetectorNote(
        title="Attack requests",
        what_it_measures="Requests whose path or query matches a pattern of `rules/`, per server and kind.\n\n"
        "- each request counts once;\n- a pattern is an indicator, it proves no success.",
        what_it_cannot_say="Whether an attack succeeded, who sent it, nor whether it was aimed at this site: scanners "
        "try every address they find.",
        spoofable=3,
        reads=("requests",),
        parameters={"requests_min": 50},
    ),
    "co_share": DetectorNote(
        title="Co-sharing accounts",
        what_it_measures="Distinct objects (address, hashtag) both accounts posted within `window_s`.",
        what_it_cannot_say="Who runs the accounts, nor that they are inauthentic: volunteers who post by appointment "
        "look the same.",
        spoofable=2,
        reads=("posts",),
        parameters={"objects_min": 3, "window_s": 10},
    ),
    "poll_shift": DetectorNote(
        title="Shifts in polls",
        what_it_measures="The change of a candidate's trend over `window_days`.",
        what_it_cannot_say="Why opinion moved.",
        spoofable=0,
        reads=("polls",),
    ),
    "mail_leak": DetectorNote(
        title="Leaked mail",
        what_it_measures="Signatures that verify.",
        what_it_cannot_say="How the mail left the mailbox.",
        spoofable=1,
        reads=("mails",),
    ),
}


def sample(*, co_shares: int = 3, simulated: bool = True) -> Brief:
    """Five and more findings of three kinds over 35 days, text hostile wherever outside text can stand."""
    found = [
        finding(
            "http_attack-00c0ffee",
            detector="http_attack",
            title="4,812 requests to www.parti.example tried SQL injection, against 37 expected",
            subject_kind="server",
            subject_ids=["www.parti.example"],
            first_seen=at(12),
            last_seen=at(14, 40_000),
            measure="requests that match a pattern of SQL injection",
            value=4812.0,
            unit="requests",
            low=4701.5,
            high=4925.25,
            expected=37.0,
            p_value=0.0,
            q_value=0.0,
            technique=["attack.t1190", "attack.t1595.002"],
            parameters='{"requests_min": 50}',
        ),
        finding(
            "poll_shift-0badcafe",
            detector="poll_shift",
            title="Share of favourable opinions: down 18 points between two polls",
            subject_kind="candidate",
            subject_ids=["françois-fillon"],
            measure="change of the trend",
            value=-18.0,
            unit="percentage points",
            low=-21.4,
            high=-14.2,
            expected=0.0,
            p_value=0.003,
            q_value=0.02,
            technique=[],
            parameters="{}",
        ),
        finding(
            "co_share-deadbeef",
            title=" ".join(HOSTILE[:5]).encode("utf-8", "replace").decode(),
            subject_ids=sorted(t.encode("utf-8", "replace").decode() for t in HOSTILE * 2),
            value=math.pi,
            p_value=None,
            q_value=None,
            expected=None,
            parameters="not json <b>",
        ),
        *(finding(f"co_share-{n:08x}", value=float(14 + n), p_value=0.0001 * (n + 1)) for n in range(co_shares)),
    ]
    daily = {START + timedelta(days=n): float((n * n * 37) % 90 + (1800 if 12 <= n <= 14 else 20)) for n in range(DAYS)}
    for gap in (5, 6, 27):
        del daily[START + timedelta(days=gap)]
    curve = tuple(
        TrendPoint(day=START + timedelta(days=n), value=v, low=v - 2.5, high=v + 2.5)
        for n, v in ((n, 40 - 18 / (1 + math.exp((17 - n) / 2))) for n in range(DAYS))
    )
    polls = tuple((START + timedelta(days=n), round(curve[n].value + math.sin(n) * 1.8, 1)) for n in range(0, DAYS, 3))
    sources = [
        ("www-access.log.gz", "requests", 812_345, lambda n: 23_000 + 900 * (n % 7) + (4_000 if 12 <= n <= 14 else 0)),
        ("posts-export \u202egnp.csv", "posts", 43_210, lambda n: 0 if n in (5, 6, 27) else 40 + n * n * 3),
        ("polls.csv", "polls", 96, lambda n: 4 if n % 3 == 0 else 0),
        ("<img src=x>.jsonl", "posts", 1_204, lambda n: n % 5 if n > 20 else 0),
    ]
    return Brief(
        case_name="France, 2017",
        country="FR",
        simulated=simulated,
        time_zone="Europe/Paris",
        campaign_opening=date(2017, 4, 10),
        rounds=ROUNDS,
        first=at(0),
        last=at(DAYS - 1, 50_000),
        inputs=tuple(
            SourceLine(
                name=name,
                sha256=sha(name),
                format="access-log" if table == "requests" else "csv",
                table=table,
                rows=count,
                refused=17 if table == "requests" else 0,
                repeats=3 if table == "posts" else 0,
                first=at(0),
                last=at(DAYS - 1),
            )
            for name, table, count, _ in sources
        ),
        inputs_hash=sha("inputs"),
        coverage=tuple(
            CoverageCell(source=name, table=table, day=START + timedelta(days=n), rows=per_day(n))
            for name, table, _, per_day in sources
            for n in range(DAYS)
            if per_day(n)
        ),
        not_looked_at=(
            "No data in the tables logins, mails, statements.",
            "The detector mail_leak had nothing to read.",
            f"Not understood: {HOSTILE[0]}.pcap",
        ),
        findings=pa.Table.from_pylist(found, schema=FINDINGS),
        detectors=NOTES,
        evidence={
            str(f["id"]): rows(60, "method", "path", "query", "user_agent", name="www-access.log.gz")
            if f["detector"] == "http_attack"
            else rows(14, "channel_id", "text", "urls")
            for f in found
        },
        series={
            "http_attack-00c0ffee": Daily(label="Requests that match SQL injection", counts=daily),
            "poll_shift-0badcafe": Trend(label="Favourable opinions, percent", curve=curve, polls=polls),
            "co_share-00000000": Daily(label=HOSTILE[0], counts={START: 1.0, START + timedelta(days=3): 0.0}),
        },
        refused=(
            RefusedLine(source="www-access.log.gz", reason="NUL byte", count=12),
            RefusedLine(source="www-access.log.gz", reason=HOSTILE[4], count=5),
        ),
        version="0.1.0",
    )


def nothing_found() -> Brief:
    """The same case without a finding."""
    return replace(sample(), findings=FINDINGS.empty_table(), evidence={}, series={})


def nothing_at_all() -> Brief:
    """A case to which nothing was added."""
    return replace(
        nothing_found(), inputs=(), coverage=(), refused=(), first=None, last=None, campaign_opening=None, rounds=()
    )
