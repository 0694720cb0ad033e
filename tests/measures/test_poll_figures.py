"""Figures with their scenario, field, block and series, against a plain reading of the same rules."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.laws import PARIS
from vigie.engine.local import LocalEngine
from vigie.measures.poll_figures import MEASURE, SCHEMA, new_shares, rounding_step
from vigie.rules.pollsters import house
from vigie.sources import Block, mapped, mapping
from vigie.tables import CASE_TABLES, TABLES
from vigie.testing import rows

SEP = "\x1f"
CANDIDATES = [
    {"candidate_id": "fillon", "name": "François Fillon", "alias_id": "fillon"},
    {"candidate_id": "fillon", "name": "François Fillon", "alias_id": "francois-fillon"},
    {"candidate_id": "macron", "name": "Emmanuel Macron", "alias_id": "macron", "declared": date(2017, 1, 4)},
    {"candidate_id": "bayrou", "name": "François Bayrou", "alias_id": "bayrou", "withdrew": date(2017, 1, 8)},
]
ROUNDS = [{"round": 1, "date": date(2017, 1, 10)}, {"round": 2, "date": date(2017, 1, 24)}]


def case(candidates=CANDIDATES, rounds=ROUNDS):
    given_rows = [{"alias": c["alias_id"]} | c for c in candidates]
    return {
        "case_candidates": pa.Table.from_pylist(given_rows, schema=CASE_TABLES["case_candidates"]),
        "case_rounds": pa.Table.from_pylist(rounds, schema=CASE_TABLES["case_rounds"]),
    }


def run(table, tables=None, **parameters):
    with LocalEngine({"polls": table} | (tables or case())) as engine:
        return engine.run(MEASURE.steps(**parameters))


def figure(poll, pollster, end, candidate, percent, **more):
    """One figure; `end` counts days after 1 January 2017, `days` how long the interviews took."""
    last = date(2017, 1, 1) + timedelta(days=end)
    days = more.pop("days", 1)
    return {
        "time": datetime.combine(last, time(12), UTC),
        "poll_id": poll,
        "pollster": pollster,
        "fieldwork_start": last - timedelta(days=days - 1),
        "fieldwork_end": last,
        "question": "voting_intention",
        "round": 1,
        "candidate": candidate,
        "candidate_id": candidate,
        "percent": float(percent),
    } | more


def by_id(table):
    return {row["row_id"]: row for row in table.to_pylist()}


def expected(polls, candidates, rounds, gap):
    """Return what the measure gives, read off the rules one figure at a time."""
    known = {}
    for c in sorted(candidates, key=lambda c: (c["candidate_id"], c["name"])):
        known.setdefault(c["alias_id"], c)
    votes = {r["round"]: r["date"] for r in rounds}
    made = []
    for p in (p for p in polls if 0 <= p["percent"] <= 100):
        c = known.get(p["candidate_id"], {})
        parts = (p["poll_id"], p["question"], "" if p["round"] is None else str(p["round"]), p["hypothesis"] or "")
        made.append(
            p
            | {"scenario": SEP.join(parts), "house": house(p["pollster"]), "in_case": bool(c), "case": c}
            | {"id": c.get("candidate_id", p["candidate_id"]), "label": c.get("name", p["candidate"])}
        )
    any_known = any(m["in_case"] for m in made)
    told = Counter((m["scenario"], m["id"]) for m in made)
    result = {}
    groups = defaultdict(list)
    for m in sorted(made, key=lambda m: (m["time"], m["row_id"])):
        alike = [o for o in made if o["scenario"] == m["scenario"]]
        put = {o["id"] for o in alike if o["in_case"] or m["round"] == 2 or not any_known}
        votes_asked = m["question"] == "voting_intention"
        field = "+".join(sorted(put)) if votes_asked else ""
        kind = (m["question"], m["round"], "" if votes_asked else m["house"], field if m["round"] == 2 else "")
        c, end = m["case"], m["fieldwork_end"]
        watched = {o["id"] for o in alike} if votes_asked else {m["id"]}
        stands = "used"
        if any(told[m["scenario"], one] > 1 for one in watched):
            stands = "more than one figure"
        if m["round"] in votes and end and end > votes[m["round"]]:
            stands = "after the vote"
        if c.get("withdrew") and end and end >= c["withdrew"]:
            stands = "after the withdrawal"
        if c.get("declared") and end and end < c["declared"]:
            stands = "before the candidacy"
        if end is None:
            stands = "no fieldwork"
        before = groups[kind]
        number = before[-1][0] if before else 0
        if before and (m["time"].date() - before[-1][1]).days > gap:
            number += 1
        before.append((number, m["time"].date()))
        result[m["row_id"]] = {
            "candidate_id": m["id"],
            "name": m["label"],
            "in_case": m["in_case"],
            "scenario": m["scenario"],
            "field": field,
            "house": m["house"],
            "stands": stands,
            "block": (*kind, number),
            "respondents": m["sample_size"] if m["answered"] is None else m["answered"],
            "is_answered": m["answered"] is not None,
        }
    return result


@st.composite
def poll_tables(draw):
    cells = []
    for number in range(draw(st.integers(1, 7))):
        question = draw(st.sampled_from(["voting_intention", "voting_intention", "favourability"]))
        round_ = draw(st.sampled_from([1, 2])) if question == "voting_intention" else None
        pollster, end = draw(st.sampled_from(["Ifop", "IFOP", "BVA"])), draw(st.integers(0, 30))
        days = draw(st.integers(1, 5))
        for hypothesis in draw(st.sampled_from([[None], [None], ["a", "b"], ["a", None]])):
            names = ["fillon", "francois-fillon", "macron", "bayrou", "poutou"]
            for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=4)):
                percent = draw(st.sampled_from([0, 10, 20.5, 33, 100, 101]))
                more = {"question": question, "round": round_, "hypothesis": hypothesis, "days": days}
                if draw(st.integers(0, 5)) == 0:
                    more |= {"fieldwork_start": None}
                if draw(st.integers(0, 7)) == 0:
                    more |= {"fieldwork_start": None, "fieldwork_end": None}
                more |= {
                    "sample_size": draw(st.sampled_from([None, 900.0])),
                    "answered": draw(st.sampled_from([None, 600.0])),
                }
                cells.append(figure(f"p{number // 2}", pollster, end, name, percent, **more))
    return rows("polls", *draw(st.permutations(cells)))


@settings(max_examples=25, deadline=None)
@given(poll_tables(), st.booleans(), st.sampled_from([7, 10, 180]))
def test_what_each_figure_may_be_compared_to(table, with_case, gap):
    candidates, rounds = (CANDIDATES, ROUNDS) if with_case else ([], [])
    found = by_id(run(table, case(candidates, rounds), gap_days_max=gap))
    wanted = expected(table.to_pylist(), candidates, rounds, gap)
    assert found.keys() == wanted.keys()
    names = [name for name in next(iter(wanted.values()), {}) if name != "block"]
    for row_id, want in wanted.items():
        assert {n: found[row_id][n] for n in names} == {n: want[n] for n in names}
    # Blocks are the same sets of figures, whatever they are called, and a series is a candidate and field of one.
    assert _sets(found, "block") == _sets(wanted, "block")
    parts = {i: (w["block"], w["field"], w["candidate_id"]) for i, w in wanted.items()}
    assert _sets(found, "series") == _sets({i: {"series": p} for i, p in parts.items()}, "series")


def _sets(figures, name):
    sets = defaultdict(set)
    for row_id, figure_ in figures.items():
        sets[figure_[name]].add(row_id)
    return set(map(frozenset, sets.values()))


@settings(max_examples=20, deadline=None)
@given(poll_tables())
def test_no_day_of_a_house_and_field_counts_twice(table):
    got = run(table)
    assert got.schema.equals(SCHEMA)
    scenarios = {}
    for row in got.to_pylist():
        assert 0 <= row["new_share"] <= 1
        scenarios.setdefault((row["block"], row["house"], row["scenario"]), row)
    days = defaultdict(list)
    for row in scenarios.values():
        if row["fieldwork_end"] is not None:
            start = row["fieldwork_start"] or row["fieldwork_end"]
            length = (row["fieldwork_end"] - start).days + 1
            days[row["block"], row["house"], row["field"]].append(
                (row["new_share"] * length, start, row["fieldwork_end"])
            )
    for waves in days.values():
        covered = {start + timedelta(days=n) for _, start, end in waves for n in range((end - start).days + 1)}
        assert sum(new for new, _, _ in waves) <= len(covered) + 1e-9
        assert sum(new for new, _, _ in waves) > 0


WAVE = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(["a", "b"]))


@given(st.lists(WAVE, min_size=1, max_size=10))
def test_what_is_new_of_each_wave_day_by_day(waves):
    waves = sorted(waves, key=lambda w: w[0])
    figures, seen, wanted = [], defaultdict(set), []
    for number, (end, days, field) in enumerate(waves):
        last = date(2017, 1, 10) + timedelta(days=end)
        mine = [last - timedelta(days=n) for n in range(days)]
        new = [day for day in mine if not seen[field] or day > max(seen[field])]
        wanted.append(len(new) / days)
        seen[field].update(mine)
        figures.append(
            {
                "poll_id": f"p{number}",
                "scenario": f"s{number}",
                "stands": "used",
                "field": field,
                "fieldwork_start": mine[-1],
                "fieldwork_end": last,
                "percent": 1.0,
            }
        )
    assert new_shares(figures) == pytest.approx(wanted)


def test_people_who_were_asked_of_several_hypotheses_count_once():
    both = [
        figure("p", "Ifop", 3, "macron", 24, hypothesis="with"),
        figure("p", "Ifop", 3, "bayrou", 5, hypothesis="with"),
        figure("p", "Ifop", 3, "macron", 26, hypothesis="without"),
    ]
    alone = figure("q", "Ifop", 9, "macron", 25, hypothesis="without")
    found = run(rows("polls", *both, alone)).to_pylist()
    assert {(r["poll_id"], r["hypothesis"]): r["new_share"] for r in found} == {
        ("p", "with"): 0.5,
        ("p", "without"): 0.5,
        ("q", "without"): 1.0,
    }


def test_a_hypothesis_that_is_not_used_takes_nothing_from_the_others():
    used = figure("p", "Ifop", 3, "macron", 24, hypothesis="with")
    odd = [figure("p", "Ifop", 3, "macron", percent, hypothesis="odd") for percent in (20, 21)]
    found = run(rows("polls", used, *odd)).to_pylist()
    assert [r["new_share"] for r in found if r["hypothesis"] == "with"] == [1.0]


def test_rolling_waves_that_overlap_count_the_new_days_only():
    waves = [figure(f"p{n}", "Ifop", 3 + n, "macron", 24, days=4) for n in range(5)]
    waves.append(figure("q", "OpinionWay", 7, "macron", 24, days=4))
    shares = [r["new_share"] for r in sorted(run(rows("polls", *waves)).to_pylist(), key=lambda r: r["row_id"])]
    assert shares == pytest.approx([1, 0.25, 0.25, 0.25, 0.25, 1])


def test_an_end_without_a_start_is_one_day():
    first = figure("p", "Ifop", 3, "macron", 24, fieldwork_start=None)
    second = figure("q", "Ifop", 4, "macron", 24, days=2)
    assert sorted(r["new_share"] for r in run(rows("polls", first, second)).to_pylist()) == [0.5, 1.0]


@settings(max_examples=10, deadline=None)
@given(poll_tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(table, random):
    order = list(range(table.num_rows))
    random.shuffle(order)
    assert by_id(run(table)) == by_id(run(table.take(order)))


def test_each_of_many_hypotheses_stands_apart_and_its_field_says_who_was_put():
    names = ["fillon", "macron", "poutou"]
    cells = [
        figure("p", "Ifop", 5, name, 20 + n, hypothesis=f"h{n}")
        for n in range(40)
        for name in (*names, *(["bayrou"] if n % 2 else []))
    ]
    found = run(rows("polls", *cells)).to_pylist()
    assert len({r["scenario"] for r in found}) == 40
    assert Counter(r["field"] for r in found) == {"fillon+macron": 60, "bayrou+fillon+macron": 80}
    assert {r["stands"] for r in found} == {"used"}
    assert len({r["block"] for r in found}) == 1


def test_hypotheses_that_are_not_told_apart_are_not_used():
    cells = [
        figure("p", "Kantar", 5, "fillon", 24.5),
        figure("p", "Kantar", 5, "fillon", 17),
        figure("p", "Kantar", 5, "poutou", 2),
        figure("q", "BVA", 5, "fillon", 19),
        figure("o", "BVA", 5, "fillon", 40, question="favourability", round=None),
        figure("o", "BVA", 5, "fillon", 41, question="favourability", round=None),
        figure("o", "BVA", 5, "macron", 50, question="favourability", round=None),
    ]
    found = sorted(run(rows("polls", *cells)).to_pylist(), key=lambda r: r["row_id"])
    assert [r["stands"] for r in found] == ["more than one figure"] * 3 + ["used"] + ["more than one figure"] * 2 + [
        "used"
    ]


def test_a_candidate_stands_from_declaring_until_withdrawing_and_the_vote():
    cells = [figure(f"m{day}", "Ifop", day, "macron", 20) for day in (2, 3)]
    cells += [figure(f"b{day}", "Ifop", day, "bayrou", 5) for day in (6, 7)]
    cells += [figure(f"f{day}", "Ifop", day, "fillon", 20) for day in (9, 10)]
    cells += [figure(f"o{day}", "Ifop", day, "fillon", 20, question="approval", round=None) for day in (10, 40)]
    found = {r["poll_id"]: r["stands"] for r in run(rows("polls", *cells)).to_pylist()}
    assert found == {
        "m2": "before the candidacy",
        "m3": "used",
        "b6": "used",
        "b7": "after the withdrawal",
        "f9": "used",
        "f10": "after the vote",
        "o10": "used",
        "o40": "used",
    }


def test_a_withdrawal_is_another_field_and_no_shift_of_the_others():
    cells = [figure("p", "Ifop", 1, name, 20) for name in ("fillon", "macron", "bayrou")]
    cells += [figure("q", "Ifop", 9, name, 25) for name in ("fillon", "macron")]
    found = run(rows("polls", *cells)).to_pylist()
    assert {(r["poll_id"], r["series"].split(SEP)[-2]) for r in found} == {
        ("p", "bayrou+fillon+macron"),
        ("q", "fillon+macron"),
    }


def test_an_alias_of_two_candidates_is_one_whole_candidate():
    twice = [
        {"candidate_id": "a", "name": "A", "alias_id": "x"},
        {"candidate_id": "b", "name": "B", "alias_id": "x", "declared": date(2030, 1, 1), "withdrew": date(2031, 1, 1)},
    ]
    [found] = run(rows("polls", figure("p", "Ifop", 1, "x", 20)), case(twice, [])).to_pylist()
    assert (found["candidate_id"], found["name"], found["stands"]) == ("a", "A", "used")


@pytest.mark.parametrize(("apart", "blocks"), [(30, 1), (31, 2)])
def test_a_silence_longer_than_the_gap_begins_anew(apart, blocks):
    table = rows("polls", figure("p", "Ifop", 1, "poutou", 20), figure("q", "BVA", 1 + apart, "poutou", 20))
    found = run(table, case([], []), gap_days_max=30).to_pylist()
    assert len({r["block"] for r in found}) == blocks


def test_no_polls_give_no_figures():
    assert run(TABLES["polls"].seen.empty_table()).num_rows == 0


@given(
    st.sampled_from([1.0, 0.5, 0.1, 0.01]),
    st.lists(st.integers(0, 9_000), min_size=1, max_size=60),
    st.integers(0, 1),
)
def test_the_step_of_rounding(step, numbers, odd):
    figures = [round(n * step, 2) % 100 for n in numbers]
    finer = rounding_step(figures)
    assert finer >= step
    assert sum(abs(f / finer - round(f / finer)) > 1e-6 for f in figures) * 50 <= len(figures) or finer == 0.01
    if odd and len(figures) >= 50:
        assert rounding_step([*figures, 0.0137]) == finer


@pytest.mark.shared
def test_all_polls_of_2017_are_figures_of_one_block_and_four_fields():
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    made = mapped.source_for(mapping.load(Path(__file__).parents[2] / "bench" / "mappings" / "depuis1958.toml"))
    data = (folder / "polls" / "fr2017_r1_depuis1958.csv").read_bytes()
    arrived = made.parse(Block(data, 1, last=True, tz=PARIS, name="x"), {}).rows.to_pylist()
    polls = rows("polls", *({k: v for k, v in r.items() if k != "record"} for r in arrived))
    found = run(polls, case([], [])).to_pylist()
    assert len(found) == 1116
    assert len({f["block"] for f in found}) == 1
    assert {f["stands"] for f in found} == {"used"}
    assert Counter({f["scenario"]: f["field"] for f in found}.values()).most_common(1)[0][1] == 52
    rolling = {f["scenario"]: f["new_share"] for f in found if f["house"] == "ifop"}
    assert (min(rolling.values()), max(rolling.values())) == (0, 1)
    assert sum(rolling.values()) < 0.85 * len(rolling)
