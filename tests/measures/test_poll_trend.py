import math
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests import shared_data
from vigie.engine.local import LocalEngine
from vigie.kernels.local_level import forecasts, smooth
from vigie.measures.poll_trend import MEASURE, new_shares, noise_variance
from vigie.tables import CASE_TABLES, TABLES
from vigie.testing import polls, rows

DRIFTS = np.geomspace(0.05, 1.0, 25)
PRIOR = -0.5 * (np.log(DRIFTS / 0.25) / 0.7) ** 2
CASE = [
    ("macron", "Emmanuel Macron", "emmanuel-macron"),
    ("macron", "Emmanuel Macron", "macron"),
    ("fillon", "F", "fillon"),
]


def case(names=CASE):
    made = [{"candidate_id": c, "name": n, "alias": a, "alias_id": a} for c, n, a in names]
    return pa.Table.from_pylist(made, schema=CASE_TABLES["case_candidates"])


def run(table, candidates=None, **parameters):
    with LocalEngine({"polls": table, "case_candidates": candidates or case([])}) as engine:
        return engine.run(MEASURE.steps(**parameters))


def figure(poll, pollster, end, candidate, percent, **more):
    """One figure; `end` counts days after 1 February 2017, `days` how long the interviews took."""
    last = date(2017, 2, 1) + timedelta(days=end)
    days = more.pop("days", 1)
    return {
        "poll_id": poll,
        "pollster": pollster,
        "time": datetime.combine(last, time(12), UTC),
        "fieldwork_start": last - timedelta(days=days - 1),
        "fieldwork_end": last,
        "question": "voting_intention",
        "round": 1,
        "candidate": candidate,
        "candidate_id": candidate,
        "percent": float(percent),
        "sample_size": 1_000.0,
    } | more


@st.composite
def poll_tables(draw):
    cells = []
    for n in range(draw(st.integers(1, 8))):
        question = draw(st.sampled_from(["voting_intention", "favourability"]))
        common = {
            "days": draw(st.integers(1, 4)),
            "sample_size": draw(st.sampled_from([None, 500.0, 1_000.0])),
            "question": question,
            "round": draw(st.sampled_from([1, 2])) if question == "voting_intention" else None,
        }
        pollster, end = draw(st.sampled_from(["ifop", "bva"])), draw(st.integers(0, 20))
        asked = draw(st.lists(st.sampled_from(["emmanuel-macron", "fillon", "le-pen"]), min_size=1, unique=True))
        cells += [figure(f"p{n}", pollster, end, c, draw(st.integers(1, 60)), **common) for c in asked]
    return rows("polls", *cells), draw(st.sampled_from([case([]), case()]))


def by_hand(table, candidates):
    """Series by series, from the same small functions, each tested on its own."""
    known = {c["alias_id"]: c["candidate_id"] for c in candidates.to_pylist()}
    figures = table.to_pylist()
    for f in figures:
        f["case_id"] = known.get(f["candidate_id"], f["candidate_id"])
    named = any(f["candidate_id"] in known for f in figures)
    series = {}
    for f in figures:
        voting = f["question"] == "voting_intention"
        field = {
            g["case_id"]
            for g in figures
            if g["poll_id"] == f["poll_id"] and voting and (g["candidate_id"] in known or not named or f["round"] == 2)
        }
        key = (f["question"], f["round"], "+".join(sorted(field)), "" if voting else f["pollster"], f["case_id"])
        series.setdefault(key, []).append(f)
    made = {}
    for key, group in series.items():
        group.sort(key=lambda f: (f["time"], f["row_id"]))
        weight = new_shares(group)
        noise = np.array(
            [
                noise_variance(f, design=1.0, house_sd=1.0, sample_default=800) / w if w else math.inf
                for f, w in zip(group, weight, strict=True)
            ]
        )
        day = np.array([float(f["fieldwork_end"].toordinal()) for f in group])
        seen = np.array([f["percent"] for f in group])
        expected, variance, drift = forecasts(day, seen, noise, DRIFTS**2, PRIOR)
        estimate, _, late, _ = smooth(day, seen, noise, drift)
        for i, f in enumerate(group):
            first = np.isnan(expected[i])
            sd = None if first or not weight[i] else round(float(np.sqrt(variance[i] + noise[i])), 6)
            forecast = None if first else round(float(expected[i]), 6)
            level = (round(float(estimate[i]), 6), round(float(late[i]), 6))
            made[f["row_id"]] = (key[4], key[2], forecast, sd, *level, round(weight[i], 6))
    return made


COLUMNS = ("candidate_id", "hypothesis", "expected", "forecast_sd", "estimate", "smoothed", "weight")


def rounded(row):
    return tuple(round(row[c], 6) if isinstance(row[c], float) else row[c] for c in COLUMNS)


@settings(max_examples=40)
@given(poll_tables())
def test_the_trend_is_that_of_the_definition(tables):
    found = {r["row_id"]: rounded(r) for r in run(*tables).to_pylist()}
    event(f"with a forecast: {min(3, sum(f[2] is not None for f in found.values()))}")
    assert found == by_hand(*tables)


