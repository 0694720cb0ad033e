from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import event, given
from hypothesis import strategies as st
from scipy import stats

from vigie.detectors.http_origin import http_origin
from vigie.measures.http_origins import MEASURE

START = date(2017, 3, 20)


def measured(days, attacks, ordinary):
    """Measured rows: `attacks` are (day number, kind, address, country, requests), `ordinary` country -> addresses."""
    made = [
        {"day": START + timedelta(days=n), "requests": 1_000, "sources": 100, "evidence_ids": []} for n in range(days)
    ]
    for number, (n, kind, address, country, requests) in enumerate(attacks, start=1):
        noon = datetime(2017, 3, 20, 12, tzinfo=UTC) + timedelta(days=n)
        row = {
            "day": START + timedelta(days=n),
            "kind": kind,
            "address": address,
            "place": "public",
            "country": country,
        }
        ids = [f"0123456789ab:{number * 1_000 + i}" for i in range(requests)]
        times = {"first_seen": noon, "last_seen": noon + timedelta(seconds=requests)}
        made.append(row | times | {"requests": requests, "sources": 1, "evidence_ids": ids})
    for country, sources in ordinary.items():
        made.append(
            {"place": "public", "country": country, "requests": 5 * sources, "sources": sources, "evidence_ids": []}
        )
    return pa.Table.from_pylist(made, schema=MEASURE.schema)


def scanners(days, each=5):
    """Background: a few probes a day from addresses all over, every day others."""
    countries = ["US", "CN", "NL", "DE", "RU", "BR", "UA", "IN", "VN", "KR"]
    return [
        (n, "sql_injection", f"s{n}.{i}", countries[(n * each + i) % len(countries)], 1)
        for n in range(days)
        for i in range(each)
    ]


def campaign(day, country, sources, requests=20):
    return [(day, "sql_injection", f"c{country}{i}", country, requests) for i in range(sources)]


def test_the_origin_of_a_campaign_is_compared_with_the_usual_scanners():
    attacks = [*scanners(20), *campaign(12, "UA", 12), *campaign(12, "FR", 3), *campaign(12, "US", 4)]
    (found,) = http_origin(measured(20, attacks, {"FR": 500})).to_pylist()
    assert found["subject_ids"] == ["UA"]
    busy = 12 + 3 + 4 + 5
    assert 100 * 12 / busy <= found["value"] <= 100 * 13 / busy
    assert 5 < found["expected"] < 15
    assert found["low"] < found["value"] < found["high"]
    assert len(found["evidence_ids"]) >= 240
    assert "of those that sent them at other times" in found["title"]


def test_scanners_alone_are_no_finding():
    assert http_origin(measured(20, scanners(20), {"FR": 500})).num_rows == 0


def test_few_days_are_compared_with_the_other_addresses():
    (found,) = http_origin(measured(2, campaign(1, "UA", 8), {"FR": 90, "UA": 10})).to_pylist()
    assert (found["value"], found["expected"]) == (100, 10)
    assert "of the other addresses" in found["title"]


def test_one_address_with_a_thousand_requests_is_one_source():
    assert http_origin(measured(2, campaign(1, "UA", 1, requests=1_000), {"FR": 90})).num_rows == 0


def test_without_anybody_to_compare_with_there_is_no_finding():
    assert http_origin(measured(2, campaign(1, "UA", 50), {})).num_rows == 0


COUNTS = st.dictionaries(st.sampled_from(["UA", "US", "FR"]), st.integers(0, 40), min_size=1)


@given(COUNTS, COUNTS, st.integers(2, 8), st.sampled_from([0.001, 0.05]))
def test_the_countries_are_those_of_fishers_test(attacking, ordinary, sources_min, p_max):
    attacks = [a for country, n in attacking.items() for a in campaign(0, country, n, requests=1)]
    found = http_origin(measured(1, attacks, ordinary), sources_min=sources_min, p_max=p_max).to_pylist()
    event(f"findings: {len(found)}")
    drawn, pool = sum(attacking.values()), sum(ordinary.values())
    tried = [c for c, n in attacking.items() if n >= sources_min]
    wanted = {}
    for country in tried:
        hits, marked = attacking[country], Counter(ordinary)[country]
        table = [[hits, drawn - hits], [marked, pool - marked]]
        p = stats.fisher_exact(table, alternative="greater").pvalue * len(tried)
        if pool and p <= p_max and hits / drawn > marked / pool:
            wanted[country] = round(p, 9)
    assert {f["subject_ids"][0]: round(f["p_value"], 9) for f in found} == wanted
