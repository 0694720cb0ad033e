"""Who was first, and where texts went: against plain counting, shuffling, and planted orders."""

from __future__ import annotations

import time as clock
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations, product
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.measures.near_duplicates import NEAR_DUPLICATES
from vigie.rules.spread import FAMILIES_MIN, NOT_DECLARED, Cell, arrival_of, firsts_of, spread_of
from vigie.rules.spread_slots import interval

START = datetime(2017, 4, 3, tzinfo=UTC)
DAY_S = 86_400


def post(number, family, seconds, channel, *, tier=None, outlet=None, precision_s=1, agency=None, is_repost=False):
    platform, channel_id = channel.split(":")
    return dict.fromkeys(NEAR_DUPLICATES.names) | {
        "family_id": family,
        "row_id": f"0123456789ab:{number}",
        "time": START + timedelta(seconds=seconds),
        "platform": platform,
        "channel_id": channel_id,
        "tier": tier,
        "outlet": outlet,
        "precision_s": precision_s,
        "agency": agency,
        "is_repost": is_repost,
    }


def near(rows):
    return pa.Table.from_pylist(rows, schema=NEAR_DUPLICATES)


def posts(*given):
    """Build rows of (family, seconds, channel, options)."""
    return [post(n, *one[:3], **(one[3] if len(one) > 3 else {})) for n, one in enumerate(given, 1)]


