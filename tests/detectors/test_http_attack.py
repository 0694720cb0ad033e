import random
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.detectors.http_attack import NO_HOST, http_attack
from vigie.kernels.baseline import baseline
from vigie.measures.http_attacks import MEASURE

START = date(2017, 3, 20)


def measured(daily, host="www.example", kind="sql_injection", source="0123456789ab"):
    """Measured rows of one host and kind with `daily[n]` requests on day n; None is a day without a log."""
    made = []
    for n, count in enumerate(daily):
        if count is None:
            continue
        day = START + timedelta(days=n)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        row = {"day": day, "host": host, "host_requests": 1_000, "sources": 0, "requests": 0, "evidence_ids": []}
        made.append(row)
        if count:
            ids = [f"{source}:{1_000_000 * (n + 1) + i}" for i in range(count)]
            late = noon + timedelta(seconds=count)
            made.append(
                row
                | {
                    "kind": kind,
                    "requests": count,
                    "sources": 1,
                    "first_seen": noon,
                    "last_seen": late,
                    "evidence_ids": ids,
                }
            )
    return pa.Table.from_pylist(made, schema=MEASURE.schema)


def test_a_campaign_of_three_days_is_one_finding():
    noise = [3, 5, 0, 4, 2, 6, 3, 1, 4, 2]
    (found,) = http_attack(measured([*noise, 180, 240, 90, *noise])).to_pylist()
    assert found["value"] == 510
    assert found["low"] < 510 < found["high"]
    assert found["subject_ids"] == ["sql_injection", "www.example"]
    assert 5 < found["expected"] < 15
    assert found["p_value"] < 1e-6
    assert len(found["evidence_ids"]) == 510
    assert "from 2017-03-30 to 2017-04-01" in found["title"]


def test_two_campaigns_are_two_findings_and_a_day_without_a_log_parts_them():
    noise = [2, 1, 3, 2, 2, 1, 0, 2]
    assert http_attack(measured([*noise, 200, 1, 300, *noise]))["value"].to_pylist() == [200, 300]
    assert http_attack(measured([*noise, 200, None, 300, *noise]))["value"].to_pylist() == [200, 300]


def test_scanners_that_come_every_day_are_no_finding():
    draw = random.Random(3)
    for mean in (5, 40, 400):
        counts = [max(0, round(draw.gauss(mean, 2 * mean**0.5))) for _ in range(35)]
        assert http_attack(measured(counts)).num_rows == 0


def test_a_log_of_few_days_has_no_baseline():
    (found,) = http_attack(measured([0, 30, 40])).to_pylist()
    assert (found["value"], found["expected"], found["p_value"]) == (70, None, None)
    assert http_attack(measured([0, 10, 9])).num_rows == 0


def test_a_host_that_is_not_logged_is_one_server():
    (found,) = http_attack(measured([0, 30], host=None)).to_pylist()
    assert found["subject_ids"] == [NO_HOST, "sql_injection"]


def by_hand(counts, requests_min, p_max, times_min):
    """The definition, day by day, for one host and kind with a log of every day."""
    usual = baseline(counts) if len(counts) >= 7 else None
    runs, run = [], []
    for n, count in enumerate([*counts, 0]):
        out = count and (usual is None or usual.tail(count, 1) * len(counts) <= p_max)
        if out:
            run.append(n)
        elif run:
            runs.append(run)
            run = []
    kept = []
    for days in runs:
        total = sum(counts[n] for n in days)
        expected = usual.mean * len(days) if usual else None
        if total >= requests_min and (usual is None or total >= times_min * expected):
            kept.append((total, expected))
    return kept


@given(
    st.lists(st.sampled_from([0, 1, 2, 5, 30, 60]), min_size=1, max_size=14),
    st.integers(1, 40),
    st.sampled_from([0.001, 0.05]),
    st.sampled_from([1.0, 3.0, 10.0]),
)
def test_the_runs_are_those_of_the_definition(counts, requests_min, p_max, times_min):
    found = http_attack(measured(counts), requests_min=requests_min, p_max=p_max, times_min=times_min)
    event(f"findings: {min(found.num_rows, 2)}")
    assert [(f["value"], f["expected"]) for f in found.to_pylist()] == by_hand(counts, requests_min, p_max, times_min)


@given(st.lists(st.sampled_from([0, 1, 30, 90]), min_size=1, max_size=12), st.randoms())
def test_hosts_do_not_bear_on_each_other_and_order_does_not_matter(counts, shuffle):
    alone = [http_attack(measured(c, host=h)) for h, c in (("a.example", counts), ("b.example", counts[::-1]))]
    both = pa.concat_tables([measured(counts, "a.example"), measured(counts[::-1], "b.example")])
    order = shuffle.sample(range(both.num_rows), both.num_rows)
    together = http_attack(both.take(order)).to_pylist()
    assert together == sorted(pa.concat_tables(alone).to_pylist(), key=lambda f: (f["subject_ids"], f["first_seen"]))
