from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy import stats

from vigie.detectors.origin_share import origin_share
from vigie.measures.http_origins import MEASURE

START = date(2017, 3, 20)
WORLD = ["US", "CN", "NL", "DE", "RU", "BR", "UA", "IN", "VN", "KR"]


def attack(address, country, *, aim="aimed", day=0, requests=3, session=0, database="iptocc", kind="sql_injection"):
    return {
        "database": database, "country": country, "address": address, "place": "public", "kind": kind, "aim": aim,
        "day": START + timedelta(days=day), "requests": requests, "session": f"{address}/{session}",
    }  # fmt: skip


def ordinary(country, sources, database="iptocc"):
    return {"database": database, "country": country, "sources": sources}


def measured(*rows):
    made, numbers = [], {}
    for row in rows:
        if "address" not in row:
            made.append(row | {"place": "public", "sessions": row["sources"], "requests": 5 * row["sources"]})
            continue
        session = row["session"]
        # A second database repeats the same rows: its evidence is the same.
        key = (session, row["kind"], row["day"])
        number = numbers.setdefault(key, len(numbers) + 1)
        noon = datetime.combine(row["day"], datetime.min.time(), UTC) + timedelta(hours=12)
        ids = [f"0123456789ab:{number * 1_000 + i}" for i in range(row["requests"])]
        times = {"first_seen": noon, "last_seen": noon + timedelta(seconds=row["requests"])}
        made.append(
            {k: v for k, v in row.items() if k != "session"}
            | times
            | {"session_id": session, "sessions": 1, "sources": 1, "evidence_ids": ids}
        )
    return pa.Table.from_pylist(made, schema=MEASURE.schema)


def background(days=10, each=5, aim="background", **more):
    """A few probes a day from addresses all over, every day others."""
    return [
        attack(f"s{n}.{i}", WORLD[(n * each + i) % len(WORLD)], aim=aim, day=n, requests=1, **more)
        for n in range(days)
        for i in range(each)
    ]


def campaign(country, sources, **more):
    return [attack(f"c{country}{i}", country, **more) for i in range(sources)]


def elsewhere(sources, **more):
    """Sources of a campaign of which no country has five."""
    places = ["FR", "US", "CN", "NL", "DE", "BR", "PL", "RO", "TR", "KR"]
    return [attack(f"e{i}", places[i % len(places)], **more) for i in range(sources)]


def test_the_sources_of_aimed_attacks_are_compared_with_those_of_the_background():
    rows = [*campaign("UA", 20), *elsewhere(20), *background()]
    (found,) = origin_share(measured(*rows, ordinary("FR", 500))).to_pylist()
    assert (found["subject_ids"], found["value"], found["expected"]) == (["UA"], 50, 10)
    assert (round(found["low"]), round(found["high"])) == (35, 65)
    assert found["title"] == (
        "UA: 50 % of 40 sources of aimed attacks (35 to 65), 50 % of their sessions (35 to 65), "
        "50 % of their requests (35 to 65); 10 % of 50 sources of the background"
    )
    assert len(found["evidence_ids"]) == 60


def test_the_units_are_not_mixed():
    heavy = [attack(f"h{i}", "UA", requests=30, session=s) for i in range(9) for s in range(2)]
    (found,) = origin_share(measured(*heavy, *elsewhere(9, requests=1), *background())).to_pylist()
    assert found["value"] == 50
    assert "UA: 50 % of 18 sources" in found["title"]
    assert ", 67 % of their sessions (" in found["title"]
    assert ", 98 % of their requests (" in found["title"]


def test_an_address_that_aimed_is_not_of_the_background():
    twice = [attack(f"cUA{i}", "UA", aim="background", session=9) for i in range(20)]
    rows = [*campaign("UA", 20), *elsewhere(20), *twice, *background()]
    (found,) = origin_share(measured(*rows)).to_pylist()
    assert "10 % of 50 sources of the background" in found["title"]


def test_the_background_alone_is_no_finding():
    assert origin_share(measured(*background(20), ordinary("FR", 500))).num_rows == 0