STATE = {"tier": "state-controlled", "outlet": "An Organ"}
# channel -> what the case file says of it; the agency's handle is in agencies.toml.
CHANNELS = {
    "web:organ.example": STATE,
    "x:organ": STATE,
    "x:linked": {"tier": "state-linked", "outlet": "A Site"},
    "web:paper.example": {"tier": "none", "outlet": "A Paper"},
    "x:ana": {},
    "x:bob": {},
    "t:cem": {},
    "x:afp": {},
}
drawn = st.lists(
    st.tuples(
        st.sampled_from(["f1", "f2", "f3"]),
        st.one_of(st.integers(0, 2 * DAY_S), st.integers(DAY_S - 70, DAY_S + 70), st.integers(0, 100)),
        st.sampled_from(sorted(CHANNELS)),
        st.sampled_from([1, 1, 60, DAY_S]),
        st.sampled_from([None, None, "AFP"]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=3,
    max_size=12,
)


def slot(first):
    return interval(round(first.time.timestamp() * 1e6), first.precision_s)


def publisher(first):
    return first.outlet or f"channel {first.channel}"


def who(ones, others):
    for one, other, sign in ((ones, others, 1), (others, ones, -1)):
        if any(all(slot_a[1] <= slot_b[0] for slot_b in other) for slot_a in one):
            return sign
    return 0


def chance(ones, others):
    """Deal the intervals of each day anew in every way."""
    held = [(True, s) for s in ones] + [(False, s) for s in others]
    days = sorted({s[0] // (DAY_S * 10**6) for _, s in held})
    dealings = []
    for day in days:
        of_day = [(side, s) for side, s in held if s[0] // (DAY_S * 10**6) == day]
        sides = [side for side, _ in of_day]
        dealings.append([list(zip(p, (s for _, s in of_day), strict=True)) for p in set(permutations(sides))])
    outcomes = Counter()
    for parts in product(*dealings):
        deal = [one for part in parts for one in part]
        outcomes[who([s for side, s in deal if side], [s for side, s in deal if not side])] += 1
    return outcomes[1] / (outcomes[1] + outcomes[-1])


def counted_plainly(rows, group):
    families = defaultdict(list)
    for row in rows:
        families[row["family_id"]].append(row)
    cells = defaultdict(lambda: [0, 0, 0.0, 0])
    for members in families.values():
        firsts = firsts_of(members)
        if len({publisher(f) for f in firsts}) < 2 or arrival_of(members) or any(f.channel == "x:afp" for f in firsts):
            continue
        for a, b in combinations(sorted({group(f) for f in firsts}), 2):
            ones, others = ([f for f in firsts if group(f) == g] for g in (a, b))
            if len({publisher(f) for f in [*ones, *others]}) < 2:
                continue
            slots = [slot(f) for f in ones], [slot(f) for f in others]
            outcome = who(*slots)
            for key, sign in (((a, b), 1), ((b, a), -1)):
                cells[key][3] += outcome == 0
                if outcome:
                    p = chance(*slots)
                    cells[key][0] += 1
                    cells[key][1] += outcome == sign
                    cells[key][2] += p if sign == 1 else 1 - p
    return {key: tuple(values) for key, values in cells.items()}


@settings(max_examples=120, deadline=None)
@given(drawn)
def test_the_matrices_are_those_of_plain_counting(given_rows):
    rows = [
        post(
            n, family, seconds, channel, precision_s=precision, agency=agency, is_repost=is_repost, **CHANNELS[channel]
        )
        for n, (family, seconds, channel, precision, agency, is_repost) in enumerate(given_rows, 1)
    ]
    spread = spread_of(near(rows))
    for cells, group in ((spread.tiers, lambda f: f.tier), (spread.platforms, lambda f: f.platform)):
        expected = counted_plainly(rows, group)
        event(f"cells: {min(len(cells), 3)}")
        assert {(c.before, c.after): (c.families, c.observed, c.tied) for c in cells} == {
            key: (n, observed, tied) for key, (n, observed, _, tied) in expected.items()
        }
        for cell in cells:
            assert cell.expected == pytest.approx(expected[cell.before, cell.after][2])
    assert spread_of(near(Random(1).sample(rows, len(rows)))) == spread


def test_a_channels_first_own_post_counts_and_marked_reposts_do_not():
    rows = posts(
        ("f", 50, "x:ana"),
        ("f", 10, "x:ana"),
        ("f", 0, "x:bob", {"is_repost": True}),
        ("f", 10, "x:cem"),
        ("f", 90, "x:bob", {"tier": "none", "outlet": "Bob's"}),
    )
    firsts = firsts_of(rows)
    assert [(f.channel, f.tier, f.lag_s, f.tied_with_first) for f in firsts] == [
        ("x:ana", NOT_DECLARED, 0.0, True),
        ("x:cem", NOT_DECLARED, 0.0, True),
        ("x:bob", "none", 80.0, False),
    ]
    assert firsts[0].row_id == "0123456789ab:2"
    assert firsts_of([]) == []


@pytest.mark.parametrize(
    ("rows", "arrival"),
    [
        ([("f", 0, "x:afp"), ("f", 9, "x:ana")], "agency"),
        ([("f", 0, "web:fr.reuters.com"), ("f", 9, "x:ana")], "agency"),
        ([("f", 0, "x:afp"), ("f", 0, "x:ana")], "agency"),  # it may be first
        ([("f", 0, "x:tass_agency", {"tier": "state-controlled", "outlet": "TASS"}), ("f", 9, "x:ana")], ""),
        ([("f", 0, "x:ana", {"agency": "AFP"}), ("f", 9, "x:bob", {"agency": "dpa"})], "credited"),
        ([("f", 0, "x:ana", {"agency": "AFP"}), ("f", 9, "x:bob")], ""),
    ],
)
def test_arrivals_are_named_and_left_out(rows, arrival):
    made = posts(*rows)
    assert arrival_of(made) == arrival
    spread = spread_of(near(made))
    assert spread.families == (not arrival)
    assert spread.arrivals == {"agency": arrival == "agency", "credited": arrival == "credited"}


def test_an_agency_that_is_not_first_leaves_the_matrix_too_for_order_must_not_choose_what_is_asked():
    made = posts(("f", 9, "x:afp"), ("f", 0, "x:ana"))
    assert arrival_of(made) == ""
    assert spread_of(near(made)).arrivals == {"agency": 1, "credited": 0}


def test_the_channels_of_one_outlet_do_not_amplify_each_other():
    alone = [("f", 0, "web:organ.example", STATE), ("f", 9, "x:organ", STATE)]
    spread = spread_of(near(posts(*alone)))
    assert (spread.families, spread.one_publisher, spread.platforms, spread.chains) == (0, 1, (), ())
    spread = spread_of(near(posts(*alone, ("f", 20, "t:cem"))))
    assert {(c.before, c.after) for c in spread.platforms} == {("t", "web"), ("web", "t"), ("t", "x"), ("x", "t")}
    assert [c.steps for c in spread.chains] == [("state-controlled · web", "not declared · t")]


def test_chains_are_counted_with_examples_and_lags():
    rows = posts(
        *((f"f{n}", 0, "web:organ.example", STATE) for n in range(7)),
        *((f"f{n}", 100 + n, "x:linked", CHANNELS["x:linked"]) for n in range(7)),
        *((f"f{n}", 500, "x:ana") for n in range(7)),
        ("g", 0, "x:ana"),
        ("g", 0, "web:organ.example", STATE),
    )
    spread = spread_of(near(rows))
    (chain,) = spread.chains
    assert chain.steps == ("state-controlled · web", "state-linked · x", "not declared · x")
    assert (chain.families, chain.examples, spread.unordered) == (7, ("f0", "f1", "f2", "f3", "f4"), 1)
    lag = next(lag for lag in spread.lags if lag.after == "state-linked")
    assert (lag.before, lag.families, lag.median_s) == ("state-controlled", 7, 103.0)
    assert (lag.low_s, lag.high_s) == (pytest.approx(100.6), pytest.approx(105.4))
    assert {c.tied for c in spread.tiers if NOT_DECLARED in (c.before, c.after) and c.families == 7} == {0, 1}


def test_what_comes_later_than_asked_is_not_looked_at():
    rows = posts(("f", 0, "x:ana"), ("f", 7_200, "x:organ", STATE), ("f", 7_201, "t:cem"))
    assert spread_of(near(rows), hours_max=2).families == 1
    assert spread_of(near(rows), hours_max=2).platforms == ()
    assert spread_of(near(rows), hours_max=1).families == 0


def test_days_settle_an_order_without_being_evidence():
    apart = [(f"f{n}", s, c, o) for n in range(40) for s, c, o in ((0, "x:organ", STATE), (DAY_S, "x:ana", {}))]
    cell = spread_of(near(posts(*apart))).tiers[0]
    assert cell == Cell(
        before="state-controlled",
        after=NOT_DECLARED,
        families=40,
        observed=40,
        expected=40.0,
        p_value=None,
        tied=0,
        settled=40,
    )


def one_day(random, families, ahead=0):
    """Build families of a state outlet's channels and others, at random seconds of two days; the state's `ahead`."""
    rows = []
    for n in range(families):
        for channel in random.sample(sorted(set(CHANNELS) - {"x:afp"}), random.randint(2, 6)):
            lead = ahead if "organ" in channel else 0
            day = DAY_S * random.choice([0, 0, 0, 1])
            rows.append((f"f{n:03}", day + random.randrange(lead, DAY_S) - lead, channel, CHANNELS[channel]))
    return posts(*rows)


def test_the_expectation_is_that_of_shuffling_times_within_days():
    random = Random(5)
    rows = one_day(random, 40)
    expected = {(c.before, c.after): c.expected for c in spread_of(near(rows)).tiers}
    observed = defaultdict(list)
    for _ in range(150):
        by_day = defaultdict(list)
        for row in rows:
            by_day[row["family_id"], row["time"].date()].append(row)
        dealt = []
        for members in by_day.values():
            times = random.sample([row["time"] for row in members], len(members))
            dealt += [row | {"time": time} for row, time in zip(members, times, strict=True)]
        for cell in spread_of(near(dealt)).tiers:
            observed[cell.before, cell.after].append(cell.observed)
    assert set(observed) == set(expected)
    for key, counts in observed.items():
        error = np.std(counts) / np.sqrt(len(counts))
        assert abs(np.mean(counts) - expected[key]) < 4 * error + 1e-9


def test_without_an_order_small_p_values_are_as_rare_as_they_say():
    random = Random(11)
    p_values = []
    for _ in range(150):
        cell = next(c for c in spread_of(near(one_day(random, 30))).tiers if c.after == NOT_DECLARED)
        p_values.append(cell.p_value)
    for level in (0.05, 0.2):
        assert np.mean(np.array(p_values) <= level) < level + 3 * np.sqrt(level * (1 - level) / 150)
    assert np.mean(np.array(p_values) <= 0.5) > 0.25


def test_a_planted_order_is_found_and_not_its_reverse():
    spread = spread_of(near(one_day(Random(2), 60, ahead=80_000)))
    cells = {(c.before, c.after): c for c in spread.tiers}
    there, back = (cells[key] for key in (("state-controlled", NOT_DECLARED), (NOT_DECLARED, "state-controlled")))
    assert there.p_value < there.q_value < 1e-3
    assert back.p_value > 0.5
    assert there.observed + back.observed == there.families == back.families
    assert there.expected + back.expected == pytest.approx(there.families)


def test_too_few_families_have_no_p_value():
    rows = [(f"f{n}", s, c, o) for n in range(FAMILIES_MIN) for s, c, o in ((0, "x:organ", STATE), (9, "x:ana", {}))]
    assert {c.p_value for c in spread_of(near(posts(*rows))).tiers} == {0.5**FAMILIES_MIN, 1.0}
    assert {c.p_value for c in spread_of(near(posts(*rows[2:]))).tiers} == {None}


def test_nothing_in_nothing_out():
    spread = spread_of(NEAR_DUPLICATES.empty_table())
    assert (spread.families, spread.tiers, spread.chains, spread.lags) == (0, (), (), ())


def test_hundreds_of_thousands_of_rows_take_seconds():
    random = np.random.default_rng(3)
    count, empty = 300_000, pa.nulls(300_000)
    channel = random.integers(0, 20_000, count)
    columns = {
        "family_id": pa.array([f"f{n}" for n in random.integers(0, 30_000, count).tolist()]),
        "row_id": pa.array([f"0123456789ab:{n}" for n in range(count)]),
        "time": pa.array(random.integers(0, 30 * DAY_S, count) * 1_000_000).cast(pa.timestamp("us", "UTC")),
        "platform": pa.array([("x", "web", "telegram", "vk")[n % 4] for n in channel.tolist()]),
        "channel_id": pa.array([f"c{n}" for n in channel.tolist()]),
        "tier": pa.array([("official", "state-controlled", "none", None, None)[n % 5] for n in channel.tolist()]),
        "is_repost": pa.array(np.zeros(count, np.bool_)),
        "precision_s": pa.array(np.ones(count, np.int32)),
    }
    table = pa.table(
        [columns.get(f.name, empty.cast(f.type) if f.name not in columns else None) for f in NEAR_DUPLICATES],
        schema=NEAR_DUPLICATES,
    )
    begin = clock.process_time()
    spread = spread_of(table)
    assert clock.process_time() - begin < 8
    assert spread.families > 29_000
    assert len(spread.tiers) == 12
