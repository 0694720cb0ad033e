from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.detectors.attack_burst import attack_burst, out_days
from vigie.measures.http_attack_days import MEASURE
from vigie.text.phrases import NO_HOST

START = date(2017, 3, 20)
QUIET = [2, 0, 1, 3, 2, 0, 1, 0, 2, 1]


def measured(daily, host="www.example", kind="sql_injection", each=3, covered_s=86_000):
    """Measured rows of one host and kind with `daily[n]` sources of `each` requests on day n; None: no log."""
    made = []
    for n, sources in enumerate(daily):
        if sources is None:
            continue
        day = START + timedelta(days=n)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        row = {"day": day, "host": host, "host_requests": 1_000, "covered_s": covered_s, "evidence_ids": []}
        made.append(row | {"requests": 0, "sources": 0, "bounded": 0})
        if sources:
            count = sources * each
            ids = [f"0123456789ab:{1_000_000 * (n + 1) + i}" for i in range(count)]
            counts = {"requests": count, "sources": sources, "bounded": sources * min(each, 10), "sessions": sources}
            seen = {"first_seen": noon, "last_seen": noon + timedelta(seconds=count), "evidence_ids": ids}
            made.append(row | {"kind": kind} | counts | seen)
    return pa.Table.from_pylist(made, schema=MEASURE.schema)


def test_a_campaign_of_three_days_is_one_finding():
    (found,) = attack_burst(measured([*QUIET, 40, 60, 35, *QUIET])).to_pylist()
    assert found["value"] == 405 == len(found["evidence_ids"])
    assert found["subject_ids"] == ["sql_injection", "www.example"]
    assert found["expected"] == pytest.approx(3 * 3 * sum(QUIET) / len(QUIET))
    assert found["p_value"] < 0.001
    assert found["title"] == (
        "SQL injection at www.example: 405 requests from up to 60 sources a day from 2017-03-30 to 2017-04-01, "
        "about 11 expected"
    )


def test_three_evenings_far_apart_do_not_hide_one_another():
    daily = [*QUIET, 40, *QUIET, 40, *QUIET, 40]
    assert attack_burst(measured(daily))["value"].to_pylist() == [120, 120, 120]


def test_a_day_without_a_log_parts_two_bursts():
    assert attack_burst(measured([*QUIET, 60, None, 70, *QUIET]))["value"].to_pylist() == [180, 210]


def test_one_source_with_ever_so_many_requests_is_no_burst():
    assert attack_burst(measured([*QUIET, 1, *QUIET], each=100_000)).num_rows == 0


def test_few_requests_are_no_finding():
    daily = [*[0] * 20, 18]
    assert attack_burst(measured(daily, each=1)).num_rows == 0
    assert attack_burst(measured(daily, each=1), requests_min=18).num_rows == 1


def test_a_log_of_few_days_says_nothing():
    assert attack_burst(measured([0, 0, 0, 0, 0, 90])).num_rows == 0
    assert attack_burst(measured([0, 0, 0, 0, 0, 0, 90])).num_rows == 1
    assert attack_burst(measured([0, 0, 0, 0, 0, 0, 90]), days_min=8).num_rows == 0


def test_a_last_day_that_the_log_hardly_covers_is_not_learnt_from():
    days = measured([9, 8, 9, 8, 9, 9, 60, 0])
    whole = attack_burst(days)["expected"].to_pylist()
    half = [r | {"covered_s": 100} if r["day"] == START + timedelta(days=7) else r for r in days.to_pylist()]
    (cut,) = attack_burst(pa.Table.from_pylist(half, schema=MEASURE.schema))["expected"].to_pylist()
    assert cut == pytest.approx(3 * 52 / 6)
    assert whole in ([], [pytest.approx(3 * 52 / 7)])


def test_a_host_that_is_not_logged_is_one_server():
    (found,) = attack_burst(measured([*QUIET, 60], host=None)).to_pylist()
    assert found["subject_ids"] == [NO_HOST, "sql_injection"]


@pytest.mark.parametrize(("ratio", "mean"), [(1, 0.3), (1, 30), (3, 0.5), (3, 30), (8, 30), (20, 50)])
def test_quiet_series_raise_no_more_alarms_than_is_said(ratio, mean):
    draw = np.random.default_rng(11)
    for days in (14, 35):
        shape = (300, days)
        made = draw.negative_binomial(mean / (ratio - 1), 1 / ratio, shape) if ratio > 1 else draw.poisson(mean, shape)
        week = [n % 7 for n in range(days)]
        alarms = sum(bool(out_days(series, series, week)[0]) for series in made.tolist())
        assert alarms <= 9  # of 300; more than 1.5 % would be with a probability of one in fifty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 5, 60]), min_size=7, max_size=30), st.randoms())
def test_runs_hold_the_days_that_stand_out_and_order_does_not_matter(daily, random):
    weekdays = [(START + timedelta(days=n)).weekday() for n in range(len(daily))]
    bounded = [3 * n for n in daily]
    out, p_values = out_days(daily, bounded, weekdays)
    runs = [[n for n in out if n - out.index(n) == key] for key in sorted({n - i for i, n in enumerate(out)})]
    kept = [run for run in runs if sum(bounded[n] for n in run) >= 20]
    rest = [n for i, n in enumerate(bounded) if i not in out]
    table = measured(daily)
    found = attack_burst(table)
    event(f"findings: {min(found.num_rows, 2)}")
    assert found["value"].to_pylist() == [sum(bounded[n] for n in run) for run in kept]
    assert found["p_value"].to_pylist() == [min(p_values[n] for n in run) for run in kept]
    assert found["expected"].to_pylist() == [sum(rest) / len(rest) * len(run) for run in kept]
    order = random.sample(range(table.num_rows), table.num_rows)
    assert attack_burst(table.take(pa.array(order, pa.int64()))).equals(found)
    both = pa.concat_tables([table, measured(daily[::-1], host="another.example")])
    of_host = [f for f in attack_burst(both).to_pylist() if "www.example" in f["subject_ids"]]
    assert of_host == found.to_pylist()