def test_without_background_aimed_attacks_are_compared_with_ordinary_visitors():
    rows = [*campaign("UA", 8), ordinary("FR", 90), ordinary("UA", 10), ordinary(None, 40)]
    (found,) = origin_share(measured(*rows)).to_pylist()
    assert (found["value"], found["expected"]) == (100, 10)
    assert "100 sources without any attack" in found["title"]


def test_where_the_aim_is_not_told_days_that_stand_out_are_compared_with_the_others():
    rows = [*background(20, aim="unclear"), *campaign("UA", 12, aim="unclear", day=12, requests=20)]
    (found,) = origin_share(measured(*rows, *campaign("FR", 4, aim="unclear", day=12, requests=20))).to_pylist()
    assert found["subject_ids"] == ["UA"]
    assert "sources of attacks on days that stand out" in found["title"]
    assert "sources of attacks on other days" in found["title"]
    assert len(found["evidence_ids"]) >= 240


def test_a_short_log_is_compared_with_ordinary_visitors():
    rows = [*campaign("UA", 8, aim="unclear"), *background(2), ordinary("FR", 90), ordinary("UA", 10)]
    (found,) = origin_share(measured(*rows)).to_pylist()
    assert (found["value"], found["expected"]) == (100, 10)
    assert "UA: 100 % of 8 sources of attacks (" in found["title"]


def test_one_address_with_a_thousand_requests_is_one_source():
    assert origin_share(measured(attack("c", "UA", requests=1_000), ordinary("FR", 90))).num_rows == 0


def test_without_anybody_to_compare_with_there_is_no_finding():
    assert origin_share(measured(*campaign("UA", 50))).num_rows == 0


def test_sources_without_a_country_count_on_neither_side():
    rows = [*campaign("UA", 20), *elsewhere(20), *background()]
    unknown = [attack(f"u{i}", None) for i in range(30)] + [attack(f"v{i}", None, aim="background") for i in range(99)]
    assert origin_share(measured(*rows, *unknown)).equals(origin_share(measured(*rows)))


def test_another_database_that_differs_is_named_and_does_not_decide():
    rows = [*campaign("UA", 20), *elsewhere(20), *background()]
    other = [attack(f"cUA{i}", "NL" if i < 10 else "UA", database="a\x1b[2J") for i in range(20)]
    same = [attack(f"cUA{i}", "UA", database="near") for i in range(10)]
    near = [attack(f"e{i}", "FR", database="near") for i in range(10)]
    (found,) = origin_share(measured(*rows, *other, *same, *near)).to_pylist()
    assert found["value"] == 50
    # Of the same sources, ten of the twenty that it knows.
    assert "a⟦U+001B⟧[2J" not in found["title"]
    wide = [attack(f"cUA{i}", "NL" if i < 15 else "UA", database="a\x1b[2J") for i in range(20)]
    (found,) = origin_share(measured(*rows, *wide, *same, *near)).to_pylist()
    assert found["title"].endswith("; a⟦U+001B⟧[2J: 25 % of 20")


COUNTS = st.dictionaries(st.sampled_from(["UA", "US", "FR"]), st.integers(0, 40), min_size=1)


@settings(max_examples=30)
@given(COUNTS, COUNTS, st.integers(2, 8), st.sampled_from([0.001, 0.05]))
def test_the_countries_are_those_of_fishers_test(attacking, visiting, sources_min, p_max):
    attacks = [a for country, n in attacking.items() for a in campaign(country, n, aim="unclear", requests=1)]
    calm = [ordinary(country, n) for country, n in visiting.items()]
    found = origin_share(measured(*attacks, *calm), sources_min=sources_min, p_max=p_max).to_pylist()
    event(f"findings: {len(found)}")
    drawn, pool = sum(attacking.values()), sum(visiting.values())
    tried = [c for c, n in attacking.items() if n >= sources_min]
    wanted = {}
    for country in tried:
        hits, marked = attacking[country], Counter(visiting)[country]
        table = [[hits, drawn - hits], [marked, pool - marked]]
        p = stats.fisher_exact(table, alternative="greater").pvalue * len(tried)
        if pool and p <= p_max and hits / drawn > marked / pool:
            wanted[country] = round(p, 9)
    assert {f["subject_ids"][0]: round(f["p_value"], 9) for f in found} == wanted