@settings(max_examples=20)
@given(poll_tables(), st.randoms())
def test_row_order_does_not_matter(tables, random):
    table, candidates = tables
    order = random.sample(range(table.num_rows), table.num_rows)
    assert run(table.take(order), candidates).equals(run(table, candidates))


def test_waves_that_overlap_count_with_their_new_days():
    ends = [(1, 3), (2, 3), (2, 3), (9, 3), (8, 1)]
    group = [figure("p", "ifop", end, "x", 20, days=days) for end, days in ends]
    assert new_shares(group) == pytest.approx([1, 1 / 3, 0, 1, 0])
    group[1]["pollster"] = "bva"
    assert new_shares(group)[:3] == pytest.approx([1, 1, 1 / 3])


def test_copies_of_one_wave_do_not_make_the_trend_surer():
    one = [figure("p0", "bva", 0, "x", 20), figure("p1", "ifop", 5, "x", 24, days=3)]
    copies = [figure(f"q{n}", "ifop", 5, "x", 24, days=3) for n in range(20)]
    alone, copied = run(rows("polls", *one)).to_pylist()[-1], run(rows("polls", *one, *copies)).to_pylist()[-1]
    assert copied["high"] - copied["low"] == pytest.approx(alone["high"] - alone["low"])


def test_another_field_of_candidates_is_another_series():
    cells = [figure("p1", "bva", 0, c, 20) for c in ("x", "y", "z")] + [
        figure("p2", "bva", 3, c, 30) for c in ("x", "y")
    ]
    assert set(run(rows("polls", *cells))["hypothesis"].to_pylist()) == {"x+y+z", "x+y"}


def test_another_opponent_in_the_second_round_is_another_series():
    """The case names le-pen only: in the first round the others are nobody, in the second they decide."""
    sides = [("p1", 0, "x", 53), ("p2", 3, "y", 39)]
    for number, expected in ((1, [None, 53.0]), (2, [None, None])):
        common = {"question": "voting_intention", "round": number}
        cells = [
            figure(p, "bva", day, c, v, **common)
            for p, day, o, own in sides
            for c, v in ((o, 100 - own), ("le-pen", own))
        ]
        table = run(rows("polls", *cells), case([("le-pen", "Le Pen", "le-pen")])).to_pylist()
        mine = sorted((r for r in table if r["candidate_id"] == "le-pen"), key=lambda r: r["time"])
        assert [r["expected"] and round(r["expected"], 3) for r in mine] == expected


def test_after_a_long_silence_a_series_begins_anew():
    table = polls("bva 2017-02-01 900 x 40", "bva 2017-07-31 900 x 42", "bva 2018-01-28 900 x 60")
    expected = run(table)["expected"].to_pylist()
    assert [e if e is None else round(e) for e in expected] == [None, 40, None]


def test_houses_stand_apart_in_favourability():
    table = polls("bva 2017-02-01 900 x 40", "ifop 2017-02-05 900 x 60")
    assert run(table)["expected"].to_pylist() == [None, None]


def test_a_missing_sample_size_is_the_stated_default():
    with_it = figure("p", "bva", 0, "x", 30)
    without = with_it | {"sample_size": None}
    kept = {"design": 1.0, "house_sd": 0.0, "sample_default": 1_000}
    assert noise_variance(with_it, **kept) == noise_variance(without, **kept) == pytest.approx(2.1 + 1 / 12)


@pytest.mark.parametrize("percent", [0, 100])
def test_a_figure_of_none_or_all_is_not_certain(percent):
    assert noise_variance(figure("p", "bva", 0, "x", percent), design=1.0, house_sd=0.0, sample_default=800) > 1 / 12


def test_nothing_in_nothing_out():
    assert run(TABLES["polls"].seen.empty_table()).equals(MEASURE.schema.empty_table())


@pytest.mark.shared
def test_forecasts_of_2022_cover_at_least_what_they_promise():
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    measured = run(read_nsppolls(folder / "polls" / "fr2022_nsppolls.csv.gz"))
    z = [
        abs(r["percent"] - r["expected"]) / r["forecast_sd"]
        for r in measured.to_pylist()
        if r["forecast_sd"] and r["percent"] >= 5
    ]
    assert len(z) > 1_000
    assert np.mean(np.array(z) <= 1.96) >= 0.93


def read_nsppolls(path):
    """Read the file plainly, so that this test rests on no source."""
    import csv
    import gzip

    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cells = [
            {
                "poll_id": r["id"],
                "pollster": r["nom_institut"],
                "fieldwork_start": date.fromisoformat(r["debut_enquete"]),
                "fieldwork_end": date.fromisoformat(r["fin_enquete"]),
                "time": datetime.combine(date.fromisoformat(r["fin_enquete"]), time(12), UTC),
                "question": "voting_intention",
                "round": 1 if r["tour"] == "Premier tour" else 2,
                "hypothesis": r["hypothese"] or None,
                "candidate": r["candidat"],
                "candidate_id": r["candidat"].casefold().replace(" ", "-"),
                "percent": float(r["intentions"]),
                "sample_size": float(r["sous_echantillon"] or r["echantillon"] or 0) or None,
            }
            for r in csv.DictReader(lines)
            if r["intentions"]
        ]
    return rows("polls", *cells)
